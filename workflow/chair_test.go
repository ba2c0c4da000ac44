package workflow

import (
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

func chaired(t testing.TB, chair string) *fixture {
	return under(t, 5, strings.Replace(strings.Replace(hall, "FAIL", "continue", 1), "vote: {",
		"vote: {chair: "+chair+", ", 1))
}

// Who chairs is the process's to say: the first without a conflict, another one with a reason, a third one never.
func TestChairByRule(t *testing.T) {
	w := chaired(t, "[leader, deputy]")
	open := OpenConference{Secretary: "a0-officer", Agency: "a1"}
	w.refused(t, as("a1-head", open), CodeInvalid) // no reason
	w.refused(t, as("a2-head", OpenConference{Secretary: "a0-officer", Agency: "a2", Reason: "x"}), CodeForbidden)
	open.Reason = "Khối trưởng vắng mặt"
	w.must(t, as("a1-head", open))
	if s := w.state.Covenant.Sitting(); s.Chairing != "a1" || s.ChairReason == "" || w.state.Chair() != "a1" {
		t.Errorf("chair %s, sitting %+v", w.state.Chair(), s.ConferenceOpened)
	}
	w.here(t, "a1", "a2", "a3", "a4")
	w.refused(t, as("a0-head", OpenMotions{}), CodeForbidden)
	w.must(t, as("a1-head", OpenMotions{Motions: []MotionID{"m"}}))
	for _, a := range []AgencyID{"a1", "a2", "a3", "a4"} {
		w.must(t, w.cast(a, "m", ChoiceFor))
	}
	w.must(t, as("a1-head", CloseMotion{Motion: "m"}))
	if r := w.state.Covenant.Motions[0].Result; r.Chairing != "a1" || r.Chair != "a1-head" ||
		r.Authority.Title != "Giám đốc" {
		t.Errorf("result %+v does not name the chair", r)
	}
}

// The chair is handed over by who has it, or taken where that agency is away or has a conflict of interest.
func TestChairHandedOver(t *testing.T) {
	w := chaired(t, "[leader, deputy]")
	w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
	w.here(t, "a0", "a2", "a3", "a4")
	hand := as("a0-head", HandOverChair{To: "a1", Reason: "Khối trưởng đi họp khác"})
	w.refused(t, hand, CodeWrongState) // a1 is not there
	w.here(t, "a1")
	w.refused(t, as("a1-head", HandOverChair{To: "a1", Reason: "x"}), CodeForbidden) // the chair is there
	w.refused(t, as("a0-head", HandOverChair{To: "a2", Reason: "x"}), CodeForbidden)
	w.refused(t, as("a0-head", HandOverChair{To: "a1"}), CodeInvalid)
	w.must(t, hand)
	w.refused(t, as("a0-head", OpenMotions{}), CodeForbidden)
	w.must(t, as("a0-officer", RecordAttendance{Agency: "a1", Presence: Absent}))
	w.must(t, as("a0-head", HandOverChair{To: "a0", Reason: "Khối phó về trước"})) // taken back
	w.must(t, as("a0-head", DeclareConflict{Agency: "a0", Motion: "", Reason: "x"}))
	w.must(t, as("a0-head", OpenMotions{Motions: []MotionID{"m"}})) // nobody else is there to chair
	w.here(t, "a1")
	w.refused(t, as("a0-head", OpenMotions{Motions: []MotionID{"n"}}), CodeForbidden)
	w.must(t, as("a1-head", HandOverChair{To: "a1", Reason: "Khối trưởng có xung đột lợi ích"}))
	for _, a := range []AgencyID{"a1", "a2", "a3"} {
		w.must(t, w.cast(a, "m", ChoiceFor))
	}
	w.must(t, as("a1-head", CloseMotion{Motion: "m"}))
	if s := w.state.Covenant.Sitting(); len(s.Handovers) != 3 || s.Handovers[2].From != "a0" ||
		s.Handovers[2].Authority.Position != "a1-head" {
		t.Errorf("handovers %+v", s.Handovers)
	}
}

// Without a conference a motion is closed by the first of the rule that has no conflict about it.
func TestChairOfElectronicVote(t *testing.T) {
	w := under(t, 4, "  - {id: bq, kind: vote, NAME, vote: {chair: [a2, leader], motions: [{id: m, vi: v, en: e}, "+
		"{id: n, vi: v, en: e}]}}\n")
	w.must(t, as("a2-head", DeclareConflict{Agency: "a2", Motion: "m", Reason: "x"}))
	for _, m := range []MotionID{"m", "n"} {
		for _, a := range w.state.Covenant.motion(m).Who {
			w.must(t, w.cast(a, m, ChoiceFor))
		}
	}
	if got := w.state.Turns(); len(got) != 2 || got[0].Agency != "a0" || got[1].Agency != "a2" {
		t.Errorf("turns %v", got)
	}
	w.refused(t, as("a2-head", CloseMotion{Motion: "m"}), CodeForbidden)
	w.must(t, as("a0-head", CloseMotion{Motion: "m"}))
	w.refused(t, as("a0-head", CloseMotion{Motion: "n"}), CodeForbidden)
	w.must(t, as("a2-head", CloseMotion{Motion: "n"}))
	w.phase(t, PhaseAdopted)
}

// A delegation for one covenant lets its holder review, vote, chair and report in that covenant alone,
// with both names in the record.
func TestConferenceUnderDelegationForOneCovenant(t *testing.T) {
	w := chaired(t, "leader")
	for id, duties := range map[PersonID][]Duty{"a0-head": {DutyVote},
		"a0-officer": {DutyDraft, DutyReview, DutyReport, DutyNumber}} {
		w.state.Directory.Apply(PersonRegistered{Person: "kim", Name: Personal{Text: "Bà Kim"}})
		w.state.Directory.Apply(DutiesDelegated{From: PositionID(id), To: "kim", Title: "Phó Giám đốc", Duties: duties,
			Start: calendar.On(2026, 1, 1), End: calendar.On(2026, 12, 31), Covenant: "id"})
	}
	for _, d := range []Duty{DutyReview, DutyVote, DutyReport} {
		for covenant, want := range map[CovenantID]int{"id": 2, "other": 1} {
			if got := w.state.Directory.HoldersIn(covenant, "a0", d, calendar.On(2026, 3, 26)); len(got) != want {
				t.Errorf("%s in covenant %q: %v", d, covenant, got)
			}
		}
		if _, err := w.state.Directory.AuthorityIn("other", "kim", "a0", d,
			calendar.On(2026, 3, 26)); ErrorCode(err) != CodeForbidden {
			t.Errorf("%s in another covenant: %v", d, err)
		}
	}
	w.must(t, as("kim", OpenConference{Secretary: "a0-officer"}))
	w.must(t, as("kim", RecordAttendance{Agency: "a0", Person: "kim", Presence: Present}))
	w.here(t, "a1", "a2", "a3")
	w.must(t, as("kim", OpenMotions{Motions: []MotionID{"m"}}))
	w.must(t, as("kim", CastBallot{Agency: "a0", Motion: "m", Choice: ChoiceFor}))
	for _, a := range []AgencyID{"a1", "a2", "a3"} {
		w.must(t, w.cast(a, "m", ChoiceFor))
	}
	w.must(t, as("kim", CloseMotion{Motion: "m"}))
	w.must(t, as("kim", ProposeMotion{Agency: "a0", Text: "x"}))
	w.must(t, as("kim", OpenMotions{}))
	w.must(t, as("kim", CountHands{Motion: "n", For: 4}))
	acted := map[string]bool{}
	for _, e := range w.events {
		if a := AuthorityOf(e); a.For != "" {
			acted[e.Kind()] = a.For == "a0-head" && a.Title == "Phó Giám đốc" && a.Delegation != ""
		}
	}
	for _, kind := range []string{"conference_opened", "attendance_recorded", "ballot_cast", "motion_closed",
		"motion_proposed", "hands_counted"} {
		if !acted[kind] {
			t.Errorf("%s does not name both", kind)
		}
	}
}

// A review and a report under a delegation for one covenant name both, too.
func TestReviewUnderDelegation(t *testing.T) {
	w := under(t, 3, "  - {id: gy, kind: review, NAME}\n")
	w.state.Directory.Apply(PersonRegistered{Person: "kim", Name: Personal{Text: "Bà Kim"}})
	g := DutiesDelegated{From: "a1-officer", To: "kim", Title: "Chuyên viên", Duties: []Duty{DutyReview},
		Start: calendar.On(2026, 1, 1), End: calendar.On(2026, 12, 31), Covenant: "other"}
	w.state.Directory.Apply(g)
	given := as("kim", w.review("a1", OpinionApprove))
	w.refused(t, given, CodeForbidden)
	g.Covenant = "id"
	w.state.Directory.Apply(g)
	w.must(t, given)
	if r := w.state.Covenant.Reviews[0]; r.Person != "kim" || r.Authority.For != "a1-officer" {
		t.Errorf("opinion %+v", r)
	}
}
