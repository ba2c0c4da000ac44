package catalogue_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/catalogue"
)

// Commands of the rules that nobody gives by the catalogue: the engine makes those of a request that it completes, and
// the program gives the others itself.
var (
	completed = map[string]string{
		"DraftCovenant": "draft", "SubmitRevision": "submit-revision", "AmendText": "amend-text",
		"IssueNumber": "issue-number", "RecordSignature": "sign", "RecordPaperSignature": "record-paper-signature",
		"RecordSeal": "seal", "ApplyBlock": "apply-block",
	}
	programs = []string{
		"Freeze", "RecordValidationData", "RecordMinutes", "RecordReminder", "EscalateStage",
		"EndReporting", "RecountDeadline",
		"BindByRule", "StopCompletion",
	}
)

// Every command of the rules is in the catalogue once, or is named here as the engine's or the program's own: whoever
// adds one says whose it is.
func TestEveryCommandIsInTheCatalogue(t *testing.T) {
	names := map[string]bool{}
	for _, c := range catalogue.Commands() {
		if names[c.Name] {
			t.Errorf("%s stands twice", c.Name)
		}
		names[c.Name] = true
		if c.Words.Vietnamese == "" || c.Words.English == "" {
			t.Errorf("%s has no words", c.Name)
		}
	}
	for _, name := range declaredCommands(t) {
		switch {
		case completed[name] != "":
			if !names[completed[name]] {
				t.Errorf("%s is completed by %s, which is not in the catalogue", name, completed[name])
			}
		case slices.Contains(programs, name):
			if names[kebab(name)] {
				t.Errorf("%s is the program's own and stands in the catalogue", name)
			}
		case !names[kebab(name)]:
			t.Errorf("%s is not in the catalogue", name)
		}
	}
}

var hump = regexp.MustCompile("([a-z])([A-Z])")

func kebab(name string) string { return strings.ToLower(hump.ReplaceAllString(name, "$1-$2")) }

// declaredCommands are the types of package workflow that have the method decide.
func declaredCommands(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "decide" && f.Recv != nil {
				out = append(out, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("found %d commands only: the test looks in the wrong place", len(out))
	}
	return out
}

// No command holds who gives it, every field has a name in JSON, and what the address or the engine fills in is refused
// from callers.
func TestFieldsOfCommands(t *testing.T) {
	snake := regexp.MustCompile("^[a-z0-9]+(_[a-z0-9]+)*$")
	for _, c := range catalogue.Commands() {
		for _, f := range reflect.VisibleFields(c.Params) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous:
			case f.Name == "By" || f.Type == reflect.TypeFor[workflow.Actor]():
				t.Errorf("%s holds who gives it", c.Name)
			case name != "-" && !snake.MatchString(name):
				t.Errorf("%s: the field %s has no name in JSON", c.Name, f.Name)
			case f.Tag.Get("from") != "":
				fields, err := json.Marshal(map[string]string{name: "x"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Decode(fields); workflow.ErrorCode(err) != workflow.CodeInvalid {
					t.Errorf("%s: a caller fills in %s: %v", c.Name, name, err)
				}
			}
		}
		if _,
			err := c.Decode(json.RawMessage(`{"no_such_field": 1}`)); workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("%s takes an unknown field: %v", c.Name, err)
		}
		if _, err := c.Decode(json.RawMessage(`{} {}`)); workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("%s takes two values: %v", c.Name, err)
		}
	}
}

func TestNamed(t *testing.T) {
	if c, err := catalogue.Named("give-review"); err != nil || c.Name != "give-review" {
		t.Errorf("%v %v", c.Name, err)
	}
	if _, err := catalogue.Named("give-revie"); err == nil ||
		!strings.Contains(err.Error(), "did you mean give-review?") {
		t.Errorf("mistyped: %v", err)
	}
	if _, err := catalogue.Named("dance"); workflow.ErrorCode(err) != workflow.CodeInvalid {
		t.Errorf("unknown: %v", err)
	}
}

// Whatever comes as the fields of a command is refused or understood.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"reason":"x"}`, `{"by":"someone else","reason":"x"}`, `{"revision":1e400}`, `[]`, `null`,
		`{"scores":[{"criterion":"a","points":"1.5"}]}`,
		`{"comments":[{"clause":"a","digest":"00"}]}`, `{"covenant":"x"}`, `{"ballots":["for"]}`,
	} {
		f.Add(seed)
	}
	all := catalogue.Commands()
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range all {
			params, err := c.Decode(json.RawMessage(text))
			if err != nil && workflow.ErrorCode(err) != workflow.CodeInvalid {
				t.Errorf("%s: %v", c.Name, err)
			}
			if err == nil && reflect.TypeOf(params) != c.Params {
				t.Errorf("%s: decoded a %T", c.Name, params)
			}
		}
	})
}

// asksReaders are commands that leave the covenant as it is: who may read its dossier, or draft another one, may give
// them.
var asksReaders = map[string]bool{"amend": true, "renew": true, "make-evidence": true}

// What the rules say is open has a name in the catalogue, whatever it is.
func TestEveryPossibleCommandHasAName(t *testing.T) {
	s := workflow.State{
		Covenant: &workflow.Covenant{Particulars: workflow.Particulars{
			Parties: []workflow.Party{{Agency: "a", Role: workflow.RoleLeader}},
		}},
		Process: &workflow.Process{}, Directory: workflow.NewDirectory(), Calendar: vietnam(t),
	}
	named := map[string]bool{}
	for _, p := range catalogue.May(s, workflow.SignedIn("somebody"), time.Now()) {
		named[p.Name] = true
		if p.Why == nil {
			t.Errorf("%s is open to a stranger on a covenant that there is not", p.Name)
		}
	}
	for _, c := range catalogue.Commands() {
		if c.Scope == catalogue.OnCovenant && !c.Reads && !named[c.Name] && !asksReaders[c.Name] {
			t.Errorf("%s is never said to be open or not", c.Name)
		}
	}
}

func vietnam(t *testing.T) *workflow.Calendar {
	t.Helper()
	c, err := calendar.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
