package engine

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"covenant/workflow"
	"covenant/workflow/store"
)

// InstallationKey is the Ed25519 key by which an installation signs what is to be known as its own: the manifests of
// its backups. It follows from the server's secret (HKDF, RFC 5869), so it is kept where that is, all nodes have the
// same one, and whoever puts the secret back has it again. Whoever has the secret can forge it.
func InstallationKey(secret []byte) (ed25519.PrivateKey, error) {
	if len(secret) < 32 {
		return nil, errors.New("installation key: the server has no secret of 32 bytes or more to make it of")
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, "covenant installation key", ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("installation key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// PublicKey is what of the installation's key everybody may know, as text; empty where there is no secret.
func PublicKey(secret []byte) string {
	key, err := InstallationKey(secret)
	if err != nil {
		return ""
	}
	public, _ := key.Public().(ed25519.PublicKey) // which an Ed25519 key's is
	return store.KeyText(public)
}

func (e *Engine) keyText() string { return PublicKey(e.Secret) }

// Backup writes a consistent copy of the database and its files, signed by the installation. A file that the log names
// and the store has not is an error.
func (e bundles) Backup(ctx context.Context, w io.Writer, secret []byte) (store.Backup, error) {
	key, err := InstallationKey(secret)
	if err != nil {
		return store.Backup{}, err
	}
	if err := e.Store.View(ctx, func(tx *store.Tx) error { return namedFiles(ctx, tx) }); err != nil {
		return store.Backup{}, err
	}
	return e.Store.Backup(ctx, w, key)
}

// FinishRestore completes a backup that is being restored: the derived rows are made anew from the log, every file that
// the log names must be there and be what it names, and secret ballots must be those that the log counted.
func FinishRestore(calendar *workflow.Calendar) func(context.Context, *store.Store, *store.Tx) error {
	return func(ctx context.Context, s *store.Store, tx *store.Tx) error {
		e, err := New(Config{Store: s, Calendar: calendar})
		if err != nil {
			return err
		}
		if err := namedFiles(ctx, tx); err != nil {
			return err
		}
		if _, err := e.rebuild(ctx, tx); err != nil {
			return fmt.Errorf("make the derived rows anew: %w", err)
		}
		problems, err := e.ballotProblems(ctx, tx)
		if err == nil && len(problems) > 0 {
			err = fmt.Errorf("secret ballots are not those of the log: %s: %w", problems, store.ErrCorrupt)
		}
		return err
	}
}

// namedFiles looks whether every file that an event names stands in the rows of kept files, which a backup is made of
// and held against, and whether the names that an owner's files have are of files that its events name.
func namedFiles(ctx context.Context, tx *store.Tx) error {
	kept, err := tx.KeptFiles(ctx)
	if err != nil {
		return err
	}
	named := map[store.Stream]map[store.Digest]bool{}
	err = tx.EachEvent(ctx, func(r store.Recorded) error {
		event, err := workflow.DecodeEvent(r.Kind, r.JSON)
		if err != nil {
			return err
		}
		if named[r.Stream] == nil {
			named[r.Stream] = map[store.Digest]bool{}
		}
		for _, d := range workflow.FilesOf(event) {
			digest := store.Digest(d.String())
			if named[r.Stream][digest] = true; !kept[digest] {
				return fmt.Errorf("file %s, which the log names, is not kept: %w", digest, store.ErrCorrupt)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for stream, files := range named {
		refs, err := tx.Files(ctx, string(stream))
		if err != nil {
			return err
		}
		for _, ref := range refs {
			if !files[ref.Digest] {
				return fmt.Errorf("file %s of %s is none that its log names: %w", ref.Name, stream, store.ErrCorrupt)
			}
		}
	}
	return nil
}
