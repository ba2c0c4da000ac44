package web

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// until waits for something that a script says of the page.
func (tb *tab) until(what, script string) {
	tb.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if eval[bool](tb, script) {
			return
		}
	}
	tb.screenshot("waited", false)
	tb.t.Fatalf("never: %s; the page says %q", what,
		eval[string](tb, `(document.querySelector("[data-status]")?.textContent || "") + " / " +
			(document.querySelector("[data-preview-note]")?.textContent || "")`))
}

// typeInto writes into a field as a person does, and tells the page's script.
func (tb *tab) typeInto(path, text string) {
	tb.t.Helper()
	tb.run(chromedp.Evaluate[chromedp.Void](`(() => {
		const f = document.getElementById(` + quoted("f-"+path) + `);
		f.focus();
		f.value = ` + quoted(text) + `;
		f.dispatchEvent(new InputEvent("input", {bubbles: true}));
	})()`))
}

// press presses a button wherever the page has scrolled to.
func (tb *tab) press(selector string) {
	tb.t.Helper()
	tb.run(chromedp.Evaluate[chromedp.Void]("document.querySelector(" + quoted(selector) + ").click()"))
}

// quoted is a text as a script writes it.
func quoted(text string) string { return string(must(json.Marshal(text))) }

// paste puts text onto a field as from the clipboard.
func (tb *tab) paste(path, text string) {
	tb.t.Helper()
	tb.run(chromedp.Evaluate[chromedp.Void](`(() => {
		const data = new DataTransfer();
		data.setData("text/plain", ` + quoted(text) + `);
		document.getElementById(` + quoted("f-"+path) + `).dispatchEvent(
			new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})()`))
}

const drawnTimes = `Number(document.querySelector("[data-sheets]").dataset.drawn || 0)`

// browseDrafting is an officer who makes a covenant from an empty form: begins it, types, pastes a table, sees the
// preview change, and submits.
func browseDrafting(t *testing.T) {
	i, err := openAt(copied(t), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: asMachine, Logger: quiet, Links: links})
	check(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	open := func(path string, at screen) *tab {
		link, err := links.Add(officer())
		check(t, err)
		return chromium().open(t, server.URL+link+"?"+url.Values{"tiep": {path}}.Encode(), at)
	}
	tb := open("/giao-uoc/moi", desk)
	tb.run(chromedp.WaitVisible(chromedp.CSS("#ten")))
	got := eval[string](tb, `document.getElementById("dia-chi").value`)
	if got != "giao-uoc-thi-dua-nam-khoi-thi-dua-kinh-te-nganh" {
		t.Errorf("the proposed address is %q", got)
	}
	tb.run(chromedp.Evaluate[chromedp.Void](`(() => { const f = document.getElementById("dia-chi");
		f.value = "tren-trinh-duyet"; f.dispatchEvent(new InputEvent("input", {bubbles: true})); })()`))
	tb.narrow()
	tb.accessible()
	tb.screenshot("draft-new-desk", true)
	tb.run(chromedp.Click(chromedp.CSS("form.act button.primary")), chromedp.WaitVisible(chromedp.CSS("#soan")))
	tb.until("the first preview", drawnTimes+" > 0")
	tb.screenshot("draft-empty-desk", false)
	tb.accessible()
	writeDraft(tb)
	for _, at := range []screen{phone, dark} {
		look := open("/giao-uoc/2026/tren-trinh-duyet/soan", at)
		look.until("the preview", drawnTimes+" > 0")
		look.narrow()
		look.screenshot("draft-"+at.name, false)
		look.screenshot("draft-"+at.name+"-whole", true)
		look.accessible()
		if at.mobile {
			look.run(chromedp.Click(chromedp.CSS(`[data-tab="preview"]`)))
			look.screenshot("draft-preview-"+at.name, false)
		}
		look.clean()
	}
	clashDraft(t, i, open("/giao-uoc/2026/tren-trinh-duyet/soan", desk))
	finishDraft(t, i, tb, open)
}

// clashDraft types over what somebody else has saved meanwhile, and decides.
func clashDraft(t *testing.T, i *installation, tb *tab) {
	d := &writing{i, t, nil, nil}
	tb.until("the preview", drawnTimes+" > 0")
	before := d.kept("2026/tren-trinh-duyet")
	entries := before.Template.ReadValues(before.Values)
	entries["khẩu_hiệu"] = templates.Entry{Text: "Do người khác gõ"}
	must(i.SaveWorking(t.Context(), workflow.SignedIn(officer()), engine.SaveRequest{Slug: "2026/tren-trinh-duyet",
		Entries: entries, Version: before.Version}))
	tb.typeInto("khẩu_hiệu", "Do người này gõ")
	tb.until("the script stops", `!!document.querySelector("[data-status].stopped")?.textContent.includes("cả hai bản")`)
	tb.press(`.draft-bar [value="luu"]`)
	tb.run(chromedp.WaitVisible(chromedp.CSS("#xung-dot")))
	tb.screenshot("draft-conflict-desk", false)
	tb.accessible()
	tb.narrow()
	tb.press(`#xung-dot button`)
	tb.until("one's own is kept", `!document.querySelector("#xung-dot") &&
		document.getElementById("f-khẩu_hiệu")?.value === "Do người này gõ"`)
	d.holds("2026/tren-trinh-duyet", "Do người này gõ")
}

// writeDraft types, pastes and moves rows, and looks at the preview.
func writeDraft(tb *tab) {
	drawn := eval[int](tb, drawnTimes)
	tb.typeInto("chủ_đề", "Kỷ cương trên trình duyệt")
	tb.until("saved by itself", `document.querySelector('[name="phien"]').value === "1"`)
	tb.until("the preview changed", drawnTimes+" > "+itoa(drawn))
	if changed := eval[string](tb, `document.querySelector("[data-sheets]").dataset.changed`); changed == "" {
		tb.t.Error("no page changed")
	}
	tb.t.Logf("a later preview took %s ms", eval[string](tb, `document.querySelector("[data-sheets]").dataset.took`))
	tb.paste("chỉ_tiêu.0.nội_dung", "Hồ sơ đúng hạn\t%\ttừ 97 trở lên\r\nMô hình mới\tmô hình\t01\r\n")
	tb.until("the pasted rows", `document.getElementById("f-chỉ_tiêu.1.mức")?.value === "01"`)
	tb.press(`[value="them:chỉ_tiêu"]`)
	tb.until("one more row", `document.activeElement.id === "f-chỉ_tiêu.2.nội_dung"`)
	tb.press(`[value="len:chỉ_tiêu.1"]`)
	tb.until("the rows changed places", `document.getElementById("f-chỉ_tiêu.0.mức").value === "01"`)
	tb.typeInto("năm", "hai nghìn")
	tb.until("the error at the field", `document.getElementById("e-năm").textContent.includes("cần năm") &&
		document.getElementById("f-năm").getAttribute("aria-describedby").includes("e-năm")`)
	tb.accessible()
	tb.screenshot("draft-desk", false)
	tb.typeInto("năm", "2026")
	tb.until("no error", `document.getElementById("e-năm").hidden`)
	if eval[int](tb, blankSheets) != 0 {
		tb.t.Error("pages of the preview are blank")
	}
	tb.clean()
}

// blankSheets counts the pages of the preview whose picture is of one colour.
const blankSheets = `[...document.querySelectorAll("[data-sheets] canvas")].filter(c => {
	const d = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
	return d.every(p => p === d[0]);
}).length`

// finishDraft fills in the rest, looks at what is missing, and submits.
func finishDraft(t *testing.T, i *installation, tb *tab, open func(string, screen) *tab) {
	slug := "2026/tren-trinh-duyet"
	tb.press("[data-submit]")
	tb.run(chromedp.WaitVisible(chromedp.CSS(".findings")))
	tb.screenshot("draft-missing-desk", true)
	tb.accessible()
	d := &writing{i, t, nil, nil}
	d.written(slug, hall().values)
	tb.run(chromedp.Navigate(strings.Replace(eval[string](tb, "location.href"), "?", "#", 1)))
	tb.run(chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(`form.act button[type="submit"]`)))
	tb.accessible()
	tb.narrow()
	tb.screenshot("draft-submit-desk", true)
	look := open("/giao-uoc/"+slug+"/soan/trinh", phone)
	look.run(chromedp.WaitVisible(chromedp.CSS(`form.act button[type="submit"]`)))
	look.narrow()
	look.screenshot("draft-submit-phone", true)
	look.clean()
	tb.run(chromedp.Click(chromedp.CSS(`form.act button[type="submit"]`)), chromedp.WaitVisible(chromedp.CSS(".tasks")))
	if got := d.revisions(slug); len(got) != 1 {
		t.Errorf("%d revisions were submitted", len(got))
	}
	if v := must(i.View(t.Context(), machine, slug)); v.Covenant.Phase != workflow.AwaitingReviews {
		t.Errorf("the covenant is %s", v.Covenant.Phase)
	}
	tb.clean()
}
