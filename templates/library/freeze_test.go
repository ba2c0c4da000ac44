package library

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"covenant/templates"
)

// Wherever the page breaks fall, freezing a covenant changes nothing but number,
// date, watermark, fields and QR code; and a changed word is always seen.
func TestFreezeChangesNothingElse(t *testing.T) {
	e, err := Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	tpl, _ := e.Template()
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	day := templates.Day{Year: 2026, Month: 2, Date: 27}
	render := func(values string, opt templates.DraftOptions, fields bool) *templates.Rendered {
		t.Helper()
		data, err := templates.MergeValues(e.Sample, []byte(values))
		if err != nil {
			t.Fatal(err)
		}
		vals, _ := templates.ParseValues("v", data)
		opt.Law = law
		doc, err := tpl.Draft(vals, opt)
		if err != nil {
			t.Fatal(err)
		}
		r, err := doc.PDF(io.Discard, templates.PDFOptions{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for n := 1; n <= 20; n++ {
		var values strings.Builder
		values.WriteString("cam_kết:\n")
		for i := range n {
			fmt.Fprintf(&values, "- {tiêu_đề: Cam kết số %d, nội_dung: %s}\n", i+1,
				strings.Repeat("Các đơn vị cùng thực hiện nghiêm túc. ", 1+(i*n)%7))
		}
		var to []string
		for i := range n % 12 {
			to = append(to, fmt.Sprintf("Nơi nhận thứ %d", i+1))
		}
		fmt.Fprintf(&values, "nơi_nhận: [%s]\n", strings.Join(append(to, `"Lưu: VT"`), ", "))
		approved := render(values.String(), templates.DraftOptions{LawDate: day, Watermark: "DỰ THẢO lần 2"}, false)
		frozen := templates.DraftOptions{Number: 1234, Date: day,
			URL: "https://giaouoc.tinh-tan-giang.example.org/c/3f9a77c0b1d24e5f8a90"}
		if d := templates.Differences(approved, render(values.String(), frozen, true)); len(d) > 0 {
			t.Errorf("%d commitments: %v", n, d)
		}
		other := strings.Replace(values.String(), "Cam kết số 1,", "Cam kết số 9,", 1)
		if d := templates.Differences(approved, render(other, frozen, true)); len(d) == 0 {
			t.Errorf("%d commitments: a changed word went unseen", n)
		}
	}
}
