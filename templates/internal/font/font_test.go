package font

import "testing"

// The 134 Vietnamese letters with marks, beside ASCII, must be in every face.
const vietnamese = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸ" +
	"ẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ₫“”–…"

func TestFacesCoverVietnamese(t *testing.T) {
	for s := range Style(4) {
		e, err := Liberation().Base(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range vietnamese {
			if e.Glyph(r) == 0 {
				t.Errorf("style %d lacks %q", s, r)
			}
		}
		if len(e.Deflated) > 60_000 {
			t.Errorf("style %d: base cut of %d bytes is larger than expected", s, len(e.Deflated))
		}
	}
}

func TestWiderKeepsNumbers(t *testing.T) {
	base, err := Liberation().Base(Regular)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := Liberation().Wider(Regular, []rune{'Ω', 'Ж'})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range vietnamese {
		if base.Glyph(r) != wide.Glyph(r) {
			t.Fatalf("%q moved from %d to %d", r, base.Glyph(r), wide.Glyph(r))
		}
	}
	if wide.Glyph('Ж') == 0 || base.Glyph('Ж') != 0 {
		t.Error("the extra character is not where it should be")
	}
	if _, err := base.Face.Cut(nil, []rune{'☑'}); err == nil {
		t.Error("a character that the face lacks was accepted")
	}
}

func TestWidthsAreThoseOfTimes(t *testing.T) {
	e, _ := Liberation().Base(Regular)
	for r, want := range map[rune]float64{'a': 444, ' ': 250, 'W': 944, '0': 500} {
		if got := e.Width(e.Glyph(r)); got < want-1 || got > want+1 {
			t.Errorf("%q is %v wide, want %v", r, got, want)
		}
	}
}
