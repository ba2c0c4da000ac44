package templates

import (
	"fmt"

	"covenant/internal/words"
)

// The top and the end of a Word file: letterhead, signatures, recipients.

// rule draws a line under what was written, inset on both sides by a part of the width in mm.
func (x *docx) rule(width, inset float64) {
	fmt.Fprintf(&x.b, `<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr><w:spacing w:before="40" w:line="60" w:lineRule="exact"/><w:ind w:left="%[1]d" w:right="%[1]d"/></w:pPr></w:p>`, twips(width*inset))
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
		x.head(mark, frame+fmt.Sprintf(`<w:spacing w:before="160"/><w:ind w:left="%[1]d" w:right="%[1]d"/>`, twips(inset)), look{size: x.p.Marks.Size, bold: true, upper: true})
	}
}

// footer of the first page is the sender's address under a rule.
func (x *docx) footer() string {
	text := ""
	for _, b := range x.d.Blocks {
		if b.Head != nil {
			text = plainSpans(b.Head.Address)
		}
	}
	content := ""
	if text != "" {
		content = fmt.Sprintf(`<w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:sz w:val="%[1]d"/><w:szCs w:val="%[1]d"/></w:rPr><w:t xml:space="preserve">%[2]s</w:t></w:r>`,
			int(x.p.Address.Size*2), x.esc(text))
	}
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>` + content + `</w:p></w:ftr>`
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

// signatures: a single one on the right with the recipients beside it, several as a grid, very many as a table.
func (x *docx) signatures(i int) int {
	b := &x.d.Blocks[i]
	table := b.Style == "table" || b.Style == "" && len(b.Slots) > x.p.Signatures.TableAbove
	if len(b.Slots) == 1 && !table {
		return x.closing(i)
	}
	if len(b.Spans) > 0 {
		x.para("CovenantCentre", `<w:keepNext/><w:spacing w:before="280"/>`, b.Spans, look{bold: true, upper: true})
	}
	if len(b.Lang2) > 0 {
		x.para("CovenantSecondCentre", "<w:keepNext/>", b.Lang2, look{bold: true})
	}
	if table {
		x.signatureTable(b)
	} else {
		x.signatureGrid(b)
	}
	return 0
}

func (x *docx) signatureGrid(b *Block) {
	cols := max(b.Cols, min(len(b.Slots), x.p.Signatures.Columns))
	width := x.textWidth() / float64(cols)
	widths := make([]float64, cols)
	for i := range widths {
		widths[i] = width
	}
	x.openTable(widths, false)
	for i := 0; i < len(b.Slots); {
		x.signatureRow()
		for c := 0; c < cols && i < len(b.Slots); c++ {
			span := 1
			if b.Slots[i].Role == Witness {
				if c > 0 { // the witness has a row
					break
				}
				span = cols
			}
			x.cell(width*float64(span), span, func() { x.slot(b.Slots[i]) })
			i++
			if span > 1 {
				break
			}
		}
		x.b.WriteString("</w:tr>")
	}
	x.b.WriteString("</w:tbl>" + docxAfterTable)
}

// signatureRow opens a row with room for signature and seal.
func (x *docx) signatureRow() {
	fmt.Fprintf(&x.b, `<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="%d" w:hRule="atLeast"/></w:trPr>`, twips(x.p.Signatures.Box+12))
}

// signatureTable: No. | Unit | Role | Signature, for large blocks.
func (x *docx) signatureTable(b *Block) {
	lang := x.d.languages()[0]
	widths := signatureTableWidths(x.textWidth())
	x.openTable(widths, true)
	x.b.WriteString("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
	for i, w := range signatureTableHeads {
		x.cell(widths[i], 1, func() { x.para("CovenantCell", `<w:jc w:val="center"/>`, []Span{{Text: w.In(lang)}}, look{bold: true}) })
	}
	x.b.WriteString("</w:tr>")
	for i, s := range b.Slots {
		fmt.Fprintf(&x.b, `<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="%d" w:hRule="atLeast"/></w:trPr>`, twips(x.p.Signatures.RowBox))
		for j, text := range []string{fmt.Sprint(i + 1), s.Unit, s.tableRole(lang), ""} {
			props := ""
			if j == 0 {
				props = `<w:jc w:val="center"/>`
			}
			x.cell(widths[j], 1, func() { x.para("CovenantCell", props, []Span{{Text: text}}, look{}) })
		}
		x.b.WriteString("</w:tr>")
	}
	x.b.WriteString("</w:tbl>" + docxAfterTable)
}

// slot names unit, role and, for an office, its title, in both languages where there are two.
func (x *docx) slot(s Slot) {
	p := x.p.Signatures
	line := func(text string, l look) {
		if text != "" {
			x.head([]Span{{Text: text}}, "", l)
		}
	}
	line(s.Unit, look{size: p.UnitSize, bold: true, upper: true})
	if s.Unit2 != s.Unit {
		line(s.Unit2, look{size: p.UnitSize - 1, italic: true})
	}
	if s.Label != "" {
		line("("+s.Label+")", look{size: p.UnitSize, italic: true})
	}
	if s.Office {
		line(s.Title, look{size: p.TitleSize, bold: true, upper: true})
		if s.Title2 != s.Title {
			line(s.Title2, look{size: p.TitleSize - 1.5, italic: true})
		}
	}
}

// closing sets a single signature on the right and beside it the recipients, if they follow.
func (x *docx) closing(i int) int {
	b, taken := &x.d.Blocks[i], 0
	left := x.textWidth() * 0.44
	right := x.textWidth() - left
	x.openTable([]float64{left, right}, false)
	x.signatureRow()
	x.cell(left, 1, func() {
		if i+1 < len(x.d.Blocks) && x.d.Blocks[i+1].Kind == BlockRecipients {
			x.recipients(&x.d.Blocks[i+1])
			taken = 1
		}
	})
	x.cell(right, 1, func() {
		if len(b.Spans) > 0 {
			x.head(b.Spans, "", look{size: x.p.Signatures.HeadingSize, bold: true, upper: true})
		}
		x.slot(b.Slots[0])
	})
	x.b.WriteString("</w:tr></w:tbl>" + docxAfterTable)
	return taken
}

func (x *docx) recipients(b *Block) {
	x.para("CovenantRecipientsHead", "", []Span{{Text: recipientsWord.In(x.d.languages()[0])}}, look{})
	for i, l := range b.Lines {
		x.para("CovenantRecipients", "", recipientLine(l, i == len(b.Lines)-1, b.At), look{})
	}
}

// header is a page header: centred content, and behind the page the watermark, if there is one.
func (x *docx) header(content string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">` +
		`<w:p><w:pPr><w:jc w:val="center"/></w:pPr>` + content + x.watermark() + `</w:p></w:hdr>`
}

// watermark is the drawing that Word's own “Watermark” command makes: text along a path, turned, behind the page.
func (x *docx) watermark() string {
	text := x.d.Options.Watermark
	if text == "" {
		return ""
	}
	w := x.p.Watermark
	gray := int(w.Gray * 255)
	width := w.Size * 0.62 * float64(len([]rune(text)))
	return fmt.Sprintf(`<w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/></v:shapetype>`+
		`<v:shape id="CovenantWatermark" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;width:%.0fpt;height:%.0fpt;rotation:%.0f;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#%02x%02x%02x" stroked="f"><v:textpath style="font-family:&quot;Times New Roman&quot;;font-size:1pt;font-weight:bold" string="%s"/></v:shape></w:pict></w:r>`,
		width, w.Size*1.2, 360-w.Angle, gray, gray, gray, x.esc(text))
}
