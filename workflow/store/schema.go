package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// ErrSchema: tables, indexes, views or triggers are not those that this program's migrations make.
var ErrSchema = errors.New("the tables, indexes or triggers of the database are not those that this program makes; " +
	"somebody changed them: keep the file, and use an earlier backup")

// CheckSchema compares everything that is defined in a SQLite database with what the migrations make in an empty one.
// On PostgreSQL, where a backup holds rows and no definitions, it does nothing.
func (s *Store) CheckSchema(ctx context.Context) error {
	if s.dialect != sqliteDialect {
		return nil
	}
	fresh, done, err := s.freshSchema(ctx)
	if err != nil {
		return err
	}
	defer done()
	have, err := definitions(ctx, s.reader)
	if err != nil {
		return err
	}
	var wrong []string
	for name, text := range fresh {
		if have[name] != text {
			wrong = append(wrong, name)
		}
	}
	for name := range have {
		if _, ok := fresh[name]; !ok {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return &storeError{ErrCorrupt, fmt.Errorf("%w (%s)", ErrSchema, strings.Join(slices.Compact(wrong), ", "))}
}

// freshSchema is what an empty database of this program defines.
func (s *Store) freshSchema(ctx context.Context) (map[string]string, func(), error) {
	dir, err := workDir(s.dir, "schema")
	if err != nil {
		return nil, nil, err
	}
	done := func() { _ = dir.Remove() } // what is left is removed at the next start
	fresh, err := Open(ctx, Options{Dir: filepath.Join(dir.Path, "fresh")})
	if err != nil {
		done()
		return nil, nil, err
	}
	found, err := definitions(ctx, fresh.reader)
	if err = errors.Join(err, fresh.Close()); err != nil {
		done()
		return nil, nil, err
	}
	return maps.Clone(found), done, nil
}

// definitions are the statements that made everything in a database, by kind and name. Indexes that SQLite makes by
// itself have none.
func definitions(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_master")
	if err != nil {
		return nil, classify(err, "read the schema")
	}
	defer rows.Close() //nolint:errcheck // only read
	out := map[string]string{}
	for rows.Next() {
		var kind, name, of, text string
		if err := rows.Scan(&kind, &name, &of, &text); err != nil {
			return nil, classify(err, "read the schema")
		}
		if strings.HasPrefix(name, "sqlite_stat") { // what ANALYZE keeps
			continue
		}
		out[kind+" "+name] = of + "\n" + strings.Join(strings.Fields(text), " ")
	}
	return out, classify(rows.Err(), "read the schema")
}
