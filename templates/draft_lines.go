package templates

import (
	"covenant/internal/words"
)

// lines collects the lines of a block, through conditions and loops.
func (d *drafter) lines(nodes []*node, b *Block) {
	d.eachLine(nodes, func(n *node) {
		var x Block
		d.text(n, &x)
		b.Lines = append(b.Lines, x.Spans)
		if x.Lang2 != nil {
			b.Lines = append(b.Lines, italic(x.Lang2))
		}
	})
}

func italic(spans []Span) []Span {
	for i := range spans {
		spans[i].Italic = true
	}
	return spans
}

// pair sets a cell's text in the languages wanted.
func (d *drafter) pair(one, two []inline) []Span {
	own := d.t.header.languages[0]
	if two == nil {
		return d.spans(one, d.lang)
	}
	first, second := one, two
	if d.lang != own {
		first, second = two, one
	}
	out := d.spans(first, d.lang)
	if d.second != "" {
		out = append(out, Span{Break: true})
		out = append(out, italic(d.spans(second, d.second))...)
	}
	return out
}

func (d *drafter) eachLine(nodes []*node, fn func(*node)) {
	for _, n := range nodes {
		switch {
		case !d.work(n.at, 0):
			return
		case n.kind == nodeIf && n.cond.holds(d.get):
			d.eachLine(n.body, fn)
		case n.kind == nodeIf:
			d.eachLine(n.other, fn)
		case n.kind == nodeEach:
			d.each(n.loop, func() { d.eachLine(n.body, fn) })
		default:
			fn(n)
		}
	}
}

// bases writes the legal bases: one a paragraph, each ends “;”, the last “.”.
func (d *drafter) bases(n *node) {
	first := len(d.doc.Blocks)
	d.eachLine(n.body, func(l *node) {
		var spans []Span
		if validID(l.raw) {
			spans = d.basis(l)
		} else {
			spans = d.spans(l.text, d.lang)
			d.f.basisMark(l.at, plainSpans(spans))
		}
		if len(spans) > 0 {
			d.doc.Blocks = append(d.doc.Blocks, Block{Kind: BlockBasis, Spans: spans, At: l.at, ID: l.id})
		}
	})
	for i := first; i < len(d.doc.Blocks); i++ {
		mark := ";"
		if i == len(d.doc.Blocks)-1 {
			mark = "."
		}
		b := &d.doc.Blocks[i]
		b.Spans = append(b.Spans, Span{Text: mark, At: b.At})
	}
}

// basis looks a legal basis up on the document's date.
func (d *drafter) basis(l *node) []Span {
	entry := d.f.lawInForce(d.opt.Law, l, d.opt.lawDate())
	if entry == nil {
		return nil
	}
	d.doc.laws = append(d.doc.laws, entry)
	lang := d.lang
	if entry.Cite.English == "" {
		lang = words.Vietnamese // which stands for the other, whole
	}
	return []Span{{Text: words.F("Căn cứ %s", "Pursuant to %s", entry.Cite).In(lang), At: l.at}}
}

func (d *drafter) table(n *node) *TableData {
	t := &TableData{}
	for _, c := range n.columns {
		t.Columns = append(t.Columns, TableColumn{Head: d.pair(c.head, c.head2), Width: c.width, Align: c.align})
	}
	d.eachLine(n.body, func(r *node) {
		row := TableRow{Spanning: r.spanning, At: r.at}
		for i, c := range r.cells {
			row.Cells = append(row.Cells, d.pair(c, r.cells2[i]))
		}
		t.Rows = append(t.Rows, row)
	})
	return t
}
