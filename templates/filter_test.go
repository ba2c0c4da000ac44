package templates

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

// filterHead declares a variable of each type; the body that a test gives begins after it.
const filterHead = `---
mẫu: bộ-lọc
ngôn ngữ: [vi, en]
biến:
  chữ: văn bản
  n: số
  lẻ: số
  âm: số
  t: tiền
  d: ngày
  y: năm
  có: có/không
  trống: {loại: văn bản, bắt buộc: không}
  các: danh sách văn bản
  bảng_điểm: {loại: bảng, cột: {tên: văn bản, điểm: số}}
---
`

const filterValues = `chữ: đoàn KẾT
n: 4
lẻ: "1234,5"
âm: -1005
t: 185.500.000
d: 3/2/2026
y: 2026
có: có
các: [một, hai, ba]
bảng_điểm:
- {tên: A, điểm: 600}
- {tên: B, điểm: "400,5"}
`

// printed is a line of a body, filled in and set in one language.
func printed(t *testing.T, line string, lang words.Language) string {
	t.Helper()
	tpl, problems := Parse("mau.txt", []byte(filterHead+line+" {#dong}\n@en dong: "+line+"\n"))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	values, problems := ParseValues("data.yaml", []byte(filterValues))
	if err := Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(values, DraftOptions{Languages: []words.Language{lang}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, span := range doc.Blocks[0].Spans {
		out.WriteString(span.Text)
	}
	return strings.ReplaceAll(out.String(), "\u00A0", "~")
}

// TestFilters: each filter in both languages, with the types that it takes; ~ stands for a space that does not break.
func TestFilters(t *testing.T) {
	for _, c := range []struct{ line, vi, en string }{
		{"{{chữ}}", "đoàn KẾT", "đoàn KẾT"},
		{"{{chữ|hoa}}", "ĐOÀN KẾT", "ĐOÀN KẾT"},
		{"{{chữ|thường}}", "đoàn kết", "đoàn kết"},
		{"{{chữ|đầu_câu}}", "Đoàn KẾT", "Đoàn KẾT"},
		{"{{chữ|thường|đầu_câu}}", "Đoàn kết", "Đoàn kết"},
		{"{{chữ|upper|lower}}", "đoàn kết", "đoàn kết"},
		{"{{n}}", "4", "4"},
		{"{{lẻ}}", "1.234,5", "1,234.5"},
		{"{{lẻ|số}}", "1.234,5", "1,234.5"},
		{"{{âm}}", "-1.005", "-1,005"},
		{"{{t}}", "185.500.000", "185,500,000"},
		{"{{t|tiền}}", "185.500.000~đồng", "185,500,000~VND"},
		{"{{t|tiền:\"USD\"}}", "185.500.000~USD", "185,500,000~USD"},
		{"{{n|phần_trăm}}", "4%", "4%"},
		{"{{lẻ|percent}}", "1.234,5%", "1,234.5%"},
		{"{{n|hai_số}}", "04", "04"},
		{"{{y|hai_số}}", "2026", "2026"},
		{"{{n|la_mã}}", "IV", "IV"},
		{"{{y|roman}}", "MMXXVI", "MMXXVI"},
		{"{{n|thứ_tự}}", "thứ tư", "4th"},
		{"{{y|ordinal}}", "thứ hai nghìn không trăm hai mươi sáu", "2026th"},
		{"{{n|bằng_chữ}}", "bốn", "four"},
		{"{{âm|bằng_chữ}}", "âm một nghìn không trăm linh năm", "minus one thousand five"},
		{"{{lẻ|bằng_chữ}}", "một nghìn hai trăm ba mươi tư phẩy năm",
			"one thousand two hundred and thirty-four point five"},
		{"{{t|bằng_chữ}}", "một trăm tám mươi lăm triệu năm trăm nghìn đồng",
			"one hundred and eighty-five million five hundred thousand dong"},
		{"{{t|bằng_chữ|đầu_câu}}", "Một trăm tám mươi lăm triệu năm trăm nghìn đồng",
			"One hundred and eighty-five million five hundred thousand dong"},
		{"{{d}}", "03/02/2026", "03/02/2026"},
		{"{{d|ngày}}", "03/02/2026", "03/02/2026"},
		{"{{d|ngày_chữ}}", "ngày 03 tháng 02 năm 2026", "3 February 2026"},
		{"{{d|bằng_chữ}}", "ngày mùng ba tháng hai năm hai nghìn không trăm hai mươi sáu", "03/02/2026"},
		{"{{y}}", "2026", "2026"},
		{"{{có}}", "có", "có"},
		{"{{trống|mặc_định:\"chưa có\"}}", "chưa có", "chưa có"},
		{"{{chữ|mặc_định:\"chưa có\"}}", "đoàn KẾT", "đoàn KẾT"},
		{"{{các}}", "một, hai, ba", "một, hai, ba"},
		{"{{các|nối:\"; \"}}", "một; hai; ba", "một; hai; ba"},
		{"{{các|số_lượng}}", "3", "3"},
		{"{{các|nối|hoa}}", "MỘT, HAI, BA", "MỘT, HAI, BA"},
		{"{{bảng_điểm|tổng:điểm}}", "1.000,5", "1,000.5"},
		{"{{bảng_điểm|count}}", "2", "2"},
	} {
		t.Run(c.line, func(t *testing.T) {
			if got := printed(t, c.line, words.Vietnamese); got != c.vi {
				t.Errorf("Vietnamese: %q, want %q", got, c.vi)
			}
			if got := printed(t, c.line, words.English); got != c.en {
				t.Errorf("English: %q, want %q", got, c.en)
			}
		})
	}
}

// TestEveryFilterHasBothNames: a Vietnamese one and an English one, which take the same types.
func TestEveryFilterHasBothNames(t *testing.T) {
	names := map[uintptr][]string{}
	for name, f := range filters {
		at := reflect.ValueOf(f).Pointer()
		names[at] = append(names[at], name)
	}
	for _, both := range names {
		if len(both) != 2 {
			t.Errorf("a filter with the names %v", both)
		} else if !slices.Equal(filterTypes[both[0]], filterTypes[both[1]]) {
			t.Errorf("%s and %s take different types", both[0], both[1])
		}
	}
	for name := range filterTypes {
		if filters[name] == nil {
			t.Errorf("types of a filter %q that does not exist", name)
		}
	}
}

// TestConditions: what holds and what does not, by the values above.
func TestConditions(t *testing.T) {
	for cond, want := range map[string]bool{
		"có": true, "không có": false, "không không có": true,
		"n = 4": true, "n là 4": true, "n == 5": false, "n != 4": false, "n ≠ 5": true, "n <> 5": true,
		"n < 5": true, "n < 4": false, "n <= 4": true, "n ≤ 3": false, "n > 3": true, "n > 4": false, "n >= 4": true,
		"n ≥ 5":      false,
		"lẻ > 1.234": true, "lẻ = \"1.234,5\"": true, "âm < 0": true, "t >= 185.500.000": true,
		"n = 4 và y = 2026": true, "n = 4 và y = 2025": false, "n = 5 hoặc y = 2026": true, "n = 5 or y = 2025": false,
		"n = 5 hoặc n = 4 và y = 2025": false, "(n = 5 hoặc n = 4) và y = 2026": true,
		"không (n = 4)": false, "không (n = 4) hoặc có": true,
		"chữ = \"đoàn KẾT\"": true, "chữ = “đoàn KẾT”": true, "chữ = \"đoàn kết\"": false, "chữ != \"x\"": true,
		"d = 2026-02-03": true, "d < 2026-02-04": true, "d > 3/2/2026": false, "d >= 2026-02-03": true,
		"các = 3": true, "các > 3": false, "các": true, "trống": false, "không trống": true, "bảng_điểm >= 2": true,
		"chữ < 5": false, "chữ > 5": false, "trống = \"\"": true,
	} {
		got := printed(t, "{{nếu "+cond+"}}đúng{{khác}}sai{{hết}}", words.Vietnamese) == "đúng"
		if got != want {
			t.Errorf("%s is %v, want %v", cond, got, want)
		}
	}
}

// TestLoops: the place in the list, its end, loops in loops, a name that hides another for a while.
func TestLoops(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"{{mỗi x trong các}}{{x.thứ_tự}}. {{x}}{{nếu x.cuối}}.{{khác}}; {{hết}}{{hết}}", "1. một; 2. hai; 3. ba."},
		{"{{mỗi r trong bảng_điểm}}{{r.tên}} {{r.điểm}} {{hết}}", "A 600 B 400,5 "},
		{"{{mỗi a trong các}}{{mỗi b trong bảng_điểm}}{{a}}{{b.tên}} {{hết}}{{hết}}", "mộtA mộtB haiA haiB baA baB "},
		{"{{mỗi x in các}}{{mỗi x in bảng_điểm}}{{x.tên}}{{hết}}{{x}} {{hết}}", "ABmột ABhai ABba "},
		{"{{mỗi x trong các}}{{nếu x.thứ_tự = 2}}[{{x}}]{{hết}}{{hết}}", "[hai]"},
	} {
		if got := printed(t, c.line, words.Vietnamese); strings.TrimSpace(got) != strings.TrimSpace(c.want) {
			t.Errorf("%s\ngot  %q\nwant %q", c.line, got, c.want)
		}
	}
}
