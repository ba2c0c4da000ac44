package engine

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"covenant/workflow/store"
)

// RecordKey signs the checkpoints of an installation's record (Ed25519, RFC 8032). It follows from the server's secret,
// so it is made with it, kept with it and the same on all nodes; no table holds it. Who owns the database alone cannot
// sign; who has the secret can.
type RecordKey struct {
	note.Verifier
	// Public is the verifier key as C2SP signed-note writes it: name, key hash and key. It is no secret: members are
	// sent
	// it, and check with it.
	Public string
	key    ed25519.PrivateKey
}

// NewRecordKey derives the key from the server's secret, 32 bytes or more (HKDF, RFC 5869). Its name, which is the
// record's origin, comes from the key, so that no configuration changes it.
func NewRecordKey(secret []byte) (RecordKey, error) {
	if len(secret) < 32 {
		return RecordKey{}, errors.New("record key: the server has no secret of 32 bytes or more to sign checkpoints " +
			"with; " +
			"put server.secret back, or start the server once, which makes it")
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, "covenant/record/checkpoints/1", ed25519.SeedSize)
	if err != nil {
		return RecordKey{}, fmt.Errorf("record key: %w", err)
	}
	k := RecordKey{key: ed25519.NewKeyFromSeed(seed)}
	public := k.key[ed25519.SeedSize:]
	sum := sha256.Sum256(public)
	k.Public, err = note.NewEd25519VerifierKey(fmt.Sprintf("covenant-record/%x", sum[:8]), ed25519.PublicKey(public))
	if err == nil {
		k.Verifier, err = note.NewVerifier(k.Public)
	}
	if err != nil {
		return RecordKey{}, fmt.Errorf("record key: %w", err)
	}
	return k, nil
}

// Sign makes the signature of a note.
func (k RecordKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.key, msg), nil }

// RecordKey is the key with which this installation signs checkpoints.
func (e *Engine) RecordKey() (RecordKey, error) { return NewRecordKey(e.Secret) }

// stampCheckpoint has a checkpoint time-stamped (RFC 3161) and keeps the token; also does what goes with that, in the
// same transaction. Somebody else who stamped it meanwhile is no error: then nothing is done.
func (e *Engine) stampCheckpoint(
	ctx context.Context, c store.Checkpoint, also func(*store.Tx, store.Checkpoint) error,
) (store.Checkpoint, error) {
	if len(c.Token) > 0 || e.TSA == nil {
		return c, nil
	}
	token, err := e.TSA.Timestamp(ctx, c.Digest(), crypto.SHA256)
	if err != nil {
		return c, err
	}
	c.Token = token
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.StampCheckpoint(ctx, c.Size, token); err != nil {
			return err
		}
		return also(tx, c)
	})
	if errors.Is(err, store.ErrNotFound) {
		return c, nil
	}
	return c, err
}
