package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// A legal officer writes a covenant's text here: a form made of the template's variables, kept as a working copy while
// they type, with the pages that it makes beside it. Who may is asked of the engine with every request; of a form
// nothing is believed but what was typed and the version that it was typed into.

// drafts are the pages on which a covenant's text is written.
type drafts struct{ *server }

// submitCommand puts what was written before the agencies.
const submitCommand = "submit-revision"

// draftPage is the form.
type draftPage struct {
	basePage
	cover
	Action, Preview, Submit string
	Version                 int64
	Fields                  []*draftField
	Problem                 string   // why it was not saved
	Rest                    []string // what is wrong and about no field
	Comments                []draftComment
	Returned                string   // why the last revision came back
	Notes                   []string // to be looked at in copied values
	Left                    int      // things not filled in
	Saved, Editor           string
	Conflict                *draftConflict
}

// draftConflict shows what somebody else saved meanwhile beside what was typed.
type draftConflict struct {
	Sentence string
	Kept     int64
	Differ   []draftDifference
	More     int // differences that are not listed
}

type draftDifference struct{ Label, Mine, Theirs string }

// form shows the form.
func (s drafts) form(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	d, err := s.engine.Desk(r.Context(), r.actor, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	p, m, err := s.page(r, d, d.Template.ReadValues(d.Values))
	if err != nil {
		return nil, err
	}
	problems, err := s.engine.Problems(d)
	if err != nil {
		return nil, err
	}
	p.Rest, p.Left = m.problems(problems, r.URL.Query().Has("loi"))
	return &answer{page: "draft", data: p}, nil
}

// page makes the form of some entries, without what is wrong with them.
func (s drafts) page(
	r *request, d *engine.Desk, entries map[string]templates.Entry,
) (*draftPage, *formMaker, error) {
	c := d.State.Covenant
	p := &draftPage{basePage: s.base(r, "covenants"), Action: address.Draft.For(c.Slug),
		Preview: address.Preview.For(c.Slug), Submit: address.Submit.For(c.Slug), Version: d.Version}
	p.cover = cover{Path: address.Covenant.For(c.Slug), Heading: c.Title,
		Block: d.State.Directory.Blocks[c.Block].Name, Status: d.State.Status(s.engine.Now(), r.lang)}
	p.Title, p.Wide = r.text(words.Of("Soạn dự thảo", "Write the draft"))+" – "+c.Title, true
	m := &formMaker{language: r.language, more: r.URL.Query().Get("them")}
	p.Fields = m.make(d.Template.Variables(), entries)
	paths, err := s.engine.Commented(r.Context(), d)
	if err != nil {
		return nil, nil, err
	}
	p.Comments = m.comments(d.State, paths)
	if last, ok := c.Revision(); ok && last.Return != nil {
		p.Returned = last.Return.Reason
	}
	p.Notes = m.notes(d.Notes)
	p.Saved, p.Editor = s.saved(r, d), s.editor(r, d)
	return p, m, nil
}

// notes are what is to be looked at, with the words of the form for where it stands.
func (m *formMaker) notes(notes []workflow.RenewalNote) (out []string) {
	for _, n := range notes {
		text := fullSentence(n.Text.In(m.lang))
		name, rest, _ := strings.Cut(strings.ReplaceAll(n.Path, "[", "."), ".")
		if f := m.fields[name]; f != nil {
			row, _, _ := strings.Cut(rest, "]")
			if _, err := strconv.Atoi(row); err == nil {
				text = m.text(words.F("%s, dòng %s: %s", "%s, row %s: %s", f.Label, row, text))
			} else {
				text = f.Label + ": " + text
			}
		}
		out = append(out, text)
	}
	return out
}

// saved says when the working copy was kept.
func (s drafts) saved(r *request, d *engine.Desk) string {
	if d.Version == 0 {
		return r.text(words.Of("Chưa có thay đổi nào được lưu.", "No changes have been saved yet."))
	}
	return r.text(words.F("Đã lưu lúc %s.", "Saved at %s.", s.clock(d.EditedAt)))
}

// clock is a moment of today by its time, any other by its day, too.
func (s drafts) clock(at time.Time) string {
	at, now := at.In(s.zone), s.engine.Now().In(s.zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("15:04 02/01/2006")
}

// atWork is how long after a saving somebody is said to be at it still.
const atWork = 15 * time.Minute

// editor says who else is writing.
func (s drafts) editor(r *request, d *engine.Desk) string {
	if d.Version == 0 || d.EditedBy == r.actor.Person() {
		return ""
	}
	name := d.State.Directory.PersonName(d.EditedBy)
	if s.engine.Now().Sub(d.EditedAt) < atWork {
		return r.text(words.F("%s đang soạn từ %s; lưu lần cuối lúc %s. Hai người lưu cùng lúc sẽ được hỏi, không ai "+
			"ghi đè của ai.", "%s has been writing since %s, and last saved at %s. Where two people save at once "+
			"they are asked; nobody overwrites the other.", name, s.clock(d.Since), s.clock(d.EditedAt)))
	}
	return r.text(words.F("%s lưu lần cuối lúc %s.", "%s last saved at %s.", name, s.clock(d.EditedAt)))
}

// save keeps what a form holds, after it did what one of its buttons asks for.
func (s drafts) save(w http.ResponseWriter, r *request) (*answer, error) {
	a, err := s.saveForm(w, r)
	if err == nil || !wantsJSON(r) {
		return a, err
	}
	return nil, s.sendProblem(w, r, err)
}

// wantsJSON reports whether the page's script asks, which shows what it is told beside what was typed.
func wantsJSON(r *request) bool { return r.Header.Get("Accept") == "application/json" }

// sendProblem tells the page's script why something was not done.
func (s drafts) sendProblem(w http.ResponseWriter, r *request, err error) error {
	sentence := fullSentence(words.Explain(err, r.lang))
	status := engine.HTTPStatus(err)
	if status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
		s.log.Error("request failed", "ref", r.ref, "method", r.Method, "path", r.URL.Path, "err", err)
		sentence = r.text(words.F("Máy chủ gặp sự cố; những gì đã gõ vẫn còn trên trang này. Số tra cứu: %s.",
			"The server has a problem; what was typed is still on this page. Reference: %s.", r.ref))
	}
	return sendJSON(w, status, map[string]string{"problem": sentence})
}

func sendJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

func (s drafts) saveForm(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	form, err := readDraftForm(w, r)
	if err != nil {
		return nil, err
	}
	slug := address.Slug(r.Request)
	d, err := s.engine.Desk(r.Context(), r.actor, slug)
	if err != nil {
		return nil, err
	}
	vars := d.Template.Variables()
	sent := engine.SaveRequest{Slug: slug, Entries: form.entries(vars)}
	if sent.Version, err = strconv.ParseInt(form.Get("phien"), 10, 64); err != nil {
		return nil, workflow.Refusal(workflow.CodeInvalid, "biểu mẫu bị hỏng; hãy mở lại trang",
			"the form is damaged; open the page again")
	}
	after, err := form.press(vars, &sent)
	var saved *engine.Desk
	if err == nil {
		saved, err = s.engine.SaveWorking(r.Context(), r.actor, sent)
	}
	if err != nil {
		return s.notSaved(r, d, form, sent, err)
	}
	if wantsJSON(r) {
		return nil, s.sendSaved(w, r, saved, sent.Entries)
	}
	http.Redirect(w, r.Request, address.Draft.For(slug)+after, http.StatusSeeOther)
	return nil, nil
}

// draftSaved is what the page's script is told.
type draftSaved struct {
	Version int64               `json:"version"`
	Saved   string              `json:"saved"`
	Left    string              `json:"left"`
	Errors  map[string][]string `json:"errors"` // by the path of the field
	Rest    []string            `json:"rest"`
}

func (s drafts) sendSaved(
	w http.ResponseWriter, r *request, d *engine.Desk, typed map[string]templates.Entry,
) error {
	problems, err := s.engine.Problems(d)
	if err != nil {
		return err
	}
	out := draftSaved{Version: d.Version, Saved: s.saved(r, d), Errors: map[string][]string{}}
	m := &formMaker{language: r.language}
	m.make(d.Template.Variables(), typed)
	for i := range problems {
		problems[i].Path = original(typed, problems[i].Path)
	}
	var left int
	out.Rest, left = m.problems(problems, false)
	out.Left = leftWords(left, r.lang)
	for path, f := range m.fields {
		if len(f.Errors) > 0 {
			out.Errors[path] = f.Errors
		}
	}
	return sendJSON(w, http.StatusOK, out)
}

// leftWords says how much is not filled in yet.
func leftWords(n int, lang words.Language) string {
	if n == 0 {
		return words.Of("Đã điền đủ.", "Everything is filled in.").In(lang)
	}
	return words.F("Còn %d chỗ chưa điền.", "Not filled in yet: %d.", n).In(lang)
}

// LeftWords says how much is not filled in yet; nothing of what was not saved, which has not been looked at.
func (p *draftPage) LeftWords() string {
	if p.Problem != "" || p.Conflict != nil {
		return ""
	}
	return leftWords(p.Left, p.Lang)
}

// notSaved shows the form with all that was typed, and why it was not kept.
func (s drafts) notSaved(
	r *request, d *engine.Desk, form sentForm, sent engine.SaveRequest, err error,
) (*answer, error) {
	var conflict *engine.WorkingConflictError
	var refusal *workflow.Error
	var problems templates.Problems
	isConflict := errors.As(err, &conflict)
	if wantsJSON(r) || !isConflict && !errors.As(err, &refusal) && !errors.As(err, &problems) {
		return nil, fmt.Errorf("save %s: %w", sent.Slug, err)
	}
	p, m, pageErr := s.page(r, d, sent.Entries)
	if pageErr != nil {
		return nil, pageErr
	}
	p.Version = sent.Version
	for name := range form.Values {
		if path, ok := strings.CutPrefix(name, "dan."); ok && m.fields[path] != nil {
			m.fields[path].Pasted = form.Get(name)
		}
	}
	switch {
	case isConflict:
		p.Conflict = m.conflict(conflict, d, sent.Entries)
	case refusal != nil:
		p.Problem = fullSentence(refusal.In(r.lang))
	default:
		p.Problem = problemsInWords(problems, r.lang)
	}
	return &answer{page: "draft", data: p, status: engine.HTTPStatus(err)}, nil
}

// problemsInWords are sentences without the places of a file that nobody sees.
func problemsInWords(problems templates.Problems, lang words.Language) string {
	var out []string
	for _, p := range problems {
		if !p.Note {
			out = append(out, fullSentence(p.Message.In(lang)))
		}
	}
	return strings.Join(out, " ")
}

// differencesShown is how many differences of two versions are listed.
const differencesShown = 40

// conflict lists where what was typed and what is kept differ.
func (m *formMaker) conflict(
	e *engine.WorkingConflictError, d *engine.Desk, typed map[string]templates.Entry,
) *draftConflict {
	out := &draftConflict{Sentence: fullSentence(e.In(m.lang)), Kept: e.Kept.Version}
	mine, theirs := map[string]string{}, map[string]string{}
	if data, err := d.Template.WriteValues(typed); err == nil { // as it would be kept
		values, _ := templates.ParseValues("typed", data) // which is what was written
		leaves(templates.Entry{Fields: d.Template.ReadValues(values)}, "", mine)
	}
	leaves(templates.Entry{Fields: d.Template.ReadValues(e.Kept.Values)}, "", theirs)
	var paths []string
	for path, text := range mine {
		if theirs[path] != text {
			paths = append(paths, path)
		}
	}
	for path := range theirs {
		if _, both := mine[path]; !both {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for i, path := range paths {
		if i == differencesShown {
			out.More = len(paths) - i
			break
		}
		out.Differ = append(out.Differ, draftDifference{m.where(path), mine[path], theirs[path]})
	}
	return out
}

// leaves are the single values of an entry, by path.
func leaves(e templates.Entry, path string, out map[string]string) {
	for i, item := range e.Items {
		leaves(item, fmt.Sprintf("%s.%d", path, i), out)
	}
	for name, f := range e.Fields {
		leaves(f, strings.TrimPrefix(path+"."+name, "."), out)
	}
	if e.Items == nil && e.Fields == nil && e.Text != "" {
		out[path] = e.Text
	}
}

// press does what the button asks for with which the form was sent, and says what follows the form's address then.
func (f sentForm) press(vars []templates.Variable, sent *engine.SaveRequest) (after string, err error) {
	do, path, _ := strings.Cut(f.Get("lam"), ":")
	query := url.Values{}
	at, found := seek(vars, path)
	switch do {
	case "giu":
		kept, err := strconv.ParseInt(path, 10, 64)
		if err != nil {
			return "", errNotFound
		}
		sent.Version = kept
		return "", nil
	case "da-xem":
		sent.Notes = []workflow.RenewalNote{}
		return "", nil
	case "them", "xoa", "len", "xuong", "dan", "nhap":
	default:
		return "", nil
	}
	if !found {
		return "", errNotFound
	}
	switch do {
	case "them":
		query.Set("them", at.rows)
		return "?" + query.Encode() + "#f-" + at.rows, nil
	case "dan":
		err = f.fill(sent.Entries, at, cellsOf(f.Get("dan."+at.rows)))
	case "nhap":
		var cells [][]string
		if cells, err = sheetCells(f.files["tep."+at.rows], gridColumns(at.list)); err == nil {
			err = f.fill(sent.Entries, at, cells)
		}
	default:
		editRows(sent.Entries, at.rows, func(rows []templates.Entry) []templates.Entry {
			return moveRow(rows, do, at.row)
		})
	}
	return "#f-" + at.rows, err
}

// moveRow takes a row out, or moves it up or down.
func moveRow(rows []templates.Entry, do string, row int) []templates.Entry {
	if row < 0 || row >= len(rows) {
		return rows
	}
	rows = slices.Clone(rows)
	switch {
	case do == "xoa":
		return slices.Delete(rows, row, row+1)
	case do == "len" && row > 0:
		rows[row-1], rows[row] = rows[row], rows[row-1]
	case do == "xuong" && row+1 < len(rows):
		rows[row], rows[row+1] = rows[row+1], rows[row]
	}
	return rows
}

// fill puts rows of texts into a list or table: from a cell on, or in the place of all rows.
func (f sentForm) fill(entries map[string]templates.Entry, at sought, cells [][]string) error {
	if len(cells) == 0 {
		return workflow.Refusal(workflow.CodeInvalid,
			"chưa có dữ liệu nào để điền; hãy chép các ô từ bảng tính vào khung",
			"there is nothing to fill in; copy cells from a spreadsheet into the box")
	}
	if len(cells) > templates.MaxFormRows+1 {
		return errTooManyRows()
	}
	editRows(entries, at.rows, func(rows []templates.Entry) []templates.Entry {
		if at.row < 0 && f.Get("thay."+at.rows) != "" {
			rows = nil
		} else if at.row < 0 {
			at.row = len(rows)
			for at.row > 0 && rows[at.row-1].Empty() {
				at.row--
			}
		}
		return fillRows(rows, at, cells)
	})
	return nil
}
