package templates

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
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
	if _, err := tpl.Draft(vals, DraftOptions{}); err == nil || !strings.Contains(err.Error(), "U+0001") {
		t.Errorf("controls in a value: %v", err)
	}
	doc, err := tpl.Draft(vals, DraftOptions{Again: AsFirstWas})
	if err != nil {
		t.Fatal(err)
	}
	wordParts(t, doc)
	if _, err := doc.PDF(io.Discard, PDFOptions{}); err == nil {
		t.Error("U+FFFE is no character of the font")
	}
}

func TestWordFile(t *testing.T) {
	body := letter + "# Một & <hai> {#mot}\n+ Khoản với {{chủ_đề}} {#khoan}\n++ a\n++ b\n++ c\n++ d\n++ đ\n++ e\n# " +
		"Hai\n+ Lại từ đầu\n" + use +
		"@bảng\ncột: A 20mm | B\n|= gộp\n| 1 | {{năm}} |\n@hết\n@chữ ký Đại diện\nđơn vị: các_đơn_vị\n@hết\n@phụ " +
		"lục Kèm theo\nx\n"
	parts := wordParts(t, draftOf(t, body, DraftOptions{}))
	doc := parts["word/document.xml"]
	for _, want := range []string{
		`<w:tag w:val="mot"/>`, `<w:tag w:val="khoan"/>`, `<w:tag w:val="chủ_đề"/>`, "Một &amp; &lt;hai&gt;",
		"<w:tblHeader/>", `<w:gridSpan w:val="2"/>`,
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
	for _, want := range []string{`<w:lvlText w:val="Điều %1."/>`, `<w:lvlText w:val="đ)"/>`,
		`<w:lvlText w:val="e)"/>`} {
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
	if !strings.Contains(parts["word/styles.xml"], "Times New Roman") || !strings.Contains(parts["word/header1.xml"],
		" PAGE ") {
		t.Error("no Times New Roman, or no page number")
	}
}

// Both languages, with their numbers, and what the page says of each signatory stand in the Word file too.
func TestWordFileOfTwoLanguages(t *testing.T) {
	src := "---\nmẫu: x\nngôn ngữ: [vi, en]\nbiến: {các_bên: danh sách đơn vị}\n---\n@đầu trang\nđịa danh: " +
		"Huế\n@hết\n# Một {#mot}\n@en mot: Purpose\n" +
		"+ Khoản {#k}\n@en k: The clause\n++ Điểm {#d}\n@en d: The point\n@chữ ký Đại diện {#dd}\nđơn vị: " +
		"các_bên\n@hết\n@en dd: For the Parties\n"
	tpl, problems := Parse("x.txt", []byte(src))
	if len(problems) > 0 {
		t.Fatal(Problems(problems))
	}
	vals, _ := ParseValues("v", []byte("các_bên:\n- {mã: a, tên: Viện A, tên_en: Institute A, chức_vụ: Viện "+
		"trưởng}\n- {mã: b, tên: Sở B, chức_vụ: Giám đốc}\n"))
	doc, err := tpl.Draft(vals, DraftOptions{Watermark: "DỰ THẢO lần 2"})
	if err != nil {
		t.Fatal(err)
	}
	parts := wordParts(t, doc)
	text := wordText(parts["word/document.xml"])
	at := 0
	for _, want := range []string{
		"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM", "Một", "Article 1. Purpose", "Khoản",
		"1. The clause", "Điểm", "a) The point",
		"Đại diện", "For the Parties", "Viện A", "Institute A", "Sở B",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing or out of order in\n%s", want, text)
		}
		at += i + len(want)
	}
	for _, header := range []string{"word/header1.xml", "word/header2.xml"} {
		if !strings.Contains(parts[header], `string="DỰ THẢO lần 2"`) {
			t.Errorf("%s bears no watermark", header)
		}
	}
}

// wordText is the text of a Word part, a line for each run.
func wordText(part string) string {
	var b strings.Builder
	for _, run := range strings.Split(part, `<w:t xml:space="preserve">`)[1:] {
		text, _, _ := strings.Cut(run, "</w:t>")
		b.WriteString(text)
		if strings.Contains(run, "</w:p>") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestWordFileOfManySignatories(t *testing.T) {
	var vals strings.Builder
	vals.WriteString("các_bên:\n")
	for i := range 40 {
		fmt.Fprintf(&vals, "- {mã: a%d, tên: Đơn vị %d, chức_vụ: Giám đốc}\n", i, i)
	}
	tpl, _ := Parse("x.txt", []byte("---\nmẫu: x\nbiến: {các_bên: danh sách đơn vị}\n---\nVăn bản.\n@chữ ký Đại "+
		"diện\nđơn vị: các_bên\n@hết\n@nơi nhận\n- Như trên;\n- Lưu: VT.\n@hết\n"))
	values, _ := ParseValues("v", []byte(vals.String()))
	doc, err := tpl.Draft(values, DraftOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text := wordText(wordParts(t, doc)["word/document.xml"])
	for _, want := range []string{"Chữ ký, con dấu", "Đơn vị 39\n", "Thành viên", "Nơi nhận:", "- Như trên;\n",
		"- Lưu: VT.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
