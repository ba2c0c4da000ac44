package diff

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"covenant/internal/pdf"
)

// objects of the file that the tests change: a page with content and a font, a text field, an empty signature field, a
// signed one with an appearance, and an object that nothing refers to.
var objects = []string{
	1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
	2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
	3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 6 0 R>>>>/Annots[7 0 R " +
		"8 0 R 9 0 R]>>",
	4:  "<</Length 27>>\nstream\nBT /F 9 Tf (Pay 100) Tj ET \nendstream",
	5:  "<</SigFlags 3/Fields[7 0 R 8 0 R 9 0 R]/DR<</Font<</F 6 0 R>>>>>>",
	6:  "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
	7:  "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/Rect[10 10 90 30]/P 3 0 R>>",
	8:  "<</Type/Annot/Subtype/Widget/FT/Sig/T(empty)/Rect[10 100 90 150]/P 3 0 R>>",
	9:  "<</Type/Annot/Subtype/Widget/FT/Sig/T(signed)/V 10 0 R/Rect[10 200 90 250]/P 3 0 R/AP<</N 11 0 R>>>>",
	10: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Contents<00>>>",
	11: "<</Type/XObject/Subtype/Form/BBox[0 0 80 50]/Length 0>>\nstream\n\nendstream",
	12: "<</Nobody(refers to this)>>",
}

func baseFile(t *testing.T) []byte {
	t.Helper()
	return fileOf(objects)
}

func fileOf(objects []string) []byte {
	out := []byte("%PDF-1.7\n")
	at := make([]int, len(objects))
	for n := 1; n < len(objects); n++ {
		at[n] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	xref := len(out)
	out = fmt.Appendf(out, "xref\n0 %d\n0000000000 65535 f\r\n", len(objects))
	for _, offset := range at[1:] {
		out = fmt.Appendf(out, "%010d 00000 n\r\n", offset)
	}
	return fmt.Appendf(out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects), xref)
}

func open(t *testing.T, file []byte, lim pdf.Limits) *pdf.File {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), lim)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// analyze appends a revision and compares it with the file.
func analyze(t *testing.T, lim pdf.Limits, stop error, change func(u *pdf.Update)) ([]Change, error) {
	t.Helper()
	return analyzeFile(t, baseFile(t), lim, stop, change)
}

// analyzeFile is analyze for a file of other objects.
func analyzeFile(
	t *testing.T, file []byte, lim pdf.Limits, stop error, change func(u *pdf.Update),
) ([]Change, error) {
	t.Helper()
	u := pdf.NewUpdate(open(t, file, pdf.Limits{}))
	change(u)
	more, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return Analyze(Input{File: open(t, append(file, more...), lim), Pages: []pdf.Ref{{Num: 3}},
		Signed: []Signed{{Ref: pdf.Ref{Num: 10}, Field: "signed"}}, Stop: func() error { return stop }})
}

func with(t *testing.T, u *pdf.Update, num int, key pdf.Name, value pdf.Object) {
	t.Helper()
	o, err := u.Get(pdf.Ref{Num: num})
	d, ok := o.(pdf.Dict)
	if err != nil || !ok {
		t.Fatalf("object %d: %v, %v", num, o, err)
	}
	u.Set(pdf.Ref{Num: num}, d.With(key, value))
}

func stream(data string) *pdf.Stream { return &pdf.Stream{Data: []byte(data)} }

func kinds(changes []Change) []Kind {
	var out []Kind
	for _, c := range changes {
		out = append(out, c.Kind)
	}
	return out
}

// TestWhatARevisionChanged: each row is one revision and all that it changed, and nothing else.
func TestWhatARevisionChanged(t *testing.T) {
	sig := func(sub pdf.Name) pdf.Dict {
		return pdf.Dict{{Key: "Type", Value: pdf.Name("Sig")}, {Key: "SubFilter", Value: sub}}
	}
	widget := func(u *pdf.Update, y float64, more ...pdf.Entry) {
		d := pdf.Dict{{Key: "Type", Value: pdf.Name("Annot")}, {Key: "Subtype", Value: pdf.Name("Widget")},
			{Key: "FT", Value: pdf.Name("Sig")},
			{Key: "T", Value: pdf.TextString("new")}, {Key: "P", Value: pdf.Ref{Num: 3}},
			{Key: "Rect", Value: pdf.Rect{X0: 10, Y0: y, X1: 90, Y1: y + 40}.Array()}}
		ref := u.Add(append(d, more...))
		list := pdf.Array{pdf.Ref{Num: 7}, pdf.Ref{Num: 8}, pdf.Ref{Num: 9}, ref}
		with(t, u, 5, "Fields", list)
		with(t, u, 3, "Annots", list)
	}
	for _, c := range []struct {
		name string
		do   func(u *pdf.Update)
		want []Kind
	}{
		{"nothing: an object written as it was", func(u *pdf.Update) { with(t, u, 7, "V", pdf.TextString("100")) },
			nil},
		{"nothing: an object that nobody refers to", func(u *pdf.Update) { with(t, u, 12, "Nobody", pdf.Integer(1)) },
			nil},
		{"a field filled in", func(u *pdf.Update) { with(t, u, 7, "V", pdf.TextString("250")) }, []Kind{FormValue}},
		{"an appearance without a value", func(u *pdf.Update) {
			with(t, u, 7, "AP", pdf.Dict{{Key: "N", Value: u.Add(stream(""))}})
		}, []Kind{FieldAppearance, Field}},
		{"a field renamed", func(u *pdf.Update) { with(t, u, 7, "T", pdf.TextString("sum")) }, []Kind{Field, Field}},
		{"an empty field signed", func(u *pdf.Update) { with(t, u, 8, "V", u.Add(sig("ETSI.CAdES.detached"))) },
			[]Kind{Signature}},
		{"an empty field signed with a signature of before",
			func(u *pdf.Update) { with(t, u, 8, "V", pdf.Ref{Num: 10}) },
			[]Kind{SignatureValue, Signature}},
		{"a signature replaced", func(u *pdf.Update) { u.Set(pdf.Ref{Num: 10}, sig("ETSI.CAdES.detached")) },
			[]Kind{SignatureValue}},
		{"a signature taken away", func(u *pdf.Update) { with(t, u, 9, "V", nil) }, []Kind{SignatureValue}},
		{"a signature's field moved", func(u *pdf.Update) { with(t, u, 9, "Rect", pdf.Rect{X1: 1, Y1: 1}.Array()) },
			[]Kind{Appearance}},
		{"a signature's picture replaced", func(u *pdf.Update) { u.Set(pdf.Ref{Num: 11}, stream("0 0 1 rg")) },
			[]Kind{Appearance}},
		{"a new signature beside", func(u *pdf.Update) {
			widget(u, 400, pdf.Entry{Key: "V", Value: u.Add(sig("ETSI.CAdES.detached"))})
		}, []Kind{NewSignature}},
		{"a new signature over another", func(u *pdf.Update) {
			widget(u, 220, pdf.Entry{Key: "V", Value: u.Add(sig("ETSI.CAdES.detached"))})
		}, []Kind{Overlay, NewSignature}},
		{"a visible time-stamp counts as a signature", func(u *pdf.Update) {
			widget(u, 400, pdf.Entry{Key: "V", Value: u.Add(sig(pdf.SubFilterTimestamp))})
		}, []Kind{NewSignature}},
		{"a new field with an action", func(u *pdf.Update) { widget(u, 400, pdf.Entry{Key: "AA", Value: pdf.Dict{}}) },
			[]Kind{Field, NewSignature}},
		{"a page's content", func(u *pdf.Update) { u.Set(pdf.Ref{Num: 4}, stream("BT /F 9 Tf (Pay 900) Tj ET")) },
			[]Kind{Content}},
		{"a page's font", func(u *pdf.Update) { with(t, u, 6, "BaseFont", pdf.Name("Symbol")) }, []Kind{Resource}},
		{"a page turned", func(u *pdf.Update) { with(t, u, 3, "Rotate", pdf.Integer(90)) }, []Kind{Page}},
		{"a page added", func(u *pdf.Update) {
			with(t, u, 2, "Kids", pdf.Array{pdf.Ref{Num: 3}, u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("Page")}})})
		}, []Kind{PageTree}},
		{"a note added", func(u *pdf.Update) {
			note := u.Add(pdf.Dict{{Key: "Subtype", Value: pdf.Name("Text")}})
			with(t, u, 3, "Annots", pdf.Array{pdf.Ref{Num: 7}, pdf.Ref{Num: 8}, pdf.Ref{Num: 9}, note})
		}, []Kind{Annotation}},
		{"annotations in another order", func(u *pdf.Update) {
			with(t, u, 3, "Annots", pdf.Array{pdf.Ref{Num: 8}, pdf.Ref{Num: 7}, pdf.Ref{Num: 9}})
		}, []Kind{Annotation, Annotation}},
		{"validation data", func(u *pdf.Update) {
			with(t, u, 1, "DSS", pdf.Dict{{Key: "Certs", Value: pdf.Array{u.Add(stream("x"))}}})
		}, []Kind{ValidationData}},
		{"validation data with something else", func(u *pdf.Update) {
			with(t, u, 1, "DSS", pdf.Dict{{Key: "Notes", Value: pdf.Array{u.Add(stream("x"))}}})
		}, []Kind{Catalog}},
		{"an action on opening", func(u *pdf.Update) { with(t, u, 1, "OpenAction", pdf.Dict{}) }, []Kind{Action}},
		{"layers", func(u *pdf.Update) { with(t, u, 1, "OCProperties", pdf.Dict{}) }, []Kind{Layers}},
		{"the form taken away", func(u *pdf.Update) { with(t, u, 1, "AcroForm", nil) }, []Kind{Field}},
		{"a form that cannot be read", func(u *pdf.Update) { with(t, u, 5, "Fields", pdf.Integer(1)) },
			[]Kind{Unreadable}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes, err := analyze(t, pdf.Limits{}, nil, c.do)
			if err != nil {
				t.Fatal(err)
			}
			if got := kinds(changes); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v: %+v", got, c.want, changes)
			}
			for _, change := range changes {
				if change.Revision != 2 {
					t.Errorf("revision %d of %+v", change.Revision, change)
				}
			}
		})
	}
}

// TestWhereAndWhat: a change names its place and quotes what was and is.
func TestWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		do   func(u *pdf.Update)
		want Change
	}{
		{func(u *pdf.Update) { with(t, u, 7, "V", pdf.TextString("250")) },
			Change{Revision: 2, Kind: FormValue, Page: 1, Field: "amount", Object: 7, Old: "100", New: "250"}},
		{func(u *pdf.Update) { with(t, u, 1, "OpenAction", pdf.Dict{}) },
			Change{Revision: 2, Kind: Action, Key: "OpenAction", Object: 1}},
		{func(u *pdf.Update) { u.Set(pdf.Ref{Num: 4}, stream("BT /F 9 Tf (Pay 900) Tj ET")) },
			Change{Revision: 2, Kind: Content, Page: 1, Key: "Contents", Object: 4, Old: "Pay 100", New: "Pay 900",
				Detail: "object 4, referred to as Contents of object 3"}},
	} {
		changes, err := analyze(t, pdf.Limits{}, nil, c.do)
		if err != nil || !slices.Equal(changes, []Change{c.want}) {
			t.Errorf("got %+v, %v, want %+v", changes, err, c.want)
		}
	}
}

// TestAnalysisEnds: with its caller's word, and with the budget.
func TestAnalysisEnds(t *testing.T) {
	fill := func(u *pdf.Update) { with(t, u, 7, "V", pdf.TextString("250")) }
	stop := errors.New("nobody waits any more")
	if _, err := analyze(t, pdf.Limits{}, stop, fill); !errors.Is(err, stop) {
		t.Error(err)
	}
	whole := pdf.NewWork(-1, 0)
	if _, err := analyze(t, pdf.Limits{Work: whole}, nil, fill); err != nil {
		t.Fatal(err)
	}
	_, err := analyze(t, pdf.Limits{Work: pdf.NewWork(whole.Spent()-1, 0)}, nil, fill)
	if !errors.Is(err, pdf.ErrTooCostly) {
		t.Errorf("with a unit less than the %d needed: %v", whole.Spent(), err)
	}
}
