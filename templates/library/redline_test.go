package library

import (
	"bytes"
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
	after := draftWith(t, "khẩu_hiệu: Mỗi ngành hai mô hình mới, mỗi đơn vị một việc tốt\nchủ_đề: Kỷ cương, sáng tạo, vì Nhân dân")
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
