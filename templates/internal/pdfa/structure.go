package pdfa

import (
	"fmt"
	"strconv"
	"strings"

	"covenant/internal/pdf"
)

// annotations writes links and the form with its fields.
func (f *finisher) annotations() {
	for i, l := range f.w.Links {
		f.link(i, l)
	}
	if len(f.w.Fields) > 0 {
		f.form()
	}
}

func (f *finisher) rect(page int, r Rect) {
	h := f.w.pages[page].height
	f.add("/Rect[")
	for i, v := range []float64{r.X, h - r.Y - r.H, r.X + r.W, h - r.Y} {
		if i > 0 {
			f.add(" ")
		}
		f.b = pdf.AppendNumber(f.b, v)
	}
	f.add("]")
}

// structParent is the key of annotation i in the parent tree; pages come first.
func (f *finisher) structParent(i int) int { return len(f.pages) + i }

func (f *finisher) link(i int, l Link) {
	f.begin(f.annots[i].number)
	f.add("<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]")
	f.rect(l.Page, l.Rect)
	f.add("/Contents")
	f.b = pdf.AppendText(f.b, l.Contents)
	f.add("/StructParent " + strconv.Itoa(f.structParent(i)))
	if l.URI != "" {
		f.add("/A<</S/URI/URI")
		f.b = pdf.AppendLiteral(f.b, l.URI)
		f.add(">>")
	} else if a, ok := f.w.Anchors[l.Dest]; ok {
		f.add("/Dest")
		f.dest(a.Page, a.Y)
	}
	f.add(">>")
	f.end()
}

func (f *finisher) dest(page int, y float64) {
	f.ref("[", f.pages[page])
	f.add("/XYZ 0 ")
	f.b = pdf.AppendNumber(f.b, f.w.pages[page].height-y)
	f.add(" null]")
}

func (f *finisher) structure() {
	w := f.w
	f.begin(treeObject)
	f.add("<</Type/StructTreeRoot")
	f.ref("/K[", w.Root.number)
	f.ref("]/ParentTree ", parentsObject)
	f.add("/ParentTreeNextKey " + strconv.Itoa(len(f.pages)+len(f.annots)) + ">>")
	f.end()
	f.elem(w.Root, treeObject)

	f.begin(parentsObject)
	f.add("<</Nums[")
	for i, p := range w.pages {
		f.int(i)
		f.add("[")
		for _, e := range p.marks {
			f.ref(" ", e.number)
		}
		f.add("]\n")
	}
	for i, a := range f.annots {
		if a.elem != nil {
			f.int(f.structParent(i))
			f.ref(" ", a.elem.number)
			f.add("\n")
		}
	}
	f.add("]>>")
	f.end()
}

func (f *finisher) elem(e *Elem, parent int) {
	f.begin(e.number)
	f.add("<</Type/StructElem/S/" + e.Type)
	f.ref("/P ", parent)
	if e.Lang != "" {
		f.add("/Lang")
		f.b = pdf.AppendLiteral(f.b, e.Lang)
	}
	if e.Alt != "" {
		f.add("/Alt")
		f.b = pdf.AppendText(f.b, e.Alt)
	}
	f.cellAttributes(e)
	page := e.firstPage()
	if page >= 0 {
		f.ref("/Pg ", f.pages[page])
	}
	// An only annotation stands alone, not in an array: some validators know a field's place in the tree by that.
	alone := len(e.kids) == 1 && e.kids[0].annot > 0
	f.add("/K")
	if !alone {
		f.add("[")
	}
	for _, k := range e.kids {
		switch {
		case k.elem != nil:
			f.ref(" ", k.elem.number)
		case k.annot > 0:
			f.ref("<</Type/OBJR/Pg ", f.pages[k.page])
			f.ref("/Obj ", f.annots[k.annot-1].number)
			f.add(">>")
		case k.page == page:
			f.add(" ")
			f.int(k.mcid)
		default:
			f.ref("<</Type/MCR/Pg ", f.pages[k.page])
			f.add("/MCID ")
			f.int(k.mcid)
			f.add(">>")
		}
	}
	if !alone {
		f.add("]")
	}
	f.add(">>")
	f.end()
	for _, k := range e.kids {
		if k.elem != nil {
			f.elem(k.elem, e.number)
		}
	}
}

func (f *finisher) cellAttributes(e *Elem) {
	if e.Scope == "" && e.Span < 2 {
		return
	}
	f.add("/A<</O/Table")
	if e.Scope != "" {
		f.add("/Scope/" + e.Scope)
	}
	if e.Span > 1 {
		f.add("/ColSpan " + strconv.Itoa(e.Span))
	}
	f.add(">>")
}

func (e *Elem) firstPage() int {
	for _, k := range e.kids {
		if k.elem == nil {
			return k.page
		}
	}
	return -1
}

// outline writes the bookmarks (ISO 32000-2, 12.3.3).
func (f *finisher) outline() {
	marks := f.w.Bookmarks
	if len(marks) == 0 {
		return
	}
	numbers := make([]int, len(marks))
	for i := range marks {
		numbers[i] = f.alloc()
	}
	level := func(i int) int { return marks[i].Level }
	f.begin(outlineObject)
	first, last, count := children(len(marks), -1, level)
	f.add("<</Type/Outlines")
	f.ref("/First ", numbers[first])
	f.ref("/Last ", numbers[last])
	f.add("/Count " + strconv.Itoa(count) + ">>")
	f.end()
	for i, m := range marks {
		f.begin(numbers[i])
		f.add("<</Title")
		f.b = pdf.AppendText(f.b, m.Title)
		parent, prev, next := relatives(len(marks), i, level)
		if parent < 0 {
			f.ref("/Parent ", outlineObject)
		} else {
			f.ref("/Parent ", numbers[parent])
		}
		if prev >= 0 {
			f.ref("/Prev ", numbers[prev])
		}
		if next >= 0 {
			f.ref("/Next ", numbers[next])
		}
		if first, last, count := children(len(marks), i, level); count > 0 {
			f.ref("/First ", numbers[first])
			f.ref("/Last ", numbers[last])
			f.add("/Count -" + strconv.Itoa(count))
		}
		f.add("/Dest")
		f.dest(m.Page, m.Y)
		f.add(">>")
		f.end()
	}
}

// children of entry i (-1 is the root): the entries one level down until the
// next entry at i's level.
func children(n, i int, level func(int) int) (first, last, count int) {
	own := -1
	if i >= 0 {
		own = level(i)
	}
	want := -1
	for j := i + 1; j < n && level(j) > own; j++ {
		if want < 0 || level(j) < want {
			want = level(j)
		}
		if level(j) == want {
			if count == 0 {
				first = j
			}
			last = j
			count++
		}
	}
	return first, last, count
}

func relatives(n, i int, level func(int) int) (parent, prev, next int) {
	parent, prev = -1, -1
	for j := i - 1; j >= 0; j-- {
		if level(j) < level(i) {
			parent = j
			break
		}
		if level(j) == level(i) && prev < 0 {
			prev = j
		}
	}
	for j := i + 1; j < n && level(j) >= level(i); j++ {
		if level(j) == level(i) {
			return parent, prev, j
		}
	}
	return parent, prev, -1
}

// ascii keeps what every reader can name a file by.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7E {
			return '_'
		}
		return r
	}, s)
}

func (f *finisher) attachments() {
	for i, a := range f.w.Attachments {
		data := f.alloc()
		f.begin(f.files[i])
		f.add("<</Type/Filespec/F")
		f.b = pdf.AppendLiteral(f.b, ascii(a.Name))
		f.add("/UF")
		f.b = pdf.AppendText(f.b, a.Name)
		f.add("/Desc")
		f.b = pdf.AppendText(f.b, a.Description)
		f.add("/AFRelationship/" + a.Relationship)
		f.ref("/EF<</F ", data)
		f.ref("/UF ", data)
		f.add(">>>>")
		f.end()
		mime := strings.ReplaceAll(a.MIME, "/", "#2F")
		date := f.w.info.Created.UTC().Format("D:20060102150405Z")
		f.stream(data, fmt.Sprintf("/Type/EmbeddedFile/Subtype/%s/Params<</Size %d/ModDate(%s)>>", mime, len(a.Data),
			date), a.Data)
	}
}
