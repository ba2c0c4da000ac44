package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"covenant/internal/address"
	"covenant/internal/lock"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// Config says what the pages show and where they report to. Engine and Actor are required.
type Config struct {
	Engine *engine.Engine
	// Actor says who asks for a page where nobody is signed in; what it shows goes by that. Nobody, the zero value, is
	// shown what is published and nothing else.
	Actor func(*http.Request) workflow.Actor
	// Console is what the console may do in other people's name: every page says so where that is everything.
	Console workflow.ConsolePolicy
	// Secure says that browsers reach the pages over TLS, so that the cookie of a session goes over nothing else.
	Secure bool
	// Links are a demonstration's; nil: there are none.
	Links *Links
	// Logger gets one line a request (debug) and one for each failure (error). Default: slog.Default().
	Logger *slog.Logger
	// Hosts are the names, without port, under which the pages are reached besides localhost and plain addresses:
	// that of a proxy in front, for example. Requests for any other name are refused, so that a page elsewhere cannot
	// have its own name point here and read along (DNS rebinding).
	Hosts []string
	// Stop is closed when the server is about to end: streams to open pages end at once, which would keep it waiting.
	Stop <-chan struct{}
}

// server holds what all handlers share. It is immutable once made.
type server struct {
	engine    *engine.Engine
	actor     func(*http.Request) workflow.Actor
	console   workflow.ConsolePolicy
	log       *slog.Logger
	zone      *time.Location // of the times shown where no covenant's calendar says otherwise
	assets    *assets
	pages     map[pageIn]*template.Template
	hosts     []string
	stop      <-chan struct{}
	heartbeat time.Duration
	owing     cache[[]dutyRow]
	roots     *trust.Store
	intake    *intake // visitors' files
	secure    bool
	links     *Links
	bundles   *bundles // of evidence, for those who had them made
	mux       *http.ServeMux
}

// New builds the handler of all pages. It fails if the embedded templates, texts or assets are faulty.
func New(cfg Config) (http.Handler, error) {
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	return s.guard(s.mux), nil
}

func newServer(cfg Config) (*server, error) {
	if cfg.Engine == nil {
		return nil, errors.New("web: Config.Engine is missing")
	}
	if cfg.Actor == nil {
		return nil, errors.New("web: Config.Actor is missing")
	}
	if err := lock.Sweep("", passingPrefix); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &server{
		engine: cfg.Engine, log: cfg.Logger, zone: cfg.Engine.Calendar.Zone(), hosts: cfg.Hosts, stop: cfg.Stop,
		roots: cfg.Engine.Roots, actor: cfg.Actor, console: cfg.Console,
		intake: newIntake(), heartbeat: heartbeat, secure: cfg.Secure, links: cfg.Links,
		bundles: &bundles{},
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(s.assets); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, nil
}

// routes is every address that the program answers.
func (s *server) routes() *http.ServeMux {
	mux, open, who, does, signs := http.NewServeMux(), streams{s}, identity{s}, actions{s}, ceremony{s}
	writes := drafts{s}
	for route, answer := range map[address.Route]pageFunc{
		address.Home: s.home, address.Covenants: s.covenants, address.Calendar: s.calendar,
		address.Register: s.register, address.Check: s.checkForm, address.Covenant: s.covenant,
		address.Parts: open.covenantParts, address.Changes: open.changes, address.Document: s.document,
		address.Revision: s.revision, address.Redline: s.redline, address.Evidence: s.evidence,
		address.Minutes: s.minutes, address.Scores: s.scores, address.ScoreSheet: s.scoreFile,
		address.Board: s.conference, address.BoardParts: open.boardParts, address.Public: s.token,
		address.PublicDocument: s.tokenDocument, address.PublicVerdict: verdictPapers{s}.ofToken,
		address.SignIn: who.signInForm, address.Password: who.passwordForm,
		address.Account: who.account, address.Link: who.link, address.Act: does.actForm,
		address.Signing: signs.signing, address.Chair: does.chair, address.ChairParts: does.chairParts,
		address.Begin: writes.beginForm, address.Draft: writes.form, address.Preview: writes.preview,
		address.Submit: writes.submitForm,
	} {
		mux.Handle(route.Pattern(http.MethodGet), s.page(fitting(route, answer)))
	}
	for route, answer := range map[address.Route]pageFunc{
		address.Check: s.check, address.SignIn: who.signIn, address.Password: who.password,
		address.SignOut: who.signOut,
		address.Signing: signs.sign, address.Session: who.endSession, address.Key: who.enrol, address.Act: does.act,
		address.Begin: writes.begin, address.Draft: writes.save, address.Submit: writes.submit,
	} {
		mux.Handle(route.Pattern(http.MethodPost), s.page(answer))
	}
	mux.Handle(address.Health.Pattern(http.MethodGet), http.HandlerFunc(s.health))
	mux.Handle(address.Asset.Pattern(http.MethodGet), s.assets)
	mux.Handle("GET /favicon.ico", http.RedirectHandler(address.Asset.Of("icon.svg"), http.StatusMovedPermanently))
	mux.Handle("/", s.page(s.notFound))
	return mux
}

// fitting answers only requests with the suffixes of the route, such as .pdf.
func fitting(route address.Route, f pageFunc) pageFunc {
	return func(w http.ResponseWriter, r *request) (*answer, error) {
		if !route.Fits(r.Request) {
			return nil, errNotFound
		}
		return f(w, r)
	}
}

// health answers 200 while the engine can be read, 503 otherwise.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := s.engine.Ready(ctx); err != nil {
		s.log.Error("health check", "err", err)
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
