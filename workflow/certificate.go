package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/workflow/process"
)

// CertificateBinding ties a certificate, by issuer and serial number, to the person who may sign with it, or to the
// agency whose seal it makes. Ended ones are kept: what was signed while they held stays right.
type CertificateBinding struct {
	Person PersonID
	Agency AgencyID
	Issuer string // the issuer's distinguished name, RFC 4514
	Serial string // decimal
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

// BindingRule binds certificates by their subject: those of an issuer in whose subject an attribute has a value.
type BindingRule struct {
	ID        string   `json:"id,omitzero"`
	Person    PersonID `json:"person,omitzero"`
	Agency    AgencyID `json:"agency,omitzero"`
	Issuer    string   `json:"issuer,omitzero"`    // distinguished name, RFC 4514
	Attribute string   `json:"attribute,omitzero"` // of the subject: its short name or dotted OID, e.g. UID, serialNumber, CN
	Value     string   `json:"value,omitzero"`
	// Confirm: what the rule binds must be confirmed before it may sign.
	Confirm bool `json:"confirm,omitzero"`
	Ended   bool `json:"ended,omitzero"`
}

// Subject is what a rule looks at of a certificate: the attributes of its subject by short name and by dotted OID.
type Subject map[string][]string

func (r BindingRule) matches(issuer string, subject Subject) bool {
	return !r.Ended && r.Issuer == issuer && slices.Contains(subject[r.Attribute], r.Value)
}

// Events of certificates.
type (
	// CertificateBound ties a certificate to a person, or to an agency for its seal.
	CertificateBound struct {
		Person  PersonID  `json:"person,omitempty"`
		Agency  AgencyID  `json:"agency,omitempty"`
		Issuer  string    `json:"issuer"`
		Serial  string    `json:"serial"`
		Rule    string    `json:"rule,omitempty"`
		Pending bool      `json:"pending,omitempty"`
		At      time.Time `json:"at,omitzero"`
		// By is who bound it, since 2026-12: a person, or the console by its name in the log.
		// Somebody else confirms it.
		By string `json:"by,omitempty"`
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
	// BindingRuleSet adds or changes a rule that binds certificates by their subject.
	BindingRuleSet struct {
		ID        string   `json:"id"`
		Person    PersonID `json:"person,omitempty"`
		Agency    AgencyID `json:"agency,omitempty"`
		Issuer    string   `json:"issuer"`
		Attribute string   `json:"attribute"`
		Value     Personal `json:"value"` // an identity number is personal data
		Confirm   bool     `json:"confirm,omitempty"`
	}
	// BindingRuleEnded ends a rule; what it bound stays bound.
	BindingRuleEnded struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
)

// Kind is the event's name in the log.
func (CertificateBound) Kind() string     { return "certificate_bound" }
func (CertificateConfirmed) Kind() string { return "certificate_confirmed" }
func (CertificateUnbound) Kind() string   { return "certificate_unbound" }
func (BindingRuleSet) Kind() string       { return "binding_rule_set" }
func (BindingRuleEnded) Kind() string     { return "binding_rule_ended" }

func (e CertificateBound) applyTo(d *Directory) {
	d.Bindings = append(d.Bindings, CertificateBinding{
		Person: e.Person, Agency: e.Agency, Issuer: e.Issuer, Serial: e.Serial, Rule: e.Rule, Pending: e.Pending,
		Since: e.At, BoundBy: e.By,
	})
}

func (e CertificateBound) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("+ chứng thư số %s → %s%s",
		"+ certificate %s → %s%s", e.Serial, s.Directory.PersonName(e.Person), e.Agency)}
}

func (e CertificateConfirmed) applyTo(d *Directory) {
	if b := d.binding(e.Issuer, e.Serial); b != nil {
		b.Pending, b.ConfirmedBy = false, e.By
	}
}

func (e CertificateConfirmed) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("~ chứng thư số %s: đã xác nhận",
		"~ certificate %s: confirmed", e.Serial)}
}

func (e CertificateUnbound) applyTo(d *Directory) {
	if b := d.binding(e.Issuer, e.Serial); b != nil {
		b.Ended, b.Reason = e.At, e.Reason
	}
}

func (e CertificateUnbound) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("− chứng thư số %s: %s", "− certificate %s: %s", e.Serial, e.Reason)}
}

func (e BindingRuleSet) applyTo(d *Directory) {
	rule := BindingRule{ID: e.ID, Person: e.Person, Agency: e.Agency, Issuer: e.Issuer, Attribute: e.Attribute,
		Value: e.Value.Text, Confirm: e.Confirm}
	d.Rules = append(slices.DeleteFunc(slices.Clone(d.Rules), func(r BindingRule) bool { return r.ID == e.ID }), rule)
}

func (e BindingRuleSet) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("+ quy tắc %s: %s → %s%s",
		"+ rule %s: %s → %s%s", e.ID, e.Attribute, s.Directory.PersonName(e.Person), e.Agency)}
}

func (e BindingRuleEnded) applyTo(d *Directory) {
	for i := range d.Rules {
		d.Rules[i].Ended = d.Rules[i].Ended || d.Rules[i].ID == e.ID
	}
}

func (e BindingRuleEnded) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("− quy tắc %s: %s", "− rule %s: %s", e.ID, e.Reason)}
}

// binding is the binding of a certificate that has not ended.
func (d *Directory) binding(issuer, serial string) *CertificateBinding {
	for i := range d.Bindings {
		if b := &d.Bindings[i]; b.Issuer == issuer && b.Serial == serial && b.Ended.IsZero() {
			return b
		}
	}
	return nil
}

// CertificateOf reports whether the person may sign with the certificate of this issuer and serial number now.
func (d *Directory) CertificateOf(person PersonID, issuer, serial string) bool {
	b := d.binding(issuer, serial)
	return b != nil && !b.Pending && person != "" && b.Person == person
}

// SealCertificateOf reports whether the agency may seal with the certificate of this issuer and serial number now.
func (d *Directory) SealCertificateOf(agency AgencyID, issuer, serial string) bool {
	b := d.binding(issuer, serial)
	return b != nil && !b.Pending && agency != "" && b.Agency == agency
}

// BoundAt finds whose certificate it was at a moment, ended bindings included: who looks at a signature later asks for
// the time at which it was made.
func (d *Directory) BoundAt(issuer, serial string, at time.Time) (CertificateBinding, bool) {
	for _, b := range d.Bindings {
		if b.Issuer == issuer && b.Serial == serial && !at.Before(b.Since) && (b.Ended.IsZero() || at.Before(b.Ended)) {
			return b, true
		}
	}
	return CertificateBinding{}, false
}

// certificateOf refuses unless the person may sign with the certificate, and says what to do.
func (s State) certificateOf(person PersonID, issuer, serial string) error {
	if s.Directory.CertificateOf(person, issuer, serial) {
		return nil
	}
	if b := s.Directory.binding(issuer, serial); b != nil && b.Pending && b.Person == person {
		return refuse(CodeForbidden, "chứng thư số (số %s) đang chờ quản trị xác nhận; đề nghị xác nhận trước khi ký",
			"the certificate (serial %s) waits to be confirmed; ask the administrator to confirm it first", serial)
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
	// Pending asks for confirmation before the certificate may be used.
	Pending bool `json:"pending,omitzero"`
}

func (cmd BindCertificate) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.holder(cmd.Person, cmd.Agency); err != nil {
		return nil, err
	}
	if cmd.Issuer == "" || cmd.Serial == "" {
		return nil, refuse(CodeInvalid, "cần có tổ chức cấp và số của chứng thư số",
			"the certificate's issuer and serial number are needed")
	}
	pending, err := cmd.binder(s, by, now)
	if err != nil {
		return nil, err
	}
	for _, b := range s.Directory.Bindings {
		if b.Issuer != cmd.Issuer || b.Serial != cmd.Serial {
			continue
		}
		if b.Person == cmd.Person && b.Agency == cmd.Agency && b.Ended.IsZero() {
			return nil, nil
		}
		if b.Person != cmd.Person || b.Agency != cmd.Agency {
			return nil, refuse(CodeConflict,
				"chứng thư số %s đã gắn với chủ thể khác",
				"certificate %s is already bound to another holder", cmd.Serial)
		}
	}
	binder := by.identity()
	return []Event{CertificateBound{
		Person: cmd.Person, Agency: cmd.Agency, Issuer: cmd.Issuer, Serial: cmd.Serial,
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
	b := s.Directory.binding(cmd.Issuer, cmd.Serial)
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
	if s.Directory.binding(cmd.Issuer, cmd.Serial) == nil {
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
	Reason    string `json:"reason,omitzero"`
}

func (cmd ReplaceCertificate) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	b := s.Directory.binding(cmd.Issuer, cmd.Serial)
	if b == nil {
		return nil, unknownCertificate(cmd.Serial)
	}
	if cmd.NewIssuer == cmd.Issuer && cmd.NewSerial == cmd.Serial {
		return nil, refuse(CodeInvalid, "chứng thư số mới phải khác chứng thư số cũ",
			"the new certificate must differ from the old one")
	}
	bound, err := BindCertificate{Person: b.Person, Agency: b.Agency, Issuer: cmd.NewIssuer,
		Serial: cmd.NewSerial}.decide(s, by, now)
	if err != nil {
		return nil, err
	}
	ended, err := UnbindCertificate{Issuer: cmd.Issuer, Serial: cmd.Serial, Reason: cmd.Reason}.decide(s, by, now)
	return append(ended, bound...), err
}

// SetBindingRule adds or changes a rule that binds certificates by their subject.
type SetBindingRule struct {
	BindingRule
}

func (cmd SetBindingRule) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	r := cmd.BindingRule
	if err := s.Directory.holder(r.Person, r.Agency); err != nil {
		return nil, err
	}
	if !process.ValidCode(r.ID) || r.Issuer == "" || r.Attribute == "" || r.Value == "" {
		return nil, refuse(CodeInvalid, "quy tắc cần có mã, tổ chức cấp, thuộc tính và giá trị",
			"a rule needs a code, an issuer, an attribute and a value")
	}
	for _, other := range s.Directory.Rules {
		if other.ID != r.ID && other.matches(r.Issuer, Subject{r.Attribute: {r.Value}}) &&
			(other.Person != r.Person || other.Agency != r.Agency) {
			return nil, refuse(CodeConflict, "quy tắc %q đã gắn cùng giá trị với chủ thể khác",
				"rule %q binds the same value to another holder", other.ID)
		}
	}
	return []Event{BindingRuleSet{
		ID: r.ID, Person: r.Person, Agency: r.Agency, Issuer: r.Issuer, Attribute: r.Attribute,
		Value: Personal{Text: r.Value, Subject: r.Person}, Confirm: r.Confirm,
	}}, nil
}

// EndBindingRule ends a rule; what it bound stays bound.
type EndBindingRule struct {
	ID     string `json:"id,omitzero"`
	Reason string `json:"reason,omitzero"`
}

func (cmd EndBindingRule) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(s.Directory.Rules, func(r BindingRule) bool { return r.ID == cmd.ID && !r.Ended }) {
		return nil, refuse(CodeNotFound, "không có quy tắc %q", "there is no rule %q", cmd.ID)
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do", "say why")
	}
	return []Event{BindingRuleEnded(cmd)}, nil
}

// BindByRule binds a certificate that was never seen before to the holder that a rule names, if there is one. No rule,
// or a certificate that was bound once, gives no events.
type BindByRule struct {
	Issuer  string
	Serial  string
	Subject Subject
}

func (cmd BindByRule) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(s.Directory.Bindings,
		func(b CertificateBinding) bool { return b.Issuer == cmd.Issuer && b.Serial == cmd.Serial }) {
		return nil, nil
	}
	for _, r := range s.Directory.Rules {
		if r.matches(cmd.Issuer, cmd.Subject) {
			return []Event{CertificateBound{
				Person: r.Person, Agency: r.Agency, Issuer: cmd.Issuer, Serial: cmd.Serial, Rule: r.ID,
				Pending: r.Confirm, At: now.UTC(),
			}}, nil
		}
	}
	return nil, nil
}
