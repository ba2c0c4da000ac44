package workflow

import (
	"fmt"
	"slices"
	"time"

	"covenant/internal/words"
)

// NumberIssued gives the covenant its number, symbol and date from the register.
type NumberIssued struct {
	Book      string    `json:"book"`
	Year      int       `json:"year"`
	Number    int       `json:"number"`
	Symbol    string    `json:"symbol"`
	Date      Date      `json:"date"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
}

// Kind is the event's name in the log.
func (NumberIssued) Kind() string { return "number_issued" }

func (e NumberIssued) authority() Authority { return e.Authority }

func (e NumberIssued) apply(c *Covenant) {
	c.Number = &e
	c.Phase = AwaitingFreeze
}

func (e NumberIssued) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Cấp số %s, ngày %s", "Number %s issued, dated %s",
		printedNumber(e.Number, e.Symbol), e.Date.Display())}
}

// Frozen fixes the document: from here on bytes are only appended.
type Frozen struct {
	Revision int           `json:"revision"`
	PDF      Digest        `json:"pdf"`
	Size     int64         `json:"size"`
	Token    string        `json:"token"` // random part of the permanent address in the QR code
	Fields   []FrozenField `json:"fields"`
}

// Kind is the event's name in the log.
func (Frozen) Kind() string { return "frozen" }

func (e Frozen) apply(c *Covenant) {
	c.Frozen, c.Head, c.HeadSize = &e, e.PDF, e.Size
}

func (e Frozen) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Chốt văn bản (mã %s, %s); từ đây tệp chỉ được nối thêm chữ ký",
		"Document frozen (digest %s, %s); from here on signatures are only appended",
		e.PDF.Short(), words.Size(e.Size))}
}

// FrozenField is a signature field placed in the frozen document.
type FrozenField struct {
	Name string `json:"name"`
	Slot SlotID `json:"slot"`
	Type string `json:"type"` // "signature" or "seal"
	Page int    `json:"page"`
}

// ValidationDataAdded completes the file for long-term verification.
type ValidationDataAdded struct {
	Before Digest `json:"before"`
	After  Digest `json:"after"`
	Size   int64  `json:"size"`
	Level  string `json:"level"`
}

// Kind is the event's name in the log.
func (ValidationDataAdded) Kind() string { return "validation_data_added" }

func (e ValidationDataAdded) apply(c *Covenant) {
	c.Head, c.HeadSize, c.Level = e.After, e.Size, e.Level
}

func (e ValidationDataAdded) line(State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("Bổ sung dữ liệu kiểm tra lâu dài, tệp đạt mức %s",
			"Long-term validation data added; the file is at level %s", e.Level),
		Detail: fileWent(e.Before, e.After),
	}
}

// InForce says that the covenant binds its parties.
type InForce struct {
	Date Date `json:"date"`
}

// Kind is the event's name in the log.
func (InForce) Kind() string { return "in_force" }

func (e InForce) apply(c *Covenant) {
	c.InForce, c.Phase, c.Waiting, c.Due = e.Date, PhaseInForce, nil, Deadline{}
}

func (e InForce) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Giao ước có hiệu lực từ %s", "In force since %s", e.Date.Display())}
}

// IssueNumber gives the approved covenant the number and date that the register reserved for it.
type IssueNumber struct {
	Number int
	Date   Date
	Symbol string // of the document, where the process names none
}

func (cmd IssueNumber) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingNumber); err != nil {
		return nil, err
	}
	stage := s.stage()
	agency := s.numbering(stage)
	authority, err := s.authority(by, agency, DutyNumber, now)
	if err != nil {
		return nil, err
	}
	if cmd.Number < 1 || cmd.Date.IsZero() {
		return nil, refuse(CodeInvalid, "cần có số và ngày ban hành", "a number and a date of issue are needed")
	}
	symbol := stage.Number.Symbol
	if symbol == "" {
		symbol = cmd.Symbol
	}
	return []Event{NumberIssued{
		Book: stage.Number.Book, Year: cmd.Date.Year, Number: cmd.Number, Symbol: symbol,
		Date: cmd.Date, Person: by.Person(), Authority: authority,
	}}, nil
}

// Freeze fixes the document's bytes; the caller has proved that nothing but number, date and watermark differs from
// what was approved.
type Freeze struct {
	PDF    Digest
	Size   int64
	Token  string
	Fields []FrozenField
}

func (cmd Freeze) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if err := s.expect(AwaitingFreeze); err != nil {
		return nil, err
	}
	have := map[SlotID]bool{}
	for _, f := range cmd.Fields {
		have[f.Slot] = have[f.Slot] || f.Type == "signature"
	}
	for _, p := range s.Covenant.Parties {
		if !have[p.Slot] {
			return nil, refuse(CodeInvalid, "văn bản thiếu ô ký của %s",
				"the document has no signature field for %s", p.Unit)
		}
	}
	revision, _ := s.Covenant.Revision()
	events := []Event{Frozen{Revision: revision.Number, PDF: cmd.PDF, Size: cmd.Size,
		Token: cmd.Token, Fields: cmd.Fields}}
	return s.then(events, func(s State) ([]Event, error) { return s.advance(now) })
}

// PrintedNumber is number and symbol as the document prints them, "01/GƯ-KTN"; numbers below ten get a leading zero
// (Decree 30/2020/NĐ-CP, Appendix I, cell 3). Empty before the number is issued.
func (c *Covenant) PrintedNumber() string {
	if c.Number == nil {
		return ""
	}
	return printedNumber(c.Number.Number, c.Number.Symbol)
}

// printedNumber is a number of the register as documents show it, below 10 with a zero (Decree 30, annex I).
func printedNumber(number int, symbol string) string { return fmt.Sprintf("%02d/%s", number, symbol) }

// signGroups are the agencies of each signing group that has any, in order.
func (s State) signGroups(stage Stage) [][]AgencyID {
	var out [][]AgencyID
	for _, roles := range stage.Sign.Groups {
		if who := s.agenciesOf(roles); len(who) > 0 {
			out = append(out, who)
		}
	}
	return out
}

// SignatureField is the name of a slot's signature field in the frozen document.
func (c *Covenant) SignatureField(slot SlotID) (string, bool) { return c.field(slot, "signature") }

// SealField is the name of a slot's seal field in the frozen document.
func (c *Covenant) SealField(slot SlotID) (string, bool) { return c.field(slot, "seal") }

// IsSealField reports whether the frozen document has a field of that name for a seal. The log says so, not the file.
func (c *Covenant) IsSealField(name string) bool {
	return c.Frozen != nil && slices.ContainsFunc(c.Frozen.Fields, func(f FrozenField) bool {
		return f.Name == name && f.Type == "seal"
	})
}

func (c *Covenant) field(slot SlotID, kind string) (string, bool) {
	if c.Frozen == nil {
		return "", false
	}
	for _, f := range c.Frozen.Fields {
		if f.Slot == slot && f.Type == kind {
			return f.Name, true
		}
	}
	return "", false
}

// MaySign reports by which right an actor may sign in slot now, and the field to sign. It is asked before the key is
// used, and again when the signature is recorded.
func (s State) MaySign(by Actor, slot SlotID, now time.Time) (Authority, string, error) {
	if err := by.personally(); err != nil {
		return Authority{}, "", err
	}
	return s.signatory(by, slot, now)
}

// signatory is the right by which an actor decides about the signature in a slot now, and its field.
func (s State) signatory(by Actor, slot SlotID, now time.Time) (Authority, string, error) {
	c := s.Covenant
	if err := s.expect(AwaitingSignatures); err != nil {
		return Authority{}, "", err
	}
	party, ok := c.SlotParty(slot)
	field, placed := c.SignatureField(slot)
	if !ok || !placed {
		return Authority{}, "", refuse(CodeNotFound, "không có ô ký %q", "there is no signature cell %q", slot)
	}
	authority, err := s.authority(by, party.Agency, DutySign, now)
	if err != nil {
		return Authority{}, "", err
	}
	if _, ok := c.Signature(slot); ok {
		return Authority{}, "", refuse(CodeConflict, "%s đã ký", "%s has already signed", party.Unit)
	}
	if err := s.turnToSign(party); err != nil {
		return Authority{}, "", err
	}
	return authority, field, nil
}

// RecordSignature records a signature that was made, verified and stored. Before is the head it was made on.
type RecordSignature struct {
	Slot      SlotID
	Consented Digest
	Before    Digest
	After     Digest
	Size      int64
	Level     string
	Issuer    string
	Serial    string
	SHA256    Digest // of the certificate
	SignedAt  time.Time
	Check     SignerCheck
}

func (cmd RecordSignature) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	authority, field, err := s.MaySign(by, cmd.Slot, now)
	if err != nil {
		return nil, err
	}
	if err := s.certificateOf(by.Person(), Certificate{cmd.Issuer, cmd.Serial, cmd.SHA256}); err != nil {
		return nil, err
	}
	if cmd.Consented != c.Frozen.PDF {
		return nil, refuse(CodeConflict,
			"văn bản đồng ý ký (%s) không phải văn bản đã chốt (%s)",
			"the document agreed to (%s) is not the frozen one (%s)", cmd.Consented.Short(), c.Frozen.PDF.Short())
	}
	if cmd.Before != c.Head {
		return nil, refuse(CodeConflict, "vừa có người khác ký; hãy ký lại trên bản mới nhất",
			"somebody else has just signed; sign again on the newest version")
	}
	if want := s.stage().Sign.Level; cmd.Level != want {
		return nil, refuse(CodeInvalid, "chữ ký ở mức %s, quy trình yêu cầu %s",
			"the signature is at level %s, the process asks for %s", cmd.Level, want)
	}
	events := []Event{SignatureMade{
		Slot: cmd.Slot, Field: field, Person: by.Person(), Authority: authority,
		Consented: cmd.Consented, Before: cmd.Before,
		After: cmd.After, Size: cmd.Size, Level: cmd.Level, Issuer: cmd.Issuer,
		Serial: cmd.Serial, SHA256: cmd.SHA256, SignedAt: cmd.SignedAt, Check: cmd.Check,
	}}
	return s.then(events, func(s State) ([]Event, error) { return s.afterSignature(now) })
}

// RecordValidationData records that the finished file holds all that long-term verification needs; with that the
// covenant is in force.
type RecordValidationData struct {
	Before Digest
	After  Digest
	Size   int64
	Level  string
}

func (cmd RecordValidationData) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if err := s.expect(AwaitingValidation); err != nil {
		return nil, err
	}
	if cmd.Before != s.Covenant.Head {
		return nil, refuse(CodeConflict, "văn bản đã thay đổi; hãy thử lại", "the document has changed; try again")
	}
	events := []Event{
		ValidationDataAdded(cmd),
		InForce{Date: s.Covenant.Number.Date},
	}
	return s.then(events, func(s State) ([]Event, error) { return s.advance(now) })
}
