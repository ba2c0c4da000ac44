// Package demo plays a covenant through its whole life: a case (a block of agencies, the values of its covenant and a
// script of what people do) by the commands and jobs that any installation uses, on a clock that runs ahead.
//
// A play can be killed at any moment and started again: each of its steps carries a key, and what was done is not done
// again. Nothing in it is a shortcut. Signatures are made with keys of a development authority, mails go through a mail
// server, which are the [Surroundings] that an office has elsewhere.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// ReferenceCase is the case that is played where no other is named.
func ReferenceCase() (fs.FS, error) { return fs.Sub(testdata.Cases, "hanam2021") }

// Clock is the real clock, or ahead of it; it never goes back. Keys and time-stamps do not use it.
type Clock struct{ ahead atomic.Int64 }

// Now is the time of the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance moves the clock to t if that is ahead.
func (c *Clock) Advance(t time.Time) {
	if d := time.Until(t); d > time.Duration(c.ahead.Load()) {
		c.ahead.Store(int64(d))
	}
}

// Resume moves the clock to where a demo was when it last recorded something in a store.
func (c *Clock) Resume(ctx context.Context, s *store.Store) error {
	return s.View(ctx, func(tx *store.Tx) error {
		last, found, err := tx.LastEventTime(ctx)
		if err == nil && found {
			c.Advance(last)
		}
		return err
	})
}

// Surroundings are what an office has beside its installation: a certification authority with its servers, and a mail
// server.
type Surroundings struct {
	PKI  *devpki.PKI
	Mail *sink.Server
	stop context.CancelFunc // of the authority's servers
}

// OpenSurroundings opens, or makes, the authority in pki and the mail server in mail, both below dir.
func OpenSurroundings(ctx context.Context, dir string) (_ *Surroundings, err error) {
	s := &Surroundings{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.PKI, err = devpki.Open(filepath.Join(dir, "pki"), devpki.Options{}); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx)) // they serve until Close
	if _, err = s.PKI.Serve(ctx); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	if s.Mail, err = sink.Start(ctx, sink.Options{Dir: filepath.Join(dir, "mail")}); err != nil {
		return nil, fmt.Errorf("mail server of the demo: %w", err)
	}
	return s, nil
}

// Close stops the servers.
func (s *Surroundings) Close() (err error) {
	if s.Mail != nil {
		err = s.Mail.Close()
	}
	if s.stop != nil {
		s.stop()
	}
	return err
}

// firstDay is the day on which the demo was first started on this store; its covenant is dated then, also when it goes
// on later.
func firstDay(ctx context.Context, e *engine.Engine) (day workflow.Date, err error) {
	const key = "demo/first-day"
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		kept, found, err := tx.Setting(ctx, key)
		if err != nil {
			return err
		}
		if found {
			return json.Unmarshal(kept, &day)
		}
		day = e.Calendar.Today(time.Now())
		value, err := json.Marshal(day)
		if err != nil {
			return err
		}
		return tx.SaveSetting(ctx, key, value)
	})
	return day, err
}
