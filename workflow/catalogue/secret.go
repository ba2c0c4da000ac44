package catalogue

import (
	"context"

	"covenant/internal/words"
)

// SecretCopy is what a copy of the server's secret holds.
type SecretCopy struct {
	Copy []byte `json:"copy,omitzero" secret:"true"`
}

func confirmSecretCopy(ctx context.Context, r *run, p SecretCopy) (a Answer, err error) {
	if err := r.eng.ConfirmSecretCopy(ctx, p.Copy, r.actor); err != nil {
		return a, err
	}
	r.say(&a, words.Of("Đã đối chiếu và ghi nhận: khóa máy chủ có bản cất giữ ở nơi khác.",
		"Compared and recorded: a copy of the server's secret is kept elsewhere."))
	return a, nil
}
