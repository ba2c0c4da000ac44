// Package scratch gives tests directories that outlive one test: for a program that is built once, a database server, a
// browser's profile. Whoever made one removes it; what a process left behind that was killed, the next one removes.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"covenant/internal/lock"
)

// held are the locks of this process's directories, which say that they are in use. They go with the process.
var held []*os.File

// Dir makes a temporary directory, after it has removed those of the same name whose processes are gone.
func Dir(name string) (string, error) {
	prefix := "covenant-" + name + "-"
	if err := sweep(prefix); err != nil {
		return "", err
	}
	for {
		dir, err := os.MkdirTemp("", prefix)
		if err != nil {
			return "", fmt.Errorf("temporary directory: %w", err)
		}
		file, err := os.OpenFile(lockFile(dir), os.O_CREATE|os.O_RDWR, 0o600)
		if errors.Is(err, os.ErrNotExist) {
			continue // another process took it for one that was left behind, before it was locked
		}
		if err != nil {
			return "", fmt.Errorf("temporary directory: %w", err)
		}
		if err := lock.Try(file); err == nil {
			held = append(held, file)
			return dir, nil
		} else if !errors.Is(err, lock.ErrHeld) {
			return "", errors.Join(fmt.Errorf("lock %s: %w", dir, err), file.Close())
		}
		if err := file.Close(); err != nil { // as above
			return "", err
		}
	}
}

func lockFile(dir string) string { return filepath.Join(dir, ".in-use") }

// sweep removes directories that nobody holds.
func sweep(prefix string) error {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range found {
		file, err := os.OpenFile(lockFile(dir), os.O_RDWR, 0)
		if err != nil {
			continue // not one of these, or another user's
		}
		if lock.Try(file) == nil {
			err = os.RemoveAll(dir)
		}
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("remove what was left behind: %w", err)
		}
	}
	return nil
}
