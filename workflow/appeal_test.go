package workflow

import "testing"

// An agency accepts its verified score or appeals once, in time; what is decided then counts, and nothing is ranked before.
func TestAppeals(t *testing.T) {
	w := under(t, 3, "  - {id: diem, kind: score, NAME, score: {total: 10, appeal: {within: {working_days: 2}, by: leader}, criteria: [{id: a, vi: A, en: A, max: 6}, {id: b, vi: B, en: B, max: 4}]}}\n")
	scores := func(a, b Points) []CriterionScore { return []CriterionScore{{"a", a}, {"b", b}} }
	w.refused(t, AcceptScore{By: "a1-officer", Agency: "a1"}, CodeWrongState) // not verified yet
	for i, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, SubmitScore{By: PersonID(a + "-officer"), Agency: a, Scores: scores(600, 400)})
		w.must(t, VerifyScore{By: []PersonID{"a1-officer", "a0-officer", "a0-officer"}[i], Agency: a, Scores: scores(500, 300), Note: "đối chiếu"})
	}
	declare := DeclareRanking{By: "a0-head", Secretary: "a0-officer"}
	w.refused(t, declare, CodeWrongState)
	w.must(t, AcceptScore{By: "a2-officer", Agency: "a2"})
	w.refused(t, AppealScore{By: "a2-officer", Agency: "a2", Reason: "x"}, CodeConflict)
	appeal := AppealScore{By: "a1-officer", Agency: "a1", Criteria: []CriterionID{"a"}}
	w.refused(t, appeal, CodeInvalid) // no reason
	appeal.Reason, appeal.Criteria = "có minh chứng mới", []CriterionID{"c"}
	w.refused(t, appeal, CodeInvalid)
	appeal.Criteria = []CriterionID{"a"}
	w.refused(t, AppealScore{By: "a0-officer", Agency: "a1", Reason: "x"}, CodeForbidden)
	w.must(t, appeal)
	w.refused(t, AcceptScore{By: "a1-officer", Agency: "a1"}, CodeConflict)
	if got := w.state.Turns(); len(got) != 1 || got[0] != (Turn{"a0", DutyReport}) {
		t.Errorf("turns %v", got)
	}
	decide := DecideAppeal{By: "a0-officer", Agency: "a1", Scores: scores(600, 400), Reason: "minh chứng hợp lệ"}
	w.refused(t, decide, CodeInvalid) // the appeal is not about b
	decide.Scores = scores(600, 300)
	w.refused(t, DecideAppeal{By: "a1-officer", Agency: "a1", Scores: decide.Scores, Reason: "x"}, CodeForbidden)
	w.must(t, decide)
	w.refused(t, decide, CodeWrongState)
	w.refused(t, declare, CodeWrongState) // a0 may still appeal
	own := AppealScore{By: "a0-officer", Agency: "a0", Reason: "x"}
	late := w.now
	w.now = late.AddDate(0, 0, 10)
	w.refused(t, own, CodeWrongState)
	w.now = late
	w.must(t, own)
	w.refused(t, DecideAppeal{By: "a0-officer", Agency: "a0", Scores: scores(600, 400), Reason: "x"}, CodeForbidden) // nobody decides its own
	w.must(t, DecideAppeal{By: "a1-officer", Agency: "a0", Scores: scores(0, 0), Reason: "x"})
	w.must(t, declare)
	rows := w.state.Covenant.Scoring.Ranking.Rows
	if rows[0].Agency != "a1" || rows[0].Total != 900 || rows[1].Agency != "a2" || rows[2].Total != 0 {
		t.Errorf("ranking %+v", rows)
	}
}
