package workflow

import "time"

// Command is something that a person or the program wants to happen. The person who acts is part of the command;
// its right to act is checked when it is decided.
type Command interface {
	decide(s State, now time.Time) ([]Event, error)
}

// Decide answers a command with the events that it causes, or with an [*Error]. It changes nothing and depends on
// nothing but its arguments.
func Decide(s State, c Command, now time.Time) ([]Event, error) {
	events, err := c.decide(s, now)
	if err != nil {
		return nil, err
	}
	return s.voidLostNumber(events), nil
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
		"giao ước đang ở bước khác: %[1]s", "the covenant is at another step: %[2]s",
		s.Covenant.Phase.Words("vi"), s.Covenant.Phase.Words("en"))
}

// enter opens a stage: its first events, by kind.
func (s State) enter(stage Stage, now time.Time) ([]Event, error) {
	opened := StageOpened{Stage: stage.ID, Type: stage.Kind}
	if !stage.Due.IsZero() {
		due, err := s.Calendar.Deadline(s.today(now), stage.Due)
		if err != nil {
			return nil, err
		}
		opened.Due = due
	}
	switch stage.Kind {
	case StageReview:
		opened.Who = s.agenciesOf(stage.Who)
		return []Event{opened}, nil
	case StageVote:
		opened.Who = s.agenciesOf(stage.Who)
		return append([]Event{opened}, s.openMotions(stage, opened.Who)...), nil
	case StageNumber:
		opened.Who = s.agenciesOf([]Role{stage.Number.By})
		return []Event{opened}, nil
	case StageSign:
		group := s.signGroups(stage)[0]
		return []Event{opened, GroupOpened{Stage: stage.ID, Group: 1, Who: group}}, nil
	case StageSeal:
		opened.Who = s.agenciesOf(stage.Who)
		return []Event{opened}, nil
	case StageReport:
		from := s.today(now)
		return []Event{opened, ReportingOpened{From: from, Until: from.AddMonths(stage.Report.Months)}}, nil
	}
	return []Event{opened}, nil
}

// advance closes the open stage and enters the next one, if there is one.
func (s State) advance(now time.Time) ([]Event, error) {
	events := []Event{StageClosed{Stage: s.Covenant.Stage}}
	next, ok := s.Process.next(s.Covenant.Stage)
	if !ok {
		return events, nil
	}
	more, err := s.enter(next, now)
	return append(events, more...), err
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

// stage is the open stage's definition.
func (s State) stage() Stage {
	stage, _ := s.Process.Stage(s.Covenant.Stage)
	return stage
}
