package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/store"
)

const polledScores = `  - {id: diem, kind: score, NAME, score: {
     criteria_from: nhóm_tiêu_chí, classes_from: xếp_loại,
     appeal: {within: {days: 3}}, tie: [ballots], chair: [deputy, leader],
     polls: [{id: suy-ton, vi: Bỏ phiếu xếp hạng, en: Ranking, marks: order, choose: 2},
             {id: bau, vi: Bầu Khối trưởng, en: Leader, decides: leader}]}}
`

// score has every member score itself and the verifier agree; those that the process asks accept.
func (o *office) score(points func(i int) []workflow.CriterionScore) {
	o.t.Helper()
	for i, a := range o.state().Covenant.Members() {
		by := o.who(a, workflow.DutyReport)
		o.do(by, "self/"+string(a), workflow.SubmitScore{Agency: a, Scores: points(i)})
		verifier := o.who("so-gddt", workflow.DutyReport)
		if a == "so-gddt" {
			verifier = o.who("so-noi-vu", workflow.DutyReport)
		}
		o.do(verifier, "verify/"+string(a), workflow.VerifyScore{Agency: a, Scores: points(i)})
	}
}

// Criteria of the covenant's own annex, scores by them, an appeal, a secret poll whose ballots lie apart, an
// election, and the minutes of all that.
func TestPollsLieApart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.begin(polledScores)
		s := o.state()
		if b := s.ScoreBasis(); len(b.Criteria) != 6 || b.Criteria[0].Max != 400_00 ||
			b.Source != s.Covenant.Revisions[0].Values || len(b.Classes) != 3 {
			t.Fatalf("criteria %+v", b)
		}
		o.score(func(i int) []workflow.CriterionScore {
			var out []workflow.CriterionScore
			for _, c := range s.ScoreBasis().Criteria {
				out = append(out, workflow.CriterionScore{Criterion: c.ID, Points: c.Max - workflow.Points(100*(i/2))})
			}
			return out
		})
		members := s.Covenant.Members()
		for _, a := range members[1:] {
			by := o.who(a, workflow.DutyReport)
			o.do(by, "accept/"+string(a), workflow.AcceptScore{Agency: a})
		}
		by := o.who(members[0], workflow.DutyReport)
		o.do(by, "appeal", workflow.AppealScore{Agency: members[0], Criteria: []workflow.CriterionID{"1-2"},
			Reason: "Đã có quyết định nghiệm thu"})
		council := o.who("so-noi-vu", workflow.DutyReport) // members[0] leads
		_, final, _ := o.state().Covenant.Scoring.FinalScore(members[0])
		verified, _ := o.state().Covenant.Scoring.VerifiedScore(members[0])
		o.do(council, "decide", workflow.DecideAppeal{Agency: members[0], Scores: verified.Scores,
			Reason: "Giữ nguyên"})
		if final != 1000_00 {
			t.Errorf("total %s", final)
		}
		chair := o.who("so-noi-vu", workflow.DutyVote)
		o.do(chair, "open", workflow.OpenPoll{})
		for i, a := range members {
			choices := []workflow.AgencyID{members[(i+1)%7], members[(i+2)%7]}
			by := o.who(a, workflow.DutyVote)
			o.do(by, "ballot/"+string(a), workflow.CastPollBallot{Agency: a, Poll: "suy-ton", Choices: choices})
			again, err := o.Do(ctx, o.id, workflow.CastPollBallot{Agency: a, Poll: "suy-ton"},
				o.as(by, "ballot/"+string(a)))
			if err != nil || !again.Repeated { // a key is bound to the ballot, not to its choices
				t.Errorf("the ballot again: %+v, %v", again, err)
			}
			for table, rows := range o.rows() {
				for _, row := range rows {
					if strings.Contains(row, fmt.Sprintf("%s,%s", choices[0], choices[1])) ||
						strings.Contains(row, "choices") {
						t.Errorf("table %s tells a ballot: %s", table, row)
					}
				}
			}
		}
		if problems, err := o.AuditImplied(ctx); err != nil || len(problems) != 0 {
			t.Errorf("audit of the open box: %v, %v", problems, err)
		}
		// office and person of each
		for task, want := range map[string]int{"score": 14, "verify": 2, "appeal": 2, "poll": 14} {
			if got := o.requested(task); len(got) != want {
				t.Errorf("asked to %s: %v, want %d", task, got, want)
			}
		}
		o.do(chair, "count", workflow.ClosePoll{Poll: "suy-ton"})
		poll, _ := o.state().Covenant.Scoring.Poll("suy-ton")
		if r := poll.Result; r.Cast != 7 || len(r.Ballots) != 7 || !slices.IsSorted(r.Ballots) ||
			r.Rows[0].Points != 3 || r.Rows[0].Votes != 2 {
			t.Errorf("count %+v", poll.Result)
		}
		o.elect(chair, members[3])
		o.do(chair, "rank", workflow.DeclareRanking{Secretary: o.who("so-gddt", workflow.DutyDraft)})
		ranked, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Scoring.Minutes != nil })
		check(t, err)
		if r := ranked.Covenant.Scoring.Ranking; r.NewLeader != members[3] || r.Rows[0].Agency != members[0] ||
			r.Rows[1].Rank != 1 || r.Chairing != "so-noi-vu" {
			t.Errorf("ranking %+v", r)
		}
		o.minutesSay(ranked.Covenant.Scoring.Minutes.PDF, "tiến hành bỏ phiếu kín xếp hạng",
			"đơn vị xếp thứ nhất được 2 điểm", "6/6 phiếu hợp lệ (phiếu kín)", "làm Khối trưởng")
		problems, err := o.AuditImplied(ctx)
		if err != nil || len(problems) != 0 {
			t.Errorf("audit: %v, %v", problems, err)
		}
		check(t, o.Store.Update(ctx, func(tx *store.Tx) error { // somebody adds a ballot
			box := fmt.Sprintf("%s/suy-ton/%d", o.id, poll.Round)
			if err := tx.CastBallot(ctx, box, "so-yte"); err != nil {
				return err
			}
			return tx.CloseBox(ctx, box)
		}))
		o.forged = true
		if problems, err = o.AuditImplied(ctx); err != nil || len(problems) != 1 {
			t.Errorf("audit after a ballot was added: %v, %v", problems, err)
		}
	})
}

// minutesSay checks that the minutes, as printed, hold some words.
func (o *office) minutesSay(pdf workflow.Digest, words ...string) {
	o.t.Helper()
	file, err := o.Store.ReadBlob(context.Background(), store.Digest(pdf.String()))
	check(o.t, err)
	path := filepath.Join(o.t.TempDir(), "minutes.pdf")
	check(o.t, os.WriteFile(path, file, 0o600))
	text, err := exec.Command("pdftotext", path, "-").Output()
	check(o.t, err)
	for _, want := range words {
		if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
			o.t.Errorf("the minutes do not say %q:\n%s", want, text)
		}
	}
}

// elect has all vote for one, who votes for the next one of the list.
func (o *office) elect(chair workflow.PersonID, one workflow.AgencyID) {
	o.t.Helper()
	o.do(chair, "open election", workflow.OpenPoll{})
	for _, a := range o.state().Covenant.Members() {
		by, choice := o.who(a, workflow.DutyVote), []workflow.AgencyID{one}
		if a == one {
			choice = nil // nobody names itself
		}
		o.do(by, "elect/"+string(a), workflow.CastPollBallot{Agency: a, Poll: "bau", Choices: choice})
	}
	o.do(chair, "count election", workflow.ClosePoll{Poll: "bau"})
}

// A ranking is minuted also where nobody voted on it.
func TestRankingWithoutBallots(t *testing.T) {
	o := newOffice(t)
	o.begin("  - {id: diem, kind: score, NAME, score: {total: 10, criteria: [{id: a, vi: Nhiệm vụ, en: Tasks, max: " +
		"10}]}}\n")
	o.score(func(int) []workflow.CriterionScore { return []workflow.CriterionScore{{Criterion: "a", Points: 900}} })
	chair := o.who("so-gddt", workflow.DutyVote)
	o.do(chair, "rank", workflow.DeclareRanking{Secretary: o.who("so-gddt", workflow.DutyDraft)})
	s, err := o.Await(context.Background(), o.id,
		func(s workflow.State) bool { return s.Covenant.Scoring.Minutes != nil })
	check(t, err)
	o.minutesSay(s.Covenant.Scoring.Minutes.PDF, "theo điểm thẩm định, không bỏ phiếu")
	if sheet, err := o.ScoreSheet(context.Background(), console, "2026/khoi", "so-yte"); err != nil || len(sheet) == 0 {
		t.Errorf("a sheet of ten points: %v", err)
	}
}
