package templates

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// DOCX writes the document as a Word file (ISO/IEC 29500, transitional): styles
// after the layout profile in Times New Roman, numbering as Word's own, tables
// with repeated header rows, page numbers in the header, and a content control
// around every clause and filled-in variable, tagged with its path. The same
// document gives the same bytes.
func (d *Document) DOCX(w io.Writer) error {
	x := &docx{d: d, p: d.profile}
	for i := 0; i < len(d.Blocks); i++ {
		i += x.block(i)
	}
	parts := []struct{ name, body string }{
		{"[Content_Types].xml", docxTypes},
		{"_rels/.rels", docxRootRels},
		{"word/document.xml", docxHead + x.b.String() + x.sectionEnd() + "</w:body></w:document>"},
		{"word/_rels/document.xml.rels", x.rels()},
		{"word/styles.xml", x.styles()},
		{"word/numbering.xml", x.numberingPart()},
		{"word/header1.xml", x.header(docxPage)},
		{"word/header2.xml", x.header("")}, // of the first page, which bears no number
		{"word/footer1.xml", x.footer()},
		{"word/settings.xml", docxSettings},
		{"docProps/core.xml", x.core()},
	}
	for i, img := range x.images {
		parts = append(parts, struct{ name, body string }{fmt.Sprintf("word/media/image%d.png", i+1), string(img.data)})
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 6) })
	for _, p := range parts {
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0,
			0, 0, 0, time.UTC)})
		if err == nil {
			_, err = io.WriteString(f, p.body)
		}
		if err != nil {
			return fmt.Errorf("writing %s of the Word file: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("writing the Word file: %w", err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("writing the Word file: %w", err)
	}
	return nil
}

type docx struct {
	d         *Document
	p         *Profile
	b         strings.Builder
	control   int   // id of the last content control
	lists     []int // numbering instances, as numbers of abstract lists
	clause    int   // numId of the current article's clauses
	point     int
	images    []*Image
	letters   []string // labels that lists are made for by name
	landscape bool
}

// esc writes text for XML; characters that XML 1.0 cannot hold are dropped.
func (x *docx) esc(s string) string {
	return xmlText.Replace(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s))
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", " ")

// para is a paragraph in a style with extra properties.
func (x *docx) para(style, props string, spans []Span, l look) {
	x.b.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + style + `"/>` + props + `</w:pPr>`)
	x.runs(spans, l)
	x.b.WriteString("</w:p>")
}

// runs writes text; a filled-in variable becomes a content control.
func (x *docx) runs(spans []Span, l look) {
	for _, s := range spans {
		if s.Break {
			x.b.WriteString("<w:r><w:br/></w:r>")
			continue
		}
		if s.Text == "" {
			continue
		}
		if s.Path != "" && s.Ref == "" {
			x.control++
			fmt.Fprintf(&x.b, `<w:sdt><w:sdtPr><w:alias w:val="%s"/><w:tag w:val="%s"/><w:id w:val="%d"/>`+
				`</w:sdtPr><w:sdtContent>`, x.esc(s.Path), x.esc(s.Path), x.control)
			x.run(s, l)
			x.b.WriteString("</w:sdtContent></w:sdt>")
			continue
		}
		x.run(s, l)
	}
}

func (x *docx) run(s Span, l look) {
	x.b.WriteString("<w:r><w:rPr>")
	if s.Bold || l.bold {
		x.b.WriteString("<w:b/>")
	}
	if s.Italic != l.italic {
		x.b.WriteString("<w:i/>")
	}
	if l.upper {
		x.b.WriteString("<w:caps/>")
	}
	if l.size > 0 {
		fmt.Fprintf(&x.b, `<w:sz w:val="%d"/><w:szCs w:val="%d"/>`, int(l.size*2), int(l.size*2))
	}
	x.b.WriteString(`</w:rPr><w:t xml:space="preserve">` + x.esc(s.Text) + `</w:t></w:r>`)
}

// wrapped puts a clause into a content control tagged with its id.
func (x *docx) wrapped(b *Block, fn func()) {
	id := b.ID
	if id == "" && b.Clause < len(x.d.clauses) {
		id = x.d.clauses[b.Clause].ID
	}
	x.control++
	fmt.Fprintf(&x.b, `<w:sdt><w:sdtPr><w:tag w:val="%s"/><w:id w:val="%d"/></w:sdtPr><w:sdtContent>`, x.esc(id),
		x.control)
	fn()
	x.b.WriteString("</w:sdtContent></w:sdt>")
}

func (x *docx) numbered(num, level int) string {
	return fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, num)
}

// newList starts a numbering instance of an abstract list and returns its numId.
func (x *docx) newList(abstract int) int {
	x.lists = append(x.lists, abstract)
	return len(x.lists) + 1 // 1 is the headings'
}

// block writes block i and returns how many further blocks it took in.
func (x *docx) block(i int) int {
	b := &x.d.Blocks[i]
	switch b.Kind {
	case BlockLetterhead:
		x.letterhead(b)
	case BlockTitle:
		for j, l := range b.Lines {
			style := "CovenantSubject"
			if j == 0 {
				style = "Title"
			}
			x.para(style, "", l, look{upper: j == 0})
		}
		x.rule(x.textWidth(), 0.42)
	case BlockTo:
		x.addressees(b)
	case BlockHeading, BlockAnnex:
		x.headingBlock(b)
	case BlockClause, BlockPoint:
		x.wrapped(b, func() { x.item(b) })
	case BlockBullet:
		x.para("CovenantBody", "", append([]Span{{Text: "- "}}, b.Spans...), look{})
	case BlockTable:
		x.table(b)
	case BlockImage:
		x.image(b.Image)
	case BlockSignatures:
		return x.signatures(i)
	case BlockRecipients:
		x.recipients(b)
	case BlockPageBreak:
		x.b.WriteString(`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`)
	case BlockLandscape, BlockPortrait:
		x.b.WriteString("<w:p><w:pPr>" + x.sectionEnd() + "</w:pPr></w:p>")
		x.landscape = b.Kind == BlockLandscape
	default:
		x.para(plainStyle(b.Kind), x.keep(i), b.Spans, look{})
	}
	x.second(b)
	return 0
}

// keep holds a paragraph on the page of what follows: after a colon, and before the signatures.
func (x *docx) keep(i int) string {
	if x.d.leads(i) {
		return "<w:keepNext/>"
	}
	return ""
}

// second writes the block's other language under it, with the same number.
func (x *docx) second(b *Block) {
	if len(b.Lang2) == 0 {
		return
	}
	spans, l := b.Lang2, look{}
	switch {
	case b.Label2 != "":
		spans, l.bold = append([]Span{{Text: b.Label2 + " "}}, spans...), b.Kind == BlockHeading
	case b.Kind == BlockClause || b.Kind == BlockPoint:
		spans = append([]Span{{Text: b.Label + " "}}, spans...)
	case b.Kind == BlockBullet:
		spans = append([]Span{{Text: "- "}}, spans...)
	}
	style := "CovenantSecond"
	if b.Kind == BlockCenter || b.Kind == BlockAnnex {
		style = "CovenantSecondCentre"
	}
	x.para(style, "", spans, l)
}

// addressees: “Kính gửi:”, several on lines of their own with hyphens.
func (x *docx) addressees(b *Block) {
	word := addresseesWord.In(x.d.languages()[0])
	if len(b.Lines) == 1 {
		x.para("CovenantCentre", "", append([]Span{{Text: word}}, b.Lines[0]...), look{})
		return
	}
	x.para("CovenantBody", "<w:keepNext/>", []Span{{Text: word}}, look{})
	for _, l := range b.Lines {
		x.para("CovenantBody", `<w:ind w:left="1700" w:firstLine="0"/>`, append([]Span{{Text: "- "}}, l...), look{})
	}
}

func plainStyle(k BlockKind) string {
	switch k {
	case BlockBasis:
		return "CovenantBasis"
	case BlockCenter:
		return "CovenantCentre"
	case BlockRight:
		return "CovenantRight"
	}
	return "CovenantBody"
}

func (x *docx) item(b *Block) {
	if b.Kind == BlockClause {
		if b.Label == "1." || x.clause == 0 {
			x.clause = x.newList(1)
		}
		x.point = 0
		x.para("CovenantBody", x.numbered(x.clause, 0), b.Spans, look{})
		return
	}
	letter := strings.TrimSuffix(b.Label, ")")
	n := slices.Index(points, letter)
	if n < 0 || n >= 4 { // Word's own letters have no đ, so these are named
		x.para("CovenantBody", x.numbered(x.newList(x.letter(letter)), 0), b.Spans, look{})
		return
	}
	if n == 0 || x.point == 0 {
		x.point = x.newList(2)
	}
	x.para("CovenantBody", x.numbered(x.point, 0), b.Spans, look{})
}

// letter is the abstract list whose only label is the letter.
func (x *docx) letter(letter string) int {
	n := slices.Index(x.letters, letter)
	if n < 0 {
		n = len(x.letters)
		x.letters = append(x.letters, letter)
	}
	return 3 + n
}

// headingBlock: articles number themselves; parts, chapters, sections and
// annexes carry their label as text in a paragraph of its own.
func (x *docx) headingBlock(b *Block) {
	x.clause, x.point = 0, 0
	if b.Kind == BlockHeading && b.Level == 3 {
		x.wrapped(b, func() { x.para("Heading2", x.numbered(1, 0), b.Spans, look{}) })
		return
	}
	style := "Heading1"
	if b.Level == 2 {
		style = "Heading3"
	}
	props := ""
	if b.Kind == BlockAnnex {
		props = "<w:pageBreakBefore/>"
	}
	x.para("CovenantLabel", props, []Span{{Text: strings.TrimSuffix(b.Label, ".")}}, look{upper: b.Level < 2})
	x.wrapped(b, func() { x.para(style, "", b.Spans, look{}) })
}

func (x *docx) core() string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties` +
		` xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` +
		x.esc(x.d.Title()) + `</dc:title><dc:language>` + tagOf(x.d.languages()[0]) +
		`</dc:language></cp:coreProperties>`
}
