package content

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What the reader of YAML complains of is said in both languages by line, and never in its own words.
func TestYAMLWords(t *testing.T) {
	type file struct {
		Name  string   `yaml:"name"`
		Items []string `yaml:"items"`
	}
	for source, want := range map[string]string{
		"": "the file is empty", "a: b\n c: d\n": "line 2: there is a colon too many",
		"name:\n\t- b\n": "line 2: a character that cannot begin",
		"name: \"b\n":    "quotes are opened and not closed", "name: [a\nb: c\n": "do not match",
		"name: *x\n":            "refers to a name that is not there",
		"nam: a\n":              "line 1: “nam”: there is no entry of this name",
		"name: [a]\nitems: b\n": "line 1: the value is of a wrong kind here",
		"name: a\nname: b\n":    "line 2: this name was given above", "name: \x01\n": "control characters",
		"name: \xff\n": "not UTF-8",
		"name: @x\n":   "cannot begin a value", "- {": "do not match",
	} {
		decoder := yaml.NewDecoder(strings.NewReader(source))
		decoder.KnownFields(true)
		err := decoder.Decode(&file{})
		if err == nil {
			t.Errorf("%q is read", source)
			continue
		}
		got := YAMLWords(err)
		if !strings.Contains(got.English, want) || got.Vietnamese == got.English {
			t.Errorf("%q: %q, want %q (of %v)", source, got.English, want, err)
		}
		for _, word := range []string{"yaml", "unmarshal", "file", "!!"} {
			if strings.Contains(got.Vietnamese+strings.ReplaceAll(got.English, "the file", ""), word) {
				t.Errorf("%q: says %q: %v", source, word, got)
			}
		}
	}
}

func TestBlank(t *testing.T) {
	for _, text := range []string{"", " ", "\t\n", "\u00A0", "\u200B", "\u2060 \u3000", "\u200E\u202E", "\u2800",
		"\u0301", "\u3164", "\uFE0F",
		"\u034F", "\uFEFF"} {
		if !Blank(text) {
			t.Errorf("%q is not blank", text)
		}
	}
	for _, text := range []string{"…", "-", "0", " a ", "\u200Ba", "Ơ\u0306", "......", "“”"} {
		if Blank(text) {
			t.Errorf("%q is blank", text)
		}
	}
}

func TestFirstUnseen(t *testing.T) {
	for text, want := range map[string]struct {
		r     rune
		place int
	}{
		"Sở\u200BTài": {0x200B, 3}, "\u202Ea": {0x202E, 1}, "a\u00ADb": {0xAD, 2}, "ab\u2066": {0x2066, 3},
		"a\nb":      {'\n', 2},
		"một\u2028": {0x2028, 4}, "Sở Tài": {}, "H’Ƀlăk": {}, "a\u00A0b": {}, "Ơ\u0306": {},
	} {
		if r, place := FirstUnseen(text, false); r != want.r || place != want.place {
			t.Errorf("%q: U+%04X at %d, want U+%04X at %d", text, r, place, want.r, want.place)
		}
	}
	if _, place := FirstUnseen("a\n\tb", true); place != 0 {
		t.Error("a text of several lines has lines and tabs")
	}
	if got := Sighted("a\u200Bb"); got != "a[U+200B]b" {
		t.Errorf("quoted as %q", got)
	}
}

func TestSecondDocument(t *testing.T) {
	for source, want := range map[string]int{
		"a: b\n---\nc: d\n": 3, "---\na: b\n---\n- c\n": 4, "a: b\n---\n---\nc: d\n": 4, "---\n---\na: b\n": 3,
		"a: b\n---\n{\n":         2,
		"a: b\n...\n---\nc: d\n": 4,
		"a: b\n":                 0, "": 0, "---\na: b\n": 0, "a: b\n---\n": 0, "a: b\n---\n# nothing\n": 0,
		"a: |\n  ---\n  b\n": 0, "a: b\n...\n": 0, "{": 0,
	} {
		if line, more := SecondDocument([]byte(source)); line != want || more != (want > 0) {
			t.Errorf("%q: line %d, %v, want %d", source, line, more, want)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		span          Span
		year, present int
		want          bool
	}{
		{OfYears, 2026, 2026, true}, {OfYears, 2027, 2026, true}, {OfYears, 2028, 2026, false},
		{OfYears, 2031, 2026, false},
		{OfYears, 2006, 2026, true}, {OfYears, 2005, 2026, false}, {OfDays, 1946, 2026, true},
		{OfDays, 1945, 2026, false},
		{OfCovenants, 2021, 2026, true}, {OfCovenants, 2020, 2026, false}, {OfYears, 3000, 0, true},
	} {
		if got := c.span.Holds(c.year, c.present); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for year, want := range map[int]bool{0: true, 21: true, 999: true, 1000: false, 2026: false} {
		if ShortYear(year) != want {
			t.Errorf("%d: %v", year, !want)
		}
	}
}
