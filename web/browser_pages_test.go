package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestBrowser opens the pages in Chromium, as people see them.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	t.Parallel()
	if inBrowser(t) {
		return
	}
	server := httptest.NewServer(pages())
	t.Cleanup(server.Close)
	t.Run("pages", func(t *testing.T) { browsePages(t, server.URL) })
	t.Run("viewer", func(t *testing.T) { browseViewer(t, server.URL) })
	t.Run("signatures", func(t *testing.T) { browseSignatures(t, server.URL) })
	t.Run("public", func(t *testing.T) { browsePublic(t, server.URL) })
	t.Run("noscript", func(t *testing.T) { browseWithoutJavaScript(t, server.URL) })
	t.Run("print", func(t *testing.T) { browsePrint(t, server.URL) })
	t.Run("forms", browseForms)
	t.Run("conference", browseConference)
	t.Run("ceremony", browseCeremony)
	t.Run("drafting", browseDrafting)
	t.Run("live", browseLive)
	t.Run("tabs", browseManyTabs)
}

// sights are the pages to look at: each state of a covenant, on the screens on which it is seen.
func sights() []struct {
	name, path string
	screens    []screen
} {
	both, all := []screen{phone, desk}, []screen{phone, desk, dark}
	hall := []screen{phone, projector}
	covenant := func(slug string) string { return "/giao-uoc/" + slug }
	board := func(slug string) string { return "/hoi-nghi/" + slug }
	return []struct {
		name, path string
		screens    []screen
	}{
		{"home", "/", all}, {"covenants", "/giao-uoc", all}, {"calendar", "/lich-bao-cao", all},
		{"register", "/so-van-ban", all},
		{"error", "/giao-uoc/khong-co", both}, {"check", "/kiem-tra", all},
		{"sign-in", "/dang-nhap", all}, {"code", "/dang-nhap/mat-khau", both},
		{"password", "/dang-nhap/mat-khau?login=a", both},
		{"redline", covenant(voting) + "/so-sanh", both},
		{"drafted", covenant(drafted), both}, {"reviewing", covenant(reviewing), both},
		{"reviewing-english", covenant(reviewing) + "?lang=en", both}, {"voting", covenant(voting), both},
		{"voting-board", board(voting), hall}, {"hall-board", board(sitting), hall},
		{"hall-secret", covenant(secret), both},
		{"secret-board", board(secret), hall}, {"signing", covenant(signing4), both},
		{"signing-board", board(signing4), hall},
		{"refused", covenant(refused), both}, {"cancelled", covenant(cancelled), both},
		{"in-force", covenant(inForce), all},
		{"in-force-board", board(inForce), hall}, {"amended", covenant(amended), both},
		{"scores-open", covenant(appealed) + "/cham-diem", both},
		{"scores-ranked", covenant(ranked) + "/cham-diem", both},
		{"public", publicPath(), both},
	}
}

// Each page fits its screen, is accessible, loads nothing from elsewhere, and the browser has nothing to complain of.
func browsePages(t *testing.T, server string) {
	for _, sight := range sights() {
		for _, at := range sight.screens {
			t.Run(sight.name+"/"+at.name, func(t *testing.T) {
				t.Parallel()
				tb := chromium().open(t, server+sight.path, at)
				if eval[bool](tb, `!!document.querySelector("[data-viewer]")`) {
					tb.waitDrawn()
					if n := eval[int](tb, blankCanvases); n != 0 {
						t.Errorf("%d drawn pages are blank", n)
					}
				}
				tb.narrow()
				tb.screenshot(sight.name+"-"+at.name, false)
				tb.screenshot(sight.name+"-"+at.name+"-whole", true)
				tb.accessible()
				if sight.name != "error" { // whose 404 the browser reports, rightly
					tb.clean()
				}
			})
		}
	}
}

// browseViewer works the viewer as a reader does: text to select, page numbers, zoom, keyboard.
func browseViewer(t *testing.T, server string) {
	t.Parallel()
	tb := chromium().open(t, server+"/giao-uoc/"+signing4, desk)
	tb.waitDrawn()
	t.Logf("the first page was drawn %.0f ms after the page was asked for",
		eval[float64](tb, `performance.getEntriesByName("document-drawn")[0].startTime`))
	text := eval[string](tb, `document.querySelector(".textLayer").textContent`)
	if !strings.Contains(text, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") {
		t.Errorf("the text layer holds %q", text)
	}
	tb.turnTo(3)
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

// turnTo has the viewer show a page of the document, and waits until it is drawn.
func (tb *tab) turnTo(number int) {
	tb.t.Helper()
	page := itoa(number)
	tb.run(chromedp.SetValue(chromedp.CSS(`[data-page]`), page),
		chromedp.Evaluate[chromedp.Void](`void document.querySelector("[data-page]").dispatchEvent(new Event("change"))`),
		chromedp.WaitReady(chromedp.CSS(`.viewer-sheet[data-number="`+page+`"][data-drawn]`)))
}

// inkInFields counts the signature and seal fields on a drawn page, and those of them whose area holds ink.
const inkInFields = `(async (number) => {
	const root = document.querySelector("[data-viewer]");
	const pdfjs = await import(root.dataset.pdfjs);
	const doc = await pdfjs.getDocument({url: root.dataset.url, useWasm: false, isEvalSupported: false}).promise;
	const page = await doc.getPage(number);
	const canvas = document.querySelector('.viewer-sheet[data-number="' + number + '"] canvas');
	const scale = canvas.width / page.getViewport({scale: 1}).width;
	const viewport = page.getViewport({scale});
	let fields = 0, inked = 0;
	for (const a of await page.getAnnotations()) {
		if (a.fieldType !== "Sig" || !a.hasAppearance || a.rect[2] - a.rect[0] < 10) continue;
		fields++;
		const [x1, y1, x2, y2] = viewport.convertToViewportRectangle(a.rect);
		const data = canvas.getContext("2d")
			.getImageData(Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)).data;
		let dark = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 500) dark++;
		if (dark > 40) inked++;
	}
	return [doc.numPages, fields, inked];
})`

// browseSignatures goes through the signed document's pages and looks for ink in the signature fields.
func browseSignatures(t *testing.T, server string) {
	t.Parallel()
	tb := chromium().open(t, server+"/giao-uoc/"+inForce, desk)
	tb.waitDrawn()
	fields, inked := 0, 0
	for n := 1; n <= eval[int](tb, `document.querySelectorAll(".viewer-sheet").length`); n++ {
		tb.turnTo(n)
		found := eval[[]int](tb, inkInFields+"("+itoa(n)+")")
		fields, inked = fields+found[1], inked+found[2]
	}
	if inked < 12 {
		t.Errorf("%d fields for signatures and seals, %d of them show something; there are 11 signatures and a seal",
			fields, inked)
	}
	tb.run(chromedp.Click(chromedp.CSS(`#cac-ben .check summary`)))
	tb.screenshot("in-force-verdict-desk", true)
	tb.accessible()
	tb.clean()
}

// printedAddress is the permanent address that the document shown carries, for its QR code.
const printedAddress = `(async () => {
	const root = document.querySelector("[data-viewer]");
	const pdfjs = await import(root.dataset.pdfjs);
	const doc = await pdfjs.getDocument({url: root.dataset.url, useWasm: false, isEvalSupported: false}).promise;
	for (let n = 1; n <= doc.numPages; n++) {
		const page = await doc.getPage(n);
		for (const a of await page.getAnnotations()) if ((a.url || "").includes("/t/")) return a.url;
		const text = (await page.getTextContent()).items.map(i => i.str).join("");
		const found = /https?:\/\/[^ ]+\/t\/[A-Za-z0-9_-]+/.exec(text);
		if (found) return found[0];
	}
	return "";
})()`

// browsePublic follows the address printed in the document, and checks the file that it leads to.
func browsePublic(t *testing.T, server string) {
	t.Parallel()
	tb := chromium().open(t, server+"/giao-uoc/"+inForce, desk)
	tb.waitDrawn()
	printed, ok := strings.CutPrefix(eval[string](tb, printedAddress), "http://localhost")
	if !ok || printed != publicPath() {
		t.Fatalf("the document carries the address %q, want that of %s", printed, publicPath())
	}
	tb.run(chromedp.Navigate(server + printed))
	if n := eval[int](tb, `document.querySelectorAll(".check-word.waiting").length`); n < 11 {
		t.Errorf("the public page shows %d test signatures, want 11 and more", n)
	}
	if eval[bool](tb, `document.querySelector("main").textContent.includes("@")`) {
		t.Error("the public page shows a mail address")
	}
	file := get(t, pages(), eval[string](tb, `document.querySelector("a[download]").getAttribute("href")`))
	if file.status != http.StatusOK {
		t.Fatalf("the file: status %d", file.status)
	}
	tb.upload(server, "nhan-duoc.pdf", file.body, "#ket-qua")
	text := eval[string](tb, `document.querySelector("p.verdict.waiting").textContent`)
	if !strings.Contains(text, "Tất cả đều hợp lệ") {
		t.Errorf("the check says %q", text)
	}
	text = eval[string](tb, `document.querySelector(".facts").textContent`)
	if !strings.Contains(text, "Trùng khớp từng byte") {
		t.Errorf("the check does not know the file: %q", text)
	}
	tb.screenshot("check-result-desk", true)
	tb.accessible()
	tb.upload(server, "ho-so.zip", get(t, pages(), "/giao-uoc/"+inForce+"/ho-so.zip").body, "#chu-ky")
	tb.screenshot("check-evidence-desk", true)
	tb.accessible()
	tb.clean()
}

// upload has a file checked by hand.
func (tb *tab) upload(server, name, content, until string) {
	tb.t.Helper()
	file := filepath.Join(tb.t.TempDir(), name)
	check(tb.t, os.WriteFile(file, []byte(content), 0o600))
	tb.run(chromedp.Navigate(server+"/kiem-tra"), chromedp.SetUploadFiles(chromedp.CSS("#tep"), []string{file}),
		chromedp.Click(chromedp.CSS(".upload button")), chromedp.WaitVisible(chromedp.CSS(until)))
}

// Without JavaScript the page still says everything and links to the file.
func browseWithoutJavaScript(t *testing.T, server string) {
	t.Parallel()
	tb := chromium().open(t, "about:blank", phone)
	tb.host = strings.TrimPrefix(server, "http://")
	_, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	check(t, err)
	tb.run(chromedp.Navigate(server+"/giao-uoc/"+signing4), chromedp.WaitVisible(chromedp.CSS(`.viewer-note a`)))
	tb.screenshot("noscript-phone", false)
	tb.clean()
}

// The page prints on A4 without the viewer and the navigation.
func browsePrint(t *testing.T, server string) {
	t.Parallel()
	tb := chromium().open(t, server+"/giao-uoc/"+inForce, desk)
	tb.waitDrawn()
	pdf, err := chromedp.Run(tb.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(),
		chromedp.PDFPrintBackground()))
	check(t, err)
	file := filepath.Join(t.TempDir(), "print.pdf")
	if dir := os.Getenv("COVENANT_SCREENSHOTS"); dir != "" {
		file = filepath.Join(dir, "print.pdf")
	}
	check(t, os.WriteFile(file, pdf, 0o600))
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
