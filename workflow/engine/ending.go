package engine

import (
	"context"
	"fmt"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

const noticeKind = "notice"

// endCovenant settles what a covenant that has just ended leaves: reminders that are not due any more are skipped,
// mails about it that have not gone out are dropped, and the parties are told.
func (e deadlines) endCovenant(ctx context.Context, tx *store.Tx, before *workflow.Covenant, s workflow.State) error {
	c := s.Covenant
	if err := forgetTroubles(ctx, tx, before, c); err != nil {
		return err
	}
	// what is adopted leaves nothing undone
	if before.Phase.Ended() || !c.Phase.Ended() || c.Phase == workflow.PhaseAdopted {
		return nil
	}
	reason := "the covenant is " + c.Phase.Words("en")
	rows, err := tx.OccurrencesOf(ctx, string(c.ID))
	if err != nil {
		return err
	}
	for _, o := range rows {
		// what was decided is still minuted
		if _, minutes := minutesArgs(o); o.State != store.OccurrencePending || minutes {
			continue
		}
		if err := tx.SettleOccurrence(ctx, o.OccurrenceID, store.OccurrenceSkipped, reason); err != nil {
			return err
		}
	}
	if err := dropMails(ctx, tx, string(c.ID), reason); err != nil {
		return err
	}
	return e.queueNotices(ctx, tx, s, before)
}

// dropMails fails the mails of a covenant that are still queued.
func dropMails(ctx context.Context, tx *store.Tx, covenant, reason string) error {
	mails, err := tx.MailsOf(ctx, covenant)
	if err != nil {
		return err
	}
	for _, m := range mails {
		if m.State != store.MailQueued {
			continue
		}
		if _, err := tx.DropMail(ctx, m.Key, dropped+reason); err != nil {
			return err
		}
	}
	return nil
}

func (e deadlines) queueNotices(ctx context.Context, tx *store.Tx, s workflow.State, before *workflow.Covenant) error {
	c := s.Covenant
	for _, p := range c.Parties {
		office := s.Directory.Office(p.Agency)
		letter := notify.Notice{
			Outcome: c.Phase, To: s.Directory.AgencyName(p.Agency), Covenant: c.Title, Number: before.PrintedNumber(),
			Date: c.Ending.Date.Display(), Reason: c.Ending.Reason, URL: e.covenantURL(c),
		}
		mail, err := e.compose(store.Mail{
			Key:  store.MailKey(fmt.Sprintf("notice/%s/%s/%s", c.ID, c.Phase, p.Agency)),
			Kind: noticeKind, Covenant: string(c.ID),
			To: office.Address, NextAt: e.Now(),
		}, office.Language, func(words.Language) notify.Letter { return letter })
		if err != nil {
			return err
		}
		if err := queueMail(ctx, tx, mail); err != nil {
			return err
		}
	}
	return nil
}

// CloseArgs ends the reporting duties of a covenant whose time is over.
type CloseArgs struct {
	Covenant workflow.CovenantID `json:"covenant"`
}

// Kind names the job in the queue.
func (CloseArgs) Kind() string { return "close" }

// closing is the occurrence at which a covenant's reporting ends; no obligation of a process can have its name.
const closing = "close"

func closingID(id workflow.CovenantID) store.OccurrenceID {
	return store.OccurrenceID{Obligation: string(id) + "/:" + closing, Period: "-"}
}

// closeByDate carries out EndReporting; a covenant that ended otherwise, or was closed by another run, is left alone.
func (e deadlines) closeByDate(ctx context.Context, args CloseArgs) error {
	if err := e.whenClockIsRight(ctx); err != nil {
		return err
	}
	meta := Meta{Key: fmt.Sprintf("close/%s", args.Covenant), Actor: workflow.Program()}
	_, err := e.Do(ctx, args.Covenant, workflow.EndReporting{}, meta)
	if workflow.ErrorCode(err) != "" {
		err = nil
	}
	if err != nil {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(args.Covenant))
		err := tx.SettleOccurrence(ctx, closingID(args.Covenant), store.OccurrenceSkipped,
			"the reporting duties are over")
		return ignoreSettled(err)
	})
}
