package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/store"
)

// follow does, in the same transaction, what events entail: rows for lists, files referred to, jobs, occurrences,
// mails.
func (e *Engine) follow(ctx context.Context, tx *store.Tx, before *workflow.Covenant, s workflow.State,
	events []workflow.Event, now time.Time) error {
	for _, event := range events {
		if err := e.followOne(ctx, tx, s, event, now); err != nil {
			return fmt.Errorf("after %s: %w", event.Kind(), err)
		}
	}
	if err := e.scheduleLadder(ctx, tx, s, events); err != nil {
		return err
	}
	return moveRows(ctx, tx, before, s, now)
}

func (e *Engine) followOne(
	ctx context.Context, tx *store.Tx, s workflow.State, event workflow.Event, now time.Time,
) error {
	c := s.Covenant
	switch event := event.(type) {
	case workflow.Drafted:
		return e.referKept(ctx, tx, c.ID, "process.yaml", event.Process, yamlType)
	case workflow.RevisionSubmitted:
		if err := tx.DeleteWorking(ctx, string(c.ID)); err != nil {
			return err
		}
		return e.referRevision(ctx, tx, c.ID, event)
	case workflow.NumberIssued:
		return enqueue(ctx, tx, FreezeArgs{Covenant: c.ID})
	case workflow.Frozen:
		if err := saveToken(ctx, tx, event.Token, c.Slug, now); err != nil {
			return err
		}
		return refer(ctx, tx, c.ID, "frozen.pdf", event.PDF, event.Size, pdfType)
	case workflow.SignatureMade:
		if err := e.referResponses(ctx, tx, c, event.Check); err != nil {
			return err
		}
		return refer(ctx, tx, c.ID, fmt.Sprintf("signed-%03d.pdf", len(c.Signed)), event.After, event.Size, pdfType)
	case workflow.SealApplied:
		if err := e.referResponses(ctx, tx, c, event.Check); err != nil {
			return err
		}
		return refer(ctx, tx, c.ID, fmt.Sprintf("sealed-%03d.pdf", len(c.Sealed)), event.After, event.Size, pdfType)
	case workflow.StageOpened:
		if event.Type == workflow.StageIssue {
			return enqueue(ctx, tx, CompleteArgs{Covenant: c.ID})
		}
	case workflow.RefusalSettled:
		if c.Phase == workflow.AwaitingValidation {
			return enqueue(ctx, tx, CompleteArgs{Covenant: c.ID})
		}
	case workflow.ValidationDataAdded:
		return refer(ctx, tx, c.ID, "complete.pdf", event.After, event.Size, pdfType)
	case workflow.ReportingOpened:
		return e.scheduleReports(ctx, tx, s, event)
	case workflow.Reminded:
		return e.queueReminders(ctx, tx, s, event)
	case workflow.NumberVoided:
		return tx.VoidNumber(ctx, numberKey(c.ID, len(c.Voided)-1), event.Reason, e.Now())
	}
	return e.followDecision(ctx, tx, s, event)
}

// followDecision does what deadlines, votes, conferences and rankings entail.
func (e *Engine) followDecision(ctx context.Context, tx *store.Tx, s workflow.State, event workflow.Event) error {
	c := s.Covenant
	switch event := event.(type) {
	case workflow.StageEscalated:
		return e.queueEscalation(ctx, tx, s, event)
	case workflow.MotionClosed, workflow.PollClosed:
		if box, _ := counted(c.ID, event); box != "" {
			return tx.CloseBox(ctx, box)
		}
	case workflow.PaperSignatureRecorded:
		return e.referKept(ctx, tx, c.ID, fmt.Sprintf("paper-%03d", len(c.Paper)), event.Scan,
			bytesType)
	case workflow.ConferenceClosed:
		return e.scheduleMinutes(ctx, tx, c, event)
	case workflow.Ranked:
		return e.scheduleMinutes(ctx, tx, c, event)
	case workflow.MinutesKept:
		return e.keepMinutes(ctx, tx, c.ID, event)
	}
	return nil
}

const (
	pdfType   = "application/pdf"
	yamlType  = "application/yaml"
	textType  = "text/plain; charset=utf-8"
	bytesType = "application/octet-stream"
)

func owner(id workflow.CovenantID) string { return "covenant/" + string(id) }

// referResponses keeps what a signer was checked by, under the number of the signature.
func (e *Engine) referResponses(
	ctx context.Context, tx *store.Tx, c *workflow.Covenant, check workflow.SignerCheck,
) error {
	for i, d := range check.Responses {
		name := fmt.Sprintf("check-%03d-%d", signatures(c), i+1)
		if err := e.referKept(ctx, tx, c.ID, name, d, bytesType); err != nil {
			return err
		}
	}
	return nil
}

func refer(ctx context.Context, tx *store.Tx, id workflow.CovenantID, name string, digest workflow.Digest, size int64,
	mediaType string) error {
	return tx.Refer(ctx, owner(id), name,
		store.BlobInfo{Digest: store.Digest(digest.String()), Size: size, MediaType: mediaType})
}

// enqueue inserts a job of which one at a time is enough.
func enqueue(ctx context.Context, tx *store.Tx, args river.JobArgs) error {
	_, err := tx.Enqueue(ctx, args, once())
	return err
}

// once has a job inserted unless the same one is still to do its work.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// saveRows writes the derived rows of a covenant as they are after an event at the given time. They say nothing
// that the events don't, so that a rebuild gives the same rows.
func saveRows(ctx context.Context, tx *store.Tx, s workflow.State, at time.Time) error {
	row, err := covenantRow(s, at)
	if err != nil {
		return err
	}
	return tx.SaveCovenant(ctx, row, partyRows(s))
}

// moveRows is saveRows where it is known from which state the rows come: it writes what has changed.
func moveRows(ctx context.Context, tx *store.Tx, before *workflow.Covenant, s workflow.State, at time.Time) error {
	row, err := covenantRow(s, at)
	if err != nil {
		return err
	}
	then := s
	then.Covenant = before
	was := store.Covenant{ID: string(before.ID), Slug: before.Slug, Title: before.Title,
		Block: string(before.Block), Year: before.Year}
	return tx.MoveCovenant(ctx, was, row, partyRows(then), partyRows(s))
}

func covenantRow(s workflow.State, at time.Time) (store.Covenant, error) {
	c := s.Covenant
	summary, err := json.Marshal(rowSummary{
		Status: s.Sentence(words.Vietnamese), StatusEN: s.Sentence(words.English),
		Number: c.PrintedNumber(), Due: c.Due,
	})
	if err != nil {
		return store.Covenant{}, fmt.Errorf("row of %s: %w", c.ID, err)
	}
	row := store.Covenant{
		ID: string(c.ID), Slug: c.Slug, Title: c.Title, Block: string(c.Block), Year: c.Year, Status: string(c.Phase),
		Version: c.Version, UpdatedAt: at, Summary: summary, Words: s.Directory.Blocks[c.Block].Name,
	}
	shown, dated := c.Row()
	if row.Shown = int(shown); !dated.IsZero() {
		row.Dated = dated.String()
	}
	if !c.Head.IsZero() {
		row.Head = store.Digest(c.Head.String())
	}
	if len(c.Waiting) > 0 {
		row.NextActor = string(c.Waiting[0])
	}
	if !c.Due.Date.IsZero() {
		row.Due = c.Due.End(s.Calendar.Zone())
	}
	return row, nil
}

type rowSummary struct {
	Status   string            `json:"status"`
	StatusEN string            `json:"status_en"`
	Number   string            `json:"number,omitempty"`
	Due      workflow.Deadline `json:"due"`
}

// partyRows are the agencies that take part, and whose turn it is.
func partyRows(s workflow.State) []store.Party {
	c, turns := s.Covenant, s.Turns()
	rows := make([]store.Party, 0, len(c.Parties))
	for i, p := range c.Parties {
		row := store.Party{
			ID: string(p.Slot), Seq: i + 1, Name: p.Unit, Role: string(p.Role), Agency: string(p.Agency), State: "idle",
		}
		if signed, ok := c.Signature(p.Slot); ok {
			row.State, row.Person, row.At = "signed", string(signed.Person), signed.SignedAt
		}
		if slices.ContainsFunc(turns, func(t workflow.Turn) bool { return t.Agency == p.Agency }) {
			row.State = "asked"
		}
		rows = append(rows, row)
	}
	return rows
}
