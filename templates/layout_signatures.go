package templates

import (
	"fmt"
	"strings"

	"covenant/internal/words"
	"covenant/templates/internal/typeset"
)

// signatures composes the signature block; a single signature stands on the
// right, beside the recipients if those follow.
func (c *composer) signatures(i int) int {
	b := &c.d.Blocks[i]
	s := c.p.Signatures
	if len(b.Slots) == 1 && b.Style != "table" {
		if i+1 < len(c.d.Blocks) && c.d.Blocks[i+1].Kind == BlockRecipients {
			c.closing(&c.d.Blocks[i+1], b)
			return 1
		}
		c.closing(nil, b)
		return 0
	}
	if len(b.Spans) > 0 {
		c.put(&typeset.Paragraph{
			Spans: c.spans(b.Spans, look{size: s.HeadingSize, bold: true, upper: true}), Align: typeset.Center,
			Before: 14, After: 8, KeepNext: true, Anchor: b.ID, Block: c.block, Bookmark: plainSpans(b.Spans), Level: 0,
		})
	}
	if len(b.Lang2) > 0 {
		p := c.centred(b.Lang2, look{size: s.HeadingSize - 1.5, bold: true, italic: true}, 0)
		p.KeepNext, p.Lang, p.After = true, c.secondLang(), 8
		c.put(p)
	}
	if b.Style == "table" || b.Style == "" && len(b.Slots) > s.TableAbove {
		c.signatureTable(b)
	} else {
		c.signatureGrid(b)
	}
	return 0
}

func (c *composer) signatureGrid(b *Block) {
	cols := b.Cols
	if cols == 0 {
		cols = c.p.Signatures.Columns
	}
	// The last row goes along with recipients and QR code, which would look lost on a page of their own.
	t := &typeset.Table{Layout: true, KeepRows: true, Block: c.block, Pad: 3, KeepNext: c.closes()}
	if len(b.Spans) == 0 {
		t.Before = 14
	}
	for range cols {
		t.Widths = append(t.Widths, c.width/float64(cols))
	}
	var row typeset.Row
	flush := func() {
		if len(row.Cells) > 0 {
			t.Rows = append(t.Rows, row)
			row = typeset.Row{}
		}
	}
	for _, slot := range b.Slots {
		if slot.Role == Witness {
			flush()
			row.Cells = []typeset.Cell{{Span: cols, Content: c.slot(slot, c.width/2)}}
			flush()
			continue
		}
		row.Cells = append(row.Cells, typeset.Cell{Content: c.slot(slot, c.width/float64(cols))})
		if len(row.Cells) == cols {
			flush()
		}
	}
	flush()
	c.put(t)
}

// closes says whether the recipients or the QR code follow the block being composed.
func (c *composer) closes() bool {
	if next := c.block + 1; next < len(c.d.Blocks) {
		return c.d.Blocks[next].Kind == BlockRecipients
	}
	return c.d.Options.URL != "" && !c.coded
}

// slot is a cell's content: unit, role, and room for signature and seal. The
// signer's title, authority and name are drawn by the signature's appearance.
func (c *composer) slot(s Slot, width float64) []typeset.Element {
	p := c.p.Signatures
	at := Position{File: c.d.values.Name, Line: 1, Column: 1}
	para := func(text string, l look) typeset.Element { return c.centred([]Span{{Text: text, At: at}}, l, 0) }
	out := []typeset.Element{para(s.Unit, look{size: p.UnitSize, bold: true, upper: true})}
	if s.Unit2 != "" && s.Unit2 != s.Unit {
		out = append(out, para(s.Unit2, look{size: p.UnitSize - 1, italic: true}))
	}
	if s.Label != "" {
		out = append(out, para("("+s.Label+")", look{size: p.UnitSize, italic: true}))
	}
	if s.Office { // an agency's title is drawn with the signature, as is who really signs
		out = append(out, para(s.Title, look{size: p.TitleSize, bold: true, upper: true}))
		if s.Title2 != "" && s.Title2 != s.Title {
			out = append(out, para(s.Title2, look{size: p.TitleSize - 1.5, italic: true}))
		}
	}
	return append(out, c.fields(s, width, p.Box*mm))
}

// fields places the person's field and the seal's, which covers about a third
// of it on its left (Decree 30/2020/NĐ-CP, Appendix I, cell 8).
func (c *composer) fields(s Slot, width, height float64) *typeset.Box {
	p := c.p.Signatures
	sign, seal := p.Field*mm, min(p.Seal*mm, height)
	union := seal + sign*(1-p.Overlap)
	if room := width - 6; union > room {
		sign *= room / union
		seal *= room / union
		union = room
	}
	x := -sign / 2
	sealX := x + sign*p.Overlap - seal
	if sealX < -width/2 { // centre the two together
		sealX = -union / 2
		x = sealX + seal - sign*p.Overlap
	}
	box := &typeset.Box{Height: height, Block: c.block}
	name := s.Unit
	if s.Office && s.Title != "" {
		name = strings.TrimSpace(s.Title + " " + s.Unit)
	}
	if s.Label != "" {
		name += " (" + s.Label + ")"
	}
	box.Fields = append(box.Fields, typeset.Field{Name: s.SignatureField(), Slot: s.ID, Tooltip: "Chữ ký của " + name,
		X: x, W: sign, H: height})
	if s.Seal {
		box.Fields = append(box.Fields, typeset.Field{
			Name: s.SealField(), Slot: s.ID, Seal: true, Tooltip: "Con dấu của " + s.Unit,
			X: sealX, Y: (height - seal) / 2, W: seal, H: seal,
		})
	}
	return box
}

// signatureTable: No. | Unit | Representative | Signature, for large blocks.
func (c *composer) signatureTable(b *Block) {
	at := b.At
	lang := c.d.languages()[0]
	t := &typeset.Table{HeaderRows: 1, Border: true, KeepRows: true, Pad: c.p.Table.Pad * mm, Block: c.block,
		KeepNext: c.closes()}
	t.Widths = signatureTableWidths(c.width)
	field := t.Widths[3]
	cell := func(text string, l look, a typeset.Align) typeset.Cell {
		return typeset.Cell{Middle: true, Content: []typeset.Element{
			&typeset.Paragraph{Spans: c.spans([]Span{{Text: text, At: at}}, l), Align: a, Block: c.block}}}
	}
	var head typeset.Row
	for _, w := range signatureTableHeads {
		k := cell(w.In(lang), look{size: c.p.Table.HeadSize, bold: true}, typeset.Center)
		k.Header = true
		head.Cells = append(head.Cells, k)
	}
	t.Rows = append(t.Rows, head)
	plain := look{size: c.p.Table.Size}
	for i, s := range b.Slots {
		title := s.tableRole(lang)
		t.Rows = append(t.Rows, typeset.Row{Cells: []typeset.Cell{
			cell(fmt.Sprint(i+1), plain, typeset.Center), cell(s.Unit, plain, typeset.Left),
			cell(title, plain, typeset.Left),
			{Content: []typeset.Element{c.fields(s, field-2*c.p.Table.Pad*mm, c.p.Signatures.RowBox*mm)}},
		}})
	}
	c.put(t)
}

// signatureTableHeads are the headings of the signature table.
var signatureTableHeads = []words.Text{
	words.Of("STT", "No."), words.Of("Đơn vị", "Unit"), words.Of("Vai trò", "Role"),
	words.Of("Chữ ký, con dấu", "Signature, seal"),
}

// signatureTableWidths share a width in any unit among the four columns.
func signatureTableWidths(width float64) []float64 {
	number, field := width*0.075, width*0.42
	return []float64{number, (width - number - field) * 0.66, (width - number - field) * 0.34, field}
}

// tableRole is what the signature table says of a signatory.
func (s Slot) tableRole(lang words.Language) string {
	switch {
	case s.Office:
		return strings.TrimSpace(s.Title + " " + s.Label)
	case s.Role == Member:
		return words.Of("Thành viên", "Member").In(lang)
	}
	return s.Label
}
