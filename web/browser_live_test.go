package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"covenant/workflow"
)

// liveServer serves a copy of the installation that works in the background, too.
func liveServer(t *testing.T) (*installation, string) {
	t.Helper()
	i := copyOf(t).started(t)
	server := httptest.NewServer(handler(t, i))
	t.Cleanup(server.Close)
	return i, server.URL
}

// waitText waits until an element says something.
func (tb *tab) waitText(selector, text string) {
	tb.t.Helper()
	script := `document.querySelector("` + selector + `")?.textContent.includes("` + text + `")`
	tb.run(chromedp.Poll[chromedp.Void](script))
}

// listening waits until the page's stream is open, and forgets what it has asked for until then.
func (tb *tab) listening() {
	tb.t.Helper()
	tb.waitAsked("/thay-doi")
	tb.requests()
}

// waitAsked waits until the page has asked for an address.
func (tb *tab) waitAsked(part string) {
	tb.t.Helper()
	for {
		tb.mu.Lock()
		asked := strings.Contains(strings.Join(tb.asked, "\n"), part)
		tb.mu.Unlock()
		if asked {
			return
		}
		eval[bool](tb, `new Promise(done => requestAnimationFrame(() => done(true)))`)
	}
}

// A page is left open while others act: it shows what happened without being loaded again, asks for what has changed
// and for nothing else, and keeps open what its reader had opened. A page of a covenant that nothing happens to asks
// nothing.
func browseLive(t *testing.T) {
	t.Parallel()
	i, server := liveServer(t)
	quietPage := chromium().open(t, server+"/giao-uoc/"+reviewing, desk)
	quietPage.waitDrawn()
	quietPage.listening()
	tb := chromium().open(t, server+"/giao-uoc/"+signing4, desk)
	tb.waitDrawn()
	tb.listening()
	tb.run(chromedp.Click(chromedp.CSS(`#lan-1 summary`)), chromedp.Click(chromedp.CSS(`#dien-bien-truoc summary`)))
	eval[bool](tb, `window.loadedOnce = true`)
	i.resume(signing4).sign(1)
	tb.run(chromedp.WaitVisible(chromedp.CSS(`[data-changed]`)))
	tb.waitText("#cac-ben .count", "5/11 đã ký")
	check(t, i.AwaitMails(t.Context()))
	tb.waitText("#thu .badge", "Đã gửi")
	if !eval[bool](tb,
		`window.loadedOnce && !document.querySelector("#lan-1").open && document.querySelector("#dien-bien-truoc").open`) {
		t.Error("the page was loaded again, or what the reader had opened and closed was changed")
	}
	for _, asked := range tb.requests() {
		if !strings.HasPrefix(asked, "/giao-uoc/"+signing4+"/tinh-hinh?") {
			t.Errorf("the open page asked for %s", asked)
		}
	}
	if asked := quietPage.requests(); len(asked) > 0 {
		t.Errorf("a page to which nothing happened asked for %v", asked)
	}
	tb.run(chromedp.Click(chromedp.CSS(`[data-reload]`)), chromedp.WaitNotVisible(chromedp.CSS(`[data-changed]`)))
	tb.waitDrawn()
	tb.clean()
	quietPage.clean()
	browseBoard(t, i, server)
}

// browseBoard has the hall's board count votes as they come in.
func browseBoard(t *testing.T, i *installation, server string) {
	board := chromium().open(t, server+"/hoi-nghi/"+sitting, projector)
	board.listening()
	p := i.resume(sitting)
	for n, a := range p.now().Covenant.Members()[1:4] {
		p.cast(a, "m", workflow.ChoiceFor)
		board.waitText(".hall-count .for strong", itoa(n+2))
	}
	for _, asked := range board.requests() {
		if !strings.HasPrefix(asked, "/hoi-nghi/"+sitting+"/tinh-hinh?") {
			t.Errorf("the board asked for %s", asked)
		}
	}
	board.clean()
}

// More pages of one covenant are open than a browser has connections to one host: those that are not to be seen give
// theirs back, and catch up when they are.
func browseManyTabs(t *testing.T) {
	t.Parallel()
	i, server := liveServer(t)
	var tabs []*tab
	for range 8 {
		tb := chromium().open(t, server+"/giao-uoc/"+voting, desk)
		tb.waitDrawn()
		tb.hide()
		tabs = append(tabs, tb)
	}
	p := i.resume(voting)
	p.cast("cuc-thong-ke", p.motion(voting), workflow.ChoiceFor)
	for _, tb := range []*tab{tabs[0], tabs[7]} {
		tb.show()
		tb.waitText(".motion .small", "Tán thành 6")
		tb.clean()
	}
}

// hide and show do to a page what choosing another tab does.
func (tb *tab) hide() { tb.visible(false) }

func (tb *tab) show() { tb.visible(true) }

func (tb *tab) visible(yes bool) {
	tb.t.Helper()
	hidden := "true"
	if yes {
		hidden = "false"
	}
	eval[bool](tb, `(() => { Object.defineProperty(document, "hidden", {value: `+hidden+`, configurable: true});
		document.dispatchEvent(new Event("visibilitychange")); return true; })()`)
}
