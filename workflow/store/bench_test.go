package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"covenant/workflow/store"
)

// benchDatabases are both databases with the durability that they serve with.
func benchDatabases(b *testing.B, bench func(b *testing.B, d database)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, newSQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, newPostgres(b)) })
}

// callers runs work in n goroutines until b.N are done.
func callers(b *testing.B, n int, work func(i int64) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	before := cpuTime(b)
	b.ResetTimer()
	for range n {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := work(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpuTime is what this process has used of the processors; it says more than the clock on a busy machine.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkCommand is one command of the engine: two events, the key, the row with ten parties and a job, on its own
// covenant; beside it the same rows by plain SQL in one transaction, on the same database, pool and durability.
func BenchmarkCommand(b *testing.B) {
	benchDatabases(b, func(b *testing.B, d database) {
		for _, n := range []int{1, 8, 64} {
			d := fresh(b, d)
			s := d.open(b)
			b.Run(fmt.Sprintf("store/callers=%d", n), func(b *testing.B) {
				run := time.Now().UnixNano()
				callers(b, n, func(i int64) error { return benchCommand(s, fmt.Sprintf("%d/%d", run, i)) })
			})
			raw := bareDB(b, d)
			b.Run(fmt.Sprintf("bare/callers=%d", n), func(b *testing.B) {
				run := time.Now().UnixNano()
				callers(b, n, func(i int64) error { return bareCommand(raw, d, fmt.Sprintf("%d/%d", run, i)) })
			})
		}
	})
}

func benchParties() []store.Party {
	parties := make([]store.Party, 10)
	for i := range parties {
		parties[i] = store.Party{ID: fmt.Sprintf("agency-%d", i), Seq: i,
			Name: "Sở Nông nghiệp và Phát triển nông thôn", Role: "member",
			Agency: fmt.Sprintf("agency-%d", i), Person: fmt.Sprintf("person-%d", i), State: "waiting"}
	}
	return parties
}

const benchPayload = `{"agency":"so-tai-chinh","decision":"approve","digest":"7b52009b64fd0a2a49e6d8a939753077792b0554","comment":"Thống nhất nội dung dự thảo lần 2"}`

func benchCommand(s *store.Store, id string) error {
	ctx := context.Background()
	now := time.Now()
	return s.Update(ctx, func(tx *store.Tx) error {
		key := store.CommandKey("key-" + id)
		if _, found, err := tx.Command(ctx, key, []byte("digest")); found || err != nil {
			return errors.Join(errors.New("found"), err)
		}
		stream := store.Stream("covenant/" + id)
		if _, err := tx.Events(ctx, stream, 1); err != nil {
			return err
		}
		env := store.Envelope{At: now, Actor: "person-1", Origin: "web", CommandKey: string(key)}
		_, err := tx.Append(ctx, stream, 0, env, []store.Payload{payload("reviewed", benchPayload),
			payload("review-closed", `{}`)})
		if err != nil {
			return err
		}
		c := store.Covenant{ID: id, Slug: id, Title: "Giao ước thi đua năm 2026", Block: "kinh-te", Year: 2026,
			Status: "voting", UpdatedAt: now, Version: 2}
		if err := tx.SaveCovenant(ctx, c, benchParties()); err != nil {
			return err
		}
		if _, err := tx.Enqueue(ctx, noteArgs{id}, nil); err != nil {
			return err
		}
		return tx.SaveCommand(ctx, key, store.Command{Digest: []byte("digest"), Result: []byte(`{"version":2}`),
			At: now})
	})
}

// bareDB has one connection on SQLite and sixteen on PostgreSQL, as the store has for writing.
func bareDB(b *testing.B, d database) *sql.DB {
	if !d.sqlite() {
		db := d.raw(b)
		db.SetMaxOpenConns(16)
		db.SetMaxIdleConns(16)
		return db
	}
	db := rawDB(b, "sqlite",
		"file:"+d.opts.Dir+"/covenant.db?_pragma=busy_timeout(10000)&"+
			"_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_txlock=immediate")
	db.SetMaxOpenConns(1)
	return db
}

// bareCommand writes the rows of benchCommand, with nothing read, hashed or checked.
func bareCommand(db *sql.DB, d database, id string) error {
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after the commit it does nothing
	now := time.Now().UnixMilli()
	hash := make([]byte, 32)
	exec := func(query string, args ...any) {
		if err == nil {
			_, err = tx.ExecContext(ctx, query, args...)
		}
	}
	exec("INSERT INTO streams (stream, version, hash, updated_at) VALUES ($1, 2, $2, $3)", id, hash, now)
	for v, body := range []string{benchPayload, "{}"} {
		exec(`INSERT INTO events (stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash)
			VALUES ($1, $2, $3, 'person-1', '', 'web', '', $4, 'reviewed', $5, $6, $7)`, id, v+1, now, id, body, hash, hash)
	}
	exec(`INSERT INTO covenants (id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, folded)
		VALUES ($1, $2, 'Giao ước thi đua năm 2026', 'kinh-te', 2026, 'voting', '', 0, '', 2, $3, 'null', 'giao uoc thi dua nam 2026')`, "b"+id, "b"+id, now)
	for _, p := range benchParties() {
		exec(`INSERT INTO parties (covenant, party, seq, name, role, agency, person, state, at, detail)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 'null')`, "b"+id, p.ID, p.Seq, p.Name, p.Role, p.Agency, p.Person, p.State)
	}
	args := fmt.Sprintf(`{"text":%q}`, id)
	if d.sqlite() {
		exec("INSERT INTO river_job (args, kind, max_attempts) VALUES ($1, 'note', 25)", []byte(args))
	} else {
		exec("INSERT INTO river_job (args, kind, max_attempts) VALUES ($1, 'note', 25)", args)
	}
	exec("INSERT INTO commands (key, digest, result, at) VALUES ($1, $2, '{}', $3)", "b"+id, hash, now)
	if err != nil {
		return err
	}
	return tx.Commit()
}

// BenchmarkSweep asks for what is due among a million occurrences of ten thousand covenants. What nothing due costs
// must not depend on how many exist; a hundred due cost a hundred rows.
func BenchmarkSweep(b *testing.B) {
	benchDatabases(b, func(b *testing.B, d database) {
		for _, exist := range []int{1000, 1_000_000} {
			d := fresh(b, d)
			s := d.open(b)
			fillOccurrences(b, d, exist)
			for _, due := range []int{0, 100} {
				b.Run(fmt.Sprintf("exist=%d/due=%d", exist, due), func(b *testing.B) {
					for b.Loop() {
						err := s.View(b.Context(), func(tx *store.Tx) error {
							got, err := tx.DueOccurrences(b.Context(), time.UnixMilli(1_000_000+int64(due)-1), 1000)
							if len(got) != due {
								b.Fatalf("%d due, want %d", len(got), due)
							}
							return err
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			benchStart(b, s, d, exist)
		}
	})
}

// fillOccurrences writes occurrences due at 1,000,000 ms and every millisecond after, a hundred a covenant.
func fillOccurrences(b *testing.B, d database, n int) {
	b.Helper()
	numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n-1)
	run(b, d.raw(b),
		numbers+`INSERT INTO occurrences (obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason)
		SELECT 'obligation-' || (i / 10), 'p' || (i % 10), 0, 'covenant-' || (i / 100), 'agency', 'report', 1000000 + i, 'pending', 0, '' FROM n`)
	if !d.sqlite() {
		run(b, d.raw(b), "ANALYZE occurrences")
	}
}

// benchStart measures closing and opening the store with all that in it.
func benchStart(b *testing.B, s *store.Store, d database, exist int) {
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("exist=%d/start", exist), func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for b.Loop() {
			s, err := store.Open(b.Context(), d.opts)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse)/(1<<20), "MB-heap")
	})
}

// BenchmarkAudit recomputes the chains of a thousand streams of ten events.
func BenchmarkAudit(b *testing.B) {
	benchDatabases(b, func(b *testing.B, d database) {
		s := d.open(b)
		const streams, each = 1000, 10
		update(b, s, func(tx *store.Tx) error {
			for i := range streams {
				var payloads []store.Payload
				for range each {
					payloads = append(payloads, payload("reviewed", benchPayload))
				}
				if _, err := tx.Append(b.Context(), store.Stream(fmt.Sprintf("c%d", i)), 0, envelope(),
					payloads); err != nil {
					return err
				}
			}
			return nil
		})
		for b.Loop() {
			mustAudit(b, s)
		}
		b.ReportMetric(float64(streams*each*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
