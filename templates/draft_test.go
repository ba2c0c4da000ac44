package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

// draftLines is a body, filled in with the good values, as one line for each block: kind of line, number and text.
func draftLines(t *testing.T, header, body, values string, opt DraftOptions) []string {
	t.Helper()
	tpl, problems := Parse("mau.txt", []byte(header+body))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	vals, problems := ParseValues("data.yaml", []byte(values))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, b := range doc.Blocks {
		line := strings.TrimSpace(b.Label + " " + plainSpans(b.Spans))
		for _, l := range b.Lines {
			line += " / " + plainSpans(l)
		}
		if len(b.Lang2) > 0 {
			line += " = " + strings.TrimSpace(b.Label2+" "+plainSpans(b.Lang2))
		}
		out = append(out, line)
	}
	return out
}

const (
	bare      = "---\nmẫu: x\n---\n"
	bilingual = "---\nmẫu: x\nngôn ngữ: [vi, en]\n---\n"
)

// TestNumbering: what is counted, what it is counted within, and where counting begins anew.
func TestNumbering(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"articles go on through chapters", "Chương: Một\n# A\n# B\nChương: Hai\n# C\n",
			[]string{"Chương I. Một", "Điều 1. A", "Điều 2. B", "Chương II. Hai", "Điều 3. C"}},
		{"chapters begin anew in a part", "Phần: Một\nChương: A\nPhần: Hai\nChương: B\n",
			[]string{"Phần I. Một", "Chương I. A", "Phần II. Hai", "Chương I. B"}},
		{"sections begin anew in a chapter", "Chương: Một\nMục: A\nMục: B\nChương: Hai\nMục: C\n",
			[]string{"Chương I. Một", "Mục 1. A", "Mục 2. B", "Chương II. Hai", "Mục 1. C"}},
		{"clauses begin anew in an article", "# A\n+ x\n+ y\n# B\n+ z\n",
			[]string{"Điều 1. A", "1. x", "2. y", "Điều 2. B", "1. z"}},
		{"points begin anew in a clause", "# A\n+ x\n++ i\n++ k\n+ y\n++ l\n",
			[]string{"Điều 1. A", "1. x", "a) i", "b) k", "2. y", "a) l"}},
		{"points have đ after d", "# A\n+ x\n" + strings.Repeat("++ p\n", 6),
			[]string{"Điều 1. A", "1. x", "a) p", "b) p", "c) p", "d) p", "đ) p", "e) p"}},
		{"points of an article without clauses", "# A\n++ i\n++ k\n", []string{"Điều 1. A", "a) i", "b) k"}},
		{"one annex has no number", "@phụ lục Kèm theo\nx\n", []string{"Phụ lục Kèm theo", "x"}},
		{"several annexes have", "@phụ lục Một\nx\n@phụ lục Hai\ny\n",
			[]string{"Phụ lục I Một", "x", "Phụ lục II Hai", "y"}},
		{"articles begin anew in an annex", "# A\n@phụ lục Một\n# B\n+ x\n", []string{"Điều 1. A", "Phụ lục Một",
			"Điều 1. B", "1. x"}},
		{"headings in words", "Điều: A\nArticle: B\n", []string{"Điều 1. A", "Điều 2. B"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := draftLines(t, bare, c.body, "{}", DraftOptions{}); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestReferences: to each kind of place, in both languages, before and after it, as words and as a number.
func TestReferences(t *testing.T) {
	body := "# A {#a}\n@en a: A\n+ x {#k}\n@en k: x\n++ i {#p}\n@en p: i\n@phụ lục Kèm theo {#pl}\n@en pl: Annexed\n" +
		"@bảng Danh sách {#b}\ncột: Tên // Name\n| 1 |\n@hết\n@en b: List\n"
	for ref, want := range map[string][2]string{
		"[[a]]": {"Điều 1", "Article 1"}, "[[k]]": {"khoản 1 Điều 1", "clause 1 of Article 1"},
		"[[p]]": {"điểm a khoản 1 Điều 1", "point (a) of clause 1 of Article 1"}, "[[pl]]": {"Phụ lục", "the Annex"},
		"[[a|số]]": {"1", "1"}, "[[p|số]]": {"a", "a"}, "[[b]]": {"bảng “Danh sách”", "table “Danh sách”"},
	} {
		text := "Xem " + ref + " {#xem}\n@en xem: See " + ref + "\n"
		for _, whole := range []string{text + "\n" + body, body + "\n" + text} {
			for i, lang := range []words.Language{words.Vietnamese, words.English} {
				got := draftLines(t, bilingual, whole, "{}", DraftOptions{Languages: []words.Language{lang}})
				line := []string{"Xem ", "See "}[i] + want[i]
				if !slices.Contains(got, line) {
					t.Errorf("%s in %s: no %q in %q", ref, lang, line, got)
				}
			}
		}
	}
}

// TestTwoLanguages: either may lead; without a translation the text stands alone.
func TestTwoLanguages(t *testing.T) {
	body := "# Mục đích {#a}\n@en a: Purpose\n+ Khoản {#k}\n@en k: Clause\n"
	for _, c := range []struct {
		languages []words.Language
		want      []string
	}{
		{nil, []string{"Điều 1. Mục đích = Article 1. Purpose", "1. Khoản = Clause"}},
		{[]words.Language{words.Vietnamese}, []string{"Điều 1. Mục đích", "1. Khoản"}},
		{[]words.Language{words.English}, []string{"Article 1. Purpose", "1. Clause"}},
		{[]words.Language{words.English, words.Vietnamese}, []string{"Article 1. Purpose = Điều 1. Mục đích",
			"1. Clause = Khoản"}},
	} {
		got := draftLines(t, bilingual, body, "{}", DraftOptions{Languages: c.languages})
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.languages, got, c.want)
		}
	}
	tpl, _ := Parse("mau.txt", []byte(bare+"x\n"))
	for _, wrong := range [][]words.Language{{words.English}, {words.Vietnamese, words.Vietnamese}, {"fr"}} {
		_, err := tpl.Draft(Values{}, DraftOptions{Languages: wrong})
		if err == nil || !strings.Contains(err.Error(), "the template's languages are vi") {
			t.Errorf("%v: %v", wrong, err)
		}
		if said := words.Explain(err, words.Vietnamese); !strings.Contains(said, "mẫu có các ngôn ngữ vi") {
			t.Errorf("in Vietnamese: %s", said)
		}
	}
}

// TestLetterhead: number, symbol, place and date by Decree 30/2020/NĐ-CP, Appendix I.
func TestLetterhead(t *testing.T) {
	head := "@đầu trang\ncơ quan chủ quản: UBND tỉnh\ncơ quan: Sở A\nký hiệu: GM-VP\nđịa danh: Huế\n@hết\n"
	for _, c := range []struct {
		name, body    string
		opt           DraftOptions
		number, place string
	}{
		{"with number and date", head, DraftOptions{Number: 7, Date: Day{2026, 2, 3}}, "Số: 07/GM-VP",
			"Huế, ngày 03 tháng 02 năm 2026"},
		{"two figures", head, DraftOptions{Number: 12, Date: Day{2026, 10, 25}}, "Số: 12/GM-VP",
			"Huế, ngày 25 tháng 10 năm 2026"},
		{"month 3 has no zero", head, DraftOptions{Number: 123, Date: Day{2026, 3, 9}}, "Số: 123/GM-VP",
			"Huế, ngày 09 tháng 3 năm 2026"},
		{"options come first", head, DraftOptions{Number: 1, Symbol: "GƯ-KTN", Place: "Tân An"}, "Số: 01/GƯ-KTN",
			"Tân An, ngày … tháng … năm …"},
		{"no number", strings.Replace(head, "địa danh", "số: không\nđịa danh", 1), DraftOptions{Number: 7}, "",
			"Huế, ngày … tháng … năm …"},
		{"no symbol, no number", "@đầu trang\nđịa danh: Huế\n@hết\n", DraftOptions{}, "", "Huế, ngày … tháng … năm …"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl, _ := Parse("mau.txt", []byte(bare+c.body))
			doc, err := tpl.Draft(Values{}, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			h := doc.Blocks[0].Head
			if got := plainSpans(h.Number); got != c.number {
				t.Errorf("number %q, want %q", got, c.number)
			}
			if got := plainSpans(h.Place); got != c.place {
				t.Errorf("place %q, want %q", got, c.place)
			}
		})
	}
}

// TestEndMarks: legal bases and recipients carry the program's marks, whatever the source has; the text ends “./.”.
func TestEndMarks(t *testing.T) {
	law := testLaw(t)
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"bases", "@căn cứ\nluat\nTheo đề nghị của Sở A\n@hết\n", []string{"Căn cứ Luật mới;",
			"Theo đề nghị của Sở A."}},
		{"one base", "@căn cứ\nluat\n@hết\n", []string{"Căn cứ Luật mới."}},
		{"the end", "# A\nĐoạn cuối.\n@hết văn bản\n", []string{"Điều 1. A", "Đoạn cuối./."}},
		{"the end without a full stop", "Đoạn cuối\n@hết văn bản\n", []string{"Đoạn cuối./."}},
		{"the end before a table's block", "Đoạn\n@hết văn bản\n@bảng\ncột: A\n| 1 |\n@hết\n", []string{"Đoạn./.", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := draftLines(t, bare, c.body, "{}", DraftOptions{Law: law, Date: Day{2026, 1, 1}})
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for i, want := range []string{"- Như trên;", "- Lưu: VT."} {
		line := []Span{{Text: []string{"Như trên.", "Lưu: VT; "}[i]}}
		if got := plainSpans(recipientLine(line, i == 1, Position{})); got != want {
			t.Errorf("recipient %q, want %q", got, want)
		}
	}
}

// TestEnglishLawIsCitedInEnglish: with its own word; a basis without an English citation stands in Vietnamese, whole.
func TestEnglishLawIsCitedInEnglish(t *testing.T) {
	data := "căn cứ:\n- {mã: a, chủ đề: a, trích dẫn: Luật A, trích dẫn_en: Law A, từ: 2004-01-01}\n" +
		"- {mã: b, chủ đề: b, trích dẫn: Luật B, từ: 2004-01-01}\n"
	law, problems := ParseLaw("law.yaml", []byte(data))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	got := draftLines(t, bilingual, "@căn cứ\na\nb\n@hết\n", "{}",
		DraftOptions{Law: law, Languages: []words.Language{words.English}})
	if want := []string{"Pursuant to Law A;", "Căn cứ Luật B."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSlots: the order of signatories, their names in both languages, their seals, and their codes.
func TestSlots(t *testing.T) {
	header := "---\nmẫu: x\nngôn ngữ: [vi, en]\nbiến: {các: danh sách đơn vị, ông: {loại: chức vụ, bắt buộc: " +
		"không}}\n---\n"
	values := `các:
- {mã: a, tên: Sở A, tên_en: Department A, chức_vụ: Giám đốc, chức_vụ_en: Director}
- {mã: b, tên: Sở B, chức_vụ: Giám đốc, vai_trò: Khối phó}
- {mã: c, tên: Sở C, chức_vụ: Giám đốc, vai_trò: Khối trưởng, con_dấu: không}
ông: {đơn_vị: Ban Thi đua, chức_vụ: Trưởng ban, quyền: TM.}
`
	body := "@chữ ký Đại diện {#dd}\nđơn vị: các\nngười chứng kiến: ông\n@hết\n@en dd: For the parties\n"
	describe := func(langs ...words.Language) string {
		tpl, problems := Parse("mau.txt", []byte(header+body))
		if err := Problems(problems).Err(); err != nil {
			t.Fatal(err)
		}
		vals, problems := ParseValues("data.yaml", []byte(values))
		if err := Problems(problems).Err(); err != nil {
			t.Fatal(err)
		}
		doc, err := tpl.Draft(vals, DraftOptions{Languages: langs})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, s := range doc.Slots() {
			out = append(out, fmt.Sprintf("%d %s %s|%s %s|%s seal=%v", s.Order, s.ID, s.Unit, s.Unit2, s.Title,
				s.Title2, s.Seal))
		}
		return strings.Join(out, "\n")
	}
	for _, c := range []struct {
		languages []words.Language
		want      string
	}{
		{[]words.Language{words.Vietnamese}, "1 c Sở C| Giám đốc| seal=false\n2 b Sở B| Giám đốc| seal=true\n" +
			"3 a Sở A| Giám đốc| seal=true\n4 ong Ban Thi đua| TM. Trưởng ban| seal=false"},
		{[]words.Language{words.English}, "1 c Sở C| Giám đốc| seal=false\n2 b Sở B| Giám đốc| seal=true\n" +
			"3 a Department A| Director| seal=true\n4 ong Ban Thi đua| TM. Trưởng ban| seal=false"},
		{nil, "1 c Sở C| Giám đốc| seal=false\n2 b Sở B| Giám đốc| seal=true\n" +
			"3 a Sở A|Department A Giám đốc|Director seal=true\n4 ong Ban Thi đua| TM. Trưởng ban| seal=false"},
	} {
		if got := describe(c.languages...); got != c.want {
			t.Errorf("%v:\n%s\nwant\n%s", c.languages, got, c.want)
		}
	}
}
