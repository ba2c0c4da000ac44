package workflow

import (
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// CauseKind is what stopped a covenant or sent its draft back.
type CauseKind string

// The causes.
const (
	CauseReturned CauseKind = "returned" // an agency asked for changes
	CauseRejected CauseKind = "rejected" // an agency rejected the draft
	CauseVote     CauseKind = "vote"     // a motion failed
	CauseRefused  CauseKind = "refused"  // a signatory refused
	CauseTooFew   CauseKind = "too_few"  // not enough signatures can be reached any more
	CauseDeadline CauseKind = "deadline" // a deadline passed
	CauseQuorum   CauseKind = "quorum"   // too few gave an opinion
	CauseSettled  CauseKind = "settled"  // the leader decided so
	CauseRevoked  CauseKind = "revoked"  // a certificate was revoked before it signed, as became known afterwards
	CauseAltered  CauseKind = "altered"  // the document is not what was frozen and signatures
)

// Cause is why a covenant stopped or its draft goes back.
type Cause struct {
	Agency AgencyID  `json:"agency,omitempty"`
	Why    CauseKind `json:"why"`
	Reason string    `json:"reason,omitempty"`
	Rung   Rung      `json:"rung,omitempty"`
	// Person settled it so, by which right.
	Person    PersonID  `json:"-"`
	Authority Authority `json:"-"`
}

// because is a cause as it stands after “because”.
func (c Cause) because(d *Directory) words.Text {
	switch agency := d.AgencyName(c.Agency); c.Why {
	case CauseReturned:
		return words.F("%s trả lại", "%s returned the draft", agency)
	case CauseRejected:
		return words.F("%s không nhất trí", "%s rejected the draft", agency)
	case CauseRefused:
		return words.F("%s từ chối ký", "%s refused to sign", agency)
	case CauseRevoked:
		if c.Agency == "" {
			return words.Of("một chứng thư số trong văn bản đã bị thu hồi trước khi được dùng",
				"a certificate in the document had been revoked before it was used")
		}
		return words.F("chứng thư số của %s đã bị thu hồi trước khi ký",
			"the certificate of %s had been revoked before it signed", agency)
	}
	return map[CauseKind]words.Text{
		CauseTooFew:   words.Of("không còn đủ chữ ký theo quy trình", "too few signatures can be reached"),
		CauseDeadline: words.Of("đã quá hạn", "the deadline has passed"),
		CauseVote:     words.Of("biểu quyết không thông qua", "a motion failed"),
		CauseQuorum:   words.Of("không đủ số ý kiến theo quy trình", "too few agencies gave an opinion"),
		CauseAltered: words.Of("văn bản không còn đúng bản đã chốt và các chữ ký",
			"the document is no longer what was frozen and signatures"),
		CauseSettled: words.Of("khối trưởng quyết định", "the block leader decided so"),
	}[c.Why]
}

// Events of refusals.
type (
	// Stopped says that the open stage cannot go on by itself: the leader of the block decides how.
	Stopped struct {
		Stage StageID `json:"stage"`
		Cause
	}
	// RefusalSettled is the leader's decision on a covenant that stopped.
	RefusalSettled struct {
		Stage     StageID     `json:"stage"`
		Choice    Consequence `json:"choice"`
		Reason    string      `json:"reason"`
		Person    PersonID    `json:"person"`
		Authority Authority   `json:"authority"`
	}
	// ConflictDeclared takes an agency that has a conflict of interest out of the reviews and
	// votes, or out of one motion.
	ConflictDeclared struct {
		Agency    AgencyID  `json:"agency"`
		Motion    MotionID  `json:"motion,omitempty"`
		Reason    string    `json:"reason"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
	}
)

// Kind is the event's name in the log.
func (Stopped) Kind() string          { return "stopped" }
func (RefusalSettled) Kind() string   { return "refusal_settled" }
func (ConflictDeclared) Kind() string { return "conflict_declared" }

func (e Stopped) apply(c *Covenant) {
	c.Phase, c.Stop = PhaseRejected, &e
}

func (e Stopped) line(s State) Line {
	return Line{
		Tone: ToneStopped,
		Text: words.F("Tạm dừng, chờ khối trưởng quyết định: %s", "Stopped until the block leader decides: %s",
			e.because(s.Directory)),
		Detail: words.Same(e.Reason),
	}
}

func (e RefusalSettled) authority() Authority { return e.Authority }

func (e RefusalSettled) apply(c *Covenant) {
	c.Phase, c.Stop = phaseOf[c.StageKind], nil
}

func (e RefusalSettled) line(State) Line {
	choice := words.Of("tiếp tục", "go on")
	switch e.Choice {
	case ThenReturn:
		choice = words.Of("trả lại để chỉnh sửa", "return for revision")
	case ThenCancel:
		choice = words.Of("hủy giao ước", "cancel the covenant")
	}
	return Line{
		Tone: ToneNext, Text: words.F("Khối trưởng quyết định: %s", "The block leader decided: %s", choice),
		Detail: words.Same(e.Reason),
	}
}

func (e ConflictDeclared) authority() Authority { return e.Authority }

func (e ConflictDeclared) apply(c *Covenant) {
	c.Conflicts = append(c.Conflicts, e)
	if e.Motion == "" && (c.Phase == AwaitingReviews || c.Phase == AwaitingScores) {
		c.Waiting, c.Queue = without(c.Waiting, e.Agency), without(c.Queue, e.Agency)
	}
	for i, m := range c.Motions {
		if m.Result == nil && (e.Motion == "" || e.Motion == m.ID) && !m.voted(e.Agency) {
			c.Motions[i].Who = without(m.Who, e.Agency)
		}
	}
	if c.Phase == AwaitingVotes {
		c.Waiting = c.stillVoting()
	}
	if c.Scoring == nil || e.Motion != "" {
		return
	}
	for _, p := range c.Scoring.Polls {
		if p.Result == nil && !p.Voted(e.Agency) {
			c.Scoring.changePoll(p.Poll, func(p *Poll) { p.Who = without(p.Who, e.Agency) })
		}
	}
}

func (e ConflictDeclared) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s khai có xung đột lợi ích, không góp ý và không biểu quyết",
			"%s declared a conflict of interest and takes no part", s.Directory.AgencyName(e.Agency)),
		Detail: words.Same(e.Reason),
	}
}

// consequence is what a rule says to a rejection, a failed motion or a refusal.
func (s settling) consequence(then Consequence, cause Cause, now time.Time) ([]Event, error) {
	switch then {
	case ThenReturn:
		return s.sendBack(cause, now)
	case ThenCancel:
		return s.cancelBy(cause, now), nil
	}
	return []Event{Stopped{Stage: s.Covenant.Stage, Cause: cause}}, nil
}

// cancelBy ends the covenant by a rule of its process, or as the leader decided. A number that it had is voided.
func (s settling) cancelBy(cause Cause, now time.Time) []Event {
	reason := cause.Reason
	if cause.Why != CauseSettled {
		reason = strings.TrimSuffix(cause.because(s.Directory).In(words.Vietnamese)+": "+reason, ": ")
	}
	return []Event{Cancelled{Person: cause.Person, Authority: cause.Authority, Reason: reason, Date: s.today(now)}}
}

// sendBack gives the draft back to its drafter. A number that it had is voided, and its document set aside.
func (s settling) sendBack(cause Cause, _ time.Time) ([]Event, error) {
	c := s.Covenant
	revision, _ := c.Revision()
	return []Event{RevisionReturned{
		Stage: c.Stage, Revision: revision.Number, By: orAgency(cause.Agency, c.Leader()),
		Why: cause.Why, Reason: cause.Reason,
	}}, nil
}

func orAgency(a, b AgencyID) AgencyID {
	if a == "" {
		return b
	}
	return a
}

// SettleRefusal is the leader's decision on a covenant that stopped because of a rejection, a refusal or a deadline.
type SettleRefusal struct {
	Choice Consequence `json:"choice,omitzero"` // ThenReturn, ThenContinue or ThenCancel
	Reason string      `json:"reason,omitzero"`
}

func (cmd SettleRefusal) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(PhaseRejected); err != nil {
		return nil, err
	}
	authority, err := s.authority(by, c.Leader(), DutyVote, now)
	if err != nil {
		return nil, err
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do của quyết định", "say why it is decided so")
	}
	cause := s.settling().stopCause()
	cause.Reason = cmd.Reason
	settled := RefusalSettled{Stage: c.Stage, Choice: cmd.Choice, Reason: cmd.Reason,
		Person: by.Person(), Authority: authority}
	var follow func(State) ([]Event, error)
	switch cmd.Choice {
	case ThenReturn:
		follow = func(s State) ([]Event, error) { return s.settling().sendBack(cause, now) }
	case ThenCancel:
		cause.Why, cause.Person, cause.Authority = CauseSettled, by.Person(), authority
		follow = func(s State) ([]Event, error) { return s.settling().cancelBy(cause, now), nil }
	case ThenContinue:
		if err := s.settling().mayContinue(cause); err != nil {
			return nil, err
		}
		follow = func(s State) ([]Event, error) { return s.settling().goOn(cause, now) }
	default:
		return nil, refuse(CodeInvalid, "quyết định %q không có: chọn return, continue hoặc cancel",
			"there is no decision %q: choose return, continue or cancel", cmd.Choice)
	}
	return s.then([]Event{settled}, follow)
}

// stopCause is why the covenant stopped; for one that stopped before 2026-11 it is what the events tell.
func (s settling) stopCause() Cause {
	c := s.Covenant
	if c.Stop != nil {
		return c.Stop.Cause
	}
	if n := len(c.Refused); n > 0 {
		p, _ := c.SlotParty(c.Refused[n-1].Slot)
		return Cause{Agency: p.Agency, Why: CauseRefused}
	}
	return Cause{Agency: firstOf(s.ReviewTally().Rejected, []AgencyID{c.Leader()}), Why: CauseRejected}
}

// mayContinue refuses to go on where nothing would be left to go on with.
func (s settling) mayContinue(cause Cause) error {
	if cause.Why == CauseAltered {
		return refuse(CodeWrongState, "không thể tiếp tục với văn bản đã bị sửa; hãy trả lại để chỉnh sửa hoặc hủy",
			"it cannot go on with a document that was changed; return it for revision or cancel it")
	}
	if cause.Why == CauseTooFew || s.Covenant.Phase == PhaseRejected &&
		s.Covenant.StageKind == StageSign && !s.enoughReachable() {
		return refuse(CodeWrongState,
			"không thể tiếp tục: không còn đủ chữ ký theo quy trình; hãy trả lại để chỉnh sửa hoặc hủy",
			"it cannot go on: the signatures that the process asks for cannot be reached; "+
				"return it for revision or cancel it")
	}
	return nil
}

// goOn resumes the open stage without those who stand in the way.
func (s settling) goOn(cause Cause, now time.Time) ([]Event, error) {
	switch s.Covenant.StageKind {
	case StageReview:
		released := []Event{AgenciesReleased{Stage: s.Covenant.Stage, Agencies: s.ReviewTally().Rejected}}
		switch cause.Why {
		case CauseQuorum:
			released = []Event{AgenciesReleased{Stage: s.Covenant.Stage, Agencies: []AgencyID{}, Quorum: true}}
		case CauseDeadline:
			released = []Event{AgenciesReleased{Stage: s.Covenant.Stage,
				Agencies: append(append([]AgencyID{}, s.Covenant.Waiting...), s.Covenant.Queue...)}}
		}
		return s.then(released, func(s State) ([]Event, error) { return s.reviewing().afterReview(now) })
	case StageSign:
		return s.askAgain(now)
	}
	return nil, nil // the stage waits for whom it waited before
}

// askAgain resumes the signing: with those who were asked, or else those who were passed over and may still sign.
func (s settling) askAgain(now time.Time) ([]Event, error) {
	c := s.Covenant
	var asked []AgencyID
	for _, a := range c.Waiting {
		p, _ := c.Party(a)
		if _, refused := c.RefusedSlot(p.Slot); !refused {
			asked = append(asked, a)
		}
	}
	groups := len(s.signGroups(s.stage()))
	if len(asked) == 0 && c.Group >= groups {
		asked = slices.Clone(c.Waived)
	}
	if slices.Equal(asked, c.Waiting) {
		return s.afterSignature(now)
	}
	return s.then([]Event{GroupOpened{Stage: c.Stage, Group: c.Group, Who: asked}},
		func(s State) ([]Event, error) { return s.afterSignature(now) })
}

// StopCompletion says that the validation data that the finished document needs speak against one of its signatures, or
// that it is not the document that was frozen. No waiting mends that: the leader of the block decides what becomes of
// it. The engine gives it.
type StopCompletion struct {
	Why    CauseKind // CauseRevoked or CauseAltered
	Field  string    // of the signature or seal; empty where it is none of theirs
	Reason string    // what was found
}

func (cmd StopCompletion) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if err := s.expect(AwaitingValidation); err != nil {
		return nil, err
	}
	cause := Cause{Why: cmd.Why, Reason: cmd.Reason}
	for _, signed := range s.Covenant.Signed {
		if party, ok := s.Covenant.SlotParty(signed.Slot); ok && signed.Field == cmd.Field {
			cause.Agency = party.Agency
		}
	}
	for _, sealed := range s.Covenant.Sealed {
		if sealed.Field == cmd.Field {
			cause.Agency = sealed.Agency
		}
	}
	return []Event{Stopped{Stage: s.Covenant.Stage, Cause: cause}}, nil
}

// DeclareConflict says that an agency has a conflict of interest: it neither reviews nor votes, and does not count.
type DeclareConflict struct {
	Agency AgencyID `json:"agency,omitzero"`
	Motion MotionID `json:"motion,omitzero"` // that it is about; empty: the whole covenant
	Reason string   `json:"reason,omitzero"`
}

func (cmd DeclareConflict) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c, name := s.Covenant, s.Directory.AgencyName(cmd.Agency)
	switch c.Phase {
	case AwaitingRevision, AwaitingReviews, AwaitingVotes, AwaitingScores:
	default:
		return nil, s.expect(AwaitingReviews)
	}
	authority, err := s.settling().anyAuthority(by, cmd.Agency, now, DutyVote, DutySign, DutyReview)
	if err != nil {
		return nil, err
	}
	_, party := c.Party(cmd.Agency)
	switch {
	case !party:
		return nil, refuse(CodeForbidden, "%s không tham gia giao ước này", "%s takes no part in this covenant", name)
	case blank(cmd.Reason):
		return nil, refuse(CodeInvalid, "cần nêu lý do xung đột lợi ích", "say what the conflict of interest is")
	case s.settling().conflicted(cmd.Agency, cmd.Motion):
		return nil, refuse(CodeConflict, "%s đã khai việc này", "%s has declared this already", name)
	}
	if err := s.settling().stillNeutral(cmd); err != nil {
		return nil, err
	}
	events := []Event{ConflictDeclared{Agency: cmd.Agency, Motion: cmd.Motion, Reason: cmd.Reason,
		Person: by.Person(), Authority: authority}}
	return s.then(events, func(s State) ([]Event, error) {
		if s.Covenant.Phase == AwaitingReviews && cmd.Motion == "" {
			return s.reviewing().afterReview(now)
		}
		return nil, nil
	})
}

// stillNeutral refuses where the agency has acted already, or nobody would be left to act.
func (s settling) stillNeutral(cmd DeclareConflict) error {
	c, name := s.Covenant, s.Directory.AgencyName(cmd.Agency)
	if cmd.Motion != "" {
		m := c.motion(cmd.Motion)
		switch {
		case m == nil:
			return refuse(CodeNotFound, "không có nội dung biểu quyết %q", "there is no motion %q", cmd.Motion)
		case m.Result != nil:
			return refuse(CodeWrongState, "nội dung biểu quyết này đã kết thúc", "this motion is closed")
		case m.voted(cmd.Agency):
			return refuse(CodeConflict, "%s đã biểu quyết nội dung này", "%s has already voted on this motion", name)
		case m.Opened && len(without(m.Who, cmd.Agency)) == 0:
			return refuse(CodeWrongState, "không còn ai biểu quyết nội dung này",
				"nobody would be left to vote on this motion")
		}
		return nil
	}
	if c.Phase == AwaitingScores {
		if poll, ok := c.Scoring.openPoll(); ok && (poll.Voted(cmd.Agency) || len(without(poll.Who, cmd.Agency)) == 0) {
			return refuse(CodeConflict, "%s đã bỏ phiếu trong cuộc bỏ phiếu đang mở, hoặc không còn ai khác bỏ phiếu",
				"%s has voted in the open poll, or nobody else would be left to vote", name)
		}
	}
	for _, m := range c.Motions {
		if m.Result == nil && (m.voted(cmd.Agency) || m.Opened && len(without(m.Who, cmd.Agency)) == 0) {
			return refuse(CodeConflict, "%s đã biểu quyết nội dung đang mở, hoặc không còn ai khác biểu quyết",
				"%s has voted on an open motion, or nobody else would be left to vote", name)
		}
	}
	if revision, ok := c.Revision(); ok && c.Phase == AwaitingReviews && c.spoke(c.Stage, cmd.Agency, revision.Number) {
		return refuse(CodeConflict, "%s đã cho ý kiến về bản này",
			"%s has already given its opinion on this revision", name)
	}
	for _, stage := range s.Process.Stages {
		if who := s.takingPart(stage); (stage.Kind == StageReview || stage.Kind == StageVote ||
			stage.Kind == StageScore) && len(who) == 1 && who[0] == cmd.Agency {
			return refuse(CodeWrongState, "không còn đơn vị nào khác ở bước “%s”",
				"nobody else would be left in the stage “%s”", words.Each(stage.Label))
		}
	}
	return nil
}

// conflicted reports whether an agency declared a conflict about the whole covenant or about the motion.
func (s settling) conflicted(agency AgencyID, motion MotionID) bool {
	for _, d := range s.Covenant.Conflicts {
		if d.Agency == agency && (d.Motion == "" || d.Motion == motion) {
			return true
		}
	}
	return false
}

// anyAuthority is the right by one of several duties; the error is about the first.
func (s settling) anyAuthority(by Actor, agency AgencyID, now time.Time, duties ...Duty) (Authority, error) {
	var first error
	for _, d := range duties {
		a, err := s.authority(by, agency, d, now)
		if err == nil {
			return a, nil
		}
		if first == nil {
			first = err
		}
	}
	return Authority{}, first
}

// settling is the state as it is looked at where something goes another way than straight on:
// refusals, deadlines, ends.
type settling struct{ State }

func (s State) settling() settling { return settling{s} }
