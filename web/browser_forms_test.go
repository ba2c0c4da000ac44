package web

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"covenant/workflow"
)

// officeServer serves an office's pages to browsers.
func officeServer(t *testing.T, o *office) string {
	t.Helper()
	server := httptest.NewServer(o.h)
	t.Cleanup(server.Close)
	return server.URL
}

// browser signs a person in with a browser of their own, and opens a page in it.
func (o *office) browser(t *testing.T, server string, person workflow.PersonID, path string, at screen) *tab {
	t.Helper()
	link, err := o.links.Add(person)
	check(t, err)
	return chromium().open(t, server+link+"?"+url.Values{"tiep": {path}, "lang": {"vi"}}.Encode(), at)
}

// formSight is a page as somebody sees it who is signed in.
type formSight struct {
	name, path string
	person     workflow.PersonID
	screens    []screen
	refused    bool // the browser reports its status, rightly
}

// browseForms looks at what somebody who is signed in sees: each fits its screen, is accessible, and the browser has
// nothing to complain of.
func browseForms(t *testing.T) {
	o := openOffice(t)
	server := officeServer(t, o)
	for _, sight := range o.formSights() {
		for _, at := range sight.screens {
			t.Run(sight.name+"/"+at.name, func(t *testing.T) {
				tb := o.browser(t, server, sight.person, sight.path, at)
				if sight.name == "score-form" {
					tb.addsUp()
				}
				tb.narrow()
				tb.screenshot(sight.name+"-"+at.name, true)
				tb.accessible()
				if !sight.refused {
					tb.clean()
				}
				if small := eval[int](tb, smallTargets); small > 0 {
					t.Errorf("%d choices of a vote are less than 44 px high", small)
				}
			})
		}
	}
}

// addsUp types points into a table, which adds them up.
func (tb *tab) addsUp() {
	tb.t.Helper()
	for name, points := range map[string]string{"chuyen-mon": "398,5", "trong-tam": "290.25", "bao-cao": "x"} {
		tb.run(chromedp.SendKeys(chromedp.CSS(`input[name="scores.`+name+`"]`), points))
	}
	if sum := eval[string](tb, `document.querySelector("[data-sum]").textContent`); sum != "688,75" {
		tb.t.Errorf("398,5 and 290.25 are %q", sum)
	}
}

// smallTargets counts the large buttons of votes that are too small for a thumb.
const smallTargets = `[...document.querySelectorAll(".ballot-choice, .roll button, .button.large, button.large")]
	.filter(b => b.getBoundingClientRect().height < 44).length`

func (o *office) formSights() []formSight {
	both, all := []screen{phone, desk}, []screen{phone, desk, dark}
	form := func(slug, command string) string { return "/giao-uoc/" + slug + "/viec/" + command }
	reviewer := o.reviewer()
	scored := o.draft(small(), "2026/tu-cham", "Giao ước thi đua năm 2026 (tự chấm)", scoreStage).submit("", "")
	self := scored.now().Covenant.Members()
	polled, counted := o.settled("2026/bo-phieu"), o.settled("2026/kiem-phieu")
	polled.do(polled.who(polled.leader(), workflow.DutyVote), workflow.OpenPoll{})
	for _, poll := range []workflow.PollID{"suy-ton", "bau"} {
		counted.poll(counted.who(counted.leader(), workflow.DutyVote), poll,
			func(n int, _ workflow.AgencyID) []workflow.AgencyID {
				return []workflow.AgencyID{self[(n+1)%len(self)]}
			})
	}
	council := o.resume(appealed).who(o.resume(appealed).leader(), workflow.DutyReport)
	hallOf := o.resume(sitting)
	hallChair, hallVoter := hallOf.who(hallOf.leader(), workflow.DutyVote), hallOf.who("so-tai-chinh",
		workflow.DutyVote)
	drafter, director := hallOf.who(hallOf.leader(), workflow.DutyDraft), hallOf.who(hallOf.leader(), workflow.DutySign)
	waiting := hallOf.who(o.resume(signing4).now().Covenant.Waiting[0], workflow.DutySign)
	return []formSight{
		{"home-mine", "/", reviewer, all, false}, {"tasks", "/giao-uoc/" + reviewing, reviewer, all, false},
		{"form", form(reviewing, "give-review"), reviewer, all, false}, {"account", "/tai-khoan", reviewer, all, false},
		{"score-form", form(scored.slug, "submit-score"), scored.who(self[0], workflow.DutyReport), all, false},
		{"home-vote", "/", hallVoter, all, false}, {"vote", "/giao-uoc/" + sitting, hallVoter, both, false},
		{"vote-form", form(sitting, "cast-ballot"), hallVoter, both, false},
		{"vote-secret", "/giao-uoc/" + secret, hallVoter, all, false},
		{"panel", panel(sitting), hallChair, []screen{phone, desk, dark, projector}, false},
		{"panel-secret", panel(secret), hallChair, both, false},
		{"panel-not", panel(sitting), hallVoter, both, true},
		{"amend-form", form(inForce, "amend"), drafter, both, false},
		{"renew-form", form(inForce, "renew"), drafter, all, false},
		{"evidence-form", form(inForce, "make-evidence"), drafter, both, false},
		{"sign-form", form(signing4, "sign"), waiting, both, false},
		{"inbox", "/ky-so", waiting, all, false}, {"inbox-empty", "/ky-so", reviewer, both, false},
		{"state-cancelled", form(cancelled, "sign"), director, both, true},
		{"state-done", form(reviewing, "sign"), director, both, true},
		{"appeal-form", form(appealed, "decide-appeal"), council, all, false},
		{"poll-form", form(polled.slug, "cast-poll-ballot"), polled.who(self[1], workflow.DutyVote), all, false},
		{"ranking-form", form(counted.slug, "declare-ranking"), counted.who(counted.leader(), workflow.DutyVote), all,
			false},
	}
}

// settled is a covenant whose scores are settled, so that polls can be held.
func (o *office) settled(slug string) *play {
	p := o.draft(small(), slug, "Giao ước thi đua năm 2026 (bỏ phiếu)", scoreStage).submit("", "").score()
	agency := p.now().Covenant.Members()[1]
	verified, _ := p.now().Covenant.Scoring.VerifiedScore(agency)
	p.do(p.who(p.leader(), workflow.DutyReport), workflow.DecideAppeal{Agency: agency, Scores: verified.Scores,
		Reason: "Giữ nguyên điểm thẩm định."})
	return p
}

// reviewer is somebody whose turn it is to review.
func (o *office) reviewer() workflow.PersonID {
	var out workflow.PersonID
	for _, p := range reviewers(o.t, o.installation) {
		out = max(out, p)
	}
	return out
}

// browseConference has a chair put a motion from the panel, two members vote on it on their phones in the same moment,
// and the chair close it. Nobody loads a page again.
func browseConference(t *testing.T) {
	o := openOffice(t)
	o.started(t)
	server := officeServer(t, o)
	p := o.resume(sitting)
	members := p.now().Covenant.Members()
	for _, a := range members {
		if m := p.now().Covenant.Motions[0]; !slices.Contains(voters(m), a) {
			voter := a
			if a == members[len(members)-1] {
				voter = members[1]
			}
			p.do(p.who(voter, workflow.DutyVote), workflow.CastBallot{Agency: a, Motion: "m",
				Choice: workflow.ChoiceFor})
		}
	}
	chair := o.browser(t, server, p.who(p.leader(), workflow.DutyVote), panel(sitting), desk)
	var phones []*tab
	for _, a := range members[2:4] {
		phones = append(phones, o.browser(t, server, p.who(a, workflow.DutyVote), "/giao-uoc/"+sitting, phone))
	}
	chair.listening()
	for _, tb := range phones {
		tb.listening()
	}
	chair.follow(`.agenda .now button.primary`)
	chair.waitText(".verdict.done", "Kết thúc biểu quyết")
	chair.follow(`.agenda .now button`)
	chair.waitText(".verdict.done", "Đưa ra biểu quyết")
	chair.listening()
	for i, tb := range phones {
		tb.run(chromedp.WaitVisible(chromedp.CSS(`form.ballot button.for`)))
		tb.screenshot("conference-vote-"+itoa(i)+"-phone", false)
		tb.follow(`form.ballot button.for`)
		tb.waitText(".confirm", "Tán thành")
		tb.accessible()
	}
	phones[0].screenshot("conference-confirm-phone", false)
	var both sync.WaitGroup
	for _, tb := range phones {
		eval[bool](tb, `window.before = true`)
		both.Go(func() {
			if err := chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS(`.act button.primary`))); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	for _, tb := range phones {
		tb.arrived()
		tb.waitText(".verdict.done", "Biểu quyết")
		tb.clean()
	}
	chair.waitText("#nd-n", "Tán thành 2")
	chair.screenshot("conference-panel-desk", true)
	chair.follow(`#nd-n .act-buttons button`)
	chair.waitText(".verdict.done", "Kết thúc biểu quyết")
	if m := p.now().Covenant.Motions[1]; m.Result == nil || m.Result.For != 2 {
		t.Errorf("the motion: %+v", m.Result)
	}
	chair.clean()
}

// follow clicks on something that leads to another page, and waits until that is there.
func (tb *tab) follow(selector string) {
	tb.t.Helper()
	eval[bool](tb, `window.before = true`)
	tb.run(chromedp.Click(chromedp.CSS(selector)))
	tb.arrived()
}

// arrived waits until the page that was marked has given way to another one. While it does, the browser answers no
// question about it.
func (tb *tab) arrived() {
	tb.t.Helper()
	for {
		there, err := chromedp.Run(tb.ctx,
			chromedp.Evaluate[bool](`!window.before && document.readyState === "complete"`))
		if err == nil && there {
			return
		}
		if tb.ctx.Err() != nil {
			tb.t.Fatalf("the page stays as it is: %v", err)
		}
	}
}

func voters(m workflow.Motion) (out []workflow.AgencyID) {
	for _, b := range m.Ballots {
		out = append(out, b.Agency)
	}
	return out
}

// browseCeremony has a director sign two documents on a phone, with one PIN.
func browseCeremony(t *testing.T) {
	o, director, _ := twoToSign(t, nil)
	server := officeServer(t, o)
	tb := o.browser(t, server, director, "/ky-so", phone)
	tb.screenshot("ceremony-inbox-phone", true)
	tb.accessible()
	eval[bool](tb, `document.querySelectorAll('.paper input').forEach(i => i.click()) ?? true`)
	tb.follow(`form.ceremony button.primary`)
	tb.screenshot("ceremony-consent-phone", true)
	tb.narrow()
	tb.accessible()
	if text := eval[string](tb, `document.querySelector(".consents").textContent`); strings.Count(text,
		"mã tóm lược") != 2 {
		t.Errorf("the consent names %q", text)
	}
	tb.run(chromedp.Click(chromedp.CSS(`input[name="y"]`)), chromedp.SendKeys(chromedp.CSS(`#f-pin`), drafterPIN))
	tb.follow(`form.act button.primary`)
	tb.waitText("#ket-qua", "Đã ký 2 trên 2")
	tb.screenshot("ceremony-result-phone", true)
	tb.accessible()
	tb.clean()
}
