package web

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/internal/norace"
	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/notify"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// The tests read a real installation in which covenants stand in every state, each brought there by real commands
// ([play]). It is made once for the whole run, in a directory that engines open copies of.
//
// Drawing, signing and Chromium take many times as long under the race detector, which finds nothing in them. So with
// the detector on, a second binary of the same tests without it makes the installation and runs the tests in the
// browser.

const (
	prepareVariable  = "COVENANT_WEB_PREPARE"  // a directory: make the installation there, and do nothing else
	preparedVariable = "COVENANT_WEB_PREPARED" // a directory: the installation is there already
)

func TestMain(m *testing.M) {
	flag.Parse()
	if dir := os.Getenv(prepareVariable); dir != "" {
		prepare(dir)
		os.Exit(0)
	}
	code := m.Run()
	for _, end := range slices.Backward(atEnd.all) {
		end()
	}
	if err := norace.Remove(); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// atEnd is what is done after the last test, the last first, about whatever was begun for all of them.
var atEnd struct {
	mu  sync.Mutex
	all []func()
}

func finally(end func()) {
	atEnd.mu.Lock()
	defer atEnd.mu.Unlock()
	atEnd.all = append(atEnd.all, end)
}

// scratch is a directory of the whole run.
var scratch = sync.OnceValue(func() string {
	dir := must(os.MkdirTemp("", "covenant-web-*"))
	finally(func() { clearAway(dir) })
	return dir
})

// clearAway removes a directory in which Chromium's helpers may be writing still, a moment after it ended.
func clearAway(dir string) {
	err := os.RemoveAll(dir)
	for range 200 {
		if err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		err = os.RemoveAll(dir)
	}
	panic(err)
}

// prepared is the installation that the tests copy.
var prepared = sync.OnceValue(func() string {
	if dir := os.Getenv(preparedVariable); dir != "" {
		return dir
	}
	dir := filepath.Join(scratch(), "prepared")
	if !norace.Detector {
		prepare(dir)
		return dir
	}
	cmd := exec.Command(must(norace.Binary()))
	cmd.Env = append(os.Environ(), prepareVariable+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("preparing the installation: %v\n%s", err, out))
	}
	return dir
})

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is what an installation goes by. It stands still unless it is moved.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time { return time.UnixMilli(c.ms.Load()) }

func (c *clock) set(at time.Time) { c.ms.Store(at.UnixMilli()) }

// standing is the moment at which the tests look at the installation: Monday 16 March 2026, 9:30 in Hà Nội.
var standing = time.Date(2026, 3, 16, 2, 30, 0, 0, time.UTC)

// installation is an engine on a directory.
type installation struct {
	*engine.Engine
	clock *clock
	pki   *devpki.PKI
}

// openAt opens a directory. roots are those that it trusts; nil for its own authority's.
func openAt(dir string, pki *devpki.PKI) (*installation, error) {
	i := &installation{clock: &clock{}, pki: pki}
	i.clock.set(standing)
	s, err := store.Open(context.Background(), store.Options{Dir: dir, Now: i.clock.now})
	if err != nil {
		return nil, err
	}
	calendar, err := calendar.VietnamCalendar()
	if err != nil {
		return nil, err
	}
	i.Engine, err = engine.New(engine.Config{
		Store: s, Calendar: calendar, Now: i.clock.now, Roots: pki.Roots(), Secret: bytes.Repeat([]byte{7}, 32),
		TSA: &signing.TSA{URLs: []string{pki.TSA()}}, Validation: &signing.ValidationSource{HTTP: http.DefaultClient},
		PublicURL: "http://localhost",
		Mail:      notify.Sender{Addr: mailServer().Addr(), From: "khoi@covenant.example", Security: notify.Plain},
	})
	return i, err
}

// authority is the certification authority of the installation; its servers run once, for whoever signs.
var authority = sync.OnceValue(func() *devpki.PKI {
	return must(devpki.Open(filepath.Join(prepared(), "pki"), devpki.Options{}))
})

// authorityServes starts them. A second binary finds them running: the address is one, and this process outlives it.
var authorityServes = sync.OnceFunc(func() {
	if os.Getenv(preparedVariable) != "" {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	server := must(authority().Serve(ctx))
	finally(func() { stop(); _ = server.Close() })
})

// copyOf opens a copy of the prepared installation, for a test that changes something.
func copyOf(t testing.TB) *installation {
	t.Helper()
	i, err := openAt(copied(t), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	return i
}

// copied is a copy of the prepared directory. Files that are kept never change, so they are linked.
func copied(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	check(t, copyDir(prepared(), dir))
	return dir
}

func copyDir(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case filepath.Dir(rel) != ".":
			return os.Link(path, target)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}

// shared is the installation that tests read side by side; nobody changes anything there.
var shared = sync.OnceValue(func() *installation {
	dir := filepath.Join(scratch(), "shared")
	if err := copyDir(prepared(), dir); err != nil {
		panic(err)
	}
	i := must(openAt(dir, authority()))
	finally(func() { _ = i.Store.Close() })
	return i
})

// machine is the console by itself, which reads everything.
var machine = workflow.AtConsole("test", workflow.ConsoleOff)

func asMachine(*http.Request) workflow.Actor { return machine }

// pages is the handler of the shared installation's pages.
var pages = sync.OnceValue(func() http.Handler {
	return must(New(Config{Engine: shared().Engine, Actor: asMachine, Logger: quiet}))
})

var quiet = slog.New(slog.DiscardHandler)

// started lets an installation work in the background, too.
func (i *installation) started(t testing.TB) *installation {
	t.Helper()
	authorityServes()
	check(t, i.Start(context.Background()))
	t.Cleanup(func() { check(t, i.Stop(context.Background())) })
	return i
}

// mailServer takes every mail of the installations.
var mailServer = sync.OnceValue(func() *sink.Server {
	server := must(sink.Start(context.Background(), sink.Options{Dir: filepath.Join(scratch(), "mail")}))
	finally(func() { _ = server.Close() })
	return server
})

// inBrowser runs the browser's tests without the race detector. It reports whether it has.
func inBrowser(t *testing.T) bool {
	t.Helper()
	if !norace.Detector {
		return false
	}
	pattern := flag.Lookup("test.run").Value.String()
	if !strings.HasPrefix(pattern, "TestBrowser") {
		pattern = "^TestBrowser$"
	}
	authorityServes()
	return norace.Run(t, pattern, preparedVariable+"="+prepared())
}
