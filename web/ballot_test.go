package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"covenant/workflow"
)

// tapped is the form that one tap on a choice of an open vote sends.
func (p page) tapped(choice string) filled {
	p.t.Helper()
	return p.formOf(`form.ballot button[value="` + choice + `"]`)
}

// An open vote stands first at home and on the covenant's page. One tap asks whether it is meant, naming motion and
// choice; confirming it casts the vote once.
func TestVoteByTap(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(sitting)
	voter := p.now().Covenant.Members()[2]
	b := o.as(p.who(voter, workflow.DutyVote))
	home := b.page("/")
	home.count("#den-luot ~ ul > li:first-child .acts > li:first-child form.ballot", 1)
	b.page("/giao-uoc/"+sitting).contains(".tasks .acts > li:first-child form.ballot", "Chương trình")
	var mine filled
	for _, n := range home.all("form.ballot") {
		if strings.Contains(attr(n, "action"), sitting) {
			mine = home.formOf(`form.ballot[action="` + attr(n, "action") + `"] button[value="against"]`)
		}
	}
	asked := b.send(mine.path, mine.form)
	if asked.status != http.StatusOK || strings.Contains(mine.path, "against") {
		t.Fatalf("status %d, address %q", asked.status, mine.path)
	}
	asked.contains(".lead", "Chương trình")
	asked.contains(".confirm", "Không tán thành")
	asked.contains("button.primary", "Xác nhận: Không tán thành")
	before := p.now().Covenant.Version
	sure := asked.filled()
	o.refuses(b, sitting, sure, []mean{
		{"no choice", url.Values{"choice": nil}, 422, "Chưa điền mục này"},
		{"for another agency", url.Values{"ve": {strings.Replace(sure.form.Get("ve"), string(voter), "so-tai-chinh",
			1)}},
			403, ""},
		{"on a motion that is not open", url.Values{"ve": {strings.Replace(sure.form.Get("ve"), `"m"`, `"n"`, 1)}},
			404, ""},
	})
	for _, f := range []filled{mine, sure} {
		if unsure := b.send(f.path, with(f.form, url.Values{"choice": {"maybe"}})); unsure.status != 422 {
			t.Errorf("a choice that is none: status %d", unsure.status)
		}
	}
	if now := p.now().Covenant.Version; now != before {
		t.Fatalf("asking recorded %d events", now-before)
	}
	o.others(sitting, sure, small().who(small().leader(), workflow.DutyVote))
	o.taken(b, sitting, "cast-ballot", sure)
	if at := b.send(sure.path, sure.form).header.Get("Location"); at != "/?xong=cast-ballot" {
		t.Errorf("a vote from home leads to %q", at)
	}
	b.page("/?xong=cast-ballot").contains(".verdict.done", "Đã ghi nhận: Biểu quyết")
	stale := b.send(mine.path, mine.form)
	if stale.status != http.StatusConflict {
		t.Errorf("a tap after voting: status %d", stale.status)
	}
	stale.contains(".status h2", "đã được thực hiện")
}

// A secret ballot says what is recorded and what is not, and its choice stands in no address.
func TestSecretVoteByTap(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(secret)
	voter := p.now().Covenant.Members()[2]
	b := o.as(p.who(voter, workflow.DutyVote))
	at := b.page("/giao-uoc/" + secret)
	at.contains("form.ballot", "Nhật ký ghi đơn vị nào đã bỏ phiếu")
	tap := at.tapped("abstain")
	asked := b.send(tap.path, tap.form)
	asked.contains(".secret-note", "Không ghi lựa chọn của đơn vị")
	if asked.header.Get("Cache-Control") != "no-store" {
		t.Error("a browser may keep the page that names the choice")
	}
	sure := asked.filled()
	o.taken(b, secret, "cast-ballot", sure)
	for _, path := range []string{tap.path, sure.path, b.send(sure.path, sure.form).header.Get("Location")} {
		if strings.Contains(path, "abstain") {
			t.Errorf("the address %q holds the choice", path)
		}
	}
	for _, m := range p.now().Covenant.Motions {
		if m.ID == "m" && (len(m.Ballots) != 0 || len(m.Taken) != 3) {
			t.Errorf("%d open ballots, %d taken", len(m.Ballots), len(m.Taken))
		}
	}
}
