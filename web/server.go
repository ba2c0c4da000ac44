package web

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// request is one request with what every page needs of it.
type request struct {
	*http.Request
	language
	actor   workflow.Actor // who asks
	visitor engine.Visitor // if they are signed in
	ref     string         // printed on error pages, logged with the cause
}

// answer is a page ready to be sent: the template's name, its data and the HTTP status (0 = 200).
type answer struct {
	page   string
	block  string // a part of the page instead of the whole one
	data   any
	status int
}

// pageFunc handles a request. A nil answer means that it has written the response itself.
type pageFunc func(w http.ResponseWriter, r *request) (*answer, error)

// page turns a pageFunc into a handler: it settles the language, renders, and makes failures readable.
func (s *server) page(f pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r := &request{Request: hr, language: speaking(settleLanguage(w, hr)), ref: newReference()}
		defer s.recoverPanic(w, r)
		var a *answer
		var err error
		who := identity{s}
		if r.visitor, err = who.admit(hr); err == nil {
			r.actor = r.visitor.Actor
			a, err = f(w, r)
		}
		if err == nil && a != nil {
			err = s.render(w, r, a)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// render executes the whole template before it sends the first byte, so that a failure never leaves half a page.
func (s *server) render(w http.ResponseWriter, r *request, a *answer) error {
	t, ok := s.pages[pageIn{r.lang, a.page}]
	if !ok {
		return fmt.Errorf("page %q has no template", a.page)
	}
	block := a.block
	if block == "" {
		block = "layout.html"
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, block, a.data); err != nil {
		return fmt.Errorf("page %s: %w", a.page, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.lang))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Add("Vary", "Accept-Language, Cookie")
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(buf.Bytes()) // the reader has gone: nobody is left to tell
	}
	return nil
}

// errorPage tells the reader what happened, what is safe and what to do.
type errorPage struct {
	basePage
	Heading, Sentence string
	Reference         string
	Status            int
}

// fail answers with the error page. What the reader may know is a sentence and the reference; the cause goes to the
// log.
func (s *server) fail(w http.ResponseWriter, r *request, err error) {
	var refusal *workflow.Error
	p := errorPage{basePage: s.base(r, ""), Reference: r.ref, Status: engine.HTTPStatus(err)}
	if errors.As(err, &refusal) {
		p.Sentence = fullSentence(refusal.In(r.lang))
	}
	level := s.log.Error
	switch {
	case p.Status == http.StatusNotFound:
		p.Heading, level = r.text(words.Of("Không tìm thấy trang", "Page not found")), s.log.Info
		p.Sentence = firstNonEmpty(p.Sentence, r.text(
			words.Of("Địa chỉ này không ứng với trang hay giao ước nào. Hãy kiểm tra lại địa chỉ, hoặc tìm trong danh "+
				"sách giao ước.",
				"This address leads to no page and no covenant. Check the address, or look in the list of covenants.")))
	case refusal != nil:
		p.Heading = r.text(words.Of("Không thực hiện được", "This cannot be done"))
	default:
		p.Heading, p.Sentence = r.text(words.Of("Trang đang gặp sự cố",
			"This page has a problem")),
			r.text(words.Of("Chương trình không đọc được dữ liệu để hiện trang này. Dữ liệu và chữ ký không bị ảnh "+
				"hưởng. Hãy thử lại sau ít phút; nếu vẫn gặp, hãy báo người quản trị kèm số tra cứu dưới đây.",
				"The program could not read what this page shows. Data and signatures are not affected. Try again in "+
					"a few minutes; if it persists, tell the administrator the reference below."))
	}
	p.Title = p.Heading
	level("request failed", "ref", r.ref, "method", r.Method, "path", r.URL.Path, "status", p.Status, "err", err)
	if err := s.render(w, r, &answer{page: "error", data: p, status: p.Status}); err != nil {
		s.log.Error("error page", "ref", r.ref, "err", err)
		http.Error(w, p.Heading+" ("+r.ref+")", http.StatusInternalServerError)
	}
}

// errNotFound is an address that means nothing.
var errNotFound = workflow.Refusal(workflow.CodeNotFound, "không có trang này", "there is no such page")

func (s *server) notFound(http.ResponseWriter, *request) (*answer, error) { return nil, errNotFound }

func (s *server) recoverPanic(w http.ResponseWriter, r *request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	s.fail(w, r, fmt.Errorf("panic: %v", v))
}

// policy lets the browser load from this host alone. Scripts, styles and the viewer's worker are files; pdf.js paints
// images of a document from blob: addresses.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' " +
	"data: blob:; " +
	"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard sets the headers that hold for every answer, refuses other sites' forms and logs.
func (s *server) guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		start := time.Now()
		if !s.knows(r.Host) {
			s.log.Warn("request for another host's name", "host", r.Host, "path", r.URL.Path)
			s.page(s.misdirected).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
		s.log.Debug("request", "method", r.Method, "path", r.URL.Path, "took", time.Since(start))
	})
}

// knows reports whether the pages may be asked for under this name: localhost, a plain address, or a configured one.
func (s *server) knows(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || slices.Contains(s.hosts, host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// misdirected answers a request that was meant for another host.
func (s *server) misdirected(_ http.ResponseWriter, r *request) (*answer, error) {
	p := errorPage{
		basePage: s.base(r, ""), Reference: r.ref, Heading: r.text(words.Of("Địa chỉ không thuộc hệ thống này",
			"This address does not belong here")),
		Sentence: r.text(
			words.F("Tên “%s” chưa được khai báo là địa chỉ của hệ thống. Hãy dùng địa chỉ do người quản trị cung "+
				"cấp; người quản trị khai báo tên này trong cấu hình nếu đúng là của hệ thống.",
				"The name “%s” is not configured as an address of this installation. Use the address that the "+
					"administrator gave out; if the name is right, the administrator adds it to the configuration.",
				r.Host)),
	}
	p.Title = p.Heading
	return &answer{page: "error", data: p, status: http.StatusMisdirectedRequest}, nil
}

// newReference is a short number that a reader can say on the telephone: ten letters and digits without 0, 1, 8, 9.
func newReference() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	text := base32.StdEncoding.EncodeToString(b[:])
	return text[:5] + "-" + strings.TrimRight(text[5:], "=")
}

func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
