package store

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// readableDSN is how a database is opened that is only read. Usually that needs a file system that can be written:
// SQLite shares its write-ahead log through a file beside the database. Where that cannot be (a read-only medium, a
// snapshot), nobody else can be writing there either, so the file is opened as one that does not change; if a
// write-ahead log lies beside it, whose last commits would be missed so, a copy of both in the temporary directory is
// read instead, which done removes.
func readableDSN(path string) (dsn string, done func() error, err error) {
	none := func() error { return nil }
	if !onReadOnlyMedium(path) {
		return sqliteDSN(path, false), none, nil
	}
	if !holdsLog(path) {
		return sqliteDSN(path, false) + "&immutable=1", none, nil
	}
	if err := sweep("", readingPrefix); err != nil {
		return "", none, err
	}
	dir, err := hold("", readingPrefix)
	if err != nil {
		return "", none, err
	}
	copied := dir.In(databaseFile)
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(path+suffix, copied+suffix); err != nil {
			return "", none, errors.Join(err, dir.Remove())
		}
	}
	return sqliteDSN(copied, false), dir.Remove, nil
}

// onReadOnlyMedium reports whether the file system of a database can be written by nobody. Where only this user may not
// write, somebody else may be writing.
func onReadOnlyMedium(path string) bool {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_ = file.Close() // nothing was written
	}
	return errors.Is(err, syscall.EROFS)
}

// holdsLog reports whether a write-ahead log with anything in it lies beside a database.
func holdsLog(path string) bool {
	log, err := os.Stat(path + "-wal")
	return err == nil && log.Size() > 0
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	defer in.Close() // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	_, err = io.Copy(diskWriter{out}, in)
	return errors.Join(err, out.Close())
}
