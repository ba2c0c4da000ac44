package templates

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/words"
)

// LegalBasis is an entry of law data: one text for the time it is in force.
type LegalBasis struct {
	ID       string     // of this entry
	Topic    string     // what it is about; entries of one topic follow one another in time
	Cite     words.Text // as cited after “Căn cứ ”, without the final mark; in English where the law data have it
	Number   string
	Issued   Day
	From, To Day    // in force from … to, both included; zero To: still in force
	Source   string // where the entry was read
	Checked  bool   // read in an official source
	At       Position
	digest   [sha256.Size]byte
}

// InForce says whether the entry is in force on a date.
func (l *LegalBasis) InForce(on Day) bool {
	return !on.Before(l.From) && (l.To.IsZero() || !l.To.Before(on))
}

// Law is a set of legal bases. Read-only after ParseLaw.
type Law struct {
	Name    string
	Entries []*LegalBasis
	Digest  [sha256.Size]byte
}

// ParseLaw reads law data: a YAML file with a list under “căn cứ” (bases).
func ParseLaw(name string, data []byte) (*Law, []Problem) {
	var f findings
	law := &Law{Name: name}
	text, ok := f.source(name, data)
	if !ok {
		return law, f.list.Sorted()
	}
	law.Digest = sha256.Sum256([]byte(text))
	for k, list := range pairs(f.yaml(name, text, 0)) {
		if k.Value != "căn cứ" && k.Value != "bases" || list.Kind != yaml.SequenceNode {
			f.add(Position{name, k.Line, k.Column}, k.Value,
				words.Of("Dữ liệu pháp luật là một danh sách dưới “căn cứ:”.", "Law data are a list under “bases:”."))
			continue
		}
		for _, n := range list.Content {
			law.Entries = append(law.Entries, f.basis(name, n))
		}
	}
	f.overlaps(law)
	return law, f.list.Sorted()
}

func (f *findings) basis(name string, n *yaml.Node) *LegalBasis {
	l := &LegalBasis{At: Position{name, n.Line, n.Column}}
	day := func(v *yaml.Node) Day {
		d, err := ParseDay(v.Value)
		if err != nil {
			f.add(Position{name, v.Line, v.Column}, v.Value, words.F("“%s” không phải là ngày.", "“%s” is not a date.",
				v.Value))
		}
		return d
	}
	for k, v := range pairs(n) {
		switch k.Value {
		case "mã", "id":
			l.ID = v.Value
		case "chủ đề", "topic":
			l.Topic = v.Value
		case "trích dẫn", "cite":
			l.Cite.Vietnamese = strings.Join(strings.Fields(v.Value), " ")
		case "trích dẫn_en", "cite_en":
			l.Cite.English = strings.Join(strings.Fields(v.Value), " ")
		case "số", "number":
			l.Number = v.Value
		case "ban hành", "issued":
			l.Issued = day(v)
		case "từ", "from":
			l.From = day(v)
		case "đến", "to":
			l.To = day(v)
		case "nguồn", "source":
			l.Source = v.Value
		case "đã kiểm tra", "checked":
			l.Checked = isYes(v.Value)
		default:
			f.add(Position{name, k.Line, k.Column}, k.Value, words.F("Căn cứ không có mục “%s”.",
				"A legal basis has no entry “%s”.", k.Value))
		}
	}
	if l.Topic == "" {
		l.Topic = l.ID
	}
	if l.ID == "" || l.Cite.Vietnamese == "" || l.From.IsZero() {
		f.add(l.At, l.ID, words.Of("Căn cứ phải có “mã”, “trích dẫn” và “từ” (ngày có hiệu lực).",
			"A legal basis needs “id”, “cite” and “from” (when it came into force)."))
	}
	if !l.To.IsZero() && l.To.Before(l.From) {
		f.add(l.At, l.ID, words.F("Căn cứ hết hiệu lực (%s) trước khi có hiệu lực (%s).",
			"The legal basis ends before it begins: on %s, from %s.", l.To, l.From))
	}
	if strings.HasSuffix(l.Cite.Vietnamese, ";") || strings.HasSuffix(l.Cite.Vietnamese, ".") {
		f.add(l.At, l.Cite.Vietnamese, words.Of("Trích dẫn không tự ghi dấu cuối câu; chương trình thêm “;” và “.”.",
			"The citation carries no final mark; the program adds “;” and “.”."))
	}
	l.digest = sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s", l.ID, l.Cite.Vietnamese, l.From, l.To))
	return l
}

// overlaps: two entries of one topic must not be in force on the same day.
func (f *findings) overlaps(law *Law) {
	for i, a := range law.Entries {
		for _, b := range law.Entries[:i] {
			if a.ID == b.ID {
				f.add(a.At, a.ID, words.F("Mã căn cứ “%s” bị trùng.", "Legal basis id “%s” is used twice.", a.ID))
			} else if a.Topic == b.Topic && (a.InForce(b.From) || b.InForce(a.From)) {
				f.add(a.At, a.ID, words.F("“%s” và “%s” cùng chủ đề mà hiệu lực chồng nhau.",
					"“%s” and “%s” have one topic and overlap in time.", a.ID, b.ID))
			}
		}
	}
}

// find is the entry named id, or the one of topic id in force on a date; for a
// zero date the latest of the topic.
func (law *Law) find(id string, on Day) (entry *LegalBasis, known bool) {
	if law == nil {
		return nil, false
	}
	for _, l := range law.Entries {
		switch {
		case l.ID == id && l.Topic != id:
			return l, true
		case l.Topic != id:
			continue
		}
		known = true
		if on.IsZero() {
			if entry == nil || entry.From.Before(l.From) {
				entry = l
			}
		} else if l.InForce(on) {
			entry = l
		}
	}
	return entry, known
}

// names lists ids and topics, for hints.
func (law *Law) names() []string {
	if law == nil {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	for _, l := range law.Entries {
		for _, s := range []string{l.Topic, l.ID} {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}
