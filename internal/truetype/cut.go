package truetype

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Subset is a face cut to some characters. Immutable.
type Subset struct {
	Face    *Face
	Tag     string // six capitals, from the content (ISO 32000-2, 9.9.2)
	Program []byte // a TrueType file: glyf outlines without instructions
	Runes   []rune // Runes[i] is drawn by glyph i+1

	glyph  map[rune]uint16
	widths []float64 // by glyph, 1/1000 em
	dense  [0x2200]uint16
}

// Glyph is the number of r's glyph in the cut, 0 if it is not in it.
func (s *Subset) Glyph(r rune) uint16 {
	if r >= 0 && int(r) < len(s.dense) {
		return s.dense[r]
	}
	return s.glyph[r]
}

// Width is a glyph's advance in 1/1000 em.
func (s *Subset) Width(gid uint16) float64 { return s.widths[gid] }

// Widths are the advances by glyph in 1/1000 em.
func (s *Subset) Widths() []float64 { return s.widths }

// Encode is a text as the two-byte codes of Identity-H; a character that is not in the cut is glyph 0.
func (s *Subset) Encode(text string) string {
	var out []byte
	for _, r := range text {
		out = order.AppendUint16(out, s.Glyph(r))
	}
	return string(out)
}

// MissingGlyphError names a character that a face cannot show.
type MissingGlyphError struct {
	Font string
	Rune rune
}

func (e *MissingGlyphError) Error() string {
	return fmt.Sprintf("font %s lacks %q (U+%04X)", e.Font, e.Rune, e.Rune)
}

// Runes lists the characters of some texts, ascending, each once.
func Runes(texts ...string) []rune {
	var all []rune
	for _, text := range texts {
		all = append(all, []rune(text)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Cut makes a subset holding base in its order, then extra in its order. The
// glyph numbers of base do not depend on extra. A character that the face lacks
// is a [MissingGlyphError]; ask Has first.
func (f *Face) Cut(base, extra []rune) (*Subset, error) {
	c := cutter{face: f, number: map[uint16]uint16{}, pairs: map[int]rune{}}
	c.add(0)
	s := &Subset{Face: f, glyph: map[rune]uint16{}}
	for _, r := range slices.Concat(base, extra) {
		gid, ok := f.glyphOf(r)
		if !ok {
			return nil, &MissingGlyphError{f.Name, r}
		}
		if _, twice := s.glyph[r]; twice {
			continue
		}
		n := uint16(len(c.source))
		if _, _, pair := Unstack(r); pair {
			c.pairs[int(n)] = r
		}
		c.source = append(c.source, gid)
		s.glyph[r] = n
		s.Runes = append(s.Runes, r)
		if int(r) < len(s.dense) {
			s.dense[r] = n
		}
	}
	if err := c.close(); err != nil {
		return nil, fmt.Errorf("font %s: %w", f.Name, err)
	}
	s.Program = c.program()
	for _, gid := range c.source {
		s.widths = append(s.widths, float64(f.advance(gid))*1000/float64(f.UnitsPerEm))
	}
	sum := sha256.Sum256(s.Program)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	s.Tag = string(tag)
	return s, nil
}

// cutter collects glyphs (source[new] = old) and writes the small font.
type cutter struct {
	face     *Face
	source   []uint16
	number   map[uint16]uint16 // component glyphs: old to new
	pairs    map[int]rune      // glyphs that are composed here, see [Stack]; source has the letter's, for its measures
	outlines [][]byte
}

func (c *cutter) add(old uint16) uint16 {
	if n, ok := c.number[old]; ok {
		return n
	}
	n := uint16(len(c.source))
	c.number[old] = n
	c.source = append(c.source, old)
	return n
}

// Flags of composite glyphs (ISO/IEC 14496-22, glyf).
const (
	argsAreWords    = 0x0001
	haveScale       = 0x0008
	moreComponents  = 0x0020
	haveXYScale     = 0x0040
	haveTwoByTwo    = 0x0080
	haveInstruction = 0x0100
)

// close copies outlines without instructions and pulls components in.
func (c *cutter) close() error {
	for i := 0; i < len(c.source); i++ {
		if base, mark, pair := Unstack(c.pairs[i]); pair {
			o, err := c.stack(base, mark)
			if err != nil {
				return err
			}
			c.outlines = append(c.outlines, o)
			continue
		}
		o, err := c.face.outline(c.source[i])
		switch {
		case err != nil:
			return err
		case len(o) < 10:
			o = nil
		case int16(order.Uint16(o)) >= 0:
			o = simple(o)
		default:
			o, err = c.composite(o)
		}
		if err != nil {
			return err
		}
		c.outlines = append(c.outlines, o)
	}
	return nil
}

// simple is an outline without its instructions; nothing is drawn of one that is cut off.
func simple(o []byte) []byte {
	contours := int(order.Uint16(o))
	at := 10 + 2*contours
	if at+2 > len(o) {
		return nil
	}
	skip := int(order.Uint16(o[at:]))
	if at+2+skip > len(o) {
		return nil
	}
	out := make([]byte, 0, len(o)-skip)
	out = append(out, o[:at]...)
	out = append(out, 0, 0)
	return append(out, o[at+2+skip:]...)
}

// composite is the outline of a composed glyph with the numbers that its parts have in the cut.
func (c *cutter) composite(o []byte) ([]byte, error) {
	out := bytes.Clone(o)
	for at := 10; at+4 <= len(out); {
		flags := order.Uint16(out[at:])
		order.PutUint16(out[at:], flags&^haveInstruction)
		order.PutUint16(out[at+2:], c.add(order.Uint16(out[at+2:])))
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&haveScale != 0:
			at += 2
		case flags&haveXYScale != 0:
			at += 4
		case flags&haveTwoByTwo != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return out[:min(at, len(out))], nil
		}
	}
	return nil, fmt.Errorf("%w: a composed glyph cut off", ErrFormat)
}

// program writes a TrueType file with the seven tables that PDF asks for
// (ISO 32000-2, 9.9.1: a CIDFontType2 program needs no cmap, name, post, OS/2).
func (c *cutter) program() []byte {
	n := len(c.source)
	loca := make([]byte, 4*(n+1))
	var glyf []byte
	for i, o := range c.outlines {
		order.PutUint32(loca[4*i:], uint32(len(glyf)))
		glyf = append(glyf, o...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	order.PutUint32(loca[4*n:], uint32(len(glyf)))

	f := c.face
	hmtx := make([]byte, 4*n)
	for i, old := range c.source {
		order.PutUint16(hmtx[4*i:], uint16(f.advance(old)))
		order.PutUint16(hmtx[4*i+2:], f.bearing(old))
	}
	head := bytes.Clone(f.tables["head"])
	order.PutUint32(head[8:], 0)
	order.PutUint16(head[50:], 1)
	hhea := bytes.Clone(f.tables["hhea"])
	order.PutUint16(hhea[34:], uint16(n))
	maxp := bytes.Clone(f.tables["maxp"])
	order.PutUint16(maxp[4:], uint16(n))
	if len(maxp) >= 32 { // no instructions are left
		for i := 14; i < 28; i += 2 {
			order.PutUint16(maxp[i:], 0)
		}
		order.PutUint16(maxp[14:], 1)
	}
	if len(maxp) >= 32 && len(c.pairs) > 0 { // letter and mark, of which the letter may be composed itself
		order.PutUint16(maxp[28:], max(2, order.Uint16(maxp[28:])))
		order.PutUint16(maxp[30:], order.Uint16(maxp[30:])+1)
	}
	return assemble([]table{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca},
		{"maxp", maxp}})
}

func (f *Face) bearing(gid uint16) uint16 {
	t := f.tables["hmtx"]
	at := 4*int(gid) + 2
	if int(gid) >= f.hmetrics {
		at = 4*f.hmetrics + 2*(int(gid)-f.hmetrics)
	}
	if at+2 > len(t) {
		return 0
	}
	return order.Uint16(t[at:])
}

type table struct {
	name string
	data []byte
}

func assemble(tables []table) []byte {
	n := len(tables)
	out := make([]byte, 12+16*n)
	order.PutUint32(out, 0x00010000)
	order.PutUint16(out[4:], uint16(n))
	log := 0
	for 1<<(log+1) <= n {
		log++
	}
	order.PutUint16(out[6:], uint16(16<<log))
	order.PutUint16(out[8:], uint16(log))
	order.PutUint16(out[10:], uint16(16*n-16<<log))
	headAt := 0
	for i, t := range tables {
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		if t.name == "head" {
			headAt = len(out)
		}
		e := out[12+16*i:]
		copy(e, t.name)
		order.PutUint32(e[4:], checksum(t.data))
		order.PutUint32(e[8:], uint32(len(out)))
		order.PutUint32(e[12:], uint32(len(t.data)))
		out = append(out, t.data...)
	}
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	order.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(b []byte) uint32 {
	var sum uint32
	for ; len(b) >= 4; b = b[4:] {
		sum += order.Uint32(b)
	}
	if len(b) > 0 {
		var last [4]byte
		copy(last[:], b)
		sum += order.Uint32(last[:])
	}
	return sum
}
