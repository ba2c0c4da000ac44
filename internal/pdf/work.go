package pdf

import (
	"errors"
	"io"
)

// ErrTooCostly: reading the file would take more work than its budget allows. It is never a word about how long
// something took: the same file costs the same on every machine, however busy.
var ErrTooCostly = errors.New("the file is too costly to read: raise the limits if it is meant to be so")

// Work is a budget of work. One unit stands for a byte that is parsed, or that comes out of a filter; cheaper steps
// cost a part of one, and each object that is asked for costs a little whatever its size. All views of a file draw on
// one budget, so that no loop over a hostile structure gets by without paying, whichever way it goes.
//
// Once it is used up every further step fails with [ErrTooCostly]. The zero value and nil have no limit.
type Work struct {
	limit int64 // 0: none
	spent int64
}

// The default budget: some hundred times what an honest file of twenty signatures takes, and more for a large file,
// each byte of which may be looked at several times. An idle machine has spent the most that a file of 20 MB may cost
// in five to ten seconds.
const (
	baseWork    = 128 << 20
	workPerByte = 8
)

// What things cost that are not bytes parsed.
const (
	objectWork  = 128 // an object that is read: its first window
	lookupWork  = 16  // one that was read before
	scannedWork = 16  // bytes searched for a word, or compared, for one unit
	hashedWork  = 4   // bytes hashed for one unit
)

// NewWork is a budget for a file of size bytes; 0 units are the default, a negative number has no limit.
func NewWork(units, size int64) *Work {
	switch {
	case units < 0:
		return &Work{}
	case units == 0:
		return &Work{limit: defaultWork(size)}
	}
	return &Work{limit: units}
}

// defaultWork is the budget of a file of size bytes where nobody asks for another.
func defaultWork(size int64) int64 { return baseWork + workPerByte*size }

// Spend takes units off the budget.
func (w *Work) Spend(units int64) error {
	if w == nil {
		return nil
	}
	w.spent += units
	return w.Err()
}

// Hash takes off what hashing n bytes costs.
func (w *Work) Hash(n int64) error { return w.Spend(n / hashedWork) }

// Scan takes off what looking through n bytes costs.
func (w *Work) Scan(n int64) error { return w.Spend(n/scannedWork + 1) }

// Err is ErrTooCostly once the budget is used up.
func (w *Work) Err() error {
	if w != nil && w.limit > 0 && w.spent > w.limit {
		return ErrTooCostly
	}
	return nil
}

// Spent is how many units were taken off so far.
func (w *Work) Spent() int64 { return w.spent }

// counted is a step of a stream's filters: what it gives costs work and may not be more than limit bytes, so that
// neither one filter nor a chain of them can make much out of little.
type counted struct {
	r    io.Reader
	work *Work
	left int64
	at   int64 // of the stream, for the error
	err  error // why it stopped; the filter after it may take that for the end
}

func (c *counted) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.err = c.work.Spend(int64(n))
	if c.left -= int64(n); c.left < 0 && c.err == nil {
		c.err = malformed(c.at, "a stream that grows too large while it is decoded")
	}
	if c.err != nil {
		return 0, c.err
	}
	return n, err
}
