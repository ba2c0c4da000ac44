package catalogue

import (
	"context"

	"covenant/internal/words"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// mailStates are the states of unsent mails in words.
var mailStates = map[store.MailState]words.Text{
	store.MailQueued:  words.Of("chờ gửi lại", "waits for another try"),
	store.MailInDoubt: words.Of("chưa rõ đã đến hay chưa", "may have arrived"),
	store.MailFailed:  words.Of("không gửi được", "failed"),
}

// listMails tells which mails are not sent and why, and whether the server is away.
func listMails(ctx context.Context, r *run, p engine.MailChoice) (a Answer, err error) {
	mails, err := r.eng.UnsentMails(ctx, p, r.actor)
	if err != nil {
		return a, err
	}
	out, away, err := r.eng.MailOutage(ctx)
	if err != nil {
		return a, err
	}
	if away {
		r.say(&a, words.F("Máy chủ thư không nhận thư từ %s; lần thử tiếp theo: %s. Lý do: %s",
			"The mail server has taken no mail since %s; the next probe is at %s. Cause: %s", r.moment(out.Since),
			r.moment(out.Next), out.Cause))
	}
	for _, m := range mails {
		r.say(&a, words.F("%s  %s  đến %s, %s, %d lần thử: %s", "%s  %s  to %s, %s, tries: %d: %s", m.Key, m.Kind, m.To,
			mailStates[m.State], m.Attempts, m.LastError))
		if !m.NextAt.IsZero() && m.NextAt.After(r.eng.Now()) {
			r.say(&a, words.F("    tự gửi lại lúc %s", "    sent again by itself at %s", r.moment(m.NextAt)))
		}
	}
	if len(mails) == 0 {
		r.say(&a, words.Of("Không có thư nào chưa gửi được.", "There are no unsent mails."))
	}
	return a, nil
}

func resendMails(ctx context.Context, r *run, p engine.MailChoice) (a Answer, err error) {
	n, err := r.eng.SendAgain(ctx, p, r.actor)
	if err == nil {
		r.say(&a, words.F("Đang gửi lại %d thư.", "Mails being sent again: %d.", n))
	}
	return a, err
}
