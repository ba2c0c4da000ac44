package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"

	"covenant/internal/words"
	"covenant/workflow"
)

// Field is one field of a command as callers fill it in.
type Field struct {
	Name   string // in JSON
	Type   reflect.Type
	Secret bool // it must not be shown or kept
	Index  []int
}

// Fields are the fields that callers fill in, in the order of the type; see [FieldsOf].
func (c Command) Fields() []Field { return FieldsOf(c.Params) }

// FieldsOf are the fields of a struct that callers fill in: those with a name in JSON that neither address nor
// engine fill.
func FieldsOf(t reflect.Type) []Field {
	var out []Field
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" || name == "" || f.Tag.Get("from") != "" {
			continue
		}
		out = append(out, Field{Name: name, Type: f.Type, Secret: f.Tag.Get("secret") != "", Index: f.Index})
	}
	return out
}

// Choices are the words that a field may hold; none where any text may stand.
func (f Field) Choices() []string { return workflow.CommandWords(f.Type.Name()) }

// Words says what a field may hold.
func (f Field) Words() words.Text {
	switch {
	case len(f.Choices()) > 0:
		return words.Same(strings.Join(f.Choices(), "|"))
	case f.Type == reflect.TypeFor[[]byte]():
		return words.Of("@TỆP", "@FILE")
	case f.Type == reflect.TypeFor[workflow.Date]():
		return words.Of("NGÀY (yyyy-mm-dd)", "DATE (yyyy-mm-dd)")
	case f.Type == reflect.TypeFor[workflow.Digest]():
		return words.Of("MÃ SHA-256", "SHA-256")
	case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
		var parts []string
		for _, inner := range FieldsOf(f.Type.Elem()) {
			parts = append(parts, inner.Name)
		}
		return words.Same("[{" + strings.Join(parts, ", ") + "}, …]")
	case f.Type.Kind() == reflect.Slice:
		return words.Same("[…]")
	case f.Type.Kind() == reflect.Int:
		return words.Of("SỐ", "NUMBER")
	case f.Type.Kind() == reflect.Bool:
		return words.Same("true|false")
	}
	return words.Of("CHỮ", "TEXT")
}

// Decode reads the fields of a call into a value of the command's type. A field that is unknown, or is not the caller's
// to fill in, is an error.
func (c Command) Decode(fields json.RawMessage) (any, error) {
	target := reflect.New(c.Params)
	if len(fields) > 0 {
		d := json.NewDecoder(bytes.NewReader(fields))
		d.DisallowUnknownFields()
		if err := d.Decode(target.Interface()); err != nil {
			return nil, invalid("các trường của lệnh %s không đọc được: %v", "the fields of %s cannot be read: %v",
				c.Name, err)
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, invalid("các trường của lệnh %s: chỉ được một giá trị", "fields of %s: more than one value",
				c.Name)
		}
	}
	if name := filledIn(target.Elem()); name != "" {
		return nil, invalid("lệnh %s: trường “%s” do chương trình điền",
			"%s: the field “%s” is filled in by the program", c.Name, name)
	}
	return target.Elem().Interface(), nil
}

// filledIn names a field that holds something though it is not the caller's to fill in.
func filledIn(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			if f.Tag.Get("from") != "" && !v.Field(i).IsZero() {
				return f.Name
			}
			if name := filledIn(v.Field(i)); name != "" {
				return name
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return ""
		}
		for i := range v.Len() {
			if name := filledIn(v.Index(i)); name != "" {
				return name
			}
		}
	}
	return ""
}

// Encode writes a command's fields as a call holds them.
func Encode(params any) (json.RawMessage, error) {
	data, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("fields of %T: %w", params, err)
	}
	return data, nil
}

// nameOf is a type's name as people write it: GiveReview is give-review.
func nameOf(t reflect.Type) string {
	var b strings.Builder
	runes := []rune(t.Name())
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// NameOf is the name of the command that a command of the rules is given by.
func NameOf(c workflow.Command) string { return nameOf(reflect.TypeOf(c)) }
