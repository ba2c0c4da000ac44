package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"covenant/workflow/store"
)

// An outage of the mail server is one fact, kept beside the mails and shared by all nodes: it costs no mail a try.
// While it lasts one mail at a time finds out whether the server is back; all others wait for that one.

// Outage is that the mail server takes no mail at all.
type Outage struct {
	Since  time.Time     `json:"since"`
	Cause  string        `json:"cause"`  // of the last probe
	Probes int           `json:"probes"` // that found no server
	Next   time.Time     `json:"next"`   // of the next one
	Probe  store.MailKey `json:"probe"`  // the mail that is to try then
}

const outageKey = "mail-server/outage"

// probeLease is held by the mail that finds out whether the server is back.
const probeLease = "mail-server/probe"

const longestProbePause = 15 * time.Minute

// probePause grows from five seconds to a quarter of an hour: a probe costs the server one connection.
func probePause(probes int) time.Duration {
	return min(5*time.Second<<min(probes, 10), longestProbePause)
}

func outage(ctx context.Context, tx *store.Tx) (o Outage, found bool, err error) {
	kept, found, err := tx.Setting(ctx, outageKey)
	if err != nil || !found {
		return o, false, err
	}
	if err := json.Unmarshal(kept, &o); err != nil {
		return o, false, fmt.Errorf("setting %s: %w", outageKey, err)
	}
	return o, true, nil
}

// MailOutage says whether the mail server takes no mail now, and since when.
func (e deadlines) MailOutage(ctx context.Context) (o Outage, found bool, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		o, found, err = outage(ctx, tx)
		return err
	})
	return o, found, err
}

// turned says what a mail may do now: be sent, or else wait, with its job where it is the one that is to probe (again
// > 0), without one where others' turn comes first.
type turned struct {
	send  bool
	again time.Duration
}

// mayTry asks, in the transaction that would claim a mail, whether it may be handed over now.
func (e deadlines) mayTry(ctx context.Context, tx *store.Tx, key store.MailKey) (turned, error) {
	o, broken, err := outage(ctx, tx)
	if err != nil || !broken {
		return turned{send: err == nil}, err
	}
	if wait := o.Next.Sub(e.Now()); wait > 0 && wait <= longestProbePause { // else the clock was ahead when it failed
		if o.Probe == key {
			return turned{again: wait}, nil
		}
		return turned{}, nil
	}
	_, mine, err := tx.TakeLease(ctx, store.Lease{Name: probeLease, Holder: string(key),
		Expires: e.Now().Add(e.Mail.Timeout)})
	return turned{send: mine}, err
}

// serverAway records that the server took no mail. It returns when this mail is to try again; 0: another one does.
func (e deadlines) serverAway(ctx context.Context, tx *store.Tx, key store.MailKey, cause string) (time.Duration,
	error) {
	o, broken, err := outage(ctx, tx)
	if err != nil {
		return 0, err
	}
	now := e.Now()
	if broken && o.Probe != key && now.Before(o.Next) {
		return 0, nil // it was on its way when another one found out
	}
	if !broken {
		o = Outage{Since: now}
		e.Logger.ErrorContext(ctx, "the mail server takes no mail", "error", cause)
	}
	pause := probePause(o.Probes)
	o.Cause, o.Probe, o.Next = cause, key, now.Add(pause)
	o.Probes++
	value, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	return pause, errors.Join(tx.SaveSetting(ctx, outageKey, value), tx.ReleaseLease(ctx, probeLease, string(key)))
}

// serverBack ends the outage, if there is one: the server has answered about a mail. It reports whether there was.
func (e deadlines) serverBack(ctx context.Context, tx *store.Tx, key store.MailKey) (bool, error) {
	o, broken, err := outage(ctx, tx)
	if err != nil || !broken {
		return false, err
	}
	e.Logger.InfoContext(ctx, "the mail server takes mails again", "away", e.Now().Sub(o.Since).Round(time.Second))
	return true, errors.Join(tx.DeleteSetting(ctx, outageKey), tx.ReleaseLease(ctx, probeLease, string(key)))
}
