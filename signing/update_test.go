package signing

import (
	"bytes"
	"slices"
	"testing"

	"covenant/internal/pdf"
)

// update appends an incremental update of the file's own kind.
func update(t testing.TB, file []byte, change func(f *pdf.File, u *pdf.Update)) []byte {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	u := pdf.NewUpdate(f)
	change(f, u)
	tail, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(file), tail...)
}

func ref(n int) pdf.Ref { return pdf.Ref{Num: n} }

// dict reads a dictionary object of the update's file.
func dict(t testing.TB, u *pdf.Update, n int) pdf.Dict {
	t.Helper()
	o, err := u.Get(ref(n))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := o.(*pdf.Stream); ok {
		return s.Dict
	}
	d, ok := o.(pdf.Dict)
	if !ok {
		t.Fatalf("object %d is %T", n, o)
	}
	return d
}

func content(text string) *pdf.Stream {
	return &pdf.Stream{Data: []byte("BT /F1 12 Tf 72 780 Td (" + text + ") Tj ET"), Dict: pdf.Dict{}}
}

func form(text string) *pdf.Stream {
	s := content(text)
	s.Dict = pdf.Dict{{Key: "Type", Value: pdf.Name("XObject")}, {Key: "Subtype", Value: pdf.Name("Form")},
		{Key: "BBox", Value: pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(200), pdf.Integer(50)}}}
	return s
}

func annotation(subtype pdf.Name, extra ...pdf.Entry) pdf.Dict {
	return append(pdf.Dict{{Key: "Type", Value: pdf.Name("Annot")}, {Key: "Subtype", Value: subtype},
		{Key: "P", Value: ref(3)},
		{Key: "Rect", Value: pdf.Array{pdf.Integer(72), pdf.Integer(200), pdf.Integer(300), pdf.Integer(230)}}},
		extra...)
}

func addAnnotation(t testing.TB, u *pdf.Update, o pdf.Object) {
	page := dict(t, u, 3)
	u.Set(ref(3), page.With("Annots", append(slices.Clone(page.Get("Annots").(pdf.Array)), o)))
}

func addField(t testing.TB, u *pdf.Update, field pdf.Ref) {
	af := dict(t, u, 5)
	u.Set(ref(5), af.With("Fields", append(slices.Clone(af.Get("Fields").(pdf.Array)), field)))
}
