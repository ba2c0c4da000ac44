package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const pollStage = `  - id: diem
    kind: score
    NAME
    score:
      total: 10
      criteria: [{id: a, vi: A, en: A, max: 10}]
      chair: [leader, deputy]
      FIRSTpolls:
        - {id: suy-ton, vi: Xếp hạng, en: Ranking, MARKS}
        - {id: bau-truong, vi: Bầu Khối trưởng, en: Leader, decides: leader, quorum: majority, ballot: open, tie: chair}
`

// scored is a covenant whose members have the given points, verified.
func scored(t testing.TB, text string, points ...Points) *fixture {
	t.Helper()
	w := under(t, len(points), text)
	for i, p := range points {
		a := AgencyID(fmt.Sprintf("a%d", i))
		by := PersonID("a0-officer")
		if i == 0 {
			by = "a1-officer"
		}
		w.must(t, as(PersonID(a+"-officer"),
			SubmitScore{Agency: a, Scores: []CriterionScore{{Criterion: "a", Points: p}}}))
		w.must(t, as(by, VerifyScore{Agency: a, Scores: []CriterionScore{{Criterion: "a", Points: p}}}))
	}
	return w
}

func polled(t testing.TB, first, marks string) *fixture {
	return scored(t, strings.NewReplacer("FIRST", first, "MARKS", marks).Replace(pollStage), 900, 900, 800, 900)
}

// A secret poll in order: nobody names itself, nothing in the log tells whose ballot is whose, places are
// points, and ties are broken.
func TestPollInOrder(t *testing.T) {
	w := polled(t, "tie: [ballots]\n      ", "marks: order, choose: 2")
	w.refused(t, as("a0-head", DeclareRanking{Secretary: "a0-officer"}), CodeWrongState) // polls are still to be held
	w.refused(t, as("a2-head", OpenPoll{}), CodeForbidden)
	w.refused(t, as("a1-head", CastPollBallot{Agency: "a1", Poll: "suy-ton"}), CodeWrongState)
	w.must(t, as("a0-head", OpenPoll{}))
	w.refused(t, as("a0-head", OpenPoll{Poll: "bau-truong"}), CodeWrongState) // one after the other
	cast := func(a AgencyID, choices ...AgencyID) Command {
		return as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "suy-ton", Choices: choices})
	}
	w.refused(t, cast("a0", "a0"), CodeForbidden)
	w.refused(t, cast("a0", "a1", "a1"), CodeInvalid)
	w.refused(t, cast("a0", "w"), CodeInvalid)
	w.refused(t, cast("a0", "a1", "a2", "a3"), CodeInvalid)
	w.refused(t, cast("w", "a1"), CodeForbidden)
	w.refused(t, as("a0-officer", CastPollBallot{Agency: "a0", Poll: "suy-ton", Choices: []AgencyID{"a1"}}),
		CodeForbidden)
	box := []PollBallot{}
	for a, choices := range map[AgencyID][]AgencyID{"a0": {"a3", "a1"}, "a1": {"a3", "a2"},
		"a2": {"a1", "a3"}, "a3": {}} {
		w.must(t, cast(a, choices...))
		w.refused(t, cast(a, choices...), CodeConflict)
		box = append(box, NewPollBallot(MarksOrder, choices))
	}
	if slices.Contains(w.kinds(), "poll_ballot_cast") {
		t.Error("a secret ballot is told in the log")
	}
	w.refused(t, as("a0-head", ClosePoll{Poll: "suy-ton", Ballots: box[:3]}), CodeConflict)
	w.refused(t, as("a0-head", ClosePoll{Poll: "suy-ton", Ballots: append(box[:3:3], "a1,a1")}), CodeConflict)
	w.must(t, as("a0-head", ClosePoll{Poll: "suy-ton", Ballots: box}))
	result := w.state.Covenant.Scoring.Polls[0].Result
	if want := []PollRow{{"a0", 0, 0}, {"a1", 2, 3}, {"a2", 1, 1}, {"a3", 3, 5}}; !slices.Equal(result.Rows, want) ||
		result.Blank != 1 || result.Cast != 4 || !slices.IsSorted(result.Ballots) {
		t.Errorf("result %+v, want %+v", result, want)
	}
	w.must(t, as("a0-head", OpenPoll{}))
	for a, b := range map[AgencyID]AgencyID{"a0": "a1", "a1": "a2", "a2": "a1"} {
		w.must(t, as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "bau-truong", Choices: []AgencyID{b}}))
	}
	w.must(t, as("a0-head", ClosePoll{Poll: "bau-truong"}))
	w.refused(t, as("a0-head", OpenPoll{Poll: "bau-truong"}), CodeConflict) // it has its result
	declare := DeclareRanking{Secretary: "a0-officer"}
	for _, change := range []func(*DeclareRanking){
		func(d *DeclareRanking) { d.NewLeader = "a2" }, func(d *DeclareRanking) { d.Votes = []AgencyVotes{{"a1", 4}} },
		func(d *DeclareRanking) { d.Issued = 4 },
	} {
		bad := declare
		change(&bad)
		w.refused(t, as("a0-head", bad), CodeInvalid)
	}
	w.must(t, as("a0-head", declare))
	r := w.state.Covenant.Scoring.Ranking
	var order []AgencyID
	for _, row := range r.Rows {
		order = append(order, row.Agency)
	}
	if !slices.Equal(order, []AgencyID{"a3", "a1", "a0", "a2"}) || r.Issued != 4 || r.Valid != 3 ||
		r.NewLeader != "a1" || r.Method != MethodSecret {
		t.Errorf("ranking %+v in order %v", r, order)
	}
}

// Where ballots rank first, totals only break ties. Without a quorum a poll stays open or lapses, and may be put again.
func TestPollFirst(t *testing.T) {
	w := polled(t, "first: ballots\n      ", "ballot: open, self: true, quorum: 3")
	w.must(t, as("a0-head", OpenPoll{}))
	w.must(t, as("a2-head", CastPollBallot{Agency: "a2", Poll: "suy-ton", Choices: []AgencyID{"a2"}}))
	w.refused(t, as("a0-head", ClosePoll{Poll: "suy-ton"}), CodeWrongState)
	w.must(t, as("a0-head", ClosePoll{Poll: "suy-ton", Lapse: true}))
	w.must(t, as("a0-head", OpenPoll{Poll: "suy-ton"}))
	w.must(t, as("a0-head", DeclareConflict{Agency: "a0", Reason: "x"}))
	w.refused(t, as("a0-head", CastPollBallot{Agency: "a0", Poll: "suy-ton", Choices: []AgencyID{"a2"}}), CodeForbidden)
	for _, a := range []AgencyID{"a1", "a2", "a3"} {
		w.must(t, as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "suy-ton",
			Choices: []AgencyID{"a2", "a1"}[:1+len(a)%2]}))
	}
	// the chair passed to the deputy with the conflict
	w.refused(t, as("a0-head", ClosePoll{Poll: "suy-ton"}), CodeForbidden)
	w.must(t, as("a1-head", ClosePoll{Poll: "suy-ton"}))
	w.must(t, as("a1-head", OpenPoll{}))
	for a, b := range map[AgencyID]AgencyID{"a1": "a2", "a2": "a1"} {
		w.must(t, as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "bau-truong", Choices: []AgencyID{b}}))
	}
	w.must(t, as("a1-head", ClosePoll{Poll: "bau-truong"})) // 1 to 1: neither has more than half
	if r := w.state.Covenant.Scoring.Polls[1].Result; r.Elected != "" || r.Need != 2 {
		t.Errorf("election %+v", r)
	}
	w.must(t, as("a1-head", DeclareRanking{Secretary: "a0-officer"}))
	if r := w.state.Covenant.Scoring.Ranking; r.Rows[0].Agency != "a2" || r.NewLeader != "" || r.Chairing != "a1" {
		t.Errorf("ranking %+v", r)
	}
}
