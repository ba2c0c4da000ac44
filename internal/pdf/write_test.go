package pdf

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/color"
	"io"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", -0.5: "-0.5", -0.0004: "0", 12.3456: "12.346", 0.0004: "0",
		100.01: "100.01", 7.25: "7.25"} {
		if got := string(AppendNumber(nil, v)); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestStringsAreWritten(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{string(AppendText(nil, "Đỗ")), "<FEFF01101ED7>"},
		{string(AppendText(nil, "😀")), "<FEFFD83DDE00>"},
		{string(AppendLiteral(nil, `a(b)\c`)), `(a\(b\)\\c)`},
		{string(AppendXRefEntry(nil, 1234567890, 0, InUse)), "1234567890 00000 n \n"},
		{string(AppendXRefEntry(nil, 7, 65535, Free)), "0000000007 65535 f \n"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDeflate(t *testing.T) {
	data := bytes.Repeat([]byte("giao ước "), 1000)
	z, err := zlib.NewReader(bytes.NewReader(Deflate(data)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
	if !bytes.Equal(Deflate(data), Deflate(data)) {
		t.Error("the same data gave other bytes")
	}
}

func TestSamples(t *testing.T) {
	img := image.NewNRGBA(image.Rect(3, 5, 5, 6)) // an origin of its own
	img.Set(3, 5, color.NRGBA{200, 100, 50, 255})
	img.Set(4, 5, color.NRGBA{10, 20, 30, 255})
	rgb, alpha := Samples(img)
	if !bytes.Equal(rgb, []byte{200, 100, 50, 10, 20, 30}) || alpha != nil {
		t.Errorf("opaque: %v, %v", rgb, alpha)
	}
	img.Set(4, 5, color.NRGBA{255, 0, 0, 51})
	if rgb, alpha = Samples(img); !bytes.Equal(rgb, []byte{200, 100, 50, 255, 0, 0}) ||
		!bytes.Equal(alpha, []byte{255, 51}) {
		t.Errorf("not multiplied by alpha: %v, %v", rgb, alpha)
	}
}
