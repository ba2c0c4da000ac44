package engine

import (
	"context"
	"maps"
	"slices"

	"covenant/workflow"
	"covenant/workflow/store"
)

// Rebuild makes the derived rows anew from the event log, and the duties with the steps that fall due. Nothing else is
// touched; the rows are the same as before if nobody meddled with them. It returns how many covenants there are.
func (e *Engine) Rebuild(ctx context.Context) (n int, err error) {
	err = e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		n, err = e.rebuild(ctx, tx)
		return err
	})
	return n, err
}

func (e *Engine) rebuild(ctx context.Context, tx *store.Tx) (int, error) {
	states := map[store.Stream]*workflow.Covenant{}
	directory := workflow.NewDirectory() // as it was when each event was recorded: rows say the names of that time
	err := tx.Rebuild(ctx, func(r store.Recorded) error {
		if r.Stream == store.ErasureStream {
			return nil // told by the personal data themselves
		}
		event, err := workflow.DecodeEvent(r.Kind, r.JSON)
		if err != nil {
			return err
		}
		if r.Stream == directoryStream {
			directory.Apply(event)
			return nil
		}
		if r.Stream == registerStream {
			_, err := saveRegisterRow(ctx, tx, event, r.At)
			return err
		}
		c, ok := states[r.Stream]
		if !ok {
			c = &workflow.Covenant{}
			states[r.Stream] = c
		}
		c.Apply(event)
		if frozen, ok := event.(workflow.Frozen); ok {
			if err := saveToken(ctx, tx, frozen.Token, c.Slug, r.At); err != nil {
				return err
			}
		}
		head, err := headVersion(ctx, tx, r.Stream)
		if err != nil || r.Version < head {
			return err
		}
		return e.rebuildRows(ctx, tx, c, directory, r)
	})
	if err != nil {
		return 0, err
	}
	for stream := range states {
		if err := e.rebuildDuties(ctx, tx, stream); err != nil {
			return 0, err
		}
	}
	return len(states), tx.DropStrayDuties(ctx)
}

// rebuildDuties writes the duties of a covenant as the log implies them. What no event tells, that the rules refused a
// step when it fell due, stays as it was kept.
func (e *Engine) rebuildDuties(ctx context.Context, tx *store.Tx, stream store.Stream) error {
	i, err := e.implies(ctx, tx, stream)
	if err != nil {
		return err
	}
	id := string(i.state.Covenant.ID)
	kept, err := tx.OccurrencesOf(ctx, id)
	if err != nil {
		return err
	}
	for _, o := range kept {
		want, ok := i.occurrences[o.OccurrenceID]
		refused := want.State == store.OccurrencePending && !o.Due.After(e.Now())
		if ok && o.State != store.OccurrencePending && (refused || want.State == o.State) {
			want.State, want.SettledAt, want.Reason = o.State, o.SettledAt, o.Reason
		}
		if _, minutes := minutesArgs(o); ok && minutes { // no event tells when they were asked for
			want.Due = o.Due
		}
		if ok {
			i.occurrences[o.OccurrenceID] = want
		}
	}
	return tx.RestoreDuties(ctx, id, slices.Collect(maps.Values(i.obligations)),
		slices.Collect(maps.Values(i.occurrences)))
}

// rebuildRows writes the rows of a covenant whose last event was reached.
func (e *Engine) rebuildRows(
	ctx context.Context, tx *store.Tx, c *workflow.Covenant, d *workflow.Directory, last store.Recorded,
) error {
	s := workflow.State{Covenant: c, Calendar: e.Calendar, Directory: d}
	var err error
	if s.Process, err = e.process(ctx, c.Process); err != nil {
		return err
	}
	return saveRows(ctx, tx, s, last.At)
}
