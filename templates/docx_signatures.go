package templates

import (
	"fmt"
)

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
	fmt.Fprintf(&x.b, `<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="%d" w:hRule="atLeast"/></w:trPr>`,
		twips(x.p.Signatures.Box+12))
}

// signatureTable: No. | Unit | Role | Signature, for large blocks.
func (x *docx) signatureTable(b *Block) {
	lang := x.d.languages()[0]
	widths := signatureTableWidths(x.textWidth())
	x.openTable(widths, true)
	x.b.WriteString("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
	for i, w := range signatureTableHeads {
		x.cell(widths[i], 1, func() {
			x.para("CovenantCell", `<w:jc w:val="center"/>`, []Span{{Text: w.In(lang)}},
				look{bold: true})
		})
	}
	x.b.WriteString("</w:tr>")
	for i, s := range b.Slots {
		fmt.Fprintf(&x.b, `<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="%d" w:hRule="atLeast"/></w:trPr>`,
			twips(x.p.Signatures.RowBox))
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
