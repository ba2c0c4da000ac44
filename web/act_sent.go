package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// A form that came back: read, carried out, or shown again with what is wrong.

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

// act carries out what a form asks for, or asks its sender to confirm it.
func (s actions) act(w http.ResponseWriter, r *request) (*answer, error) {
	if err := fileForm(w, r); err != nil {
		return nil, err
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	if r.visitor.Session.ID == "" {
		return identity(s).signInKeeping(r)
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.PostFormValue("buoc") == askFirst {
		return s.confirm(r)
	}
	v, a, err := s.sent(r)
	if err != nil {
		return nil, err
	}
	p, m := s.actPage(r, v, a), s.maker(r, v, a)
	fields, ok, err := m.fieldsOf(p.Fields)
	if err != nil {
		return nil, err
	}
	if r.PostFormValue("buoc") == lookFirst || !ok {
		p.Proposed = m.proposed(fields)
		return p.again(r, ok), nil
	}
	out, err := s.carryOut(r, v, a, fields)
	var refusal *workflow.Error
	if err = sayProblems(err); errors.As(err, &refusal) {
		p.Proposed = m.proposed(fields)
		p.refused(m, err, refusal)
		return &answer{page: "act", data: p, status: engine.HTTPStatus(err)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %s: %w", a.command.Name, v.Covenant.Slug, err)
	}
	http.Redirect(w, r.Request, s.afterwards(r, v, a, out), http.StatusSeeOther)
	return nil, nil
}

// carryOut gives the command. A bundle of evidence is kept for the one who had it made.
func (s actions) carryOut(r *request, v *engine.View, a act, fields json.RawMessage) (catalogue.Answer, error) {
	if a.command.Name == "make-evidence" {
		return catalogue.Answer{}, s.makeBundle(r, v.Covenant.Slug)
	}
	out, err := catalogue.Do(r.Context(), s.engine, r.actor, catalogue.Call{Command: a.command.Name,
		Address: v.Covenant.Slug, Key: keyOf(r), Fields: fields, Language: r.lang, Network: peer(r.Request),
		Mean: r.Form["mean"]})
	if err != nil {
		return out, fmt.Errorf("from a form: %w", err)
	}
	return out, nil
}

// sayProblems makes a refusal of what is wrong with the values of a document, which a person can mend.
func sayProblems(err error) error {
	var problems templates.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return &workflow.Error{Code: workflow.CodeInvalid, Text: words.Each(problems.In)}
}

// afterwards is where a form leads when it was carried out: to what it started, or to where it was opened.
func (s actions) afterwards(r *request, v *engine.View, a act, out catalogue.Answer) string {
	done := url.Values{"xong": {a.command.Name}}
	switch {
	case a.command.Name == "make-evidence":
		return address.Act.For(v.Covenant.Slug,
			a.command.Name) + "?" + url.Values{"khoa": {r.PostFormValue("khoa")}}.Encode()
	case (a.command.Name == "amend" || a.command.Name == "renew") && out.Covenant != "":
		if slug := r.PostFormValue("slug"); strings.Count(slug, "/") == 1 {
			return address.Covenant.For(slug)
		}
	}
	return backTo(cameFrom(r), v.Covenant.Slug) + "?" + done.Encode()
}

// What a form may ask for instead of being carried out.
const (
	askFirst  = "hoi" // to be asked whether that is meant
	lookFirst = "xem" // to see what would come of it
)

// again shows a form as it came: something is missing or wrong in it, or its sender wanted to see what comes of it.
func (p *actPage) again(r *request, ok bool) *answer {
	if ok {
		return &answer{page: "act", data: p}
	}
	p.Problem = r.text(words.F("Chưa gửi: %s cần xem lại. Những gì đã điền còn nguyên.",
		"Not sent: %s to look at again. Everything that was filled in is still there.",
		words.N(p.problems(), "mục", "field", "fields")))
	return &answer{page: "act", data: p, status: http.StatusUnprocessableEntity}
}

// refused says at its field, or above them all, why the rules did not take a form.
func (p *actPage) refused(m fieldMaker, err error, refusal *workflow.Error) {
	p.Key, p.Problem = uuid.NewString(), fullSentence(refusal.In(m.lang))
	p.Question, p.Answered = refusal.Mean, m.r.Form["mean"]
	if name := refusedField(m.act.command.Name, err); name != "" {
		for i := range p.Fields {
			if p.Fields[i].Name == name {
				p.Fields[i].Problem = p.Problem
			}
		}
	} else if refusal.Code == workflow.CodeConflict || refusal.Code == workflow.CodeForbidden ||
		m.v.Covenant.Phase.Ended() || (situation{m.presenter}).passed(m.act.command.Name) {
		p.State = stateOf(m.presenter, m.act.command.Name, refusal)
	}
}

// refusedField is the field that a refusal is about when nothing else is wrong with a form: the rules ask for a reason
// where points differ, the key's keeper refuses a PIN.
func refusedField(command string, err error) string {
	var key *engine.KeyRefused
	switch {
	case errors.As(err, &key):
		return "pin"
	case workflow.ErrorCode(err) == workflow.CodeInvalid:
		return map[string]string{"verify-score": "note", "record-proxy": "document", "amend": "slug", "renew": "slug",
			"declare-ranking": "valid", "record-attendance": "person", "cast-poll-ballot": "choices",
			"open-conference": "reason", "appeal-score": "criteria", "decide-appeal": "scores"}[command]
	case command == "amend" && workflow.ErrorCode(err) == workflow.CodeConflict: // the address is another covenant's
		return "slug"
	}
	return ""
}

// sent is what a form that came back is about, whether it is open still or not: a form that is sent twice answers what
// it answered before.
func (s actions) sent(r *request) (*engine.View, act, error) {
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
		return nil, act{}, errDamagedForm
	}
	a.About = aboutOf{s.presenter(r, v)}.about(a.fixed)
	return v, s.planning(r, v, a), nil
}

// keyOf is the key that a form came with, for its person alone: another person's form never answers with this one's.
func keyOf(r *request) string {
	key := r.FormValue("khoa")
	if _, err := uuid.Parse(key); err != nil {
		return ""
	}
	return "web/" + string(r.actor.Person()) + "/" + key
}

var errDamagedForm = workflow.Refusal(workflow.CodeInvalid, "biểu mẫu bị hỏng; hãy mở lại trang",
	"the form is damaged; open the page again")
