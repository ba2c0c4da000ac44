package truetype

import (
	"encoding/binary"
	"errors"
	"testing"
)

// tiny is a face of three glyphs: .notdef, A and a composed one made of A.
func tiny() []byte {
	u16 := func(values ...int) (out []byte) {
		for _, v := range values {
			out = binary.BigEndian.AppendUint16(out, uint16(v))
		}
		return out
	}
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, n-len(b))...) }
	head := pad(nil, 54)
	copy(head[18:], u16(1000))
	simple := append(u16(1, 0, 0, 500, 700, 2, 0), 1, 1, 1, 0, 0, 100, 0, 0, 100, 0, 0, 0)
	composed := u16(0xFFFF, 0, 0, 500, 700, 0x0002, 1, 0)
	tables := []struct {
		tag  string
		data []byte
	}{
		{"cmap", append(u16(0, 1, 3, 1, 0, 12), u16(4, 32, 0, 4, 4, 1, 0, 'B', 0xFFFF, 0, 'A', 0xFFFF, 1-'A', 1, 0,
			0)...)},
		{"glyf", append(append([]byte{}, simple...), composed...)},
		{"head", head}, {"hhea", append(pad(u16(1, 0, 800, -200&0xFFFF), 34), u16(3)...)},
		{"hmtx", u16(500, 0, 500, 0, 600, 0)},
		{"loca", u16(0, 0, len(simple)/2, (len(simple)+len(composed))/2)},
		{"maxp", u16(1, 0, 3)},
		{"name", append(u16(0, 1, 18, 1, 0, 0, 6, 4, 0), "Tiny"...)},
	}
	out := append(u16(1, 0, len(tables)), make([]byte, 6)...)
	at := len(out) + 16*len(tables)
	var body []byte
	for _, t := range tables {
		out = append(append(out, t.tag...), 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		body = append(body, t.data...)
	}
	return append(out, body...)
}

func TestTinyFace(t *testing.T) {
	face, err := Parse("Tiny", tiny())
	if err != nil {
		t.Fatal(err)
	}
	if !face.Has('A') || !face.Has('B') || face.Has('C') || face.Advance('A') != 500 || face.Advance('B') != 600 {
		t.Errorf("has A %v, B %v, C %v; widths %v, %v", face.Has('A'), face.Has('B'), face.Has('C'), face.Advance('A'),
			face.Advance('B'))
	}
	if d, err := Describe(tiny()); err != nil || d.Name != "Tiny" {
		t.Errorf("%+v, %v", d, err)
	}
	cut, err := face.Cut([]rune("B"), nil)
	if err != nil || cut.Glyph('B') != 1 || len(cut.Widths()) != 3 ||
		cut.Width(2) != 500 { // with the A that B is made of
		t.Fatalf("%+v, %v", cut, err)
	}
	if _, err := face.Cut([]rune("C"), nil); err == nil {
		t.Error("a letter that the face lacks was cut")
	}
}

// Every byte of a face changed, in several ways: it ends in a face that can be used or in ErrFormat.
func TestEveryByteOfAFaceChanged(t *testing.T) {
	whole := tiny()
	for i := range whole {
		for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff, whole[i] + 1, whole[i] - 1} {
			data := append([]byte{}, whole...)
			data[i] = v
			use(t, data)
		}
		use(t, whole[:i])
	}
}

func use(t *testing.T, data []byte) {
	t.Helper()
	Describe(data)
	face, err := Parse("x", data)
	if err != nil {
		if !errors.Is(err, ErrFormat) {
			t.Fatal(err)
		}
		return
	}
	face.Width("AB Việt")
	if _, err := face.Cut([]rune("AB"), nil); err != nil && !errors.Is(err, ErrFormat) {
		if face.Has('A') && face.Has('B') {
			t.Fatal(err)
		}
	}
}

// FuzzFace: any bytes end in a face, which can be measured and cut, or in ErrFormat.
func FuzzFace(f *testing.F) {
	f.Add(tiny())
	f.Add(tiny()[:200])
	f.Add([]byte("true"))
	f.Fuzz(use)
}
