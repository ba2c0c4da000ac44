package workflow

import (
	"strings"

	"covenant/internal/words"
)

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

// AllDuties are all duties, in the order of a covenant's life.
func AllDuties() []Duty {
	return []Duty{DutyDraft, DutyReview, DutyVote, DutyNumber, DutySign, DutyReport}
}

// Words say what it is; empty for a duty that there is not.
func (d Duty) Words() words.Text {
	named := map[Duty]words.Text{
		DutyDraft: words.Of("soạn thảo", "draft"), DutyReview: words.Of("góp ý, thẩm định", "review"),
		DutyVote: words.Of("biểu quyết", "vote"), DutySign: words.Of("ký", "sign"),
		DutyNumber: words.Of("cấp số, đóng dấu", "issue numbers and apply the seal"),
		DutyReport: words.Of("gửi báo cáo", "hand in reports"),
	}
	return named[d]
}

// Agency is a department, agency or other body of the block, or the body that a witness stands for.
type Agency struct {
	ID     AgencyID
	Name   string // Sở Tài chính
	Parent string // the body above it, printed over its name
	Email  string // where its reminders go
	MadeUp bool   // invented for tests and the demo
	// Collective is the body in whose name its head signs, e.g. Ủy ban nhân dân tỉnh, where the agency works
	// collectively (Decree 30/2020/NĐ-CP, art. 13 cl. 2); empty where it works under one head (cl. 1).
	Collective string
	Language   words.Language // of its mails
}

// Person is a natural person. The name may have been erased.
type Person struct {
	ID       PersonID
	Name     Personal
	Email    Personal
	Language words.Language // of mails; empty: the agency's
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
	Rules       []BindingRule
	Grants      []Grant
	Version     int64
}

// NewDirectory is an empty directory.
func NewDirectory() *Directory {
	return &Directory{
		Agencies: map[AgencyID]Agency{}, People: map[PersonID]Person{},
		Positions: map[PositionID]Position{}, Blocks: map[BlockID]Block{},
	}
}

// AgencyRegistered adds or changes an agency.
type AgencyRegistered struct {
	Agency AgencyID `json:"agency"`
	Name   string   `json:"name"`
	Parent string   `json:"parent,omitempty"`
	Email  string   `json:"email"`
	MadeUp bool     `json:"made_up,omitempty"`
	// Collective is the body in whose name its head signs (TM.), where the agency works collectively.
	Collective string `json:"collective,omitempty"`
	// Language is that of its mails; since 2026-11.
	Language words.Language `json:"language,omitempty"`
}

// Kind is the event's name in the log.
func (AgencyRegistered) Kind() string { return "agency_registered" }

func (e AgencyRegistered) applyTo(d *Directory) {
	d.Agencies[e.Agency] = Agency{ID: e.Agency, Name: e.Name, Parent: e.Parent, Email: e.Email, MadeUp: e.MadeUp,
		Collective: e.Collective, Language: e.Language}
}

func (e AgencyRegistered) line(s State) Line {
	if have, ok := s.Directory.Agencies[e.Agency]; ok {
		return Line{Tone: ToneNext, Text: words.F("~ đơn vị %s: %s %s → %s %s", "~ agency %s: %s %s → %s %s",
			e.Agency, have.Name, address(have.Email, have.Language), e.Name, address(e.Email, e.Language))}
	}
	return Line{Tone: ToneNext, Text: words.F("+ đơn vị %s: %s %s",
		"+ agency %s: %s %s", e.Agency, e.Name, address(e.Email, e.Language))}
}

// PersonRegistered adds or changes a person.
type PersonRegistered struct {
	Person   PersonID       `json:"person"`
	Name     Personal       `json:"name"`
	Email    Personal       `json:"email"`
	Language words.Language `json:"language,omitempty"` // of mails; since 2026-11
}

// Kind is the event's name in the log.
func (PersonRegistered) Kind() string { return "person_registered" }

func (e PersonRegistered) applyTo(d *Directory) {
	d.People[e.Person] = Person{e.Person, e.Name, e.Email, e.Language}
}

func (e PersonRegistered) line(s State) Line {
	if have, ok := s.Directory.People[e.Person]; ok {
		return Line{Tone: ToneNext, Text: words.F("~ người %s: %s %s → %s %s",
			"~ person %s: %s %s → %s %s", e.Person, have.Name.Text,
			address(have.Email.Text, have.Language), e.Name.Text, address(e.Email.Text, e.Language))}
	}
	return Line{Tone: ToneNext, Text: words.F("+ người %s: %s %s",
		"+ person %s: %s %s", e.Person, e.Name.Text, address(e.Email.Text, e.Language))}
}

// BlockFormed sets a block's members and their roles, in the order of the member list.
type BlockFormed struct {
	Block    BlockID        `json:"block"`
	Name     string         `json:"name"`
	Province string         `json:"province"`
	Members  []FormedMember `json:"members"`
}

// Kind is the event's name in the log.
func (BlockFormed) Kind() string { return "block_formed" }

func (e BlockFormed) applyTo(d *Directory) {
	b := Block{ID: e.Block, Name: e.Name, Province: e.Province}
	for _, m := range e.Members {
		b.Members = append(b.Members, BlockMember(m))
	}
	d.Blocks[e.Block] = b
}

func (e BlockFormed) line(s State) Line {
	if have, ok := s.Directory.Blocks[e.Block]; ok {
		return Line{Tone: ToneNext, Text: words.F("~ khối %s: %d → %d đơn vị",
			"~ block %s: %d → %d agencies", e.Block, len(have.Members), len(e.Members))}
	}
	return Line{Tone: ToneNext, Text: words.F("+ khối %s: %s, %d đơn vị",
		"+ block %s: %s, %d agencies", e.Block, e.Name, len(e.Members))}
}

// FormedMember is one member in BlockFormed.
type FormedMember struct {
	Agency AgencyID `json:"agency"`
	Role   Role     `json:"role"`
}

// Apply folds one event into the directory; events that are about something else are ignored.
func (d *Directory) Apply(e Event) {
	d.Version++
	if e, ok := e.(ofDirectory); ok {
		e.applyTo(d)
	}
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

// Acting is a person who acts by a right: under a delegation with the name of who gave it.
func (d *Directory) Acting(id PersonID, by Authority) words.Text {
	if by.For == "" {
		return words.Same(d.PersonName(id))
	}
	return words.F("%s (thay %s)", "%s (for %s)", d.PersonName(id), d.PersonName(by.For))
}

// AgencyNames are the agencies' names, one after the other.
func (d *Directory) AgencyNames(ids []AgencyID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = d.AgencyName(id)
	}
	return strings.Join(names, ", ")
}

// SomeAgencies names at most four agencies; of more, three and how many others.
func (d *Directory) SomeAgencies(ids []AgencyID) words.Text {
	if len(ids) <= 4 {
		return words.Same(d.AgencyNames(ids))
	}
	return words.F("%s và %s", "%s and %s", d.AgencyNames(ids[:3]),
		words.N(len(ids)-3, "đơn vị khác", "more agency", "more agencies"))
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

// address is where mails go, with their language where there is one.
func address(email string, lang words.Language) string {
	if lang == "" {
		return "<" + email + ">"
	}
	return "<" + email + "> (" + string(lang) + ")"
}
