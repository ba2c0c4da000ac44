package templates

import (
	"covenant/templates/internal/typeset"
)

var aligns = map[string]typeset.Align{"left": typeset.Left, "center": typeset.Center, "right": typeset.Right,
	"justify": typeset.Justify}

func (c *composer) table(b *Block) {
	t := c.p.Table
	if len(b.Spans) > 0 {
		c.put(&typeset.Paragraph{Spans: c.spans(b.Spans, look{size: c.p.Body.Size, bold: true}), Align: typeset.Center,
			Before: t.Gap, After: 4, KeepNext: true, Anchor: b.ID, Block: c.block})
	}
	out := &typeset.Table{Widths: c.widths(b.Table), HeaderRows: 1, Border: true, Pad: t.Pad * mm, Before: 4,
		Block: c.block}
	var head typeset.Row
	for _, col := range b.Table.Columns {
		head.Cells = append(head.Cells, typeset.Cell{Header: true, Scope: "Column", Middle: true,
			Content: []typeset.Element{
				&typeset.Paragraph{Spans: c.spans(col.Head, look{size: t.HeadSize, bold: true}), Align: typeset.Center,
					Leading: t.Leading, Block: c.block},
			}})
	}
	out.Rows = append(out.Rows, head)
	for i, r := range b.Table.Rows {
		row := typeset.Row{KeepNext: r.Spanning && i < len(b.Table.Rows)-1}
		for j, cell := range r.Cells {
			l := look{size: t.Size, bold: r.Spanning}
			p := &typeset.Paragraph{Spans: c.spans(cell, l), Leading: t.Leading, Block: c.block}
			tc := typeset.Cell{Content: []typeset.Element{p}}
			if r.Spanning {
				tc.Span = len(b.Table.Columns)
			} else {
				p.Align = aligns[b.Table.Columns[j].Align]
			}
			row.Cells = append(row.Cells, tc)
			if r.Spanning {
				break
			}
		}
		out.Rows = append(out.Rows, row)
	}
	c.put(out)
	c.put(&typeset.Blank{Height: t.Gap / 2})
}

// widths shares what the columns with a width leave among the others.
func (c *composer) widths(t *TableData) []float64 {
	out := make([]float64, len(t.Columns))
	left, open := c.width, 0
	for i, col := range t.Columns {
		out[i] = col.Width * mm
		left -= out[i]
		if col.Width == 0 {
			open++
		}
	}
	for i := range out {
		if out[i] == 0 {
			out[i] = max(left/float64(open), 12*mm)
		}
	}
	total := 0.0
	for _, w := range out {
		total += w
	}
	if total > c.width+0.1 || open == 0 {
		for i := range out {
			out[i] *= c.width / total
		}
	}
	return out
}
