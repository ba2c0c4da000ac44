package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
)

// Where there is no form its page says why, in both languages, and what to do; each with a way back.
func TestWhereAFormWouldBe(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(inForce)
	drafter, director := p.who(p.leader(), workflow.DutyDraft), p.who(p.leader(), workflow.DutySign)
	approved := p.who(p.leader(), workflow.DutyReview)
	for _, c := range []struct {
		what, slug, command string
		by                  workflow.PersonID
		status              int
		vi, en              string
	}{
		{"not yet", reviewing, "sign", director, 409, "Chưa đến lượt", "not your turn yet"},
		{"not theirs", numbering, "issue-number", p.who("so-tai-chinh", workflow.DutyVote), 403,
			"không có quyền làm việc này", "may not do this"},
		{"over", inForce, "give-review", approved, 409, "Bước này đã qua", "stage is over"},
		{"done", sitting, "cast-ballot", p.who(o.resume(sitting).now().Covenant.Members()[0], workflow.DutyVote), 409,
			"đã được thực hiện", "has been done"},
		{"returned", rejected, "give-review", approved, 409, "trả lại để chỉnh sửa", "went back for revision"},
		{"refused", refused, "sign", director, 409, "dừng vì bị từ chối", "because it was refused"},
		{"cancelled", cancelled, "sign", director, 409, "đã hủy", "was cancelled"},
		{"withdrawn", withdrawn, "submit-revision", drafter, 409, "được rút", "was withdrawn"},
		{"not amendable", reviewing, "amend", drafter, 409, "Chưa đến lượt", "not your turn yet"},
	} {
		b := o.as(c.by)
		address := "/giao-uoc/" + c.slug + "/viec/" + c.command
		for lang, says := range map[string]string{"vi": c.vi, "en": c.en} {
			got := b.page(address + "?lang=" + lang)
			if got.status != c.status || len(got.all("form.act")) != 0 ||
				!strings.Contains(got.text(".status h2"), says) {
				t.Errorf("%s in %s: status %d, want %d with %q: %s", c.what, lang, got.status, c.status, says,
					got.text("main"))
				continue
			}
			if n := len(got.all(".status p")); n < 2 ||
				len(got.all(`main a.button[href="/giao-uoc/`+c.slug+`"]`)) != 1 {
				t.Errorf("%s: %d sentences, or no way back", c.what, n)
			}
		}
	}
}

// After the last day for appeals there is no form for one.
func TestAppealsExpire(t *testing.T) {
	t.Parallel()
	o, p := scoringOffice(t, scoreStage)
	members := p.now().Covenant.Members()
	given := []workflow.CriterionScore{{Criterion: "chuyen-mon", Points: 390_00}, {Criterion: "trong-tam",
		Points: 290_00},
		{Criterion: "phong-trao", Points: 190_00}, {Criterion: "bao-cao", Points: 90_00}}
	for n, a := range members {
		p.do(p.who(a, workflow.DutyReport), workflow.SubmitScore{Agency: a, Scores: given})
		p.do(p.who(members[min(1, 1-min(n, 1))], workflow.DutyReport), workflow.VerifyScore{Agency: a, Scores: given})
	}
	appealing := o.as(p.who(members[1], workflow.DutyReport))
	f := appealing.openForm(p.slug, "appeal-score")
	f.form = with(f.form, field("reason", "Đã có quyết định nghiệm thu bổ sung."))
	o.clock.set(standing.Add(14 * 24 * time.Hour))
	late := o.as(p.who(members[1], workflow.DutyReport)).send(f.path, f.form)
	if late.status != http.StatusConflict || late.filled().form.Get("reason") != f.form.Get("reason") {
		t.Errorf("a late appeal: status %d, with the reason %q", late.status, late.filled().form.Get("reason"))
	}
	got := o.as(p.who(members[1], workflow.DutyReport)).page(f.path)
	if got.status != http.StatusConflict {
		t.Fatalf("status %d", got.status)
	}
	got.contains(".status h2", "Đã hết thời hạn")
}
