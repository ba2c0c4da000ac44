package workflow

import (
	"time"

	"covenant/internal/words"
)

// SealApplied is one agency's seal in the document, applied by a person of the agency.
type SealApplied struct {
	Agency    AgencyID  `json:"agency"`
	Slot      SlotID    `json:"slot"`
	Field     string    `json:"field"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
	Before    Digest    `json:"before"`
	After     Digest    `json:"after"`
	Size      int64     `json:"size"`
	Level     string    `json:"level"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"`
	SHA256    Digest    `json:"sha256,omitzero"` // of the certificate, since v0.2
	SignedAt  time.Time `json:"signed_at"`

	Check SignerCheck `json:"check,omitzero"` // since v0.2
}

// Kind is the event's name in the log.
func (SealApplied) Kind() string { return "seal_applied" }

func (e SealApplied) authority() Authority { return e.Authority }

func (e SealApplied) apply(c *Covenant) {
	c.Sealed = append(c.Sealed, e)
	c.Head, c.HeadSize = e.After, e.Size
	c.Waiting = without(c.Waiting, e.Agency)
}

func (e SealApplied) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s đóng dấu của %s (mức %s)", "%s applied the seal of %s (level %s)",
			s.Directory.PersonName(e.Person), s.Directory.AgencyName(e.Agency), e.Level),
		Detail: words.Join("; ", fileWent(e.Before, e.After), e.Check.words()),
	}
}

// MaySeal reports by which right an actor may apply an agency's seal now, and the field to seal.
func (s State) MaySeal(by Actor, agency AgencyID, now time.Time) (Authority, string, error) {
	if err := by.personally(); err != nil {
		return Authority{}, "", err
	}
	if err := s.expect(AwaitingSeals); err != nil {
		return Authority{}, "", err
	}
	authority, err := s.authority(by, agency, DutyNumber, now)
	if err != nil {
		return Authority{}, "", err
	}
	party, _ := s.Covenant.Party(agency)
	field, ok := s.Covenant.SealField(party.Slot)
	if !ok {
		return Authority{}, "", refuse(CodeNotFound, "văn bản không có ô dấu của %s",
			"the document has no field for the seal of %s", s.Directory.AgencyName(agency))
	}
	if !contains(s.Covenant.Waiting, agency) {
		return Authority{}, "", refuse(CodeConflict, "%s đã đóng dấu hoặc không phải đóng dấu",
			"%s has applied its seal, or has none to apply", party.Unit)
	}
	return authority, field, nil
}

// RecordSeal records a seal that was made, verified and stored. Before is the head it was made on.
type RecordSeal struct {
	Agency   AgencyID
	Before   Digest
	After    Digest
	Size     int64
	Level    string
	Issuer   string
	Serial   string
	SHA256   Digest // of the certificate
	SignedAt time.Time
	Check    SignerCheck
}

func (cmd RecordSeal) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, field, err := s.MaySeal(by, cmd.Agency, now)
	if err != nil {
		return nil, err
	}
	if !s.Directory.SealCertificateOf(cmd.Agency, Certificate{cmd.Issuer, cmd.Serial, cmd.SHA256}) {
		return nil, refuse(CodeForbidden,
			"chứng thư số (số %s) chưa được gắn với con dấu của %s",
			"the certificate (serial %s) is not bound to the seal of %s",
			cmd.Serial, s.Directory.AgencyName(cmd.Agency))
	}
	if cmd.Before != s.Covenant.Head {
		return nil, refuse(CodeConflict, "văn bản vừa thay đổi; hãy đóng dấu lại trên bản mới nhất",
			"the document has just changed; apply the seal again on the newest version")
	}
	if want := s.stage().Seal.Level; cmd.Level != want {
		return nil, refuse(CodeInvalid, "con dấu ở mức %s, quy trình yêu cầu %s",
			"the seal is at level %s, the process asks for %s", cmd.Level, want)
	}
	party, _ := s.Covenant.Party(cmd.Agency)
	events := []Event{SealApplied{
		Agency: cmd.Agency, Slot: party.Slot, Field: field, Person: by.Person(), Authority: authority,
		Before: cmd.Before, After: cmd.After,
		Size: cmd.Size, Level: cmd.Level, Issuer: cmd.Issuer, Serial: cmd.Serial, SHA256: cmd.SHA256,
		SignedAt: cmd.SignedAt, Check: cmd.Check,
	}}
	return s.then(events, func(s State) ([]Event, error) {
		if len(s.Covenant.Waiting) > 0 {
			return nil, nil
		}
		return s.advance(now)
	})
}
