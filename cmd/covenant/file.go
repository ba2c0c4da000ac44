package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"covenant/internal/lock"
)

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(path string, data []byte, mode os.FileMode) error {
	return makeWhole(path, mode, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// unfinished begins the names of directories that hold what makeWhole has not finished. It is the same whatever is
// made, so that a backup of today clears away what one of yesterday, under another name, left when it was killed.
const unfinished = ".covenant-unfinished-"

// makeWhole has a file filled in a directory beside it, then renamed: it is there whole or not at all.
func makeWhole(path string, mode os.FileMode, fill func(*os.File) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s was not written: %w", path, err)
		}
	}()
	beside := filepath.Dir(path)
	if err := lock.Sweep(beside, unfinished); err != nil {
		return err
	}
	dir, err := lock.Hold(beside, unfinished)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	tmp, err := os.OpenFile(dir.In(filepath.Base(path)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err = fill(tmp); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err = errors.Join(tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// rewrite makes a new file of an old one, of any size in little memory; it is there whole or not at all.
func rewrite(in, out string, do func(in io.ReaderAt, size int64, out *os.File) error) error {
	return reading(in, func(f io.ReaderAt, size int64) error {
		return makeWhole(out, 0o644, func(made *os.File) error {
			if err := do(f, size, made); err != nil {
				return fmt.Errorf("%s: %w", in, err)
			}
			return nil
		})
	})
}

// reading opens a file to be read anywhere.
func reading(path string, do func(f io.ReaderAt, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return do(f, info.Size())
}
