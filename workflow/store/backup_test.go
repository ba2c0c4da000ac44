package store_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"covenant/internal/lock"
	"covenant/workflow/store"
)

// testKey signs the backups of tests, and signed accepts those alone.
var (
	testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	signed  = store.Restoring{Keys: []ed25519.PublicKey{testKey.Public().(ed25519.PublicKey)}}
)

// A backup made while others write holds one state, and restores to a database that verifies and goes on.
func TestBackupWhileWriting(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		info := fillForBackup(t, s)
		data := backupBeside(t, s)
		restored := restoreTo(t, fresh(t, d), data)
		report := mustAudit(t, restored)
		if report.Events < 1 || len(report.Checkpoints) != 1 {
			t.Errorf("restored %+v", report)
		}
		checkRestored(t, restored, info)
		_, done := startNotes(t, restored)
		<-done // the job that was waiting is worked
	})
}

// fillForBackup writes something of every kind, with what is hard to quote.
func fillForBackup(t *testing.T, s *store.Store) store.BlobInfo {
	t.Helper()
	info := put(t, s, "frozen")
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.NextNumber(t.Context(), "GƯ", 2026, "c", "k", clock())
		queued, mailErr := tx.QueueMail(t.Context(),
			store.Mail{Key: "m", To: "a@example", Subject: "Nhắc\thạn", Body: "dòng 1\ndòng \\2"})
		_, jobErr := tx.Enqueue(t.Context(), noteArgs{"later"}, nil)
		if !queued {
			t.Error("not queued")
		}
		return errors.Join(err, mailErr, jobErr, tx.Refer(t.Context(), "covenant/c", "frozen.pdf", info),
			tx.CastBallot(t.Context(), "m", "for"), tx.CloseBox(t.Context(), "m"),
			tx.CastBallot(t.Context(), "open", "against"),
			tx.SaveKey(t.Context(), store.SealedKey{ID: "k", Owner: "p", Sealed: []byte{0, 255, '\n', '\\'}}))
	})
	appendEvents(t, s, "c", 0, payload("k", `{"n":{"personal":"Nguyễn Thị Ổi"}}`))
	closeCheckpoint(t, s, testSigner(t), "2026-03-26")
	return info
}

// backupBeside makes a backup while another goroutine appends.
func backupBeside(t *testing.T, s *store.Store) []byte {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			err := s.Update(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Append(context.Background(), store.Stream(fmt.Sprintf("w%d", i%4)), store.AnyVersion,
					envelope(), []store.Payload{payload("k", `{"p":{"personal":"x"}}`)})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	var out bytes.Buffer
	made, err := s.Backup(t.Context(), &out, testKey)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if made.Events < 1 || len(made.Blobs) != 1 || len(made.Heads) < 1 {
		t.Errorf("made %+v", made)
	}
	return out.Bytes()
}

func restoreTo(t *testing.T, d database, data []byte) *store.Store {
	t.Helper()
	d.opts.Dir = filepath.Join(t.TempDir(), "new", "place")
	if _, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), d.opts, signed); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), d.opts, signed); !errors.Is(err,
		store.ErrNotEmpty) {
		t.Errorf("restored twice: %v", err)
	}
	return d.open(t)
}

func checkRestored(t *testing.T, s *store.Store, info store.BlobInfo) {
	t.Helper()
	view(t, s, func(tx *store.Tx) error {
		n, found, err := tx.NumberByKey(t.Context(), "k")
		m, mailErr := tx.Mail(t.Context(), "m")
		key, keyErr := tx.Key(t.Context(), "k")
		ballots, ballotErr := tx.Ballots(t.Context(), "m")
		boxed, boxErr := tx.Box(t.Context(), "open")
		file, fileErr := tx.File(t.Context(), "covenant/c", "frozen.pdf")
		if !found || n.Number != 1 || m.Subject != "Nhắc\thạn" || m.Body != "dòng 1\ndòng \\2" ||
			string(key.Sealed) != "\x00\xff\n\\" || len(ballots) != 1 || len(boxed) != 1 || file != info {
			t.Errorf("restored %+v %+v %v %s %s %+v", n, m, key.Sealed, ballots, boxed, file)
		}
		return errors.Join(err, mailErr, keyErr, ballotErr, boxErr, fileErr)
	})
	if text, err := s.ReadBlob(t.Context(), info.Digest); err != nil || string(text) != "frozen" {
		t.Errorf("blob %q (%v)", text, err)
	}
	appendEvents(t, s, "c", 1, payload("k", `{}`))
	mustAudit(t, s)
}

// A backup of SQLite goes into PostgreSQL with everything but the jobs; the other way it is refused.
func TestMoveToPostgres(t *testing.T) {
	from := newSQLite(t)
	s := from.open(t)
	to := newPostgresUnlessShort(t)
	info := fillForBackup(t, s)
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.SaveAccount(t.Context(), store.Account{ID: "1", Login: "a", Disabled: true}),
			tx.SaveAccount(t.Context(), store.Account{ID: "2", Login: "b"}))
	})
	data := backupBeside(t, s)
	moved := restoreTo(t, to, data)
	before, after := mustAudit(t, s), mustAudit(t, moved)
	if after.Events < 1 || after.Events > before.Events || len(after.Checkpoints) != 1 {
		t.Errorf("moved %+v of %+v", after, before)
	}
	checkRestored(t, moved, info)
	view(t, moved, func(tx *store.Tx) error {
		all, err := tx.Accounts(t.Context())
		if len(all) != 2 || !all[0].Disabled || all[1].Disabled {
			t.Errorf("accounts %+v", all)
		}
		return err
	})
	var out bytes.Buffer
	if _, err := moved.Backup(t.Context(), &out, testKey); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()),
		store.Options{Dir: t.TempDir()}, signed); err == nil {
		t.Error("a backup of PostgreSQL was restored into SQLite")
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	info := put(t, s, strings.Repeat("frozen ", 1000))
	update(t, s, func(tx *store.Tx) error { return tx.Refer(t.Context(), "c", "f", info) })
	appendEvents(t, s, "c", 0, payload("k", `{}`))
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, testKey); err != nil {
		t.Fatal(err)
	}
	whole := out.Bytes()
	damages := map[string][]byte{"cut off": whole[:len(whole)-100], "empty": nil}
	for _, place := range []int{60, len(whole) / 4, bytes.Index(whole, []byte("frozen frozen")) + 5} {
		damaged := bytes.Clone(whole)
		damaged[place] ^= 0x40
		damages[fmt.Sprintf("byte %d", place)] = damaged
	}
	for name, data := range damages {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			_, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), store.Options{Dir: dir},
				signed)
			wantError(t, err, store.ErrCorrupt)
			if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestBackupRefusesDamagedBlob(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	info := put(t, s, "frozen")
	update(t, s, func(tx *store.Tx) error { return tx.Refer(t.Context(), "c", "f", info) })
	path := filepath.Join(d.opts.Dir, "blobs", string(info.Digest[:2]), string(info.Digest))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := s.Backup(t.Context(), &bytes.Buffer{}, testKey)
	wantError(t, err, store.ErrNotFound)
}

// A backup of a log that was tampered with restores nothing.
func TestRestoreAudits(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "c", 0, payload("k", `{"amount":1}`))
		raw := d.raw(t)
		triggers := definedTriggers(t, d, raw)
		dropTriggers(t, d, raw)
		run(t, raw, `UPDATE events SET payload = '{"amount":2}'`)
		run(t, raw, triggers...) // who meddles covers their tracks
		var out bytes.Buffer
		if _, err := s.Backup(t.Context(), &out, testKey); err != nil {
			t.Fatal(err)
		}
		target := fresh(t, d)
		target.opts.Dir = filepath.Join(t.TempDir(), "data")
		_, err := store.Restore(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), target.opts, signed)
		wantError(t, err, store.ErrCorrupt)
	})
}

// definedTriggers are the statements that make a SQLite database's triggers.
func definedTriggers(t *testing.T, d database, raw *sql.DB) (statements []string) {
	t.Helper()
	if !d.sqlite() {
		return nil
	}
	rows, err := raw.Query("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name IN ('events_no_update', " +
		"'events_no_delete', 'personal_data_no_delete', 'streams_no_delete', 'roots_no_delete')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return statements
}

// A backup restores only with the signature of a key that was named, unless that is waived; the copy of the key that it
// brings along proves nothing.
func TestRestoreAsksWhoMadeIt(t *testing.T) {
	s := newSQLite(t).open(t)
	fillForBackup(t, s)
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	for name, c := range map[string]struct {
		by   ed25519.PrivateKey
		r    store.Restoring
		want error
	}{
		"ours": {testKey, signed, nil}, "another's": {other, signed, store.ErrForeign},
		"nobody's": {nil, signed, store.ErrUnsigned}, "no key named": {testKey, store.Restoring{}, store.ErrForeign},
		"nobody's, waived":  {nil, store.Restoring{Unsigned: true}, nil},
		"another's, waived": {other, store.Restoring{Unsigned: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if _, err := s.Backup(t.Context(), &out, c.by); err != nil {
				t.Fatal(err)
			}
			_, err := restoreBytes(t, out.Bytes(), c.r)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func restoreBytes(t *testing.T, data []byte, r store.Restoring) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), store.Options{Dir: dir}, r)
	return dir, err
}

// The manifest is closed: what it does not name may not be in the file, what it names must be, each once; also where
// the signature is waived.
func TestManifestIsClosed(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	info := fillForBackup(t, s)
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, testKey); err != nil {
		t.Fatal(err)
	}
	blob := "blobs/" + string(info.Digest)
	for name, change := range map[string]func(name string, data []byte) (string, []byte){
		"a file less": func(name string, data []byte) (string, []byte) {
			if name == blob {
				return "", nil
			}
			return name, data
		},
		"a file under another name": func(name string, data []byte) (string, []byte) {
			if name == blob {
				return "blobs/" + strings.Repeat("0", 64), data
			}
			return name, data
		},
		"no files, and none in the manifest": func(name string, data []byte) (string, []byte) {
			if name == "manifest.json" {
				return name, edit(t, data, "blobs", []any{})
			}
			if name == blob {
				return "", nil
			}
			return name, data
		},
		"other counts": func(name string, data []byte) (string, []byte) {
			if name == "manifest.json" {
				return name, edit(t, data, "tables", []any{})
			}
			return name, data
		},
		"twice": func(name string, data []byte) (string, []byte) {
			if name == "manifest.sig" {
				return blob, []byte("frozen")
			}
			return name, data
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := restoreBytes(t, rezip(t, out.Bytes(), change), store.Restoring{Unsigned: true})
			wantError(t, err, store.ErrCorrupt)
		})
	}
	t.Run("something more", func(t *testing.T) {
		more := rezip(t, out.Bytes(), func(name string, data []byte) (string, []byte) { return name, data }, "tables/x")
		_, err := restoreBytes(t, more, store.Restoring{Unsigned: true})
		wantError(t, err, store.ErrCorrupt)
	})
	t.Run("signed, then changed", func(t *testing.T) {
		_, err := restoreBytes(t, rezip(t, out.Bytes(), func(name string, data []byte) (string, []byte) {
			if name == "manifest.json" {
				return name, edit(t, data, "events", 7)
			}
			return name, data
		}), signed)
		wantError(t, err, store.ErrForeign)
	})
}

func edit(t *testing.T, manifest []byte, field string, value any) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(manifest, &fields); err != nil {
		t.Fatal(err)
	}
	fields[field] = value
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rezip writes a backup anew, entry by entry as change has it (no name: leave it out), with more entries.
func rezip(
	t *testing.T, backup []byte, change func(string, []byte) (string, []byte), more ...string,
) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(backup), int64(len(backup)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	add := func(name string, data []byte) {
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if name, data := change(f.Name, data); name != "" {
			add(name, data)
		}
	}
	for _, name := range more {
		add(name, []byte("x"))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is defined in the database of a backup is what the migrations define, or nothing is restored.
func TestRestoreComparesDefinitions(t *testing.T) {
	for name, statement := range map[string]string{
		"trigger dropped": "DROP TRIGGER events_no_update",
		"trigger added":   `CREATE TRIGGER meddle AFTER INSERT ON events BEGIN UPDATE settings SET value = '1'; END`,
		"index dropped":   "DROP INDEX mails_queued",
		"table added":     "CREATE TABLE more (a INTEGER)",
		"view replaced": "DROP VIEW settled_events; " +
			"CREATE VIEW settled_events AS SELECT * FROM events WHERE version = 1",
		"column added": "ALTER TABLE settings ADD COLUMN more TEXT",
	} {
		t.Run(name, func(t *testing.T) {
			d := newSQLite(t)
			s := d.open(t)
			fillForBackup(t, s)
			run(t, d.raw(t), statement)
			var out bytes.Buffer
			if _, err := s.Backup(t.Context(), &out, testKey); err != nil {
				t.Fatal(err)
			}
			_, err := restoreBytes(t, out.Bytes(), signed)
			wantError(t, err, store.ErrSchema)
		})
	}
}

// What a killed backup left is removed at the next start, and not what a living one needs.
func TestLeftoversAreRemoved(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(d.opts.Dir, "work")
	for name, held := range map[string]bool{"backup-dead": false, "backup-alive": true} {
		dir := filepath.Join(work, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(dir, ".in-use"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if held {
			err = lock.Try(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.open(t)
	left, err := os.ReadDir(work)
	if err != nil || len(left) != 1 || left[0].Name() != "backup-alive" {
		t.Errorf("left: %v (%v)", left, err)
	}
}
