package workflow

import (
	"testing"

	"covenant/internal/words"
)

// How a covenant stands while its members are polled on: who is still to vote, then that the chair is to count.
func TestStatusOfPolls(t *testing.T) {
	w := polled(t, "", "choose: 1")
	stands := func(en, vi string) {
		t.Helper()
		if got := w.state.Status(w.now, words.English); got != en {
			t.Errorf("stands at %q, want %q", got, en)
		}
		if got := w.state.Status(w.now, words.Vietnamese); got != vi {
			t.Errorf("stands at %q, want %q", got, vi)
		}
	}
	w.must(t, as("a0-head", OpenPoll{}))
	stands("Ranking: ballots still to come: 4", "Xếp hạng: còn 4 đơn vị chưa bỏ phiếu")
	var box []PollBallot
	for _, a := range []AgencyID{"a0", "a1", "a2", "a3"} {
		choice := []AgencyID{"a3"}
		if a == "a3" {
			choice = []AgencyID{"a1"}
		}
		w.must(t, as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "suy-ton", Choices: choice}))
		box = append(box, NewPollBallot("approve", choice))
		if a == "a2" {
			stands("Ranking: ballots still to come: 1", "Xếp hạng: còn 1 đơn vị chưa bỏ phiếu")
		}
	}
	stands("Ranking: all ballots are in; waiting for the chair to count",
		"Xếp hạng: đã đủ phiếu, chờ chủ tọa kiểm phiếu")
	w.must(t, as("a0-head", ClosePoll{Poll: "suy-ton", Ballots: box}))
	w.must(t, as("a0-head", OpenPoll{}))
	stands("Leader: ballots still to come: 4", "Bầu Khối trưởng: còn 4 đơn vị chưa bỏ phiếu")
}
