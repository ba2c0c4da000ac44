package lock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a directory for what a process needs for a while: a file that is not whole yet, a copy. It is the only way in
// which this program makes something temporary, for it holds a lock in it as long as it lives. What a killed process
// left behind is so told from what a living one is at, and [Sweep] removes it.
type Dir struct {
	Path string
	file *os.File
}

// Hold makes a directory in parent (empty: the system's temporary directory) whose name begins with prefix.
func Hold(parent, prefix string) (*Dir, error) {
	for {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, err
		}
		file, err := os.OpenFile(inUse(path), os.O_CREATE|os.O_RDWR, 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process took it for one that was left behind, before it was locked
		}
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
		// Where a file system knows no locks, nobody else gets one there either, so nothing is swept there.
		if held := Try(file); !errors.Is(held, ErrHeld) && stillThere(file, inUse(path)) {
			return &Dir{path, file}, nil
		}
		if err := file.Close(); err != nil { // as above
			return nil, err
		}
	}
}

// In names something in the directory.
func (d *Dir) In(name string) string { return filepath.Join(d.Path, name) }

// Remove removes the directory with all that is left in it.
func (d *Dir) Remove() error {
	return errors.Join(clearDir(d.Path, d.file), os.RemoveAll(d.Path))
}

// Sweep removes the directories of [Hold] with this parent and prefix whose processes are gone. What another user has
// left, who alone may remove it, stays.
func Sweep(parent, prefix string) error {
	if parent == "" {
		parent = os.TempDir()
	}
	found, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // nothing was ever made there, or nothing that this user may remove
	}
	for _, entry := range found {
		name := entry.Name()
		if !entry.IsDir() || len(name) < len(prefix) || name[:len(prefix)] != prefix {
			continue
		}
		if left := sweepOne(filepath.Join(parent, name)); left != nil {
			err = errors.Join(err, fmt.Errorf("remove what a killed process left: %w", left))
		}
	}
	return err
}

func sweepOne(path string) error {
	file, err := os.OpenFile(inUse(path), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(path) // killed before it was locked; one that is not empty is none of ours, and stays
		return nil
	}
	if err != nil {
		return nil //nolint:nilerr // another user's
	}
	if Try(file) != nil {
		return file.Close() // its process lives
	}
	return errors.Join(clearDir(path, file), os.RemoveAll(path))
}

// clearDir removes what is in a directory whose lock is held, the lock last, and closes it. Unix takes away a file that
// is open, so that nobody gets the lock in between; Windows does not, but keeps it from others who have it open.
func clearDir(path string, held *os.File) error {
	entries, err := os.ReadDir(path)
	for _, entry := range entries {
		if name := filepath.Join(path, entry.Name()); name != inUse(path) {
			err = errors.Join(err, os.RemoveAll(name))
		}
	}
	_ = os.Remove(inUse(path)) // on Windows after it is closed
	return errors.Join(err, held.Close())
}

// stillThere reports whether an open file has its name still: it may have been swept before it was locked.
func stillThere(file *os.File, path string) bool {
	mine, err := file.Stat()
	named, nameErr := os.Stat(path)
	return err == nil && nameErr == nil && os.SameFile(mine, named)
}

func inUse(path string) string { return filepath.Join(path, ".in-use") }
