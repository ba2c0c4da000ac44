package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/workflow/process"
)

// BindingRule binds certificates by their subject: those of an issuer in whose subject an attribute has a value.
type BindingRule struct {
	ID     string   `json:"id,omitzero"`
	Person PersonID `json:"person,omitzero"`
	Agency AgencyID `json:"agency,omitzero"`
	Issuer string   `json:"issuer,omitzero"` // distinguished name, RFC 4514
	// Root is the SHA-256 digest of the trust anchor (DER) that a certificate must lead to: anybody can issue one under
	// the issuer's name. A rule of v0.1 names none; what it binds must be confirmed.
	Root      Digest `json:"root,omitzero"`
	Attribute string `json:"attribute,omitzero"` // of the subject: its short name or dotted OID, e.g. UID, serialNumber, CN
	Value     string `json:"value,omitzero"`
	// Confirm: what the rule binds must be confirmed before it may sign.
	Confirm bool `json:"confirm,omitzero"`
	Ended   bool `json:"ended,omitzero"`
}

// Subject is what a rule looks at of a certificate: the attributes of its subject by short name and by dotted OID.
type Subject map[string][]string

// matches reports whether the rule is about a certificate of this issuer and subject. That it leads to the rule's root
// is another question.
func (r BindingRule) matches(issuer string, subject Subject) bool {
	return !r.Ended && r.Issuer == issuer && slices.Contains(subject[r.Attribute], r.Value)
}

// Events of binding rules.
type (
	// BindingRuleSet adds or changes a rule that binds certificates by their subject.
	BindingRuleSet struct {
		ID        string   `json:"id"`
		Person    PersonID `json:"person,omitempty"`
		Agency    AgencyID `json:"agency,omitempty"`
		Issuer    string   `json:"issuer"`
		Root      Digest   `json:"root,omitzero"` // since v0.2
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
func (BindingRuleSet) Kind() string   { return "binding_rule_set" }
func (BindingRuleEnded) Kind() string { return "binding_rule_ended" }

func (e BindingRuleSet) applyTo(d *Directory) {
	rule := BindingRule{ID: e.ID, Person: e.Person, Agency: e.Agency, Issuer: e.Issuer,
		Root: e.Root, Attribute: e.Attribute,
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
	if r.Root.IsZero() {
		return nil, refuse(CodeInvalid, "quy tắc cần nêu chứng thư gốc mà chứng thư số phải dẫn tới: ai cũng có thể "+
			"tự cấp "+
			"chứng thư mang tên tổ chức này",
			"a rule needs the root that certificates must lead to: anybody can issue one under the issuer's name")
	}
	for _, other := range s.Directory.Rules {
		if other.ID != r.ID && other.matches(r.Issuer, Subject{r.Attribute: {r.Value}}) &&
			(other.Person != r.Person || other.Agency != r.Agency) {
			return nil, refuse(CodeConflict, "quy tắc %q đã gắn cùng giá trị với chủ thể khác",
				"rule %q binds the same value to another holder", other.ID)
		}
	}
	return []Event{BindingRuleSet{
		ID: r.ID, Person: r.Person, Agency: r.Agency, Issuer: r.Issuer, Root: r.Root, Attribute: r.Attribute,
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

// BindByRule binds a certificate that was never seen before to the holder that a rule names, if there is one, and notes
// which certificate it is that was bound by its names alone. No rule, or a certificate that was bound once, gives no
// events. The engine gives it, for a certificate whose path it has validated.
type BindByRule struct {
	Issuer  string
	Serial  string
	SHA256  Digest
	Subject Subject
	Root    Digest // of the trust anchor that its path leads to
}

func (cmd BindByRule) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	for _, b := range s.Directory.Bindings {
		if b.Issuer != cmd.Issuer || b.Serial != cmd.Serial {
			continue
		}
		if b.Ended.IsZero() && b.SHA256.IsZero() && !cmd.SHA256.IsZero() {
			return []Event{CertificateIdentified{cmd.Issuer, cmd.Serial, cmd.SHA256}}, nil
		}
		return nil, nil
	}
	for _, r := range s.Directory.Rules {
		if r.matches(cmd.Issuer, cmd.Subject) && (r.Root.IsZero() || r.Root == cmd.Root) {
			return []Event{CertificateBound{
				Person: r.Person, Agency: r.Agency, Issuer: cmd.Issuer, Serial: cmd.Serial,
				SHA256: cmd.SHA256, Rule: r.ID,
				Pending: r.Confirm || r.Root.IsZero(), At: now.UTC(),
			}}, nil
		}
	}
	return nil, nil
}
