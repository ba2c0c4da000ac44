package web

import (
	"encoding/json"
	"errors"
	"maps"
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
	Ballot               *ballotAct
	From                 string // where its form was opened, and leads back to; empty: the covenant's page
	command              catalogue.Command
	fixed                map[string]json.RawMessage
	turn                 bool
	renewal              *workflow.Renewal // what a renewal is planned to be
}

// tasks are what the reader of a covenant's page may do: what it waits for, and what can be done besides.
type tasks struct {
	Turn, Besides []act
	Panel         string // address of the chair's panel, for those who chair or keep the minutes
}

// acts are what the rules leave open to somebody who is signed in, as the pages offer it.
func (s actions) acts(r *request, v *engine.View) (out tasks) {
	if r.visitor.Session.ID == "" {
		return out
	}
	seen := map[string]bool{}
	for _, p := range catalogue.May(v, r.actor, v.Now) {
		word, offered := actWords[p.Name]
		if p.Why != nil || !offered || p.Name == "accept-obstacles" && len(v.Covenant.Unaccepted(v.Obstacles)) == 0 {
			continue
		}
		a := act{Label: r.text(word.label), Effect: r.text(word.effect), command: p.Command,
			fixed: fixedFields(p, v)}
		a.turn = word.turn && !answered(v, a)
		a.Path = address.Act.For(v.Covenant.Slug, p.Name) + queryOf(a.fixed)
		if p.Name == submitCommand { // its text has a form of its own
			a.Path = address.Draft.For(v.Covenant.Slug)
		}
		if seen[a.Path] || seen[withoutLapse(v.Covenant.Slug, p.Name, a.fixed)] {
			continue
		}
		seen[a.Path] = true
		a.About = aboutOf{s.presenter(r, v)}.about(a.fixed)
		a.Ballot = ballotOf(s.presenter(r, v), a)
		if a.turn {
			out.Turn = append(out.Turn, a)
		} else {
			out.Besides = append(out.Besides, a)
		}
	}
	if chairs(r, v) {
		out.Panel = address.Chair.For(v.Covenant.Slug)
	}
	slices.SortStableFunc(out.Turn, func(a, b act) int { return ballotsFirst(a) - ballotsFirst(b) })
	return out
}

// withoutLapse is the form of the same command where nothing lapses: what can be counted is not offered to lapse.
func withoutLapse(slug, command string, fixed map[string]json.RawMessage) string {
	if fixed["lapse"] == nil {
		return ""
	}
	plain := maps.Clone(fixed)
	delete(plain, "lapse")
	return address.Act.For(slug, command) + queryOf(plain)
}

// answered reports whether something that may be given again was given: then the covenant waits for it no more.
func answered(v *engine.View, a act) bool {
	if a.command.Name != "submit-score" || v.Covenant.Scoring == nil {
		return false
	}
	var agency workflow.AgencyID
	_ = json.Unmarshal(a.fixed["agency"], &agency) // the rules filled it in
	_, done := v.Covenant.Scoring.SelfScore(agency)
	return done
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
			f.Name == "obstacles" || p.Name == "record-proxy" && f.Name == "to" ||
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
	var motions []workflow.MotionID
	_ = json.Unmarshal(fixed["motions"], &motions) // none: nothing to say
	for _, m := range t.v.PendingMotions() {
		if slices.Contains(motions, m.ID) {
			parts = append(parts, t.text(m.Words(t.v.Process)))
		}
	}
	if id := text("poll"); id != "" {
		parts = append(parts, t.text(t.v.Process.PollName(workflow.PollID(id))))
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
	Person    string // whose form it is
	Problem   string
	Question  string    // key of the question that the problem is, see [workflow.Meant]
	Answered  []string  // those that were answered with yes before
	State     *actState // why there is nothing to fill in, or why what was filled in was not taken
	Confirm   []confirmed
	Secret    *secretNote
	Proposed  *proposedRanking
	Successor *successor
	Bundle    *bundleRow
	Back      string // address
	Action    string
	Multipart bool
}

// Voting reports whether the form is sent by the buttons of its choices.
func (p *actPage) Voting() bool {
	return slices.ContainsFunc(p.Fields, func(f fieldRow) bool { return f.Kind == "vote" })
}

// problems is how many fields have one, which each says itself.
func (p *actPage) problems() (n int) {
	for _, f := range p.Fields {
		if f.Problem != "" {
			n++
		}
	}
	return n
}

// actForm shows a form, or why there is none.
func (s actions) actForm(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	v, a, err := s.asked(r)
	if err != nil {
		return s.noForm(r, v, a, err)
	}
	if r.PathValue("command") == submitCommand {
		http.Redirect(w, r.Request, address.Draft.For(address.Slug(r.Request)), http.StatusSeeOther)
		return nil, nil
	}
	w.Header().Set("Cache-Control", "no-store") // a back button must not show a key that was used
	p := s.actPage(r, v, a)
	p.Proposed = s.maker(r, v, a).proposed(nil)
	p.Bundle = s.bundles.ready(r)
	return &answer{page: "act", data: p}, nil
}

// noForm says why there is no form, where its reader may know of the covenant.
func (s actions) noForm(r *request, v *engine.View, a act, err error) (*answer, error) {
	var why *workflow.Error
	if v == nil || !errors.As(err, &why) {
		return nil, err
	}
	p := s.emptyPage(r, v, a)
	p.State = stateOf(s.presenter(r, v), a.command.Name, why)
	return &answer{page: "act", data: p, status: engine.HTTPStatus(err)}, nil
}

// asked finds what an address asks for among what is open to the reader.
func (s actions) asked(r *request) (*engine.View, act, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, act{}, err
	}
	word, offered := actWords[r.PathValue("command")]
	if !offered {
		return nil, act{}, errNotFound
	}
	a := act{Label: r.text(word.label)}
	if a.command, err = catalogue.Named(r.PathValue("command")); err != nil {
		return nil, act{}, err
	}
	all := s.acts(r, v)
	for _, open := range slices.Concat(all.Turn, all.Besides) {
		if open.command.Name == a.command.Name && fits(r.URL.Query(), open.fixed) {
			return v, s.planning(r, v, open), nil
		}
	}
	switch a.command.Name {
	case "amend":
		err = v.MayAmend()
	case "renew":
		err = v.MayRenew()
	}
	if err != nil {
		return v, a, err
	}
	for _, p := range catalogue.May(v, r.actor, v.Now) {
		if p.Name == a.command.Name && p.Why != nil {
			return v, a, p.Why
		}
	}
	return v, a, workflow.Refusal(workflow.CodeWrongState,
		"việc này đã được thực hiện, hoặc chưa đến lượt; hãy xem giao ước đang ở bước nào",
		"this has been done, or its turn has not come; see where the covenant stands")
}

// planning adds to a renewal what it is planned to be, for the year that was asked for.
func (s actions) planning(r *request, v *engine.View, a act) act {
	if a.command.Name != "renew" {
		return a
	}
	year, _ := strconv.Atoi(r.FormValue("year")) // none: the year after
	plan, err := s.engine.PlanRenewal(r.Context(), r.actor, v.Covenant.Slug, year)
	if err == nil { // what stands in its way is said when it is asked for
		a.renewal = plan
	}
	return a
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

func (s actions) maker(r *request, v *engine.View, a act) fieldMaker {
	return fieldMaker{s.presenter(r, v), r, a}
}

// emptyPage is a form's page without the form.
func (s actions) emptyPage(r *request, v *engine.View, a act) *actPage {
	p := &actPage{basePage: s.base(r, "covenants"), cover: s.presenter(r, v).cover(), Act: a,
		Person: string(r.actor.Person())}
	p.Act.From = cameFrom(r)
	p.Back = backTo(p.Act.From, v.Covenant.Slug)
	p.Title = a.Label + " – " + v.Covenant.Title
	return p
}

func (s actions) actPage(r *request, v *engine.View, a act) *actPage {
	p, m := s.emptyPage(r, v, a), s.maker(r, v, a)
	p.Key, p.Action = uuid.NewString(), address.Act.For(v.Covenant.Slug, a.command.Name)+queryOf(a.fixed)
	fixed, _ := json.Marshal(a.fixed) // of values that were JSON
	p.Fixed = string(fixed)
	if frozen := v.Covenant.Frozen; frozen != nil {
		p.Digest = frozen.PDF.String()[:8]
	} else if revision, ok := v.Covenant.Revision(); ok {
		p.Digest = revision.Manifest.String()[:8]
	}
	p.Fields, p.Secret, p.Successor = m.fields(), m.secretNote(), m.successor()
	p.Multipart = slices.ContainsFunc(p.Fields, func(f fieldRow) bool { return f.Kind == "file" })
	return p
}
