package workflow

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"covenant/internal/content"
	"covenant/internal/words"
)

// Meant refuses, of a command that the rules allow, what cannot be meant, and asks about what hardly is: a number dated
// in another year, a covenant for the year after next. mean are the keys of the questions that were answered with yes,
// by whoever gives the command: it decides nothing but whether they are asked again.
//
// It is asked when a command is given, and by no one who decides a log anew: what was recorded was meant.
func Meant(s State, c Command, now time.Time, mean []string) error {
	m := meaning{mean: mean, today: s.today(now)}
	eachField(reflect.ValueOf(c), "", func(name string, v reflect.Value) {
		if m.err == nil {
			m.field(name, v)
		}
	})
	if m.err == nil {
		m.command(c)
	}
	return m.err
}

type meaning struct {
	mean  []string
	today Date
	err   error
}

// field looks at one text, year or day, whatever command it belongs to.
func (m *meaning) field(name string, v reflect.Value) {
	switch value := v.Interface().(type) {
	case Date:
		switch {
		case value.IsZero():
		case content.ShortYear(value.Year):
			m.refuse(name, content.ShortYearWords(value.Year))
		case !daysOfCommands.Holds(value.Year, m.today.Year):
			m.ask(name, content.FarWords(value.Year, m.today.Year))
		}
	case int:
		if name == "year" && value != 0 && content.ShortYear(value) {
			m.refuse(name, content.ShortYearWords(value))
		}
	default:
		if v.Kind() == reflect.String {
			m.text(name, v.String())
		}
	}
}

// daysOfCommands are the years that days in commands lie in: positions begin long ago, and end by a term of five years.
var daysOfCommands = content.Span{Back: 60, Ahead: 10}

func (m *meaning) text(name, text string) {
	if text != "" && content.Blank(text) {
		m.refuse(name, words.Of("chỉ có khoảng trắng; hãy điền hoặc bỏ trống hẳn",
			"holds white space alone; fill it in, or leave it empty"))
		return
	}
	if old, found := content.OldEncoding(text); found {
		m.refuse(name, old.Words())
	}
}

// command asks what only one command raises.
func (m *meaning) command(c Command) {
	switch c := c.(type) {
	case DraftCovenant:
		m.year(c.Year, content.OfCovenants)
	case ReserveNumber:
		m.year(c.Year, content.OfNumbers)
	case EnterNumber:
		m.year(c.Year, content.OfNumbers)
	case IssueNumber:
		m.issue(c.Date)
	}
}

func (m *meaning) year(year int, span content.Span) {
	if !span.Holds(year, m.today.Year) {
		m.ask("year", content.FarWords(year, m.today.Year))
	}
}

// issueDays is how far from today a document is dated when its number is given: it is signed within that time.
const issueDays = 60

// issue asks about a number that is dated in another year than the present one, since it opens or reopens that year's
// book, or more than two months away.
func (m *meaning) issue(date Date) {
	switch {
	case date.Year != m.today.Year:
		m.ask("date", words.F("số ghi ngày %s được lấy từ sổ năm %d, trong khi hôm nay là %s",
			"a number dated %s is one of the book of %d, while today is %s", date.Display(), date.Year,
			m.today.Display()))
	case date.Before(m.today.AddDays(-issueDays)), m.today.AddDays(issueDays).Before(date):
		m.ask("date", words.F("ngày %s cách hôm nay (%s) hơn %d ngày",
			"the date %s is more than %[3]d days from today (%[2]s)", date.Display(), m.today.Display(), issueDays))
	}
}

func (m *meaning) refuse(name string, why words.Text) {
	if m.err == nil {
		m.err = refuse(CodeInvalid, "trường “%s”: %s", "the field “%s”: %s", name, why)
	}
}

// ask refuses until the question's key is among those that were answered.
func (m *meaning) ask(key string, question words.Text) {
	if m.err == nil && !slices.Contains(m.mean, key) {
		asked := refuse(CodeInvalid, "%s", "%s", content.MeanWords(question, key))
		asked.Mean, m.err = key, asked
	}
}

// eachField visits everything in a command that is no struct, slice, map or pointer to one, and days, by its name in
// JSON.
func eachField(v reflect.Value, name string, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Date]() {
			visit(name, v)
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				eachField(v.Field(i), jsonName(f), visit)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				eachField(v.Index(i), name, visit)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachField(v.Elem(), name, visit)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			eachField(it.Key(), name, visit)
			eachField(it.Value(), name, visit)
		}
	case reflect.String, reflect.Int:
		visit(name, v)
	}
}

// jsonName is how whoever gives a command names a field.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		name = strings.ToLower(f.Name)
	}
	return name
}
