package web

import (
	"context"
	"net/http/httptest"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// empty is an installation in which nothing has been drafted yet.
type empty struct{ Source }

func (empty) List(context.Context) ([]engine.Summary, error) { return nil, nil }

// TestStates opens the pages at the turning points of a covenant's life, on a phone, at a desk and in English.
func TestStates(t *testing.T) {
	b := startBrowser(t)
	reviewing := newLife(t)
	reviewing.review("so-nnptnt", workflow.OpinionApprove)
	reviewing.review("so-tai-chinh", workflow.OpinionReturn, workflow.Comment{Clause: "bao-cao", Text: "Đề nghị ghi rõ hạn gửi báo cáo quý."})
	voting := newLife(t)
	voting.approved()
	for i, a := range voting.state.Covenant.Members()[:7] {
		voting.castFor(a, string(voting.state.Covenant.Motions[0].ID), []string{"for", "for", "for", "for", "against", "abstain", "for"}[i])
	}
	refused := signedLife(t, 1)
	waiting := refused.state.Covenant.Waiting[0]
	refused.do(workflow.RefuseSignature{By: refused.who(waiting, workflow.DutySign), Slot: workflow.SlotID(waiting), Reason: "Chưa thống nhất chỉ tiêu thu ngân sách."})
	for _, c := range []struct {
		name string
		src  Source
		path string
	}{
		{"reviewing", reviewing, "/giao-uoc/" + slug + "?lang=vi"},
		{"voting", voting, "/giao-uoc/" + slug},
		{"voting-board", voting, "/hoi-nghi/" + slug},
		{"hall-board", inHall(t, "open"), "/hoi-nghi/" + slug},
		{"hall-secret", inHall(t, "secret"), "/giao-uoc/" + slug},
		{"signing", signedLife(t, 4), "/giao-uoc/" + slug},
		{"signing-board", signedLife(t, 4), "/hoi-nghi/" + slug},
		{"scores-open", printer{scoring(t)}, "/giao-uoc/" + slug + "/cham-diem?lang=vi"},
		{"scores-ranked", printer{ranked(t)}, "/giao-uoc/" + slug + "/cham-diem"},
		{"refused", refused, "/giao-uoc/" + slug},
		{"refused-home", refused, "/"},
		{"empty-home", empty{}, "/"},
		{"empty-list", empty{}, "/giao-uoc"},
		{"reviewing-english", reviewing, "/giao-uoc/" + slug + "?lang=en"}, // last: the choice is remembered
	} {
		server := httptest.NewServer(handler(t, c.src))
		defer server.Close()
		for _, screen := range screens[:2] {
			t.Run(c.name+"/"+screen.name, func(t *testing.T) {
				tb := b.open(t, server.URL+c.path, screen.width, screen.height, screen.mobile)
				if eval[bool](tb, `!!document.querySelector("[data-viewer]")`) {
					tb.waitDrawn()
				}
				tb.narrow()
				tb.screenshot("state-"+screen.name+"-"+c.name, false)
				tb.screenshot("state-"+screen.name+"-"+c.name+"-whole", true)
				tb.accessible()
				tb.clean()
			})
		}
	}
}
