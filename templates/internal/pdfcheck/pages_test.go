package pdfcheck_test

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"covenant/templates"
	"covenant/templates/internal/pdfcheck"
)

func writeFile(name string, b []byte) error { return os.WriteFile(name, b, 0o600) }

const mm = 72 / 25.4

func find(t *testing.T, c *pdfcheck.Content, prefix string) pdfcheck.Text {
	t.Helper()
	for _, x := range c.Texts {
		if strings.HasPrefix(x.Text, prefix) {
			return x
		}
	}
	t.Fatalf("no text %q", prefix)
	return pdfcheck.Text{}
}

// Decree 30/2020/NĐ-CP, Appendix I, read from the finished file.
func TestLayoutOfDecree30(t *testing.T) {
	b, _ := write(t, "giao-uoc-thi-dua", dated, templates.PDFOptions{Fields: true})
	f := read(t, b)
	c := f.Content()
	within := func(what string, v, lo, hi float64) {
		t.Helper()
		if v < lo-0.01 || v > hi+0.01 {
			t.Errorf("%s is %.2f, want %.2f to %.2f", what, v, lo, hi)
		}
	}
	box := f.Array(f.Pages()[0]["MediaBox"])
	within("page width", box[2].(float64)/mm, 209.9, 210.1)
	within("page height", box[3].(float64)/mm, 296.9, 297.1)

	nation := find(t, c, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
	within("size of the national name", nation.Size, 12, 13)
	motto := find(t, c, "Độc lập - Tự do - Hạnh phúc")
	within("size of the motto", motto.Size, 13, 14)
	for _, x := range []pdfcheck.Text{nation, motto, find(t, c, "GIAO ƯỚC THI ĐUA"), find(t, c, "Điều 1. ")} {
		if x.Font != "LiberationSerif-Bold" {
			t.Errorf("%q is set in %s", x.Text, x.Font)
		}
	}
	if nation.X < 100*mm-40 || nation.Page != 1 {
		t.Error("the national name is not on the top right")
	}
	number, place := find(t, c, "Số: "), find(t, c, "Tân Giang")
	within("size of the number", number.Size, 13, 13)
	within("size of place and date", place.Size, 13, 14)
	if number.Y != place.Y {
		t.Errorf("number at %v and place at %v are not on one line", number.Y, place.Y)
	}
	if place.Font != "LiberationSerif-Italic" || find(t, c, "Căn cứ Luật").Font != "LiberationSerif-Italic" {
		t.Error("place, date and legal bases are italic")
	}
	body := find(t, c, "Tại Hội nghị")
	within("size of the text", body.Size, 13, 14)
	within("first line's indent", (body.X-30*mm)/mm, 10, 12.7)
	for _, x := range c.Texts {
		if x.MCID < 0 && x.Size < 10 { // line references and the like
			continue
		}
		within("left edge of "+x.Text, x.X/mm, 29.9, 195)
		if x.Y/mm < 19.9 {
			t.Errorf("%q runs into the bottom margin", x.Text)
		}
	}
	ruleUnder(t, c, motto)
	pageNumbers(t, f, c)
}

// ruleUnder: the motto's rule is as long as its text.
func ruleUnder(t *testing.T, c *pdfcheck.Content, motto pdfcheck.Text) {
	t.Helper()
	for _, l := range c.Lines {
		if l.Page == 1 && l.Y1 == l.Y2 && motto.Y-l.Y1 > 0 && motto.Y-l.Y1 < 12 && math.Abs(l.X1-motto.X) < 1 {
			return
		}
	}
	t.Error("no rule under the motto")
}

// pageNumbers: 13 to 14 pt, upright, centred in the top margin, not on page 1.
func pageNumbers(t *testing.T, f *pdfcheck.File, c *pdfcheck.Content) {
	t.Helper()
	seen := map[int]bool{}
	for _, x := range c.Texts {
		if x.Y < (297-20)*mm {
			continue
		}
		seen[x.Page] = true
		if x.MCID >= 0 || x.Size < 13 || x.Size > 14 || x.Font != "LiberationSerif" || math.Abs(x.X-105*mm) > 10 {
			t.Errorf("page %d: %q in the top margin", x.Page, x.Text)
		}
	}
	for i := range f.Pages() {
		if seen[i+1] != (i > 0) {
			t.Errorf("page %d: page number %v", i+1, seen[i+1])
		}
	}
}

// The seal's field covers about a third of the person's on its left; the
// person's stands centred under the unit.
func TestSignatureFields(t *testing.T) {
	b, r := write(t, "giao-uoc-thi-dua", dated, templates.PDFOptions{Fields: true})
	fields := map[string]templates.Field{}
	for _, f := range r.Fields {
		fields[f.Name] = f
	}
	if len(fields) != 15 { // 7 members with seals, a witness without
		t.Fatalf("%d fields", len(fields))
	}
	person, seal := fields["sig.so-gddt"], fields["seal.so-gddt-dau"]
	overlap := (seal.Rect.X + seal.Rect.W - person.Rect.X) / person.Rect.W
	if overlap < 0.30 || overlap > 0.36 || seal.Rect.X >= person.Rect.X {
		t.Errorf("the seal covers %.2f of the signature", overlap)
	}
	unit := find(t, read(t, b).Content(), "SỞ NỘI VỤ")
	other := fields["sig.so-noi-vu"]
	if mid := other.Rect.X + other.Rect.W/2; math.Abs(mid-(unit.X+32)) > 12 {
		t.Errorf("field's centre %v, unit begins at %v", mid, unit.X)
	}
	for i, f := range r.Fields {
		for _, g := range r.Fields[:i] {
			if f.Slot != g.Slot && f.Page == g.Page && f.Rect.X < g.Rect.X+g.Rect.W && g.Rect.X < f.Rect.X+f.Rect.W &&
				f.Rect.Y < g.Rect.Y+g.Rect.H && g.Rect.Y < f.Rect.Y+f.Rect.H {
				t.Errorf("%s and %s overlap", f.Name, g.Name)
			}
		}
	}
}

// What is drawn is as wide as it was measured, so nothing runs into what follows
// and justified lines end at the margin.
func TestTextIsAsWideAsMeasured(t *testing.T) {
	b, r := write(t, "giao-uoc-thi-dua", dated, templates.PDFOptions{})
	type place struct {
		page int
		x, y int
	}
	at := func(page int, x, y float64) place {
		return place{page, int(math.Round(x * 20)), int(math.Round(y * 20))}
	}
	drawn := map[place]pdfcheck.Text{}
	for _, x := range read(t, b).Content().Texts {
		drawn[at(x.Page, x.X, 297*mm-x.Y)] = x
	}
	checked := 0
	for _, run := range r.Runs {
		x, ok := drawn[at(run.Page, run.X, run.Y)]
		if !ok || run.W == 0 {
			continue
		}
		checked++
		width := x.Width
		if strings.HasSuffix(x.Text, " ") && width > run.W+0.1 { // the space at a line's end
			width -= x.Tail
		}
		if math.Abs(width-run.W) > 0.1 {
			t.Errorf("page %d: %q is %.2f wide, measured %.2f", run.Page, run.Text, width, run.W)
		}
	}
	if checked < 200 {
		t.Errorf("only %d runs were found again", checked)
	}
}

// pdftotext gives back the text in reading order.
func TestTextComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("runs pdftotext")
	}
	b, r := write(t, "giao-uoc-thi-dua", dated, templates.PDFOptions{})
	file := t.TempDir() + "/x.pdf"
	if err := writeFile(file, b); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !norm.NFC.IsNormal(out) {
		t.Error("the text is not NFC")
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00A0", " ")), "") }
	got := squeeze(string(out))
	at := 0
	for _, run := range r.Runs {
		want := squeeze(run.Text)
		if want == "" || run.Kind == templates.RunPageNumber || run.Block == 0 {
			continue // the letterhead's two columns are read line by line
		}
		i := strings.Index(got[at:], want)
		if i < 0 {
			if strings.Contains(got, want) {
				continue // cells of one row are read line by line
			}
			t.Fatalf("%q did not come back", run.Text)
		}
		if i < 400 {
			at += i
		}
	}
}
