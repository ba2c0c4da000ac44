package templates

import (
	"bytes"
	"strings"
	"testing"
)

// contentOf drafts one value of a declared variable and gives the problems in English, one a line.
func contentOf(t *testing.T, declared, value string, opt DraftOptions) string {
	t.Helper()
	tpl, problems := Parse("mau.txt", []byte("---\nmẫu: x\nbiến:\n  a: "+declared+"\n---\n{{nếu a}}x{{hết}}\n"))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	values, problems := ParseValues("v.yaml", []byte("a: "+value+"\n"))
	if err := Problems(problems).Err(); err != nil {
		return err.Error()
	}
	if _, err := tpl.Draft(values, opt); err != nil {
		return err.Error()
	}
	return ""
}

// Impossible content is said at its place, for each type that can hold it; what is near to it and good is taken.
func TestImpossibleContent(t *testing.T) {
	today := Day{2026, 11, 28}
	table := "{loại: bảng, cột: {x: văn bản, n: ngày, y: {loại: năm, bắt buộc: không}}}"
	for _, c := range []struct{ declared, value, want string }{
		// years: two digits, far ahead, far back
		{"ngày", "26/3/21", "v.yaml:1:4: “26/3/21” – “a”: the year 21 lacks digits"},
		{"ngày", "26-3-1", "the year 26 lacks digits"},
		{"ngày", "0026-03-21", "the year 26 lacks digits"}, {"ngày", "1/1/126", "the year 126 lacks digits"},
		{"năm", "26", "the year 26 lacks digits"}, {"năm", "026", "the year 26 lacks digits"},
		{"năm", "0", "lacks digits"},
		{"năm", "2031", "the year 2031 is far from the present one (2026)"},
		{"năm", "1962", "far from the present one"},
		{"ngày", "2031-01-01", "add --mean a (or the field mean=a)"}, {"ngày", "26/3/1912", "far from"},
		{"ngày", "1/1/2062", "far from"},
		{table, "[{x: b, n: 2020-01-01, y: 2030}]", "--mean a.y"},
		{table, "[{x: b, n: 1/2/20}]", "the year 20 lacks digits"},
		{"năm", "2027", ""}, {"năm", "2006", ""}, {"ngày", "2027-12-31", ""}, {"ngày", "26/3/1950", ""},
		// blank where something is required
		{"văn bản", `""`, "v.yaml:1:4: “a” is blank"}, {"văn bản", `"  \t"`, "is blank"},
		{"văn bản", `"\u00a0"`, "is blank"},
		{"văn bản", `"\u200b\u2060"`, "is blank"}, {"văn bản dài", `"\u2800"`, "is blank"},
		{"văn bản", `"\u0301"`, "is blank"},
		{"danh sách văn bản", `[a, " "]`, "v.yaml:1:8: “a” is blank"}, {"danh sách văn bản", "[]", "has no entry"},
		{"{loại: văn bản, bắt buộc: không}", `" "`, "is blank"}, {"{loại: văn bản, bắt buộc: không}", `""`, ""},
		{table, `[{x: "", n: 2020-01-01}]`, "“x” is blank"}, {table, `[{x: "\u200b", n: 2020-01-01}]`, "“x” is blank"},
		{"người", `{họ_tên: "", chức_vụ: Giám đốc}`, "lacks the name"},
		{"người", `{chức_vụ: Giám đốc}`, "lacks the name"},
		{"người", `{họ_tên: An, chức_vụ: "  "}`, "“chức_vụ” is blank"},
		{"danh sách người", `[{họ_tên: An}, {họ_tên: "\u3164"}]`, "is blank"},
		{"đơn vị", `{mã: a, tên: ""}`, "“tên” is blank"},
		{"danh sách đơn vị", `[{mã: a, tên: "\ufeff"}]`, "“tên” is blank"},
		{"văn bản", "…", ""}, {"văn bản", `"......"`, ""}, {"người", `{họ_tên: "…"}`, ""},
		{"{loại: bảng, số dòng: 0-3, cột: {x: số}}", "[]", ""},
		// what nobody sees
		{"văn bản", `"Sở\u200bTài"`, "U+200B at place 3"}, {"văn bản", "Sở\u200bTài", "U+200B at place 3"},
		{"văn bản", `"a\u202eb"`, "U+202E at place 2"}, {"văn bản dài", `"a\n\u2066b"`, "U+2066 at place 3"},
		{"văn bản", `"a\u00adb"`, "U+00AD"},
		{"văn bản", `"a\u00a0b"`, ""}, {"văn bản dài", `"a\nb"`, ""},
		{"danh sách văn bản", `["x\ufeffy"]`, "U+FEFF at place 2"},
		// old encodings
		{"văn bản", "Së Tµi chÝnh", "TCVN3 (fonts such as .VnTime), which is not Unicode; is “Sở Tài chính” meant"},
		{"văn bản", "Nguyeãn Vaên Huøng", "is “Nguyễn Văn Hùng” meant"},
		{"văn bản", "Tá»‰nh", "UTF-8 encoded twice, which is not Unicode; is “Tỉnh”"},
		{"người", "{họ_tên: TrÇn ThÞ BÝch}", "“họ_tên” is written in TCVN3"},
		{table, `[{x: ñôn vò huyeän, n: 2020-01-01}]`, "VNI"},
		{"văn bản", "Sở Tài chính", ""}, {"văn bản", "Y Ñam Niê, café, où", ""},
		// a second document
		{"văn bản", "b\n---\na: c", "v.yaml:3:1: A file holds one set of data"},
		{"văn bản", "b\n---\n---\na: c", "v.yaml:4:1:"},
		{"văn bản", "b\n---\n# none", ""},
	} {
		got := contentOf(t, c.declared, c.value, DraftOptions{Today: today})
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s, %s: want %q, got %q", c.declared, c.value, c.want, got)
		}
		if strings.Count(got, "\n") > 0 {
			t.Errorf("%s, %s: told more than once: %s", c.declared, c.value, got)
		}
	}
}

// A question that was answered with yes is not asked again; an error cannot be answered.
func TestMeantContent(t *testing.T) {
	opt := DraftOptions{Today: Day{2026, 11, 28}, Mean: []string{"a"}}
	for _, c := range [][2]string{{"năm", "2031"}, {"ngày", "2031-01-01"}, {"ngày", "1912-03-26"}} {
		if got := contentOf(t, c[0], c[1], opt); got != "" {
			t.Errorf("%v: asked though it was answered: %s", c, got)
		}
	}
	for _, c := range [][2]string{{"năm", "26"}, {"ngày", "1/1/31"}, {"văn bản", `" "`}, {"văn bản", `"a\u200bb"`}} {
		if got := contentOf(t, c[0], c[1], opt); got == "" {
			t.Errorf("%v: an error was passed over", c)
		}
	}
	problems := check(t, use, good, DraftOptions{Today: Day{2026, 1, 1}, Date: Day{2031, 1, 1}})
	if len(problems) != 1 || problems[0].Mean != "date" {
		t.Errorf("a document of 2031: %v", problems)
	}
	if problems := check(t, use, good, DraftOptions{Today: Day{2026, 1, 1}, Date: Day{31, 1, 1}}); len(problems) != 1 ||
		problems[0].Mean != "" {
		t.Errorf("a document of the year 31: %v", problems)
	}
}

// What was approved is made again as it was, whatever would be said of its content today.
func TestMadeAgainIsNotJudged(t *testing.T) {
	for _, value := range []string{`""`, `"a\u00adb"`, "Së Tµi chÝnh"} {
		if got := contentOf(t, "văn bản", value, DraftOptions{Again: AsFirstWas, Today: Day{2026, 1, 1}}); got != "" {
			t.Errorf("%s: %s", value, got)
		}
	}
	if got := contentOf(t, "ngày", "26/3/21", DraftOptions{Again: AsBefore, Today: Day{2026, 1, 1}}); got != "" {
		t.Error(got)
	}
}

// Letters that escapes hide are composed as those in the file are, in text, in names and in what is chosen; what v0.1
// rendered comes out as it did.
func TestEscapesAreComposed(t *testing.T) {
	for declared, value := range map[string]string{
		"văn bản": `"So\u031b\u0309 Ta\u0300i chi\u0301nh"`,
		"{loại: lựa chọn, các lựa chọn: [Sở Tài chính]}": `"S\u01a1\u0309 Ta\u0300i chi\u0301nh"`,
		"văn bản dài": `"So\u031b\u0309 Ta\u0300i\u0020chi\u0301nh"`,
	} {
		tpl, problems := Parse("m", []byte("---\nmẫu: x\nbiến:\n  a: "+declared+"\n---\n{{a}}\n"))
		if err := Problems(problems).Err(); err != nil {
			t.Fatal(err)
		}
		vals, _ := ParseValues("v", []byte("a: "+value+"\n"))
		doc, err := tpl.Draft(vals, DraftOptions{})
		if err != nil {
			t.Errorf("%s: %v", declared, err)
			continue
		}
		if got := doc.Blocks[0].Spans[0].Text; got != "Sở Tài chính" {
			t.Errorf("%s: %+q", declared, got)
		}
		if declared != "văn bản" {
			continue
		}
		if doc, err = tpl.Draft(vals, DraftOptions{Again: AsFirstWas}); err != nil ||
			doc.Blocks[0].Spans[0].Text != "So\u031b\u0309 Ta\u0300i chi\u0301nh" {
			t.Errorf("made as v0.1 made it: %v", err)
		}
	}
}

// A template's own text is looked at, too.
func TestLettersOfTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"Thi\u00ADđua": "5:4: This line holds the invisible character U+00AD at place 4",
		"a\u200Fb":     "U+200F at place 2",
		"Së Tµi chÝnh": "5:1: ", "Ñoäc laäp": "VNI",
	} {
		_, problems := Parse("m", []byte("---\nmẫu: x\nbiến: {a: văn bản}\n---\n"+text+" {{a}}\n"))
		if got := Problems(problems).Error(); len(problems) != 1 || !strings.Contains(got, want) {
			t.Errorf("%q: want %q, got %s", text, want, got)
		}
	}
}

// Names of Ê Đê, Gia Rai and Ba Na are set in each face; a mark that cannot be placed is refused with its letter.
func TestMarksOnLetters(t *testing.T) {
	draft := func(value string, opt DraftOptions) (string, error) {
		tpl, problems := Parse("m",
			[]byte("---\nmẫu: x\nbiến: {a: văn bản}\n---\n# Về {{a}}\n{{a}} **{{a}}** *{{a}}* ***{{a}}***\n"))
		if err := Problems(problems).Err(); err != nil {
			t.Fatal(err)
		}
		vals, _ := ParseValues("v", []byte("a: "+value+"\n"))
		doc, err := tpl.Draft(vals, opt)
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		_, err = doc.PDF(&out, PDFOptions{})
		return out.String(), err
	}
	for _, name := range []string{"Y Ƀăm Niê", "H’Lơ\u0306p Kbuôr", "Č\u0306ư\u0306 Păh", "Yơ\u0306ng Đê\u0306",
		`"Siu \u01a1\u0306"`} {
		now, err := draft(name, DraftOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, err := draft(name, DraftOptions{Again: AsBefore})
		if err != nil || now != again {
			t.Errorf("%s: made again it is another file: %v", name, err)
		}
		before, err := draft(name, DraftOptions{Again: AsFirstWas})
		if err != nil || (before == now) != !strings.Contains(name, "\u0306") && !strings.Contains(name, `\u0306`) {
			t.Errorf("%s: as v0.1 made it: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"Nguyễn Ọ\u0306": "v:1:4: The font cannot place the mark U+0306 on the letter “Ọ”",
		"x\u0307\u0306":  "“ẋ”",
		"q\u0306\u0307":  "The letter “q\u0306\u0307” bears the mark U+0307", "a\u0338": "U+0338",
	} {
		if _, err := draft(name, DraftOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %s, got %v", name, want, err)
		}
	}
}
