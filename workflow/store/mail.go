package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"covenant/workflow/store/db"
)

// MailKey is the caller's key of one mail; it exists at most once.
type MailKey string

// MailState says where a mail is.
type MailState string

// The states of a mail: queued → sending → sent, in_doubt or failed. A queued mail waits for its job; one being sent
// belongs to the job that claimed it; one in doubt may or may not have arrived and waits for a person or policy.
const (
	MailQueued  MailState = "queued"
	MailSending MailState = "sending"
	MailSent    MailState = "sent"
	MailInDoubt MailState = "in_doubt"
	MailFailed  MailState = "failed"
)

// Attachment is a file of a mail: its content, or the blob that holds it.
type Attachment struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Content   []byte `json:"content,omitempty"`
	Blob      Digest `json:"blob,omitempty"`
}

// Mail is one mail to one address.
type Mail struct {
	Key         MailKey
	MessageID   string // without angle brackets; derived from Key by QueueMail
	Kind        string
	Covenant    string
	To          string
	Subject     string
	Body        string
	Attachments []Attachment
	State       MailState
	Attempts    int // hand-overs begun, ever
	Tries       int // those of them that failed because of the mail, since it was queued or queued again by a person
	Doubts      int // how often it was in doubt
	LastError   string
	CreatedAt   time.Time
	NextAt      time.Time // queued: not to be sent before; in doubt: to be sent again then, never by itself if zero
	SendingAt   time.Time
	SettledAt   time.Time
	Occurrences []OccurrenceID // what it reminds of; filled by Mail, not by lists
}

// messageID derives a Message-ID (RFC 5322 §3.6.4) from the installation and a key, so that a mail sent again has the
// same, and no other installation of the same mail domain has it.
func (s *Store) messageID(key MailKey) string {
	sum := sha256.Sum256([]byte("covenant mail\x00" + s.installation + "\x00" + string(key)))
	return hex.EncodeToString(sum[:20]) + "@" + s.mailDomain
}

// QueueMail adds a mail in state queued, and settles the pending occurrences that it carries as sent. It reports
// false, and changes nothing, if the key is there already.
func (tx mails) QueueMail(ctx context.Context, m Mail) (bool, error) {
	about := "queue mail " + string(m.Key)
	attachments, err := json.Marshal(m.Attachments)
	if err != nil {
		return false, fmt.Errorf("%s: %w", about, err)
	}
	n, err := tx.q.InsertMail(ctx, db.InsertMailParams{Key: string(m.Key), MessageID: tx.s.messageID(m.Key),
		Kind: m.Kind, Covenant: m.Covenant,
		Recipient: m.To, Subject: m.Subject, Body: m.Body, Attachments: string(attachments),
		CreatedAt: millis(tx.Now()), NextAt: millis(m.NextAt)})
	if err != nil || n == 0 {
		return false, classify(err, about)
	}
	for _, id := range m.Occurrences {
		err := tx.q.InsertMailOccurrence(ctx, db.InsertMailOccurrenceParams{Mail: string(m.Key),
			Obligation: id.Obligation, Period: id.Period, Rung: int64(id.Rung)})
		if err != nil {
			return false, classify(err, about)
		}
		if err := tx.SettleOccurrence(ctx, id, OccurrenceSent, ""); err != nil && !errors.Is(err, ErrNotFound) {
			return false, fmt.Errorf("%s: %w", about, err)
		}
	}
	return true, nil
}

// Mail reads one mail with its occurrences.
func (tx mails) Mail(ctx context.Context, key MailKey) (Mail, error) {
	row, err := tx.q.Mail(ctx, string(key))
	if err != nil {
		return Mail{}, classify(err, "mail "+string(key))
	}
	m, err := mailOf(row)
	if err != nil {
		return Mail{}, err
	}
	ids, err := tx.q.MailOccurrences(ctx, string(key))
	m.Occurrences = convert(ids, func(r db.MailOccurrencesRow) OccurrenceID {
		return OccurrenceID{r.Obligation, r.Period, int(r.Rung)}
	})
	return m, classify(err, "occurrences of mail "+string(key))
}

// QueuedMails lists key, time and attempts of queued mails that may be sent at before or earlier, those that come
// after one of them (the zero Mail: all).
func (tx mails) QueuedMails(ctx context.Context, before time.Time, last Mail, limit int) ([]Mail, error) {
	rows, err := tx.q.QueuedMails(ctx, db.QueuedMailsParams{Before: millis(before), NextAt: millis(last.NextAt),
		Key: string(last.Key), Page: page(limit)})
	return convert(rows, func(r db.QueuedMailsRow) Mail {
		return Mail{Key: MailKey(r.Key), NextAt: instant(r.NextAt), Attempts: int(r.Attempts)}
	}), classify(err, "queued mails")
}

// ClaimMail takes a queued mail for sending: commit this before the first byte goes out. It reports false if it is
// not queued (any more), or its time has not come.
func (tx mails) ClaimMail(ctx context.Context, key MailKey) (Mail, bool, error) {
	tx.s.claimed.Store(true)
	n, err := tx.q.ClaimMail(ctx, db.ClaimMailParams{Key: string(key), Now: millis(tx.Now())})
	if err != nil || n == 0 {
		return Mail{}, false, classify(err, "claim mail "+string(key))
	}
	m, err := tx.Mail(ctx, key)
	return m, err == nil, err
}

// DropMail ends a queued mail as failed without its being tried. It reports false if it is not queued.
func (tx mails) DropMail(ctx context.Context, key MailKey, cause string) (bool, error) {
	n, err := tx.q.DropMail(ctx, db.DropMailParams{Key: string(key), LastError: cause, SettledAt: millis(tx.Now())})
	return n > 0, classify(err, "drop mail "+string(key))
}

// SettleMail ends a mail that is being sent, or in doubt, as sent or failed. ErrNotFound if it is neither.
func (tx mails) SettleMail(ctx context.Context, key MailKey, state MailState, cause string) error {
	if state != MailSent && state != MailFailed {
		return fmt.Errorf("settle mail %s: %q is not an end", key, state)
	}
	n, err := tx.q.SettleMail(ctx, db.SettleMailParams{Key: string(key), State: string(state), LastError: cause,
		SettledAt: millis(tx.Now())})
	return exactly(n, err, "settle mail "+string(key))
}

// RetryMail queues a mail that was being sent again, and counts the try: it was not taken for now.
func (tx mails) RetryMail(ctx context.Context, key MailKey, next time.Time, cause string) error {
	n, err := tx.q.RetryMail(ctx, db.RetryMailParams{Key: string(key), LastError: cause, NextAt: millis(next)})
	return exactly(n, err, "queue mail again "+string(key))
}

// PostponeMail queues a mail that was being sent as it was before: the server took none at all.
func (tx mails) PostponeMail(ctx context.Context, key MailKey, cause string) error {
	n, err := tx.q.PostponeMail(ctx, db.PostponeMailParams{Key: string(key), LastError: cause})
	return exactly(n, err, "postpone mail "+string(key))
}

// longestPause is more than any mail waits by rule.
const longestPause = 48 * time.Hour

// aheadBy is how far in the future a mail must have been queued, or tried, for the clock to have been ahead then: nodes
// differ by less.
const aheadBy = 2 * time.Minute

// HastenMails has mails sent now that wait by a clock which was ahead when they were queued or tried: longer than any
// rule makes them wait, or since a moment that is still to come.
func (tx mails) HastenMails(ctx context.Context, now time.Time) error {
	err := tx.q.HastenMails(ctx, db.HastenMailsParams{Now: millis(now), Latest: millis(now.Add(longestPause)),
		Ahead: millis(now.Add(aheadBy))})
	return classify(err, "hasten mails")
}

// DoubtMail records that a mail that was being sent may have been taken. It is sent again at a time by the sweep; the
// zero time: when a person says so.
func (tx mails) DoubtMail(ctx context.Context, key MailKey, again time.Time, cause string) error {
	n, err := tx.q.DoubtMail(ctx, db.DoubtMailParams{Key: string(key), NextAt: millis(again), LastError: cause,
		SettledAt: millis(tx.Now())})
	return exactly(n, err, "doubt mail "+string(key))
}

// SendMailAgain queues a mail that waits, is in doubt or failed as if it had never been tried. ErrNotFound if it is
// none of these.
func (tx mails) SendMailAgain(ctx context.Context, key MailKey, cause string) error {
	n, err := tx.q.SendMailAgain(ctx, db.SendMailAgainParams{Key: string(key), NextAt: millis(tx.Now()),
		LastError: cause})
	return exactly(n, err, "send mail again "+string(key))
}

// InterruptedMails are mails whose sending began before a time and never ended: their process was killed. A zero time
// means all that are being sent. On SQLite, until this process has claimed a mail, any time means all: nobody else can
// be sending, and the clock may have been set back. With several nodes pass a time that no sending can outlast.
func (tx mails) InterruptedMails(ctx context.Context, before time.Time, limit int) ([]Mail, error) {
	past := int64(math.MaxInt64)
	alone := tx.s.dialect == sqliteDialect && !tx.s.claimed.Load()
	if !before.IsZero() && !alone {
		past = millis(before)
	}
	rows, err := tx.q.InterruptedMails(ctx, db.InterruptedMailsParams{Before: past, Page: page(limit)})
	if err != nil {
		return nil, classify(err, "mails interrupted while sending")
	}
	return mailsOf(rows)
}

// DoubtedMails are the keys of mails in doubt whose pause is over.
func (tx mails) DoubtedMails(ctx context.Context, now time.Time, limit int) ([]MailKey, error) {
	keys, err := tx.q.DoubtedMails(ctx, db.DoubtedMailsParams{Before: millis(now), Page: page(limit)})
	return convert(keys, func(k string) MailKey { return MailKey(k) }), classify(err, "mails in doubt")
}

// MailFilter narrows what is listed; what is empty does not.
type MailFilter struct {
	Key   MailKey
	Kind  string
	State MailState
	Limit int
}

// UnsentMails lists mails that failed in some way and are not sent yet, newest first.
func (tx mails) UnsentMails(ctx context.Context, f MailFilter) ([]Mail, error) {
	rows, err := tx.q.UnsentMails(ctx, db.UnsentMailsParams{Key: string(f.Key), Kind: f.Kind, State: string(f.State),
		Page: page(f.Limit)})
	if err != nil {
		return nil, classify(err, "list unsent mails")
	}
	return mailsOf(rows)
}

// MailsOf lists a covenant's mails, oldest first.
func (tx mails) MailsOf(ctx context.Context, covenant string) ([]Mail, error) {
	rows, err := tx.q.MailsOfCovenant(ctx, covenant)
	if err != nil {
		return nil, classify(err, "mails of covenant "+covenant)
	}
	return mailsOf(rows)
}

// Mails lists mails in a state (empty: any), newest first.
func (tx mails) Mails(ctx context.Context, state MailState, limit int) ([]Mail, error) {
	rows, err := tx.q.Mails(ctx, db.MailsParams{State: string(state), Page: page(limit)})
	if err != nil {
		return nil, classify(err, "list mails")
	}
	return mailsOf(rows)
}

func mailsOf(rows []db.Mail) ([]Mail, error) {
	mails := make([]Mail, len(rows))
	for i, r := range rows {
		m, err := mailOf(r)
		if err != nil {
			return nil, err
		}
		mails[i] = m
	}
	return mails, nil
}

func mailOf(r db.Mail) (Mail, error) {
	m := Mail{Key: MailKey(r.Key), MessageID: r.MessageID, Kind: r.Kind, Covenant: r.Covenant, To: r.Recipient,
		Subject: r.Subject,
		Body:    r.Body, State: MailState(r.State), Attempts: int(r.Attempts), Tries: int(r.Tries),
		Doubts: int(r.Doubts), LastError: r.LastError,
		CreatedAt: instant(r.CreatedAt),
		NextAt:    instant(r.NextAt), SendingAt: instant(r.SendingAt), SettledAt: instant(r.SettledAt)}
	if err := json.Unmarshal([]byte(r.Attachments), &m.Attachments); err != nil {
		return Mail{}, &storeError{ErrCorrupt, fmt.Errorf("attachments of mail %s: %w", r.Key, err)}
	}
	return m, nil
}

// Aside is what lies beside a covenant's log, in numbers that differ whenever one of its mails or occurrences has
// changed.
type Aside struct {
	Mails, Attempts      int64 // written, and how often they were handed over
	Queued, Sent, Stuck  int64 // mails by state; stuck are those in doubt and those refused
	Occurrences, Settled int64 // planned, and those of them that were carried out or passed over
}

// Aside counts what lies beside a covenant's log.
func (tx mails) Aside(ctx context.Context, covenant string) (Aside, error) {
	row, err := tx.q.Aside(ctx, covenant)
	return Aside(row), classify(err, "mails and occurrences of covenant "+covenant)
}
