package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// moveToPostgres restores a backup of SQLite into PostgreSQL: the way for an office that has outgrown one machine. All
// is moved but the jobs, which the sweep makes anew from what is due.
func (a *archive) moveToPostgres(ctx context.Context, opts Options) error {
	staging, err := workDir(opts.Dir, "move")
	if err != nil {
		return err
	}
	defer staging.Remove() //nolint:errcheck // what is left is removed at the next start
	from, err := a.openStaged(ctx, staging.Path)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // a copy that is thrown away
	return a.intoPostgres(ctx, opts, func(ctx context.Context, tx *Tx,
		t table) error {
		return tx.copyFromSQLite(ctx, from.reader, t)
	})
}

// openStaged opens a copy of the backup's database, which brings its tables to this program's version.
func (a *archive) openStaged(ctx context.Context, staging string) (*Store, error) {
	if err := a.extractDatabase(ctx, filepath.Join(staging, databaseFile)); err != nil {
		return nil, err
	}
	s, err := Open(ctx, Options{Dir: staging})
	if err != nil {
		return nil, err
	}
	if err := s.CheckSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// copyFromSQLite fills one table with the rows of the same table in SQLite.
func (tx *Tx) copyFromSQLite(ctx context.Context, from *sql.DB, t table) error {
	if strings.HasPrefix(t.name, "river_") {
		return nil
	}
	rows, err := from.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY 1, 2", t.columnList(),
		pgx.Identifier{t.name}.Sanitize()))
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // only read
	next := func() ([]any, error) {
		if !rows.Next() {
			return nil, nil // the end, or an error that is asked for below
		}
		return t.scan(rows)
	}
	err = withPgx(tx.conn, func(pgTx pgx.Tx) error {
		_, err := pgTx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(next))
		return err
	})
	return errors.Join(err, rows.Err())
}

// scan reads one row. What is BOOLEAN in PostgreSQL is 0 or 1 in SQLite; no column may be NULL, so a nil is bytes of
// no length.
func (t table) scan(rows *sql.Rows) ([]any, error) {
	values := make([]any, len(t.columns))
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, err
	}
	for i, column := range t.columns {
		switch v := values[i].(type) {
		case int64:
			if slices.Contains(t.booleans, column) {
				values[i] = v != 0
			}
		case nil:
			values[i] = []byte{}
		case []byte:
			values[i] = notNil(v)
		}
	}
	return values, nil
}
