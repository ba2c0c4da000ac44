package templates

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// FuzzParse: any text is parsed, checked and drafted without a panic, and the
// columns of problems lie inside their lines.
func FuzzParse(f *testing.F) {
	f.Add(head + use)
	f.Add(head + letter + "@căn cứ\nluat\n@hết\n# A {#a}\n+ b [[a]]\n++ c\n@bảng\ncột: A 10mm | B // C\n|= x\n| 1 | " +
		"2 // 3 |\n@hết\n@chữ ký X\nđơn vị: các_đơn_vị\n@hết\n@nơi nhận\n- Lưu\n@hết\n@phụ lục Y\n")
	f.Add(head + "@nếu không (năm > 2020 và chủ_đề = \"x\") hoặc có_phụ_lục\n**a** *b* \\* {{mỗi t trong " +
		"tiêu_chí}}{{t.điểm|bằng_chữ}}{{hết}}\n@khác nếu đúng\n@khác\n@hết\n")
	f.Add("---\nmẫu: x\nngôn ngữ: [vi, en]\n---\n# A {#a}\n@en a: B\n")
	law := testLaw(f)
	vals, _ := ParseValues("data.yaml", []byte(good))
	f.Fuzz(func(t *testing.T, src string) {
		tpl, problems := Parse("mau.txt", []byte(src))
		problems = append(problems, tpl.Check(vals, DraftOptions{Law: law, Date: Day{2026, 2, 27}})...)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message.Vietnamese == "" || p.Message.English == "" {
				t.Errorf("problem without a place or a sentence: %+v", p)
			}
		}
		if Problems(problems).Err() != nil {
			return
		}
		doc, err := tpl.Draft(vals, DraftOptions{Law: law, Date: Day{2026, 2, 27}})
		if err != nil {
			return
		}
		if _, err := doc.PDF(io.Discard, PDFOptions{Fields: true}); err != nil {
			var problems Problems
			if !errors.As(err, &problems) {
				t.Errorf("drafted and not printable: %v", err)
			}
		}
		if err := doc.DOCX(io.Discard); err != nil {
			t.Error(err)
		}
	})
}

// FuzzValues: any values are bound without a panic.
func FuzzValues(f *testing.F) {
	f.Add(good)
	f.Add("năm: [1, {a: b}]\ntiêu_chí: x\n")
	tpl, _ := Parse("mau.txt", []byte(head+use))
	f.Fuzz(func(t *testing.T, src string) {
		vals, problems := ParseValues("data.yaml", []byte(src))
		if Problems(problems).Err() != nil {
			return
		}
		tpl.Check(vals, DraftOptions{})
		if doc, err := tpl.Draft(vals, DraftOptions{Begun: true}); err == nil {
			_, _ = doc.Preview(nil) // a character that the font lacks is an error
			doc.ClausePaths()
		}
		written, err := tpl.WriteValues(tpl.ReadValues(vals))
		if err != nil {
			return
		}
		again, problems := ParseValues("data.yaml", written)
		if err := Problems(problems).Err(); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, written)
		}
		if once, twice := tpl.ReadValues(vals), tpl.ReadValues(again); len(twice) > len(once) {
			t.Errorf("%v became %v", once, twice)
		}
	})
}

// Hostile input ends in an answer, with a bounded number of problems and of bytes allocated on the way: a count of its
// work that does not depend on how busy the machine is.
func TestHostileInput(t *testing.T) {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	big := strings.Replace(good, "tiêu_chí:\n", "tiêu_chí:\n"+many("- {tên: a, điểm: 0}\n", 20_000), 1)
	for name, c := range map[string]struct{ body, values string }{
		"deep blocks":     {use + many("@nếu năm\n", 100_000), good},
		"deep inline":     {use + many("{{nếu năm}}", 50_000), good},
		"deep condition":  {use + "@nếu " + many("(", 100_000) + "\n", good},
		"long condition":  {use + "@nếu " + many("không ", 100_000) + "năm\n@hết", good},
		"many values":     {use + many("{{năm}}", 100_000), good},
		"many lines":      {use + many("a\n", 500_000), good},
		"many bold marks": {use + many("**", 500_000), good},
		"many problems":   {use + many("{{không_có}} ", 50_000), good},
		"many columns":    {use + "@bảng\ncột: " + many("a|", 100_000) + "\n@hết", good},
		"nested loops": {use +
			"@mỗi a trong tiêu_chí\n@mỗi b trong tiêu_chí\n@mỗi c trong tiêu_chí\n{{a.tên}}\n@hết\n@hết\n@hết\n", big},
		"repeated long value": {use + "@mỗi a trong tiêu_chí\n{{chủ_đề}}\n@hết\n",
			strings.Replace(big, "chủ_đề: Đoàn kết", "chủ_đề: "+many("x ", 30), 1)},
		"a long word": {use + many("ế", 200_000), good},
		"deep yaml":   {use, "năm: " + many("[", 5_000)},
		"many anchors": {use,
			"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n"},
		"too large": {many("x", 3<<20), good},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			problems := check(t, c.body, c.values, DraftOptions{})
			runtime.ReadMemStats(&after)
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 3000 {
				t.Errorf("allocated %d MB in all", mb)
			}
			if len(problems) > 2*maxProblems+10 {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

// An image that says it unpacks to gigabytes is refused by its header alone.
func TestHostileImage(t *testing.T) {
	var png bytes.Buffer
	png.WriteString("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00")
	png.WriteString("\x00\x00\x00\x00")
	tpl, _ := Parse("mau.txt", []byte(head+use+"@ảnh a.png 30mm: Ảnh thử\n"))
	vals, _ := ParseValues("data.yaml", []byte(good))
	p := tpl.Check(vals, DraftOptions{Images: map[string][]byte{"a.png": png.Bytes()}})
	if len(p) != 1 || !strings.Contains(p[0].Message.English, "cannot be used") {
		t.Errorf("%v", fmt.Sprint(p))
	}
	if p := tpl.Check(vals, DraftOptions{}); len(p) != 1 || !strings.Contains(p[0].Message.English, "no image") {
		t.Errorf("%v", p)
	}
}
