package catalogue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/catalogue"
)

// sample is a value that a field of a type takes, as JSON.
func sample(f catalogue.Field) string {
	if words := f.Choices(); len(words) > 0 {
		return fmt.Sprintf("%q", words[0])
	}
	switch {
	case f.Type == reflect.TypeFor[workflow.Date]():
		return `"2026-03-26"`
	case f.Type == reflect.TypeFor[workflow.Digest]():
		return `"` + strings.Repeat("ab", 32) + `"`
	case f.Type == reflect.TypeFor[workflow.Points]():
		return `"1.5"`
	case f.Type == reflect.TypeFor[[]byte]():
		return `"AAAA"`
	}
	switch f.Type.Kind() {
	case reflect.Slice:
		if f.Type.Elem().Kind() == reflect.Struct {
			var inner []string
			for _, field := range catalogue.FieldsOf(f.Type.Elem()) {
				inner = append(inner, fmt.Sprintf("%q: %s", field.Name, sample(field)))
			}
			return "[{" + strings.Join(inner, ", ") + "}]"
		}
		return "[" + sample(catalogue.Field{Type: f.Type.Elem()}) + "]"
	case reflect.Int, reflect.Int64:
		return "7"
	case reflect.Bool:
		return "true"
	}
	return `"x"`
}

// Every field of every command takes a value of its kind, gives it back as it was, and takes none of another kind; what
// is wrong is said in both languages.
func TestEveryFieldOfEveryCommand(t *testing.T) {
	fields := 0
	for _, c := range catalogue.Commands() {
		for _, f := range c.Fields() {
			fields++
			good := fmt.Sprintf("{%q: %s}", f.Name, sample(f))
			params, err := c.Decode(json.RawMessage(good))
			if err != nil {
				t.Errorf("%s: %s: %v", c.Name, good, err)
				continue
			}
			again, err := catalogue.Encode(params)
			if err != nil {
				t.Fatal(err)
			}
			back, err := c.Decode(again)
			if err != nil || !reflect.DeepEqual(back, params) {
				t.Errorf("%s: %s is written as %s and read as %+v, %v", c.Name, good, again, back, err)
			}
			if vi, en := f.Words().Vietnamese, f.Words().English; vi == "" || en == "" {
				t.Errorf("%s: %s has no words", c.Name, f.Name)
			}
			for _, wrong := range []string{`{"a": 1}`, `[[["x"]]]`, "1e400", "1.5e-7", `"\ud800`, "tru"} {
				_, err := c.Decode(json.RawMessage(fmt.Sprintf("{%q: %s}", f.Name, wrong)))
				var refused *workflow.Error
				if !errors.As(err, &refused) || refused.Code != workflow.CodeInvalid ||
					refused.Vietnamese == refused.English ||
					!strings.Contains(refused.Vietnamese, c.Name) {
					t.Errorf("%s: %s: %s: %v", c.Name, f.Name, wrong, err)
				}
			}
		}
	}
	if fields < 100 {
		t.Errorf("only %d fields", fields)
	}
}

// A call as a whole: one object, nothing after it, no field twice with two meanings in another writing.
func TestCallsAsAWhole(t *testing.T) {
	c, err := catalogue.Named("withdraw")
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		``: true, `{}`: true, `null`: true, `{"reason":"x"}`: true, " {\n} ": true,
		`[]`: false, `"x"`: false, `7`: false, `{`: false, `{}}`: false, `{} {}`: false, `{},`: false, `{"reason":"x",}`: false,
		`{"by":"a0-head"}`: false, `{"actor":{}}`: false, `{"reason":"x","reasons":"y"}`: false, `{"":"x"}`: false,
		`{"reason":["x"]}`: false, `{"reason":{"vi":"x"}}`: false, "\xff": false, `{"reason":"x"` + strings.Repeat(" ", 99): false,
		strings.Repeat("[", 20_000): false, strings.Repeat(`{"reason":`, 20_000): false,
	} {
		if _, err := c.Decode(json.RawMessage(text)); (err == nil) != good ||
			err != nil && workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

// Whoever mistypes the name of a command is told the one that was meant, where one was; never one of another kind.
func TestMistypedNames(t *testing.T) {
	for _, c := range catalogue.Commands() {
		for i := range c.Name {
			for _, typed := range []string{c.Name[:i] + c.Name[i+1:], c.Name[:i] + "q" + c.Name[i:]} {
				if found, err := catalogue.Named(typed); err == nil {
					if found.Name != typed {
						t.Errorf("%q is taken for %s", typed, found.Name)
					}
				} else if !strings.Contains(err.Error(), "did you mean") {
					t.Errorf("%q, for %s: %v", typed, c.Name, err)
				}
			}
		}
	}
}
