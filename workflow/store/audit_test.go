package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/workflow/store"
)

func mustAudit(t testing.TB, s *store.Store) store.AuditReport {
	t.Helper()
	report, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Fatalf("audit: %v %v", report.Breaks, report.RootBreaks)
	}
	return report
}

func dataFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "covenant.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTriggersForbidRewriting(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "c", 0, payload("k", `{"n":{"personal":"x"}}`))
		raw := d.raw(t)
		for _, statement := range []string{
			"UPDATE events SET actor = 'nobody'", "DELETE FROM events", "DELETE FROM personal_data",
			"DELETE FROM streams",
		} {
			if _, err := raw.ExecContext(t.Context(), statement); err == nil ||
				!strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}

// dropTriggers is what somebody with the database's password would do first.
func dropTriggers(t testing.TB, d database, raw *sql.DB) {
	if d.sqlite() {
		run(t, raw, "DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete",
			"DROP TRIGGER personal_data_no_delete",
			"DROP TRIGGER streams_no_delete", "DROP TRIGGER roots_no_delete", "DROP TRIGGER checkpoints_no_delete",
			"DROP TRIGGER record_statements_no_update", "DROP TRIGGER record_statements_no_delete")
		return
	}
	run(t, raw, "ALTER TABLE events DISABLE TRIGGER ALL", "ALTER TABLE personal_data DISABLE TRIGGER ALL",
		"ALTER TABLE streams DISABLE TRIGGER ALL", "ALTER TABLE roots DISABLE TRIGGER ALL",
		"ALTER TABLE record_statements DISABLE TRIGGER ALL", "ALTER TABLE checkpoints DISABLE TRIGGER ALL")
}

func TestAuditFindsTampering(t *testing.T) {
	cases := []struct{ name, statement, stream, problem string }{
		{"payload altered", `UPDATE events SET payload = '{"i":9}' WHERE stream = 'b' AND version = 2`, "b/2",
			"altered"},
		{"payload not JSON", `UPDATE events SET payload = '{"i":' WHERE stream = 'b' AND version = 2`, "b/2",
			"not JSON"},
		{"actor altered", `UPDATE events SET actor = 'other' WHERE stream = 'b' AND version = 1`, "b/1", "altered"},
		{"on behalf altered", `UPDATE events SET on_behalf = 'other' WHERE stream = 'b' AND version = 1`, "b/1",
			"altered"},
		{"origin altered", `UPDATE events SET origin = 'other' WHERE stream = 'b' AND version = 1`, "b/1", "altered"},
		{"command altered", `UPDATE events SET command_key = 'other' WHERE stream = 'b' AND version = 1`, "b/1",
			"altered"},
		{"kind altered", `UPDATE events SET kind = 'other' WHERE stream = 'b' AND version = 1`, "b/1", "altered"},
		{"time altered", `UPDATE events SET at = at + 1 WHERE stream = 'b' AND version = 3`, "b/3", "altered"},
		{"moved to another stream", `UPDATE events SET stream = 'z' WHERE stream = 'b' AND version = 3`, "z/3",
			"missing"},
		{"hash replaced", `UPDATE events SET hash = prev WHERE stream = 'b' AND version = 2`, "b/3", "follows another"},
		{"event removed in the middle", `DELETE FROM events WHERE stream = 'b' AND version = 2`, "b/3", "missing"},
		{"last event removed", `DELETE FROM events WHERE stream = 'b' AND version = 3`, "b/2", "recorded head"},
		{"stream removed", `DELETE FROM events WHERE stream = 'b'`, "b/0", "no events"},
		{"head removed", `DELETE FROM streams WHERE stream = 'b'`, "b/0", "no head"},
		{"head set back", `UPDATE streams SET version = 2 WHERE stream = 'b'`, "b/3", "recorded head"},
		{"personal text altered", `UPDATE personal_data SET body = 'other'`, "a/1", "altered"},
		{"personal data removed", `DELETE FROM personal_data`, "a/1", "missing"},
	}
	eachDatabase(t, func(t *testing.T, d database) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				d := fresh(t, d)
				s := d.open(t)
				appendEvents(t, s, "a", 0, payload("k", `{"n":{"personal":"x"}}`))
				for i := range 3 {
					appendEvents(t, s, "b", int64(i), payload("k", fmt.Sprintf(`{"i":%d}`, i)))
				}
				mustAudit(t, s)
				raw := d.raw(t)
				dropTriggers(t, d, raw)
				run(t, raw, c.statement)
				wantBreak(t, s, c.stream, c.problem)
			})
		}
	})
}

func fresh(t testing.TB, like database) database {
	if like.sqlite() {
		return newSQLite(t)
	}
	return newPostgres(t)
}

func wantBreak(t *testing.T, s *store.Store, place, problem string) {
	t.Helper()
	report, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range report.Breaks {
		if fmt.Sprintf("%s/%d", b.Stream, b.Version) == place && strings.Contains(b.Problem, problem) {
			return
		}
	}
	t.Errorf("no break %q at %s in %v", problem, place, report.Breaks)
}

// oldRoot makes the daily root that v0.1 would have made of the log as it is, and keeps it.
func oldRoot(t testing.TB, s *store.Store, raw *sql.DB, day string, streams ...store.Stream) store.Root {
	t.Helper()
	root := store.Root{Day: day, Previous: make([]byte, store.HashSize), Size: len(streams)}
	var leaves [][]byte
	view(t, s, func(tx *store.Tx) error {
		last, found, err := tx.LastRoot(t.Context())
		if found {
			root.Previous = last.Digest()
		}
		for _, stream := range streams { // sorted
			events, eventsErr := tx.Events(t.Context(), stream, 1)
			head, headErr := tx.Head(t.Context(), stream)
			err = errors.Join(err, eventsErr, headErr)
			leaves = append(leaves, head.Leaf())
			root.Position = max(root.Position, events[len(events)-1].Position)
		}
		return err
	})
	root.Hash = store.MerkleRoot(leaves)
	_, err := raw.ExecContext(t.Context(), "INSERT INTO roots (day, position, size, root, previous, digest, built_at, "+
		"token, stamped_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 0)", root.Day, root.Position, root.Size, root.Hash,
		root.Previous, root.Digest(), []byte{})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// The daily roots of v0.1 are still held against the log, and altered ones found.
func TestOldRoots(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s, raw := d.open(t), d.raw(t)
		appendEvents(t, s, "a", 0, payload("k", `{}`))
		oldRoot(t, s, raw, "2026-03-26", "a")
		appendEvents(t, s, "a", 1, payload("k", `{}`))
		appendEvents(t, s, "b", 0, payload("k", `{}`))
		oldRoot(t, s, raw, "2026-03-27", "a", "b")
		appendEvents(t, s, "b", 1, payload("k", `{}`))
		if report := mustAudit(t, s); len(report.Roots) != 2 {
			t.Errorf("%d roots", len(report.Roots))
		}
		run(t, raw, "UPDATE roots SET size = 4 WHERE day = '2026-03-26'")
		report, err := s.Audit(t.Context())
		if err != nil || len(report.RootBreaks) != 2 {
			t.Errorf("after altering a root: %v %v", report.RootBreaks, err)
		}
	})
}

// A root that was kept outside finds a log out that was rewritten as a whole, chains, heads, roots and all.
func TestRootKeptOutside(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "a", 0, payload("k", `{"n":1}`))
		appendEvents(t, s, "b", 0, payload("k", `{"n":2}`))
		root := oldRoot(t, s, d.raw(t), "2026-03-26", "a", "b")
		kept, err := store.ParseRoot(root.Image())
		if err != nil {
			t.Fatal(err)
		}
		appendEvents(t, s, "a", 1, payload("k", `{"n":3}`))
		if problems, err := s.Contains(t.Context(), kept); err != nil || len(problems) != 0 {
			t.Errorf("the log that gave it: %v %v", problems, err)
		}
		other := fresh(t, d)
		forged := other.open(t)
		appendEvents(t, forged, "a", 0, payload("k", `{"n":1}`))
		appendEvents(t, forged, "b", 0, payload("k", `{"n":20}`))
		oldRoot(t, forged, other.raw(t), "2026-03-26", "a", "b")
		mustAudit(t, forged)
		if problems, err := forged.Contains(t.Context(), kept); err != nil || len(problems) != 2 {
			t.Errorf("another log that is sound in itself: %v %v", problems, err)
		}
		short := fresh(t, d).open(t)
		if problems, err := short.Contains(t.Context(), kept); err != nil || len(problems) == 0 {
			t.Errorf("an empty log: %v %v", problems, err)
		}
	})
}
