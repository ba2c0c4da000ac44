package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Ending is how and why a covenant's life ended, where somebody or the calendar ended it.
type Ending struct {
	Date   Date
	Person PersonID // empty: by date
	Reason string
}

// Events that end a covenant, and what they do to its number.
type (
	// Withdrawn says that the drafter took the draft back before it was frozen.
	Withdrawn struct {
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Reason    string    `json:"reason"`
		Date      Date      `json:"date"`
	}
	// Cancelled says that the leading agency's head stopped a covenant that is not in force.
	Cancelled struct {
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Reason    string    `json:"reason"`
		Document  string    `json:"document,omitempty"`
		Date      Date      `json:"date"`
	}
	// NumberVoided says that a number of the register will never be used, because what it was for failed.
	NumberVoided struct {
		Book   string `json:"book"`
		Year   int    `json:"year"`
		Number int    `json:"number"`
		Symbol string `json:"symbol"`
		Reason string `json:"reason"`
	}
)

// Kind is the event's name in the log.
func (Withdrawn) Kind() string    { return "withdrawn" }
func (Cancelled) Kind() string    { return "cancelled" }
func (NumberVoided) Kind() string { return "number_voided" }

func (e Withdrawn) authority() Authority { return e.Authority }

func (e Withdrawn) apply(c *Covenant) {
	c.end(PhaseWithdrawn, Ending{e.Date, e.Person, e.Reason})
}

func (e Withdrawn) line(s State) Line {
	return Line{
		Tone: ToneStopped, Text: words.F("%s rút dự thảo", "%s withdrew the draft", s.Directory.PersonName(e.Person)),
		Detail: words.Same(e.Reason),
	}
}

func (e Cancelled) authority() Authority { return e.Authority }

func (e Cancelled) apply(c *Covenant) {
	c.end(PhaseCancelled, Ending{e.Date, e.Person, e.Reason})
}

func (e Cancelled) line(s State) Line {
	l := Line{
		Tone:   ToneStopped,
		Text:   words.Of("Giao ước bị hủy theo quy trình", "The covenant was cancelled, as its process says"),
		Detail: phrases(words.Same(e.Reason), words.Same(e.Document)),
	}
	if e.Person != "" {
		l.Text = words.F("%s hủy giao ước", "%s cancelled the covenant", s.Directory.PersonName(e.Person))
	}
	return l
}

func (e NumberVoided) apply(c *Covenant) {
	c.Voided = append(c.Voided, e)
	c.Number = nil
}

func (e NumberVoided) line(State) Line {
	return Line{
		Tone: ToneStopped,
		Text: words.F("Số %s bị hủy, không dùng lại", "Number %s is void and will not be used again",
			printedNumber(e.Number, e.Symbol)),
		Detail: words.Same(e.Reason),
	}
}

func (c *Covenant) end(phase Phase, how Ending) {
	c.Phase, c.Waiting, c.Due, c.Ending = phase, nil, Deadline{}, how
}

// Ended reports whether nothing more happens in this phase.
func (p Phase) Ended() bool {
	return slices.Contains([]Phase{PhaseClosed, PhaseAdopted, PhaseCancelled, PhaseWithdrawn}, p)
}

// Failed reports whether the covenant ended without having become what it was to be.
func (p Phase) Failed() bool { return p == PhaseCancelled || p == PhaseWithdrawn }

// mayEnd refuses where there is no covenant or where it has ended.
func (s settling) mayEnd(reason string) error {
	switch {
	case s.Covenant.Phase == PhaseNew:
		return refuse(CodeNotFound, "chưa có giao ước này", "there is no such covenant")
	case s.Covenant.Phase.Ended():
		return refuse(CodeWrongState, "giao ước này %s",
			"this covenant is %s already", words.Each(s.Covenant.Phase.Words))
	case blank(reason):
		return refuse(CodeInvalid, "cần nêu lý do", "say why")
	}
	return nil
}

// Closed ends the covenant's life.
type Closed struct {
	Reason    string    `json:"reason"`
	Person    PersonID  `json:"person,omitempty"` // empty: by date
	Authority Authority `json:"authority,omitzero"`
	Date      Date      `json:"date,omitzero"`
}

// Kind is the event's name in the log.
func (Closed) Kind() string { return "closed" }

func (e Closed) authority() Authority { return e.Authority }

func (e Closed) apply(c *Covenant) {
	c.end(PhaseClosed, Ending{e.Date, e.Person, e.Reason})
}

func (e Closed) line(State) Line {
	return Line{Tone: ToneDone, Text: words.Of("Kết thúc giao ước", "Covenant closed"), Detail: words.Same(e.Reason)}
}

// Withdraw takes the draft back, by a drafter of the agency that drafted it, while it is not frozen.
type Withdraw struct {
	Reason string `json:"reason,omitzero"`
}

func (cmd Withdraw) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.settling().mayEnd(cmd.Reason); err != nil {
		return nil, err
	}
	if s.Covenant.Frozen != nil {
		return nil, refuse(CodeWrongState,
			"văn bản đã chốt nên không rút được nữa; thủ trưởng đơn vị Khối trưởng có thể hủy",
			"the document is frozen and cannot be withdrawn any more; the head of the leading agency can cancel it")
	}
	authority, err := s.authority(by, s.Covenant.For, DutyDraft, now)
	if err != nil {
		return nil, err
	}
	return []Event{Withdrawn{Person: by.Person(), Authority: authority, Reason: cmd.Reason, Date: s.today(now)}}, nil
}

// Cancel stops a covenant that is not in force, by who signs for the leading agency. Its number is voided; signatures
// that were made stay on record and bind nobody.
type Cancel struct {
	Reason   string `json:"reason,omitzero"`
	Document string `json:"document,omitzero"` // the decision, if there is one
}

func (cmd Cancel) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.settling().mayEnd(cmd.Reason); err != nil {
		return nil, err
	}
	if !s.Covenant.InForce.IsZero() {
		return nil, refuse(CodeWrongState, "giao ước đã có hiệu lực nên không hủy được; hãy kết thúc hoặc sửa đổi",
			"the covenant is in force and cannot be cancelled; close or amend it")
	}
	authority, err := s.authority(by, s.Covenant.Leader(), DutySign, now)
	if err != nil {
		return nil, err
	}
	return []Event{Cancelled{Person: by.Person(), Authority: authority, Reason: cmd.Reason, Document: cmd.Document,
		Date: s.today(now)}}, nil
}

// Close ends a covenant in force before its time, by who signs for the leading agency. Its number stays.
type Close struct {
	Reason string `json:"reason,omitzero"`
}

func (cmd Close) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.settling().mayEnd(cmd.Reason); err != nil {
		return nil, err
	}
	if s.Covenant.InForce.IsZero() {
		return nil, refuse(CodeWrongState, "giao ước chưa có hiệu lực; hãy hủy thay vì kết thúc",
			"the covenant is not in force; cancel it instead")
	}
	authority, err := s.authority(by, s.Covenant.Leader(), DutySign, now)
	if err != nil {
		return nil, err
	}
	return []Event{Closed{Reason: cmd.Reason, Person: by.Person(), Authority: authority, Date: s.today(now)}}, nil
}

// EndReporting ends the reporting duties once their time is over: what follows in the process begins, and where nothing
// does the covenant is closed. The program gives this command.
type EndReporting struct{}

func (EndReporting) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if err := s.expect(AwaitingReports); err != nil {
		return nil, err
	}
	if until := s.Covenant.Reporting.Until; !until.Before(s.today(now)) {
		return nil, refuse(CodeWrongState, "thời hạn báo cáo kéo dài đến %s",
			"reports are due until %s", until.Display())
	}
	if len(s.Process.After(s.Covenant.Stage)) > 0 {
		return s.advance(now)
	}
	return []Event{
		StageClosed{Stage: s.Covenant.Stage},
		Closed{Reason: "hết thời hạn báo cáo", Date: s.today(now)},
	}, nil
}

// voidLostNumber adds the voiding of the number where events end a covenant, or send it back to its drafter, that has a
// number and is not in force: a number is never used twice, so what failed with one has used it up.
func (s settling) voidLostNumber(events []Event) []Event {
	if s.Covenant == nil || s.Covenant.Number == nil || !s.Covenant.InForce.IsZero() || len(events) == 0 {
		return events
	}
	c := s.Covenant.Clone()
	for _, e := range events {
		c.Apply(e)
	}
	if n := c.Number; n != nil && c.InForce.IsZero() && (c.Phase.Failed() || c.Phase == AwaitingRevision) {
		after := s.State
		after.Covenant = c
		events = append(events, NumberVoided{Book: n.Book, Year: n.Year, Number: n.Number, Symbol: n.Symbol,
			Reason: telling{after}.sentence("vi")})
	}
	return events
}

// endedBecause is the sentence of a covenant that somebody, or the calendar, ended.
func (s settling) endedBecause(lang words.Language) string {
	c := s.Covenant
	text := upperFirst(c.Phase.Words(lang))
	if !c.Ending.Date.IsZero() {
		text += words.F(" ngày %s", " on %s", c.Ending.Date.Display()).In(lang)
	}
	if c.Ending.Reason != "" {
		text += ": " + c.Ending.Reason
	}
	return text
}
