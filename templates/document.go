package templates

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"strings"

	"covenant/templates/internal/pdfa"
)

// RunKind says where placed text comes from. Number, date, watermark, page
// furniture and the QR code may differ between a reviewed draft and the frozen
// file; everything else may not.
type RunKind uint8

// Kinds of runs.
const (
	RunText RunKind = iota
	RunNumber
	RunDate
	RunWatermark
	RunCode
	RunPageNumber
)

// Span is a piece of text of one style.
type Span struct {
	Text         string
	Bold, Italic bool
	Kind         RunKind
	Ref          string // anchor it leads to
	Break        bool   // a forced line break
	Change       Change // in a redline
	Path         string // the variable it was filled from
	At           Position
	label        bool // the number of a clause, the mark of an item
}

// BlockKind says what a Block is.
type BlockKind uint8

// Kinds of blocks, in the order of a document.
const (
	BlockLetterhead BlockKind = iota
	BlockTitle
	BlockTo
	BlockBasis
	BlockPara
	BlockCenter
	BlockRight
	BlockHeading
	BlockClause
	BlockPoint
	BlockBullet
	BlockTable
	BlockSignatures
	BlockRecipients
	BlockAnnex
	BlockPageBreak
	BlockLandscape
	BlockPortrait
	BlockImage
)

// Block is a piece of a drafted document, before it is set on pages.
type Block struct {
	Kind   BlockKind
	ID     string
	Level  int    // of a heading: 0 part, 1 chapter, 2 section, 3 article
	Label  string // "Điều 3.", "1.", "a)", as printed
	Spans  []Span
	Lang2  []Span // the same in the second language
	Label2 string
	Cite   string   // as references name it: "khoản 2 Điều 3"
	Lines  [][]Span // of title, recipients, addressees
	Table  *TableData
	Head   *Letterhead
	Image  *Image
	Slots  []Slot
	Style  string // of a signature block: grid, table, or empty to choose by number
	Cols   int    // of a signature grid, 0: choose
	Clause int    // index into the outline
	At     Position
}

// Letterhead is the top of the first page (Decree 30/2020/NĐ-CP, Appendix I, cells 1–4).
type Letterhead struct {
	Parent, Issuer []Span
	Number         []Span // nil: none is printed
	Place          []Span
	// Marks are secrecy, urgency and circulation (cells 10a, 10b and 11), in this order, those that there are.
	Marks [][]Span
	// Address of the sender, telephone and so on (cell 13).
	Address []Span
}

// Image is a picture: Width in mm, Alt what a screen reader says.
type Image struct {
	Name    string
	Width   float64
	Alt     string
	picture *pdfa.Image
	data    []byte
	digest  [sha256.Size]byte
}

// TableData is an expanded table.
type TableData struct {
	Columns []TableColumn
	Rows    []TableRow
}

// TableColumn is a column's heading, width in mm (0: shares the rest) and alignment.
type TableColumn struct {
	Head  []Span
	Width float64
	Align string
}

// TableRow is a row; a spanning one has a single cell.
type TableRow struct {
	Cells    [][]Span
	Spanning bool
	At       Position
}

// Role is what a signatory is in a covenant.
type Role string

// The roles.
const (
	Leader  Role = "leader"
	Deputy  Role = "deputy"
	Member  Role = "member"
	Witness Role = "witness"
)

// Slot is a place for one signatory's signature and the agency's seal.
type Slot struct {
	ID     string // the agency's code
	Role   Role
	Unit   string
	Title  string // of the office that is expected to sign; printed only if Office
	Office bool   // the slot is an office's or a person's, not an agency's
	Label  string // the role as printed, or empty
	Unit2  string // in the second language
	Title2 string
	Seal   bool // the agency's seal has a field too
	Order  int  // from 1, as the grid lists them
}

// SignatureField is the name of the slot's field in the PDF. Where it, or that of the seal, would end like another
// field's, the PDF has a number behind it: [Rendered.Fields] says what they are called.
func (s Slot) SignatureField() string { return "sig." + s.partialName() }

// SealField is empty if the slot has no seal. Its last part is not the signature's, by which some validators (EU DSS)
// know a field whatever stands above it.
func (s Slot) SealField() string {
	if !s.Seal {
		return ""
	}
	return "seal." + s.partialName() + "-dau"
}

// IsSealField reports whether a field of one of our documents, by its full name, is a seal's. The name is the word of
// whoever made the file. Who gives a field of theirs such a name has its signature judged, and called, a seal; it still
// needs a certificate below a root for seals.
func IsSealField(name string) bool { return strings.HasPrefix(name, "seal.") }

// partialName is the code without full stops, which part a full name (ISO 32000-2 §12.7.4.2).
func (s Slot) partialName() string { return strings.ReplaceAll(s.ID, ".", "-") }

// Clause is a unit of the text that can be commented on and compared.
type Clause struct {
	ID      string // the template's id, or the number's path as "dieu-3.khoan-2"
	Number  string // "Điều 3", "khoản 2 Điều 3"; empty for parts without a number
	Heading string
	Text    string
	Level   int               // 0 … 3 headings, 4 khoản, 5 điểm, 9 other parts
	Digest  [sha256.Size]byte // of heading and text, without the clause's own number and the document's number and date
}

// Document is a drafted document: text with its numbering done.
type Document struct {
	Blocks   []Block
	Template *Template
	Options  DraftOptions
	Notes    []Problem

	values  Values
	profile *Profile
	slots   []Slot
	clauses []Clause
	laws    []*LegalBasis
	symbol  string
}

// Symbol is what the document prints after its number, as "GƯ-KTN": that of the
// options, else the template's own; empty if there is none.
func (d *Document) Symbol() string { return d.symbol }

// Outline lists the clauses in order.
func (d *Document) Outline() []Clause { return append([]Clause(nil), d.clauses...) }

// Slots lists the signature slots in signing order.
func (d *Document) Slots() []Slot { return append([]Slot(nil), d.slots...) }

// Title is the document's title on one line.
func (d *Document) Title() string {
	var lines []string
	for _, b := range d.Blocks {
		if b.Kind == BlockTitle {
			for _, l := range b.Lines {
				lines = append(lines, plainSpans(l))
			}
			break
		}
	}
	if len(lines) == 0 {
		return d.Template.Title()
	}
	return strings.Join(lines, " – ")
}

func plainSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Break {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(strings.ReplaceAll(s.Text, "\u00A0", " "))
	}
	return b.String()
}

// outline gathers clauses from blocks; every block belongs to the clause begun last.
func (d *Document) outline() {
	o := outliner{d: d, seen: map[string]int{}}
	for i := range d.Blocks {
		o.block(&d.Blocks[i])
	}
	o.close()
}

type outliner struct {
	d    *Document
	cur  *Clause
	text strings.Builder
	sum  hash.Hash
	seen map[string]int
	path [6]string
}

func (o *outliner) begin(id, number, heading string, level int) {
	o.close()
	if n := o.seen[id]; n > 0 {
		o.seen[id]++
		id = fmt.Sprintf("%s-%d", id, n+1)
	}
	o.seen[id]++
	o.cur = &Clause{ID: id, Number: number, Heading: heading, Level: level}
	o.sum = sha256.New()
	fmt.Fprintf(o.sum, "%s\x00", heading)
}

func (o *outliner) close() {
	if o.cur == nil {
		return
	}
	o.cur.Text = strings.TrimSpace(o.text.String())
	o.sum.Sum(o.cur.Digest[:0])
	o.d.clauses = append(o.d.clauses, *o.cur)
	o.cur = nil
	o.text.Reset()
}

// take adds text to the clause; number and date do not count in the digest.
func (o *outliner) take(spans []Span) {
	o.add(spans)
	o.endLine()
}

func (o *outliner) endLine() {
	o.text.WriteByte('\n')
	o.sum.Write([]byte{'\n'})
}

func (o *outliner) add(spans []Span) {
	o.text.WriteString(plainSpans(spans))
	for _, s := range spans {
		if s.Kind == RunText {
			fmt.Fprintf(o.sum, "%s\x1F%t%t", s.Text, s.Bold, s.Italic)
		}
	}
}

// parts without a number of their own.
var partIDs = map[BlockKind]string{
	BlockLetterhead: "dau-trang", BlockTitle: "tieu-de", BlockTo: "kinh-gui", BlockBasis: "can-cu",
	BlockSignatures: "chu-ky", BlockRecipients: "noi-nhan",
}

func (o *outliner) block(b *Block) {
	if id := partIDs[b.Kind]; id != "" {
		if o.cur == nil || o.cur.ID != id {
			o.begin(id, "", "", 9)
		}
	} else {
		o.start(b)
	}
	b.Clause = len(o.d.clauses)
	if b.Head != nil {
		for _, spans := range append([][]Span{b.Head.Parent, b.Head.Issuer, b.Head.Number, b.Head.Place,
			b.Head.Address}, b.Head.Marks...) {
			if spans != nil {
				o.take(spans)
			}
		}
	}
	if b.Kind != BlockHeading && b.Kind != BlockAnnex {
		if b.Spans != nil {
			o.take(b.Spans)
		}
	}
	if b.Lang2 != nil {
		o.take(b.Lang2)
	}
	for _, l := range b.Lines {
		o.take(l)
	}
	for _, s := range b.Slots {
		o.take([]Span{{Text: s.Unit + " – " + s.Label}})
	}
	if b.Table != nil {
		o.table(b.Table)
	}
}

// table takes a line for each row, its cells parted by “ | ”.
func (o *outliner) table(t *TableData) {
	for i, c := range t.Columns {
		o.cell(c.Head, i)
	}
	o.endLine()
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			o.cell(c, i)
		}
		o.endLine()
	}
}

func (o *outliner) cell(spans []Span, i int) {
	if i > 0 {
		o.text.WriteString(" | ")
		o.sum.Write([]byte{'|'})
	}
	o.add(spans)
}

func (o *outliner) start(b *Block) {
	switch b.Kind {
	case BlockHeading, BlockAnnex, BlockClause, BlockPoint:
		level := b.Level
		heading := plainSpans(b.Spans)
		switch b.Kind {
		case BlockClause:
			level, heading = 4, ""
		case BlockPoint:
			level, heading = 5, ""
		case BlockAnnex:
			level = 0
		}
		id := b.ID
		o.path[level] = slug(b.Label)
		clear(o.path[level+1:])
		if id == "" {
			id = o.pathID(level)
		}
		o.begin(id, b.Cite, heading, level)
	default:
		if o.cur == nil || o.cur.Level == 9 && partOf(o.cur.ID) {
			o.begin("doan", "", "", 9)
		}
	}
}

func partOf(id string) bool {
	for _, p := range partIDs {
		if p == id {
			return true
		}
	}
	return false
}

func (o *outliner) pathID(level int) string {
	prefix := [...]string{"", "", "", "", "khoan-", "diem-"}
	var parts []string
	for l := 0; l <= level; l++ {
		if o.path[l] != "" && (l >= 3 || l == level || o.path[3] == "") {
			parts = append(parts, prefix[l]+o.path[l])
		}
	}
	return strings.Join(parts, ".")
}

// slug writes a label for an id: "Điều 3." is "dieu-3".
func slug(s string) string {
	s = strings.TrimRight(fold(s), ".): ")
	return strings.Join(strings.Fields(s), "-")
}
