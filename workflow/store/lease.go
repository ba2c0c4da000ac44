package store

import (
	"context"
	"time"

	"covenant/workflow/store/db"
)

// Lease is a visible claim on something, for example on a covenant's head while a token asks for its PIN.
type Lease struct {
	Name    string
	Holder  string
	Expires time.Time
}

// TakeLease takes a lease, or prolongs one's own. It reports false, with the present holder, if another has it still.
func (tx *Tx) TakeLease(ctx context.Context, l Lease) (Lease, bool, error) {
	n, err := tx.q.TakeLease(ctx, db.TakeLeaseParams{Name: l.Name, Holder: l.Holder, ExpiresAt: millis(l.Expires),
		Now: millis(tx.Now())})
	if err != nil {
		return Lease{}, false, classify(err, "lease "+l.Name)
	}
	if n > 0 {
		return l, true, nil
	}
	held, _, err := tx.Lease(ctx, l.Name)
	return held, false, err
}

// Lease reads a lease that has not expired.
func (tx *Tx) Lease(ctx context.Context, name string) (Lease, bool, error) {
	row, found, err := wrapOne(tx.q.Lease(ctx, name))("lease " + name)
	if err != nil || !found || row.ExpiresAt <= millis(tx.Now()) {
		return Lease{}, false, err
	}
	return Lease{name, row.Holder, instant(row.ExpiresAt)}, true, nil
}

// ReleaseLease gives a lease back. It is no error if it is not held any more.
func (tx *Tx) ReleaseLease(ctx context.Context, name, holder string) error {
	_, err := tx.q.ReleaseLease(ctx, db.ReleaseLeaseParams{Name: name, Holder: holder})
	return classify(err, "release lease "+name)
}
