package templates

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/templates/internal/font"
	"covenant/templates/internal/pdfa"
	"covenant/templates/internal/typeset"
)

// Renderer names the version of the program that sets pages. It changes when
// the same input may give other pages.
const Renderer = "covenant-templates/2"

// PDFOptions say how a PDF is written.
type PDFOptions struct {
	Created     time.Time // written into the file; fix it to get equal bytes. Zero: 1 January of the document's year
	Fields      bool      // place empty signature and seal fields
	Attachments []Attachment
}

// Attachment is a file inside the PDF (PDF/A-3): source data, the template.
type Attachment struct {
	Name, MIME, Description string
	Data                    []byte
}

// FieldKind says whose field it is.
type FieldKind string

// Kinds of fields.
const (
	SignatureFieldKind FieldKind = "signature"
	SealFieldKind      FieldKind = "seal"
)

// Rect is an area in points; the origin is the page's lower left corner.
type Rect struct{ X, Y, W, H float64 }

// Field is a signature field in the file.
type Field struct {
	Name string
	Kind FieldKind
	Slot string // Slot.ID
	Page int    // from 1
	Rect Rect
}

// Run is something placed on a page: text, or a rule when Text is empty. X and
// Y are in points from the page's top left corner, Y the baseline.
type Run struct {
	Page       int
	X, Y, W, H float64
	Size       float64
	Style      uint8 // 1 bold, 2 italic
	Text       string
	Kind       RunKind
	Block      int
}

// Rendered is what came to lie where, with the digest of the file.
type Rendered struct {
	Pages  int
	Fields []Field
	Runs   []Run
	Digest [sha256.Size]byte
	Size   int64
}

// PDF sets the document and writes it to w: PDF/A-2a and PDF/UA-1, PDF/A-3a
// with attachments. Problems of the text (a character that the font lacks) are
// returned as Problems in the error, and then nothing was written.
func (d *Document) PDF(w io.Writer, opt PDFOptions) (*Rendered, error) {
	lay, problems := d.layout()
	if err := Problems(problems).Err(); err != nil {
		return nil, err
	}
	r := &renderer{d: d, lay: lay, opt: opt, out: &Rendered{Pages: len(lay.result.Pages)}}
	r.start()
	for i := range lay.result.Pages {
		r.page(i)
	}
	r.marks()
	var b bytes.Buffer
	if err := r.w.Finish(&b); err != nil {
		return nil, fmt.Errorf("writing %s as PDF: %w", d.Template.Name, err)
	}
	r.out.Digest = sha256.Sum256(b.Bytes())
	r.out.Size = int64(b.Len())
	if _, err := w.Write(b.Bytes()); err != nil {
		return nil, fmt.Errorf("writing %s as PDF: %w", d.Template.Name, err)
	}
	return r.out, nil
}

type renderer struct {
	d     *Document
	lay   *laidOut
	opt   PDFOptions
	w     *pdfa.Writer
	out   *Rendered
	elems map[*typeset.Node]*pdfa.Elem
	parts map[string]bool // of fields' names, in small letters
	// untagged draws pages alone: no structure, no links. It is for previews.
	untagged bool
}

func (d *Document) languages() []words.Language {
	if len(d.Options.Languages) > 0 {
		return d.Options.Languages
	}
	return d.Template.header.languages
}

// tagOf is a language as PDF and XMP name it (BCP 47).
func tagOf(lang words.Language) string {
	if lang == words.Vietnamese {
		return "vi-VN"
	}
	return string(lang)
}

func (r *renderer) start() {
	created := r.opt.Created
	if created.IsZero() {
		year := max(r.d.Options.Date.Year, 2000)
		created = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	author := ""
	for _, b := range r.d.Blocks {
		if b.Head != nil {
			author = plainSpans(b.Head.Issuer)
		}
	}
	r.w = pdfa.NewWriter(pdfa.Info{
		Title: r.d.Title(), Author: author, Subject: r.d.Template.Title(), Lang: tagOf(r.d.languages()[0]),
		Producer: Renderer, Created: created,
	}, r.lay.fonts)
	for _, a := range r.opt.Attachments {
		r.w.Attachments = append(r.w.Attachments, pdfa.Attachment{Name: a.Name, MIME: a.MIME, Relationship: "Source",
			Description: a.Description, Data: a.Data})
	}
	r.elems = map[*typeset.Node]*pdfa.Elem{}
	r.tree(r.lay.result.Root, r.w.Root)
}

// tree copies the structure; fields that are not placed leave no Form behind.
func (r *renderer) tree(n *typeset.Node, e *pdfa.Elem) {
	r.elems[n] = e
	for _, k := range n.Kids {
		if k.Type == "Form" && !r.opt.Fields {
			continue
		}
		r.tree(k, e.Add(&pdfa.Elem{Type: k.Type, Lang: k.Lang, Scope: k.Scope, Span: k.Span, Alt: k.Alt}))
	}
}

func (r *renderer) page(i int) {
	page := &r.lay.result.Pages[i]
	r.w.AddPage(page.Width, page.Height)
	r.watermark(i, page)
	r.furniture(i, page)
	if i == 0 {
		r.address(page)
	}
	open := false
	for j := range page.Marks {
		m := &page.Marks[j]
		if m.Kind != typeset.LineMark {
			continue
		}
		if !open {
			r.w.Begin(nil)
			open = true
		}
		r.w.Line(m.X, m.Y, m.X+m.W, m.Y+m.H, m.Size)
		r.record(i, m)
	}
	r.w.End()
	var current *typeset.Node
	open = false
	for j := range page.Marks {
		m := &page.Marks[j]
		switch m.Kind {
		case typeset.TextMark:
			if !open || current != m.Node || m.Link != "" {
				r.begin(i, m)
				open, current = true, m.Node
			}
			r.w.Text(pdfa.Text{X: m.X, Y: m.Y, Size: m.Size, Style: m.Style, Gray: m.Gray, WordExtra: m.WordExtra,
				Text: m.Text})
			r.record(i, m)
			if m.Link != "" {
				open = false
			}
		case typeset.FieldMark:
			r.field(i, m, page.Height)
		case typeset.PictureMark:
			r.picture(m)
			r.record(i, m)
			open = false
		}
	}
	r.w.End()
}

// begin opens the marked content of a text mark; a reference gets a Link element.
func (r *renderer) begin(page int, m *typeset.Mark) {
	if m.Node == nil || r.untagged {
		r.w.Begin(nil)
		return
	}
	e := r.elems[m.Node]
	if m.Link != "" {
		e = e.Add(&pdfa.Elem{Type: "Link"})
		r.w.Links = append(r.w.Links, pdfa.Link{
			Page: page, Dest: m.Link, Contents: strings.TrimSpace(m.Text), Elem: e,
			Rect: pdfa.Rect{X: m.X, Y: m.Y - m.Size*0.9, W: m.W, H: m.Size * 1.15},
		})
	}
	r.w.Begin(e)
}

func (r *renderer) picture(m *typeset.Mark) {
	r.w.Begin(r.elems[m.Node])
	if m.Picture.Squares != nil {
		m.Picture.Squares(func(x, y, w, h float64) {
			r.w.Fill(pdfa.Rect{X: m.X + x, Y: m.Y + y, W: w, H: h}, 0)
		})
	}
	if img, ok := m.Picture.Image.(*pdfa.Image); ok {
		r.w.Image(img, pdfa.Rect{X: m.X, Y: m.Y, W: m.W, H: m.H})
	}
	r.w.End()
}

func (r *renderer) field(page int, m *typeset.Mark, height float64) {
	if !r.opt.Fields {
		return
	}
	f := m.Field
	name := r.ownName(f.Name)
	r.w.Fields = append(r.w.Fields, pdfa.Field{
		Name: name, Tooltip: f.Tooltip, Page: page, Rect: pdfa.Rect{X: m.X, Y: m.Y, W: m.W, H: m.H},
		Elem: r.elems[m.Node],
	})
	kind := SignatureFieldKind
	if f.Seal {
		kind = SealFieldKind
	}
	r.out.Fields = append(r.out.Fields, Field{
		Name: name, Kind: kind, Slot: f.Slot, Page: page + 1,
		Rect: Rect{milli(m.X), milli(height - m.Y - m.H), milli(m.W), milli(m.H)},
	})
}

// ownName gives a field a name whose last part no other field or node of the form has, in capitals or small letters.
func (r *renderer) ownName(name string) string {
	if r.parts == nil {
		r.parts = map[string]bool{"sig": true, "seal": true} // the nodes above all others
	}
	above, own, _ := strings.Cut(name, ".")
	part := own
	for n := 2; r.parts[strings.ToLower(part)]; n++ {
		part = fmt.Sprintf("%s-%d", own, n)
	}
	r.parts[strings.ToLower(part)] = true
	return above + "." + part
}

// milli rounds to the file's precision.
func milli(v float64) float64 { return math.Round(v*1000) / 1000 }

func (r *renderer) record(page int, m *typeset.Mark) {
	run := Run{
		Page: page + 1, X: milli(m.X), Y: milli(m.Y), W: milli(m.W), Size: m.Size, Style: uint8(m.Style),
		Text: m.Text, Kind: RunKind(m.Source), Block: m.Block,
	}
	if m.Kind != typeset.TextMark {
		run.H = milli(m.H)
	}
	r.out.Runs = append(r.out.Runs, run)
}

// watermark lies under the text, an artifact.
func (r *renderer) watermark(i int, page *typeset.Page) {
	text, p := r.d.Options.Watermark, r.d.profile.Watermark
	if text == "" {
		return
	}
	width := r.width(text, font.Bold, p.Size)
	sin, cos := math.Sincos(p.Angle * math.Pi / 180)
	x := page.Width/2 - width/2*cos + p.Size/3*sin
	y := page.Height/2 + width/2*sin + p.Size/3*cos
	r.w.Begin(nil)
	r.w.Text(pdfa.Text{X: x, Y: y, Size: p.Size, Style: font.Bold, Gray: p.Gray, Angle: p.Angle, Text: text})
	r.out.Runs = append(r.out.Runs, Run{Page: i + 1, X: milli(x), Y: milli(y), Size: p.Size, Style: 1, Text: text,
		Kind: RunWatermark})
	l := r.d.profile.LineNumbers
	for j, y := range page.Lines {
		if l.Every <= 0 || (j+1)%l.Every != 0 {
			continue
		}
		n := fmt.Sprint(j + 1)
		x := r.d.profile.Page.Left*mm - 8*mm - r.width(n, font.Regular, l.Size)
		r.w.Text(pdfa.Text{X: x, Y: y, Size: l.Size, Gray: l.Gray, Text: n})
		r.out.Runs = append(r.out.Runs, Run{Page: i + 1, X: milli(x), Y: milli(y), Size: l.Size, Text: n,
			Kind: RunWatermark})
	}
	r.w.End()
}

func (r *renderer) width(text string, style font.Style, size float64) float64 {
	f := r.lay.fonts[style]
	w := 0.0
	for _, c := range text {
		w += f.Width(f.Glyph(c))
	}
	return w * size / 1000
}

// furniture is the page number: centred in the top margin, not on page 1.
func (r *renderer) furniture(i int, page *typeset.Page) {
	if i == 0 {
		return
	}
	p := r.d.profile.PageNumber
	text := fmt.Sprint(i + 1)
	x, y := page.Width/2-r.width(text, font.Regular, p.Size)/2, p.Top*mm
	r.w.Pagination()
	r.w.Text(pdfa.Text{X: x, Y: y, Size: p.Size, Text: text})
	r.w.End()
	r.out.Runs = append(r.out.Runs, Run{Page: i + 1, X: milli(x), Y: milli(y), Size: p.Size, Text: text,
		Kind: RunPageNumber})
}

// address sets the sender's address in the foot of page 1, centred under a rule, in as many lines as it takes
// (Decree 30/2020/NĐ-CP, Appendix I, cell 13).
func (r *renderer) address(page *typeset.Page) {
	p := r.d.profile
	var text strings.Builder
	for _, s := range r.lay.address {
		text.WriteString(s.Text)
	}
	lines := r.wrap(text.String(), p.Address.Size, page.Width-(p.Page.Left+p.Page.Right)*mm)
	if len(lines) == 0 {
		return
	}
	left, right := p.Page.Left*mm, page.Width-p.Page.Right*mm
	y := page.Height - p.Address.Bottom*mm
	top := typeset.Mark{Kind: typeset.LineMark, X: left, Y: y - p.Address.Size*1.1, W: right - left, Size: 0.6}
	r.w.Begin(nil)
	r.w.Line(top.X, top.Y, top.X+top.W, top.Y, top.Size)
	r.w.End()
	r.record(0, &top)
	r.w.Begin(r.w.Root.Add(&pdfa.Elem{Type: "P"}))
	for i, line := range lines {
		width := r.width(line, font.Regular, p.Address.Size)
		m := typeset.Mark{
			Kind: typeset.TextMark, X: (left + right - width) / 2, Y: y + float64(i)*p.Address.Size*1.2, W: width,
			Size: p.Address.Size, Text: line,
		}
		if i < len(lines)-1 {
			line += " " // words stay apart when the text is taken out
		}
		r.w.Text(pdfa.Text{X: m.X, Y: m.Y, Size: m.Size, Text: line})
		r.record(0, &m)
	}
	r.w.End()
}

// wrap fills lines of a width with words.
func (r *renderer) wrap(text string, size, width float64) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && r.width(lines[n-1]+" "+word, font.Regular, size) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// marks hands anchors and bookmarks over.
func (r *renderer) marks() {
	for _, a := range r.lay.result.Anchors {
		if a.Name != "" {
			r.w.Anchors[a.Name] = pdfa.Anchor{Page: a.Page, Y: a.Y}
		}
		if a.Bookmark != "" {
			r.w.Bookmarks = append(r.w.Bookmarks, pdfa.Bookmark{Level: a.Level, Title: a.Bookmark, Page: a.Page,
				Y: a.Y})
		}
	}
}
