package templates

import (
	"math/big"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/words"
)

// bind turns the YAML of values into typed values, reporting everything wrong with their form and, unless they were
// judged before, with their content.
func (f *findings) bind(vars []*variable, vals Values, opt DraftOptions) map[string]*value {
	f.judge = judging{again: opt.Again, year: opt.Today.Year, mean: opt.Mean}
	out := map[string]*value{}
	given := map[string]*yaml.Node{}
	var names []string
	for _, v := range vars {
		names = append(names, v.Name)
	}
	for k, n := range pairs(vals.root) {
		given[k.Value] = n
		known := false
		for _, v := range vars {
			known = known || v.Name == k.Value
		}
		if !known {
			p := f.add(Position{vals.Name, k.Line, k.Column}, k.Value, words.F("Mẫu không có biến “%s”.",
				"The template has no variable “%s”.", k.Value))
			p.Hint = nearest(k.Value, names)
		}
	}
	for _, v := range vars {
		n := given[v.Name]
		if n == nil || n.Tag == "!!null" {
			if v.defaultYAML != nil {
				out[v.Name] = f.byDefault(v)
				continue
			}
			if v.Required {
				f.add(Position{vals.Name, 1, 1}, v.Name, words.F("Thiếu giá trị của biến “%s”%s.",
					"No value for variable “%s”%s.", v.Name, labelled(v))).Missing = true
			}
			out[v.Name] = f.nothing(v, v.At)
			continue
		}
		out[v.Name] = f.value(v, n, vals.Name)
	}
	return out
}

// nothing is the value of a variable that was not given; in a text that is only begun it says so.
func (f *findings) nothing(v *variable, at Position) *value {
	out := &value{typ: v.Type, list: v.List, at: at}
	if f.lenient && v.Required {
		out.text = "…"
	}
	return out
}

// labelled is a variable's caption in brackets, if it has one.
func labelled(v *variable) words.Text {
	if v.Label.IsZero() {
		return words.Text{}
	}
	return words.F(" (%s)", " (%s)", v.Label)
}

func (f *findings) value(v *variable, n *yaml.Node, file string) *value {
	at := Position{file, n.Line, n.Column}
	out := &value{typ: v.Type, list: v.List, at: at}
	if v.List || v.Type == Table {
		if n.Kind != yaml.SequenceNode {
			f.wrongType(v, at, n, words.Of("danh sách (mỗi dòng một dấu “-”)", "a list (a “-” for each entry)"))
			return out
		}
		single := *v
		single.List = false
		for _, it := range n.Content {
			if v.Type == Table {
				out.items = append(out.items, f.record(v, it, file))
			} else {
				out.items = append(out.items, f.value(&single, it, file))
			}
		}
		f.tableChecks(v, out)
		f.entries(v, out)
		return out
	}
	if v.Columns != nil {
		return f.record(v, n, file)
	}
	if n.Kind != yaml.ScalarNode {
		f.wrongType(v, at, n, typeNames[v.Type])
		return out
	}
	f.scalar(v, n, out)
	return out
}

func (f *findings) wrongType(v *variable, at Position, n *yaml.Node, want words.Text) {
	f.add(at, n.Value, words.F("“%s” phải là %s.", "“%s” must be %s.", v.Name, want)).Want = want
}

func (f *findings) scalar(v *variable, n *yaml.Node, out *value) {
	s := f.read(v, n, out.at)
	wrong := func() {
		f.wrongType(v, out.at, n, typeNames[v.Type])
		if f.lenient {
			out.text = s
		}
	}
	switch v.Type {
	case Number, Money, Year:
		num, ok := parseNumber(s)
		if v.Type == Year && ok && num.IsInt() && f.shortYear(v, out.at, s, num) {
			return
		}
		if v.Type == Year && ok && (!num.IsInt() || num.Cmp(big.NewRat(1900, 1)) < 0 ||
			num.Cmp(big.NewRat(2200, 1)) > 0) {
			ok = false
		}
		if !ok {
			wrong()
			return
		}
		out.num = num
		f.bounds(v, out, s)
		if v.Type == Year {
			f.far(v, out.at, s, int(num.Num().Int64()), content.OfYears)
		}
	case Date:
		d, err := ParseDay(s)
		if err != nil {
			wrong()
			return
		}
		out.day = d
		if !f.shortYear(v, out.at, s, big.NewRat(int64(d.Year), 1)) {
			f.far(v, out.at, s, d.Year, content.OfDays)
		}
	case YesNo:
		out.yes = isYes(s)
		if !out.yes && !isNo(s) {
			wrong()
		}
	case Choice:
		out.text = s
		for _, c := range v.Choices {
			if c == s {
				return
			}
		}
		p := f.add(out.at, s, words.F("“%s” không phải là một lựa chọn của “%s”.",
			"“%s” is not one of the choices of “%s”.", s, v.Name))
		p.Hint = nearest(s, v.Choices)
	default:
		out.text = s
		if v.Type == Text {
			out.text = strings.Join(strings.Fields(s), " ")
		}
		if n := utf8.RuneCountInString(s); v.MaxLength > 0 && n > v.MaxLength {
			f.add(out.at, s, words.F("“%s” dài %d ký tự, tối đa %d.", "“%s” is %d characters long, at most %d.", v.Name,
				n, v.MaxLength))
		}
	}
}

func (f *findings) bounds(v *variable, out *value, s string) {
	if v.Min != nil && out.num.Cmp(v.Min) < 0 {
		f.add(out.at, s, words.F("“%s” phải từ %s trở lên.", "“%s” must be %s or more.", v.Name,
			formatNumber(v.Min, "vi")))
	}
	if v.Max != nil && out.num.Cmp(v.Max) > 0 {
		f.add(out.at, s, words.F("“%s” không được quá %s.", "“%s” must not exceed %s.", v.Name,
			formatNumber(v.Max, "vi")))
	}
}

func (f *findings) record(v *variable, n *yaml.Node, file string) *value {
	out := &value{typ: v.Type, fields: map[string]*value{}, at: Position{file, n.Line, n.Column}}
	if n.Kind != yaml.MappingNode {
		f.wrongType(v, out.at, n, words.Of("các cặp “cột: giá trị”", "pairs “column: value”"))
		return out
	}
	defer f.inside(v.Name)()
	for k, x := range pairs(n) {
		c := v.column(k.Value)
		if c == nil {
			p := f.add(Position{file, k.Line, k.Column}, k.Value, words.F("“%s” không có cột “%s”.",
				"“%s” has no column “%s”.", v.Name, k.Value))
			p.Hint = nearest(k.Value, v.columnNames())
			continue
		}
		if x.Tag != "!!null" {
			out.fields[c.Name] = f.value(c, x, file)
		}
	}
	for i := range v.Columns {
		c := &v.Columns[i]
		if out.fields[c.Name] != nil {
			continue
		}
		switch {
		case c.defaultYAML != nil:
			out.fields[c.Name] = f.byDefault(c)
		case c.Required:
			f.add(out.at, c.Name, words.F("Dòng này của “%s” thiếu “%s”.", "This row of “%s” lacks “%s”.", v.Name,
				c.Name)).Missing = true
			fallthrough
		default:
			out.fields[c.Name] = f.nothing(c, out.at)
		}
	}
	f.named(v, out)
	return out
}

// tableChecks looks at the number of rows and at totals.
func (f *findings) tableChecks(v *variable, out *value) {
	n := len(out.items)
	if v.MinRows > 0 && n < v.MinRows || v.MaxRows > 0 && n > v.MaxRows {
		f.add(out.at, v.Name, words.F("“%s” có %d dòng, phải có từ %d đến %d.",
			"“%s” has %d rows, it must have %d to %d.", v.Name, n, v.MinRows, v.MaxRows))
	}
	for col, want := range v.Totals {
		sum := total(out, col)
		if sum.Cmp(want) != 0 {
			f.add(out.at, col, words.F("Cột “%s” của “%s” cộng lại là %s, phải là %s.", "Column “%s” of “%s” adds "+
				"up to %s, it must be %s.", col, v.Name, formatNumber(sum, "vi"), formatNumber(want, "vi")))
		}
	}
	if v.Type == Agency {
		seen := map[string]bool{}
		for _, it := range out.items {
			if code := it.fields["mã"].plain("vi"); code != "" && seen[code] {
				f.add(it.at, code, words.F("Mã đơn vị “%s” bị trùng.", "Agency code “%s” is used twice.", code))
			} else {
				seen[code] = true
			}
		}
	}
}

// total adds a column up; “a.b” adds up column b of the tables in column a.
func total(v *value, col string) *big.Rat {
	sum := new(big.Rat)
	col, rest, nested := strings.Cut(col, ".")
	for _, it := range v.items {
		x := it
		if col != "" {
			x = it.fields[col]
		}
		switch {
		case x == nil:
		case nested:
			sum.Add(sum, total(x, rest))
		case x.num != nil:
			sum.Add(sum, x.num)
		}
	}
	return sum
}
