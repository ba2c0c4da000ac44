package templates

import (
	"fmt"

	"covenant/internal/words"
)

// The top and the end of a Word file: letterhead, signatures, recipients.

// rule draws a line under what was written, inset on both sides by a part of the width in mm.
func (x *docx) rule(width, inset float64) {
	fmt.Fprintf(&x.b, `<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>`+
		`<w:spacing w:before="40" w:line="60" w:lineRule="exact"/><w:ind w:left="%[1]d" w:right="%[1]d"/></w:pPr>`+
		`</w:p>`, twips(width*inset))
}

func (x *docx) head(spans []Span, props string, l look) { x.para("CovenantHead", props, spans, l) }

// letterhead: issuing body and national name side by side, number and date below; without an issuing body the
// national name over the whole width, as on the printed page.
func (x *docx) letterhead(b *Block) {
	h, p := b.Head, x.p
	place := look{size: p.Letterhead.PlaceSize, italic: true}
	if len(h.Parent)+len(h.Issuer)+len(h.Number) == 0 {
		x.nation(x.textWidth(), 0.32)
		x.head(h.Place, `<w:spacing w:before="200"/><w:jc w:val="right"/>`, place)
		x.marks(h, x.textWidth()*0.35)
		return
	}
	left := p.Letterhead.Left * x.textWidth()
	right := x.textWidth() - left
	x.openTable([]float64{left, right}, false)
	x.b.WriteString("<w:tr>")
	x.cell(left, 1, func() {
		if len(h.Parent) > 0 {
			x.head(h.Parent, "", look{size: p.Letterhead.ParentSize, upper: true})
		}
		if len(h.Issuer) > 0 {
			x.head(h.Issuer, "", look{size: p.Letterhead.IssuerSize, bold: true, upper: true})
			x.rule(left, (1-p.Letterhead.Rule)/2)
		}
	})
	x.cell(right, 1, func() { x.nation(right, 0.2) })
	x.b.WriteString("</w:tr><w:tr>")
	x.cell(left, 1, func() {
		if h.Number != nil {
			x.head(h.Number, `<w:spacing w:before="120"/>`, look{size: p.Letterhead.NumberSize})
		}
	})
	x.cell(right, 1, func() { x.head(h.Place, `<w:spacing w:before="120"/>`, place) })
	x.b.WriteString("</w:tr>")
	if len(h.Marks) > 0 {
		x.b.WriteString("<w:tr>")
		x.cell(left, 1, func() { x.marks(h, left*0.12) })
		x.cell(right, 1, func() {})
		x.b.WriteString("</w:tr>")
	}
	x.b.WriteString("</w:tbl>")
}

// marks are framed words, inset by so many mm on both sides.
func (x *docx) marks(h *Letterhead, inset float64) {
	const edge = ` w:val="single" w:sz="6" w:space="2" w:color="000000"/>`
	frame := "<w:pBdr><w:top" + edge + "<w:left" + edge + "<w:bottom" + edge + "<w:right" + edge + "</w:pBdr>"
	for i, mark := range h.Marks {
		if i > 0 { // frames of paragraphs that follow one another would become one
			x.b.WriteString(docxAfterTable)
		}
		x.head(mark, frame+fmt.Sprintf(`<w:spacing w:before="160"/><w:ind w:left="%[1]d" w:right="%[1]d"/>`,
			twips(inset)), look{size: x.p.Marks.Size, bold: true, upper: true})
	}
}

// nation writes the national name and motto, in both languages where the document has two.
func (x *docx) nation(width, inset float64) {
	p, langs := x.p.National, x.d.languages()
	nameIn, mottoIn := x.p.nation()
	motto, last := mottoIn.In(langs[0]), look{size: p.MottoSize, bold: true}
	x.head([]Span{{Text: nameIn.In(langs[0])}}, "", look{size: p.NameSize, bold: true})
	if len(langs) > 1 && langs[0] == words.Vietnamese {
		x.head([]Span{{Text: nameIn.English}}, "", look{size: p.NameSize - 1.5, italic: true})
		x.head([]Span{{Text: motto}}, "", last)
		motto, last = mottoIn.English, look{size: p.MottoSize - 1.5, italic: true}
	}
	x.head([]Span{{Text: motto}}, "", last)
	x.rule(width, inset)
}
