package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// A page that is left open learns of changes by server-sent events (HTML Living Standard, 9.2). An event says how far
// the covenant has come and nothing else: the page then asks for those of its parts that are no longer as it shows
// them, with the rights of whoever reads it. While nothing changes, nothing is asked.

const (
	// heartbeat is how often a silent stream says that it lives; proxies end one that is silent for a minute. With it
	// the day is looked at, because deadlines are told relative to it.
	heartbeat = 25 * time.Second
	// reconnect is how long a browser waits before it asks again for a stream that ended, in milliseconds.
	reconnect = 2000
	// writeTime is how long a reader may take to receive an event.
	writeTime = 30 * time.Second
)

// stamp names what a covenant's pages show: it changes with everything recorded about it, and with the day.
func (s *server) stamp(m engine.Mark) string {
	return m.String() + "-" + s.engine.Now().In(s.zone).Format("20060102")
}

// livePage is what a page that learns of changes is made with.
type livePage struct {
	Changes string // address of the stream
	Parts   string // address of the parts that have changed
	Stamp   string // of what the page shows
	Digest  string // of the document's newest bytes
}

func (s *server) live(r *request, v *engine.View) livePage {
	l := livePage{
		Changes: address.Changes.For(v.Covenant.Slug), Parts: address.Parts.For(v.Covenant.Slug),
		Stamp: s.stamp(v.Mark),
	}
	if !v.Covenant.Head.IsZero() {
		l.Digest = v.Covenant.Head.String()
	} else if revision, ok := v.Covenant.Revision(); ok {
		l.Digest = revision.PDF.String()
	}
	if chosen := r.URL.Query().Get("lan"); chosen != "" {
		l.Parts += "?lan=" + url.QueryEscape(chosen)
	}
	return l
}

// streams are the addresses that an open page asks by itself: for the changes, and for the parts that have changed.
type streams struct{ *server }

// changes tells an open page whenever something has changed, until either of them goes.
func (s streams) changes(w http.ResponseWriter, r *request) (*answer, error) {
	watch, err := s.watch(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	defer watch.Close()
	known := r.Header.Get("Last-Event-ID")
	if known == "" {
		known = r.URL.Query().Get("v")
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not collect events
	stream := eventStream{w, http.NewResponseController(w)}
	if !stream.say("retry: %d\n\n", reconnect) {
		return nil, nil
	}
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		mark, err := watch.Mark(r.Context())
		if err != nil {
			if r.Context().Err() == nil && workflow.ErrorCode(err) == "" { // who may no longer know is told nothing
				s.log.Error("changes of a covenant", "ref", r.ref, "path", r.URL.Path, "err", err)
			}
			return nil, nil // the page asks again
		}
		if now := s.stamp(mark); now != known {
			if known = now; !stream.say("id: %[1]s\nevent: change\ndata: %[1]s\n\n", now) {
				return nil, nil
			}
		}
		select {
		case <-r.Context().Done():
			return nil, nil
		case <-s.stop:
			return nil, nil
		case <-watch.Changed():
		case <-beat.C:
			if !stream.say(":\n\n") {
				return nil, nil
			}
		}
	}
}

// eventStream writes to an open page.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// say reports whether the page is still there.
func (e eventStream) say(format string, args ...any) bool {
	_ = e.control.SetWriteDeadline(time.Now().Add(writeTime)) // where the connection knows no deadline, none is set
	_, err := fmt.Fprintf(e.w, format, args...)
	return err == nil && e.control.Flush() == nil
}

// panelParts are the parts of a covenant's panel: the template of each and the id of its element.
var panelParts = map[string]string{
	"sign": "cac-ben", "score": "cham-diem", "review": "gop-y", "vote": "bieu-quyet", "report": "bao-cao",
	"mail": "thu", "timeline": "dien-bien",
}

// part renders a part of a page that is replaced by itself: the element with an id, which then carries the digest of
// what it shows.
func part(t *template.Template, name, id string, data any) (template.HTML, error) {
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, name, data); err != nil {
		return "", err
	}
	return template.HTML(marked(buf.String(), id)), nil //nolint:gosec // rendered by html/template
}

// keyInForm is the key of a form in a part, another one each time: a part of which nothing else differs is the same.
var keyInForm = regexp.MustCompile(`name="khoa" value="[^"]*"`)

// marked is a part with its digest beside its id; nothing stays nothing.
func marked(html, id string) string {
	sum := sha256.Sum256([]byte(keyInForm.ReplaceAllString(html, "")))
	attribute := fmt.Sprintf(" id=%q", id)
	if strings.Contains(html, attribute+" data-part=") { // it says by itself what it shows
		return html
	}
	return strings.Replace(html, attribute, attribute+fmt.Sprintf(" data-part=%q", hex.EncodeToString(sum[:6])), 1)
}

// shownParts are the parts that a page says it shows, with their digests: "cac-ben:0a1b2c3d4e5f,thu:…".
func shownParts(r *request) map[string]string {
	shown := map[string]string{}
	for pair := range strings.SplitSeq(r.URL.Query().Get("co"), ",") {
		if id, digest, ok := strings.Cut(pair, ":"); ok {
			shown[id] = digest
		}
	}
	return shown
}

// covenantParts answers an open page with those of its parts that are no longer as it shows them.
func (s streams) covenantParts(w http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	p, err := s.covenantPage(r, v)
	if err != nil {
		return nil, err
	}
	return s.sendParts(w, r, "covenant", p, s.changedParts(r, p))
}

// namedPart is a part of a page: its template and the id of its element.
type namedPart struct{ template, id string }

// changedParts are what to look at again: each section by itself, or the whole panel where the sections stand in
// another order.
func (s streams) changedParts(r *request, p *covenantPage) []namedPart {
	parts := []namedPart{{"live", "song"}, {"covenant-head", "dau-trang"}}
	if shownParts(r)["bang"] != p.Order() {
		return append(parts, namedPart{"panel", "bang"}, namedPart{"actionbar", "thanh"})
	}
	for _, section := range p.Sections {
		parts = append(parts, namedPart{section, panelParts[section]})
	}
	return parts
}

// boardParts is covenantParts for the board of the hall.
func (s streams) boardParts(w http.ResponseWriter, r *request) (*answer, error) {
	p, err := s.conferencePage(r)
	if err != nil {
		return nil, err
	}
	return s.sendParts(w, r, "conference", p, []namedPart{{"live", "song"}, {"board", "bang-hoi-nghi"}})
}

// sendParts sends those parts that the page does not show as they are now.
func (s streams) sendParts(
	w http.ResponseWriter, r *request, page string, data any, parts []namedPart,
) (*answer, error) {
	t, shown := s.pages[pageIn{r.lang, page}], shownParts(r)
	var out strings.Builder
	for _, p := range parts {
		html, err := part(t, p.template, p.id, data)
		if err != nil {
			return nil, fmt.Errorf("part %s of page %s: %w", p.id, page, err)
		}
		if digest := shown[p.id]; digest == "" || !strings.Contains(string(html),
			fmt.Sprintf(" id=%q data-part=%q", p.id, digest)) {
			attribute := fmt.Sprintf(" id=%q", p.id)
			out.WriteString(strings.Replace(string(html), attribute, attribute+` hx-swap-oob="true"`, 1))
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.lang))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(out.String())) // the reader has gone: nobody is left to tell
	return nil, nil
}
