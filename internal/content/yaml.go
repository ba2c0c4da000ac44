package content

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/words"
)

// yamlCauses are what the reader of YAML complains of, by a part of its text, in words that say what to do. It has no
// kinds of errors but one; what is not here is told in general.
var yamlCauses = []struct {
	part string
	say  words.Text
}{
	{"cannot start any token", words.Of("có ký tự không được đứng đầu giá trị (dấu tab, @, `); hãy thụt dòng bằng dấu "+
		"cách và đặt giá trị trong dấu nháy", "a character that cannot begin a value (a tab, @, `); indent by spaces and "+
		"put the value in quotes")},
	{"mapping values are not allowed", words.Of("có dấu hai chấm thừa hoặc thụt dòng sai; giá trị chứa “: ” phải đặt "+
		"trong dấu nháy", "there is a colon too many, or the indentation is wrong; a value with “: ” in it "+
		"needs quotes")},
	{"unexpected end of stream", words.Of("dấu nháy mở mà không đóng", "quotes are opened and not closed")},
	{"did not find expected", words.Of("thụt dòng, dấu ngoặc hoặc dấu nháy không khớp; hãy xem cả dòng trước đó",
		"indentation, brackets or quotes do not match; look at the line before it, too")},
	{"could not find expected ':'", words.Of("thiếu dấu hai chấm sau tên", "a colon is missing after the name")},
	{"already defined", words.Of("tên này đã có ở trên; hãy bỏ một trong hai",
		"this name was given above; drop one of the two")},
	{"unknown anchor", words.Of("dấu * gọi một tên chưa có; hãy đặt giá trị trong dấu nháy",
		"* refers to a name that is not there; put the value in quotes")},
	{"contains itself", words.Of("giá trị chứa chính nó; hãy bỏ dấu & và *", "a value contains itself; drop & and *")},
	{"control characters", words.Of("có ký tự điều khiển; hãy lưu lại thành văn bản UTF-8",
		"there are control characters; save it as UTF-8 text")},
	{"UTF-8", words.Of("không phải văn bản UTF-8; hãy lưu lại với mã UTF-8", "it is not UTF-8 text; save it as UTF-8")},
	{"not found in type", words.Of("không có mục nào tên như vậy ở đây; hãy xem lại chính tả",
		"there is no entry of this name here; look at its spelling")},
	{"cannot unmarshal", words.Of("giá trị không đúng loại ở đây (chữ, số, danh sách hay các cặp tên: giá trị)",
		"the value is of a wrong kind here (text, number, list, or pairs of name: value)")},
	{"cannot decode", words.Of("giá trị không đúng loại đã ghi", "the value is not of the kind that it says")},
}

var (
	yamlLine  = regexp.MustCompile(`line (\d+): `)
	yamlField = regexp.MustCompile(`field (\S+) not found`)
)

// YAMLWords say why a YAML file could not be read: by line where that is known, the first three. Nothing of the
// reader's own text reaches people: it names types of the program, and is in one language.
func YAMLWords(err error) words.Text {
	if errors.Is(err, io.EOF) {
		return words.Of("tệp rỗng", "the file is empty")
	}
	said := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		said = several.Errors
	}
	var out []words.Text
	for _, text := range said[:min(len(said), 3)] {
		out = append(out, yamlCause(text))
	}
	return words.Join("; ", out...)
}

// YAMLCause is the first line at fault, 1 where it is not known, and why.
func YAMLCause(err error) (line int, why words.Text) {
	line, text := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits, as the expression has it
		text = strings.Replace(text, m[0], "", 1)
	}
	return line, yamlCause(text)
}

func yamlCause(text string) words.Text {
	say := words.Of("không đúng cú pháp YAML; hãy xem lại thụt dòng, dấu hai chấm và dấu nháy",
		"it is not YAML; look at indentation, colons and quotes")
	for _, cause := range yamlCauses {
		if strings.Contains(text, cause.part) {
			say = cause.say
			break
		}
	}
	if field := yamlField.FindStringSubmatch(text); field != nil {
		say = words.F("“%s”: %s", "“%s”: %s", field[1], say)
	}
	if line := yamlLine.FindStringSubmatch(text); line != nil {
		say = words.F("dòng %s: %s", "line %s: %s", line[1], say)
	}
	return say
}
