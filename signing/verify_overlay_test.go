package signing

import (
	"fmt"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// overlayPage is a page with a paragraph, a ruled box, a filled box, a picture, a link and two places for signatures;
// what is painted lies where the comments say, in the page's own units.
func overlayPage(t testing.TB, kind fileKind, page string, content string) []byte {
	t.Helper()
	stm := func(dict, body string) string {
		return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(body), body)
	}
	widths := strings.Repeat("500 ", 224)
	if content == "" {
		content = "BT /F1 12 Tf 72 700 Td (Muc thuong la 100 dong) Tj ET " + // 72–210, 695–714
			"q 0.5 w 300 600 200 100 re S Q " + // only its edges
			"q 1 g 0 0 595 842 re f Q " + // white paper
			"q 0.9 g 72 500 100 50 re f Q " +
			"q 80 0 0 40 300 500 cm /Im1 Do Q " +
			"q 1 0 0 1 72 400 cm /Fm1 Do Q " // a form with text at 72–172, 400–412
	}
	return writeFile(kind, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 9 0 R/Annots[10 0 R 14 0 R]" +
			page + ">>",
		4:  stm("", content),
		5:  "<</Fields[10 0 R]/SigFlags 1>>",
		7:  "<</Producer(test)>>",
		8:  "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 32/LastChar 255/Widths[" + widths + "]>>",
		9:  "<</Font<</F1 8 0 R>>/XObject<</Im1 15 0 R/Fm1 16 0 R>>>>",
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(A)/Rect[72 200 272 250]/F 4/P 3 0 R>>",
		14: "<</Type/Annot/Subtype/Link/Rect[72 100 172 120]/Border[0 0 0]/P 3 0 " +
			"R/A<</S/URI/URI(https://example.vn/)>>>>",
		15: stm("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "\x80"),
		16: stm("/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F1 8 0 R>>>>",
			"BT /F1 10 Tf 0 3 Td (Dieu 1. Cam ket) Tj ET"),
	})
}

// overlay is a field that comes after the first signature.
type overlay struct {
	name  string
	rect  Rect
	page  string // of the page's dictionary
	text  string // of its content; the usual one where it is empty
	want  Indication
	over  string
	how   func(u *pdf.Update, widget pdf.Ref, dict pdf.Dict) // changes the field that was added and not signed
	other bool                                               // by somebody who leads to nobody who is trusted
}

// A field that comes after a signature may stand where nothing was painted, and nowhere else: whoever signs it, and
// however the page is made.
func TestOverlays(t *testing.T) {
	t.Parallel()
	pki, stranger := testPKI(t), lonelyPKI(t)
	first := issue(t, pki, "Nạn nhân", devpki.Profile{})
	second := issue(t, pki, "Người ký sau", devpki.Profile{})
	other := issue(t, stranger, "Người lạ", devpki.Profile{})
	blank, sentence := Rect{320, 300, 520, 340}, Rect{60, 690, 300, 720}
	for _, c := range []overlay{
		{name: "blank paper", rect: blank, want: TotalPassed},
		{name: "blank paper, by a stranger", rect: blank, want: TotalPassed, other: true},
		{name: "inside a ruled box", rect: Rect{310, 610, 490, 690}, want: TotalPassed},
		{name: "beside the text", rect: Rect{72, 640, 210, 690}, want: TotalPassed},
		{name: "over a link without a border", rect: Rect{72, 100, 172, 120}, want: TotalPassed},
		{name: "over a sentence", rect: sentence, want: TotalFailed, over: "text"},
		{name: "over a sentence, by a stranger", rect: sentence, want: TotalFailed, over: "text", other: true},
		{name: "over one letter", rect: Rect{150, 695, 157, 712}, want: TotalFailed, over: "text"},
		{name: "over the edge of a box", rect: Rect{290, 640, 310, 660}, want: TotalFailed, over: "line"},
		{name: "over a shape", rect: Rect{100, 510, 120, 520}, want: TotalFailed, over: "fill"},
		{name: "over a picture", rect: Rect{310, 510, 330, 520}, want: TotalFailed, over: "picture"},
		{name: "over text in a form", rect: Rect{72, 398, 120, 412}, want: TotalFailed, over: "text"},
		{name: "over everything", rect: Rect{0, 0, 595, 842}, want: TotalFailed, over: "text"},
		{name: "over a sentence of a page that is turned", rect: sentence, page: "/Rotate 90",
			want: TotalFailed, over: "text"},
		{name: "blank paper of a page that is turned", rect: blank, page: "/Rotate 270", want: TotalPassed},
		{name: "over a sentence beside a crop box", rect: sentence, page: "/CropBox[50 600 400 800]/UserUnit 2",
			want: TotalFailed, over: "text"},
		{name: "over text that is turned", rect: Rect{198, 110, 212, 190},
			text: "BT /F1 12 Tf 0 1 -1 0 210 100 Tm (Dung) Tj " +
				"(thang dung) Tj ET", want: TotalFailed, over: "text"},
		{name: "over text moved by spaces", rect: Rect{400, 690, 460, 715},
			text: "BT /F1 12 Tf 72 700 Td [(100)-27000(dong)] TJ ET", want: TotalFailed, over: "text"},
		{name: "over text in a hidden layer", rect: sentence, text: "/OC /L1 BDC BT /F1 12 Tf 72 700 Td (an) Tj ET EMC",
			want: TotalFailed, over: "text"},
		{name: "over text that a clip hides elsewhere", rect: blank,
			text: "q 0 0 10 10 re W n BT /F1 12 Tf 320 310 Td (khong thay) Tj ET Q", want: TotalPassed},
		{name: "over a shading", rect: blank, text: "/Sh1 sh", want: TotalFailed, over: "fill"},
		{name: "over an inline image", rect: blank,
			text: "q 300 0 0 300 300 250 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q",
			want: TotalFailed, over: "picture"},
		{name: "on a page that cannot be read", rect: blank, text: "BT /F1 12 Tf (",
			want: TotalFailed, over: "unknown"},
		{name: "on a page whose font cannot be read", rect: blank, text: "BT /F9 12 Tf 72 700 Td (a) Tj ET",
			want: TotalFailed, over: "text"},
		{name: "over part of a signature", rect: Rect{60, 190, 120, 240}, want: TotalPassed, over: "signature"},
		{name: "over part of a signature, by a stranger", rect: Rect{60, 190, 120, 240}, want: TotalFailed,
			over: "signature", other: true},
		{name: "over most of a signature", rect: Rect{60, 190, 200, 250}, want: TotalFailed, over: "signature"},
		{name: "over the name in a signature", rect: Rect{150, 200, 230, 250}, want: TotalFailed, over: "signature"},
		{name: "unsigned, with an appearance", rect: blank, want: TotalFailed,
			how: func(u *pdf.Update, w pdf.Ref, d pdf.Dict) {
				u.Set(w, d.With("AP", pdf.Dict{{Key: "N", Value: u.Add(form("Da huy"))}}))
			}},
		{name: "unsigned, with a background", rect: blank, want: TotalFailed,
			how: func(u *pdf.Update, w pdf.Ref, d pdf.Dict) {
				u.Set(w, d.With("MK", pdf.Dict{{Key: "BG", Value: pdf.Array{pdf.Integer(1)}}}))
			}},
		{name: "unsigned and empty, on blank paper", rect: blank, want: TotalPassed,
			how: func(*pdf.Update, pdf.Ref, pdf.Dict) {}},
		{name: "unsigned and empty, over a sentence, for later", rect: sentence, want: TotalFailed, over: "text",
			how: func(*pdf.Update, pdf.Ref, pdf.Dict) {}},
		{name: "that stands upright on a turned page", rect: blank, page: "/Rotate 90",
			want: TotalFailed, over: "unknown",
			how: func(u *pdf.Update, w pdf.Ref, d pdf.Dict) { u.Set(w, d.With("F", pdf.Integer(4|16))) }},
		{name: "that is seen in print alone", rect: sentence, want: TotalFailed, over: "text",
			how: func(u *pdf.Update, w pdf.Ref, d pdf.Dict) { u.Set(w, d.With("F", pdf.Integer(4|32))) }},
	} {
		for _, kind := range fileKinds {
			t.Run(c.name+"/"+string(kind), func(t *testing.T) {
				b := &attackBase{pki: pki}
				look := &Appearance{Lines: []Line{{Text: "Đã ký"}}}
				atRight := &Appearance{Lines: []Line{{Text: "Người ký"}}}
				file := sign(t, overlayPage(t, kind, c.page, c.text), first, Options{Field: "A", Appearance: atRight})
				by := second
				if c.other {
					by = other
				}
				if c.how != nil {
					file = update(t, file, func(_ *pdf.File, u *pdf.Update) {
						w := sigWidget(t, u, "C")
						d := dict(t, u, w.Num).With("P", ref(3)).With("Rect", pdf.Rect(c.rect).Array())
						u.Set(w, d)
						addField(t, u, w)
						c.how(u, w, d)
					})
				} else {
					file = laidOver(t, file, by, c.rect, look)
				}
				res, _ := b.judge(t, file)
				if res.Indication != c.want {
					t.Errorf("%s, want %s: %+v", res.Indication, c.want, res.Modifications)
				}
				if c.over != "" && !overs(res)[c.over] {
					t.Errorf("not said to cover %s: %+v", c.over, res.Modifications)
				}
			})
		}
	}
}

func overs(r *Result) map[string]bool {
	out := map[string]bool{}
	for _, m := range r.Modifications {
		out[m.Over] = true
	}
	return out
}

// laidOver signs a field that the same update brings, as a program does that asks for no permission.
func laidOver(t testing.TB, file []byte, by Identity, rect Rect, look *Appearance) []byte {
	t.Helper()
	out, _, err := SignBytes(t.Context(), file, by, Options{
		Field: "C", New: &NewField{Rect: rect}, Appearance: look, AllowCovering: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lonelyPKI is an authority that nobody trusts.
func lonelyPKI(t testing.TB) *devpki.PKI {
	t.Helper()
	p, err := devpki.Open("", devpki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
