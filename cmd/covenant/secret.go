package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"covenant/workflow/store"
)

const secretSize = 32

// sameSecret refuses a node whose server secret is not that of the nodes before it: the kept keys would not open here,
// and every right PIN would count as a wrong one.
func (i *installation) sameSecret(ctx context.Context, secret []byte) error {
	const key = "server-secret/fingerprint"
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(key))
	mine := fmt.Appendf(nil, "%q", hex.EncodeToString(mac.Sum(nil)))
	return i.store.Update(ctx, func(tx *store.Tx) error {
		kept, found, err := tx.Setting(ctx, key)
		if err != nil {
			return err
		}
		if !found {
			return tx.SaveSetting(ctx, key, mine)
		}
		if !bytes.Equal(kept, mine) {
			return fmt.Errorf("server secret %s is another one than that of the other nodes on this database: copy "+
				"theirs here, or name it with secret_file", secretFile(i.config))
		}
		return nil
	})
}

func secretFile(c config) string {
	if c.SecretFile != "" {
		return c.SecretFile
	}
	return filepath.Join(c.Data, "server.secret")
}

// serverSecret is the server's half of the protection of kept keys: a file of its own, made at the first start. Keys
// cannot be opened without it, so back it up apart from the database; all nodes on one database have the same.
func serverSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret = make([]byte, secretSize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("server secret: %w", err)
		}
		return secret, writeWhole(path, secret, 0o600)
	case err != nil:
		return nil, fmt.Errorf("server secret: %w", err)
	case len(secret) < secretSize:
		return nil, fmt.Errorf("server secret %s is damaged (%d bytes instead of %d); restore it from a backup, kept "+
			"keys cannot be opened without it", path, len(secret), secretSize)
	}
	return secret, nil
}

// keptSecret is serverSecret where none is made: nothing if the file is not there.
func keptSecret(path string) ([]byte, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return serverSecret(path)
}
