package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"covenant/workflow"
)

// handler gives the pages of an installation.
func handler(t testing.TB, i *installation) http.Handler {
	t.Helper()
	h, err := New(Config{Engine: i.Engine, Actor: asMachine, Logger: quiet})
	check(t, err)
	return h
}

// page is a fetched page with its parsed HTML.
type page struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	root   *html.Node
}

func get(t testing.TB, h http.Handler, path string, headers ...string) page {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	check(t, err)
	return page{t, w.Code, w.Header(), w.Body.String(), root}
}

func (p page) all(selector string) []*html.Node {
	p.t.Helper()
	return cascadia.QueryAll(p.root, cascadia.MustCompile(selector))
}

// attr is an attribute of the first element that fits.
func (p page) attr(selector, name string) string {
	p.t.Helper()
	n := cascadia.Query(p.root, cascadia.MustCompile(selector))
	if n == nil {
		p.t.Errorf("nothing fits %q", selector)
		return ""
	}
	return attr(n, name)
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

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (p page) contains(selector, want string) {
	p.t.Helper()
	if got := p.text(selector); !strings.Contains(got, want) {
		p.t.Errorf("%s: %q does not contain %q", selector, got, want)
	}
}

// oneContains is for lists whose order the test does not decide.
func (p page) oneContains(selector, want string) {
	p.t.Helper()
	if !slices.ContainsFunc(p.all(selector), func(n *html.Node) bool { return strings.Contains(textOf(n), want) }) {
		p.t.Errorf("no element that fits %q contains %q", selector, want)
	}
}

func (p page) count(selector string, want int) {
	p.t.Helper()
	if got := len(p.all(selector)); got != want {
		p.t.Errorf("%d elements fit %q, want %d", got, selector, want)
	}
}

// everyPath are the pages of the installation that there are to see.
func everyPath() []string {
	paths := []string{"/", "/giao-uoc", "/lich-bao-cao", "/so-van-ban", "/kiem-tra"}
	for _, slug := range everySlug() {
		paths = append(paths, "/giao-uoc/"+slug, "/hoi-nghi/"+slug)
	}
	return append(paths, "/giao-uoc/"+appealed+"/cham-diem", "/giao-uoc/"+ranked+"/cham-diem",
		"/giao-uoc/"+voting+"/so-sanh", publicPath())
}

func everySlug() []string {
	return []string{drafted, reviewing, voting, sitting, secret, numbering, signing4, refused, rejected, withdrawn,
		cancelled, inForce,
		appealed, ranked, amended, amendment, renewal}
}

// publicPath is the address in the QR code of the covenant in force.
func publicPath() string { return "/t/" + shared().resume(inForce).now().Covenant.Frozen.Token }

// Every page says all it has to say, in both languages: no text is missing or filled in wrongly, an id stands once, and
// what a link within the page names is there.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for _, path := range everyPath() {
		for _, lang := range []string{"vi", "en"} {
			p := get(t, pages(), path+"?lang="+lang)
			if p.status != http.StatusOK {
				t.Errorf("%s: status %d", path, p.status)
			}
			for _, wrong := range []string{"<no value>", "%!", "&lt;nil&gt;"} {
				if at := strings.Index(p.body, wrong); at >= 0 {
					t.Errorf("%s in %s: %q in %q", path, lang, wrong, p.body[max(0, at-80):min(len(p.body), at+80)])
				}
			}
			p.anchors(path)
		}
	}
}

func (p page) anchors(path string) {
	p.t.Helper()
	seen := map[string]bool{}
	for _, n := range p.all("[id]") {
		if id := attr(n, "id"); seen[id] {
			p.t.Errorf("%s: id %q stands twice", path, id)
		} else {
			seen[id] = true
		}
	}
	for _, n := range p.all(`a[href^="#"], [aria-labelledby], label[for]`) {
		named := []string{strings.TrimPrefix(attr(n, "href"), "#"), attr(n, "aria-labelledby"), attr(n, "for")}
		for _, id := range strings.Fields(strings.Join(named, " ")) {
			if !seen[id] && !strings.HasPrefix(id, "/") && !strings.HasPrefix(id, "http") {
				p.t.Errorf("%s: nothing has the id %q", path, id)
			}
		}
	}
}

func TestCovenantAwaitingReviews(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+reviewing)
	p.contains("h1", "Giao ước thi đua năm 2026")
	p.contains(".status-sentence", "góp ý – hạn 23/03/2026 (còn 5 ngày làm việc)")
	p.contains(".who", "Sở Kế hoạch và Đầu tư (Đặng Thị Kim Oanh)")
	p.contains(".who", "và 4 đơn vị khác")
	p.contains("#gop-y .round", "1 đơn vị nhất trí, không có ý kiến thêm")
	p.contains(".steps-desk .now", "Góp ý dự thảo")
	p.contains("#gop-y .round", "còn chờ 8 đơn vị")
	if url := p.attr("[data-viewer]", "data-url"); url != "/giao-uoc/"+reviewing+"/lan/1.pdf" {
		t.Errorf("the viewer shows %q", url)
	}
	get(t, pages(), "/giao-uoc/"+drafted).contains("#gop-y", "Chưa có dự thảo nào được trình góp ý.")
}

func TestCovenantSecondRound(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+voting)
	p.count("#gop-y .round", 2)
	p.contains("#lan-1", "Sở Tài chính trả lại để chỉnh sửa")
	p.contains("#lan-1 blockquote p", "ngày 25 tháng cuối quý")
	p.contains("#gop-y-1", "Đã tiếp thu tại dự thảo lần 2.")
	p.contains("#gop-y-1 .tone.done", "Sở Tài chính xác nhận đã giải quyết")
	p.contains("#lan-2", "10 đơn vị nhất trí")
	p.count(".motion", 3)
	p.contains(".status-sentence", "Chờ 10 đơn vị biểu quyết")
	p.contains(".motion .small", "Tán thành 5, không tán thành 1, không có ý kiến 1")
	changes := get(t, pages(), "/giao-uoc/"+voting+"/so-sanh")
	changes.contains("h1", "Thay đổi từ lần 1 đến lần 2")
	changes.contains(".redline ins", "chậm nhất ngày 25")
	for _, query := range []string{"?tu=x", "?den=-1", "?tu=1&den=7"} {
		if p := get(t, pages(), "/giao-uoc/"+voting+"/so-sanh"+query); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", query, p.status)
		}
	}
}

func TestCovenantVotes(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+numbering)
	p.contains(".motion .small", "Tán thành 9, không tán thành 0, không có ý kiến 1")
	p.contains(".motion", "Thông qua")
	if w := p.attr(".motion .tally .for", "width"); w != "900" {
		t.Errorf("the bar shows %s/1000 in favour, want 900", w)
	}
	p.contains(".status-sentence", "Chờ văn thư Sở Nông nghiệp và Phát triển nông thôn cấp số")
	p.contains(".who", "Đoàn Minh Thu")
}

func TestCovenantSigning(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+signing4)
	p.contains("#cac-ben .count", "4/11 đã ký")
	p.count("#cac-ben .group.done", 2)
	p.count("#cac-ben .group.now", 1)
	p.count(".party .badge.done", 0)
	p.count(".party .badge.waiting", 10) // four are signed, by a test root; six wait
	p.count(".party > .party-state .badge.next", 1)
	p.count(".party-seal .badge.next", 1)
	c := shared().resume(signing4).now().Covenant
	p.contains(".meta", "Số "+c.PrintedNumber())
	if url := p.attr("[data-viewer]", "data-url"); url != "/giao-uoc/"+signing4+"/van-ban.pdf" {
		t.Errorf("the viewer shows %q", url)
	}
	get(t, pages(), "/giao-uoc/"+signing4+"?lan=1").contains(".document-head", "Dự thảo lần 1")
	if p := get(t, pages(), "/giao-uoc/"+signing4+"?lan=9"); p.status != http.StatusNotFound {
		t.Errorf("revision 9: status %d", p.status)
	}
}

func TestCovenantInForce(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+inForce)
	p.contains(".status-sentence", "Đang có hiệu lực từ")
	p.contains(".party-seal", "Con dấu cơ quan")
	p.contains(".party-seal .badge.waiting", "Con dấu thử nghiệm")
	p.contains(".document-head", "11/11 chữ ký, 1 con dấu")
	p.contains("p.verdict.waiting", "Tất cả đều hợp lệ: 11 chữ ký, 1 con dấu, 1 dấu thời gian.")
	p.contains("#bao-cao .duty", "8/10 đơn vị đã báo cáo")
	p.contains("#bao-cao .ladder", "Đã gửi")
	v, err := shared().View(t.Context(), machine, inForce)
	check(t, err)
	p.count("#thu .mails details", len(v.Mails))
	p.contains("#thu pre", "Kính gửi")
	p.contains("#dien-bien .count", "sự kiện")
	p.count("#dien-bien .timeline > li", len(v.Timeline))
	p.contains("#dien-bien .chain code", v.Timeline[len(v.Timeline)-1].Hash.String())
	for _, n := range p.all("#dien-bien .timeline > li") {
		if words := textOf(n); strings.Contains(words, "_") {
			t.Errorf("an event has no words: %q", words)
		}
	}
}

// How a covenant ended, or why it stopped or went back, is what its page says.
func TestCovenantsThatEnded(t *testing.T) {
	t.Parallel()
	for slug, want := range map[string][2]string{
		refused: {"stopped", "Sở Tài chính từ chối ký"}, rejected: {"waiting", "chỉnh sửa dự thảo lần 1"},
		withdrawn: {"stopped", "Soạn lại theo mẫu mới."}, cancelled: {"stopped", "Khối được sắp xếp lại."},
	} {
		get(t, pages(), "/giao-uoc/"+slug).contains("#dau-trang .status."+want[0], want[1])
	}
	get(t, pages(), "/giao-uoc/"+rejected).contains("#dien-bien", "biểu quyết không thông qua")
	get(t, pages(), "/so-van-ban").contains("tbody small", "Đã hủy ngày 16/03/2026: Khối được sắp xếp lại.")
}

// A covenant and what amends and renews it tell of each other.
func TestLinkedCovenants(t *testing.T) {
	t.Parallel()
	old := get(t, pages(), "/giao-uoc/"+amended)
	old.contains("#dien-bien", "Được sửa đổi, bổ sung bởi")
	old.contains("#dien-bien", "năm 2027")
	get(t, pages(), "/giao-uoc/"+amendment).contains("#dien-bien", amended)
	get(t, pages(), "/giao-uoc/"+renewal).contains("#dien-bien", amended)
}

func TestLists(t *testing.T) {
	t.Parallel()
	all := len(everySlug())
	get(t, pages(), "/").contains("#noi-dung", "đơn vị góp ý")
	get(t, pages(), "/giao-uoc").count("tbody tr", all)
	get(t, pages(), "/giao-uoc?tim=kinh+te+NGANH").count("tbody tr", all-3)
	get(t, pages(), "/giao-uoc?tim=giao+thong").count("tbody tr", 0)
	get(t, pages(), "/giao-uoc?nam=2027").count("tbody tr", 1)
	get(t, pages(), "/giao-uoc?nam=2025").contains(".empty", "Không có giao ước nào khớp")
	get(t, pages(), "/giao-uoc?tinh-trang=done").count("tbody tr", 4)
	get(t, pages(), "/so-van-ban").contains("tbody", "/GƯ-")
	calendar := get(t, pages(), "/lich-bao-cao")
	calendar.contains("tbody tr", "25/03/2026")
	calendar.contains("tbody tr", "Báo cáo quý I năm 2026")
	get(t, pages(), "/").contains("#noi-dung", "8/10 đơn vị đã báo cáo")
}

// emptied is an installation in which nothing has been drafted yet.
func emptied(t testing.TB) *installation {
	t.Helper()
	i, err := openAt(t.TempDir(), authority())
	check(t, err)
	t.Cleanup(func() { check(t, i.Store.Close()) })
	return i
}

func TestEmptyLists(t *testing.T) {
	t.Parallel()
	h := handler(t, emptied(t))
	get(t, h, "/").contains(".empty", "Chưa có giao ước nào.")
	get(t, h, "/giao-uoc").contains(".empty", "Chưa có giao ước nào.")
	get(t, h, "/so-van-ban").contains(".empty", "Chưa cấp số nào")
	get(t, h, "/lich-bao-cao").contains(".empty", "Chưa có kỳ báo cáo nào")
}

func TestLongList(t *testing.T) {
	t.Parallel()
	i := copyOf(t)
	b := hall()
	for n := range 120 {
		i.draft(b, "2026/so-"+itoa(n+1), "Giao ước số "+itoa(n+1), "")
		i.clock.set(i.clock.now().Add(time.Second))
	}
	h := handler(t, i)
	all := 120 + len(everySlug())
	for _, filter := range []string{"", "?tinh-trang=waiting", "?tim=giao+uoc+so"} {
		var seen []string
		p := get(t, h, "/giao-uoc"+filter)
		p.count(".pages a:not([rel])", 0)
		for {
			for _, n := range p.all("tbody tr a") {
				seen = append(seen, textOf(n))
			}
			if len(p.all(".pages [rel=next]")) == 0 {
				break
			}
			p.count("tbody tr", 50)
			p = get(t, h, p.attr(".pages [rel=next]", "href"))
			if first := p.attr(".pages a:not([rel])", "href"); first != "/giao-uoc"+filter {
				t.Errorf("the first page is %s", first)
			}
		}
		for n := range 120 {
			if want := "Giao ước số " + itoa(120-n); seen[n] != want {
				t.Fatalf("%s: row %d is %s, want %s", filter, n+1, seen[n], want)
			}
		}
		if filter == "" && len(seen) != all {
			t.Errorf("%d covenants on all pages, want %d", len(seen), all)
		}
	}
	get(t, h, "/giao-uoc?sau=x").contains("tbody tr a", "Giao ước số 120") // what is no page is the first
	found := get(t, h, "/giao-uoc?tim=giao+uoc+so+11")                     // 11, 110–119: a single page
	found.count("tbody tr", 11)
	found.count(".pages", 0)
	home := get(t, h, "/")
	home.count("#cho ~ .cards > li", 20)
	home.contains("#noi-dung", "giao ước khác đang chờ")
}

func TestConference(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/hoi-nghi/"+voting)
	p.count(".hall-motion", 3)
	p.contains(".hall-count .for", "5")
	p.contains(".hall-count .against", "1")
	p.count("header.site", 0)
	hall := get(t, pages(), "/hoi-nghi/"+signing4)
	hall.count(".hall-parties > li.done", 0) // by a test root
	hall.oneContains(".hall-parties > li.waiting", "Chữ ký thử nghiệm")
}

func TestDocument(t *testing.T) {
	t.Parallel()
	h, c := pages(), shared().resume(signing4).now().Covenant
	head := kept(t, c.Head)
	path := "/giao-uoc/" + signing4
	p := get(t, h, path+"/van-ban.pdf")
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/pdf" || p.body != head {
		t.Errorf("status %d, type %s, %d bytes", p.status, p.header.Get("Content-Type"), len(p.body))
	}
	part := get(t, h, path+"/van-ban.pdf", "Range", "bytes=0-4")
	if part.status != http.StatusPartialContent || part.body != "%PDF-" {
		t.Errorf("range: status %d, %q", part.status, part.body)
	}
	again := get(t, h, path+"/van-ban.pdf", "If-None-Match", p.header.Get("ETag"))
	if again.status != http.StatusNotModified {
		t.Errorf("unchanged: status %d", again.status)
	}
	if got := get(t, h,
		path+"/van-ban.pdf?tai").header.Get("Content-Disposition"); got != `attachment; filename="giao-uoc-2026-ky-so.pdf"` {
		t.Errorf("disposition %s", got)
	}
	if p := get(t, h, path+"/lan/1.pdf"); p.body != kept(t, c.Revisions[0].PDF) {
		t.Error("revision 1 is not what was reviewed")
	}
	for _, bad := range []string{"/lan/0.pdf", "/lan/3.pdf", "/lan/x.pdf", "/lan/1", "/khac.pdf"} {
		if p := get(t, h, path+bad); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", bad, p.status)
		}
	}
	if p := get(t, h, "/giao-uoc/"+drafted+"/van-ban.pdf"); p.status != http.StatusNotFound {
		t.Errorf("a covenant without a document: status %d", p.status)
	}
}

// kept is a file of the shared installation.
func kept(t testing.TB, digest workflow.Digest) string {
	t.Helper()
	return string(fileOf(t, shared(), digest))
}

// Who acts under a delegation for this covenant is shown with the name of who gave it, among those who may, in
// opinions and the timeline; a delegation for another covenant is not.
func TestDelegatesOnThePages(t *testing.T) {
	t.Parallel()
	i := copyOf(t)
	p := i.resume(reviewing)
	c := p.now().Covenant
	agency := c.Waiting[0]
	holder := p.who(agency, workflow.DutyReview)
	for to, covenant := range map[workflow.PersonID]workflow.CovenantID{"giap-van-chinh": c.ID,
		"doan-thi-uoc": i.resume(voting).id} {
		p.direct(workflow.GrantDelegation{From: workflow.PositionID(string(agency) + "/" + string(holder)), To: to,
			Duties: []workflow.Duty{workflow.DutyReview},
			Start:  workflow.Date{Year: 2026, Month: 3, Day: 16}, End: workflow.Date{Year: 2026, Month: 12, Day: 31},
			Covenant: covenant,
		}, holder)
	}
	both := "Giáp Văn Chỉnh (thay " + p.now().Directory.PersonName(holder) + ")"
	before := get(t, handler(t, i), "/giao-uoc/"+reviewing+"?lang=vi")
	before.contains(".who", both)
	if strings.Contains(before.body, "Doãn Thị Ước") {
		t.Error("a delegate for another covenant is named")
	}
	revision, _ := c.Revision()
	p.do("giap-van-chinh", workflow.GiveReview{
		Agency: agency, Revision: revision.Number, Manifest: revision.Manifest, Opinion: workflow.OpinionApprove,
	})
	if n := strings.Count(get(t, handler(t, i), "/giao-uoc/"+reviewing+"?lang=vi").body, both); n < 2 {
		t.Errorf("both names stand %d times, want in the opinion and in the timeline", n)
	}
}

// A covenant is read again only when it has changed or the day has: lists over many remember what they were told.
func TestListsRemember(t *testing.T) {
	t.Parallel()
	i := copyOf(t)
	var log strings.Builder
	h, err := New(Config{Engine: i.Engine, Actor: asMachine,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	check(t, err)
	read := func(why string, want int) {
		t.Helper()
		log.Reset()
		for _, path := range []string{"/lich-bao-cao", "/", "/so-van-ban"} {
			get(t, h, path)
		}
		if got := strings.Count(log.String(), "covenant read"); got != want {
			t.Errorf("%s: %d covenants were read, want %d", why, got, want)
		}
	}
	const reporting = 3
	read("first", reporting)
	read("unchanged", 0)
	p := i.resume(inForce)
	v, err := i.View(t.Context(), machine, inForce)
	check(t, err)
	a := v.Covenant.Missing(v.Upcoming[0].Obligation, v.Upcoming[0].Period)[0]
	by := p.who(a, workflow.DutyReport)
	p.do(by, workflow.SubmitReport{Agency: a, Obligation: v.Upcoming[0].Obligation, Period: v.Upcoming[0].Period,
		Summary: "Đã hoàn thành."})
	read("a report came", 1)
	get(t, h, "/").contains("#noi-dung", "9/10 đơn vị đã báo cáo")
	i.clock.set(i.clock.now().Add(24 * time.Hour))
	read("the next day", reporting)
}
