package templates

import (
	"fmt"
	"strconv"
	"strings"

	"covenant/internal/words"
)

// signatures makes the slots: leader and deputy first, then the list's order,
// the witness last.
func (d *drafter) signatures(n *node, b *Block) {
	b.Kind = BlockSignatures
	d.text(n, b)
	if a := n.attr("cột", "columns"); a != nil {
		b.Cols, _ = strconv.Atoi(plainSpans(d.spans(a.value, d.lang)))
		if b.Cols < 1 || b.Cols > 3 {
			d.f.add(a.at, a.raw, words.Of("Lưới chữ ký có 1, 2 hoặc 3 cột.", "A signature grid has 1, 2 or 3 columns."))
		}
	}
	if a := n.attr("kiểu", "form"); a != nil {
		b.Style = map[string]string{"lưới": "grid", "grid": "grid", "bảng": "table",
			"table": "table"}[strings.ToLower(a.raw)]
		if b.Style == "" {
			d.f.add(a.at, a.raw, words.Of("Kiểu chữ ký là “lưới” hoặc “bảng”.",
				"The form of signatures is “grid” or “table”."))
		}
	}
	var slots, rest []Slot
	for _, a := range n.attrs {
		switch a.key {
		case "đơn vị", "agencies", "người ký", "signer":
			for _, s := range d.slots(&a, "") {
				if s.Role == Leader || s.Role == Deputy {
					slots = append(slots, s)
				} else {
					rest = append(rest, s)
				}
			}
		case "người chứng kiến", "witness":
			defer func(a attr) { d.addSlots(b, d.slots(&a, Witness)) }(a)
		}
	}
	leaderFirst(slots)
	d.addSlots(b, append(slots, rest...))
}

func leaderFirst(slots []Slot) {
	at := 0
	for i, s := range slots {
		if s.Role == Leader {
			copy(slots[at+1:i+1], slots[at:i])
			slots[at] = s
			at++
		}
	}
}

func (d *drafter) addSlots(b *Block, slots []Slot) {
	for _, s := range slots {
		for _, have := range d.doc.slots {
			if have.ID == s.ID {
				d.f.add(b.At, s.ID, words.F("Hai ô chữ ký cùng mã “%s”.", "Two signature slots have the code “%s”.",
					s.ID))
			}
		}
		s.Order = len(d.doc.slots) + 1
		b.Slots = append(b.Slots, s)
		d.doc.slots = append(d.doc.slots, s)
	}
}

func (d *drafter) slots(a *attr, role Role) []Slot {
	path := strings.Split(strings.ReplaceAll(a.raw, " ", ""), ".")
	v := d.get(path, a.at)
	if v == nil {
		return nil
	}
	items := v.items
	if !v.list {
		items = []*value{v}
	}
	var out []Slot
	for i, it := range items {
		if it.fields == nil { // an optional signatory that was left out
			continue
		}
		out = append(out, d.slot(it, role, path, i, len(items)))
	}
	return out
}

// namesOf are a Vietnamese name and its English form as the languages printed ask: the leading one, then the other
// where two are printed. Where there is no English form the Vietnamese one stands in.
func (d *drafter) namesOf(vi, en string) (first, second string) {
	first = vi
	if d.lang == words.English && en != "" {
		first, en = en, vi
	}
	if d.second != "" {
		second = en
	}
	return first, second
}

func (d *drafter) slot(it *value, role Role, path []string, i, n int) Slot {
	field := func(name string) string { return it.fields[name].plain(d.lang) }
	s := Slot{ID: field("mã"), Unit: field("tên"), Title: field("chức_vụ"), Role: role, Seal: it.typ == Agency}
	if it.typ != Agency {
		s.Unit, s.Office = field("đơn_vị"), true
		if q := field("quyền"); q != "" {
			s.Title = q + " " + s.Title
		}
	}
	s.Unit, s.Unit2 = d.namesOf(s.Unit, field("tên_en"))
	s.Title, s.Title2 = d.namesOf(s.Title, field("chức_vụ_en"))
	if s.ID == "" {
		s.ID = slug(strings.ReplaceAll(path[len(path)-1], "_", "-"))
		if n > 1 {
			s.ID = fmt.Sprintf("%s-%d", s.ID, i+1)
		}
	}
	if seal := it.fields["con_dấu"]; seal != nil && seal.at != it.at {
		s.Seal = seal.yes
	}
	word := field("vai_trò")
	if role == "" {
		r, ok := roleWords[strings.ToLower(word)]
		if !ok {
			p := d.f.add(it.fields["vai_trò"].at, word, words.F("Không có vai trò “%s”.", "There is no role “%s”.",
				word))
			p.Hint = nearest(word, keys(roleWords))
		}
		s.Role = r
	}
	if s.Role != Member {
		s.Label = capital(&value{typ: Text, text: word}, "", d.lang)
	}
	if s.Title == "" && s.Office {
		p := d.f.add(it.at, s.Unit, words.F("“%s” chưa có chức vụ của người ký.",
			"“%s” lacks the title of the office that signs.", s.Unit))
		p.Hint = ""
	}
	return s
}
