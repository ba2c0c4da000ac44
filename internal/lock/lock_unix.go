//go:build unix

package lock

import (
	"errors"
	"os"
	"syscall"
)

// Try takes the exclusive lock of an open file, or answers [ErrHeld] at once.
func Try(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
