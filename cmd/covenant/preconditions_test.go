package main

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The functions and tests that docs/preconditions.md names are there, in the files that it names, in both languages;
// and each row names one of each.
func TestPreconditionsNameTheCode(t *testing.T) {
	declared := map[string]bool{} // "file function"
	for _, file := range sources(t) {
		path := strings.TrimPrefix(strings.ReplaceAll(file.path, `\`, "/"), "../../")
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				name = receiver(f.Recv.List[0].Type) + "." + name
			}
			declared[path+" "+name] = true
		}
	}
	tests := declaredTests(t)
	english := preconditions(t, "preconditions.md", declared, tests)
	if vietnamese := preconditions(t, "preconditions.vi.md", declared, tests); !slices.Equal(english, vietnamese) {
		t.Errorf("the two languages name other code:\n%s\n%s", english, vietnamese)
	}
	if len(english) < 40 {
		t.Errorf("only %d names", len(english))
	}
}

var (
	namedCode = regexp.MustCompile("`([\\w./]+)`")
	sourceOf  = regexp.MustCompile(`^[\w./]+\.go$`)
)

// preconditions are the names of code in a page's table, in their order. A function stands behind the file that it is
// in; one that stands behind another is in the same.
func preconditions(t *testing.T, page string, declared, tests map[string]bool) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(readPage(t, page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.Contains(line, "---") || !strings.Contains(line, "`") {
			continue
		}
		file, functions := "", 0
		for _, m := range namedCode.FindAllStringSubmatch(cells[2], -1) {
			names = append(names, m[1])
			if sourceOf.MatchString(m[1]) {
				file = m[1]
				continue
			}
			functions++
			if !declared[file+" "+m[1]] {
				t.Errorf("%s: %s has no function %s", page, file, m[1])
			}
		}
		shown := namedCode.FindAllStringSubmatch(cells[4], -1)
		for _, m := range shown {
			names = append(names, m[1])
			if !tests[m[1]] {
				t.Errorf("%s: there is no test %s", page, m[1])
			}
		}
		if functions == 0 || len(shown) == 0 {
			t.Errorf("%s: names no function, or no test: %s", page, line)
		}
	}
	return names
}
