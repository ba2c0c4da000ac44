package templates

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"covenant/internal/words"

	"pgregory.net/rapid"
)

// at is a problem's place and the beginning of what it says.
func at(p Problem) string { return fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message.English) }

// TestValuesOfATypeOnly: what each type takes, and where the problem stands when it is something else.
func TestValuesOfATypeOnly(t *testing.T) {
	for _, c := range []struct {
		declared, value string
		want            string // "" for none; else column and words of the English sentence
	}{
		{"số", "1200", ""}, {"số", "1.200", ""}, {"số", `"7,5"`, ""}, {"số", "-3", ""},
		{"số", `"1.2.3"`, "4 must be number"},
		{"số", "nhiều", "4 must be number"}, {"số", "[1]", "4 must be number"},
		{"tiền", "185.500.000", ""}, {"tiền", "nhiều", "4 must be money"},
		{"ngày", "2026-03-26", ""}, {"ngày", "26/3/2026", ""}, {"ngày", "30/2/2026", "4 must be date"},
		{"ngày", "hôm nay", "4 must be date"},
		{"năm", "2026", ""}, {"năm", "26", "4 the year 26 lacks digits"}, {"năm", "2026.5", "4 must be year"},
		{"năm", "3000", "4 must be year"},
		{"có/không", "có", ""}, {"có/không", "không", ""}, {"có/không", "yes", ""}, {"có/không", "true", ""},
		{"có/không", "chắc", "4 must be yes/no"},
		{"{loại: lựa chọn, các lựa chọn: [quý I, quý II]}", "quý I", ""},
		{"{loại: lựa chọn, các lựa chọn: [quý I, quý II]}", "quy I", "4 not one of the choices"},
		{"{loại: số, ít nhất: 2, nhiều nhất: 4}", "2", ""}, {"{loại: số, ít nhất: 2, nhiều nhất: 4}", "4", ""},
		{"{loại: số, ít nhất: 2}", "1", "4 must be 2 or more"}, {"{loại: số, nhiều nhất: 4}", "5",
			"4 must not exceed 4"},
		{"{loại: văn bản, dài nhất: 5}", "năm chữ", "4 is 7 characters long, at most 5"},
		{"{loại: văn bản, dài nhất: 5}", "chữ ạ", ""},
		{"danh sách văn bản", "[a, b]", ""}, {"danh sách văn bản", "a", "4 a list"},
		{"{loại: danh sách văn bản, số dòng: 2-3}", "[a]", "4 has 1 rows, it must have 2 to 3"},
		{"{loại: danh sách văn bản, số dòng: 2}", "[a, b]", ""},
		{"{loại: bảng, cột: {x: số}, tổng: {x: 10}}", "[{x: 4}, {x: 6}]", ""},
		{"{loại: bảng, cột: {x: số}, tổng: {x: 10}}", "[{x: 4}, {x: 5}]", "4 adds up to 9, it must be 10"},
		{"{loại: bảng, cột: {x: số}}", "[{x: a}]", "9 must be number"},
		{"{loại: bảng, cột: {x: số}}", "[{z: 1}]", "6 has no column “z”"},
		{"{loại: bảng, cột: {x: số}}", "[{}]", "5 lacks “x”"},
		{"người", "{họ_tên: An, chức_vụ: Giám đốc}", ""}, {"người", "An", "4 pairs"},
		{"đơn vị", "{mã: a, tên: Sở A, chức_vụ: Giám đốc}", ""}, {"đơn vị", "{tên: Sở A}", "4 lacks “mã”"},
	} {
		t.Run(c.declared+" "+c.value, func(t *testing.T) {
			tpl, problems := Parse("mau.txt",
				[]byte("---\nmẫu: x\nbiến:\n  a: "+c.declared+"\n---\n{{nếu a}}x{{hết}}\n"))
			if err := Problems(problems).Err(); err != nil {
				t.Fatal(err)
			}
			values, _ := ParseValues("data.yaml", []byte("a: "+c.value+"\n"))
			_, err := tpl.Draft(values, DraftOptions{})
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			column, words, _ := strings.Cut(c.want, " ")
			if err == nil || !strings.Contains(err.Error(), "data.yaml:1:"+column+": ") ||
				!strings.Contains(err.Error(), words) {
				t.Errorf("want %s, got %v", c.want, err)
			}
		})
	}
}

// TestHeaderProblems: each at its line and column, with what is likely meant.
func TestHeaderProblems(t *testing.T) {
	for _, c := range []struct{ header, want, hint string }{
		{"tên: x", "1:1 The header lacks “template", ""},
		{"mẫu: x\nngon ngu: [vi]", "3:1 The header has no entry “ngon ngu”", "ngôn ngữ"},
		{"mẫu: x\nngôn ngữ: [vi, fr]", "3:16 Language “fr” is not supported", ""},
		{"mẫu: x\nhiệu lực: {từ: hôm qua}", "3:16 “hôm qua” is not a date", ""},
		{"mẫu: x\nhiệu lực: {tới: 2024-01-01}", "3:12 Validity has “from” and “to” only", ""},
		{"mẫu: x\nbiến:\n  2x: số", "4:3 Variable name “2x” may hold", ""},
		{"mẫu: x\nbiến:\n  hết: số", "4:3 “hết” is a keyword", ""},
		{"mẫu: x\nbiến:\n  a: {nhãn: A}", "4:3 Variable “a” has no type", ""},
		{"mẫu: x\nbiến:\n  a: bảng", "4:3 Table “a” must declare its columns", ""},
		{"mẫu: x\nbiến:\n  a: lựa chọn", "4:3 Variable “a” must declare its choices", ""},
		{"mẫu: x\nbiến:\n  a: {loại: số, it nhat: 1}", "4:17 Variable “a” has no entry “it nhat”", "ít nhất"},
		{"mẫu: x\nbiến:\n  a: {loại: số, ít nhất: nhiều}", "4:26 “nhiều” is not a number", ""},
		{"mẫu: x\nbiến:\n  a: {loại: danh sách văn bản, số dòng: 5-2}", "4:41 “5-2” is not a number of rows", ""},
		{"mẫu: x\nbiến:\n  a: {loại: bảng, cột: {x: số}, tổng: {y: 10}}", "4:3 has no column “y” to add up", "x"},
	} {
		_, problems := Parse("mau.txt", []byte("---\n"+c.header+"\n---\nx\n"))
		found := false
		for _, p := range problems {
			where, said, _ := strings.Cut(c.want, " ")
			found = found || strings.HasPrefix(at(p), where+" ") && strings.Contains(at(p), said) && p.Hint == c.hint
		}
		if !found {
			t.Errorf("%q: want %s (hint %q), got %+v", c.header, c.want, c.hint, problems)
		}
	}
}

// TestProblemsAreSaidInBothLanguages: one by one and as a list, by words.Explain below other errors too.
func TestProblemsAreSaidInBothLanguages(t *testing.T) {
	one := Problem{File: "m", Line: 3, Column: 4, Text: "nam", Message: words.Of("Không có biến.", "No such variable."),
		Hint: "năm"}
	two := Problem{File: "m", Line: 5, Column: 1, Message: words.Of("Thiếu.", "Missing."), Note: true}
	list := fmt.Errorf("draft: %w", Problems{one, two})
	for l, want := range map[words.Language]string{
		words.Vietnamese: "m:3:4: “nam” – Không có biến. (có phải là “năm”?)\nm:5:1: Thiếu.",
		words.English:    "m:3:4: “nam” – No such variable. (did you mean “năm”?)\nm:5:1: Missing.",
	} {
		if got := words.Explain(list, l); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", l, got, want)
		}
	}
	if (Problems{two}).Err() != nil || (Problems{two, one}).Err() == nil {
		t.Error("a note alone is no error, a problem is")
	}
	if got := (Problems{two, one, one}).Sorted(); len(got) != 2 || got[0] != one {
		t.Errorf("sorted: %v", got)
	}
}

// TestNearest: a slip of the hand is recognised, another word is not.
func TestNearest(t *testing.T) {
	known := []string{"chủ_đề", "các_đơn_vị", "năm", "tiêu_chí"}
	for word, want := range map[string]string{
		"chu_de": "chủ_đề", "chủ_dề": "chủ_đề", "chủ_đề_năm": "chủ_đề", "cac_don_vi": "các_đơn_vị", "nma": "năm",
		"tiêu":           "tiêu_chí",
		"hoàn_toàn_khác": "", "x": "", "năm": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"", "abc", 3}, {"kitten", "sitting", 3},
		{strings.Repeat("x", 65), "x", 99}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Numbers as people type them, the Vietnamese way and the plain one. What could mean two things, or nothing, is
// refused.
func TestNumbersAsTyped(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "7": "7", "-7": "-7", "1000": "1000", "1.000": "1000", "12.345.678": "12345678", "-1.000": "-1000",
		"7,5": "7.5", "7.5": "7.5", "7.25": "7.25", "0.500": "0.5", "0,500": "0.5", "1.234,5": "1234.5",
		"1.000.000,25": "1000000.25", "007": "7", " 7 ": "7", "1234.567": "1234.567",
		"1,000.5": "", "1,2,3": "", "1.2.3": "", "1.23.456": "", "1.23,4": "", "1234.567,8": "", ".": "", ",": "",
		"-":   "",
		"--1": "", "1-2": "", "5-": "", "": "", "1e5": "", "0x10": "", "+7": "", "1 000": "", "1/2": "", "７": "",
		"1.000.": "", "1,": "1", ",5": "0.5", strings.Repeat("9", 41): "",
	} {
		got, ok := parseNumber(text)
		if ok != (want != "") {
			t.Errorf("%q is read: %v (%v); want %q", text, ok, got, want)
			continue
		}
		if r, _ := new(big.Rat).SetString(want); ok && got.Cmp(r) != 0 {
			t.Errorf("%q is read as %s, want %s", text, got.RatString(), want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		n := big.NewRat(rapid.Int64Range(-1e15, 1e15).Draw(r, "n"), rapid.SampledFrom([]int64{1, 2, 10, 100,
			1000}).Draw(r, "of"))
		if got, ok := parseNumber(formatNumber(n, words.Vietnamese)); !ok || got.Cmp(n) != 0 {
			r.Fatalf("%s is written as %q and read as %v", n.RatString(), formatNumber(n, words.Vietnamese), got)
		}
	})
}

// Values are one document; another one after it is told, not passed over.
func TestValuesAreOneDocument(t *testing.T) {
	for source, sound := range map[string]bool{
		good: true, "---\n" + good: true, good + "---\n": true, good + "...\n": true, good + "---\nnăm: 2027\n": false,
		good + "---\n{": false, "": true, "# nothing\n": true,
	} {
		if _, problems := ParseValues("data.yaml", []byte(source)); (Problems(problems).Err() == nil) != sound {
			t.Errorf("%q: %v", source[max(0, len(source)-30):], problems)
		}
	}
}
