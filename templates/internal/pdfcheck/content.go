package pdfcheck

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Text is a run shown on a page; X and Y in points from the lower left corner.
type Text struct {
	Page    int // from 1
	X, Y    float64
	Size    float64
	Font    string // BaseFont without the subset tag
	Codes   []uint16
	Text    string
	MCID    int // -1: an artifact
	Marked  bool
	Gray    float64
	Width   float64 // by /W and the adjustments between the glyphs
	Tail    float64 // the part of Width that the last glyph takes
	Rotated bool
}

// Line is a stroked straight line.
type Line struct {
	Page           int
	X1, Y1, X2, Y2 float64
	Marked         bool
}

// Content is what a file's pages show.
type Content struct {
	Texts     []Text
	Lines     []Line
	Operators map[string]int
	Faults    []string // unbalanced or unmarked content
	Unmapped  []string // glyphs without a character
	MCIDs     map[int]map[int]bool
}

// Content interprets all pages.
func (f *File) Content() *Content {
	c := &Content{Operators: map[string]int{}, MCIDs: map[int]map[int]bool{}}
	for i, p := range f.Pages() {
		s, ok := f.Get(p["Contents"]).(*Stream)
		if !ok {
			c.Faults = append(c.Faults, fmt.Sprintf("page %d has no content stream", i+1))
			continue
		}
		in := &interpreter{f: f, c: c, page: i + 1, fonts: f.Dict(f.Dict(p["Resources"])["Font"]),
			maps: map[string]map[uint16]string{}, mcid: -1}
		c.MCIDs[i+1] = map[int]bool{}
		in.run(s.Data)
	}
	return c
}

type interpreter struct {
	f      *File
	c      *Content
	page   int
	fonts  Dict
	maps   map[string]map[uint16]string
	name   string
	size   float64
	matrix [6]float64
	depth  int
	mcid   int
	gray   float64
	path   [4]float64
}

func (in *interpreter) run(data []byte) {
	p := &parser{b: data}
	var args []any
	for {
		p.space()
		if p.i >= len(p.b) {
			break
		}
		o := p.object()
		if p.err != nil {
			in.c.Faults = append(in.c.Faults, fmt.Sprintf("page %d: content cannot be read", in.page))
			return
		}
		op, ok := o.(operator)
		if !ok {
			args = append(args, o)
			continue
		}
		in.c.Operators[string(op)]++
		in.do(string(op), args)
		args = args[:0]
	}
	if in.depth != 0 {
		in.c.Faults = append(in.c.Faults, fmt.Sprintf("page %d: marked content is not closed", in.page))
	}
}

func num(args []any, i int) float64 {
	if i < len(args) {
		v, _ := args[i].(float64)
		return v
	}
	return 0
}

func (in *interpreter) do(op string, args []any) {
	switch op {
	case "BDC", "BMC":
		in.depth++
		if in.depth > 1 {
			in.c.Faults = append(in.c.Faults, fmt.Sprintf("page %d: marked content is nested", in.page))
		}
		in.mcid = -1
		if len(args) > 1 {
			if d, ok := args[1].(Dict); ok {
				if v, ok := d["MCID"].(float64); ok {
					in.mcid = int(v)
					if in.c.MCIDs[in.page][in.mcid] {
						in.c.Faults = append(in.c.Faults, fmt.Sprintf("page %d: MCID %d twice", in.page, in.mcid))
					}
					in.c.MCIDs[in.page][in.mcid] = true
				}
			}
		}
	case "EMC":
		in.depth--
		in.mcid = -1
	case "g":
		in.gray = num(args, 0)
	case "Tf":
		n, _ := args[0].(Name)
		in.name, in.size = string(n), num(args, 1)
	case "Tm":
		for i := range in.matrix {
			in.matrix[i] = num(args, i)
		}
	case "Tj", "TJ":
		in.show(args)
	case "m":
		in.path[0], in.path[1] = num(args, 0), num(args, 1)
	case "l":
		in.path[2], in.path[3] = num(args, 0), num(args, 1)
	case "S":
		in.c.Lines = append(in.c.Lines, Line{in.page, in.path[0], in.path[1], in.path[2], in.path[3], in.depth > 0})
	}
	switch op {
	case "S", "f", "B", "Do", "Tj", "TJ":
		if in.depth == 0 {
			in.c.Faults = append(in.c.Faults, fmt.Sprintf("page %d: content outside marked content (%s)", in.page, op))
		}
	}
}

func (in *interpreter) show(args []any) {
	font := in.f.Dict(in.fonts[Name(in.name)])
	m, ok := in.maps[in.name]
	if !ok {
		m = in.f.unicode(font)
		in.maps[in.name] = m
	}
	base, _ := font["BaseFont"].(Name)
	_, after, tagged := strings.Cut(string(base), "+")
	if !tagged {
		after = string(base)
	}
	t := Text{
		Page: in.page, X: in.matrix[4], Y: in.matrix[5], Size: in.size, Font: after, MCID: in.mcid,
		Marked: in.depth > 0,
		Gray:   in.gray, Rotated: in.matrix[1] != 0,
	}
	widths := in.f.widths(font)
	var b strings.Builder
	var take func(o any)
	take = func(o any) {
		switch o := o.(type) {
		case []byte:
			for i := 0; i+1 < len(o); i += 2 {
				code := uint16(o[i])<<8 | uint16(o[i+1])
				t.Codes = append(t.Codes, code)
				if int(code) < len(widths) {
					w, _ := widths[code].(float64)
					t.Tail = w * in.size / 1000
					t.Width += t.Tail
				}
				switch u := m[code]; u {
				case "", "\x00", "\uFEFF", "\uFFFD":
					in.c.Unmapped = append(in.c.Unmapped, fmt.Sprintf("page %d: glyph %d has no character", in.page,
						code))
				default:
					b.WriteString(u)
				}
			}
		case float64:
			t.Width -= o * in.size / 1000
			t.Tail -= o * in.size / 1000
		case Array:
			for _, k := range o {
				take(k)
			}
		}
	}
	for _, a := range args {
		take(a)
	}
	t.Text = b.String()
	in.c.Texts = append(in.c.Texts, t)
}

// widths are the advances of a Type0 font by glyph, in 1/1000 em.
func (f *File) widths(font Dict) Array {
	list := f.Array(font["DescendantFonts"])
	if len(list) == 0 {
		return nil
	}
	if w := f.Array(f.Dict(list[0])["W"]); len(w) == 2 {
		return f.Array(w[1])
	}
	return nil
}

// unicode reads a font's ToUnicode CMap.
func (f *File) unicode(font Dict) map[uint16]string {
	out := map[uint16]string{}
	s, ok := f.Get(font["ToUnicode"]).(*Stream)
	if !ok {
		return out
	}
	inside := false
	for _, line := range strings.Split(string(s.Data), "\n") {
		switch {
		case strings.HasSuffix(line, "beginbfchar"):
			inside = true
		case line == "endbfchar":
			inside = false
		case inside:
			if len(line) != len("<0001> <0020>") {
				continue
			}
			a, err1 := strconv.ParseUint(line[1:5], 16, 16)
			b, err2 := strconv.ParseUint(line[8:12], 16, 16)
			if err1 == nil && err2 == nil {
				out[uint16(a)] = string(utf16.Decode([]uint16{uint16(b)}))
			}
		}
	}
	return out
}

// String decodes a text string.
func String(o any) string {
	b, _ := o.([]byte)
	if len(b) < 2 || b[0] != 0xFE || b[1] != 0xFF {
		return string(b)
	}
	var u []uint16
	for i := 2; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(u))
}
