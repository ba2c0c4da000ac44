package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// A session may end while somebody fills in a form. What they typed comes along with the page that asks them to sign
// in, in their own browser, and the form comes back filled in. The server keeps nothing of it. A PIN, a file and the
// choice of a secret ballot do not come along.
//
// What comes back with the sign-in is the browser's word, as any form is: it fills in a form, which is decided when it
// is sent. It names whose form it was; for anybody else who signs in it is dropped.

// longestKept bounds what is kept of a form, in bytes of JSON.
const longestKept = 64 << 10

// signInKeeping asks who sent a form to sign in first.
func (s identity) signInKeeping(r *request) (*answer, error) {
	kept := url.Values{}
	for name, values := range r.PostForm {
		if !staysBehind(r, name) {
			kept[name] = values
		}
	}
	p := s.signInPage(r, address.SignIn, signInTitle)
	p.Login, p.Next = "", onward(r.URL.RequestURI())
	p.Problem = r.text(words.Of("Phiên đăng nhập đã hết nên việc này chưa được thực hiện. Hãy đăng nhập rồi gửi lại; "+
		"nội "+
		"dung quá dài nên không giữ được ở đây.",
		"The session has ended, so this was not done. Sign in and send it again; it is too long to be kept here."))
	if data, err := json.Marshal(kept); err == nil && len(data) <= longestKept {
		p.Kept = string(data)
		p.Problem = r.text(words.Of("Phiên đăng nhập đã hết nên việc này chưa được thực hiện. Hãy đăng nhập lại; "+
			"những "+
			"gì đã điền sẽ hiện lại, trừ mã PIN, tệp và lựa chọn của phiếu kín.",
			"The session has ended, so this was not done. Sign in again; what was filled in comes back, but for a "+
				"PIN, "+
				"a file and the choice of a secret ballot."))
	}
	return &answer{page: "signin", data: p, status: http.StatusForbidden}, nil
}

// staysBehind reports whether a field does not come along: a PIN, whatever the catalogue calls secret, and what a
// secret ballot says.
func staysBehind(r *request, name string) bool {
	if name == "pin" {
		return true
	}
	c, err := catalogue.Named(r.PathValue("command"))
	if err != nil {
		return false
	}
	base, _, _ := strings.Cut(name, ".")
	i := slices.IndexFunc(c.Fields(), func(f catalogue.Field) bool { return f.Name == base })
	if i < 0 {
		return false
	}
	ballot := c.Name == "cast-ballot" || c.Name == "cast-poll-ballot"
	return c.Fields()[i].Secret || ballot && r.PostFormValue("kin") != ""
}

// keptForm reads what came along with signing in; nil: nothing, or nothing of this person's.
func keptForm(r *request, session engine.Session) url.Values {
	var kept url.Values
	if json.Unmarshal([]byte(r.PostFormValue("giu")), &kept) != nil || kept.Get("nguoi") != session.Person {
		return nil
	}
	return kept
}

// fillAgain answers with the form that was being filled in, as it was, for the one who has just signed in. The form is
// asked for as if it had been opened, so it is what the rules leave open now.
func (s identity) fillAgain(w http.ResponseWriter, r *request, token string, kept url.Values) bool {
	next, err := url.Parse(onward(r.PostFormValue("tiep")))
	if err != nil || len(kept) == 0 {
		return false
	}
	again := r.Clone(r.Context())
	again.Method, again.URL, again.RequestURI, again.Body = http.MethodGet, next, next.RequestURI(), http.NoBody
	again.PostForm, again.MultipartForm, again.Form = kept, nil, next.Query()
	for name, values := range kept {
		again.Form[name] = append(again.Form[name], values...)
	}
	cookies := r.Cookies()
	again.Header.Del("Cookie")
	for _, c := range cookies {
		if c.Name != s.cookieName() {
			again.AddCookie(c)
		}
	}
	//nolint:gosec // sent to nobody: the pages read who asks in it
	again.AddCookie(&http.Cookie{Name: s.cookieName(), Value: token})
	s.mux.ServeHTTP(w, again)
	return true
}
