package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Motion is a motion put to the vote and what became of it.
type Motion struct {
	ID      MotionID
	Text    string
	English string // may be empty
	Stage   StageID
	Who     []AgencyID // entitled, without those that declared a conflict
	Secret  bool
	Opened  bool // false: proposed, and not yet put
	Round   int  // counts every opening of any motion of the covenant, from 1
	// Manifest is the digest of the text that was before the members when the motion was opened.
	Manifest Digest
	// Revision is the text amended on the spot that the motion adopts; 0: none.
	Revision   int
	ProposedBy AgencyID // from the floor
	Ballots    []BallotCast
	Taken      []BallotTaken // secret: who took part
	Deemed     []BallotDeemed
	Hands      *HandsCounted
	Result     *MotionClosed
}

// Words is the motion in every language: as the process has it, else as it was proposed.
func (m Motion) Words(p *Process) words.Text {
	for _, stage := range p.Stages {
		if stage.Vote == nil {
			continue
		}
		for _, rule := range stage.Vote.Motions {
			if rule.ID == m.ID && rule.Vietnamese == m.Text {
				return rule.Names
			}
		}
	}
	return words.Of(m.Text, m.English)
}

// motionWords is a motion by its id; the id where the covenant has no such motion any more.
func motionWords(s State, id MotionID) words.Text {
	if m := s.Covenant.motion(id); m != nil {
		return m.Words(s.Process)
	}
	return words.Same(string(id))
}

// voted reports whether an agency's vote is in.
func (m Motion) voted(a AgencyID) bool {
	return slices.ContainsFunc(m.Ballots, func(b BallotCast) bool { return b.Agency == a }) ||
		slices.ContainsFunc(m.Taken, func(b BallotTaken) bool { return b.Agency == a }) ||
		slices.ContainsFunc(m.Deemed, func(b BallotDeemed) bool { return b.Agency == a })
}

// Cast is how many votes are in.
func (m Motion) Cast() int { return len(m.Ballots) + len(m.Taken) + len(m.Deemed) }

// openVote opens an electronic vote with all its motions, or the stage of a conference.
func (s voting) openVote(stage Stage, opened StageOpened) []Event {
	if stage.Vote.Conference != nil {
		return []Event{opened}
	}
	out := []Event{opened}
	for _, m := range stage.Vote.Motions {
		out = append(out, s.motionOpened(stage, Motion{ID: m.ID, Text: m.Vietnamese, English: m.English}))
	}
	return out
}

// motionOpened puts a motion to those who are entitled now, about the text that is before them now.
func (s voting) motionOpened(stage Stage, m Motion) MotionOpened {
	revision, _ := s.Covenant.Revision()
	e := MotionOpened{
		Stage: stage.ID, Motion: m.ID, Text: m.Text, English: m.English, Secret: stage.Vote.Secret,
		Manifest: revision.Manifest, Revision: m.Revision,
	}
	for _, a := range s.takingPart(stage) {
		if !s.settling().conflicted(a, m.ID) {
			e.Who = append(e.Who, a)
		}
	}
	return e
}

// CastBallot is one agency's vote on one motion. In a secret ballot the choice goes into the box alone, by the engine;
// the event only says that the agency took part.
type CastBallot struct {
	Agency AgencyID `json:"agency,omitzero"`
	Motion MotionID `json:"motion,omitzero"`
	Choice Choice   `json:"choice,omitzero"`
}

func (cmd CastBallot) decide(s State, by Actor, now time.Time) ([]Event, error) {
	motion, err := s.voting().openMotion(cmd.Motion)
	if err != nil {
		return nil, err
	}
	name := s.Directory.AgencyName(cmd.Agency)
	if !contains(motion.Who, cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không có quyền biểu quyết nội dung này",
			"%s has no vote on this motion", name)
	}
	holder, err := s.voting().voterFor(cmd.Agency)
	if err != nil {
		return nil, err
	}
	authority, err := s.authority(by, orAgency(holder, cmd.Agency), DutyVote, now)
	if err != nil {
		return nil, err
	}
	switch {
	case motion.voted(cmd.Agency):
		return nil, refuse(CodeConflict, "%s đã biểu quyết nội dung này", "%s has already voted on this motion", name)
	case motion.Hands != nil:
		return nil, refuse(CodeWrongState, "nội dung này được biểu quyết bằng giơ tay",
			"this motion is decided by a show of hands")
	case !cmd.Choice.Known(): // never told: it may be of a secret ballot
		return nil, refuse(CodeInvalid, "lựa chọn không hợp lệ; chọn tán thành, không tán thành hoặc không có ý kiến",
			"the choice is unknown; want for, against or abstain")
	}
	if motion.Secret {
		if err := by.personally(); err != nil {
			return nil, err
		}
		return []Event{BallotTaken{Motion: cmd.Motion, Round: motion.Round, Agency: cmd.Agency, Person: by.Person(),
			Authority: authority, Proxy: holder}}, nil
	}
	return []Event{BallotCast{Motion: cmd.Motion, Agency: cmd.Agency, Person: by.Person(), Authority: authority,
		Choice: cmd.Choice, Proxy: holder}}, nil
}

func (s voting) openMotion(id MotionID) (Motion, error) {
	if err := s.expect(AwaitingVotes); err != nil {
		return Motion{}, err
	}
	m := s.Covenant.motion(id)
	switch {
	case m == nil:
		return Motion{}, refuse(CodeNotFound, "không có nội dung biểu quyết %q", "there is no motion %q", id)
	case m.Result != nil:
		return Motion{}, refuse(CodeWrongState, "nội dung biểu quyết này đã kết thúc", "this motion is closed")
	case !m.Opened:
		return Motion{}, refuse(CodeWrongState, "chủ tọa chưa đưa nội dung này ra biểu quyết",
			"the chair has not put this motion to the vote yet")
	}
	return *m, nil
}

// CloseMotion ends a motion: the chair declares the result. Without a quorum it
// stays open, unless a conference lets it lapse. Ballots are those of the box of a secret motion, in any order.
type CloseMotion struct {
	Motion  MotionID `json:"motion,omitzero"`
	Casting Choice   `json:"casting,omitzero"` // the chair's vote in a tie, where the rules ask for it
	Lapse   bool     `json:"lapse,omitzero"`   // at a conference without a quorum: the motion has not passed
	Ballots []Choice `json:"-"`
}

func (cmd CloseMotion) decide(s State, by Actor, now time.Time) ([]Event, error) {
	motion, err := s.voting().openMotion(cmd.Motion)
	if err != nil {
		return nil, err
	}
	chair, authority, err := s.voting().chairs(by, cmd.Motion, now)
	if err != nil {
		return nil, err
	}
	result, verdict, err := s.voting().result(motion, cmd.Ballots, cmd.Casting)
	if err != nil {
		return nil, err
	}
	result.Chairing, result.Chair, result.Authority = chair, by.Person(), authority
	mayLapse := cmd.Lapse && s.stage().Vote.Conference != nil
	switch {
	case result.Present < verdict.Quorum && !mayLapse:
		return nil, s.voting().noQuorum(result.Count, verdict)
	case result.Present < verdict.Quorum:
		result.Lapsed, result.Passed = true, false
	case verdict.Tie && s.stage().Vote.Tie == TieChair && cmd.Casting != ChoiceFor && cmd.Casting != ChoiceAgainst:
		return nil, refuse(CodeWrongState,
			"phiếu ngang nhau (%[1]d–%[1]d): chủ tọa quyết định tán thành hoặc không tán thành",
			"the votes are equal (%[1]d to %[1]d): the chair decides for or against", result.For)
	case verdict.Tie:
		result.Tie, result.Casting = true, cmd.Casting
	}
	return s.then(s.voting().closing(motion, result),
		func(s State) ([]Event, error) { return s.voting().afterMotion(now) })
}

func (s voting) noQuorum(c Count, v Verdict) error {
	if s.stage().Vote.Conference != nil {
		return refuse(CodeWrongState, "hội nghị chưa đủ số người dự: có mặt %d/%d, cần ít nhất %d",
			"no quorum: %d of %d are present, at least %d are needed", c.Present, c.Entitled, v.Quorum)
	}
	return refuse(CodeWrongState, "chưa đủ số phiếu: %d/%d đơn vị đã biểu quyết, cần ít nhất %d",
		"no quorum yet: %d of %d agencies have voted, at least %d are needed", c.Present, c.Entitled, v.Quorum)
}

// result counts a motion by the rules.
func (s voting) result(m Motion, box []Choice, casting Choice) (MotionClosed, Verdict, error) {
	rules := s.stage().Vote
	out := MotionClosed{Motion: m.ID, Round: m.Round, Method: MethodElectronic}
	add := func(choice Choice, weight int) {
		switch choice {
		case ChoiceFor:
			out.For += weight
		case ChoiceAgainst:
			out.Against += weight
		default:
			out.Abstain += weight
		}
	}
	for _, b := range m.Ballots {
		add(b.Choice, s.weight(rules.Weights, b.Agency))
	}
	for _, d := range m.Deemed {
		add(d.Choice, s.weight(rules.Weights, d.Agency))
	}
	if m.Secret {
		if err := out.openBox(m, box); err != nil {
			return out, Verdict{}, err
		}
		for _, choice := range out.Ballots {
			add(choice, 1)
		}
	}
	if h := m.Hands; h != nil {
		out.Method, out.For, out.Against, out.Abstain = MethodHands, h.For, h.Against, h.Abstain
	}
	hands := out.Cast()
	for _, a := range m.Who {
		w := s.weight(rules.Weights, a)
		out.Entitled += w
		if m.voted(a) || rules.Conference != nil && s.represented(a) {
			out.Present += w
		}
	}
	out.Present = max(out.Present, hands) // somebody may have left since
	verdict := rules.Decide(out.Count, casting)
	out.Quorum, out.Need, out.Passed = verdict.Quorum, verdict.Need, verdict.Passed
	return out, verdict, nil
}

// closing is the end of a motion; an amended text that did not pass is withdrawn with it.
func (s voting) closing(m Motion, result MotionClosed) []Event {
	events := []Event{result}
	if m.Revision > 0 && !result.Passed {
		events = append(events, RevisionWithdrawn{Revision: m.Revision, Motion: m.ID})
	}
	return events
}

// afterMotion ends an electronic vote when every motion is closed; a conference ends when the chair closes it.
func (s voting) afterMotion(now time.Time) ([]Event, error) {
	if s.stage().Vote.Conference != nil {
		return nil, nil
	}
	for _, m := range s.Covenant.MotionsOf(s.Covenant.Stage) {
		if m.Result == nil {
			return nil, nil
		}
	}
	return s.afterVote(now)
}

// afterVote is what follows when all motions of the stage are decided.
func (s voting) afterVote(now time.Time) ([]Event, error) {
	stage := s.stage()
	var failed []Motion
	for _, m := range s.Covenant.MotionsOf(stage.ID) {
		if stage.Vote.HasMotion(m.ID) && !m.Result.Passed {
			failed = append(failed, m)
		}
	}
	if len(failed) == 0 || stage.Vote.Fail == ThenContinue {
		return s.advance(now)
	}
	if stage.Vote.Fail == ThenAgain {
		var events []Event
		for _, m := range failed {
			if stage.Vote.Conference == nil {
				events = append(events, s.motionOpened(stage, m))
			}
		}
		return events, nil // at a conference the chair puts them at its next sitting
	}
	return s.settling().consequence(stage.Vote.Fail,
		Cause{Agency: s.Covenant.Leader(), Why: CauseVote, Reason: failed[0].Text}, now)
}

// MotionOpened puts a motion to the vote.
type MotionOpened struct {
	Stage  StageID    `json:"stage"`
	Motion MotionID   `json:"motion"`
	Text   string     `json:"text"`
	Who    []AgencyID `json:"who"`
	// Since 2026-11: the text in English, whether ballots are secret, the digest of the text before the members, and
	// the revision amended on the spot that the motion adopts.
	English  string `json:"english,omitempty"`
	Secret   bool   `json:"secret,omitempty"`
	Manifest Digest `json:"manifest,omitzero"`
	Revision int    `json:"revision,omitempty"`
}

// Kind is the event's name in the log.
func (MotionOpened) Kind() string { return "motion_opened" }

func (e MotionOpened) apply(c *Covenant) {
	c.Rounds++
	opened := Motion{
		ID: e.Motion, Text: e.Text, English: e.English, Stage: e.Stage, Who: e.Who, Secret: e.Secret,
		Opened: true, Round: c.Rounds,
		Manifest: e.Manifest, Revision: e.Revision,
	}
	if m := c.motion(e.Motion); m != nil { // proposed before, or put again
		opened.ProposedBy = m.ProposedBy
		*m = opened
	} else {
		c.Motions = append(c.Motions, opened)
	}
	c.Waiting = c.stillVoting()
}

func (e MotionOpened) line(s State) Line {
	put := Motion{ID: e.Motion, Text: e.Text, English: e.English}
	return Line{Tone: ToneWaiting, Text: words.F("Đưa ra biểu quyết: %s", "Put to the vote: %s", put.Words(s.Process))}
}

// MotionClosed records the tally and the result. Since 2026-11 it says how the motion was decided, what was needed, and
// of a secret one all ballots, sorted.
type MotionClosed struct {
	Motion MotionID `json:"motion"`
	Count
	Passed  bool     `json:"passed"`
	Round   int      `json:"round,omitempty"` // which opening of a motion, counted over the covenant
	Method  Method   `json:"method,omitempty"`
	Quorum  int      `json:"quorum,omitempty"`
	Need    int      `json:"need,omitempty"`
	Tie     bool     `json:"tie,omitempty"`
	Casting Choice   `json:"casting,omitempty"` // the chair's in a tie
	Lapsed  bool     `json:"lapsed,omitempty"`  // for want of a quorum
	Ballots []Choice `json:"ballots,omitempty"`
	// The agency in the chair, who declared the result for it, and by which right; empty where a deadline closed it.
	Chairing  AgencyID  `json:"chairing,omitempty"`
	Chair     PersonID  `json:"chair,omitempty"`
	Authority Authority `json:"authority,omitzero"`
}

// Kind is the event's name in the log.
func (MotionClosed) Kind() string { return "motion_closed" }

func (e MotionClosed) authority() Authority { return e.Authority }

func (e MotionClosed) apply(c *Covenant) {
	c.changeMotion(e.Motion, func(m *Motion) { m.Result = &e })
}

func (e MotionClosed) line(s State) Line {
	l := Line{Tone: ToneDone, Text: words.F("Thông qua: %s", "Carried: %s", motionWords(s, e.Motion))}
	if !e.Passed {
		l = Line{Tone: ToneStopped, Text: words.F("Không thông qua: %s", "Not carried: %s", motionWords(s, e.Motion))}
	}
	l.Detail = tallyWords(e.Count)
	if e.Lapsed {
		l.Detail = phrases(l.Detail, noQuorum)
	}
	if e.Tie {
		l.Detail = phrases(l.Detail, words.Of("phiếu ngang nhau", "the votes were equal"))
	}
	return l
}

// MotionsOf are the motions of a stage as it was opened last, in the order in which they came.
func (c *Covenant) MotionsOf(stage StageID) []Motion {
	var out []Motion
	for _, m := range c.Motions {
		if m.Stage == stage {
			out = append(out, m)
		}
	}
	return out
}

func (c *Covenant) changeMotion(id MotionID, change func(*Motion)) {
	if m := c.motion(id); m != nil {
		change(m)
	}
	c.Waiting = c.stillVoting()
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
		for _, a := range m.Who {
			if m.Opened && m.Result == nil && m.Hands == nil && !m.voted(a) && !contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// voting is the state as it is looked at where something is put to the vote: motions,
// sittings, who is there, who chairs.
type voting struct{ State }

func (s State) voting() voting { return voting{s} }
