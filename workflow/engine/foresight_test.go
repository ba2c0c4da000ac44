package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

const allSign = `  - {id: gop-y, kind: review, NAME, review: {approve: all}}
  - {id: so, kind: number, NAME, number: {book: giao-uoc, by: leader}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader], [deputy, member, witness]], level: B-T, archive: B-LT}}
  - {id: ban-hanh, kind: issue, NAME}
`

// withoutDuty takes a duty from everybody of an agency.
func withoutDuty(o *office, agency workflow.AgencyID, duty workflow.Duty) {
	for i, a := range o.block.Agencies {
		for j, p := range a.People {
			if a.ID == agency {
				duties := slices.DeleteFunc(slices.Clone(p.Duties), func(d workflow.Duty) bool { return d == duty })
				if len(duties) == 0 {
					duties = []workflow.Duty{workflow.DutyReport}
				}
				o.block.Agencies[i].People[j].Duties = duties
			}
		}
	}
}

// administrator is a person with the right to administer.
func administrator(o *office, id workflow.PersonID) workflow.Actor {
	o.t.Helper()
	_, err := o.Do(context.Background(), "", workflow.GrantRight{Person: id, Right: workflow.RightAdminister,
		Document: "QĐ 1"}, engine.Meta{Actor: console})
	check(o.t, err)
	return workflow.SignedIn(id)
}

func codes(all []workflow.Obstacle) (out []string) {
	for _, o := range all {
		if o.Stops {
			out = append(out, o.Code)
		}
	}
	return out
}

// What cannot be reached is known as soon as there is a draft, is told with whom it concerns, and keeps the covenant
// from its number until it is mended, or an administrator accepts just that.
func TestObstaclesComeBeforeTheNumber(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	withoutDuty(o, "so-yte", workflow.DutySign)
	o.begin(allSign)
	ctx, clerk := context.Background(), o.who("so-gddt", workflow.DutyNumber)
	admin := administrator(o, "giap-van-chinh")
	v, err := o.View(ctx, console, "2026/khoi")
	check(t, err)
	if got := codes(v.Obstacles); !slices.Equal(got, []string{"nobody/sign/so-yte"}) {
		t.Fatalf("obstacles %v", got)
	}
	for o.state().Covenant.Phase == workflow.AwaitingReviews {
		o.step(o.state())
	}
	number := func(key string) error {
		_, err := o.IssueNumber(ctx, o.id, v.Calendar.Today(o.now()), o.as(clerk, key))
		return err
	}
	err = number("early")
	if workflow.ErrorCode(err) != workflow.CodeWrongState || !strings.Contains(err.Error(), "nobody/sign/so-yte") {
		t.Fatalf("numbered in spite of it: %v", err)
	}
	accept := workflow.AcceptObstacles{Obstacles: []string{"nobody/sign/so-yte"}, Reason: "sẽ phân công tuần sau"}
	for name, c := range map[string]struct {
		by   workflow.Actor
		cmd  workflow.AcceptObstacles
		want workflow.Code
	}{
		"by the clerk": {workflow.SignedIn(clerk), accept, workflow.CodeForbidden},
		"by nobody":    {workflow.Actor{}, accept, workflow.CodeForbidden},
		"another one": {admin, workflow.AcceptObstacles{Obstacles: []string{"roots"}, Reason: "x"},
			workflow.CodeNotFound},
		"without reason": {admin, workflow.AcceptObstacles{Obstacles: accept.Obstacles, Reason: " "},
			workflow.CodeInvalid},
		"none":              {admin, workflow.AcceptObstacles{Reason: "x"}, workflow.CodeInvalid},
		"of no such person": {workflow.SignedIn("ai-do"), accept, workflow.CodeForbidden},
	} {
		if _, err := o.Do(ctx, o.id, c.cmd, engine.Meta{Actor: c.by}); workflow.ErrorCode(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	_, err = o.Do(ctx, o.id, accept, engine.Meta{Actor: admin})
	check(t, err)
	check(t, number("late"))
	frozen, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Frozen != nil })
	check(t, err)
	if !slices.Contains(frozen.Covenant.Accepted, "nobody/sign/so-yte") {
		t.Error("nobody knows any more that it was accepted")
	}
}

// Mended is mended: nobody has to accept anything.
func TestObstaclesThatAreMended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agency workflow.AgencyID
		duty   workflow.Duty
		code   string
	}{
		"no clerk":    {"so-gddt", workflow.DutyNumber, "nobody/number/so-gddt"},
		"no reviewer": {"so-yte", workflow.DutyReview, "nobody/review/so-yte"},
		"no head":     {"so-noi-vu", workflow.DutySign, "nobody/sign/so-noi-vu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.shrink()
			whole := o.who(c.agency, c.duty)
			withoutDuty(o, c.agency, c.duty)
			o.begin(allSign)
			found, err := o.Obstacles(context.Background(), console, o.id)
			check(t, err)
			if got := codes(found); !slices.Equal(got, []string{c.code}) {
				t.Errorf("obstacles %v, want %s", got, c.code)
			}
			for i, a := range o.block.Agencies {
				for j, p := range a.People {
					if p.ID == whole {
						o.block.Agencies[i].People[j].Duties = append(p.Duties, c.duty)
					}
				}
			}
			o.apply(o.block)
			found, err = o.Obstacles(context.Background(), console, o.id)
			check(t, err)
			if got := codes(found); len(got) > 0 {
				t.Errorf("still %v", got)
			}
		})
	}
}

// A person's key whose certificate is another's, or whose revocation nobody can ask for, is seen when it is handed in.
func TestKeysThatWillNotDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.apply(o.block)
	ctx, person := context.Background(), o.who("so-yte", workflow.DutySign)
	keep := func(s devpki.Subject, p devpki.Profile) (engine.Outcome, error) {
		id, err := o.pki.Issue(s, p)
		check(t, err)
		return o.KeepKey(ctx, engine.KeyRequest{Person: person, Identity: signing.Identity(id), PIN: pin},
			engine.Meta{Actor: console})
	}
	if _, err := keep(devpki.Subject{ID: "a", CommonName: "Nguyễn Văn Ả"}, devpki.Profile{}); err != nil {
		t.Fatal(err)
	}
	d, err := o.Directory(ctx, console)
	check(t, err)
	if b := d.Bindings[len(d.Bindings)-1]; !b.Pending {
		t.Error("a certificate in another name is believed at once")
	}
	for i, name := range []string{d.PersonName(person), strings.ToUpper(d.PersonName(person)),
		d.PersonName(person) + " - Sở Y tế"} {
		_, err := keep(devpki.Subject{ID: fmt.Sprint("n", i), CommonName: name}, devpki.Profile{})
		check(t, err)
		d, err = o.Directory(ctx, console)
		check(t, err)
		if b := d.Bindings[len(d.Bindings)-1]; b.Pending {
			t.Errorf("%s waits", name)
		}
	}
}

// A twelve-month covenant dated from a spring whose next year nobody has announced comes into force.
func TestCovenantIntoAnUnannouncedYear(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	o.begin(strings.Replace(allSign, "[[leader], [deputy, member, witness]]", "[[leader]]", 1) +
		`  - {id: bao-cao, kind: report, NAME, report: {months: 12, obligations: [{id: o, vi: v, en: e, period: quarter,
       schedule: "0 17 25 3,6,9,12 *", reminders: [{id: n, working_days: -5, to: agency}]}]}}
`)
	o.keys()
	for o.state().Covenant.Phase == workflow.AwaitingReviews {
		o.step(o.state())
	}
	clerk := o.as(o.who("so-gddt", workflow.DutyNumber), "number")
	clerk.Mean = []string{"date"} // four months ahead
	_, err := o.IssueNumber(context.Background(), o.id, workflow.Date{Year: 2027, Month: 3, Day: 26}, clerk)
	check(t, err)
	for o.state().Covenant.Phase != workflow.AwaitingReports {
		o.step(o.state())
	}
}

// Each night it is looked at what is under way, and written to who administers and who drafted: once, for as long as it
// is the same.
func TestObstaclesAreMailedAtNight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	withoutDuty(o, "so-yte", workflow.DutySign)
	o.begin(allSign)
	administrator(o, o.who("so-noi-vu", workflow.DutyReview))
	letters := func() (n int) {
		check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
			all, err := tx.Mails(context.Background(), "", 0)
			for _, m := range all {
				if m.Kind == "foresight" {
					n++
				}
			}
			return err
		}))
		return n
	}
	for night := range 3 {
		o.restart(24 * time.Hour)
		day := o.Calendar.Today(o.now()).String()
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			var looked string
			check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
				value, _, err := tx.Setting(context.Background(), "foresight-day")
				looked = string(value)
				return err
			}))
			if strings.Contains(looked, day) {
				break
			}
			if time.Since(began) > time.Minute {
				t.Fatalf("night %d: last looked on %s", night, looked)
			}
		}
		if n := letters(); n != 2 {
			t.Errorf("night %d: %d letters, want one to the administrator and one to the drafter", night, n)
		}
	}
	found, err := o.Obstructed(context.Background())
	if check(t, err); found[o.id] != "nobody/sign/so-yte" {
		t.Errorf("doctor is told %v", found)
	}
}

// What an installation lacks is an obstacle of each covenant that is still to be signed. A store without a root is one.
func TestInstallationWithoutWhatSigningNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lacks func(*engine.Config)
		want  []string
	}{
		"nothing":                      {func(*engine.Config) {}, nil},
		"a time-stamp authority":       {func(c *engine.Config) { c.TSA = nil }, []string{"timestamp"}},
		"trusted roots":                {func(c *engine.Config) { c.Roots = nil }, []string{"roots"}},
		"a root in the store":          {func(c *engine.Config) { c.Roots = &trust.Store{} }, []string{"roots"}},
		"an address, and mail: doubts": {func(c *engine.Config) { c.PublicURL, c.Mail.Addr = "", "" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.shrink()
			check(t, o.Stop(context.Background()))
			config := o.Config
			c.lacks(&config)
			var err error
			o.Engine, err = engine.New(config)
			check(t, err)
			check(t, o.Start(context.Background()))
			o.begin(allSign)
			found, err := o.Obstacles(context.Background(), console, o.id)
			check(t, err)
			if got := codes(found); !slices.Equal(got, c.want) {
				t.Errorf("obstacles %v, want %v", got, c.want)
			}
		})
	}
}
