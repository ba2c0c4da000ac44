package truetype

import (
	"golang.org/x/text/unicode/norm"
)

// Letters with a mark that Unicode has no character for (Ơ̆, Ê̆, č̆ of Ê Đê, Gia Rai and Ba Na) are drawn by a glyph of
// their own, which is composed of letter and mark when the face is cut. GPOS tables of the usual faces have no anchors
// for letters that bear a mark already, so the mark is placed by its outline: over the middle of the bare letter, and
// clear of what is there (the fallback of shaping engines, too).
//
// Such a pair goes through layout as one character of the private planes 15 and 16, which is worked out from the two
// and stands in no text: [Stack] writes it, [Unstack] reads it.

const (
	stackFirst = 0xF0000
	stackBases = 0x400 // letters up to Latin Extended-B, IPA and modifiers
	marksFirst = 0x300
	marksLast  = 0x36F // combining diacritical marks
)

// Classes of combining marks (Unicode, 4.3): those that stand free above or below a letter.
const (
	classBelow = 220
	classAbove = 230
)

// Stack writes pairs of a letter and a mark as one character each, where they can be composed.
func Stack(text string) string {
	var out []rune
	changed := false
	for _, r := range text {
		if n := len(out); n > 0 && stackable(out[n-1], r) {
			out[n-1] = stackFirst + out[n-1]<<7 + r - marksFirst
			changed = true
			continue
		}
		out = append(out, r)
	}
	if !changed {
		return text
	}
	return string(out)
}

func stackable(base, mark rune) bool {
	if base < 'A' || base >= stackBases || base >= marksFirst && base <= marksLast || mark < marksFirst ||
		mark > marksLast {
		return false
	}
	class := norm.NFC.PropertiesString(string(mark)).CCC()
	return class == classAbove || class == classBelow
}

// Unstack is the letter and the mark that a character of [Stack] stands for.
func Unstack(r rune) (base, mark rune, ok bool) {
	if r < stackFirst || r >= stackFirst+stackBases<<7 {
		return 0, 0, false
	}
	base, mark = (r-stackFirst)>>7, (r-stackFirst)&0x7F+marksFirst
	return base, mark, stackable(base, mark)
}

// glyphOf is the glyph by which r is drawn or, of a pair, the one whose place and width it has.
func (f *Face) glyphOf(r rune) (uint16, bool) {
	base, mark, pair := Unstack(r)
	if !pair {
		gid, ok := f.cmap[r]
		return gid, ok
	}
	gid, ok := f.cmap[base]
	_, has := f.cmap[mark]
	return gid, ok && has
}

// stack is the outline of a pair: a composed glyph of both (ISO/IEC 14496-22, glyf), whose measures are the letter's.
func (c *cutter) stack(base, mark rune) ([]byte, error) {
	f := c.face
	letter, err := f.outline(f.cmap[base])
	if err != nil {
		return nil, err
	}
	accent, err := f.outline(f.cmap[mark])
	if err != nil || len(letter) < 10 || len(accent) < 10 {
		return letter, err
	}
	middle := letter
	if bare, ok := f.cmap[firstRune(norm.NFD.String(string(base)))]; ok {
		if o, err := f.outline(bare); err == nil && len(o) >= 10 {
			middle = o
		}
	}
	l, m, a := boxOf(letter), boxOf(middle), boxOf(accent)
	dx, dy, gap := (m.left+m.right-a.left-a.right)/2, 0, f.UnitsPerEm/24
	if norm.NFC.PropertiesString(string(mark)).CCC() == classBelow {
		dy = min(0, l.bottom-gap-a.top)
	} else {
		dy = max(0, l.top+gap-a.bottom)
	}
	const wordsXY, useMyMetrics = argsAreWords | 0x0002, 0x0200
	out := make([]byte, 0, 26)
	out = order.AppendUint16(out, 0xFFFF) // composed
	for _, edge := range []int{min(l.left, a.left+dx), min(l.bottom, a.bottom+dy), max(l.right, a.right+dx),
		max(l.top, a.top+dy)} {
		out = order.AppendUint16(out, uint16(int16(edge)))
	}
	out = order.AppendUint16(out, wordsXY|moreComponents|useMyMetrics)
	out = order.AppendUint16(out, c.add(f.cmap[base]))
	out = order.AppendUint32(out, 0)
	out = order.AppendUint16(out, wordsXY)
	out = order.AppendUint16(out, c.add(f.cmap[mark]))
	out = order.AppendUint16(out, uint16(int16(dx)))
	return order.AppendUint16(out, uint16(int16(dy))), nil
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// box is an outline's extent in font units.
type box struct{ left, bottom, right, top int }

func boxOf(o []byte) box {
	at := func(i int) int { return int(int16(order.Uint16(o[i:]))) }
	return box{at(2), at(4), at(6), at(8)}
}
