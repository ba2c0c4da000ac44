package pdfcheck

import (
	"fmt"
	"strings"
)

// Elem is a structure element as found.
type Elem struct {
	Type   string
	Dict   Dict
	Kids   []*Elem
	Parent *Elem
	MCIDs  [][2]int // page from 1, mcid
	Annots []Ref
	Ref    Ref

	Reading [][2]int // of the root: all content in reading order
}

// Tree reads the structure tree; the root element has no type.
func (f *File) Tree() *Elem {
	root := &Elem{}
	pages := map[any]int{}
	for i, r := range f.pageRefs() {
		pages[r] = i + 1
	}
	var walk func(o any, parent *Elem, page int, depth int)
	walk = func(o any, parent *Elem, page, depth int) {
		if depth > 60 {
			return
		}
		switch v := f.Get(o).(type) {
		case float64:
			parent.MCIDs = append(parent.MCIDs, [2]int{page, int(v)})
			root.Reading = append(root.Reading, [2]int{page, int(v)})
		case Array:
			for _, k := range v {
				walk(k, parent, page, depth+1)
			}
		case Dict:
			if p := pages[v["Pg"]]; p > 0 {
				page = p
			}
			switch v["Type"] {
			case Name("OBJR"):
				r, _ := v["Obj"].(Ref)
				parent.Annots = append(parent.Annots, r)
			case Name("MCR"):
				m, _ := v["MCID"].(float64)
				parent.MCIDs = append(parent.MCIDs, [2]int{page, int(m)})
				root.Reading = append(root.Reading, [2]int{page, int(m)})
			default:
				s, _ := v["S"].(Name)
				r, _ := o.(Ref)
				e := &Elem{Type: string(s), Dict: v, Parent: parent, Ref: r}
				parent.Kids = append(parent.Kids, e)
				walk(v["K"], e, page, depth+1)
			}
		}
	}
	walk(f.Dict(f.Catalog()["StructTreeRoot"])["K"], root, 0, 0)
	return root
}

func (f *File) pageRefs() []any {
	var out []any
	var walk func(o any, depth int)
	walk = func(o any, depth int) {
		d := f.Dict(o)
		if d["Type"] == Name("Page") {
			out = append(out, o)
		}
		if depth < 10 {
			for _, k := range f.Array(d["Kids"]) {
				walk(k, depth+1)
			}
		}
	}
	walk(f.Catalog()["Pages"], 0)
	return out
}

// Each visits all elements in reading order.
func (e *Elem) Each(fn func(*Elem)) {
	for _, k := range e.Kids {
		fn(k)
		k.Each(fn)
	}
}

var standardTypes = map[string]bool{
	"Document": true, "P": true, "H1": true, "H2": true, "H3": true, "H4": true, "H5": true, "H6": true, "Table": true,
	"TR": true, "TH": true, "TD": true, "Figure": true, "Form": true, "Link": true, "Div": true, "Sect": true,
	"Caption": true,
	"L":       true, "LI": true, "Lbl": true, "LBody": true,
}

func each(f *File, fn func(e *Elem) []string) []string {
	var out []string
	f.Tree().Each(func(e *Elem) { out = append(out, fn(e)...) })
	return out
}

// structureRules are those of the structure tree.
func structureRules() []Rule {
	return []Rule{
		{"types", "19005-2 6.7.3.4", func(f *File, _ *Content) []string {
			return each(f, func(e *Elem) []string { return one(!standardTypes[e.Type], "type %q", e.Type) })
		}},
		{"root", "14289-1 7.1", func(f *File, _ *Content) []string {
			t := f.Tree()
			return one(len(t.Kids) != 1 || t.Kids[0].Type != "Document", "the root is not one Document")
		}},
		{"headings", "14289-1 7.4.2", func(f *File, _ *Content) []string {
			last := 0
			return each(f, func(e *Elem) []string {
				if len(e.Type) != 2 || e.Type[0] != 'H' {
					return nil
				}
				level := int(e.Type[1] - '0')
				bad := level > last+1
				last = level
				return one(bad, "heading level %d after a gap", level)
			})
		}},
		{"tables", "14289-1 7.5", tableRule},
		{"lists", "14289-1 7.6", func(f *File, _ *Content) []string {
			return each(f, func(e *Elem) []string {
				switch e.Type {
				case "LI":
					return one(e.Parent.Type != "L" || len(e.Kids) == 0, "list item outside a list")
				case "Lbl", "LBody":
					return one(e.Parent.Type != "LI", "%s outside a list item", e.Type)
				case "L":
					for _, k := range e.Kids {
						if k.Type != "LI" {
							return []string{"list with " + k.Type}
						}
					}
				}
				return nil
			})
		}},
		{"reading-order", "14289-1 7.1 (content is drawn in reading order here)", func(f *File, _ *Content) []string {
			last := [2]int{}
			for _, m := range f.Tree().Reading {
				if m[0] < last[0] || m[0] == last[0] && m[1] < last[1] {
					return []string{fmt.Sprintf("page %d: content %d is read after %d of page %d", m[0], m[1], last[1],
						last[0])}
				}
				last = m
			}
			return nil
		}},
		{"figures", "14289-1 7.3", func(f *File, _ *Content) []string {
			return each(f, func(e *Elem) []string {
				return one(e.Type == "Figure" && String(e.Dict["Alt"]) == "", "figure without alternative text")
			})
		}},
		{"content-in-tree", "19005-2 6.7.3.2", contentRule},
		{"parent-tree", "ISO 32000-1 14.7.4.4", parentRule},
		{"annotations-in-tree", "14289-1 7.18.1", annotRule},
		{"parents", "ISO 32000-1 14.7.2", func(f *File, _ *Content) []string {
			return each(f, func(e *Elem) []string {
				if e.Parent.Type == "" {
					return one(e.Dict["P"] != f.Catalog()["StructTreeRoot"], "root element's /P")
				}
				return one(e.Dict["P"] != e.Parent.Ref, "%s: /P is not its parent", e.Type)
			})
		}},
	}
}

func tableRule(f *File, _ *Content) []string {
	return each(f, func(e *Elem) []string {
		switch e.Type {
		case "TH":
			a := f.Dict(e.Dict["A"])
			return one(a["Scope"] == nil, "header cell without scope")
		case "TR":
			return one(e.Parent.Type != "Table", "row outside a table")
		case "TD":
			return one(e.Parent.Type != "TR", "cell outside a row")
		case "Table":
			width := -1
			for _, r := range e.Kids {
				n := 0
				for _, c := range r.Kids {
					span, _ := f.Dict(c.Dict["A"])["ColSpan"].(float64)
					n += max(1, int(span))
				}
				if width >= 0 && n != width {
					return []string{fmt.Sprintf("table with rows of %d and %d cells", width, n)}
				}
				width = n
			}
		}
		return nil
	})
}

// contentRule: every marked piece of content is in the tree exactly once.
func contentRule(f *File, c *Content) []string {
	count := map[[2]int]int{}
	f.Tree().Each(func(e *Elem) {
		for _, m := range e.MCIDs {
			count[m]++
		}
	})
	var out []string
	for page, ids := range c.MCIDs {
		for id := range ids {
			out = append(out, one(count[[2]int{page, id}] != 1, "page %d: content %d is %d times in the tree", page, id,
				count[[2]int{page, id}])...)
			delete(count, [2]int{page, id})
		}
	}
	for m := range count {
		out = append(out, fmt.Sprintf("page %d: no content %d", m[0], m[1]))
	}
	return out
}

// parentRule: the parent tree leads from each piece back to its element.
func parentRule(f *File, _ *Content) []string {
	nums := f.Array(f.Dict(f.Dict(f.Catalog()["StructTreeRoot"])["ParentTree"])["Nums"])
	entry := map[int]any{}
	for i := 0; i+1 < len(nums); i += 2 {
		k, _ := nums[i].(float64)
		entry[int(k)] = nums[i+1]
	}
	var out []string
	pages := f.Pages()
	f.Tree().Each(func(e *Elem) {
		for _, m := range e.MCIDs {
			if m[0] < 1 || m[0] > len(pages) {
				out = append(out, "content on no page")
				continue
			}
			key, ok := pages[m[0]-1]["StructParents"].(float64)
			list := f.Array(entry[int(key)])
			out = append(out, one(!ok || m[1] >= len(list) || list[m[1]] != e.Ref, "page %d, content %d: parent tree",
				m[0], m[1])...)
		}
		for _, a := range e.Annots {
			key, ok := f.Dict(a)["StructParent"].(float64)
			out = append(out, one(!ok || entry[int(key)] != e.Ref, "annotation %d: parent tree", a)...)
		}
	})
	return out
}

// annotRule: a widget is in a Form element, a link in a Link element.
func annotRule(f *File, _ *Content) []string {
	in := map[Ref]string{}
	f.Tree().Each(func(e *Elem) {
		for _, a := range e.Annots {
			in[a] = e.Type
		}
	})
	want := map[Name]string{"Widget": "Form", "Link": "Link"}
	var out []string
	for _, p := range f.Pages() {
		for _, a := range f.Array(p["Annots"]) {
			r, _ := a.(Ref)
			s, _ := f.Dict(a)["Subtype"].(Name)
			out = append(out, one(in[r] != want[s] || in[r] == "", "%s annotation in %q", strings.ToLower(string(s)),
				in[r])...)
		}
	}
	return out
}
