package web

import (
	"context"
	"slices"
	"strings"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// How each covenant of the installation came to where it stands.

const hallTitle = "Giao ước thi đua năm 2026 – Khối thi đua Kinh tế ngành"

func (i *installation) playInForce() {
	p := i.draft(hall(), inForce, hallTitle, "").submit("", "trong tháng cuối quý")
	p.returned()
	p.approve().vote().freeze().finish()
}

// returned has one agency return the first revision, for what the second one then says; the comment is answered and
// settled.
func (p *play) returned() {
	asking := p.now().Covenant.Members()[1]
	for _, a := range p.now().Covenant.Members() {
		if a != asking {
			p.review(a, workflow.OpinionApprove)
		}
	}
	comment := workflow.Comment{
		Clause: p.clause(), Text: "Đề nghị ghi rõ hạn gửi báo cáo quý là ngày 25 tháng cuối quý.",
	}
	p.review(asking, workflow.OpinionReturn, comment)
	leader := p.leader()
	thread := p.now().Covenant.Threads[0].ID
	p.do(p.who(leader, workflow.DutyDraft), workflow.AnswerComment{Agency: leader, Thread: thread,
		Text: "Đã tiếp thu tại dự thảo lần 2."})
	p.submit("Đã ghi rõ hạn gửi báo cáo quý theo ý kiến của Sở Tài chính.", "")
	by := p.who(asking, workflow.DutyReview)
	p.do(by, workflow.ResolveComment{Agency: asking, Thread: thread})
}

// clause is the clause about the reports.
func (p *play) clause() string {
	r, _ := p.now().Covenant.Revision()
	for _, c := range r.Clauses {
		if strings.Contains(strings.ToLower(c.Heading), "báo cáo") {
			return c.ID
		}
	}
	return r.Clauses[0].ID
}

// report has the first n members hand in the first report that is owed.
func (p *play) report(n int) {
	v := must(p.View(context.Background(), machine, p.slug))
	for _, a := range v.Covenant.Members()[:n] {
		by := p.who(a, workflow.DutyReport)
		p.do(by, workflow.SubmitReport{Agency: a, Obligation: v.Upcoming[0].Obligation, Period: v.Upcoming[0].Period,
			Summary: "Hoàn thành 9/10 nhiệm vụ trọng tâm trong quý."})
	}
}

func (i *installation) playAmended() {
	p := i.draft(small(), amended, "Giao ước thi đua năm 2026 – Khối thi đua Văn hóa - Xã hội", "").submit("", "")
	p.approve().vote().freeze().finish()
	ctx, drafter := context.Background(), p.who(p.leader(), workflow.DutyDraft)
	plan := must(i.PlanRenewal(ctx, machine, p.slug, 2027))
	plan.Slug = renewal
	must(i.Renew(ctx, p.id, plan, p.meta(drafter)))
	id := must(i.Amend(ctx, engine.AmendRequest{
		Covenant: p.id, Slug: amendment, Title: "Giao ước thi đua năm 2026 – Khối thi đua Văn hóa - Xã hội (sửa đổi)",
		Year: 2026, Values: p.values,
	}, p.meta(drafter)))
	amending := &play{installation: i, block: p.block, id: id, slug: amendment}
	amending.submit("Bổ sung chỉ tiêu.", "").approve().vote().freeze().finish()
}

func (i *installation) playReviewing() {
	p := i.draft(hall(), reviewing, hallTitle+" (góp ý)", "").submit("", "")
	p.review("so-nnptnt", workflow.OpinionApprove)
	p.review("so-tai-chinh", workflow.OpinionReturn, workflow.Comment{Clause: p.clause(),
		Text: "Đề nghị ghi rõ hạn gửi báo cáo quý."})
}

func (i *installation) playVoting() {
	p := i.draft(hall(), voting, hallTitle+" (biểu quyết)", "").submit("", "trong tháng cuối quý")
	p.returned()
	p.approve()
	c := p.now().Covenant
	choices := []workflow.Choice{"for", "for", "for", "for", "against", "abstain", "for"}
	for n, a := range c.Members()[:len(choices)] {
		p.cast(a, c.Motions[0].ID, choices[n])
	}
}

const conferenceStage = `  - {id: hn, kind: vote, name: {vi: Hội nghị, en: Conference},
     vote: {ballot: BALLOT, quorum: majority,
      motions: [{id: m, vi: Chương trình, en: Programme}, {id: n, vi: Quy chế, en: Regulation}],
      conference: {place: Hội trường, proxies: 1}}}
`

func (i *installation) playSitting() { i.playConference(sitting, "open") }

func (i *installation) playSecret() { i.playConference(secret, "secret") }

// playConference sits with all but one member, who votes by proxy.
func (i *installation) playConference(slug, ballot string) {
	p := i.draft(hall(), slug, hallTitle+" (hội nghị)",
		strings.Replace(conferenceStage, "BALLOT", ballot, 1)).submit("", "")
	members := p.now().Covenant.Members()
	chair, secretary := p.who(p.leader(), workflow.DutyVote), p.who(p.leader(), workflow.DutyDraft)
	p.do(chair, workflow.OpenConference{Secretary: secretary})
	last := members[len(members)-1]
	for _, a := range members[:len(members)-1] {
		p.do(secretary, workflow.RecordAttendance{
			Agency: a, Person: p.who(a, workflow.DutyVote), Presence: workflow.Present,
		})
	}
	p.do(secretary, workflow.RecordProxy{From: last, To: members[1], GivenBy: p.who(last, workflow.DutyVote),
		Date:     workflow.Date{Year: 2026, Month: 3, Day: 1},
		Document: "GUQ số 7",
	})
	p.do(chair, workflow.OpenMotions{Motions: []workflow.MotionID{"m"}})
	p.cast(members[0], "m", workflow.ChoiceFor)
	by := p.who(members[1], workflow.DutyVote)
	p.do(by, workflow.CastBallot{Agency: last, Motion: "m", Choice: workflow.ChoiceAgainst})
}

func (i *installation) playNumbering() {
	i.draft(hall(), numbering, hallTitle+" (cấp số)", "").submit("", "").approve().vote()
}

func (i *installation) playSigning() {
	i.draft(hall(), signing4, hallTitle+" (ký số)", "").submit("", "").approve().vote().freeze().sign(4)
}

func (i *installation) playRefused() {
	p := i.draft(hall(), refused, hallTitle+" (từ chối)", "").submit("", "").approve().vote().freeze().sign(1)
	a := p.now().Covenant.Waiting[0]
	by := p.who(a, workflow.DutySign)
	p.do(by, workflow.RefuseSignature{Slot: workflow.SlotID(a), Reason: "Chưa thống nhất chỉ tiêu thu ngân sách."})
}

func (i *installation) playRejected() {
	p := i.draft(hall(), rejected, hallTitle+" (không đạt)", "").submit("", "").approve()
	c := p.now().Covenant
	chair := p.who(p.leader(), workflow.DutyVote)
	for _, m := range c.Motions {
		for _, a := range m.Who {
			p.cast(a, m.ID, workflow.ChoiceAgainst)
		}
		p.do(chair, workflow.CloseMotion{Motion: m.ID})
	}
}

func (i *installation) playWithdrawn() {
	p := i.draft(hall(), withdrawn, hallTitle+" (rút)", "").submit("", "")
	by := p.who(p.leader(), workflow.DutyDraft)
	p.do(by, workflow.Withdraw{Reason: "Soạn lại theo mẫu mới."})
}

func (i *installation) playCancelled() {
	p := i.draft(hall(), cancelled, hallTitle+" (hủy)", "").submit("", "").approve().vote().freeze()
	by := p.who(p.leader(), workflow.DutySign)
	p.do(by, workflow.Cancel{Reason: "Khối được sắp xếp lại."})
}

const scoreStage = `  - id: cham-diem
    kind: score
    name: {vi: "Chấm điểm, xếp hạng", en: Scores and ranking}
    score:
      criteria:
        - {id: chuyen-mon, vi: Hoàn thành nhiệm vụ chuyên môn, en: Professional tasks, max: 400,
           group: {vi: Kết quả thực hiện nhiệm vụ, en: Results}}
        - {id: trong-tam, vi: Hoàn thành 10 nhiệm vụ trọng tâm, en: The ten key tasks, max: 300,
           group: {vi: Kết quả thực hiện nhiệm vụ, en: Results}}
        - {id: phong-trao, vi: Tổ chức phong trào thi đua, en: Movements, max: 200,
           group: {vi: Phong trào và hoạt động của Khối, en: Movements}}
        - {id: bao-cao, vi: Báo cáo đúng hạn, en: Reports in time, max: 100,
           group: {vi: Phong trào và hoạt động của Khối, en: Movements}}
      appeal: {within: {working_days: 3}}
      polls:
        - {id: suy-ton, vi: Bỏ phiếu suy tôn, en: Ranking, marks: order, choose: 3}
        - {id: bau, vi: Bầu Khối trưởng năm sau, en: Next year's leader, decides: leader}
      tie: [ballots]
      classes: [{vi: Xuất sắc, en: Excellent, from: 930}, {vi: Tốt, en: Good, from: 800}]
      flags: 2
`

// score has every member score itself and be verified; all accept but the second one, which appeals.
func (p *play) score() *play {
	members := p.now().Covenant.Members()
	for n, a := range members {
		given := []workflow.CriterionScore{
			{Criterion: "chuyen-mon", Points: 400_00}, {Criterion: "trong-tam", Points: 290_50},
			{Criterion: "phong-trao", Points: 190_00},
			{Criterion: "bao-cao", Points: 100_00},
		}
		by := p.who(a, workflow.DutyReport)
		p.do(by, workflow.SubmitScore{Agency: a, Scores: given, Note: "Tự chấm theo báo cáo tổng kết."})
		checked := slices.Clone(given)
		checked[0].Points -= workflow.Points(n * 700)
		verifier := p.who(members[0], workflow.DutyReport)
		if n == 0 {
			verifier = p.who(members[1], workflow.DutyReport)
		}
		p.do(verifier, workflow.VerifyScore{Agency: a, Scores: checked, Note: "Đối chiếu báo cáo và sổ theo dõi."})
	}
	for n, a := range members {
		by := p.who(a, workflow.DutyReport)
		if n == 1 {
			p.do(by, workflow.AppealScore{Agency: a, Criteria: []workflow.CriterionID{"chuyen-mon"},
				Reason: "Đã có quyết định nghiệm thu bổ sung."})
			continue
		}
		p.do(by, workflow.AcceptScore{Agency: a})
	}
	return p
}

func (i *installation) playAppealed() {
	i.draft(hall(), appealed, hallTitle+" (chấm điểm)", scoreStage).submit("", "").score()
}

func (i *installation) playRanked() {
	p := i.draft(hall(), ranked, hallTitle+" (xếp hạng)", scoreStage).submit("", "").score()
	c := p.now().Covenant
	members := c.Members()
	verified, _ := c.Scoring.VerifiedScore(members[1])
	decided := slices.Clone(verified.Scores)
	decided[0].Points = 400_00
	council := p.who(members[0], workflow.DutyReport)
	p.do(council, workflow.DecideAppeal{Agency: members[1], Scores: decided, Reason: "Minh chứng hợp lệ."})
	chair := p.who(members[0], workflow.DutyVote)
	p.poll(chair, "suy-ton", func(n int, a workflow.AgencyID) []workflow.AgencyID {
		choices := []workflow.AgencyID{members[(n+1)%len(members)], members[(n+2)%3]}
		if choices[0] == choices[1] || choices[1] == a {
			choices = choices[:1]
		}
		return choices
	})
	p.poll(chair, "bau", func(_ int, a workflow.AgencyID) []workflow.AgencyID {
		if a == members[1] {
			return nil
		}
		return []workflow.AgencyID{members[1]}
	})
	p.do(chair, workflow.DeclareRanking{Secretary: p.who(members[0], workflow.DutyDraft)})
	p.state(func(c *workflow.Covenant) bool { return c.Scoring.Minutes != nil })
}

func (p *play) poll(chair workflow.PersonID, poll workflow.PollID,
	choose func(int, workflow.AgencyID) []workflow.AgencyID) {
	p.do(chair, workflow.OpenPoll{})
	for n, a := range p.now().Covenant.Members() {
		by := p.who(a, workflow.DutyVote)
		p.do(by, workflow.CastPollBallot{Agency: a, Poll: poll, Choices: choose(n, a)})
	}
	p.do(chair, workflow.ClosePoll{Poll: poll})
}
