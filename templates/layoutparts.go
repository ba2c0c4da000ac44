package templates

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"covenant/internal/words"
	"covenant/templates/internal/typeset"
)

// centred is a line of a letterhead or cell.
func (c *composer) centred(spans []Span, l look, before float64) *typeset.Paragraph {
	return &typeset.Paragraph{Spans: c.spans(spans, l), Align: typeset.Center, Before: before, Block: c.block}
}

// letterhead: issuing body and national name side by side, number and date below.
func (c *composer) letterhead(b *Block) {
	h, p := b.Head, c.p
	var left []typeset.Element
	if len(h.Parent) > 0 {
		left = append(left, c.centred(h.Parent, look{size: p.Letterhead.ParentSize, upper: true}, 0))
	}
	if len(h.Issuer) > 0 {
		issuer := c.centred(h.Issuer, look{size: p.Letterhead.IssuerSize, bold: true, upper: true}, 0)
		issuer.Rule, issuer.RuleGap = p.Letterhead.Rule, 2
		left = append(left, issuer)
	}
	c.address = c.spans(h.Address, look{size: p.Address.Size})
	if len(h.Parent)+len(h.Issuer)+len(h.Number) == 0 {
		c.national(b)
		for _, mark := range c.marks(h) {
			c.put(mark)
		}
		return
	}
	right := c.nation(b.At)
	rows := []typeset.Row{{Cells: []typeset.Cell{{Content: left}, {Content: right}}, KeepNext: true}}
	number := []typeset.Element{&typeset.Blank{}}
	if h.Number != nil {
		number = []typeset.Element{c.centred(h.Number, look{size: p.Letterhead.NumberSize}, 6)}
	}
	place := c.centred(h.Place, look{size: p.Letterhead.PlaceSize, italic: true}, 6)
	rows = append(rows, typeset.Row{Cells: []typeset.Cell{{Content: number}, {Content: []typeset.Element{place}}}})
	if len(h.Marks) > 0 {
		rows = append(rows, typeset.Row{Cells: []typeset.Cell{{Content: c.marks(h)}, {Content: []typeset.Element{&typeset.Blank{}}}}})
	}
	left0 := p.Letterhead.Left * c.width
	c.put(&typeset.Table{Widths: []float64{left0, c.width - left0}, Rows: rows, Layout: true, Pad: 2, Block: c.block})
}

// marks are the framed words under the number: secrecy, urgency, circulation.
func (c *composer) marks(h *Letterhead) []typeset.Element {
	var out []typeset.Element
	for _, mark := range h.Marks {
		p := c.centred(mark, look{size: c.p.Marks.Size, bold: true, upper: true}, 8)
		p.Frame = c.p.Marks.Frame
		out = append(out, p)
	}
	return out
}

// national sets name and motto over the whole width, for documents that no
// single body issues; the date follows on the right.
func (c *composer) national(b *Block) {
	for _, e := range c.nation(b.At) {
		c.put(e)
	}
	c.put(&typeset.Paragraph{
		Spans: c.spans(b.Head.Place, look{size: c.p.Letterhead.PlaceSize, italic: true}), Align: typeset.Right, Before: 10,
		Block: c.block,
	})
}

// nation is the national name and motto, in the document's languages.
func (c *composer) nation(at Position) []typeset.Element {
	name, motto := c.p.nation()
	sizes, langs := c.p.National, c.d.languages()
	set := func(text string, l look) *typeset.Paragraph { return c.centred([]Span{{Text: text, At: at}}, l, 0) }
	right := []typeset.Element{set(name.In(langs[0]), look{size: sizes.NameSize, bold: true})}
	both := len(langs) > 1 && langs[0] == words.Vietnamese
	if both {
		right = append(right, set(name.English, look{size: sizes.NameSize - 1.5, italic: true}))
	}
	line := set(motto.In(langs[0]), look{size: sizes.MottoSize, bold: true})
	if both {
		right = append(right, line)
		line = set(motto.English, look{size: sizes.MottoSize - 1.5, italic: true})
	}
	line.Rule, line.RuleGap = 1, 2
	right = append(right, line)
	return right
}

func (c *composer) title(b *Block) {
	t := c.p.Title
	for i, l := range b.Lines {
		look := look{size: t.SubjectSize, bold: true}
		p := &typeset.Paragraph{Align: typeset.Center, Block: c.block, KeepNext: true}
		if i == 0 {
			look.size, look.upper = t.Size, true
			p.Before, p.Tag = t.Before, "H1"
			p.Bookmark = c.d.Title()
		}
		p.Spans = c.spans(l, look)
		if i == len(b.Lines)-1 {
			p.Rule, p.RuleGap, p.After = t.Rule, 3, t.After
		}
		c.put(p)
	}
}

var addresseesWord = words.Of("Kính gửi: ", "To: ")

// addressees: “Kính gửi:”; several on lines of their own with hyphens.
func (c *composer) addressees(b *Block) {
	word := addresseesWord.In(c.d.languages()[0])
	for i, l := range b.Lines {
		spans := append([]Span{{Text: "- ", At: b.At}}, l...)
		if len(b.Lines) == 1 {
			spans = append([]Span{{Text: word, At: b.At}}, l...)
		} else if i == 0 {
			c.put(&typeset.Paragraph{Spans: c.spans([]Span{{Text: word, At: b.At}}, c.body()), Left: 3 * c.p.Body.Indent * mm, Before: 6, KeepNext: true, Block: c.block})
		}
		p := &typeset.Paragraph{Spans: c.spans(spans, c.body()), Align: typeset.Center, Before: 3, Block: c.block}
		if len(b.Lines) > 1 {
			p.Align, p.Left = typeset.Left, 5*c.p.Body.Indent*mm
		}
		c.put(p)
	}
}

var aligns = map[string]typeset.Align{"left": typeset.Left, "center": typeset.Center, "right": typeset.Right, "justify": typeset.Justify}

func (c *composer) table(b *Block) {
	t := c.p.Table
	if len(b.Spans) > 0 {
		c.put(&typeset.Paragraph{Spans: c.spans(b.Spans, look{size: c.p.Body.Size, bold: true}), Align: typeset.Center, Before: t.Gap, After: 4, KeepNext: true, Anchor: b.ID, Block: c.block})
	}
	out := &typeset.Table{Widths: c.widths(b.Table), HeaderRows: 1, Border: true, Pad: t.Pad * mm, Before: 4, Block: c.block}
	var head typeset.Row
	for _, col := range b.Table.Columns {
		head.Cells = append(head.Cells, typeset.Cell{Header: true, Scope: "Column", Middle: true, Content: []typeset.Element{
			&typeset.Paragraph{Spans: c.spans(col.Head, look{size: t.HeadSize, bold: true}), Align: typeset.Center, Leading: t.Leading, Block: c.block},
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
	box.Fields = append(box.Fields, typeset.Field{Name: s.SignatureField(), Slot: s.ID, Tooltip: "Chữ ký của " + name, X: x, W: sign, H: height})
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
	t := &typeset.Table{HeaderRows: 1, Border: true, KeepRows: true, Pad: c.p.Table.Pad * mm, Block: c.block, KeepNext: c.closes()}
	t.Widths = signatureTableWidths(c.width)
	field := t.Widths[3]
	cell := func(text string, l look, a typeset.Align) typeset.Cell {
		return typeset.Cell{Middle: true, Content: []typeset.Element{&typeset.Paragraph{Spans: c.spans([]Span{{Text: text, At: at}}, l), Align: a, Block: c.block}}}
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
			cell(fmt.Sprint(i+1), plain, typeset.Center), cell(s.Unit, plain, typeset.Left), cell(title, plain, typeset.Left),
			{Content: []typeset.Element{c.fields(s, field-2*c.p.Table.Pad*mm, c.p.Signatures.RowBox*mm)}},
		}})
	}
	c.put(t)
}

// signatureTableHeads are the headings of the signature table.
var signatureTableHeads = []words.Text{
	words.Of("STT", "No."), words.Of("Đơn vị", "Unit"), words.Of("Vai trò", "Role"), words.Of("Chữ ký, con dấu", "Signature, seal"),
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

// closing sets recipients on the left and beside them a single signature or the
// QR code. A document with a process will be frozen with a QR code, so room is
// kept for it from the first draft on: what the agencies approve does not move.
func (c *composer) closing(recipients, signature *Block) {
	var left, right []typeset.Element
	if recipients != nil {
		left = c.recipients(recipients)
	}
	row := typeset.Row{}
	split := 0.6
	if signature != nil {
		split = 0.44
		if len(signature.Spans) > 0 {
			right = append(right, c.centred(signature.Spans, look{size: c.p.Signatures.HeadingSize, bold: true, upper: true}, 0))
		}
		right = append(right, c.slot(signature.Slots[0], c.width*0.56)...)
	} else if !c.coded && (c.d.Options.URL != "" || c.d.Template.header.process != "") {
		c.coded = true
		row.MinHeight = c.p.Code.Size*mm + 6 + 5*c.p.Code.TextSize*1.3
		if c.d.Options.URL != "" {
			right = c.code(c.d.Options.URL, typeset.Right)
		}
	}
	if len(left)+len(right) == 0 {
		return
	}
	row.Cells = []typeset.Cell{{Content: left}, {Content: right}}
	c.put(&typeset.Table{
		Widths: []float64{c.width * split, c.width * (1 - split)}, Rows: []typeset.Row{row}, Layout: true, KeepRows: true, Before: 14, Block: c.block,
	})
}

func (c *composer) recipients(b *Block) []typeset.Element {
	p := c.p.Recipients
	out := []typeset.Element{&typeset.Paragraph{
		Spans: c.spans([]Span{{Text: recipientsWord.In(c.d.languages()[0]), At: b.At}}, look{size: p.HeadSize, bold: true, italic: true}), Block: c.block,
	}}
	for i, l := range b.Lines {
		spans := recipientLine(l, i == len(b.Lines)-1, b.At)
		out = append(out, &typeset.Paragraph{Spans: c.spans(spans, look{size: p.Size}), Block: c.block})
	}
	return out
}

var recipientsWord = words.Of("Nơi nhận:", "Recipients:")

// recipientLine is a line of the list: “- … ;”, the last with “.”, whatever mark the source has.
func recipientLine(l []Span, last bool, at Position) []Span {
	spans := append([]Span{{Text: "- ", At: at}}, l...)
	end := &spans[len(spans)-1]
	end.Text = strings.TrimRight(end.Text, ";., ")
	mark := ";"
	if last {
		mark = "."
	}
	return append(spans, Span{Text: mark, At: at})
}

// code is a QR code that leads to the covenant's page, with the address under it.
func (c *composer) code(url string, align typeset.Align) []typeset.Element {
	q, err := qr.Encode(url, qr.M)
	if err != nil {
		at := Position{File: c.d.Template.Name, Line: 1, Column: 1}
		c.f.add(at, url, words.F("Không tạo được mã QR của “%s”: %v.", "No QR code can be made of “%s”: %v.", url, err))
		return nil
	}
	size := c.p.Code.Size * mm
	step := size / float64(q.Size)
	caption := words.Of("Quét mã để kiểm tra văn bản", "Scan to check this document").In(c.d.languages()[0])
	at := Position{File: c.d.Template.Name, Line: 1, Column: 1}
	text := func(s string) *typeset.Paragraph {
		return &typeset.Paragraph{
			Spans: c.spans([]Span{{Text: s, Kind: RunCode, At: at}}, look{size: c.p.Code.TextSize}), Align: align, Before: 2, Block: c.block,
		}
	}
	return []typeset.Element{
		&typeset.Picture{Width: size, Height: size, Align: align, Alt: caption + ": " + url, Kind: uint8(RunCode), Before: 6, Block: c.block,
			Squares: func(fill func(x, y, w, h float64)) {
				for y := range q.Size {
					for x := 0; x < q.Size; x++ {
						from := x
						for x < q.Size && q.Black(x, y) {
							x++
						}
						if x > from {
							fill(float64(from)*step, float64(y)*step, float64(x-from)*step, step)
						}
					}
				}
			}},
		text(caption), text(url),
	}
}
