// Package truetype cuts a TrueType font down to the glyphs that a few lines of text need, for embedding in a PDF file as
// CIDFontType2 with Identity-H (ISO 32000-2 §9.7). It reads the tables of the OpenType specification that this takes and no
// others; it never alters an outline.
package truetype

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFont is wrapped by errors about font data that cannot be read.
var ErrFont = errors.New("malformed truetype font")

// Font is a parsed font with glyf outlines. It is read only and safe for concurrent use.
type Font struct {
	tables     map[string][]byte
	unitsPerEm int
	glyphs     int
	metrics    int // entries with an advance in hmtx
	longLoca   bool
	runes      map[rune]uint16

	Ascent, Descent, CapHeight int    // per mille of the em
	BBox                       [4]int // per mille of the em
}

// Parse reads a font file.
func Parse(data []byte) (*Font, error) {
	f := &Font{tables: map[string][]byte{}}
	if len(data) < 12 {
		return nil, fmt.Errorf("%w: too short", ErrFont)
	}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		rec := 12 + 16*i
		if rec+16 > len(data) {
			return nil, fmt.Errorf("%w: table directory cut off", ErrFont)
		}
		off, n := uint64(binary.BigEndian.Uint32(data[rec+8:])), uint64(binary.BigEndian.Uint32(data[rec+12:]))
		if off+n > uint64(len(data)) {
			return nil, fmt.Errorf("%w: table %q cut off", ErrFont, data[rec:rec+4])
		}
		f.tables[string(data[rec:rec+4])] = data[off : off+n]
	}
	for name, size := range map[string]int{"head": 54, "hhea": 36, "maxp": 6, "hmtx": 4, "loca": 4, "glyf": 1, "cmap": 4} {
		if len(f.tables[name]) < size {
			return nil, fmt.Errorf("%w: table %q is missing or short", ErrFont, name)
		}
	}
	f.readMetrics()
	if f.unitsPerEm == 0 || f.metrics == 0 || f.metrics > f.glyphs || len(f.tables["hmtx"]) < 4*f.metrics {
		return nil, fmt.Errorf("%w: wrong metrics", ErrFont)
	}
	return f, f.readCmap()
}

func (f *Font) readMetrics() {
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.unitsPerEm = int(binary.BigEndian.Uint16(head[18:]))
	f.longLoca = binary.BigEndian.Uint16(head[50:]) == 1
	f.glyphs = int(binary.BigEndian.Uint16(f.tables["maxp"][4:]))
	f.metrics = int(binary.BigEndian.Uint16(hhea[34:]))
	if f.unitsPerEm == 0 {
		return
	}
	for i := range f.BBox {
		f.BBox[i] = f.mille(int16(binary.BigEndian.Uint16(head[36+2*i:])))
	}
	f.Ascent = f.mille(int16(binary.BigEndian.Uint16(hhea[4:])))
	f.Descent = f.mille(int16(binary.BigEndian.Uint16(hhea[6:])))
	f.CapHeight = f.Ascent
	if os2 := f.tables["OS/2"]; len(os2) >= 90 && binary.BigEndian.Uint16(os2) >= 2 {
		f.CapHeight = f.mille(int16(binary.BigEndian.Uint16(os2[88:])))
	}
}

func (f *Font) mille(v int16) int { return int(v) * 1000 / f.unitsPerEm }

// readCmap reads the format 4 subtable of Unicode's basic plane.
func (f *Font) readCmap() error {
	cmap := f.tables["cmap"]
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		rec := 4 + 8*i
		if rec+8 > len(cmap) {
			break
		}
		platform, encoding := binary.BigEndian.Uint16(cmap[rec:]), binary.BigEndian.Uint16(cmap[rec+2:])
		off := int(binary.BigEndian.Uint32(cmap[rec+4:]))
		if (platform == 0 || platform == 3 && encoding == 1) && off+14 <= len(cmap) && binary.BigEndian.Uint16(cmap[off:]) == 4 {
			return f.readFormat4(cmap[off:])
		}
	}
	return fmt.Errorf("%w: no Unicode character map", ErrFont)
}

func (f *Font) readFormat4(t []byte) error {
	n := int(binary.BigEndian.Uint16(t[6:])) / 2
	if 16+8*n > len(t) {
		return fmt.Errorf("%w: character map cut off", ErrFont)
	}
	word := func(at int) int { return int(binary.BigEndian.Uint16(t[at:])) }
	f.runes = map[rune]uint16{}
	for i := range n {
		last, first := word(14+2*i), word(16+2*n+2*i)
		delta, rangeAt := word(16+4*n+2*i), 16+6*n+2*i
		for c := first; c <= last && c < 0xffff; c++ {
			g := c
			if off := word(rangeAt); off != 0 {
				at := rangeAt + off + 2*(c-first)
				if at+2 > len(t) {
					break
				}
				if g = word(at); g == 0 {
					continue
				}
			}
			if g = (g + delta) & 0xffff; g != 0 && g < f.glyphs {
				f.runes[rune(c)] = uint16(g)
			}
		}
	}
	return nil
}

// Glyph returns the glyph of a character; false when the font has none.
func (f *Font) Glyph(r rune) (uint16, bool) {
	g, ok := f.runes[r]
	return g, ok
}

// Advance is a glyph's width in thousandths of the em.
func (f *Font) Advance(g uint16) float64 {
	i := min(int(g), f.metrics-1)
	return float64(binary.BigEndian.Uint16(f.tables["hmtx"][4*i:])) * 1000 / float64(f.unitsPerEm)
}

// Width is the width of a text in thousandths of the em; characters that the font lacks count nothing.
func (f *Font) Width(s string) float64 {
	var w float64
	for _, r := range s {
		if g, ok := f.runes[r]; ok {
			w += f.Advance(g)
		}
	}
	return w
}

// outline returns a glyph's bytes in glyf, empty for a blank one.
func (f *Font) outline(g int) ([]byte, error) {
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to uint32
	switch {
	case f.longLoca && 4*g+8 <= len(loca):
		from, to = binary.BigEndian.Uint32(loca[4*g:]), binary.BigEndian.Uint32(loca[4*g+4:])
	case !f.longLoca && 2*g+4 <= len(loca):
		from, to = 2*uint32(binary.BigEndian.Uint16(loca[2*g:])), 2*uint32(binary.BigEndian.Uint16(loca[2*g+2:]))
	default:
		return nil, fmt.Errorf("%w: no outline for glyph %d", ErrFont, g)
	}
	if from > to || uint64(to) > uint64(len(glyf)) {
		return nil, fmt.Errorf("%w: wrong outline of glyph %d", ErrFont, g)
	}
	return glyf[from:to], nil
}
