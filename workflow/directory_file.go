package workflow

import (
	"bytes"
	"fmt"
	"net/mail"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// BlockFile is a block as people write it down: its agencies, people and positions (YAML).
type BlockFile struct {
	Block struct {
		ID       BlockID `yaml:"id"`
		Name     string  `yaml:"name"`
		Province string  `yaml:"province"`
	} `yaml:"block"`
	Agencies []BlockFileAgency `yaml:"agencies"`
}

// BlockFileAgency is one agency of a block file with its people.
type BlockFileAgency struct {
	ID     AgencyID          `yaml:"id"`
	Name   string            `yaml:"name"`
	Parent string            `yaml:"parent"`
	Email  string            `yaml:"email"`
	Role   Role              `yaml:"role"`
	MadeUp bool              `yaml:"made_up"`
	People []BlockFilePerson `yaml:"people"`
}

// BlockFilePerson is one person of a block file and the post held.
type BlockFilePerson struct {
	ID     PersonID      `yaml:"id"`
	Name   string        `yaml:"name"`
	Email  string        `yaml:"email"`
	Title  string        `yaml:"title"`
	Form   AuthorityForm `yaml:"form"`
	Duties []Duty        `yaml:"duties"`
}

// ParseBlockFile reads and checks a block file. Every problem is reported at once, joined by line breaks.
func ParseBlockFile(name string, source []byte) (*BlockFile, error) {
	var f BlockFile
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, refuse(CodeInvalid, "%s: tệp khối không đọc được: %v", "%s: cannot read the block file: %v", name, err)
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

func (f *BlockFile) problems() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !ValidCode(string(f.Block.ID)) {
		add("block.id %q: want a code of a–z, 0–9 and hyphens", f.Block.ID)
	}
	leaders, agencies, people := 0, map[AgencyID]bool{}, map[PersonID]bool{}
	for _, a := range f.Agencies {
		if !ValidCode(string(a.ID)) || a.Name == "" {
			add("agency %q: needs a code and a name", a.ID)
		}
		if agencies[a.ID] {
			add("agency %q stands twice", a.ID)
		}
		agencies[a.ID] = true
		switch a.Role {
		case RoleLeader:
			leaders++
		case RoleDeputy, RoleMember, RoleWitness:
		default:
			add("agency %q: role %q is not leader, deputy, member or witness", a.ID, a.Role)
		}
		if _, err := mail.ParseAddress(a.Email); err != nil {
			add("agency %q: e-mail address %q: %v", a.ID, a.Email, err)
		}
		for _, p := range a.People {
			if !ValidCode(string(p.ID)) || p.Name == "" || p.Title == "" || len(p.Duties) == 0 {
				add("person %q of %q: needs a code, a name, a title and duties", p.ID, a.ID)
			}
			if people[p.ID] {
				add("person %q stands twice", p.ID)
			}
			people[p.ID] = true
			for _, d := range p.Duties {
				if d.word("en") == "" {
					add("person %q: unknown duty %q", p.ID, d)
				}
			}
		}
	}
	if leaders != 1 {
		add("the block has %d leaders; it needs exactly one", leaders)
	}
	return out
}

// Events are what must be recorded so that dir holds the file's content; nothing when it already does.
func (f *BlockFile) Events(dir *Directory) []Event {
	var out []Event
	block := Block{ID: f.Block.ID, Name: f.Block.Name, Province: f.Block.Province}
	for _, a := range f.Agencies {
		block.Members = append(block.Members, BlockMember{a.ID, a.Role})
		if want := (Agency{a.ID, a.Name, a.Parent, a.Email, a.MadeUp}); dir.Agencies[a.ID] != want {
			out = append(out, AgencyRegistered{a.ID, a.Name, a.Parent, a.Email, a.MadeUp})
		}
		for _, p := range a.People {
			out = append(out, p.events(a.ID, dir)...)
		}
	}
	if !reflect.DeepEqual(dir.Blocks[block.ID], block) {
		e := BlockFormed{Block: block.ID, Name: block.Name, Province: block.Province}
		for _, m := range block.Members {
			e.Members = append(e.Members, FormedMember(m))
		}
		out = append(out, e)
	}
	return out
}

func (p BlockFilePerson) events(agency AgencyID, dir *Directory) []Event {
	var out []Event
	if have := dir.People[p.ID]; have.Name.Text != p.Name || have.Email.Text != p.Email {
		out = append(out, PersonRegistered{p.ID, Personal{Text: p.Name, Subject: p.ID}, Personal{Text: p.Email, Subject: p.ID}})
	}
	id := PositionID(string(agency) + "/" + string(p.ID))
	want := Position{id, agency, p.ID, p.Title, p.Form, p.Duties}
	if !reflect.DeepEqual(dir.Positions[id], want) {
		out = append(out, PositionAssigned{id, agency, p.ID, p.Title, p.Form, p.Duties})
	}
	return out
}
