package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// inserter puts jobs into a transaction of ours, on either database.
type inserter interface {
	insert(ctx context.Context, tx *Tx, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	insertMany(ctx context.Context, tx *Tx, jobs []river.InsertManyParams) error
}

type sqliteInserter struct{ client *river.Client[*sql.Tx] }

func (i sqliteInserter) insert(ctx context.Context, tx *Tx, args river.JobArgs,
	opts *river.InsertOpts) (*rivertype.JobInsertResult, error) {
	return i.client.InsertTx(ctx, tx.tx, args, opts)
}

func (i sqliteInserter) insertMany(ctx context.Context, tx *Tx, jobs []river.InsertManyParams) error {
	_, err := i.client.InsertManyTx(ctx, tx.tx, jobs)
	return err
}

type postgresInserter struct{ client *river.Client[pgx.Tx] }

func (i postgresInserter) insert(ctx context.Context, tx *Tx, args river.JobArgs,
	opts *river.InsertOpts) (result *rivertype.JobInsertResult, err error) {
	err = withPgx(tx.conn, func(pgTx pgx.Tx) error {
		result, err = i.client.InsertTx(ctx, pgTx, args, opts)
		return err
	})
	return result, err
}

func (i postgresInserter) insertMany(ctx context.Context, tx *Tx, jobs []river.InsertManyParams) error {
	return withPgx(tx.conn, func(pgTx pgx.Tx) error {
		_, err := i.client.InsertManyTx(ctx, pgTx, jobs)
		return err
	})
}

func (s *Store) openInserter() error {
	config := &river.Config{Logger: s.logger}
	if s.dialect == postgresDialect {
		client, err := river.NewClient(riverpgxv5.New(s.pool), config)
		s.jobs = postgresInserter{client}
		return err
	}
	client, err := river.NewClient(riversqlite.New(s.writer), config)
	s.jobs = sqliteInserter{client}
	return err
}

// Enqueue inserts a job that is worked only if this transaction commits. With opts.UniqueOpts the result
// tells whether the job was there already.
func (tx *Tx) Enqueue(
	ctx context.Context, args river.JobArgs, opts *river.InsertOpts,
) (*rivertype.JobInsertResult, error) {
	if !tx.writes {
		return nil, ErrReadOnly
	}
	result, err := tx.s.jobs.insert(ctx, tx, args, opts)
	return result, classify(err, "enqueue job "+args.Kind())
}

// EnqueueAll is Enqueue for many jobs at once.
func (tx *Tx) EnqueueAll(ctx context.Context, jobs []river.InsertManyParams) error {
	if !tx.writes {
		return ErrReadOnly
	}
	if len(jobs) == 0 {
		return nil
	}
	return classify(tx.s.jobs.insertMany(ctx, tx, jobs), fmt.Sprintf("enqueue %d jobs", len(jobs)))
}

// Jobs is the running job engine.
type Jobs struct {
	client interface {
		Start(ctx context.Context) error
		Stop(ctx context.Context) error
		StopAndCancel(ctx context.Context) error
		Subscribe(kinds ...river.EventKind) (<-chan *river.Event, func())
	}
}

// StartJobs starts working jobs as config says (Workers and Queues are needed; Logger defaults to the
// store's) until Stop. A Store may run one engine at a time.
func (s *Store) StartJobs(ctx context.Context, config *river.Config) (*Jobs, error) {
	if s.readOnly {
		return nil, ErrReadOnly
	}
	own := *config
	if own.Logger == nil {
		own.Logger = s.logger
	}
	jobs := &Jobs{}
	var err error
	if s.dialect == postgresDialect {
		jobs.client, err = river.NewClient(riverpgxv5.New(s.pool), &own)
	} else {
		jobs.client, err = river.NewClient(riversqlite.New(s.writer), &own)
	}
	if err != nil {
		return nil, fmt.Errorf("configure jobs: %w", err)
	}
	if err := jobs.client.Start(ctx); err != nil {
		return nil, fmt.Errorf("start jobs: %w", err)
	}
	return jobs, nil
}

// Subscribe tells of jobs as they end; call the returned function to stop. See river.Client.Subscribe.
func (j *Jobs) Subscribe(kinds ...river.EventKind) (<-chan *river.Event, func()) {
	return j.client.Subscribe(kinds...)
}

// Stop lets running jobs end, until ctx is done; then it cancels them.
func (j *Jobs) Stop(ctx context.Context) error {
	err := j.client.Stop(ctx)
	if err == nil {
		return nil
	}
	if cancelErr := j.client.StopAndCancel(context.WithoutCancel(ctx)); cancelErr != nil {
		return fmt.Errorf("stop jobs: %w", errors.Join(err, cancelErr))
	}
	return nil
}

// CompleteJob marks the job that is being worked as completed in this transaction, so that its effects and its
// end are one. The worker then returns nil.
func CompleteJob[T river.JobArgs](ctx context.Context, tx *Tx, job *river.Job[T]) error {
	var err error
	if tx.s.dialect == postgresDialect {
		err = withPgx(tx.conn, func(pgTx pgx.Tx) error {
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, pgTx, job)
			return err
		})
	} else {
		_, err = river.JobCompleteTx[*riversqlite.Driver](ctx, tx.tx, job)
	}
	return classify(err, fmt.Sprintf("complete job %d", job.ID))
}

// resetJobs makes jobs that a killed process left running available again, and frees its leadership. Only
// right under the lock on the data directory, where nobody else can be running them.
func (s *Store) resetJobs(ctx context.Context) error {
	result, err := s.writer.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'")
	if err != nil {
		return classify(err, "reset interrupted jobs")
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		s.logger.InfoContext(ctx, "jobs interrupted by the last stop run again", "jobs", n)
	}
	_, err = s.writer.ExecContext(ctx, "DELETE FROM river_leader")
	return classify(err, "reset job leadership")
}

// nodeLease is the name of the lease by which a node of several shows that it lives.
func nodeLease(node string) string { return "node/" + node }

// Beat says that a node lives until a time, and makes jobs that dead nodes left running available again: a job belongs
// to the node whose id is the river.Config.ID of StartJobs. It returns how many there were. On SQLite there is one
// process, and its lock says all; nothing is done.
func (tx *Tx) Beat(ctx context.Context, node string, until time.Time) (rescued int, err error) {
	if tx.s.dialect == sqliteDialect {
		return 0, nil
	}
	if _, _, err := tx.TakeLease(ctx, Lease{Name: nodeLease(node), Holder: node, Expires: until}); err != nil {
		return 0, err
	}
	result, err := tx.tx.ExecContext(ctx, `UPDATE river_job SET state = 'available'
		WHERE state = 'running' AND NOT EXISTS (
			SELECT 1 FROM leases WHERE name = 'node/' || attempted_by[array_upper(attempted_by, 1)] AND expires_at > $1)`, millis(tx.Now()))
	if err != nil {
		return 0, classify(err, "rescue jobs of dead nodes")
	}
	n, err := result.RowsAffected()
	return int(n), classify(err, "rescue jobs of dead nodes")
}

// EndBeat takes back that a node lives.
func (tx *Tx) EndBeat(ctx context.Context, node string) error {
	return tx.ReleaseLease(ctx, nodeLease(node), node)
}
