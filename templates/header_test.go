package templates

import (
	"slices"
	"strings"
	"testing"
)

// Each entry of a template's header with something that it cannot be: it is told where it stands, in both languages,
// and nothing is taken for it.
func TestEntriesOfAHeader(t *testing.T) {
	for name, c := range map[string]struct{ old, fresh, want string }{
		"as it is":                     {"", "", ""},
		"no id":                        {"mẫu: thử\n", "", "lacks “template:"},
		"a list as id":                 {"mẫu: thử", "mẫu: [thử]", "2:6 One value"},
		"a list as title":              {"tên: Mẫu thử", "tên: [a, b]", "3:6"},
		"pairs as title":               {"tên: Mẫu thử", "tên: {a: b}", "3:6"},
		"a list as description":        {"biến:", "mô tả: [a]\nbiến:", "4:8"},
		"a list as process":            {"biến:", "quy trình: [a]\nbiến:", "4:12"},
		"a list as layout":             {"biến:", "trình bày: [nd30]\nbiến:", "4:12"},
		"a version of nought":          {"biến:", "phiên bản: 0\nbiến:", "whole number from 1"},
		"a version in words":           {"biến:", "phiên bản: hai\nbiến:", "whole number from 1"},
		"a list as version":            {"biến:", "phiên bản: [1]\nbiến:", "4:12"},
		"a language that there is not": {"biến:", "ngôn ngữ: [vi, fr]\nbiến:", "fr"},
		"a time that is no date":       {"biến:", "hiệu lực: {từ: hôm nay}\nbiến:", "is not a date"},
		"a time that ends before it is": {"biến:", "hiệu lực: {từ: 2026-02-02, đến: 2026-02-01}\nbiến:",
			"ends before"},
		"an entry that there is not":     {"biến:", "biếnn: x\nbiến:", "no entry “biếnn”"},
		"an entry twice":                 {"biến:", "tên: x\nbiến:", "was given before"},
		"a type that there is not":       {"năm: năm", "năm: nămm", "nămm"},
		"a type of a list":               {"năm: năm", "năm: [năm]", "has no type"},
		"a bound that is no number":      {"dài nhất: 60", "dài nhất: sáu", "sáu"},
		"a total of a column not there":  {"tổng: {điểm: 1000}", "tổng: {điêm: 1000}", "điêm"},
		"needed now and then":            {"dài nhất: 60", "dài nhất: 60, bắt buộc: đôi khi", "write yes or no"},
		"a length of nought":             {"dài nhất: 60", "dài nhất: 0", "whole number from 1"},
		"a key of a variable not there":  {"dài nhất: 60", "dài nhâts: 60", "dài nhâts"},
		"a list as the variable's label": {"dài nhất: 60", "dài nhất: 60, nhãn: [a]", "One value is wanted"},
	} {
		_, problems := Parse("mau.txt", []byte(strings.Replace(head, c.old, c.fresh, 1)+use))
		var said []string
		for _, p := range problems {
			said = append(said, at(p))
			if p.Message.Vietnamese == "" || p.Message.Vietnamese == p.Message.English {
				t.Errorf("%s: %+v", name, p.Message)
			}
		}
		if c.want == "" && len(said) > 0 || c.want != "" && !slices.ContainsFunc(said,
			func(text string) bool { return strings.Contains(text, c.want) }) {
			t.Errorf("%s: %q; want %q", name, said, c.want)
		}
	}
}

// Legal bases, entry by entry.
func TestEntriesOfLawData(t *testing.T) {
	for name, c := range map[string]struct{ old, fresh, want string }{
		"as it is":                     {"", "", ""},
		"another list":                 {"căn cứ:", "can cu:", "Law data are a list"},
		"no list":                      {lawData, "căn cứ: {a: b}\n", "Law data are a list"},
		"no entry":                     {lawData, "căn cứ: [x]\n", "needs “id”, “cite” and “from”"},
		"no id":                        {"mã: cu, ", "", "needs “id”"},
		"no citation":                  {"trích dẫn: Luật cũ, ", "", "needs “id”"},
		"no first day":                 {", từ: 2004-01-01", "", "needs “id”"},
		"a day that is none":           {"2004-01-01", "2004-02-30", "is not a date"},
		"a list as a citation":         {"trích dẫn: Luật cũ", "trích dẫn: [Luật cũ]", "needs “id”"},
		"a mark after the citation":    {"Luật cũ", "Luật cũ.", "carries no final mark"},
		"an id twice":                  {"mã: moi", "mã: cu", "is used twice"},
		"two in force on one day":      {"đến: 2023-12-31", "đến: 2024-01-01", "overlap in time"},
		"two without an end":           {", đến: 2023-12-31", "", "overlap in time"},
		"an end before the first day":  {"đến: 2023-12-31", "đến: 2003-12-31", "ends before"},
		"an entry that there is not":   {"mã: cu", "mã: cu, tuổi: 3", "no entry “tuổi”"},
		"a key twice":                  {"mã: cu", "mã: cu, mã: x", "was given before"},
		"a second document":            {"căn cứ:", "a: b\n---\ncăn cứ:", "one set of data"},
		"a first day of one day alone": {"đến: 2023-12-31", "đến: 2004-01-01", ""},
	} {
		_, problems := ParseLaw("law.yaml", []byte(strings.Replace(lawData, c.old, c.fresh, 1)))
		var said []string
		for _, p := range problems {
			said = append(said, at(p))
		}
		if c.want == "" && len(said) > 0 || c.want != "" && !slices.ContainsFunc(said,
			func(text string) bool { return strings.Contains(text, c.want) }) {
			t.Errorf("%s: %q; want %q", name, said, c.want)
		}
	}
}
