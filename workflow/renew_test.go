package workflow

import (
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

// What a year's values become in the next: what is renamed, what is moved, and what people are asked to look at.
func TestRenewValues(t *testing.T) {
	for name, c := range map[string]struct {
		value, want string   // want: empty, as it was
		look        []string // in English
	}{
		"the year itself":          {"2026", "2027", nil},
		"a named year":             {"kế hoạch năm 2026", "kế hoạch năm 2027", nil},
		"a named year, in English": {"plan for 2026", "plan for 2027", nil},
		"a date on a working day":  {"2026-03-26", "2027-03-26", []string{"26/03/2027 is a proposal; set the day"}},
		// 27 March 2027 is a Saturday
		"a date on a day off":       {"2026-03-27", "2027-03-29", []string{"29/03/2027 is a proposal; set the day"}},
		"a date of another year":    {"2025-03-26", "", nil},
		"the year without its name": {"số 12/2026/KH", "", []string{"still speaks of 2026: “số 12/2026/KH”"}},
		"the year before":           {"kết quả 2025", "", []string{"still speaks of 2025: “kết quả 2025”"}},
		"both years": {"từ 2025 đến 2026", "",
			[]string{"still speaks of 2026: “từ 2025 đến 2026”", "still speaks of 2025: “từ 2025 đến 2026”"}},
		"the new year":              {"tầm nhìn 2027", "", nil},
		"long before":               {"từ năm 2024", "", nil},
		"digits of a longer number": {"120260 đồng", "", nil},
		"a sentence, to be read": {"Thi đua hoàn thành nhiệm vụ được giao", "",
			[]string{"left as in 2026; look at it again for 2027"}},
		"a phrase, which stays": {"Đoàn kết, sáng tạo", "", nil},
		"a sentence that is renamed": {"Hoàn thành nhiệm vụ của năm 2026 trước hạn",
			"Hoàn thành nhiệm vụ của năm 2027 trước hạn", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, 2)
			w.must(t, as("a0-officer", w.draft()))
			r, err := w.state.Renew([]byte("giá_trị: \""+c.value+"\"\n"), 2027)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.value
			}
			if got := string(r.Values); !strings.Contains(got, "\""+want+"\"") {
				t.Errorf("values %q, want %q", got, want)
			}
			if changed := len(r.Changed) > 0; changed != (c.want != "") {
				t.Errorf("told as changed: %v", r.Changed)
			}
			var look []string
			for _, n := range r.Look {
				if n.Path == "giá_trị" { // not who has come or gone
					look = append(look, n.Text.In(words.English))
				}
			}
			if !slices.Equal(look, c.look) {
				t.Errorf("to be looked at %q, want %q", look, c.look)
			}
		})
	}
}

func TestRenewRefuses(t *testing.T) {
	w := newFixture(t, 2)
	w.must(t, as("a0-officer", w.draft()))
	for name, c := range map[string]struct {
		values string
		year   int
		want   Code
	}{
		"the same year":    {"a: b", 2026, CodeInvalid},
		"the year before":  {"a: b", 2025, CodeInvalid},
		"no mapping":       {"[a]", 2027, CodeInvalid},
		"no values at all": {"", 2027, CodeInvalid},
	} {
		if r, err := w.state.Renew([]byte(c.values), c.year); ErrorCode(err) != c.want {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	r, err := w.state.Renew([]byte("a: b"), 2028)
	if err != nil || r.Slug != "2028/khoi" || r.Year != 2028 {
		t.Errorf("two years on: %+v, %v", r, err)
	}
}
