package templates

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

// head is a header that the bodies below follow; the body begins on line 12.
const head = `---
mẫu: thử
tên: Mẫu thử
biến:
  năm: năm
  chủ_đề: {loại: văn bản, dài nhất: 60}
  ngày_ký: ngày
  các_đơn_vị: {loại: danh sách đơn vị}
  tiêu_chí: {loại: bảng, tổng: {điểm: 1000}, cột: {tên: văn bản, điểm: số}}
  có_phụ_lục: {loại: có/không, mặc định: không}
---
`

const use = "{{năm}} {{chủ_đề}} {{ngày_ký|ngày}} {{các_đơn_vị|số_lượng}} {{tiêu_chí|tổng:điểm}} {{nếu " +
	"có_phụ_lục}}x{{hết}}\n"

const good = `năm: 2026
chủ_đề: Đoàn kết
ngày_ký: 27/2/2026
các_đơn_vị:
- {mã: a, tên: Sở A, chức_vụ: Giám đốc}
- {mã: b, tên: Sở B, chức_vụ: Giám đốc, vai_trò: Khối trưởng}
tiêu_chí:
- {tên: Một, điểm: 600}
- {tên: Hai, điểm: 400}
`

const lawData = `căn cứ:
- {mã: cu, chủ đề: luat, trích dẫn: Luật cũ, từ: 2004-01-01, đến: 2023-12-31}
- {mã: moi, chủ đề: luat, trích dẫn: Luật mới, từ: 2024-01-01}
`

func testLaw(t testing.TB) *Law {
	t.Helper()
	law, problems := ParseLaw("law.yaml", []byte(lawData))
	if len(problems) > 0 {
		t.Fatal(Problems(problems))
	}
	return law
}

// check gives all problems of a body and values, worst and notes alike.
func check(t testing.TB, body, values string, opt DraftOptions) []Problem {
	t.Helper()
	tpl, problems := Parse("mau.txt", []byte(head+body))
	vals, more := ParseValues("data.yaml", []byte(values))
	problems = append(problems, more...)
	return append(problems, tpl.Check(vals, opt)...)
}

func TestProblems(t *testing.T) {
	law := testLaw(t)
	day := Day{2026, 2, 27}
	for _, c := range []struct {
		name, body, values string
		want               string // file:line:column word of the English sentence
		hint               string
	}{
		{"unknown variable", use + "{{chủ_đề_năm}}", good, "mau.txt:13:3 no variable", "chủ_đề"},
		{"unknown part", use + "@mỗi đ trong các_đơn_vị\n{{đ.ten}}\n@hết", good, "mau.txt:14:3 no part", "tên"},
		{"unknown filter", use + "{{năm|bằng_chu}}", good, "mau.txt:13:7 no filter", "bằng_chữ"},
		{"unknown directive", use + "@căn cư\n", good, "mau.txt:13:1 no directive", "căn cứ"},
		{"unclosed block", use + "@nếu năm > 2020\nabc", good, "mau.txt:13:1 not closed", ""},
		{"unclosed inline", use + "a {{nếu năm}}b", good, "mau.txt:13:3 not closed", ""},
		{"stray end", use + "@hết", good, "mau.txt:13:1 closes nothing", ""},
		{"text behind an end", use + "@nếu năm > 2020\nabc\n@hết rồi {{năm}}", good,
			"mau.txt:15:1 Nothing may follow “@hết”", ""},
		{"text behind an else", use + "@nếu năm > 2020\nabc\n@khác thì\nd\n@hết", good,
			"mau.txt:15:1 Nothing may follow “@khác”", ""},
		{"id in the middle", use + "# Một {#mot} hai", good, "mau.txt:13:7 must stand at the end", ""},
		{"stray inline end", use + "a {{hết}}", good, "mau.txt:13:3 without", ""},
		{"unclosed braces", use + "a {{năm", good, "mau.txt:13:3 not closed", ""},
		{"unclosed bold", use + "a **b", good, "mau.txt:13:3 opened and not closed", ""},
		{"bad reference", use + "# Một {#muc-mot}\nXem [[muc-mo]].", good, "mau.txt:14:5 Nothing has the id",
			"muc-mot"},
		{"id twice", use + "# Một {#a}\n# Hai {#a}", good, "mau.txt:14:1 used on line 13", ""},
		{"hand numbering", use + "# Điều 1. Một", good, "mau.txt:13:3 Drop", ""},
		{"hand numbering of a clause", use + "+ 1. Một", good, "mau.txt:13:3 Drop", ""},
		{"heading level", use + "## Một", good, "mau.txt:13:1 one “#”", ""},
		{"row outside a table", use + "| a | b |", good, "mau.txt:13:1 belongs inside", ""},
		{"cells", use + "@bảng\ncột: A | B\n| a |\n@hết", good, "mau.txt:15:1 1 cells", ""},
		{"no columns", use + "@bảng\n| a |\n@hết", good, "mau.txt:13:1 needs a line", ""},
		{"loop over no list", use + "@mỗi x trong năm\n{{x}}\n@hết", good, "mau.txt:13:1 no list", ""},
		{"list without a filter", use + "{{các_đơn_vị}}", good, "mau.txt:13:3 is a list", ""},
		{"bad condition", use + "@nếu năm >\nx\n@hết", good, "mau.txt:13:6 lacks a side", ""},
		{"word in a condition", use + "@nếu năm vaf năm\nx\n@hết", good, "mau.txt:13:10 not understood", "và"},
		{"sum of an unknown column", use + "{{tiêu_chí|tổng:diem}}", good, "mau.txt:13:12 no column", "điểm"},
		{"basis unknown", use + "@căn cứ\nluat-tdkt\n@hết", good, "mau.txt:14:1 no legal basis", "luat"},
		{"basis not in force", use + "@căn cứ\ncu\n@hết", good, "mau.txt:14:1 not in force", ""},
		{"basis punctuation", use + "@căn cứ\nXét đề nghị của Sở Nội vụ;\n@hết", good, "mau.txt:14:1 Drop the “;”", ""},
		{"missing glyph", use + "Đánh dấu ☑ vào ô", good, "mau.txt:13:10 no character “☑” (U+2611)", "[x]"},
		{"missing glyph in a value", use, strings.Replace(good, "Đoàn kết", "Đoàn ☐ kết", 1),
			"data.yaml:2:9 no character “☐”", "[ ]"},
		{"missing value", use, strings.Replace(good, "năm: 2026\n", "", 1), "data.yaml:1:1 No value for variable “năm”",
			""},
		{"unknown value", use, good + "chu_de: x\n", "data.yaml:10:1 no variable “chu_de”", "chủ_đề"},
		{"value twice", use, good + "năm: 2027\n", "data.yaml:10:1 given before", ""},
		{"wrong type", use, strings.Replace(good, "năm: 2026", "năm: hai nghìn", 1), "data.yaml:1:6 must be year", ""},
		{"wrong date", use, strings.Replace(good, "27/2/2026", "30/2/2026", 1), "data.yaml:3:10 must be date", ""},
		{"wrong total", use, strings.Replace(good, "600", "610", 1), "data.yaml:8:1 adds up to 1.010", ""},
		{"unknown column", use, strings.Replace(good, "{tên: Một,", "{ten: Một,", 1), "data.yaml:8:4 has no column",
			"tên"},
		{"missing column", use, strings.Replace(good, "{tên: Một, ", "{", 1), "data.yaml:8:3 lacks “tên”", ""},
		{"too long", use, strings.Replace(good, "Đoàn kết", strings.Repeat("Đoàn kết ", 9), 1),
			"data.yaml:2:9 at most 60", ""},
		{"agency twice", use, strings.Replace(good, "mã: b", "mã: a", 1), "data.yaml:6:3 used twice", ""},
		{"role", use + "@chữ ký\nđơn vị: các_đơn_vị\n@hết", strings.Replace(good, "Khối trưởng", "Khối trương", 1),
			"data.yaml:6:50 no role", "khối trưởng"},
		{"entry of a block", use + "@chữ ký\nđơn vi: các_đơn_vị\n@hết", good, "mau.txt:14:1 no entry", "đơn vị"},
		{"no yaml", use, "năm: [", "data.yaml:1:1 cannot be read", ""},
		{"alias", use, "năm: &a 2026\nchủ_đề: *a\n", "data.yaml:2:9 aliases", ""},
		{"not UTF-8", use, "năm: \xff\n", "data.yaml:1:1 not UTF-8", ""},
		{"unused translation", use + "@en khong-co: x", good, "mau.txt:13:1 to translate", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := check(t, c.body, c.values, DraftOptions{Law: law, Date: day})
			var all []string
			for _, p := range problems {
				line := fmt.Sprintf("%s:%d:%d %s", p.File, p.Line, p.Column, p.Message.English)
				all = append(all, line)
				where, word, _ := strings.Cut(c.want, " ")
				if strings.HasPrefix(line, where+" ") && strings.Contains(line, word) && p.Hint == c.hint {
					if p.Message.Vietnamese == "" || p.Message.Vietnamese == p.Message.English {
						t.Error("no Vietnamese sentence")
					}
					return
				}
			}
			t.Errorf("want %s (hint %q), got:\n%+v", c.want, c.hint, strings.Join(all, "\n"))
		})
	}
}

// Everything wrong is reported at once, however broken the template is: nobody mends one error to be shown the next.
func TestEverythingAtOnce(t *testing.T) {
	body := use + `@căn cứ
cu
Theo đề nghị của Sở Nội vụ;
@hết
Gửi {{aa}} và {{năm|ngày_chữ}}, {{chủ_đề|tổng:x}}.
Ký tự ☐ ở đây.
@nếu năm > 2020
không đóng
`
	values := strings.Replace(strings.Replace(good, "27/2/2026", "30/2/2026", 1), "Đoàn kết", "Đoàn 漢 kết", 1)
	var got []string
	for _, p := range check(t, body, values, DraftOptions{Law: testLaw(t), Date: Day{2026, 2, 27}}) {
		got = append(got, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column))
	}
	for _, want := range []string{
		// template
		"mau.txt:14:1", "mau.txt:15:1", "mau.txt:17:7", "mau.txt:17:21", "mau.txt:17:42", "mau.txt:18:7",
		"mau.txt:19:1",
		"data.yaml:2:9", "data.yaml:3:10", // values
	} {
		if !slices.Contains(got, want) {
			t.Errorf("nothing is reported at %s; got %v", want, got)
		}
	}
}

func TestOffendingTextIsShown(t *testing.T) {
	p := Problem{File: "a", Line: 1, Column: 2, Text: "Sở Nội vụ", Message: words.Of("Đoạn này chưa có bản dịch.",
		"No translation.")}
	if got := p.In(words.Vietnamese); got != "a:1:2: “Sở Nội vụ” – Đoạn này chưa có bản dịch." {
		t.Error(got)
	}
}

func TestMissingTranslations(t *testing.T) {
	src := "---\nmẫu: x\nngôn ngữ: [vi, en]\nbiến: {a: văn bản}\n---\n@tiêu đề\nThỏa thuận\n@hết\n# Một " +
		"{#mot}\n{{a}}\n@bảng\ncột: Tên // Name | Số\n| {{a}} | hai |\n@hết\n"
	_, problems := Parse("t", []byte(src))
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprint(p.Line))
	}
	if s := strings.Join(got, " "); s != "7 9 11 13" {
		t.Errorf("lines %s\n%v", s, Problems(problems))
	}
}

func TestTemplateOutsideItsTime(t *testing.T) {
	tpl, _ := Parse("t", []byte("---\nmẫu: x\nhiệu lực: {từ: 2024-01-01}\n---\nVăn bản.\n"))
	if _, err := tpl.Draft(Values{}, DraftOptions{Date: Day{2023, 12, 31}}); err == nil {
		t.Error("a template before its time was accepted")
	}
	if _, err := tpl.Draft(Values{}, DraftOptions{Date: Day{2024, 1, 1}}); err != nil {
		t.Error(err)
	}
}

func TestGoodDraft(t *testing.T) {
	body := use + `# Một {#mot}
+ Khoản một {#k1}
++ Điểm một {#d1}
++ Điểm hai
+ Khoản hai
# Hai
Xem [[d1]] và [[k1]], [[mot]].
`
	if p := check(t, body, good, DraftOptions{}); len(p) > 0 {
		t.Fatal(Problems(p))
	}
	tpl, _ := Parse("mau.txt", []byte(head+body))
	vals, _ := ParseValues("data.yaml", []byte(good))
	doc, err := tpl.Draft(vals, DraftOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range doc.Outline() {
		got = append(got, c.ID+"="+c.Number)
	}
	want := "doan= mot=Điều 1 k1=khoản 1 Điều 1 d1=điểm a khoản 1 Điều 1 dieu-1.khoan-1.diem-b=điểm b khoản 1 Điều " +
		"1 dieu-1.khoan-2=khoản 2 Điều 1 dieu-2=Điều 2"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("outline\n%s\nwant\n%s", s, want)
	}
	text := doc.Outline()[6].Text
	if text != "Xem điểm a khoản 1 Điều 1 và khoản 1 Điều 1, Điều 1." {
		t.Errorf("references: %q", text)
	}
}

func TestPointsInVietnameseOrder(t *testing.T) {
	var got []string
	for n := 1; n <= 25; n++ {
		got = append(got, pointLetter(n))
	}
	if s := strings.Join(got, ""); s != "abcdđeghiklmnopqrstuvxyaaab" {
		t.Error(s)
	}
}

func TestNumberWords(t *testing.T) {
	for n, want := range map[int64]string{
		0: "không", 5: "năm", 10: "mười", 11: "mười một", 14: "mười bốn", 15: "mười lăm", 21: "hai mươi mốt",
		24: "hai mươi tư", 25: "hai mươi lăm",
		55: "năm mươi lăm", 101: "một trăm linh một", 105: "một trăm linh năm", 110: "một trăm mười", 1000: "một nghìn",
		1005: "một nghìn không trăm linh năm", 2026: "hai nghìn không trăm hai mươi sáu", 21_000: "hai mươi mốt nghìn",
		1_000_000: "một triệu", 185_500_000: "một trăm tám mươi lăm triệu năm trăm nghìn",
		1_000_000_001: "một tỷ không trăm linh một", 2_500_000_000_000: "hai nghìn năm trăm tỷ",
	} {
		if got := numberWords(big.NewRat(n, 1), words.Vietnamese); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "zero", 13: "thirteen", 42: "forty-two", 100: "one hundred",
		2026: "two thousand twenty-six", 1_250_000: "one million two hundred and fifty thousand"} {
		if got := numberWords(big.NewRat(n, 1), words.English); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := numberWords(big.NewRat(-75, 10), words.Vietnamese); got != "âm bảy phẩy năm" {
		t.Error(got)
	}
}

func TestLawByDate(t *testing.T) {
	tpl, _ := Parse("mau.txt", []byte(head+use+"@căn cứ\nluat\n@hết"))
	vals, _ := ParseValues("data.yaml", []byte(good))
	for day, want := range map[Day]string{{2021, 3, 26}: "Căn cứ Luật cũ.", {2023, 12, 31}: "Căn cứ Luật cũ.",
		{2024, 1, 1}: "Căn cứ Luật mới.", {}: "Căn cứ Luật mới."} {
		doc, err := tpl.Draft(vals, DraftOptions{Law: testLaw(t), Date: day})
		if err != nil {
			t.Fatal(err)
		}
		if got := plainSpans(doc.Blocks[1].Spans); got != want {
			t.Errorf("%v: %q", day, got)
		}
	}
	if _, err := tpl.Draft(vals, DraftOptions{Law: testLaw(t), Date: Day{1999, 1, 1}}); err == nil {
		t.Error("a law before its time was accepted")
	}
}

func TestNFDIsNormalisedWithANote(t *testing.T) {
	p := check(t, use+"Thi đua\u0301 ca\u0302\u0301p", good, DraftOptions{})
	if len(p) != 1 || !p[0].Note || p[0].Line != 13 {
		t.Errorf("%v", p)
	}
}

func draftOf(t testing.TB, body string, opt DraftOptions) *Document {
	t.Helper()
	return draftWith(t, body, good, opt)
}

func draftWith(t testing.TB, body, values string, opt DraftOptions) *Document {
	t.Helper()
	tpl, problems := Parse("mau.txt", []byte(head+body))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	vals, _ := ParseValues("data.yaml", []byte(values))
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func render(t testing.TB, doc *Document, fields bool) *Rendered {
	t.Helper()
	var b bytes.Buffer
	r, err := doc.PDF(&b, PDFOptions{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const letter = "@đầu trang\ncơ quan: Khối\nký hiệu: GƯ\nđịa danh: Tân Giang\n@hết\n@tiêu đề\nGiao ước\n@hết\n"

func TestDifferences(t *testing.T) {
	body := letter + use + "Có hiệu lực từ {{văn_bản.ngày}}, số {{văn_bản.số}}.\n\nĐoạn cuối.\n@chữ ký Đại " +
		"diện\nđơn vị: các_đơn_vị\n@hết\n"
	approved := render(t, draftOf(t, body, DraftOptions{Watermark: "DỰ THẢO lần 2"}), false)
	frozen := DraftOptions{Number: 12, Date: Day{2026, 2, 27}, URL: "https://example.org/c/1"}
	if d := Differences(approved, render(t, draftOf(t, body, frozen), true)); len(d) > 0 {
		t.Errorf("number, date, watermark, fields and code may differ: %v", d)
	}
	for name, other := range map[string]string{
		"a word":      strings.Replace(body, "Đoạn cuối.", "Đoạn chót.", 1),
		"a paragraph": strings.Replace(body, "Đoạn cuối.", "Đoạn cuối.\n\nThêm.", 1),
		"bold":        strings.Replace(body, "Đoạn cuối.", "**Đoạn cuối.**", 1),
		"less":        strings.Replace(body, "Đoạn cuối.\n", "", 1),
		"near a date": strings.Replace(body, "hiệu lực từ", "hiệu lực sau", 1),
		"the place":   strings.Replace(body, "Tân Giang", "Tân An", 1),
	} {
		if d := Differences(approved, render(t, draftOf(t, other, frozen), true)); len(d) == 0 {
			t.Errorf("a change of %s went unseen", name)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	body := letter + use + "@chữ ký Đại diện\nđơn vị: các_đơn_vị\n@hết\n"
	for _, opt := range []DraftOptions{{}, {Number: 3, Date: Day{2026, 1, 2}, URL: "https://example.org/x"}} {
		a, b := render(t, draftOf(t, body, opt), true), render(t, draftOf(t, body, opt), true)
		if a.Digest != b.Digest {
			t.Error("two renderings differ")
		}
		m, err := draftOf(t, body, opt).Manifest()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := draftOf(t, body, opt).Manifest()
		if m.Digest() != again.Digest() || len(m.Parts) < 7 {
			t.Errorf("manifest: %s", m.Canonical())
		}
		var x, y bytes.Buffer
		if draftOf(t, body, opt).DOCX(&x) != nil || draftOf(t, body, opt).DOCX(&y) != nil ||
			!bytes.Equal(x.Bytes(), y.Bytes()) {
			t.Error("two Word files differ")
		}
	}
}

// Two to sixty signatories: every slot has its fields, no row is divided, and
// leader and deputy come first.
func TestSignatories(t *testing.T) {
	tpl, problems := Parse("mau.txt", []byte(head+use+"@chữ ký Đại diện\nđơn vị: các_đơn_vị\n@hết\n"))
	if len(problems) > 0 {
		t.Fatal(Problems(problems))
	}
	for _, n := range []int{2, 3, 7, 10, 24, 31, 60} {
		var agencies strings.Builder
		for i := range n {
			role := ""
			switch i {
			case n - 1:
				role = ", vai_trò: Khối trưởng"
			case n - 2:
				role = ", vai_trò: Khối phó"
			}
			fmt.Fprintf(&agencies, "- {mã: a%d, tên: Sở Quản lý một lĩnh vực có tên gọi rất dài và nhiều chữ số %d, "+
				"chức_vụ: Giám đốc%s}\n", i, i, role)
		}
		data, err := MergeValues([]byte(good), []byte("các_đơn_vị:\n"+agencies.String()))
		if err != nil {
			t.Fatal(err)
		}
		vals, _ := ParseValues("data.yaml", data)
		doc, err := tpl.Draft(vals, DraftOptions{})
		if err != nil {
			t.Fatal(err)
		}
		slots := doc.Slots()
		if len(slots) != n || slots[0].Role != Leader || slots[1].Role != Deputy || slots[0].Order != 1 {
			t.Fatalf("%d: slots %v", n, slots)
		}
		r := render(t, doc, true)
		if len(r.Fields) != 2*n {
			t.Errorf("%d: %d fields", n, len(r.Fields))
		}
		for _, f := range r.Fields {
			if f.Rect.Y < 20*mm-0.1 || f.Rect.Y+f.Rect.H > (297-20)*mm+0.1 || f.Rect.X < 30*mm-12 ||
				f.Rect.X+f.Rect.W > 190*mm+12 {
				t.Errorf("%d: %s lies outside the page's text: %+v", n, f.Name, f.Rect)
			}
		}
	}
}
