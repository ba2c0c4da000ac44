package store

import (
	"context"
	"fmt"
	"slices"

	"covenant/workflow/store/db"
)

// Rebuild clears the derived rows (covenants, parties, projections) and hands every event in the order of the
// log to apply, which writes them again; finish then does what follows from the log as a whole. All is one transaction,
// and nobody appends meanwhile. A log that does not hold together, or not with the record, is refused with ErrCorrupt:
// rows made of it would look like truth.
func (s *Store) Rebuild(ctx context.Context, apply func(*Tx, Recorded) error, finish func(*Tx) error) error {
	return s.Update(ctx, func(tx *Tx) error {
		if err := tx.HoldRecord(ctx); err != nil {
			return err
		}
		if err := tx.intact(ctx); err != nil {
			return err
		}
		for _, clear := range []func(context.Context) error{tx.q.DeleteCovenants, tx.q.DeleteAllParties,
			tx.q.DeleteProjections} {
			if err := clear(ctx); err != nil {
				return classify(err, "clear derived rows")
			}
		}
		for after := int64(0); ; {
			events, err := tx.lockedEvents(ctx, after)
			if err != nil {
				return err
			}
			if len(events) == 0 {
				return finish(tx)
			}
			for _, e := range events {
				if err := apply(tx, e); err != nil {
					return fmt.Errorf("rebuild from stream %s version %d: %w", e.Stream, e.Version, err)
				}
			}
			after = events[len(events)-1].Position
		}
	})
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
		"audit, "+
		"and restore a backup from before", first)}
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
