package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// ImportBlock brings the directory in step with a block file. Doing it again changes nothing.
func (e *Engine) ImportBlock(ctx context.Context, file *workflow.BlockFile, meta Meta) error {
	_, err := e.changeDirectory(ctx, file, meta, func(s workflow.State, now time.Time) ([]workflow.Event, error) {
		return file.Changes(s, now)
	})
	return err
}

// PlanBlock tells what ImportBlock would record now, in words.
func (e *Engine) PlanBlock(ctx context.Context, file *workflow.BlockFile, lang string) ([]string, error) {
	d, err := e.Directory(ctx)
	if err != nil {
		return nil, err
	}
	events, err := file.Changes(workflow.State{Directory: d, Calendar: e.Calendar}, e.Now())
	var lines []string
	for _, event := range events {
		lines = append(lines, d.Describe(event, lang))
	}
	return lines, err
}

// DoDirectory carries out a command on the directory: positions, delegations, certificates. With a key in meta it is carried
// out once. It returns the kinds of the events that it caused.
func (e *Engine) DoDirectory(ctx context.Context, cmd workflow.Command, meta Meta) (Outcome, error) {
	return e.changeDirectory(ctx, cmd, meta, func(s workflow.State, now time.Time) ([]workflow.Event, error) {
		return workflow.Decide(s, cmd, now)
	})
}

// BindCertificate ties a certificate to a person, so that it may sign that person's fields.
func (e *Engine) BindCertificate(ctx context.Context, cmd workflow.BindCertificate, meta Meta) error {
	_, err := e.DoDirectory(ctx, cmd, meta)
	return err
}

func (e *Engine) changeDirectory(ctx context.Context, asked any, meta Meta, change func(workflow.State, time.Time) ([]workflow.Event, error)) (Outcome, error) {
	digest, err := commandDigest("directory", asked)
	if err != nil {
		return Outcome{}, err
	}
	return e.again(ctx, func(tx *store.Tx) (out Outcome, err error) {
		if meta.Key != "" {
			done, found, err := tx.Command(ctx, store.CommandKey(meta.Key), digest)
			if err != nil {
				return out, err
			}
			if found {
				out.Repeated = true
				return out, json.Unmarshal(done.Result, &out)
			}
		}
		d, err := e.directory(ctx, tx)
		if err != nil {
			return out, err
		}
		now := e.Now().Truncate(time.Millisecond)
		events, err := change(workflow.State{Directory: d, Covenant: &workflow.Covenant{}, Calendar: e.Calendar}, now)
		if err != nil {
			return out, err
		}
		out.Version = d.Version + int64(len(events))
		for _, event := range events {
			out.Kinds = append(out.Kinds, event.Kind())
		}
		if len(events) > 0 {
			if err := e.record(ctx, tx, directoryStream, d.Version, now, meta, events); err != nil {
				return out, err
			}
			tx.OnCommit(e.changed.fire)
		}
		if meta.Key == "" {
			return out, nil
		}
		return out, e.remember(ctx, tx, meta.Key, digest, out)
	})
}

// again runs a transaction until nobody was faster, and then gives up with what the last attempt said. Where it is not known
// whether it was written it is run again, too: what was done under a key is not done twice.
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
		if retry := errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrLost); !retry || attempt == maxAttempts {
			return Outcome{}, err
		}
		if err := pause(ctx, attempt); err != nil {
			return Outcome{}, err
		}
	}
}

// Directory is who is who now.
func (e *Engine) Directory(ctx context.Context) (*workflow.Directory, error) {
	var d *workflow.Directory
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		d, err = e.directory(ctx, tx)
		return err
	})
	return d, err
}
