package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	l := newLife(t)
	var log strings.Builder
	h, err := New(Config{Engine: l, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p := get(t, h, "/khong-co")
	if p.status != http.StatusNotFound {
		t.Errorf("status %d", p.status)
	}
	p.contains("h1", "Không tìm thấy trang")
	get(t, h, "/giao-uoc/2026/khac").contains(".lead", "Không có giao ước ở địa chỉ này.")
	get(t, h, "/giao-uoc/2026/khac?lang=en").contains(".lead", "There is no covenant here")
	if p := get(t, h, "/t/abc"); p.status != http.StatusNotFound {
		t.Errorf("a source without tokens: status %d", p.status)
	}

	if p := get(t, h, "/giao-uoc/"+slug+"/ho-so.zip"); p.status != http.StatusNotFound {
		t.Errorf("a source without evidence: status %d", p.status)
	}
	get(t, h, "/giao-uoc/"+slug).count(".evidence", 0)

	l.failing = errors.New("disk on fire")
	for _, path := range []string{"/", "/giao-uoc", "/giao-uoc/" + slug, "/lich-bao-cao", "/so-van-ban", "/hoi-nghi/" + slug} {
		p := get(t, h, path)
		ref := p.text("code")
		if p.status != http.StatusInternalServerError || ref == "" {
			t.Errorf("%s: status %d, reference %q", path, p.status, ref)
		}
		if strings.Contains(p.body, "disk on fire") {
			t.Errorf("%s tells the cause to the reader", path)
		}
		if !strings.Contains(log.String(), ref) {
			t.Errorf("%s: the log does not know reference %s", path, ref)
		}
	}
	if p := get(t, h, "/healthz"); p.status != http.StatusServiceUnavailable {
		t.Errorf("healthz: status %d", p.status)
	}
	l.failing = nil
	if p := get(t, h, "/healthz"); p.status != http.StatusOK || p.body != "ok\n" {
		t.Errorf("healthz: status %d %q", p.status, p.body)
	}
}

// panicking stands for a bug behind the pages.
type panicking struct{ Source }

func TestPanic(t *testing.T) {
	p := get(t, handler(t, panicking{}), "/giao-uoc")
	if p.status != http.StatusInternalServerError {
		t.Errorf("status %d", p.status)
	}
	p.contains("h1", "Trang đang gặp sự cố")
}

func TestLanguage(t *testing.T) {
	h := handler(t, newLife(t))
	for _, c := range []struct{ path, header, value, want string }{
		{"/", "", "", "vi"},
		{"/", "Accept-Language", "en-GB,en;q=0.9", "en"},
		{"/", "Accept-Language", "fr", "vi"},
		{"/", "Cookie", "lang=en", "en"},
		{"/?lang=vi", "Cookie", "lang=en", "vi"},
		{"/?lang=xx", "", "", "vi"},
	} {
		p := get(t, h, c.path, c.header, c.value)
		if got := attr(p.all("html")[0], "lang"); got != c.want {
			t.Errorf("%s with %s %s: language %q, want %q", c.path, c.header, c.value, got, c.want)
		}
	}
	p := get(t, h, "/giao-uoc/"+slug+"?lang=en")
	p.contains(".status-sentence", "Waiting for 10 agencies to review – due 23/03/2026 (5 working days left)")
	if !strings.Contains(p.header.Get("Set-Cookie"), "lang=en") {
		t.Error("the choice of language is not remembered")
	}
	if strings.Contains(p.body, "‹") {
		t.Error("a text is missing in English")
	}
}

func TestHeaders(t *testing.T) {
	h := handler(t, newLife(t))
	for _, path := range []string{"/", "/giao-uoc/" + slug, "/static/app.css", "/khong-co"} {
		p := get(t, h, path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
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
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form from another site: status %d", w.Code)
	}
}

// TestHosts: a name that points here without our knowing gets nothing but a sentence.
func TestHosts(t *testing.T) {
	l := newLife(t)
	h, err := New(Config{Engine: l, Logger: slog.New(slog.DiscardHandler), Hosts: []string{"giaouoc.hanam.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "giaouoc.hanam.example": 200, "GiaoUoc.hanam.example:443": 200,
		"evil.example": 421, "localhost.evil.example:8080": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/giao-uoc/"+slug, nil)
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
	outside      = regexp.MustCompile(`(?:src|href|action|hx-get)="(?:https?:)?//`)
)

// TestOwnHostOnly holds the pages against what the policy forbids: inline code and styles, and other hosts.
func TestOwnHostOnly(t *testing.T) {
	l := newLife(t)
	l.inForce()
	h := handler(t, l)
	for _, path := range []string{"/", "/giao-uoc", "/giao-uoc/" + slug, "/lich-bao-cao", "/so-van-ban", "/hoi-nghi/" + slug, "/khong-co"} {
		body := get(t, h, path).body
		if m := inlineScript.FindString(body); m != "" {
			t.Errorf("%s: inline %q", path, m)
		}
		if m := outside.FindString(body); m != "" {
			t.Errorf("%s: another host %q", path, m)
		}
	}
}

func TestAssets(t *testing.T) {
	h := handler(t, newLife(t))
	p := get(t, h, "/giao-uoc/"+slug)
	for _, n := range p.all("link[href], script[src]") {
		address := attr(n, "href") + attr(n, "src")
		a := get(t, h, address)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, cache %q", address, a.status, a.header.Get("Cache-Control"))
		}
	}
	zipped := get(t, h, "/static/pdfjs/pdf.worker.min.mjs", "Accept-Encoding", "gzip")
	if zipped.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(zipped.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("worker: %v", zipped.header)
	}
	if again := get(t, h, "/static/app.css", "If-None-Match", get(t, h, "/static/app.css").header.Get("ETag")); again.status != http.StatusNotModified {
		t.Errorf("unchanged asset: status %d", again.status)
	}
	if p := get(t, h, "/static/nothing.css"); p.status != http.StatusNotFound {
		t.Errorf("missing asset: status %d", p.status)
	}
}
