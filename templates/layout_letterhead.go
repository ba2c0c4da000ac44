package templates

import (
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
		rows = append(rows, typeset.Row{Cells: []typeset.Cell{{Content: c.marks(h)},
			{Content: []typeset.Element{&typeset.Blank{}}}}})
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
		Spans: c.spans(b.Head.Place, look{size: c.p.Letterhead.PlaceSize, italic: true}), Align: typeset.Right,
		Before: 10,
		Block:  c.block,
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
			c.put(&typeset.Paragraph{Spans: c.spans([]Span{{Text: word, At: b.At}}, c.body()),
				Left: 3 * c.p.Body.Indent * mm, Before: 6, KeepNext: true, Block: c.block})
		}
		p := &typeset.Paragraph{Spans: c.spans(spans, c.body()), Align: typeset.Center, Before: 3, Block: c.block}
		if len(b.Lines) > 1 {
			p.Align, p.Left = typeset.Left, 5*c.p.Body.Indent*mm
		}
		c.put(p)
	}
}
