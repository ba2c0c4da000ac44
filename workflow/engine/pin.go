package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

const (
	allowedPINs  = 5 // then the key is locked for a while
	keyLockedFor = 15 * time.Minute
)

// unlock opens a kept key with its PIN. A PIN is counted as a wrong one before it is looked at, under the condition
// that the key is not locked: who tries a hundred at once, here or on other nodes, gets as many as who tries them one
// after the other. Here they queue, so that a person who signs several documents in one moment does not lock the key.
//
// What can be known of the key's certificate is found out first.
func (e signers) unlock(
	ctx context.Context, owner keyOwner, pin string,
) (id signing.Identity, found workflow.SignerCheck, err error) {
	key, err := e.currentKey(ctx, owner)
	if err != nil {
		return id, found, err
	}
	if key.ID == "" {
		return id, found, workflow.Refusal(workflow.CodeNotFound,
			"máy chủ không giữ khóa ký này; hãy ký bằng USB token hoặc đề nghị quản trị cấp khóa",
			"the server does not keep this signing key; sign with a token or ask the administrator for a key")
	}
	if id, err = parseCertificates(key.Certificates); err != nil {
		return id, found, fmt.Errorf("key of %s: %w", owner, err)
	}
	found, check, err := e.beforeSigning(ctx, id.Certificate, id.Chain, owner.purpose())
	if err != nil {
		return id, found, err
	}
	der, err := e.tryPINInTurn(ctx, owner, pin)
	if err != nil {
		return id, found, err
	}
	if id.Signer, err = parseKey(der); err != nil {
		return id, found, err
	}
	return id, found, e.identify(ctx, id.Certificate, check.Chain)
}

// tryPINInTurn tries a PIN when those before it have been tried: on the key as it is kept then.
func (e signers) tryPINInTurn(ctx context.Context, owner keyOwner, pin string) ([]byte, error) {
	done, err := e.keys.take(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer done()
	key, err := e.currentKey(ctx, owner)
	if err != nil {
		return nil, err
	}
	return e.tryPIN(ctx, key, pin)
}

// tryPIN counts a PIN and then tries it; a right one takes the count back.
func (e signers) tryPIN(ctx context.Context, key store.SealedKey, pin string) (der []byte, err error) {
	var tried int
	var lockedUntil time.Time
	now := time.Now()
	err = e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		tried, lockedUntil, err = tx.TryKey(ctx, key.ID, allowedPINs, now, now.Add(keyLockedFor))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, e.lockedKey(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	der, err = openKey(e.Secret, pin, string(key.ID), key.Sealed)
	switch {
	case err == nil:
		return der, e.Store.Update(ctx, func(tx *store.Tx) error { return tx.UnlockKey(ctx, key.ID) })
	case !errors.Is(err, errWrongPIN):
		return nil, fmt.Errorf("key of %s: %w", key.Owner, err)
	case now.Before(lockedUntil):
		return nil, locked(lockedUntil, e.Calendar.Zone())
	}
	return nil, workflow.Refusal(workflow.CodeForbidden,
		"mã PIN không đúng; còn %d lần thử trước khi khóa ký bị tạm khóa",
		"wrong PIN; %d attempts left before the key is locked for a while", allowedPINs-tried)
}

// lockedKey says until when a key is locked that could not be tried.
func (e signers) lockedKey(ctx context.Context, key store.SealedKey) error {
	now, err := e.currentKey(ctx, keyOwner(key.Owner))
	if err != nil {
		return err
	}
	return locked(now.LockedUntil, e.Calendar.Zone())
}

func locked(until time.Time, zone *time.Location) error {
	return workflow.Refusal(workflow.CodeForbidden,
		"khóa ký đang tạm khóa do nhập sai mã PIN nhiều lần; thử lại sau %s",
		"the key is locked after too many wrong PINs; try again after %s", until.In(zone).Format("15:04"))
}
