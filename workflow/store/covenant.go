package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"covenant/workflow/store/db"
)

// Covenant is the derived row that lists and searches show. It says nothing that the events don't.
type Covenant struct {
	ID        string
	Slug      string // permanent path of its page, unique
	Title     string
	Block     string
	Year      int
	Status    string // who acts next, in the terms of the rules
	NextActor string // person, agency or role that acts next
	Due       time.Time
	Head      Digest // the PDF as it stands
	Version   int64  // of the stream
	UpdatedAt time.Time
	Summary   json.RawMessage // whatever else a list shows
	Words     string          // further words to be found by, beside title, slug and block
	Shown     int             // to whom, in the terms of the rules: the higher, the more
	Dated     string          // day of its document, yyyy-mm-dd; empty before it has one
}

// SaveCovenant writes the derived row and its parties, replacing what was there.
func (tx covenants) SaveCovenant(ctx context.Context, c Covenant, parties []Party) error {
	about := "save row of covenant " + c.ID
	err := tx.q.SaveCovenant(ctx, db.SaveCovenantParams{ID: c.ID, Slug: c.Slug, Title: c.Title, Block: c.Block,
		Year:   int64(c.Year),
		Status: c.Status, NextActor: c.NextActor, DueAt: millis(c.Due), Head: string(c.Head), Version: c.Version,
		UpdatedAt: millis(c.UpdatedAt), Summary: jsonText(c.Summary),
		Folded: c.folded(), Shown: int64(c.Shown), Dated: c.Dated})
	if err == nil {
		err = tx.saveParties(ctx, c.ID, parties)
	}
	return classify(err, about)
}

// folded is what a covenant is found by.
func (c Covenant) folded() string {
	return Fold(strings.Join([]string{c.Title, c.Slug, c.Block, c.Words}, " "))
}

// MoveCovenant is SaveCovenant where the caller knows what was written before: only what differs is written, and
// nothing is read. Rows that are not there are made.
func (tx covenants) MoveCovenant(ctx context.Context, before, after Covenant, were, are []Party) error {
	if before.ID != after.ID || before.Slug != after.Slug || before.Title != after.Title ||
		before.Block != after.Block ||
		before.Year != after.Year {
		return tx.SaveCovenant(ctx, after, are)
	}
	about := "move row of covenant " + after.ID
	n, err := tx.q.MoveCovenant(ctx, db.MoveCovenantParams{ID: after.ID, Status: after.Status,
		NextActor: after.NextActor, DueAt: millis(after.Due),
		Head: string(after.Head), Version: after.Version, UpdatedAt: millis(after.UpdatedAt),
		Summary: jsonText(after.Summary),
		Folded:  after.folded(), Shown: int64(after.Shown), Dated: after.Dated})
	if err != nil {
		return classify(err, about)
	}
	if n == 0 {
		return tx.SaveCovenant(ctx, after, are)
	}
	old := make(map[string]db.Party, len(were))
	for _, p := range were {
		old[p.ID] = p.row(after.ID)
	}
	return classify(tx.changeParties(ctx, after.ID, old, are), about)
}

// jsonText makes an absent JSON value null.
func jsonText(data json.RawMessage) string {
	if len(data) == 0 {
		return "null"
	}
	return string(data)
}

// Fold prepares text for search: lower case, without Vietnamese diacritics, đ as d.
func Fold(text string) string {
	var out strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ' || r == 'Đ':
			out.WriteByte('d')
		default:
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

func covenantOf(r db.CovenantRow) Covenant {
	return Covenant{ID: r.ID, Slug: r.Slug, Title: r.Title, Block: r.Block, Year: int(r.Year), Status: r.Status,
		NextActor: r.NextActor,
		Due:       instant(r.DueAt), Head: Digest(r.Head), Version: r.Version, UpdatedAt: instant(r.UpdatedAt),
		Summary: json.RawMessage(r.Summary), Shown: int(r.Shown), Dated: r.Dated}
}

// Covenant reads one row, by id.
func (tx covenants) Covenant(ctx context.Context, id string) (Covenant, error) {
	row, err := tx.q.Covenant(ctx, id)
	return covenantOf(row), classify(err, "covenant "+id)
}

// CovenantBySlug reads one row, by the path of its page.
func (tx covenants) CovenantBySlug(ctx context.Context, slug string) (Covenant, error) {
	row, err := tx.q.CovenantBySlug(ctx, slug)
	return covenantOf(db.CovenantRow(row)), classify(err, "covenant "+slug)
}

// Projection is a derived document, for example a page's model, kept as JSON under a kind and a key.
type Projection struct {
	Key       string
	JSON      json.RawMessage
	UpdatedAt time.Time
}

// SaveProjection writes a derived document as of now, replacing what was there.
func (tx covenants) SaveProjection(ctx context.Context, kind, key string, body json.RawMessage) error {
	return tx.SaveProjectionAt(ctx, kind, key, body, tx.Now())
}

// SaveProjectionAt writes a derived document as of the time of the event that it comes from, so that a rebuild gives
// the same row.
func (tx covenants) SaveProjectionAt(ctx context.Context, kind, key string, body json.RawMessage, at time.Time) error {
	err := tx.q.SaveProjection(ctx, db.SaveProjectionParams{Kind: kind, Key: key, Body: jsonText(body),
		UpdatedAt: millis(at)})
	return classify(err, fmt.Sprintf("save %s %s", kind, key))
}

// Projection reads a derived document.
func (tx covenants) Projection(ctx context.Context, kind, key string) (json.RawMessage, error) {
	body, err := tx.q.Projection(ctx, db.ProjectionParams{Kind: kind, Key: key})
	return json.RawMessage(body), classify(err, fmt.Sprintf("%s %s", kind, key))
}

// Projections lists the documents of a kind whose keys begin with prefix, by key.
func (tx covenants) Projections(ctx context.Context, kind, prefix string) ([]Projection, error) {
	rows, err := tx.q.Projections(ctx, db.ProjectionsParams{Kind: kind, First: prefix, Past: past(prefix)})
	return convert(rows, func(r db.ProjectionsRow) Projection {
		return Projection{r.Key, json.RawMessage(r.Body), instant(r.UpdatedAt)}
	}), classify(err, "list "+kind)
}

// DeleteProjection removes a derived document, if it is there.
func (tx covenants) DeleteProjection(ctx context.Context, kind, key string) error {
	return classify(tx.q.DeleteProjection(ctx, db.DeleteProjectionParams{Kind: kind, Key: key}),
		fmt.Sprintf("delete %s %s", kind, key))
}

// past is the least string above all that begin with prefix, or empty if there is none.
func past(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		if runes[i] < unicode.MaxRune {
			next := runes[i] + 1
			if next >= 0xD800 && next <= 0xDFFF {
				next = 0xE000
			}
			return string(append(runes[:i:i], next))
		}
	}
	return ""
}
