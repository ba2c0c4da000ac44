package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
)

const scoreProcess = `process: {id: p, vi: Quy trình, en: Process}
stages:
  - id: cham-diem
    kind: score
    name: {vi: "Chấm điểm, xếp hạng", en: Scores and ranking}
    score:
      criteria:
        - {id: chuyen-mon, vi: Hoàn thành nhiệm vụ chuyên môn, en: Professional tasks, max: 400, group: {vi: Kết quả thực hiện nhiệm vụ, en: Results}}
        - {id: trong-tam, vi: Hoàn thành 10 nhiệm vụ trọng tâm, en: The ten key tasks, max: 300, group: {vi: Kết quả thực hiện nhiệm vụ, en: Results}}
        - {id: phong-trao, vi: Tổ chức phong trào thi đua, en: Movements, max: 200, group: {vi: Phong trào và hoạt động của Khối, en: Movements}}
        - {id: bao-cao, vi: Báo cáo đúng hạn, en: Reports in time, max: 100, group: {vi: Phong trào và hoạt động của Khối, en: Movements}}
      appeal: {within: {working_days: 3}}
      polls:
        - {id: suy-ton, vi: Bỏ phiếu suy tôn, en: Ranking, marks: order, choose: 3}
        - {id: bau, vi: Bầu Khối trưởng năm sau, en: Next year's leader, decides: leader}
      tie: [ballots]
      classes: [{vi: Xuất sắc, en: Excellent, from: 930}, {vi: Tốt, en: Good, from: 800}]
      flags: 2
`

// scoring is a covenant whose members have scored themselves and been verified; the second one's appeal is still to be decided.
func scoring(t *testing.T) *life {
	l := lifeUnder(t, []byte(scoreProcess))
	members := l.state.Covenant.Members()
	for i, a := range members {
		given := []workflow.CriterionScore{{Criterion: "chuyen-mon", Points: 400_00}, {Criterion: "trong-tam", Points: 290_50}, {Criterion: "phong-trao", Points: 190_00}, {Criterion: "bao-cao", Points: 100_00}}
		l.do(workflow.SubmitScore{By: l.who(a, workflow.DutyReport), Agency: a, Scores: given, Note: "Tự chấm theo báo cáo tổng kết."})
		checked := slices.Clone(given)
		checked[0].Points -= workflow.Points(i * 700)
		verifier := members[0]
		if i == 0 {
			verifier = members[1]
		}
		l.do(workflow.VerifyScore{By: l.who(verifier, workflow.DutyReport), Agency: a, Scores: checked, Note: "Đối chiếu báo cáo và sổ theo dõi."})
	}
	for i, a := range members {
		by := l.who(a, workflow.DutyReport)
		if i == 1 {
			l.do(workflow.AppealScore{By: by, Agency: a, Criteria: []workflow.CriterionID{"chuyen-mon"}, Reason: "Đã có quyết định nghiệm thu bổ sung."})
			continue
		}
		l.do(workflow.AcceptScore{By: by, Agency: a})
	}
	return l
}

// ranked goes on to the polls and the ranking.
func ranked(t *testing.T) *life {
	l := scoring(t)
	members := l.state.Covenant.Members()
	verified, _ := l.state.Covenant.Scoring.VerifiedScore(members[1])
	decided := slices.Clone(verified.Scores)
	decided[0].Points = 400_00
	l.do(workflow.DecideAppeal{By: l.who(members[0], workflow.DutyReport), Agency: members[1], Scores: decided, Reason: "Minh chứng hợp lệ."})
	chair := l.who(members[0], workflow.DutyVote)
	l.do(workflow.OpenPoll{By: chair})
	var box []workflow.PollBallot
	for i, a := range members {
		choices := []workflow.AgencyID{members[(i+1)%len(members)], members[(i+2)%3]}
		if choices[0] == choices[1] || choices[1] == a {
			choices = choices[:1]
		}
		l.do(workflow.CastPollBallot{By: l.who(a, workflow.DutyVote), Agency: a, Poll: "suy-ton", Choices: choices})
		box = append(box, workflow.NewPollBallot(workflow.MarksOrder, choices))
	}
	l.do(workflow.ClosePoll{By: chair, Poll: "suy-ton", Ballots: box})
	l.do(workflow.OpenPoll{By: chair})
	box = nil
	for _, a := range members {
		choices := []workflow.AgencyID{members[1]}
		if a == members[1] {
			choices = nil
		}
		l.do(workflow.CastPollBallot{By: l.who(a, workflow.DutyVote), Agency: a, Poll: "bau", Choices: choices})
		box = append(box, workflow.NewPollBallot(workflow.MarksApprove, choices))
	}
	l.do(workflow.ClosePoll{By: chair, Poll: "bau", Ballots: box})
	l.do(workflow.DeclareRanking{By: chair, Secretary: l.who(members[0], workflow.DutyDraft)})
	return l
}

// printer is a life that prints sheets, as the engine does.
type printer struct{ *life }

func (p printer) ScoreSheet(_ context.Context, _ string, agency workflow.AgencyID) ([]byte, error) {
	if _, ok := p.state.Covenant.Party(agency); !ok {
		return nil, workflow.Refusal(workflow.CodeNotFound, "không có", "none")
	}
	return []byte("%PDF-1.7 " + agency), nil
}

// The page of the scores: totals first, then every sheet with what was given, by whom, and what is appealed; then polls and ranking.
func TestScorePage(t *testing.T) {
	open := get(t, handler(t, printer{scoring(t)}), "/giao-uoc/"+slug+"/cham-diem?lang=vi")
	open.contains("h1", "Chấm điểm, xếp hạng")
	open.contains(".status-sentence", "Chờ giải quyết 1 khiếu nại điểm")
	open.count("details.sheet", 10)
	open.count("details.sheet[open]", 1)
	open.contains("details.sheet[open]", "Đã có quyết định nghiệm thu bổ sung.")
	open.contains("details.sheet[open] .contested", "khiếu nại")
	open.contains("details.sheet[open]", "Đối chiếu báo cáo và sổ theo dõi.")
	open.contains("details.sheet tfoot", "1000")
	open.contains("details.sheet", "290,5")
	open.contains("article.card.next", "Chưa mở")
	done := get(t, handler(t, printer{ranked(t)}), "/giao-uoc/"+slug+"/cham-diem?lang=en")
	done.contains("h2", "Ranking")
	for _, want := range []string{"After appeal", "Elected: Sở Tài chính", "10 of 10 ballots, at least 10; blank 1", "Minh chứng hợp lệ."} {
		if !strings.Contains(done.body, want) {
			t.Errorf("the page of the ranking does not say %q", want)
		}
	}
	done.contains("table.scores thead", "Points by ballot")
	done.contains("section", "Next year's leader: Sở Tài chính")
	done.contains("table.scores", "proposed for a flag")
	if strings.Contains(done.body, "‹") || strings.Contains(done.body, "<no value>") {
		t.Error("a text is missing")
	}
	timeline := get(t, handler(t, ranked(t)), "/giao-uoc/"+slug+"?lang=vi")
	for _, want := range []string{"Kiểm phiếu: Bỏ phiếu suy tôn", "đã bỏ phiếu kín", "khiếu nại điểm thẩm định", "giải quyết khiếu nại", "/cham-diem\">Bảng chấm điểm"} {
		if !strings.Contains(timeline.body, want) {
			t.Errorf("the covenant's page does not say %q", want)
		}
	}
}

// The sheets are printed where the source can; a covenant without scores has no such page.
func TestScoreSheetFile(t *testing.T) {
	l := scoring(t)
	h := handler(t, printer{l})
	agency := string(l.state.Covenant.Members()[2])
	p := get(t, h, "/giao-uoc/"+slug+"/cham-diem/"+agency+".pdf")
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/pdf" || p.body != "%PDF-1.7 "+agency {
		t.Errorf("status %d, %s: %q", p.status, p.header.Get("Content-Type"), p.body)
	}
	for path, src := range map[string]Source{
		"/cham-diem/nobody.pdf": printer{l}, "/cham-diem/" + agency + ".pdf": l, "/cham-diem": newLife(t), "/bien-ban/xep-hang.pdf": l,
	} {
		if p := get(t, handler(t, src), "/giao-uoc/"+slug+path); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
	l.failing = errors.New("no database")
	if p := get(t, h, "/giao-uoc/"+slug+"/cham-diem"); p.status != http.StatusInternalServerError {
		t.Errorf("status %d", p.status)
	}
}
