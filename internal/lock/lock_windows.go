package lock

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// Try takes the exclusive lock of an open file, or answers [ErrHeld] at once. Windows keeps others from what is locked,
// so it is one byte far beyond the file's end: the file itself can still be read, to say who holds it.
func Try(file *os.File) error {
	at := windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(file.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrHeld
	}
	return err
}
