package workflow

import (
	"fmt"
	"slices"
	"time"

	"covenant/internal/words"
)

// Position is a post in an agency that a person holds for a time, with the duties that come with it.
type Position struct {
	ID     PositionID    `json:"id,omitzero"`
	Agency AgencyID      `json:"agency,omitzero"`
	Person PersonID      `json:"person,omitzero"`
	Title  string        `json:"title,omitzero"` // Giám đốc
	Form   AuthorityForm `json:"form,omitzero"`
	Duties []Duty        `json:"duties,omitzero"`
	Rank   Rank          `json:"rank,omitzero"` // empty in old records, see rank
	// From and Until are the first and the last day on which it is held; unset is without limit.
	From  Date `json:"from,omitzero"`
	Until Date `json:"until,omitzero"`
	// Superior is the title of whom a deputy signs for: of the unit's head where a unit's deputy signs by order, of the
	// agency's head where the directory does not have that head.
	Superior string `json:"superior,omitzero"`
	// Document is what the position rests on, e.g. the decision of appointment or the working regulation.
	Document string `json:"document,omitzero"`
	// Successor is the position that took this one over.
	Successor PositionID `json:"successor,omitzero"`
}

// Holds reports whether the position is held on day.
func (p Position) Holds(day Date) bool {
	return (p.From.IsZero() || !day.Before(p.From)) && (p.Until.IsZero() || !p.Until.Before(day))
}

// rank is the declared rank; records made before ranks tell it by form and duties.
func (p Position) rank() Rank {
	switch {
	case p.Rank != "":
		return p.Rank
	case p.Form == FormDeputy:
		return RankDeputy
	case p.Form == FormByOrder || p.Form == FormAuthorised:
		return RankUnitHead
	case slices.Contains(p.Duties, DutySign):
		return RankHead
	}
	return RankOfficer
}

// Events of positions.
type (
	// PositionAssigned gives a person a post in an agency.
	PositionAssigned struct {
		Position PositionID    `json:"position"`
		Agency   AgencyID      `json:"agency"`
		Person   PersonID      `json:"person"`
		Title    string        `json:"title"`
		Form     AuthorityForm `json:"form,omitempty"`
		Duties   []Duty        `json:"duties"`
		Rank     Rank          `json:"rank,omitempty"`
		From     Date          `json:"from,omitzero"`
		Until    Date          `json:"until,omitzero"`
		Superior string        `json:"superior,omitempty"`
		Document string        `json:"document,omitempty"`
	}
	// PositionEnded says that a post is not held any more after its last day. What its holder delegated ends with it;
	// what waits for the agency passes to Successor.
	PositionEnded struct {
		Position  PositionID `json:"position"`
		LastDay   Date       `json:"last_day"`
		Successor PositionID `json:"successor,omitempty"`
		Document  string     `json:"document,omitempty"`
	}
)

// Kind is the event's name in the log.
func (PositionAssigned) Kind() string { return "position_assigned" }
func (PositionEnded) Kind() string    { return "position_ended" }

func (e PositionAssigned) applyTo(d *Directory) {
	d.Positions[e.Position] = Position{
		ID: e.Position, Agency: e.Agency, Person: e.Person, Title: e.Title, Form: e.Form,
		Duties: e.Duties, Rank: e.Rank,
		From: e.From, Until: e.Until, Superior: e.Superior, Document: e.Document,
	}
}

func (e PositionAssigned) line(s State) Line {
	mark := "+"
	if _, ok := s.Directory.Positions[e.Position]; ok {
		mark = "~"
	}
	return Line{Tone: ToneNext, Text: words.F("%s chức vụ %s: %s (%s)%s",
		"%s position %s: %s (%s)%s", mark, e.Position, e.Title,
		dutyWords(e.Duties), span(e.From, e.Until))}
}

func (e PositionEnded) applyTo(d *Directory) {
	p := d.Positions[e.Position]
	p.Until, p.Successor = e.LastDay, e.Successor
	d.Positions[e.Position] = p
}

func (e PositionEnded) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("− chức vụ %s: đến hết ngày %s",
		"− position %s: until the end of %s", e.Position, e.LastDay.Display())}
}

func (p Position) assigned() PositionAssigned {
	return PositionAssigned{
		Position: p.ID, Agency: p.Agency, Person: p.Person, Title: p.Title, Form: p.Form,
		Duties: p.Duties, Rank: p.Rank,
		From: p.From, Until: p.Until, Superior: p.Superior, Document: p.Document,
	}
}

// signProblem says what is wrong with how a position would sign, by Decree 30/2020/NĐ-CP, art. 13; nothing if it is
// right or does not sign.
func (p Position) signProblem(agency Agency) *Error {
	if p.Rank != "" && !p.Rank.known() {
		return refuse(CodeInvalid, "cấp %q không có; chọn head, deputy, unit_head, unit_deputy hoặc officer",
			"rank %q is unknown; choose head, deputy, unit_head, unit_deputy or officer", p.Rank)
	}
	if !slices.Contains(p.Duties, DutySign) {
		return nil
	}
	rank := p.rank()
	want := map[Rank][]AuthorityForm{
		RankHead: {FormHead, FormActing, FormCollective}, RankDeputy: {FormHead, FormDeputy},
		RankUnitHead: {FormHead, FormByOrder}, RankUnitDeputy: {FormHead, FormByOrder},
	}[rank]
	switch {
	case rank == RankOfficer:
		return refuse(CodeInvalid, "chỉ người đứng đầu, cấp phó và người đứng đầu đơn vị được ký văn bản của cơ quan "+
			"(Nghị định 30/2020/NĐ-CP, điều 13)",
			"only the head, deputies and heads of units sign for an agency (Decree 30/2020/NĐ-CP, art. 13)")
	case p.Form == FormAuthorised:
		return refuse(CodeInvalid,
			"ký TUQ. phải theo văn bản ủy quyền có thời hạn: hãy ghi một ủy quyền thay cho chức vụ (điều 13 khoản 3)",
			"TUQ. needs a dated written authorisation: record a delegation instead of a position (art. 13 cl. 3)")
	case !slices.Contains(want, p.Form):
		return refuse(CodeInvalid, "cấp %q không ký theo thể thức %q",
			"rank %q does not sign in the form %q", rank, p.Form)
	case p.Form == FormCollective && agency.Collective == "":
		return refuse(CodeInvalid,
			"ký TM. chỉ dùng cho cơ quan làm việc theo chế độ tập thể; hãy ghi tên tập thể (collective) của %s",
			"TM. is for agencies that work collectively; name the collective of %s", agency.Name)
	case (rank == RankUnitHead || rank == RankUnitDeputy) && blank(p.Document):
		return refuse(CodeInvalid, "ký TL. phải được quy định trong quy chế; hãy ghi quy chế đó (document)",
			"TL. must rest on the agency's regulation; name it (document) (art. 13 cl. 4)")
	case rank == RankUnitDeputy && blank(p.Superior):
		return refuse(CodeInvalid, "cấp phó của đơn vị ký thừa lệnh cần ghi chức vụ người đứng đầu đơn vị (superior)",
			"a unit's deputy who signs by order needs the title of the unit's head (superior)")
	}
	return nil
}

// AssignPosition gives a person a post. The administrator keeps the directory.
type AssignPosition struct {
	Position
}

func (cmd AssignPosition) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	p := cmd.Position
	agency, ok := s.Directory.Agencies[p.Agency]
	if !ok {
		return nil, refuse(CodeNotFound, "chưa có đơn vị %q trong danh bạ",
			"agency %q is not in the directory", p.Agency)
	}
	if _, ok := s.Directory.People[p.Person]; !ok {
		return nil, refuse(CodeNotFound, "chưa có người %q trong danh bạ",
			"person %q is not in the directory", p.Person)
	}
	if blank(p.Title) || len(p.Duties) == 0 {
		return nil, refuse(CodeInvalid, "chức vụ cần có tên và nhiệm vụ", "a position needs a title and duties")
	}
	for _, duty := range p.Duties {
		if duty.Words().In("en") == "" {
			return nil, refuse(CodeInvalid, "nhiệm vụ %q không có", "duty %q is unknown", duty)
		}
	}
	if problem := twice(p.Duties); problem != nil {
		return nil, problem
	}
	if !p.Until.IsZero() && p.Until.Before(p.From) {
		return nil, refuse(CodeInvalid, "ngày cuối (%s) trước ngày đầu (%s)",
			"the last day (%s) is before the first (%s)", p.Until.Display(), p.From.Display())
	}
	if problem := p.signProblem(agency); problem != nil {
		return nil, problem
	}
	if p.ID == "" {
		p.ID = s.Directory.freePosition(p.Agency, p.Person)
	} else if have, ok := s.Directory.Positions[p.ID]; ok && (have.Agency != p.Agency || have.Person != p.Person) {
		return nil, refuse(CodeConflict, "chức vụ %q thuộc người khác; hãy kết thúc chức vụ đó rồi giao chức vụ mới",
			"position %q is somebody else's; end it and assign another", p.ID)
	}
	return []Event{p.assigned()}, nil
}

// twice refuses a list of duties in which one stands more than once.
func twice(duties []Duty) *Error {
	for i, duty := range duties {
		if slices.Contains(duties[:i], duty) {
			return refuse(CodeInvalid, "nhiệm vụ “%s” được ghi hai lần", "the duty “%s” stands twice",
				duty.Words())
		}
	}
	return nil
}

// freePosition is a code for a person's next post in an agency: agency/person, then with a number after it.
func (d *Directory) freePosition(agency AgencyID, person PersonID) PositionID {
	id := PositionID(string(agency) + "/" + string(person))
	for n := 2; ; n++ {
		if _, taken := d.Positions[id]; !taken {
			return id
		}
		id = PositionID(fmt.Sprintf("%s/%s/%d", agency, person, n))
	}
}

// EndPosition records that somebody leaves a post, and who takes it over from the day after. Nothing that is in flight
// breaks: reviews, votes and signatures wait for agencies, so from the next day on they are the successor's; what the
// leaver delegated ends with the post.
type EndPosition struct {
	Position  PositionID `json:"position,omitzero"`
	LastDay   Date       `json:"last_day,omitzero"`
	Successor PersonID   `json:"successor,omitzero"` // may be empty: the post stays vacant
	Document  string     `json:"document,omitzero"`  // the decision, e.g. "Quyết định số 12/QĐ-UBND ngày 01/6/2026"
}

func (cmd EndPosition) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	p, ok := s.Directory.Positions[cmd.Position]
	switch {
	case !ok:
		return nil, refuse(CodeNotFound, "không có chức vụ %q trong danh bạ",
			"position %q is not in the directory", cmd.Position)
	case cmd.LastDay.IsZero() || cmd.LastDay.Before(p.From):
		return nil, refuse(CodeInvalid, "cần ngày cuối giữ chức vụ, không sớm hơn ngày bắt đầu",
			"a last day is needed, not before the first one")
	case !p.Until.IsZero() && (p.Until.Before(cmd.LastDay) || p.Until == cmd.LastDay && !cmd.fills(p)):
		return nil, refuse(CodeConflict, "chức vụ này đã kết thúc ngày %s",
			"this position ended on %s already", p.Until.Display())
	}
	ended := PositionEnded{Position: p.ID, LastDay: cmd.LastDay, Document: cmd.Document}
	if cmd.Successor == "" {
		return []Event{ended}, nil
	}
	if _, ok := s.Directory.People[cmd.Successor]; !ok {
		return nil, refuse(CodeNotFound, "chưa có người %q trong danh bạ",
			"person %q is not in the directory", cmd.Successor)
	}
	if cmd.Successor == p.Person {
		return nil, refuse(CodeInvalid, "người kế nhiệm phải là người khác", "the successor must be somebody else")
	}
	next := p
	next.ID, next.Person = s.Directory.freePosition(p.Agency, cmd.Successor), cmd.Successor
	next.From, next.Until, next.Document = cmd.LastDay.AddDays(1), Date{}, cmd.Document
	if p.rank() == RankUnitHead || p.rank() == RankUnitDeputy { // by the same regulation
		next.Document = p.Document
	}
	ended.Successor = next.ID
	return []Event{ended, next.assigned()}, nil
}

// fills reports whether a post that was left vacant gets its successor now.
func (cmd EndPosition) fills(p Position) bool { return p.Successor == "" && cmd.Successor != "" }

// Leaving tells what a person's leaving of a post hands over: what the post's holder delegated and so ends.
func (d *Directory) Leaving(id PositionID, lastDay Date) []Delegation {
	var out []Delegation
	for _, g := range d.Delegations {
		if g.From == id && !g.LastDay().Before(lastDay.AddDays(1)) {
			out = append(out, g)
		}
	}
	return out
}

func dutyWords(duties []Duty) words.Text {
	all := make([]words.Text, len(duties))
	for i, d := range duties {
		all[i] = d.Words()
	}
	return words.Join(", ", all...)
}

// span is a stretch of days in words; nothing when it has no ends.
func span(from, until Date) words.Text {
	switch {
	case from.IsZero() && until.IsZero():
		return words.Text{}
	case until.IsZero():
		return words.F(", từ %s", ", from %s", from.Display())
	case from.IsZero():
		return words.F(", đến hết %s", ", until %s", until.Display())
	}
	return words.F(", từ %s đến hết %s", ", from %s until %s", from.Display(), until.Display())
}
