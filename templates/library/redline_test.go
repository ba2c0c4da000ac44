package library

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"covenant/templates"
)

func draftWith(t *testing.T, changes string) *templates.Document {
	t.Helper()
	e, err := Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	tpl, _ := e.Template()
	data, err := templates.MergeValues(e.Sample, []byte(changes))
	if err != nil {
		t.Fatal(err)
	}
	vals, problems := templates.ParseValues("values", data)
	if len(problems) > 0 {
		t.Fatal(templates.Problems(problems))
	}
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(vals, templates.DraftOptions{Law: law})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestRedline(t *testing.T) {
	before := draftWith(t, "{}")
	after := draftWith(t, "khẩu_hiệu: Mỗi ngành hai mô hình mới, mỗi đơn vị một việc tốt\nchủ_đề: Kỷ cương, sáng "+
		"tạo, vì Nhân dân")
	if c := templates.Redline(before, before); len(c) != 0 {
		t.Fatalf("a revision differs from itself: %v", c)
	}
	changes := templates.Redline(before, after)
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.ID())
	}
	if got := strings.Join(ids, " "); got != "chu-de-nam khau-hieu" {
		t.Fatalf("changed clauses are %q", got)
	}
	var b bytes.Buffer
	if err := templates.RedlineHTML(&b, changes); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<del>một </del>", "<ins>hai </ins>", `data-clause="khau-hieu"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
	var pdf bytes.Buffer
	if _, err := templates.RedlineDocument(before, after).PDF(&pdf, templates.PDFOptions{}); err != nil {
		t.Fatal(err)
	}
	var word bytes.Buffer
	if err := after.DOCX(&word); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("OUT"); dir != "" {
		os.WriteFile(dir+"/redline.pdf", pdf.Bytes(), 0o644)
		os.WriteFile(dir+"/x.docx", word.Bytes(), 0o644)
	}
}

// Marks are words of their own: what was added behind a word leaves the word as it was.
func TestRedlineOfPunctuation(t *testing.T) {
	changes := templates.Redline(draftWith(t, "khẩu_hiệu: Đúng hẹn"), draftWith(t, "khẩu_hiệu: \"Đúng hẹn, đúng mực\""))
	var b bytes.Buffer
	if err := templates.RedlineHTML(&b, changes); err != nil {
		t.Fatal(err)
	}
	if want := "Đúng hẹn<ins>, đúng mực</ins>”."; !strings.Contains(b.String(), want) {
		t.Errorf("no %s in %s", want, b.String())
	}
}

// In a long table only the rows that changed are shown, with their neighbours, and each row stays a line.
func TestRedlineOfATable(t *testing.T) {
	rows := func(third string) string {
		var b strings.Builder
		b.WriteString("chỉ_tiêu:\n")
		for i := range 30 {
			level := "100"
			if i == 2 {
				level = third
			}
			fmt.Fprintf(&b, "- {nội_dung: Chỉ tiêu số %d, đơn_vị_tính: \"%%\", mức: từ %s trở lên}\n", i+1, level)
		}
		return b.String()
	}
	changes := templates.Redline(draftWith(t, rows("98")), draftWith(t, rows("99")))
	if len(changes) != 1 {
		t.Fatalf("%d changes", len(changes))
	}
	var b bytes.Buffer
	if err := templates.RedlineHTML(&b, changes); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if want := "3 | Chỉ tiêu số 3 | % | từ <del>98 </del><ins>99 </ins>trở lên<br>"; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
	for text, shown := range map[string]bool{"số 2 ": true, "số 4 ": true, "số 1 ": false, "số 20 ": false, "…": true} {
		if strings.Contains(page, text) != shown {
			t.Errorf("%q shown: want %v in\n%s", text, shown, page)
		}
	}
}

func TestRedlineOfAddedAndRemovedClauses(t *testing.T) {
	commitments := "cam_kết: [{tiêu_đề: Một, nội_dung: Nội dung một.}, {tiêu_đề: Hai, nội_dung: Nội dung hai.}"
	before := draftWith(t, commitments+"]")
	after := draftWith(t, commitments+", {tiêu_đề: Ba, nội_dung: Nội dung ba.}]")
	added := templates.Redline(before, after)
	if len(added) != 1 || added[0].Before != nil || added[0].After.Number != "khoản 3 Điều 2" {
		t.Fatalf("one added clause expected: %+v", added)
	}
	removed := templates.Redline(after, before)
	if len(removed) != 1 || removed[0].After != nil {
		t.Fatalf("one removed clause expected: %+v", removed)
	}
}
