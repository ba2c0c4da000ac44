package diff

import (
	"maps"
	"slices"

	"covenant/internal/pdf"
)

// comparePages: of a page only the list of annotations may change, by the widgets of new signature fields.
func (c *comparison) comparePages() error {
	for _, num := range slices.Sorted(maps.Keys(c.changed)) {
		ref := pdf.Ref{Num: num, Gen: entryOrFree(c.new, num).Gen}
		if page, ok := c.pages[ref]; ok {
			c.explained[num] = true
			old, new := dictOf(c.old, num), dictOf(c.new, num)
			for _, key := range c.diffKeys(old, new) {
				if key != "Annots" {
					kind := Page
					var action Verb
					switch key {
					case "Contents":
						kind, action = Content, c.contentAction(old.Get(key), new.Get(key))
					case "Resources":
						kind = Resource
					}
					c.report(Change{Kind: kind, Action: action, Page: page, Key: string(key), Object: num})
				}
			}
			c.compareAnnotations(old.Get("Annots"), new.Get("Annots"), page)
			continue
		}
		c.compareSharedAnnotations(num)
		c.comparePageTreeNode(num)
	}
	return nil
}

// pageTreeKeys are what means something in a node of the page tree (ISO 32000-2 table 30), inherited entries included.
var pageTreeKeys = []pdf.Name{"Type", "Parent", "Kids", "Count", "Resources", "MediaBox", "CropBox", "Rotate"}

// comparePageTreeNode: a program may leave a note of its own in a node of the page tree, which refers to nothing.
func (c *comparison) comparePageTreeNode(num int) {
	old, new := dictOf(c.old, num), dictOf(c.new, num)
	if old.Get("Type") != pdf.Name("Pages") || new.Get("Type") != pdf.Name("Pages") {
		return
	}
	for _, key := range c.diffKeys(old, new) {
		refers := slices.Contains(pageTreeKeys, key)
		references(new.Get(key), func(pdf.Ref) { refers = true })
		if refers {
			return
		}
	}
	c.explained[num] = true
}

// contentAction: added where the old streams are all there, unchanged and first; else changed.
func (c *comparison) contentAction(old, new pdf.Object) Verb {
	a, b := c.streamRefs(c.old, old), c.streamRefs(c.new, new)
	if len(a) == 0 || len(a) >= len(b) || !slices.Equal(a, b[:len(a)]) ||
		slices.ContainsFunc(a, func(r pdf.Ref) bool { return c.changed[r.Num] }) {
		return Changed
	}
	return Added
}

// streamRefs lists the content streams of a page's Contents, which is a stream or an array of them.
func (c *comparison) streamRefs(f *pdf.File, o pdf.Object) []pdf.Ref {
	if arr, err := f.Array(o); err == nil {
		var out []pdf.Ref
		for _, v := range arr {
			if r, ok := v.(pdf.Ref); ok {
				out = append(out, r)
			}
		}
		return out
	}
	if r, ok := o.(pdf.Ref); ok {
		return []pdf.Ref{r}
	}
	return nil
}

// compareSharedAnnotations handles an Annots array that is an object of its own.
func (c *comparison) compareSharedAnnotations(num int) {
	if !slices.ContainsFunc(c.graph.in[num], func(e edge) bool { return e.key == "Annots" }) {
		return
	}
	ref := pdf.Ref{Num: num, Gen: entryOrFree(c.new, num).Gen}
	if o, err := c.new.Get(ref); err != nil || !isArray(o) {
		return
	}
	for _, e := range c.graph.in[num] {
		if e.key != "Annots" || len(c.found) >= maxFound {
			continue
		}
		page, ok := c.pages[pdf.Ref{Num: e.from, Gen: entryOrFree(c.new, e.from).Gen}]
		if !ok || c.changed[e.from] || !c.onlyBy(num, "Annots", "Fields", "AcroForm") {
			continue // a changed page is compared as such, its list of annotations with it
		}
		c.explained[num] = true
		c.compareAnnotations(ref, ref, page)
	}
}

func isArray(o pdf.Object) bool {
	_, ok := o.(pdf.Array)
	return ok
}

func (c *comparison) compareAnnotations(old, new pdf.Object, page int) {
	a, errA := c.old.Array(old)
	b, errB := c.new.Array(new)
	if errA != nil || errB != nil {
		c.report(Change{Kind: Annotation, Page: page, Detail: "the list of annotations cannot be read"})
		return
	}
	if ref, ok := new.(pdf.Ref); ok && c.changed[ref.Num] && c.onlyBy(ref.Num, "Annots", "Fields", "AcroForm") {
		c.explained[ref.Num] = true
	}
	i := 0
	for _, o := range b {
		if i < len(a) && pdf.Equal(a[i], o) {
			i++
			continue
		}
		ref, _ := o.(pdf.Ref)
		if c.added[ref] {
			continue
		}
		if !c.spend(len(a)) {
			return
		}
		d, _ := c.new.Dict(o)
		m := Change{Kind: Annotation, Action: Added, Subtype: subtype(d), Page: page, Object: ref.Num}
		if slices.ContainsFunc(a, func(v pdf.Object) bool { return pdf.Equal(v, o) }) {
			m.Action = Moved
		} else {
			m.Remark = ref != (pdf.Ref{}) && c.remark(ref, d)
			c.explained[ref.Num] = true // reported here
		}
		c.report(m)
	}
	for ; i < len(a) && c.spend(len(b)); i++ {
		if slices.ContainsFunc(b, func(v pdf.Object) bool { return pdf.Equal(v, a[i]) }) {
			continue
		}
		ref, _ := a[i].(pdf.Ref)
		d, _ := c.old.Dict(a[i])
		c.report(Change{Kind: Annotation, Action: Removed, Subtype: subtype(d), Page: page, Object: ref.Num})
	}
}
