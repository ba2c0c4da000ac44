package engine

import (
	"context"

	"covenant/workflow"
	"covenant/workflow/store"
)

// Rebuild makes the derived rows anew from the event log. Nothing else is touched; the rows are the same as before if
// nobody meddled with them. It returns how many covenants there are.
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
	return len(states), err
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
