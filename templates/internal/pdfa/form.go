package pdfa

import (
	"strconv"
	"strings"

	"covenant/internal/pdf"
)

// fieldNode is a node of the form's field tree that groups fields (ISO 32000-2 §12.7.4): a field's own name must hold
// no full stop, so that the full name "sign.director" is a field "director" below a node "sign".
type fieldNode struct {
	number int // of the object
	name   string
	parent int // object number; 0 at the root
	kids   []int
}

// form writes the form, the nodes of its tree, the fields and their empty appearance.
func (f *finisher) form() {
	tree := fieldTree{f: f, byName: map[string]*fieldNode{}}
	for i, fd := range f.w.Fields {
		f.field(f.links+i, fd, tree.parentOf(fd.Name, f.annots[f.links+i].number))
	}
	f.begin(emptyLookObject)
	f.add("<</Type/XObject/Subtype/Form/BBox[0 0 0 0]/Resources<<>>/Length 0>>\nstream\n\nendstream")
	f.end()
	for _, n := range tree.nodes {
		f.begin(n.number)
		f.add("<</T")
		f.b = pdf.AppendText(f.b, n.name)
		if n.parent != 0 {
			f.ref("/Parent ", n.parent)
		}
		f.refs("/Kids[", n.kids)
		f.add(">>")
		f.end()
	}
	f.begin(formObject)
	// SigFlags 3: signature fields exist, the file is to be appended to only.
	f.add("<</SigFlags 3")
	f.refs("/Fields[", tree.roots)
	f.add(">>")
	f.end()
}

// fieldTree makes the nodes that the fields' full names call for.
type fieldTree struct {
	f      *finisher
	byName map[string]*fieldNode
	nodes  []*fieldNode
	roots  []int
}

// parentOf hangs object number into the tree by its full name and returns its parent's number, 0 for none.
func (t *fieldTree) parentOf(name string, number int) int {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		t.roots = append(t.roots, number)
		return 0
	}
	node, ok := t.byName[name[:dot]]
	if !ok {
		node = &fieldNode{number: t.f.alloc(), name: partialName(name[:dot])}
		t.byName[name[:dot]] = node
		t.nodes = append(t.nodes, node)
		node.parent = t.parentOf(name[:dot], node.number)
	}
	node.kids = append(node.kids, number)
	return node.number
}

// partialName is the last part of a full name.
func partialName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// refs appends an array of references after its key and bracket.
func (f *finisher) refs(key string, numbers []int) {
	f.add(key)
	for _, n := range numbers {
		f.ref(" ", n)
	}
	f.add("]")
}

func (f *finisher) field(i int, fd Field, parent int) {
	f.begin(f.annots[i].number)
	f.add("<</Type/Annot/Subtype/Widget/FT/Sig/F 4/T")
	f.b = pdf.AppendText(f.b, partialName(fd.Name))
	if parent != 0 {
		f.ref("/Parent ", parent)
	}
	f.add("/TU")
	f.b = pdf.AppendText(f.b, fd.Tooltip)
	f.rect(fd.Page, fd.Rect)
	f.ref("/P ", f.pages[fd.Page])
	f.ref("/AP<</N ", emptyLookObject)
	f.add(">>/StructParent " + strconv.Itoa(f.structParent(i)) + ">>")
	f.end()
}
