package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"covenant/workflow"
)

// writing is an installation with pages, and people who sign in to it.
type writing struct {
	*installation
	t     *testing.T
	h     http.Handler
	links *Links
}

func newWriting(t *testing.T) *writing {
	t.Helper()
	i := copyOf(t)
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: links})
	check(t, err)
	return &writing{i, t, h, links}
}

// officer is who drafts for the hall's block.
func officer() workflow.PersonID { return hall().who(hall().leader(), workflow.DutyDraft) }

func (d *writing) as(person workflow.PersonID) *visitor {
	nobody := &visitor{d.t, d.h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}
	if person == "" {
		return nobody
	}
	return nobody.as(d.links, person)
}

// beginning is the form of a new covenant, filled in.
func (d *writing) beginning(b *visitor, more url.Values) url.Values {
	d.t.Helper()
	f := b.page("/giao-uoc/moi")
	return with(url.Values{"khoa": {f.attr("form.act input[name=khoa]", "value")}, "khoi": {hallBlock}, "nam": {"2026"},
		"mau": {"giao-uoc-thi-dua"}, "ten": {"Giao ước thi đua năm 2026 – Đợt hai"}, "dia-chi": {""}}, more)
}

// formValues are what a form of values holds, as a browser would send it.
func formValues(p page) url.Values {
	out := url.Values{}
	for _, in := range p.all(`#soan input[name], #soan textarea[name], #soan select[name]`) {
		name := attr(in, "name")
		switch {
		case attr(in, "type") == "file" || attr(in, "type") == "checkbox":
		case in.Data == "textarea":
			out.Set(name, rawText(in))
		case in.Data == "select":
			out.Set(name, chosen(in))
		default:
			out.Set(name, attr(in, "value"))
		}
	}
	return out
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// chosen is the value that a browser sends of a select.
func chosen(n *html.Node) string {
	options := cascadia.QueryAll(n, cascadia.MustCompile("option"))
	for _, o := range options {
		if slices.ContainsFunc(o.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
			return attr(o, "value")
		}
	}
	return attr(options[0], "value")
}

// A covenant is begun by the form, once; its address follows its title; whoever may not is told so.
func TestBeginACovenant(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	b.page("/").oneContains(`main a[href="/giao-uoc/moi"]`, "Giao ước mới")
	b.page("/giao-uoc").oneContains(`main a[href="/giao-uoc/moi"]`, "Giao ước mới")
	b.page("/giao-uoc/moi").contains("form.act .choice", "Giao ước thi đua hằng năm của một khối")
	form := d.beginning(b, nil)
	for range 2 {
		r := b.do(http.MethodPost, "/giao-uoc/moi", form)
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther ||
			got != "/giao-uoc/2026/giao-uoc-thi-dua-nam-dot-hai/soan" {
			t.Fatalf("status %d to %q", r.StatusCode, got)
		}
	}
	p := b.page("/giao-uoc/2026/giao-uoc-thi-dua-nam-dot-hai/soan")
	if got := formValues(p).Get("v.năm"); got != "2026" {
		t.Errorf("the form begins with the year %q", got)
	}
	if n := len(p.all(`[id="f-các_đơn_vị"] > details.draft-card`)); n != 10 {
		t.Errorf("%d agencies, want 10", n)
	}
	member := d.as(hall().who(hall().Agencies[3].ID, workflow.DutyReview))
	for name, c := range map[string]struct {
		by   *visitor
		more url.Values
		want int
	}{
		"without signing in":   {d.as(""), nil, http.StatusForbidden},
		"a member's reviewer":  {member, nil, http.StatusForbidden},
		"the same address":     {b, url.Values{"khoa": {"00000000-0000-4000-8000-000000000001"}}, http.StatusConflict},
		"another block":        {b, url.Values{"khoi": {"khoi-van-hoa-xa-hoi"}}, http.StatusUnprocessableEntity},
		"no block":             {b, url.Values{"khoi": {""}}, http.StatusUnprocessableEntity},
		"a year that is none":  {b, url.Values{"nam": {"20x6"}}, http.StatusUnprocessableEntity},
		"a year long ago":      {b, url.Values{"nam": {"1026"}}, http.StatusUnprocessableEntity},
		"no title":             {b, url.Values{"ten": {"  "}}, http.StatusUnprocessableEntity},
		"a title without end":  {b, url.Values{"ten": {strings.Repeat("ư", 400)}}, http.StatusUnprocessableEntity},
		"an address of a page": {b, url.Values{"dia-chi": {"../2025/x"}}, http.StatusUnprocessableEntity},
		"capitals":             {b, url.Values{"dia-chi": {"Khối-1"}}, http.StatusUnprocessableEntity},
		"no template":          {b, url.Values{"mau": {"khong-co"}}, http.StatusUnprocessableEntity},
		"a template without a process": {b, url.Values{"mau": {"giay-uy-quyen"}},
			http.StatusUnprocessableEntity},
		"a covenant that there is not": {b, url.Values{"chep": {"2020/khong-co"}}, http.StatusNotFound},
		"another block's covenant":     {b, url.Values{"chep": {amended}}, http.StatusNotFound},
	} {
		fresh := with(form, url.Values{"khoa": {"00000000-0000-4000-8000-000000000002"}, "dia-chi": {"khac"}})
		if name == "the same address" {
			fresh = form
		}
		if r := c.by.do(http.MethodPost, "/giao-uoc/moi", with(fresh, c.more)); r.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", name, r.StatusCode, c.want)
		}
	}
	if p := member.page("/giao-uoc"); len(p.all(`main a[href="/giao-uoc/moi"]`)) != 0 {
		t.Error("a member is offered to begin a covenant")
	}
	if p := member.page("/giao-uoc/moi"); p.status != http.StatusForbidden {
		t.Errorf("a member opens the form: %d", p.status)
	}
}
