package store

import (
	"context"
	"time"

	"covenant/workflow/store/db"
)

// KeyID names a sealed key.
type KeyID string

// SealedKey is a signing key kept for its owner. The store sees opaque bytes only.
type SealedKey struct {
	ID           KeyID
	Owner        string // person or agency
	Kind         string
	Sealed       []byte
	Certificates []byte // the chain, as the caller encodes it
	Failures     int    // wrong PINs since the last right one
	LockedUntil  time.Time
	CreatedAt    time.Time
	RetiredAt    time.Time
}

func keyOf(r db.SealedKey) SealedKey {
	return SealedKey{ID: KeyID(r.ID), Owner: r.Owner, Kind: r.Kind, Sealed: r.Sealed, Certificates: r.Certificates,
		Failures:    int(r.Failures),
		LockedUntil: instant(r.LockedUntil), CreatedAt: instant(r.CreatedAt), RetiredAt: instant(r.RetiredAt)}
}

// SaveKey adds a sealed key. ErrConflict if the id exists.
func (tx keys) SaveKey(ctx context.Context, k SealedKey) error {
	err := tx.q.InsertKey(ctx, db.InsertKeyParams{ID: string(k.ID), Owner: k.Owner, Kind: k.Kind,
		Sealed: notNil(k.Sealed), Certificates: notNil(k.Certificates), CreatedAt: millis(tx.Now())})
	return classify(err, "save key "+string(k.ID))
}

// Key reads a sealed key.
func (tx keys) Key(ctx context.Context, id KeyID) (SealedKey, error) {
	row, err := tx.q.Key(ctx, string(id))
	return keyOf(row), classify(err, "key "+string(id))
}

// KeysOf lists an owner's keys, the newest first, retired ones too.
func (tx keys) KeysOf(ctx context.Context, owner string) ([]SealedKey, error) {
	rows, err := tx.q.KeysOfOwner(ctx, owner)
	return convert(rows, keyOf), classify(err, "keys of "+owner)
}

// ResealKey replaces the sealed bytes, for example after a new PIN.
func (tx keys) ResealKey(ctx context.Context, id KeyID, sealed, certificates []byte) error {
	n, err := tx.q.ResealKey(ctx, db.ResealKeyParams{ID: string(id), Sealed: notNil(sealed),
		Certificates: notNil(certificates)})
	return exactly(n, err, "reseal key "+string(id))
}

// RetireKey ends a key's use and keeps its record.
func (tx keys) RetireKey(ctx context.Context, id KeyID) error {
	n, err := tx.q.RetireKey(ctx, db.RetireKeyParams{ID: string(id), RetiredAt: millis(tx.Now())})
	return exactly(n, err, "retire key "+string(id))
}

// TryKey counts a PIN that is about to be tried as a wrong one, and locks the key until a time once there were allowed
// of them. Commit it before the PIN is looked at: whoever tries many at once is then held to the same number. The error
// is ErrNotFound while the key is locked. A right PIN is taken back by UnlockKey.
func (tx keys) TryKey(
	ctx context.Context, id KeyID, allowed int, now, until time.Time,
) (tried int, lockedUntil time.Time, err error) {
	row, err := tx.q.TryKey(ctx, db.TryKeyParams{
		ID: string(id), Allowed: int64(allowed), Now: millis(now), Until: millis(until),
	})
	return int(row.Failures), instant(row.LockedUntil), classify(err, "key "+string(id))
}

// UnlockKey forgets the wrong PINs, after a right one or by an administrator.
func (tx keys) UnlockKey(ctx context.Context, id KeyID) error {
	n, err := tx.q.UnlockKey(ctx, string(id))
	return exactly(n, err, "key "+string(id))
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
