package workflow

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// completed are the commands that the engine completes; given are those that the program gives itself; elsewhere are those
// on the directory and the register.
var (
	completed = []string{"DraftCovenant", "SubmitRevision", "AmendText", "IssueNumber", "RecordSignature", "RecordPaperSignature", "RecordSeal"}
	given     = []string{"Freeze", "RecordValidationData", "RecordMinutes", "RecordReminder", "EscalateStage", "EndReporting", "BindByRule"}
	elsewhere = []string{
		"AssignPosition", "EndPosition", "GrantDelegation", "RevokeDelegation", "BindCertificate", "ConfirmCertificate", "UnbindCertificate",
		"ReplaceCertificate", "SetBindingRule", "EndBindingRule", "ReserveNumber", "EnterNumber", "ExplainNumber",
	}
)

// Every command of this package is one of people's, or it is named here as another one: whoever adds a command says whose.
func TestPeoplesCommandsAreAll(t *testing.T) {
	known := map[string]bool{}
	for _, names := range [][]string{completed, given, elsewhere} {
		for _, name := range names {
			known[name] = true
		}
	}
	for _, c := range PeoplesCommands() {
		typ := reflect.TypeOf(c.Command)
		if known[typ.Name()] {
			t.Errorf("%s stands twice", typ.Name())
		}
		known[typ.Name()] = true
		if by, ok := typ.FieldByName("By"); !ok || by.Type != reflect.TypeFor[PersonID]() {
			t.Errorf("%s does not say who gives it", typ.Name())
		}
		if c.Vietnamese == "" || c.English == "" {
			t.Errorf("%s has no words", typ.Name())
		}
	}
	declared := declaredCommands(t)
	for name := range declared {
		if !known[name] {
			t.Errorf("command %s is in no list: add it to PeoplesCommands, or to one of the lists of this test", name)
		}
	}
	for name := range known {
		if !declared[name] {
			t.Errorf("there is no command %s", name)
		}
	}
}

// declaredCommands are the types of this package that have the method decide.
func declaredCommands(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "decide" || f.Recv == nil {
				continue
			}
			if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
				out[receiver.Name] = true
			}
		}
	}
	return out
}
