package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
)

// notYet are the commands on a covenant whose fields are a table or a document of their own, which the console and the
// command line give.
var notYet = []string{"submit-score", "verify-score", "appeal-score", "decide-appeal", "cast-poll-ballot",
	"declare-ranking", "accept-obstacles", "amend", "renew", "make-evidence"}

// Each command on a covenant has a form, or is listed as having none, and each of its fields is asked for in words or
// filled in by the rules.
func TestEveryCommandHasAForm(t *testing.T) {
	ruled := []string{"agency", "revision", "manifest", "thread", "open", "motion", "from", "slot", "consented",
		"obligation", "period", "poll", "lapse"}
	asked := map[string]bool{}
	for _, c := range catalogue.Commands() {
		if c.Scope != catalogue.OnCovenant || c.Reads {
			continue
		}
		word, offered := actWords[c.Name]
		if offered == slices.Contains(notYet, c.Name) {
			t.Errorf("%s: has a form: %t, listed as having none: %t", c.Name, offered, !offered)
		}
		if !offered {
			continue
		}
		for _, text := range []words.Text{word.label, word.effect} {
			if text.In(words.Vietnamese) == "" || text.In(words.English) == "" {
				t.Errorf("%s has no words", c.Name)
			}
		}
		for _, f := range c.Fields() {
			_, known := actFields[f.Name]
			asked[f.Name] = asked[f.Name] || known
			if !known && !slices.Contains(ruled, f.Name) {
				t.Errorf("%s: nobody fills in %s", c.Name, f.Name)
			}
			for _, choice := range f.Choices() {
				vi, en := choiceWords(f.Type, choice, words.Vietnamese), choiceWords(f.Type, choice, words.English)
				if known && (vi == "" || en == "" || vi == en) {
					t.Errorf("%s: %s %q has no words", c.Name, f.Name, choice)
				}
			}
		}
	}
	for name := range actWords {
		if _, err := catalogue.Named(name); err != nil {
			t.Errorf("a form of no command: %v", err)
		}
	}
	for name := range actFields {
		if !asked[name] && name != "clause" {
			t.Errorf("words for no field: %s", name)
		}
	}
}

// as signs a person in with a browser of their own.
func (b *visitor) as(links *Links, person workflow.PersonID) *visitor {
	b.t.Helper()
	path, err := links.Add(person)
	check(b.t, err)
	out := &visitor{b.t, b.h, "127.0.0.1:9", map[string]*http.Cookie{}, map[string]string{}}
	out.do(http.MethodGet, path, nil)
	return out
}

func (b *visitor) page(path string) page {
	b.t.Helper()
	var headers []string
	for _, c := range b.cookies {
		headers = append(headers, "Cookie", c.Name+"="+c.Value)
	}
	return get(b.t, b.h, path, headers...)
}

// form opens the form of a command on a covenant's page by its link, as a reader does, and gives its hidden fields.
func (b *visitor) form(slug, command string) (action string, hidden url.Values) {
	b.t.Helper()
	p := b.page("/giao-uoc/" + slug)
	link := p.attr(`.tasks a[href*="/viec/`+command+`"]`, "href")
	f := b.page(link)
	hidden = url.Values{"khoa": {f.attr("form.act input[name=khoa]", "value")},
		"ve": {f.attr("form.act input[name=ve]", "value")}}
	return f.attr("form.act", "action"), hidden
}

func with(form url.Values, more url.Values) url.Values {
	out := url.Values{}
	for name, value := range form {
		out[name] = value
	}
	for name, value := range more {
		out[name] = value
	}
	return out
}

// reviewers are the agencies whose turn it is, with who may act for each.
func reviewers(t *testing.T, i *installation) map[workflow.AgencyID]workflow.PersonID {
	t.Helper()
	v, err := i.View(t.Context(), machine, reviewing)
	check(t, err)
	out := map[workflow.AgencyID]workflow.PersonID{}
	for _, turn := range v.Turns() {
		for _, h := range v.Directory.HoldersIn(v.Covenant.ID, turn.Agency, turn.Duty, v.Calendar.Today(v.Now)) {
			out[turn.Agency] = h.ID
		}
	}
	return out
}

// An agency's reviewer gives its opinion by the form, once; what they may not is refused, whatever the form says.
func TestReviewInTheBrowser(t *testing.T) {
	t.Parallel()
	i, err := openAt(copied(t), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: links})
	check(t, err)
	nobody := &visitor{t, h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}
	waiting := reviewers(t, i)
	var agencies []workflow.AgencyID
	for a := range waiting {
		agencies = append(agencies, a)
	}
	slices.Sort(agencies)
	mine, other := agencies[0], agencies[1]
	b := nobody.as(links, waiting[mine])
	b.page("/").oneContains("#den-luot ~ ul .acts", "Cho ý kiến")
	action, hidden := b.form(reviewing, "give-review")
	if !strings.Contains(hidden.Get("ve"), string(mine)) {
		t.Fatalf("the form is about %s", hidden.Get("ve"))
	}
	if r := nobody.do(http.MethodGet, action, nil); r.StatusCode != http.StatusSeeOther ||
		onward(must(url.ParseQuery(must(url.Parse(r.Header.Get("Location"))).RawQuery)).Get("tiep")) != action {
		t.Errorf("without signing in the form leads to %q", r.Header.Get("Location"))
	}
	approve := with(hidden, url.Values{"opinion": {"approve_with_comments"},
		"comments": {"Đề nghị nêu rõ\r\nthời hạn."}})
	foreign := with(approve, url.Values{"ve": {strings.ReplaceAll(hidden.Get("ve"), string(mine), string(other))}})
	for name, c := range map[string]struct {
		by   *visitor
		path string
		form url.Values
		want int
	}{
		"without signing in": {nobody, action, approve, http.StatusForbidden},
		"for another agency": {b, action, foreign, http.StatusForbidden},
		"without an opinion": {b, action, hidden, http.StatusUnprocessableEntity},
		"an opinion that is no": {b, action, with(hidden, url.Values{"opinion": {"maybe"}}),
			http.StatusUnprocessableEntity},
		"a damaged form": {b, action, with(approve, url.Values{"ve": {"{"}}), http.StatusUnprocessableEntity},
		"a field of the program": {b, action, with(approve, url.Values{"ve": {`{"by":"x"}`}}),
			http.StatusUnprocessableEntity},
		"a command that there is not": {b, strings.Replace(action, "give-review", "approve", 1), approve,
			http.StatusNotFound},
		"a command of administrators": {b, strings.Replace(action, "give-review", "keep-key", 1), approve,
			http.StatusNotFound},
		"another covenant": {b, strings.Replace(action, "gop-y", "khong-co", 1), approve, http.StatusNotFound},
	} {
		if r := c.by.do(http.MethodPost, c.path, c.form); r.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", name, r.StatusCode, c.want)
		}
	}
	if left := reviewers(t, i); !reflect.DeepEqual(left, waiting) {
		t.Fatalf("something was recorded: %v of %v wait", left, waiting)
	}
	b.headers["Sec-Fetch-Site"] = "cross-site"
	if r := b.do(http.MethodPost, action, approve); r.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", r.StatusCode)
	}
	delete(b.headers, "Sec-Fetch-Site")
	for range 2 { // whoever sends a form twice is told the same
		r := b.do(http.MethodPost, action, approve)
		if r.StatusCode != http.StatusSeeOther || !strings.HasSuffix(r.Header.Get("Location"), "?xong=give-review") {
			t.Fatalf("status %d to %q", r.StatusCode, r.Header.Get("Location"))
		}
	}
	delete(waiting, mine)
	if left := reviewers(t, i); !reflect.DeepEqual(left, waiting) {
		t.Errorf("%v wait, want %v", left, waiting)
	}
	b.page("/giao-uoc/"+reviewing+"?xong=give-review").contains(".tasks .verdict", "Đã ghi nhận: Cho ý kiến")
	if again := b.page(action); again.status != http.StatusConflict && again.status != http.StatusForbidden {
		t.Errorf("the form of what has been done: status %d", again.status)
	}
}

// Who is not signed in is offered nothing to do.
func TestNobodyIsOfferedNothing(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{reviewing, voting, signing4, inForce} {
		if p := get(t, pages(), "/giao-uoc/"+slug); len(p.all(".tasks")) != 0 {
			t.Errorf("%s offers something to whoever reads as the machine", slug)
		}
	}
}

// browseForms looks at what somebody who is signed in sees.
func browseForms(t *testing.T) {
	i, err := openAt(copied(t), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: asMachine, Logger: quiet, Links: links})
	check(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	waiting := reviewers(t, i)
	for _, sight := range []struct{ name, path string }{
		{"home-mine", "/"}, {"tasks", "/giao-uoc/" + reviewing},
		{"form", "/giao-uoc/" + reviewing + "/viec/give-review"},
		{"account", "/tai-khoan"},
	} {
		for _, at := range []screen{phone, desk, dark} {
			t.Run(sight.name+"/"+at.name, func(t *testing.T) {
				var person workflow.PersonID
				for _, p := range waiting {
					person = max(person, p)
				}
				path, err := links.Add(person)
				check(t, err)
				tb := chromium().open(t, server.URL+path+"?"+url.Values{"tiep": {sight.path}}.Encode(), at)
				tb.narrow()
				tb.screenshot(sight.name+"-"+at.name, false)
				tb.accessible()
				tb.clean()
			})
		}
	}
}
