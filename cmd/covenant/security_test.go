package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the pages say that a test shows is shown by a test: each that they name exists, and both languages name the same
// ones.
func TestPagesNameTests(t *testing.T) {
	known := declaredTests(t)
	for page, fewest := range map[string]int{"security": 30, "conformity": 25} {
		english := namedTests(t, page+".md")
		for _, name := range english {
			if !known[strings.Trim(name, "`")] {
				t.Errorf("docs/%s.md names %s, which does not exist", page, name)
			}
		}
		if len(english) < fewest || !slices.Equal(english, namedTests(t, page+".vi.md")) {
			t.Errorf("%s: the two languages name other tests, or few: %d", page, len(english))
		}
	}
}

// Every clause has a test, or says that it is not met.
func TestConformityIsShownOrDenied(t *testing.T) {
	for page, denial := range map[string]string{
		"conformity.md": "**not met**", "conformity.vi.md": "**chưa đáp ứng**",
	} {
		rows := 0
		for line := range strings.Lines(readPage(t, page)) {
			title := strings.HasPrefix(line, "| clause") || strings.HasPrefix(line, "| khoản")
			if !strings.HasPrefix(line, "| ") || title {
				continue
			}
			rows++
			if !strings.Contains(line, "`Test") && !strings.Contains(line, denial) {
				t.Errorf("%s: neither shown nor denied: %s", page, line)
			}
		}
		if rows < 10 {
			t.Errorf("%s has %d rows", page, rows)
		}
	}
}

func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, file := range sources(t) {
		if !file.test() {
			continue
		}
		source, err := os.ReadFile(file.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(source, -1) {
			known[string(m[1])] = true
		}
	}
	return known
}

func namedTests(t *testing.T, page string) []string {
	t.Helper()
	return regexp.MustCompile("`Test\\w+`").FindAllString(readPage(t, page), -1)
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
