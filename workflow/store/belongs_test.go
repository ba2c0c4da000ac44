package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/workflow/store"
)

// A directory belongs to its database: a node's on PostgreSQL begins no SQLite one when the address is left out, one
// with SQLite goes with no PostgreSQL, and one of another installation with none but its own. Nothing is made then.
func TestDirectoryBelongsToItsDatabase(t *testing.T) {
	t.Run("of SQLite", func(t *testing.T) {
		d := newSQLite(t)
		if err := d.open(t).Close(); err != nil {
			t.Fatal(err)
		}
		for _, marked := range []bool{true, false} { // without the file it is of an earlier program
			if !marked {
				if err := os.Remove(filepath.Join(d.opts.Dir, "database.json")); err != nil {
					t.Fatal(err)
				}
			}
			opts := d.opts
			opts.DatabaseURL = "postgres://127.0.0.1:1/nobody"
			_, err := store.Open(t.Context(), opts)
			wantError(t, err, store.ErrOtherDatabase)
		}
		d.open(t)
	})
	t.Run("of PostgreSQL", func(t *testing.T) {
		for _, readOnly := range []bool{false, true} {
			dir := t.TempDir()
			mark := []byte(`{"database":"postgres","installation":"x"}`)
			if err := os.WriteFile(filepath.Join(dir, "database.json"), mark, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Open(t.Context(), store.Options{Dir: dir, ReadOnly: readOnly})
			wantError(t, err, store.ErrOtherDatabase)
			if _, err := os.Stat(filepath.Join(dir, "covenant.db")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a SQLite database was made (%v)", err)
			}
		}
	})
	t.Run("of another installation", func(t *testing.T) {
		eachDatabase(t, func(t *testing.T, d database) {
			if err := d.open(t).Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(d.opts.Dir, "database.json")
			mark, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			other := strings.Replace(string(mark), `"installation":"`, `"installation":"another`, 1)
			if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = store.Open(t.Context(), d.opts)
			wantError(t, err, store.ErrOtherDatabase)
		})
	})
}

// Two installations of one mail domain give their mails different Message-IDs, and one gives a mail always the same.
func TestMessageIDsAreTheInstallations(t *testing.T) {
	ids := map[string]bool{}
	for range 2 {
		dir := t.TempDir()
		for range 2 {
			s, err := store.Open(t.Context(), store.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			update(t, s, func(tx *store.Tx) error {
				_, err := tx.QueueMail(t.Context(), store.Mail{Key: "remind/c/q1", To: "a@example"})
				return err
			})
			view(t, s, func(tx *store.Tx) error {
				m, err := tx.Mail(t.Context(), "remind/c/q1")
				ids[m.MessageID] = true
				return err
			})
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(ids) != 2 {
		t.Errorf("two installations gave %d Message-IDs", len(ids))
	}
}
