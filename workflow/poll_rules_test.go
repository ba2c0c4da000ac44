package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/workflow/process"

	"pgregory.net/rapid"
)

// polling begins with the scores settled; a0 and a1 chair in their order.
func polling(marks string) func(testing.TB) *fixture {
	return func(t testing.TB) *fixture { return polled(t, "", marks) }
}

// polls are how the polls stand: open with so many ballots, or who got what and was elected.
func (w *fixture) polls() string {
	var out []string
	for _, p := range w.state.Covenant.Scoring.Polls {
		if p.Result == nil {
			out = append(out, fmt.Sprintf("%s?%d", p.Poll, len(p.Cast)+len(p.Taken)))
			continue
		}
		var rows []string
		for _, r := range p.Result.Rows {
			rows = append(rows, fmt.Sprintf("%d", r.Votes))
		}
		text := fmt.Sprintf("%s=%s", p.Poll, strings.Join(rows, ":"))
		if p.Result.Elected != "" {
			text += " " + string(p.Result.Elected)
		}
		if p.Result.Lapsed {
			text += " lapsed"
		}
		if len(p.Result.Tied) > 0 {
			text += " tied " + short(p.Result.Tied)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestPollsInEachSituation(t *testing.T) {
	chair := func(c Command) Command { return as("a0-head", c) }
	cast := func(poll PollID, a AgencyID, choices ...AgencyID) Command {
		return as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: poll, Choices: choices})
	}
	open, lapse := chair(OpenPoll{}), chair(ClosePoll{Poll: "suy-ton", Lapse: true})
	ranked := []Command{open, cast("suy-ton", "a0", "a1"), cast("suy-ton", "a1", "a0"), cast("suy-ton", "a2"),
		cast("suy-ton", "a3", "a0", "a1"), chair(ClosePoll{Poll: "suy-ton"})}
	electing := plus(ranked, open)
	elect := func(votes ...string) []Command {
		out := slices.Clone(electing)
		for i, v := range votes {
			a := AgencyID(fmt.Sprintf("a%d", i))
			if v == "" {
				out = append(out, cast("bau-truong", a))
			} else if v != "-" {
				out = append(out, cast("bau-truong", a, AgencyID(v)))
			}
		}
		return out
	}
	count := chair(ClosePoll{Poll: "bau-truong"})
	const first = "suy-ton=2:2:0:0, "
	declare := func(leader AgencyID) Command {
		return chair(DeclareRanking{Secretary: "a0-officer", NewLeader: leader})
	}
	behaviour{polling("ballot: open"), (*fixture).polls, []situation{
		{name: "opened", does: open, events: "poll_opened", want: "suy-ton?0"},
		{name: "opened by name", does: chair(OpenPoll{Poll: "bau-truong"}), events: "poll_opened",
			want: "bau-truong?0"},
		{name: "one that there is not", does: chair(OpenPoll{Poll: "x"}), code: CodeNotFound,
			vi: "quy trình không có cuộc bỏ phiếu \"x\"", en: "the process has no poll \"x\""},
		{name: "a second one", given: []Command{open}, does: open, code: CodeWrongState,
			vi: "cuộc bỏ phiếu “Xếp hạng” đang mở", en: "the poll “Ranking” is open"},
		{name: "by the deputy", does: as("a1-head", OpenPoll{}), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Ông a0"},
		{name: "a ballot", given: []Command{open}, does: cast("suy-ton", "a1", "a2", "a3"),
			events: "poll_ballot_cast", want: "suy-ton?1"},
		{name: "a blank ballot", given: []Command{open}, does: cast("suy-ton", "a1"), events: "poll_ballot_cast",
			want: "suy-ton?1"},
		{name: "a ballot twice", given: []Command{open, cast("suy-ton", "a1")}, does: cast("suy-ton", "a1", "a2"),
			code: CodeConflict, vi: "Cơ quan a1 đã bỏ phiếu", en: "Cơ quan a1 has voted already"},
		{name: "a ballot before it is opened", does: cast("suy-ton", "a1"), code: CodeWrongState,
			vi: "chủ tọa chưa mở cuộc bỏ phiếu này", en: "the chair has not opened this poll yet"},
		{name: "a ballot after it is closed", given: ranked, does: cast("suy-ton", "a1"), code: CodeWrongState,
			vi: "cuộc bỏ phiếu này đã kết thúc", en: "this poll is closed"},
		{name: "a ballot in no poll", does: cast("x", "a1"), code: CodeNotFound, vi: "không có cuộc bỏ phiếu \"x\"",
			en: "has no poll \"x\""},
		{name: "a ballot for oneself", given: []Command{open}, does: cast("suy-ton", "a1", "a1"), code: CodeForbidden,
			vi: "đơn vị không bỏ phiếu cho chính mình", en: "an agency does not vote for itself"},
		{name: "a ballot for the witness", given: []Command{open}, does: cast("suy-ton", "a1", "w"), code: CodeInvalid,
			vi: "không có trong danh sách", en: "is no candidate"},
		{name: "a ballot of the witness", given: []Command{open}, does: cast("suy-ton", "w", "a1"),
			code: CodeForbidden, vi: "Cơ quan w không có quyền bỏ phiếu", en: "Cơ quan w has no vote in this poll"},
		{name: "two names where one is elected", given: electing, does: cast("bau-truong", "a1", "a2", "a3"),
			code: CodeInvalid, vi: "tối đa 1 đơn vị", en: "at most 1 agency"},
		{name: "counted", given: ranked[:5], does: ranked[5], events: "poll_closed", want: "suy-ton=2:2:0:0"},
		{name: "counted with one missing", given: ranked[:4], does: ranked[5], code: CodeWrongState,
			vi: "chưa đủ số phiếu: 3/4 đơn vị đã bỏ phiếu, cần ít nhất 4",
			en: "3 of 4 agencies have voted, at least 4"},
		{name: "lapsed", given: ranked[:4], does: lapse, events: "poll_closed", want: "suy-ton=1:1:0:0 lapsed"},
		{name: "held again after it lapsed", given: plus(ranked[:4], lapse), does: chair(OpenPoll{Poll: "suy-ton"}),
			events: "poll_opened", want: "suy-ton?0"},
		{name: "held again though it has a result", given: ranked, does: chair(OpenPoll{Poll: "suy-ton"}),
			code: CodeConflict, vi: "đã có kết quả", en: "has its result"},
		{name: "counted by a member", given: ranked[:5], does: as("a2-head", ClosePoll{Poll: "suy-ton"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "elected by all", given: elect("a1", "a2", "a1", "a1"), does: count, events: "poll_closed",
			want: first + "bau-truong=0:3:1:0 a1"},
		{name: "elected by more than half of those who named somebody", given: elect("a1", "", "a1", ""),
			does: count, events: "poll_closed", want: first + "bau-truong=0:2:0:0 a1"},
		{name: "elected by nobody", given: elect("", "", "", ""), does: count, events: "poll_closed",
			want: first + "bau-truong=0:0:0:0"},
		{name: "half is not more than half", given: elect("a1", "a2", "a1", "a2"), does: count,
			events: "poll_closed", want: first + "bau-truong=0:2:2:0"},
		{name: "elected again after nobody was", given: plus(elect("", "", "", ""), count),
			does: chair(OpenPoll{Poll: "bau-truong"}), events: "poll_opened", want: first + "bau-truong?0"},
		{name: "elected again though somebody was", given: plus(elect("a1", "a2", "a1", "a1"), count),
			does: chair(OpenPoll{Poll: "bau-truong"}), code: CodeConflict, vi: "đã có kết quả", en: "has its result"},
		{name: "none is left", given: plus(elect("a1", "a2", "a1", "a1"), count), does: open, code: CodeWrongState,
			vi: "không còn cuộc bỏ phiếu nào", en: "there is no poll left"},
		{name: "ranked with who was elected", given: plus(elect("a1", "a2", "a1", "a1"), count), does: declare(""),
			events: "ranked stage_closed process_ended", phase: PhaseAdopted},
		{name: "ranked with who was not elected", given: plus(elect("a1", "a2", "a1", "a1"), count),
			does: declare("a2"), code: CodeInvalid, vi: "“Bầu Khối trưởng”: Cơ quan a2 không trúng cử",
			en: "“Leader”: Cơ quan a2 was not elected"},
		{name: "ranked before the polls", given: ranked, does: declare(""), code: CodeWrongState,
			vi: "chưa bỏ phiếu xong: “Bầu Khối trưởng”", en: "a poll is still to be held: “Leader”"},
		{name: "ranked with ballots on paper", given: plus(elect("a1", "a2", "a1", "a1"), count),
			does: chair(DeclareRanking{Secretary: "a0-officer", Issued: 1}), code: CodeInvalid,
			vi: "không nhập số phiếu", en: "give no numbers"},
	}}.run(t)
}

// A box of a secret poll is counted as it is, whoever hands it over in whatever order; one that was changed is not.
func TestTheBoxOfAPoll(t *testing.T) {
	given := []Command{as("a0-head", OpenPoll{})}
	for a, choices := range map[AgencyID][]AgencyID{"a0": {"a3", "a1"}, "a1": {"a3"}, "a2": nil, "a3": {"a1", "a0"}} {
		given = append(given, as(PersonID(a+"-head"), CastPollBallot{Agency: a, Poll: "suy-ton", Choices: choices}))
	}
	count := func(box ...PollBallot) Command { return as("a0-head", ClosePoll{Poll: "suy-ton", Ballots: box}) }
	invalid := []string{"hòm phiếu có phiếu không hợp lệ", "the box holds an invalid ballot"}
	bad := func(name string, ballot PollBallot) situation {
		return situation{name: name, given: given, does: count("a1,a3", "a3", ballot, "-"), code: CodeConflict,
			vi: invalid[0], en: invalid[1]}
	}
	behaviour{polling("marks: approve, choose: 2"), (*fixture).polls, []situation{
		{name: "as it is", given: given, does: count("a1,a3", "a3", "-", "a0,a1"), events: "poll_closed",
			want: "suy-ton=1:2:0:2"},
		{name: "in another order", given: given, does: count("-", "a0,a1", "a1,a3", "a3"), events: "poll_closed",
			want: "suy-ton=1:2:0:2"},
		{name: "one too few", given: given, does: count("-", "a0,a1", "a3"), code: CodeConflict,
			vi: "hòm phiếu có 3 phiếu, trong khi 4 đơn vị đã bỏ phiếu",
			en: "holds 3 ballots, but 4 agencies took part"},
		{name: "one too many", given: given, does: count("-", "-", "a0,a1", "a3", "a3"), code: CodeConflict,
			vi: "hòm phiếu có 5 phiếu", en: "holds 5 ballots"},
		bad("a name twice", "a1,a1"), bad("three names", "a0,a1,a2"), bad("a stranger", "x"), bad("the witness", "w"),
		bad("nothing written", ""), bad("not sorted", "a3,a1"), bad("a comma at the end", "a1,"),
		bad("spaces", "a1, a3"), bad("blank and named", "-,a1"),
	}}.run(t)
}

// Whatever is cast, the count follows from the ballots alone: their order is nothing, votes add up, and who is elected
// has enough votes and more than anybody else.
func TestCountsOfPolls(t *testing.T) {
	candidates := []AgencyID{"a", "b", "c", "d"}
	rapid.Check(t, func(r *rapid.T) {
		rule := PollRule{ID: "p", Decides: rapid.SampledFrom([]Decides{DecidesLeader, DecidesRanking}).Draw(r,
			"decides"),
			Marks: rapid.SampledFrom([]Marks{process.MarksApprove, MarksOrder}).Draw(r, "marks"), Choose: 3}
		rule.Pass, _ = process.ParseNeed(rapid.SampledFrom([]string{"majority", "2/3", "1"}).Draw(r, "pass"))
		var box []PollBallot
		for range rapid.IntRange(0, 9).Draw(r, "ballots") {
			choices := rapid.SliceOfNDistinct(rapid.SampledFrom(candidates), 0, 3, rapid.ID[AgencyID]).Draw(r,
				"choices")
			box = append(box, NewPollBallot(rule.Marks, choices))
		}
		poll := Poll{PollOpened: PollOpened{Candidates: candidates}}
		var one, other PollClosed
		one.count(poll, rule, box)
		other.count(poll, rule, rapid.Permutation(box).Draw(r, "order"))
		if fmt.Sprint(one) != fmt.Sprint(other) {
			r.Fatalf("the order of the ballots changes the count: %+v, %+v", one, other)
		}
		named, votes := 0, 0
		for _, b := range box {
			named += len(b.Choices())
		}
		for _, row := range one.Rows {
			votes += row.Votes
			if one.Elected != "" && row.Agency != one.Elected && rule.Marks != MarksOrder {
				elected := one.Rows[slices.Index(candidates, one.Elected)]
				if row.Votes >= elected.Votes || elected.Votes < one.Need {
					r.Fatalf("%s is elected with %d, %s has %d: %+v", one.Elected, elected.Votes, row.Agency, row.Votes,
						one)
				}
			}
		}
		if named != votes || one.Elected != "" && len(one.Tied) > 0 || rule.Decides == DecidesRanking && one.Need != 0 {
			r.Fatalf("%d are named, %d counted: %+v", named, votes, one)
		}
	})
}
