package workflow

import (
	"encoding/json"
	"fmt"
	"strings"

	"covenant/workflow/process"
)

// Identifiers. Codes chosen by people (agencies, blocks, slots) are lower-case ASCII with hyphens; ids made by the
// program are UUIDv7 in text form.
type (
	// CovenantID identifies one covenant (UUIDv7 text).
	CovenantID string
	// BlockID identifies an emulation block, e.g. "khoi-kinh-te-nganh".
	BlockID string
	// AgencyID identifies an agency or department, e.g. "so-tai-chinh".
	AgencyID string
	// PersonID identifies a natural person, e.g. "nguyen-van-a".
	PersonID string
	// PositionID identifies a post that a person holds in an agency, e.g. "so-tai-chinh/giam-doc".
	PositionID string
	// SlotID identifies a signature cell of a document; the templates name it by the agency's code.
	SlotID string
)

// Personal is a piece of personal data in an event (a name, an address). Its JSON form is {"personal": "…"}; the
// store replaces that object by a salted commitment before it hashes the event and keeps the text apart, where it
// can be erased. An erased one reads as the empty string with Erased set.
type Personal struct {
	Text    string
	Subject PersonID // whose data these are; the store can erase all of one subject
	Erased  bool
}

type personalJSON struct {
	Personal string   `json:"personal"`
	Subject  PersonID `json:"subject,omitempty"`
	Erased   bool     `json:"erased,omitempty"`
}

// MarshalJSON writes the object form that the store recognises.
func (p Personal) MarshalJSON() ([]byte, error) {
	return json.Marshal(personalJSON{Personal: p.Text, Subject: p.Subject, Erased: p.Erased})
}

// UnmarshalJSON reads the object form.
func (p *Personal) UnmarshalJSON(data []byte) error {
	var raw personalJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("personal data: %w", err)
	}
	p.Text, p.Subject, p.Erased = raw.Personal, raw.Subject, raw.Erased
	return nil
}

// ValidSlug reports whether text can be the address of a covenant of a year: the year, a slash, and a code.
func ValidSlug(text string, year int) bool {
	name, ok := strings.CutPrefix(text, fmt.Sprintf("%04d/", year))
	return ok && process.ValidCode(name)
}
