package templates

import (
	"fmt"
)

func (x *docx) openTable(widths []float64, border bool) {
	style := "CovenantPlain"
	if border {
		style = "CovenantTable"
	}
	fmt.Fprintf(&x.b, `<w:tbl><w:tblPr><w:tblStyle w:val="%s"/><w:tblW w:w="5000" w:type="pct"/>`+
		`<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`, style)
	for _, w := range widths {
		fmt.Fprintf(&x.b, `<w:gridCol w:w="%d"/>`, twips(w))
	}
	x.b.WriteString("</w:tblGrid>")
}

func (x *docx) cell(width float64, span int, fn func()) {
	fmt.Fprintf(&x.b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, twips(width))
	if span > 1 {
		fmt.Fprintf(&x.b, `<w:gridSpan w:val="%d"/>`, span)
	}
	x.b.WriteString("</w:tcPr>")
	before := x.b.Len()
	fn()
	if x.b.Len() == before {
		x.b.WriteString("<w:p/>") // a cell must end with a paragraph
	}
	x.b.WriteString("</w:tc>")
}

var docxAligns = map[string]string{"left": "left", "center": "center", "right": "right", "justify": "both"}

func (x *docx) table(b *Block) {
	if len(b.Spans) > 0 {
		x.para("CovenantCentre", "<w:keepNext/>", b.Spans, look{bold: true})
	}
	widths := x.columnWidths(b.Table)
	x.b.WriteString(docxBeforeTable)
	x.openTable(widths, true)
	x.b.WriteString("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
	for i, c := range b.Table.Columns {
		x.cell(widths[i], 1, func() { x.para("CovenantCell", `<w:jc w:val="center"/>`, c.Head, look{bold: true}) })
	}
	x.b.WriteString("</w:tr>")
	for _, r := range b.Table.Rows {
		x.b.WriteString("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
		if r.Spanning {
			x.cell(x.textWidth(), len(widths), func() {
				if len(r.Cells) > 0 {
					x.para("CovenantCell", "<w:keepNext/>", r.Cells[0], look{bold: true})
				}
			})
		} else {
			for i, c := range r.Cells {
				x.cell(widths[i], 1, func() {
					x.para("CovenantCell", `<w:jc w:val="`+docxAligns[b.Table.Columns[i].Align]+`"/>`, c, look{})
				})
			}
		}
		x.b.WriteString("</w:tr>")
	}
	x.b.WriteString("</w:tbl>" + docxAfterTable)
}

func (x *docx) columnWidths(t *TableData) []float64 {
	c := &composer{p: x.p, width: x.textWidth() * mm}
	out := c.widths(t)
	for i := range out {
		out[i] /= mm
	}
	return out
}
