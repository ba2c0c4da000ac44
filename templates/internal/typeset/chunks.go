package typeset

import "strings"

// chunk is a piece of a page that is not divided.
type chunk struct {
	marks     []Mark
	height    float64
	space     float64 // above it; dropped at the top of a page
	breakable bool    // a page may end before it
	header    *chunk  // repeated at the top when a page starts with this chunk
	anchors   []Anchor
	baselines []float64
	closing   []Mark // drawn under the chunk before when a page starts with this one
	bottom    bool   // in a row: set at the row's foot
}

func (s *setter) chunks(e Element, width float64, parent *Node) []chunk {
	switch e := e.(type) {
	case *Paragraph:
		return s.paragraph(e, width, parent)
	case *Table:
		return s.table(e, width, parent)
	case *Box:
		return []chunk{s.box(e, width, parent)}
	case *Picture:
		return []chunk{s.picture(e, width, parent)}
	}
	return nil
}

func (s *setter) paragraph(p *Paragraph, width float64, parent *Node) []chunk {
	tag := p.Tag
	if tag == "" {
		tag = "P"
	}
	node := parent
	switch {
	case p.List > 0: // text in a P of its own, so that a list inside follows it
		node = s.item(p, parent).add(&Node{Type: "P"})
	case p.List == InItem && s.open() != nil:
		node = s.open().add(&Node{Type: tag, Lang: p.Lang})
	case tag != "-":
		node = parent.add(&Node{Type: tag, Lang: p.Lang})
	}
	lines := s.breakLines(p, width)
	out := make([]chunk, len(lines))
	for i := range lines {
		l := &lines[i]
		c := &out[i]
		c.marks = s.place(l, p, node)
		c.height = l.height
		if p.Frame > 0 {
			s.frameLine(p, c, l, width)
		}
		if len(l.words) > 0 {
			c.baselines = []float64{l.ascent}
		}
		// Two lines at least on either side of a page break.
		c.breakable = i == 0 || i >= 2 && i <= len(lines)-2
	}
	first, last := &out[0], &out[len(out)-1]
	first.space = p.Before
	if p.Anchor != "" || p.Bookmark != "" {
		first.anchors = []Anchor{{Name: p.Anchor, Bookmark: p.Bookmark, Level: p.Level}}
	}
	if p.Rule > 0 {
		s.rule(p, last, width, lines[len(lines)-1])
	}
	last.height += p.After
	return out
}

// item opens a list item and returns its body; a list of level 2 lies in the
// body of the item before it (ISO 32000-2, 14.8.4.8.2).
func (s *setter) item(p *Paragraph, parent *Node) *Node {
	level := p.List - 1
	if level == 0 {
		s.lists[1] = nil
	}
	if s.lists[level] == nil {
		if level == 1 && s.items[0] != nil {
			parent = s.items[0]
		}
		s.lists[level] = parent.add(&Node{Type: "L"})
	}
	li := s.lists[level].add(&Node{Type: "LI", Lang: p.Lang})
	s.label = li.add(&Node{Type: "Lbl"})
	s.items[level] = li.add(&Node{Type: "LBody"})
	return s.items[level]
}

// open is the body of the last list item, nil outside lists.
func (s *setter) open() *Node {
	if s.lists[1] != nil {
		return s.items[1]
	}
	return s.items[0]
}

// frameLine draws a frame around a line's text, for marks such as “KHẨN”.
func (s *setter) frameLine(p *Paragraph, c *chunk, l *line, width float64) {
	left, gap := l.indent, p.Frame
	switch p.Align {
	case Center:
		left += (l.avail - l.width) / 2
	case Right:
		left += l.avail - l.width
	}
	for i := range c.marks {
		c.marks[i].Y += gap
	}
	l.ascent += gap
	c.height += 2 * gap
	left, right := max(left-2*gap, 0), min(left+l.width+2*gap, width)
	for _, edge := range []Mark{rule(left, 0, right-left, 0), rule(left, c.height, right-left, 0),
		rule(left, 0, 0, c.height), rule(right, 0, 0, c.height)} {
		edge.Block = p.Block
		c.marks = append(c.marks, edge)
	}
}

// rule draws a line under the last line of p, centred under its text.
func (s *setter) rule(p *Paragraph, c *chunk, width float64, l line) {
	center := width / 2
	if p.Align != Center {
		center = l.indent + l.width/2
	}
	y := c.height + p.RuleGap
	w := p.Rule * l.width
	c.marks = append(c.marks, Mark{Kind: LineMark, X: center - w/2, Y: y, W: w, Size: 0.6, Block: p.Block})
	c.height = y + 1
}

func (s *setter) box(b *Box, width float64, parent *Node) chunk {
	c := chunk{height: b.Height, bottom: true}
	for i := range b.Fields {
		f := &b.Fields[i]
		node := parent.add(&Node{Type: "Form"})
		c.marks = append(c.marks, Mark{
			Kind: FieldMark, X: width/2 + f.X, Y: f.Y, W: f.W, H: f.H, Field: f, Node: node, Block: b.Block,
		})
	}
	return c
}

func (s *setter) picture(p *Picture, width float64, parent *Node) chunk {
	x := 0.0
	switch p.Align {
	case Center:
		x = (width - p.Width) / 2
	case Right:
		x = width - p.Width
	}
	node := parent.add(&Node{Type: "Figure", Alt: p.Alt})
	return chunk{height: p.Height, space: p.Before, breakable: true, marks: []Mark{{
		Kind: PictureMark, X: x, Y: 0, W: p.Width, H: p.Height, Picture: p, Node: node, Source: p.Kind, Block: p.Block,
	}}}
}

// cellBox is a cell's contents laid out.
type cellBox struct {
	chunks []chunk
	x, w   float64
	height float64
	middle bool
}

// table lays a table's rows out. A row is one chunk, or one a line where the
// row is taller than half a page and may be divided.
func (s *setter) table(t *Table, width float64, parent *Node) []chunk {
	node := parent
	if !t.Layout {
		node = parent.add(&Node{Type: "Table"})
	} else if t.Tag != "" {
		node = parent.add(&Node{Type: t.Tag})
	}
	var out []chunk
	var header *chunk
	for i, row := range t.Rows {
		boxes := s.cells(t, row, node)
		rows := s.row(t, boxes, row.MinHeight)
		for j := range rows {
			rows[j].breakable = i > t.HeaderRows || j > 1 && j < len(rows)-1
			if i == t.HeaderRows && j == 0 && i > 0 {
				rows[j].breakable = false
			}
			if i >= t.HeaderRows && header != nil {
				rows[j].header = header
			}
		}
		if i > 0 && t.Rows[i-1].KeepNext || i > 0 && i < t.HeaderRows {
			rows[0].breakable = false
		}
		out = append(out, rows...)
		if i == t.HeaderRows-1 {
			if header = joined(out); header.height > tall {
				header = nil // too tall to be repeated
			}
		}
	}
	if len(out) > 0 {
		out[0].space, out[0].breakable = t.Before, true
	}
	return out
}

// joined is the header rows as one chunk, as an artifact: repeated headers are
// pagination, the first one alone is content.
func joined(rows []chunk) *chunk {
	h := &chunk{}
	for _, r := range rows {
		for _, m := range r.marks {
			m.Y += h.height
			m.Node = nil
			h.marks = append(h.marks, m)
		}
		h.height += r.height
	}
	return h
}

func (s *setter) cells(t *Table, row Row, parent *Node) []cellBox {
	var boxes []cellBox
	rowNode := parent
	if !t.Layout {
		rowNode = parent.add(&Node{Type: "TR"})
	}
	x, col := 0.0, 0
	for _, cell := range row.Cells {
		w := 0.0
		for range max(1, cell.Span) {
			if col < len(t.Widths) {
				w += t.Widths[col]
				col++
			}
		}
		b := cellBox{x: x, w: w, middle: cell.Middle}
		node := rowNode
		if !t.Layout {
			node = rowNode.add(cellNode(cell))
		}
		for i, e := range cell.Content {
			if p, ok := e.(*Paragraph); ok && !t.Layout && len(cell.Content) == 1 && p.Tag == "" {
				p.Tag = "-"
			}
			cs := s.chunks(e, w-2*t.Pad, node)
			for j := range cs {
				if i > 0 || j > 0 || t.Layout {
					b.height += cs[j].space
				} else if !t.Layout {
					cs[j].space = 0
				}
				b.height += cs[j].height
			}
			b.chunks = append(b.chunks, cs...)
		}
		boxes = append(boxes, b)
		x += w
	}
	return boxes
}

func cellNode(c Cell) *Node {
	n := &Node{Type: "TD", Span: c.Span}
	if c.Header {
		n.Type, n.Scope = "TH", c.Scope
		if n.Scope == "" {
			n.Scope = "Column"
		}
	}
	return n
}

// tall is the height in points above which a row may be divided.
const tall = 300

func (s *setter) row(t *Table, boxes []cellBox, height float64) []chunk {
	for _, b := range boxes {
		height = max(height, b.height)
	}
	if height <= tall || t.KeepRows {
		return []chunk{s.wholeRow(t, boxes, height)}
	}
	return s.dividedRow(t, boxes)
}

func (s *setter) wholeRow(t *Table, boxes []cellBox, height float64) chunk {
	c := chunk{height: height + 2*t.Pad*0.6}
	for _, b := range boxes {
		y := t.Pad * 0.6
		if b.middle {
			y += (height - b.height) / 2
		}
		for i, k := range b.chunks {
			if i > 0 || t.Layout {
				y += k.space
			}
			if k.bottom && i == len(b.chunks)-1 {
				y = t.Pad*0.6 + height - k.height
			}
			c.take(k, b.x+t.Pad, y)
			y += k.height
		}
	}
	if t.Border {
		c.frame(boxes, 0, c.height, true, true)
	}
	return c
}

// dividedRow makes a chunk of each line that the cells have side by side.
func (s *setter) dividedRow(t *Table, boxes []cellBox) []chunk {
	n := 0
	for _, b := range boxes {
		n = max(n, len(b.chunks))
	}
	out := make([]chunk, n)
	for i := range out {
		c := &out[i]
		top := 0.0
		if i == 0 {
			top = t.Pad * 0.6
		}
		for _, b := range boxes {
			if i < len(b.chunks) {
				k := b.chunks[i]
				c.take(k, b.x+t.Pad, top)
				c.height = max(c.height, top+k.height)
			}
		}
		if i == n-1 {
			c.height += t.Pad * 0.6
		}
		if t.Border {
			c.frame(boxes, 0, c.height, i == 0, i == n-1)
			edge := boxes[len(boxes)-1]
			c.closing = []Mark{rule(0, 0, edge.x+edge.w, 0)}
		}
	}
	return out
}

func (c *chunk) take(k chunk, dx, dy float64) {
	for _, m := range k.marks {
		m.X += dx
		m.Y += dy
		c.marks = append(c.marks, m)
	}
	for _, a := range k.anchors {
		a.Y += dy
		c.anchors = append(c.anchors, a)
	}
}

func (c *chunk) frame(boxes []cellBox, top, bottom float64, above, below bool) {
	for _, b := range boxes {
		c.marks = append(c.marks, rule(b.x, top, 0, bottom-top))
	}
	last := boxes[len(boxes)-1]
	right := last.x + last.w
	c.marks = append(c.marks, rule(right, top, 0, bottom-top))
	if above {
		c.marks = append(c.marks, rule(0, top, right, 0))
	}
	if below {
		c.marks = append(c.marks, rule(0, bottom, right, 0))
	}
}

func rule(x, y, w, h float64) Mark {
	return Mark{Kind: LineMark, X: x, Y: y, W: w, H: h, Size: 0.5}
}

// Plain joins spans to text, for bookmarks.
func Plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Break {
			b.WriteByte(' ')
		}
		b.WriteString(s.Text)
	}
	return b.String()
}
