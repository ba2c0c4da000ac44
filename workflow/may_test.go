package workflow

import (
	"reflect"
	"testing"
	"time"
)

// openCommands are the commands that are open to somebody, told apart by their kind and by what they are about.
type openCommands map[string]bool

func about(c Command) string {
	if a, ok := c.(acted); ok {
		c = a.Command
	}
	key := reflect.TypeOf(c).Name()
	v := reflect.ValueOf(c)
	for _, name := range []string{"Agency", "Motion", "Slot", "Thread", "Poll", "Obligation", "Period", "From", "To"} {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
			if _, proxy := c.(RecordProxy); proxy && name == "To" {
				continue // any other agency
			}
			key += "/" + f.String()
		}
	}
	return key
}

func (w *fixture) openTo(by Actor) openCommands {
	out := openCommands{}
	for _, p := range w.state.May(by, w.now) {
		if p.Why == nil {
			out[about(p.Command)] = true
		}
	}
	return out
}

// has reports whether a command is among them. The program's own are nobody's; an empty choice
// stands for what comes next.
func (o openCommands) has(c Command) bool {
	if giver(c).IsProgram() {
		return true
	}
	if a, ok := c.(acted); ok {
		c = a.Command
	}
	switch c := c.(type) {
	case OpenPoll:
		if c.Poll == "" {
			return o.any("OpenPoll")
		}
	case OpenConference:
		if c.Agency == "" {
			return o.any("OpenConference")
		}
	case DraftCovenant:
		return true
	}
	return o[about(c)]
}

func (o openCommands) any(kind string) bool {
	for key := range o {
		if len(key) > len(kind) && key[:len(kind)+1] == kind+"/" {
			return true
		}
	}
	return false
}

// The straight way through a process: at each step those whose turn it is find their command open,
// and others are told why not.
func TestMayAtEachStep(t *testing.T) {
	w := newFixture(t, 4)
	w.must(t, w.draft())
	officer, head, member := SignedIn("a0-officer"), SignedIn("a0-head"), SignedIn("a3-head")
	for _, step := range []struct {
		phase    Phase
		by       Actor
		kind     string // open to by
		stranger Actor  // to whom it is not, and why
		code     Code
	}{
		{AwaitingRevision, officer, "SubmitRevision", member, CodeForbidden},
		{AwaitingReviews, SignedIn("a2-officer"), "GiveReview/a2", head, CodeForbidden},
		{AwaitingVotes, head, "CastBallot/a0/chuong-trinh", officer, CodeForbidden},
		{AwaitingNumber, officer, "IssueNumber", head, CodeForbidden},
		{AwaitingSignatures, head, "RecordSignature/a0", member, CodeWrongState},
		{AwaitingSeals, officer, "RecordSeal/a0", head, CodeForbidden},
		{AwaitingReports, SignedIn("a1-officer"), "SubmitReport/a1/quy/2026-Q2", head, CodeForbidden},
	} {
		w.upTo(t, step.phase)
		if open := w.openTo(step.by); !open[step.kind] && !open[about(Withdraw{})] || !open[step.kind] {
			t.Errorf("%s: %s is not open: %v", step.phase, step.kind, open)
		}
		why := w.why(step.stranger, step.kind)
		if why == nil || why.Code != step.code || why.Vietnamese == "" {
			t.Errorf("%s: %s by %s: %v, want %s", step.phase, step.kind, step.stranger.Person(), why, step.code)
		}
	}
}

// why is the reason why a kind of command is not open to somebody.
func (w *fixture) why(by Actor, kind string) *Error {
	for _, p := range w.state.May(by, w.now) {
		if name := reflect.TypeOf(p.Command).Name(); len(kind) >= len(name) &&
			kind[:len(name)] == name && p.Why != nil {
			return p.Why
		}
	}
	return nil
}

// Nothing is open to nobody, to the program, or to the console by itself; and asking changes nothing.
func TestMayForThoseWhoMayNot(t *testing.T) {
	w := newFixture(t, 3)
	w.must(t, w.draft())
	w.upTo(t, AwaitingSignatures)
	before := w.state.Covenant.Version
	for _, by := range []Actor{{}, Program(), AtConsole("root", ConsoleEverything), SignedIn("nobody")} {
		if open := w.openTo(by); len(open) > 0 {
			t.Errorf("open to %+v: %v", by, open)
		}
	}
	if w.state.Covenant.Version != before {
		t.Error("asking changed the covenant")
	}
}

func BenchmarkMay(b *testing.B) {
	w := newFixture(b, 25)
	w.must(b, w.draft())
	w.must(b, revision(1))
	by := SignedIn("a7-officer")
	now := time.Now()
	for b.Loop() {
		w.state.May(by, now)
	}
}
