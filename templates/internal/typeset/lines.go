package typeset

import (
	"covenant/templates/internal/font"
)

// setter turns elements into chunks.
type setter struct {
	faces [4]*font.Embedded
	// together are pairs of words, in lower case with a space between, that centred lines do not part.
	together map[string]bool
	notes    *[]Note
	lists    [2]*Node // the open list at each level
	items    [2]*Node // body of its last item
	label    *Node    // of the item being set
}

// word is a piece that is not divided, with the space after it.
type word struct {
	parts []part
	width float64
	space float64 // width of the space that follows, 0 none
	gap   *Span   // the span the space belongs to
	hard  bool    // a forced break follows
}

type part struct {
	span  *Span
	text  string
	width float64
}

// measure is the width of text in points.
func (s *setter) measure(text string, style font.Style, size float64) float64 {
	f := s.faces[style]
	var w float64
	for _, r := range text {
		if r == 0xA0 {
			r = ' '
		}
		w += f.Width(f.Glyph(r))
	}
	return w * size / 1000
}

// words splits spans at spaces; a no-break space does not split.
func (s *setter) words(spans []Span) []word {
	var out []word
	var cur word
	push := func() {
		out = append(out, cur)
		cur = word{}
	}
	for i := range spans {
		sp := &spans[i]
		if sp.Break {
			cur.hard = true
			push()
			continue
		}
		start, text := 0, bind(sp.Text)
		for j := 0; j <= len(text); j++ {
			if j < len(text) && text[j] != ' ' {
				continue
			}
			if t := text[start:j]; t != "" {
				p := part{sp, t, s.measure(t, sp.Style, sp.Size)}
				cur.parts = append(cur.parts, p)
				cur.width += p.width
			}
			if j < len(text) {
				cur.space = s.measure(" ", sp.Style, sp.Size)
				cur.gap = sp
				push()
			}
			start = j + 1
		}
	}
	if len(cur.parts) > 0 {
		push()
	}
	return out
}

// bound are words that a number after them does not leave: “Điều 3”, “ngày 26”.
var bound = map[string]bool{
	"Điều": true, "khoản": true, "Khoản": true, "Chương": true, "Mục": true, "Phần": true, "ngày": true, "tháng": true,
	"năm": true, "số": true, "Số": true, "quý": true, "Article": true, "clause": true, "No.": true,
}

// bind writes no-break spaces between those words and a figure.
func bind(text string) string {
	var out []byte
	done, start := 0, 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != ' ' {
			continue
		}
		if next := text[i+1]; next >= '0' && next <= '9' && bound[text[start:i]] {
			out = append(out, text[done:i]...)
			out = append(out, "\u00A0"...)
			done = i + 1
		}
		start = i + 1
	}
	if out == nil {
		return text
	}
	return string(append(out, text[done:]...))
}

// line is a set line before it is placed.
type line struct {
	words  []word
	width  float64 // natural, without the last space
	height float64
	ascent float64
	last   bool // of its paragraph, or before a forced break
	indent float64
	avail  float64
	gaps   int
}

// shrink is how far a space may be squeezed to keep a word on its line.
const shrink = 0.12

// breakLines fills lines greedily; a justified line may squeeze its spaces a little.
func (s *setter) breakLines(p *Paragraph, width float64) []line {
	var lines []line
	cur := line{indent: p.Left + p.First, avail: width - p.Left - p.Right - p.First}
	var pending float64 // space between the last word and the next
	flush := func(last bool) {
		cur.last = last
		lines = append(lines, cur)
		cur = line{indent: p.Left + p.Hang, avail: width - p.Left - p.Right - p.Hang}
		pending = 0
	}
	for _, w := range s.words(p.Spans) {
		if len(cur.words) > 0 {
			slack := 0.0
			if p.Align == Justify {
				slack = (pending + float64(cur.gaps)*pending) * shrink
			}
			if cur.width+pending+w.width > cur.avail+slack+0.01 {
				flush(false)
			}
		}
		for _, piece := range s.divide(w, cur.avail) {
			if len(cur.words) > 0 {
				if pending == 0 || piece.width+cur.width > cur.avail {
					if cur.width+pending+piece.width > cur.avail {
						flush(false)
					}
				} else {
					cur.gaps++
				}
				cur.width += pending
			}
			cur.words = append(cur.words, piece)
			cur.width += piece.width
			pending = piece.space
		}
		if w.hard {
			flush(true)
			cur.indent, cur.avail = p.Left+p.First, width-p.Left-p.Right-p.First
		}
	}
	if len(cur.words) > 0 || len(lines) == 0 {
		flush(true)
	}
	if p.Align == Center {
		if even := s.balanced(p, width); len(lines) > 1 && even != nil {
			return even
		}
	}
	lines[len(lines)-1].last = true
	for i := range lines {
		s.lineHeight(&lines[i], p)
	}
	return lines
}

// divide cuts a word that is wider than a whole line; the layout notes it.
func (s *setter) divide(w word, avail float64) []word {
	if w.width <= avail || len(w.parts) == 0 || avail <= 0 {
		return []word{w}
	}
	*s.notes = append(*s.notes, Note{Text: w.parts[0].text, Note: w.parts[0].span.Note})
	var out []word
	var cur word
	for _, p := range w.parts {
		start := 0
		for i, r := range p.text {
			rw := s.measure(string(r), p.span.Style, p.span.Size)
			if cur.width+rw > avail && (cur.width > 0) {
				if i > start {
					cur.parts = append(cur.parts, part{p.span, p.text[start:i], s.measure(p.text[start:i], p.span.Style,
						p.span.Size)})
				}
				out = append(out, cur)
				cur, start = word{}, i
			}
			cur.width += rw
		}
		cur.parts = append(cur.parts, part{p.span, p.text[start:], s.measure(p.text[start:], p.span.Style,
			p.span.Size)})
	}
	cur.space, cur.gap, cur.hard = w.space, w.gap, w.hard
	return append(out, cur)
}

func (s *setter) lineHeight(l *line, p *Paragraph) {
	leading := p.Leading
	if leading == 0 {
		leading = 1
	}
	size, style := 0.0, font.Regular
	for _, w := range l.words {
		for _, pt := range w.parts {
			if pt.span.Size > size {
				size, style = pt.span.Size, pt.span.Style
			}
		}
	}
	if size == 0 && len(p.Spans) > 0 {
		size = p.Spans[0].Size
	}
	if size == 0 {
		size = 12
	}
	f := s.faces[style]
	natural := float64(f.Face.Ascent-f.Face.Descent) / 1000 * 1.038 // with the line gap
	l.height = size * natural * leading
	l.ascent = l.height - size*float64(-f.Face.Descent)/1000 -
		(l.height-size*float64(f.Face.Ascent-f.Face.Descent)/1000)/2
}

// place turns a line into marks, relative to its top left corner.
func (s *setter) place(l *line, p *Paragraph, node *Node) []Mark {
	x, extra := l.indent, 0.0
	switch p.Align {
	case Center:
		x += (l.avail - l.width) / 2
	case Right:
		x += l.avail - l.width
	case Justify:
		if l.gaps > 0 && (!l.last || l.width > l.avail) {
			extra = (l.avail - l.width) / float64(l.gaps)
		}
	}
	var marks []Mark
	var deco []uint8
	var cur *Mark
	var owner *Span
	add := func(sp *Span, t string, w float64) {
		node := node
		if sp.Label && s.label != nil {
			node = s.label
		}
		if cur == nil || owner != sp {
			marks = append(marks, Mark{
				Kind: TextMark, X: x, Y: l.ascent, Size: sp.Size, Style: sp.Style, Gray: sp.Gray,
				WordExtra: extra, Source: sp.Kind, Link: sp.Link, Block: p.Block, Note: sp.Note, Node: node,
				H: l.height,
			})
			cur, owner = &marks[len(marks)-1], sp
			deco = append(deco, sp.Deco)
		}
		cur.Text += t
		cur.W += w
		x += w
	}
	for i, w := range l.words {
		for _, pt := range w.parts {
			add(pt.span, pt.text, pt.width)
		}
		if w.space == 0 {
			continue
		}
		if i < len(l.words)-1 {
			add(w.gap, " ", w.space+extra)
		} else if !l.last && cur != nil {
			cur.Text += " " // words stay apart when the text is taken out
		}
	}
	return append(marks, decoration(marks, deco, p.Block)...)
}

// decoration draws the lines under and through text.
func decoration(marks []Mark, deco []uint8, block int) []Mark {
	var out []Mark
	for i, d := range deco {
		m := &marks[i]
		switch d {
		case 1:
			out = append(out, Mark{Kind: LineMark, X: m.X, Y: m.Y + m.Size*0.12, W: m.W, Size: m.Size / 20,
				Block: block})
		case 2:
			out = append(out, Mark{Kind: LineMark, X: m.X, Y: m.Y - m.Size*0.25, W: m.W, Size: m.Size / 20,
				Block: block})
		}
	}
	return out
}
