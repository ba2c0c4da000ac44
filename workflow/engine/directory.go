package engine

import (
	"context"
	"errors"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/store"
)

// PlanDirectory tells what a command on the directory would record now, in words.
func (e *Engine) PlanDirectory(
	ctx context.Context, cmd workflow.Command, meta Meta, lang words.Language,
) ([]string, error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	before := e.outside(d)
	events, err := decideMeant(before, meta, cmd, e.Now())
	var lines []string
	for _, event := range events {
		lines = append(lines, before.Tell(event).Text.In(lang))
	}
	return lines, err
}

// BlockNotes are what is to be known before a block file is applied, beside what it changes: who and which duty stands
// in the directory and not in the file, and which duties nobody would have.
func (e outlook) BlockNotes(ctx context.Context, file *workflow.BlockFile) ([]words.Text, error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	return d.Notes(file, e.outside(d), e.Now()), nil
}

// outside is the state for commands that are about no covenant.
func (e *Engine) outside(d *workflow.Directory) workflow.State {
	return workflow.State{Directory: d, Covenant: &workflow.Covenant{}, Calendar: e.Calendar}
}

// doDirectory carries out a command on the directory: people, positions, delegations, rights, certificates.
func (e *Engine) doDirectory(ctx context.Context, cmd workflow.Command, meta Meta) (Outcome, error) {
	return e.once(ctx, "directory", directoryStream, cmd, meta, func(tx *store.Tx, meta Meta) (out Outcome, err error) {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return out, err
		}
		now := e.Now().Truncate(time.Millisecond)
		events, err := decideMeant(e.outside(d), meta, cmd, now)
		if err != nil {
			return out, err
		}
		out.Version = d.Version + int64(len(events))
		for _, event := range events {
			out.Kinds = append(out.Kinds, event.Kind())
		}
		if len(events) == 0 {
			return out, nil
		}
		tx.OnCommit(e.telling(""))
		return out, e.record(ctx, tx, directoryStream, d.Version, now, meta, events)
	})
}

// again runs a transaction until nobody was faster, and then gives up with what the last attempt said. Where it is
// not known whether it was written it is run again, too: what was done under a key is not done twice.
func (e *Engine) again(ctx context.Context, do func(tx *store.Tx) (Outcome, error)) (Outcome, error) {
	for attempt := 1; ; attempt++ {
		var out Outcome
		err := e.Store.Update(ctx, func(tx *store.Tx) (err error) {
			out, err = do(tx)
			return err
		})
		if err == nil {
			return out, nil
		}
		if retry := errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrBusy) ||
			errors.Is(err, store.ErrLost); !retry || attempt == maxAttempts {
			return Outcome{}, err
		}
		if err := pause(ctx, attempt); err != nil {
			return Outcome{}, err
		}
	}
}

// Directory is who is who now, as far as the actor may read it.
func (e *Engine) Directory(ctx context.Context, by workflow.Actor) (*workflow.Directory, error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	return d.Shown(by, e.today()), nil
}

func (e *Engine) readDirectory(ctx context.Context) (*workflow.Directory, error) {
	var d *workflow.Directory
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		d, err = e.directory(ctx, tx)
		return err
	})
	return d, err
}
