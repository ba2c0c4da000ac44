package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// beginPage begins a covenant: of which block and year, from which template or earlier covenant, and where it is found.
type beginPage struct {
	basePage
	Blocks      []option
	Templates   []beginTemplate
	Earlier     []option // covenants that can be copied
	Year        string
	Heading     string // the covenant's title
	Name        string // of its address
	Key         string
	Problem     string
	TitleBefore string // what a proposed title begins with
}

// beginTemplate is a template to choose.
type beginTemplate struct {
	ID, Title, Description string
	Chosen                 bool
}

// earlierShown is how many covenants are offered to be copied, the most recently changed first.
const earlierShown = 100

// beginForm asks what covenant is to be begun.
func (s drafts) beginForm(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	p, err := s.beginPage(r)
	if err != nil {
		return nil, err
	}
	return &answer{page: "draft_new", data: p}, nil
}

func (s drafts) beginPage(r *request) (*beginPage, error) {
	from, err := s.engine.Beginnings(r.Context(), r.actor)
	if err != nil {
		return nil, err
	}
	if len(from.Blocks) == 0 {
		return nil, workflow.Refusal(workflow.CodeForbidden,
			"việc lập giao ước mới dành cho người có nhiệm vụ soạn thảo của đơn vị Khối trưởng; người quản trị ghi "+
				"nhiệm vụ này trong danh bạ",
			"covenants are begun by whoever drafts for the leading agency of a block; the "+
				"administrator enters that duty in the directory")
	}
	p := &beginPage{basePage: s.base(r, "covenants"), Year: r.PostFormValue("nam"), Heading: r.PostFormValue("ten"),
		Name: r.PostFormValue("dia-chi"), Key: uuid.NewString()}
	p.Title = r.text(words.Of("Giao ước mới", "New covenant"))
	p.TitleBefore = "Giao ước thi đua"
	if p.Year == "" {
		p.Year = strconv.Itoa(s.engine.Now().In(s.zone).Year())
	}
	for _, b := range from.Blocks {
		p.Blocks = append(p.Blocks, option{Value: string(b.ID), Text: b.Name,
			Chosen: string(b.ID) == r.PostFormValue("khoi")})
	}
	for i, t := range from.Templates {
		chosen := r.PostFormValue("mau")
		p.Templates = append(p.Templates, beginTemplate{t.ID(), t.Title(), t.Description(), chosen == t.ID() ||
			chosen == "" && i == 0})
	}
	page, err := s.list(r, engine.ListFilter{Limit: earlierShown})
	if err != nil {
		return nil, err
	}
	for _, row := range page.Rows {
		p.Earlier = append(p.Earlier, option{Value: row.Slug, Text: fmt.Sprintf("%s (%s)", row.Title, row.Slug),
			Chosen: row.Slug == r.PostFormValue("chep")})
	}
	return p, nil
}

// begin drafts the covenant and leads to its form.
func (s drafts) begin(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	if err := identity(s).form(w, r); err != nil {
		return nil, err
	}
	p, err := s.beginPage(r)
	if err != nil {
		return nil, err
	}
	slug, err := s.beginCovenant(r, p)
	var refusal *workflow.Error
	var problems templates.Problems
	switch {
	case errors.As(err, &refusal):
		p.Problem = fullSentence(refusal.In(r.lang))
	case errors.As(err, &problems):
		p.Problem = problemsInWords(problems, r.lang)
	case err != nil:
		return nil, err
	default:
		http.Redirect(w, r.Request, address.Draft.For(slug), http.StatusSeeOther)
		return nil, nil
	}
	return &answer{page: "draft_new", data: p, status: engine.HTTPStatus(err)}, nil
}

// beginning is what the form asks for, looked at.
type beginning struct {
	engine.DraftRequest
	copied *workflow.Renewal
}

func (s drafts) beginCovenant(r *request, p *beginPage) (slug string, err error) {
	b, err := s.beginning(r, p)
	if err != nil {
		return "", err
	}
	slug = b.Slug
	b.Slug = "" // which is the call's address
	fields, err := json.Marshal(b.DraftRequest)
	if err != nil {
		return "", err
	}
	_, err = catalogue.Do(r.Context(), s.engine, r.actor, catalogue.Call{Command: "draft", Address: slug, Key: keyOf(r),
		Fields: fields, Language: r.lang, Network: peer(r.Request)})
	if err != nil || b.copied == nil {
		return slug, err
	}
	d, err := s.engine.Desk(r.Context(), r.actor, slug)
	if err != nil {
		return "", err
	}
	values, problems := templates.ParseValues("copied", b.copied.Values)
	if err := templates.Problems(problems).Err(); err != nil {
		return "", err
	}
	entries := d.Template.ReadValues(values)
	for _, v := range d.Template.Variables() {
		if v.Type == templates.Year { // whatever year the earlier text spoke of
			entries[v.Name] = templates.Entry{Text: strconv.Itoa(b.Year)}
		}
	}
	_, err = s.engine.SaveWorking(r.Context(), r.actor, engine.SaveRequest{Slug: slug, Entries: entries,
		Notes: b.copied.Look})
	if errors.Is(err, store.ErrConflict) { // the same form, sent twice
		err = nil
	}
	return slug, err
}

// beginning reads the form: what it names must be among what the page offered.
func (s drafts) beginning(r *request, p *beginPage) (b beginning, err error) {
	invalid := func(vi, en string) error { return workflow.Refusal(workflow.CodeInvalid, vi, en) }
	chosen := slices.IndexFunc(p.Blocks, func(o option) bool { return o.Value == r.PostFormValue("khoi") })
	if chosen < 0 {
		return b, invalid("hãy chọn khối thi đua", "choose a block")
	}
	b.Block, b.Begun = workflow.BlockID(p.Blocks[chosen].Value), true
	if b.Year, err = strconv.Atoi(strings.TrimSpace(p.Year)); err != nil || b.Year < 1990 || b.Year > 2200 {
		return b, invalid("năm phải là một số có bốn chữ số, ví dụ 2026",
			"the year has to be four digits, such as 2026")
	}
	if b.Title = strings.Join(strings.Fields(p.Heading), " "); b.Title == "" || utf8.RuneCountInString(b.Title) > 200 {
		return b, invalid("hãy đặt tên cho giao ước, nhiều nhất 200 ký tự",
			"give the covenant a title of at most 200 characters")
	}
	name := strings.TrimSpace(p.Name)
	if name == "" {
		name = addressName(b.Title, b.Year)
	}
	p.Name, b.Slug = name, fmt.Sprintf("%04d/%s", b.Year, name)
	if earlier := r.PostFormValue("chep"); earlier != "" {
		b.copied, b.Template, err = s.engine.CopyValues(r.Context(), r.actor, earlier, b.Block, b.Year)
	} else {
		b.Template = r.PostFormValue("mau")
	}
	if err == nil && !slices.ContainsFunc(p.Templates, func(t beginTemplate) bool { return t.ID == b.Template }) {
		return b, invalid("hãy chọn một mẫu trong thư viện", "choose a template of the library")
	}
	if err == nil {
		b.Values, err = s.engine.BeginValues(r.Context(), b.Template, b.Block, b.Year)
	}
	return b, err
}

// longestAddress is how long a name is that is proposed for an address.
const longestAddress = 60

// addressName proposes the name in a covenant's address: the title without accents and without its year, in words
// joined by hyphens.
func addressName(title string, year int) string {
	var out []string
	length := 0
	for word := range strings.FieldsFuncSeq(store.Fold(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}) {
		if word == strconv.Itoa(year) {
			continue
		}
		if length += len(word) + 1; length > longestAddress {
			break
		}
		out = append(out, word)
	}
	return strings.Join(out, "-")
}

// beginPath is the address at which a covenant is begun, for who may; else empty.
func (s drafts) beginPath(r *request) (string, error) {
	if r.visitor.Session.ID == "" {
		return "", nil
	}
	may, err := s.engine.MayBegin(r.Context(), r.actor)
	if err != nil || !may {
		return "", err
	}
	return address.Begin.Of(), nil
}
