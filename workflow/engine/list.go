package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/store"
)

// ListFilter chooses covenants; its zero value chooses all that the reader may know of.
type ListFilter struct {
	Text   string // words of title, address or block, in any order, with or without diacritics
	Year   int
	Block  workflow.BlockID
	Phases []workflow.Phase
	Turn   workflow.AgencyID // whose turn it is
	After  Cursor            // begin after a page
	Limit  int               // rows of a page. Default: 50
}

// Cursor is where a page of a list ended; empty is the beginning.
type Cursor string

const rowsOfPage = 50

// Page is a page of a list, and where the next one begins; empty: it is the last one.
type Page struct {
	Rows []Summary
	Next Cursor
}

func cursorOf(k store.CovenantKey) Cursor {
	return Cursor(fmt.Sprintf("%d.%s", k.UpdatedAt.UnixMilli(), k.ID))
}

// key is where the page begins. What is no cursor of ours begins at the beginning.
func (c Cursor) key() (k store.CovenantKey) {
	ms, id, ok := strings.Cut(string(c), ".")
	if at, err := strconv.ParseInt(ms, 10, 64); ok && err == nil {
		k = store.CovenantKey{UpdatedAt: time.UnixMilli(at), ID: id}
	}
	return k
}

// List gives a page of the covenants that an actor may know of, the most recently changed first. It goes by rows:
// no state is read.
func (e *Engine) List(ctx context.Context, by workflow.Actor, f ListFilter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = rowsOfPage
	}
	filter := store.CovenantFilter{
		Search: f.Text, Year: f.Year, Block: string(f.Block), Turn: string(f.Turn),
		After: f.After.key(), Limit: f.Limit + 1,
	}
	for _, phase := range f.Phases {
		filter.Status = append(filter.Status, string(phase))
	}
	var page Page
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		filter.Readers = readers(d, by, e.today())
		rows, err := tx.Covenants(ctx, filter)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			page.Next = cursorOf(rows[f.Limit-1].Key())
		}
		for _, row := range rows {
			sum, err := e.summary(d, row)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, sum)
		}
		return nil
	})
	return page, err
}

// readers are the ways in which an actor may know of covenants; nil: of all. It is [workflow.State.MayRead] for rows.
func readers(d *workflow.Directory, by workflow.Actor, today workflow.Date) []store.Reader {
	if d.KnowsOfAll(by) {
		return nil
	}
	out := []store.Reader{}
	for _, seat := range d.Seats(by.Person(), today) {
		r := store.Reader{Agency: string(seat.Agency), Covenant: string(seat.Covenant),
			Shown: int(workflow.ShownToBlock)}
		switch {
		case seat.Former():
			r.Shown, r.From, r.Until = int(workflow.ShownToClerks), seat.From.String(), seat.Until.String()
		case seat.Clerk:
			r.Shown = int(workflow.ShownToClerks)
		default:
			leading := r
			leading.Shown, leading.Leading = int(workflow.ShownToDrafter), true
			out = append(out, leading)
		}
		out = append(out, r)
	}
	return out
}

func (e *Engine) summary(d *workflow.Directory, row store.Covenant) (Summary, error) {
	var s rowSummary
	if err := json.Unmarshal(row.Summary, &s); err != nil {
		return Summary{}, fmt.Errorf("row of covenant %s: %w", row.ID, err)
	}
	today := e.today()
	return Summary{
		ID: workflow.CovenantID(row.ID), Slug: row.Slug, Title: row.Title,
		Block: d.Blocks[workflow.BlockID(row.Block)].Name,
		Year:  row.Year, Phase: workflow.Phase(row.Status),
		Status:   e.Calendar.WithDue(s.Status, s.Due, today, words.Vietnamese),
		StatusEN: e.Calendar.WithDue(s.StatusEN, s.Due, today, words.English),
		Number:   s.Number, Due: s.Due, UpdatedAt: row.UpdatedAt,
	}, nil
}
