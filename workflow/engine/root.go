package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/workflow/calendar"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// RootArgs closes and time-stamps the day's checkpoint of the record, which is sent to members.
type RootArgs struct {
	Day string `json:"day"` // yyyy-mm-dd
}

// Kind names the job in the queue.
func (RootArgs) Kind() string { return "root" }

// rootDay is the day of a checkpoint made now. Like all that is time-stamped it goes by the real clock.
func (e deadlines) rootDay() string { return e.Calendar.Today(e.Clock.Wall()).String() }

// dueRoot asks for the day's checkpoint once a day, if anything was recorded since the last one and there is an
// authority to stamp it.
func (e deadlines) dueRoot(ctx context.Context, tx *store.Tx) ([]river.JobArgs, error) {
	if e.TSA == nil || len(e.Secret) == 0 {
		return nil, nil
	}
	if doubted, err := e.clockDoubted(ctx); err != nil || doubted {
		return nil, err
	}
	last, found, err := tx.LastDailyCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	if found && len(last.Token) == 0 { // made, but the authority was away
		return []river.JobArgs{RootArgs{Day: last.Day}}, nil
	}
	if found && last.Day >= e.rootDay() {
		return nil, nil
	}
	newer, err := tx.AllEvents(ctx, last.Position, 1)
	if err != nil || len(newer) == 0 {
		return nil, err
	}
	return []river.JobArgs{RootArgs{Day: e.rootDay()}}, nil
}

// makeRoot closes the day's checkpoint, which stays as it is from then on, and has it time-stamped. Where the authority
// is away the job runs again.
func (e deadlines) makeRoot(ctx context.Context, args RootArgs) error {
	if err := e.whenClockIsRight(ctx); err != nil {
		return err
	}
	key, err := e.RecordKey()
	if err != nil {
		return err
	}
	var c store.Checkpoint
	err = e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		c, _, err = tx.CloseCheckpoint(ctx, key, args.Day)
		return err
	})
	if err != nil {
		return err
	}
	_, err = e.stampCheckpoint(ctx, c, func(tx *store.Tx, c store.Checkpoint) error {
		tx.OnCommit(e.telling(""))
		return e.queueRoot(ctx, tx, c, key)
	})
	return err
}

const rootKind = "root"

// queueRoot sends a stamped checkpoint to every agency of the directory that has an address, once a day and recipient.
func (e deadlines) queueRoot(ctx context.Context, tx *store.Tx, c store.Checkpoint, key RecordKey) error {
	d, err := e.directory(ctx, tx)
	if err != nil {
		return err
	}
	day, err := calendar.ParseDate(c.Day)
	if err != nil {
		return err
	}
	name := "goc-" + day.String()
	for _, id := range slices.Sorted(maps.Keys(d.Agencies)) {
		agency := d.Agencies[id]
		if agency.Email == "" {
			continue
		}
		mail, err := e.compose(store.Mail{
			Key: store.MailKey("checkpoint/" + c.Day + "/" + string(id)), Kind: rootKind,
			To: agency.Email, NextAt: e.Now(),
			Attachments: []store.Attachment{
				{Name: name + ".txt", MediaType: "text/plain; charset=utf-8", Content: c.Note},
				{Name: name + ".tst", MediaType: "application/timestamp-token", Content: c.Token},
			},
		}, agency.Language, func(words.Language) notify.Letter {
			return notify.DailyRoot{
				To: agency.Name, Day: day.Display(), Digest: fmt.Sprintf("%x", c.Digest()),
				Size: c.Size, File: name, Key: key.Public, Backups: e.keyText(),
			}
		})
		if err != nil {
			return err
		}
		if err := queueMail(ctx, tx, mail); err != nil {
			return err
		}
	}
	return nil
}
