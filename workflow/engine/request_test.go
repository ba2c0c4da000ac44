package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// requested are the mails that asked somebody to act, by agency and address, with how often one was handed over.
func (o *office) requested(task string) map[string]int {
	o.t.Helper()
	check(o.t, o.AwaitMails(context.Background()))
	out := map[string]int{}
	for _, m := range o.delivered() {
		part := strings.Split(string(m.Key), "/")
		if m.Kind == "request" && part[3] == task {
			out[part[4]+" "+part[5]]++
		}
	}
	return out
}

// Whoever has the turn is written to when it comes, the office and those whose duty it is, once for each opening of
// a stage: one after the other where the review goes so, again for a new revision, and not again because somebody
// else acted or the program was restarted.
func TestRequests(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.begin("  - {id: gy, kind: review, NAME, review: {order: sequential, return: at_once}}\n  - {id: bq, kind: " +
			"vote, NAME, vote: {motions: [{id: m, vi: v, en: e}]}}\n")
		members := o.state().Covenant.Members()
		if got := o.requested("review"); len(got) != 2 ||
			got[string(members[0])+" vanphong@"+string(members[0])+".tangiang.example"] != 1 {
			t.Errorf("at first %v were asked", got)
		}
		o.review(members[0], workflow.OpinionApprove)
		if got := o.requested("review"); len(got) != 4 {
			t.Errorf("then %v", got)
		}
		o.review(members[1], workflow.OpinionReturn)
		if got := o.requested("revise"); len(got) != 2 {
			t.Errorf("the drafter: %v", got)
		}
		for _, m := range o.delivered() {
			says := strings.Contains(m.Body, "trả lại") && strings.Contains(m.Body, "làm rõ chỉ tiêu 2")
			if strings.Contains(string(m.Key), "/revise/") && !says {
				t.Errorf("%q does not say why", m.Body)
			}
		}
		o.restart(0)
		o.submitAgain()
		for _, a := range members {
			o.review(a, workflow.OpinionApprove)
		}
		for mail, times := range o.requested("review") { // the third was first asked about the second revision
			want := 2
			if strings.HasPrefix(mail, string(members[2])) {
				want = 1
			}
			if times != want {
				t.Errorf("%s was asked %d times, want %d", mail, times, want)
			}
		}
		by := o.who(members[0], workflow.DutyVote)
		o.do(by, "vote", workflow.CastBallot{Agency: members[0], Motion: "m", Choice: workflow.ChoiceFor})
		for mail, times := range o.requested("vote") {
			if times != 1 {
				t.Errorf("%s was asked to vote %d times", mail, times)
			}
		}
		if n := len(o.requested("vote")); n != 6 {
			t.Errorf("%d asked to vote, want 6", n)
		}
	})
}

func (o *office) review(agency workflow.AgencyID, opinion workflow.Opinion) {
	o.t.Helper()
	by := o.who(agency, workflow.DutyReview)
	revision, _ := o.state().Covenant.Revision()
	cmd := workflow.GiveReview{Agency: agency, Revision: revision.Number, Manifest: revision.Manifest, Opinion: opinion}
	if opinion == workflow.OpinionReturn {
		cmd.Comments = []workflow.Comment{{Text: "Đề nghị làm rõ chỉ tiêu 2."}}
	}
	o.do(by, fmt.Sprint("review/", revision.Number, agency), cmd)
}

// submitAgain submits the values with another theme.
func (o *office) submitAgain() {
	o.t.Helper()
	o.values = []byte(strings.Replace(string(o.values), "Kỷ cương, sáng tạo", "Kỷ cương, đổi mới", 1))
	by := o.who("so-gddt", workflow.DutyDraft)
	_, err := o.Submit(context.Background(), engine.SubmitRequest{Covenant: o.id, Values: o.values},
		o.as(by, "submit again"))
	check(o.t, err)
}

// Who decides on a covenant that stopped is written to, and says so once more only where it stops again for another
// reason.
func TestRequestToDecide(t *testing.T) {
	o := newOffice(t)
	o.shrink()
	o.begin("  - {id: gy, kind: review, NAME, due: {days: 5}, review: {reject: decide, approve: 1, quorum: 2}}\n")
	members := o.state().Covenant.Members()
	by := o.who(members[1], workflow.DutyReview)
	revision, _ := o.state().Covenant.Revision()
	o.do(by, "reject", workflow.GiveReview{Agency: members[1], Revision: 1, Manifest: revision.Manifest,
		Opinion: workflow.OpinionReject, Comments: []workflow.Comment{{Text: "x"}}})
	want := "so-gddt vanphong@so-gddt.tangiang.example"
	if got := o.requested("decide"); len(got) != 2 || got[want] != 1 {
		t.Errorf("asked to decide: %v", got)
	}
	for _, m := range o.delivered() {
		if strings.Contains(string(m.Key), "/decide/") && !strings.Contains(m.Body, "không nhất trí") {
			t.Errorf("%q does not say why", m.Body)
		}
	}
	if got := o.requested("review"); len(got) != 6 {
		t.Errorf("asked to review: %v", got)
	}
}

// At a conference nobody in the hall is written to, but who is to open it.
func TestNoRequestsInTheHall(t *testing.T) {
	o := newOffice(t)
	o.shrink()
	o.begin("  - {id: hn, kind: vote, NAME, vote: {chair: [deputy], quorum: 1, motions: [{id: m, vi: v, en: e}], " +
		"conference: {place: p}}}\n")
	chair := o.who("so-noi-vu", workflow.DutyVote)
	o.do(chair, "open", workflow.OpenConference{Secretary: chair})
	o.do(chair, "here", workflow.RecordAttendance{Agency: "so-noi-vu", Person: chair, Presence: workflow.Present})
	o.do(chair, "put", workflow.OpenMotions{})
	if got := o.requested("chair"); len(got) != 2 ||
		got["so-noi-vu "+string(chair)+"@so-noi-vu.tangiang.example"] != 1 {
		t.Errorf("asked to open: %v", got)
	}
	if got := o.requested("vote"); len(got) != 0 {
		t.Errorf("asked to vote: %v", got)
	}
}

// A mail's language is the person's, else the agency's, else none, which is both. A request in doubt is recorded
// and sent again.
func TestLanguageAndDoubtOfRequests(t *testing.T) {
	o := newOffice(t)
	o.shrink()
	voter := workflow.PersonID("")
	for i := range o.block.Agencies {
		if a := &o.block.Agencies[i]; a.ID == "so-yte" {
			a.Language = words.English
			voter = a.People[0].ID
			a.People[0].Language = words.Vietnamese
		}
	}
	var once sync.Once
	o.does(func(stage sink.Stage, to string) (err error) {
		if stage == sink.StageRead && to == "vanphong@so-yte.tangiang.example" {
			once.Do(func() { err = sink.ErrDrop })
		}
		return err
	})
	o.begin("  - {id: bq, kind: vote, NAME, vote: {motions: [{id: m, vi: v, en: e}]}}\n")
	check(t, o.AwaitMails(context.Background()))
	later(o, 7*time.Hour) // after which the mail in doubt is sent again
	check(t, o.AwaitMails(context.Background()))
	got := map[string]string{}
	for _, m := range o.delivered() {
		if m.Kind == "request" {
			got[m.To] = m.Body
		}
	}
	for address, want := range map[string][]bool{ // Vietnamese, English
		"vanphong@so-yte.tangiang.example": {false, true}, "vanphong@so-gddt.tangiang.example": {true, true},
		string(voter) + "@so-yte.tangiang.example": {true, false},
	} {
		is := []bool{strings.Contains(got[address], "Kính gửi: "), strings.Contains(got[address], "To: ")}
		if !slices.Equal(is, want) {
			t.Errorf("mail to %s is in Vietnamese, English: %v, want %v\n%s", address, is, want, got[address])
		}
	}
	check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
		doubts, err := tx.Settings(context.Background(), "mail-in-doubt/")
		if len(doubts) != 1 {
			t.Errorf("%d mails recorded in doubt, want 1", len(doubts))
		}
		return err
	}))
}
