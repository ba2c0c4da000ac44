package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"covenant/internal/lock"
)

// dirLock is the exclusive lock on a data directory. It goes when the process ends, however it ends.
type dirLock struct{ file *os.File }

func lockDir(dir string, now time.Time) (*dirLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "covenant.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &storeError{ErrStorage, fmt.Errorf("open lock: %w", err)}
	}
	if err := lock.Try(file); err != nil {
		defer file.Close() // nothing was written
		if !errors.Is(err, lock.ErrHeld) {
			return nil, fmt.Errorf("lock data directory: %w", err)
		}
		holder, _ := os.ReadFile(file.Name()) // only for the message
		return nil, fmt.Errorf("%w (%s)", ErrServed, strings.TrimSpace(string(holder)))
	}
	note := fmt.Sprintf("process %d since %s\n", os.Getpid(), now.Format(time.RFC3339))
	if err := errors.Join(file.Truncate(0), writeAll(file, note)); err != nil {
		return nil, errors.Join(&storeError{ErrStorage, fmt.Errorf("write lock: %w", err)}, file.Close())
	}
	return &dirLock{file}, nil
}

func writeAll(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

func (l *dirLock) release() error { return l.file.Close() }
