package templates

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/words"
)

// A form asks for a template's values: it is made of the template's [Variable]s, holds what was written as [Entry]s,
// and becomes a values file again by [Template.WriteValues], in the template's order. Entries are texts as people wrote
// them, right or wrong; what is wrong with them is a problem of the file, which [Values.PathOf] leads back to its
// field.

// Variable is a declared variable of a template, or a column of one, as a form asks for it.
type Variable struct {
	Name             string
	Label            words.Text // never empty
	Help, Example    string     // in the template's own words; may be empty
	Type             Type
	List             bool // several of the type
	Required         bool
	Choices          []string
	Columns          []Variable // of a table, and of what is a record: a person, a position, an agency
	MinRows, MaxRows int        // 0: no bound
	Min, Max         *big.Rat   // nil: no bound
	MaxLength        int        // characters, 0: no bound
	Totals           map[string]*big.Rat
}

// Rows says whether it holds any number of entries, one below the other.
func (v Variable) Rows() bool { return v.List || v.Type == Table }

// Record says whether one entry of it has parts.
func (v Variable) Record() bool { return len(v.Columns) > 0 }

// Column is the column of a name.
func (v Variable) Column(name string) (Variable, bool) {
	i := slices.IndexFunc(v.Columns, func(c Variable) bool { return c.Name == name })
	if i < 0 {
		return Variable{}, false
	}
	return v.Columns[i], true
}

// FormatNumber writes a bound or a total as the reader's language does.
func FormatNumber(n *big.Rat, lang words.Language) string { return formatNumber(n, lang) }

// Description says what the template is for, in its own words.
func (t *Template) Description() string { return t.header.description }

// Variables are what the template asks for, in its order.
func (t *Template) Variables() []Variable {
	out := make([]Variable, 0, len(t.header.variables))
	for _, v := range t.header.variables {
		out = append(out, v.shown())
	}
	return out
}

func (v *variable) shown() Variable {
	out := Variable{
		Name: v.Name, Label: v.label(), Help: v.Help, Example: v.Example, Type: v.Type, List: v.List,
		Required: v.Required, Choices: v.Choices, MinRows: v.MinRows, MaxRows: v.MaxRows, Min: v.Min, Max: v.Max,
		MaxLength: v.MaxLength, Totals: v.Totals,
	}
	for i := range v.Columns {
		column := v.Columns[i].shown()
		if builtin := builtinLabels[column.Name]; v.builtinColumns && v.Columns[i].Label.IsZero() && !builtin.IsZero() {
			column.Label = builtin
		}
		out.Columns = append(out.Columns, column)
	}
	return out
}

// label is the caption that the template gives, or else the name in words.
func (v *variable) label() words.Text {
	switch {
	case v.Label.Vietnamese != "" && v.Label.English != "":
		return v.Label
	case v.Label.Vietnamese != "":
		return words.Same(v.Label.Vietnamese)
	}
	return words.Same(capital(&value{typ: Text, text: strings.ReplaceAll(v.Name, "_", " ")}, "", words.Vietnamese))
}

// builtinLabels are the captions of the columns that records of a type always have.
var builtinLabels = map[string]words.Text{
	"họ_tên": words.Of("Họ và tên", "Full name"), "chức_vụ": words.Of("Chức vụ", "Position"),
	"đơn_vị": words.Of("Đơn vị", "Agency"), "quyền": words.Of("Quyền hạn ký (TM., KT., …)", "Authority (TM., KT., …)"),
	"mã": words.Of("Mã đơn vị", "Code"), "tên": words.Of("Tên đơn vị", "Name"),
	"tên_tắt": words.Of("Tên viết tắt", "Short name"), "tên_en": words.Of("Tên tiếng Anh", "Name in English"),
	"chức_vụ_en": words.Of("Chức vụ bằng tiếng Anh", "Position in English"), "vai_trò": words.Of("Vai trò", "Role"),
	"con_dấu": words.Of("Có ô con dấu", "Has a place for a seal"), "địa_chỉ": words.Of("Địa chỉ", "Address"),
	"ghi_chú": words.Of("Ghi chú", "Note"),
}

// Entry is what was written for a variable: the Text of a single value, the Items of a list or a table, the Fields of a
// record by column.
type Entry struct {
	Text   string
	Items  []Entry
	Fields map[string]Entry
}

// Empty says whether nothing was written.
func (e Entry) Empty() bool {
	if strings.TrimSpace(e.Text) != "" || slices.ContainsFunc(e.Items, func(i Entry) bool { return !i.Empty() }) {
		return false
	}
	for _, f := range e.Fields {
		if !f.Empty() {
			return false
		}
	}
	return true
}

// ReadValues gives what a file of values holds for the template's variables, by name. Where it holds nothing for one
// there is the template's default. What the template does not ask for is left out.
func (t *Template) ReadValues(values Values) map[string]Entry {
	given := map[string]*yaml.Node{}
	for k, n := range pairs(values.root) {
		given[k.Value] = n
	}
	out := map[string]Entry{}
	for _, v := range t.header.variables {
		n := given[v.Name]
		if n == nil || n.Tag == "!!null" {
			n = v.defaultYAML
		}
		if n != nil {
			out[v.Name] = v.entry(n)
		}
	}
	return out
}

func (v *variable) entry(n *yaml.Node) Entry {
	switch {
	case v.List || v.Type == Table:
		single := *v
		single.List = false
		if single.Type == Table {
			single.Type = 0
		}
		out := Entry{Items: []Entry{}}
		items := n.Content
		if n.Kind == yaml.ScalarNode && n.Value != "" { // one where a list belongs
			items = []*yaml.Node{n}
		}
		for _, item := range items {
			out.Items = append(out.Items, single.entry(item))
		}
		return out
	case v.Columns != nil:
		out := Entry{Fields: map[string]Entry{}}
		for k, x := range pairs(n) {
			if c := v.column(k.Value); c != nil && x.Tag != "!!null" {
				out.Fields[c.Name] = c.entry(x)
			}
		}
		return out
	}
	return Entry{Text: v.written(n)}
}

// written is a single value's text, as a form's control shows it: dates and yes/no have one spelling.
func (v *variable) written(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	text := strings.TrimSpace(n.Value)
	switch v.Type {
	case Date:
		if day, err := ParseDay(text); err == nil {
			return day.String()
		}
	case YesNo:
		switch {
		case isYes(text):
			return "có"
		case isNo(text):
			return "không"
		}
	case Text, LongText:
		return n.Value
	}
	return text
}

// PathOf is where in the values a problem stands: names, and places in lists from 0, parted by full stops, such as
// "các_đơn_vị.2.nhiệm_vụ.0"; empty where it is about no single value.
func (v Values) PathOf(p Problem) string {
	if p.File != v.Name || v.root == nil {
		return ""
	}
	if p.Missing {
		if at, ok := v.find(p, v.root, "", true); ok {
			return joinPath(at, p.Text)
		}
		return p.Text
	}
	at, _ := v.find(p, v.root, "", false)
	return at
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// find looks for the value that stands at a problem's place. A record begins where its first key does: records says
// whether one is looked for, which a single value is never taken for.
func (v Values) find(p Problem, n *yaml.Node, path string, records bool) (string, bool) {
	if n.Line == p.Line && n.Column == p.Column && (!records || n.Kind == yaml.MappingNode) &&
		(records || n != v.root) {
		return path, true
	}
	for i, kid := range n.Content {
		name := strconv.Itoa(i)
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			name = n.Content[i-1].Value
		}
		if at, ok := v.find(p, kid, joinPath(path, name), records); ok {
			return at, true
		}
	}
	return "", false
}

// ClausePaths are the values that each clause of the outline was filled from, by the clause's id: paths as
// [Values.PathOf] gives them. Those that few clauses have stand first: the year, which stands everywhere, says little
// of what a clause is about. A clause without values of its own has those of the clauses below it.
func (d *Document) ClausePaths() map[string][]string {
	places := map[Position]string{}
	d.values.places(d.values.root, "", places)
	out := map[string][]string{}
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if b.Clause >= len(d.clauses) {
			continue
		}
		id := d.clauses[b.Clause].ID
		b.eachSpan(func(s Span) {
			if path, ok := places[s.At]; ok && !slices.Contains(out[id], path) {
				out[id] = append(out[id], path)
			}
		})
	}
	d.below(out)
	used := map[string]int{}
	variable := func(path string) string {
		name, _, _ := strings.Cut(path, ".")
		return name
	}
	for _, paths := range out {
		seen := map[string]bool{}
		for _, p := range paths {
			if name := variable(p); !seen[name] {
				seen[name] = true
				used[name]++
			}
		}
	}
	for _, paths := range out {
		slices.SortStableFunc(paths, func(a, b string) int { return used[variable(a)] - used[variable(b)] })
	}
	return out
}

// below gives clauses without values those of the clauses that are parts of them.
func (d *Document) below(paths map[string][]string) {
	for i := len(d.clauses) - 1; i >= 0; i-- {
		c := d.clauses[i]
		if len(paths[c.ID]) > 0 {
			continue
		}
		for _, part := range d.clauses[i+1:] {
			if part.Level <= c.Level || part.Level == 9 {
				break
			}
			paths[c.ID] = append(paths[c.ID], paths[part.ID]...)
		}
	}
}

func (v Values) places(n *yaml.Node, path string, out map[Position]string) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		out[Position{v.Name, n.Line, n.Column}] = path
	}
	for i, kid := range n.Content {
		switch {
		case n.Kind != yaml.MappingNode:
			v.places(kid, joinPath(path, strconv.Itoa(i)), out)
		case i%2 == 1:
			v.places(kid, joinPath(path, n.Content[i-1].Value), out)
		}
	}
}

// eachSpan visits all text of a block.
func (b *Block) eachSpan(visit func(Span)) {
	lines := append([][]Span{b.Spans, b.Lang2}, b.Lines...)
	if b.Head != nil {
		lines = append(lines, b.Head.Parent, b.Head.Issuer, b.Head.Number, b.Head.Place, b.Head.Address)
		lines = append(lines, b.Head.Marks...)
	}
	if b.Table != nil {
		for _, row := range b.Table.Rows {
			lines = append(lines, row.Cells...)
		}
	}
	for _, line := range lines {
		for _, s := range line {
			visit(s)
		}
	}
}
