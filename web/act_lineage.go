package web

import (
	"strconv"

	"covenant/internal/words"
	"covenant/workflow"
)

// successor is what a form says of the covenant that it starts: what that one takes over from this one, what was
// changed by rule, and what a person has to look at.
type successor struct {
	Taken, Changed, Look []string
}

// planned is what a field begins with.
func (m fieldMaker) planned(name string) string {
	c := m.v.Covenant
	switch m.act.command.Name {
	case "amend":
		return map[string]string{"slug": c.Slug + "-sua-doi", "year": strconv.Itoa(c.Year),
			"title": m.text(words.F("%s (sửa đổi, bổ sung)", "%s (amended)", c.Title))}[name]
	case "renew":
		if plan := m.act.renewal; plan != nil {
			return map[string]string{"slug": plan.Slug, "title": plan.Title, "year": strconv.Itoa(plan.Year)}[name]
		}
	}
	return ""
}

// successor says what a covenant that amends or follows this one takes over; nil for other forms.
func (m fieldMaker) successor() *successor {
	name := m.act.command.Name
	if name != "amend" && name != "renew" {
		return nil
	}
	c, out := m.v.Covenant, &successor{}
	take := func(t words.Text) { out.Taken = append(out.Taken, m.text(t)) }
	take(words.F("Mẫu: %s", "Template: %s", c.Template))
	take(words.F("Khối: %s", "Block: %s", m.v.Directory.Blocks[c.Block].Name))
	if c.OwnProcess {
		take(words.Of("Quy trình riêng của khối", "The block’s own process"))
	} else {
		take(words.Of("Quy trình của mẫu", "The template’s process"))
	}
	if revision, ok := c.Revision(); ok {
		take(words.F("Số liệu của dự thảo lần %d, nếu không nộp tệp khác", "The values of revision %d, unless "+
			"another "+
			"file is given", revision.Number))
	}
	if plan := m.act.renewal; plan != nil {
		out.Changed, out.Look = m.notes(plan.Changed), m.notes(plan.Look)
	}
	return out
}

func (m fieldMaker) notes(notes []workflow.RenewalNote) (out []string) {
	for _, n := range notes {
		out = append(out, n.In(m.lang))
	}
	return out
}
