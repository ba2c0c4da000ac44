package truetype

import (
	"errors"
	"math"
	"testing"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
)

const sample = "Nguyễn Thị Hường ký ngày 23/11/2026 – ặ ộ ữ ₫"

func TestSubsetKeepsOutlinesAndWidths(t *testing.T) {
	for name, data := range map[string][]byte{"regular": liberationserifregular.TTF, "bold": liberationserifbold.TTF} {
		f, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Subset(sample)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Data) > len(data)/8 {
			t.Errorf("%s: the subset has %d of %d bytes", name, len(s.Data), len(data))
		}
		if sum := checksum(s.Data); sum != 0xB1B0AFBA {
			t.Errorf("%s: file checksum %08X", name, sum)
		}
		cut := &Font{}
		*cut = *f
		cut.tables = tablesOf(t, s.Data)
		cut.readMetrics()
		for i, r := range s.Runes {
			old, _ := f.Glyph(r)
			if math.Abs(cut.Advance(uint16(i+1))-f.Advance(old)) > 0.01 {
				t.Errorf("%s: %q is %v wide, was %v", name, r, cut.Advance(uint16(i+1)), f.Advance(old))
			}
			a, err := f.outline(int(old))
			if err != nil {
				t.Fatal(err)
			}
			b, err := cut.outline(i + 1)
			if err != nil || len(b) < len(a) || len(a) > 2 && string(a[:10]) != string(b[:10]) {
				t.Errorf("%s: outline of %q: %d bytes of %d, %v", name, r, len(b), len(a), err)
			}
			if err := eachComponent(b, func(ref []byte) {
				if n := int(ref[0])<<8 | int(ref[1]); n >= len(s.Widths) {
					t.Errorf("%s: %q is composed of glyph %d of %d", name, r, n, len(s.Widths))
				}
			}); err != nil {
				t.Error(err)
			}
		}
	}
}

func tablesOf(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for i := range int(data[5]) {
		rec := data[12+16*i:]
		off, n := be32(rec[8:]), be32(rec[12:])
		out[string(rec[:4])] = data[off : off+n]
	}
	return out
}

func be32(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

func TestMissingGlyph(t *testing.T) {
	f, err := Parse(liberationserifregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Subset("đã ký ☑")
	var missing *MissingGlyphError
	if !errors.As(err, &missing) || missing.Rune != '☑' {
		t.Error(err)
	}
}

func TestDamagedFonts(t *testing.T) {
	data := liberationserifregular.TTF
	for n := 0; n < len(data); n += 997 {
		f, err := Parse(data[:n])
		if err == nil {
			_, err = f.Subset(sample)
		}
		if !errors.Is(err, ErrFont) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}
