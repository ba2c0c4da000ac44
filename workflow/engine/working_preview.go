package engine

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"

	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
)

// previewsAtOnce is how many previews are drawn at the same time: they are asked for as people type, and whoever signs
// or submits goes before them.
const previewsAtOnce = 2

// previews bounds what previews take of the machine: one at a time of each person, a few in all.
type previews struct {
	people turns[workflow.PersonID]
	room   *semaphore.Weighted
}

func newPreviews() previews { return previews{room: semaphore.NewWeighted(previewsAtOnce)} }

// begin waits for a place; done gives it on.
func (p *previews) begin(ctx context.Context, person workflow.PersonID) (done func(), err error) {
	next, err := p.people.take(ctx, person)
	if err != nil {
		return nil, err
	}
	if err := p.room.Acquire(ctx, 1); err != nil {
		next()
		return nil, err
	}
	return func() {
		p.room.Release(1)
		next()
	}, nil
}

// Preview draws those pages of what is being written that somebody who may submit it does not show yet: known are the
// digests of the pages that they do. The error is [templates.Problems] where it cannot be drawn at all, for a character
// that the font lacks.
func (e desks) Preview(
	ctx context.Context, by workflow.Actor, slug string, known []string,
) (*templates.Preview, error) {
	done, err := e.previews.begin(ctx, by.Person())
	if err != nil {
		return nil, err
	}
	defer done()
	d, err := e.Desk(ctx, by, slug)
	if err != nil {
		return nil, err
	}
	doc, err := e.begun(d)
	if err != nil {
		return nil, err
	}
	return doc.Preview(known)
}

// begun is the document of a desk's values as far as they are.
func (e desks) begun(d *Desk) (*templates.Document, error) {
	law, err := library.Law()
	if err != nil {
		return nil, err
	}
	return d.Template.Draft(d.Values, templates.DraftOptions{
		Law: law, Fonts: e.Fonts, Symbol: symbol(d.State.Process), LawDate: day(e.today()), Begun: true,
		Watermark: draftMark(len(d.State.Covenant.Revisions) + 1),
	})
}

// draftMark is printed across the pages of a revision.
func draftMark(number int) string { return fmt.Sprintf("DỰ THẢO lần %d", number) }
