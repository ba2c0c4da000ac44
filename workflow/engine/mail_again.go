package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"covenant/workflow"
	"covenant/workflow/store"
)

// MailChoice says which unsent mails are meant: one by its key, those of a kind, those in a state; without any, all.
type MailChoice struct {
	Mail  store.MailKey   `json:"mail,omitzero"`
	Kind  string          `json:"kind,omitzero"`
	State store.MailState `json:"state,omitzero"` // queued, in_doubt or failed
}

// dropped begins what stands at a mail that was not sent on purpose: its covenant has ended.
const dropped = "not sent: "

// UnsentMails lists mails that were tried and are not sent: they wait for another try, are in doubt, or have failed. It
// takes the right to administer, since the list tells whom others write to.
func (e deadlines) UnsentMails(ctx context.Context, c MailChoice, by workflow.Actor) (out []store.Mail, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		out, err = e.chosenMails(ctx, tx, c, by)
		return err
	})
	return out, err
}

// CountUnsent counts the mails that were tried and are not sent, for whoever looks after the machine.
func (e deadlines) CountUnsent(ctx context.Context) (n int, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		mails, err := tx.UnsentMails(ctx, store.MailFilter{})
		for _, m := range mails {
			if !strings.HasPrefix(m.LastError, dropped) {
				n++
			}
		}
		return err
	})
	return n, err
}

func (e deadlines) chosenMails(
	ctx context.Context, tx *store.Tx, c MailChoice, by workflow.Actor,
) (out []store.Mail, err error) {
	d, err := e.directory(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := d.Administers(by); err != nil {
		return nil, err
	}
	switch c.State {
	case "", store.MailQueued, store.MailInDoubt, store.MailFailed:
	default:
		return nil, workflow.Refusal(workflow.CodeInvalid,
			"trạng thái %q không có trong danh sách thư chưa gửi; chọn queued, in_doubt hoặc failed",
			"no unsent mail is in state %q; want queued, in_doubt or failed", c.State)
	}
	mails, err := tx.UnsentMails(ctx, store.MailFilter{Key: c.Mail, Kind: c.Kind, State: c.State})
	for _, m := range mails {
		if !strings.HasPrefix(m.LastError, dropped) {
			out = append(out, m)
		}
	}
	return out, err
}

// SendAgain sends unsent mails again as if they had never been tried, under the same Message-IDs; also those in doubt,
// since a person says so now. If the server was thought to be away they do not wait for its next probe. It returns how
// many there are.
func (e deadlines) SendAgain(ctx context.Context, c MailChoice, by workflow.Actor) (n int, err error) {
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		mails, err := e.chosenMails(ctx, tx, c, by)
		if err != nil {
			return err
		}
		if len(mails) == 0 && c.Mail != "" {
			return workflow.Refusal(workflow.CodeNotFound, "không có thư chưa gửi nào mang mã %q",
				"there is no unsent mail %q", c.Mail)
		}
		if n = len(mails); n == 0 {
			return nil
		}
		if err := tx.DeleteSetting(ctx, outageKey); err != nil {
			return err
		}
		said := fmt.Sprintf("sent again by %s at %s", actorName(by), e.Now().UTC().Format(time.RFC3339))
		var jobs []river.JobArgs
		for _, m := range mails {
			if err := tx.SendMailAgain(ctx, m.Key, said); err != nil {
				return err
			}
			jobs = append(jobs, MailArgs{Mail: m.Key, After: m.Attempts})
			tx.OnCommit(e.telling(workflow.CovenantID(m.Covenant)))
		}
		return enqueueAll(ctx, tx, jobs)
	})
	return n, err
}
