package web

import (
	"context"
	"fmt"
	"net/http/httptest"
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

// screens are the sizes at which the pages are opened: a phone and a desk.
var screens = []struct {
	name          string
	width, height int64
	mobile, dark  bool
}{{"phone", 390, 844, true, false}, {"desk", 1280, 900, false, false}, {"dark", 1280, 900, false, true}}

// browser is a running Chromium; every tab watches for errors and for requests to other hosts.
type browser struct {
	ctx context.Context
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing: install the package chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("accept-lang", "vi"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return &browser{ctx}
}

// tab is one page open in the browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu       sync.Mutex
	problems []string
}

func (b *browser) open(t *testing.T, address string, width, height int64, mobile bool) *tab {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx)
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
	tb.run(chromedp.EmulateViewport(width, height, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile = mobile
	}), chromedp.Navigate(address))
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
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			tb.problem("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
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
		.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Where: v.nodes.slice(0, 4).map(n => n.target.join(" ") + " " + n.any.map(a => a.message).join("; ")).join(" | ")})))`)
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

func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	l := newLife(t)
	l.inForce()
	server := httptest.NewServer(handler(t, l))
	defer server.Close()
	for _, screen := range screens {
		for name, path := range map[string]string{
			"home": "/", "covenants": "/giao-uoc", "calendar": "/lich-bao-cao", "register": "/so-van-ban", "error": "/giao-uoc/khong-co", "check": "/kiem-tra",
			"covenant": "/giao-uoc/" + slug, "conference": "/hoi-nghi/" + slug,
		} {
			t.Run(screen.name+"/"+name, func(t *testing.T) {
				tb := b.open(t, server.URL+path, screen.width, screen.height, screen.mobile)
				if screen.dark {
					tb.dark()
				}
				if name == "covenant" {
					tb.waitDrawn()
					if n := eval[int](tb, blankCanvases); n != 0 {
						t.Errorf("%d drawn pages are blank", n)
					}
				}
				tb.narrow()
				tb.screenshot(screen.name+"-"+name, false)
				tb.screenshot(screen.name+"-"+name+"-whole", true)
				tb.accessible()
				if name != "error" { // whose 404 the browser reports, rightly
					tb.clean()
				}
			})
		}
	}
}

// TestViewer works the viewer as a reader does: text to select, page numbers, zoom, keyboard.
func TestViewer(t *testing.T) {
	b := startBrowser(t)
	l := newLife(t)
	l.frozen()
	server := httptest.NewServer(handler(t, l))
	defer server.Close()
	tb := b.open(t, server.URL+"/giao-uoc/"+slug, 1280, 900, false)
	tb.waitDrawn()
	t.Logf("the first page was drawn %.0f ms after the page was asked for", eval[float64](tb, `performance.getEntriesByName("document-drawn")[0].startTime`))
	if n := eval[int](tb, `document.querySelectorAll(".viewer-sheet").length`); n != 3 {
		t.Errorf("%d sheets, want 3", n)
	}
	if text := eval[string](tb, `document.querySelector(".textLayer").textContent`); !strings.Contains(text, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") {
		t.Errorf("the text layer holds %q", text)
	}
	tb.run(chromedp.SetValue(chromedp.CSS(`[data-page]`), "3"), chromedp.Evaluate[chromedp.Void](`void document.querySelector("[data-page]").dispatchEvent(new Event("change"))`))
	tb.run(chromedp.WaitReady(chromedp.CSS(`.viewer-sheet[data-number="3"][data-drawn]`)))
	before := eval[float64](tb, `document.querySelector(".viewer-sheet").clientWidth`)
	tb.run(chromedp.Click(chromedp.CSS(`[data-zoom="in"]`)))
	if after := eval[float64](tb, `document.querySelector(".viewer-sheet").clientWidth`); after <= before {
		t.Errorf("zooming in took the page from %v to %v px", before, after)
	}
	tb.run(chromedp.Focus(chromedp.CSS(`[data-pages-box]`)), chromedp.KeyEvent("0"))
	if fitted := eval[float64](tb, `document.querySelector(".viewer-sheet").clientWidth`); fitted != before {
		t.Errorf("fitting gave %v px, want %v", fitted, before)
	}
	tb.clean()
}

// TestLivePage leaves a page open while others act.
func TestLivePage(t *testing.T) {
	b := startBrowser(t)
	l := newLife(t)
	l.frozen()
	server := httptest.NewServer(handler(t, lockedSource(l)))
	defer server.Close()
	tb := b.open(t, server.URL+"/giao-uoc/"+slug, 1280, 900, false)
	tb.waitDrawn()
	tb.run(chromedp.Click(chromedp.CSS(`#lan-1 summary`)))
	locked.Lock()
	l.sign(1)
	locked.Unlock()
	tb.run(chromedp.WaitVisible(chromedp.CSS(`[data-changed]`)))
	if !eval[bool](tb, `document.querySelector("#lan-1").open`) {
		t.Error("what the reader had opened was closed")
	}
	if text := eval[string](tb, `document.querySelector("#cac-ben .count").textContent`); text != "1/11 đã ký" {
		t.Errorf("the page says %q", text)
	}
	tb.run(chromedp.Click(chromedp.CSS(`[data-reload]`)), chromedp.WaitNotVisible(chromedp.CSS(`[data-changed]`)))
	tb.waitDrawn()
	tb.clean()
}

// TestWithoutJavaScript: the page still says everything and links to the file.
func TestWithoutJavaScript(t *testing.T) {
	b := startBrowser(t)
	l := newLife(t)
	l.frozen()
	server := httptest.NewServer(handler(t, l))
	defer server.Close()
	tb := b.open(t, "about:blank", 390, 844, true)
	tb.host = strings.TrimPrefix(server.URL, "http://")
	if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	tb.run(chromedp.Navigate(server.URL + "/giao-uoc/" + slug))
	tb.run(chromedp.WaitVisible(chromedp.CSS(`.viewer-note a`)))
	tb.screenshot("phone-noscript", false)
	tb.clean()
}

// TestPrint: the page prints on A4 without the viewer and the navigation.
func TestPrint(t *testing.T) {
	b := startBrowser(t)
	l := newLife(t)
	l.inForce()
	server := httptest.NewServer(handler(t, l))
	defer server.Close()
	tb := b.open(t, server.URL+"/giao-uoc/"+slug, 1280, 900, false)
	tb.waitDrawn()
	pdf, err := chromedp.Run(tb.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "print.pdf")
	if dir := os.Getenv("COVENANT_SCREENSHOTS"); dir != "" {
		file = filepath.Join(dir, "print.pdf")
	}
	if err := os.WriteFile(file, pdf, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext (package poppler-utils): %v", err)
	}
	for _, want := range []string{"Giao ước thi đua năm 2026", "Đang có hiệu lực", "Diễn biến"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the print does not hold %q", want)
		}
	}
	if strings.Contains(string(text), "Lịch báo cáo") {
		t.Error("the navigation is printed")
	}
}
