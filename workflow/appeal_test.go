package workflow

import "testing"

// An agency accepts its verified score or appeals once, in time; what is decided then counts,
// and nothing is ranked before.
func TestAppeals(t *testing.T) {
	w := under(t, 3, "  - {id: diem, kind: score, NAME, score: {total: 10, appeal: {within: {working_days: 2}, "+
		"by: leader}, criteria: [{id: a, vi: A, en: A, max: 6}, {id: b, vi: B, en: B, max: 4}]}}\n")
	scores := func(a, b Points) []CriterionScore {
		return []CriterionScore{{Criterion: "a", Points: a}, {Criterion: "b", Points: b}}
	}
	w.refused(t, as("a1-officer", AcceptScore{Agency: "a1"}), CodeWrongState) // not verified yet
	for i, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, as(PersonID(a+"-officer"), SubmitScore{Agency: a, Scores: scores(600, 400)}))
		w.must(t, as([]PersonID{"a1-officer", "a0-officer", "a0-officer"}[i],
			VerifyScore{Agency: a, Scores: scores(500, 300), Note: "đối chiếu"}))
	}
	declare := as("a0-head", DeclareRanking{Secretary: "a0-officer"})
	w.refused(t, declare, CodeWrongState)
	w.must(t, as("a2-officer", AcceptScore{Agency: "a2"}))
	w.refused(t, as("a2-officer", AppealScore{Agency: "a2", Reason: "x"}), CodeConflict)
	appeal := AppealScore{Agency: "a1", Criteria: []CriterionID{"a"}}
	w.refused(t, as("a1-officer", appeal), CodeInvalid) // no reason
	appeal.Reason, appeal.Criteria = "có minh chứng mới", []CriterionID{"c"}
	w.refused(t, as("a1-officer", appeal), CodeInvalid)
	appeal.Criteria = []CriterionID{"a"}
	w.refused(t, as("a0-officer", AppealScore{Agency: "a1", Reason: "x"}), CodeForbidden)
	w.must(t, as("a1-officer", appeal))
	w.refused(t, as("a1-officer", AcceptScore{Agency: "a1"}), CodeConflict)
	if got := w.state.Turns(); len(got) != 1 || got[0] != (Turn{"a0", DutyReport}) {
		t.Errorf("turns %v", got)
	}
	decide := DecideAppeal{Agency: "a1", Scores: scores(600, 400), Reason: "minh chứng hợp lệ"}
	w.refused(t, as("a0-officer", decide), CodeInvalid) // the appeal is not about b
	decide.Scores = scores(600, 300)
	w.refused(t, as("a1-officer", DecideAppeal{Agency: "a1", Scores: decide.Scores, Reason: "x"}), CodeForbidden)
	w.must(t, as("a0-officer", decide))
	w.refused(t, as("a0-officer", decide), CodeWrongState)
	w.refused(t, declare, CodeWrongState) // a0 may still appeal
	own := as("a0-officer", AppealScore{Agency: "a0", Reason: "x"})
	late := w.now
	w.now = late.AddDate(0, 0, 10)
	w.refused(t, own, CodeWrongState)
	w.now = late
	w.must(t, own)
	// nobody decides its own
	w.refused(t, as("a0-officer", DecideAppeal{Agency: "a0", Scores: scores(600, 400), Reason: "x"}), CodeForbidden)
	w.must(t, as("a1-officer", DecideAppeal{Agency: "a0", Scores: scores(0, 0), Reason: "x"}))
	w.must(t, declare)
	rows := w.state.Covenant.Scoring.Ranking.Rows
	if rows[0].Agency != "a1" || rows[0].Total != 900 || rows[1].Agency != "a2" || rows[2].Total != 0 {
		t.Errorf("ranking %+v", rows)
	}
}
