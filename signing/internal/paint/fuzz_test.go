package paint

import (
	"bytes"
	"fmt"
	"testing"

	"covenant/internal/pdf"
)

// pageOf is a file of one page with a content stream, a form that it may draw, and an annotation that shows the form.
func pageOf(content, form []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := []int{0}
	add := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets)-1)
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	resources := "<< /XObject << /F 5 0 R >> /Font << /T << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> " +
		"/ExtGState << /G << /ca 0.5 >> >> >>"
	add("<< /Type /Catalog /Pages 2 0 R >>")
	add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R] /Resources %s >>",
		resources)
	add("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
	add("<< /Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [1 0 0 1 0 0] /Resources %s /Length %d "+
		">>\nstream\n"+
		"%s\nendstream", resources, len(form), form)
	add("<< /Type /Annot /Subtype /Stamp /Rect [300 300 400 400] /AP << /N 5 0 R >> >>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets))
	for _, at := range offsets[1:] {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets), xref)
	return b.Bytes()
}

func painted(t testing.TB, content, form []byte, area pdf.Rect) (What, bool) {
	t.Helper()
	data := pageOf(content, form)
	f, err := pdf.Open(bytes.NewReader(data), int64(len(data)), pdf.Limits{})
	if err != nil {
		t.Skip() // the content ended its stream by itself
	}
	return On(f, pdf.Ref{Num: 3}, area, nil)
}

// FuzzPaint interprets any content, with a form that may draw itself: it ends, and what was painted first is found
// whatever follows.
func FuzzPaint(f *testing.F) {
	for _, seed := range []string{
		"", "q 1 0 0 1 10 10 cm 0 0 50 50 re f Q", "BT /T 12 Tf 100 100 Td (Ký) Tj ET", "/F Do", "q /F Do Q /F Do",
		"0 0 m 100 100 l S", "10 10 50 50 re W n 0 0 595 842 re f", "/G gs 1 g 0 0 10 10 re f*", "BI /W 1 /H 1 ID x EI",
		"[1 2 3 4 5 6] 0 d 0 0 m 1 1 2 2 3 3 c b", "/OC /X BDC 0 0 9 9 re f EMC", "((((",
		"<< /A <<", "7 Tr BT (x) ' ET",
		"1e308 0 0 1e308 0 0 cm 1e308 0 0 1e308 0 0 cm 0 0 1 1 re f", "q q q q Q Q Q Q Q Q",
	} {
		f.Add([]byte(seed), []byte("/F Do 0 0 100 100 re f"))
	}
	f.Add([]byte("9 0 0 9 0 0 cm /F Do"), bytes.Repeat([]byte("/F Do "), 50)) // forms that multiply
	area := pdf.Rect{X0: 200, Y0: 200, X1: 250, Y1: 250}
	f.Fuzz(func(t *testing.T, content, form []byte) {
		painted(t, content, form, area)
		first := append([]byte("0 0 595 842 re f\n"), content...)
		if what, hit := painted(t, first, form, area); !hit {
			t.Errorf("a page that is painted over whole is found blank (%q)", what)
		}
	})
}

// What content paints where, in the ways in which a page can be covered.
func TestWhatIsPainted(t *testing.T) {
	const shape = "0 0 100 100 re f"
	for name, c := range map[string]struct {
		content, form string
		area          pdf.Rect
		hit           bool
	}{
		"nothing":       {"", "", pdf.Rect{X1: 10, Y1: 10}, false},
		"a path":        {shape, "", pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, true},
		"beside a path": {shape, "", pdf.Rect{X0: 150, Y0: 150, X1: 160, Y1: 160}, false},
		"a path that is moved": {"1 0 0 1 200 200 cm " + shape, "",
			pdf.Rect{X0: 250, Y0: 250, X1: 260, Y1: 260}, true},
		"where it was before": {"1 0 0 1 200 200 cm " + shape, "",
			pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, false},
		"a path that is turned": {"0 1 -1 0 300 0 cm " + shape, "",
			pdf.Rect{X0: 210, Y0: 10, X1: 220, Y1: 20}, true},
		"moved within q and Q": {"q 1 0 0 1 200 200 cm Q " + shape, "",
			pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, true},
		"clipped away": {"200 200 10 10 re W n " + shape, "",
			pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, false},
		"a path that is not painted": {"0 0 100 100 re n", "", pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, false},
		"a line":                     {"0 50 m 100 50 l 4 w S", "", pdf.Rect{X0: 50, Y0: 49, X1: 60, Y1: 51}, true},
		"text": {"BT /T 20 Tf 50 50 Td (Khong) Tj ET", "",
			pdf.Rect{X0: 50, Y0: 50, X1: 80, Y1: 60}, true},
		"a form": {"1 0 0 1 200 200 cm /F Do", shape,
			pdf.Rect{X0: 250, Y0: 250, X1: 260, Y1: 260}, true},
		"outside a form's box": {"/F Do", "150 150 20 20 re f",
			pdf.Rect{X0: 155, Y0: 155, X1: 160, Y1: 160}, false},
		"an annotation":            {"", shape, pdf.Rect{X0: 350, Y0: 350, X1: 360, Y1: 360}, true},
		"beside an annotation":     {"", shape, pdf.Rect{X0: 450, Y0: 450, X1: 460, Y1: 460}, false},
		"a form that draws itself": {"/F Do", "/F Do " + shape, pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, true},
		"white on the blank page":  {"1 g " + shape, "", pdf.Rect{X0: 50, Y0: 50, X1: 60, Y1: 60}, false},
	} {
		if what, hit := painted(t, []byte(c.content), []byte(c.form), c.area); hit != c.hit {
			t.Errorf("%s: painted: %t (%s)", name, hit, what)
		}
	}
}
