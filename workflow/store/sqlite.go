package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// databaseFile is the name of the SQLite database in the data directory.
const databaseFile = "covenant.db"

// openSQLite takes the lock (unless read-only), opens one writing connection and a pool of reading ones, and
// migrates. WAL lets readers go on beside the writer; synchronous=FULL makes a commit survive loss of power.
func (s *Store) openSQLite(ctx context.Context, readers int) error {
	path := filepath.Join(s.dir, databaseFile)
	if readers <= 0 {
		readers = 8
	}
	if s.readOnly {
		return s.openSQLiteReadOnly(ctx, path, readers)
	}
	lock, err := lockDir(s.dir, s.now())
	if err != nil {
		return err
	}
	s.lock = lock
	if err := createPrivate(path); err != nil {
		return err
	}
	s.writer = openSQLitePool(sqliteDSN(path, true), 1)
	if err := s.writer.PingContext(ctx); err != nil {
		return classify(err, "open database "+path)
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.reader = openSQLitePool(sqliteDSN(path, false), readers)
	return s.resetJobs(ctx)
}

// createPrivate makes an empty database file that only its owner reads; SQLite gives its other files the same rights.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	return file.Close()
}

func (s *Store) openSQLiteReadOnly(ctx context.Context, path string, readers int) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no database in the data directory (serve or demo creates it): %w", err)
	}
	dsn, done, err := readableDSN(path)
	if err != nil {
		return err
	}
	s.afterClose = done
	s.reader = openSQLitePool(dsn, readers)
	if err := s.reader.PingContext(ctx); err != nil {
		return classify(err, "open database "+path)
	}
	return s.checkMigrated(ctx)
}

func openSQLitePool(dsn string, connections int) *sql.DB {
	pool := openStatementPool(dsn)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool
}

// sqliteDSN gives the connection string. The reading connections are not opened with mode=ro, which could
// not create the shared-memory file of a WAL database that nobody has open; query_only refuses writes.
func sqliteDSN(path string, write bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(10000)")
	q.Add("_pragma", "foreign_keys(1)")
	q.Add("_pragma", "secure_delete(1)")
	if write {
		q.Add("_txlock", "immediate")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "recursive_triggers(1)")
	} else {
		q.Set("mode", "rw")
		q.Add("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + q.Encode()
}

// Pragmas reads the durability settings of the writing connection, for covenant doctor. On PostgreSQL it gives none.
func (s *Store) Pragmas(ctx context.Context) (map[string]int, error) {
	settings := map[string]int{}
	if s.dialect != sqliteDialect || s.readOnly {
		return settings, nil
	}
	for _, name := range []string{"synchronous", "foreign_keys", "secure_delete"} {
		var value int
		if err := s.writer.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value); err != nil {
			return nil, classify(err, "read setting "+name)
		}
		settings[name] = value
	}
	return settings, nil
}

// emptyLog moves SQLite's write-ahead log into the database and cuts it to nothing, so that what was erased is not
// still in it. Readers can delay that to a later checkpoint.
func (tx *Tx) emptyLog(ctx context.Context) {
	if tx.s.dialect != sqliteDialect {
		return
	}
	var busy, log, moved int
	err := tx.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if err != nil || busy != 0 {
		tx.s.logger.WarnContext(ctx, "erased data stay in the write-ahead log until its next checkpoint", "busy", busy,
			"error", err)
	}
}
