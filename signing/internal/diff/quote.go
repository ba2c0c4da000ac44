package diff

import (
	"strings"

	"covenant/internal/pdf"
)

// quotedContent is how much of a page's content is read for quoting from it.
const quotedContent = 1 << 20

// quote fills in what a change's text was and is, where there is text: the value of a form field, the words of a note
// or text box, the lines of a page.
func (c *comparison) quote(m *Change) {
	switch m.Kind {
	case FormValue:
		m.Old, m.New = c.valueText(c.old, c.oldForm, m.Field), c.valueText(c.new, c.newForm, m.Field)
	case Annotation:
		if m.Object > 0 && m.Action != Moved {
			m.Old, m.New = contentsText(c.old, m.Object), contentsText(c.new, m.Object)
		}
	case Content:
		m.Old, m.New = c.lineDifference(m.Page)
	}
	if m.Old == m.New {
		m.Old, m.New = "", ""
	}
}

// valueText is a field's value in words: the text of a text field, the name of a button's state.
func (c *comparison) valueText(f *pdf.File, form *pdf.Form, field string) string {
	fd := form.Field(field)
	if fd == nil {
		return ""
	}
	v, err := f.Resolve(fd.Value)
	if err != nil {
		return ""
	}
	switch v := v.(type) {
	case pdf.String:
		return pdf.DecodeText(v)
	case pdf.Name:
		return string(v)
	}
	return ""
}

func contentsText(f *pdf.File, num int) string {
	o, err := f.Resolve(dictOf(f, num).Get("Contents"))
	s, ok := o.(pdf.String)
	if err != nil || !ok {
		return ""
	}
	return pdf.DecodeText(s)
}

// lineDifference lists the lines of a page's text that are gone and those that are new.
func (c *comparison) lineDifference(page int) (gone, added string) {
	for ref, number := range c.pages {
		if page == 0 || number != page {
			continue
		}
		before, after := c.old.PageText(ref, quotedContent), c.new.PageText(ref, quotedContent)
		return missing(before, after), missing(after, before)
	}
	return "", ""
}

// missing joins the lines of a that b lacks.
func missing(a, b []string) string {
	known := map[string]bool{}
	for _, line := range b {
		known[line] = true
	}
	var out []string
	for _, line := range a {
		if !known[line] && len(out) < 10 {
			out = append(out, line)
		}
	}
	return strings.Join(out, " / ")
}
