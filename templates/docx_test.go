package templates

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func wordParts(t *testing.T, doc *Document) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := doc.DOCX(&b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(data)
		dec := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	return parts
}

func TestWordFileOfOddCharacters(t *testing.T) {
	tpl, _ := Parse("m", []byte("---\nmẫu: x\nbiến: {a: văn bản dài}\n---\nA {{a}} <&> B\n"))
	vals, _ := ParseValues("v", []byte(`a: "mot\x01\x0b\ufffe <b> & \"c\""`))
	doc, err := tpl.Draft(vals, DraftOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wordParts(t, doc)
	if _, err := doc.PDF(io.Discard, PDFOptions{}); err == nil {
		t.Error("U+FFFE is no character of the font")
	}
}

func TestWordFile(t *testing.T) {
	body := letter + "# Một & <hai> {#mot}\n+ Khoản với {{chủ_đề}} {#khoan}\n++ a\n++ b\n++ c\n++ d\n++ đ\n++ e\n# Hai\n+ Lại từ đầu\n" + use +
		"@bảng\ncột: A 20mm | B\n|= gộp\n| 1 | {{năm}} |\n@hết\n@chữ ký Đại diện\nđơn vị: các_đơn_vị\n@hết\n@phụ lục Kèm theo\nx\n"
	parts := wordParts(t, draftOf(t, body, DraftOptions{}))
	doc := parts["word/document.xml"]
	for _, want := range []string{
		`<w:tag w:val="mot"/>`, `<w:tag w:val="khoan"/>`, `<w:tag w:val="chủ_đề"/>`, "Một &amp; &lt;hai&gt;", "<w:tblHeader/>", `<w:gridSpan w:val="2"/>`,
		"<w:titlePg/>", "<w:pageBreakBefore/>",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if strings.Contains(doc, "Điều 1") || strings.Contains(doc, ">1. ") {
		t.Error("numbers must be Word's own")
	}
	numbering := parts["word/numbering.xml"]
	for _, want := range []string{`<w:lvlText w:val="Điều %1."/>`, `<w:lvlText w:val="đ)"/>`, `<w:lvlText w:val="e)"/>`} {
		if !strings.Contains(numbering, want) {
			t.Errorf("the numbering lacks %s", want)
		}
	}
	used := map[string]bool{}
	for _, m := range strings.Split(doc, `<w:numId w:val="`)[1:] {
		id, _, _ := strings.Cut(m, `"`)
		used[id] = true
		if !strings.Contains(numbering, `<w:num w:numId="`+id+`">`) {
			t.Errorf("list %s is not defined", id)
		}
	}
	if len(used) < 5 {
		t.Errorf("clauses of two articles must be two lists: %v", used)
	}
	if !strings.Contains(parts["word/styles.xml"], "Times New Roman") || !strings.Contains(parts["word/header1.xml"], " PAGE ") {
		t.Error("no Times New Roman, or no page number")
	}
}
