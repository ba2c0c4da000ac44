package engine

import (
	"context"
	"errors"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
)

// Submission is what would happen if a desk's values were submitted now. Nothing of it is recorded.
type Submission struct {
	*Desk
	Problems []FieldProblem // what keeps it from being submitted; then nothing else is known
	// Questions are about unusual content: who submits answers them with yes, by their keys (Mean). What else is
	// planned is so for who does.
	Questions []FieldProblem
	Unfit     []words.Text // how its signature cells differ from the parties
	Refused   *workflow.Error
	After     workflow.State           // the covenant as it would be
	From      int                      // the revision before; 0: this is the first one
	Changes   []templates.ClauseChange // since then
}

// PlanSubmission says what would happen if what is being written were submitted by an actor who may.
func (e desks) PlanSubmission(ctx context.Context, by workflow.Actor, slug string) (*Submission, error) {
	d, err := e.Desk(ctx, by, slug)
	if err != nil {
		return nil, err
	}
	p := &Submission{Desk: d}
	found, err := e.desks.Problems(d)
	if err != nil {
		return nil, err
	}
	for _, problem := range found {
		if problem.Mean != "" {
			p.Questions = append(p.Questions, problem)
		} else {
			p.Problems = append(p.Problems, problem)
		}
	}
	if len(p.Problems) > 0 {
		return p, nil
	}
	made, err := e.revise(d.State, SubmitRequest{Values: d.Data}, Meta{Mean: p.keys()})
	if errors.As(err, &p.Refused) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Unfit = unfit(d.State, made.doc)
	events, err := workflow.Decide(d.State, by, made.cmd, e.Now())
	if errors.As(err, &p.Refused) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.After = d.State
	p.After.Covenant = d.State.Covenant.Clone()
	for _, event := range events {
		p.After.Covenant.Apply(event)
	}
	if last, ok := d.State.Covenant.Revision(); ok {
		before, err := e.document(ctx, last)
		if err != nil {
			return nil, err
		}
		p.From, p.Changes = last.Number, templates.Redline(before, made.doc)
	}
	return p, nil
}

// keys are those of the questions.
func (p *Submission) keys() (out []string) {
	for _, q := range p.Questions {
		out = append(out, q.Mean)
	}
	return out
}

// unfit says how the signature cells of a text differ from the parties that the covenant was drafted for.
func unfit(s workflow.State, doc *templates.Document) (out []words.Text) {
	cells := map[workflow.SlotID]bool{}
	for _, slot := range slots(doc) {
		cells[slot.ID] = true
		if _, ok := s.Covenant.Party(workflow.AgencyID(slot.ID)); !ok {
			out = append(out, words.F("văn bản có ô ký của “%s”, không phải là một bên của giao ước này",
				"the text has a signature cell for “%s”, which is no party of this covenant", slot.Unit))
		}
	}
	for _, p := range s.Covenant.Parties {
		if !cells[p.Slot] {
			out = append(out, words.F("văn bản thiếu ô ký của %s", "the text lacks a signature cell for %s",
				s.Directory.AgencyName(p.Agency)))
		}
	}
	return out
}

// SubmittedValues are the values of the version of a working copy that somebody was shown, by their digest; they are
// those of a revision once it has been submitted, so that a form that is sent twice is told the same. Where something
// else was saved meanwhile it is a [*WorkingConflictError].
func (e desks) SubmittedValues(
	ctx context.Context, by workflow.Actor, slug string, shown workflow.Digest,
) ([]byte, error) {
	s, err := e.readAt(ctx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	for _, r := range s.Covenant.Revisions {
		if r.Values == shown && s.Covenant.Phase != workflow.AwaitingRevision {
			return e.readBlob(ctx, shown)
		}
	}
	d, err := e.Desk(ctx, by, slug)
	if err != nil {
		return nil, err
	}
	if workflow.DigestOf(d.Data) != shown {
		return nil, &WorkingConflictError{Kept: d, Name: d.State.Directory.PersonName(d.EditedBy)}
	}
	return d.Data, nil
}
