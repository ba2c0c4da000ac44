package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/security.md says that a test shows is shown by a test: each that it names exists, and both languages name
// the same ones.
func TestSecurityPageNamesTests(t *testing.T) {
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
	named := func(page string) []string {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile("`Test\\w+`").FindAllString(string(text), -1)
	}
	english := named("security.md")
	for _, name := range english {
		if !known[strings.Trim(name, "`")] {
			t.Errorf("docs/security.md names %s, which does not exist", name)
		}
	}
	if len(english) < 30 || !slices.Equal(english, named("security.vi.md")) {
		t.Errorf("the two languages name other tests, or few: %d", len(english))
	}
}
