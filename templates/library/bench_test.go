package library

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"time"

	"covenant/templates"
)

// BenchmarkCovenant sets the whole covenant of Hà Nam, text to PDF/A.
func BenchmarkCovenant(b *testing.B) {
	doc := hanam(b, templates.DraftOptions{Number: 1, Date: templates.Day{Year: 2021, Month: 3, Date: 26}})
	benchPDF(b, doc)
}

func benchPDF(b *testing.B, doc *templates.Document) {
	b.Helper()
	b.ReportAllocs()
	opt := templates.PDFOptions{Created: time.Unix(0, 0), Fields: true}
	pages := 0
	for b.Loop() {
		r, err := doc.PDF(io.Discard, opt)
		if err != nil {
			b.Fatal(err)
		}
		pages = r.Pages
	}
	b.ReportMetric(float64(pages), "pages")
}

// BenchmarkShortCovenant is a covenant of four pages with tables and no annex, from the
// template text to the finished file: parse, draft, set, write.
func BenchmarkShortCovenant(b *testing.B) {
	e, err := Open("giao-uoc-thi-dua")
	if err != nil {
		b.Fatal(err)
	}
	law, err := Law()
	if err != nil {
		b.Fatal(err)
	}
	src := bytes.Replace(e.Source, []byte("[[phu-luc-nhiem-vu]]"), []byte("Phụ lục"), 1)
	src = src[:bytes.Index(src, []byte("@phụ lục"))]
	src = slices.Concat(src[:bytes.Index(src, []byte("@chữ ký"))], src[bytes.Index(src, []byte("@nơi nhận")):])
	vals, _ := templates.ParseValues("s", e.Sample)
	b.ReportAllocs()
	pages := 0
	for b.Loop() {
		tpl, _ := templates.Parse("t", src)
		doc, err := tpl.Draft(vals, templates.DraftOptions{Law: law, Date: templates.Day{Year: 2026, Month: 2,
			Date: 2}})
		if err != nil {
			b.Fatal(err)
		}
		r, err := doc.PDF(io.Discard, templates.PDFOptions{})
		if err != nil {
			b.Fatal(err)
		}
		pages = r.Pages
	}
	b.ReportMetric(float64(pages), "pages")
}
