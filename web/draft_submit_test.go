package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// written keeps a block's values as the working copy of a covenant.
func (d *writing) written(slug string, values []byte) *engine.Desk {
	d.t.Helper()
	before := d.kept(slug)
	parsed, problems := templates.ParseValues("v", values)
	check(d.t, templates.Problems(problems).Err())
	after, err := d.SaveWorking(d.t.Context(), workflow.SignedIn(officer()), engine.SaveRequest{Slug: slug,
		Entries: before.Template.ReadValues(parsed), Version: before.Version})
	check(d.t, err)
	return after
}

// revisions are those of a covenant.
func (d *writing) revisions(slug string) []workflow.Revision {
	d.t.Helper()
	v, err := d.View(d.t.Context(), machine, slug)
	check(d.t, err)
	return v.Covenant.Revisions
}

// A text that is not whole says what is missing, each with a link to its field; a whole one says who is asked and until
// when, and is submitted once.
func TestSubmitWhatWasWritten(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	path := "/giao-uoc/" + drafted + "/soan/trinh"
	p := b.page(path)
	links := p.all(`.findings a[href*="/soan?loi#"]`)
	if len(links) < 10 || len(p.all(`main button[type="submit"]`)) != 0 {
		t.Errorf("of an empty text %d things are missing", len(links))
	}
	p.oneContains(".findings a", "Các đơn vị thành viên, theo thứ tự ký › Sở Tài chính › Nhiệm vụ")
	if r := b.do(http.MethodPost, path, url.Values{}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("submitting it: status %d", r.StatusCode)
	}
	d.written(drafted, hall().values)
	p = b.page(path)
	p.contains("form.act .facts", "Góp ý")
	p.contains("form.act .facts", "Đến hết ngày")
	if n := len(p.all(".facts .plain li")); n < 5 {
		t.Errorf("%d agencies are asked", n)
	}
	form := url.Values{"khoa": {p.attr("form.act input[name=khoa]", "value")},
		"ban": {p.attr("form.act input[name=ban]", "value")}, "ghi-chu": {"Bản đầu\r\ntiên"}}
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"no digest":        {with(form, url.Values{"ban": {""}}), http.StatusUnprocessableEntity},
		"a digest of none": {with(form, url.Values{"ban": {strings.Repeat("0", 64)}}), http.StatusConflict},
	} {
		if r := b.do(http.MethodPost, path, c.form); r.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", name, r.StatusCode, c.want)
		}
	}
	d.written(drafted, []byte(strings.Replace(string(hall().values), "địa_danh: ", "địa_danh: Tân ", 1)))
	r := b.do(http.MethodPost, path, form)
	if p := parsed(t, r); r.StatusCode != http.StatusConflict ||
		p.attr("form.act input[name=ban]", "value") == form.Get("ban") {
		t.Fatalf("what was changed meanwhile: status %d", r.StatusCode)
	}
	if n := len(d.revisions(drafted)); n != 0 {
		t.Fatalf("%d revisions were submitted", n)
	}
	fresh := b.page(path)
	form.Set("ban", fresh.attr("form.act input[name=ban]", "value"))
	form.Set("khoa", fresh.attr("form.act input[name=khoa]", "value"))
	for range 2 {
		r := b.do(http.MethodPost, path, form)
		to := r.Header.Get("Location")
		if r.StatusCode != http.StatusSeeOther || !strings.HasSuffix(to, "?xong=submit-revision") {
			t.Fatalf("status %d to %q", r.StatusCode, to)
		}
	}
	if got := d.revisions(drafted); len(got) != 1 || got[0].Note != "Bản đầu\ntiên" ||
		got[0].Values.String() != form.Get("ban") {
		t.Errorf("submitted: %d revisions", len(got))
	}
	if p := b.page("/giao-uoc/" + drafted + "/soan"); p.status != http.StatusConflict {
		t.Errorf("the form of what is being reviewed: status %d", p.status)
	}
}

// What came back is written on with the comments beside the clauses that they are about, and the submission shows what
// changed.
func TestCommentsStandBesideTheirClause(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	play := d.resume(reviewing)
	rev := play.now().Covenant.Revisions[0]
	clause := slices.IndexFunc(rev.Clauses, func(c workflow.ClauseDigest) bool {
		return c.ID == "chi-tieu"
	})
	if clause < 0 {
		t.Fatalf("no clause about targets among %v", rev.Clauses)
	}
	first := true
	for c := play.now().Covenant; c.Phase == workflow.AwaitingReviews; c = play.now().Covenant {
		comments := []workflow.Comment{{Text: "Xin xem lại toàn văn"}}
		if first {
			comments = append(comments, workflow.Comment{Clause: rev.Clauses[clause].ID, Text: "Chỉ tiêu này quá thấp"})
		}
		first = false
		play.review(c.Waiting[0], workflow.OpinionReturn, comments...)
	}
	b := d.as(officer())
	p := b.page("/giao-uoc/" + reviewing + "/soan")
	p.oneContains(`[id="f-chỉ_tiêu"] .draft-comment`, "Chỉ tiêu này quá thấp")
	p.oneContains(`[aria-labelledby="gop-y-chung"] .draft-comment`, "Xin xem lại toàn văn")
	b.page("/").oneContains(`.acts a[href="/giao-uoc/`+reviewing+`/soan"]`, "Soạn và trình dự thảo")
	r := b.do(http.MethodGet, "/giao-uoc/"+reviewing+"/viec/submit-revision", nil)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/giao-uoc/"+reviewing+"/soan" {
		t.Errorf("the old form leads to %q, status %d", r.Header.Get("Location"), r.StatusCode)
	}
	p = b.page("/giao-uoc/" + reviewing + "/soan/trinh")
	p.oneContains(".findings .stopped", "không khác")
	if r := d.saveIn(b, reviewing, set("v.khẩu_hiệu", "Khẩu hiệu khác hẳn")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	p = b.page("/giao-uoc/" + reviewing + "/soan/trinh")
	p.contains("#thay-doi ins", "khác")
	p.contains(".facts", "So với lần 1")
}

// Unusual content is asked about, at its field and before it is submitted, and submitted by who says that it is right.
func TestUnusualContentIsAskedAbout(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	d.written(drafted, hall().values)
	if r := d.saveIn(b, drafted, set("v.ngày_hội_nghị", "2126-03-26")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	path := "/giao-uoc/" + drafted + "/soan/trinh"
	p := b.page(path)
	key := p.attr("form.act input[name=dung]", "value")
	form := url.Values{"khoa": {p.attr("form.act input[name=khoa]", "value")},
		"ban": {p.attr("form.act input[name=ban]", "value")}}
	r := b.do(http.MethodPost, path, form)
	if p := parsed(t, r); r.StatusCode != http.StatusUnprocessableEntity || p.text("#loi") == "" {
		t.Errorf("without an answer: status %d", r.StatusCode)
	}
	if n := len(d.revisions(drafted)); n != 0 {
		t.Fatalf("%d revisions were submitted", n)
	}
	r = b.do(http.MethodPost, path, with(form, url.Values{"dung": {key}}))
	if r.StatusCode != http.StatusSeeOther || len(d.revisions(drafted)) != 1 {
		t.Errorf("answered: status %d, %d revisions", r.StatusCode, len(d.revisions(drafted)))
	}
}

// A covenant is begun with the text of an earlier one; what must be looked at is listed until it was.
func TestCopyAnEarlierCovenant(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	form := d.beginning(b, url.Values{"nam": {"2027"}, "chep": {inForce}, "dia-chi": {"nam-sau"}})
	for range 2 {
		if r := b.do(http.MethodPost, "/giao-uoc/moi", form); r.StatusCode != http.StatusSeeOther {
			t.Fatalf("status %d: %s", r.StatusCode, parsed(t, r).text("#loi"))
		}
	}
	p := b.page("/giao-uoc/2027/nam-sau/soan")
	if got := formValues(p); got.Get("v.năm") != "2027" || got.Get("v.các_đơn_vị.0.nhiệm_vụ.0") == "" {
		t.Errorf("copied the year %q", got.Get("v.năm"))
	}
	if n := len(p.all(".draft-notes li")); n < 5 {
		t.Errorf("%d things to look at", n)
	}
	p.contains(".draft-notes", "hãy xem lại cho năm 2027")
	if r := d.saveIn(b, "2027/nam-sau", set("lam", "da-xem")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	if p := b.page("/giao-uoc/2027/nam-sau/soan"); len(p.all(".draft-notes")) != 0 {
		t.Error("the list is still there")
	}
}

// The preview is of what was saved; the second time only the pages that look different are sent.
func TestPreviewInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	path := "/giao-uoc/" + drafted + "/soan/xem-thu.pdf"
	if r := b.do(http.MethodGet, path, nil); r.StatusCode != http.StatusOK ||
		r.Header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("of what is begun: status %d", r.StatusCode)
	}
	d.written(drafted, hall().values)
	first := b.do(http.MethodGet, path, nil)
	pages := strings.Fields(first.Header.Get(pagesHeader))
	if len(pages) < 5 || len(strings.Fields(first.Header.Get(changedHeader))) != len(pages) {
		t.Fatalf("%d pages, sent %s", len(pages), first.Header.Get(changedHeader))
	}
	same := b.do(http.MethodGet, path+"?co="+strings.Join(pages, "."), nil)
	if same.StatusCode != http.StatusNoContent || same.Header.Get(pagesHeader) != first.Header.Get(pagesHeader) {
		t.Errorf("nothing changed: status %d", same.StatusCode)
	}
	r := d.saveIn(b, drafted, set("v.các_đơn_vị.9.nhiệm_vụ.9", "Một việc khác"))
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	later := b.do(http.MethodGet, path+"?co="+strings.Join(pages, "."), nil)
	if got := strings.Fields(later.Header.Get(changedHeader)); later.StatusCode != http.StatusOK || len(got) != 1 {
		t.Errorf("one task changed pages %v, status %d", got, later.StatusCode)
	}
	for _, co := range []string{strings.Repeat("a.", 9000), "../..", "\x00", "ữ"} {
		if r := b.do(http.MethodGet, path+"?"+url.Values{"co": {co}}.Encode(), nil); r.StatusCode != http.StatusOK {
			t.Errorf("digests %.10q: status %d", co, r.StatusCode)
		}
	}
	b.headers["Accept"] = "application/json"
	if r := d.saveIn(b, drafted, set("v.chủ_đề", "🙂")); r.StatusCode != http.StatusOK {
		t.Fatalf("status %d", r.StatusCode)
	}
	r = b.do(http.MethodGet, path, nil)
	if said := readJSON(t, r); r.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(said["problem"].(string), "U+1F642") {
		t.Errorf("a character that no font has: status %d, %v", r.StatusCode, said)
	}
}

// BenchmarkPreview asks for the preview as the form's script does, of the reference case: the budget is 500 ms for the
// first one and 300 ms for later ones.
func BenchmarkPreview(b *testing.B) {
	i := copyOf(b)
	links := &Links{}
	h, err := New(Config{Engine: i.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: links})
	check(b, err)
	by := workflow.SignedIn(officer())
	desk, err := i.Desk(b.Context(), by, drafted)
	check(b, err)
	save := func(version int64, values []byte) {
		parsed, _ := templates.ParseValues("v", values)
		_, err := i.SaveWorking(b.Context(), by, engine.SaveRequest{Slug: drafted,
			Entries: desk.Template.ReadValues(parsed), Version: version})
		check(b, err)
	}
	save(0, hall().values)
	who := (&visitor{b, h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}).as(links, officer())
	ask := func(known string) page { return who.page("/giao-uoc/" + drafted + "/soan/xem-thu.pdf?co=" + known) }
	b.Run("first", func(b *testing.B) {
		var p page
		for b.Loop() {
			p = ask("")
		}
		b.ReportMetric(float64(len(p.body)), "bytes")
		b.ReportMetric(float64(len(strings.Fields(p.header.Get(pagesHeader)))), "pages")
	})
	known := strings.ReplaceAll(ask("").header.Get(pagesHeader), " ", ".")
	save(1, []byte(strings.Replace(string(hall().values), "địa_danh: ", "địa_danh: Tân ", 1)))
	b.Run("later", func(b *testing.B) {
		var p page
		for b.Loop() {
			p = ask(known)
		}
		b.ReportMetric(float64(len(p.body)), "bytes")
		b.ReportMetric(float64(len(strings.Fields(p.header.Get(changedHeader)))), "pages")
	})
}
