package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"covenant/workflow/store"
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
	made, err := s.Backup(t.Context(), &out)
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
	if _, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), d.opts); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), d.opts); !errors.Is(err,
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
	if _, err := moved.Backup(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()),
		store.Options{Dir: t.TempDir()}); err == nil {
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
	if _, err := s.Backup(t.Context(), &out); err != nil {
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
			_, err := store.Restore(t.Context(), bytes.NewReader(data), int64(len(data)), store.Options{Dir: dir})
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
	_, err := s.Backup(t.Context(), &bytes.Buffer{})
	wantError(t, err, store.ErrNotFound)
}

// A backup of a log that was tampered with restores nothing.
func TestRestoreAudits(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "c", 0, payload("k", `{"amount":1}`))
		raw := d.raw(t)
		dropTriggers(t, d, raw)
		run(t, raw, `UPDATE events SET payload = '{"amount":2}'`)
		var out bytes.Buffer
		if _, err := s.Backup(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		target := fresh(t, d)
		target.opts.Dir = filepath.Join(t.TempDir(), "data")
		_, err := store.Restore(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), target.opts)
		wantError(t, err, store.ErrCorrupt)
	})
}
