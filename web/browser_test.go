package web

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screen is a size at which pages are opened.
type screen struct {
	name          string
	width, height int64
	mobile, dark  bool
}

var (
	phone     = screen{"phone", 390, 844, true, false}
	desk      = screen{"desk", 1440, 900, false, false}
	dark      = screen{"dark", 1440, 900, false, true}
	projector = screen{"projector", 1920, 1080, false, false}
)

// browser is a running Chromium; every tab watches for errors and for requests to other hosts.
type browser struct {
	ctx context.Context
}

// chromium is the one browser of the run.
var chromium = sync.OnceValue(func() *browser {
	path, err := exec.LookPath("chromium")
	if err != nil {
		panic("chromium is missing: install the package chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(scratch(), "browser")),
		chromedp.Flag("accept-lang", "vi"), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, end := chromedp.NewContext(ctx)
	finally(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended, and writes no more
		end()
		cancel()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		panic(fmt.Sprintf("chromium does not start: %v", err))
	}
	return &browser{ctx}
})

// tab is one page open in the browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu       sync.Mutex
	problems []string
	asked    []string // paths, with their queries
}

// open opens an address in a tab of its own at a size. Tabs share what the browser keeps, but for one whose address
// chooses a language, which would be remembered for all.
func (b *browser) open(t *testing.T, address string, at screen) *tab {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	var apart []chromedp.ContextOption
	if u.Query().Has("lang") {
		apart = append(apart, chromedp.WithNewBrowserContext())
	}
	ctx, cancel := chromedp.NewContext(b.ctx, apart...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute) // a loaded machine takes its time
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx, host: u.Host}
	if err := chromedp.Listen(ctx, tb.watch); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	tb.run(chromedp.EmulateViewport(at.width, at.height,
		func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile = at.mobile
		}))
	if at.dark {
		tb.dark()
	}
	tb.run(chromedp.Navigate(address))
	return tb
}

func (tb *tab) watch(event any) {
	switch e := event.(type) {
	case *cdpruntime.EventExceptionThrown:
		tb.problem("exception: " + e.ExceptionDetails.Text + describe(e.ExceptionDetails.Exception))
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError || e.Type == cdpruntime.ConsoleAPICalledTypeWarning {
			var words []string
			for _, a := range e.Args {
				words = append(words, describe(a))
			}
			tb.problem("console: " + strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		// Chromium says by its clock that a font it was told of was not used “within a few seconds”: on a busy
		// machine it has drawn nothing by then.
		late := strings.Contains(e.Entry.Text, "was preloaded using link preload but not used within a few seconds")
		if !late && (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) {
			tb.problem("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err == nil {
			tb.mu.Lock()
			tb.asked = append(tb.asked, u.RequestURI())
			tb.mu.Unlock()
		}
		if err != nil || (u.Host != tb.host && u.Scheme != "blob" && u.Scheme != "data") {
			tb.problem("request to another host: " + e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			tb.problem(fmt.Sprintf("status %d: %s", e.Response.Status, e.Response.URL))
		}
	}
}

func describe(o *cdpruntime.RemoteObject) string {
	if o == nil {
		return ""
	}
	return string(o.Value) + o.Description
}

func (tb *tab) problem(text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.problems = append(tb.problems, text)
}

// requests gives what the page has asked for since the last time.
func (tb *tab) requests() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	asked := tb.asked
	tb.asked = nil
	return asked
}

// clean fails the test for everything that the browser complained of.
func (tb *tab) clean() {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, p := range tb.problems {
		tb.t.Error(p)
	}
}

func (tb *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	if err := chromedp.Do(tb.ctx, actions...); err != nil {
		tb.clean()
		tb.t.Fatal(err)
	}
}

// eval runs a script and gives its value.
func eval[T any](tb *tab, script string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.clean()
		tb.t.Fatalf("%s: %v", script[:min(len(script), 80)], err)
	}
	return v
}

// waitDrawn waits until the viewer has drawn its first page.
func (tb *tab) waitDrawn() {
	tb.t.Helper()
	tb.run(chromedp.WaitReady(chromedp.CSS(`.viewer-sheet[data-drawn]`)))
}

// dark shows the page as somebody sees it who prefers dark screens.
func (tb *tab) dark() {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	if err != nil {
		tb.t.Fatal(err)
	}
}

// screenshot keeps a picture of the page where COVENANT_SCREENSHOTS says, for looking at.
func (tb *tab) screenshot(name string, whole bool) {
	tb.t.Helper()
	dir := os.Getenv("COVENANT_SCREENSHOTS")
	if dir == "" {
		return
	}
	action := chromedp.CaptureScreenshot()
	if whole {
		action = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(tb.ctx, action)
	if err != nil {
		tb.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		tb.t.Fatal(err)
	}
}

// accessible fails the test for every serious or critical violation that axe-core finds.
func (tb *tab) accessible() {
	tb.t.Helper()
	tb.run(chromedp.Evaluate[chromedp.Void](string(readFile(tb.t, "testdata/axe/axe.min.js"))))
	type violation struct{ ID, Impact, Help, Where string }
	found := eval[[]violation](tb, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, 
			Where: v.nodes.slice(0, 4).map(n => n.target.join(" ") + " " +
				n.any.map(a => a.message).join("; ")).join(" | ")})))`)
	for _, v := range found {
		tb.t.Errorf("axe: %s (%s): %s: %s", v.ID, v.Impact, v.Help, v.Where)
	}
}

// narrow fails the test if the page is wider than the screen.
func (tb *tab) narrow() {
	tb.t.Helper()
	if wide := eval[int](tb, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		tb.t.Errorf("the page is %d px wider than the screen", wide)
	}
}

// blankCanvases counts the drawn pages whose picture is of one colour.
const blankCanvases = `[...document.querySelectorAll(".viewer-sheet[data-drawn] canvas")].filter(c => {
	const d = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
	return d.every(p => p === d[0]);
}).length`
