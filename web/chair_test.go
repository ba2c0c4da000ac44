package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"covenant/workflow"
)

// formOf is the form around the first element that fits, as a browser would send it.
func (p page) formOf(selector string) filled {
	p.t.Helper()
	all := p.all(selector)
	if len(all) == 0 {
		p.t.Fatalf("nothing fits %q: %s", selector, p.text("main"))
	}
	form := all[0]
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	out := filled{attr(form, "action"), url.Values{}, p}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "input":
			out.form.Add(attr(n, "name"), attr(n, "value"))
		case "option":
			if _, chosen := attribute(n, "selected"); chosen {
				out.form.Set("person", attr(n, "value"))
			}
		}
	}
	if all[0].Data == "button" && attr(all[0], "name") != "" {
		out.form.Set(attr(all[0], "name"), attr(all[0], "value"))
	}
	return out
}

func panel(slug string) string { return "/hoi-nghi/" + slug + "/dieu-hanh" }

// The panel is for who chairs and who keeps the minutes, while there is something to conduct.
func TestPanelIsForChairAndSecretary(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(sitting)
	for _, c := range []struct {
		what   string
		by     *visitor
		slug   string
		status int
		says   string
	}{
		{"the chair", o.as(p.who(p.leader(), workflow.DutyVote)), sitting, 200, "Chương trình"},
		{"the secretary", o.as(p.who(p.leader(), workflow.DutyDraft)), sitting, 200, "Điểm danh"},
		{"a member", o.as(p.who("so-tai-chinh", workflow.DutyVote)), sitting, 403, "dành cho chủ tọa và thư ký"},
		{"the chair, before the vote", o.as(p.who(p.leader(), workflow.DutyVote)), reviewing, 409, "Chưa đến lượt"},
		{"the chair, after the vote", o.as(p.who(p.leader(), workflow.DutyVote)), signing4, 409, "Bước này đã qua"},
		{"the chair of what was cancelled", o.as(p.who(p.leader(), workflow.DutyVote)), cancelled, 409, "đã hủy"},
		{"another block", o.as(small().who(small().leader(), workflow.DutyVote)), sitting, 404, ""},
		{"nobody", o.nobody(), sitting, 303, ""},
	} {
		got := c.by.page(panel(c.slug))
		if got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: status %d, want %d with %q: %s", c.what, got.status, c.status, c.says, got.text("body"))
		}
		offered := len(c.by.page("/giao-uoc/"+c.slug).all(`.tasks a[href="`+panel(c.slug)+`"]`)) == 1
		if offered != (c.status == 200) {
			t.Errorf("%s: is offered the panel: %t", c.what, offered)
		}
	}
	if r := o.as(p.who("so-tai-chinh", workflow.DutyVote)).page(panel(sitting) + "/tinh-hinh"); r.status != 403 {
		t.Errorf("the parts for a member: status %d", r.status)
	}
}

// A conference is conducted from the panel: the roll, a motion put, voted on and closed, the show of hands, the end.
// What is next is the one primary thing of the agenda.
func TestConferenceFromThePanel(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	stage := strings.NewReplacer("BALLOT", "open", "proxies: 1", "proxies: 1, hands: true").Replace(conferenceStage)
	p := o.draft(small(), "2026/hop", "Giao ước thi đua năm 2026 (hội nghị)", stage).submit("", "")
	chair, members := o.as(p.who(p.leader(), workflow.DutyVote)), p.now().Covenant.Members()
	secretary := p.who(members[1], workflow.DutyReport) // who chairs nothing
	now := func(b *visitor) string { return b.page(panel(p.slug)).text(".agenda .now") }
	if got := now(chair); !strings.HasPrefix(got, "Khai mạc") {
		t.Fatalf("first comes %q", got)
	}
	open := chair.page(chair.page(panel(p.slug)).attr(".agenda .now a", "href")).filled()
	open.form = with(open.form, url.Values{"secretary": {string(secretary)}, "place": {"Hội trường"}})
	if r := chair.send(open.path, open.form); r.header.Get("Location") != panel(p.slug)+"?xong=open-conference" {
		t.Fatalf("status %d, to %q", r.status, r.header.Get("Location"))
	}
	minutes := o.as(secretary)
	if got := now(minutes); !strings.HasPrefix(got, "Điểm danh") {
		t.Errorf("after the opening comes %q", got)
	}
	for _, a := range members[:2] {
		f := minutes.page(panel(p.slug)).formOf(`#dd-` + string(a) + ` ~ button[value="present"]`)
		if f.form.Get("person") == "" {
			t.Errorf("nobody is proposed as who attends for %s", a)
		}
		o.taken(minutes, p.slug, "record-attendance", f)
	}
	minutes.page(panel(p.slug)).contains("#diem-danh", "đủ điều kiện tiến hành")
	o.proxyFromThePanel(p, minutes, members)
	if got := now(chair); !strings.HasPrefix(got, "Chương trình") {
		t.Errorf("with a quorum comes %q", got)
	}
	if len(minutes.page(panel(p.slug)).all("#cac-noi-dung button")) != 0 {
		t.Error("the secretary is offered to put motions: " + minutes.page(panel(p.slug)).text("#cac-noi-dung"))
	}
	o.motionsFromThePanel(p, chair, members)
	end := chair.page(chair.page(panel(p.slug)).attr(".agenda .now a", "href")).filled()
	o.taken(chair, p.slug, "close-conference", end)
	if got := chair.page(panel(p.slug)); got.status != http.StatusConflict {
		t.Errorf("the panel after the end: status %d", got.status)
	}
}

func (o *office) proxyFromThePanel(p *play, minutes *visitor, members []workflow.AgencyID) {
	f := minutes.page(minutes.page(panel(p.slug)).attr(`.roll a[href*="from=`+string(members[2])+`"]`, "href")).filled()
	f.form = with(f.form, url.Values{"to": {string(members[1])}, "given_by": {string(p.who(members[2],
		workflow.DutyVote))}, "date": {"2026-03-10"}, "document": {"GUQ số 7"}})
	o.refuses(minutes, p.slug, f, []mean{
		{"without its document", url.Values{"document": {" "}}, 422, "Chưa điền mục này"},
		{"dated tomorrow", url.Values{"date": {"2026-03-17"}}, 422, "ngày không sau hôm nay"},
		{"to itself", url.Values{"to": {string(members[2])}}, 422, "không thể ủy quyền"},
		{"signed by a stranger", url.Values{"given_by": {string(p.who(members[0], workflow.DutyVote))}}, 403, ""},
	})
	o.taken(minutes, p.slug, "record-proxy", f)
	minutes.page(panel(p.slug)).contains(".roll", "Ủy quyền")
}

func (o *office) motionsFromThePanel(p *play, chair *visitor, members []workflow.AgencyID) {
	put := chair.page(panel(p.slug)).formOf(".agenda .now button.primary")
	o.taken(chair, p.slug, "open-motions", put)
	if m := p.now().Covenant.Motions; len(m) != 1 || m[0].ID != "m" {
		o.t.Fatalf("one button opened %d motions", len(m))
	}
	early := chair.page(panel(p.slug))
	if len(early.all(".agenda .now button.primary")) != 0 {
		o.t.Error("closing is the primary thing before anybody has voted")
	}
	for _, a := range members {
		voter := a
		if a == members[2] {
			voter = members[1]
		}
		p.do(p.who(voter, workflow.DutyVote), workflow.CastBallot{Agency: a, Motion: "m", Choice: workflow.ChoiceFor})
	}
	o.taken(chair, p.slug, "close-motion", chair.page(panel(p.slug)).formOf(".agenda .now button.primary"))
	o.taken(chair, p.slug, "open-motions", chair.page(panel(p.slug)).formOf(".agenda .now button.primary"))
	hands := chair.page(panel(p.slug)).formOf("#nd-n .hands button")
	o.refuses(chair, p.slug, filled{hands.path, with(hands.form, url.Values{"for": {"9"}, "against": {"0"},
		"abstain": {"0"}}), hands.page}, []mean{{"more hands than people", nil, 422, "Số phiếu không hợp lệ"},
		{"no number", url.Values{"for": {"hai"}}, 422, "Hãy ghi một số nguyên"}})
	hands.form = with(hands.form, url.Values{"for": {"2"}, "against": {"1"}, "abstain": {"0"}})
	o.refuses(o.as(p.who(members[1], workflow.DutyVote)), p.slug, hands, []mean{{"not in the chair", nil, 403, ""}})
	o.taken(chair, p.slug, "count-hands", hands)
	o.taken(chair, p.slug, "close-motion", chair.page(panel(p.slug)).formOf("#nd-n .act-buttons button"))
}

// A part of the panel in which nothing but its forms' keys differs is not sent again: what is typed in it stays.
func TestPanelSendsWhatChanged(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(sitting)
	chair := o.as(p.who(p.leader(), workflow.DutyVote))
	shown := func() string {
		var parts []string
		for _, n := range chair.page(panel(sitting)).all("[data-part]") {
			parts = append(parts, attr(n, "id")+":"+attr(n, "data-part"))
		}
		return strings.Join(parts, ",")
	}
	before := shown()
	ask := panel(sitting) + "/tinh-hinh?co=" + url.QueryEscape(before)
	if again := chair.page(ask); strings.Contains(again.body, "<form") {
		t.Error("forms are sent though nothing changed")
	}
	p.cast(p.now().Covenant.Members()[1], "m", workflow.ChoiceFor)
	changed := chair.page(ask)
	if len(changed.all("#cac-noi-dung")) != 1 || len(changed.all("#diem-danh")) != 0 {
		t.Errorf("after a vote %d times the motions and %d times the roll were sent", len(changed.all("#cac-noi-dung")),
			len(changed.all("#diem-danh")))
	}
}
