package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
)

const goodSentence = "một câu dài dễ nhớ 2026"

// withPassword gives people passwords by the codes that are sent to them.
func (o *office) withPassword(people ...workflow.PersonID) {
	o.t.Helper()
	for _, person := range people {
		b := o.nobody()
		b.send("/dang-nhap/mat-khau", url.Values{"login": {string(person)}})
		check(o.t, o.AwaitMails(o.t.Context()))
		set := false
		for _, mail := range slices.Backward(mailServer().Accepted()) { // others send mails there, too
			if set || !slices.ContainsFunc(mail.To, func(to string) bool {
				return strings.HasPrefix(to,
					string(person)+"@")
			}) {
				continue
			}
			text := readFile(o.t, filepath.Join(scratch(), "mail", mail.File))
			for _, code := range regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4})+`).FindAllString(string(text), -1) {
				p := b.send("/dang-nhap/mat-khau", url.Values{"login": {string(person)}, "code": {code},
					"password": {goodSentence}, "again": {goodSentence}})
				set = set || p.status == http.StatusSeeOther
			}
		}
		if !set {
			o.t.Fatalf("%s has no password", person)
		}
	}
}

// A session that ends while somebody fills in a form loses nothing of it but what must not be kept: after signing in
// the form is there as it was. For somebody else who signs in then it is not.
func TestSessionEndsWhileTyping(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.started(t)
	p := o.resume(reviewing)
	mine := p.now().Covenant.Waiting[0]
	person, other := p.who(mine, workflow.DutyReview), p.who("so-tai-chinh", workflow.DutyReview)
	o.withPassword(person, other)
	b := o.as(person)
	f := b.openForm(reviewing, "give-review", string(mine))
	sent := with(f.form, url.Values{"opinion": {"approve_with_comments"},
		"comments": {"Đề nghị nêu rõ thời hạn & \"trách nhiệm\"."}})
	asked := o.nobody().send(f.path, sent)
	if asked.status != http.StatusForbidden {
		t.Fatalf("without a session: status %d", asked.status)
	}
	asked.contains("#loi", "những gì đã điền sẽ hiện lại")
	in := asked.formOf(`form.sign-in button`)
	in.form = with(in.form, url.Values{"login": {string(person)}, "password": {goodSentence}})
	wrong := o.nobody().send(in.path, with(in.form, url.Values{"password": {"sai mật khẩu"}}))
	if wrong.formOf(`form.sign-in button`).form.Get("giu") != in.form.Get("giu") {
		t.Error("a wrong password loses what was typed")
	}
	back := o.nobody().send(in.path, in.form)
	if back.status != http.StatusOK {
		t.Fatalf("after signing in: status %d to %q", back.status, back.header.Get("Location"))
	}
	again := back.filled()
	for _, name := range []string{"opinion", "comments", "ve"} {
		if again.form.Get(name) != sent.Get(name) {
			t.Errorf("%s is %q, was %q", name, again.form.Get(name), sent.Get(name))
		}
	}
	somebody := o.nobody().send(in.path, with(in.form, url.Values{"login": {string(other)}}))
	if somebody.status != http.StatusSeeOther || strings.Contains(somebody.body, "trách nhiệm") {
		t.Errorf("for somebody else: status %d", somebody.status)
	}
	for _, giu := range []string{"{", `{"nguoi":"x"}`, `{"nguoi":["` + string(person) + `"],"tiep":["//evil.example"]}`,
		"[]"} {
		r := o.nobody().send(in.path, with(in.form, url.Values{"giu": {giu}}))
		if r.status != http.StatusSeeOther && r.status != http.StatusOK || strings.Contains(r.body, "evil") {
			t.Errorf("with %s: status %d to %q", giu, r.status, r.header.Get("Location"))
		}
	}
	o.taken(o.as(person), reviewing, "give-review", again)
}

// PINs and the choices of secret ballots do not come along with signing in.
func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(signing4)
	signer := o.as(p.who(p.now().Covenant.Waiting[0], workflow.DutySign))
	sign := signer.openForm(signing4, "sign")
	voter := o.as(o.resume(secret).who(o.resume(secret).now().Covenant.Members()[2], workflow.DutyVote))
	tap := voter.page("/giao-uoc/" + secret).tapped("abstain")
	sure := voter.send(tap.path, tap.form).filled()
	for _, c := range []struct {
		what, path string
		form       url.Values
		secret     string
	}{
		{"a signature", sign.path, with(sign.form, url.Values{"pin": {"739151846"}}), "739151846"},
		{"a ceremony", "/ky-so", url.Values{"vb": {"a b c"}, "pin": {"739151846"}, "buoc": {"ky"}}, "739151846"},
		{"a tap", tap.path, tap.form, "abstain"}, {"a secret ballot", sure.path, sure.form, "abstain"},
		{"a secret poll", "/giao-uoc/" + ranked + "/viec/cast-poll-ballot", url.Values{"kin": {"1"},
			"choices.1": {"so-y"}, "choices": {"so-y"}, "nguoi": {"x"}}, "so-y"},
	} {
		asked := o.nobody().send(c.path, c.form)
		if asked.status != http.StatusForbidden || strings.Contains(asked.body, c.secret) {
			t.Errorf("%s: status %d, or the page holds %q", c.what, asked.status, c.secret)
		}
		var kept url.Values
		check(t, json.Unmarshal([]byte(asked.attr(`input[name="giu"]`, "value")), &kept))
		if len(kept) == 0 || len(kept) >= len(c.form) {
			t.Errorf("%s: %v was kept of %v", c.what, kept, c.form)
		}
	}
}
