package workflow

import (
	"fmt"
	"strings"
	"testing"
)

const twoCriteria = "criteria: [{id: a, vi: Phát triển, en: Growth, max: 6}, {id: b, vi: Cải cách, en: Reform, max: 4}]"

// scoring begins with a stage of scores among four members.
func scoringUnder(rules string) func(testing.TB) *fixture {
	return func(t testing.TB) *fixture {
		return under(t, 4, "  - {id: diem, kind: score, NAME, score: {total: 10, "+rules+twoCriteria+"}}\n")
	}
}

func ab(a, b Points) []CriterionScore {
	return []CriterionScore{{Criterion: "a", Points: a}, {Criterion: "b", Points: b}}
}

func selfScore(a AgencyID, scores []CriterionScore) Command {
	return as(PersonID(a+"-officer"), SubmitScore{Agency: a, Scores: scores})
}

func verify(a AgencyID, scores []CriterionScore, note string) Command {
	by := PersonID("a0-officer")
	if a == "a0" {
		by = "a1-officer"
	}
	return as(by, VerifyScore{Agency: a, Scores: scores, Note: note})
}

// verified are the commands by which each of the members scores itself and is given its points as they are.
func verified(scores ...[]CriterionScore) []Command {
	var out []Command
	for i, sc := range scores {
		out = append(out, selfScore(AgencyID(fmt.Sprintf("a%d", i)), sc))
	}
	for i, sc := range scores {
		out = append(out, verify(AgencyID(fmt.Sprintf("a%d", i)), sc, ""))
	}
	return out
}

// totals are what the members have: of themselves, verified, and in the end.
func (w *fixture) totals() string {
	var out []string
	for _, a := range w.state.Covenant.Members() {
		sc := w.state.Covenant.Scoring
		self, _ := sc.SelfScore(a)
		given, ok := sc.VerifiedScore(a)
		_, final, _ := sc.FinalScore(a)
		switch {
		case ok:
			out = append(out, fmt.Sprintf("%s=%s/%s/%s", a, self.Total, given.Total, final))
		case self.Agency != "":
			out = append(out, fmt.Sprintf("%s=%s", a, self.Total))
		}
	}
	return strings.Join(out, " ")
}

func TestScoresOfOneself(t *testing.T) {
	full := ab(600, 400)
	behaviour{scoringUnder(""), (*fixture).totals, []situation{
		{name: "within the maxima", does: selfScore("a1", ab(550, 400)), events: "self_scored", want: "a1=9.5"},
		{name: "nothing at all is a score", does: selfScore("a1", ab(0, 0)), events: "self_scored", want: "a1=0"},
		{name: "in another order", does: selfScore("a1", []CriterionScore{{Criterion: "b", Points: 1},
			{Criterion: "a", Points: 2}}), events: "self_scored", want: "a1=0.03"},
		{name: "again, before it is verified", given: []Command{selfScore("a1", full)},
			does: selfScore("a1", ab(1, 2)), events: "self_scored", want: "a1=0.03"},
		{name: "again, after it is verified", given: []Command{selfScore("a1", full), verify("a1", full, "")},
			does: selfScore("a1", ab(1, 2)), code: CodeConflict, vi: "điểm của Cơ quan a1 đã được thẩm định",
			en: "the score of Cơ quan a1 is verified already", want: "a1=10/10/10"},
		{name: "one criterion left out", does: selfScore("a1", full[:1]), code: CodeInvalid,
			vi: "cần chấm đủ 2 tiêu chí, mới có 1", en: "all 2 criteria must be scored, these are 1"},
		{name: "one criterion twice", does: selfScore("a1", append(ab(1, 1), full[1])), code: CodeInvalid,
			vi: "tiêu chí \"b\" không có hoặc được chấm hai lần", en: "\"b\" does not exist or is scored twice"},
		{name: "a criterion that there is not", does: selfScore("a1",
			[]CriterionScore{full[0], {Criterion: "c", Points: 1}}), code: CodeInvalid,
			vi: "tiêu chí \"c\" không có", en: "\"c\" does not exist"},
		{name: "more than the maximum", does: selfScore("a1", ab(600, 401)), code: CodeInvalid,
			vi: "“Cải cách”: 4,01 điểm, tối đa là 4", en: "“Reform”: 4.01 points, at most 4 are possible"},
		{name: "less than nothing", does: selfScore("a1", ab(600, -1)), code: CodeInvalid,
			vi: "“Cải cách”", en: "“Reform”"},
		{name: "by somebody without the duty", does: as("a1-head", SubmitScore{Agency: "a1", Scores: full}),
			code: CodeForbidden, vi: "Ông a1 không có thẩm quyền", en: "those who may: Bà a1"},
		{name: "for another agency", does: as("a2-officer", SubmitScore{Agency: "a1", Scores: full}),
			code: CodeForbidden, vi: "Bà a2 không có thẩm quyền", en: "Bà a2 may not"},
		{name: "for the witness", does: selfScore("w", full), code: CodeForbidden,
			vi: "Cơ quan w không thuộc diện chấm điểm", en: "Cơ quan w is not scored"},
		{name: "by the console itself", does: SubmitScore{Agency: "a1", Scores: full}, code: CodeForbidden,
			vi: "hãy cho biết là ai (--as)", en: "say who (--as)"},
	}}.run(t)
}

func TestVerifiedScores(t *testing.T) {
	full := ab(600, 400)
	mine := []Command{selfScore("a1", full)}
	behaviour{scoringUnder(""), (*fixture).totals, []situation{
		{name: "as given", given: mine, does: verify("a1", full, ""), events: "score_verified", want: "a1=10/10/10"},
		{name: "otherwise, with a reason", given: mine, does: verify("a1", ab(600, 300), "thiếu minh chứng"),
			events: "score_verified", want: "a1=10/9/9"},
		{name: "otherwise, without one", given: mine, does: verify("a1", ab(600, 300), ""), code: CodeInvalid,
			vi: "ở “Cải cách” (3 so với 4): cần nêu lý do", en: "at “Reform” (3, not 4): say why"},
		{name: "otherwise, with a blank one", given: mine, does: verify("a1", ab(600, 300), " \n"), code: CodeInvalid,
			vi: "cần nêu lý do", en: "say why"},
		{name: "the same total of other points, without a reason", given: []Command{selfScore("a1", ab(300, 300))},
			does: verify("a1", ab(200, 400), ""), code: CodeInvalid, vi: "cần nêu lý do", en: "say why"},
		{name: "before the agency scored itself", does: verify("a1", full, ""), code: CodeWrongState,
			vi: "chưa tự chấm điểm, hoặc đã được thẩm định", en: "has not scored itself yet, or is verified already"},
		{name: "twice", given: plus(mine, verify("a1", full, "")), does: verify("a1", full, ""),
			code: CodeWrongState, vi: "đã được thẩm định", en: "is verified already"},
		{name: "one's own, by the leader", given: []Command{selfScore("a0", full)},
			does: as("a0-officer", VerifyScore{Agency: "a0", Scores: full}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a1"},
		{name: "the leader's, by the deputy", given: []Command{selfScore("a0", full)}, does: verify("a0", full, ""),
			events: "score_verified", want: "a0=10/10/10"},
		{name: "another's, by the deputy", given: mine, does: as("a1-officer", VerifyScore{Agency: "a1", Scores: full}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "more than the maximum", given: mine, does: verify("a1", ab(601, 0), "x"), code: CodeInvalid,
			vi: "“Phát triển”: 6,01 điểm", en: "“Growth”: 6.01 points"},
		{name: "of the witness", given: mine, does: verify("w", full, ""), code: CodeWrongState,
			vi: "Cơ quan w chưa tự chấm điểm", en: "Cơ quan w has not scored itself yet"},
	}}.run(t)
}

func TestAppealsInEachSituation(t *testing.T) {
	full, given := ab(600, 400), ab(500, 300)
	heard := []Command{selfScore("a1", full), verify("a1", given, "đối chiếu")}
	appeal := func(reason string, criteria ...CriterionID) Command {
		return as("a1-officer", AppealScore{Agency: "a1", Criteria: criteria, Reason: reason})
	}
	accept := as("a1-officer", AcceptScore{Agency: "a1"})
	decide := func(scores []CriterionScore, reason string) Command {
		return as("a0-officer", DecideAppeal{Agency: "a1", Scores: scores, Reason: reason})
	}
	appealed := plus(heard, appeal("có minh chứng mới", "a"))
	behaviour{scoringUnder("appeal: {within: {working_days: 2}, by: leader}, "), (*fixture).totals, []situation{
		{name: "accepted", given: heard, does: accept, events: "score_accepted", want: "a1=10/8/8"},
		{name: "accepted twice", given: plus(heard, accept), does: accept, code: CodeConflict,
			vi: "đã chấp nhận điểm hoặc đã khiếu nại", en: "has accepted its score or appealed already"},
		{name: "appealed after it was accepted", given: plus(heard, accept), does: appeal("x"), code: CodeConflict,
			vi: "đã chấp nhận", en: "has accepted"},
		{name: "accepted after it was appealed", given: appealed, does: accept, code: CodeConflict,
			vi: "đã khiếu nại", en: "appealed already"},
		{name: "appealed before it is verified", given: heard[:1], does: appeal("x"), code: CodeWrongState,
			vi: "điểm của Cơ quan a1 chưa được thẩm định", en: "the score of Cơ quan a1 is not verified yet"},
		{name: "about all criteria", given: heard, does: appeal("x"), events: "score_appealed", want: "a1=10/8/8"},
		{name: "about one", given: heard, does: appeal("x", "b"), events: "score_appealed"},
		{name: "about one twice", given: heard, does: appeal("x", "b", "b"), code: CodeInvalid,
			vi: "nêu hai lần", en: "named twice"},
		{name: "about one that there is not", given: heard, does: appeal("x", "c"), code: CodeInvalid,
			vi: "không có tiêu chí \"c\"", en: "there is no criterion \"c\""},
		{name: "for no reason", given: heard, does: appeal(" \t"), code: CodeInvalid, vi: "cần nêu lý do khiếu nại",
			en: "say why it is appealed"},
		{name: "on the last day", given: heard, later: 4 * day, does: appeal("x"), events: "score_appealed"},
		{name: "a day late", given: heard, later: 5 * day, does: appeal("x"), code: CodeWrongState,
			vi: "đã hết thời hạn khiếu nại điểm của Cơ quan a1", en: "the time for appeals of Cơ quan a1 is over"},
		{name: "accepted a day late", given: heard, later: 5 * day, does: accept, code: CodeWrongState,
			vi: "đã hết thời hạn", en: "is over"},
		{name: "by another agency", given: heard, does: as("a2-officer", AppealScore{Agency: "a1", Reason: "x"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Bà a1"},
		{name: "decided for it", given: appealed, does: decide(ab(600, 300), "minh chứng hợp lệ"),
			events: "appeal_decided", want: "a1=10/8/9"},
		{name: "decided against it", given: appealed, does: decide(given, "không đủ căn cứ"),
			events: "appeal_decided", want: "a1=10/8/8"},
		{name: "decided to its harm", given: appealed, does: decide(ab(100, 300), "x"), events: "appeal_decided",
			want: "a1=10/8/4"},
		{name: "decided about more than was asked", given: appealed, does: decide(ab(600, 400), "x"),
			code: CodeInvalid, vi: "khiếu nại không nói đến tiêu chí “Cải cách”",
			en: "the appeal is not about “Reform”"},
		{name: "decided for no reason", given: appealed, does: decide(given, " "), code: CodeInvalid,
			vi: "cần nêu lý do của quyết định", en: "say why it is decided so"},
		{name: "decided twice", given: plus(appealed, decide(given, "x")), does: decide(given, "x"),
			code: CodeWrongState, vi: "không có khiếu nại nào chờ", en: "has no appeal that is to be decided"},
		{name: "decided without an appeal", given: heard, does: decide(given, "x"), code: CodeWrongState,
			vi: "không có khiếu nại nào chờ", en: "has no appeal"},
		{name: "decided by whom it concerns", given: appealed,
			does: as("a1-officer", DecideAppeal{Agency: "a1", Scores: given, Reason: "x"}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "decided with too few criteria", given: appealed, does: decide(given[:1], "x"), code: CodeInvalid,
			vi: "cần chấm đủ 2 tiêu chí", en: "all 2 criteria"},
		{name: "decided long after", given: appealed, later: 30 * day, does: decide(given, "x"),
			events: "appeal_decided"},
	}}.run(t)
	behaviour{scoringUnder(""), nil, []situation{
		{name: "where the process knows none", given: heard, does: appeal("x"), code: CodeForbidden,
			vi: "quy trình không có khiếu nại điểm", en: "the process knows no appeals"},
		{name: "accepted where the process knows none", given: heard, does: accept, code: CodeForbidden,
			vi: "quy trình không có khiếu nại điểm", en: "the process knows no appeals"},
	}}.run(t)
}

// ranks are the rows of the ranking: rank, agency, total, and a star where a flag is proposed.
func (w *fixture) ranks() string {
	var out []string
	if sc := w.state.Covenant.Scoring; sc != nil && sc.Ranking != nil {
		for _, row := range sc.Ranking.Rows {
			flag := map[bool]string{true: "*"}[row.Flag]
			out = append(out, fmt.Sprintf("%d.%s=%s%s%s", row.Rank, row.Agency, row.Total, row.Class.English, flag))
		}
	}
	return strings.Join(out, " ")
}

func TestRankings(t *testing.T) {
	declare := DeclareRanking{Secretary: "a0-officer"}
	with := func(change func(*DeclareRanking)) Command {
		cmd := declare
		change(&cmd)
		return as("a0-head", cmd)
	}
	plain := verified(ab(600, 200), ab(500, 300), ab(100, 100), ab(600, 400))
	const ended = "ranked stage_closed process_ended"
	behaviour{scoringUnder("flags: 2, tie: ['criterion:b', ballots], classes: [{vi: Tốt, en: Good, from: 8}], "),
		(*fixture).ranks, []situation{
			{name: "by totals, then by a criterion", given: plain, does: as("a0-head", declare), events: ended,
				phase: PhaseAdopted, want: "1.a3=10Good* 2.a1=8Good* 3.a0=8Good 4.a2=2"},
			{name: "equal in everything", given: verified(ab(1, 1), ab(1, 1), ab(1, 2), ab(1, 1)),
				does: as("a0-head", declare), events: ended, phase: PhaseAdopted,
				want: "1.a2=0.03* 2.a0=0.02* 2.a1=0.02 2.a3=0.02"},
			{name: "ties broken by ballots", given: verified(ab(1, 1), ab(1, 1), ab(1, 1), ab(1, 1)),
				does: with(func(d *DeclareRanking) {
					d.Votes, d.Issued, d.Collected, d.Valid = []AgencyVotes{{"a3", 2}, {"a1", 1}}, 4, 3, 3
				}),
				events: ended, phase: PhaseAdopted, want: "1.a3=0.02* 2.a1=0.02* 3.a0=0.02 3.a2=0.02"},
			{name: "a score is missing", given: plain[:7], does: as("a0-head", declare), code: CodeWrongState,
				vi: "chưa thẩm định xong điểm", en: "not every score is verified yet"},
			{name: "by another than the chair", given: plain, does: as("a1-head", declare), code: CodeForbidden,
				vi: "thẩm quyền", en: "those who may: Ông a0"},
			{name: "by an officer of the chair", given: plain, does: as("a0-officer", declare), code: CodeForbidden,
				vi: "thẩm quyền", en: "those who may: Ông a0"},
			{name: "without a secretary", given: plain, does: as("a0-head", DeclareRanking{}), code: CodeInvalid,
				vi: "cần ghi người kiểm phiếu, thư ký", en: "name a secretary"},
			{name: "a secretary whom nobody knows", given: plain, does: as("a0-head",
				DeclareRanking{Secretary: "x"}), code: CodeInvalid, vi: "thư ký có trong danh bạ",
				en: "in the directory"},
			{name: "led by the witness", given: plain, does: with(func(d *DeclareRanking) { d.NewLeader = "w" }),
				code: CodeInvalid, vi: "Cơ quan w không phải đơn vị thành viên", en: "Cơ quan w is not a member"},
			{name: "one agency for both offices", given: plain, does: with(func(d *DeclareRanking) {
				d.NewLeader, d.NewDeputy = "a1", "a1"
			}), code: CodeInvalid, vi: "phải là hai đơn vị", en: "must be two agencies"},
			{name: "more collected than issued", given: plain, does: with(func(d *DeclareRanking) {
				d.Issued, d.Collected, d.Valid = 3, 4, 3
			}), code: CodeInvalid, vi: "phát 3, thu 4, hợp lệ 3", en: "3 issued, 4 collected, 3 valid"},
			{name: "more valid than collected", given: plain, does: with(func(d *DeclareRanking) {
				d.Issued, d.Collected, d.Valid = 4, 3, 4
			}), code: CodeInvalid, vi: "phát 4, thu 3, hợp lệ 4", en: "4 issued, 3 collected, 4 valid"},
			{name: "less than no ballots", given: plain, does: with(func(d *DeclareRanking) { d.Valid = -1 }),
				code: CodeInvalid, vi: "số phiếu không khớp", en: "the ballots do not agree"},
			{name: "more votes than valid ballots", given: plain, does: with(func(d *DeclareRanking) {
				d.Votes, d.Issued, d.Collected, d.Valid = []AgencyVotes{{"a1", 4}}, 4, 3, 3
			}), code: CodeInvalid, vi: "số phiếu của Cơ quan a1 không hợp lệ: 4",
				en: "the votes for Cơ quan a1 cannot be: 4"},
			{name: "votes for one agency twice", given: plain, does: with(func(d *DeclareRanking) {
				d.Votes, d.Issued, d.Collected, d.Valid = []AgencyVotes{{"a1", 1}, {"a1", 1}}, 4, 3, 3
			}), code: CodeInvalid, vi: "số phiếu của Cơ quan a1", en: "the votes for Cơ quan a1"},
			{name: "votes for the witness", given: plain, does: with(func(d *DeclareRanking) {
				d.Votes, d.Issued, d.Collected, d.Valid = []AgencyVotes{{"w", 1}}, 4, 3, 3
			}), code: CodeInvalid, vi: "số phiếu của Cơ quan w", en: "the votes for Cơ quan w"},
			{name: "twice", given: plus(plain, as("a0-head", declare)), does: as("a0-head", declare),
				code: CodeWrongState, vi: "giao ước đang ở bước khác", en: "the covenant is at another step"},
		}}.run(t)
}
