package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

const reminderKind = "reminder"

// mailPauses are how long a mail waits after each try that failed because of it: from seconds to a day, five days in
// all, as RFC 5321 §4.5.4.1 asks. After the last one it has failed.
var mailPauses = []time.Duration{
	10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour,
	7 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// resendInDoubt says, by kind, what becomes of a mail that may or may not have arrived: what only tells is sent again
// under the same Message-ID after a long pause, because a missing one does more harm than a doubled one that is
// recorded as in doubt. Every other kind waits for a person.
var resendInDoubt = map[string]bool{reminderKind: true, noticeKind: true, stageKind: true,
	rootKind: true, requestKind: true,
	accessKind: true}

// policyDoubts is how often the policy sends a mail in doubt again before it waits for a person: a server that takes
// mails and never says so would get it for ever.
const policyDoubts = 2

func queueMail(ctx context.Context, tx *store.Tx, m store.Mail) error {
	if _, err := tx.QueueMail(ctx, m); err != nil {
		return err
	}
	return enqueue(ctx, tx, MailArgs{Mail: m.Key})
}

// sendMail hands one mail over. That it is being sent is recorded before the server hears of it, so that a crash in
// between leaves it in doubt, never silently doubled or lost.
func (e deadlines) sendMail(ctx context.Context, args MailArgs) error {
	var m store.Mail
	var may turned
	claimed := false
	e.sending.Store(args.Mail, true)
	defer e.sending.Delete(args.Mail)
	err := e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if may, err = e.mayTry(ctx, tx, args.Mail); err != nil || !may.send {
			return err
		}
		if m, claimed, err = tx.ClaimMail(ctx, args.Mail); claimed {
			tx.OnCommit(e.telling(workflow.CovenantID(m.Covenant)))
		}
		return err
	})
	if err != nil {
		return err
	}
	if !claimed {
		return snooze(may.again)
	}
	sent := e.deliver(ctx, m)
	var after settled
	err = e.Store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		tx.OnCommit(e.telling(workflow.CovenantID(m.Covenant)))
		after, err = e.settleMail(ctx, tx, m, sent)
		return err
	})
	if err == nil && after.back {
		err = e.sweepPages(context.WithoutCancel(ctx), e.dueMails())
	}
	if err != nil {
		return err
	}
	return snooze(after.again)
}

// soon is up to when a job waits itself for its next try; what is later is the sweep's.
const soon = time.Minute

// snooze has the job that is at work, which no other may stand beside, run again after a while; 0: not by itself.
func snooze(wait time.Duration) error {
	if wait <= 0 || wait > soon {
		return nil
	}
	return river.JobSnooze(wait)
}

// settled is what follows from a hand-over.
type settled struct {
	again time.Duration // until the same mail is to be tried again; 0: not by its job
	back  bool          // the server had been away, so others wait
}

func (e deadlines) settleMail(ctx context.Context, tx *store.Tx, m store.Mail, sent error) (s settled, err error) {
	if errors.Is(sent, notify.ErrUnavailable) {
		if s.again, err = e.serverAway(ctx, tx, m.Key, sent.Error()); err != nil {
			return s, err
		}
		return s, tx.PostponeMail(ctx, m.Key, sent.Error())
	}
	if s.back, err = e.serverBack(ctx, tx, m.Key); err != nil {
		return s, err
	}
	switch {
	case sent == nil:
		return s, tx.SettleMail(ctx, m.Key, store.MailSent, "")
	case errors.Is(sent, notify.ErrInDoubt):
		return s, e.doubtMail(ctx, tx, m, sent.Error())
	case errors.Is(sent, notify.ErrRefused), m.Tries >= len(mailPauses):
		e.Logger.ErrorContext(ctx, "mail refused", "mail", m.Key, "error", sent)
		return s, tx.SettleMail(ctx, m.Key, store.MailFailed, sent.Error())
	}
	s.again = mailPauses[m.Tries]
	e.Logger.WarnContext(ctx, "mail postponed", "mail", m.Key, "error", sent, "for", s.again)
	return s, tx.RetryMail(ctx, m.Key, e.Now().Add(s.again), sent.Error())
}

// doubtMail records the doubt, for good, and when the policy of its kind has the mail sent again.
func (e deadlines) doubtMail(ctx context.Context, tx *store.Tx, m store.Mail, cause string) error {
	e.Logger.WarnContext(ctx, "mail in doubt", "mail", m.Key, "error", cause)
	var again time.Time
	if resendInDoubt[m.Kind] && m.Doubts < policyDoubts {
		again = e.Now().Add(e.DoubtPause << (2 * m.Doubts))
	}
	if err := tx.DoubtMail(ctx, m.Key, again, cause); err != nil {
		return err
	}
	return tx.SaveSetting(ctx, doubtKey(m), fmt.Appendf(nil, "%d", m.Attempts))
}

// doubtKey is where it stays on record that a mail was once in doubt, also after it was sent again.
func doubtKey(m store.Mail) string {
	return fmt.Sprintf("mail-in-doubt/%s/%d", m.MessageID, m.Attempts)
}

// recoverMails takes up what a killed process left: whatever was being sent is in doubt. At the start on SQLite, where
// nobody else can be sending, that is every such mail; otherwise those that nobody can still be sending.
func (e deadlines) recoverMails(ctx context.Context, starting bool) error {
	before := e.Now().Add(-2 * e.Mail.Timeout)
	if starting && e.Store.Database() == store.DatabaseSQLite {
		before = time.Time{} // all
	}
	var left []store.Mail
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		left, err = tx.InterruptedMails(ctx, before, 0)
		return err
	})
	if err != nil || len(left) == 0 {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		for _, m := range left {
			if _, ours := e.sending.Load(m.Key); ours { // the clock was set ahead meanwhile
				continue
			}
			err := e.doubtMail(ctx, tx, m, "the process ended while the mail was being sent")
			if err != nil && !errors.Is(err, store.ErrNotFound) { // another node was faster
				return err
			}
		}
		return nil
	})
}

// resendDoubted queues the mails in doubt whose pause is over.
func (e deadlines) resendDoubted(ctx context.Context) error {
	var keys []store.MailKey
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		keys, err = tx.DoubtedMails(ctx, e.Now(), sweepPage)
		return err
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			err := tx.SendMailAgain(ctx, key, "in doubt, sent again by policy")
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// dueMails gives the jobs of the queued mails that are due, page by page. While the server is away it gives one at
// most, and none before the next probe: the probing mail's own job does that, if it is not lost.
func (e deadlines) dueMails() func(context.Context, *store.Tx) ([]river.JobArgs, error) {
	var last store.Mail
	return func(ctx context.Context, tx *store.Tx) (jobs []river.JobArgs, err error) {
		limit := sweepPage
		o, broken, err := outage(ctx, tx)
		if err != nil || broken && e.Now().Before(o.Next) {
			return nil, err
		}
		if broken {
			limit = 1
		}
		mails, err := tx.QueuedMails(ctx, e.Now(), last, limit)
		for _, m := range mails {
			jobs, last = append(jobs, MailArgs{Mail: m.Key, After: m.Attempts}), m
		}
		return jobs, err
	}
}
