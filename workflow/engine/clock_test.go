package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// setClock has an office's engine start again with a clock that can be set, and an independent time or none.
func setClock(o *office, independent func(context.Context) (time.Time, error)) (set func(time.Duration)) {
	o.t.Helper()
	check(o.t, o.Stop(context.Background()))
	var jump atomic.Int64
	config := o.Config
	config.Clock.Wall = func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
	if independent == nil {
		independent = func(context.Context) (time.Time, error) { return config.Clock.Wall(), nil }
	}
	config.IndependentTime = independent
	var err error
	o.Engine, err = engine.New(config)
	check(o.t, err)
	check(o.t, o.Start(context.Background()))
	return func(d time.Duration) {
		o.t.Helper()
		jump.Store(int64(d))
		o.ahead.Store(int64(d))
		check(o.t, o.Sweep(context.Background()))
	}
}

func noTime(context.Context) (time.Time, error) {
	return time.Time{}, errors.New("the authority is away")
}

func doubted(o *office) bool {
	o.t.Helper()
	_, found, err := o.DoubtedClock(context.Background())
	check(o.t, err)
	return found
}

func roots(o *office) (n int) {
	o.t.Helper()
	check(o.t, o.Store.View(context.Background(), func(tx *store.Tx) error {
		all, err := tx.Checkpoints(context.Background())
		n = len(all)
		return err
	}))
	return n
}

// A clock that is far ahead has reminders sent, and closes no covenant and makes no daily root; when it is right
// again all is as if it had never been wrong, and when somebody confirms it what was held back happens.
func TestClockIsSetAhead(t *testing.T) {
	t.Parallel()
	const year = 400 * 24 * time.Hour
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingReports)
	check(t, o.AwaitMails(context.Background()))
	set := setClock(o, noTime)
	awaits(o, "today's root", func() bool { return roots(o) == 1 })
	before := len(o.mails.Accepted())
	set(year)
	if !doubted(o) {
		t.Fatal("the clock is not doubted")
	}
	awaits(o, "reminders", func() bool { return len(o.mails.Accepted()) > before+3 })
	time.Sleep(time.Second) // the jobs that must not act have been looked at
	if phase := o.state().Covenant.Phase; phase != workflow.AwaitingReports || roots(o) != 1 {
		t.Errorf("by a clock that nobody confirmed the covenant is %s, and there are %d roots", phase, roots(o))
	}
	set(0)
	if doubted(o) {
		t.Error("the clock is right again, and still doubted")
	}
	set(year)
	_, err := o.ConfirmClock(context.Background(), signedIn(o.who("so-yte", workflow.DutyReport)))
	if workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("confirmed by somebody who does not administer: %v", err)
	}
	_, err = o.ConfirmClock(context.Background(), console)
	check(t, err)
	// As every minute: a job that was already at work when the clock was confirmed may have found it doubted, and done
	// nothing; while it works there is no second one.
	awaits(o, "the covenant ends", func() bool {
		check(t, o.Sweep(context.Background()))
		return o.state().Covenant.Phase != workflow.AwaitingReports
	})
	if doubted(o) {
		t.Error("confirmed, and still doubted")
	}
}

// What administers is told by mail, once a doubt.
func TestAdministratorsHearOfTheClock(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	admin := o.who("so-gddt", workflow.DutyDraft)
	o.direct("grant", workflow.GrantRight{Person: admin, Right: workflow.RightAdminister, Document: "QĐ 1"})
	set := setClock(o, noTime)
	set(72 * time.Hour)
	set(73 * time.Hour)
	check(t, o.AwaitMails(context.Background()))
	told := 0
	for _, m := range o.delivered() {
		if m.Kind == "clock" && strings.HasPrefix(m.To, string(admin)+"@") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

// An independent time that agrees bears a jump and a long stop out; without one a stop of a night is believed, one of
// ten days is not, nor a clock that was set back.
func TestClockAfterAStop(t *testing.T) {
	disagrees := func(context.Context) (time.Time, error) { return time.Now().Add(-100 * time.Hour), nil }
	for name, c := range map[string]struct {
		off         time.Duration
		independent func(context.Context) (time.Time, error)
		running     bool // the clock is set while the program runs, not while it stands still
		want        bool
	}{
		"a night":                     {20 * time.Hour, noTime, false, false},
		"ten days":                    {240 * time.Hour, noTime, false, true},
		"ten days, borne out":         {240 * time.Hour, nil, false, false},
		"ten days, contradicted":      {240 * time.Hour, disagrees, false, true},
		"set back":                    {-time.Hour, noTime, false, true},
		"a night, while it runs":      {20 * time.Hour, noTime, true, true},
		"set back, while it runs":     {-time.Hour, noTime, true, true},
		"borne out, while it runs":    {240 * time.Hour, nil, true, false},
		"an NTP step, while it runs":  {time.Minute, noTime, true, false},
		"contradicted, while it runs": {240 * time.Hour, disagrees, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if !c.running {
				check(t, o.Stop(context.Background()))
				at := o.now().Add(-c.off)
				seen, err := at.MarshalJSON()
				check(t, err)
				check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
					return tx.SaveSetting(context.Background(), "clock/seen", seen)
				}))
			}
			set := setClock(o, c.independent)
			if c.running {
				set(c.off)
			}
			if got := doubted(o); got != c.want {
				t.Errorf("doubted: %v", got)
			}
		})
	}
}
