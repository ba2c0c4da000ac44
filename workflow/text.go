package workflow

import (
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"covenant/internal/content"
)

// What people write stands in the log for good, on pages, in mails and in documents, and is compared with what others
// write. So it comes in one form (Unicode NFC, lines ended by one line feed), and holds nothing that is not seen: text
// that runs backwards, words that look alike and are not, a name with a second line in a mail's header.

const (
	maxLine = 500    // characters of a name, a title, a code
	maxText = 20_000 // characters of a reason, a comment, a report
)

// longTexts are the fields that may hold more than one line, by their names in Go.
var longTexts = map[string]bool{"Text": true, "Reason": true, "Note": true, "Summary": true,
	"Answer": true, "Body": true}

// normalized is a command with its texts in one form, or says which of them may not stand so. What came in is not
// changed.
func normalized(c Command) (Command, error) {
	v := reflect.New(reflect.TypeOf(c)).Elem()
	v.Set(reflect.ValueOf(c))
	if err := normalize(v, "", false); err != nil {
		return nil, err
	}
	return v.Interface().(Command), nil //nolint:forcetypeassert // it is of the type that came in
}

// normalize goes through a value that may be changed. Slices and what pointers lead to are the caller's, and are copied
// before one of their texts is.
func normalize(v reflect.Value, name string, long bool) error {
	switch v.Kind() {
	case reflect.String:
		text, err := oneForm(v.String(), name, long)
		if err == nil && text != v.String() {
			v.SetString(text)
		}
		return err
	case reflect.Struct:
		return normalizeStruct(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 || v.Len() == 0 {
			return nil
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		for i := range v.Len() {
			if err := normalize(v.Index(i), name, long); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		v.Set(own)
		return normalize(own.Elem(), name, long)
	case reflect.Map:
		return normalizeMap(v, name, long)
	}
	return nil
}

func normalizeStruct(v reflect.Value) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if err := normalize(v.Field(i), jsonName(f), longTexts[f.Name]); err != nil {
			return err
		}
	}
	return nil
}

func normalizeMap(v reflect.Value, name string, long bool) error {
	if v.Len() == 0 {
		return nil
	}
	own := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.Set(it.Key())
		value.Set(it.Value())
		if err := normalize(key, name, false); err != nil {
			return err
		}
		if err := normalize(value, name, long); err != nil {
			return err
		}
		own.SetMapIndex(key, value)
	}
	v.Set(own)
	return nil
}

// oneForm is a text in the form in which it is kept, or an error that says what may not stand in it.
func oneForm(text, name string, long bool) (string, error) {
	most := maxLine
	if long {
		most, text = maxText, strings.ReplaceAll(text, "\r\n", "\n")
	}
	if len(text) > most && utf8.RuneCountInString(text) > most {
		return "", refuse(CodeInvalid, "trường “%s” dài quá %d ký tự",
			"the field “%s” is longer than %d characters", name,
			most)
	}
	if !utf8.ValidString(text) {
		return "", refuse(CodeInvalid, "trường “%s” không phải văn bản Unicode (UTF-8); hãy gõ lại",
			"the field “%s” is not Unicode text (UTF-8); type it again", name)
	}
	text = content.Compose(text)
	if r, place := content.FirstUnseen(text, long); place > 0 {
		return "", refuse(CodeInvalid, "trường “%s” %s", "the field “%s” %s", name, content.UnseenWords(r, place))
	}
	return text, nil
}
