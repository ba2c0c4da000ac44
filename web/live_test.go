package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"covenant/workflow"
)

// listener is somebody whose page is open.
type listener struct {
	t      testing.TB
	lines  *bufio.Scanner
	header http.Header
	close  func()
}

// listen opens the stream of a covenant. known is the stamp that the page shows.
func listen(t testing.TB, server, slug, known string, headers ...string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		server+"/giao-uoc/"+slug+"/thay-doi?v="+url.QueryEscape(known), nil)
	check(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(r)
	check(t, err)
	l := &listener{t, bufio.NewScanner(res.Body), res.Header, func() { cancel(); res.Body.Close() }}
	t.Cleanup(l.close)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(l.next(), "retry: ") {
		t.Fatalf("status %d", res.StatusCode)
	}
	return l
}

// next is the next line that is not empty; nothing when the stream has ended.
func (l *listener) next() string {
	for l.lines.Scan() {
		if line := l.lines.Text(); line != "" {
			return line
		}
	}
	return ""
}

// change is the stamp of the next event.
func (l *listener) change() string {
	l.t.Helper()
	id, event, data := l.next(), l.next(), l.next()
	stamp := strings.TrimPrefix(id, "id: ")
	if event != "event: change" || data != "data: "+stamp || !onlyNumbers.MatchString(stamp) {
		l.t.Fatalf("event %q, %q, %q", id, event, data)
	}
	return stamp
}

var onlyNumbers = regexp.MustCompile(`^[0-9.]+-[0-9]{8}$`)

// stampOf is the stamp of what a covenant's page shows.
func stampOf(t testing.TB, h http.Handler, slug string) string {
	t.Helper()
	return get(t, h, "/giao-uoc/"+slug).attr("#song", "data-stamp")
}

// served is a copy of the installation with a server of its pages.
func served(t testing.TB, stop <-chan struct{}) (*installation, http.Handler, string) {
	t.Helper()
	i := copyOf(t)
	h, err := New(Config{Engine: i.Engine, Actor: asMachine, Logger: quiet, Stop: stop})
	check(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return i, h, server.URL
}

// A stream says that something has changed, in numbers and nothing else; a page that was away is told at once, one
// that knows everything is told nothing until something happens.
func TestChanges(t *testing.T) {
	t.Parallel()
	i, h, server := served(t, nil)
	p := i.resume(reviewing)
	before := stampOf(t, h, reviewing)
	open := listen(t, server, reviewing, before)
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
		"Content-Encoding": "",
	} {
		if got := open.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	i.resume(voting).cast("ban-qlkcn", p.motion(voting), workflow.ChoiceFor) // another covenant's
	p.review("so-khdt", workflow.OpinionApprove)
	after := open.change()
	if now := stampOf(t, h, reviewing); after == before || after != now {
		t.Errorf("the stream said %s, the page shows %s, and %s before", after, now, before)
	}
	if got := listen(t, server, reviewing, before).change(); got != after {
		t.Errorf("a page that was away is told %s, want %s", got, after)
	}
	if got := listen(t, server, reviewing, "", "Last-Event-ID", before).change(); got != after {
		t.Errorf("a browser that asks again is told %s, want %s", got, after)
	}
	knowing := listen(t, server, reviewing, "", "Last-Event-ID", after)
	p.review("so-cong-thuong", workflow.OpinionApprove)
	if got := knowing.change(); got == after {
		t.Error("a page that knows everything was told it again")
	}
	if p := get(t, h, "/giao-uoc/2026/khac/thay-doi"); p.status != http.StatusNotFound {
		t.Errorf("the stream of no covenant: status %d", p.status)
	}
}

// motion is the first motion of another covenant of the installation.
func (p *play) motion(slug string) workflow.MotionID {
	return p.resume(slug).now().Covenant.Motions[0].ID
}

// A silent stream says that it lives; and when the day has changed, so have the deadlines that the page tells.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	i := copyOf(t)
	s, err := newServer(Config{Engine: i.Engine, Actor: asMachine, Logger: quiet})
	check(t, err)
	s.heartbeat = time.Millisecond
	h := s.guard(s.routes())
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	known := stampOf(t, h, reviewing)
	l := listen(t, server.URL, reviewing, known)
	for range 3 {
		if line := l.next(); line != ":" {
			t.Fatalf("a silent stream says %q", line)
		}
	}
	i.clock.set(standing.AddDate(0, 0, 1))
	line := l.next()
	for line == ":" {
		line = l.next()
	}
	if want := "id: " + stampOf(t, h, reviewing); line != want || want == "id: "+known {
		t.Errorf("the next day: %q, want %q", line, want)
	}
}

// Two hundred pages are open: each is told of the vote, and told again only when there is something more. When the
// server ends, all streams do.
func TestTwoHundredListeners(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	i, h, server := served(t, stop)
	before := stampOf(t, h, voting)
	open := make([]*listener, 200)
	var all sync.WaitGroup
	for n := range open {
		all.Go(func() { open[n] = listen(t, server, voting, before) })
	}
	all.Wait()
	p := i.resume(voting)
	motion := p.motion(voting)
	p.cast("ban-qlkcn", motion, workflow.ChoiceFor)
	p.cast("cuc-thue", motion, workflow.ChoiceFor)
	after := stampOf(t, h, voting)
	for n, l := range open {
		all.Go(func() {
			told := 1
			for l.change() != after {
				told++
			}
			if told > 2 {
				t.Errorf("listener %d was told %d times of two votes", n, told)
			}
		})
	}
	all.Wait()
	close(stop)
	for _, l := range open {
		if rest := l.next(); rest != "" || l.lines.Err() != nil {
			t.Fatalf("after the end: %q, %v", rest, l.lines.Err())
		}
	}
}

// parts asks for what has changed since a page was fetched, and gives the ids of what came.
func (p page) parts(h http.Handler) (ids []string, answer page) {
	p.t.Helper()
	var shown []string
	for _, n := range p.all("[data-part]") {
		shown = append(shown, attr(n, "id")+":"+attr(n, "data-part"))
	}
	answer = get(p.t, h, p.attr("#song", "data-parts")+"?co="+url.QueryEscape(strings.Join(shown, ",")))
	for n := range answer.all("body")[0].ChildNodes() {
		if n.Type == html.ElementNode {
			ids = append(ids, attr(n, "id"))
			if attr(n, "hx-swap-oob") != "true" {
				p.t.Errorf("part %s does not say that it is one", attr(n, "id"))
			}
		}
	}
	return ids, answer
}

// Only those parts are sent that are no longer as the page shows them.
func TestParts(t *testing.T) {
	t.Parallel()
	i := copyOf(t)
	h := handler(t, i)
	expect := func(why string, p page, want ...string) page {
		t.Helper()
		ids, answer := p.parts(h)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: parts %v, want %v", why, ids, want)
		}
		return answer
	}
	first := get(t, h, "/giao-uoc/"+reviewing)
	expect("nothing has changed", first, "song")
	i.resume(reviewing).review("so-khdt", workflow.OpinionApprove)
	answer := expect("an opinion came", first, "song", "dau-trang", "gop-y", "dien-bien")
	answer.contains("#gop-y .round", "2 đơn vị nhất trí")
	if attr(answer.all("#song")[0], "data-stamp") == first.attr("#song", "data-stamp") {
		t.Error("the page would be told of the same change again")
	}
	votes := get(t, h, "/giao-uoc/"+voting)
	i.resume(voting).finishVote()
	expect("the next phase shows its part first", votes, "song", "dau-trang", "bang", "thanh")
	board := get(t, h, "/hoi-nghi/"+signing4)
	expect("the board is as it was", board, "song")
	sitting := get(t, h, "/hoi-nghi/"+sitting)
	i.resume("2026/hoi-nghi").cast("so-khdt", "m", workflow.ChoiceFor)
	expect("a vote in the hall", sitting, "song", "bang-hoi-nghi").contains(".hall-count .for", "2")
	chosen := get(t, h, "/giao-uoc/"+signing4+"?lan=1")
	if got := chosen.attr("#song", "data-parts"); got != "/giao-uoc/"+signing4+"/tinh-hinh?lan=1" {
		t.Errorf("a page that shows a revision asks at %s", got)
	}
}
