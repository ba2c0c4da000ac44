// Package truetype reads TrueType faces and cuts them down to the characters that a document needs, for embedding in a
// PDF file as CIDFontType2 with Identity-H (ISO 32000-2 §9.7). Documents (templates) and the appearance of signatures
// (signing) are set with it.
//
// [Parse] keeps the few tables that matter: cmap, hmtx, glyf, loca and the measures (ISO/IEC 14496-22). [Face.Cut]
// copies the outlines of some characters into a small font, without the instructions that no PDF reader runs, and with
// the parts that composed letters refer to: nearly all Vietnamese letters are such. [ToUnicode] writes the way back
// from its glyphs to characters, and [Describe] says what a file that somebody brings is, and whether its licence
// allows all this.
//
// Invariants: glyph 0 is .notdef; every character of a cut has a glyph of its own, so that text taken out of the PDF is
// exactly the text put in; the same characters give the same bytes; a character that the face lacks is never drawn
// silently ([Face.Has] says so first, and Cut refuses it). An outline is never altered. Any bytes at all end in a face
// or in [ErrFormat].
package truetype

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Face is one parsed TrueType face. It is immutable and safe for concurrent use.
type Face struct {
	Name        string // PostScript name without a subset tag, as "LiberationSerif-Bold"
	UnitsPerEm  int
	Ascent      int // of hhea, in 1/1000 em
	Descent     int // negative, 1/1000 em
	CapHeight   int // 1/1000 em
	ItalicAngle float64
	BBox        [4]int // 1/1000 em
	StemV       int
	Italic      bool

	data     []byte
	tables   map[string][]byte
	longLoca bool
	glyphs   int
	hmetrics int
	cmap     map[rune]uint16
}

// ErrFormat is wrapped by Parse for bytes that are no usable TrueType font.
var ErrFormat = errors.New("not a usable TrueType font")

var order = binary.BigEndian

// Parse reads a TrueType font with glyf outlines (ISO/IEC 14496-22).
func Parse(name string, data []byte) (*Face, error) {
	f := &Face{Name: name, data: data, tables: map[string][]byte{}}
	if err := f.directory(); err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	for _, need := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap"} {
		if f.tables[need] == nil {
			return nil, fmt.Errorf("font %s: %w: no %s table", name, ErrFormat, need)
		}
	}
	if err := f.measures(); err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	if err := f.characters(); err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	return f, nil
}

func (f *Face) directory() error {
	if len(f.data) < 12 {
		return ErrFormat
	}
	n := int(order.Uint16(f.data[4:]))
	if len(f.data) < 12+16*n {
		return ErrFormat
	}
	for i := range n {
		e := f.data[12+16*i:]
		off, size := uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
		if off+size > uint64(len(f.data)) {
			return fmt.Errorf("%w: table %q outside the file", ErrFormat, e[:4])
		}
		f.tables[string(e[:4])] = f.data[off : off+size]
	}
	return nil
}

func (f *Face) measures() error {
	head, hhea, maxp := f.tables["head"], f.tables["hhea"], f.tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 {
		return ErrFormat
	}
	f.UnitsPerEm = int(order.Uint16(head[18:]))
	if f.UnitsPerEm == 0 {
		return ErrFormat
	}
	for i := range f.BBox {
		f.BBox[i] = f.milli(int16(order.Uint16(head[36+2*i:])))
	}
	f.longLoca = order.Uint16(head[50:]) == 1
	f.Ascent = f.milli(int16(order.Uint16(hhea[4:])))
	f.Descent = f.milli(int16(order.Uint16(hhea[6:])))
	f.hmetrics = int(order.Uint16(hhea[34:]))
	f.glyphs = int(order.Uint16(maxp[4:]))
	width := 2
	if f.longLoca {
		width = 4
	}
	if f.hmetrics == 0 || len(f.tables["hmtx"]) < 4*f.hmetrics || len(f.tables["loca"]) < width*(f.glyphs+1) {
		return ErrFormat
	}
	f.CapHeight, f.StemV = f.Ascent*3/4, 80
	if os2 := f.tables["OS/2"]; len(os2) >= 90 {
		if order.Uint16(os2) >= 2 {
			f.CapHeight = f.milli(int16(order.Uint16(os2[88:])))
		}
		if order.Uint16(os2[4:]) >= 600 {
			f.StemV = 140
		}
	}
	if post := f.tables["post"]; len(post) >= 8 {
		f.ItalicAngle = float64(int32(order.Uint32(post[4:]))) / 65536
		f.Italic = f.ItalicAngle != 0
	}
	return nil
}

func (f *Face) milli(v int16) int { return int(v) * 1000 / f.UnitsPerEm }

// characters reads the Unicode BMP cmap subtable, format 4.
func (f *Face) characters() error {
	t := f.tables["cmap"]
	if len(t) < 4 {
		return ErrFormat
	}
	for i := range int(order.Uint16(t[2:])) {
		if len(t) < 12+8*i {
			return ErrFormat
		}
		e := t[4+8*i:]
		platform, encoding := order.Uint16(e), order.Uint16(e[2:])
		off := int(order.Uint32(e[4:]))
		if off < 0 || off+14 > len(t) || order.Uint16(t[off:]) != 4 {
			continue
		}
		if platform == 3 && encoding == 1 || platform == 0 {
			return f.format4(t[off:])
		}
	}
	return fmt.Errorf("%w: no Unicode cmap of format 4", ErrFormat)
}

func (f *Face) format4(t []byte) error {
	n := int(order.Uint16(t[6:])) / 2
	if len(t) < 16+8*n {
		return ErrFormat
	}
	ends, starts := t[14:], t[16+2*n:]
	deltas, offsets := t[16+4*n:], t[16+6*n:]
	f.cmap = make(map[rune]uint16, 3000)
	for i := range n {
		start, end := int(order.Uint16(starts[2*i:])), int(order.Uint16(ends[2*i:]))
		delta, off := order.Uint16(deltas[2*i:]), int(order.Uint16(offsets[2*i:]))
		for c := start; c <= end && c < 0xFFFF; c++ {
			gid := uint16(c) + delta
			if off != 0 {
				at := 2*i + off + 2*(c-start)
				if at+2 > len(offsets) {
					continue
				}
				if gid = order.Uint16(offsets[at:]); gid != 0 {
					gid += delta
				}
			}
			if gid != 0 && int(gid) < f.glyphs {
				f.cmap[rune(c)] = gid
			}
		}
	}
	return nil
}

// Has says whether the face can draw r.
func (f *Face) Has(r rune) bool { _, ok := f.glyphOf(r); return ok }

// advance is a glyph's width in font units.
func (f *Face) advance(gid uint16) int {
	i := min(int(gid), f.hmetrics-1)
	return int(order.Uint16(f.tables["hmtx"][4*i:]))
}

// Advance is the width of r in 1/1000 em, that of .notdef if the face lacks it.
func (f *Face) Advance(r rune) float64 {
	gid, _ := f.glyphOf(r)
	return float64(f.advance(gid)) * 1000 / float64(f.UnitsPerEm)
}

// Width is the width of a text in 1/1000 em; characters that the face lacks count nothing.
func (f *Face) Width(text string) float64 {
	units := 0
	for _, r := range text {
		if gid, ok := f.glyphOf(r); ok {
			units += f.advance(gid)
		}
	}
	return float64(units) * 1000 / float64(f.UnitsPerEm)
}

// outline is the glyph's glyf data, empty for a blank glyph.
func (f *Face) outline(gid uint16) ([]byte, error) {
	if int(gid) >= f.glyphs {
		return nil, fmt.Errorf("%w: no glyph %d", ErrFormat, gid)
	}
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to int
	if f.longLoca {
		from, to = int(order.Uint32(loca[4*int(gid):])), int(order.Uint32(loca[4*int(gid)+4:]))
	} else {
		from, to = 2*int(order.Uint16(loca[2*int(gid):])), 2*int(order.Uint16(loca[2*int(gid)+2:]))
	}
	if from < 0 || from > to || to > len(glyf) {
		return nil, fmt.Errorf("%w: wrong outline of glyph %d", ErrFormat, gid)
	}
	return glyf[from:to], nil
}
