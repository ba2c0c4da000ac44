package web

import (
	"net/http"
	"strings"
	"testing"

	"covenant/workflow"
)

// as gives the pages of the shared installation as somebody is shown them.
func as(t testing.TB, by workflow.Actor) http.Handler {
	t.Helper()
	h, err := New(Config{
		Engine: shared().Engine, Actor: func(*http.Request) workflow.Actor { return by }, Logger: quiet,
	})
	check(t, err)
	return h
}

// Every address of a covenant is answered by who may read it: 404 where it may not be known, 403 where this part is not
// for them. The covenants of the hall's block stand beside those of another block, whose people take no part.
func TestPagesKnowTheirReader(t *testing.T) {
	t.Parallel()
	h, other := hall(), small()
	clerk := h.who(h.leader(), workflow.DutyNumber)
	readers := map[string]workflow.Actor{
		"drafter":       workflow.SignedIn(h.who(h.leader(), workflow.DutyDraft)),
		"member":        workflow.SignedIn(h.who("so-khdt", workflow.DutyReview)),
		"another block": workflow.SignedIn(other.who(other.leader(), workflow.DutySign)),
		"nobody":        {}, "console": machine,
	}
	c := shared().resume(inForce).now().Covenant
	for _, row := range []struct {
		path string
		want map[string]int
	}{
		{"/giao-uoc/" + inForce, map[string]int{
			"drafter": 200, "member": 200, "another block": 404, "nobody": 404, "console": 200,
		}},
		{"/giao-uoc/" + inForce + "/van-ban.pdf", map[string]int{
			"drafter": 200, "member": 200, "another block": 404, "nobody": 404,
		}},
		{"/giao-uoc/" + inForce + "/lan/1.pdf", map[string]int{
			"drafter": 200, "member": 200, "another block": 404, "nobody": 404,
		}},
		{"/giao-uoc/" + inForce + "/ho-so.zip", map[string]int{"member": 200, "another block": 404, "nobody": 404}},
		{"/giao-uoc/" + voting + "/so-sanh", map[string]int{"member": 200, "another block": 404, "nobody": 404}},
		{"/hoi-nghi/" + sitting, map[string]int{"member": 200, "another block": 404, "nobody": 404}},
		{"/giao-uoc/" + appealed + "/cham-diem", map[string]int{"member": 200, "another block": 404, "nobody": 404}},
		{"/giao-uoc/" + drafted, map[string]int{
			"drafter": 200, "member": 404, "another block": 404, "nobody": 404, "console": 200,
		}},
		{"/giao-uoc/" + reviewing + "/thay-doi", map[string]int{"another block": 404, "nobody": 404}},
		{"/giao-uoc/" + reviewing + "/tinh-hinh?co=", map[string]int{"another block": 404, "nobody": 404}},
		{"/t/" + c.Frozen.Token, map[string]int{"drafter": 200, "another block": 200, "nobody": 200}},
		{"/t/" + c.Frozen.Token + "/van-ban.pdf", map[string]int{"another block": 200, "nobody": 200}},
		{"/kiem-tra", map[string]int{"another block": 200, "nobody": 200}},
	} {
		for name, status := range row.want {
			if p := get(t, as(t, readers[name]), row.path); p.status != status {
				t.Errorf("%s for %s: status %d, want %d", row.path, name, p.status, status)
			}
		}
	}
	for path := range map[string]bool{
		"/": true, "/giao-uoc": true, "/giao-uoc?tim=kinh+te": true, "/lich-bao-cao": true, "/so-van-ban": true,
	} {
		if body := get(t, as(t, readers["another block"]), path).body; strings.Contains(body, "Khối thi đua Kinh tế") {
			t.Errorf("%s tells another block of the covenants", path)
		}
		get(t, as(t, workflow.Actor{}), path).count("tbody tr, .cards > li", 0)
	}
	// Not the other block's, nor the draft.
	get(t, as(t, readers["member"]), "/giao-uoc").count("tbody tr", len(everySlug())-4)
	get(t, as(t, workflow.SignedIn(clerk)), "/so-van-ban").contains("tbody", "/GƯ-")
	get(t, as(t, readers["member"]), "/so-van-ban").contains(".empty", "Chưa cấp số nào")
}

// The public sees the document and its signatures, and nothing of how it came about.
func TestPublishedAlone(t *testing.T) {
	t.Parallel()
	h := as(t, workflow.Actor{})
	p := get(t, h, publicPath())
	p.contains("h1", "Giao ước thi đua")
	for _, secret := range []string{"gop-y", "thu", "dien-bien"} {
		p.count("#"+secret, 0)
	}
	for _, slug := range []string{signing4, voting} {
		c := shared().resume(slug).now().Covenant
		file := fileOf(t, shared(), c.Revisions[0].PDF)
		upload(t, h, "tep", "a.pdf", file).contains(".facts", "Không trùng với tệp nào")
	}
	c := shared().resume(signing4).now().Covenant
	upload(t, h, "tep", "a.pdf", fileOf(t, shared(), c.Head)).contains(".facts", "Trùng khớp từng byte")
}

// Where the console may do everything every page says so; and each event that it entered says who typed it.
func TestConsoleIsSaid(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Engine: shared().Engine, Actor: asMachine, Console: workflow.ConsoleEverything, Logger: quiet})
	check(t, err)
	for _, path := range append(everyPath(), "/khong-co") {
		get(t, h, path).contains(".everything", "được làm mọi việc thay mọi người")
		get(t, pages(), path).count(".everything", 0)
	}
	i := copyOf(t)
	p := i.resume(reviewing)
	agency := p.now().Covenant.Waiting[0]
	person := p.who(agency, workflow.DutyReview)
	actor, err := workflow.AtConsole("lan.truong", workflow.ConsoleClerical).For(person)
	check(t, err)
	revision, _ := p.now().Covenant.Revision()
	meta := p.meta("")
	meta.Actor = actor
	_, err = i.Do(t.Context(), p.id, workflow.GiveReview{
		Agency: agency, Revision: revision.Number, Manifest: revision.Manifest, Opinion: workflow.OpinionApprove,
	}, meta)
	check(t, err)
	name := p.now().Directory.PersonName(person)
	get(t, handler(t, i), "/giao-uoc/"+reviewing+"?lang=vi").contains("#dien-bien .event-meta",
		name+" (nhập tại máy chủ bởi lan.truong)")
	get(t, handler(t, i), "/giao-uoc/"+reviewing+"?lang=en").contains("#dien-bien .event-meta",
		name+" (entered at the console by lan.truong)")
}
