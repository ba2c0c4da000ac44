package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"covenant/signing/devpki"
	"covenant/workflow"
)

// sends posts a form with a file, as a browser does.
func (b *visitor) sends(path string, form url.Values, field string, file []byte) page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		check(b.t, w.WriteField(name, values[0]))
	}
	part, err := w.CreateFormFile(field, "khoa.p12")
	check(b.t, err)
	_, err = part.Write(file)
	check(b.t, err)
	check(b.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.RemoteAddr = b.from
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	out := httptest.NewRecorder()
	b.h.ServeHTTP(out, r)
	return page{b.t, out.Code, out.Header(), out.Body.String(), nil}
}

// serving is a copy of the installation that works in the background, with links to sign in by.
func serving(t *testing.T) (*installation, *visitor, *Links) {
	t.Helper()
	i := copyOf(t).started(t)
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: links})
	check(t, err)
	return i, &visitor{t, h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}, links
}

// signer is whoever may sign next for some agency.
func signer(t *testing.T, i *installation) (workflow.AgencyID, workflow.PersonID) {
	t.Helper()
	v, err := i.View(t.Context(), machine, signing4)
	check(t, err)
	turn := v.Turns()[0]
	return turn.Agency, v.Directory.HoldersIn(v.Covenant.ID, turn.Agency, turn.Duty, v.Calendar.Today(v.Now))[0].ID
}

// A director signs on the page with the PIN of their own key: a wrong one changes nothing and says how many tries are
// left, and the consent is to the digest that the page shows.
func TestDirectorSignsInTheBrowser(t *testing.T) {
	t.Parallel()
	i, nobody, links := serving(t)
	agency, person := signer(t, i)
	b := nobody.as(links, person)
	b.page("/").oneContains("#den-luot ~ ul .acts", "Ký số")
	action, hidden := b.form(signing4, "sign")
	v, err := i.View(t.Context(), machine, signing4)
	check(t, err)
	if !strings.Contains(hidden.Get("ve"), v.Covenant.Frozen.PDF.String()) {
		t.Errorf("consent is to %s", hidden.Get("ve"))
	}
	for name, c := range map[string]struct {
		form url.Values
		say  string
	}{
		"a wrong PIN": {url.Values{"pin": {"000000"}}, "không đúng"},
		"no PIN":      {url.Values{"pin": {""}}, ""},
		"another document": {url.Values{"pin": {drafterPIN}, "ve": {strings.Replace(hidden.Get("ve"),
			v.Covenant.Frozen.PDF.String(), strings.Repeat("0", 64), 1)}}, ""},
	} {
		r := b.sends(action, with(hidden, c.form), "image", nil)
		if r.status < 400 || r.status >= 500 || !strings.Contains(r.body, c.say) {
			t.Errorf("%s: status %d", name, r.status)
		}
		if pin := c.form.Get("pin"); pin != "" && strings.Contains(r.body, pin) {
			t.Errorf("%s: the page holds the PIN", name)
		}
	}
	if still, _ := signer(t, i); still != agency {
		t.Fatalf("somebody signed: the next is %s", still)
	}
	r := b.sends(action, with(hidden, url.Values{"pin": {drafterPIN}}), "image", nil)
	if r.status != http.StatusSeeOther {
		t.Fatalf("status %d\n%s", r.status, r.body)
	}
	if next, _ := signer(t, i); next == agency {
		t.Error("nobody signed")
	}
}

// A person has the server keep a key of their own, which waits for an administrator; what is wrong with a file is said,
// and another person's key is none of theirs.
func TestKeyIsEnrolledInTheBrowser(t *testing.T) {
	t.Parallel()
	i, nobody, links := serving(t)
	_, person := signer(t, i)
	v, err := i.View(t.Context(), machine, signing4)
	check(t, err)
	key, err := i.pki.Issue(devpki.Subject{ID: "moi", CommonName: v.Directory.PersonName(person)}, devpki.Profile{})
	check(t, err)
	p12, err := devpki.EncodePKCS12(key, "mật khẩu")
	check(t, err)
	form := url.Values{"password": {"mật khẩu"}, "pin": {"135790"}, "again": {"135790"}}
	if r := nobody.sends("/tai-khoan/khoa", form, "pkcs12", p12); r.status != http.StatusForbidden {
		t.Errorf("without signing in: %d", r.status)
	}
	b := nobody.as(links, person)
	for name, c := range map[string]struct {
		form url.Values
		file []byte
		say  string
	}{
		"no file":              {form, nil, "hưa chọn tệp khóa"},
		"no key file":          {form, []byte("hello"), "ệp khóa"},
		"a wrong password":     {with(form, url.Values{"password": {"sai"}}), p12, "ật khẩu"},
		"a short PIN":          {with(form, url.Values{"pin": {"1"}, "again": {"1"}}), p12, "ít nhất 6"},
		"two PINs that differ": {with(form, url.Values{"again": {"246802"}}), p12, "không giống nhau"},
	} {
		if r := b.sends("/tai-khoan/khoa", c.form, "pkcs12", c.file); r.status != http.StatusUnprocessableEntity ||
			!strings.Contains(r.body, c.say) {
			t.Errorf("%s: status %d", name, r.status)
		}
	}
	before := len(b.page("/tai-khoan").all("#khoa-ky ~ .sessions li"))
	if r := b.sends("/tai-khoan/khoa", form, "pkcs12", p12); r.status != http.StatusSeeOther {
		t.Fatalf("status %d\n%s", r.status, r.body)
	}
	p := b.page("/tai-khoan?xong")
	if n := len(p.all("#khoa-ky ~ .sessions li")); n != before+1 {
		t.Errorf("%d certificates, before %d", n, before)
	}
	p.contains("#khoa-ky ~ .sessions li", "chờ quản trị xác nhận")
	action, hidden := b.form(signing4, "sign")
	if r := b.sends(action, with(hidden, url.Values{"pin": {"135790"}}), "image",
		nil); r.status == http.StatusSeeOther {
		t.Error("a certificate that nobody confirmed signs")
	}
}
