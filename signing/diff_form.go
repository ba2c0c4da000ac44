package signing

import (
	"slices"

	"covenant/signing/internal/pdf"
)

// compareForm compares the interactive forms: their dictionaries, then field by field.
func (c *comparison) compareForm() error {
	if c.newForm == nil {
		if c.oldForm != nil {
			c.report(Modification{Kind: ChangeField, Key: "AcroForm", Detail: "the form was removed"})
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
			c.report(Modification{Kind: ChangeField, Field: f.Name, Detail: "field removed"})
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
			c.report(Modification{Kind: ChangeField, Key: string(key), Detail: "AcroForm changed"})
		}
	}
	if ref, ok := new.Get("Fields").(pdf.Ref); ok && c.changed[ref.Num] && c.onlyBy(ref.Num, "Fields", "AcroForm", "Annots") {
		c.explained[ref.Num] = true
	}
	return c.compareResources(old.Get("DR"), new.Get("DR"))
}

// compareResources: categories and entries may be added; fonts and encodings, which fields may be drawn with, stay as they were.
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
			c.report(Modification{Kind: ChangeResource, Key: string(e.Key), Detail: "form resources removed"})
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
			c.report(Modification{Kind: ChangeResource, Key: string(e.Key), Detail: "form font replaced"})
		}
	}
	for _, e := range a {
		if !b.Has(e.Key) {
			c.report(Modification{Kind: ChangeResource, Key: string(e.Key), Detail: "form font removed"})
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

// byExplained: all references to object n come from objects that are explained, or it is new and they come from changed ones.
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

// compareField compares one field and its widgets with what they were.
func (c *comparison) compareField(was, is *pdf.Field) {
	if was.Name != is.Name || was.Type != is.Type {
		c.report(Modification{Kind: ChangeField, Field: was.Name, Object: is.Ref.Num, Detail: "name or type changed"})
	}
	if is.Ref == (pdf.Ref{}) || c.changed[is.Ref.Num] {
		c.explained[is.Ref.Num] = true
		c.compareFieldDict(was, is, was.Dict, is.Dict, is.Ref)
	}
	if !c.spend(len(is.Widgets) * len(was.Widgets)) {
		return
	}
	for _, w := range is.Widgets {
		if w.Ref == is.Ref {
			continue
		}
		i := slices.IndexFunc(was.Widgets, func(o pdf.Widget) bool { return o.Ref == w.Ref })
		if i < 0 || w.Ref == (pdf.Ref{}) {
			c.report(Modification{Kind: ChangeAnnotation, Action: ActionAdded, Subtype: "Widget", Field: is.Name, Page: c.pageOf(w), Detail: "widget added to an existing field"})
			continue
		}
		if c.changed[w.Ref.Num] {
			c.explained[w.Ref.Num] = true
			c.compareFieldDict(was, is, was.Widgets[i].Dict, w.Dict, w.Ref)
		}
	}
	c.explainKids(was.Dict, is.Dict, is)
	if c.valueChanged(was, is) && (is.Type == "Tx" || is.Type == "Ch" || is.Type == "Sig" && isNull(c.old, was.Value)) {
		for _, w := range is.Widgets {
			c.explain(w.Dict.Get("AP"), edge{w.Ref.Num, "AP"}) // streams written anew in their old place too
		}
	}
	for _, w := range was.Widgets {
		if !slices.ContainsFunc(is.Widgets, func(o pdf.Widget) bool { return o.Ref == w.Ref }) {
			c.report(Modification{Kind: ChangeAnnotation, Action: ActionRemoved, Subtype: "Widget", Field: is.Name, Page: c.pageOf(w), Detail: "widget removed"})
		}
	}
}

// valueChanged: another value, or the same object with another content.
func (c *comparison) valueChanged(was, is *pdf.Field) bool {
	return !equalOrAbsent(was.Value, is.Value) || c.rewritten(is.Value)
}

// explainKids accounts for a changed Kids array of a field that is an object of its own; what it holds is judged as fields.
func (c *comparison) explainKids(old, new pdf.Dict, f *pdf.Field) {
	ref, ok := new.Get("Kids").(pdf.Ref)
	if !ok || !c.changed[ref.Num] || slices.ContainsFunc(c.graph.in[ref.Num], func(e edge) bool { return e.from != f.Ref.Num }) {
		return
	}
	if c.kidsAdded(old, new) {
		c.explained[ref.Num] = true
	}
}

func (c *comparison) pageOf(w pdf.Widget) int {
	p, _ := w.Dict.Get("P").(pdf.Ref)
	return c.pages[p]
}

// compareFieldDict judges the keys that differ in a field's or widget's dictionary.
func (c *comparison) compareFieldDict(was, is *pdf.Field, old, new pdf.Dict, ref pdf.Ref) {
	keys := c.diffKeys(old, new)
	if len(keys) == 0 {
		return
	}
	if is.Type == "Sig" {
		c.compareSignatureField(was, is, old, new, ref, keys)
		return
	}
	c.compareValueField(was, is, old, new, ref, keys)
}

// compareSignatureField: an empty field may be signed, with an appearance; a signed one stays as it is.
func (c *comparison) compareSignatureField(was, is *pdf.Field, old, new pdf.Dict, ref pdf.Ref, keys []pdf.Name) {
	m := Modification{Kind: ChangeField, Field: is.Name, Object: ref.Num, Page: c.pageOf(pdf.Widget{Dict: new})}
	signing := isNull(c.old, was.Value) && c.isDict(is.Value)
	for _, key := range keys {
		bad := m
		bad.Key = string(key)
		switch {
		case harmlessKey(key, new) || (signing && c.signingKey(key, old, new, ref, &bad)):
			continue
		case signing:
		case key == "V":
			bad.Kind = ChangeSignatureValue
		case key == "AP" || key == "AS" || key == "Rect" || key == "MK":
			bad.Kind = ChangeAppearance
		}
		c.report(bad)
	}
	if !signing {
		return
	}
	m.Kind, m.Visible = c.signatureKind(is, ChangeSignature), c.visible(new)
	if m.Visible {
		m.Kind = ChangeSignature // a time-stamp that shows itself is not the kind that is always permitted
	}
	c.report(m)
}

// isDict: the new value is a dictionary, as a signature's is.
func (c *comparison) isDict(o pdf.Object) bool {
	v, err := c.new.Resolve(o)
	_, ok := v.(pdf.Dict)
	return err == nil && ok
}

// signingKey reports whether signing an empty field may change a key so; if not, bad says more.
func (c *comparison) signingKey(key pdf.Name, old, new pdf.Dict, ref pdf.Ref, bad *Modification) bool {
	switch key {
	case "V":
		c.explain(new.Get(key), edge{ref.Num, key})
		if value, isRef := new.Get(key).(pdf.Ref); isRef && !isNull(c.old, value) {
			bad.Kind, bad.Detail = ChangeSignatureValue, "the signature is an object that was there before"
			return false
		}
		return true
	case "AP":
		c.explain(new.Get(key), edge{ref.Num, key})
		return true
	case "AS", "M", "DA", "Q":
		return true
	case "F":
		a, _ := old.Get(key).(pdf.Integer)
		b, isInt := new.Get(key).(pdf.Integer)
		return isInt && (a^b)&^(4|64|128) == 0 // Print, ReadOnly, Locked
	}
	return false
}

// harmlessKey: field flags mean nothing for a signature, and Type may be added where it says what is so anyway.
func harmlessKey(key pdf.Name, new pdf.Dict) bool {
	return key == "Ff" || (key == "Type" && new.Get(key) == pdf.Name("Annot"))
}

// visible: the widget has an area and is not hidden.
func (c *comparison) visible(widget pdf.Dict) bool {
	rect, err := c.new.ReadRect(widget.Get("Rect"))
	flags, _ := widget.Get("F").(pdf.Integer)
	return err == nil && !rect.Empty() && flags&(2|32) == 0 // Hidden, NoView
}

// signatureKind tells a document time-stamp from a signature by the dictionary's SubFilter.
func (c *comparison) signatureKind(f *pdf.Field, otherwise ChangeKind) ChangeKind {
	if d, err := c.new.Dict(f.Value); err == nil && d.Get("SubFilter") == pdf.Name(subFilterTimestamp) {
		return ChangeTimestamp
	}
	return otherwise
}

// compareValueField: a field's value, and with it what shows it, may change; a button's appearance may not.
func (c *comparison) compareValueField(was, is *pdf.Field, old, new pdf.Dict, ref pdf.Ref, keys []pdf.Name) {
	m := Modification{Kind: ChangeFormValue, Field: is.Name, Object: ref.Num, Page: c.pageOf(pdf.Widget{Dict: new})}
	for _, key := range keys {
		switch {
		case key == "V", key == "AS", key == "RV", key == "M", key == "I", key == "DA", key == "Q", harmlessKey(key, new),
			key == "AP" && (is.Type == "Tx" || is.Type == "Ch") && c.valueChanged(was, is):
			c.explain(new.Get(key), edge{ref.Num, key})
		case key == "Kids" && c.kidsAdded(old, new):
			continue
		default:
			bad := m
			bad.Kind, bad.Key = ChangeField, string(key)
			if key == "AP" {
				bad.Kind = ChangeFieldAppearance
			}
			c.report(bad)
			return
		}
	}
	if !slices.Equal(keys, []pdf.Name{"Kids"}) {
		c.report(m)
	}
}

// kidsAdded: the old kids are all there in order, and new ones only follow. The new ones are judged as fields.
func (c *comparison) kidsAdded(old, new pdf.Dict) bool {
	a, errA := c.old.Array(old.Get("Kids"))
	b, errB := c.new.Array(new.Get("Kids"))
	return errA == nil && errB == nil && len(a) <= len(b) && slices.EqualFunc(a, b[:len(a)], pdf.Equal)
}

// newFieldKeys are what a new signature field may have: no actions, no layers.
var newFieldKeys = []pdf.Name{"Type", "Subtype", "FT", "T", "TU", "TM", "V", "F", "Ff", "P", "Rect", "AP", "AS", "MK", "BS", "Border",
	"C", "DA", "Q", "DR", "Lock", "SV", "Parent", "Kids", "M", "NM", "H", "Lang", "StructParent"}

// newField: only signature fields may be added.
func (c *comparison) newField(f *pdf.Field) {
	m := Modification{Kind: ChangeNewSignature, Field: f.Name, Object: f.Ref.Num}
	if c.newParent(f) {
		return
	}
	if f.Type != "Sig" || !f.Terminal() || f.Ref == (pdf.Ref{}) || !isNull(c.old, f.Ref) {
		m.Kind, m.Detail = ChangeField, "field added"
		c.report(m)
		return
	}
	c.explainNewField(f, &m)
	for _, w := range f.Widgets {
		c.added[w.Ref] = true
		if p := c.pageOf(w); p != 0 {
			m.Page = p
		}
		if !c.visible(w.Dict) {
			continue
		}
		m.Visible = true
		rect, err := c.new.ReadRect(w.Dict.Get("Rect"))
		if err != nil {
			continue
		}
		if over := c.covers(w, rect); over != "" {
			c.report(Modification{Kind: ChangeOverlay, Field: f.Name, Page: m.Page, Object: f.Ref.Num, Detail: "over " + over})
		}
	}
	m.Kind = c.signatureKind(f, ChangeNewSignature)
	if m.Kind == ChangeTimestamp && m.Visible {
		m.Kind = ChangeNewSignature
	}
	c.report(m)
}

// newParent accounts for a new node of the field tree that only holds new signature fields.
func (c *comparison) newParent(f *pdf.Field) bool {
	if f.Terminal() || len(f.Widgets) > 0 || f.Ref == (pdf.Ref{}) || !isNull(c.old, f.Ref) || (f.Type != "" && f.Type != "Sig") {
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

func (c *comparison) explainNewField(f *pdf.Field, m *Modification) {
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
				c.report(Modification{Kind: ChangeField, Field: f.Name, Key: string(e.Key), Object: d.Ref.Num, Page: m.Page,
					Detail: "new signature field with something that it may not have"})
			}
			if e.Key == "V" && !isNull(c.new, e.Value) && !c.isDict(e.Value) {
				c.report(Modification{Kind: ChangeField, Field: f.Name, Key: "V", Object: d.Ref.Num, Detail: "a value that is no signature"})
			}
			if v, isRef := e.Value.(pdf.Ref); e.Key == "V" && isRef && !isNull(c.old, v) {
				c.report(Modification{Kind: ChangeSignatureValue, Field: f.Name, Key: "V", Object: v.Num,
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

// covers returns the name of a signature field, signed before, that lies under the rectangle on the same page.
func (c *comparison) covers(w pdf.Widget, rect pdf.Rect) string {
	signed, err := c.old.Signatures()
	if err != nil || len(signed) == 0 {
		return ""
	}
	var pages []pdf.Ref // P is the file's own word; the page's list of annotations is what is drawn
	for _, page := range c.inOrder {
		if c.new.Shows(page, w.Ref) {
			pages = append(pages, page)
		}
	}
	return signatureUnder(c.old, signed, pages, rect)
}
