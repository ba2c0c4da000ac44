package engine

import (
	"context"

	"covenant/workflow"
	"covenant/workflow/store"
)

// ImportBlock brings the directory in step with a block file. Doing it again changes nothing.
func (e *Engine) ImportBlock(ctx context.Context, file *workflow.BlockFile, meta Meta) error {
	return e.changeDirectory(ctx, meta, func(d *workflow.Directory) ([]workflow.Event, error) {
		return file.Events(d), nil
	})
}

// BindCertificate ties a certificate to a person, so that it may sign that person's fields.
func (e *Engine) BindCertificate(ctx context.Context, cmd workflow.BindCertificate, meta Meta) error {
	return e.changeDirectory(ctx, meta, func(d *workflow.Directory) ([]workflow.Event, error) {
		return workflow.Decide(workflow.State{Directory: d, Calendar: e.Calendar}, cmd, e.Now())
	})
}

func (e *Engine) changeDirectory(ctx context.Context, meta Meta, change func(*workflow.Directory) ([]workflow.Event, error)) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		events, err := change(d)
		if err != nil || len(events) == 0 {
			return err
		}
		return e.record(ctx, tx, directoryStream, d.Version, e.Now(), meta, events)
	})
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
