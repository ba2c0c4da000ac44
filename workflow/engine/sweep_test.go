package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

// What a sweep reads follows what is due, not what exists: PostgreSQL counts the rows that it reads of each table.
func TestSweepReadsWhatIsDue(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts no PostgreSQL")
	}
	cluster, err := pgtest.Shared()
	check(t, err)
	check(t, cluster.Create("sweep", "template0 LOCALE 'C.UTF-8'"))
	ctx := context.Background()
	// Two connections, no more: PostgreSQL adds up what a connection read when it is used again after a second.
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), DatabaseURL: cluster.URL("sweep"), Readers: 2})
	check(t, err)
	defer s.Close()
	calendar, err := calendar.VietnamCalendar()
	check(t, err)
	e, err := engine.New(engine.Config{Store: s, Calendar: calendar})
	check(t, err)
	db, err := sql.Open("pgx", cluster.URL("sweep"))
	check(t, err)
	defer db.Close()
	for _, statement := range []string{
		`INSERT INTO covenants SELECT 'c' || i, 's' || i, 'x', 'b', 2026, 'awaiting_reports', '', 0, '', 1, i, 'null', 'x' FROM generate_series(1, 10000) i`,
		`INSERT INTO occurrences SELECT 'c' || (i % 10000) || '/quy', 'p' || i, 0, 'c' || (i % 10000), '', 'nhac', 4000000000000 + i, 'pending', 0, '' FROM generate_series(1, 100000) i`,
		`INSERT INTO mails SELECT 'm' || i, 'm' || i, 'reminder', '', 'x', '', '', 'null', 'sent', 1, '', i, i, i, i FROM generate_series(1, 20000) i`,
		`ANALYZE`,
	} {
		_, err := db.Exec(statement)
		check(t, err)
	}
	reads := func() (n int) {
		time.Sleep(1100 * time.Millisecond)
		check(t, s.View(ctx, func(*store.Tx) error {
			return s.View(ctx, func(*store.Tx) error { return nil }) // both connections
		}))
		check(t, db.QueryRow(`SELECT SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_user_tables
			WHERE relname IN ('covenants', 'occurrences', 'mails', 'events', 'parties')`).Scan(&n))
		return n
	}
	sweep := func(limit int) {
		t.Helper()
		before := reads()
		check(t, e.Sweep(ctx))
		if n := reads() - before; n > limit {
			t.Errorf("a sweep read %d rows, want at most %d", n, limit)
		} else {
			t.Logf("a sweep read %d rows", n)
		}
	}
	check(t, e.Sweep(ctx))
	sweep(20)
	_, err = db.Exec(`UPDATE occurrences SET due_at = 1 WHERE period IN (SELECT 'p' || i FROM generate_series(1, 100) i)`)
	check(t, err)
	sweep(400)
}

// A sweep gives everything that is due its job, once, also what lies behind more than it reads at a time.
func TestSweepLeavesNothingBehind(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		check(t, o.Stop(ctx)) // the jobs stay
		const due = 502       // more than a page
		check(t, o.Store.Update(ctx, func(tx *store.Tx) error {
			var all []store.Occurrence
			for i := range due + 5 {
				at := o.now().Add(-time.Hour).Truncate(time.Second) // all at the same moment
				if i >= due {
					at = o.now().Add(time.Hour)
				}
				all = append(all, store.Occurrence{OccurrenceID: store.OccurrenceID{Obligation: fmt.Sprintf("c%d/quy",
					i/3), Period: "2026-Q4", Rung: i % 3},
					Covenant: fmt.Sprintf("c%d", i/3), Kind: "nhac", Due: at})
				mail := store.Mail{Key: store.MailKey(fmt.Sprint(i)), Kind: "reminder", To: "a@example", NextAt: at}
				if _, err := tx.QueueMail(ctx, mail); err != nil {
					return err
				}
			}
			return tx.ScheduleOccurrences(ctx, all)
		}))
		for range 2 {
			check(t, o.Sweep(ctx))
			kinds := map[string]int{}
			for _, kind := range o.query(o.raw(t), "SELECT kind FROM river_job") {
				kinds[kind]++
			}
			if kinds["remind|"] != due || kinds["mail|"] != due {
				t.Errorf("jobs %v, want %d of each", kinds, due)
			}
		}
	})
}
