package signing

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// alphabet is every Vietnamese letter.
const alphabet = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ" +
	"AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆGHIÌỈĨÍỊKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVXYỲỶỸÝỴ"

// render draws the first page with poppler and returns it.
func render(t testing.TB, file []byte, dpi int) image.Image {
	t.Helper()
	path := writeTemp(t, "page.pdf", file)
	base := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", "-r", fmt.Sprint(dpi), "-png", "-singlefile", "-cropbox", path, base)
	f, err := os.Open(base + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// ink counts dark pixels in a part of a page, given in points from the upper left corner of the picture.
func ink(img image.Image, dpi int, x0, y0, x1, y1 float64) int {
	n := 0
	scale := float64(dpi) / 72
	for y := int(y0 * scale); y < int(y1*scale); y++ {
		for x := int(x0 * scale); x < int(x1*scale); x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r+g+b < 0x18000 {
				n++
			}
		}
	}
	return n
}

func TestEveryVietnameseLetterComesBackFromTheFile(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for _, bold := range []bool{false, true} {
		var lines []Line
		for part := range strings.SplitSeq(alphabet, "H") {
			lines = append(lines, Line{Text: part + "H₫", Bold: bold, Size: 9})
		}
		decomposed := Line{Text: "To\u0302\u0301 ba\u0323n", Bold: bold} // NFD becomes NFC
		out := sign(t, testFile(t, classic, "a"), id,
			Options{Field: "a", Appearance: &Appearance{Lines: append(lines, decomposed)}})
		text := tool(t, "pdftotext", "-raw", writeTemp(t, "text.pdf", out), "-")
		for _, l := range append(lines, Line{Text: "Tố bạn"}) {
			if !strings.Contains(text, l.Text) {
				t.Errorf("%q is not among %q", l.Text, text)
			}
		}
		fonts := tool(t, "pdffonts", writeTemp(t, "fonts.pdf", out))
		if !strings.Contains(fonts, "CID TrueType") || !strings.Contains(fonts, "Identity-H       yes yes yes") {
			t.Errorf("fonts: %s", fonts)
		}
		if len(out) > 120_000 {
			t.Errorf("the signed file has %d bytes", len(out))
		}
	}
}

func TestAppearanceStaysInItsRectangle(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	long := Line{Text: strings.Repeat("Ủy ban nhân dân tỉnh Hà Nam ", 6), Bold: true, Size: 14}
	before := render(t, testFile(t, classic, "a"), 72)
	out := sign(t, testFile(t, classic, "a"), id, Options{Field: "a", Appearance: &Appearance{Above: []Line{long, long},
		Image: testImage(t), Lines: []Line{long}}})
	after := render(t, out, 72)
	b := after.Bounds()
	changed := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if after.At(x, y) == before.At(x, y) {
				continue
			}
			changed++
			if x < 71 || x > 273 || 842-y < 699 || 842-y > 757 { // Rect [72 700 272 755] and a pixel's blur
				t.Fatalf("pixel %d, %d changed outside the field", x, y)
			}
		}
	}
	if changed < 100 {
		t.Errorf("only %d pixels changed", changed)
	}
}

func TestAppearanceReadsUprightOnTurnedPages(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for _, angle := range []int{0, 90, 180, 270} {
		in := relocate(t, bytes.Replace(testFile(t, classic), []byte("/Tabs/S"), fmt.Appendf(nil, "/Tabs/S/Rotate %d",
			angle), 1))
		out := sign(t, in, id, Options{New: &NewField{Rect: Rect{100, 100, 300, 300}}, Appearance: &Appearance{
			Above: []Line{{Text: "MMMMMMMM", Size: 24, Bold: true}}, Lines: []Line{{Text: "i", Size: 10}}}})
		img := render(t, out, 72)
		// Where the rectangle's upper edge lies in the picture as it is shown.
		x0, y0 := map[int]float64{0: 100, 90: 100, 180: 595 - 300, 270: 842 - 300}[angle], map[int]float64{0: 842 - 300,
			90: 100, 180: 100, 270: 595 - 300}[angle]
		top, bottom := ink(img, 72, x0, y0, x0+200, y0+50), ink(img, 72, x0, y0+150, x0+200, y0+200)
		if top < 200 || bottom > top/4 {
			t.Errorf("%d°: ink %d in the upper part, %d in the lower", angle, top, bottom)
		}
	}
}

func TestImageTooLarge(t *testing.T) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 6000, 6000))); err != nil {
		t.Fatal(err)
	}
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	if _, _, err := SignBytes(t.Context(), testFile(t, classic, "a"), id, Options{Field: "a",
		Appearance: &Appearance{Image: buf.Bytes()}}); err == nil || !strings.Contains(err.Error(), "25 million") {
		t.Error(err)
	}
}

func TestMissingGlyphNamesTheLine(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	_, _, err := SignBytes(t.Context(), testFile(t, classic, "a"), id,
		Options{Field: "a", Appearance: &Appearance{Above: vietnamese, Lines: []Line{{Text: "漢"}}}})
	var missing *MissingGlyphError
	if !errors.As(err, &missing) || missing.Rune != '漢' || missing.Line != 2 {
		t.Error(err)
	}
}
