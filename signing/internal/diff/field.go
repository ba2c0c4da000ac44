package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// compareField compares one field and its widgets with what they were.
func (c *comparison) compareField(was, is *pdf.Field) {
	if was.Name != is.Name || was.Type != is.Type {
		c.report(Change{Kind: Field, Field: was.Name, Object: is.Ref.Num, Detail: "name or type changed"})
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
			c.report(Change{Kind: Annotation, Action: Added, Subtype: "Widget", Field: is.Name, Page: c.pageOf(w),
				Detail: "widget added to an existing field"})
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
			c.report(Change{Kind: Annotation, Action: Removed, Subtype: "Widget", Field: is.Name, Page: c.pageOf(w),
				Detail: "widget removed"})
		}
	}
}

// valueChanged: another value, or the same object with another content.
func (c *comparison) valueChanged(was, is *pdf.Field) bool {
	return !equalOrAbsent(was.Value, is.Value) || c.rewritten(is.Value)
}

// explainKids accounts for a changed Kids array of a field that is an object of its own; what it holds is judged as
// fields.
func (c *comparison) explainKids(old, new pdf.Dict, f *pdf.Field) {
	ref, ok := new.Get("Kids").(pdf.Ref)
	if !ok || !c.changed[ref.Num] || slices.ContainsFunc(c.graph.in[ref.Num],
		func(e edge) bool { return e.from != f.Ref.Num }) {
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
	m := Change{Kind: Field, Field: is.Name, Object: ref.Num, Page: c.pageOf(pdf.Widget{Dict: new})}
	signing := isNull(c.old, was.Value) && c.isDict(is.Value)
	for _, key := range keys {
		bad := m
		bad.Key = string(key)
		switch {
		case harmlessKey(key, new) || (signing && c.signingKey(key, old, new, ref, &bad)):
			continue
		case signing:
		case key == "V":
			bad.Kind = SignatureValue
		case key == "AP" || key == "AS" || key == "Rect" || key == "MK":
			bad.Kind = Appearance
		}
		c.report(bad)
	}
	if !signing {
		return
	}
	m.Kind, m.Visible = c.signatureKind(is, Signature), c.visible(new)
	if m.Visible {
		m.Kind = Signature // a time-stamp that shows itself is not the kind that is always permitted
	}
	c.report(m)
}

// isDict: the new value is a dictionary, as a signature's is.
func (c *comparison) isDict(o pdf.Object) bool {
	v, err := c.new.Resolve(o)
	_, ok := v.(pdf.Dict)
	return err == nil && ok
}

// reused is the number of an object that was there before and that a new value is, by however many references; 0 if
// there is none. A signature is made with its field, so an earlier one in another field is put there by somebody else.
func (c *comparison) reused(value pdf.Object) int {
	for range 32 { // as many references as Resolve follows
		ref, ok := value.(pdf.Ref)
		if !ok {
			return 0
		}
		if !isNull(c.old, ref) {
			return ref.Num
		}
		var err error
		if value, err = c.new.Get(ref); err != nil {
			return ref.Num
		}
	}
	return 0
}

// signingKey reports whether signing an empty field may change a key so; if not, bad says more.
func (c *comparison) signingKey(key pdf.Name, old, new pdf.Dict, ref pdf.Ref, bad *Change) bool {
	switch key {
	case "V":
		c.explain(new.Get(key), edge{ref.Num, key})
		if c.reused(new.Get(key)) != 0 {
			bad.Kind, bad.Detail = SignatureValue, "the signature is an object that was there before"
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
	if isNull(c.new, widget.Get("Rect")) {
		return false
	}
	rect, err := c.new.ReadRect(widget.Get("Rect"))
	flags, _ := widget.Get("F").(pdf.Integer)
	return (err != nil || !rect.Empty()) && flags&2 == 0 // Hidden; what NoView hides on the screen is printed
}

// signatureKind tells a document time-stamp from a signature by the dictionary's SubFilter.
func (c *comparison) signatureKind(f *pdf.Field, otherwise Kind) Kind {
	if d, err := c.new.Dict(f.Value); err == nil && d.Get("SubFilter") == pdf.SubFilterTimestamp {
		return Timestamp
	}
	return otherwise
}

// compareValueField: a field's value, and with it what shows it, may change; a button's appearance may not.
func (c *comparison) compareValueField(was, is *pdf.Field, old, new pdf.Dict, ref pdf.Ref, keys []pdf.Name) {
	m := Change{Kind: FormValue, Field: is.Name, Object: ref.Num, Page: c.pageOf(pdf.Widget{Dict: new})}
	for _, key := range keys {
		switch {
		case key == "V", key == "AS", key == "RV", key == "M", key == "I", key == "DA", key == "Q",
			harmlessKey(key, new),
			key == "AP" && (is.Type == "Tx" || is.Type == "Ch") && c.valueChanged(was, is):
			c.explain(new.Get(key), edge{ref.Num, key})
		case key == "Kids" && c.kidsAdded(old, new):
			continue
		default:
			bad := m
			bad.Kind, bad.Key = Field, string(key)
			if key == "AP" {
				bad.Kind = FieldAppearance
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
