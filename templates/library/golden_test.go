package library

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"covenant/templates"
)

var update = flag.Bool("update", false, "write the golden files anew; look at them before committing")

// Golden files are byte-exact: the same input gives the same file on every
// machine. That they are right is what the other tests check.
func TestGolden(t *testing.T) {
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range List() {
		e, err := Open(id)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, e, e.Sample, filepath.Join("testdata", id+".pdf"), templates.DraftOptions{
			Number: 7, Date: templates.Day{Year: 2026, Month: 2, Date: 27}, Law: law,
		})
	}
	// The reference case, dated with the legal bases of its day.
	e, _ := Open("giao-uoc-thi-dua")
	values, err := os.ReadFile("../../testdata/hanam2021/covenant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, e, values, "testdata/hanam2021.pdf", templates.DraftOptions{
		Number: 1, Date: templates.Day{Year: 2021, Month: 3, Date: 26}, Law: law, URL: "https://example.org/c/4f1b9c2d",
	})
}

func golden(t *testing.T, e *Entry, values []byte, file string, opt templates.DraftOptions) {
	t.Helper()
	tpl, _ := e.Template()
	vals, _ := templates.ParseValues("values.yaml", values)
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var b bytes.Buffer
	created := time.Date(opt.Date.Year, time.Month(opt.Date.Month), opt.Date.Date, 1, 0, 0, 0, time.UTC)
	if _, err := doc.PDF(&b, templates.PDFOptions{Created: created, Fields: true}); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s differs from the golden file; look at both, then go test -update", file)
	}
}
