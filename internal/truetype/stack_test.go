package truetype

import (
	"bytes"
	"testing"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"
)

// highland are letters of Ê Đê, Gia Rai and Ba Na that Unicode has no character for.
const highland = "Č\u0306č\u0306Ê\u0306ê\u0306Ô\u0306ô\u0306Ơ\u0306ơ\u0306Ư\u0306ư\u0306"

// Each letter with a mark is one glyph that is as wide as the letter, whose mark stands clear of it and over its
// middle, and that is taken out of a file as the two characters that were put in.
func TestStackedMarks(t *testing.T) {
	for name, data := range map[string][]byte{
		"regular": liberationserifregular.TTF, "bold": liberationserifbold.TTF, "italic": liberationserifitalic.TTF,
		"bold italic": liberationserifbolditalic.TTF,
	} {
		face, err := Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		runes := []rune(Stack(highland + "x\u0323"))
		cut, err := face.Cut([]rune("Aa"), runes)
		if err != nil {
			t.Fatal(err)
		}
		small, err := Parse(name, withCmap(t, face, cut))
		if err != nil {
			t.Fatal(err)
		}
		unicode := ToUnicode(cut.Runes)
		for _, r := range runes {
			base, mark, ok := Unstack(r)
			if !ok {
				t.Fatalf("%s: U+%04X is no pair", name, r)
			}
			if !face.Has(r) || face.Advance(r) != face.Advance(base) || cut.Width(cut.Glyph(r)) != face.Advance(base) {
				t.Errorf("%s: %c%c is not as wide as its letter", name, base, mark)
			}
			both, err := small.outline(cut.Glyph(r))
			if err != nil {
				t.Fatal(err)
			}
			letter, err := face.outline(face.cmap[base])
			if err != nil {
				t.Fatal(err)
			}
			l, b := boxOf(letter), boxOf(both)
			if mark == 0x323 && (b.bottom >= l.bottom || b.top != l.top) || mark != 0x323 &&
				b.top <= l.top+face.UnitsPerEm/24 {
				t.Errorf("%s: %c%c: the mark is not clear of its letter: %v, %v", name, base, mark, b, l)
			}
			if b.left < l.left-face.UnitsPerEm/8 || b.right > l.right+face.UnitsPerEm/8 {
				t.Errorf("%s: %c%c: the mark stands beside its letter: %v, %v", name, base, mark, b, l)
			}
			var want []byte
			want = hex4(hex4(append(want, '<'), uint16(base)), uint16(mark))
			if !bytes.Contains(unicode, append(want, '>')) {
				t.Errorf("%s: %c%c does not come out as it was put in", name, base, mark)
			}
		}
	}
}

// withCmap is a cut as Parse wants it: with the character table of the whole face, which no one asks.
func withCmap(t *testing.T, face *Face, cut *Subset) []byte {
	t.Helper()
	small := &Face{data: cut.Program, tables: map[string][]byte{}}
	if err := small.directory(); err != nil {
		t.Fatal(err)
	}
	tables := []table{{"cmap", face.tables["cmap"]}}
	for _, name := range []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"} {
		tables = append(tables, table{name, small.tables[name]})
	}
	return assemble(tables)
}

// What has a character of its own, and what cannot be composed, is left as it is.
func TestStackLeavesTheRest(t *testing.T) {
	for _, text := range []string{"Sở Tài chính", "Y Ƀăm Niê", "", "Ọ\u0306", "a\u0334", "5\u0306", "\u0306a",
		"한\u0306", "a\u20DD"} {
		if got := Stack(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	if text := "a\u0306\u0301b"; len([]rune(Stack(text))) != 3 {
		t.Errorf("of two marks only the first is composed: %q", Stack(text))
	}
	for _, r := range []rune(Stack(highland)) {
		base, mark, ok := Unstack(r)
		if !ok || Stack(string(base)+string(mark)) != string(r) {
			t.Errorf("U+%04X does not come back", r)
		}
	}
	if norm.NFC.String(highland) != highland {
		t.Error("these letters are in their composed form")
	}
	for _, r := range []rune{'a', 0xE001, 0xF0000, 0x10FFFD} {
		if _, _, ok := Unstack(r); ok {
			t.Errorf("U+%04X is a pair", r)
		}
	}
}
