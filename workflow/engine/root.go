package engine

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/workflow/calendar"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// RootArgs makes and time-stamps the day's Merkle root over the heads of all streams.
type RootArgs struct {
	Day string `json:"day"` // yyyy-mm-dd
}

// Kind names the job in the queue.
func (RootArgs) Kind() string { return "root" }

// rootDay is the day of a root made now. Like all that is time-stamped it goes by the real clock.
func (e deadlines) rootDay() string { return e.Calendar.Today(e.Clock.Wall()).String() }

// dueRoot asks for the day's root once a day, if anything was recorded since the last one and there is an authority to
// stamp it.
func (e deadlines) dueRoot(ctx context.Context, tx *store.Tx) ([]river.JobArgs, error) {
	if e.TSA == nil {
		return nil, nil
	}
	if doubted, err := e.clockDoubted(ctx); err != nil || doubted {
		return nil, err
	}
	last, found, err := tx.LastRoot(ctx)
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

// makeRoot builds the root, which stays as it is from then on, and has it time-stamped (RFC 3161). Where the
// authority is away the job runs again.
func (e deadlines) makeRoot(ctx context.Context, args RootArgs) error {
	if err := e.whenClockIsRight(ctx); err != nil {
		return err
	}
	var root store.Root
	err := e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		root, err = tx.BuildRoot(ctx, args.Day)
		return err
	})
	if err != nil || len(root.Token) > 0 {
		return err
	}
	token, err := e.TSA.Timestamp(ctx, root.Digest(), crypto.SHA256)
	if err != nil {
		return err
	}
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(""))
		if err := tx.StampRoot(ctx, args.Day, token); err != nil {
			return err
		}
		root.Token = token
		return e.queueRoot(ctx, tx, root)
	})
	if errors.Is(err, store.ErrNotFound) { // stamped meanwhile by another run
		return nil
	}
	return err
}

const rootKind = "root"

// queueRoot sends a stamped root to every agency of the directory that has an address, once a day and recipient.
func (e deadlines) queueRoot(ctx context.Context, tx *store.Tx, root store.Root) error {
	d, err := e.directory(ctx, tx)
	if err != nil {
		return err
	}
	day, err := calendar.ParseDate(root.Day)
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
			Key: store.MailKey("root/" + root.Day + "/" + string(id)), Kind: rootKind,
			To: agency.Email, NextAt: e.Now(),
			Attachments: []store.Attachment{
				{Name: name + ".json", MediaType: "application/json", Content: root.Image()},
				{Name: name + ".tst", MediaType: "application/timestamp-token", Content: root.Token},
			},
		}, agency.Language, func(words.Language) notify.Letter {
			return notify.DailyRoot{
				To: agency.Name, Day: day.Display(), Digest: fmt.Sprintf("%x", root.Digest()),
				Size: root.Size, File: name, Key: e.keyText(),
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
