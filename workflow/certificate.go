package workflow

import (
	"cmp"
	"slices"
	"time"

	"covenant/internal/words"
)

// Certificate names a certificate. Issuer and serial number are what people read on it, and anybody can write them into
// one of their own making; its digest is what it is.
type Certificate struct {
	Issuer string // the issuer's distinguished name, RFC 4514
	Serial string // decimal
	SHA256 Digest // of its DER form; zero where a log of v0.1 names one
}

// CertificateBinding ties a certificate to the person who may sign with it, or to the agency whose seal it makes. Ended
// ones are kept: what was signed while they held stays right.
//
// Only the certificate of the digest is meant. A binding of v0.1 has none: then issuer and serial number are believed
// of a certificate whose path the engine has validated to a trust anchor, once, and its digest is recorded with that
// ([CertificateIdentified]).
type CertificateBinding struct {
	Person PersonID
	Agency AgencyID
	Issuer string // the issuer's distinguished name, RFC 4514
	Serial string // decimal
	SHA256 Digest
	// Rule is the rule that bound it; empty: it was registered by itself.
	Rule string
	// Pending: it may not be used before somebody has confirmed it.
	Pending     bool
	BoundBy     string // as the log names who bound it; empty: by rule, or before that was recorded
	ConfirmedBy PersonID
	Since       time.Time // zero: from the beginning
	Ended       time.Time // zero: it holds
	Reason      string    // why it ended
}

// Events of certificates.
type (
	// CertificateBound ties a certificate to a person, or to an agency for its seal.
	CertificateBound struct {
		Person  PersonID  `json:"person,omitempty"`
		Agency  AgencyID  `json:"agency,omitempty"`
		Issuer  string    `json:"issuer"`
		Serial  string    `json:"serial"`
		SHA256  Digest    `json:"sha256,omitzero"` // since v0.2
		Rule    string    `json:"rule,omitempty"`
		Pending bool      `json:"pending,omitempty"`
		At      time.Time `json:"at,omitzero"`
		// By is who bound it, since 2026-12: a person, or the console by its name in the log.
		// Somebody else confirms it.
		By string `json:"by,omitempty"`
	}
	// CertificateIdentified says which certificate it is that was bound by issuer and serial number alone: the one that
	// was first used.
	CertificateIdentified struct {
		Issuer string `json:"issuer"`
		Serial string `json:"serial"`
		SHA256 Digest `json:"sha256"`
	}
	// CertificateConfirmed says that somebody looked at a pending binding and found it right.
	CertificateConfirmed struct {
		Issuer string   `json:"issuer"`
		Serial string   `json:"serial"`
		By     PersonID `json:"by,omitempty"`
	}
	// CertificateUnbound ends a binding: nothing more may be signed with the certificate.
	CertificateUnbound struct {
		Issuer string    `json:"issuer"`
		Serial string    `json:"serial"`
		Reason string    `json:"reason"`
		At     time.Time `json:"at"`
	}
)

// Kind is the event's name in the log.
func (CertificateBound) Kind() string { return "certificate_bound" }

// Kind is the event's name in the log.
func (CertificateIdentified) Kind() string { return "certificate_identified" }

// Kind is the event's name in the log.
func (CertificateConfirmed) Kind() string { return "certificate_confirmed" }
func (CertificateUnbound) Kind() string   { return "certificate_unbound" }
func (e CertificateBound) applyTo(d *Directory) {
	d.Bindings = append(d.Bindings, CertificateBinding{
		Person: e.Person, Agency: e.Agency, Issuer: e.Issuer, Serial: e.Serial, SHA256: e.SHA256, Rule: e.Rule,
		Pending: e.Pending, Since: e.At, BoundBy: e.By,
	})
}

func (e CertificateIdentified) applyTo(d *Directory) {
	if b := d.binding(Certificate(e)); b != nil {
		b.SHA256 = e.SHA256
	}
}

func (e CertificateIdentified) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("~ chứng thư số %s: là chứng thư có mã %s",
		"~ certificate %s: it is the one with digest %s", e.Serial, e.SHA256.Short())}
}

func (e CertificateBound) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("+ chứng thư số %s → %s%s",
		"+ certificate %s → %s%s", e.Serial, s.Directory.PersonName(e.Person), e.Agency)}
}

func (e CertificateConfirmed) applyTo(d *Directory) {
	if b := d.named(e.Issuer, e.Serial); b != nil {
		b.Pending, b.ConfirmedBy = false, e.By
	}
}

func (e CertificateConfirmed) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("~ chứng thư số %s: đã xác nhận",
		"~ certificate %s: confirmed", e.Serial)}
}

func (e CertificateUnbound) applyTo(d *Directory) {
	if b := d.named(e.Issuer, e.Serial); b != nil {
		b.Ended, b.Reason = e.At, e.Reason
	}
}

func (e CertificateUnbound) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("− chứng thư số %s: %s", "− certificate %s: %s", e.Serial, e.Reason)}
}

// named is the binding, if it has not ended, of the certificate that people call so: at most one, see
// [BindCertificate].
func (d *Directory) named(issuer, serial string) *CertificateBinding {
	for i := range d.Bindings {
		if b := &d.Bindings[i]; b.Issuer == issuer && b.Serial == serial && b.Ended.IsZero() {
			return b
		}
	}
	return nil
}

// binding is the binding of this very certificate that has not ended.
func (d *Directory) binding(c Certificate) *CertificateBinding {
	b := d.named(c.Issuer, c.Serial)
	if b == nil || !b.SHA256.IsZero() && b.SHA256 != c.SHA256 {
		return nil
	}
	return b
}

// Identified reports whether the very certificate is bound, or was: nothing more is to be learnt of it.
func (d *Directory) Identified(c Certificate) bool {
	return slices.ContainsFunc(d.Bindings, func(b CertificateBinding) bool {
		return b.Issuer == c.Issuer && b.Serial == c.Serial && b.SHA256 == c.SHA256
	})
}

// CertificatePending reports whether the very certificate is bound, and may not be used before it is confirmed.
func (d *Directory) CertificatePending(c Certificate) bool {
	b := d.binding(c)
	return b != nil && b.Pending
}

// CertificateOf reports whether the person may sign with the certificate now.
func (d *Directory) CertificateOf(person PersonID, c Certificate) bool {
	b := d.binding(c)
	return b != nil && !b.Pending && person != "" && b.Person == person
}

// SealCertificateOf reports whether the agency may seal with the certificate now.
func (d *Directory) SealCertificateOf(agency AgencyID, c Certificate) bool {
	b := d.binding(c)
	return b != nil && !b.Pending && agency != "" && b.Agency == agency
}

// BoundAt finds whose certificate it was at a moment, ended bindings included: who looks at a signature later asks for
// the time at which it was made.
func (d *Directory) BoundAt(c Certificate, at time.Time) (CertificateBinding, bool) {
	for _, b := range d.Bindings {
		if b.Issuer == c.Issuer && b.Serial == c.Serial && (b.SHA256.IsZero() || b.SHA256 == c.SHA256) &&
			!at.Before(b.Since) && (b.Ended.IsZero() || at.Before(b.Ended)) {
			return b, true
		}
	}
	return CertificateBinding{}, false
}

// certificateOf refuses unless the person may sign with the certificate, and says what to do.
func (s State) certificateOf(person PersonID, c Certificate) error {
	if s.Directory.CertificateOf(person, c) {
		return nil
	}
	serial := c.Serial
	if b := s.Directory.binding(c); b != nil && b.Pending && b.Person == person {
		return refuse(CodeForbidden, "chứng thư số (số %s) đang chờ quản trị xác nhận; đề nghị xác nhận trước khi ký",
			"the certificate (serial %s) waits to be confirmed; ask the administrator to confirm it first", serial)
	}
	if s.Directory.named(c.Issuer, serial) != nil && s.Directory.binding(c) == nil {
		return refuse(CodeForbidden, "chứng thư số mang số %s của tổ chức cấp này nhưng không phải chứng thư đã gắn; "+
			"có thể "+
			"là chứng thư giả mạo, hãy báo quản trị",
			"the certificate bears serial %s of this issuer, yet it is not the one that was bound; it may be forged: "+
				"tell "+
				"the administrator", serial)
	}
	return refuse(CodeForbidden,
		"chứng thư số (số %[1]s) chưa được gắn với %[2]s; đề nghị quản trị xác nhận trước khi ký",
		"the certificate (serial %[1]s) is not bound to %[2]s; ask the administrator to confirm it first", serial,
		s.Directory.PersonName(person))
}

// BindCertificate ties a certificate to a person or, for its seal, to an agency. The administrator may; a person may
// register one of their own, and a clerk that of the agency's seal, which then wait to be confirmed by somebody else.
type BindCertificate struct {
	Person PersonID `json:"person,omitzero"` // or
	Agency AgencyID `json:"agency,omitzero"` // for its seal
	Issuer string   `json:"issuer,omitzero"`
	Serial string   `json:"serial,omitzero"`
	SHA256 Digest   `json:"sha256,omitzero"` // of the certificate, DER
	// CommonName is whose the certificate says it is; where that is not the holder's name in the directory, somebody
	// else has to confirm the binding.
	CommonName string `json:"common_name,omitzero"`
	// Pending asks for confirmation before the certificate may be used.
	Pending bool `json:"pending,omitzero"`
}

func (cmd BindCertificate) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.holder(cmd.Person, cmd.Agency); err != nil {
		return nil, err
	}
	if cmd.Issuer == "" || cmd.Serial == "" || cmd.SHA256.IsZero() {
		return nil, refuse(CodeInvalid, "cần có tổ chức cấp, số và mã SHA-256 của chứng thư số; hãy nêu tệp chứng thư",
			"the certificate's issuer, serial number and SHA-256 digest are needed; name its file")
	}
	pending, err := cmd.binder(s, by, now)
	if err != nil {
		return nil, err
	}
	for _, b := range s.Directory.Bindings {
		if b.Issuer != cmd.Issuer || b.Serial != cmd.Serial {
			continue
		}
		if !b.SHA256.IsZero() && b.SHA256 != cmd.SHA256 { // RFC 5280 §4.1.2.2: no issuer gives a number twice
			return nil, refuse(CodeConflict, "đã có chứng thư khác cùng tổ chức cấp và cùng số %s (mã %s); một trong "+
				"hai là giả "+
				"mạo, hãy hỏi tổ chức cấp",
				"another certificate of this issuer bears the same serial %s (digest %s): one of the two is forged; "+
					"ask the "+
					"issuer", cmd.Serial, b.SHA256.Short())
		}
		if b.Person == cmd.Person && b.Agency == cmd.Agency && b.Ended.IsZero() {
			if b.SHA256.IsZero() {
				return []Event{CertificateIdentified{cmd.Issuer, cmd.Serial, cmd.SHA256}}, nil
			}
			return nil, nil
		}
		if b.Person != cmd.Person || b.Agency != cmd.Agency {
			return nil, refuse(CodeConflict,
				"chứng thư số %s đã gắn với chủ thể khác",
				"certificate %s is already bound to another holder", cmd.Serial)
		}
	}
	binder := by.identity()
	holder := cmp.Or(s.Directory.People[cmd.Person].Name.Text, s.Directory.Agencies[cmd.Agency].Name)
	pending = pending || cmd.CommonName != "" && !NameAgrees(cmd.CommonName, holder)
	return []Event{CertificateBound{
		Person: cmd.Person, Agency: cmd.Agency, Issuer: cmd.Issuer, Serial: cmd.Serial, SHA256: cmd.SHA256,
		Pending: cmd.Pending || pending, At: now.UTC(),
		By: binder,
	}}, nil
}

// binder refuses who may not bind the certificate, and says whether somebody else has to confirm it.
func (cmd BindCertificate) binder(s State, by Actor, now time.Time) (pending bool, err error) {
	administers := s.Directory.Administers(by)
	if administers == nil && (cmd.Person == "" || cmd.Person != by.Person()) {
		return false, nil
	}
	if cmd.Person != "" && cmd.Person == by.Person() {
		return true, by.personally()
	}
	if cmd.Agency != "" {
		_, err := s.authority(by, cmd.Agency, DutyNumber, now)
		return true, err
	}
	return false, administers
}

// MayKeepKey refuses unless the actor may have the server keep a key of the person, or of the agency's seal: in person,
// or a clerk of the agency. Not even an administrator enrols somebody else's key.
func (s State) MayKeepKey(by Actor, person PersonID, agency AgencyID, now time.Time) error {
	if err := s.Directory.holder(person, agency); err != nil {
		return err
	}
	if err := by.personally(); err != nil {
		return err
	}
	switch {
	case by.IsConsole() && by.Person() == "": // for demonstrations and tests
		return nil
	case person != "" && person == by.Person():
		return nil
	case agency != "":
		_, err := s.authority(by, agency, DutyNumber, now)
		return err
	}
	return refuse(CodeForbidden, "khóa của %s chỉ do chính người đó đăng ký",
		"a key of %s is enrolled in person", s.Directory.PersonName(person))
}

// holder refuses unless exactly one of person and agency is named and known.
func (d *Directory) holder(person PersonID, agency AgencyID) error {
	_, isPerson := d.People[person]
	_, isAgency := d.Agencies[agency]
	if isPerson == isAgency {
		return refuse(CodeNotFound, "không có “%s%s” trong danh bạ", "“%s%s” is not in the directory", person, agency)
	}
	return nil
}

// ConfirmCertificate says that a pending binding was found right.
type ConfirmCertificate struct {
	Issuer string `json:"issuer,omitzero"`
	Serial string `json:"serial,omitzero"`
}

func (cmd ConfirmCertificate) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	b := s.Directory.named(cmd.Issuer, cmd.Serial)
	confirmer := by.identity()
	switch {
	case b == nil:
		return nil, unknownCertificate(cmd.Serial)
	case !b.Pending:
		return nil, nil
	case by.Person() != "" && by.Person() == b.Person:
		return nil, refuse(CodeForbidden, "không ai tự xác nhận chứng thư số của mình",
			"nobody confirms their own certificate")
	case confirmer == b.BoundBy:
		return nil, refuse(CodeForbidden,
			"người gắn chứng thư số không tự xác nhận; đề nghị người quản trị khác xác nhận",
			"who bound a certificate does not confirm it; ask another administrator")
	}
	return []Event{CertificateConfirmed{Issuer: cmd.Issuer, Serial: cmd.Serial, By: by.Person()}}, nil
}

func unknownCertificate(serial string) *Error {
	return refuse(CodeNotFound, "chứng thư số %s chưa gắn với ai", "certificate %s is bound to nobody", serial)
}

// UnbindCertificate ends the use of a certificate, e.g. because its token was lost. What was
// signed with it stays right.
type UnbindCertificate struct {
	Issuer string `json:"issuer,omitzero"`
	Serial string `json:"serial,omitzero"`
	Reason string `json:"reason,omitzero"`
}

func (cmd UnbindCertificate) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	if s.Directory.named(cmd.Issuer, cmd.Serial) == nil {
		return nil, unknownCertificate(cmd.Serial)
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do gỡ chứng thư số", "say why the certificate is unbound")
	}
	return []Event{CertificateUnbound{Issuer: cmd.Issuer, Serial: cmd.Serial, Reason: cmd.Reason, At: now.UTC()}}, nil
}

// ReplaceCertificate unbinds a certificate and binds its successor to the same holder, as when a token was renewed.
type ReplaceCertificate struct {
	Issuer    string `json:"issuer,omitzero"`
	Serial    string `json:"serial,omitzero"`
	NewIssuer string `json:"new_issuer,omitzero"`
	NewSerial string `json:"new_serial,omitzero"`
	NewSHA256 Digest `json:"new_sha256,omitzero"` // of the new certificate, DER
	Reason    string `json:"reason,omitzero"`
}

func (cmd ReplaceCertificate) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	b := s.Directory.named(cmd.Issuer, cmd.Serial)
	if b == nil {
		return nil, unknownCertificate(cmd.Serial)
	}
	if cmd.NewIssuer == cmd.Issuer && cmd.NewSerial == cmd.Serial {
		return nil, refuse(CodeInvalid, "chứng thư số mới phải khác chứng thư số cũ",
			"the new certificate must differ from the old one")
	}
	bound, err := BindCertificate{Person: b.Person, Agency: b.Agency, Issuer: cmd.NewIssuer,
		Serial: cmd.NewSerial, SHA256: cmd.NewSHA256}.decide(s, by, now)
	if err != nil {
		return nil, err
	}
	ended, err := UnbindCertificate{Issuer: cmd.Issuer, Serial: cmd.Serial, Reason: cmd.Reason}.decide(s, by, now)
	return append(ended, bound...), err
}
