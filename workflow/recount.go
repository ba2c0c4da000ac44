package workflow

import (
	"time"

	"covenant/internal/words"
)

// DeadlineRecounted moves the open stage's deadline since the days off of a year that were computed have been
// announced. Its ladder goes on: what was carried out stays so.
type DeadlineRecounted struct {
	Stage StageID  `json:"stage"`
	Was   Deadline `json:"was"`
	Due   Deadline `json:"due"`
}

// Kind is the event's name in the log.
func (DeadlineRecounted) Kind() string { return "deadline_recounted" }

func (e DeadlineRecounted) apply(c *Covenant) { c.Due = e.Due }

func (e DeadlineRecounted) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Hạn của bước “%[1]s” tính lại theo lịch nghỉ đã công bố: %[2]s → "+
		"%[3]s",
		"The deadline of step “%[1]s” is counted anew by the announced days off: %[2]s → %[3]s",
		s.Process.StageName(e.Stage), e.Was.LastDay().Display(), e.Due.LastDay().Display())}
}

// RecountDeadline counts the open stage's deadline anew by the calendar as it is now. It changes nothing where the
// deadline is the same, was extended, or is past: nobody's time is taken back.
type RecountDeadline struct{}

func (RecountDeadline) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	c, stage := s.Covenant, s.stage()
	if c.Phase.Ended() || c.Due.Date.IsZero() || stage.Due.IsZero() || c.Extension > 0 {
		return nil, nil
	}
	due, err := s.Calendar.Deadline(s.today(c.LadderFrom), stage.Due.In(c.Year))
	if err != nil {
		return nil, err
	}
	today := s.today(now)
	if due == c.Due || c.Due.LastDay().Before(today) || due.LastDay().Before(today) {
		return nil, nil
	}
	return []Event{DeadlineRecounted{Stage: c.Stage, Was: c.Due, Due: due}}, nil
}
