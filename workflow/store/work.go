package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"covenant/internal/lock"
)

// What a process needs for a while, such as the copy of the database that a backup is made of, lies in the data
// directory, which is as safe as the data. A process that was killed leaves it behind; the next one that opens the
// directory to write, or works there, removes what no living process holds.

const workFolder = "work"

type working struct {
	path string
	lock *os.File
}

// workDir makes such a directory, held by this process.
func workDir(data, name string) (*working, error) {
	parent := filepath.Join(data, workFolder)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, &storeError{ErrStorage, err}
	}
	if err := clearWork(data); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(parent, name+"-")
	if err != nil {
		return nil, &storeError{ErrStorage, err}
	}
	file, err := os.OpenFile(heldBy(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = lock.Try(file)
	}
	if err != nil {
		return nil, errors.Join(&storeError{ErrStorage, fmt.Errorf("hold %s: %w", path, err)}, removeAll(path))
	}
	return &working{path, file}, nil
}

func heldBy(path string) string { return filepath.Join(path, ".in-use") }

func (w *working) remove() error { return errors.Join(removeAll(w.path), w.lock.Close()) }

// clearWork removes what dead processes left.
func clearWork(data string) error {
	left, err := filepath.Glob(filepath.Join(data, workFolder, "*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		file, err := os.OpenFile(heldBy(path), os.O_RDWR, 0)
		if err != nil {
			continue // being made just now, or another user's
		}
		if lock.Try(file) == nil {
			err = removeAll(path)
		}
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return &storeError{ErrStorage, fmt.Errorf("remove %s: %w", dir, err)}
	}
	return nil
}
