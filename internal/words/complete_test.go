package words

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
)

// bilingual are the functions and types whose arguments are a Vietnamese text and an English one, by the place of the
// first.
var bilingual = map[string]int{
	"words.Of": 0, "words.F": 0, "words.Text": 0, "refuse": 1, "refusal.New": 1, "workflow.Refusal": 1, "Refusal": 1,
	"sentence": 0, "invalid": 0, "r.bad": 1, "c.bad": 1,
}

// TestEveryTextIsInBothLanguages walks the sources of the whole program: each text that stands in the code stands
// there in both languages, and both use the same arguments.
func TestEveryTextIsInBothLanguages(t *testing.T) {
	walk(t, ".go", func(path string, source []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if vi, en, ok := pairOf(n); ok {
				if problem := compare(vi, en); problem != "" {
					t.Errorf("%s: %s: %q and %q", set.Position(n.Pos()), problem, vi, en)
				}
			}
			return true
		})
	})
}

// walk reads every file of the program whose name ends so.
func walk(t *testing.T, suffix string, read func(path string, source []byte)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "bin" || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, suffix) {
			return nil
		}
		source, err := os.ReadFile(path)
		if err == nil {
			read(path, source)
		}
		return err
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

// argumentsOf are the arguments that a format uses, by number, with the class of their verb: %s, %q and %v class as
// text.
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
		{"hạn %s", "due %s", false}, {"%[2]s: %[1]d", "%[1]d of %[2]q", false}, {"100%%", "all", false},
		{"", "", false},
		{"hạn", "", true}, {"", "due", true}, {"hạn %s", "due", true}, {"%s còn %d", "%d left", true},
		{"%d", "%s", true},
	} {
		if got := compare(c.vi, c.en) != ""; got != c.wrong {
			t.Errorf("%q and %q: wrong is %v, want %v", c.vi, c.en, got, c.wrong)
		}
	}
}

// TestEveryTemplatesTextIsInBothLanguages walks the pages' templates: {{t "…" "…" args}} and {{n count "…" "…" "…"}}.
// Between them no word stands as it is, but for names.
func TestEveryTemplatesTextIsInBothLanguages(t *testing.T) {
	found := 0
	walk(t, ".html", func(path string, source []byte) {
		tree := parse.New(path)
		tree.Mode = parse.SkipFuncCheck
		trees := map[string]*parse.Tree{}
		if _, err := tree.Parse(string(source), "", "", trees); err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		for _, one := range trees {
			walkTemplate(one.Root, func(n parse.Node) {
				call, ok := n.(*parse.CommandNode)
				if !ok {
					return
				}
				if spoken, problem := spokenBy(call); problem != "" {
					t.Errorf("%s: %s: %s", path, problem, n)
				} else if spoken {
					found++
				}
			})
		}
		if word := bareWord(source); word != "" {
			t.Errorf("%s: %q stands in one language only", path, word)
		}
	})
	if found < 100 {
		t.Errorf("only %d texts were found", found)
	}
}

// spokenBy looks at a call of t or n.
func spokenBy(c *parse.CommandNode) (spoken bool, problem string) {
	name, ok := c.Args[0].(*parse.IdentifierNode)
	switch {
	case !ok:
		return false, ""
	case name.Ident == "t":
		texts, ok := stringsOf(c.Args[1:], 2)
		if !ok {
			return true, "t takes a Vietnamese and an English text"
		}
		if problem := compare(texts[0], texts[1]); problem != "" {
			return true, problem
		}
		if want, got := len(argumentsOf(texts[0])), len(c.Args)-3; want != got {
			return true, fmt.Sprintf("%d arguments for %d verbs", got, want)
		}
		return true, ""
	case name.Ident == "n":
		if len(c.Args) != 5 {
			return true, "n takes a count and three texts"
		}
		texts, ok := stringsOf(c.Args[2:], 3)
		if !ok || slices.Contains(texts, "") {
			return true, "a text is missing in one language"
		}
		return true, ""
	}
	return false, ""
}

func stringsOf(nodes []parse.Node, n int) (texts []string, ok bool) {
	if len(nodes) < n {
		return nil, false
	}
	for _, node := range nodes[:n] {
		s, ok := node.(*parse.StringNode)
		if !ok {
			return nil, false
		}
		texts = append(texts, s.Text)
	}
	return texts, true
}

var (
	action   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	tag      = regexp.MustCompile(`(?s)<[^>]*>`)
	wordIn   = regexp.MustCompile(`\pL{3,}`)
	nameOnly = map[string]bool{"English": true, "Tiếng": true, "Việt": true, "SHA": true}
)

// bareWord is a word of a template that is in no action, no tag and no name.
func bareWord(source []byte) string {
	for _, word := range wordIn.FindAllString(tag.ReplaceAllString(action.ReplaceAllString(string(source), ""), " "),
		-1) {
		if !nameOnly[word] {
			return word
		}
	}
	return ""
}

// walkTemplate calls see for every node below one.
func walkTemplate(n parse.Node, see func(parse.Node)) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	see(n)
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walkTemplate(child, see)
		}
	case *parse.ActionNode:
		walkTemplate(n.Pipe, see)
	case *parse.TemplateNode:
		walkTemplate(n.Pipe, see)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walkTemplate(c, see)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			walkTemplate(a, see)
		}
	case *parse.IfNode:
		walkBranch(&n.BranchNode, see)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, see)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, see)
	}
}

func walkBranch(b *parse.BranchNode, see func(parse.Node)) {
	walkTemplate(b.Pipe, see)
	walkTemplate(b.List, see)
	walkTemplate(b.ElseList, see)
}
