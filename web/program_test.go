package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// startProgram builds the program, lets it live through the reference case with real keys, signatures, time-stamps and
// mails, and gives the address at which it then serves the pages.
func startProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "covenant")
	if out, err := exec.Command("go", "build", "-o", binary, "covenant/cmd/covenant").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "demo", "--lang", "vi", "--dir", t.TempDir(), "--listen", address)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var said strings.Builder
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving, ended := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "http://"+address) {
				serving <- true
			}
		}
		_ = cmd.Wait() // ended by the test's cancel
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case <-serving:
	case <-ended:
		t.Fatalf("the demo ended before it served a page: %s", said.String())
	case <-time.After(2 * time.Minute):
		t.Fatal("the demo serves no page after two minutes")
	}
	return "http://" + address
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
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
		const data = canvas.getContext("2d").getImageData(Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)).data;
		let dark = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 500) dark++;
		if (dark > 40) inked++;
	}
	return [doc.numPages, fields, inked];
})`

// TestProgram opens the pages that the real program serves at the end of its demo.
func TestProgram(t *testing.T) {
	b := startBrowser(t)
	server := startProgram(t)
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			tb := b.open(t, server+"/giao-uoc", screen.width, screen.height, screen.mobile)
			if screen.dark {
				tb.dark()
			}
			tb.screenshot("program-"+screen.name+"-list", false)
			path := eval[string](tb, `document.querySelector("tbody a").getAttribute("href")`)
			tb.run(chromedp.Navigate(server + path))
			tb.waitDrawn()
			if n := eval[int](tb, blankCanvases); n != 0 {
				t.Errorf("%d drawn pages are blank", n)
			}
			tb.narrow()
			tb.screenshot("program-"+screen.name+"-covenant", false)
			if parties, valid := eval[int](tb, `document.querySelectorAll("#cac-ben .party").length`), eval[int](tb, `document.querySelectorAll("#cac-ben .check-word.done").length`); parties < 11 || valid < 11 {
				t.Errorf("%d parties, %d valid signatures; the reference case has 11", parties, valid)
			}
			tb.run(chromedp.Click(chromedp.CSS(`#cac-ben .check summary`)))
			tb.screenshot("program-"+screen.name+"-whole", true)
			tb.signaturesShow()
			tb.accessible()
			for _, other := range []string{"/", "/lich-bao-cao", "/so-van-ban", strings.Replace(path, "/giao-uoc/", "/hoi-nghi/", 1), path + "/so-sanh"} {
				tb.run(chromedp.Navigate(server + other))
				tb.narrow()
				tb.screenshot("program-"+screen.name+"-"+strings.Trim(strings.ReplaceAll(other, "/", "-"), "-"), false)
				tb.accessible()
			}
			tb.clean()
		})
	}
	t.Run("qr", func(t *testing.T) { followQR(t, b, server) })
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

// followQR follows the address printed in the document to the covenant's page.
func followQR(t *testing.T, b *browser, server string) {
	tb := b.open(t, server+"/giao-uoc", 1280, 900, false)
	path := eval[string](tb, `document.querySelector("tbody a").getAttribute("href")`)
	tb.run(chromedp.Navigate(server + path))
	tb.waitDrawn()
	address := eval[string](tb, printedAddress)
	_, token, ok := strings.Cut(address, "/t/")
	if !ok {
		t.Fatal("the document carries no permanent address")
	}
	for at, want := range map[string]int{"/t/" + token: http.StatusOK, "/t/khong-co": http.StatusNotFound} {
		res, err := http.Get(server + at)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", at, res.StatusCode, want)
		}
	}
	tb.run(chromedp.Navigate(server + "/t/" + token))
	if n := eval[int](tb, `document.querySelectorAll(".check-word.done").length`); n < 11 {
		t.Errorf("the public page shows %d valid signatures, want 11 and more", n)
	}
	if eval[bool](tb, `document.body.textContent.includes("@")`) {
		t.Error("the public page shows a mail address")
	}
	tb.screenshot("program-public", true)
	tb.accessible()
	file := filepath.Join(t.TempDir(), "nhan-duoc.pdf")
	content := fetch(t, server+"/t/"+token+"/van-ban.pdf")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tb.run(chromedp.Navigate(server+"/kiem-tra"), chromedp.SetUploadFiles(chromedp.CSS("#tep"), []string{file}), chromedp.Click(chromedp.CSS(".upload button")), chromedp.WaitVisible(chromedp.CSS("#ket-qua")))
	if text := eval[string](tb, `document.querySelector("p.verdict.done").textContent`); !strings.Contains(text, "Tất cả đều hợp lệ") {
		t.Errorf("the check says %q", text)
	}
	if text := eval[string](tb, `document.querySelector(".facts").textContent`); !strings.Contains(text, "Trùng khớp từng byte") {
		t.Errorf("the check does not know the file: %q", text)
	}
	tb.screenshot("program-check", true)
	bundle := filepath.Join(t.TempDir(), "ho-so.zip")
	if err := os.WriteFile(bundle, fetch(t, server+path+"/ho-so.zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	tb.run(chromedp.Navigate(server+"/kiem-tra"), chromedp.SetUploadFiles(chromedp.CSS("#tep"), []string{bundle}), chromedp.Click(chromedp.CSS(".upload button")), chromedp.WaitVisible(chromedp.CSS("#chu-ky")))
	if n := eval[int](tb, `document.querySelectorAll(".findings .stopped").length`); n != 0 {
		t.Errorf("%d findings against the program's own evidence: %s", n, eval[string](tb, `document.querySelector(".findings").textContent`))
	}
	if n := eval[int](tb, `document.querySelectorAll(".findings .done").length`); n < 3 {
		t.Errorf("only %d findings speak for the evidence", n)
	}
	tb.screenshot("program-evidence", true)
	tb.accessible()
	tb.clean()
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", address, res.StatusCode, err)
	}
	return content
}

// signaturesShow goes through the document's pages and looks for ink in the signature fields; seals may still be empty.
func (tb *tab) signaturesShow() {
	tb.t.Helper()
	pages := eval[int](tb, `document.querySelectorAll(".viewer-sheet").length`)
	fields, inked := 0, 0
	for n := 1; n <= pages; n++ {
		number := itoa(n)
		eval[bool](tb, `(() => { const i = document.querySelector("[data-page]"); i.value = `+number+`; i.dispatchEvent(new Event("change")); return true; })()`)
		tb.run(chromedp.WaitReady(chromedp.CSS(`.viewer-sheet[data-number="` + number + `"][data-drawn]`)))
		found := eval[[]int](tb, inkInFields+"("+number+")")
		fields, inked = fields+found[1], inked+found[2]
		tb.screenshot("program-page-"+number, false)
	}
	if inked < 11 {
		tb.t.Errorf("%d fields for signatures and seals, %d of them show something; the reference case has 11 signatures", fields, inked)
	}
}
