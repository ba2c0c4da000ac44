package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// NumberState is what became of a number of the register.
type NumberState string

// The states of a number. A number is never given out twice, not even a void one.
const (
	NumberReserved NumberState = "reserved" // kept; the clerk issues or voids it
	NumberIssued   NumberState = "issued"   // printed on a document
	NumberVoid     NumberState = "void"     // will never be used; the reason says why
)

// NumberKey is the caller's key of one request for a number.
type NumberKey string

// Number is one line of a register of numbers.
type Number struct {
	Book       string
	Year       int
	Number     int64
	Covenant   string // for whom
	Key        NumberKey
	State      NumberState
	Reason     string
	ReservedAt time.Time
	IssuedAt   time.Time
	VoidedAt   time.Time
}

func numberOf(r db.RegisterNumber) Number {
	return Number{Book: r.Book, Year: int(r.Year), Number: r.Number, Covenant: r.Covenant, Key: NumberKey(r.Key),
		State:  NumberState(r.State),
		Reason: r.Reason, ReservedAt: instant(r.ReservedAt), IssuedAt: instant(r.IssuedAt),
		VoidedAt: instant(r.VoidedAt)}
}

// NextNumber reserves the next free number of a book and year for a covenant. The same key always gets the
// same number. Numbers leave no gap by themselves: a transaction that fails gives its number back.
func (tx numbers) NextNumber(ctx context.Context, book string, year int, covenant string, key NumberKey,
	at time.Time) (Number, error) {
	about := fmt.Sprintf("number of book %s/%d", book, year)
	if n, found, err := tx.NumberByKey(ctx, key); err != nil || found {
		return n, sameRequest(n, book, year, covenant, err)
	}
	err := tx.q.OpenBook(ctx, db.OpenBookParams{Book: book, Year: int64(year)})
	if err == nil { // the lock makes clerks take turns; whoever had to wait looks again
		err = tx.q.LockBook(ctx, db.LockBookParams{Book: book, Year: int64(year)})
	}
	if err != nil {
		return Number{}, classify(err, about)
	}
	if n, found, err := tx.NumberByKey(ctx, key); err != nil || found {
		return n, sameRequest(n, book, year, covenant, err)
	}
	for {
		next, err := tx.q.AdvanceBook(ctx, db.AdvanceBookParams{Book: book, Year: int64(year)})
		if err != nil {
			return Number{}, classify(err, about)
		}
		n, err := tx.ReserveNumber(ctx, book, year, next, covenant, key, at)
		if !errors.Is(err, ErrExists) { // a number reserved by hand is passed over
			return n, err
		}
	}
}

// ReserveNumber reserves one particular number. ErrExists if it was given out before.
func (tx numbers) ReserveNumber(ctx context.Context, book string, year int, number int64, covenant string,
	key NumberKey,
	at time.Time) (Number, error) {
	about := fmt.Sprintf("number %d of book %s/%d", number, book, year)
	if n, found, err := tx.NumberByKey(ctx, key); err != nil || found {
		return n, sameRequest(n, book, year, covenant, err)
	}
	rows, err := tx.q.InsertNumber(ctx, db.InsertNumberParams{Book: book, Year: int64(year), Number: number,
		Covenant: covenant, Key: string(key), ReservedAt: millis(at)})
	if err != nil {
		return Number{}, classify(err, about)
	}
	if rows == 0 {
		return Number{}, fmt.Errorf("%s: %w", about, ErrExists)
	}
	return Number{Book: book, Year: year, Number: number, Covenant: covenant, Key: key, State: NumberReserved,
		ReservedAt: instant(millis(at))}, nil
}

func sameRequest(n Number, book string, year int, covenant string, err error) error {
	if err == nil && (n.Book != book || n.Year != year || n.Covenant != covenant) {
		return fmt.Errorf("number key %s: %w", n.Key, ErrKeyReused)
	}
	return err
}

// NumberByKey finds the number that was given for a key.
func (tx numbers) NumberByKey(ctx context.Context, key NumberKey) (Number, bool, error) {
	row, found, err := wrapOne(tx.q.NumberByKey(ctx, string(key)))("number of key " + string(key))
	return numberOf(row), found, err
}

// IssueNumber marks a reserved number as used. ErrNotFound if it is not reserved.
func (tx numbers) IssueNumber(ctx context.Context, key NumberKey, at time.Time) error {
	n, err := tx.q.IssueNumber(ctx, db.IssueNumberParams{Key: string(key), IssuedAt: millis(at)})
	return exactly(n, err, "issue number of key "+string(key))
}

// VoidNumber marks a number as never to be used (again), with the reason that the register shows.
func (tx numbers) VoidNumber(ctx context.Context, key NumberKey, reason string, at time.Time) error {
	if reason == "" {
		return fmt.Errorf("void number of key %s: a reason is needed", key)
	}
	n, err := tx.q.VoidNumber(ctx, db.VoidNumberParams{Key: string(key), Reason: reason, VoidedAt: millis(at)})
	return exactly(n, err, "void number of key "+string(key))
}

// Book is one book of one year.
type Book struct {
	Book string
	Year int
}

// Books lists the books that have numbers.
func (tx numbers) Books(ctx context.Context) (books []Book, err error) {
	const about = "books of the register"
	rows, err := tx.tx.QueryContext(ctx, "SELECT DISTINCT book, year FROM register_numbers ORDER BY book, year")
	if err != nil {
		return nil, classify(err, about)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports
	for rows.Next() {
		var b Book
		if err := rows.Scan(&b.Book, &b.Year); err != nil {
			return nil, classify(err, about)
		}
		books = append(books, b)
	}
	return books, classify(rows.Err(), about)
}

// NumbersOfBook lists a book's numbers of a year in order.
func (tx numbers) NumbersOfBook(ctx context.Context, book string, year int) ([]Number, error) {
	rows, err := tx.q.NumbersOfBook(ctx, db.NumbersOfBookParams{Book: book, Year: int64(year)})
	return convert(rows, numberOf), classify(err, "numbers of book "+book)
}

// NumbersOfCovenant lists the numbers that were ever kept for a covenant.
func (tx numbers) NumbersOfCovenant(ctx context.Context, covenant string) ([]Number, error) {
	rows, err := tx.q.NumbersOfCovenant(ctx, covenant)
	return convert(rows, numberOf), classify(err, "numbers of covenant "+covenant)
}

// convert maps rows to values of ours.
func convert[R, V any](rows []R, value func(R) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = value(r)
	}
	return out
}
