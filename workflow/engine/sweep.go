package engine

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"covenant/workflow"
	"covenant/workflow/store"
)

// sweepPage is how many jobs are made in one transaction, so that nobody waits long for a sweep.
const sweepPage = 500

// Sweep inserts a job for everything that is due and has none: reminders, queued mails, the day's root, covenants
// that wait for the program. What River forgot or slept through is taken up here; what it still has is left alone.
// It reads what is due, page by page, and writes only where something is.
func (e deadlines) Sweep(ctx context.Context) error {
	if _, err := e.clockDoubted(ctx); err != nil {
		return err
	}
	if err := e.recoverMails(ctx, false); err != nil {
		return err
	}
	if err := e.resendDoubted(ctx); err != nil {
		return err
	}
	if err := e.forget(ctx); err != nil {
		return err
	}
	if err := e.clearDesks(ctx); err != nil {
		return err
	}
	occurrence := store.Occurrence{OccurrenceID: store.OccurrenceID{Rung: -1}}
	for _, due := range []func(context.Context, *store.Tx) ([]river.JobArgs, error){
		func(ctx context.Context, tx *store.Tx) ([]river.JobArgs, error) {
			return e.dueReminders(ctx, tx, &occurrence)
		},
		e.dueMails(),
		e.dueRoot,
		e.dueForesight,
		e.dueRecount,
		e.dueDocuments(workflow.AwaitingFreeze,
			func(id workflow.CovenantID) river.JobArgs { return FreezeArgs{Covenant: id} }),
		e.dueDocuments(workflow.AwaitingValidation,
			func(id workflow.CovenantID) river.JobArgs { return CompleteArgs{Covenant: id} }),
	} {
		if err := e.sweepPages(ctx, due); err != nil {
			return err
		}
	}
	return nil
}

// forget removes sessions that have ended and tries that no longer count, if there are any.
func (e deadlines) forget(ctx context.Context) error {
	before := e.Now().Add(-triesForgotten)
	var old bool
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		old, err = tx.HasExpired(ctx, before)
		return err
	})
	if err != nil || !old {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error { return tx.DeleteExpired(ctx, before) })
}

// sweepPages inserts the jobs of one page after the other, until one is not full.
func (e deadlines) sweepPages(
	ctx context.Context, due func(context.Context, *store.Tx) ([]river.JobArgs, error),
) error {
	for {
		var jobs []river.JobArgs
		err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
			jobs, err = due(ctx, tx)
			return err
		})
		if err == nil && len(jobs) > 0 {
			err = e.Store.Update(ctx, func(tx *store.Tx) error { return enqueueAll(ctx, tx, jobs) })
		}
		if err != nil || len(jobs) < sweepPage {
			return err
		}
	}
}

// dueReminders gives the jobs of a page of occurrences that come after one.
func (e deadlines) dueReminders(
	ctx context.Context, tx *store.Tx, last *store.Occurrence,
) (jobs []river.JobArgs, err error) {
	page, err := tx.DueAfter(ctx, e.Now(), *last, sweepPage)
	if err != nil {
		return nil, err
	}
	for _, o := range page {
		args, err := occurrenceJob(o)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, args)
		*last = o
	}
	return jobs, nil
}

// dueDocuments gives the jobs of the covenants that wait for the program in a phase, page by page.
func (e deadlines) dueDocuments(
	phase workflow.Phase, job func(workflow.CovenantID) river.JobArgs,
) func(context.Context, *store.Tx) ([]river.JobArgs, error) {
	var last store.CovenantKey
	return func(ctx context.Context, tx *store.Tx) (jobs []river.JobArgs, err error) {
		rows, err := tx.Covenants(ctx, store.CovenantFilter{Status: []string{string(phase)}, Limit: sweepPage,
			After: last})
		for _, row := range rows {
			jobs, last = append(jobs, job(workflow.CovenantID(row.ID))), row.Key()
		}
		return jobs, err
	}
}

// enqueueAll inserts jobs of each of which one at a time is enough.
func enqueueAll(ctx context.Context, tx *store.Tx, args []river.JobArgs) error {
	jobs := make([]river.InsertManyParams, 0, len(args))
	for _, a := range args {
		jobs = append(jobs, river.InsertManyParams{Args: a, InsertOpts: once()})
	}
	if err := tx.EnqueueAll(ctx, jobs); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
