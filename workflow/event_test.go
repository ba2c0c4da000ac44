package workflow

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Every type that is an event is in the table of events, and changes a covenant, the directory or the register.
func TestEveryEventIsRegistered(t *testing.T) {
	registered := map[string]reflect.Type{}
	for kind, typ := range events {
		registered[typ.Name()] = typ
		e, ok := reflect.Zero(typ).Interface().(Event)
		if !ok || e.Kind() != kind {
			t.Errorf("%s stands under %s", typ.Name(), kind)
		}
		_, covenant := e.(ofCovenant)
		_, directory := e.(ofDirectory)
		_, quiet := told[kind]
		if covenant == directory && !quiet {
			t.Errorf("%s changes a covenant: %v, the directory: %v", kind, covenant, directory)
		}
		if back, err := DecodeEvent(kind, []byte("{}")); err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%s is read as %+v, %v", kind, back, err)
		}
	}
	for _, name := range eventTypes(t) {
		if registered[name] == nil {
			t.Errorf("%s is not in the table of events", name)
		}
	}
	if _, err := DecodeEvent("from_tomorrow", []byte("{}")); err == nil {
		t.Error("an unknown event was read")
	}
	if _, err := DecodeEvent("drafted", []byte("[]")); err == nil {
		t.Error("a list was read as an event")
	}
}

// told are the events that only tell: the rules never look at them again. Those of the register become rows.
var told = map[string]string{
	"stage_skipped": "", "process_ended": "", "number_reserved": "register", "number_entered": "register",
	"number_explained": "register",
}

func eventTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Kind" && f.Recv != nil &&
				!strings.HasSuffix(path, "_test.go") {
				out = append(out, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	return out
}

// No event can stop the program that folds it, whatever it says and whenever it comes: logs come from elsewhere, too.
func FuzzApply(f *testing.F) {
	for kind := range events {
		f.Add(kind, "{}")
	}
	f.Add("revision_returned", `{"revision": 99}`)
	f.Add("revision_withdrawn", `{"revision": 0}`)
	f.Fuzz(func(t *testing.T, kind, data string) {
		e, err := DecodeEvent(kind, []byte(data))
		if err != nil {
			return
		}
		(&Covenant{}).Apply(e)
		NewDirectory().Apply(e)
		AuthorityOf(e)
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("%s cannot be written: %v", kind, err)
		}
	})
}
