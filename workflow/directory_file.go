package workflow

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/words"
	"covenant/workflow/process"
)

// BlockFile is a block as people write it down: its agencies, people and positions (YAML).
type BlockFile struct {
	Block struct {
		ID       BlockID `yaml:"id"`
		Name     string  `yaml:"name"`
		Province string  `yaml:"province"`
	} `yaml:"block"`
	Agencies    []BlockFileAgency     `yaml:"agencies"`
	Delegations []BlockFileDelegation `yaml:"delegations"`
}

// BlockFileAgency is one agency of a block file with its people.
type BlockFileAgency struct {
	ID     AgencyID `yaml:"id"`
	Name   string   `yaml:"name"`
	Parent string   `yaml:"parent"`
	Email  string   `yaml:"email"`
	Role   Role     `yaml:"role"`
	MadeUp bool     `yaml:"made_up"`
	// Collective is the body in whose name the head signs (TM.), where the agency works collectively.
	Collective string `yaml:"collective"`
	// Language of the agency's mails, vi or en, and of those of its people who name none. Default: both.
	Language words.Language    `yaml:"language"`
	People   []BlockFilePerson `yaml:"people"`
}

// BlockFilePerson is one person of a block file and the post held.
type BlockFilePerson struct {
	ID     PersonID      `yaml:"id"`
	Name   string        `yaml:"name"`
	Email  string        `yaml:"email"`
	Title  string        `yaml:"title"`
	Form   AuthorityForm `yaml:"form"`
	Duties []Duty        `yaml:"duties"`
	// Rank decides how the person may sign: head, deputy, unit_head, unit_deputy or officer.
	// Default: head, for who signs.
	Rank Rank `yaml:"rank"`
	// From and Until are the first and last day in the post; a person who has left stays in the file with Until.
	From     Date   `yaml:"from"`
	Until    Date   `yaml:"until"`
	Superior string `yaml:"superior"` // title of whom a deputy signs for
	Document string `yaml:"document"` // what the post rests on
	// Was is the name that the person had, where the code's name becomes another one.
	Was string `yaml:"was"`
	// Language of the person's mails, vi or en. Default: the agency's.
	Language words.Language `yaml:"language"`
}

// BlockFileDelegation is one delegation of a block file: from a person's post to another person.
type BlockFileDelegation struct {
	From     PersonID      `yaml:"from"`
	To       PersonID      `yaml:"to"`
	Form     AuthorityForm `yaml:"form"`
	Duties   []Duty        `yaml:"duties"`
	Start    Date          `yaml:"start"`
	End      Date          `yaml:"end"`
	Document string        `yaml:"document"`
	Scope    string        `yaml:"scope"`
	Superior string        `yaml:"superior"`
}

// ParseBlockFile reads and checks a block file. Every problem is reported at once, joined by line breaks.
func ParseBlockFile(name string, source []byte) (*BlockFile, error) {
	var f BlockFile
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, refuse(CodeInvalid, "%s: tệp khối không đọc được: %v",
			"%s: cannot read the block file: %v", name, content.YAMLWords(err))
	}
	if line, more := content.SecondDocument(source); more {
		return nil, refuse(CodeInvalid, "%s:%d: tệp chỉ có một khối: hãy bỏ phần sau dấu ---",
			"%s:%d: a file holds one block: take out what follows ---", name, line)
	}
	if problems := f.problems(); len(problems) > 0 {
		text := ""
		for _, p := range problems {
			text += "\n  " + p
		}
		return nil, refuse(CodeInvalid, "%s: tệp khối có lỗi:%s", "%s: the block file has errors:%s", name, text)
	}
	return &f, nil
}

// blockProblems are what is wrong with a block's file; codes are looked up to find what stands twice.
type blockProblems struct {
	found    []string
	agencies map[AgencyID]bool
	people   map[PersonID]bool
}

func (b *blockProblems) add(format string, args ...any) {
	b.found = append(b.found, fmt.Sprintf(format, args...))
}

func (f *BlockFile) problems() []string {
	b := &blockProblems{agencies: map[AgencyID]bool{}, people: map[PersonID]bool{}}
	if !process.ValidCode(string(f.Block.ID)) {
		b.add("block.id %q: want a code of a–z, 0–9 and hyphens", f.Block.ID)
	}
	leaders := 0
	for _, a := range f.Agencies {
		b.agency(a)
		if a.Role == RoleLeader {
			leaders++
		}
		for _, p := range a.People {
			b.person(a, p)
		}
	}
	if leaders != 1 {
		b.add("the block has %d leaders; it needs exactly one", leaders)
	}
	return b.found
}

func (b *blockProblems) agency(a BlockFileAgency) {
	if !process.ValidCode(string(a.ID)) || blank(a.Name) {
		b.add("agency %q: needs a code and a name", a.ID)
	}
	if b.agencies[a.ID] {
		b.add("agency %q stands twice", a.ID)
	}
	b.agencies[a.ID] = true
	switch a.Role {
	case RoleLeader, RoleDeputy, RoleMember, RoleWitness:
	default:
		b.add("agency %q: role %q is not leader, deputy, member or witness", a.ID, a.Role)
	}
	if a.Language != "" && !a.Language.Known() {
		b.add("agency %q: language %q is not vi or en", a.ID, a.Language)
	}
	if err := checkAddress(a.Email); err != nil {
		b.add("agency %q: e-mail address %q: %v", a.ID, a.Email, err)
	}
}

// checkAddress refuses what is no plain address: letters go to it as it stands, so that a name with it, a comment or
// quotes would make them undeliverable (RFC 5321 §4.1.2).
func checkAddress(text string) error {
	a, err := mail.ParseAddress(text)
	if err == nil && (a.Address != text || len(text) > 254) {
		err = errors.New("want an address alone, such as van-thu@so-tai-chinh.example")
	}
	return err
}

func (b *blockProblems) person(a BlockFileAgency, p BlockFilePerson) {
	if !process.ValidCode(string(p.ID)) || blank(p.Name) || blank(p.Title) || len(p.Duties) == 0 {
		b.add("person %q of %q: needs a code, a name, a title and duties", p.ID, a.ID)
	}
	if b.people[p.ID] {
		b.add("person %q stands twice", p.ID)
	}
	b.people[p.ID] = true
	for _, d := range p.Duties {
		if d.Words().In("en") == "" {
			b.add("person %q: unknown duty %q", p.ID, d)
		}
	}
	if problem := twice(p.Duties); problem != nil {
		b.add("person %q: %s", p.ID, problem.English)
	}
	if p.Email != "" {
		if err := checkAddress(p.Email); err != nil {
			b.add("person %q: e-mail address %q: %v", p.ID, p.Email, err)
		}
	}
	if p.Language != "" && !p.Language.Known() {
		b.add("person %q: language %q is not vi or en", p.ID, p.Language)
	}
	if !p.Until.IsZero() && p.Until.Before(p.From) {
		b.add("person %q: until %s is before from %s", p.ID, p.Until, p.From)
	}
	if problem := p.position(a.ID).signProblem(a.agency()); problem != nil {
		b.add("person %q: %s", p.ID, problem.English)
	}
}

func (a BlockFileAgency) agency() Agency {
	return Agency{ID: a.ID, Name: a.Name, Parent: a.Parent, Email: a.Email, MadeUp: a.MadeUp,
		Collective: a.Collective, Language: a.Language}
}

func (p BlockFilePerson) position(agency AgencyID) Position {
	return Position{
		ID: PositionID(string(agency) + "/" + string(p.ID)), Agency: agency, Person: p.ID, Title: p.Title,
		Form: p.Form, Duties: p.Duties,
		Rank: p.Rank, From: p.From, Until: p.Until, Superior: p.Superior, Document: p.Document,
	}
}

// ApplyBlock brings the directory in step with a block file; nothing happens when it is already. What the rules refuse
// comes back all at once.
type ApplyBlock struct{ File *BlockFile }

func (cmd ApplyBlock) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	f := cmd.File
	c := &directoryChanges{State{Directory: s.Directory.clone(), Calendar: s.Calendar}, by, now, nil, nil}
	block := Block{ID: f.Block.ID, Name: f.Block.Name, Province: f.Block.Province}
	for _, a := range f.Agencies {
		block.Members = append(block.Members, BlockMember{a.ID, a.Role})
		if c.state.Directory.Agencies[a.ID] != a.agency() {
			c.add(AgencyRegistered{Agency: a.ID, Name: a.Name, Parent: a.Parent, Email: a.Email, MadeUp: a.MadeUp,
				Collective: a.Collective, Language: a.Language})
		}
		for _, p := range a.People {
			c.person(a.ID, p)
		}
	}
	if !reflect.DeepEqual(c.state.Directory.Blocks[block.ID], block) {
		e := BlockFormed{Block: block.ID, Name: block.Name, Province: block.Province}
		for _, m := range block.Members {
			e.Members = append(e.Members, FormedMember(m))
		}
		c.add(e)
	}
	for _, g := range f.Delegations {
		c.delegation(g)
	}
	return c.events, c.refusal()
}

// directoryChanges collects events and applies each, so that the next one is decided on what is there by then.
type directoryChanges struct {
	state    State
	by       Actor
	now      time.Time
	events   []Event
	problems []words.Text
}

// refusal is all that is wrong, or nothing.
func (c *directoryChanges) refusal() error {
	if len(c.problems) == 0 {
		return nil
	}
	return refuse(CodeInvalid, "tệp khối có lỗi:\n  %s",
		"the block file has errors:\n  %s", words.Join("\n  ", c.problems...))
}

func (c *directoryChanges) add(e Event) {
	c.events = append(c.events, e)
	c.state.Directory.Apply(e)
}

func (c *directoryChanges) person(agency AgencyID, p BlockFilePerson) {
	c.renamed(p)
	if have := c.state.Directory.People[p.ID]; have.Name.Text != p.Name || have.Email.Text != p.Email ||
		have.Language != p.Language {
		c.add(PersonRegistered{p.ID, Personal{Text: p.Name, Subject: p.ID},
			Personal{Text: p.Email, Subject: p.ID}, p.Language})
	}
	want := p.position(agency)
	have := c.state.Directory.Positions[want.ID]
	// it ended meanwhile by a command; the file does not take that back
	if want.Until.IsZero() && !have.Until.IsZero() {
		want.Until = have.Until
	}
	want.Successor = have.Successor
	if !reflect.DeepEqual(have, want) {
		c.add(want.assigned())
	}
}

// delegation grants what the file says, unless the same one is on record.
func (c *directoryChanges) delegation(g BlockFileDelegation) {
	d := c.state.Directory
	from := d.positionFor(g.From, g.Duties)
	if from == "" {
		c.problems = append(c.problems, words.F("ủy quyền: %q không giữ chức vụ nào",
			"delegation: %q holds no position", g.From))
		return
	}
	cmd := GrantDelegation{
		From: from, To: g.To, Form: g.Form, Duties: g.Duties, Start: g.Start, End: g.End,
		Document: g.Document, Scope: g.Scope, Superior: g.Superior,
	}
	for _, have := range d.Delegations {
		if have.From == cmd.From && have.To == g.To && have.Start == g.Start && have.End == g.End &&
			slices.Equal(have.Duties, g.Duties) {
			return
		}
	}
	events, err := cmd.decide(c.state, c.by, c.now)
	if err != nil {
		var refusal *Error
		errors.As(err, &refusal) // decide gives no other
		c.problems = append(c.problems, words.F("ủy quyền từ %s cho %s: %s", "delegation from %s to %s: %s", g.From,
			g.To, refusal.Text))
		return
	}
	for _, e := range events {
		c.add(e)
	}
}

// positionFor is the post of a person that has all of the duties, or else any.
func (d *Directory) positionFor(person PersonID, duties []Duty) PositionID {
	var some PositionID
	for _, id := range slices.Sorted(maps.Keys(d.Positions)) {
		p := d.Positions[id]
		if p.Person != person {
			continue
		}
		some = id
		if !slices.ContainsFunc(duties, func(duty Duty) bool { return !slices.Contains(p.Duties, duty) }) {
			return id
		}
	}
	return some
}

// clone copies the directory so that events can be tried on it.
func (d *Directory) clone() *Directory {
	c := *d
	c.Agencies, c.People, c.Positions, c.Blocks = maps.Clone(d.Agencies), maps.Clone(d.People),
		maps.Clone(d.Positions), maps.Clone(d.Blocks)
	c.Delegations, c.Bindings, c.Rules = slices.Clone(d.Delegations), slices.Clone(d.Bindings), slices.Clone(d.Rules)
	c.Grants = slices.Clone(d.Grants)
	return &c
}
