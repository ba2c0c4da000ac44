package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourceFile is one of our Go files; its folder is named from the module's root, with slashes.
type sourceFile struct {
	path, folder string
	lines        int
	*ast.File
}

func (f sourceFile) test() bool { return strings.HasSuffix(f.path, "_test.go") }

// sources are all of our Go files, those of the tools aside.
func sources(t *testing.T) (files []sourceFile) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "tools" || rel == "bin" || rel == "demo" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments)
		files = append(files, sourceFile{
			path, filepath.ToSlash(filepath.Dir(rel)), strings.Count(string(source), "\n"), file,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

// leaves are the packages below workflow that stand alone.
var leaves = []string{"workflow/refusal", "workflow/digest", "workflow/calendar", "workflow/process"}

// importTable is what ARCHITECTURE.md says that the files of a folder may import of ours.
func importTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "## Import table")
	part, _, _ = strings.Cut(part, "\n## ")
	table := map[string][]string{}
	code := regexp.MustCompile("`([^`]+)`")
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(part, -1) {
		names := []string{}
		for _, name := range code.FindAllStringSubmatch(m[2], -1) {
			names = append(names, name[1])
		}
		if len(names) == 0 && m[2] != "–" && m[2] != "all" {
			t.Errorf("the import table says %q of %s", m[2], m[1])
		}
		if m[2] == "all" {
			names = nil
		}
		table[m[1]] = names
	}
	return table
}

func TestImportTable(t *testing.T) {
	table, module := importTable(t), modulePath(t)
	used := map[string]bool{}
	for _, file := range sources(t) {
		if file.test() {
			continue
		}
		row, ok := rowOf(table, file.folder)
		if !ok {
			t.Errorf("%s: folder %q is not in the import table", file.path, file.folder)
			continue
		}
		used[row] = true
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(name, module+"/")
			if ok && !allowed(table[row], ours) {
				t.Errorf("%s imports %s, which the import table does not allow to %s", file.path, name, row)
			}
		}
	}
	for row := range table {
		if !used[row] {
			t.Errorf("the import table has a row for %s, where nothing is", row)
		}
	}
}

// What is needed for a while is made in one place, which holds it, so that what a killed process left is told from what
// a living one is at. Each maker is in the table of TestLeftovers.
func TestOnePlaceForTemporaryFiles(t *testing.T) {
	for _, file := range sources(t) {
		if file.test() || file.folder == "internal/lock" {
			continue
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"CreateTemp", "MkdirTemp", "TempFile",
				"TempDir"}, call.Sel.Name) && fmt.Sprint(call.X) == "os" {
				t.Errorf("%s calls os.%s; hold a directory by lock.Hold", file.path, call.Sel.Name)
			}
			return true
		})
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

// rowOf is the nearest folder that has a row in the table.
func rowOf(table map[string][]string, folder string) (string, bool) {
	for {
		if _, ok := table[folder]; ok {
			return folder, true
		}
		i := strings.LastIndexByte(folder, '/')
		if i < 0 {
			return "", false
		}
		folder = folder[:i]
	}
}

// allowed reports whether a row of the table, of which nil allows everything, names an import.
func allowed(row []string, name string) bool {
	if row == nil || name == "internal/words" {
		return true
	}
	return slices.ContainsFunc(row, func(folder string) bool {
		if folder == "workflow" {
			return name == folder || slices.Contains(leaves, name)
		}
		return name == folder || strings.HasPrefix(name, folder+"/")
	})
}

// plainData are structs that are read from a file as they are, a field for each line of it.
var plainData = []string{"templates.Profile"}

func TestSizes(t *testing.T) {
	methods := map[string]int{}
	for _, file := range sources(t) {
		if ast.IsGenerated(file.File) {
			continue
		}
		if file.lines > 500 {
			t.Errorf("%s has %d lines; what are its two thoughts?", file.path, file.lines)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[file.folder+" "+receiver(f.Recv.List[0].Type)]++
			}
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			of, ok := spec.Type.(*ast.StructType)
			name := file.Name.Name + "." + spec.Name.Name
			if ok && of.Fields.NumFields() > 25 && !slices.Contains(plainData, name) {
				t.Errorf("%s: %s has %d fields; what is it about?", file.path, name, of.Fields.NumFields())
			}
			return true
		})
	}
	for name, n := range methods {
		if n > 60 {
			t.Errorf("%s has %d methods; what are its rooms?", name, n)
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}
