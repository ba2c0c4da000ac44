package workflow

import (
	"cmp"
	"slices"
	"strings"

	"covenant/internal/words"
)

// AuthorityForm is printed before the title where somebody signs for somebody else (Decree 30/2020/NĐ-CP, art. 13 and
// Appendix I, section II, item 7).
type AuthorityForm string

// The forms of authority. The empty form is the head signing for the agency in person.
const (
	FormHead       AuthorityForm = ""
	FormCollective AuthorityForm = "TM."  // the head on behalf of a collective (art. 13 cl. 2)
	FormDeputy     AuthorityForm = "KT."  // a deputy for the head (cl. 1)
	FormActing     AuthorityForm = "Q."   // who was given the head's office for the time being
	FormByOrder    AuthorityForm = "TL."  // the head of a unit by order (cl. 4)
	FormAuthorised AuthorityForm = "TUQ." // by authorisation in a special case (cl. 3)
)

// Rank is what a position is within its agency: it decides how its holder may sign.
type Rank string

// The ranks.
const (
	RankHead       Rank = "head"        // người đứng đầu, also one who acts for the time being (Q.)
	RankDeputy     Rank = "deputy"      // cấp phó của người đứng đầu
	RankUnitHead   Rank = "unit_head"   // người đứng đầu đơn vị thuộc cơ quan
	RankUnitDeputy Rank = "unit_deputy" // cấp phó của người đứng đầu đơn vị
	RankOfficer    Rank = "officer"     // everybody else: never signs for the agency
)

func (r Rank) known() bool {
	return slices.Contains([]Rank{RankHead, RankDeputy, RankUnitHead, RankUnitDeputy, RankOfficer}, r)
}

// Authority says by which right a person acts for an agency; it is printed in the signature and kept in the event.
type Authority struct {
	Position PositionID    `json:"position"`
	Title    string        `json:"title"` // of the person who acts
	Form     AuthorityForm `json:"form,omitempty"`
	// For is the holder of the position when somebody acts under a delegation.
	For PersonID `json:"for,omitempty"`
	// HeadTitle is the title of the head for whom somebody else signs (KT., TL., TUQ.).
	HeadTitle string `json:"head_title,omitempty"`
	// UnitTitle is the title of the unit's head for whom the unit's deputy signs by order (TL., then KT.).
	UnitTitle string `json:"unit_title,omitempty"`
	// Collective is the body on whose behalf the head signs (TM.).
	Collective string `json:"collective,omitempty"`
	// Delegation and Document name the delegation and the paper that it rests on.
	Delegation DelegationID `json:"delegation,omitempty"`
	Document   string       `json:"document,omitempty"`
}

// AuthorityOf is the right by which somebody did what an event records; none where it records no
// right, or the program acted.
func AuthorityOf(e Event) Authority {
	if e, ok := e.(authorised); ok {
		return e.authority()
	}
	return Authority{}
}

// Lines are what is printed over a signature, from top to bottom, in capitals (Decree 30/2020/NĐ-CP, Appendix I,
// section II, item 7 b): “KT. GIÁM ĐỐC”, then “PHÓ GIÁM ĐỐC”.
func (a Authority) Lines() []string {
	var out []string
	add := func(form AuthorityForm, text string) {
		if text != "" {
			out = append(out, strings.TrimSpace(string(form)+" "+strings.ToUpper(text)))
		}
	}
	add(FormCollective, a.Collective)
	switch a.Form {
	case FormActing:
		add(FormActing, a.Title)
		return out
	case FormCollective:
		if a.Collective == "" {
			add(FormCollective, a.Title)
			return out
		}
	case FormDeputy, FormByOrder, FormAuthorised:
		if a.HeadTitle == "" { // as recorded before heads' titles were
			add(a.Form, a.Title)
			return out
		}
		add(a.Form, a.HeadTitle)
		add(FormDeputy, a.UnitTitle)
	}
	add("", a.Title)
	return out
}

// right is one way in which a person may act for an agency on a day.
type right struct {
	person    PersonID
	authority Authority
	covenant  CovenantID // the only covenant for which it holds; empty: all
}

// rights are all ways to do a duty for an agency on a day: by a position first, then by delegations, each in order.
func (d *Directory) rights(agency AgencyID, duty Duty, day Date) []right {
	var out []right
	for _, p := range d.positionsOf(agency) {
		if p.Holds(day) && slices.Contains(p.Duties, duty) {
			out = append(out, right{person: p.Person, authority: d.byPosition(p, duty, day)})
		}
	}
	for _, g := range d.Delegations {
		from, ok := d.Positions[g.From]
		if ok && from.Agency == agency && from.Holds(day) && g.Holds(day) && slices.Contains(g.Duties, duty) &&
			slices.Contains(from.Duties, duty) {
			out = append(out, right{g.To, d.byDelegation(from, g, duty), g.Covenant})
		}
	}
	return out
}

func (d *Directory) byPosition(p Position, duty Duty, day Date) Authority {
	a := Authority{Position: p.ID, Title: p.Title, Form: p.Form}
	if duty != DutySign {
		return a
	}
	agency := d.Agencies[p.Agency]
	switch p.rank() {
	case RankHead:
		a.Collective = agency.Collective
	case RankDeputy:
		a.Form, a.HeadTitle, a.Collective = FormDeputy,
			cmp.Or(p.Superior, d.headTitle(p.Agency, day)), agency.Collective
	case RankUnitHead, RankUnitDeputy:
		a.Form, a.HeadTitle, a.Collective, a.Document = FormByOrder, d.headTitle(p.Agency, day),
			agency.Collective, p.Document
		a.UnitTitle = p.Superior
	}
	return a
}

func (d *Directory) byDelegation(from Position, g Delegation, duty Duty) Authority {
	a := Authority{Position: g.From, Title: g.Title, Form: g.Form, For: from.Person,
		Delegation: g.ID, Document: g.Document}
	if duty == DutySign {
		a.HeadTitle, a.UnitTitle, a.Collective = from.Title, g.Superior, d.Agencies[from.Agency].Collective
	}
	return a
}

// headTitle is the title of the agency's head on a day, or of the last one where nobody holds the office.
func (d *Directory) headTitle(agency AgencyID, day Date) string {
	title := ""
	for _, p := range d.positionsOf(agency) {
		if p.rank() != RankHead {
			continue
		}
		if p.Holds(day) {
			return p.Title
		}
		title = p.Title
	}
	return title
}

// Authority finds the right by which person may do duty for agency on the given day: a position of the person's own,
// or a delegation in force that is not limited to one covenant. The error says who may instead.
func (d *Directory) Authority(person PersonID, agency AgencyID, duty Duty, day Date) (Authority, error) {
	return d.AuthorityIn("", person, agency, duty, day)
}

// AuthorityIn is Authority for acting on one covenant, where delegations for that covenant alone count too.
func (d *Directory) AuthorityIn(
	covenant CovenantID, person PersonID, agency AgencyID, duty Duty, day Date,
) (Authority, error) {
	for _, r := range d.rights(agency, duty, day) {
		if r.person == person && (r.covenant == "" || r.covenant == covenant) {
			return r.authority, nil
		}
	}
	return Authority{}, refuse(CodeForbidden,
		"%s không có thẩm quyền %s cho %s ngày %s; người có thẩm quyền: %s",
		"%s may not %s for %s on %s; those who may: %s",
		d.PersonName(person), duty.Words(), d.AgencyName(agency), day.Display(),
		words.Each(func(l words.Language) string { return d.holderNames(covenant, agency, duty, day, l) }))
}

// Holder is somebody who may do a duty, and by which right.
type Holder struct {
	Person
	Authority Authority
}

// HoldersIn are the people who may do that duty for the agency on a day, by position or by delegation, each once;
// delegations for another covenant do not count.
func (d *Directory) HoldersIn(covenant CovenantID, agency AgencyID, duty Duty, day Date) []Holder {
	var out []Holder
	seen := map[PersonID]bool{}
	for _, r := range d.rights(agency, duty, day) {
		if !seen[r.person] && (r.covenant == "" || r.covenant == covenant) {
			seen[r.person] = true
			out = append(out, Holder{d.People[r.person], r.authority})
		}
	}
	return out
}

// Mailboxes are the addresses at which an agency is written to about a duty in a covenant on a day: its office's, then
// those of the people whose duty it is that day, each once.
func (d *Directory) Mailboxes(covenant CovenantID, agency AgencyID, duty Duty, day Date) []Mailbox {
	out := []Mailbox{d.Office(agency)}
	for _, p := range d.HoldersIn(covenant, agency, duty, day) {
		known := slices.ContainsFunc(out, func(m Mailbox) bool { return m.Address == p.Email.Text })
		if p.Email.Text != "" && !known {
			out = append(out, Mailbox{p.Email.Text, cmp.Or(p.Language, out[0].Language)})
		}
	}
	return out
}

// Mailbox is an address, and the language of who reads it; none: both.
type Mailbox struct {
	Address  string
	Language words.Language
}

// Office is the mailbox of an agency's office.
func (d *Directory) Office(agency AgencyID) Mailbox {
	a := d.Agencies[agency]
	return Mailbox{a.Email, a.Language}
}

func (d *Directory) holderNames(covenant CovenantID, agency AgencyID, duty Duty, day Date, lang words.Language) string {
	var names []string
	for _, p := range d.HoldersIn(covenant, agency, duty, day) {
		names = append(names, d.PersonName(p.ID))
	}
	if len(names) == 0 {
		return words.Of("chưa có ai được phân công", "nobody has been assigned").In(lang)
	}
	return strings.Join(names, ", ")
}

// positionsOf are the positions of an agency, ended ones too, by their code.
func (d *Directory) positionsOf(agency AgencyID) []Position {
	var out []Position
	for _, p := range d.Positions {
		if p.Agency == agency {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Position) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}
