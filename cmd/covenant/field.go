package main

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"covenant/workflow"
)

// The fields of a command are those of its Go type, under names as people write them: NewLeader is new_leader. They are
// filled from FIELD=VALUE on the command line or from a YAML file.

// notFields are set by the command line itself: who gives the command (--as), which covenant (its address), the PIN
// (--pin-file); and what only the rules and the engine may fill in.
var notFields = map[string]bool{"By": true, "Covenant": true, "Slug": true, "PIN": true, "Ballots": true, "Digest": true}

// field is one field of a command.
type field struct {
	name string
	typ  reflect.Type
	at   []int // index path
}

// fieldsOf are the fields that people fill in, in the order of the type.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() || notFields[f.Name] {
			continue
		}
		out = append(out, field{fieldName(f.Name), f.Type, f.Index})
	}
	return out
}

// fieldName is a Go name as people write it: words in small letters with underscores between.
func fieldName(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// words says what a field may hold.
func (f field) words(lang string) string {
	if w := workflow.CommandWords(f.typ.Name()); len(w) > 0 {
		return strings.Join(w, "|")
	}
	pick := func(vi, en string) string { return (&env{lang: lang}).pick(vi, en) }
	switch {
	case f.typ == reflect.TypeFor[[]byte]():
		return "@" + pick("TỆP", "FILE")
	case f.typ == reflect.TypeFor[workflow.Date]():
		return pick("NGÀY (yyyy-mm-dd)", "DATE (yyyy-mm-dd)")
	case f.typ == reflect.TypeFor[workflow.Digest]():
		return pick("MÃ SHA-256", "SHA-256")
	case f.typ.Kind() == reflect.Slice && f.typ.Elem().Kind() == reflect.Struct:
		var parts []string
		for _, inner := range fieldsOf(f.typ.Elem()) {
			parts = append(parts, inner.name)
		}
		return "[{" + strings.Join(parts, ", ") + "}, …]"
	case f.typ.Kind() == reflect.Slice:
		return "[…]"
	case f.typ.Kind() == reflect.Int:
		return pick("SỐ", "NUMBER")
	case f.typ.Kind() == reflect.Bool:
		return "true|false"
	}
	return pick("CHỮ", "TEXT")
}

// setField fills one field of target, a pointer to a struct, from FIELD=VALUE. A value @FILE is what a file holds.
func setField(target any, assignment, lang string) error {
	name, text, ok := strings.Cut(assignment, "=")
	if !ok {
		return sentence("“%s”: cần viết TRƯỜNG=GIÁ TRỊ", "%q: want FIELD=VALUE", assignment)
	}
	v := reflect.ValueOf(target).Elem()
	f, err := findField(v.Type(), "", name, lang)
	if err != nil {
		return err
	}
	if path, ok := strings.CutPrefix(text, "@"); ok {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		text = string(data)
	} else if f.typ == reflect.TypeFor[[]byte]() {
		return sentence("%[1]s: cần tên tệp, viết %[1]s=@TỆP", "%[1]s: want a file, as in %[1]s=@FILE", name)
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if isList(f.typ) {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
			return sentence("%s: danh sách không đọc được: %v", "%s: the list cannot be read: %v", name, err)
		}
		node = doc.Content[0]
	}
	return fill(v.FieldByIndex(f.at), node, name, lang)
}

func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t != reflect.TypeFor[[]byte]()
}

// setFields fills target, a pointer to a struct, from a YAML file.
func setFields(target any, path, lang string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return fill(reflect.ValueOf(target).Elem(), doc.Content[0], path, lang)
}

// findField finds a field by its name; where stands before what is wrong with it.
func findField(t reflect.Type, where, name, lang string) (field, error) {
	fields := fieldsOf(t)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i >= 0 {
		return fields[i], nil
	}
	var known []string
	for _, f := range fields {
		known = append(known, f.name+"="+f.words(lang))
	}
	if name == "pin" {
		return field{}, sentence("không ghi mã PIN trên dòng lệnh; hãy dùng --pin-file", "a PIN does not stand on the command line; use --pin-file")
	}
	return field{}, sentence("%[3]skhông có trường “%[1]s”; các trường là: %[2]s", "%[3]sthere is no field %[1]q; the fields are: %[2]s", name, strings.Join(known, "  "), where)
}

// fill sets a value from a YAML node; where says what it is about.
func fill(v reflect.Value, n *yaml.Node, where, lang string) error {
	if n.Line > 0 {
		where = fmt.Sprintf("%s, %d:%d", where, n.Line, n.Column)
	}
	switch {
	case isList(v.Type()):
		return fillList(v, n, where, lang)
	case v.Kind() == reflect.Struct && !v.Addr().Type().Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return fillStruct(v, n, where, lang)
	case n.Kind != yaml.ScalarNode:
		return sentence("%s: cần một giá trị đơn", "%s: want a single value", where)
	}
	return fillScalar(v, n.Value, where)
}

func fillList(v reflect.Value, n *yaml.Node, where, lang string) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := fill(list.Index(i), item, where, lang); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func fillStruct(v reflect.Value, n *yaml.Node, where, lang string) error {
	if n.Kind != yaml.MappingNode {
		return sentence("%s: cần các cặp trường: giá trị", "%s: want pairs of field: value", where)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		f, err := findField(v.Type(), where+": ", name, lang)
		if err != nil {
			return err
		}
		if err := fill(v.FieldByIndex(f.at), n.Content[i+1], name, lang); err != nil {
			return err
		}
	}
	return nil
}

func fillScalar(v reflect.Value, text, where string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		return nil
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		var n int
		n, err = strconv.Atoi(text)
		v.SetInt(int64(n))
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		v.SetBool(b)
	case reflect.Slice: // of bytes
		v.SetBytes([]byte(text))
	default:
		return fmt.Errorf("%s: a %s cannot be given here", where, v.Type())
	}
	if err != nil {
		return sentence("%s: “%s” không hợp lệ", "%s: %q is not valid", where, text)
	}
	return nil
}

// sentence is an error in both languages about what was typed.
func sentence(vi, en string, args ...any) error {
	return &workflow.Error{Code: workflow.CodeInvalid, Vietnamese: fmt.Sprintf(vi, args...), English: fmt.Sprintf(en, args...)}
}
