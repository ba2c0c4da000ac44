package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Command is something that somebody or the program wants to happen. Who gives it is no part of it: that is the
// [Actor], whose right is checked when the command is decided.
type Command interface {
	decide(s State, by Actor, now time.Time) ([]Event, error)
}

// Decide answers an actor's command with the events that it causes, or with an [*Error]. It changes nothing and depends
// on nothing but its arguments.
func Decide(s State, by Actor, c Command, now time.Time) ([]Event, error) {
	if by.IsZero() {
		return nil, refuse(CodeForbidden, "chưa rõ ai thực hiện; hãy đăng nhập",
			"it is not known who does this; sign in first")
	}
	c, err := normalized(c)
	if err != nil {
		return nil, err
	}
	events, err := c.decide(s, by, now)
	if err != nil {
		return nil, err
	}
	return s.settling().voidLostNumber(events), nil
}

// expect refuses unless the covenant is in the given phase, and says what it is waiting for instead.
func (s State) expect(phase Phase) error {
	if s.Covenant.Phase == phase {
		return nil
	}
	if s.Covenant.Phase == PhaseNew {
		return refuse(CodeNotFound, "chưa có giao ước này", "there is no such covenant")
	}
	return refuse(CodeWrongState,
		"giao ước đang ở bước khác: %s", "the covenant is at another step: %s",
		words.Each(s.Covenant.Phase.Words))
}

// authority is the right by which an actor does a duty for an agency now. The program has none, nor
// has the console by itself.
func (s State) authority(by Actor, agency AgencyID, duty Duty, now time.Time) (Authority, error) {
	if by.Person() == "" {
		return Authority{}, refuse(CodeForbidden,
			"việc này do một người có thẩm quyền của %s thực hiện; hãy cho biết là ai (--as)",
			"this is done by a person who may act for %s; say who (--as)", s.Directory.AgencyName(agency))
	}
	return s.authorityOn(by.Person(), agency, duty, s.today(now))
}

// authorityOn is the right by which a person does, or did, a duty on a day.
func (s State) authorityOn(person PersonID, agency AgencyID, duty Duty, day Date) (Authority, error) {
	return s.Directory.AuthorityIn(s.Covenant.ID, person, agency, duty, day)
}

// enter opens the first of the stages that is to be entered, and passes over those whose condition does not hold or in
// which nobody takes part. After the last one the process has ended.
func (s State) enter(stages []Stage, now time.Time) ([]Event, error) {
	var events []Event
	for _, stage := range stages {
		if !stage.When.Holds(s.Covenant.fact) {
			events = append(events, StageSkipped{Stage: stage.ID, Type: stage.Kind, When: stage.When.String()})
			continue
		}
		opened, err := s.open(stage, now)
		if err != nil {
			return nil, err
		}
		if opened == nil {
			events = append(events, StageSkipped{Stage: stage.ID, Type: stage.Kind})
			continue
		}
		return s.then(append(events, opened...), func(s State) ([]Event, error) {
			if stage.Kind == StageReview && len(s.Covenant.Waiting) == 0 { // every approval carried over
				return s.reviewing().afterReview(now)
			}
			return nil, nil
		})
	}
	events = append(events, ProcessEnded{})
	if s.Covenant.Reporting != nil { // in force, reported on and scored: its life is over
		events = append(events, Closed{Reason: "đã hoàn thành các bước của quy trình", Date: s.today(now)})
	}
	return events, nil
}

// open is a stage's first events, by kind; nothing where nobody takes part.
func (s State) open(stage Stage, now time.Time) ([]Event, error) {
	opened := StageOpened{Stage: stage.ID, Type: stage.Kind, OpenedAt: now}
	if !stage.Due.IsZero() {
		due, err := s.Calendar.Deadline(s.today(now), stage.Due.In(s.Covenant.Year))
		if err != nil {
			return nil, err
		}
		opened.Due = due
	}
	opened.Who = s.takingPart(stage)
	switch stage.Kind {
	case StageReview:
		if len(opened.Who) > 0 {
			return s.reviewing().openReview(stage, opened), nil
		}
	case StageVote:
		if len(opened.Who) > 0 {
			return s.voting().openVote(stage, opened), nil
		}
	case StageSeal, StageScore:
		if len(opened.Who) > 0 {
			return []Event{opened}, nil
		}
	case StageNumber:
		opened.Who = []AgencyID{s.numbering(stage)}
		return []Event{opened}, nil
	case StageSign:
		opened.Who = nil
		return []Event{opened, GroupOpened{Stage: stage.ID, Group: 1, Who: s.signGroups(stage)[0]}}, nil
	case StageReport:
		// The term counts from the day on which the covenant came into force, which is the printed one; what was due
		// before the last of them had signed is not asked for.
		opened.Who = nil
		return []Event{opened, ReportingOpened{From: s.today(now),
			Until: s.Covenant.InForce.AddMonths(stage.Report.Months)}}, nil
	case StageIssue:
		opened.Who = nil
		return []Event{opened}, nil
	}
	return nil, nil
}

// numbering is the agency whose clerk issues the number: the leader's where the block has none in the role.
func (s State) numbering(stage Stage) AgencyID {
	return firstOf(s.agenciesOf([]Role{stage.Number.By}), []AgencyID{s.Covenant.Leader()})
}

// NumberingAgency is the agency in whose book the covenant is numbered.
func (s State) NumberingAgency() AgencyID {
	if stage, ok := s.Process.OfKind(StageNumber); ok {
		return s.numbering(stage)
	}
	return s.Covenant.Leader()
}

// advance closes the open stage and enters the next one.
func (s State) advance(now time.Time) ([]Event, error) {
	stage := s.Covenant.Stage
	return s.then([]Event{StageClosed{Stage: stage}},
		func(s State) ([]Event, error) { return s.enter(s.Process.After(stage), now) })
}

// then adds to events what follows once they are applied.
func (s State) then(events []Event, follow func(State) ([]Event, error)) ([]Event, error) {
	after := s
	c := s.Covenant.Clone()
	for _, e := range events {
		c.Apply(e)
	}
	after.Covenant = c
	more, err := follow(after)
	if err != nil {
		return nil, err
	}
	return append(events, more...), nil
}

func (s State) agenciesOf(roles []Role) []AgencyID {
	var out []AgencyID
	for _, p := range s.Covenant.Parties {
		for _, r := range roles {
			if p.Role == r {
				out = append(out, p.Agency)
			}
		}
	}
	return out
}

// takingPart are the agencies that a stage asks; in reviews, votes and scores without those that declared a conflict.
func (s State) takingPart(stage Stage) []AgencyID {
	who := s.agenciesOf(stage.Who)
	if stage.Kind == StageSeal {
		return who
	}
	return slices.DeleteFunc(who, func(a AgencyID) bool { return s.settling().conflicted(a, "") })
}

// weight is an agency's: its own entry, else its role's, else 1.
func (s State) weight(weights Weights, a AgencyID) int {
	if w, ok := weights[string(a)]; ok {
		return w
	}
	p, _ := s.Covenant.Party(a)
	if w, ok := weights[string(p.Role)]; ok {
		return w
	}
	return 1
}

// stage is the open stage's definition.
func (s State) stage() Stage {
	stage, _ := s.Process.Stage(s.Covenant.Stage)
	return stage
}

// Turn is an agency whose turn it is, and the duty that a person needs to act for it.
type Turn struct {
	Agency AgencyID
	Duty   Duty
}

// Turns says who can bring the covenant forward now. It is empty while the program is at work, and at the end.
func (s State) Turns() []Turn {
	c := s.Covenant
	turns := func(duty Duty, agencies ...AgencyID) []Turn {
		var out []Turn
		for _, a := range agencies {
			out = append(out, Turn{a, duty})
		}
		return out
	}
	switch c.Phase {
	case AwaitingRevision:
		return turns(DutyDraft, c.For)
	case AwaitingReviews:
		if len(c.Waiting) > 0 {
			return turns(DutyReview, c.Waiting...)
		}
		return turns(DutyDraft, c.For) // comments are to be resolved
	case AwaitingVotes:
		if len(c.Waiting) > 0 {
			return turns(DutyVote, c.Waiting...)
		}
		return s.voting().chairTurns()
	case AwaitingNumber, AwaitingSeals:
		return turns(DutyNumber, c.Waiting...)
	case AwaitingSignatures:
		return turns(DutySign, c.Waiting...)
	case AwaitingScores:
		return s.scoring().scoreTurns()
	case PhaseRejected:
		return turns(DutyVote, c.Leader())
	}
	return nil
}
