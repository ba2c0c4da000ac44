package web

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"covenant/signing"
	"covenant/workflow"
)

// line is the way to the time-stamp authority, which can be cut.
type line struct{ cut atomic.Bool }

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, errors.New("the line is cut")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// twoToSign is an office in which two documents wait for the same director, with that person and what is logged. It
// asks the authority for time-stamps over a line, where there is one.
func twoToSign(t *testing.T, over *line) (o *office, director workflow.PersonID, logged *bytes.Buffer) {
	t.Helper()
	i := copyOf(t)
	if over != nil {
		i.TSA = &signing.TSA{URLs: []string{i.pki.TSA()}, HTTP: &http.Client{Transport: over}}
	}
	o, logged = &office{installation: i.started(t), t: t, links: &Links{}}, &bytes.Buffer{}
	var err error
	o.h, err = New(Config{Engine: o.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Links: o.links, Logger: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	check(t, err)
	second := o.resume(numbering).freeze().sign(4)
	waiting := o.resume(signing4).now().Covenant.Waiting
	for _, a := range second.now().Covenant.Waiting {
		if slices.Contains(waiting, a) {
			return o, second.who(a, workflow.DutySign), logged
		}
	}
	t.Fatalf("nobody is to sign both: %v and %v", waiting, second.now().Covenant.Waiting)
	return nil, "", nil
}

// chosen ticks every document of the inbox, and gives the page that asks for the consent.
func (b *visitor) chosen() filled {
	b.t.Helper()
	var ids []string
	for _, n := range b.page("/ky-so").all(`.paper input[name="vb"]`) {
		ids = append(ids, attr(n, "value"))
	}
	f := b.send("/ky-so", url.Values{"vb": ids}).filled()
	f.form.Del("y") // a box that nobody has ticked
	return f
}

// A director signs two documents with one PIN and one consent that names both; a wrong PIN counts once and signs
// nothing; sent twice, the form signs nothing twice; and the PIN stands nowhere.
func TestCeremony(t *testing.T) {
	t.Parallel()
	o, director, logged := twoToSign(t, nil)
	b := o.as(director)
	b.page("/").contains(`a[href="/ky-so"]`, "nhiều văn bản")
	f := b.chosen()
	for _, slug := range []string{signing4, numbering} {
		f.page.contains(".consents", o.resume(slug).now().Covenant.Frozen.PDF.Short())
	}
	signed := func() int {
		return len(o.resume(signing4).now().Covenant.Signed) + len(o.resume(numbering).now().Covenant.Signed)
	}
	before, wrong := signed(), "739151846"
	single := b.openForm(signing4, "sign")
	said := b.send(single.path, with(single.form, url.Values{"pin": {wrong}}))
	if said.contains("#loi-pin", "còn 4 lần thử"); said.status != http.StatusForbidden || strings.Contains(said.body,
		wrong) {
		t.Errorf("a wrong PIN in the form of one signature: status %d", said.status)
	}
	good := with(f.form, url.Values{"y": {"1"}, "pin": {drafterPIN}})
	one := []string{good["vb"][0]}
	other := o.as(o.resume(signing4).who(o.resume(signing4).leader(), workflow.DutySign)) // who has signed
	for _, c := range []struct {
		what   string
		by     *visitor
		form   url.Values
		status int
		says   string
	}{
		{"nothing chosen", b, url.Values{}, 422, "Chưa chọn văn bản nào"},
		{"another text", b, url.Values{"vb": {signing4 + " x " + strings.Repeat("0", 64)}}, 422, "không còn chờ ký"},
		{"no consent", b, with(good, url.Values{"y": nil}), 422, "đánh dấu đồng ý"},
		{"no PIN", b, with(good, url.Values{"pin": nil}), 422, "nhập mã PIN"},
		{"one taken away on the way", b, with(good, url.Values{"vb": one}), 422, "không khớp"},
		{"another order", b, with(good, url.Values{"vb": {good["vb"][1], good["vb"][0]}}), 422, "không khớp"},
		{"no key", b, with(good, url.Values{"khoa": {"x"}}), 422, "bị hỏng"},
		{"no documents of ours", b, with(good, url.Values{"vb": {"x"}}), 422, "bị hỏng"},
		{"a wrong PIN", b, with(good, url.Values{"pin": {wrong}}), 403, "còn 3 lần thử"},
		{"a wrong PIN again", b, with(good, url.Values{"pin": {wrong}}), 403, "còn 2 lần thử"},
		{"somebody else", other, good, 409, "Đã ký 0 trên 2"},
		{"another block", o.as(small().who(small().leader(), workflow.DutySign)), good, 404, ""},
		{"nobody", o.nobody(), good, 403, "Phiên đăng nhập đã hết"},
	} {
		p := c.by.send("/ky-so", c.form)
		if p.status != c.status || !strings.Contains(p.text("body"), c.says) {
			t.Errorf("%s: status %d, want %d with %q: %s", c.what, p.status, c.status, c.says, p.text("main"))
		}
		if strings.Contains(p.body, drafterPIN) || strings.Contains(p.body, wrong) {
			t.Errorf("%s: the page holds a PIN", c.what)
		}
	}
	if got := signed(); got != before {
		t.Fatalf("%d documents were signed by forms that were refused", got-before)
	}
	for range 2 {
		p := b.send("/ky-so", good)
		if p.status != http.StatusOK || !strings.Contains(p.text("#ket-qua"), "Đã ký 2 trên 2") {
			t.Fatalf("status %d: %s", p.status, p.text("main"))
		}
		if got := signed(); got != before+2 {
			t.Fatalf("%d signatures, want 2", got-before)
		}
	}
	if b.page("/ky-so").contains(".empty", "Không có văn bản nào chờ ký"); strings.Contains(logged.String(),
		drafterPIN) ||
		strings.Contains(logged.String(), wrong) {
		t.Error("the log holds a PIN")
	}
	o.nowhere(wrong)
}

// nowhere fails the test if a text stands in any file of the installation.
func (o *office) nowhere(text string) {
	o.t.Helper()
	dir := o.Store.Dir()
	check(o.t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			o.t.Errorf("%s holds it", path)
		}
		return err
	}))
}

// What was signed already by other means, or changed under the reader, is said document by document; the others are
// signed.
func TestCeremonySaysWhatFailed(t *testing.T) {
	t.Parallel()
	o, director, _ := twoToSign(t, nil)
	b := o.as(director)
	f := b.chosen()
	p := o.resume(signing4)
	c := p.now().Covenant
	slot := workflow.SlotID(strings.Fields(f.form["vb"][0])[1])
	p.do(director, workflow.RefuseSignature{Slot: slot, Reason: "Chưa thống nhất chỉ tiêu."})
	done := b.send("/ky-so", with(f.form, url.Values{"y": {"1"}, "pin": {drafterPIN}}))
	if done.status != http.StatusConflict || !strings.Contains(done.text("#ket-qua"), "Đã ký 1 trên 2") {
		t.Errorf("status %d: %s", done.status, done.text("main"))
	}
	if got := p.now().Covenant; len(got.Signed) != len(c.Signed) {
		t.Error("what was refused was signed")
	}
	done.oneContains(".card.stopped .card-status", ".")
	done.oneContains(".card.done .card-status", "Đã ký")
}

// A fault on the way to the authority signs nothing and loses nothing: each document says so, and the ceremony goes on
// with those when the fault is over.
func TestCeremonyIsResumed(t *testing.T) {
	t.Parallel()
	over := &line{}
	o, director, logged := twoToSign(t, over)
	b := o.as(director)
	f := b.chosen()
	over.cut.Store(true)
	failed := b.send("/ky-so", with(f.form, url.Values{"y": {"1"}, "pin": {drafterPIN}}))
	if failed.status != http.StatusConflict || !strings.Contains(failed.text("#ket-qua"), "Đã ký 0 trên 2") {
		t.Fatalf("status %d: %s", failed.status, failed.text("main"))
	}
	failed.oneContains(".card.stopped .card-status", "văn bản nguyên vẹn")
	if !strings.Contains(logged.String(), "the line is cut") || strings.Contains(logged.String(), drafterPIN) {
		t.Error("the log does not say what failed, or says the PIN")
	}
	over.cut.Store(false)
	again := failed.formOf(`main form button`)
	resumed := b.send(again.path, again.form).filled()
	resumed.page.count(".consents li", 2)
	done := b.send(resumed.path, with(resumed.form, url.Values{"y": {"1"}, "pin": {drafterPIN}}))
	if done.status != http.StatusOK || !strings.Contains(done.text("#ket-qua"), "Đã ký 2 trên 2") {
		t.Errorf("status %d: %s", done.status, done.text("main"))
	}
}
