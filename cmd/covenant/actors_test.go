package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// madeAt are the places that make an actor, and so must have proof of who it is. Whoever adds one
// says here what the proof is.
var madeAt = map[string][]string{
	// The peer of the control channel, by its credentials, or the user who opened the data directory.
	"cmd/covenant/order.go":   {"AtConsole"},
	"cmd/covenant/console.go": {"AtConsole"},
	"cmd/covenant/serve.go":   {"AtConsole"},
	"cmd/covenant/remind.go":  {"AtConsole"},
	"cmd/covenant/demo.go":    {"AtConsole"}, // of its own, new directory
	// The digest of a session's token, looked up.
	"workflow/engine/signin.go": {"SignedIn"},
	// The digest of a token, looked up.
	"workflow/engine/access.go": {"ByToken"},
	// Jobs, each of which records what only the program may.
	"workflow/engine/certificate.go": {"Program"},
	"workflow/engine/document.go":    {"Program"},
	"workflow/engine/ending.go":      {"Program"},
	"workflow/engine/escalation.go":  {"Program"},
	"workflow/engine/freeze.go":      {"Program"},
	"workflow/engine/minutes.go":     {"Program"},
	"workflow/engine/recount.go":     {"Program"},
	"workflow/engine/remind.go":      {"Program"},
}

// Actors are made where there is proof of who acts, and nowhere else.
func TestActorsAreMade(t *testing.T) {
	root := filepath.Join("..", "..")
	makers := []string{"SignedIn", "ByToken", "AtConsole", "Program"}
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && rel != "." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") || rel == "workflow/actor.go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr: // a mention is enough: a function may be called elsewhere
				from, ok := n.X.(*ast.Ident)
				if ok && from.Name == "workflow" && slices.Contains(makers, n.Sel.Name) {
					found[rel] = append(found[rel], n.Sel.Name)
				}
			case *ast.CompositeLit: // in the package itself
				if name, ok := n.Type.(*ast.Ident); ok && name.Name == "Actor" &&
					file.Name.Name == "workflow" && len(n.Elts) > 0 {
					t.Errorf("%s writes an Actor out: only actor.go may", rel)
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && file.Name.Name == "workflow" &&
					slices.Contains(makers, name.Name) {
					t.Errorf("%s makes an actor: the rules have no proof of who acts", rel)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, made := range found {
		for _, maker := range made {
			if !slices.Contains(madeAt[place], maker) {
				t.Errorf("%s makes an actor by %s: say in this test what proof it has of who acts", place, maker)
			}
		}
	}
	for place, made := range madeAt {
		for _, maker := range made {
			if !slices.Contains(found[place], maker) {
				t.Errorf("%s no longer uses %s: strike it from this test", place, maker)
			}
		}
	}
}
