package web

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"covenant/workflow"
)

// A covenant in force is amended and renewed by forms that begin with what they take over.
func TestAmendAndRenewInTheBrowser(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(inForce)
	drafter, member := o.as(p.who(p.leader(), workflow.DutyDraft)), o.as(p.who("so-tai-chinh", workflow.DutyReview))
	if n := len(member.page("/giao-uoc/" + inForce).all(`.tasks a[href*="/viec/renew"]`)); n != 0 {
		t.Error("who does not draft for the leader is offered a renewal")
	}
	f := drafter.openForm(inForce, "amend")
	if f.form.Get("slug") != inForce+"-sua-doi" || f.form.Get("year") != "2026" ||
		!strings.HasSuffix(f.form.Get("title"), "(sửa đổi, bổ sung)") {
		t.Errorf("the form begins with %v", f.form)
	}
	f.page.contains(".taken", "Số liệu của dự thảo lần 2")
	o.refuses(drafter, inForce, f, []mean{
		{"an address of another year", field("slug", "2031/kinh-te"), 422, "không dùng được"},
		{"an address with accents", field("slug", "2026/kinh tế"), 422, "không dùng được"},
		{"an address that leads out", field("slug", "2026/../../x"), 422, "không dùng được"},
		{"a taken address", field("slug", voting), 409, ""},
		{"no title", field("title", " "), 422, "Chưa điền mục này"},
		{"no year", field("year", "năm nay"), 422, "số nguyên"},
	})
	o.refuses(member, inForce, f, []mean{{"who does not draft", nil, 403, ""}})
	o.refuses(o.nobody(), inForce, f, []mean{{"nobody", nil, 403, ""}})
	o.taken(drafter, inForce, "amend", f)
	if got := o.resume(inForce + "-sua-doi").now().Covenant; got.Lineage.Amends.Slug != inForce ||
		len(got.Parties) != len(p.now().Covenant.Parties) {
		t.Errorf("the amendment amends %q, with %d parties", got.Lineage.Amends.Slug, len(got.Parties))
	}
	o.renewByForm(p, drafter, member)
}

func (o *office) renewByForm(p *play, drafter, member *visitor) {
	f := drafter.openForm(inForce, "renew")
	if f.form.Get("slug") != "2027/kinh-te" || f.form.Get("year") != "2027" ||
		!strings.Contains(f.form.Get("title"), "2027") {
		o.t.Errorf("the form begins with %v", f.form)
	}
	f.page.contains(".taken", "Cần xem lại")
	o.refuses(drafter, inForce, f, []mean{
		{"a year before", field("year", "2025"), 422, "phải sau năm"},
		{"an address that cannot be", field("slug", "2027"), 422, "không dùng được"},
		{"values that are none", field("year", "x"), 422, "số nguyên"},
	})
	o.refuses(member, inForce, f, []mean{{"who does not draft", nil, 403, ""}})
	f.form = with(f.form, field("slug", "2027/kinh-te-moi"))
	o.taken(drafter, inForce, "renew", f)
	if got := p.now().Covenant.Lineage.Renewal.Slug; got != "2027/kinh-te-moi" {
		o.t.Errorf("renewed as %q", got)
	}
	if again := drafter.page(f.path); again.status != http.StatusConflict {
		o.t.Errorf("renewing twice: status %d", again.status)
	} else {
		again.contains(".status", "Đã lập giao ước năm sau: 2027/kinh-te-moi")
	}
}

// A bundle of evidence is made once by its form, and is there for whoever had it made and for nobody else.
func TestEvidenceInTheBrowser(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(inForce)
	b, other := o.as(p.who(p.leader(), workflow.DutyDraft)), o.as(p.who("so-tai-chinh", workflow.DutyReview))
	f := b.openForm(inForce, "make-evidence")
	if link := b.page("/giao-uoc/" + inForce).all(".evidence a")[0]; attr(link, "href") != f.path {
		t.Errorf("the covenant's page leads to %q, the form is at %q", attr(link, "href"), f.path)
	} else if _, saves := attribute(link, "download"); saves {
		t.Error("the link to the form saves the page instead")
	}
	if r := o.as(small().who(small().leader(), workflow.DutyDraft)).send(f.path,
		f.form); r.status != http.StatusNotFound {
		t.Errorf("of another block: status %d", r.status)
	}
	if r := b.send(f.path, with(f.form, field("khoa", "x"))); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a key: status %d", r.status)
	}
	first := b.send(f.path, f.form)
	ready := b.page(first.header.Get("Location"))
	digest := ready.text(".verdict code")
	if b.send(f.path, f.form); b.page(first.header.Get("Location")).text(".verdict code") != digest {
		t.Error("a form that was sent twice made two bundles")
	}
	link := ready.attr(".verdict a", "href")
	file := b.page(link)
	if file.status != http.StatusOK || workflow.DigestOf([]byte(file.body)).String() != digest {
		t.Fatalf("status %d, %d bytes, digest %s, want %s", file.status, len(file.body),
			workflow.DigestOf([]byte(file.body)), digest)
	}
	if z, err := zip.NewReader(bytes.NewReader([]byte(file.body)),
		int64(len(file.body))); err != nil || len(z.File) < 5 {
		t.Errorf("the bundle: %v", err)
	}
	if r := other.page(link); r.status != http.StatusNotFound {
		t.Errorf("somebody else's bundle: status %d", r.status)
	}
	if r := b.page(strings.Replace(link, inForce, amended, 1)); r.status != http.StatusNotFound {
		t.Errorf("the bundle as another covenant's: status %d", r.status)
	}
	for range bundlesKept {
		again := b.openForm(inForce, "make-evidence")
		b.send(again.path, again.form)
	}
	if r := b.page(link); r.status != http.StatusNotFound {
		t.Errorf("the oldest of too many: status %d", r.status)
	} else {
		r.contains("main", "hãy lập lại")
	}
}
