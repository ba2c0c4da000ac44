package main

import (
	"os"
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/go-viper/mapstructure/v2"
	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
)

// The fields of a command are filled from FIELD=VALUE on the command line, or from a YAML file, under their names in
// JSON.

// setField fills one field of target, a pointer to a struct, from FIELD=VALUE. A value @FILE is what a file holds.
func setField(target any, assignment string) error {
	name, text, ok := strings.Cut(assignment, "=")
	if !ok {
		return sentence("“%s”: cần viết TRƯỜNG=GIÁ TRỊ", "“%s”: want FIELD=VALUE", assignment)
	}
	f, err := findField(reflect.TypeOf(target).Elem(), name)
	if err != nil {
		return err
	}
	path, fromFile := strings.CutPrefix(text, "@")
	switch {
	case fromFile:
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text = string(data)
	case f.Type == reflect.TypeFor[[]byte]():
		return sentence("%[1]s: cần tên tệp, viết %[1]s=@TỆP", "%[1]s: want a file, as in %[1]s=@FILE", name)
	}
	if !isList(f.Type) {
		return fill(target, f, text)
	}
	if err := oneDocument(name, []byte(text)); err != nil {
		return err
	}
	var list yaml.Node
	if err := yaml.Unmarshal([]byte(text), &list); err != nil || len(list.Content) == 0 {
		return sentence("%s: danh sách không đọc được; cần %s", "%s: the list cannot be read; want %s", name, f.Words())
	}
	return fill(target, f, plain(list.Content[0]))
}

// oneDocument refuses a YAML file of which only the first document would be read.
func oneDocument(name string, source []byte) error {
	if line, more := content.SecondDocument(source); more {
		return sentence("%s:%d: tệp chỉ có một phần dữ liệu: hãy bỏ phần sau dấu ---",
			"%s:%d: a file holds one set of data: take out what follows ---", name, line)
	}
	return nil
}

func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t != reflect.TypeFor[[]byte]()
}

// setFields fills target, a pointer to a struct, from a YAML file.
func setFields(target any, path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var fields yaml.Node
	if err := yaml.Unmarshal(source, &fields); err != nil {
		return sentence("%s không đọc được: %s", "%s cannot be read: %s", path, content.YAMLWords(err))
	}
	if err := oneDocument(path, source); err != nil {
		return err
	}
	if len(fields.Content) == 0 {
		return nil
	}
	root := fields.Content[0]
	if root.Kind != yaml.MappingNode {
		return sentence("%s: cần các cặp trường: giá trị", "%s: want pairs of field: value", path)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		f, err := findField(reflect.TypeOf(target).Elem(), key.Value)
		if err != nil {
			return sentence("%s:%d:%d: %s", "%s:%d:%d: %s", path, key.Line, key.Column, speaker(err))
		}
		if err := fill(target, f, plain(root.Content[i+1])); err != nil {
			return sentence("%s:%d:%d: %s", "%s:%d:%d: %s", path, key.Line, key.Column, speaker(err))
		}
	}
	return nil
}

// plain is a node with all its scalars as they were typed: what they mean is for the field's type to say.
func plain(n *yaml.Node) any {
	switch n.Kind { // an alias stays the word that it is: it could lead round in a circle
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			out = append(out, plain(item))
		}
		return out
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return out
	}
	return n.Value
}

// speaker is an error as part of a sentence.
func speaker(err error) words.Text {
	return words.Of(words.Explain(err, words.Vietnamese), words.Explain(err, words.English))
}

// findField finds a field by its name; the error lists those that there are.
func findField(t reflect.Type, name string) (catalogue.Field, error) {
	best, distance := "", max(1, len([]rune(name))/3)+1
	var all []words.Text
	for _, f := range catalogue.FieldsOf(t) {
		secret := f.Secret && f.Type.Kind() == reflect.String
		if f.Name == name && secret {
			return f, sentence("%s: không viết ở đây; dùng --pin-file", "%s: is not written here; use --pin-file", name)
		}
		if f.Name == name {
			return f, nil
		}
		if secret {
			continue
		}
		all = append(all, words.Join("=", words.Same(f.Name), f.Words()))
		if d := levenshtein.ComputeDistance(name, f.Name); d < distance {
			best, distance = f.Name, d
		}
	}
	if best != "" {
		return catalogue.Field{}, sentence("không có trường “%s”; có phải là “%s”?",
			"there is no field “%s”; did you mean “%s”?", name, best)
	}
	return catalogue.Field{}, sentence("không có trường “%s”; các trường: %s",
		"there is no field “%s”; the fields are: %s",
		name, words.Join("  ", all...))
}

// fill puts a value, as text or as YAML has it, into a field by the tags of its type.
func fill(target any, f catalogue.Field, value any) error {
	place := reflect.ValueOf(target).Elem().FieldByIndex(f.Index)
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: place.Addr().Interface(), TagName: "json", Squash: true, ErrorUnused: true, WeaklyTypedInput: true,
		DecodeHook: mapstructure.TextUnmarshallerHookFunc(),
	})
	if err != nil {
		return err
	}
	if err := d.Decode(value); err != nil {
		shown, _ := value.(string)
		if len([]rune(shown)) > 60 {
			shown = string([]rune(shown)[:60]) + "…"
		}
		return sentence("%s: “%s” không hợp lệ; cần %s", "%s: “%s” is not valid; want %s", f.Name, shown, f.Words())
	}
	return nil
}

// sentence is an error in both languages about what was typed.
func sentence(vi, en string, args ...any) error {
	return workflow.Refusal(workflow.CodeInvalid, vi, en, args...)
}
