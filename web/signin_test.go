package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"covenant/internal/address"
	"covenant/workflow"
)

// visitor keeps the cookies of one browser, and comes from one address.
type visitor struct {
	t       testing.TB
	h       http.Handler
	from    string
	cookies map[string]*http.Cookie
	headers map[string]string
}

func (b *visitor) do(method, path string, form url.Values) *http.Response {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.headers {
		r.Header.Set(name, value)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w.Result()
}

// me is the name that the pages greet with.
func (b *visitor) me() string {
	b.t.Helper()
	headers := []string{}
	for _, c := range b.cookies {
		headers = append(headers, "Cookie", c.Name+"="+c.Value)
	}
	p := get(b.t, b.h, "/kiem-tra", headers...)
	if n := p.all(".me a[href='" + address.Account.Of() + "']"); len(n) == 1 {
		return n[0].FirstChild.Data
	}
	return ""
}

// demonstration is a server with links, and a visitor on the same machine.
func demonstration(t *testing.T, secure bool) (*visitor, *Links, workflow.PersonID, string) {
	t.Helper()
	i, err := openAt(copied(t), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: links, Secure: secure})
	check(t, err)
	d, err := i.Directory(t.Context(), workflow.AtConsole("test", workflow.ConsoleOff))
	check(t, err)
	var people []workflow.PersonID
	for id := range d.People {
		people = append(people, id)
	}
	slices.Sort(people)
	return &visitor{t, h, "127.0.0.1:1234", map[string]*http.Cookie{}, map[string]string{}}, links, people[0],
		d.PersonName(people[0])
}

// A link signs one person in, once, on the machine itself; the cookie is none that scripts,
// other sites or plain text get.
func TestLinkSignsIn(t *testing.T) {
	t.Parallel()
	b, links, person, name := demonstration(t, false)
	path, err := links.Add(person)
	check(t, err)
	b.from = "192.0.2.9:1234"
	if r := b.do(http.MethodGet, path, nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("from another machine: %d", r.StatusCode)
	}
	b.from = "[::1]:1234"
	r := b.do(http.MethodGet, path, nil)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" || b.me() != name {
		t.Fatalf("status %d to %q; signed in as %q, want %q", r.StatusCode, r.Header.Get("Location"), b.me(), name)
	}
	c := b.cookies["covenant"]
	if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" ||
		c.MaxAge <= 0 || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	second := &visitor{t, b.h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}
	if r := second.do(http.MethodGet, path, nil); r.StatusCode != http.StatusNotFound || second.me() != "" {
		t.Errorf("the link twice: %d, %q", r.StatusCode, second.me())
	}
	plain, err := New(Config{Engine: shared().Engine, Actor: asMachine, Logger: quiet})
	check(t, err)
	b.h = plain
	if r := b.do(http.MethodGet, path, nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("where there are no links: %d", r.StatusCode)
	}
	safe, links, person, _ := demonstration(t, true)
	path, err = links.Add(person)
	check(t, err)
	safe.do(http.MethodGet, path, nil)
	if c := safe.cookies["__Host-covenant"]; c == nil || !c.Secure {
		t.Errorf("over TLS the cookies are %v", safe.cookies)
	}
}

// Signing out ends the session in the database, not only in the visitor; another site's form
// ends nothing, nor does a link.
func TestSignOut(t *testing.T) {
	t.Parallel()
	b, links, person, name := demonstration(t, false)
	path, err := links.Add(person)
	check(t, err)
	b.do(http.MethodGet, path, nil)
	kept := *b.cookies["covenant"]
	b.do(http.MethodGet, "/dang-xuat", nil)
	b.headers["Sec-Fetch-Site"] = "cross-site"
	if r := b.do(http.MethodPost, "/dang-xuat", nil); r.StatusCode != http.StatusForbidden || b.me() != name {
		t.Errorf("from another site: %d, signed in as %q", r.StatusCode, b.me())
	}
	b.headers = map[string]string{"Sec-Fetch-Site": "same-origin"}
	b.do(http.MethodPost, "/dang-xuat", nil)
	if b.me() != "" || len(b.cookies) != 0 {
		t.Errorf("still signed in as %q with %v", b.me(), b.cookies)
	}
	b.cookies["covenant"] = &kept
	if b.me() != "" {
		t.Error("the token of a session that ended signs in")
	}
}

// The list of sessions is one's own, and ends one's own.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	b, links, person, _ := demonstration(t, false)
	if r := b.do(http.MethodGet, "/tai-khoan", nil); r.StatusCode != http.StatusSeeOther ||
		r.Header.Get("Location") != "/dang-nhap?tiep=%2Ftai-khoan" {
		t.Errorf("without signing in: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r := b.do(http.MethodPost, "/tai-khoan/phien", url.Values{"id": {"x"}}); r.StatusCode != http.StatusForbidden {
		t.Errorf("ended without signing in: %d", r.StatusCode)
	}
	other := &visitor{t, b.h, "127.0.0.1:2", map[string]*http.Cookie{}, map[string]string{}}
	for _, x := range []*visitor{b, other} {
		path, err := links.Add(person)
		check(t, err)
		x.do(http.MethodGet, path, nil)
	}
	p := get(t, b.h, "/tai-khoan", "Cookie", "covenant="+b.cookies["covenant"].Value)
	rows := p.all("#phien ~ .sessions li")
	if len(rows) != 2 {
		t.Fatalf("%d sessions", len(rows))
	}
	for n := range rows {
		id, which := p.all("#phien ~ .sessions input[name=id]")[n],
			p.all("#phien ~ .sessions strong")[n].FirstChild.Data
		if which != "Trình duyệt này" {
			b.do(http.MethodPost, "/tai-khoan/phien", url.Values{"id": {id.Attr[2].Val}})
		}
	}
	if other.me() != "" || b.me() == "" {
		t.Errorf("the other visitor is %q, this one %q", other.me(), b.me())
	}
}

// What is asked for after signing in is a page of this host, whatever the address says.
func TestOnward(t *testing.T) {
	for next, want := range map[string]string{
		"": "/", "/giao-uoc?trang=2": "/giao-uoc?trang=2", "/": "/", "giao-uoc": "/", "//evil.example": "/",
		"https://evil.example/": "/", `/\evil.example`: "/", "/\tevil": "/", "\\/evil": "/", "javascript:alert(1)": "/",
		"///evil": "/", "/%2f/evil": "/%2f/evil", "http:evil": "/",
	} {
		if got := onward(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// Whatever is wrong, the form comes again with what was typed, but for passwords, and with what to do.
func TestSignInForm(t *testing.T) {
	t.Parallel()
	b, _, person, _ := demonstration(t, false)
	for name, c := range map[string]struct {
		path   string
		form   url.Values
		status int
		say    string
	}{
		"wrong password": {"/dang-nhap", url.Values{"login": {string(person)}, "password": {"sai mật khẩu"}},
			403, "không đúng"},
		"nothing": {"/dang-nhap", url.Values{}, 403, "không đúng"},
		"wrong code": {"/dang-nhap/mat-khau",
			url.Values{"login": {string(person)}, "code": {"AAAA"}, "password": {"mười hai ký tự"},
				"again": {"mười hai ký tự"}}, 403, "hông có mã một lần"},
		"passwords that differ": {"/dang-nhap/mat-khau", url.Values{"login": {string(person)}, "code": {"AAAA"},
			"password": {"a"}, "again": {"b"}}, 422, "không giống nhau"},
		"a short password": {"/dang-nhap/mat-khau", url.Values{"login": {string(person)}, "code": {"AAAA"},
			"password": {"a"}, "again": {"a"}}, 422, "10 đến 200 ký tự"},
	} {
		r := b.do(http.MethodPost, c.path, c.form)
		body := new(strings.Builder)
		_ = r.Write(body)
		if r.StatusCode != c.status || !strings.Contains(body.String(), c.say) {
			t.Errorf("%s: status %d, want %d with %q", name, r.StatusCode, c.status, c.say)
		}
		if secret := c.form.Get("password"); len(secret) > 1 && strings.Contains(body.String(), secret) {
			t.Errorf("%s: the page holds the password", name)
		}
		if login := c.form.Get("login"); !strings.Contains(body.String(), login) {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
	if r := b.do(http.MethodPost, "/dang-nhap",
		url.Values{"login": {strings.Repeat("a", 1<<19)}}); r.StatusCode != 422 {
		t.Errorf("an endless form: %d", r.StatusCode)
	}
}
