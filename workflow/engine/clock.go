package engine

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// The machine's clock decides when deadlines are over, and anybody who sets it decides with it. So its walk is held
// against the time that the process has really been running, and over a stop against the time that was last seen.
// Where they differ and no independent time bears the clock out, it is doubted: reminders still go out, but nothing
// happen that cannot be taken back (covenants closed by date, deadlines that decide, daily roots) until the clock is
// right again or somebody confirms it.

// Clock is the machine's: the time that it shows, which can be set, and the time that it has been running, which
// cannot.
type Clock struct {
	Wall    func() time.Time     // default: time.Now
	Running func() time.Duration // default: since the process began, by the monotonic clock
}

func (c Clock) orDefault() Clock {
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.Running == nil {
		began := time.Now()
		c.Running = func() time.Duration { return time.Since(began) }
	}
	return c
}

const (
	// clockTolerance is how far the clock may be set between two looks: what NTP corrects is less.
	clockTolerance = 2 * time.Minute
	// stopTolerance is how long the program may have stood still without an independent time to say so: a night or a
	// holiday, not a deadline of weeks.
	stopTolerance = 36 * time.Hour
	// seenEvery is how exactly it is kept when the clock was last right.
	seenEvery = 10 * time.Minute
	// askEvery is how often an independent time is asked while the clock is doubted.
	askEvery = time.Minute
	// holdFor is how long a job that must not act now waits before it looks again.
	holdFor = 10 * time.Second

	clockKind         = "clock" // of mails
	clockSeenKey      = "clock/seen"
	clockDoubtKey     = "clock/doubt"
	clockConfirmedKey = "clock/confirmed"
)

// ClockDoubt is that the clock shows another time than it should.
type ClockDoubt struct {
	Expected time.Time `json:"expected"` // when it was found
	Shown    time.Time `json:"shown"`    // then
	Why      string    `json:"why"`      // no independent time bears it out
}

// watch is what an engine knows of its clock.
type clockWatch struct {
	mu      sync.Mutex
	begun   bool
	wall    time.Time     // at which the clock was last right
	running time.Duration // then
	kept    time.Time     // wall, as it was last written down
	doubt   *ClockDoubt
	asked   time.Duration
}

// clockDoubted looks at the clock and reports whether it is doubted.
func (e deadlines) clockDoubted(ctx context.Context) (bool, error) {
	w := &e.clock
	w.mu.Lock()
	defer w.mu.Unlock()
	now, running := e.Clock.Wall(), e.Clock.Running()
	tolerance := clockTolerance
	if !w.begun {
		var err error
		if w.wall, err = e.clockSeen(ctx); err != nil {
			return false, err
		}
		if w.wall.IsZero() { // never seen: a new installation
			w.wall = now
		}
		w.begun, w.running = true, running
	}
	if w.kept.IsZero() {
		tolerance = stopTolerance // what was seen last is from before the stop
	}
	expected := w.wall.Add(running - w.running)
	off := now.Sub(expected)
	if off >= -clockTolerance && off <= tolerance {
		return false, e.clockRight(ctx, now, running)
	}
	if w.doubt != nil && running-w.asked < askEvery {
		return true, nil
	}
	w.asked = running
	why := e.bornOut(ctx, now)
	if why == nil {
		return false, e.clockRight(ctx, now, running)
	}
	if w.doubt != nil {
		return true, nil
	}
	w.doubt = &ClockDoubt{Expected: expected, Shown: now, Why: why.Error()}
	e.Logger.ErrorContext(ctx, "the clock was set, or stood still; nothing irreversible happens until it is confirmed",
		"shows", now, "expected", expected, "cause", why)
	return true, e.Store.Update(ctx, func(tx *store.Tx) error { return e.tellOfClock(ctx, tx, *w.doubt) })
}

// clockRight goes on from the time at hand, and ends a doubt. What was queued by a clock that was ahead goes out now.
func (e deadlines) clockRight(ctx context.Context, now time.Time, running time.Duration) error {
	w := &e.clock
	doubted := w.doubt != nil
	w.wall, w.running, w.doubt = now, running, nil
	if !doubted && now.Sub(w.kept).Abs() < seenEvery {
		return nil
	}
	w.kept = now
	seen, err := now.MarshalJSON()
	if err != nil {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		// A clock that was set right between two looks was never doubted, and mails wait by it all the same.
		err := tx.HastenMails(ctx, e.Now())
		if doubted {
			err = errors.Join(err, tx.DeleteSetting(ctx, clockDoubtKey))
		}
		if err != nil {
			return err
		}
		return tx.SaveSetting(ctx, clockSeenKey, seen)
	})
}

// clockSeen is when the clock was last right before this process; zero: it never was.
func (e deadlines) clockSeen(ctx context.Context) (seen time.Time, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		value, found, err := tx.Setting(ctx, clockSeenKey)
		if err != nil || !found {
			return err
		}
		return json.Unmarshal(value, &seen)
	})
	return seen, err
}

// bornOut asks whether an independent time, or a person, says what the clock says. A time-stamp is believed for its
// signature and its chain to a trusted root; NTP, which the network could forge, only where the operator configured it.
func (e deadlines) bornOut(ctx context.Context, now time.Time) error {
	if said, err := e.clockConfirmed(ctx); err != nil || now.Sub(said) >= 0 && now.Sub(said) < time.Hour {
		return err
	}
	independent := e.IndependentTime
	if independent == nil {
		independent = e.stampedTime
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	at, err := independent(ctx)
	if err != nil {
		return fmt.Errorf("no independent time: %w", err)
	}
	if off := now.Sub(at); off.Abs() > clockTolerance {
		return fmt.Errorf("the independent time is %s", at.Format(time.RFC3339))
	}
	return nil
}

// stampedTime has the time-stamp authority say what time it is.
func (e deadlines) stampedTime(ctx context.Context) (time.Time, error) {
	if e.TSA == nil {
		return time.Time{}, errors.New("no time-stamp authority is configured")
	}
	digest := make([]byte, 32)
	if _, err := rand.Read(digest); err != nil {
		return time.Time{}, err
	}
	token, err := e.TSA.Timestamp(ctx, digest, crypto.SHA256)
	if err != nil {
		return time.Time{}, err
	}
	checked, err := signing.CheckTimestamp(token, digest, crypto.SHA256, e.Roots, time.Time{})
	return checked.Time, err
}

func (e deadlines) clockConfirmed(ctx context.Context) (at time.Time, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		value, found, err := tx.Setting(ctx, clockConfirmedKey)
		if err != nil || !found {
			return err
		}
		return json.Unmarshal(value, &at)
	})
	return at, err
}

// ConfirmClock says that the clock is right as it is now, on all nodes whose clocks agree. What was held back happens.
func (e deadlines) ConfirmClock(ctx context.Context, by workflow.Actor) (now time.Time, err error) {
	now = e.Clock.Wall()
	value, err := now.MarshalJSON()
	if err != nil {
		return now, err
	}
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		if err := d.Administers(by); err != nil {
			return err
		}
		e.Logger.InfoContext(ctx, "the clock is confirmed", "shows", now, "by", actorName(by))
		return errors.Join(tx.SaveSetting(ctx, clockConfirmedKey, value), tx.SaveSetting(ctx, clockSeenKey, value),
			tx.DeleteSetting(ctx, clockDoubtKey))
	})
	if err != nil {
		return now, err
	}
	e.clock.mu.Lock()
	defer e.clock.mu.Unlock()
	e.clock.begun = true
	return now, e.clockRight(ctx, now, e.Clock.Running())
}

// DoubtedClock says whether the clock of a process that serves is doubted.
func (e deadlines) DoubtedClock(ctx context.Context) (d ClockDoubt, found bool, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		value, ok, err := tx.Setting(ctx, clockDoubtKey)
		if found = ok; err != nil || !ok {
			return err
		}
		return json.Unmarshal(value, &d)
	})
	return d, found, err
}

// tellOfClock writes the doubt down, and to everybody who administers.
func (e deadlines) tellOfClock(ctx context.Context, tx *store.Tx, doubt ClockDoubt) error {
	value, err := json.Marshal(doubt)
	if err != nil {
		return err
	}
	if err := tx.SaveSetting(ctx, clockDoubtKey, value); err != nil {
		return err
	}
	d, err := e.directory(ctx, tx)
	if err != nil {
		return err
	}
	for _, grant := range d.Grants {
		person, ok := d.People[grant.Person]
		if !ok || grant.Right != workflow.RightAdminister || person.Email.Text == "" {
			continue
		}
		moment := func(t time.Time) string { return t.In(e.Calendar.Zone()).Format("15:04 02/01/2006") }
		mail, err := e.compose(store.Mail{
			Key:  store.MailKey(fmt.Sprintf("clock/%d/%s", doubt.Shown.UnixMilli(), grant.Person)),
			Kind: clockKind, To: person.Email.Text, NextAt: e.Now(),
		}, person.Language, func(words.Language) notify.Letter {
			return notify.ClockDoubted{To: d.PersonName(grant.Person), Shown: moment(doubt.Shown),
				Expected: moment(doubt.Expected)}
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

// whenClockIsRight puts off a job that cannot be taken back while the clock is doubted.
func (e deadlines) whenClockIsRight(ctx context.Context) error {
	doubted, err := e.clockDoubted(ctx)
	if err == nil && doubted {
		return river.JobSnooze(holdFor)
	}
	return err
}
