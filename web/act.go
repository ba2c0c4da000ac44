package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// What people do on the pages is a command of the catalogue: its form is made of what the rules say is open to them
// ([catalogue.May]) and of the command's fields, and what comes back is decided by the rules anew. Nothing of a form is
// believed: what it is about stands in hidden fields, which a reader may change into whatever the rules let them do.

// actions make and take the forms.
type actions struct{ *server }

// act is one thing that the reader may do now.
type act struct {
	Label, About, Effect string
	Path                 string // of its form
	command              catalogue.Command
	fixed                map[string]json.RawMessage
	turn                 bool
}

// tasks are what the reader of a covenant's page may do: what it waits for, and what can be done besides.
type tasks struct{ Turn, Besides []act }

// acts are what the rules leave open to somebody who is signed in, as the pages offer it.
func (s actions) acts(r *request, v *engine.View) (out tasks) {
	if r.visitor.Session.ID == "" {
		return out
	}
	seen := map[string]bool{}
	for _, p := range catalogue.May(v, r.actor, v.Now) {
		word, offered := actWords[p.Name]
		if p.Why != nil || !offered {
			continue
		}
		a := act{Label: r.text(word.label), Effect: r.text(word.effect), command: p.Command, turn: word.turn,
			fixed: fixedFields(p, v)}
		a.Path = address.Act.For(v.Covenant.Slug, p.Name) + queryOf(a.fixed)
		if p.Name == submitCommand { // its text has a form of its own
			a.Path = address.Draft.For(v.Covenant.Slug)
		}
		if seen[a.Path] {
			continue
		}
		seen[a.Path] = true
		a.About = aboutOf{s.presenter(r, v)}.about(a.fixed)
		if a.turn {
			out.Turn = append(out.Turn, a)
		} else {
			out.Besides = append(out.Besides, a)
		}
	}
	return out
}

// fixedFields are what a possible command is about, as JSON by name: what the rules filled in, but for choices, texts,
// days and people, which are the giver's to choose.
func fixedFields(p catalogue.Possible, v *engine.View) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	ruled := reflect.ValueOf(p.Fields)
	for _, f := range p.Command.Fields() {
		value := ruled.FieldByName(p.Params.FieldByIndex(f.Index).Name)
		if f.Name == "consented" && v.Covenant.Frozen != nil { // to the digest that the page shows
			value = reflect.ValueOf(v.Covenant.Frozen.PDF)
		}
		if !value.IsValid() || value.IsZero() || len(f.Choices()) > 0 || f.Type != value.Type() ||
			f.Type == reflect.TypeFor[workflow.Date]() || f.Type == reflect.TypeFor[workflow.PersonID]() ||
			value.Kind() == reflect.String && value.String() == "…" {
			continue
		}
		if data, err := json.Marshal(value.Interface()); err == nil {
			out[f.Name] = data
		}
	}
	return out
}

// queryOf tells one form of a command from others, so that a link leads to the very one.
func queryOf(fixed map[string]json.RawMessage) string {
	q := url.Values{}
	for name, value := range fixed {
		if name != "consented" && name != "manifest" {
			q.Set(name, strings.Trim(string(value), `"`))
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// aboutOf says what a command is about.
type aboutOf struct{ presenter }

func (t aboutOf) about(fixed map[string]json.RawMessage) string {
	text := func(name string) (out string) {
		_ = json.Unmarshal(fixed[name], &out) // no text: nothing to say
		return out
	}
	var parts []string
	for _, name := range []string{"agency", "slot", "from", "to"} {
		if id := text(name); id != "" {
			agency := workflow.AgencyID(id)
			for _, p := range t.v.Covenant.Parties {
				if name == "slot" && string(p.Slot) == id {
					agency = p.Agency
				}
			}
			parts = append(parts, t.agency(agency))
		}
	}
	if id := text("motion"); id != "" {
		for _, m := range t.v.Covenant.Motions {
			if string(m.ID) == id {
				parts = append(parts, t.text(words.Of(m.Text, firstNonEmpty(m.English, m.Text))))
			}
		}
	}
	if id := text("thread"); id != "" {
		for _, thread := range t.v.Covenant.Threads {
			if string(thread.ID) == id {
				parts = append(parts, "“"+thread.Text+"”")
			}
		}
	}
	if string(fixed["lapse"]) == "true" {
		parts = append(parts, t.text(words.Of("không đủ điều kiện, không tính", "it lapses")))
	}
	if period := text("period"); period != "" {
		parts = append(parts, workflow.Period(period).Label(t.lang))
	}
	return strings.Join(parts, " – ")
}

// actPage is one form.
type actPage struct {
	basePage
	cover
	Act       act
	Digest    string // of what is acted on, its first eight digits
	Fields    []fieldRow
	Fixed     string // as JSON, in a hidden field
	Key       string // so that a form that is sent twice is carried out once
	Problem   string
	Action    string
	Multipart bool
}

// fieldRow is one field of a form.
type fieldRow struct {
	Name, Label, Value string
	Kind               string // text, long, number, date, file, secret, choice, check, person, agency
	Required           bool
	Options            []option
}

type option struct {
	Value, Text string
	Chosen      bool
}

// actForm shows a form.
func (s actions) actForm(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	if r.PathValue("command") == submitCommand {
		http.Redirect(w, r.Request, address.Draft.For(address.Slug(r.Request)), http.StatusSeeOther)
		return nil, nil
	}
	v, a, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	return &answer{page: "act", data: s.actPage(r, v, a)}, nil
}

// asked finds what an address asks for among what is open to the reader.
func (s actions) asked(r *request) (*engine.View, act, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, act{}, err
	}
	name := r.PathValue("command")
	if _, offered := actWords[name]; !offered {
		return nil, act{}, errNotFound
	}
	all := s.acts(r, v)
	for _, a := range slices.Concat(all.Turn, all.Besides) {
		if a.command.Name == name && fits(r.URL.Query(), a.fixed) {
			return v, a, nil
		}
	}
	for _, p := range catalogue.May(v, r.actor, v.Now) {
		if p.Name == name && p.Why != nil {
			return nil, act{}, p.Why
		}
	}
	return nil, act{}, workflow.Refusal(workflow.CodeWrongState,
		"việc này đã được thực hiện, hoặc chưa đến lượt; hãy xem giao ước đang ở bước nào",
		"this has been done, or its turn has not come; see where the covenant stands")
}

// fits reports whether a form is the one that an address names.
func fits(q url.Values, fixed map[string]json.RawMessage) bool {
	for name, value := range fixed {
		if want := q.Get(name); want != "" && want != strings.Trim(string(value), `"`) {
			return false
		}
	}
	return true
}

func (s actions) actPage(r *request, v *engine.View, a act) *actPage {
	t := s.presenter(r, v)
	p := &actPage{basePage: s.base(r, "covenants"), cover: t.cover(), Act: a, Key: uuid.NewString(),
		Action: address.Act.For(v.Covenant.Slug, a.command.Name) + queryOf(a.fixed)}
	p.Title = a.Label + " – " + v.Covenant.Title
	fixed, _ := json.Marshal(a.fixed) // of values that were JSON
	p.Fixed = string(fixed)
	if frozen := v.Covenant.Frozen; frozen != nil {
		p.Digest = frozen.PDF.String()[:8]
	} else if revision, ok := v.Covenant.Revision(); ok {
		p.Digest = revision.Manifest.String()[:8]
	}
	for _, f := range a.command.Fields() {
		if _, known := a.fixed[f.Name]; known {
			continue
		}
		if row, ok := formField(t, f); ok {
			row.Value = r.PostFormValue(f.Name)
			if row.Kind == "secret" || row.Kind == "file" {
				row.Value = ""
			}
			for i := range row.Options {
				row.Options[i].Chosen = slices.Contains(r.PostForm[f.Name], row.Options[i].Value)
			}
			p.Fields, p.Multipart = append(p.Fields, row), p.Multipart || row.Kind == "file"
		}
	}
	return p
}

// formField says how a field is asked for; one that is not listed is not.
func formField(t presenter, f catalogue.Field) (fieldRow, bool) {
	word, asked := actFields[f.Name]
	if !asked {
		return fieldRow{}, false
	}
	row := fieldRow{Name: f.Name, Label: t.text(word.label), Kind: "text", Required: !word.optional}
	switch {
	case f.Secret && f.Type.Kind() == reflect.String && len(f.Choices()) == 0:
		row.Kind = "secret"
	case len(f.Choices()) > 0:
		row.Kind = "choice"
		for _, c := range f.Choices() {
			row.Options = append(row.Options, option{Value: c, Text: choiceWords(f.Type, c, t.lang)})
		}
	case f.Type == reflect.TypeFor[[]byte]():
		row.Kind = "file"
	case f.Type == reflect.TypeFor[workflow.Date]():
		row.Kind = "date"
	case f.Type == reflect.TypeFor[workflow.PersonID]():
		row.Kind, row.Options = "select", people(t)
	case f.Type == reflect.TypeFor[workflow.AgencyID]():
		row.Kind = "select"
		for _, p := range t.v.Covenant.Parties {
			row.Options = append(row.Options, option{Value: string(p.Agency), Text: t.agency(p.Agency)})
		}
	case f.Type == reflect.TypeFor[[]workflow.MotionID]():
		row.Kind = "several"
		for _, m := range t.v.Covenant.Motions {
			if !m.Opened {
				row.Options = append(row.Options, option{Value: string(m.ID),
					Text: t.text(words.Of(m.Text, firstNonEmpty(m.English, m.Text)))})
			}
		}
	case f.Type.Kind() == reflect.Int:
		row.Kind = "number"
	case word.long:
		row.Kind = "long"
	}
	return row, true
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

// largestActForm bounds what a form brings: a signed document, or a scan of one.
const largestActForm = 32 << 20

// fileForm reads a form that may bring files.
func fileForm(w http.ResponseWriter, r *request) error {
	r.Body = http.MaxBytesReader(w, r.Body, largestActForm)
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return workflow.Refusal(workflow.CodeInvalid, "biểu mẫu không đọc được, hoặc tệp lớn hơn 32 MB",
			"the form cannot be read, or the file is larger than 32 MB")
	}
	return nil
}

// act carries out what a form asks for.
func (s actions) act(w http.ResponseWriter, r *request) (*answer, error) {
	if err := fileForm(w, r); err != nil {
		return nil, err
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	v, a, err := s.sent(r)
	if err != nil {
		return nil, err
	}
	p := s.actPage(r, v, a)
	fields, err := s.fieldsOf(r, a, p)
	if err == nil {
		_, err = catalogue.Do(r.Context(), s.engine, r.actor, catalogue.Call{Command: a.command.Name,
			Address: v.Covenant.Slug, Key: keyOf(r), Fields: fields, Language: r.lang, Network: peer(r.Request)})
	}
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		p.Problem, p.Key = fullSentence(refusal.In(r.lang)), uuid.NewString()
		return &answer{page: "act", data: p, status: engine.HTTPStatus(err)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %s: %w", a.command.Name, v.Covenant.Slug, err)
	}
	done := address.Covenant.For(v.Covenant.Slug) + "?" + url.Values{"xong": {a.command.Name}}.Encode()
	http.Redirect(w, r.Request, done, http.StatusSeeOther)
	return nil, nil
}

// sent is what a form that came back is about, whether it is open still or not: a form that is sent twice answers what
// it answered before.
func (s actions) sent(r *request) (*engine.View, act, error) {
	if r.visitor.Session.ID == "" {
		return nil, act{}, errSignInFirst
	}
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, act{}, err
	}
	name := r.PathValue("command")
	word, offered := actWords[name]
	if !offered || name == submitCommand {
		return nil, act{}, errNotFound
	}
	a := act{Label: r.text(word.label), Effect: r.text(word.effect)}
	if a.command, err = catalogue.Named(name); err != nil {
		return nil, act{}, err
	}
	if json.Unmarshal([]byte(firstNonEmpty(r.PostFormValue("ve"), "{}")), &a.fixed) != nil {
		return nil, act{}, workflow.Refusal(workflow.CodeInvalid, "biểu mẫu bị hỏng; hãy mở lại trang",
			"the form is damaged; open the page again")
	}
	a.About = aboutOf{s.presenter(r, v)}.about(a.fixed)
	return v, a, nil
}

// keyOf is the key that a form came with, for its person alone: another person's form never answers with this one's.
func keyOf(r *request) string {
	key := r.PostFormValue("khoa")
	if _, err := uuid.Parse(key); err != nil {
		return ""
	}
	return "web/" + string(r.actor.Person()) + "/" + key
}

// fieldsOf makes a call's fields of a form: those that say what it is about as the page had
// them, and what was filled in.
func (s actions) fieldsOf(r *request, a act, p *actPage) (json.RawMessage, error) {
	out := maps.Clone(a.fixed)
	types := map[string]reflect.Type{}
	for _, f := range a.command.Fields() {
		types[f.Name] = f.Type
	}
	for _, row := range p.Fields {
		value, err := fieldValue(r, row, types[row.Name])
		if err != nil {
			return nil, err
		}
		if value == nil && row.Required {
			return nil, workflow.Refusal(workflow.CodeInvalid, "chưa điền “%s”", "“%s” is not filled in", row.Label)
		}
		if value == nil {
			continue
		}
		if out[row.Name], err = json.Marshal(value); err != nil {
			return nil, fmt.Errorf("field %s: %w", row.Name, err)
		}
	}
	var buf bytes.Buffer
	err := json.NewEncoder(&buf).Encode(out)
	return buf.Bytes(), err
}

// fieldValue is what was filled in for a field, ready to be written as JSON; nil: nothing.
func fieldValue(r *request, row fieldRow, t reflect.Type) (any, error) {
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(row.Name), "\r\n", "\n"))
	switch {
	case row.Kind == "file":
		return uploaded(r, row)
	case row.Kind == "secret":
		return r.PostFormValue(row.Name), nil
	case row.Kind == "several":
		if len(r.PostForm[row.Name]) == 0 {
			return nil, nil
		}
		return r.PostForm[row.Name], nil
	case text == "":
		return nil, nil
	case t == reflect.TypeFor[[]workflow.Comment]():
		return []workflow.Comment{{Text: text}}, nil
	case row.Kind == "number":
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, workflow.Refusal(workflow.CodeInvalid, "“%s” phải là một số nguyên",
				"“%s” has to be a whole number", row.Label)
		}
		return n, nil
	}
	return text, nil
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
