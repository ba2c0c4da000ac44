package paint

import (
	"math"

	"covenant/internal/pdf"
)

// textState is the text state (§9.3).
type textState struct {
	font    *font
	size    float64
	spacing float64 // between characters
	words   float64 // at spaces
	scale   float64 // horizontal, less one
	leading float64
	rise    float64
}

// textObject is where the next glyph goes (§9.4).
type textObject struct{ line, at matrix }

// textOperator carries out the operators of text; false: it is another one.
func (p *painter) textOperator(op string, args []pdf.Object) bool {
	n, ok := numbers(args)
	t := &p.state.text
	first := func() float64 {
		if !ok || len(n) != 1 {
			p.unknown()
			return 0
		}
		return n[0]
	}
	switch op {
	case "BT":
		p.text = textObject{identity, identity}
	case "Tc":
		t.spacing = first()
	case "Tw":
		t.words = first()
	case "Tz":
		t.scale = first()/100 - 1
	case "TL":
		t.leading = first()
	case "Ts":
		t.rise = first()
	case "Tf":
		p.setFont(args)
	case "Td", "TD", "Tm", "T*":
		p.position(op, n, ok)
	case "Tj", "TJ", "'", "\"":
		p.showing(op, args)
	default:
		return false
	}
	return true
}

func (p *painter) setFont(args []pdf.Object) {
	if len(args) != 2 {
		p.unknown()
		return
	}
	size, ok := pdf.Number(args[1])
	if !ok {
		p.unknown()
		return
	}
	p.state.text.font, p.state.text.size = p.fontAt(p.resourceAt("Font", args)), size
}

func (p *painter) position(op string, n []float64, ok bool) {
	t := &p.state.text
	want := map[string]int{"Td": 2, "TD": 2, "Tm": 6, "T*": 0}[op]
	if !ok || len(n) != want {
		p.unknown()
		return
	}
	switch op {
	case "Tm":
		p.text.line = matrix(n)
	case "T*":
		p.text.line = matrix{1, 0, 0, 1, 0, -t.leading}.times(p.text.line)
	default:
		if op == "TD" {
			t.leading = -n[1]
		}
		p.text.line = matrix{1, 0, 0, 1, n[0], n[1]}.times(p.text.line)
	}
	p.text.at = p.text.line
	if !p.text.at.finite() {
		p.unknown()
	}
}

func (p *painter) showing(op string, args []pdf.Object) {
	if len(args) == 0 {
		return
	}
	switch op {
	case "'":
		p.position("T*", nil, true)
	case "\"":
		if n, ok := numbers(args[:len(args)-1]); ok && len(n) == 2 {
			p.state.text.words, p.state.text.spacing = n[0], n[1]
		}
		p.position("T*", nil, true)
	case "TJ":
		list, _ := args[0].(pdf.Array)
		for _, o := range list {
			if s, ok := o.(pdf.String); ok {
				p.show(s.Bytes)
			} else if by, ok := pdf.Number(o); ok {
				p.advance(-by / 1000 * p.state.text.size)
			}
		}
		return
	}
	if s, ok := args[len(args)-1].(pdf.String); ok {
		p.show(s.Bytes)
	}
}

// advance moves on by a length of text space, before the horizontal scale.
func (p *painter) advance(by float64) {
	f := p.state.text.font
	if f != nil && f.vertical {
		p.text.at = matrix{1, 0, 0, 1, 0, by}.times(p.text.at)
		return
	}
	p.text.at = matrix{1, 0, 0, 1, by * (1 + p.state.text.scale), 0}.times(p.text.at)
}

// show paints a string: from where it begins to where it ends, in the full height of its font.
func (p *painter) show(s string) {
	t := &p.state.text
	if s == "" {
		return
	}
	if t.font == nil || t.font.unknown || t.font.vertical {
		p.paint(Text, everywhere)
		return
	}
	begin := p.text.at
	width := 0.0
	for _, w := range t.font.widths(s) {
		width += w.width*t.size + t.spacing
		if w.space {
			width += t.words
		}
	}
	p.advance(width)
	if !p.text.at.finite() {
		p.unknown()
		return
	}
	across := width * (1 + t.scale)
	lead := math.Abs(t.size) * 0.25 // italics and marks reach beyond their widths
	box := pdf.Rect{
		X0: min(0, across) - lead, X1: max(0, across) + lead,
		Y0: t.rise + min(t.font.bottom*t.size, t.font.top*t.size),
		Y1: t.rise + max(t.font.bottom*t.size, t.font.top*t.size),
	}
	p.paint(Text, begin.times(p.state.ctm).box(box))
}

// font is what is needed of a font to know how far its text reaches; lengths in ems.
type font struct {
	unknown     bool // it cannot be read, or draws its glyphs itself
	vertical    bool
	double      bool // two bytes for each code
	first       int
	simple      []float64
	cid         map[int]float64
	missing     float64
	top, bottom float64
}

type glyphWidth struct {
	width float64
	space bool
}

// widths are those of the codes of a string.
func (f *font) widths(s string) []glyphWidth {
	var out []glyphWidth
	if f.double {
		for i := 0; i+1 < len(s); i += 2 {
			w, ok := f.cid[int(s[i])<<8|int(s[i+1])]
			if !ok {
				w = f.missing
			}
			out = append(out, glyphWidth{w, false})
		}
		return out
	}
	for i := range len(s) {
		w := f.missing
		if n := int(s[i]) - f.first; n >= 0 && n < len(f.simple) {
			w = f.simple[n]
		}
		out = append(out, glyphWidth{w, s[i] == ' '})
	}
	return out
}

// fontAt reads a font once.
func (p *painter) fontAt(o pdf.Object) *font {
	ref, isRef := o.(pdf.Ref)
	if f, ok := p.fonts[ref]; ok && isRef {
		return f
	}
	f := p.readFont(o)
	if isRef {
		if p.fonts == nil {
			p.fonts = map[pdf.Object]*font{}
		}
		p.fonts[ref] = f
	}
	return f
}

func (p *painter) readFont(o pdf.Object) *font {
	d, err := p.file.Dict(o)
	if err != nil || d == nil {
		return &font{unknown: true}
	}
	f := &font{missing: 1, top: 1.2, bottom: -0.4}
	switch d.Get("Subtype") {
	case pdf.Name("Type3"):
		f.unknown = true
	case pdf.Name("Type0"):
		p.readComposite(f, d)
	default:
		p.readSimple(f, d)
	}
	return f
}

// readSimple takes the widths of a simple font (§9.6.2.1). Where there are none, as in the standard fonts, each glyph
// is as wide as the widest.
func (p *painter) readSimple(f *font, d pdf.Dict) {
	list, err := p.file.Array(d.Get("Widths"))
	first, _ := p.number(d.Get("FirstChar"))
	if err != nil || len(list) > 256 {
		f.unknown = true
		return
	}
	f.first = int(first)
	for _, o := range list {
		w, ok := p.number(o)
		if !ok {
			w = 1000
		}
		f.simple = append(f.simple, w/1000)
	}
	p.describe(f, d)
}

// readComposite takes the widths of a composite font whose codes are two bytes each (§9.7). Other encodings are not
// known: the text could be anywhere.
func (p *painter) readComposite(f *font, d pdf.Dict) {
	switch d.Get("Encoding") {
	case pdf.Name("Identity-H"):
	case pdf.Name("Identity-V"):
		f.vertical = true
	default:
		f.unknown = true
		return
	}
	f.double = true
	list, err := p.file.Array(d.Get("DescendantFonts"))
	if err != nil || len(list) != 1 {
		f.unknown = true
		return
	}
	cid, err := p.file.Dict(list[0])
	if err != nil || cid == nil {
		f.unknown = true
		return
	}
	if dw, ok := p.number(cid.Get("DW")); ok {
		f.missing = dw / 1000
	}
	w, err := p.file.Array(cid.Get("W"))
	if err != nil || !p.readWidths(f, w) {
		f.unknown = true
	}
	p.describe(f, cid)
}

// readWidths reads “c [w1 w2 …]” and “first last w” (§9.7.4.3).
func (p *painter) readWidths(f *font, list pdf.Array) bool {
	f.cid = map[int]float64{}
	for i := 0; i < len(list); {
		first, ok := p.number(list[i])
		if !ok || i+1 >= len(list) || first < 0 || first > 0xffff {
			return false
		}
		next, err := p.file.Resolve(list[i+1])
		if err != nil {
			return false
		}
		if each, isArray := next.(pdf.Array); isArray {
			for k, o := range each {
				w, ok := p.number(o)
				if !ok {
					return false
				}
				f.cid[int(first)+k] = w / 1000
			}
			i += 2
			continue
		}
		last, ok := pdf.Number(next)
		if !ok || i+2 >= len(list) || last > 0xffff {
			return false
		}
		w, ok := p.number(list[i+2])
		if !ok {
			return false
		}
		for c := int(first); c <= int(last); c++ {
			f.cid[c] = w / 1000
		}
		i += 3
	}
	return true
}

// describe takes the height of a font from its descriptor, where that says more than is usual.
func (p *painter) describe(f *font, d pdf.Dict) {
	desc, err := p.file.Dict(d.Get("FontDescriptor"))
	if err != nil {
		f.unknown = true
		return
	}
	if box, err := p.file.ReadRect(desc.Get("FontBBox")); err == nil {
		// the box is that of all glyphs, of which few are so high
		f.top, f.bottom = min(max(f.top, box.Y1/1000), 1.5), max(min(f.bottom, box.Y0/1000), -0.6)
	}
}
