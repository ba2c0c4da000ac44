package workflow

import (
	"time"

	"covenant/internal/words"
)

// ReportingOpened starts the reporting duties, which last until Until.
type ReportingOpened struct {
	From  Date `json:"from"`
	Until Date `json:"until"`
}

// Kind is the event's name in the log.
func (ReportingOpened) Kind() string { return "reporting_opened" }

func (e ReportingOpened) apply(c *Covenant) {
	c.Reporting, c.Phase = &e, AwaitingReports
}

func (e ReportingOpened) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("Nghĩa vụ báo cáo từ %s đến %s", "Reporting duties from %s until %s",
		e.From.Display(), e.Until.Display())}
}

// ReportSubmitted is one agency's report for one period.
type ReportSubmitted struct {
	Obligation ObligationID `json:"obligation"`
	Period     Period       `json:"period"`
	Agency     AgencyID     `json:"agency"`
	Person     PersonID     `json:"person"`
	Authority  Authority    `json:"authority"`
	Summary    string       `json:"summary"`
	Late       bool         `json:"late,omitempty"`
}

// Kind is the event's name in the log.
func (ReportSubmitted) Kind() string { return "report_submitted" }

func (e ReportSubmitted) authority() Authority { return e.Authority }

func (e ReportSubmitted) apply(c *Covenant) {
	c.Reports = append(c.Reports, e)
}

func (e ReportSubmitted) line(s State) Line {
	agency, report := s.Directory.AgencyName(e.Agency), s.Process.ReportName(e.Obligation, e.Period)
	if e.Late {
		return Line{
			Tone: ToneWaiting, Text: words.F("%s gửi %s – nộp muộn", "%s handed in late: %s", agency, report),
			Detail: words.Same(e.Summary),
		}
	}
	return Line{Tone: ToneDone, Text: words.F("%s gửi %s",
		"%s handed in: %s", agency, report), Detail: words.Same(e.Summary)}
}

// Reminded records that a step of the reminder ladder was carried out and for whom a mail was queued.
type Reminded struct {
	Obligation ObligationID `json:"obligation"`
	Period     Period       `json:"period"`
	Rung       Rung         `json:"rung"`
	To         []AgencyID   `json:"to,omitempty"`
	Missing    []AgencyID   `json:"missing,omitempty"`
}

// Kind is the event's name in the log.
func (Reminded) Kind() string { return "reminded" }

func (e Reminded) apply(c *Covenant) {
	c.Reminders = append(c.Reminders, e)
}

func (e Reminded) line(s State) Line {
	report := s.Process.ReportName(e.Obligation, e.Period)
	if len(e.To) == 0 {
		return Line{Tone: ToneNext, Text: words.F("Không cần nhắc %s: đã đủ báo cáo",
			"No reminder needed for %s: all reports are in", report)}
	}
	return Line{
		Tone: ToneWaiting,
		Text: words.F("Nhắc %s: %s", "Reminder for %s: %s", report,
			words.N(len(e.To), "nơi nhận", "recipient", "recipients")),
		Detail: words.Same(s.Directory.AgencyNames(e.To)),
	}
}

// SubmitReport hands in one agency's report for one period.
type SubmitReport struct {
	Agency     AgencyID     `json:"agency,omitzero"`
	Obligation ObligationID `json:"obligation,omitzero"`
	Period     Period       `json:"period,omitzero"`
	Summary    string       `json:"summary,omitzero"`
}

func (cmd SubmitReport) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingReports); err != nil {
		return nil, err
	}
	if !contains(c.Members(), cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không phải đơn vị thành viên",
			"%s is not a member", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.authority(by, cmd.Agency, DutyReport, now)
	if err != nil {
		return nil, err
	}
	stage, _ := s.Process.OfKind(StageReport)
	due, ok := stage.Report.ReportDue(cmd.Obligation, cmd.Period, c.Reporting.From, c.Reporting.Until)
	if !ok {
		return nil, refuse(CodeNotFound, "giao ước không có kỳ báo cáo %q (%s)",
			"the covenant has no reporting period %q (%s)", cmd.Period, cmd.Obligation)
	}
	if _, ok := c.Report(cmd.Obligation, cmd.Period, cmd.Agency); ok {
		return nil, refuse(CodeConflict,
			"%s đã gửi báo cáo kỳ này", "%s has already handed in this period's report",
			s.Directory.AgencyName(cmd.Agency))
	}
	if blank(cmd.Summary) {
		return nil, refuse(CodeInvalid, "báo cáo còn trống", "the report is empty")
	}
	return []Event{ReportSubmitted{
		Obligation: cmd.Obligation, Period: cmd.Period, Agency: cmd.Agency, Person: by.Person(), Authority: authority,
		Summary: cmd.Summary, Late: due.LastDay().Before(s.today(now)),
	}}, nil
}

// RecordReminder carries out one step of the reminder ladder: who is reminded follows from who has not reported.
type RecordReminder struct {
	Obligation ObligationID
	Period     Period
	Rung       Rung
}

func (cmd RecordReminder) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if err := s.expect(AwaitingReports); err != nil {
		return nil, err
	}
	for _, r := range s.Covenant.Reminders {
		if r.Obligation == cmd.Obligation && r.Period == cmd.Period && r.Rung == cmd.Rung {
			return nil, refuse(CodeConflict, "lượt nhắc %s %s đã được thực hiện",
				"reminder %s %s was already carried out", cmd.Period, cmd.Rung)
		}
	}
	to, missing, err := s.ReminderRecipients(cmd.Obligation, cmd.Period, cmd.Rung)
	if err != nil {
		return nil, err
	}
	return []Event{Reminded{Obligation: cmd.Obligation, Period: cmd.Period, Rung: cmd.Rung, To: to, Missing: missing}},
		nil
}

// ReminderRecipients are the agencies that a step of the ladder would write to now, and the members whose report is
// missing. Nobody is written to when nothing is missing.
func (s State) ReminderRecipients(id ObligationID, period Period, rung Rung) (to, missing []AgencyID, err error) {
	stage, _ := s.Process.OfKind(StageReport)
	rule, ok := stage.Report.Obligation(id)
	if !ok {
		return nil, nil, refuse(CodeNotFound, "không có nghĩa vụ báo cáo %q", "there is no reporting duty %q", id)
	}
	missing = s.Covenant.Missing(id, period)
	for _, r := range rule.Reminders {
		if r.ID != rung {
			continue
		}
		switch {
		case len(missing) == 0:
		case r.To == "leader":
			to = []AgencyID{s.Covenant.Leader()}
		default:
			to = missing
		}
		return to, missing, nil
	}
	return nil, nil, refuse(CodeNotFound, "không có lượt nhắc %q", "there is no reminder step %q", rung)
}
