package store

import (
	"context"
	"fmt"
	"slices"

	"covenant/workflow/store/db"
)

// Rebuild clears the derived rows (covenants, parties, projections) and hands every event in the order of the log to
// apply, which writes them again. Nobody appends meanwhile, until the transaction ends. A log that does not hold
// together, or not with the record, is refused with ErrCorrupt: rows made of it would look like truth.
func (tx *Tx) Rebuild(ctx context.Context, apply func(Recorded) error) error {
	if err := tx.HoldRecord(ctx); err != nil {
		return err
	}
	if err := tx.intact(ctx); err != nil {
		return err
	}
	if err := tx.clearDerived(ctx); err != nil {
		return err
	}
	return tx.EachEvent(ctx, apply)
}

// EachEvent hands every event to do, in the order of the log.
func (tx *Tx) EachEvent(ctx context.Context, do func(Recorded) error) error {
	for after := int64(0); ; {
		events, err := tx.lockedEvents(ctx, after)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if err := do(e); err != nil {
				return fmt.Errorf("stream %s version %d: %w", e.Stream, e.Version, err)
			}
		}
		after = events[len(events)-1].Position
	}
}

func (tx *Tx) clearDerived(ctx context.Context) error {
	for _, clear := range []func(context.Context) error{tx.q.DeleteCovenants, tx.q.DeleteAllParties,
		tx.q.DeleteProjections} {
		if err := clear(ctx); err != nil {
			return classify(err, "clear derived rows")
		}
	}
	return nil
}

// intact refuses a log whose chains, roots or checkpoints do not hold.
func (tx *Tx) intact(ctx context.Context) error {
	var report AuditReport
	a := auditor{tx: tx, report: &report}
	for _, check := range []func(context.Context) error{a.chains, a.roots, a.record} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	if report.OK() {
		return nil
	}
	first := slices.Concat(convert(report.Breaks, Break.String), report.RootBreaks, report.RecordBreaks)[0]
	return &storeError{ErrCorrupt, fmt.Errorf("the log is broken and nothing was rebuilt of it: %s; run covenant "+
		"audit, and restore a backup from before", first)}
}

// lockedEvents reads a page of the log where stopAppends holds, so that no event before the last can still appear.
func (tx *Tx) lockedEvents(ctx context.Context, after int64) ([]Recorded, error) {
	rows, err := tx.q.EventsByPosition(ctx, db.EventsByPositionParams{After: after, Page: auditPage})
	if err != nil {
		return nil, classify(err, fmt.Sprintf("events after position %d", after))
	}
	return tx.recorded(ctx,
		convert(rows, func(r db.EventsByPositionRow) db.StreamEventsRow { return db.StreamEventsRow(r) }), nil)
}
