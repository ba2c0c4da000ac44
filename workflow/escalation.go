package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// RungLate is a rung that no process names: until when others may still sign, once enough have.
const RungLate Rung = "@late"

// Events of deadlines.
type (
	// StageSkipped says that a stage was passed over: its condition did not hold or, where When
	// is empty, nobody takes part.
	StageSkipped struct {
		Stage StageID   `json:"stage"`
		Type  StageKind `json:"type"`
		When  string    `json:"when,omitempty"`
	}
	// StageEscalated is one rung of a stage's ladder carried out: whom a mail was written to, who had not acted, and
	// what follows by the events after it.
	StageEscalated struct {
		Stage     StageID     `json:"stage"`
		Opening   int         `json:"opening"`
		Extension int         `json:"extension,omitempty"`
		Rung      Rung        `json:"rung"`
		Due       Deadline    `json:"due"`
		To        []AgencyID  `json:"to,omitempty"`
		Missing   []AgencyID  `json:"missing,omitempty"`
		Then      Consequence `json:"then,omitempty"`
	}
	// DeadlineExtended moves the open stage's deadline; its ladder begins anew.
	DeadlineExtended struct {
		Stage StageID   `json:"stage"`
		Due   Deadline  `json:"due"`
		Rung  Rung      `json:"rung,omitempty"`
		At    time.Time `json:"at"`
	}
	// ProcessEnded says that the last stage is over.
	ProcessEnded struct{}
)

// Kind is the event's name in the log.
func (StageSkipped) Kind() string     { return "stage_skipped" }
func (StageEscalated) Kind() string   { return "stage_escalated" }
func (DeadlineExtended) Kind() string { return "deadline_extended" }
func (ProcessEnded) Kind() string     { return "process_ended" }

func (e StageSkipped) line(s State) Line {
	l := Line{Tone: ToneNext, Text: words.F("Bỏ qua bước “%s”",
		"Step “%s” was passed over", s.Process.StageName(e.Stage))}
	if stage, ok := s.Process.Stage(e.Stage); ok && e.When != "" {
		l.Detail = words.F("Chỉ thực hiện khi %s", "Only where %s", words.Each(stage.When.Words))
	}
	return l
}

func (e StageEscalated) apply(c *Covenant) {
	c.Rungs = append(slices.Clip(c.Rungs), e)
}

// line says also whom the rung wrote to, who had not acted, and what follows.
func (e StageEscalated) line(s State) Line {
	l := Line{Tone: ToneWaiting, Text: words.F("Đôn đốc bước “%s”",
		"Deadline of step “%s”", s.Process.StageName(e.Stage))}
	if len(e.To) > 0 {
		l.Detail = words.F("gửi %s", "mail to %s", s.Directory.SomeAgencies(e.To))
	}
	if len(e.Missing) > 0 {
		l.Detail = phrases(l.Detail, words.F("chưa thực hiện: %s",
			"not acted: %s", s.Directory.SomeAgencies(e.Missing)))
	}
	l.Detail = phrases(l.Detail, e.follows())
	return l
}

// follows is what the rung entails besides its mails, if anything.
func (e StageEscalated) follows() words.Text {
	return map[Consequence]words.Text{
		ThenContinue: words.Of("tiếp tục không chờ", "going on without them"),
		ThenReturn:   words.Of("trả lại đơn vị soạn thảo", "back to the drafter"),
		ThenTreatAs:  words.Of("ghi nhận thay cho ý kiến", "silence is recorded as the process says"),
		ThenExtend:   words.Of("gia hạn", "the deadline is extended"),
		ThenReject:   words.Of("chờ khối trưởng quyết định", "the block leader decides"),
	}[e.Then]
}

func (e DeadlineExtended) apply(c *Covenant) {
	c.Due, c.LadderFrom, c.Rungs = e.Due, e.At, nil
	c.Extended = append(slices.Clip(c.Extended), e.Rung)
	c.Extension++
}

func (e DeadlineExtended) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Gia hạn bước “%s” đến %s", "Step “%s” extended to %s",
		s.Process.StageName(e.Stage), e.Due.LastDay().Display())}
}

func (e ProcessEnded) apply(c *Covenant) {
	c.Stage, c.StageKind, c.Waiting, c.Due, c.Phase = "", "", nil, Deadline{}, PhaseAdopted
	if !c.InForce.IsZero() {
		c.Phase = PhaseInForce
	}
}

func (ProcessEnded) line(State) Line {
	return Line{Tone: ToneDone, Text: words.Of("Hoàn thành các bước của quy trình", "The process is complete")}
}

// LadderStep is a rung of the open stage with the moment at which it falls due.
type LadderStep struct {
	EscalationRule
	At time.Time
}

// Ladder are the rungs of the open stage that are still to come or due, by time: those that fell before the stage was
// opened or its deadline moved are left out.
func (s State) Ladder() ([]LadderStep, error) {
	c := s.Covenant
	var steps []LadderStep
	if c.Due.Date.IsZero() {
		return nil, nil
	}
	if c.Enough != nil { // the rest may sign until the deadline
		return []LadderStep{{EscalationRule{ID: RungLate}, c.Due.End(s.Calendar.Zone())}}, nil
	}
	for _, rule := range s.stage().Escalate {
		if slices.Contains(c.Extended, rule.ID) { // a rung moves the deadline once
			continue
		}
		day := c.Due.LastDay().AddDays(rule.Days)
		if rule.WorkingDays != 0 {
			var err error
			if day, err = s.Calendar.AddWorkingDays(c.Due.LastDay(), rule.WorkingDays); err != nil {
				return nil, err
			}
		}
		at := day.At(rule.Hour, 0, s.Calendar.Zone())
		if at.After(c.LadderFrom) {
			steps = append(steps, LadderStep{rule, at})
		}
	}
	slices.SortStableFunc(steps, func(a, b LadderStep) int { return a.At.Compare(b.At) })
	return steps, nil
}

// EscalateStage carries out the rungs of a ladder that are due, in order, up to the one named. Opening and Extension
// say which time the stage was opened and how often its deadline had moved: a rung of another time is moot.
type EscalateStage struct {
	Stage     StageID
	Opening   int
	Extension int
	Rung      Rung
	// Boxes are the ballots of the open secret motions, which the engine reads from where they lie.
	Boxes map[MotionID][]Choice
}

func (cmd EscalateStage) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	c := s.Covenant
	moot := refuse(CodeWrongState, "bước này đã kết thúc hoặc đã có hạn khác",
		"the stage is over, or has another deadline by now")
	if c.Stage != cmd.Stage || c.Opening != cmd.Opening || c.Extension != cmd.Extension ||
		c.Phase != phaseOf[c.StageKind] {
		return nil, moot
	}
	steps, err := s.Ladder()
	if err != nil {
		return nil, err
	}
	last := slices.IndexFunc(steps, func(l LadderStep) bool { return l.ID == cmd.Rung })
	switch {
	case last < 0:
		return nil, moot
	case now.Before(steps[last].At):
		return nil, refuse(CodeWrongState, "chưa đến lúc thực hiện bậc “%s”", "the rung “%s” is not due yet", cmd.Rung)
	case c.climbed(cmd.Rung):
		return nil, refuse(CodeConflict, "bậc “%s” đã được thực hiện",
			"the rung “%s” was carried out already", cmd.Rung)
	}
	return cmd.climb(s, steps[:last+1], now)
}

// climb carries out rungs that were not yet; it ends where a rung ends the stage or moves its deadline.
func (cmd EscalateStage) climb(s State, steps []LadderStep, now time.Time) ([]Event, error) {
	if len(steps) == 0 {
		return nil, nil
	}
	c, step := s.Covenant, steps[0]
	if c.Stage != cmd.Stage || c.Opening != cmd.Opening || c.Extension != cmd.Extension ||
		c.Phase != phaseOf[c.StageKind] {
		return nil, nil
	}
	if c.climbed(step.ID) {
		return cmd.climb(s, steps[1:], now)
	}
	missing := s.settling().missing()
	escalated := StageEscalated{
		Stage: c.Stage, Opening: c.Opening, Extension: c.Extension, Rung: step.ID, Due: c.Due,
		Missing: missing, Then: step.Then,
		To: s.settling().recipients(step.To, missing),
	}
	return s.then([]Event{escalated}, func(s State) ([]Event, error) {
		events, err := cmd.overdue(s, step.EscalationRule, now)
		if err != nil {
			return nil, err
		}
		return s.then(events, func(s State) ([]Event, error) { return cmd.climb(s, steps[1:], now) })
	})
}

func (c *Covenant) climbed(rung Rung) bool {
	return slices.ContainsFunc(c.Rungs, func(e StageEscalated) bool { return e.Rung == rung })
}

// missing are the agencies that have not done what the open stage asks of them.
func (s settling) missing() []AgencyID {
	var out []AgencyID
	for _, t := range s.Turns() {
		out = append(out, t.Agency)
	}
	return append(out, s.Covenant.Queue...)
}

// EscalationRecipients are the agencies that a rung would write to now, and those that have not acted.
func (s State) EscalationRecipients(rung EscalationRule) (to, missing []AgencyID) {
	missing = s.settling().missing()
	return s.settling().recipients(rung.To, missing), missing
}

// recipients are the agencies that a rung writes to.
func (s settling) recipients(to []string, missing []AgencyID) []AgencyID {
	var out []AgencyID
	add := func(agencies ...AgencyID) {
		for _, a := range agencies {
			if !contains(out, a) {
				out = append(out, a)
			}
		}
	}
	for _, name := range to {
		switch name {
		case ToMissing:
			add(missing...)
		case ToLeader:
			add(s.Covenant.Leader())
		case ToDeputy:
			add(s.agenciesOf([]Role{RoleDeputy})...)
		case ToDrafter:
			add(s.Covenant.For)
		default:
			if _, party := s.Covenant.Party(AgencyID(name)); party {
				add(AgencyID(name))
			}
		}
	}
	return out
}

// overdue is what a rung does beside writing.
func (cmd EscalateStage) overdue(s State, rung EscalationRule, now time.Time) ([]Event, error) {
	c := s.Covenant
	cause := Cause{Why: CauseDeadline, Rung: rung.ID}
	if rung.ID == RungLate {
		return s.advance(now)
	}
	switch rung.Then {
	case ThenReturn:
		return s.settling().sendBack(cause, now)
	case ThenReject:
		return []Event{Stopped{Stage: c.Stage, Cause: cause}}, nil
	case ThenExtend:
		due, err := s.Calendar.Deadline(c.Due.LastDay(), rung.By.In(c.Year))
		if err != nil {
			return nil, err
		}
		return []Event{DeadlineExtended{Stage: c.Stage, Due: due, Rung: rung.ID, At: now}}, nil
	case ThenTreatAs:
		return cmd.treatAs(s, rung, now)
	case ThenContinue:
		return cmd.goOnWithout(s, rung, now)
	}
	return nil, nil
}

// treatAs gives those who were silent the opinion or vote that the rule says.
func (cmd EscalateStage) treatAs(s State, rung EscalationRule, now time.Time) ([]Event, error) {
	c := s.Covenant
	var events []Event
	if c.StageKind == StageVote {
		for _, m := range c.MotionsOf(c.Stage) {
			for _, a := range m.Who {
				if m.Result == nil && !m.voted(a) {
					events = append(events, BallotDeemed{Motion: m.ID, Agency: a, Choice: rung.As, Rung: rung.ID})
				}
			}
		}
		return events, nil // the chair declares the results
	}
	revision, _ := c.Revision()
	opinion := OpinionAbstain
	if rung.As == ChoiceFor {
		opinion = OpinionApprove
	}
	for _, a := range slices.Concat(c.Waiting, c.Queue) {
		events = append(events, OpinionDeemed{
			Stage: c.Stage, Agency: a, Revision: revision.Number, Manifest: revision.Manifest,
			Opinion: opinion, Rung: rung.ID,
		})
	}
	return s.then(events, func(s State) ([]Event, error) { return s.reviewing().afterReview(now) })
}

// goOnWithout ends the waiting for those who have not acted.
func (cmd EscalateStage) goOnWithout(s State, rung EscalationRule, now time.Time) ([]Event, error) {
	c := s.Covenant
	released := []Event{AgenciesReleased{Stage: c.Stage, Agencies: slices.Concat(c.Waiting, c.Queue), Rung: rung.ID}}
	switch c.StageKind {
	case StageReview:
		return s.then(released, func(s State) ([]Event, error) { return s.reviewing().afterReview(now) })
	case StageVote:
		return cmd.closeAll(s, now)
	case StageSign:
		return s.then([]Event{SignatoriesPassed{Stage: c.Stage, Agencies: slices.Clone(c.Waiting), Rung: rung.ID}},
			func(s State) ([]Event, error) { return s.afterSignature(now) })
	case StageSeal:
		return s.then(released, func(s State) ([]Event, error) { return s.advance(now) })
	}
	return released, nil // scores: what is there is ranked
}

// closeAll ends an electronic vote with the ballots that are in; what lacks a quorum has not passed.
func (cmd EscalateStage) closeAll(s State, now time.Time) ([]Event, error) {
	var events []Event
	for _, m := range s.Covenant.MotionsOf(s.Covenant.Stage) {
		if m.Result != nil {
			continue
		}
		result, verdict, err := s.voting().result(m, cmd.Boxes[m.ID], "")
		if err != nil {
			return nil, err
		}
		result.Tie = verdict.Tie
		if result.Present < verdict.Quorum {
			result.Lapsed, result.Passed = true, false
		}
		events = append(events, result)
	}
	return s.then(events, func(s State) ([]Event, error) { return s.voting().afterVote(now) })
}
