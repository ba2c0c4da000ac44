package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/workflow/calendar"
	"covenant/workflow/process"
)

func TestScoresAndRanking(t *testing.T) {
	w := under(t, 4, `  - id: diem
    kind: score
    NAME
    score:
      criteria: [{id: a, vi: A, en: A, max: 700}, {id: b, vi: B, en: B, max: 300}]
      tie: [criterion:a, ballots]
      classes: [{vi: Xuất sắc, en: Excellent, from: 900}, {vi: Tốt, en: Good, from: 800}]
      flags: 1
`)
	scores := func(a, b string) []CriterionScore {
		pa, _ := process.ParsePoints(a)
		pb, _ := process.ParsePoints(b)
		return []CriterionScore{{Criterion: "a", Points: pa}, {Criterion: "b", Points: pb}}
	}
	w.phase(t, AwaitingScores)
	w.refused(t, as("a1-officer", SubmitScore{Agency: "a1", Scores: scores("700.5", "1")}), CodeInvalid)
	w.refused(t, as("a1-officer", SubmitScore{Agency: "a1", Scores: scores("1", "1")[:1]}), CodeInvalid)
	w.refused(t, as("a0-officer", VerifyScore{Agency: "a1", Scores: scores("1", "1")}), CodeWrongState)
	given := map[AgencyID][2]string{"a0": {"650", "250.5"}, "a1": {"600", "299"},
		"a2": {"610", "289"}, "a3": {"600", "299"}}
	for _, a := range []AgencyID{"a0", "a1", "a2", "a3"} {
		w.must(t, as(PersonID(a+"-officer"), SubmitScore{Agency: a, Scores: scores("700", "300")}))
	}
	// not its own
	w.refused(t, as("a0-officer", VerifyScore{Agency: "a0", Scores: scores("1", "1"), Note: "x"}), CodeForbidden)
	// differs without a reason
	w.refused(t, as("a0-officer", VerifyScore{Agency: "a1", Scores: scores("1", "1")}), CodeInvalid)
	for a, s := range given {
		by := PersonID("a0-officer")
		if a == "a0" {
			by = "a1-officer"
		}
		w.must(t, as(by, VerifyScore{Agency: a, Scores: scores(s[0], s[1]), Note: "đối chiếu hồ sơ"}))
	}
	w.refused(t, as("a0-head", DeclareRanking{Secretary: "a0-officer", Votes: []AgencyVotes{{"a1", 9}}}), CodeInvalid)
	w.must(t, as("a0-head", DeclareRanking{Secretary: "a0-officer", Votes: []AgencyVotes{{"a3", 4}, {"a1", 2}},
		Issued: 4, Collected: 4, Valid: 4, NewLeader: "a1", NewDeputy: "a2"}))
	w.phase(t, PhaseAdopted)
	var got []string
	for _, r := range w.state.Covenant.Scoring.Ranking.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %s %v", r.Rank, r.Agency, r.Total, r.Class.English, r.Flag))
	}
	want := []string{"1 a0 900.5 Excellent true", "2 a2 899 Good false", "3 a3 899 Good false", "4 a1 899 Good false"}
	if !slices.Equal(got, want) {
		t.Errorf("ranking %q, want %q", got, want)
	}
	w.must(t, RecordMinutes{Stage: "diem", Values: DigestOf([]byte("v")), PDF: DigestOf([]byte("p"))})
}

func TestReportingEndsInScores(t *testing.T) {
	w := under(t, 3, strings.Replace(signing, ", SIGN", "", 1)+`
  - {id: bao-cao, kind: report, NAME, report: {months: 6, obligations: [{id: nam, vi: Báo cáo, en: Report, `+
		`period: half, schedule: "0 17 15 6 *"}]}}
  - {id: diem, kind: score, NAME, score: {total: 10, criteria: [{id: a, vi: A, en: A, max: 10}]}}
`)
	w.upTo(t, AwaitingReports)
	w.refused(t, as("a0-officer", CloseReporting{}), CodeWrongState)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, as(PersonID(a+"-officer"),
			SubmitReport{Agency: a, Obligation: "nam", Period: "2026-H1", Summary: "đủ"}))
	}
	w.must(t, as("a0-officer", CloseReporting{}))
	w.phase(t, AwaitingScores)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, as(PersonID(a+"-officer"),
			SubmitScore{Agency: a, Scores: []CriterionScore{{Criterion: "a", Points: 900}}}))
	}
	w.must(t, as("a1-officer", VerifyScore{Agency: "a0", Scores: []CriterionScore{{Criterion: "a", Points: 900}}}))
	w.must(t, as("a0-officer", VerifyScore{Agency: "a1", Scores: []CriterionScore{{Criterion: "a", Points: 900}}}))
	w.must(t, as("a0-officer", VerifyScore{Agency: "a2", Scores: []CriterionScore{{Criterion: "a", Points: 900}}}))
	w.must(t, as("a0-head", DeclareRanking{Secretary: "a0-officer"}))
	w.phase(t, PhaseClosed)
}

// The duties last from the printed date; a report whose last day came before all had signed is not asked for.
func TestReportsCountFromThePrintedDate(t *testing.T) {
	w := under(t, 3, strings.Replace(signing, ", SIGN", "", 1)+`
  - {id: bao-cao, kind: report, NAME, report: {months: 6, obligations: [{id: thang, vi: Báo cáo, en: Report, `+
		`period: quarter, schedule: "0 17 28 3,6,9 *"}]}}
`)
	w.upTo(t, AwaitingSignatures)
	w.now = w.now.AddDate(0, 0, 10) // numbered on 26/3, signed on 5/4
	w.upTo(t, AwaitingReports)
	if r := w.state.Covenant.Reporting; r.From != calendar.On(2026, 4, 5) || r.Until != calendar.On(2026, 9, 26) ||
		w.state.Covenant.InForce != calendar.On(2026, 3, 26) {
		t.Errorf("reports from %s to %s, in force %s", r.From, r.Until, w.state.Covenant.InForce)
	}
	w.refused(t, as("a1-officer", SubmitReport{Agency: "a1", Obligation: "thang", Period: "2026-Q1", Summary: "x"}),
		CodeNotFound)
	w.must(t, as("a1-officer", SubmitReport{Agency: "a1", Obligation: "thang", Period: "2026-Q2", Summary: "x"}))
	// due on 28/9, after the term
	w.refused(t, as("a1-officer", SubmitReport{Agency: "a1", Obligation: "thang", Period: "2026-Q3", Summary: "x"}),
		CodeNotFound)
}
