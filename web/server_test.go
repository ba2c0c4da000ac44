package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"covenant/workflow"
)

func TestNotFound(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/khong-co")
	if p.status != http.StatusNotFound {
		t.Errorf("status %d", p.status)
	}
	p.contains("h1", "Không tìm thấy trang")
	get(t, pages(), "/giao-uoc/2026/khac").contains(".lead", "Không có giao ước ở địa chỉ “2026/khac”.")
	get(t, pages(), "/giao-uoc/2026/khac?lang=en").contains(".lead", "There is no covenant at")
	for _, path := range []string{"/t/abc", "/giao-uoc/2026/khac/ho-so.zip", "/giao-uoc/2026/khac/van-ban.pdf",
		"/hoi-nghi/2026/khac"} {
		if p := get(t, pages(), path); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
}

// What goes wrong behind the pages reaches the reader as a sentence with a reference; its cause stands in the log.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	i, err := openAt(copied(t), authority())
	check(t, err)
	var log strings.Builder
	h, err := New(Config{Engine: i.Engine, Actor: asMachine, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	check(t, err)
	if p := get(t, h, "/healthz"); p.status != http.StatusOK || p.body != "ok\n" {
		t.Errorf("healthz: status %d %q", p.status, p.body)
	}
	check(t, i.Store.Close())
	for _, path := range []string{
		"/", "/giao-uoc", "/giao-uoc/" + reviewing, "/lich-bao-cao", "/so-van-ban", "/hoi-nghi/" + reviewing,
		"/giao-uoc/" + reviewing + "/ho-so.zip", "/giao-uoc/" + appealed + "/cham-diem",
	} {
		p := get(t, h, path)
		ref := p.text("code")
		if p.status != http.StatusInternalServerError || ref == "" {
			t.Errorf("%s: status %d, reference %q", path, p.status, ref)
		}
		if strings.Contains(p.body, "database is closed") {
			t.Errorf("%s tells the cause to the reader", path)
		}
		if !strings.Contains(log.String(), ref) {
			t.Errorf("%s: the log does not know reference %s", path, ref)
		}
	}
	if p := get(t, h, "/healthz"); p.status != http.StatusServiceUnavailable {
		t.Errorf("healthz: status %d", p.status)
	}
}

// A bug in one page is that page's failure.
func TestPanic(t *testing.T) {
	t.Parallel()
	s, err := newServer(Config{Engine: shared().Engine, Actor: asMachine, Logger: quiet})
	check(t, err)
	p := get(t, s.page(func(http.ResponseWriter, *request) (*answer, error) { panic("a bug") }), "/giao-uoc")
	if p.status != http.StatusInternalServerError {
		t.Errorf("status %d", p.status)
	}
	p.contains("h1", "Trang đang gặp sự cố")
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, header, value, want string }{
		{"/", "", "", "vi"},
		{"/", "Accept-Language", "en-GB,en;q=0.9", "en"},
		{"/", "Accept-Language", "fr", "vi"},
		{"/", "Accept-Language", "fr,en;q=0.3,vi;q=0.2", "en"},
		{"/", "Cookie", "lang=en", "en"},
		{"/?lang=vi", "Cookie", "lang=en", "vi"},
		{"/?lang=xx", "", "", "vi"},
	} {
		p := get(t, pages(), c.path, c.header, c.value)
		if got := p.attr("html", "lang"); got != c.want {
			t.Errorf("%s with %s %s: language %q, want %q", c.path, c.header, c.value, got, c.want)
		}
	}
	p := get(t, pages(), "/giao-uoc/"+reviewing+"?lang=en")
	p.contains(".status-sentence", "Waiting for 8 agencies to review – due 23/03/2026 (5 working days left)")
	if !strings.Contains(p.header.Get("Set-Cookie"), "lang=en") {
		t.Error("the choice of language is not remembered")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/giao-uoc/" + reviewing, "/static/app.css", "/khong-co"} {
		p := get(t, pages(), path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		} {
			if got := p.header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if strings.Contains(p.header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy allows what is unsafe", path)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/giao-uoc", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	pages().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form from another site: status %d", w.Code)
	}
}

// TestHosts: a name that points here without our knowing gets nothing but a sentence.
func TestHosts(t *testing.T) {
	t.Parallel()
	h, err := New(Config{
		Engine: shared().Engine, Actor: asMachine, Logger: quiet, Hosts: []string{"giaouoc.hanam.example"},
	})
	check(t, err)
	for host, want := range map[string]int{
		"localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "giaouoc.hanam.example": 200,
		"GiaoUoc.hanam.example:443": 200,
		"evil.example":              421, "localhost.evil.example:8080": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/giao-uoc/"+reviewing, nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: status %d, want %d", host, w.Code, want)
		}
		if want == 421 && strings.Contains(w.Body.String(), "Sở Tài chính") {
			t.Errorf("host %q may read along", host)
		}
	}
}

var (
	inlineScript = regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	polls        = regexp.MustCompile(`hx-trigger="[^"]*every`)
	outside      = regexp.MustCompile(`(?:src|href|action|hx-get)="(?:https?:)?//`)
)

// TestOwnHostOnly holds the pages against what the policy forbids, inline code and styles and other hosts; and none
// polls.
func TestOwnHostOnly(t *testing.T) {
	t.Parallel()
	for _, path := range append(everyPath(), "/khong-co") {
		body := get(t, pages(), path).body
		for what, forbidden := range map[string]*regexp.Regexp{"inline": inlineScript, "another host": outside,
			"polling": polls} {
			if m := forbidden.FindString(body); m != "" {
				t.Errorf("%s: %s %q", path, what, m)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+reviewing)
	for _, n := range p.all("link[href], script[src]") {
		address := attr(n, "href") + attr(n, "src")
		a := get(t, pages(), address)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, cache %q", address, a.status, a.header.Get("Cache-Control"))
		}
	}
	zipped := get(t, pages(), "/static/pdfjs/pdf.worker.min.mjs", "Accept-Encoding", "gzip")
	if zipped.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(zipped.header.Get("Content-Type"),
		"text/javascript") {
		t.Errorf("worker: %v", zipped.header)
	}
	again := get(t, pages(), "/static/app.css", "If-None-Match", get(t, pages(), "/static/app.css").header.Get("ETag"))
	if again.status != http.StatusNotModified {
		t.Errorf("unchanged asset: status %d", again.status)
	}
	if p := get(t, pages(), "/static/nothing.css"); p.status != http.StatusNotFound {
		t.Errorf("missing asset: status %d", p.status)
	}
}

// fileOf is a file that an installation keeps.
func fileOf(t testing.TB, i *installation, digest workflow.Digest) []byte {
	t.Helper()
	f, _, err := i.Document(t.Context(), machine, digest)
	check(t, err)
	defer f.Close()
	content, err := io.ReadAll(f)
	check(t, err)
	return content
}
