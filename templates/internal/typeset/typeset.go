// Package typeset breaks styled text into lines and lines into pages.
//
// The story: the caller hands a list of elements (paragraphs, tables, blanks,
// fields), each with its structure tag. Every element becomes chunks, which are
// never divided; a chunk says whether a page may end before it. Pages are
// filled with chunks from the top; where the page is full, the break goes back
// to the last place that allows one, so headings stay with what follows,
// paragraphs leave no lone line behind, and table rows stay whole. What was
// placed is returned as marks: a list of runs, rules and fields with positions,
// from which the PDF is drawn and by which two renderings are compared.
//
// Units are points; y grows down.
package typeset

import (
	"covenant/templates/internal/font"
)

// Align is how lines are set between their margins.
type Align uint8

// The four ways.
const (
	Left Align = iota
	Center
	Right
	Justify
)

// Span is text of one style. Kind and Source are carried to the marks.
type Span struct {
	Text  string
	Style font.Style
	Size  float64
	Gray  float64
	Kind  uint8  // the caller's: where the text comes from
	Link  string // anchor that the text leads to
	Break bool   // a forced line break instead of text
	Note  int32  // the caller's index of the source position
	Deco  uint8  // 1 underlined, 2 struck out
	Label bool   // the number or mark of a list item
}

// Element is what a page is filled with.
type Element interface{ element() }

// Paragraph is justified or aligned text.
type Paragraph struct {
	Spans         []Span
	Align         Align
	First         float64 // first line's indent
	Left, Right   float64 // indents of all lines
	Before, After float64
	Leading       float64 // line height as a multiple of the face's own; 0 is 1
	KeepNext      bool    // no page break after it
	Tag           string  // structure type; empty is P
	Lang          string
	Anchor        string // name that links lead to
	Bookmark      string
	Level         int     // of the bookmark
	Block         int     // the caller's number, carried to the marks
	Frame         float64 // a frame around each line of the text, so many points away; 0 none
	Rule          float64 // a rule centred under the text, as a part of the text's width; 0 none
	RuleGap       float64
	// 1, 2: an item of a list at this level, tagged L, LI, Lbl, LBody; InItem: goes on in the item before; 0 none
	List int
	Hang float64 // the label's width: lines after the first are indented by it
}

// InItem as a paragraph's List puts it into the body of the list item before it.
const InItem = -1

// Table is rows of cells; the first HeaderRows are repeated on each page.
type Table struct {
	Widths     []float64
	Rows       []Row
	HeaderRows int
	Border     bool
	Before     float64
	Pad        float64
	Block      int
	Layout     bool   // arranges, is not data: tagged as its contents only
	Tag        string // of a layout table: Div, Sect …; empty: contents belong to the parent
	KeepRows   bool   // rows are never divided, even tall ones
	KeepNext   bool
}

// Row is one row.
type Row struct {
	Cells     []Cell
	KeepNext  bool
	MinHeight float64
}

// Cell is a cell with its contents, set from the top.
type Cell struct {
	Content []Element
	Span    int
	Header  bool
	Scope   string
	Middle  bool
}

// Box is an area for fields, in the flow of a cell.
type Box struct {
	Height float64
	Fields []Field
	Block  int
}

// Field is a signature field; X, W, Y, H relate to the box's width and height in points;
// an X below zero is measured from the centre by Center.
type Field struct {
	Name, Tooltip, Slot string
	Seal                bool
	X, Y, W, H          float64 // X from the cell's centre
}

// Picture is drawn by the caller: squares (a QR code) or an image.
type Picture struct {
	Width, Height float64
	Align         Align
	Alt           string
	Squares       func(fill func(x, y, w, h float64))
	Image         any
	Kind          uint8
	Before        float64
	Block         int
}

// PageBreak starts a new page; Landscape turns the pages from here on.
type PageBreak struct{ Landscape, Turn bool }

// Blank is empty space that may vanish at a page's top.
type Blank struct{ Height float64 }

func (*Paragraph) element() {}
func (*Table) element()     {}
func (*Box) element()       {}
func (*Picture) element()   {}
func (*PageBreak) element() {}
func (*Blank) element()     {}

// MarkKind says what a Mark is.
type MarkKind uint8

// Kinds of marks.
const (
	TextMark MarkKind = iota
	LineMark
	FieldMark
	PictureMark
)

// Mark is something placed on a page. Node says which structure node it belongs to.
type Mark struct {
	Kind       MarkKind
	X, Y, W, H float64 // text: baseline and width; line: start and extent
	Size       float64
	Style      font.Style
	Gray       float64
	WordExtra  float64
	Angle      float64
	Text       string
	Source     uint8
	Link       string
	Block      int
	Note       int32
	Node       *Node
	Field      *Field
	Picture    *Picture
}

// Node is a structure node, in reading order.
type Node struct {
	Type, Lang, Scope, Alt string
	Span                   int
	Kids                   []*Node
}

func (n *Node) add(k *Node) *Node {
	n.Kids = append(n.Kids, k)
	return k
}

// Page is a laid out page.
type Page struct {
	Width, Height float64
	Marks         []Mark
	Lines         []float64 // baselines of body lines, for line references
}

// Anchor is where a named place or bookmark came to lie.
type Anchor struct {
	Name, Bookmark string
	Level, Page    int
	Y              float64
}

// Result is a laid out document.
type Result struct {
	Pages   []Page
	Root    *Node
	Anchors []Anchor
	Notes   []Note
}

// Note is a remark about the layout: a word wider than its cell.
type Note struct {
	Text  string
	Block int
	Note  int32
}

// Geometry is the page and its margins.
type Geometry struct {
	Width, Height            float64
	Top, Bottom, Left, Right float64
}

func (g Geometry) turned() Geometry {
	return Geometry{Width: g.Height, Height: g.Width, Top: g.Left, Bottom: g.Right, Left: g.Top, Right: g.Bottom}
}

// Set lays the elements out in the given faces. Together are pairs of words, in lower case with a space between, that
// centred lines do not part if they can help it; nil is none.
func Set(g Geometry, faces [4]*font.Embedded, together map[string]bool, elements []Element) *Result {
	root := &Node{Type: "Document"}
	p := &pager{geometry: g, upright: g, result: &Result{Root: root}}
	s := &setter{faces: faces, together: together, notes: &p.result.Notes}
	p.start()
	for _, e := range elements {
		if b, ok := e.(*PageBreak); ok {
			p.pageBreak(b)
			continue
		}
		if b, ok := e.(*Blank); ok {
			p.add(chunk{space: b.Height, breakable: true})
			continue
		}
		s.continueList(e)
		for i, c := range s.chunks(e, p.geometry.Width-p.geometry.Left-p.geometry.Right, root) {
			if i == 0 && p.keep {
				c.breakable = false
			}
			p.add(c)
		}
		p.keep = keeps(e)
	}
	p.finish()
	return p.result
}

// keeps says whether e stays on the page of what follows it.
func keeps(e Element) bool {
	switch e := e.(type) {
	case *Paragraph:
		return e.KeepNext
	case *Table:
		return e.KeepNext
	}
	return false
}

// continueList closes the open lists when e is no item.
func (s *setter) continueList(e Element) {
	s.label = nil
	if p, ok := e.(*Paragraph); ok && p.List != 0 {
		return
	}
	s.lists, s.items = [2]*Node{}, [2]*Node{}
}
