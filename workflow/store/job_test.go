package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"covenant/workflow/store"
)

type noteArgs struct {
	Text string `json:"text"`
}

func (noteArgs) Kind() string { return "note" }

// noteWorker writes its job's text as an event and ends the job in the same transaction.
type noteWorker struct {
	river.WorkerDefaults[noteArgs]
	s *store.Store
}

func (w *noteWorker) Work(ctx context.Context, job *river.Job[noteArgs]) error {
	return w.s.Update(ctx, func(tx *store.Tx) error {
		body := fmt.Appendf(nil, `{"text":%q}`, job.Args.Text)
		if _, err := tx.Append(ctx, "notes", store.AnyVersion, envelope(),
			[]store.Payload{{Kind: "noted", JSON: body}}); err != nil {
			return err
		}
		return store.CompleteJob(ctx, tx, job)
	})
}

func startNotes(t *testing.T, s *store.Store) (*store.Jobs, <-chan *river.Event) {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, &noteWorker{s: s})
	jobs, err := s.StartJobs(context.Background(), &river.Config{Workers: workers, TestOnly: true,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		FetchPollInterval: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	events, cancel := jobs.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed)
	t.Cleanup(func() {
		cancel()
		if err := jobs.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return jobs, events
}

func enqueue(t *testing.T, s *store.Store, text string, opts *river.InsertOpts) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.Enqueue(t.Context(), noteArgs{text}, opts)
		return err
	})
}

func TestJobs(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		_, done := startNotes(t, s)
		appendEvents(t, s, "notes", 0, payload("opened", `{}`))
		cause := errors.New("decided otherwise")
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Enqueue(t.Context(), noteArgs{"rolled back"}, nil)
			return errors.Join(err, cause)
		})
		wantError(t, err, cause)
		for i := range 5 {
			enqueue(t, s, fmt.Sprint(i), nil)
		}
		for range 5 {
			select {
			case e := <-done:
				if e.Kind != river.EventKindJobCompleted {
					t.Errorf("%s: %v", e.Kind, e.Job.Errors)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("jobs were not worked")
			}
		}
		view(t, s, func(tx *store.Tx) error {
			events, err := tx.Events(t.Context(), "notes", 1)
			if len(events) != 6 {
				t.Errorf("%d notes", len(events)-1)
			}
			return err
		})
	})
}

func TestUniqueJob(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		opts := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
		var skipped atomic.Int64
		for range 3 {
			update(t, s, func(tx *store.Tx) error {
				result, err := tx.Enqueue(t.Context(), noteArgs{"once"}, opts)
				if err == nil && result.UniqueSkippedAsDuplicate {
					skipped.Add(1)
				}
				return err
			})
		}
		if skipped.Load() != 2 {
			t.Errorf("%d of 3 were recognised as duplicates", skipped.Load())
		}
	})
}

// A job that was running when the process was killed runs again at once after the next start on SQLite.
func TestInterruptedJobRunsAgain(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	enqueue(t, s, "interrupted", nil)
	run(t, d.raw(t), "UPDATE river_job SET state = 'running', attempt = 1",
		"INSERT INTO river_leader (leader_id, elected_at, expires_at) VALUES ('dead', datetime('now'), "+
			"datetime('now', '+1 hour'))")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = d.open(t)
	_, done := startNotes(t, s)
	select {
	case e := <-done:
		if e.Kind != river.EventKindJobCompleted {
			t.Errorf("%s: %v", e.Kind, e.Job.Errors)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the interrupted job was not worked")
	}
}

// Two nodes on one PostgreSQL database share the jobs and work each once.
func TestNodesShareJobs(t *testing.T) {
	d := newPostgresUnlessShort(t)
	first := d.open(t)
	other := d
	other.opts.Dir = t.TempDir()
	second := other.open(t)
	appendEvents(t, first, "notes", 0, payload("opened", `{}`))
	_, firstDone := startNotes(t, first)
	_, secondDone := startNotes(t, second)
	const jobs = 40
	for i := range jobs {
		enqueue(t, []*store.Store{first, second}[i%2], fmt.Sprint(i), nil)
	}
	by := map[string]int{}
	for range jobs {
		select {
		case <-firstDone:
			by["first"]++
		case <-secondDone:
			by["second"]++
		case <-time.After(20 * time.Second):
			t.Fatalf("worked %v of %d", by, jobs)
		}
	}
	t.Logf("worked %v", by)
	if report := mustAudit(t, first); report.Events != jobs+1 {
		t.Errorf("%d events, want %d", report.Events, jobs+1)
	}
}
