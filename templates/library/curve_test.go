package library

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"covenant/templates"
)

// BenchmarkPages shows the time by pages: a covenant with more and more
// commitments, and 60 signatories in a table at the end.
func BenchmarkPages(b *testing.B) {
	e, err := Open("giao-uoc-thi-dua")
	if err != nil {
		b.Fatal(err)
	}
	law, err := Law()
	if err != nil {
		b.Fatal(err)
	}
	for _, targets := range []int{40, 800, 1700, 2600} {
		data, err := templates.MergeValues(e.Sample, []byte(crowd(60)+rows(targets)))
		if err != nil {
			b.Fatal(err)
		}
		src := strings.Replace(string(e.Source), "số dòng: 1-40", "số dòng: 1-4000", 1)
		long, problems := templates.Parse("t", []byte(src))
		if len(problems) > 0 {
			b.Fatal(templates.Problems(problems))
		}
		vals, _ := templates.ParseValues("v", data)
		doc, err := long.Draft(vals, templates.DraftOptions{Law: law})
		if err != nil {
			b.Fatal(err)
		}
		r, err := doc.PDF(io.Discard, templates.PDFOptions{Fields: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%dpages", r.Pages), func(b *testing.B) {
			benchPDF(b, doc)
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/float64(r.Pages), "ms/page")
		})
	}
}

// BenchmarkParallel sets covenants on all cores at once.
func BenchmarkParallel(b *testing.B) {
	doc := hanam(b, templates.DraftOptions{Number: 1, Date: templates.Day{Year: 2021, Month: 3, Date: 26}})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := doc.PDF(io.Discard, templates.PDFOptions{Fields: true}); err != nil {
				b.Error(err)
			}
		}
	})
}

func crowd(n int) string {
	var b strings.Builder
	b.WriteString("các_đơn_vị:\n")
	for i := range n {
		fmt.Fprintf(&b, "- mã: dv-%d\n  tên: Đơn vị thành viên thứ %d của Khối thi đua\n  chức_vụ: Giám đốc\n  "+
			"nổi_bật: 1\n  nhiệm_vụ: [", i, i+1)
		for j := range 10 {
			fmt.Fprintf(&b, "Nhiệm vụ trọng tâm số %d của đơn vị| ", j+1)
		}
		b.WriteString("]\n")
	}
	return strings.NewReplacer("| ]", "]", "| ", ", ").Replace(b.String())
}

func rows(n int) string {
	var b strings.Builder
	b.WriteString("chỉ_tiêu:\n")
	for i := range n {
		fmt.Fprintf(&b, "- {nội_dung: Hoàn thành chỉ tiêu kinh tế - xã hội số %d được giao cho từng ngành trong "+
			"năm, đơn_vị_tính: phần trăm, mức: từ %d trở lên}\n", i, 50+i%50)
	}
	return b.String()
}
