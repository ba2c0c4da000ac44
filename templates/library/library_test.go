package library

import (
	"bytes"
	"os"
	"testing"
	"time"

	"covenant/templates"
)

func hanam(t testing.TB, opt templates.DraftOptions) *templates.Document {
	t.Helper()
	e, err := Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	tpl, problems := e.Template()
	if len(problems) > 0 {
		t.Fatal(templates.Problems(problems))
	}
	data, err := os.ReadFile("../../testdata/hanam2021/covenant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	vals, problems := templates.ParseValues("covenant.yaml", data)
	if len(problems) > 0 {
		t.Fatal(templates.Problems(problems))
	}
	opt.Law, err = Law()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestHaNam(t *testing.T) {
	doc := hanam(t, templates.DraftOptions{Number: 1, Date: templates.Day{Year: 2021, Month: 3, Date: 26},
		URL: "https://example.org/c/4f1b9c"})
	var b bytes.Buffer
	r, err := doc.PDF(&b, templates.PDFOptions{Created: time.Unix(1616716800, 0), Fields: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.Pages, b.Len())
	if dir := os.Getenv("OUT"); dir != "" {
		os.WriteFile(dir+"/hanam.pdf", b.Bytes(), 0o644)
	}
}
