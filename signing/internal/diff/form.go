package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// compareForm compares the interactive forms: their dictionaries, then field by field.
func (c *comparison) compareForm() error {
	if c.newForm == nil {
		if c.oldForm != nil {
			c.report(Change{Kind: Field, Key: "AcroForm", Detail: "the form was removed"})
		}
		return nil
	}
	old := c.oldForm
	if old == nil {
		old = &pdf.Form{}
	}
	c.explained[c.newForm.Ref.Num] = true
	if err := c.compareFormDict(old.Dict, c.newForm.Dict); err != nil {
		return err
	}
	before := map[pdf.Ref]*pdf.Field{}
	direct := map[string]*pdf.Field{}
	for _, f := range old.Fields {
		if f.Ref != (pdf.Ref{}) {
			before[f.Ref] = f
		} else {
			direct[f.Name] = f
		}
	}
	kept := map[*pdf.Field]bool{}
	for _, f := range c.newForm.Fields {
		was := before[f.Ref]
		if f.Ref == (pdf.Ref{}) {
			was = direct[f.Name]
		}
		if was == nil {
			c.newField(f)
			continue
		}
		kept[was] = true
		c.compareField(was, f)
	}
	for _, f := range old.Fields {
		if !kept[f] {
			c.report(Change{Kind: Field, Field: f.Name, Detail: "field removed"})
		}
	}
	return nil
}

// compareFormDict: SigFlags may gain bits, resources may be added, the rest stays.
func (c *comparison) compareFormDict(old, new pdf.Dict) error {
	for _, key := range c.diffKeys(old, new) {
		var ok bool
		switch key {
		case "Fields":
			ok = true
		case "SigFlags":
			was, _ := old.Get(key).(pdf.Integer)
			now, isInt := new.Get(key).(pdf.Integer)
			ok = isInt && was&^now == 0 && now&^3 == 0
		case "NeedAppearances":
			ok = new.Get(key) == nil || new.Get(key) == pdf.Boolean(false)
		case "DA", "Q": // of use only where fields are drawn anew
			ok = true
		case "DR":
			ok = true // looked at below
		}
		if !ok {
			c.report(Change{Kind: Field, Key: string(key), Detail: "AcroForm changed"})
		}
	}
	if ref, ok := new.Get("Fields").(pdf.Ref); ok && c.changed[ref.Num] && c.onlyBy(ref.Num, "Fields", "AcroForm",
		"Annots") {
		c.explained[ref.Num] = true
	}
	return c.compareResources(old.Get("DR"), new.Get("DR"))
}

// compareResources: categories and entries may be added; fonts and encodings, which fields may be drawn with, stay as
// they were.
func (c *comparison) compareResources(old, new pdf.Object) error {
	a, b, err := c.resourceDicts(old, new)
	if err != nil || b == nil && a == nil {
		return err
	}
	for _, e := range b {
		was := a.Get(e.Key)
		switch {
		case was == nil || (e.Key != "Font" && e.Key != "Encoding"):
			c.explain(e.Value, c.edgesTo(e.Value, "DR")...)
		default:
			if err := c.compareFonts(was, e.Value); err != nil {
				return err
			}
		}
	}
	for _, e := range a {
		if !b.Has(e.Key) && (e.Key == "Font" || e.Key == "Encoding") {
			c.report(Change{Kind: Resource, Key: string(e.Key), Detail: "form resources removed"})
		}
	}
	return nil
}

func (c *comparison) compareFonts(old, new pdf.Object) error {
	a, b, err := c.resourceDicts(old, new)
	if err != nil {
		return err
	}
	for _, e := range b {
		switch was := a.Get(e.Key); {
		case was == nil:
			c.explain(e.Value, c.edgesTo(e.Value, "DR")...)
		case !pdf.Equal(was, e.Value):
			c.report(Change{Kind: Resource, Key: string(e.Key), Detail: "form font replaced"})
		}
	}
	for _, e := range a {
		if !b.Has(e.Key) {
			c.report(Change{Kind: Resource, Key: string(e.Key), Detail: "form font removed"})
		}
	}
	return nil
}

// resourceDicts reads a resource dictionary before and after; one that somebody else uses too is left unexplained.
func (c *comparison) resourceDicts(old, new pdf.Object) (a, b pdf.Dict, err error) {
	if ref, ok := new.(pdf.Ref); ok && c.changed[ref.Num] && c.byExplained(ref.Num) {
		c.explained[ref.Num] = true
	}
	if a, err = c.old.Dict(old); err != nil {
		return nil, nil, err
	}
	b, err = c.new.Dict(new)
	return a, b, err
}

// edgesTo are the references under key that point at what o points at, to be taken as owners.
func (c *comparison) edgesTo(o pdf.Object, key pdf.Name) []edge {
	var out []edge
	references(o, func(r pdf.Ref) {
		if !c.spend(len(c.graph.in[r.Num])) {
			return
		}
		for _, e := range c.graph.in[r.Num] {
			if e.key == key || c.explained[e.from] {
				out = append(out, e)
			}
		}
	})
	return out
}

// byExplained: all references to object n come from objects that are explained, or it is new and they come from changed
// ones.
func (c *comparison) byExplained(n int) bool {
	reached := map[int]bool{}
	for _, e := range c.graph.in[n] {
		reached[e.from] = c.explained[e.from]
	}
	return c.exclusive(n, reached, nil)
}

// onlyBy: all references to object n stand under one of the keys.
func (c *comparison) onlyBy(n int, keys ...pdf.Name) bool {
	if !c.spend(len(c.graph.in[n])) {
		return false
	}
	for _, e := range c.graph.in[n] {
		if !slices.Contains(keys, e.key) {
			return false
		}
	}
	return true
}
