package workflow

import "time"

// Choice is a vote.
type Choice string

// The choices.
const (
	ChoiceFor     Choice = "for"
	ChoiceAgainst Choice = "against"
	ChoiceAbstain Choice = "abstain"
)

// Word is the choice in the reader's language.
func (c Choice) Word(lang string) string {
	return pick(lang, map[Choice][2]string{
		ChoiceFor: {"Tán thành", "For"}, ChoiceAgainst: {"Không tán thành", "Against"}, ChoiceAbstain: {"Không có ý kiến", "Abstained"},
	}[c])
}

func (s State) openMotions(stage Stage, who []AgencyID) []Event {
	var out []Event
	for _, m := range stage.Vote.Motions {
		out = append(out, MotionOpened{Stage: stage.ID, Motion: m.ID, Text: m.Vietnamese, Who: who})
	}
	return out
}

// CastBallot is one agency's open vote on one motion.
type CastBallot struct {
	By     PersonID
	Agency AgencyID
	Motion MotionID
	Choice Choice
}

func (cmd CastBallot) decide(s State, now time.Time) ([]Event, error) {
	motion, err := s.openMotion(cmd.Motion)
	if err != nil {
		return nil, err
	}
	if !contains(motion.Who, cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không có quyền biểu quyết nội dung này", "%s has no vote on this motion", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.Directory.Authority(cmd.By, cmd.Agency, DutyVote, s.today(now))
	if err != nil {
		return nil, err
	}
	for _, b := range motion.Ballots {
		if b.Agency == cmd.Agency {
			return nil, refuse(CodeConflict, "%s đã biểu quyết nội dung này", "%s has already voted on this motion", s.Directory.AgencyName(cmd.Agency))
		}
	}
	switch cmd.Choice {
	case ChoiceFor, ChoiceAgainst, ChoiceAbstain:
	default:
		return nil, refuse(CodeInvalid, "lựa chọn %q không hợp lệ", "choice %q is unknown", cmd.Choice)
	}
	return []Event{BallotCast{Motion: cmd.Motion, Agency: cmd.Agency, Person: cmd.By, Authority: authority, Choice: cmd.Choice}}, nil
}

func (s State) openMotion(id MotionID) (Motion, error) {
	if err := s.expect(AwaitingVotes); err != nil {
		return Motion{}, err
	}
	for _, m := range s.Covenant.Motions {
		if m.ID != id {
			continue
		}
		if m.Result != nil {
			return Motion{}, refuse(CodeWrongState, "nội dung biểu quyết này đã kết thúc", "this motion is closed")
		}
		return m, nil
	}
	return Motion{}, refuse(CodeNotFound, "không có nội dung biểu quyết %q", "there is no motion %q", id)
}

// CloseMotion ends a motion: the chair, who votes for the leading agency, declares the result. Without a quorum it
// stays open.
type CloseMotion struct {
	By     PersonID
	Motion MotionID
}

func (cmd CloseMotion) decide(s State, now time.Time) ([]Event, error) {
	motion, err := s.openMotion(cmd.Motion)
	if err != nil {
		return nil, err
	}
	if _, err := s.Directory.Authority(cmd.By, s.Covenant.Leader(), DutyVote, s.today(now)); err != nil {
		return nil, err
	}
	rules := s.stage().Vote
	if quorum := rules.Quorum.Of(len(motion.Who)); len(motion.Ballots) < quorum {
		return nil, refuse(CodeWrongState,
			"chưa đủ số phiếu: %d/%d đơn vị đã biểu quyết, cần ít nhất %d",
			"no quorum yet: %d of %d agencies have voted, at least %d are needed", len(motion.Ballots), len(motion.Who), quorum)
	}
	result := motion.tally()
	result.Passed = result.For >= rules.Pass.Of(len(motion.Ballots))
	return s.then([]Event{result}, func(s State) ([]Event, error) { return s.afterMotion(now) })
}

func (m Motion) tally() MotionClosed {
	result := MotionClosed{Motion: m.ID}
	for _, b := range m.Ballots {
		switch b.Choice {
		case ChoiceFor:
			result.For++
		case ChoiceAgainst:
			result.Against++
		default:
			result.Abstain++
		}
	}
	return result
}

// afterMotion ends the stage when every motion is closed. A motion that failed sends the draft back to the drafter.
func (s State) afterMotion(now time.Time) ([]Event, error) {
	failed := false
	for _, m := range s.Covenant.Motions {
		if m.Result == nil {
			return nil, nil
		}
		failed = failed || !m.Result.Passed
	}
	if failed {
		revision, _ := s.Covenant.Revision()
		return []Event{RevisionReturned{Stage: s.Covenant.Stage, Revision: revision.Number, By: s.Covenant.Leader()}}, nil
	}
	return s.advance(now)
}

func (c *Covenant) applyVote(e Event) {
	switch e := e.(type) {
	case MotionOpened:
		opened := Motion{ID: e.Motion, Text: e.Text, Who: e.Who}
		for i := range c.Motions {
			if c.Motions[i].ID == e.Motion { // put again after a new revision
				c.Motions[i] = opened
				return
			}
		}
		c.Motions = append(c.Motions, opened)
	case BallotCast:
		if m := c.motion(e.Motion); m != nil {
			m.Ballots = append(append([]BallotCast(nil), m.Ballots...), e)
		}
		c.Waiting = c.stillVoting()
	case MotionClosed:
		if m := c.motion(e.Motion); m != nil {
			m.Result = &e
		}
	}
}

func (c *Covenant) motion(id MotionID) *Motion {
	for i := range c.Motions {
		if c.Motions[i].ID == id {
			return &c.Motions[i]
		}
	}
	return nil
}

// stillVoting are the agencies that have a vote left in an open motion.
func (c *Covenant) stillVoting() []AgencyID {
	var out []AgencyID
	for _, m := range c.Motions {
		voted := map[AgencyID]bool{}
		for _, b := range m.Ballots {
			voted[b.Agency] = true
		}
		for _, a := range m.Who {
			if m.Result == nil && !voted[a] && !contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}
