package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/store"
)

// A legal officer writes a covenant's next revision for hours, and others beside them. What is being written is a
// working copy, one for each covenant: no event and no part of the record. It is read and written by those who may
// submit the revision now ([workflow.MaySubmit]) and by nobody else; who saves names the version that they read,
// so that nobody overwrites what they have not seen. It goes when the revision is submitted.

// Desk is a covenant with what is being written of its next revision.
type Desk struct {
	State    workflow.State
	Template *templates.Template
	Data     []byte // a file of values
	Values   templates.Values
	// Version of the working copy; 0: nothing was saved since the last revision.
	Version  int64
	EditedBy workflow.PersonID
	Since    time.Time // since when they have been at it
	EditedAt time.Time
	// Notes are what is to be looked at in values that were copied from another covenant.
	Notes []workflow.RenewalNote
}

// deskIdle is how long somebody may pause and still be said to have been at it since before.
const deskIdle = 30 * time.Minute

// valuesName is what problems call a desk's values.
const valuesName = "values"

// Desk reads what is being written of a covenant's next revision: the working copy, or else the last revision's values,
// or else the parties alone.
func (e desks) Desk(ctx context.Context, by workflow.Actor, slug string) (d *Desk, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		d, err = e.desk(ctx, tx, by, slug)
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.Template, err = libraryTemplate(d.State.Covenant.Template); err != nil {
		return nil, err
	}
	if d.Data == nil {
		if d.Data, err = e.firstValues(ctx, d); err != nil {
			return nil, err
		}
	}
	var problems templates.Problems
	d.Values, problems = templates.ParseValues(valuesName, d.Data)
	return d, problems.Err()
}

// desk reads state and working copy for somebody who may submit.
func (e desks) desk(ctx context.Context, tx *store.Tx, by workflow.Actor, slug string) (*Desk, error) {
	s, _, err := e.open(ctx, tx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	if _, err := workflow.MaySubmit(s, by, e.Now()); err != nil {
		return nil, err
	}
	kept, err := tx.Working(ctx, string(s.Covenant.ID))
	if err != nil {
		return nil, err
	}
	d := &Desk{State: s}
	return d, d.show(kept)
}

func (d *Desk) show(kept store.Working) error {
	if kept.Version == 0 {
		return nil
	}
	d.Data, d.Version, d.EditedBy = kept.Data, kept.Version, workflow.PersonID(kept.EditedBy)
	d.Since, d.EditedAt = kept.Since, kept.EditedAt
	if len(kept.Notes) == 0 {
		return nil
	}
	if err := json.Unmarshal(kept.Notes, &d.Notes); err != nil {
		return fmt.Errorf("notes of the working copy of %s: %w", d.State.Covenant.Slug, err)
	}
	return nil
}

func libraryTemplate(id string) (*templates.Template, error) {
	entry, err := library.Open(id)
	if err != nil {
		return nil, err
	}
	t, problems := entry.Template()
	return t, templates.Problems(problems).Err()
}

// firstValues are what a form begins with where nothing was saved.
func (e desks) firstValues(ctx context.Context, d *Desk) ([]byte, error) {
	c := d.State.Covenant
	if last, ok := c.Revision(); ok {
		return e.readBlob(ctx, last.Values)
	}
	return beginValues(d.Template, d.State.Directory, c.Block, c.Year, e.today())
}

// SaveRequest keeps what is being written.
type SaveRequest struct {
	Slug    string
	Entries map[string]templates.Entry
	Version int64 // that was read
	// Notes take the place of those that there are; nil leaves them.
	Notes []workflow.RenewalNote
}

// WorkingConflictError says that somebody else saved meanwhile: Kept is what they saved. Nothing was overwritten.
type WorkingConflictError struct {
	Kept *Desk
	Name string // of who saved
}

func (e *WorkingConflictError) Error() string { return e.In(words.English) }

// In is the sentence for who tried to save.
func (e *WorkingConflictError) In(l words.Language) string {
	return words.F("%s đã lưu một bản khác trong lúc này; chưa có gì bị ghi đè",
		"%s has saved another version meanwhile; nothing has been overwritten", e.Name).In(l)
}

func (e *WorkingConflictError) Unwrap() error { return store.ErrConflict }

// SaveWorking keeps what is being written, if the version that was read is still the one that is kept. The error is a
// [*WorkingConflictError] if it is not, and [templates.Problems] if it is more than a form may hold.
func (e desks) SaveWorking(ctx context.Context, by workflow.Actor, r SaveRequest) (*Desk, error) {
	d, err := e.Desk(ctx, by, r.Slug)
	if err != nil {
		return nil, err
	}
	data, err := d.Template.WriteValues(r.Entries)
	if err != nil {
		return nil, err
	}
	if r.Notes != nil {
		d.Notes = r.Notes
	}
	notes, err := json.Marshal(d.Notes)
	if err != nil {
		return nil, fmt.Errorf("working copy of %s: %w", r.Slug, err)
	}
	var kept store.Working
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := e.desk(ctx, tx, by, r.Slug) // whether they still may
		if err != nil {
			return err
		}
		kept, err = tx.SaveWorking(ctx, store.Working{Covenant: string(now.State.Covenant.ID), Data: data, Notes: notes,
			Version: r.Version, EditedBy: string(by.Person())}, e.Now().Add(-deskIdle))
		return err
	})
	if errors.Is(err, store.ErrConflict) {
		return nil, e.workingConflict(ctx, by, r.Slug)
	}
	if err != nil {
		return nil, err
	}
	var problems templates.Problems
	d.Values, problems = templates.ParseValues(valuesName, data)
	return d, errors.Join(problems.Err(), d.show(kept))
}

func (e desks) workingConflict(ctx context.Context, by workflow.Actor, slug string) error {
	kept, err := e.Desk(ctx, by, slug)
	if err != nil {
		return err
	}
	return &WorkingConflictError{Kept: kept, Name: kept.State.Directory.PersonName(kept.EditedBy)}
}

// clearDesks removes working copies of covenants of which no revision is being written any more.
func (e desks) clearDesks(ctx context.Context) error {
	var left []string
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		left, err = tx.LeftWorkings(ctx, string(workflow.AwaitingRevision))
		return err
	})
	if err != nil || len(left) == 0 {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		for _, id := range left {
			if err := tx.DeleteWorking(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// FieldProblem is what is wrong with a value, and where: a path as [templates.Values.PathOf] gives it, empty where it
// is about no single value.
type FieldProblem struct {
	Path string
	templates.Problem
}

// Problems are everything that would keep a desk's values from being submitted, and remarks.
func (e desks) Problems(d *Desk) ([]FieldProblem, error) {
	law, err := library.Law()
	if err != nil {
		return nil, err
	}
	var out []FieldProblem
	for _, p := range d.Template.Check(d.Values, templates.DraftOptions{Law: law, Fonts: e.Fonts,
		Symbol: symbol(d.State.Process), LawDate: day(e.today()), Today: day(e.today())}) {
		if !p.Note {
			out = append(out, FieldProblem{d.Values.PathOf(p), p})
		}
	}
	return out, nil
}

// Commented are the values that the clauses with open comments were filled from, by comment: paths in the values of the
// revision that was commented on. A comment on the whole, or on a clause that the template alone wrote, has none.
func (e desks) Commented(ctx context.Context, d *Desk) (map[workflow.CommentID][]string, error) {
	out, filled := map[workflow.CommentID][]string{}, map[int]map[string][]string{}
	for _, t := range d.State.Covenant.OpenThreads() {
		rev, ok := d.State.Covenant.RevisionNumbered(t.Revision)
		if !ok || t.Clause == "" {
			continue
		}
		if filled[rev.Number] == nil {
			doc, err := e.document(ctx, rev)
			if err != nil {
				return nil, err
			}
			filled[rev.Number] = doc.ClausePaths()
		}
		out[t.ID] = filled[rev.Number][t.Clause]
	}
	return out, nil
}
