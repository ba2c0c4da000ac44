package store

import (
	"strconv"
	"strings"
)

// tuples are the placeholders of the rows of a statement made by hand, each followed by the same constants: ($1, $2,
// 0), ($3, $4, 0). The SQLite driver looks $n up among
// all arguments, which takes long where there are many; it gets question marks.
func (tx *Tx) tuples(rows, columns int, constants string) string {
	var out strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			out.WriteString("(")
		case i%columns == 0:
			out.WriteString(constants + "), (")
		default:
			out.WriteString(", ")
		}
		if tx.s.dialect == sqliteDialect {
			out.WriteString("?")
		} else {
			out.WriteString("$" + strconv.Itoa(i+1))
		}
	}
	return out.String() + constants + ")"
}

// inPages calls work with at most size items at a time, so that a statement for some of them keeps a bounded number of
// forms.
func inPages[T any](items []T, size int, work func([]T) error) error {
	for len(items) > 0 {
		n := min(len(items), size)
		if err := work(items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}
