package demo

import (
	"context"
	"fmt"
	"slices"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
)

// inOrder puts the agency that sends the draft back last, where a return does not wait for the others.
func inOrder(agencies []workflow.AgencyID, returning workflow.AgencyID, last bool) []workflow.AgencyID {
	if !last || returning == "" {
		return agencies
	}
	rest := slices.DeleteFunc(slices.Clone(agencies), func(a workflow.AgencyID) bool { return a == returning })
	return append(rest, returning)
}

// waitOutReview lets the time of a review pass in which somebody keeps silent: the ladder of its process reminds, and
// then says what follows.
func (p *Play) waitOutReview(ctx context.Context) error {
	for {
		v, err := p.view(ctx)
		if err != nil || v.Covenant.Phase != workflow.AwaitingReviews {
			return err
		}
		steps, err := v.Ladder()
		if err != nil {
			return err
		}
		done := len(v.Covenant.Rungs)
		if done >= len(steps) {
			return fmt.Errorf("the review waits for %v, and its process says nothing more", v.Covenant.Waiting)
		}
		step := steps[done]
		p.Clock.Advance(step.At)
		if err := p.Engine.Sweep(ctx); err != nil {
			return err
		}
		s, err := p.Engine.Await(ctx, p.id, func(s workflow.State) bool {
			return len(s.Covenant.Rungs) > done || s.Covenant.Phase != workflow.AwaitingReviews
		})
		if err != nil {
			return err
		}
		if err := p.Engine.AwaitMails(ctx); err != nil {
			return err
		}
		p.line("%s: bậc nhắc “%s”", "%s: rung “%s” of the ladder",
			step.At.In(v.Calendar.Zone()).Format("02/01/2006 15:04"), step.ID)
		if s.Covenant.Phase != workflow.AwaitingReviews {
			p.line("→ %s", "→ %s", s.Status(p.Clock.Now(), p.Lang))
		}
	}
}

// vote goes through the votes of the process: electronic ones, open or secret, and conferences.
func (p *Play) vote(ctx context.Context) error {
	for {
		v, err := p.view(ctx)
		if err != nil || v.Covenant.Phase != workflow.AwaitingVotes {
			return err
		}
		stage, _ := v.Process.Stage(v.Covenant.Stage)
		p.heading("%s", "%s", stage.Label(p.Lang))
		if stage.Vote.Conference != nil {
			err = p.conference(ctx)
		} else {
			err = p.ballots(ctx, v.Covenant.MotionsOf(stage.ID))
		}
		if err != nil {
			return err
		}
		if err := p.results(ctx, stage); err != nil {
			return err
		}
	}
}

// do gives a command under a key of its own.
func (p *Play) do(ctx context.Context, cmd workflow.Command, by workflow.PersonID, step string, args ...any) error {
	_, err := p.Engine.Do(ctx, p.id, cmd, p.as(by, step, args...))
	return err
}

// ballots has every agency vote on open motions, and the chair declare the results.
func (p *Play) ballots(ctx context.Context, motions []workflow.Motion) error {
	for _, m := range motions {
		if m.Result != nil {
			continue
		}
		for _, agency := range m.Who {
			if err := p.ballot(ctx, m.ID, agency, agency); err != nil {
				return err
			}
		}
		if err := p.declare(ctx, m.ID); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) ballot(ctx context.Context, motion workflow.MotionID, agency, by workflow.AgencyID) error {
	voter := p.holder(by, workflow.DutyVote)
	cmd := workflow.CastBallot{Agency: agency, Motion: motion, Choice: workflow.ChoiceFor}
	if slices.Contains(p.c.script.Against[motion], agency) {
		cmd.Choice = workflow.ChoiceAgainst
	}
	return p.do(ctx, cmd, voter.ID, "vote/%s/%s", motion, agency)
}

func (p *Play) declare(ctx context.Context, motion workflow.MotionID) error {
	chair := p.holder(p.leader(), workflow.DutyVote)
	return p.do(ctx, workflow.CloseMotion{Motion: motion}, chair.ID, "close/%s", motion)
}

// results tells how the motions of a stage came out.
func (p *Play) results(ctx context.Context, stage workflow.Stage) error {
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	for _, m := range v.Covenant.MotionsOf(stage.ID) {
		if r := m.Result; r != nil {
			p.line("%s (%s): %d tán thành, %d không tán thành, %d không có ý kiến",
				"%s (%s): %d for, %d against, %d abstaining",
				m.Text, r.Method.Word(p.Lang), r.For, r.Against, r.Abstain)
		}
	}
	return nil
}

// conference holds a sitting as the script says: attendance, a proxy, motions by hands and electronically, a text
// amended on the spot, a proposal from the floor.
func (p *Play) conference(ctx context.Context) error {
	chair, script := p.holder(p.leader(), workflow.DutyVote), p.c.script.Conference
	if script.Day != "" {
		day, err := calendar.ParseDate(script.Day)
		if err != nil {
			return fmt.Errorf("case: scenario.yaml: day of the conference: %w", err)
		}
		p.Clock.Advance(day.At(8, 30, p.Engine.Calendar.Zone()))
	}
	if err := p.do(ctx, workflow.OpenConference{Secretary: script.Secretary}, chair.ID, "conference/open"); err != nil {
		return err
	}
	if err := p.attend(ctx); err != nil {
		return err
	}
	if p.c.amended != nil {
		if err := p.amend(ctx); err != nil {
			return err
		}
	}
	if script.Floor.Text != "" {
		proposer := p.holder(script.Floor.Agency, workflow.DutyVote)
		cmd := workflow.ProposeMotion{Agency: script.Floor.Agency, Text: script.Floor.Text}
		if err := p.do(ctx, cmd, proposer.ID, "conference/floor"); err != nil {
			return err
		}
	}
	if err := p.do(ctx, workflow.OpenMotions{}, chair.ID, "conference/motions"); err != nil {
		return err
	}
	if err := p.decideMotions(ctx); err != nil {
		return err
	}
	if err := p.do(ctx, workflow.CloseConference{Opinions: script.Opinions}, chair.ID, "conference/close"); err != nil {
		return err
	}
	s, err := p.Engine.Await(ctx, p.id, func(s workflow.State) bool {
		n := len(s.Covenant.Conferences)
		return n > 0 && s.Covenant.Conferences[n-1].Minutes != nil
	})
	if err != nil {
		return err
	}
	minutes := s.Covenant.Conferences[len(s.Covenant.Conferences)-1].Minutes
	p.line("Biên bản hội nghị đã lập, mã %s", "The minutes are drawn up, digest %s", minutes.PDF.Short())
	return p.keepFile(ctx, minutes.PDF, "bien-ban-hoi-nghi.pdf")
}

func (p *Play) attend(ctx context.Context) error {
	script := p.c.script.Conference
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	for _, party := range v.Covenant.Parties {
		cmd := workflow.RecordAttendance{Agency: party.Agency, Presence: workflow.Absent}
		if party.Agency == script.Proxy.From {
			continue
		}
		if !slices.Contains(script.Absent, party.Agency) {
			cmd.Presence, cmd.Person = workflow.Present, p.holder(party.Agency, workflow.DutySign).ID
		}
		if err := p.do(ctx, cmd, script.Secretary, "attend/%s", party.Agency); err != nil {
			return err
		}
	}
	if script.Proxy.From != "" {
		cmd := workflow.RecordProxy{
			From: script.Proxy.From, To: script.Proxy.To, GivenBy: script.Proxy.GivenBy, Date: p.c.day,
			Document: script.Proxy.Document,
		}
		if err := p.do(ctx, cmd, script.Secretary, "proxy/%s", script.Proxy.From); err != nil {
			return err
		}
	}
	if v, err = p.view(ctx); err != nil {
		return err
	}
	if sitting := v.Covenant.Sitting(); sitting != nil {
		for _, a := range v.Covenant.Members() {
			p.line("%s: %s", "%s: %s", p.agency(a).Name, sitting.Presence(a).Word(p.Lang))
		}
	}
	return nil
}

// amend puts a text amended on the spot to the vote.
func (p *Play) amend(ctx context.Context) error {
	drafter := p.holder(p.leader(), workflow.DutyDraft)
	chair := p.holder(p.leader(), workflow.DutyVote)
	_, err := p.Engine.AmendText(ctx, engine.SubmitRequest{Covenant: p.id, Values: p.c.amended,
		Note: p.c.script.Conference.Amend.Note},
		p.as(drafter.ID, "conference/amend"))
	if err != nil {
		return err
	}
	if err := p.do(ctx, workflow.OpenMotions{}, chair.ID, "conference/amendment"); err != nil {
		return err
	}
	return p.decideMotions(ctx)
}

// decideMotions decides the motions that are open: by a show of hands where the script has one, else by votes of those
// present, and for those by proxy.
func (p *Play) decideMotions(ctx context.Context) error {
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	sitting := v.Covenant.Sitting()
	chair := p.holder(p.leader(), workflow.DutyVote)
	for _, m := range v.Covenant.MotionsOf(v.Covenant.Stage) {
		if !m.Opened || m.Result != nil {
			continue
		}
		if hands, ok := p.c.script.Conference.Hands[m.ID]; ok {
			cmd := workflow.CountHands{Motion: m.ID, For: hands[0], Against: hands[1], Abstain: hands[2]}
			if err := p.do(ctx, cmd, chair.ID, "hands/%s", m.ID); err != nil {
				return err
			}
		} else if err := p.voteOf(ctx, sitting, m); err != nil {
			return err
		}
		if err := p.declare(ctx, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// voteOf has those who are at the sitting vote on a motion.
func (p *Play) voteOf(ctx context.Context, sitting *workflow.Conference, m workflow.Motion) error {
	for _, agency := range m.Who {
		by := agency
		switch sitting.Presence(agency) {
		case workflow.Absent:
			continue
		case workflow.ByProxy:
			proxy, _ := sitting.ProxyOf(agency)
			by = proxy.To
		}
		if err := p.ballot(ctx, m.ID, agency, by); err != nil {
			return err
		}
	}
	return nil
}
