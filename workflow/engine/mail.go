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

const (
	reminderKind = "reminder"
	maxMailTries = 12
)

// resendInDoubt says, by kind, what becomes of a mail that may or may not have arrived: what only tells is sent again
// under the same Message-ID, because a missing one does more harm than a doubled one that is recorded as in doubt.
// Every other kind waits for a person.
var resendInDoubt = map[string]bool{reminderKind: true, noticeKind: true, stageKind: true,
	rootKind: true, requestKind: true,
	accessKind: true}

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
	var claimed bool
	err := e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if m, claimed, err = tx.ClaimMail(ctx, args.Mail); claimed {
			tx.OnCommit(e.telling(workflow.CovenantID(m.Covenant)))
		}
		return err
	})
	if err != nil || !claimed {
		return err
	}
	sent := e.deliver(ctx, m)
	err = e.Store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		tx.OnCommit(e.telling(workflow.CovenantID(m.Covenant)))
		return e.settleMail(ctx, tx, m, sent)
	})
	if err == nil && errors.Is(sent, notify.ErrInDoubt) && resendInDoubt[m.Kind] {
		return river.JobSnooze(time.Second) // this job, which no other may stand beside, sends it again
	}
	return err
}

func (e deadlines) settleMail(ctx context.Context, tx *store.Tx, m store.Mail, sent error) error {
	switch {
	case sent == nil:
		return tx.SettleMail(ctx, m.Key, store.MailSent, "")
	case errors.Is(sent, notify.ErrInDoubt):
		e.Logger.WarnContext(ctx, "mail in doubt", "mail", m.Key, "error", sent)
		return e.settleInDoubt(ctx, tx, m, sent.Error())
	case errors.Is(sent, notify.ErrRefused), m.Attempts >= maxMailTries:
		e.Logger.ErrorContext(ctx, "mail refused", "mail", m.Key, "error", sent)
		return tx.SettleMail(ctx, m.Key, store.MailFailed, sent.Error())
	}
	e.Logger.WarnContext(ctx, "mail postponed", "mail", m.Key, "error", sent)
	return tx.RetryMail(ctx, m.Key, e.Now().Add(time.Minute<<min(m.Attempts, 8)), sent.Error())
}

// settleInDoubt records the doubt, and queues the mail again where the policy of its kind says so.
func (e deadlines) settleInDoubt(ctx context.Context, tx *store.Tx, m store.Mail, cause string) error {
	if err := tx.SettleMail(ctx, m.Key, store.MailInDoubt, cause); err != nil {
		return err
	}
	return e.applyDoubtPolicy(ctx, tx, m)
}

func (e deadlines) applyDoubtPolicy(ctx context.Context, tx *store.Tx, m store.Mail) error {
	if !resendInDoubt[m.Kind] || m.Attempts >= maxMailTries {
		return nil
	}
	doubted := doubtKey(m)
	if err := tx.SaveSetting(ctx, doubted, []byte(fmt.Sprintf("%d", m.Attempts))); err != nil {
		return err
	}
	if err := tx.RetryMail(ctx, m.Key, e.Now(),
		"in doubt after attempt "+fmt.Sprint(m.Attempts)+"; sent again by policy"); err != nil {
		return err
	}
	return enqueue(ctx, tx, MailArgs{Mail: m.Key})
}

// doubtKey is where it stays on record that a mail was once in doubt, also after it was sent again.
func doubtKey(m store.Mail) string {
	return fmt.Sprintf("mail-in-doubt/%s/%d", m.MessageID, m.Attempts)
}

// recoverMails takes up what a killed process left: whatever was being sent is in doubt. At the start on SQLite, where
// nobody else can be sending, that is every such mail; otherwise those that nobody can still be sending.
func (e deadlines) recoverMails(ctx context.Context, starting bool) error {
	before := e.Now().Add(-2 * e.Mail.Timeout)
	if starting && e.Store.Database() == "sqlite" {
		before = time.Time{} // all
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.DoubtMails(ctx, before, "the process ended while the mail was being sent")
		if err != nil || n == 0 {
			return err
		}
		e.Logger.WarnContext(ctx, "mails interrupted while being sent are in doubt", "mails", n)
		doubted, err := tx.Mails(ctx, store.MailInDoubt, 0)
		if err != nil {
			return err
		}
		for _, m := range doubted {
			if err := e.applyDoubtPolicy(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// dueMails gives the jobs of a page of queued mails that come after one.
func (e deadlines) dueMails(ctx context.Context, tx *store.Tx, last *store.Mail) (jobs []river.JobArgs, err error) {
	mails, err := tx.QueuedMails(ctx, e.Now(), *last, sweepPage)
	for _, m := range mails {
		jobs = append(jobs, MailArgs{Mail: m.Key})
		*last = m
	}
	return jobs, err
}
