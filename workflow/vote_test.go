package workflow

import (
	"slices"
	"strings"
	"testing"
)

func (w *fixture) cast(a AgencyID, m MotionID, c Choice) Command {
	return as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: m, Choice: c})
}

func TestConflictOfInterest(t *testing.T) {
	w := under(t, 3, "  - {id: gop-y, kind: review, NAME, review: {approve: all}}\n  - {id: bq, kind: vote, NAME, "+
		"vote: {quorum: all, motions: [{id: m, vi: v, en: e}, {id: n, vi: v, en: e}]}}\n")
	declare := func(a AgencyID, m MotionID) Command {
		return as(PersonID(a+"-head"), DeclareConflict{Agency: a, Motion: m, Reason: "liên quan"})
	}
	w.must(t, w.review("a0", OpinionApprove))
	w.refused(t, declare("a0", ""), CodeConflict) // it has spoken
	w.must(t, declare("a2", ""))
	w.refused(t, w.review("a2", OpinionApprove), CodeForbidden)
	w.refused(t, declare("a2", ""), CodeConflict)
	w.must(t, w.review("a1", OpinionApprove))
	w.phase(t, AwaitingVotes)
	if m := w.state.Covenant.Motions[0]; !slices.Equal(m.Who, []AgencyID{"a0", "a1"}) {
		t.Fatalf("entitled %v", m.Who)
	}
	w.must(t, declare("a1", "n"))
	w.refused(t, declare("a0", "n"), CodeWrongState) // nobody would be left
	w.refused(t, w.cast("a1", "n", ChoiceFor), CodeForbidden)
	for _, cmd := range []Command{w.cast("a0", "m", ChoiceFor), w.cast("a1", "m", ChoiceFor),
		w.cast("a0", "n", ChoiceFor), as("a0-head", CloseMotion{Motion: "m"}),
		as("a0-head", CloseMotion{Motion: "n"})} {
		w.must(t, cmd)
	}
	if r := w.state.Covenant.Motions[1].Result; r.Entitled != 1 || r.For != 1 {
		t.Errorf("result %+v", r)
	}
	w.phase(t, PhaseAdopted)
}

func TestVoteDecisions(t *testing.T) {
	count := func(f, a, o, present, entitled int) Count {
		return Count{For: f, Against: a, Abstain: o, Present: present, Entitled: entitled}
	}
	rules := func(text string) *VoteRules {
		text = "  - {id: v, kind: vote, NAME, vote: {" + text + ", motions: [{id: m, vi: v, en: e}]}}\n"
		return stages(t, text).Stages[0].Vote
	}
	for _, c := range []struct {
		rules       string
		count       Count
		casting     Choice
		passed, tie bool
	}{
		{"pass: majority", count(3, 2, 0, 5, 9), "", true, false},
		{"pass: majority", count(3, 3, 0, 6, 9), "", false, true},
		{"pass: majority", count(3, 2, 2, 7, 9), "", false, false}, // 3 of 7
		{"pass: majority, abstain: ignored", count(3, 2, 2, 7, 9), "", true, false},
		{"pass: majority, abstain: ignored", count(0, 0, 7, 7, 9), "", false, false},
		{"pass: majority, tie: passes", count(3, 3, 0, 6, 9), "", true, true},
		{"pass: majority, tie: passes", count(3, 3, 2, 8, 9), "", false, false}, // one more vote would not do
		{"pass: majority, tie: chair", count(2, 2, 0, 4, 9), ChoiceFor, true, true},
		{"pass: majority, tie: chair", count(2, 2, 0, 4, 9), ChoiceAgainst, false, true},
		{"pass: majority, tie: chair", count(3, 2, 0, 5, 9), ChoiceAgainst, true, false},
		{"pass: 2/3", count(4, 2, 0, 6, 9), "", true, false},
		{"pass: 2/3", count(3, 3, 0, 6, 9), "", false, false},
		{"pass: majority, of: all", count(4, 0, 0, 4, 9), "", false, false},
		{"pass: majority, of: all", count(5, 0, 0, 5, 9), "", true, false},
		{"pass: 75%, of: present, conference: {}", count(5, 0, 0, 7, 9), "", false, false},
		{"pass: 75%, of: present, conference: {}", count(6, 0, 0, 7, 9), "", true, false},
		{"pass: all", count(0, 0, 0, 0, 9), "", false, false},
		{"pass: 2", count(2, 5, 0, 7, 9), "", true, false},
	} {
		if got := rules(c.rules).Decide(c.count, c.casting); got.Passed != c.passed || got.Tie != c.tie {
			t.Errorf("%s on %+v: %+v; want passed %v, tie %v", c.rules, c.count, got, c.passed, c.tie)
		}
	}
}

func TestWeightedVoteAndCastingVote(t *testing.T) {
	w := under(t, 4, "  - {id: bq, kind: vote, NAME, vote: {quorum: 2/3, tie: chair, weights: {leader: 2, a3: 3}, "+
		"motions: [{id: m, vi: v, en: e}]}}\n")
	w.must(t, w.cast("a0", "m", ChoiceFor))
	w.must(t, w.cast("a1", "m", ChoiceFor))
	w.refused(t, as("a0-head", CloseMotion{Motion: "m"}), CodeWrongState) // 3 of 7
	w.must(t, w.cast("a3", "m", ChoiceAgainst))
	w.refused(t, as("a0-head", CloseMotion{Motion: "m"}), CodeWrongState) // 3 to 3
	w.must(t, as("a0-head", CloseMotion{Motion: "m", Casting: ChoiceFor}))
	if r := w.state.Covenant.Motions[0].Result; r.For != 3 || r.Against != 3 || !r.Tie || !r.Passed ||
		r.Entitled != 7 || r.Casting != ChoiceFor {
		t.Errorf("result %+v", r)
	}
	w.phase(t, PhaseAdopted)
}

func TestFailedMotions(t *testing.T) {
	for fail, want := range map[string]Phase{"return": AwaitingRevision, "continue": PhaseAdopted,
		"again": AwaitingVotes, "cancel": PhaseCancelled} {
		w := under(t, 3, "  - {id: bq, kind: vote, NAME, vote: {fail: "+fail+", motions: [{id: m, vi: v, en: e}]}}\n")
		for _, a := range []AgencyID{"a0", "a1", "a2"} {
			w.must(t, w.cast(a, "m", ChoiceAgainst))
		}
		w.must(t, as("a0-head", CloseMotion{Motion: "m"}))
		w.phase(t, want)
		if m := w.state.Covenant.Motions[0]; fail == "again" &&
			(m.Result != nil || m.Round != 2 || len(w.state.Covenant.Waiting) != 3) {
			t.Errorf("put again: %+v", m)
		}
	}
}

func TestSecretBallot(t *testing.T) {
	w := under(t, 3, "  - {id: bq, kind: vote, NAME, vote: {ballot: secret, motions: [{id: m, vi: v, en: e}]}}\n")
	w.must(t, w.cast("a0", "m", ChoiceFor))
	w.must(t, w.cast("a1", "m", ChoiceAgainst))
	w.refused(t, w.cast("a1", "m", ChoiceFor), CodeConflict)
	w.must(t, w.cast("a2", "m", ChoiceFor))
	// one is missing from the box
	w.refused(t, as("a0-head", CloseMotion{Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceFor}}), CodeConflict)
	w.refused(t, as("a0-head", CloseMotion{Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceFor, "x"}}), CodeConflict)
	w.must(t, as("a0-head", CloseMotion{Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceAgainst, ChoiceFor}}))
	r := w.state.Covenant.Motions[0].Result
	if r.For != 2 || r.Against != 1 || r.Method != MethodSecret ||
		!slices.Equal(r.Ballots, []Choice{ChoiceAgainst, ChoiceFor, ChoiceFor}) {
		t.Errorf("result %+v", r)
	}
	for _, e := range w.events {
		if _, open := e.(BallotCast); open {
			t.Error("an event tells a choice")
		}
	}
	err := w.do(w.cast("a0", "m", "secret choice"))
	if err == nil || strings.Contains(err.Error(), "secret choice") {
		t.Errorf("the refusal tells the choice: %v", err)
	}
}
