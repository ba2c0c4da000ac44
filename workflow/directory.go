package workflow

import "sort"

// Role is what an agency is within its block.
type Role string

// The roles of a block. A witness attends and signs, but is no member.
const (
	RoleLeader  Role = "leader"
	RoleDeputy  Role = "deputy"
	RoleMember  Role = "member"
	RoleWitness Role = "witness"
)

// Word is the role in the reader's language.
func (r Role) Word(lang string) string {
	words := map[Role][2]string{
		RoleLeader: {"Khối trưởng", "Block leader"}, RoleDeputy: {"Khối phó", "Deputy leader"},
		RoleMember: {"Thành viên", "Member"}, RoleWitness: {"Người chứng kiến", "Witness"},
	}
	return pick(lang, words[r])
}

// Duty is something that a position entitles its holder to do for the agency.
type Duty string

// The duties.
const (
	DutyDraft  Duty = "draft"  // prepares covenants and revisions (chuyên viên)
	DutyReview Duty = "review" // gives the agency's opinion on a draft
	DutyVote   Duty = "vote"   // casts the agency's vote
	DutySign   Duty = "sign"   // signs for the agency (thủ trưởng)
	DutyNumber Duty = "number" // issues numbers and dates, applies the seal (văn thư)
	DutyReport Duty = "report" // hands in the agency's reports
)

func (d Duty) word(lang string) string {
	words := map[Duty][2]string{
		DutyDraft: {"soạn thảo", "draft"}, DutyReview: {"góp ý, thẩm định", "review"},
		DutyVote: {"biểu quyết", "vote"}, DutySign: {"ký", "sign"},
		DutyNumber: {"cấp số, đóng dấu", "issue numbers and apply the seal"}, DutyReport: {"gửi báo cáo", "hand in reports"},
	}
	return pick(lang, words[d])
}

func pick(lang string, words [2]string) string {
	if lang == "en" {
		return words[1]
	}
	return words[0]
}

// AuthorityForm is printed before the title where somebody signs for somebody else (Decree 30/2020/NĐ-CP, art. 13).
type AuthorityForm string

// The forms of authority. The empty form is the head signing for the agency in person.
const (
	FormHead       AuthorityForm = ""
	FormCollective AuthorityForm = "TM."  // on behalf of a collective
	FormDeputy     AuthorityForm = "KT."  // a deputy for the head
	FormActing     AuthorityForm = "Q."   // acting head
	FormByOrder    AuthorityForm = "TL."  // by order
	FormAuthorised AuthorityForm = "TUQ." // by authorisation
)

// Agency is a department, agency or other body of the block, or the body that a witness stands for.
type Agency struct {
	ID     AgencyID
	Name   string // Sở Tài chính
	Parent string // the body above it, printed over its name
	Email  string // where its reminders go
	MadeUp bool   // invented for tests and the demo
}

// Person is a natural person. The name may have been erased.
type Person struct {
	ID    PersonID
	Name  Personal
	Email Personal
}

// Position is a post in an agency with the duties that come with it.
type Position struct {
	ID     PositionID
	Agency AgencyID
	Person PersonID
	Title  string // Giám đốc
	Form   AuthorityForm
	Duties []Duty
}

// Delegation lets To do the given duties of a position for a time. Both are named in the record.
type Delegation struct {
	From   PositionID
	To     PersonID
	Title  string // the delegate's own title, printed under the form
	Form   AuthorityForm
	Duties []Duty
	Start  Date
	End    Date // the last day on which it holds
}

// CertificateBinding ties a certificate, by issuer and serial number, to the person who may sign with it, or to the
// agency whose seal it makes.
type CertificateBinding struct {
	Person PersonID
	Agency AgencyID
	Issuer string // the issuer's distinguished name, RFC 4514
	Serial string // decimal
}

// Block is an emulation block and its agencies in the order of the member list.
type Block struct {
	ID       BlockID
	Name     string
	Province string
	Members  []BlockMember
}

// BlockMember is an agency's place in a block.
type BlockMember struct {
	Agency AgencyID
	Role   Role
}

// Directory is who is who: agencies, people, the posts they hold, what they delegated, and whose certificate is
// whose. Like a covenant it is made of events.
type Directory struct {
	Agencies    map[AgencyID]Agency
	People      map[PersonID]Person
	Positions   map[PositionID]Position
	Blocks      map[BlockID]Block
	Delegations []Delegation
	Bindings    []CertificateBinding
	Version     int64
}

// NewDirectory is an empty directory.
func NewDirectory() *Directory {
	return &Directory{
		Agencies: map[AgencyID]Agency{}, People: map[PersonID]Person{},
		Positions: map[PositionID]Position{}, Blocks: map[BlockID]Block{},
	}
}

// Apply folds one event into the directory; events of other kinds are ignored.
func (d *Directory) Apply(e Event) {
	d.Version++
	switch e := e.(type) {
	case AgencyRegistered:
		d.Agencies[e.Agency] = Agency{e.Agency, e.Name, e.Parent, e.Email, e.MadeUp}
	case PersonRegistered:
		d.People[e.Person] = Person{e.Person, e.Name, e.Email}
	case PositionAssigned:
		d.Positions[e.Position] = Position{e.Position, e.Agency, e.Person, e.Title, e.Form, e.Duties}
	case BlockFormed:
		b := Block{ID: e.Block, Name: e.Name, Province: e.Province}
		for _, m := range e.Members {
			b.Members = append(b.Members, BlockMember(m))
		}
		d.Blocks[e.Block] = b
	case DutiesDelegated:
		d.Delegations = append(d.Delegations, Delegation(e))
	case CertificateBound:
		d.Bindings = append(d.Bindings, CertificateBinding(e))
	}
}

// Authority says by which right a person acts for an agency; it is printed in the signature and kept in the event.
type Authority struct {
	Position PositionID    `json:"position"`
	Title    string        `json:"title"`
	Form     AuthorityForm `json:"form,omitempty"`
	// For is the holder of the position when somebody acts under a delegation.
	For PersonID `json:"for,omitempty"`
}

// Authority finds the right by which person may do duty for agency on the given day: a position of the person's own,
// or a delegation in force. The error says who may instead.
func (d *Directory) Authority(person PersonID, agency AgencyID, duty Duty, day Date) (Authority, error) {
	for _, p := range d.positionsOf(agency) {
		if p.Person == person && hasDuty(p.Duties, duty) {
			return Authority{Position: p.ID, Title: p.Title, Form: p.Form}, nil
		}
	}
	for _, g := range d.Delegations {
		from, ok := d.Positions[g.From]
		if !ok || g.To != person || from.Agency != agency || !hasDuty(g.Duties, duty) || !hasDuty(from.Duties, duty) {
			continue
		}
		if !day.Before(g.Start) && !g.End.Before(day) {
			return Authority{Position: g.From, Title: g.Title, Form: g.Form, For: from.Person}, nil
		}
	}
	return Authority{}, refuse(CodeForbidden,
		"%[1]s không có thẩm quyền %[3]s cho %[5]s ngày %[6]s; người có thẩm quyền: %[7]s",
		"%[2]s may not %[4]s for %[5]s on %[6]s; those who may: %[8]s",
		d.PersonName(person), d.PersonName(person), duty.word("vi"), duty.word("en"), d.AgencyName(agency), day.Display(),
		d.holders(agency, duty, "vi"), d.holders(agency, duty, "en"))
}

// Holders are the people who hold a position of the agency with that duty, in order of position.
func (d *Directory) Holders(agency AgencyID, duty Duty) []Person {
	var out []Person
	for _, p := range d.positionsOf(agency) {
		if hasDuty(p.Duties, duty) {
			out = append(out, d.People[p.Person])
		}
	}
	return out
}

func (d *Directory) holders(agency AgencyID, duty Duty, lang string) string {
	text := ""
	for _, p := range d.Holders(agency, duty) {
		if text != "" {
			text += ", "
		}
		text += p.Name.Text
	}
	if text == "" {
		return pick(lang, [2]string{"chưa có ai được phân công", "nobody has been assigned"})
	}
	return text
}

func (d *Directory) positionsOf(agency AgencyID) []Position {
	var out []Position
	for _, p := range d.Positions {
		if p.Agency == agency {
			out = append(out, p)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

func hasDuty(duties []Duty, want Duty) bool {
	for _, d := range duties {
		if d == want {
			return true
		}
	}
	return false
}

// CertificateOf reports whether the certificate with this issuer and serial number is bound to the person.
func (d *Directory) CertificateOf(person PersonID, issuer, serial string) bool {
	for _, b := range d.Bindings {
		if b.Person == person && b.Issuer == issuer && b.Serial == serial {
			return true
		}
	}
	return false
}

// SealCertificateOf reports whether the certificate with this issuer and serial number is bound to the agency.
func (d *Directory) SealCertificateOf(agency AgencyID, issuer, serial string) bool {
	for _, b := range d.Bindings {
		if b.Agency == agency && b.Issuer == issuer && b.Serial == serial {
			return true
		}
	}
	return false
}

// AgencyName is the agency's name, or its code if it is unknown.
func (d *Directory) AgencyName(id AgencyID) string {
	if a, ok := d.Agencies[id]; ok {
		return a.Name
	}
	return string(id)
}

// PersonName is the person's name, or the code if it is unknown or erased.
func (d *Directory) PersonName(id PersonID) string {
	if p, ok := d.People[id]; ok && p.Name.Text != "" {
		return p.Name.Text
	}
	return string(id)
}

// Leader is the agency that leads the block.
func (b Block) Leader() AgencyID {
	for _, m := range b.Members {
		if m.Role == RoleLeader {
			return m.Agency
		}
	}
	return ""
}

// Agencies are the block's member agencies in order, without witnesses.
func (b Block) Agencies() []AgencyID {
	var out []AgencyID
	for _, m := range b.Members {
		if m.Role != RoleWitness {
			out = append(out, m.Agency)
		}
	}
	return out
}
