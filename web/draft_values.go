package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"covenant/templates"
	"covenant/workflow"
)

// A form's fields are named by the paths of their values: “v.chỉ_tiêu.2.mức”. What comes back is looked up by the
// template's own variables and columns; a name that leads to none of them is passed over.

// valuePrefix stands before the path in a field's name.
const valuePrefix = "v."

const (
	// largestDraft bounds what a form of values brings, a sheet included.
	largestDraft = 10 << 20
	// longestDraftField bounds one field that comes beside a sheet.
	longestDraftField = 1 << 20
	// mostDraftFields is what net/url takes of an address-encoded form, for those that come beside a sheet, too.
	mostDraftFields = 10_000
)

// sentForm is a form as it came: fields by name, and the file of those that are files.
type sentForm struct {
	url.Values
	files map[string][]byte
}

var errDraftForm = workflow.Refusal(workflow.CodeInvalid,
	"biểu mẫu gửi lên không đọc được hoặc quá lớn (nhiều nhất 10 MB và %d ô); hãy quay lại trang trước, rút gọn các "+
		"bảng rồi gửi lại", "the form cannot be read or is too large (at most 10 MB and %d fields); go back one page, "+
		"shorten its tables and send it again", mostDraftFields)

// readDraftForm reads a form whose fields may be thousands. [http.Request.ParseMultipartForm] takes a thousand parts at
// most, so those that come beside a sheet are read one by one.
func readDraftForm(w http.ResponseWriter, r *request) (sentForm, error) {
	r.Body = http.MaxBytesReader(w, r.Body, largestDraft)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		if err := r.ParseForm(); err != nil {
			return sentForm{}, errDraftForm
		}
		return sentForm{Values: r.PostForm}, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return sentForm{}, errDraftForm
	}
	form := sentForm{url.Values{}, map[string][]byte{}}
	for range mostDraftFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil || form.take(part) != nil {
			return sentForm{}, errDraftForm
		}
	}
	return sentForm{}, errDraftForm
}

func (f sentForm) take(part *multipart.Part) error {
	limit := int64(longestDraftField)
	if part.FileName() != "" {
		limit = largestDraft
	}
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	switch {
	case err != nil:
		return err
	case int64(len(data)) > limit:
		return errDraftForm
	case part.FileName() != "":
		f.files[part.FormName()] = data
	default:
		f.Add(part.FormName(), string(data))
	}
	return nil
}

// branch is what a form holds below a path.
type branch struct {
	text string
	kids map[string]*branch
}

// entries are what a form says of a template's variables.
func (f sentForm) entries(vars []templates.Variable) map[string]templates.Entry {
	root := &branch{}
	for name, values := range f.Values {
		if path, ok := strings.CutPrefix(name, valuePrefix); ok && len(values) > 0 {
			root.plant(path, values[0])
		}
	}
	out := map[string]templates.Entry{}
	for _, v := range vars {
		if b := root.kids[v.Name]; b != nil {
			out[v.Name] = b.entry(v)
		}
	}
	return out
}

// deepest is how many names a path may have: tables stand in tables three deep at most.
const deepest = 12

func (b *branch) plant(path, text string) {
	names := strings.SplitN(path, ".", deepest)
	for _, name := range names {
		if b.kids == nil {
			b.kids = map[string]*branch{}
		}
		if b.kids[name] == nil {
			b.kids[name] = &branch{}
		}
		b = b.kids[name]
	}
	b.text = text
}

func (b *branch) entry(v templates.Variable) templates.Entry {
	switch {
	case v.Rows():
		out := templates.Entry{}
		for _, i := range b.places() {
			out.Items = append(out.Items, b.kids[strconv.Itoa(i)].entry(single(v)))
		}
		return out
	case v.Record():
		out := templates.Entry{Fields: map[string]templates.Entry{}}
		for _, c := range v.Columns {
			if kid := b.kids[c.Name]; kid != nil {
				out.Fields[c.Name] = kid.entry(c)
			}
		}
		return out
	}
	return templates.Entry{Text: b.text}
}

// places are the rows that a form has, in order.
func (b *branch) places() (out []int) {
	for name := range b.kids {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && strconv.Itoa(i) == name {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// single is one row of a list or table.
func single(v templates.Variable) templates.Variable {
	v.List = false
	if v.Type == templates.Table {
		v.Type = 0
	}
	return v
}

// sought is what a path leads to: the innermost list or table on its way, a row of it and a column.
type sought struct {
	rows   string // its path
	list   templates.Variable
	row    int // -1: none
	column string
}

// seek follows a path through a template's variables.
func seek(vars []templates.Variable, path string) (s sought, ok bool) {
	names := strings.SplitN(path, ".", deepest)
	s.row = -1
	columns := vars
	var v templates.Variable
	for i := 0; i < len(names); i++ {
		at := slices.IndexFunc(columns, func(c templates.Variable) bool { return c.Name == names[i] })
		if at < 0 {
			return s, false
		}
		v = columns[at]
		if !v.Rows() {
			s.column, columns = v.Name, v.Columns
			continue
		}
		s = sought{rows: strings.Join(names[:i+1], "."), list: v, row: -1}
		columns = v.Columns
		if i+1 == len(names) {
			return s, true
		}
		row, err := strconv.Atoi(names[i+1])
		if err != nil || row < 0 || row > templates.MaxFormRows {
			return s, false
		}
		s.row = row
		i++
	}
	return s, s.rows != ""
}

// editRows changes the rows of a list or table at a path.
func editRows(
	entries map[string]templates.Entry, path string, edit func([]templates.Entry) []templates.Entry,
) {
	name, rest, _ := strings.Cut(path, ".")
	entries[name] = editEntry(entries[name], rest, edit)
}

func editEntry(
	e templates.Entry, path string, edit func([]templates.Entry) []templates.Entry,
) templates.Entry {
	if path == "" {
		e.Items = edit(e.Items)
		return e
	}
	name, rest, _ := strings.Cut(path, ".")
	if i, err := strconv.Atoi(name); err == nil {
		if i < 0 || i > templates.MaxFormRows {
			return e
		}
		for len(e.Items) <= i {
			e.Items = append(e.Items, templates.Entry{})
		}
		e.Items[i] = editEntry(e.Items[i], rest, edit)
		return e
	}
	if e.Fields == nil {
		e.Fields = map[string]templates.Entry{}
	}
	e.Fields[name] = editEntry(e.Fields[name], rest, edit)
	return e
}

// original is the place in a form of what is at a path once its empty rows are left out.
func original(entries map[string]templates.Entry, path string) string {
	names := strings.Split(path, ".")
	e := templates.Entry{Fields: entries}
	for i, name := range names {
		row, err := strconv.Atoi(name)
		if err != nil || len(e.Items) == 0 {
			e = e.Fields[name]
			continue
		}
		for at, item := range e.Items {
			if item.Empty() {
				continue
			}
			if row == 0 {
				names[i], e = strconv.Itoa(at), item
				break
			}
			row--
		}
	}
	return strings.Join(names, ".")
}
