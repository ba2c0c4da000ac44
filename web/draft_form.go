package web

import (
	"fmt"
	"slices"
	"strings"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// draftField is a variable of the template as the form shows it, a column of one, or a row.
type draftField struct {
	Path, Label, Help, Value string
	Kind                     string // text, long, number, date, choice, record, list, grid, cards
	Optional                 bool
	Options                  []option
	Columns                  []*draftField // headings of a grid
	Rows                     []*draftField
	Fields                   []*draftField // of a record or a row
	Extra                    []*draftField // of a record: what is seldom needed, folded away
	Number                   int           // of a row, from 1
	Last                     bool          // row
	Errors                   []string
	Comments                 []draftComment
	Pasted                   string // what was put in to be pasted and did not fit
	Open                     bool   // a folded row that is to be seen
	typ                      templates.Type
}

// draftComment is what an agency said of the clause that a field fills in.
type draftComment struct{ Clause, Agency, Text string }

// ID is that of the field's control or group.
func (f *draftField) ID() string { return "f-" + f.Path }

// Name is that of the field's control.
func (f *draftField) Name() string { return valuePrefix + f.Path }

// Described are the ids of what is said of the field.
func (f *draftField) Described() string {
	var ids []string
	if f.Help != "" {
		ids = append(ids, "h-"+f.Path)
	}
	if len(f.Errors) > 0 {
		ids = append(ids, "e-"+f.Path)
	}
	return strings.Join(ids, " ")
}

// Pastes says whether rows of texts can be put in.
func (f *draftField) Pastes() bool { return f.Kind == "grid" || f.Kind == "list" || f.Kind == "cards" }

// formMaker makes the fields of a form.
type formMaker struct {
	language
	more   string // the list or table that gets one more row
	fields map[string]*draftField
}

// make gives the fields of a template's variables.
func (m *formMaker) make(vars []templates.Variable, entries map[string]templates.Entry) []*draftField {
	m.fields = map[string]*draftField{}
	var out []*draftField
	for _, v := range vars {
		out = append(out, m.field(v, entries[v.Name], v.Name))
	}
	return out
}

func (m *formMaker) field(v templates.Variable, e templates.Entry, path string) *draftField {
	f := &draftField{Path: path, Label: m.text(v.Label), Optional: !v.Required, Help: m.help(v), Value: e.Text,
		typ: v.Type}
	m.fields[path] = f
	switch {
	case v.Rows():
		m.rows(f, v, e)
	case v.Record():
		f.Kind = "record"
		m.record(f, v, e)
	default:
		m.control(f, v)
	}
	return f
}

// control chooses how a single value is asked for. What a control of the browser's could not show stands as text.
func (m *formMaker) control(f *draftField, v templates.Variable) {
	f.Kind = "text"
	switch v.Type {
	case templates.LongText:
		f.Kind = "long"
	case templates.Number, templates.Money, templates.Year:
		f.Kind = "number"
	case templates.Date:
		if _, err := templates.ParseDay(f.Value); f.Value == "" || err == nil {
			f.Kind = "date"
		}
	case templates.YesNo:
		f.Kind = "choice"
		f.Options = []option{{Value: "có", Text: m.text(words.Of("Có", "Yes"))},
			{Value: "không", Text: m.text(words.Of("Không", "No"))}}
	case templates.Choice:
		f.Kind = "choice"
		for _, c := range v.Choices {
			f.Options = append(f.Options, option{Value: c, Text: c})
		}
	}
	if f.Kind != "choice" && strings.Contains(f.Value, "\n") { // an input would join its lines
		f.Kind = "long"
	}
	if f.Kind != "choice" {
		return
	}
	chosen := f.Value == ""
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == f.Value
		chosen = chosen || f.Options[i].Chosen
	}
	if !chosen {
		f.Options = append(f.Options, option{Value: f.Value, Text: f.Value, Chosen: true})
	}
}

// seldom are the parts of an agency that few texts print.
var seldom = []string{"tên_tắt", "tên_en", "chức_vụ_en", "con_dấu", "địa_chỉ", "ghi_chú"}

func (m *formMaker) record(f *draftField, v templates.Variable, e templates.Entry) {
	for _, c := range v.Columns {
		part := m.field(c, e.Fields[c.Name], f.Path+"."+c.Name)
		if !c.Required && e.Fields[c.Name].Empty() && v.Type == templates.Agency && slices.Contains(seldom, c.Name) {
			f.Extra = append(f.Extra, part)
		} else {
			f.Fields = append(f.Fields, part)
		}
	}
}

const (
	widestGrid  = 8  // columns
	emptyAtOnce = 20 // empty rows that a table begins with
)

func (m *formMaker) rows(f *draftField, v templates.Variable, e templates.Entry) {
	one := single(v)
	switch {
	case !one.Record():
		f.Kind = "list"
	case v.Type == templates.Table && len(one.Columns) <= widestGrid && len(gridColumns(v)) == len(one.Columns):
		f.Kind = "grid"
		for _, c := range one.Columns {
			f.Columns = append(f.Columns, &draftField{Path: f.Path + "." + c.Name, Label: m.text(c.Label),
				Optional: !c.Required, Help: m.help(c)})
		}
	default:
		f.Kind = "cards"
	}
	n := len(e.Items)
	if v.Required {
		n = max(n, 1, min(v.MinRows, emptyAtOnce))
	}
	if m.more == f.Path {
		n = max(n, len(e.Items)+1)
	}
	for i := range n {
		var item templates.Entry
		if i < len(e.Items) {
			item = e.Items[i]
		}
		f.Rows = append(f.Rows, m.row(f, one, item, i, n))
	}
}

func (m *formMaker) row(f *draftField, one templates.Variable, item templates.Entry, i, n int) *draftField {
	row := &draftField{Path: fmt.Sprintf("%s.%d", f.Path, i), Number: i + 1, Last: i == n-1, Value: item.Text,
		Optional: true, Open: item.Empty(), typ: one.Type}
	m.fields[row.Path] = row
	row.Label = m.text(words.F("%s, dòng %d", "%s, row %d", f.Label, i+1))
	if !one.Record() {
		m.control(row, one)
		return row
	}
	row.Kind = "row"
	m.record(row, one, item)
	for _, c := range row.Fields { // what the row is called while it is folded
		if c.Kind == "text" && c.Value != "" && !strings.HasSuffix(c.Path, ".mã") {
			row.Value = c.Value
			break
		}
	}
	if f.Kind == "grid" {
		for _, c := range row.Fields {
			c.Label, c.Help = c.Label+", "+m.text(words.F("dòng %d", "row %d", i+1)), ""
		}
	}
	return row
}

// help says what the template says of a variable, and what it is held against.
func (m *formMaker) help(v templates.Variable) string {
	var parts []string
	add := func(t words.Text) { parts = append(parts, m.text(t)) }
	if v.Help != "" {
		parts = append(parts, v.Help)
	}
	if v.Example != "" {
		add(words.F("Ví dụ: %s", "Example: %s", v.Example))
	}
	switch {
	case v.MinRows > 0 && v.MinRows == v.MaxRows:
		add(words.F("Đúng %d dòng", "Exactly %d rows", v.MinRows))
	case v.MaxRows > 0:
		add(words.F("Từ %d đến %d dòng", "%d to %d rows", v.MinRows, v.MaxRows))
	}
	bound := func(vi, en string, n string) { add(words.F(vi, en, n)) }
	if v.Min != nil {
		bound("Từ %s trở lên", "%s or more", templates.FormatNumber(v.Min, m.lang))
	}
	if v.Max != nil {
		bound("Nhiều nhất %s", "At most %s", templates.FormatNumber(v.Max, m.lang))
	}
	if v.MaxLength > 0 && v.Type != 0 && v.MaxLength < 200 {
		add(words.F("Nhiều nhất %d ký tự", "At most %d characters", v.MaxLength))
	}
	for path, sum := range v.Totals {
		add(words.F("Cột “%s” cộng lại phải bằng %s", "Column “%s” has to add up to %s", m.columnName(v, path),
			templates.FormatNumber(sum, m.lang)))
	}
	return strings.Join(parts, ". ")
}

func (m *formMaker) columnName(v templates.Variable, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		c, ok := v.Column(name)
		if !ok {
			return path
		}
		v = c
	}
	return m.text(v.Label)
}

// at is the field of a path, or the nearest around it.
func (m *formMaker) at(path string) *draftField {
	for path != "" {
		if f := m.fields[path]; f != nil {
			return f
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return nil
}

// where says in words where a path leads: the table, what its row is called, the column.
func (m *formMaker) where(path string) string {
	var out []string
	for i := range len(path) + 1 {
		if i < len(path) && path[i] != '.' {
			continue
		}
		f := m.fields[path[:i]]
		switch {
		case f == nil:
		case f.Kind == "row" && f.Value != "":
			out = append(out, f.Value)
		case f.Number > 0:
			out = append(out, m.text(words.F("dòng %d", "row %d", f.Number)))
		default:
			label, _, _ := strings.Cut(f.Label, m.text(words.Of(", dòng ", ", row ")))
			out = append(out, label)
		}
	}
	return strings.Join(out, " › ")
}

// problems writes what is wrong beside its fields, and gives back what is about none. Of what is missing nothing is
// said unless it is asked for: whoever has just begun knows.
func (m *formMaker) problems(found []engine.FieldProblem, missing bool) (rest []string, left int) {
	for _, p := range found {
		if p.Missing {
			left++
			if !missing {
				continue
			}
		}
		f := m.at(p.Path)
		text := problemText(p, f, m.lang)
		if f == nil {
			rest = append(rest, text)
			continue
		}
		f.Errors = append(f.Errors, text)
		m.unfold(p.Path)
	}
	return rest, left
}

// unfold opens the rows around a path.
func (m *formMaker) unfold(path string) {
	for path != "" {
		if f := m.fields[path]; f != nil {
			f.Open = true
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
}

// examples are values of types that people write in one way or another.
var examples = map[templates.Type]words.Text{
	templates.Number: words.Of("1.200 hoặc 7,5", "1.200 or 7,5"), templates.Money: words.Same("185.500.000"),
	templates.Date: words.Same("26/03/2026"), templates.Year: words.Same("2026"),
}

// problemText says what is wrong at a field, whose label stands beside it; nil: at none.
func problemText(p engine.FieldProblem, f *draftField, lang words.Language) string {
	switch {
	case p.Missing:
		return words.Of("Chưa điền.", "Not filled in.").In(lang)
	case f != nil && !p.Want.IsZero() && !examples[f.typ].IsZero():
		return words.F("Chưa đúng dạng: cần %s, ví dụ %s.", "Not in the right form: %s is wanted, such as %s.", p.Want,
			examples[f.typ]).In(lang)
	}
	text := fullSentence(p.Message.In(lang))
	if p.Hint != "" {
		text += " " + words.F("Có phải là “%s”?", "Did you mean “%s”?", p.Hint).In(lang)
	}
	return text
}

// comments writes open comments beside the first field that their clause was filled from, and gives back those whose
// clause has none.
func (m *formMaker) comments(s workflow.State, paths map[workflow.CommentID][]string) (rest []draftComment) {
	for _, t := range s.Covenant.OpenThreads() {
		c := draftComment{Agency: s.Directory.AgencyName(t.Agency), Text: t.Text}
		if rev, ok := s.Covenant.RevisionNumbered(t.Revision); ok {
			c.Clause = clauseName(rev, t.Clause)
		}
		var f *draftField
		if at := paths[t.ID]; len(at) > 0 {
			f = m.at(at[0])
			m.unfold(at[0])
		}
		if f == nil {
			rest = append(rest, c)
			continue
		}
		f.Comments = append(f.Comments, c)
	}
	return rest
}
