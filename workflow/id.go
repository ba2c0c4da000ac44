package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
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
	// StageID identifies a stage of a process definition.
	StageID string
	// MotionID identifies a motion put to the vote.
	MotionID string
	// ObligationID identifies a reporting duty of a process definition.
	ObligationID string
	// Period names a reporting period: "2026-Q4", "2026-H1" or "2026".
	Period string
	// Rung names one step of a reminder ladder.
	Rung string
)

// Digest is a SHA-256 digest. Its text form is 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// DigestOf is the SHA-256 digest of data.
func DigestOf(data []byte) Digest { return sha256.Sum256(data) }

// ParseDigest reads the text form of a digest.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(d) {
		return d, fmt.Errorf("digest %q: want 64 hexadecimal digits", text)
	}
	copy(d[:], raw)
	return d, nil
}

// String is the 64-digit hexadecimal form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short is the first eight digits, which people compare before they sign.
func (d Digest) Short() string { return d.String()[:8] }

// IsZero reports whether the digest was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText gives the text form; an unset digest is the empty string.
func (d Digest) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Digest{}
		return nil
	}
	parsed, err := ParseDigest(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

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

// ValidCode reports whether text is a code as people choose them: a–z, 0–9 and single hyphens, at most 64 bytes.
func ValidCode(text string) bool {
	if text == "" || len(text) > 64 || strings.Contains(text, "--") || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// ValidSlug reports whether text can be the address of a covenant of a year: the year, a slash, and a code.
func ValidSlug(text string, year int) bool {
	name, ok := strings.CutPrefix(text, fmt.Sprintf("%04d/", year))
	return ok && ValidCode(name)
}
