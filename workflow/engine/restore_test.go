package engine_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// backedUp is a backup of an office, signed by its key, whatever is in it.
func backedUp(o *office) []byte {
	o.t.Helper()
	key, err := engine.InstallationKey(o.Secret)
	check(o.t, err)
	var out bytes.Buffer
	_, err = o.Store.Backup(context.Background(), &out, key)
	check(o.t, err)
	return out.Bytes()
}

// restored restores a backup on SQLite as the command does, and opens what came of it.
func restored(o *office, backup []byte) (*engine.Engine, error) {
	o.t.Helper()
	public, err := store.ParseKey(engine.PublicKey(o.Secret))
	check(o.t, err)
	opts := store.Options{Dir: filepath.Join(o.t.TempDir(), "data")}
	_, err = store.Restore(context.Background(), bytes.NewReader(backup), int64(len(backup)), opts,
		store.Restoring{Keys: []ed25519.PublicKey{public}, Finish: engine.FinishRestore(o.Calendar)})
	if err != nil {
		return nil, err
	}
	s, err := store.Open(context.Background(), opts)
	check(o.t, err)
	o.t.Cleanup(func() { _ = s.Close() })
	e, err := engine.New(engine.Config{Store: s, Calendar: o.Calendar})
	check(o.t, err)
	return e, nil
}

// What somebody did to the rows beside the log before a backup was made is found when it is restored: files that the
// log names and that are gone, names of other files, ballots of votes that never were. Nothing is in place then.
func TestRestoreHoldsRowsAgainstTheLog(t *testing.T) {
	for name, statements := range map[string][]string{
		"no files": {"DELETE FROM blob_refs", "DELETE FROM blobs"},
		"a file less": {"DELETE FROM blob_refs WHERE name = 'frozen.pdf'",
			"DELETE FROM blobs WHERE digest NOT IN (SELECT digest FROM blob_refs)"},
		"a file's name": {"UPDATE blob_refs SET digest = (SELECT digest FROM blob_refs " +
			"WHERE owner = 'elsewhere') WHERE name = 'frozen.pdf'"},
		"ballots from nowhere": {"INSERT INTO ballots (motion, id, choice) VALUES ('x/m/1', 'a', 'for')"},
		"a box from nowhere":   {"INSERT INTO ballot_box (motion, id, choice) VALUES ('x/m/1', 'a', 'for')"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.forged = true
			o.shrink()
			o.upTo(workflow.AwaitingSignatures)
			check(t, o.AwaitMails(context.Background()))
			if _, err := restored(o, backedUp(o)); err != nil {
				t.Fatalf("untouched: %v", err)
			}
			if strings.Contains(name, "name") { // a file of nobody's
				info, err := o.Store.PutBlob(context.Background(), strings.NewReader("x"), "text/plain")
				check(t, err)
				check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
					return tx.Refer(context.Background(), "elsewhere", "x", info)
				}))
			}
			raw := o.raw(t)
			for _, s := range statements {
				_, err := raw.Exec(s)
				check(t, err)
			}
			if _, err := restored(o, backedUp(o)); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("restored: %v", err)
			}
			if name == "no files" || name == "a file less" {
				_, err := o.Backup(context.Background(), &bytes.Buffer{}, o.Secret)
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("backed up: %v", err)
				}
			}
		})
	}
}

// Derived rows are made anew, whatever the backup says of them.
func TestRestoreRebuildsDerivedRows(t *testing.T) {
	o := newOffice(t)
	o.forged = true
	o.shrink()
	o.upTo(workflow.AwaitingSignatures)
	check(t, o.AwaitMails(context.Background()))
	raw := o.raw(t)
	for _, s := range []string{"UPDATE covenants SET status = 'in_force', title = 'forged'",
		"UPDATE parties SET state = 'signed'", "DELETE FROM projections"} {
		_, err := raw.Exec(s)
		check(t, err)
	}
	e, err := restored(o, backedUp(o))
	check(t, err)
	v, err := e.View(context.Background(), console, "2026/khoi")
	check(t, err)
	check(t, e.Store.View(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.Covenants(context.Background(), store.CovenantFilter{})
		if len(rows) != 1 || rows[0].Status != string(v.Covenant.Phase) || rows[0].Title != v.Covenant.Title {
			t.Errorf("rows %+v", rows)
		}
		return err
	}))
}
