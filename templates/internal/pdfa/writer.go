// Package pdfa writes finished PDF files: PDF/A-2a (PDF/A-3a with attachments, ISO 19005-2 and -3) and PDF/UA-1 (ISO
// 14289-1) at once, tagged, with empty signature fields, byte for byte the same for the same input.
//
// The story: a Writer draws pages through the narrow interface canvas, which the library fpdf fills (canvas_fpdf.go
// holds the only import of it). When all pages are drawn, Finish takes the page contents out of what the library wrote
// and writes the file around them: shared font programs, structure tree, links, fields, bookmarks, output intent, XMP,
// /ID, compressed once, with a classic cross-reference table. How numbers, strings and entries are written is
// internal/pdf's business.
//
// Units are points; the origin is the page's top left corner, y grows down. The package knows marks and tags, never
// what a covenant is.
package pdfa

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"time"

	"covenant/internal/pdf"
	"covenant/templates/internal/font"
)

// canvas is all that the finishing pass needs of a PDF library.
type canvas interface {
	page(width, height float64)
	raw(operators []byte)
	line(x1, y1, x2, y2, width float64)
	rect(x, y, w, h float64, gray float64)
	contents() ([][]byte, error) // one uncompressed content stream a page
}

// Info is the document's description.
type Info struct {
	Title, Author, Subject, Lang string
	Producer                     string
	Created                      time.Time
}

// Elem is a node of the structure tree (ISO 32000-2, 14.7).
type Elem struct {
	Type  string // standard structure type: P, H1, Table, TR, TH, TD, Figure, Form, Link …
	Lang  string // only where it differs from the document's
	Alt   string
	Scope string // of a TH: Row or Column
	Span  int    // ColSpan of a cell, 0 and 1 are the same
	ID    string

	parent *Elem
	kids   []kid
	number int
}

type kid struct {
	elem  *Elem
	page  int // 0-based, with mcid
	mcid  int
	annot int // index of an annotation plus one
}

// Add makes child the last kid of e and returns child.
func (e *Elem) Add(child *Elem) *Elem {
	child.parent = e
	e.kids = append(e.kids, kid{elem: child})
	return child
}

// Empty says whether nothing was drawn in e or below.
func (e *Elem) Empty() bool { return len(e.kids) == 0 }

// Rect is an area of a page in points from its top left corner.
type Rect struct{ X, Y, W, H float64 }

// Field is an empty signature field (ISO 32000-2, 12.7.5.5) at a place.
type Field struct {
	Name, Tooltip string
	Page          int // 0-based
	Rect          Rect
	Elem          *Elem // its Form element
}

// Link leads to a place in the document, or to URI.
type Link struct {
	Page     int
	Rect     Rect
	Dest     string // name of an anchor
	URI      string
	Contents string
	Elem     *Elem // its Link element
}

// Anchor is a named place.
type Anchor struct {
	Page int
	Y    float64
}

// Bookmark is an entry of the outline; Level 0 is the top.
type Bookmark struct {
	Level int
	Title string
	Page  int
	Y     float64
}

// Attachment is an associated file (ISO 32000-2, 14.13; PDF/A-3).
type Attachment struct {
	Name, MIME, Relationship, Description string
	Data                                  []byte
}

// Writer draws pages and finishes the file.
type Writer struct {
	Root        *Elem
	Fields      []Field
	Links       []Link
	Anchors     map[string]Anchor
	Bookmarks   []Bookmark
	Attachments []Attachment
	Images      []*Image

	info   Info
	fonts  [4]*font.Embedded
	used   [4]bool
	canvas canvas
	pages  []pageState
	buf    []byte
	open   bool
	gray   float64
}

type pageState struct {
	width, height float64
	marks         []*Elem // by mcid
	images        map[int]bool
}

// NewWriter starts a document that is set in the given cuts, by style.
func NewWriter(info Info, fonts [4]*font.Embedded) *Writer {
	return &Writer{
		Root: &Elem{Type: "Document"}, Anchors: map[string]Anchor{},
		info: info, fonts: fonts, canvas: newCanvas(),
	}
}

// AddPage starts a page of the given size.
func (w *Writer) AddPage(width, height float64) {
	w.flush()
	w.canvas.page(width, height)
	w.pages = append(w.pages, pageState{width: width, height: height})
	w.gray = 0
}

// Pages is how many pages there are.
func (w *Writer) Pages() int { return len(w.pages) }

// Begin opens marked content that belongs to e; nil is an artifact.
func (w *Writer) Begin(e *Elem) {
	if w.open {
		w.End()
	}
	w.open = true
	p := &w.pages[len(w.pages)-1]
	if e == nil {
		w.buf = append(w.buf, "/Artifact BMC\n"...)
		return
	}
	mcid := len(p.marks)
	p.marks = append(p.marks, e)
	e.kids = append(e.kids, kid{page: len(w.pages) - 1, mcid: mcid})
	w.buf = append(w.buf, '/')
	w.buf = append(w.buf, e.Type...)
	w.buf = append(w.buf, "<</MCID "...)
	w.buf = strconv.AppendInt(w.buf, int64(mcid), 10)
	w.buf = append(w.buf, ">>BDC\n"...)
}

// Pagination opens an artifact that repeats from page to page.
func (w *Writer) Pagination() {
	if w.open {
		w.End()
	}
	w.open = true
	w.buf = append(w.buf, "/Artifact<</Type/Pagination>>BDC\n"...)
}

// End closes what Begin or Pagination opened.
func (w *Writer) End() {
	if w.open {
		w.buf = append(w.buf, "EMC\n"...)
		w.open = false
	}
}

// Text is a run of one style on one baseline.
type Text struct {
	X, Y      float64 // baseline
	Size      float64
	Style     font.Style
	Gray      float64 // 0 black … 1 white
	WordExtra float64 // added to each space, in points
	Angle     float64 // degrees, counter-clockwise
	Text      string
}

// Text draws t. Characters outside the cut are drawn as .notdef: the caller
// has asked the face before.
func (w *Writer) Text(t Text) {
	h := w.pages[len(w.pages)-1].height
	w.used[t.Style] = true
	w.setGray(t.Gray)
	b := append(w.buf, "BT /F"...)
	b = strconv.AppendInt(b, int64(t.Style)+1, 10)
	b = append(b, ' ')
	b = pdf.AppendNumber(b, t.Size)
	b = append(b, " Tf "...)
	b = matrix(b, t.Angle)
	b = pdf.AppendNumber(b, t.X)
	b = append(b, ' ')
	b = pdf.AppendNumber(b, h-t.Y)
	b = append(b, " Tm "...)
	w.buf = b
	w.show(t)
	w.buf = append(w.buf, " ET\n"...)
}

// matrix appends the first four numbers of a text matrix.
func matrix(b []byte, degrees float64) []byte {
	if degrees == 0 {
		return append(b, "1 0 0 1 "...)
	}
	s, c := math.Sincos(degrees * math.Pi / 180)
	for _, v := range []float64{c, s, -s, c} {
		b = append(pdf.AppendNumber(b, v), ' ')
	}
	return b
}

func (w *Writer) show(t Text) {
	f := w.fonts[t.Style]
	b := w.buf
	extra := -t.WordExtra * 1000 / t.Size
	if extra == 0 {
		b = append(b, '<')
	} else {
		b = append(b, "[<"...)
	}
	for _, r := range t.Text {
		stretched := r == ' ' && extra != 0 // a no-break space keeps its width
		if r == 0xA0 {
			r = ' '
		}
		gid := f.Glyph(r)
		b = hex.AppendEncode(b, []byte{byte(gid >> 8), byte(gid)})
		if stretched {
			b = append(b, '>')
			b = pdf.AppendNumber(b, extra)
			b = append(b, '<')
		}
	}
	if extra == 0 {
		b = append(b, "> Tj"...)
	} else {
		b = append(b, ">] TJ"...)
	}
	w.buf = b
}

// Line draws a straight black line.
func (w *Writer) Line(x1, y1, x2, y2, width float64) {
	w.flush()
	w.canvas.line(x1, y1, x2, y2, width)
}

// Fill fills a rectangle with a grey.
func (w *Writer) Fill(r Rect, gray float64) {
	w.flush()
	w.canvas.rect(r.X, r.Y, r.W, r.H, gray)
	w.gray = gray
}

func (w *Writer) setGray(g float64) {
	if g == w.gray {
		return
	}
	w.gray = g
	w.buf = pdf.AppendNumber(w.buf, g)
	w.buf = append(w.buf, " g\n"...)
}

func (w *Writer) flush() {
	if len(w.buf) > 0 {
		w.canvas.raw(w.buf)
		w.buf = w.buf[:0]
	}
}

// errNoPage is returned by Finish for a document without pages.
var errNoPage = errors.New("document has no page")
