package web

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// Source is what the pages read. The engine is one.
type Source interface {
	// List gives all covenants, newest first.
	List(ctx context.Context) ([]engine.Summary, error)
	// View gives one covenant by its slug, such as "2026/khoi-kinh-te-nganh"; an unknown one is an error with
	// workflow.CodeNotFound.
	View(ctx context.Context, slug string) (*engine.View, error)
	// Document opens a stored file by its digest and gives its size in bytes.
	Document(ctx context.Context, digest workflow.Digest) (content io.ReadSeekCloser, size int64, err error)
	// Ready reports whether it can be read at all, at a cost that does not grow with what there is.
	Ready(ctx context.Context) error
}

// TokenSource is a Source that knows the permanent addresses printed in the documents' QR codes.
type TokenSource interface {
	// ByToken gives the slug of the covenant whose frozen document carries the token.
	ByToken(ctx context.Context, token string) (slug string, err error)
}

// EvidenceSource is a Source that makes evidence bundles.
type EvidenceSource interface {
	// Evidence writes a covenant's evidence bundle, a ZIP archive.
	Evidence(ctx context.Context, slug string, w io.Writer) (engine.EvidenceManifest, error)
}

// Config says what the pages show and where they report to.
type Config struct {
	Engine Source
	// Logger gets one line a request (debug) and one for each failure (error). Default: slog.Default().
	Logger *slog.Logger
	// Now is the clock for what is not part of a covenant's view. Default: time.Now.
	Now func() time.Time
	// Zone is the zone of the times shown where no covenant's calendar says otherwise. Default: Asia/Ho_Chi_Minh.
	Zone *time.Location
	// Hosts are the names, without port, under which the pages are reached besides localhost and plain addresses: that of a
	// proxy in front, for example. Requests for any other name are refused, so that a page elsewhere cannot have its own
	// name point here and read along (DNS rebinding).
	Hosts []string
	// Roots are the trust anchors for files that visitors have checked. Default: the engine's.
	Roots *x509.CertPool
}

// RegisterSource is a Source that knows the whole register of documents, with what is kept back, given on paper, void or
// missing.
type RegisterSource interface {
	// Register gives every book, the newest year first.
	Register(ctx context.Context) ([]engine.RegisterBook, error)
}

// server holds what all handlers share. It is immutable once made.
type server struct {
	src       Source
	log       *slog.Logger
	now       func() time.Time
	zone      *time.Location
	assets    *assets
	languages *languages
	pages     map[string]*template.Template
	hosts     []string
	owing     keeper[[]dutyRow]
	issued    keeper[*registerEntry]
	roots     *x509.CertPool
	checks    chan struct{} // one for each file being judged
}

// New builds the handler of all pages. It fails if the embedded templates, texts or assets are faulty.
func New(cfg Config) (http.Handler, error) {
	if cfg.Engine == nil {
		return nil, errors.New("web: Config.Engine is missing")
	}
	s := &server{src: cfg.Engine, log: cfg.Logger, now: cfg.Now, zone: cfg.Zone, hosts: cfg.Hosts, roots: cfg.Roots,
		checks: make(chan struct{}, checksAtOnce)}
	if e, ok := cfg.Engine.(*engine.Engine); ok && s.roots == nil {
		s.roots = e.Roots
	}
	if s.roots == nil {
		s.roots = x509.NewCertPool() // nothing is trusted, not even what the system trusts
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.zone == nil {
		if s.zone, err = time.LoadLocation("Asia/Ho_Chi_Minh"); err != nil {
			return nil, fmt.Errorf("web: time zone: %w", err)
		}
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.languages, err = loadLanguages(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(s.assets); err != nil {
		return nil, err
	}
	return s.guard(s.routes()), nil
}

// routes is every address that the program answers.
func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.page(s.home))
	mux.Handle("GET /giao-uoc", s.page(s.covenants))
	mux.Handle("GET /giao-uoc/{path...}", s.page(s.covenantPath))
	mux.Handle("GET /hoi-nghi/{slug...}", s.page(s.conference))
	mux.Handle("GET /lich-bao-cao", s.page(s.calendar))
	mux.Handle("GET /so-van-ban", s.page(s.register))
	mux.Handle("GET /t/{token}", s.page(s.token))
	mux.Handle("GET /t/{token}/{file}", s.page(s.token))
	mux.Handle("GET /kiem-tra", s.page(s.checkForm))
	mux.Handle("POST /kiem-tra", s.page(s.check))
	mux.Handle("GET /healthz", http.HandlerFunc(s.health))
	mux.Handle("GET /favicon.ico", http.RedirectHandler("/static/icon.svg", http.StatusMovedPermanently))
	mux.Handle("GET /static/{path...}", s.assets)
	mux.Handle("/", s.page(s.notFound))
	return mux
}

// health answers 200 while the engine can be read, 503 otherwise.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := s.src.Ready(ctx); err != nil {
		s.log.Error("health check", "err", err)
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
