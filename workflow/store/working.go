package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// Working is what is being written of a covenant's next revision, before it is one. It is no event: who writes it
// overwrites it, and it goes when the revision is submitted.
type Working struct {
	Covenant string
	Data     []byte // a file of values
	Notes    []byte // what is to be looked at in it, as JSON; may be empty
	Version  int64  // counts savings from 1; 0: nothing was saved
	EditedBy string
	Since    time.Time // since when they have been at it
	EditedAt time.Time
}

// workings are what is being written.
type workings struct{ *Tx }

func workingOf(r db.Working) Working {
	return Working{Covenant: r.Covenant, Data: r.Data, Notes: []byte(r.Notes), Version: r.Version, EditedBy: r.EditedBy,
		Since: instant(r.Since), EditedAt: instant(r.EditedAt)}
}

// Working is what is being written of a covenant; its zero value if that is nothing.
func (tx workings) Working(ctx context.Context, covenant string) (Working, error) {
	row, err := tx.q.Working(ctx, covenant)
	if errors.Is(err, sql.ErrNoRows) {
		return Working{}, nil
	}
	return workingOf(row), classify(err, "working copy of "+covenant)
}

// SaveWorking keeps w over the version that it names, 0 for the first one, and answers what is kept now. Who goes on
// after a pause shorter than that from idle on has been at it all the time. ErrConflict if another version is kept.
func (tx workings) SaveWorking(ctx context.Context, w Working, idle time.Time) (Working, error) {
	kept, err := tx.Working(ctx, w.Covenant)
	if err != nil {
		return kept, err
	}
	if kept.Version != w.Version {
		return kept, fmt.Errorf("working copy of %s: %w", w.Covenant, ErrConflict)
	}
	row, err := tx.q.SaveWorking(ctx, db.SaveWorkingParams{Covenant: w.Covenant, Data: w.Data, Notes: string(w.Notes),
		EditedBy: w.EditedBy, Now: millis(tx.Now()), Idle: millis(idle), Version: w.Version})
	if errors.Is(err, sql.ErrNoRows) { // another node was faster
		return Working{}, fmt.Errorf("working copy of %s: %w", w.Covenant, ErrConflict)
	}
	return workingOf(row), classify(err, "save working copy of "+w.Covenant)
}

// DeleteWorking removes what is being written of a covenant, if there is anything.
func (tx workings) DeleteWorking(ctx context.Context, covenant string) error {
	return classify(tx.q.DeleteWorking(ctx, covenant), "remove working copy of "+covenant)
}

// LeftWorkings are covenants, some hundreds at most, of which something is kept though they are not in the state in
// which it is written.
func (tx workings) LeftWorkings(ctx context.Context, writing string) ([]string, error) {
	left, err := tx.q.LeftWorkings(ctx, writing)
	return left, classify(err, "working copies that were left")
}
