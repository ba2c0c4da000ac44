package workflow

import (
	"fmt"
	"slices"
	"time"

	"covenant/internal/words"
)

// DelegationID identifies a delegation, e.g. "so-tai-chinh/vu-dinh-lam/uq-1".
type DelegationID string

// Delegation lets To do the given duties of a position for a time. Both are named in the record.
type Delegation struct {
	ID       DelegationID
	From     PositionID
	To       PersonID
	Title    string // the delegate's own title, printed under the form
	Form     AuthorityForm
	Duties   []Duty
	Start    Date
	End      Date   // the last day on which it holds
	Document string // the paper that it rests on
	// Scope says in words what it is for; printed in the record. Covenant limits it to one covenant.
	Scope    string
	Covenant CovenantID
	Superior string // of the unit's head, where a unit's deputy signs by order
	Revoked  Date   // the last day, where it was revoked
}

// LastDay is the last day on which the delegation holds.
func (g Delegation) LastDay() Date {
	if !g.Revoked.IsZero() && g.Revoked.Before(g.End) {
		return g.Revoked
	}
	return g.End
}

// Holds reports whether the delegation holds on day; both its first and its last day count.
func (g Delegation) Holds(day Date) bool { return !day.Before(g.Start) && !g.LastDay().Before(day) }

// Events of delegations.
type (
	// DutiesDelegated lets another person do duties of a position for a time.
	DutiesDelegated struct {
		From     PositionID    `json:"from"`
		To       PersonID      `json:"to"`
		Title    string        `json:"title"`
		Form     AuthorityForm `json:"form"`
		Duties   []Duty        `json:"duties"`
		Start    Date          `json:"start"`
		End      Date          `json:"end"`
		ID       DelegationID  `json:"id,omitempty"`
		Document string        `json:"document,omitempty"`
		Scope    string        `json:"scope,omitempty"`
		Covenant CovenantID    `json:"covenant,omitempty"`
		Superior string        `json:"superior,omitempty"`
		By       PersonID      `json:"by,omitempty"` // the grantor; empty: recorded from the document
	}
	// DelegationRevoked ends a delegation before its time.
	DelegationRevoked struct {
		Delegation DelegationID `json:"delegation"`
		LastDay    Date         `json:"last_day"`
		Reason     string       `json:"reason"`
		Document   string       `json:"document,omitempty"`
		By         PersonID     `json:"by,omitempty"`
	}
)

// Kind is the event's name in the log.
func (DutiesDelegated) Kind() string   { return "duties_delegated" }
func (DelegationRevoked) Kind() string { return "delegation_revoked" }

func (e DutiesDelegated) applyTo(d *Directory) {
	g := Delegation{
		ID: e.ID, From: e.From, To: e.To, Title: e.Title, Form: e.Form, Duties: e.Duties, Start: e.Start, End: e.End,
		Document: e.Document, Scope: e.Scope, Covenant: e.Covenant, Superior: e.Superior,
	}
	if g.ID == "" { // as recorded before delegations had codes
		g.ID = d.freeDelegation(e.From)
	}
	d.Delegations = append(d.Delegations, g)
}

func (e DutiesDelegated) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("+ ủy quyền %s: %s → %s %s, %s%s",
		"+ delegation %s: %s → %s %s, %s%s", e.ID,
		s.Directory.PersonName(s.Directory.Positions[e.From].Person), s.Directory.PersonName(e.To), e.Form,
		dutyWords(e.Duties), span(e.Start, e.End))}
}

func (e DelegationRevoked) applyTo(d *Directory) {
	for i := range d.Delegations {
		if d.Delegations[i].ID == e.Delegation {
			d.Delegations[i].Revoked = e.LastDay
		}
	}
}

func (e DelegationRevoked) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("− ủy quyền %s: đến hết ngày %s (%s)",
		"− delegation %s: until the end of %s (%s)",
		e.Delegation, e.LastDay.Display(), e.Reason)}
}

// freeDelegation is a code for the next delegation of a position.
func (d *Directory) freeDelegation(from PositionID) DelegationID {
	n := 1
	for _, g := range d.Delegations {
		if g.From == from {
			n++
		}
	}
	return DelegationID(fmt.Sprintf("%s/uq-%d", from, n))
}

func (d *Directory) delegation(id DelegationID) (Delegation, bool) {
	i := slices.IndexFunc(d.Delegations, func(g Delegation) bool { return g.ID == id })
	if i < 0 {
		return Delegation{}, false
	}
	return d.Delegations[i], true
}

// GrantDelegation lets To do duties of a position for a time, by a document. Who holds the position grants it, or the
// administrator records the document that does.
//
// What Decree 30/2020/NĐ-CP, art. 13 says of signing is checked: KT. is a deputy's form (cl. 1 and 2); TUQ. is given by
// the head in writing, limited in time and content, to the head of a unit of the agency, and never further (cl. 3); TL.
// goes to the head of a unit, or to the unit's deputy, by the agency's regulation (cl. 4).
// Q. and TM. are no delegations.
type GrantDelegation struct {
	From     PositionID    `json:"from,omitzero"`
	To       PersonID      `json:"to,omitzero"`
	Form     AuthorityForm `json:"form,omitzero"` // of signing; empty where nothing is signed
	Duties   []Duty        `json:"duties,omitzero"`
	Start    Date          `json:"start,omitzero"`
	End      Date          `json:"end,omitzero"`
	Document string        `json:"document,omitzero"`
	Scope    string        `json:"scope,omitzero"`
	Covenant CovenantID    `json:"covenant,omitzero" from:"address"`
	Superior string        `json:"superior,omitzero"`
}

func (cmd GrantDelegation) decide(s State, by Actor, now time.Time) ([]Event, error) {
	from, ok := s.Directory.Positions[cmd.From]
	if !ok {
		return nil, refuse(CodeNotFound, "không có chức vụ %q trong danh bạ",
			"position %q is not in the directory", cmd.From)
	}
	if _, ok := s.Directory.People[cmd.To]; !ok {
		return nil, refuse(CodeNotFound, "chưa có người %q trong danh bạ", "person %q is not in the directory", cmd.To)
	}
	grantor, err := cmd.grantor(s, by, from, now)
	if err != nil {
		return nil, err
	}
	for _, check := range []func(State, Position) *Error{cmd.when, cmd.duties} {
		if problem := check(s, from); problem != nil {
			return nil, problem
		}
	}
	to, problem := cmd.signs(s, from)
	if problem == nil {
		problem = cmd.unique(s)
	}
	if problem != nil {
		return nil, problem
	}
	return []Event{DutiesDelegated{
		ID: s.Directory.freeDelegation(cmd.From), From: cmd.From, To: cmd.To, Title: to.Title,
		Form: cmd.Form, Duties: cmd.Duties,
		Start: cmd.Start, End: cmd.End, Document: cmd.Document, Scope: cmd.Scope, Covenant: cmd.Covenant,
		Superior: cmd.Superior, By: grantor,
	}}, nil
}

// grantor: the holder of the position itself, never somebody who acts under a delegation; or the administrator, who
// records the document that the holder signed and is not named as the grantor.
func (cmd GrantDelegation) grantor(s State, by Actor, from Position, now time.Time) (PersonID, error) {
	if by.Person() != "" && by.Person() == from.Person && from.Holds(s.today(now)) {
		return by.Person(), nil
	}
	if s.Directory.Administers(by) == nil {
		if blank(cmd.Document) {
			return "", refuse(CodeInvalid, "cần ghi văn bản ủy quyền (số, ngày)",
				"name the document of the delegation (number and date)")
		}
		return "", nil
	}
	for _, g := range s.Directory.Delegations {
		if g.From == cmd.From && g.To == by.Person() && g.Holds(s.today(now)) {
			return "", refuse(CodeForbidden,
				"%s được ủy quyền nên không được ủy quyền lại (Nghị định 30/2020/NĐ-CP, điều 13)",
				"%s acts under a delegation and may not delegate further (Decree 30/2020/NĐ-CP, art. 13)",
				s.Directory.PersonName(by.Person()))
		}
	}
	return "", refuse(CodeForbidden, "chỉ người giữ chức vụ được ủy quyền: %s",
		"only the holder of the position may delegate: %s",
		s.Directory.PersonName(from.Person))
}

// when: a delegation is dated, and does not outlast the position that it comes from.
func (cmd GrantDelegation) when(_ State, from Position) *Error {
	switch {
	case cmd.Start.IsZero() || cmd.End.IsZero():
		return refuse(CodeInvalid, "ủy quyền phải có ngày đầu và ngày cuối",
			"a delegation needs a first and a last day")
	case cmd.End.Before(cmd.Start):
		return refuse(CodeInvalid, "ngày cuối (%s) trước ngày đầu (%s)",
			"the last day (%s) is before the first (%s)", cmd.End.Display(), cmd.Start.Display())
	case !from.Holds(cmd.Start) || !from.Holds(cmd.End):
		return refuse(CodeInvalid, "người ủy quyền không giữ chức vụ suốt thời gian đó",
			"the grantor does not hold the position all that time")
	}
	return nil
}

// duties: nobody hands on more than is theirs.
func (cmd GrantDelegation) duties(s State, from Position) *Error {
	if len(cmd.Duties) == 0 {
		return refuse(CodeInvalid, "cần ghi nhiệm vụ được ủy quyền", "say which duties are delegated")
	}
	for _, duty := range cmd.Duties {
		if !slices.Contains(from.Duties, duty) {
			return refuse(CodeForbidden, "%s không có nhiệm vụ “%s” nên không thể ủy quyền",
				"%s does not have the duty “%s” and cannot delegate it",
				s.Directory.PersonName(from.Person), duty.Words())
		}
	}
	if cmd.To == from.Person {
		return refuse(CodeInvalid, "không thể ủy quyền cho chính mình", "nobody delegates to themselves")
	}
	return twice(cmd.Duties)
}

// unique: the same duty is not delegated to the same person twice at a time.
func (cmd GrantDelegation) unique(s State) *Error {
	for _, g := range s.Directory.Delegations {
		overlaps := !g.LastDay().Before(cmd.Start) && !cmd.End.Before(g.Start)
		if g.From != cmd.From || g.To != cmd.To || g.Covenant != cmd.Covenant || !overlaps {
			continue
		}
		for _, duty := range cmd.Duties {
			if slices.Contains(g.Duties, duty) {
				return refuse(CodeConflict, "đã có ủy quyền %s đến ngày %s; hãy thu hồi trước khi ghi ủy quyền mới",
					"delegation %s holds until %s already; revoke it first", g.ID, g.LastDay().Display())
			}
		}
	}
	return nil
}

// signs checks the form against the ranks of both, and gives the position whose title is printed for the delegate.
func (cmd GrantDelegation) signs(s State, from Position) (Position, *Error) {
	own := s.Directory.ownPosition(cmd.To, from, cmd.Start)
	if !slices.Contains(cmd.Duties, DutySign) {
		if cmd.Form != FormHead {
			return own, refuse(CodeInvalid, "thể thức %q chỉ dùng khi ủy quyền ký",
				"form %q is for delegations to sign", cmd.Form)
		}
		return own, nil
	}
	ranks := map[AuthorityForm][]Rank{
		FormDeputy: {RankDeputy}, FormAuthorised: {RankUnitHead, RankHead}, FormByOrder: {RankUnitHead, RankUnitDeputy},
	}[cmd.Form]
	switch {
	case ranks == nil:
		return own, refuse(CodeInvalid,
			"ủy quyền ký theo thể thức KT., TUQ. hoặc TL.; Q. và TM. là chức vụ, không phải ủy quyền",
			"signing is delegated as KT., TUQ. or TL.; Q. and TM. are positions, not delegations")
	case from.rank() != RankHead:
		return own, refuse(CodeForbidden,
			"chỉ người đứng đầu được giao cho người khác ký (Nghị định 30/2020/NĐ-CP, điều 13)",
			"only the head lets others sign (Decree 30/2020/NĐ-CP, art. 13)")
	case own.ID == "" || !slices.Contains(ranks, own.rank()):
		return own, refuse(CodeInvalid, "%[1]s không giữ chức vụ được ký %[2]s cho %[3]s: KT. dành cho cấp phó, TUQ. "+
			"và TL. cho người đứng đầu đơn vị thuộc cơ quan",
			"%[1]s holds no position that may sign %[2]s for %[3]s: KT. is for deputies, "+
				"TUQ. and TL. for heads of its units",
			s.Directory.PersonName(cmd.To), cmd.Form, s.Directory.AgencyName(from.Agency))
	case blank(cmd.Document):
		return own, refuse(CodeInvalid, "việc giao ký phải có văn bản; hãy ghi số và ngày",
			"signing for the head needs a document; name its number and date")
	case cmd.Form == FormAuthorised && blank(cmd.Scope) && cmd.Covenant == "":
		return own, refuse(CodeInvalid, "ký TUQ. phải giới hạn nội dung; hãy ghi nội dung được ủy quyền",
			"TUQ. must be limited in content; say what it is for")
	case own.rank() == RankUnitDeputy && cmd.Superior == "" && own.Superior == "":
		return own, refuse(CodeInvalid,
			"cấp phó của đơn vị ký thừa lệnh cần ghi chức vụ người đứng đầu đơn vị (superior)",
			"a unit's deputy who signs by order needs the title of the unit's head (superior)")
	}
	return own, nil
}

// ownPosition is the post of a delegate on a day: in the grantor's agency, or at the head of an agency below it.
func (d *Directory) ownPosition(person PersonID, from Position, day Date) Position {
	for _, p := range d.positionsOf(from.Agency) {
		if p.Person == person && p.Holds(day) {
			return p
		}
	}
	for _, a := range d.Agencies {
		if a.ID == from.Agency || a.Parent == "" || a.Parent != d.Agencies[from.Agency].Name {
			continue
		}
		for _, p := range d.positionsOf(a.ID) {
			if p.Person == person && p.Holds(day) && p.rank() == RankHead {
				return p
			}
		}
	}
	return Position{}
}

// RevokeDelegation ends a delegation before its time. LastDay is the last day on which it still holds; yesterday ends
// it at once. What was done under it stays right.
type RevokeDelegation struct {
	Delegation DelegationID `json:"delegation,omitzero"`
	LastDay    Date         `json:"last_day,omitzero"`
	Reason     string       `json:"reason,omitzero"`
	Document   string       `json:"document,omitzero"`
}

func (cmd RevokeDelegation) decide(s State, by Actor, now time.Time) ([]Event, error) {
	g, ok := s.Directory.delegation(cmd.Delegation)
	if !ok {
		return nil, refuse(CodeNotFound, "không có ủy quyền %q", "there is no delegation %q", cmd.Delegation)
	}
	yesterday := s.today(now).AddDays(-1)
	from := s.Directory.Positions[g.From]
	revoker := by.Person()
	administers := s.Directory.Administers(by) == nil
	if administers && revoker != from.Person {
		revoker = "" // the administrator records what the grantor decided
	}
	switch {
	case !administers && revoker != from.Person:
		return nil, refuse(CodeForbidden, "chỉ người ủy quyền (%s) được thu hồi",
			"only the grantor (%s) may revoke it", s.Directory.PersonName(from.Person))
	case blank(cmd.Reason):
		return nil, refuse(CodeInvalid, "cần nêu lý do thu hồi", "say why it is revoked")
	case cmd.LastDay.Before(yesterday):
		return nil, refuse(CodeInvalid, "không thể thu hồi lùi ngày: ngày cuối sớm nhất là %s",
			"it cannot be revoked for days gone by: the earliest last day is %s", yesterday.Display())
	case !cmd.LastDay.Before(g.LastDay()):
		return nil, refuse(CodeConflict, "ủy quyền này hết hạn ngày %s",
			"this delegation ends on %s anyway", g.LastDay().Display())
	}
	return []Event{DelegationRevoked{Delegation: g.ID, LastDay: cmd.LastDay, Reason: cmd.Reason, Document: cmd.Document,
		By: revoker}}, nil
}
