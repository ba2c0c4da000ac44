package engine

import (
	"context"

	"covenant/templates"
	"covenant/workflow"
)

// Redline is what changed between two revisions of a covenant, clause by clause.
type Redline struct {
	From, To workflow.Revision
	Changes  []templates.ClauseChange
}

// Redline compares two revisions by number, for an actor who may read the dossier. From 0 is the revision before
// the one compared; to 0 the newest.
func (e *Engine) Redline(ctx context.Context, by workflow.Actor, slug string, from, to int) (*Redline, error) {
	s, err := e.readAt(ctx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	c := s.Covenant
	if to == 0 {
		newest, _ := c.Revision()
		to = newest.Number
	}
	if from == 0 {
		from = to - 1
	}
	if from < 1 || to < 1 || from > len(c.Revisions) || to > len(c.Revisions) {
		return nil, workflow.Refusal(workflow.CodeNotFound,
			"không có hai bản dự thảo %d và %d để so sánh",
			"there are no revisions %d and %d to compare", from, to)
	}
	before, err := e.document(ctx, c.Revisions[from-1])
	if err != nil {
		return nil, err
	}
	after, err := e.document(ctx, c.Revisions[to-1])
	if err != nil {
		return nil, err
	}
	return &Redline{c.Revisions[from-1], c.Revisions[to-1], templates.Redline(before, after)}, nil
}

// document drafts a revision again from what it was made of.
func (e *Engine) document(ctx context.Context, r workflow.Revision) (*templates.Document, error) {
	template, err := e.readBlob(ctx, r.Template)
	if err != nil {
		return nil, err
	}
	values, err := e.readBlob(ctx, r.Values)
	if err != nil {
		return nil, err
	}
	return e.draft(template, values, templates.DraftOptions{LawDate: day(e.Calendar.Today(r.RenderedAt)),
		Again: templates.AsBefore})
}
