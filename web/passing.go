package web

import (
	"errors"
	"os"

	"covenant/internal/lock"
)

// passingPrefix begins the names, in the system's temporary directory, of what a page needs for the length of a
// request.
const passingPrefix = "covenant-page-"

// passing is a file for the length of a request.
type passing struct {
	*os.File
	dir *lock.Dir
}

func newPassing() (*passing, error) {
	dir, err := lock.Hold("", passingPrefix)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(dir.In("file"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(err, dir.Remove())
	}
	return &passing{file, dir}, nil
}

// close ends the file. What cannot be removed is removed at the next start.
func (p *passing) close() {
	_ = p.Close() // nothing is written any more
	_ = p.dir.Remove()
}
