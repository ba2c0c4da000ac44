package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// A data directory knows which database it belongs to, so that a node's directory that is opened without the address
// of its PostgreSQL database does not silently begin an empty SQLite one, and no directory goes with another
// installation's database.

// ErrOtherDatabase: the data directory belongs to another database than the one that was named.
var ErrOtherDatabase = errors.New("the data directory belongs to another database")

const belongsFile = "database.json"

// installationKey is the setting that names the installation: a random id, made with the database.
const installationKey = "installation/id"

// belonging is what the file says.
type belonging struct {
	Database     string `json:"database"`     // sqlite or postgres
	Installation string `json:"installation"` // the id in the database
}

// belongs compares the directory with the kind of database that was named, before anything is opened or made.
func (s *Store) belongs() error {
	b, found, err := readBelonging(s.dir)
	if err != nil {
		return err
	}
	if !found { // of an earlier program, or new
		_, err := os.Stat(filepath.Join(s.dir, databaseFile))
		b.Database, found = DatabaseSQLite, err == nil
	}
	switch {
	case !found || b.Database == s.Database():
		return nil
	case b.Database == DatabasePostgres:
		return fmt.Errorf("%w: it is that of a node on PostgreSQL; name its address (--database, or database in the "+
			"configuration), or another directory", ErrOtherDatabase)
	}
	return fmt.Errorf("%w: it holds a SQLite database; leave the address of PostgreSQL out, name another directory, "+
		"or move the office by covenant backup and covenant restore", ErrOtherDatabase)
}

// settle compares the directory with the very database, names a new installation, and writes down what belongs
// together.
func (s *Store) settle(ctx context.Context) error {
	var id string
	read := func(tx *Tx) (err error) {
		kept, found, err := tx.Setting(ctx, installationKey)
		if err != nil || !found {
			return err
		}
		return json.Unmarshal(kept, &id)
	}
	if err := s.View(ctx, read); err != nil {
		return err
	}
	if id == "" && !s.readOnly {
		err := s.Update(ctx, func(tx *Tx) error {
			if err := read(tx); err != nil || id != "" {
				return err // another node was faster
			}
			id = uuid.NewString()
			return tx.SaveSetting(ctx, installationKey, fmt.Appendf(nil, "%q", id))
		})
		if err != nil {
			return err
		}
	}
	s.installation = id
	b, found, err := readBelonging(s.dir)
	if err != nil {
		return err
	}
	if found && id != "" && b.Installation != id {
		return fmt.Errorf("%w: it is installation %s's, the database %s's; name the right database, or another "+
			"directory", ErrOtherDatabase, b.Installation, id)
	}
	if found || s.readOnly {
		return nil
	}
	return s.writeBelonging()
}

// resettle is settle after a restore brought another installation into the database.
func (s *Store) resettle(ctx context.Context) error {
	if err := os.Remove(filepath.Join(s.dir, belongsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &storeError{ErrStorage, err}
	}
	return s.settle(ctx)
}

func (s *Store) writeBelonging() error {
	data, err := json.Marshal(belonging{Database: s.Database(), Installation: s.installation})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, belongsFile), append(data, '\n'), 0o600); err != nil {
		return &storeError{ErrStorage, err}
	}
	return nil
}

func readBelonging(dir string) (b belonging, found bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, belongsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return b, false, nil
	}
	if err != nil {
		return b, false, &storeError{ErrStorage, err}
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, false, &storeError{ErrCorrupt, fmt.Errorf("%s: %w", belongsFile, err)}
	}
	return b, true, nil
}
