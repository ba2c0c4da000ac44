package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"covenant/internal/pdf"
)

// formFile writes a page with a signature field “ky” and a text field “giatri”: form FILE VALUE.
func formFile(ts *testscript.TestScript, _ bool, args []string) {
	objects := []string{"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[5 0 R 6 0 R]>>", "<</Fields[5 0 R 6 0 R]>>",
		"<</Type/Annot/Subtype/Widget/FT/Sig/T(ky)/Rect[72 600 272 650]/F 4/P 3 0 R>>",
		"<</Type/Annot/Subtype/Widget/FT/Tx/T(giatri)/V(" + args[1] + ")/Rect[72 500 272 520]/F 4/P 3 0 R>>"}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	table := "0000000000 65535 f\r\n"
	for i, o := range objects {
		table += fmt.Sprintf("%010d 00000 n\r\n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table,
		len(objects)+1, at)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// fillIn replaces the value of the text field of such a file: fill FILE VALUE.
func fillIn(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	f, err := pdf.Open(bytes.NewReader(data), int64(len(data)), pdf.Limits{})
	ts.Check(err)
	u := pdf.NewUpdate(f)
	field, err := f.Dict(pdf.Ref{Num: 6})
	ts.Check(err)
	u.Set(pdf.Ref{Num: 6}, field.With("V", pdf.TextString(args[1])))
	tail, err := u.Bytes()
	ts.Check(err)
	ts.Check(os.WriteFile(path, append(data, tail...), 0o600))
}
