package engine

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// SecretKept says that the server's secret, which no backup holds, is kept elsewhere: somebody showed the copy, which
// was compared with the secret. Where it lies is theirs to know.
type SecretKept struct {
	At time.Time `json:"at"`
	By string    `json:"by"`
}

const secretKeptKey = "server-secret/kept"

// ConfirmSecretCopy compares a copy of the server's secret with the secret, and records that there is one. The copy
// itself is the proof, so that nobody confirms from memory what has long been lost.
func (e bundles) ConfirmSecretCopy(ctx context.Context, copied []byte, by workflow.Actor) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		if err := d.Administers(by); err != nil {
			return err
		}
		if len(e.Secret) == 0 || subtle.ConstantTimeCompare(copied, e.Secret) != 1 {
			return workflow.Refusal(workflow.CodeInvalid,
				"tệp này không phải bản sao của khóa máy chủ đang dùng; hãy sao lại tệp server.secret và cất giữ ở "+
					"nơi khác",
				"this file is no copy of the server's secret that is in use; copy server.secret again and keep it "+
					"elsewhere")
		}
		value, err := json.Marshal(SecretKept{At: e.Now(), By: actorName(by)})
		if err != nil {
			return err
		}
		return tx.SaveSetting(ctx, secretKeptKey, value)
	})
}

// SecretCopy says when a copy of the server's secret was last shown; found is false if none ever was.
func SecretCopy(ctx context.Context, s *store.Store) (kept SecretKept, found bool, err error) {
	err = s.View(ctx, func(tx *store.Tx) error {
		value, ok, err := tx.Setting(ctx, secretKeptKey)
		if err != nil || !ok {
			return err
		}
		if err := json.Unmarshal(value, &kept); err != nil {
			return fmt.Errorf("setting %s: %w", secretKeptKey, err)
		}
		found = true
		return nil
	})
	return kept, found, err
}
