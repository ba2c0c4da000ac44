package publish

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
)

// hub is as much of GitHub's contents API as the package uses (REST API, "Repository contents"), with its rules: a file
// that exists is replaced only by who names its present digest, and nobody writes without the token.
type hub struct {
	mu      sync.Mutex
	files   map[string][]byte
	commits int
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, ok := strings.CutPrefix(r.URL.Path, "/api/v3/repos/tinh/giao-uoc/contents")
	if !ok {
		if raw, ok := strings.CutPrefix(r.URL.Path, "/raw/"); ok {
			_, _ = w.Write(h.files[raw])
			return
		}
		h.fail(w, http.StatusNotFound)
		return
	}
	name = strings.Trim(name, "/")
	if r.Method == http.MethodPut {
		h.put(w, r, name)
		return
	}
	h.list(w, r, name)
}

func (h *hub) fail(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": http.StatusText(status)})
}

func (h *hub) entry(r *http.Request, name string) map[string]any {
	return map[string]any{"type": "file", "name": path.Base(name), "path": name, "sha": blobSHA(h.files[name]),
		"html_url": "https://github.example/" + name, "download_url": "http://" + r.Host + "/raw/" + name}
}

func (h *hub) list(w http.ResponseWriter, r *http.Request, dir string) {
	entries := []map[string]any{}
	for name := range h.files {
		if d := strings.TrimPrefix(path.Dir(name), "."); d == dir {
			entries = append(entries, h.entry(r, name))
		}
	}
	if len(entries) == 0 {
		h.fail(w, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(entries)
}

func (h *hub) put(w http.ResponseWriter, r *http.Request, name string) {
	var body struct {
		Message string `json:"message"`
		Content []byte `json:"content"`
		SHA     string `json:"sha"`
	}
	if r.Header.Get("Authorization") != "Bearer secret" {
		h.fail(w, http.StatusUnauthorized)
		return
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.Message == "" {
		h.fail(w, http.StatusUnprocessableEntity)
		return
	}
	if old, ok := h.files[name]; ok && body.SHA != blobSHA(old) {
		h.fail(w, http.StatusConflict)
		return
	}
	h.files[name] = body.Content
	h.commits++
	_ = json.NewEncoder(w).Encode(map[string]any{"content": h.entry(r, name),
		"commit": map[string]any{"sha": "c0ffee"}})
}

func start(t *testing.T, token string) (*hub, *Publisher) {
	t.Helper()
	h := &hub{files: map[string][]byte{"README.md": []byte("x")}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	p, err := New(Options{Token: token, BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return h, p
}

var repo = Repository{Owner: "tinh", Name: "giao-uoc"}

func TestPublishOnceAndReplace(t *testing.T) {
	h, p := start(t, "secret")
	file := File{Path: "2026/khoi/covenant.pdf", Content: []byte("%PDF-1.7")}
	for range 2 {
		if _, err := p.Publish(t.Context(), repo, "Giao ước 2026", file); err != nil {
			t.Fatal(err)
		}
	}
	if h.commits != 1 {
		t.Errorf("%d commits for one content, want 1", h.commits)
	}
	file.Content = []byte("%PDF-2.0")
	done, err := p.Publish(t.Context(), repo, "Giao ước 2026", file)
	if err != nil || h.commits != 2 || done[0].Commit == "" || string(h.files[file.Path]) != "%PDF-2.0" {
		t.Errorf("replaced: %+v, %v, %d commits", done, err, h.commits)
	}
	got, err := p.Fetch(t.Context(), repo, file.Path)
	if err != nil || string(got) != "%PDF-2.0" {
		t.Errorf("fetched %q, %v", got, err)
	}
}

func TestPublishRefusals(t *testing.T) {
	h, p := start(t, "wrong")
	_, err := p.Publish(t.Context(), repo, "m", File{Path: "a.pdf", Content: []byte("x")})
	if err == nil || !strings.Contains(err.Error(), "does not accept the token") {
		t.Errorf("a wrong token: %v", err)
	}
	_, p = start(t, "secret")
	for _, name := range []string{"", "/a.pdf", "../a.pdf", "a//b.pdf"} {
		if _, err := p.Publish(t.Context(), repo, "m", File{Path: name}); err == nil {
			t.Errorf("path %q was accepted", name)
		}
	}
	if _, err := p.Publish(t.Context(), Repository{Owner: "tinh", Name: "other"}, "m",
		File{Path: "a.pdf"}); err == nil {
		t.Error("an unknown repository was accepted")
	}
	if h.commits != 0 {
		t.Error("something was committed")
	}
	if _, err := p.Fetch(t.Context(), repo, "none.txt"); err == nil {
		t.Error("a file that is not there was fetched")
	}
}

func TestParseRepository(t *testing.T) {
	for text, want := range map[string]Repository{"a/b": {Owner: "a", Name: "b"},
		"a/b@main": {Owner: "a", Name: "b", Branch: "main"}} {
		got, err := ParseRepository(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q = %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a", "a/", "/b", "a/b/c"} {
		if _, err := ParseRepository(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
