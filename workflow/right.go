package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Right is what a person may do in the whole installation, beside the duties of their posts.
type Right string

// The rights.
const (
	// RightAdminister keeps the directory, certificates, keys' bindings, settings. It gives no right to
	// read, review, vote or sign.
	RightAdminister Right = "administer"
	// RightAudit reads everything but secret choices and PINs, and changes nothing.
	RightAudit Right = "audit"
)

// Word is the right in words.
func (r Right) word(lang words.Language) string {
	return map[Right]words.Text{
		RightAdminister: words.Of("quản trị", "administer"), RightAudit: words.Of("kiểm tra, thanh tra", "audit"),
	}[r].In(lang)
}

func (r Right) known() bool { return r == RightAdminister || r == RightAudit }

// Grant is a right that a person holds.
type Grant struct {
	Person PersonID
	Right  Right
}

// Events of rights.
type (
	// RightGranted gives a person a right.
	RightGranted struct {
		Person   PersonID `json:"person"`
		Right    Right    `json:"right"`
		Document string   `json:"document,omitempty"` // the decision it rests on
	}
	// RightRevoked takes it back.
	RightRevoked struct {
		Person PersonID `json:"person"`
		Right  Right    `json:"right"`
		Reason string   `json:"reason"`
	}
)

// Kind is the event's name in the log.
func (RightGranted) Kind() string { return "right_granted" }
func (RightRevoked) Kind() string { return "right_revoked" }

func (e RightGranted) applyTo(d *Directory) {
	if !d.Holds(e.Person, e.Right) {
		d.Grants = append(d.Grants, Grant{e.Person, e.Right})
	}
}

func (e RightGranted) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("+ quyền %s: %s",
		"+ right to %s: %s", words.Each(e.Right.word), s.Directory.PersonName(e.Person))}
}

func (e RightRevoked) applyTo(d *Directory) {
	d.Grants = slices.DeleteFunc(slices.Clone(d.Grants), func(g Grant) bool { return g == Grant{e.Person, e.Right} })
}

func (e RightRevoked) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("− quyền %s: %s (%s)",
		"− right to %s: %s (%s)", words.Each(e.Right.word), s.Directory.PersonName(e.Person), e.Reason)}
}

// Holds reports whether a person holds a right.
func (d *Directory) Holds(person PersonID, right Right) bool {
	return person != "" && slices.Contains(d.Grants, Grant{person, right})
}

// Administers refuses unless the actor may administer: a person who holds the right, or the console by itself. Whoever
// may open the control channel could write to the database without it, so the first administrator is made there.
func (d *Directory) Administers(by Actor) error {
	if by.IsConsole() && by.Person() == "" || d.Holds(by.Person(), RightAdminister) {
		return nil
	}
	return refuse(CodeForbidden, "việc này thuộc quyền quản trị", "this needs the right to administer")
}

// GrantRight gives a person a right.
type GrantRight struct {
	Person   PersonID `json:"person,omitzero"`
	Right    Right    `json:"right,omitzero"`
	Document string   `json:"document,omitzero"`
}

func (cmd GrantRight) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	if _, ok := s.Directory.People[cmd.Person]; !ok {
		return nil, refuse(CodeNotFound, "chưa có người %q trong danh bạ",
			"person %q is not in the directory", cmd.Person)
	}
	if !cmd.Right.known() {
		return nil, refuse(CodeInvalid, "không có quyền %q; chọn administer hoặc audit",
			"there is no right %q; want administer or audit", cmd.Right)
	}
	if s.Directory.Holds(cmd.Person, cmd.Right) {
		return nil, nil
	}
	return []Event{RightGranted(cmd)}, nil
}

// RevokeRight takes a right back. Nobody loses the last right to administer but by the console, which keeps it always.
type RevokeRight struct {
	Person PersonID `json:"person,omitzero"`
	Right  Right    `json:"right,omitzero"`
	Reason string   `json:"reason,omitzero"`
}

func (cmd RevokeRight) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	switch {
	case !s.Directory.Holds(cmd.Person, cmd.Right):
		return nil, refuse(CodeNotFound, "%s không có quyền này",
			"%s does not hold this right", s.Directory.PersonName(cmd.Person))
	case blank(cmd.Reason):
		return nil, refuse(CodeInvalid, "cần nêu lý do", "say why")
	case cmd.Right == RightAdminister && by.Person() != "" && s.Directory.administrators() == 1:
		return nil, refuse(CodeWrongState, "đây là quản trị viên cuối cùng; hãy giao quyền cho người khác trước",
			"this is the last administrator; give somebody else the right first")
	}
	return []Event{RightRevoked(cmd)}, nil
}

func (d *Directory) administrators() int {
	n := 0
	for _, g := range d.Grants {
		if g.Right == RightAdminister {
			n++
		}
	}
	return n
}
