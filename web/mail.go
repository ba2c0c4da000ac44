package web

import (
	"strconv"
	"time"

	"covenant/internal/words"
)

// mailPart is a covenant's mails: the recent ones, and the earlier ones apart.
type mailPart struct {
	Mails, EarlierMails []mailRow
	MailCount           int
}

func (t presenter) mailPart() mailPart {
	all := t.mails()
	cut := min(len(all), recentMails)
	return mailPart{all[:cut], all[cut:], len(all)}
}

// mailRow is a mail that went out, or is to, with how far it got.
type mailRow struct {
	ID                string // unique on the page
	Subject, To, Body string
	State, Tone       string
	At, Error         string
	MessageID         string
}

var mailTones = map[string]string{"queued": "waiting", "sending": "waiting", "sent": "done", "in_doubt": "stopped",
	"failed": "stopped"}

// mailWords say how far a mail got.
var mailWords = map[string]words.Text{
	"queued":   words.Of("Chờ gửi", "Waiting to be sent"),
	"sending":  words.Of("Đang gửi", "Being sent"),
	"sent":     words.Of("Đã gửi", "Sent"),
	"in_doubt": words.Of("Chưa rõ đã đến hay chưa", "Delivery uncertain"),
	"failed":   words.Of("Không gửi được", "Could not be sent"),
}

// recentMails is how many mails a page shows at once.
const recentMails = 5

// mails are the covenant's mails, newest first.
func (t presenter) mails() []mailRow {
	var rows []mailRow
	for i := len(t.v.Mails) - 1; i >= 0; i-- {
		m := t.v.Mails[i]
		at := m.SettledAt
		if at.IsZero() {
			at = m.CreatedAt
		}
		rows = append(rows, mailRow{
			ID:      itoa(i + 1),
			Subject: m.Subject, To: m.To, Body: m.Body, State: t.text(mailWords[m.State]), Tone: mailTones[m.State],
			At: t.when(at), Error: m.LastError, MessageID: m.MessageID,
		})
	}
	return rows
}

func itoa(n int) string { return strconv.Itoa(n) }

// dateTime is the machine-readable form of a moment for <time>.
func dateTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }
