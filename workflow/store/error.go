package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers act on. They come wrapped with the object concerned; match with errors.Is.
var (
	// ErrConflict: the stream has moved on since it was read. Read again and decide again.
	ErrConflict = errors.New("changed by someone else meanwhile; read again and retry")
	// ErrNotFound: no such row, stream or blob.
	ErrNotFound = errors.New("not found")
	// ErrKeyReused: an idempotency key came back with another command than the one recorded under it.
	ErrKeyReused = errors.New("key already used for another command; use a new key")
	// ErrServed: another process serves this data directory.
	ErrServed = errors.New("another process serves this data directory; stop it first or choose another directory")
	// ErrReadOnly: a write was asked of a store opened with Options.ReadOnly.
	ErrReadOnly = errors.New("the store was opened read-only")
	// ErrBusy: the database could not serve the transaction now (locked, deadlock, serialization failure, not to be
	// reached, connection lost before commit). Nothing was written; retry.
	ErrBusy = errors.New("the database is busy or cannot be reached; nothing was written, retry")
	// ErrLost: the connection to the database was lost while it may have been committing. Repeat with the same key.
	ErrLost = errors.New("the connection to the database was lost; whether it was written is not known, repeat with " +
		"the same key")
	// ErrStorage: the disk is full, read-only or failing. Nothing was written; an operator must act.
	ErrStorage = errors.New("storage is full, read-only or failing; nothing was written: free space or check the disk")
	// ErrCorrupt: what was read is not what was written (a blob's digest, a row's form).
	ErrCorrupt = errors.New("stored data are damaged; restore them from a backup")
	// ErrExists: a row with this identity exists with other content.
	ErrExists = errors.New("already exists with other content")
)

// storeError gives a database error one of the meanings above, keeping it as the cause.
type storeError struct {
	meaning error
	cause   error
}

func (e *storeError) Error() string   { return fmt.Sprintf("%v (%v)", e.meaning, e.cause) }
func (e *storeError) Unwrap() []error { return []error{e.meaning, e.cause} }

// classify wraps err with what it was about, and with its meaning where the database says it.
func classify(err error, about string) error {
	if err == nil {
		return nil
	}
	if meaning := meaningOf(err); meaning != nil && !errors.Is(err, meaning) {
		err = &storeError{meaning, err}
	}
	if about == "" {
		return err
	}
	return fmt.Errorf("%s: %w", about, err)
}

func meaningOf(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return sqliteMeaning(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return postgresMeaning(pg.Code)
	}
	var connect *pgconn.ConnectError
	if pgconn.SafeToRetry(err) || errors.As(err, &connect) {
		return ErrBusy
	}
	var network *net.OpError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.As(err, &network) {
		return ErrLost
	}
	return nil
}

func sqliteMeaning(code int) error {
	if code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return ErrConflict
	}
	switch code & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return ErrStorage
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	}
	return nil
}

// postgresMeaning maps SQLSTATE codes (PostgreSQL documentation, appendix A).
func postgresMeaning(code string) error {
	switch {
	case code == "23505":
		return ErrConflict
	case code == "40001", code == "40P01", code == "55P03", code == "57P01", code == "57P02", code == "57P03",
		strings.HasPrefix(code, "08"):
		return ErrBusy
	case code == "25006", strings.HasPrefix(code, "53"), strings.HasPrefix(code, "58"):
		return ErrStorage
	case strings.HasPrefix(code, "XX"):
		return ErrCorrupt
	}
	return nil
}
