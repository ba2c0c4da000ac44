package store

import (
	"fmt"
	"os"
	"path/filepath"

	"covenant/internal/lock"
)

// What a process needs for a while, such as the copy of the database that a backup is made of, lies in the data
// directory, which is as safe as the data. A process that was killed leaves it behind; the next one that opens the
// directory to write, or works there, removes what no living process holds.

const (
	workFolder      = "work"
	incomingPrefix  = "incoming-"      // of files that are being kept, beside the kept ones
	restoringPrefix = ".restoring-"    // of directories that are being restored, beside their place
	readingPrefix   = "covenant-read-" // of copies of a database, in the temporary directory
	sendingPrefix   = "covenant-blob-" // of files on their way to object storage, in the temporary directory
)

// workDir makes such a directory, held by this process.
func workDir(data, name string) (*lock.Dir, error) {
	parent := filepath.Join(data, workFolder)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, &storeError{ErrStorage, err}
	}
	if err := clearWork(data); err != nil {
		return nil, err
	}
	return hold(parent, name+"-")
}

// clearWork removes what dead processes left.
func clearWork(data string) error { return sweep(filepath.Join(data, workFolder), "") }

// clearLeft removes what dead processes left wherever the store makes something: the start of one that writes.
func (s *Store) clearLeft() error {
	places := []struct{ parent, prefix string }{
		{filepath.Join(s.dir, workFolder), ""},
		{filepath.Dir(s.dir), restoringPrefix},
		{"", readingPrefix},
		{"", sendingPrefix},
	}
	if files, ok := s.blobs.(*Directory); ok {
		places = append(places, struct{ parent, prefix string }{files.root, incomingPrefix})
	}
	for _, place := range places {
		if err := sweep(place.parent, place.prefix); err != nil {
			return err
		}
	}
	return nil
}

func sweep(parent, prefix string) error {
	if err := lock.Sweep(parent, prefix); err != nil {
		return &storeError{ErrStorage, err}
	}
	return nil
}

func hold(parent, prefix string) (*lock.Dir, error) {
	dir, err := lock.Hold(parent, prefix)
	if err != nil {
		return nil, &storeError{ErrStorage, fmt.Errorf("make a directory in %s: %w", parent, err)}
	}
	return dir, nil
}
