package catalogue

import (
	"context"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// Holder is the person whose codes or tokens are meant; default: who gives the command.
type Holder struct {
	Person workflow.PersonID `json:"person,omitzero"`
}

func (r *run) holder(p Holder) workflow.PersonID {
	if p.Person == "" {
		return r.actor.Person()
	}
	return p.Person
}

func sendAccessCode(ctx context.Context, r *run, p Holder) (a Answer, err error) {
	until, err := r.eng.SendAccessCode(ctx, r.holder(p), r.meta())
	if err != nil {
		return a, err
	}
	r.say(&a, words.F("Đã gửi mã một lần đến hộp thư của %s; mã có hiệu lực đến %s.",
		"A one-time code is on its way to the mailbox of %s; it holds until %s.", r.holder(p), r.moment(until)))
	return a, nil
}

func (r *run) moment(t time.Time) string {
	return t.In(r.eng.Calendar.Zone()).Format("15:04 02/01/2006")
}

// makeAccessToken answers with the token as the last line, this once.
func makeAccessToken(ctx context.Context, r *run, p engine.AccessRequest) (a Answer, err error) {
	token, kept, err := r.eng.MakeAccessToken(ctx, p)
	if err != nil {
		return a, err
	}
	r.say(&a, words.F("Mã truy cập “%s” (số %s) có hiệu lực đến %s. Hãy cất ngay: mã không hiện lại lần nữa.",
		"The access token “%s” (id %s) holds until %s. Keep it now: it is not shown again.", kept.Name, kept.ID,
		r.moment(kept.ExpiresAt)))
	a.Lines = append(a.Lines, token)
	return a, nil
}

func listAccessTokens(ctx context.Context, r *run, p Holder) (a Answer, err error) {
	tokens, err := r.eng.AccessTokens(ctx, r.holder(p), r.actor)
	for _, t := range tokens {
		used := words.Of("chưa dùng", "never used")
		if !t.UsedAt.IsZero() {
			used = words.F("dùng lần cuối %s", "last used %s", r.moment(t.UsedAt))
		}
		r.say(&a, words.F("%s  “%s”  %s, %s", "%s  “%s”  %s, %s", t.ID, t.Name, r.holds(t), used))
	}
	if err == nil && len(tokens) == 0 {
		r.say(&a, words.Of("Không có mã truy cập nào.", "There are no access tokens."))
	}
	return a, err
}

// holds says whether a token holds, and until when.
func (r *run) holds(t store.AccessToken) words.Text {
	switch {
	case !t.RevokedAt.IsZero():
		return words.F("bị thu hồi %s bởi %s", "revoked %s by %s", r.moment(t.RevokedAt), t.RevokedBy)
	case !r.eng.Now().Before(t.ExpiresAt):
		return words.F("đã hết hạn %s", "expired %s", r.moment(t.ExpiresAt))
	}
	return words.F("có hiệu lực đến %s", "holds until %s", r.moment(t.ExpiresAt))
}

// Token names an access token by the part of it that may be shown.
type Token struct {
	ID string `json:"id,omitzero"`
}

func revokeAccessToken(ctx context.Context, r *run, p Token) (a Answer, err error) {
	if err := r.eng.RevokeAccessToken(ctx, p.ID, r.actor); err != nil {
		return a, err
	}
	r.say(&a, words.F("Đã thu hồi mã truy cập %s.", "Revoked the access token %s.", p.ID))
	return a, nil
}
