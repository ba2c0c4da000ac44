package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// bilingual are the functions and types whose arguments are a Vietnamese text and an English one, by the place of the first.
var bilingual = map[string]int{"words.Of": 0, "words.F": 0, "words.Text": 0}

// TestEveryTextIsInBothLanguages walks the sources of the whole program: each text that stands in the code stands there in both
// languages, and both use the same arguments.
func TestEveryTextIsInBothLanguages(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "bin" || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if vi, en, ok := pairOf(n); ok {
				if problem := compare(vi, en); problem != "" {
					t.Errorf("%s: %s: %q and %q", set.Position(n.Pos()), problem, vi, en)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pairOf finds the two texts of a call or a literal, where both stand there as they are.
func pairOf(n ast.Node) (vi, en string, ok bool) {
	var name ast.Expr
	var args []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		name, args = n.Fun, n.Args
	case *ast.CompositeLit:
		name, args = n.Type, n.Elts
	default:
		return "", "", false
	}
	at, known := bilingual[dotted(name)]
	if !known || len(args) < at+2 {
		return "", "", false
	}
	vi, okVI := literal(args[at])
	en, okEN := literal(args[at+1])
	return vi, en, okVI && okEN
}

func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, okLeft := literal(e.X)
		right, okRight := literal(e.Y)
		return left + right, okLeft && okRight && e.Op == token.ADD
	case *ast.KeyValueExpr:
		return literal(e.Value)
	}
	return "", false
}

// compare says what is wrong with a pair; nothing if nothing is.
func compare(vi, en string) string {
	switch {
	case (vi == "") != (en == ""):
		return "a text is missing in one language"
	case !maps.Equal(argumentsOf(vi), argumentsOf(en)):
		return "the two texts use different arguments"
	}
	return ""
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[0-9]*(?:\.[0-9]+)?([a-zA-Z%])`)

// argumentsOf are the arguments that a format uses, by number, with the class of their verb: %s, %q and %v class as text.
func argumentsOf(format string) map[int]string {
	out := map[int]string{}
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		class := m[2]
		if strings.Contains("sqv", class) {
			class = "s"
		}
		out[next] = class
		next++
	}
	return out
}

func TestCompareFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		vi, en string
		wrong  bool
	}{
		{"hạn %s", "due %s", false}, {"%[2]s: %[1]d", "%[1]d of %[2]q", false}, {"100%%", "all", false}, {"", "", false},
		{"hạn", "", true}, {"", "due", true}, {"hạn %s", "due", true}, {"%s còn %d", "%d left", true}, {"%d", "%s", true},
	} {
		if got := compare(c.vi, c.en) != ""; got != c.wrong {
			t.Errorf("%q and %q: wrong is %v, want %v", c.vi, c.en, got, c.wrong)
		}
	}
}
