package workflow

import (
	"time"

	"covenant/internal/words"
)

// GroupOpened asks the next group of signatories; inside a group anyone may go first.
type GroupOpened struct {
	Stage StageID    `json:"stage"`
	Group int        `json:"group"` // from 1
	Who   []AgencyID `json:"who"`
}

// Kind is the event's name in the log.
func (GroupOpened) Kind() string { return "group_opened" }

func (e GroupOpened) apply(c *Covenant) {
	c.Group, c.Waiting = e.Group, append([]AgencyID(nil), e.Who...)
	for _, a := range e.Who {
		c.Waived = without(c.Waived, a)
	}
}

func (e GroupOpened) line(s State) Line {
	return Line{
		Tone: ToneWaiting, Text: words.F("Mời nhóm ký %d", "Signing group %d was asked to sign", e.Group),
		Detail: words.Same(s.Directory.AgencyNames(e.Who)),
	}
}

// SignerCheck is what was found out about a certificate in the moment before its key was used: that it led to a trust
// anchor and was in its period is a condition, whether it was revoked is told here (circular 15/2025/TT-BKHCN: at each
// signing, the response of that moment and the result are kept). It is the engine's word; the responses, signed by the
// authority, bear it out.
type SignerCheck struct {
	At     time.Time `json:"at"`
	Status string    `json:"status"` // CertificateGood, or CertificateUnknown: nobody could be asked
	// Responses are the OCSP responses and revocation lists, kept as files.
	Responses []Digest `json:"responses,omitempty"`
}

// What is known of a certificate that may sign.
const (
	CertificateGood    = "good"
	CertificateUnknown = "unknown"
)

// words say what was found; nothing for signatures of v0.1, which nobody was asked about.
func (c SignerCheck) words() words.Text {
	switch c.Status {
	case CertificateGood:
		return words.Of("chứng thư số chưa bị thu hồi lúc ký", "the certificate was not revoked when it signed")
	case CertificateUnknown:
		return words.Of("không hỏi được chứng thư số có bị thu hồi hay không",
			"nobody could be asked whether the certificate was revoked")
	}
	return words.Text{}
}

// SignatureMade is one signature in the document.
type SignatureMade struct {
	Slot      SlotID    `json:"slot"`
	Field     string    `json:"field"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
	Consented Digest    `json:"consented"` // the frozen digest that the person agreed to
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
func (SignatureMade) Kind() string { return "signature_made" }

func (e SignatureMade) authority() Authority { return e.Authority }

func (e SignatureMade) apply(c *Covenant) {
	c.Signed = append(c.Signed, e)
	c.Head, c.HeadSize = e.After, e.Size
	c.signedBy(e.Slot)
}

func (e SignatureMade) line(s State) Line {
	unit := string(e.Slot)
	if p, ok := s.Covenant.SlotParty(e.Slot); ok {
		unit = s.Directory.AgencyName(p.Agency)
	}
	return Line{
		Tone: ToneDone,
		Text: words.F("%s ký số cho %s (mức %s)", "%s signed for %s (level %s)",
			s.Directory.PersonName(e.Person), unit, e.Level),
		Detail: words.Join("; ", fileWent(e.Before, e.After), e.Check.words()),
	}
}

// SignatureRefused says that a signatory will not sign.
type SignatureRefused struct {
	Slot   SlotID   `json:"slot"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
	// Ruled: what it entails stands in the events after it. Until 2026-11 it stopped the covenant by itself.
	Ruled     bool      `json:"ruled,omitempty"`
	Authority Authority `json:"authority,omitzero"`
}

// Kind is the event's name in the log.
func (SignatureRefused) Kind() string { return "signature_refused" }

func (e SignatureRefused) authority() Authority { return e.Authority }

func (e SignatureRefused) apply(c *Covenant) {
	c.Refused = append(c.Refused, e)
	if !e.Ruled {
		c.Phase = PhaseRejected
		return
	}
	c.signedBy(e.Slot)
}

func (e SignatureRefused) line(s State) Line {
	return Line{
		Tone: ToneStopped, Text: words.F("%s từ chối ký", "%s refused to sign", s.Directory.PersonName(e.Person)),
		Detail: words.Same(e.Reason),
	}
}

// Events of signing as a whole, and on paper.
type (
	// SignatoriesPassed says that the signing goes on without waiting for some; they may still sign while it lasts.
	SignatoriesPassed struct {
		Stage    StageID    `json:"stage"`
		Agencies []AgencyID `json:"agencies"`
		Rung     Rung       `json:"rung,omitempty"`
	}
	// SignaturesSufficient says that enough have signed for the covenant to come into force; the
	// others may sign until Until.
	SignaturesSufficient struct {
		Stage StageID   `json:"stage"`
		Have  int       `json:"have"`
		Need  int       `json:"need"`
		Total int       `json:"total"`
		Until Deadline  `json:"until"`
		At    time.Time `json:"at"`
	}
	// PaperSignatureRecorded stands for a signature on a paper copy of the frozen document, of which a scan is kept.
	PaperSignatureRecorded struct {
		Slot       SlotID    `json:"slot"`
		Agency     AgencyID  `json:"agency"`
		Signatory  PersonID  `json:"signatory"` // who signed, by which right on that day
		Authority  Authority `json:"authority"`
		Date       Date      `json:"date"`
		Consented  Digest    `json:"consented"` // the frozen document that the paper is a print of
		Scan       Digest    `json:"scan"`
		Size       int64     `json:"size"`
		Note       string    `json:"note"` // where the paper is kept
		RecordedBy PersonID  `json:"recorded_by"`
		Recorder   Authority `json:"recorder"`
	}
)

// Kind is the event's name in the log.
func (SignatoriesPassed) Kind() string      { return "signatories_passed" }
func (SignaturesSufficient) Kind() string   { return "signatures_sufficient" }
func (PaperSignatureRecorded) Kind() string { return "paper_signature_recorded" }

func (e PaperSignatureRecorded) authority() Authority { return e.Recorder }

func (e PaperSignatureRecorded) apply(c *Covenant) {
	c.Paper = append(c.Paper, e)
	c.signedBy(e.Slot)
}

func (e PaperSignatureRecorded) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s (%s) đã ký trên bản giấy ngày %s", "%s (%s) signed on paper on %s",
			s.Directory.PersonName(e.Signatory), s.Directory.AgencyName(e.Agency), e.Date.Display()),
		Detail: words.F("%s ghi nhận; mã bản quét %s; %s", "Recorded by %s; digest of the scan %s; %s",
			s.Directory.PersonName(e.RecordedBy), e.Scan.Short(), e.Note),
	}
}

func (e SignatoriesPassed) apply(c *Covenant) {
	for _, a := range e.Agencies {
		c.Waiting, c.Waived = without(c.Waiting, a), append(c.Waived, a)
	}
}

func (e SignatoriesPassed) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Không chờ chữ ký của %s; các đơn vị này còn được ký",
		"Not waiting for %s, which may still sign", s.Directory.AgencyNames(e.Agencies))}
}

func (e SignaturesSufficient) apply(c *Covenant) {
	c.Enough, c.Due, c.LadderFrom, c.Rungs = &e, e.Until, e.At, nil
	c.Extension++
}

func (e SignaturesSufficient) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Đã đủ %d/%d chữ ký để có hiệu lực; các bên còn lại ký đến %s",
		"%d of %d signatures, enough to come into force; the others may sign until %s",
		e.Have, e.Total, e.Until.LastDay().Display())}
}

// signedBy ends the waiting for a slot.
func (c *Covenant) signedBy(slot SlotID) {
	if p, ok := c.SlotParty(slot); ok {
		c.Waiting, c.Waived = without(c.Waiting, p.Agency), without(c.Waived, p.Agency)
	}
}

// PaperSignature finds the signature on paper that is recorded for a slot.
func (c *Covenant) PaperSignature(slot SlotID) (PaperSignatureRecorded, bool) {
	for _, p := range c.Paper {
		if p.Slot == slot {
			return p, true
		}
	}
	return PaperSignatureRecorded{}, false
}

// RefusedSlot finds the refusal of a slot.
func (c *Covenant) RefusedSlot(slot SlotID) (SignatureRefused, bool) {
	for _, r := range c.Refused {
		if r.Slot == slot {
			return r, true
		}
	}
	return SignatureRefused{}, false
}

// SignTally is how the signing stands: how many signatories there are, how many must sign, how many have, and how many
// refused.
type SignTally struct{ Total, Need, Have, Refused int }

// SignTally counts the signatures of the process's sign stage.
func (s State) SignTally() SignTally {
	var t SignTally
	stage, ok := s.Process.OfKind(StageSign)
	if !ok {
		return t
	}
	for _, group := range s.signGroups(stage) {
		for _, a := range group {
			p, _ := s.Covenant.Party(a)
			t.Total++
			_, digital := s.Covenant.Signature(p.Slot)
			_, paper := s.Covenant.PaperSignature(p.Slot)
			_, refused := s.Covenant.RefusedSlot(p.Slot)
			switch {
			case digital || paper:
				t.Have++
			case refused:
				t.Refused++
			}
		}
	}
	t.Need = stage.Sign.Need.Of(t.Total)
	return t
}

// enoughReachable reports whether as many as are needed can still sign.
func (s State) enoughReachable() bool {
	t := s.SignTally()
	return t.Total-t.Refused >= t.Need
}

// turnToSign refuses a signatory who is not asked, and says why.
func (s State) turnToSign(party Party) error {
	c := s.Covenant
	switch _, refused := c.RefusedSlot(party.Slot); {
	case refused:
		return refuse(CodeConflict, "%s đã từ chối ký", "%s has refused to sign", party.Unit)
	case !contains(c.Waiting, party.Agency) && !contains(c.Waived, party.Agency):
		return refuse(CodeWrongState, "chưa đến lượt %s ký", "it is not yet the turn of %s to sign", party.Unit)
	}
	return nil
}

// afterSignature opens the next group, or ends the stage when everybody has signed or enough
// have and nobody may come late.
func (s State) afterSignature(now time.Time) ([]Event, error) {
	c, stage, t := s.Covenant, s.stage(), s.SignTally()
	groups := s.signGroups(stage)
	switch {
	case t.Have+t.Refused == t.Total && t.Have >= t.Need:
		return s.advance(now)
	case t.Total-t.Refused < t.Need:
		return s.stopSigning(), nil
	case t.Have >= t.Need && c.Enough == nil && stage.Sign.Late.IsZero():
		return s.advance(now)
	case t.Have >= t.Need && c.Enough == nil:
		return s.enough(t, now)
	case len(c.Waiting) > 0 || c.Enough != nil:
		return nil, nil
	case c.Group < len(groups):
		return []Event{GroupOpened{Stage: c.Stage, Group: c.Group + 1, Who: groups[c.Group]}}, nil
	}
	return s.stopSigning(), nil // everybody was asked; those passed over may still sign once the leader goes on
}

func (s State) stopSigning() []Event {
	cause := Cause{Why: CauseTooFew}
	if n := len(s.Covenant.Refused); n > 0 {
		p, _ := s.Covenant.SlotParty(s.Covenant.Refused[n-1].Slot)
		cause.Agency = p.Agency
	}
	if s.enoughReachable() {
		cause.Why = CauseDeadline
	}
	return []Event{Stopped{Stage: s.Covenant.Stage, Cause: cause}}
}

// enough: the covenant can come into force; all who have not signed may, in any order, until the deadline.
func (s State) enough(t SignTally, now time.Time) ([]Event, error) {
	c, stage := s.Covenant, s.stage()
	until, err := s.Calendar.Deadline(s.today(now), stage.Sign.Late.In(c.Year))
	if err != nil {
		return nil, err
	}
	var rest []AgencyID
	groups := s.signGroups(stage)
	for _, group := range groups {
		for _, a := range group {
			p, _ := c.Party(a)
			_, digital := c.Signature(p.Slot)
			_, paper := c.PaperSignature(p.Slot)
			_, refused := c.RefusedSlot(p.Slot)
			if !digital && !paper && !refused {
				rest = append(rest, a)
			}
		}
	}
	return []Event{
		SignaturesSufficient{Stage: c.Stage, Have: t.Have, Need: t.Need, Total: t.Total, Until: until, At: now},
		GroupOpened{Stage: c.Stage, Group: len(groups), Who: rest},
	}, nil
}

// RefuseSignature says that a signatory will not sign, and why. What follows is the process's to say.
type RefuseSignature struct {
	Slot   SlotID `json:"slot,omitzero"`
	Reason string `json:"reason,omitzero"`
}

func (cmd RefuseSignature) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, _, err := s.signatory(by, cmd.Slot, now)
	if err != nil {
		return nil, err
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do từ chối ký", "say why the signature is refused")
	}
	refused := SignatureRefused{Slot: cmd.Slot, Person: by.Person(), Reason: cmd.Reason,
		Ruled: true, Authority: authority}
	party, _ := s.Covenant.SlotParty(cmd.Slot)
	return s.then([]Event{refused}, func(s State) ([]Event, error) {
		if rule := s.stage().Sign.Refusal; rule != ThenContinue {
			return s.settling().consequence(rule,
				Cause{Agency: party.Agency, Why: CauseRefused, Reason: cmd.Reason}, now)
		}
		return s.afterSignature(now)
	})
}

// RecordPaperSignature records that somebody signed a print of the frozen document. The scan is kept; the paper is the
// original. The clerk of the signatory's agency or of the leading one records it.
type RecordPaperSignature struct {
	Slot      SlotID
	Signatory PersonID
	Date      Date
	Consented Digest
	Scan      Digest
	Size      int64
	Note      string
}

func (cmd RecordPaperSignature) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingSignatures); err != nil {
		return nil, err
	}
	party, ok := c.SlotParty(cmd.Slot)
	if !ok {
		return nil, refuse(CodeNotFound, "không có ô ký %q", "there is no signature cell %q", cmd.Slot)
	}
	recorder, err := s.authority(by, party.Agency, DutyNumber, now)
	if err != nil {
		if recorder, err = s.authority(by, c.Leader(), DutyNumber, now); err != nil {
			return nil, err
		}
	}
	signer, err := s.authorityOn(cmd.Signatory, party.Agency, DutySign, cmd.Date)
	if err != nil {
		return nil, err
	}
	if err := s.turnToSign(party); err != nil {
		return nil, err
	}
	switch {
	case !s.stage().Sign.Paper:
		return nil, refuse(CodeForbidden, "quy trình không nhận chữ ký trên bản giấy",
			"the process accepts no signatures on paper")
	case cmd.Consented != c.Frozen.PDF:
		return nil, refuse(CodeConflict, "bản giấy (%s) không phải bản in của văn bản đã chốt (%s)",
			"the paper (%s) is no print of the frozen document (%s)", cmd.Consented.Short(), c.Frozen.PDF.Short())
	case cmd.Date.Before(c.Number.Date) || s.today(now).Before(cmd.Date):
		return nil, refuse(CodeInvalid, "ngày ký trên giấy phải từ ngày ban hành đến hôm nay",
			"the day of signing must lie between the document's date and today")
	case cmd.Scan.IsZero() || blank(cmd.Note):
		return nil, refuse(CodeInvalid, "cần bản quét và nơi lưu bản giấy",
			"a scan is needed, and where the paper is kept")
	}
	e := PaperSignatureRecorded{
		Slot: cmd.Slot, Agency: party.Agency, Signatory: cmd.Signatory, Authority: signer, Date: cmd.Date,
		Consented: cmd.Consented, Scan: cmd.Scan,
		Size: cmd.Size, Note: cmd.Note, RecordedBy: by.Person(), Recorder: recorder,
	}
	return s.then([]Event{e}, func(s State) ([]Event, error) { return s.afterSignature(now) })
}
