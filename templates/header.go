package templates

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/words"
)

// Type is the type of a variable.
type Type uint8

// The types.
const (
	Text Type = iota + 1
	LongText
	Number
	Money
	Date
	Year
	YesNo
	Choice
	Person       // họ tên, chức vụ, đơn vị
	PositionHeld // chức vụ, đơn vị, quyền
	Agency       // mã, tên, chức vụ của người ký, vai trò …
	Table        // rows with typed columns
)

// variable is a declared variable, or a column of one.
type variable struct {
	Name           string
	Label          words.Text // for a form's caption
	Type           Type
	List           bool
	Required       bool
	Choices        []string
	Columns        []variable
	Totals         map[string]*big.Rat // column → what it must add up to
	MinRows        int
	MaxRows        int // 0: no bound
	Min, Max       *big.Rat
	MaxLength      int // characters, 0: no bound
	Default        string
	Help, Example  string // for a form
	At             Position
	defaultYAML    *yaml.Node
	builtinColumns bool
}

// header is what stands between the --- lines.
type header struct {
	id, title, description string
	version                int
	from, to               Day
	languages              []words.Language
	process, layout        string
	variables              []*variable
}

// builtin are the columns that records of a type always have.
var builtin = map[Type][]variable{
	Person: {{Name: "họ_tên", Type: Text}, {Name: "chức_vụ", Type: Text}, {Name: "đơn_vị", Type: Text}},
	PositionHeld: {{Name: "chức_vụ", Type: Text, Required: true}, {Name: "đơn_vị", Type: Text},
		{Name: "quyền", Type: Text}},
	Agency: {
		{Name: "mã", Type: Text, Required: true, MaxLength: 40}, {Name: "tên", Type: Text, Required: true,
			MaxLength: 200},
		{Name: "tên_tắt", Type: Text}, {Name: "tên_en", Type: Text}, {Name: "chức_vụ", Type: Text},
		{Name: "chức_vụ_en", Type: Text},
		{Name: "vai_trò", Type: Text}, {Name: "con_dấu", Type: YesNo}, {Name: "địa_chỉ", Type: Text},
		{Name: "ghi_chú", Type: Text},
	},
}

func (f *findings) header(name string, root *yaml.Node) header {
	h := header{languages: []words.Language{words.Vietnamese}, layout: "nd30", version: 1}
	at := func(n *yaml.Node) Position { return Position{name, n.Line, n.Column} }
	var vars *yaml.Node
	for k, v := range pairs(root) {
		switch key := canonical(k.Value); key {
		case "mẫu":
			h.id = f.single(name, v)
		case "tên":
			h.title = f.single(name, v)
		case "mô tả":
			h.description = f.single(name, v)
		case "phiên bản":
			n, err := strconv.Atoi(v.Value)
			if err != nil || n < 1 {
				f.add(at(v), v.Value, words.Of("Phiên bản là một số nguyên từ 1.",
					"The version is a whole number from 1."))
			}
			h.version = n
		case "hiệu lực":
			h.from, h.to = f.period(name, v)
		case "ngôn ngữ":
			h.languages = f.languages(name, v)
		case "quy trình":
			h.process = f.single(name, v)
		case "trình bày":
			h.layout = f.single(name, v)
		case "biến":
			vars = v
		default:
			p := f.add(at(k), k.Value, words.F("Phần đầu không có mục “%s”.", "The header has no entry “%s”.", k.Value))
			p.Hint = nearest(k.Value, []string{"mẫu", "tên", "mô tả", "phiên bản", "hiệu lực", "ngôn ngữ", "quy trình",
				"trình bày", "biến"})
		}
	}
	if h.id == "" {
		f.add(Position{name, 1, 1}, "", words.Of("Phần đầu thiếu “mẫu: mã-của-mẫu”.",
			"The header lacks “template: id-of-the-template”."))
	}
	for k, v := range pairs(vars) {
		h.variables = append(h.variables, f.variable(name, k, v, 0))
	}
	return h
}

// single is the value of an entry that has one; a list or pairs would be passed over as nothing.
func (f *findings) single(name string, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		f.add(Position{name, n.Line, n.Column}, "", words.Of("Ở đây cần một giá trị, không phải danh sách hay các cặp.",
			"One value is wanted here, not a list or pairs."))
	}
	return n.Value
}

// canonical is the Vietnamese spelling of a header key.
func canonical(key string) string {
	key = strings.ToLower(strings.Join(strings.Fields(key), " "))
	if vi, ok := headerWords[key]; ok {
		return vi
	}
	return key
}

func (f *findings) period(name string, n *yaml.Node) (from, to Day) {
	for k, v := range pairs(n) {
		d, err := ParseDay(v.Value)
		if err != nil {
			f.add(Position{name, v.Line, v.Column}, v.Value, words.F("“%s” không phải là ngày; viết 2021-03-26 hoặc "+
				"26/3/2021.", "“%s” is not a date; write 2021-03-26 or 26/3/2021.", v.Value))
		}
		switch canonical(k.Value) {
		case "từ":
			from = d
		case "đến":
			to = d
		default:
			f.add(Position{name, k.Line, k.Column}, k.Value, words.F("Hiệu lực chỉ có “từ” và “đến”, không có “%s”.",
				"Validity has “from” and “to” only, not “%s”.", k.Value))
		}
	}
	if !to.IsZero() && to.Before(from) {
		f.add(Position{name, n.Line, n.Column}, "", words.F("Hiệu lực kết thúc (%s) trước khi bắt đầu (%s).",
			"It ends before it begins: on %s, from %s.", to, from))
	}
	return from, to
}

func (f *findings) languages(name string, n *yaml.Node) []words.Language {
	var out []words.Language
	items := n.Content
	if n.Kind == yaml.ScalarNode {
		items = []*yaml.Node{n}
	}
	for _, it := range items {
		lang := words.Language(it.Value)
		if !lang.Known() {
			f.add(Position{name, it.Line, it.Column}, it.Value, words.F("Ngôn ngữ “%s” chưa được hỗ trợ; dùng vi, en.",
				"Language “%s” is not supported; use vi, en.", it.Value))
			continue
		}
		out = append(out, lang)
	}
	if len(out) == 0 {
		out = []words.Language{words.Vietnamese}
	}
	return out
}

func (f *findings) variable(name string, k, n *yaml.Node, depth int) *variable {
	v := &variable{Name: k.Value, Required: true, At: Position{name, k.Line, k.Column}}
	if !validName(k.Value) {
		f.add(v.At, k.Value, words.F("Tên biến “%s” chỉ gồm chữ, số và dấu gạch dưới, bắt đầu bằng chữ.",
			"Variable name “%s” may hold letters, digits and underscores, and begins with a letter.", k.Value))
	}
	switch directives[k.Value] {
	case dirEnd, dirElse, dirIf, dirEach:
		f.add(v.At, k.Value, words.F("“%s” là từ khóa, không đặt làm tên biến được.",
			"“%s” is a keyword and cannot name a variable.", k.Value))
	}
	if n.Kind == yaml.ScalarNode {
		f.setType(v, n, name)
	}
	for k, x := range pairs(n) {
		f.variableEntry(v, name, k, x, depth)
	}
	if v.Type == 0 {
		f.add(v.At, v.Name, words.F("Biến “%s” chưa có loại (loại: văn bản, số, ngày, bảng …).",
			"Variable “%s” has no type (type: text, number, date, table …).", v.Name))
		v.Type = Text
	}
	if v.Type == Table && len(v.Columns) == 0 {
		f.add(v.At, v.Name, words.F("Bảng “%s” phải khai báo các cột.", "Table “%s” must declare its columns.", v.Name))
	}
	if v.Type == Choice && len(v.Choices) == 0 {
		f.add(v.At, v.Name, words.F("Biến “%s” phải khai báo các lựa chọn.", "Variable “%s” must declare its choices.",
			v.Name))
	}
	for col := range v.Totals {
		if v.column(col) == nil {
			p := f.add(v.At, col, words.F("Bảng “%s” không có cột “%s” để cộng.",
				"Table “%s” has no column “%s” to add up.", v.Name, col))
			p.Hint = nearest(col, v.columnNames())
		}
	}
	return v
}

func (f *findings) variableEntry(v *variable, name string, k, x *yaml.Node, depth int) {
	at := Position{name, x.Line, x.Column}
	switch canonical(k.Value) {
	case "loại":
		f.setType(v, x, name)
	case "nhãn":
		v.Label.Vietnamese = f.single(name, x)
	case "nhãn_en":
		v.Label.English = f.single(name, x)
	case "bắt buộc":
		if v.Required = isYes(x.Value); !v.Required && !isNo(x.Value) {
			f.add(at, x.Value, words.F("“%s”: viết có hoặc không.", "“%s”: write yes or no.", x.Value))
		}
	case "mặc định":
		v.Default, v.defaultYAML, v.Required = x.Value, x, false
	case "ví dụ":
		v.Example = f.single(name, x)
	case "mô tả":
		v.Help = f.single(name, x)
	case "các lựa chọn":
		for _, c := range x.Content {
			v.Choices = append(v.Choices, c.Value)
		}
	case "cột":
		if depth > 3 {
			f.add(at, k.Value, words.Of("Bảng lồng nhau quá sâu.", "Tables are nested too deeply."))
			return
		}
		for ck, cv := range pairs(x) {
			v.Columns = append(v.Columns, *f.variable(name, ck, cv, depth+1))
		}
	case "tổng":
		v.Totals = map[string]*big.Rat{}
		for ck, cv := range pairs(x) {
			v.Totals[ck.Value] = f.bound(at, cv.Value)
		}
	case "số dòng":
		v.MinRows, v.MaxRows = f.rows(at, x.Value)
	case "ít nhất":
		v.Min = f.bound(at, x.Value)
	case "nhiều nhất":
		v.Max = f.bound(at, x.Value)
	case "dài nhất":
		var err error
		if v.MaxLength, err = strconv.Atoi(x.Value); err != nil || v.MaxLength < 1 {
			f.add(at, x.Value, words.F("“%s” không phải là số ký tự; viết một số nguyên từ 1.",
				"“%s” is not a number of characters; write a whole number from 1.", x.Value))
		}
	default:
		p := f.add(Position{name, k.Line, k.Column}, k.Value, words.F("Biến “%s” không có mục “%s”.",
			"Variable “%s” has no entry “%s”.", v.Name, k.Value))
		p.Hint = nearest(k.Value, []string{"loại", "nhãn", "bắt buộc", "mặc định", "các lựa chọn", "cột", "tổng",
			"số dòng", "ít nhất", "nhiều nhất", "dài nhất"})
	}
}

func (f *findings) bound(at Position, s string) *big.Rat {
	n, ok := parseNumber(s)
	if !ok {
		f.add(at, s, words.F("“%s” không phải là số.", "“%s” is not a number.", s))
		return new(big.Rat)
	}
	return n
}

// rows reads "10" or "2-60".
func (f *findings) rows(at Position, s string) (lo, hi int) {
	n, _ := fmt.Sscanf(s, "%d-%d", &lo, &hi)
	if n == 1 {
		hi = lo
	}
	if n == 0 || lo < 0 || hi < lo {
		f.add(at, s, words.F("“%s” không phải là số dòng; viết 10 hoặc 2-60.",
			"“%s” is not a number of rows; write 10 or 2-60.", s))
	}
	return lo, hi
}

func (f *findings) setType(v *variable, n *yaml.Node, name string) {
	word := strings.ToLower(strings.Join(strings.Fields(n.Value), " "))
	for _, prefix := range []string{"danh sách các ", "danh sách ", "list of "} {
		if rest, ok := strings.CutPrefix(word, prefix); ok {
			v.List, word = true, rest
			break
		}
	}
	t, ok := typeWords[word]
	if !ok {
		p := f.add(Position{name, n.Line, n.Column}, n.Value, words.F("Không có loại biến “%s”.",
			"There is no variable type “%s”.", n.Value))
		p.Hint = nearest(word, keys(typeWords))
		t = Text
	}
	v.Type = t
	if cols := builtin[t]; cols != nil {
		v.Columns = append(slices.Clone(cols), v.Columns...)
		v.builtinColumns = true
	}
}

func (v *variable) column(name string) *variable {
	if first, rest, nested := strings.Cut(name, "."); nested {
		if c := v.column(first); c != nil {
			return c.column(rest)
		}
		return nil
	}
	if alias, ok := fieldWords[name]; ok && v.builtinColumns {
		name = alias
	}
	for i := range v.Columns {
		if v.Columns[i].Name == name {
			return &v.Columns[i]
		}
	}
	return nil
}

func (v *variable) columnNames() []string {
	var out []string
	for _, c := range v.Columns {
		out = append(out, c.Name)
	}
	return out
}

func isYes(s string) bool {
	switch strings.ToLower(s) {
	case "có", "true", "yes", "đúng":
		return true
	}
	return false
}

func isNo(s string) bool {
	switch strings.ToLower(s) {
	case "không", "false", "no", "sai":
		return true
	}
	return false
}

func validName(s string) bool {
	for i, r := range s {
		if !isLetter(r) && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) < 200
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
