package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"covenant/workflow"
	"covenant/workflow/engine"
)

func handler(t *testing.T, src Source) http.Handler {
	t.Helper()
	h, err := New(Config{Engine: src, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// page is a fetched page with its parsed HTML.
type page struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	root   *html.Node
}

func get(t *testing.T, h http.Handler, path string, headers ...string) page {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return page{t, w.Code, w.Header(), w.Body.String(), root}
}

func (p page) all(selector string) []*html.Node {
	p.t.Helper()
	return cascadia.QueryAll(p.root, cascadia.MustCompile(selector))
}

// text is the text of the first element that fits, with single spaces.
func (p page) text(selector string) string {
	p.t.Helper()
	n := cascadia.Query(p.root, cascadia.MustCompile(selector))
	if n == nil {
		p.t.Errorf("nothing fits %q", selector)
		return ""
	}
	return textOf(n)
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p page) contains(selector, want string) {
	p.t.Helper()
	if got := p.text(selector); !strings.Contains(got, want) {
		p.t.Errorf("%s: %q does not contain %q", selector, got, want)
	}
}

func (p page) count(selector string, want int) {
	p.t.Helper()
	if got := len(p.all(selector)); got != want {
		p.t.Errorf("%d elements fit %q, want %d", got, selector, want)
	}
}

func TestCovenantAwaitingReviews(t *testing.T) {
	l := newLife(t)
	l.review("so-nnptnt", "approve")
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	if p.status != http.StatusOK {
		t.Fatalf("status %d: %s", p.status, p.body)
	}
	p.contains("h1", "Giao ước thi đua năm 2026")
	p.contains(".status-sentence", "góp ý – hạn 23/03/2026 (còn 5 ngày làm việc)")
	p.contains(".who", "Sở Tài chính (Phạm Thị Bích Hạnh)")
	p.contains(".who", "và 5 đơn vị khác")
	p.contains("#gop-y .round", "1 đơn vị nhất trí, không có ý kiến thêm")
	p.contains(".steps-desk .now", "Góp ý dự thảo")
	p.contains("#gop-y .round", "còn chờ 9 đơn vị")
	if url := attr(p.all("[data-viewer]")[0], "data-url"); url != "/giao-uoc/"+slug+"/lan/1.pdf" {
		t.Errorf("the viewer shows %q", url)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestCovenantSecondRound(t *testing.T) {
	l := newLife(t)
	l.approved()
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.count("#gop-y .round", 2)
	p.contains("#lan-1", "Sở Tài chính trả lại để chỉnh sửa")
	p.contains("#lan-1 blockquote cite", "Điều 5. Chế độ báo cáo")
	p.contains("#lan-1 blockquote p", "ngày 25 tháng cuối quý")
	p.contains("#lan-2", "10 đơn vị nhất trí")
	p.count(".motion", 3)
	p.contains(".status-sentence", "Chờ 10 đơn vị biểu quyết")
}

func TestCovenantVotes(t *testing.T) {
	l := newLife(t)
	l.voted()
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.contains(".motion .small", "Tán thành 9, không tán thành 0, không có ý kiến 1")
	p.contains(".motion", "Thông qua")
	if w := attr(p.all(".motion .tally .for")[0], "width"); w != "900" {
		t.Errorf("the bar shows %s/1000 in favour, want 900", w)
	}
	p.contains(".status-sentence", "Chờ văn thư Sở Nông nghiệp và Phát triển nông thôn cấp số")
	p.contains(".who", "Đoàn Minh Thu")
}

func TestCovenantSigning(t *testing.T) {
	l := newLife(t)
	l.frozen()
	l.sign(3)
	h := handler(t, l)
	p := get(t, h, "/giao-uoc/"+slug)
	p.contains("#cac-ben .count", "3/11 đã ký")
	p.count("#cac-ben .group.done", 2)
	p.count("#cac-ben .group.now", 1)
	p.count(".party .badge.done", 3)
	p.count(".party .badge.waiting", 7)
	p.count(".party > .party-state .badge.next", 1)
	p.count(".party-seal .badge.next", 1)
	p.contains(".meta", "Số 05/GƯ-KTN")
	if url := attr(p.all("[data-viewer]")[0], "data-url"); url != "/giao-uoc/"+slug+"/van-ban.pdf" {
		t.Errorf("the viewer shows %q", url)
	}
	get(t, h, "/giao-uoc/"+slug+"?lan=2").contains(".document-head", "Dự thảo lần 2")
	if p := get(t, h, "/giao-uoc/"+slug+"?lan=9"); p.status != http.StatusNotFound {
		t.Errorf("revision 9: status %d", p.status)
	}
}

func TestCovenantInForce(t *testing.T) {
	l := newLife(t)
	l.inForce()
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.contains(".status-sentence", "Đang có hiệu lực từ")
	p.contains(".party-seal", "Con dấu cơ quan")
	p.contains(".party-seal", "Đã đóng dấu")
	p.contains(".document-head", "11/11 chữ ký, 1 con dấu")
	p.contains("#bao-cao .duty", "8/10 đơn vị đã báo cáo")
	p.contains("#bao-cao .ladder", "Đã gửi")
	p.count("#thu .mails details", 10)
	p.contains("#thu pre", "Kính gửi")
	p.contains("#dien-bien .count", "sự kiện")
	if got, want := len(p.all("#dien-bien .timeline > li")), len(l.entries); got != want {
		t.Errorf("%d events told of %d", got, want)
	}
	p.contains("#dien-bien .chain code", l.last.String())
	for _, n := range p.all("#dien-bien .timeline > li") {
		if words := textOf(n); strings.Contains(words, "_") || strings.Contains(words, "‹") {
			t.Errorf("an event has no words: %q", words)
		}
	}
}

func TestLive(t *testing.T) {
	l := newLife(t)
	h := handler(t, l)
	p := get(t, h, "/giao-uoc/"+slug)
	address := attr(p.all("#song")[0], "hx-get")
	if got := get(t, h, address); got.status != http.StatusNoContent {
		t.Fatalf("nothing has changed, but the status is %d", got.status)
	}
	l.review("so-nnptnt", "approve")
	got := get(t, h, address)
	if got.status != http.StatusOK {
		t.Fatalf("status %d", got.status)
	}
	got.count("html > body > *", 3)
	got.contains("#gop-y .round", "1 đơn vị nhất trí")
	if next := attr(got.all("#song")[0], "hx-get"); next == address {
		t.Error("the page would ask for the same state again")
	}
}

func TestLists(t *testing.T) {
	l := newLife(t)
	h := handler(t, l)
	get(t, h, "/").contains(".card-status", "Chờ 10 đơn vị góp ý")
	get(t, h, "/giao-uoc").count("tbody tr", 1)
	get(t, h, "/giao-uoc?tim=kinh+te+NGANH").count("tbody tr", 1)
	get(t, h, "/giao-uoc?tim=y+te").count("tbody tr", 0)
	get(t, h, "/giao-uoc?nam=2025").contains(".empty", "Không có giao ước nào khớp")
	get(t, h, "/giao-uoc?tinh-trang=waiting").count("tbody tr", 1)
	get(t, h, "/so-van-ban").contains(".empty", "Chưa cấp số nào")
	get(t, h, "/lich-bao-cao").contains(".empty", "Chưa có kỳ báo cáo nào")
	l.inForce()
	get(t, h, "/so-van-ban").contains("tbody tr", "05/GƯ-KTN")
	p := get(t, h, "/lich-bao-cao")
	p.contains("tbody tr", "25/03/2026")
	p.contains("tbody tr", "Báo cáo quý I năm 2026")
	get(t, h, "/").contains("#noi-dung", "8/10 đơn vị đã báo cáo")
}

func TestConference(t *testing.T) {
	l := newLife(t)
	l.approved()
	members := l.state.Covenant.Members()
	motion := l.state.Covenant.Motions[0].ID
	for _, a := range members[:4] {
		choice := "for"
		if a == members[3] {
			choice = "against"
		}
		l.castFor(a, string(motion), choice)
	}
	h := handler(t, l)
	p := get(t, h, "/hoi-nghi/"+slug)
	p.count(".hall-motion", 3)
	p.contains(".hall-count .for", "3")
	p.contains(".hall-count .against", "1")
	address := attr(p.all("#bang-hoi-nghi")[0], "hx-get")
	if got := get(t, h, address); got.status != http.StatusNoContent {
		t.Errorf("unchanged board: status %d", got.status)
	}
	l.castFor(members[4], string(motion), "for")
	got := get(t, h, address)
	got.contains(".hall-count .for", "4")
	got.count("header.site", 0)
}

func TestDocument(t *testing.T) {
	l := newLife(t)
	l.frozen()
	h := handler(t, l)
	p := get(t, h, "/giao-uoc/"+slug+"/van-ban.pdf")
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/pdf" || p.body != string(l.documents[l.state.Covenant.Head]) {
		t.Errorf("status %d, type %s, %d bytes", p.status, p.header.Get("Content-Type"), len(p.body))
	}
	part := get(t, h, "/giao-uoc/"+slug+"/van-ban.pdf", "Range", "bytes=0-4")
	if part.status != http.StatusPartialContent || part.body != "%PDF-" {
		t.Errorf("range: status %d, %q", part.status, part.body)
	}
	again := get(t, h, "/giao-uoc/"+slug+"/van-ban.pdf", "If-None-Match", p.header.Get("ETag"))
	if again.status != http.StatusNotModified {
		t.Errorf("unchanged: status %d", again.status)
	}
	if got := get(t, h, "/giao-uoc/"+slug+"/van-ban.pdf?tai").header.Get("Content-Disposition"); got != `attachment; filename="giao-uoc-2026-khoi-kinh-te-nganh.pdf"` {
		t.Errorf("disposition %s", got)
	}
	rev := l.state.Covenant.Revisions[0]
	if p := get(t, h, "/giao-uoc/"+slug+"/lan/1.pdf"); p.body != string(l.documents[rev.PDF]) {
		t.Error("revision 1 is not what was reviewed")
	}
	for _, bad := range []string{"/lan/0.pdf", "/lan/3.pdf", "/lan/x.pdf", "/lan/1", "/khac.pdf"} {
		if p := get(t, h, "/giao-uoc/"+slug+bad); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", bad, p.status)
		}
	}
}

// counting counts how often a covenant is read.
type counting struct {
	*life
	views *int
}

func (c counting) View(ctx context.Context, slug string) (*engine.View, error) {
	*c.views++
	return c.life.View(ctx, slug)
}

// many is a source with a long list.
type many struct {
	*life
	n int
}

func (m many) List(ctx context.Context) ([]engine.Summary, error) {
	one, err := m.life.List(ctx)
	var out []engine.Summary
	for i := range m.n {
		sum := one[0]
		sum.Title = "Giao ước số " + itoa(i+1)
		out = append(out, sum)
	}
	return out, err
}

func TestLongList(t *testing.T) {
	h := handler(t, many{newLife(t), 120})
	for path, want := range map[string]struct {
		rows        int
		first, page string
	}{
		"/giao-uoc":                            {50, "Giao ước số 1", "Trang 1/3"},
		"/giao-uoc?trang=3":                    {20, "Giao ước số 101", "Trang 3/3"},
		"/giao-uoc?trang=99":                   {20, "Giao ước số 101", "Trang 3/3"},
		"/giao-uoc?trang=x":                    {50, "Giao ước số 1", "Trang 1/3"},
		"/giao-uoc?trang=2&tinh-trang=waiting": {50, "Giao ước số 51", "Trang 2/3"},
	} {
		p := get(t, h, path)
		p.count("tbody tr", want.rows)
		p.contains("tbody tr a", want.first)
		p.contains(".pages", want.page)
	}
	found := get(t, h, "/giao-uoc?trang=2&tim=giao+uoc+so+1") // 1, 10–19, 100–120: a single page
	found.count("tbody tr", 32)
	found.count(".pages", 0)
	next := attr(get(t, h, "/giao-uoc?tinh-trang=waiting").all(".pages [rel=next]")[0], "href")
	if next != "/giao-uoc?tinh-trang=waiting&trang=2" {
		t.Errorf("the next page is %s", next)
	}
	home := get(t, h, "/")
	home.count(".cards > li", 20)
	home.contains("#noi-dung", "Còn 100 giao ước khác đang chờ")
}

// TestCalendarReadsOnce: a covenant is read again only when it has changed or the day has.
func TestCalendarReadsOnce(t *testing.T) {
	l := newLife(t)
	l.inForce()
	views, now := 0, l.now
	h, err := New(Config{Engine: counting{l, &views}, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	read := func(why string, want int) {
		t.Helper()
		views = 0
		get(t, h, "/lich-bao-cao")
		get(t, h, "/")
		get(t, h, "/so-van-ban")
		if views != want {
			t.Errorf("%s: the covenant was read %d times, want %d", why, views, want)
		}
	}
	read("first", 2)
	read("unchanged", 0)
	members := l.state.Covenant.Members()
	a := members[len(members)-1]
	l.do(workflow.SubmitReport{By: l.who(a, workflow.DutyReport), Agency: a, Obligation: l.upcoming[0].Obligation, Period: l.upcoming[0].Period, Summary: "Đã hoàn thành."})
	read("a report came", 2)
	get(t, h, "/").contains("#noi-dung", "9/10 đơn vị đã báo cáo")
	now = now.Add(24 * time.Hour)
	read("the next day", 2)
}

// TestAnchors: an id stands once on a page, and what a link within the page names is there.
func TestAnchors(t *testing.T) {
	l := signedLife(t, 2)
	reporting := newLife(t)
	reporting.inForce()
	for _, src := range []Source{l, reporting} {
		h := handler(t, src)
		for _, path := range []string{"/", "/giao-uoc", "/giao-uoc/" + slug, "/lich-bao-cao", "/so-van-ban", "/kiem-tra", "/hoi-nghi/" + slug} {
			p := get(t, h, path)
			seen := map[string]bool{}
			for _, n := range p.all("[id]") {
				if id := attr(n, "id"); seen[id] {
					t.Errorf("%s: id %q stands twice", path, id)
				} else {
					seen[id] = true
				}
			}
			for _, n := range p.all(`a[href^="#"], [aria-labelledby], label[for]`) {
				for _, id := range strings.Fields(strings.TrimPrefix(attr(n, "href"), "#") + " " + attr(n, "aria-labelledby") + " " + attr(n, "for")) {
					if !seen[id] && !strings.HasPrefix(id, "/") && !strings.HasPrefix(id, "http") {
						t.Errorf("%s: nothing has the id %q", path, id)
					}
				}
			}
		}
	}
}

var (
	textUse = regexp.MustCompile(`(?:\.T|\.text)[ (]"([a-z_]+\.[a-z_-]+)"`)
	textID  = regexp.MustCompile(`"([a-z_]+\.[a-z_-]+)"`)
)

// TestTexts: both languages have the same texts, every text asked for exists, and none is left that nobody asks for.
func TestTexts(t *testing.T) {
	vi, en := messages(t, "vi"), messages(t, "en")
	for id := range vi {
		if _, ok := en[id]; !ok {
			t.Errorf("%s has no English", id)
		}
	}
	for id := range en {
		if _, ok := vi[id]; !ok {
			t.Errorf("%s has no Vietnamese", id)
		}
	}
	var sources strings.Builder
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				sources.Write(readFile(t, f))
			}
		}
	}
	used := map[string]bool{}
	for _, m := range textID.FindAllStringSubmatch(sources.String(), -1) {
		used[m[1]] = true
	}
	for _, m := range textUse.FindAllStringSubmatch(sources.String(), -1) {
		if _, ok := vi[m[1]]; !ok {
			t.Errorf("%s is asked for but does not exist", m[1])
		}
	}
	for id := range vi {
		if !used[id] && !isComputed(id) {
			t.Errorf("%s is used nowhere", id)
		}
	}
}

// computedTexts are the beginnings of ids that the program puts together.
var computedTexts = []string{"tone.", "step.", "rung.", "mail.", "time.", "revocation.", "register.state."}

func isComputed(id string) bool {
	for _, prefix := range computedTexts {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

func messages(t *testing.T, code string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(readFile(t, "i18n/"+code+".json"), &m); err != nil {
		t.Fatal(err)
	}
	return m
}
