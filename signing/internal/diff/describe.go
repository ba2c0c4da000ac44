package diff

import (
	"fmt"

	"covenant/internal/pdf"
)

// describe says what an unexplained changed object is to the document.
func (c *comparison) describe(n int, by edge) Change {
	m := Change{Kind: Object, Object: n, Key: string(by.key),
		Detail: fmt.Sprintf("object %d, referred to as %s of object %d", n, by.key, by.from)}
	for ref, field := range c.signed {
		if ref.Num == n {
			m.Kind, m.Field = SignatureValue, field
			return m
		}
	}
	if by.from <= trailerNode {
		m.Kind, m.Detail = Trailer, fmt.Sprintf("object %d, referred to as %s of the trailer", n, by.key)
		return m
	}
	switch by.key {
	case "Contents":
		m.Kind = Content
	case "Font", "FontFile", "FontFile2", "FontFile3", "XObject", "ColorSpace", "Pattern", "Shading", "ExtGState",
		"Resources",
		"ToUnicode", "DescendantFonts", "FontDescriptor", "Encoding", "CharProcs", "SMask", "Properties":
		m.Kind = Resource
	case "Annots", "Popup", "Parent":
		m.Kind, m.Action = Annotation, Changed
		m.Subtype = subtype(dictOf(c.new, n))
	case "Kids", "Pages", "Count":
		m.Kind = PageTree
	case "K", "ParentTree", "StructTreeRoot", "RoleMap", "Nums", "Pg":
		m.Kind = Structure
	case "OCProperties", "OCGs", "D", "OC":
		m.Kind = Layers
	case "OpenAction", "A", "AA", "JS", "Names", "JavaScript", "Next":
		m.Kind = Action
	case "AP", "MK", "V":
		m.Kind = Field
	}
	c.locate(&m, n)
	return m
}

// subtype is what kind of annotation a dictionary is.
func subtype(d pdf.Dict) string {
	name, _ := d.Get("Subtype").(pdf.Name)
	return string(name)
}

// locate finds the page and the field that reach object n.
func (c *comparison) locate(m *Change, n int) {
	if c.oldForm != nil {
		for _, f := range c.oldForm.Fields {
			for _, w := range f.Widgets {
				if !c.spend(16) {
					return
				}
				if reaches(c.new, w.Dict.Without("P", "Parent", "Popup"), n) {
					m.Field = f.Name
					if f.Type == "Sig" && !isNull(c.old, f.Value) {
						m.Kind = Appearance
					}
					break
				}
			}
		}
	}
	if page, ok := c.pages[pdf.Ref{Num: n, Gen: entryOrFree(c.new, n).Gen}]; ok {
		m.Page = page
	}
	for i := 0; i < len(c.inOrder) && m.Page == 0; i++ {
		if page := c.inOrder[i]; reaches(c.new, dictOf(c.new, page.Num).Without("Parent"), n) {
			m.Page = c.pages[page]
		}
	}
	if m.Page != 0 && m.Kind == Object {
		m.Kind = Resource
	}
}

// reaches looks for object n below o, without going up to parents and pages; at most 2,000 objects are read.
func reaches(f *pdf.File, o pdf.Object, n int) bool {
	seen := map[int]bool{}
	queue := []pdf.Object{o}
	found := false
	for len(queue) > 0 && len(seen) < 2000 && !found {
		at := queue[0]
		queue = queue[1:]
		references(at, func(r pdf.Ref) {
			found = found || r.Num == n
			if found || seen[r.Num] {
				return
			}
			seen[r.Num] = true
			next, err := f.Get(r)
			if err != nil {
				return
			}
			switch v := next.(type) {
			case pdf.Dict:
				next = v.Without("P", "Parent", "Pg", "Popup", "Dest", "StructParent")
			case *pdf.Stream:
				next = v.Dict
			}
			queue = append(queue, next)
		})
	}
	return found
}
