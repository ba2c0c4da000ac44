package web

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// submitPage says what happens if what was written is submitted, or what keeps it from that.
type submitPage struct {
	basePage
	cover
	Action, Form string
	Problem      string
	Wrong        []submitProblem
	Questions    []submitProblem // about unusual content, each to be answered with yes
	Refused      []string        // why the rules, or the parties, do not let it pass
	Ready        bool
	Number       int // of the revision
	Stage        string
	Asked        []actor
	Until        string
	Becomes      string // where the covenant would stand
	From         int    // the revision that it is compared with
	Count        int    // clauses that differ
	Changes      template.HTML
	Redline      string // address of what changed before
	Open         int    // comments not settled
	Note         string
	Digest       string // of the values shown
	Short        string
	Key          string
}

// submitProblem is something to mend, and the address of its field.
type submitProblem struct {
	Label, Text, Path string
	Key               string // of a question
	Said              bool   // answered with yes
}

// submitForm shows what would happen.
func (s drafts) submitForm(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	p, err := s.submitPage(r)
	if err != nil {
		return nil, err
	}
	return &answer{page: "draft_submit", data: p}, nil
}

func (s drafts) submitPage(r *request) (*submitPage, error) {
	plan, err := s.engine.PlanSubmission(r.Context(), r.actor, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	c := plan.State.Covenant
	p := &submitPage{basePage: s.base(r, "covenants"), Action: address.Submit.For(c.Slug),
		Form: address.Draft.For(c.Slug), Note: r.PostFormValue("ghi-chu"), Key: uuid.NewString(),
		Number: len(c.Revisions) + 1, Open: len(c.OpenThreads())}
	p.cover = cover{Path: address.Covenant.For(c.Slug), Heading: c.Title}
	p.Title = r.text(words.Of("Trình dự thảo", "Submit the draft")) + " – " + c.Title
	digest := workflow.DigestOf(plan.Data)
	p.Digest, p.Short = digest.String(), digest.Short()
	s.wrong(r, plan, p)
	if plan.Refused != nil {
		p.Refused = append(p.Refused, fullSentence(plan.Refused.In(r.lang)))
	}
	for _, text := range plan.Unfit {
		p.Refused = append(p.Refused, fullSentence(text.In(r.lang)))
	}
	if p.Ready = len(p.Wrong) == 0 && len(p.Refused) == 0; p.Ready {
		err = s.outlook(r, plan, p)
	}
	return p, err
}

// wrong lists what is to be mended, each with a link to its field.
func (s drafts) wrong(r *request, plan *engine.Submission, p *submitPage) {
	m := &formMaker{language: r.language}
	m.make(plan.Template.Variables(), plan.Template.ReadValues(plan.Values))
	for _, problem := range slices.Concat(plan.Problems, plan.Questions) {
		f := m.at(problem.Path)
		row := submitProblem{Text: problemText(problem, f, r.lang), Path: p.Form + "?loi", Key: problem.Mean,
			Said: slices.Contains(r.PostForm["dung"], problem.Mean)}
		if f != nil {
			row.Label, row.Path = m.where(problem.Path), row.Path+"#"+url.PathEscape(f.ID())
		}
		if row.Key != "" {
			p.Questions = append(p.Questions, row)
		} else {
			p.Wrong = append(p.Wrong, row)
		}
	}
}

// outlook says who is asked, until when, and what changed.
func (s drafts) outlook(r *request, plan *engine.Submission, p *submitPage) error {
	after, d := plan.After, plan.State.Directory
	now := s.engine.Now()
	p.Becomes = after.Status(now, r.lang)
	if stage, ok := after.Process.Stage(after.Covenant.Stage); ok {
		p.Stage = stage.Label(r.lang)
	}
	for _, turn := range after.Turns() {
		var names []string
		for _, h := range d.HoldersIn(after.Covenant.ID, turn.Agency, turn.Duty, after.Calendar.Today(now)) {
			names = append(names, d.Acting(h.ID, h.Authority).In(r.lang))
		}
		p.Asked = append(p.Asked, actor{d.AgencyName(turn.Agency), strings.Join(names, ", ")})
	}
	if due := after.Covenant.Due; !due.Date.IsZero() {
		p.Until = due.LastDay().Display()
	}
	if plan.From == 0 {
		return nil
	}
	p.From, p.Count = plan.From, len(plan.Changes)
	if plan.From > 1 {
		p.Redline = redlinePath(plan.State.Covenant.Slug, plan.From)
	}
	var changes strings.Builder
	if err := templates.RedlineHTML(&changes, plan.Changes); err != nil {
		return err
	}
	p.Changes = template.HTML(changes.String()) //nolint:gosec // RedlineHTML escapes every text
	return nil
}

// submit gives the command, with the very values that the page was about.
func (s drafts) submit(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	if err := identity(s).form(w, r); err != nil {
		return nil, err
	}
	slug := address.Slug(r.Request)
	if p, err := s.submitPage(r); err == nil { // of what was submitted already there is none
		asked := slices.ContainsFunc(p.Questions, func(q submitProblem) bool { return !q.Said })
		if asked && p.Ready {
			p.Problem = r.text(words.Of("Hãy trả lời những điều được hỏi dưới đây, hoặc quay lại sửa.",
				"Answer what is asked below, or go back and mend it."))
		}
		if asked || !p.Ready {
			return &answer{page: "draft_submit", data: p, status: http.StatusUnprocessableEntity}, nil
		}
	}
	err := s.submitValues(r, slug)
	var conflict *engine.WorkingConflictError
	var refusal *workflow.Error
	var problem string
	switch {
	case err == nil:
		done := address.Covenant.For(slug) + "?" + url.Values{"xong": {submitCommand}}.Encode()
		http.Redirect(w, r.Request, done, http.StatusSeeOther)
		return nil, nil
	case errors.As(err, &conflict):
		problem = r.text(words.F("%s đã sửa số liệu sau khi trang này được mở. Dưới đây là nội dung mới; hãy xem lại "+
			"rồi trình.", "%s changed the text after this page was opened. What stands below is the new text; look at "+
			"it and submit again.", conflict.Name))
	case errors.As(err, &refusal):
		problem = fullSentence(refusal.In(r.lang))
	default:
		return nil, err
	}
	p, pageErr := s.submitPage(r)
	if pageErr != nil {
		return nil, err
	}
	p.Problem = problem
	return &answer{page: "draft_submit", data: p, status: engine.HTTPStatus(err)}, nil
}

func (s drafts) submitValues(r *request, slug string) error {
	shown, err := workflow.ParseDigest(r.PostFormValue("ban"))
	if err != nil {
		return workflow.Refusal(workflow.CodeInvalid, "biểu mẫu bị hỏng; hãy mở lại trang",
			"the form is damaged; open the page again")
	}
	values, err := s.engine.SubmittedValues(r.Context(), r.actor, slug, shown)
	if err != nil {
		return err
	}
	fields, err := json.Marshal(engine.SubmitRequest{Values: values, Note: strings.TrimSpace(
		strings.ReplaceAll(r.PostFormValue("ghi-chu"), "\r\n", "\n"))})
	if err != nil {
		return err
	}
	_, err = catalogue.Do(r.Context(), s.engine, r.actor, catalogue.Call{Command: submitCommand, Address: slug,
		Key: keyOf(r), Fields: fields, Language: r.lang, Network: peer(r.Request), Mean: r.PostForm["dung"]})
	return err
}
