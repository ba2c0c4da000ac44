package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the import table of ARCHITECTURE.md: which of our packages the files of a folder may import. A folder
// stands for everything below it. Tests may import more, but never a package that may import them.
var mayImport = map[string][]string{
	"internal/address": {},
	"internal/words":   {},
	"internal/lock":    {},
	"internal/scratch": {"internal/lock"},
	"internal/demo": {"workflow", "workflow/engine", "workflow/store", "workflow/notify", "templates", "signing",
		"testdata"},
	"internal/pdf":       {},
	"internal/truetype":  {},
	"workflow":           {"workflow/refusal", "workflow/digest", "workflow/calendar", "workflow/process"},
	"workflow/refusal":   {},
	"workflow/digest":    {},
	"workflow/calendar":  {"workflow/refusal"},
	"workflow/process":   {"workflow/refusal", "workflow/digest", "workflow/calendar"},
	"workflow/catalogue": {"workflow", "workflow/engine", "workflow/store", "templates", "signing"},
	"workflow/engine": {"internal/address", "workflow", "workflow/store", "workflow/notify", "templates",
		"templates/library", "signing"},
	"workflow/store":   {"workflow", "workflow/store", "internal/lock", "internal/scratch"},
	"workflow/notify":  {"workflow", "workflow/notify"},
	"workflow/publish": {"workflow", "templates"},
	"templates":        {"templates", "internal/pdf", "internal/truetype"},
	"signing":          {"signing", "internal/pdf", "internal/truetype"},
	"web": {"internal/address", "web", "workflow", "workflow/catalogue", "workflow/engine",
		"workflow/store", "templates", "signing"},
	"cmd/covenant":       {""},
	"cmd/covenant-token": {"signing"},
	"testdata":           {},
}

func TestImportTable(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "tools" || rel == "bin" ||
			rel == "demo") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkImports(t, path, filepath.ToSlash(filepath.Dir(rel)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, path, folder string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	rule, ok := ruleOf(folder)
	if !ok {
		t.Errorf("%s: folder %q is not in the import table", path, folder)
		return
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		ours, ok := strings.CutPrefix(name, modulePath(t)+"/")
		if ok && !allowed(rule, ours) {
			t.Errorf("%s imports %s, which the import table does not allow to %s", path, name, folder)
		}
	}
}

// modulePath is the module's path, which `make rename` changes.
func modulePath(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(source), "\n")
	return strings.TrimPrefix(line, "module ")
}

// ruleOf is the rule of the nearest folder in the table.
func ruleOf(folder string) ([]string, bool) {
	for {
		if rule, ok := mayImport[folder]; ok {
			return rule, true
		}
		i := strings.LastIndexByte(folder, '/')
		if i < 0 {
			return nil, false
		}
		folder = folder[:i]
	}
}

// allowed reports whether an import is in the rule, or inside a library folder of the rule's own
// ("signing/internal/cms").
func allowed(rule []string, name string) bool {
	if name == "internal/words" { // texts for people, for all
		return true
	}
	for _, r := range rule {
		if r == "" || name == r || r == "workflow" && slices.Contains(mayImport["workflow"], name) {
			return true
		}
		if (r == "signing" || r == "templates" || r == "web" || r == "workflow/store" || r == "workflow/notify") &&
			strings.HasPrefix(name, r+"/") {
			return true
		}
	}
	return false
}
