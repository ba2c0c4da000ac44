package truetype

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
)

const sample = "Nguyễn Thị Hường ký ngày 23/11/2026 – ặ ộ ữ ₫"

func TestSubsetKeepsOutlinesAndWidths(t *testing.T) {
	for name, data := range map[string][]byte{"regular": liberationserifregular.TTF, "bold": liberationserifbold.TTF} {
		f, err := Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Cut(Runes(sample), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Program) > len(data)/8 {
			t.Errorf("%s: the subset has %d of %d bytes", name, len(s.Program), len(data))
		}
		if sum := checksum(s.Program); sum != 0xB1B0AFBA {
			t.Errorf("%s: file checksum %08X", name, sum)
		}
		cut := &Face{data: s.Program, tables: map[string][]byte{}}
		if err := cut.directory(); err != nil {
			t.Fatal(err)
		}
		if err := cut.measures(); err != nil {
			t.Fatal(err)
		}
		for i, r := range s.Runes {
			gid := uint16(i + 1)
			if s.Glyph(r) != gid || math.Abs(s.Width(gid)-f.Advance(r)) > 0.01 ||
				cut.advance(gid) != f.advance(f.cmap[r]) {
				t.Errorf("%s: %q is glyph %d and %v wide, was %v", name, r, s.Glyph(r), s.Width(gid), f.Advance(r))
			}
			a, err := f.outline(f.cmap[r])
			if err != nil {
				t.Fatal(err)
			}
			b, err := cut.outline(gid)
			if err != nil || len(b) > len(a)+3 || len(a) > 10 && string(a[:10]) != string(b[:10]) {
				t.Errorf("%s: outline of %q: %d bytes of %d, %v", name, r, len(b), len(a), err)
			}
		}
		again, err := f.Cut(s.Runes, nil)
		if err != nil || !bytes.Equal(again.Program, s.Program) || again.Tag != s.Tag {
			t.Errorf("%s: the same characters gave other bytes (%v)", name, err)
		}
	}
}

// TestComposedLettersBringTheirParts: the parts of ễ are in the cut, under the numbers that it has there.
func TestComposedLettersBringTheirParts(t *testing.T) {
	f, err := Parse("Serif", liberationserifregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Cut([]rune{'ễ'}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cut := &Face{data: s.Program, tables: map[string][]byte{}}
	if err := errors.Join(cut.directory(), cut.measures()); err != nil {
		t.Fatal(err)
	}
	o, err := cut.outline(s.Glyph('ễ'))
	if err != nil || int16(order.Uint16(o)) >= 0 {
		t.Fatalf("ễ is not composed: %v", err)
	}
	if part := order.Uint16(o[12:]); part < 2 || int(part) >= cut.glyphs {
		t.Errorf("its first part is glyph %d of %d", part, cut.glyphs)
	}
}

func TestTextAsCodesAndWidth(t *testing.T) {
	f, err := Parse("Serif", liberationserifregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Cut([]rune("ab"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Encode("bac"); got != "\x00\x02\x00\x01\x00\x00" {
		t.Errorf("%q", got)
	}
	if got, want := f.Width("ab☑"), f.Advance('a')+f.Advance('b'); math.Abs(got-want) > 0.001 {
		t.Errorf("%v wide, want %v", got, want)
	}
	if got := string(Runes("bab", "ạ")); got != "abạ" {
		t.Errorf("%q", got)
	}
}

// TestToUnicode: blocks of at most 100, and the way back for each glyph.
func TestToUnicode(t *testing.T) {
	var runes []rune
	for r := 'A'; r < 'A'+130; r++ {
		runes = append(runes, r)
	}
	got := string(ToUnicode(runes))
	for _, want := range []string{"100 beginbfchar\n<0001> <0041>\n", "30 beginbfchar\n<0065> <00A5>\n",
		"<0082> <00C2>\nendbfchar"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestDescribe: what the file says of itself, and what its licence forbids.
func TestDescribe(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want Description
	}{
		"regular": {liberationserifregular.TTF, Description{"LiberationSerif", false, false}},
		"bold":    {liberationserifbold.TTF, Description{"LiberationSerif-Bold", true, false}},
	} {
		if got, err := Describe(c.data); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for bits, why := range map[uint16]string{0x0002: "embedding", 0x0100: "cutting it down", 0x0200: "bitmaps only"} {
		data := bytes.Clone(liberationserifregular.TTF)
		f := &Face{data: data, tables: map[string][]byte{}}
		if err := f.directory(); err != nil {
			t.Fatal(err)
		}
		order.PutUint16(f.tables["OS/2"][8:], bits)
		if _, err := Describe(data); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%#04x: %v", bits, err)
		}
	}
	if _, err := Describe([]byte("no font at all")); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

func TestMissingGlyph(t *testing.T) {
	f, err := Parse("Serif", liberationserifregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Cut(Runes("đã ký ☑"), nil)
	var missing *MissingGlyphError
	if !errors.As(err, &missing) || missing.Rune != '☑' {
		t.Error(err)
	}
}

func TestDamagedFonts(t *testing.T) {
	data := liberationserifregular.TTF
	for n := 0; n < len(data); n += 997 {
		f, err := Parse("Serif", data[:n])
		if err == nil {
			_, err = f.Cut(Runes(sample), nil)
		}
		if !errors.Is(err, ErrFormat) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}
