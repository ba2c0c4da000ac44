package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// newFieldKeys are what a new signature field may have: no actions, no layers.
var newFieldKeys = []pdf.Name{"Type", "Subtype", "FT", "T", "TU", "TM", "V", "F", "Ff", "P", "Rect", "AP", "AS", "MK",
	"BS", "Border",
	"C", "DA", "Q", "DR", "Lock", "SV", "Parent", "Kids", "M", "NM", "H", "Lang", "StructParent"}

// newField: only signature fields may be added.
func (c *comparison) newField(f *pdf.Field) {
	m := Change{Kind: NewSignature, Field: f.Name, Object: f.Ref.Num}
	if c.newParent(f) {
		return
	}
	if f.Type != "Sig" || !f.Terminal() || f.Ref == (pdf.Ref{}) || !isNull(c.old, f.Ref) {
		m.Kind, m.Detail = Field, "field added"
		c.report(m)
		return
	}
	c.explainNewField(f, &m)
	for _, w := range f.Widgets {
		c.added[w.Ref] = true
		if p := c.pageOf(w); p != 0 {
			m.Page = p
		}
		if c.visible(w.Dict) {
			c.newWidget(f, w, &m)
		}
	}
	m.Kind = c.signatureKind(f, NewSignature)
	if m.Kind == Timestamp && m.Visible {
		m.Kind = NewSignature
	}
	c.report(m)
}

// newParent accounts for a new node of the field tree that only holds new signature fields.
func (c *comparison) newParent(f *pdf.Field) bool {
	if f.Terminal() || len(f.Widgets) > 0 || f.Ref == (pdf.Ref{}) || !isNull(c.old, f.Ref) ||
		(f.Type != "" && f.Type != "Sig") {
		return false
	}
	for _, e := range f.Dict {
		if !slices.Contains([]pdf.Name{"T", "TU", "TM", "FT", "Kids", "Parent"}, e.Key) {
			return false
		}
	}
	if c.onlyBy(f.Ref.Num, "Fields", "AcroForm", "Kids", "Parent", "") {
		c.explained[f.Ref.Num] = true
	}
	return true
}

func (c *comparison) explainNewField(f *pdf.Field, m *Change) {
	dicts := []pdf.Widget{{Ref: f.Ref, Dict: f.Dict}}
	for _, w := range f.Widgets {
		if w.Ref != f.Ref {
			dicts = append(dicts, w)
		}
	}
	for _, d := range dicts {
		if c.onlyBy(d.Ref.Num, "Fields", "AcroForm", "Annots", "Kids", "Parent", "") {
			c.explained[d.Ref.Num] = true
		}
		for _, e := range d.Dict {
			if !slices.Contains(newFieldKeys, e.Key) {
				c.report(Change{Kind: Field, Field: f.Name, Key: string(e.Key), Object: d.Ref.Num, Page: m.Page,
					Detail: "new signature field with something that it may not have"})
			}
			if e.Key == "V" && !isNull(c.new, e.Value) && !c.isDict(e.Value) {
				c.report(Change{Kind: Field, Field: f.Name, Key: "V", Object: d.Ref.Num,
					Detail: "a value that is no signature"})
			}
			if num := c.reused(e.Value); e.Key == "V" && num != 0 {
				c.report(Change{Kind: SignatureValue, Field: f.Name, Key: "V", Object: num,
					Detail: "the signature is an object that was there before"})
			}
			switch e.Key {
			case "P", "Parent":
			case "Kids":
				c.explainKids(nil, d.Dict, f)
			default:
				c.explain(e.Value, edge{d.Ref.Num, e.Key})
			}
		}
	}
}
