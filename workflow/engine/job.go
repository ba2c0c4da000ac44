package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"covenant/workflow"
	"covenant/workflow/store"
)

// The jobs. Their arguments name things and never hold secrets. Each may run more than once: it looks at the state
// and does only what is still to be done.
type (
	// FreezeArgs renders the final document of a covenant that has its number.
	FreezeArgs struct {
		Covenant workflow.CovenantID `json:"covenant"`
	}
	// CompleteArgs adds the validation data after the last signature.
	CompleteArgs struct {
		Covenant workflow.CovenantID `json:"covenant"`
	}
	// RemindArgs carries out one step of a reminder ladder.
	RemindArgs struct {
		Covenant   workflow.CovenantID   `json:"covenant"`
		Obligation workflow.ObligationID `json:"obligation"`
		Period     workflow.Period       `json:"period"`
		Rung       workflow.Rung         `json:"rung"`
		Index      int                   `json:"index"` // of the rung in its ladder, from 0
	}
	// MailArgs sends one queued mail.
	MailArgs struct {
		Mail store.MailKey `json:"mail"`
		// After is how often it had been tried: a mail that is queued again while the job that tried it is still on the
		// books is another job.
		After int `json:"after,omitzero"`
	}
)

// Kind names the job in the queue.
func (FreezeArgs) Kind() string   { return "freeze" }
func (CompleteArgs) Kind() string { return "complete" }
func (RemindArgs) Kind() string   { return "remind" }
func (MailArgs) Kind() string     { return "mail" }

// unfinished are the states in which a job is still going to do its work.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// worker makes a River worker of a method of the engine.
type worker[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	engine *Engine
	work   func(ctx context.Context, args A) error
	limit  time.Duration // of one run; default usualLimit
}

// Work runs the job once and keeps record of what hinders it.
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	err := w.work(ctx, job.Args)
	next := w.NextRetry(job)
	if refused(err) {
		next = time.Now().Add(time.Minute) // by the sweep
	}
	if kept := w.engine.attempted(context.WithoutCancel(ctx), job.Args.Kind(), aboutCovenant(job.Args), err,
		next); kept != nil {
		w.engine.Logger.ErrorContext(ctx, "a trouble is not recorded", "job", job.Args.Kind(), "error", kept)
	}
	if refused(err) {
		// It is made anew by the next sweep, for as long as what it is about is still to be done.
		return river.JobCancel(err)
	}
	return err
}

// Timeout is how long one run may take.
func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return cmp.Or(w.limit, usualLimit) }

// NextRetry tries again soon at first: what a job needs from outside is usually back within seconds.
func (w *worker[A]) NextRetry(job *river.Job[A]) time.Time {
	wait := time.Second << min(len(job.Errors), 9)
	return time.Now().Add(wait)
}

// Start begins working jobs and sweeping. Stop ends it.
func (e *Engine) Start(ctx context.Context) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker[FreezeArgs]{engine: e, work: e.freeze})
	river.AddWorker(workers, &worker[CompleteArgs]{engine: e, work: e.complete})
	river.AddWorker(workers, &worker[RemindArgs]{engine: e, work: e.remind})
	river.AddWorker(workers, &worker[MailArgs]{engine: e, work: e.sendMail, limit: e.Mail.Timeout + usualLimit})
	river.AddWorker(workers, &worker[EscalateArgs]{engine: e, work: e.escalate})
	river.AddWorker(workers, &worker[MinutesArgs]{engine: e, work: e.makeMinutes})
	river.AddWorker(workers, &worker[CloseArgs]{engine: e, work: e.closeByDate})
	river.AddWorker(workers, &worker[RootArgs]{engine: e, work: e.makeRoot})
	river.AddWorker(workers, &worker[RecountArgs]{engine: e, work: e.recount, limit: time.Hour})
	river.AddWorker(workers, &worker[ForesightArgs]{engine: e, work: e.lookAhead, limit: time.Hour})
	if err := e.recoverMails(ctx, true); err != nil {
		return err
	}
	e.node = uuid.NewString()
	if err := e.beat(ctx); err != nil {
		return err
	}
	// Stop lets jobs end; their context does not end them before
	jobs, err := e.Store.StartJobs(context.WithoutCancel(ctx), &river.Config{
		ID: e.node, Workers: workers, Queues: queues(),
		FetchPollInterval: 500 * time.Millisecond, FetchCooldown: 50 * time.Millisecond, MaxAttempts: 25,
	})
	if err != nil {
		return err
	}
	e.jobs, e.done = jobs, make(chan struct{})
	sweeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	if err := e.Sweep(ctx); err != nil {
		stop()
		close(e.done)
		return errors.Join(err, e.Stop(ctx))
	}
	go e.keepGoing(sweeping)
	return nil
}

// beatEvery is how often a node says that it lives; one that has not for beatLasts is dead, and its jobs are others'.
const (
	beatEvery = 5 * time.Second
	beatLasts = 20 * time.Second
)

func (e *Engine) beat(ctx context.Context) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		rescued, err := tx.Beat(ctx, e.node, tx.Now().Add(beatLasts))
		if rescued > 0 {
			e.Logger.WarnContext(ctx, "jobs that dead nodes left running run again", "jobs", rescued)
		}
		return err
	})
}

// Stop lets running jobs end, until ctx is done.
func (e *Engine) Stop(ctx context.Context) error {
	if e.jobs == nil {
		return nil
	}
	e.stop()
	<-e.done
	err := e.jobs.Stop(ctx)
	return errors.Join(err, e.Store.Update(context.WithoutCancel(ctx),
		func(tx *store.Tx) error { return tx.EndBeat(context.WithoutCancel(ctx), e.node) }))
}

// keepGoing sweeps every minute, and between sweeps says to other nodes that this one lives.
func (e *Engine) keepGoing(ctx context.Context) {
	defer close(e.done)
	sweep, beat := time.NewTicker(time.Minute), time.NewTicker(beatEvery)
	defer sweep.Stop()
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			err = e.Sweep(ctx)
		case <-beat.C:
			if e.Store.Database() == store.DatabasePostgres {
				err = e.beat(ctx)
			}
		}
		if err != nil && ctx.Err() == nil {
			e.Logger.ErrorContext(ctx, "background work", "error", err)
		}
	}
}

// occurrenceJob is what carries out an occurrence that is due.
func occurrenceJob(o store.Occurrence) (river.JobArgs, error) {
	if o.Kind == closing {
		return CloseArgs{Covenant: workflow.CovenantID(o.Covenant)}, nil
	}
	if args, ok := minutesArgs(o); ok {
		return args, nil
	}
	if args, ok := escalateArgs(o); ok {
		return args, nil
	}
	return remindArgs(o)
}
