// Package lock holds a file for one process. The system drops the lock when the file is closed or the process ends,
// however it ends, so that nothing is left to clean up after a crash.
package lock

import "errors"

// ErrHeld says that another process has the lock.
var ErrHeld = errors.New("another process holds the lock")
