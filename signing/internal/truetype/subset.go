package truetype

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// MissingGlyphError names a character that the font cannot show.
type MissingGlyphError struct{ Rune rune }

func (e *MissingGlyphError) Error() string {
	return fmt.Sprintf("the font has no glyph for %q (U+%04X)", e.Rune, e.Rune)
}

// Subset is a font cut to some glyphs. Glyph numbers of the subset are its own: 0 is .notdef, then the characters in
// ascending order, then the parts of composed glyphs.
type Subset struct {
	Font   *Font
	Runes  []rune // ascending; Runes[i] has glyph i+1
	Data   []byte // the font file
	Widths []int  // of every glyph, in thousandths of the em
	index  map[rune]uint16
}

// Subset cuts the font to the characters of the given texts. A character without a glyph is a *MissingGlyphError.
func (f *Font) Subset(texts ...string) (*Subset, error) {
	s := &Subset{Font: f, index: map[rune]uint16{}}
	for _, text := range texts {
		for _, r := range text {
			if _, ok := f.runes[r]; !ok {
				return nil, &MissingGlyphError{r}
			}
			s.index[r] = 0
		}
	}
	for r := range s.index {
		s.Runes = append(s.Runes, r)
	}
	slices.Sort(s.Runes)
	old := []int{0}
	for i, r := range s.Runes {
		s.index[r] = uint16(i + 1)
		old = append(old, int(f.runes[r]))
	}
	glyf, loca, old, err := f.cutOutlines(old)
	if err != nil {
		return nil, err
	}
	s.build(glyf, loca, old)
	return s, nil
}

// Encode returns a text as the two-byte codes of Identity-H.
func (s *Subset) Encode(text string) string {
	var out []byte
	for _, r := range text {
		out = binary.BigEndian.AppendUint16(out, s.index[r])
	}
	return string(out)
}

// cutOutlines copies the outlines of the glyphs in old and, after them, of the parts that composed glyphs refer to, whose
// numbers it rewrites.
func (f *Font) cutOutlines(old []int) (glyf, loca []byte, all []int, err error) {
	number := map[int]int{}
	for i, g := range old {
		if _, ok := number[g]; !ok {
			number[g] = i
		}
	}
	for i := 0; i < len(old); i++ {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		src, err := f.outline(old[i])
		if err != nil {
			return nil, nil, nil, err
		}
		outline := slices.Clone(src)
		err = eachComponent(outline, func(ref []byte) {
			g := int(binary.BigEndian.Uint16(ref))
			if _, ok := number[g]; !ok {
				number[g] = len(old)
				old = append(old, g)
			}
			binary.BigEndian.PutUint16(ref, uint16(number[g]))
		})
		if err != nil {
			return nil, nil, nil, err
		}
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	return glyf, binary.BigEndian.AppendUint32(loca, uint32(len(glyf))), old, nil
}

// Flags of composed glyphs (OpenType, glyf table).
const (
	argsAreWords   = 0x0001
	hasScale       = 0x0008
	moreComponents = 0x0020
	hasXYScale     = 0x0040
	has2x2         = 0x0080
)

// eachComponent calls fn with the place of each glyph number in a composed glyph.
func eachComponent(outline []byte, fn func(ref []byte)) error {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return nil
	}
	for at := 10; ; {
		if at+4 > len(outline) {
			return fmt.Errorf("%w: a composed glyph cut off", ErrFont)
		}
		flags := binary.BigEndian.Uint16(outline[at:])
		fn(outline[at+2 : at+4])
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&hasScale != 0:
			at += 2
		case flags&hasXYScale != 0:
			at += 4
		case flags&has2x2 != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return nil
		}
	}
}

// build writes the font file.
func (s *Subset) build(glyf, loca []byte, old []int) {
	f := s.Font
	head, hhea, maxp := slices.Clone(f.tables["head"]), slices.Clone(f.tables["hhea"]), slices.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(old)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(old)))
	var hmtx []byte
	for _, g := range old {
		hmtx = append(hmtx, f.metric(g)...)
		s.Widths = append(s.Widths, int(f.Advance(uint16(g))+0.5))
	}
	tables := map[string][]byte{"glyf": glyf, "loca": loca, "head": head, "hhea": hhea, "maxp": maxp, "hmtx": hmtx}
	for _, name := range []string{"cvt ", "fpgm", "prep"} { // instructions
		if t, ok := f.tables[name]; ok {
			tables[name] = t
		}
	}
	s.Data = assemble(tables)
}

// metric is a glyph's advance and left side bearing.
func (f *Font) metric(g int) []byte {
	hmtx := f.tables["hmtx"]
	if g < f.metrics {
		return hmtx[4*g : 4*g+4]
	}
	out := slices.Clone(hmtx[4*(f.metrics-1) : 4*(f.metrics-1)+2])
	at := 4*f.metrics + 2*(g-f.metrics)
	if at+2 > len(hmtx) {
		return append(out, 0, 0)
	}
	return append(out, hmtx[at:at+2]...)
}

// assemble writes the table directory with its checksums, and the tables.
func assemble(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for n := range tables {
		names = append(names, n)
	}
	slices.Sort(names)
	n := len(names)
	selector, power := 0, 1
	for power*2 <= n {
		power, selector = power*2, selector+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{n, 16 * power, selector, 16 * (n - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*n
	headAt := 0
	for _, name := range names {
		t := tables[name]
		if name == "head" {
			headAt = at
		}
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, checksum(t))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t)))
		at += (len(t) + 3) &^ 3
	}
	for _, name := range names {
		out = append(out, tables[name]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(t []byte) (sum uint32) {
	for len(t) >= 4 {
		sum += binary.BigEndian.Uint32(t)
		t = t[4:]
	}
	var last [4]byte
	copy(last[:], t)
	return sum + binary.BigEndian.Uint32(last[:])
}
