package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// Who asks for a page is who holds the token in the browser's cookie, which the engine looks up by its hash. Forms come
// from our own pages alone: the guard refuses other sites' ([http.CrossOriginProtection]), and the cookie goes with
// none of theirs (SameSite).

// identity is what the server knows of who asks.
type identity struct{ *server }

// cookieName carries the prefix by which browsers take the cookie over TLS alone, for this host and no other, where the
// pages are reached by TLS (RFC 6265bis section 4.1.3.2).
func (s identity) cookieName() string {
	if s.secure {
		return "__Host-covenant"
	}
	return "covenant"
}

// admit says who asks: the person who is signed in, or else whom the configuration names.
func (s identity) admit(hr *http.Request) (engine.Visitor, error) {
	other := engine.Visitor{Actor: s.actor(hr)}
	given := hr.CookiesNamed(s.cookieName())
	if len(given) == 0 {
		return other, nil
	}
	v, err := s.engine.Visitor(hr.Context(), given[0].Value)
	if err != nil {
		return engine.Visitor{}, fmt.Errorf("who is signed in: %w", err)
	}
	if v.Actor.IsZero() {
		return other, nil
	}
	return v, nil
}

// signedIn gives the browser a session's token and leads on.
func (s identity) signedIn(w http.ResponseWriter, r *request, token string, session engine.Session) (*answer, error) {
	//nolint:gosec // Secure wherever browsers come by TLS
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: token, Path: "/",
		MaxAge: int(session.ExpiresAt.Sub(s.engine.Now()).Seconds()),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	if kept := keptForm(r, session); kept != nil && s.fillAgain(w, r, token, kept) {
		return nil, nil
	}
	http.Redirect(w, r.Request, onward(r.FormValue("tiep")), http.StatusSeeOther)
	return nil, nil
}

// onward is the page that was asked for before signing in, or the first one. The address comes with the request, so it
// is taken only if it is one of this host: a path, and none that a browser reads as a host's name.
func onward(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return address.Home.Of()
	}
	return next
}

// peer is the other end of the connection. A header that names another one could be anybody's.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// signInPage asks for mail address and password, or with a code for a new one.
type signInPage struct {
	basePage
	Login, Next, Problem string
	Kept                 string // a form that was being filled in, as JSON, see [identity.signInKeeping]
	Sent                 bool   // a code was asked for
	Action, Other        string // addresses of this page and the other one
}

func (s identity) signInPage(r *request, route address.Route, title words.Text) *signInPage {
	p := &signInPage{basePage: s.base(r, ""), Login: r.FormValue("login"), Next: onward(r.FormValue("tiep")),
		Kept: r.PostFormValue("giu"), Action: route.Of()}
	p.Title = r.text(title)
	other := address.Password
	if route == address.Password {
		other = address.SignIn
	}
	p.Other = other.Of() + "?" + url.Values{"tiep": {p.Next}, "login": {p.Login}}.Encode()
	return p
}

var (
	signInTitle   = words.Of("Đăng nhập", "Sign in")
	passwordTitle = words.Of("Đặt mật khẩu", "Set a password")
)

func (s identity) signInForm(_ http.ResponseWriter, r *request) (*answer, error) {
	return &answer{page: "signin", data: s.signInPage(r, address.SignIn, signInTitle)}, nil
}

func (s identity) signIn(w http.ResponseWriter, r *request) (*answer, error) {
	if err := s.form(w, r); err != nil {
		return nil, err
	}
	token, session, err := s.engine.SignIn(r.Context(), engine.SignInRequest{Login: r.PostFormValue("login"),
		Password: r.PostFormValue("password"), Network: peer(r.Request), Agent: r.UserAgent()})
	if err != nil {
		return s.signInAgain(r, "signin", s.signInPage(r, address.SignIn, signInTitle), err)
	}
	return s.signedIn(w, r, token, session)
}

// signInAgain shows a form again with what was wrong; nothing that was typed is lost but passwords.
func (s identity) signInAgain(r *request, page string, p *signInPage, err error) (*answer, error) {
	var refusal *workflow.Error
	if !errors.As(err, &refusal) {
		return nil, err
	}
	p.Problem = fullSentence(refusal.In(r.lang))
	return &answer{page: page, data: p, status: engine.HTTPStatus(err)}, nil
}

func (s identity) passwordForm(_ http.ResponseWriter, r *request) (*answer, error) {
	p := s.signInPage(r, address.Password, passwordTitle)
	p.Sent = p.Login != "" // as the link in the mail has it
	return &answer{page: "password", data: p}, nil
}

// password sends a code, or sets a password with one.
func (s identity) password(w http.ResponseWriter, r *request) (*answer, error) {
	if err := s.form(w, r); err != nil {
		return nil, err
	}
	p := s.signInPage(r, address.Password, passwordTitle)
	if r.PostFormValue("code") == "" {
		if err := s.engine.SendPasswordCode(r.Context(), p.Login, peer(r.Request)); err != nil {
			return s.signInAgain(r, "password", p, err)
		}
		p.Sent = true
		return &answer{page: "password", data: p}, nil
	}
	p.Sent = true
	if r.PostFormValue("password") != r.PostFormValue("again") {
		return s.signInAgain(r, "password", p, workflow.Refusal(workflow.CodeInvalid,
			"hai lần nhập mật khẩu không giống nhau", "the two passwords are not the same"))
	}
	token, session, err := s.engine.SetPassword(r.Context(), engine.NewPassword{Login: p.Login,
		Code: r.PostFormValue("code"), Password: r.PostFormValue("password"), Network: peer(r.Request),
		Agent: r.UserAgent()})
	if err != nil {
		return s.signInAgain(r, "password", p, err)
	}
	return s.signedIn(w, r, token, session)
}

// longestForm bounds the body of a form that holds no file: with what was kept of another one, which encoded is at
// most three times as long.
const longestForm = 64<<10 + 3*longestKept

func (s identity) form(w http.ResponseWriter, r *request) error {
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	if err := r.ParseForm(); err != nil {
		return workflow.Refusal(workflow.CodeInvalid,
			"biểu mẫu gửi lên không đọc được hoặc quá dài; hãy mở lại trang và thử lại",
			"the form cannot be read or is too long; open the page again and try once more")
	}
	return nil
}

func (s identity) signOut(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID != "" {
		if err := s.engine.EndSession(r.Context(), r.actor, r.visitor.Session.ID); err != nil {
			return nil, fmt.Errorf("sign out: %w", err)
		}
	}
	//nolint:gosec // as above
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r.Request, address.SignIn.Of(), http.StatusSeeOther)
	return nil, nil
}

// signInFirst leads whoever has to sign in there, and from there back to what they asked for.
func signInFirst(w http.ResponseWriter, r *request) (*answer, error) {
	there := address.SignIn.Of() + "?" + url.Values{"tiep": {r.URL.RequestURI()}}.Encode()
	http.Redirect(w, r.Request, there, http.StatusSeeOther)
	return nil, nil
}

var errSignInFirst = workflow.Refusal(workflow.CodeForbidden, "hãy đăng nhập rồi mở lại trang này",
	"sign in, then open this page again")

// Links are the links of a demonstration, each of which signs one person in once. They live in
// the process that made them.
type Links struct {
	mu  sync.Mutex
	all map[[32]byte]workflow.PersonID
}

// Add makes a link for a person and gives its path.
func (l *Links) Add(person workflow.PersonID) (path string, err error) {
	var random [20]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(random[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[[32]byte]workflow.PersonID{}
	}
	l.all[sha256.Sum256([]byte(token))] = person
	return address.Link.Of(token), nil
}

func (l *Links) take(token string) (person workflow.PersonID, ok bool) {
	key := sha256.Sum256([]byte(token))
	l.mu.Lock()
	defer l.mu.Unlock()
	person, ok = l.all[key]
	delete(l.all, key)
	return person, ok
}

// link signs in whoever opens a link of the demonstration on the machine itself.
func (s identity) link(w http.ResponseWriter, r *request) (*answer, error) {
	if s.links == nil {
		return nil, errNotFound
	}
	if ip, err := netip.ParseAddr(peer(r.Request)); err != nil || !ip.Unmap().IsLoopback() {
		return nil, errNotFound
	}
	person, ok := s.links.take(r.PathValue("token"))
	if !ok {
		return nil, workflow.Refusal(workflow.CodeNotFound,
			"liên kết này đã dùng rồi, hoặc bản trình diễn đã chạy lại; hãy lấy liên kết mới trong cửa sổ lệnh",
			"this link has been used, or the demonstration was started again; take a new one from the terminal")
	}
	token, session, err := s.engine.SignInByLink(r.Context(), person, peer(r.Request), r.UserAgent())
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return s.signedIn(w, r, token, session)
}
