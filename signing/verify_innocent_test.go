package signing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// innocents are changes that must not break the signature.
var innocents = []updateAttack{
	{"text field filled in", ChangeFormValue, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(12), dict(t, u, 12).With("V", pdf.String{Bytes: "250"}).With("AP",
			pdf.Dict{{Key: "N", Value: u.Add(form("250"))}}))
	}},
	{"box ticked", ChangeFormValue, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(13), dict(t, u, 13).With("V", pdf.Name("Yes")).With("AS", pdf.Name("Yes")))
	}},
	{"metadata updated", ChangeMetadata, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(6), &pdf.Stream{Dict: dict(t, u, 6).Without("Length"),
			Data: []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/">2</x:xmpmeta>`)})
		u.Set(ref(7), dict(t, u, 7).With("ModDate", pdf.String{Bytes: "D:20261123"}))
	}},
	{"objects written again as they were", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(3), dict(t, u, 3))
		u.Set(ref(8), dict(t, u, 8))
		u.Set(ref(5), dict(t, u, 5))
	}},
	{"an object that nobody uses", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Add(content("nobody sees this"))
		u.Set(ref(40), pdf.Dict{})
	}},
	{"signature field added for later", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "C"}}))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"marked as tagged", ChangeMetadata, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("MarkInfo", pdf.Dict{{Key: "Marked", Value: pdf.Boolean(true)}}))
	}},
	{"flags of a signature field", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("Ff", pdf.Integer(1)))
	}},
	{"signature field deep in the form", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "leaf"}}))
		parent := u.Add(pdf.Dict{{Key: "T", Value: pdf.String{Bytes: "group"}}, {Key: "Kids", Value: pdf.Array{w}}})
		u.Set(w, dict(t, u, w.Num).With("Parent", parent))
		addField(t, u, parent)
		addAnnotation(t, u, w)
	}},
	{"form resources added", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(5), dict(t, u, 5).With("DR", pdf.Dict{{Key: "Font", Value: pdf.Dict{{Key: "F1", Value: ref(8)},
			{Key: "Helv", Value: u.Add(pdf.Dict{})}}}}))
	}},
}

func TestInnocentUpdates(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, a := range innocents {
		for _, kind := range fileKinds {
			t.Run(a.name+"/"+string(kind), func(t *testing.T) {
				file := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { a.do(t, f, u) })
				b.wantPassed(t, file, a.kind)
				b.wantPassed(t, b.stamp(t, file), a.kind)
			})
		}
	}
}

func (b *attackBase) wantPassed(t testing.TB, file []byte, kind ChangeKind) {
	t.Helper()
	res, _ := b.judge(t, file)
	if res == nil {
		t.Error("the signature is not in the report")
		return
	}
	want(t, res, TotalPassed, "")
	if kind != "" && !slices.ContainsFunc(res.Modifications, func(m Modification) bool {
		return m.Kind == kind &&
			m.Permitted
	}) {
		t.Errorf("not reported as %q: %+v", kind, res.Modifications)
	}
}

func TestInnocentSigningAndExtending(t *testing.T) {
	b := newAttackBase(t, Options{})
	other := issue(t, b.pki, "Người ký thứ hai", devpki.Profile{})
	for _, kind := range fileKinds {
		t.Run(string(kind), func(t *testing.T) {
			file := b.file[kind]
			steps := []struct {
				name string
				opt  Options
			}{
				{"existing field", Options{Field: "B", Appearance: &Appearance{Lines: []Line{{Text: "Đã ký"}}}}},
				{"new visible field", Options{Field: "C", New: &NewField{Page: 2, Rect: Rect{72, 600, 272, 650}},
					Appearance: &Appearance{Lines: []Line{{Text: "Đã ký"}}}}},
				{"new invisible field", Options{}},
			}
			for _, s := range steps {
				s.opt.Level, s.opt.TSA = BT, &TSA{URLs: []string{b.pki.TSA()}}
				file = sign(t, file, other, s.opt)
				b.wantPassed(t, file, "")
			}
			for _, level := range []Level{BLT, BLTA, BLTA} {
				file = extendTo(t, file, b.pki, level)
				_, r := b.judge(t, file)
				for i := range r.Results {
					want(t, &r.Results[i], TotalPassed, "")
				}
			}
		})
	}
}

// TestInnocentCatalogueUnderAnotherNumber: the older Go module writes the catalogue anew, with its entries as they
// were.
func TestInnocentCatalogueUnderAnotherNumber(t *testing.T) {
	b := newAttackBase(t, Options{})
	renumbered := func(catalogue string, trailer ...string) []byte {
		base := b.file[classic]
		at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
		out := bytes.Clone(base)
		root := len(out)
		out = fmt.Appendf(out, "90 0 obj\n%s\nendobj\n", catalogue)
		next := len(out)
		return fmt.Appendf(out, "xref\n90 1\n%010d 00000 n\r\ntrailer\n<</Size 91/Root 90 0 R/Prev "+
			"%d%s>>\nstartxref\n%d\n%%%%EOF\n", root, at, strings.Join(trailer, ""), next)
	}
	same := "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 6 0 R/Vendor 35 0 R" +
		"/StructTreeRoot 29 0 R/Outlines 42 0 R/OCProperties<</OCGs[20 0 R]/D<</OFF[20 0 R]>>>>>>"
	b.wantPassed(t, renumbered(same), "")
	b.wantPassed(t, renumbered(same, "/Vendor 36 0 R/Other 40 0 R/DocChecksum<00>"), "")
	b.wantFailed(t, renumbered(same, "/Vendor 38 0 R"), ChangeTrailer)
	b.wantFailed(t, renumbered(strings.Replace(same, "/OFF[20 0 R]", "", 1)), ChangeTrailer)
	b.wantFailed(t, renumbered(strings.Replace(same, "/Pages 2 0 R", "/Pages 30 0 R", 1)), ChangeTrailer)
	// An unknown key that leads on only in an older trailer: what it led to is replaced all the same.
	left := renumbered(same)
	left = update(t, left, func(_ *pdf.File, u *pdf.Update) { u.Set(ref(36), pdf.Dict{}) })
	b.wantFailed(t, left, ChangeTrailer)
}
