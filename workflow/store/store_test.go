package store_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"covenant/workflow/store"
)

func TestOpenIsExclusive(t *testing.T) {
	d := newSQLite(t)
	helper := startHelper(t, "hold", d)
	line := make([]byte, 5)
	if _, err := io.ReadFull(helper.out, line); err != nil || string(line) != "open\n" {
		t.Fatalf("helper said %q (%v)", line, err)
	}
	_, err := store.Open(t.Context(), d.opts)
	wantError(t, err, store.ErrServed)
	if want := fmt.Sprintf("process %d", helper.cmd.Process.Pid); !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not name %s", err, want)
	}
	beside := d
	beside.opts.ReadOnly = true
	s := beside.open(t)
	view(t, s, func(tx *store.Tx) error { _, err := tx.AllEvents(t.Context(), 0, 0); return err })
	wantError(t, s.Update(t.Context(), func(*store.Tx) error { return nil }), store.ErrReadOnly)
	helper.kill()
	d.open(t) // a killed process leaves no lock
}

type helper struct {
	cmd *exec.Cmd
	out io.Reader
}

func startHelper(t testing.TB, name string, d database) helper {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "COVENANT_STORE_HELPER="+name, "COVENANT_STORE_DIR="+d.opts.Dir,
		"COVENANT_STORE_URL="+d.opts.DatabaseURL)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := helper{cmd, out}
	t.Cleanup(h.kill)
	return h
}

func (h helper) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

func TestReopenKeepsEverything(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "c", 0, payload("k", `{}`))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		readOnly := d
		readOnly.opts.ReadOnly = true
		r := readOnly.open(t) // also without anybody serving
		if report := mustAudit(t, r); report.Events != 1 {
			t.Errorf("%d events", report.Events)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		appendEvents(t, d.open(t), "c", 1, payload("k", `{}`))
	})
}

func TestReadOnlyNeedsADatabase(t *testing.T) {
	test := func(t *testing.T, d database) {
		d.opts.ReadOnly = true
		if s, err := store.Open(t.Context(), d.opts); err == nil {
			_ = s.Close()
			t.Fatal("opened a database that nobody made")
		}
		d.opts.ReadOnly = false
		appendEvents(t, d.open(t), "c", 0, payload("k", `{}`)) // whoever serves makes it
	}
	t.Run("sqlite", func(t *testing.T) { test(t, emptySQLite(t)) })
	if !testing.Short() {
		t.Run("postgres", func(t *testing.T) { test(t, emptyPostgres(t)) })
	}
}

// Nodes that start at once on an empty database migrate it once.
func TestNodesStartAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts no PostgreSQL")
	}
	d := emptyPostgres(t)
	var wg sync.WaitGroup
	for range 4 {
		dir := t.TempDir()
		wg.Go(func() {
			s, err := store.Open(t.Context(), store.Options{Dir: dir, DatabaseURL: d.opts.DatabaseURL})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(appendRetrying(s, "c"), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if report := mustAudit(t, d.open(t)); report.Events != 4 {
		t.Errorf("%d events", report.Events)
	}
}

func TestDurabilitySettings(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	appendEvents(t, s, "c", 0, payload("k", `{}`))
	var mode string
	if err := d.raw(t).QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q (%v)", mode, err)
	}
	settings, err := s.Pragmas(t.Context())
	if err != nil || settings["synchronous"] != 2 || settings["foreign_keys"] != 1 || settings["secure_delete"] != 1 {
		t.Errorf("writer's settings %v (%v)", settings, err)
	}
}

// Nobody but the owner reads accounts, keys and personal data, even where the directory lets them in.
func TestFilesArePrivate(t *testing.T) {
	d := emptySQLite(t)
	if err := os.Chmod(d.opts.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := d.open(t)
	appendEvents(t, s, "c", 0, payload("k", `{}`))
	put(t, s, "draft")
	err := filepath.WalkDir(d.opts.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == d.opts.Dir {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCommands(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		done := store.Command{Digest: []byte{1, 2}, Result: json.RawMessage(`{"version":3}`), At: clock()}
		view(t, s, func(tx *store.Tx) error {
			_, found, err := tx.Command(t.Context(), "k", done.Digest)
			if found {
				t.Error("found before saved")
			}
			return err
		})
		update(t, s, func(tx *store.Tx) error { return tx.SaveCommand(t.Context(), "k", done) })
		view(t, s, func(tx *store.Tx) error {
			got, found, err := tx.Command(t.Context(), "k", done.Digest)
			if !found || string(got.Result) != `{"version":3}` || !got.At.Equal(done.At) {
				t.Errorf("command %+v", got)
			}
			_, _, reused := tx.Command(t.Context(), "k", []byte{9})
			wantError(t, reused, store.ErrKeyReused)
			return err
		})
		err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.SaveCommand(t.Context(), "k", done) })
		wantError(t, err, store.ErrConflict)
	})
}

func TestNumbers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		next := func(covenant, key string) (n store.Number, err error) {
			err = s.Update(t.Context(), func(tx *store.Tx) (err error) {
				n, err = tx.NextNumber(t.Context(), "GƯ", 2026, covenant, store.NumberKey(key), clock())
				return err
			})
			return n, err
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		given := map[int64]string{}
		for i := range 12 { // two requests with each key
			wg.Go(func() {
				key := fmt.Sprintf("k%d", i%6)
				n, err := next("c"+key, key)
				for errors.Is(err, store.ErrConflict) {
					n, err = next("c"+key, key)
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil || given[n.Number] != "" && given[n.Number] != key {
					t.Errorf("number %d for %s and %s (%v)", n.Number, given[n.Number], key, err)
				}
				given[n.Number] = key
			})
		}
		wg.Wait()
		for n := int64(1); n <= 6; n++ {
			if given[n] == "" {
				t.Errorf("gap at %d: %v", n, given)
			}
		}
		testNumberStates(t, s, next)
	})
}

func testNumberStates(t *testing.T, s *store.Store, next func(covenant, key string) (store.Number, error)) {
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.ReserveNumber(t.Context(), "GƯ", 2026, 7, "c", "by hand", clock())
		return err
	})
	if n, err := next("c8", "k8"); err != nil || n.Number != 8 {
		t.Errorf("after 7 was reserved by hand: %d (%v)", n.Number, err)
	}
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ReserveNumber(t.Context(), "GƯ", 2026, 3, "c", "again", clock())
		return err
	})
	wantError(t, err, store.ErrExists)
	_, err = next("another covenant", "k8")
	wantError(t, err, store.ErrKeyReused)
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.IssueNumber(t.Context(), "k8", clock()),
			tx.VoidNumber(t.Context(), "k8", "covenant withdrawn", clock()))
	})
	err = s.Update(t.Context(), func(tx *store.Tx) error { return tx.IssueNumber(t.Context(), "k8", clock()) })
	wantError(t, err, store.ErrNotFound)
	view(t, s, func(tx *store.Tx) error {
		all, err := tx.NumbersOfBook(t.Context(), "GƯ", 2026)
		if len(all) != 8 || all[7].State != store.NumberVoid || all[7].Reason == "" || all[7].IssuedAt.IsZero() ||
			all[6].State != store.NumberReserved {
			t.Errorf("register %+v", all)
		}
		return err
	})
}

func TestCovenantRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		save := func(c store.Covenant, parties ...store.Party) {
			update(t, s, func(tx *store.Tx) error { return tx.SaveCovenant(t.Context(), c, parties) })
		}
		hanam := store.Covenant{ID: "1", Slug: "2021/khoi-kinh-te-nganh", Title: "Giao ước thi đua Khối Kinh tế ngành",
			Block: "kinh-te", Year: 2021,
			Status: "awaiting-signatures", NextActor: "p1", Due: clock(), Head: "d1", Version: 9, UpdatedAt: clock(),
			Summary: json.RawMessage(`{"signed":3}`)}
		save(hanam, store.Party{ID: "a", Seq: 1, Name: "Sở Nông nghiệp", Agency: "snn", Person: "p1", State: "waiting"},
			store.Party{ID: "b", Seq: 2, Name: "Sở Tài chính", Agency: "stc", Person: "p2", State: "signed",
				At: clock()})
		save(store.Covenant{ID: "2", Slug: "2026/khoi-noi-chinh", Title: "Giao ước thi đua Khối Nội chính 100%",
			Year: 2026, Status: "in-review", UpdatedAt: clock()})
		hanam.Version = 10
		save(hanam, store.Party{ID: "b", Seq: 1, Name: "Sở Tài chính", Agency: "stc", Person: "p2", State: "signed",
			At: clock()})
		find := func(f store.CovenantFilter, want string) {
			t.Helper()
			var got string
			view(t, s, func(tx *store.Tx) error {
				rows, err := tx.Covenants(t.Context(), f)
				for _, c := range rows {
					got += c.ID
				}
				return err
			})
			if got != want {
				t.Errorf("%+v found %q, want %q", f, got, want)
			}
		}
		find(store.CovenantFilter{}, "21")
		find(store.CovenantFilter{Limit: 1}, "2")
		find(store.CovenantFilter{Search: "KINH tế giao uoc"}, "1")
		find(store.CovenantFilter{Search: "thi dua"}, "21")
		find(store.CovenantFilter{Search: "100%"}, "2")
		find(store.CovenantFilter{Search: "tuyên giáo"}, "")
		find(store.CovenantFilter{Year: 2021, Status: []string{"awaiting-signatures"}, Block: "kinh-te"}, "1")
		find(store.CovenantFilter{Status: []string{"awaiting-signatures", "in-review"}}, "21")
		find(store.CovenantFilter{Status: []string{"awaiting-signatures", "in-review"}, Limit: 1}, "2")
		find(store.CovenantFilter{Year: 2021, Status: []string{"in-review"}}, "")
		find(store.CovenantFilter{Status: []string{"in-review"}}, "2")
		view(t, s, func(tx *store.Tx) error {
			c, err := tx.CovenantBySlug(t.Context(), hanam.Slug)
			if c.Version != 10 || !c.Due.Equal(hanam.Due) || string(c.Summary) != `{"signed":3}` {
				t.Errorf("row %+v", c)
			}
			parties, partiesErr := tx.Parties(t.Context(), "1")
			if len(parties) != 1 || parties[0].ID != "b" || parties[0].At.IsZero() {
				t.Errorf("parties %+v", parties)
			}
			_, missing := tx.Covenant(t.Context(), "9")
			wantError(t, missing, store.ErrNotFound)
			return errors.Join(err, partiesErr)
		})
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SaveCovenant(t.Context(), store.Covenant{ID: "3", Slug: hanam.Slug, UpdatedAt: clock()}, nil)
		})
		wantError(t, err, store.ErrConflict)
	})
}

func TestProjections(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		update(t, s, func(tx *store.Tx) error {
			for _, key := range []string{"a/2", "a/1", "b/1", "a", "A/1", "ạ/1"} {
				if err := tx.SaveProjection(t.Context(), "page", key, []byte(`{"k":"`+key+`"}`)); err != nil {
					return err
				}
			}
			return errors.Join(tx.SaveProjection(t.Context(), "other", "a/1", nil),
				tx.DeleteProjection(t.Context(), "page", "b/1"))
		})
		list := func(prefix string) (keys []string) {
			view(t, s, func(tx *store.Tx) error {
				all, err := tx.Projections(t.Context(), "page", prefix)
				for _, p := range all {
					keys = append(keys, p.Key)
				}
				return err
			})
			return keys
		}
		if got := fmt.Sprint(list("a/"), list(""), list("ạ")); got != "[a/1 a/2] [A/1 a a/1 a/2 ạ/1] [ạ/1]" {
			t.Error(got)
		}
		view(t, s, func(tx *store.Tx) error {
			_, err := tx.Projection(t.Context(), "page", "b/1")
			wantError(t, err, store.ErrNotFound)
			return nil
		})
	})
}

// A log that does not hold together, or not with the record, is not made rows of.
func TestRebuildRefusesABrokenLog(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		for name, forge := range map[string]func(raw *sql.DB){
			"a chain": func(raw *sql.DB) {
				run(t, raw, "UPDATE events SET actor = 'x' WHERE stream = 'c' AND version "+
					"= 2")
			},
			"a chain made anew": func(raw *sql.DB) {
				rechain(t, raw, "c", 2, `"n":1`, `"n":7`)
			},
		} {
			d := fresh(t, d)
			s := d.open(t)
			appendMany(t, s, "c", 0, 3)
			closeCheckpoint(t, s, testSigner(t), "")
			update(t, s, func(tx *store.Tx) error { return tx.SaveProjection(t.Context(), "kept", "x", nil) })
			raw := d.raw(t)
			dropTriggers(t, d, raw)
			forge(raw)
			err := rebuild(t, s, func(*store.Tx, store.Recorded) error { return nil })
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "covenant audit") {
				t.Errorf("%s: %v", name, err)
			}
			view(t, s, func(tx *store.Tx) error {
				_, err := tx.Projection(t.Context(), "kept", "x")
				return err
			})
		}
	})
}

func TestRebuild(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		for i := range 3 {
			appendEvents(t, s, "c", int64(i), payload("k", `{}`))
		}
		update(t, s, func(tx *store.Tx) error { return tx.SaveProjection(t.Context(), "stale", "x", nil) })
		apply := func(tx *store.Tx, e store.Recorded) error {
			return tx.SaveProjection(t.Context(), "version", string(e.Stream), fmt.Appendf(nil, "%d", e.Version))
		}
		if err := rebuild(t, s, apply); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx *store.Tx) error {
			body, err := tx.Projection(t.Context(), "version", "c")
			if string(body) != "3" {
				t.Errorf("rebuilt %s", body)
			}
			_, stale := tx.Projection(t.Context(), "stale", "x")
			wantError(t, stale, store.ErrNotFound)
			return err
		})
		testRebuildBeside(t, s, d)
		cause := errors.New("a rule changed")
		wantError(t, rebuild(t, s, func(*store.Tx, store.Recorded) error { return cause }), cause)
		view(t, s, func(tx *store.Tx) error { _, err := tx.Projection(t.Context(), "version", "c"); return err })
	})
}

func rebuild(t *testing.T, s *store.Store, apply func(*store.Tx, store.Recorded) error) error {
	return s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.Rebuild(t.Context(), func(e store.Recorded) error { return apply(tx, e) })
	})
}

// A transaction elsewhere that is open and older must not hide events from Rebuild.
func testRebuildBeside(t *testing.T, s *store.Store, d database) {
	if d.sqlite() {
		return
	}
	open, err := d.raw(t).Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer open.Rollback()
	if _, err := open.Exec("INSERT INTO settings (key, value, updated_at) VALUES ('held', '1', 1)"); err != nil {
		t.Fatal(err)
	}
	appendEvents(t, s, "beside", 0, payload("k", `{}`))
	seen := 0
	if err := rebuild(t, s, func(tx *store.Tx, e store.Recorded) error {
		seen++
		return tx.SaveProjection(t.Context(), "version", string(e.Stream), fmt.Appendf(nil, "%d", e.Version))
	}); err != nil {
		t.Fatal(err)
	}
	if seen != 4 {
		t.Errorf("rebuilt from %d events of 4", seen)
	}
}
