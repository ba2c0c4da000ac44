package workflow

import (
	"strings"
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

const hall = `  - {id: hn, kind: vote, NAME, due: {days: 3}, escalate: [{id: tra, days: 1, then: return}], vote: {quorum: 2/3, fail: FAIL, motions: [{id: m, vi: Chương trình, en: Programme}, {id: n, vi: Quy chế, en: Regulation}],
     conference: {place: Hội trường, proxies: 1, floor: true, amend: true, hands: true}}}
`

func inHall(t testing.TB, n int, fail string) *fixture {
	w := under(t, n, strings.Replace(hall, "FAIL", fail, 1))
	w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
	return w
}

func (w *fixture) here(t testing.TB, agencies ...AgencyID) {
	t.Helper()
	for _, a := range agencies {
		w.must(t, as("a0-officer", RecordAttendance{Agency: a, Person: PersonID(a + "-head"), Presence: Present}))
	}
}

func TestConference(t *testing.T) {
	w := under(t, 6, strings.Replace(hall, "FAIL", "return", 1))
	if got := w.state.Sentence(words.English); got != "Waiting for Cơ quan a0 to open the conference" {
		t.Errorf("status %q", got)
	}
	w.refused(t, as("a0-head", OpenMotions{}), CodeWrongState)
	w.refused(t, as("a1-head", OpenConference{Secretary: "a0-officer"}), CodeForbidden)
	w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
	w.refused(t, as("a0-head", OpenConference{Secretary: "a0-officer"}), CodeConflict)
	w.here(t, "a0", "a1", "a2")
	w.refused(t, as("a0-head", OpenMotions{}), CodeWrongState) // 3 of 6, quorum 4
	proxy := RecordProxy{From: "a3", To: "a1", GivenBy: "a3-head", Date: calendar.On(2026, 3, 25), Document: "GUQ số 5"}
	for name, bad := range map[string]func(*RecordProxy){
		"no document":         func(p *RecordProxy) { p.Document = "" },
		"dated tomorrow":      func(p *RecordProxy) { p.Date = calendar.On(2026, 3, 27) },
		"by who may not":      func(p *RecordProxy) { p.GivenBy = "a3-officer" },
		"to itself":           func(p *RecordProxy) { p.To = "a3" },
		"to the witness":      func(p *RecordProxy) { p.To = "w" },
		"of somebody present": func(p *RecordProxy) { p.From, p.GivenBy = "a2", "a2-head" },
	} {
		p := proxy
		bad(&p)
		if err := w.do(as("a0-officer", p)); err == nil {
			t.Errorf("a proxy %s was recorded", name)
		}
	}
	w.must(t, as("a0-officer", proxy))
	w.refused(t, as("a0-officer", proxy), CodeConflict)
	second := proxy
	second.From, second.GivenBy = "a4", "a4-head"
	w.refused(t, as("a0-officer", second), CodeForbidden) // a1 holds one already
	second.To = "a3"
	w.refused(t, as("a0-officer", second), CodeForbidden) // a3 gives one itself
	w.must(t, as("a0-head", OpenMotions{Motions: []MotionID{"m"}}))
	w.refused(t, w.cast("a3", "m", ChoiceFor), CodeForbidden) // its vote is with a1
	w.must(t, as("a1-head", CastBallot{Agency: "a3", Motion: "m", Choice: ChoiceFor}))
	w.refused(t, w.cast("a4", "m", ChoiceFor), CodeWrongState) // not there
	w.refused(t, as("a0-head", CountHands{Motion: "m", For: 3}), CodeConflict)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, w.cast(a, "m", ChoiceFor))
	}
	w.must(t, as("a0-head", CloseMotion{Motion: "m"}))
	if m := w.state.Covenant.Motions[0]; m.Result.Present != 4 || m.Result.For != 4 || m.Ballots[0].Proxy != "a1" {
		t.Errorf("motion %+v", m.Result)
	}
	w.must(t, as("a2-head", ProposeMotion{Agency: "a2", Text: "Tổ chức hội thao của khối"}))
	w.must(t, as("a0-head", OpenMotions{})) // the rest, together
	w.refused(t, as("a0-head", CloseConference{}), CodeWrongState)
	w.refused(t, as("a0-head", CountHands{Motion: "n", For: 3, Against: 2}), CodeInvalid) // five hands of four present
	w.must(t, as("a0-head", CountHands{Motion: "n", For: 2, Against: 1}))
	w.must(t, as("a0-head", CountHands{Motion: "n", For: 3, Against: 1}))
	w.refused(t, w.cast("a0", "n", ChoiceFor), CodeWrongState)
	w.must(t, as("a0-head", CloseMotion{Motion: "n"}))
	w.must(t, as("a0-head", CountHands{Motion: "de-nghi-1", Against: 4}))
	w.must(t, as("a0-head", CloseMotion{Motion: "de-nghi-1"})) // a proposal that fails stops nothing
	w.must(t, as("a0-head", CloseConference{}))
	w.phase(t, PhaseAdopted)
	w.must(t, RecordMinutes{Stage: "hn", Opened: w.now, Values: DigestOf([]byte("v")), PDF: DigestOf([]byte("p"))})
	w.refused(t, RecordMinutes{Stage: "hn", Opened: w.now}, CodeWrongState)
}

func TestAmendedOnTheSpot(t *testing.T) {
	for passes, want := range map[bool]int{true: 2, false: 1} {
		w := inHall(t, 3, "return")
		w.here(t, "a0", "a1", "a2")
		before, _ := w.state.Covenant.Revision()
		w.must(t, as("a0-head", OpenMotions{Motions: []MotionID{"m"}}))
		w.refused(t, AmendText{revision(2)}, CodeWrongState) // a motion is open
		w.must(t, as("a0-head", CountHands{Motion: "m", For: 3}))
		w.must(t, as("a0-head", CloseMotion{Motion: "m"}))
		w.must(t, AmendText{revision(2)})
		w.refused(t, as("a0-head", OpenMotions{Motions: []MotionID{"n"}}), CodeWrongState)
		w.refused(t, as("a0-head", CloseConference{}), CodeWrongState)
		w.must(t, as("a0-head", OpenMotions{}))
		amended := w.state.Covenant.motion("sua-doi-1")
		if amended.Manifest != w.state.Covenant.Revisions[1].Manifest ||
			w.state.Covenant.Motions[0].Manifest != before.Manifest {
			t.Errorf("motions are not bound to the texts voted on")
		}
		hands := CountHands{Motion: "sua-doi-1", For: 3}
		if !passes {
			hands.For, hands.Against = 1, 2
		}
		w.must(t, as("a0-head", hands))
		w.must(t, as("a0-head", CloseMotion{Motion: "sua-doi-1"}))
		if r, _ := w.state.Covenant.Revision(); r.Number != want {
			t.Errorf("passes %v: the text is revision %d, want %d", passes, r.Number, want)
		}
		w.must(t, as("a0-head", OpenMotions{}))
		w.must(t, as("a0-head", CountHands{Motion: "n", For: 3}))
		w.must(t, as("a0-head", CloseMotion{Motion: "n"}))
		w.must(t, as("a0-head", CloseConference{}))
		w.phase(t, PhaseAdopted)
	}
}

func TestAdjournedConference(t *testing.T) {
	w := inHall(t, 3, "again")
	w.here(t, "a0", "a1")
	w.must(t, as("a0-head", OpenMotions{Motions: []MotionID{"m"}}))
	w.must(t, as("a1-head", RecordAttendance{Agency: "a1", Presence: Absent}))
	w.refused(t, as("a0-head", CloseMotion{Motion: "m"}), CodeWrongState) // no quorum any more
	w.must(t, as("a0-head", CloseMotion{Motion: "m", Lapse: true}))
	if r := w.state.Covenant.Motions[0].Result; !r.Lapsed || r.Passed {
		t.Errorf("result %+v", r)
	}
	w.must(t, as("a0-head", CloseConference{}))
	w.phase(t, AwaitingVotes)
	if got := w.state.Sentence(words.Vietnamese); got != "Hội nghị tạm dừng, chờ Cơ quan a0 họp lại" {
		t.Errorf("status %q", got)
	}
	w.now = w.now.Add(time.Hour)
	w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
	w.here(t, "a0", "a1", "a2")
	w.must(t, as("a0-head", OpenMotions{}))
	if got := len(w.state.Covenant.MotionsOf("hn")); got != 2 {
		t.Errorf("%d motions, want 2", got)
	}
	for _, m := range []MotionID{"m", "n"} {
		w.must(t, as("a0-head", CountHands{Motion: m, For: 3}))
		w.must(t, as("a0-head", CloseMotion{Motion: m}))
	}
	w.must(t, as("a0-head", CloseConference{}))
	w.phase(t, PhaseAdopted)
	if len(w.state.Covenant.Conferences) != 2 {
		t.Errorf("%d sittings", len(w.state.Covenant.Conferences))
	}
}
