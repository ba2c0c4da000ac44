package workflow

import (
	"testing"
	"time"
)

// acted is a command with the person who gives it, signed in.
type acted struct {
	by Actor
	Command
}

func as(person PersonID, c Command) Command { return acted{SignedIn(person), c} }

func (a acted) decide(s State, _ Actor, now time.Time) ([]Event, error) {
	return a.Command.decide(s, a.by, now)
}

// giver is who gives a command in tests that do not say: the officer or the head whose it is, the program for what only
// it may do, else the console.
func giver(c Command) Actor {
	switch c := c.(type) {
	case acted:
		return c.by
	case DraftCovenant, SubmitRevision, AmendText:
		return SignedIn("a0-officer")
	case GiveReview:
		return SignedIn(PersonID(c.Agency + "-officer"))
	case RecordSignature:
		return SignedIn(PersonID(c.Slot + "-head"))
	case RecordPaperSignature:
		return SignedIn(PersonID(c.Slot + "-officer"))
	case Freeze, RecordValidationData, EndReporting, EscalateStage, RecordReminder, RecordMinutes, BindByRule:
		return Program()
	}
	return AtConsole("root", ConsoleOff)
}

// decided decides a command as its giver.
func decided(s State, c Command, now time.Time) ([]Event, error) { return Decide(s, giver(c), c, now) }

func TestNobodyMayDoNothing(t *testing.T) {
	w := newFixture(t, 3)
	bind := BindCertificate{Person: "a0-head", Issuer: "CA", Serial: "9", SHA256: certDigest("9")}
	for _, cmd := range []Command{w.draft(), Freeze{}, bind} {
		if _, err := Decide(w.state, Actor{}, cmd, w.now); ErrorCode(err) != CodeForbidden {
			t.Errorf("%T by nobody: %v", cmd, err)
		}
	}
}

// What the program records by its jobs is open to nobody else, and the program does nothing that people do.
func TestProgramsCommandsAreTheProgramsAlone(t *testing.T) {
	w := newFixture(t, 3)
	people := []Actor{SignedIn("a0-head"), ByToken("a0-head", "t1"), AtConsole("root", ConsoleEverything)}
	for _, cmd := range []Command{
		Freeze{}, RecordValidationData{}, EndReporting{}, EscalateStage{}, RecordReminder{},
		RecordMinutes{}, BindByRule{},
	} {
		for _, by := range people {
			if _, err := Decide(w.state, by, cmd, w.now); ErrorCode(err) != CodeForbidden {
				t.Errorf("%T by %+v: %v", cmd, by, err)
			}
		}
	}
	for _, cmd := range []Command{
		w.draft(), AssignPosition{}, EndPosition{}, GrantRight{}, RevokeRight{},
		ConfirmCertificate{}, UnbindCertificate{},
		ReplaceCertificate{}, SetBindingRule{}, EndBindingRule{}, ApplyBlock{File: &BlockFile{}},
		BindCertificate{Person: "a0-head", Issuer: "CA", Serial: "9", SHA256: certDigest("9")},
	} {
		if _, err := Decide(w.state, Program(), cmd, w.now); ErrorCode(err) != CodeForbidden {
			t.Errorf("%T by the program: %v", cmd, err)
		}
	}
}

func TestConsoleActsForOthersAsItsPolicySays(t *testing.T) {
	w := newFixture(t, 3)
	if _, err := AtConsole("root", ConsoleOff).For("a0-officer"); ErrorCode(err) != CodeForbidden {
		t.Errorf("switched off, it acts for somebody: %v", err)
	}
	if _, err := SignedIn("a0-head").For("a0-officer"); ErrorCode(err) != CodeForbidden {
		t.Errorf("somebody signed in acts for another: %v", err)
	}
	clerical, err := AtConsole("root", ConsoleClerical).For("a0-officer")
	if err != nil {
		t.Fatal(err)
	}
	if actor, onBehalf := clerical.Recorded(); actor != "console:root" || onBehalf != "a0-officer" {
		t.Errorf("the log would say %q for %q", actor, onBehalf)
	}
	if _, err := Decide(w.state, clerical, w.draft(), w.now); err != nil {
		t.Errorf("entering a draft for an officer: %v", err)
	}
	w.must(t, w.draft())
	w.upTo(t, AwaitingSignatures)
	for policy, want := range map[ConsolePolicy]Code{ConsoleClerical: CodeForbidden, ConsoleEverything: ""} {
		head, err := AtConsole("root", policy).For("a0-head")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.state.MaySign(head, "a0", w.now); ErrorCode(err) != want {
			t.Errorf("%s: signing for the head: %v", policy, err)
		}
		if err := w.state.MayKeepKey(head, "a0-head", "", w.now); ErrorCode(err) != want {
			t.Errorf("%s: keeping a key for the head: %v", policy, err)
		}
		if _, err := Decide(w.state, head, RefuseSignature{Slot: "a0", Reason: "nêu trên giấy"}, w.now); err != nil {
			t.Errorf("%s: entering a refusal: %v", policy, err)
		}
	}
}

func TestCertificatesAreBoundAndConfirmedByTwo(t *testing.T) {
	w := newFixture(t, 3)
	d := w.state.Directory
	w.apply(RightGranted{Person: "a1-officer", Right: RightAdminister},
		RightGranted{Person: "a2-officer", Right: RightAdminister})
	bind := BindCertificate{Person: "a0-head", Issuer: "CA", Serial: "new", SHA256: certDigest("new")}
	for _, c := range []struct {
		by      Actor
		code    Code
		pending bool
	}{
		{SignedIn("a0-officer"), CodeForbidden, false}, {SignedIn("a0-head"), "", true},
		{SignedIn("a1-officer"), "", false}, {AtConsole("root", ConsoleOff), "", false},
	} {
		events, err := Decide(w.state, c.by, bind, w.now)
		if ErrorCode(err) != c.code || err == nil && events[0].(CertificateBound).Pending != c.pending {
			t.Errorf("by %+v: %v %v", c.by, events, err)
		}
	}
	bind.Pending = true
	events, err := Decide(w.state, SignedIn("a1-officer"), bind, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.apply(events...)
	confirm := ConfirmCertificate{Issuer: "CA", Serial: "new"}
	for by, want := range map[PersonID]Code{"a1-officer": CodeForbidden, "a0-head": CodeForbidden,
		"a2-head": CodeForbidden, "a2-officer": ""} {
		if _, err := Decide(w.state, SignedIn(by), confirm, w.now); ErrorCode(err) != want {
			t.Errorf("confirmed by %s: %v", by, err)
		}
	}
	if d.CertificateOf("a0-head", cert("CA", "new")) {
		t.Error("a pending certificate may sign")
	}
}

func TestLastAdministratorStays(t *testing.T) {
	w := newFixture(t, 3)
	w.apply(RightGranted{Person: "a1-officer", Right: RightAdminister})
	revoke := RevokeRight{Person: "a1-officer", Right: RightAdminister, Reason: "chuyển công tác"}
	if _, err := Decide(w.state, SignedIn("a1-officer"), revoke, w.now); ErrorCode(err) != CodeWrongState {
		t.Errorf("the last administrator gave the right up: %v", err)
	}
	if _, err := Decide(w.state, AtConsole("root", ConsoleOff), revoke, w.now); err != nil {
		t.Errorf("the console: %v", err)
	}
	grant := GrantRight{Person: "a2-officer", Right: RightAdminister}
	if _, err := Decide(w.state, SignedIn("a2-officer"), grant, w.now); ErrorCode(err) != CodeForbidden {
		t.Errorf("somebody made themselves an administrator: %v", err)
	}
}

func (w *fixture) apply(events ...Event) {
	for _, e := range events {
		w.state.Directory.Apply(e)
	}
}

// What is done in person – signing, sealing, secret ballots on motions and in polls – the console enters for nobody,
// but where it may do everything, for demonstrations. What is open it may enter.
func TestTheConsoleDoesNothingInPerson(t *testing.T) {
	secretVote := func(ballot string) func(testing.TB) *fixture {
		return func(t testing.TB) *fixture {
			return under(t, 3, "  - {id: bq, kind: vote, NAME, vote: {ballot: "+ballot+
				", motions: [{id: m, vi: v, en: e}]}}\n")
		}
	}
	poll := func(ballot string) func(testing.TB) *fixture {
		return func(t testing.TB) *fixture {
			w := polled(t, "", "ballot: "+ballot)
			w.must(t, as("a0-head", OpenPoll{}))
			return w
		}
	}
	for name, c := range map[string]struct {
		start    func(testing.TB) *fixture
		person   PersonID
		cmd      func(*fixture) Command
		inPerson bool
	}{
		"an open ballot": {secretVote("open"), "a1-head",
			func(*fixture) Command { return CastBallot{Agency: "a1", Motion: "m", Choice: ChoiceFor} }, false},
		"a secret ballot": {secretVote("secret"), "a1-head",
			func(*fixture) Command { return CastBallot{Agency: "a1", Motion: "m", Choice: ChoiceFor} }, true},
		"an open ballot in a poll": {poll("open"), "a1-head",
			func(*fixture) Command { return CastPollBallot{Agency: "a1", Poll: "suy-ton"} }, false},
		"a secret ballot in a poll": {poll("secret"), "a1-head",
			func(*fixture) Command { return CastPollBallot{Agency: "a1", Poll: "suy-ton"} }, true},
		"a signature": {at(AwaitingSignatures), "a0-head",
			func(w *fixture) Command { return w.signature("a0") }, true},
		"a refusal to sign": {at(AwaitingSignatures), "a0-head",
			func(*fixture) Command { return RefuseSignature{Slot: "a0", Reason: "x"} }, false},
		"a seal": {at(AwaitingSeals), "a0-officer", func(w *fixture) Command {
			return RecordSeal{Agency: "a0", Before: w.state.Covenant.Head, After: Digest{1}, Level: "B-T",
				Issuer: "CA", Serial: "seal", SHA256: certDigest("seal")}
		}, true},
		"a certificate of one's own": {drafted, "a1-head",
			func(*fixture) Command {
				return BindCertificate{Person: "a1-head", Issuer: "CA", Serial: "9", SHA256: certDigest("9")}
			}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.start(t)
			for policy, refused := range map[ConsolePolicy]bool{ConsoleClerical: c.inPerson, ConsoleEverything: false} {
				by, err := AtConsole("root", policy).For(c.person)
				if err != nil {
					t.Fatal(err)
				}
				_, err = Decide(w.state, by, c.cmd(w), w.now)
				if refused {
					saysNo(t, err, CodeForbidden, "phải do chính người đó thực hiện", "are done in person")
				} else if err != nil {
					t.Errorf("%s: %v", policy, err)
				}
			}
		})
	}
}
