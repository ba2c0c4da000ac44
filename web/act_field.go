package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
)

// fieldRow is one field of a form: what it shows, and what was typed.
type fieldRow struct {
	Name, Label, Value string
	// Kind is text, long, number, date, file, secret, choice, vote, select or several, or a table: points, order or
	// counts.
	Kind     string
	Required bool
	Help     string
	Problem  string // what is wrong with what was typed
	Options  []option
	Sheet    *pointSheet // of points
	Places   []placeRow  // of order
	Counts   []countRow  // of counts
	typed    reflect.Type
}

// Described are the ids of what is said about the field beside its label.
func (f fieldRow) Described() string {
	var ids []string
	if f.Problem != "" {
		ids = append(ids, "loi-"+f.Name)
	}
	if f.Help != "" {
		ids = append(ids, "ghi-chu-"+f.Name)
	}
	return strings.Join(ids, " ")
}

type option struct {
	Value, Text string
	Note        string
	Chosen      bool
}

// fieldMaker makes the fields of one form, with what was typed into them.
type fieldMaker struct {
	presenter
	r   *request
	act act
}

// posted reports whether something was typed already: the form came back, or its reader had to sign in again.
func posted(r *request) bool { return len(r.PostForm) > 0 }

// fields are those that the giver of a command fills in.
func (m fieldMaker) fields() (out []fieldRow) {
	for _, f := range m.act.command.Fields() {
		if _, known := m.act.fixed[f.Name]; known {
			continue
		}
		row, ok := m.field(f)
		if !ok {
			continue
		}
		row.typed = f.Type
		switch {
		case row.Kind == "secret" || row.Kind == "file":
			row.Value = ""
		case posted(m.r):
			row.Value = m.r.PostFormValue(f.Name)
			for i := range row.Options {
				row.Options[i].Chosen = slices.Contains(m.r.PostForm[f.Name], row.Options[i].Value)
			}
		default:
			row.Value = firstNonEmpty(m.planned(f.Name), row.Value)
			for i := range row.Options {
				row.Options[i].Chosen = row.Options[i].Chosen || row.Value != "" && row.Options[i].Value == row.Value
			}
		}
		out = append(out, row)
	}
	return out
}

// field says how a field is asked for; one that is not listed is not.
func (m fieldMaker) field(f catalogue.Field) (fieldRow, bool) {
	word, asked := actFieldOf(m.act.command.Name, f.Name)
	if !asked {
		return fieldRow{}, false
	}
	row := fieldRow{Name: f.Name, Label: m.text(word.label), Help: m.text(word.help), Kind: "text",
		Required: !word.optional}
	if word.long {
		row.Kind = "long"
	}
	if table, ok := tables[f.Type]; ok {
		return row, table(m, &row)
	}
	if f.Type == reflect.TypeFor[workflow.AgencyID]() && m.act.command.Name == "declare-ranking" {
		return row, m.office(&row)
	}
	if _, polled, _ := m.pollOn(workflow.DecidesRanking); polled != nil && slices.Contains(onPaper, f.Name) {
		return row, false
	}
	switch {
	case f.Secret && f.Type.Kind() == reflect.String && len(f.Choices()) == 0:
		row.Kind = "secret"
	case len(f.Choices()) > 0:
		row.Kind = "choice"
		for _, c := range f.Choices() {
			row.Options = append(row.Options, option{Value: c, Text: choiceWords(f.Type, c, m.lang)})
		}
		if m.act.command.Name == "cast-ballot" {
			row.Kind = "vote"
		}
	case f.Type == reflect.TypeFor[[]byte]():
		row.Kind = "file"
	case f.Type == reflect.TypeFor[workflow.Date]():
		row.Kind = "date"
	case f.Type == reflect.TypeFor[workflow.PersonID]():
		row.Kind, row.Options = "select", people(m.presenter)
	case f.Type == reflect.TypeFor[workflow.AgencyID]():
		row.Kind, row.Options = "select", m.agencyOptions(m.partyIDs())
	case f.Type == reflect.TypeFor[[]workflow.MotionID]():
		row.Kind, row.Options = "several", m.motionOptions()
	case f.Type.Kind() == reflect.Int:
		row.Kind = "number"
	}
	return row, true
}

// tables make the fields whose values are a table; each reports whether the field is asked for at all.
var tables = map[reflect.Type]func(fieldMaker, *fieldRow) bool{}

func init() { // they look into the fields of their forms, which are made of this table
	tables[reflect.TypeFor[[]workflow.CriterionScore]()] = fieldMaker.points
	tables[reflect.TypeFor[[]workflow.CriterionID]()] = fieldMaker.contested
	tables[reflect.TypeFor[[]workflow.AgencyID]()] = fieldMaker.ballot
	tables[reflect.TypeFor[[]workflow.AgencyVotes]()] = fieldMaker.counts
	tables[reflect.TypeFor[[]string]()] = fieldMaker.obstacles
}

func (m fieldMaker) partyIDs() (out []workflow.AgencyID) {
	for _, p := range m.v.Covenant.Parties {
		out = append(out, p.Agency)
	}
	return out
}

func (m fieldMaker) agencyOptions(agencies []workflow.AgencyID) (out []option) {
	for _, a := range agencies {
		out = append(out, option{Value: string(a), Text: m.agency(a)})
	}
	return out
}

// obstacles makes the field in which an administrator says in spite of which known obstacles a covenant goes on.
func (m fieldMaker) obstacles(row *fieldRow) bool {
	row.Kind = "several"
	for _, o := range m.v.Covenant.Unaccepted(m.v.Obstacles) {
		row.Options = append(row.Options, option{Value: o.Code, Text: m.text(o.Text), Note: o.Code})
	}
	return true
}

// motionOptions are the motions that the chair has still to put.
func (m fieldMaker) motionOptions() (out []option) {
	for _, motion := range m.v.PendingMotions() {
		out = append(out, option{Value: string(motion.ID), Text: m.text(motion.Words(m.v.Process))})
	}
	return out
}

// about is a field of what the form is about, as text; empty where it is not about such a thing.
func (m fieldMaker) about(name string) (out string) {
	_ = json.Unmarshal(m.act.fixed[name], &out) // no text: it is not
	return out
}

// people are those who hold a position in one of the parties today.
func people(t presenter) (out []option) {
	today := t.v.Calendar.Today(t.v.Now)
	titles := map[workflow.PersonID]string{}
	for _, p := range t.v.Directory.Positions {
		if _, party := t.v.Covenant.Party(p.Agency); party && p.Holds(today) {
			titles[p.Person] = t.person(p.Person) + ", " + p.Title + ", " + t.agency(p.Agency)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(titles), func(a, b workflow.PersonID) int {
		return strings.Compare(titles[a], titles[b])
	}) {
		out = append(out, option{Value: string(id), Text: titles[id]})
	}
	return out
}

// fieldsOf makes a call's fields of a form: those that say what it is about as the page had them, and what was filled
// in. What is wrong stands at its field then, and ok is false.
func (m fieldMaker) fieldsOf(rows []fieldRow) (fields json.RawMessage, ok bool, err error) {
	out := maps.Clone(m.act.fixed)
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	ok = true
	for i := range rows {
		row := &rows[i]
		value, err := m.value(row)
		if err != nil {
			return nil, false, err
		}
		if value == nil && row.Required && row.Problem == "" {
			row.Problem = m.text(words.Of("Chưa điền mục này.", "This is not filled in."))
		}
		if row.Problem != "" {
			ok = false
			continue
		}
		if value == nil {
			continue
		}
		if out[row.Name], err = json.Marshal(value); err != nil {
			return nil, false, fmt.Errorf("field %s: %w", row.Name, err)
		}
	}
	var buf bytes.Buffer
	err = json.NewEncoder(&buf).Encode(out)
	return buf.Bytes(), ok, err
}

// value is what was filled in for a field, ready to be written as JSON; nil: nothing, or nothing that can be taken,
// which the field says.
func (m fieldMaker) value(row *fieldRow) (any, error) {
	text := strings.TrimSpace(strings.ReplaceAll(m.r.PostFormValue(row.Name), "\r\n", "\n"))
	switch {
	case row.Kind == "file":
		return uploaded(m.r, *row)
	case row.Kind == "secret":
		if m.r.PostFormValue(row.Name) == "" {
			return nil, nil
		}
		return m.r.PostFormValue(row.Name), nil
	case row.Kind == "points":
		return m.pointValues(row), nil
	case row.Kind == "order":
		return m.orderValues(row), nil
	case row.Kind == "counts":
		return m.countValues(row), nil
	case row.Kind == "several":
		return someOf(m.r.PostForm[row.Name]), nil
	case text == "":
		return nil, nil
	case row.typed == reflect.TypeFor[[]workflow.AgencyID]() && text == blankChoice:
		return []string{}, nil
	case row.typed == reflect.TypeFor[[]workflow.AgencyID](): // a ballot that names one
		return []string{text}, nil
	case row.typed == reflect.TypeFor[[]workflow.Comment]():
		return []workflow.Comment{{Text: text}}, nil
	case row.Kind == "number":
		return m.wholeNumber(text, &row.Problem), nil
	}
	return text, nil
}

// wholeNumber reads a number of zero or more; problem says where it is none, and then there is nothing.
func (m fieldMaker) wholeNumber(text string, problem *string) any {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		*problem = m.text(words.Of("Hãy ghi một số nguyên.", "Give a whole number."))
		return nil
	}
	return int(n)
}

// someOf are the choices that name something; nil: none.
func someOf(chosen []string) any {
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(c string) bool { return c == "" })
	if len(chosen) == 0 {
		return nil
	}
	return chosen
}

func uploaded(r *request, row fieldRow) (any, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	files := r.MultipartForm.File[row.Name]
	if len(files) == 0 || files[0].Size == 0 {
		return nil, nil
	}
	return readUpload(files[0])
}

func readUpload(header *multipart.FileHeader) (any, error) {
	f, err := header.Open()
	if err != nil {
		return nil, fmt.Errorf("uploaded file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("uploaded file: %w", err)
	}
	return data, nil
}
