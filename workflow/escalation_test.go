package workflow

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func (w *fixture) climb(rung Rung) EscalateStage {
	c := w.state.Covenant
	return EscalateStage{Stage: c.Stage, Opening: c.Opening, Extension: c.Extension, Rung: rung}
}

func TestLadders(t *testing.T) {
	ladder := ", due: {days: 5}, escalate: [{id: nhac, days: -1, to: missing}, {id: bao, days: 1, hour: 9, " +
		"to: [leader, drafter]}, {id: cuoi, days: 3, to: leader, THEN}]"
	for name, c := range map[string]struct {
		then string
		want Phase
		kind string
	}{
		"continue":  {"then: continue", PhaseAdopted, "agencies_released"},
		"return":    {"then: return", AwaitingRevision, "revision_returned"},
		"approve":   {"then: treat_as, as: approve", PhaseAdopted, "opinion_deemed"},
		"abstain":   {"then: treat_as, as: abstain", AwaitingRevision, "opinion_deemed"},
		"extend":    {"then: extend, by: {days: 4}", AwaitingReviews, "deadline_extended"},
		"reject":    {"then: reject", PhaseRejected, "stopped"},
		"only mail": {"hour: 10", AwaitingReviews, "stage_escalated"},
	} {
		t.Run(name, func(t *testing.T) {
			w := under(t, 3, "  - {id: gop-y, kind: review, NAME"+strings.Replace(ladder, "THEN", c.then, 1)+"}\n")
			w.must(t, w.review("a0", OpinionApprove))
			due := w.state.Covenant.Due.LastDay()
			w.refused(t, w.climb("nhac"), CodeWrongState) // too early
			w.refused(t, w.climb("xyz"), CodeWrongState)
			w.now = due.AddDays(4).At(12, 0, w.state.Calendar.Zone()) // everything was down until now
			last := w.climb("cuoi")
			w.must(t, last) // carries out the earlier ones first
			w.phase(t, c.want)
			var rungs []Rung
			for _, e := range w.events {
				if e, ok := e.(StageEscalated); ok {
					rungs = append(rungs, e.Rung)
					if !slices.Equal(e.Missing, []AgencyID{"a1", "a2"}) {
						t.Errorf("rung %s: missing %v", e.Rung, e.Missing)
					}
				}
			}
			if !slices.Equal(rungs, []Rung{"nhac", "bao", "cuoi"}) || !slices.Contains(w.kinds(), c.kind) {
				t.Errorf("rungs %v, events %v", rungs, w.kinds())
			}
			if err := w.do(last); err == nil {
				t.Error("the rung was carried out twice")
			}
		})
	}
}

func TestDeadlineIsExtendedOnce(t *testing.T) {
	w := under(t, 3, "  - {id: gop-y, kind: review, NAME, due: {days: 5}, escalate: [{id: bao, days: 1, to: leader}, "+
		"{id: gia-han, days: 1, then: extend, by: {days: 4}}]}\n")
	first := w.state.Covenant.Due
	w.now = first.LastDay().AddDays(1).At(9, 0, w.state.Calendar.Zone())
	w.must(t, w.climb("gia-han"))
	if c := w.state.Covenant; !first.Date.Before(c.Due.Date) || c.Extension != 1 {
		t.Fatalf("due %v", c.Due)
	}
	steps, err := w.state.Ladder()
	if err != nil || len(steps) != 1 || steps[0].ID != "bao" || !steps[0].At.After(w.now) {
		t.Errorf("ladder %v, %v", steps, err)
	}
}

func TestOverdueVotes(t *testing.T) {
	vote := "  - {id: bq, kind: vote, NAME, due: {days: 5}, escalate: [{id: het, days: 1, then: THEN}], vote: " +
		"{quorum: 2/3, ballot: BALLOT, fail: continue, motions: [{id: m, vi: v, en: e}, {id: n, vi: v, en: e}]}}\n"
	late := func(then, ballot string) *fixture {
		w := under(t, 3, strings.NewReplacer("THEN", then, "BALLOT", ballot).Replace(vote))
		w.must(t, w.cast("a0", "m", ChoiceFor))
		w.must(t, w.cast("a1", "m", ChoiceFor))
		w.must(t, w.cast("a1", "n", ChoiceFor))
		w.now = w.state.Covenant.Due.LastDay().AddDays(1).At(8, 0, w.state.Calendar.Zone())
		return w
	}
	for _, ballot := range []string{"open", "secret"} {
		w := late("continue", ballot)
		cmd := w.climb("het")
		if ballot == "secret" {
			w.refused(t, cmd, CodeConflict) // the boxes were not opened
			cmd.Boxes = map[MotionID][]Choice{"m": {ChoiceFor, ChoiceFor}, "n": {ChoiceFor}}
		}
		w.must(t, cmd)
		w.phase(t, PhaseAdopted)
		if m := w.state.Covenant.Motions; !m[0].Result.Passed || m[1].Result.Passed || !m[1].Result.Lapsed {
			t.Errorf("%s: results %+v %+v", ballot, m[0].Result, m[1].Result)
		}
	}
	w := late("treat_as, as: abstain", "open")
	w.must(t, w.climb("het"))
	w.must(t, as("a0-head", CloseMotion{Motion: "m"}))
	if r := w.state.Covenant.Motions[0].Result; r.For != 2 || r.Abstain != 1 {
		t.Errorf("deemed abstentions: %+v", r)
	}
}

// Rungs that come at their times, one by one, are carried out once each: a later one does not repeat those before it.
func TestRungsComeOneByOne(t *testing.T) {
	w := under(t, 3, "  - {id: gop-y, kind: review, NAME, due: {days: 5}, escalate: [{id: mot, days: -1, "+
		"to: missing}, {id: hai, days: 1, to: leader}, {id: ba, days: 2, to: leader}]}\n")
	steps, err := w.state.Ladder()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		w.now = step.At
		w.must(t, w.climb(step.ID))
		w.refused(t, w.climb(step.ID), CodeConflict)
	}
	if got := len(w.state.Covenant.Rungs); got != 3 {
		t.Errorf("%d rungs were carried out, want 3", got)
	}
}

// Ladders at each of their moments: a minute before a rung nothing happens, at its moment it is carried out, whatever
// days off lie between; a rung counted in working days never falls on one.
func TestMomentsOfRungs(t *testing.T) {
	for _, c := range []struct{ rung, at string }{
		{"days: -1", "2026-03-30 08:00"}, {"days: 0, hour: 17", "2026-03-31 17:00"},
		{"days: 1, hour: 0", "2026-04-01 00:00"},
		{"days: 1, hour: 23", "2026-04-01 23:00"}, {"working_days: -2", "2026-03-27 08:00"},
		{"working_days: 3", "2026-04-03 08:00"}, {"working_days: 4", "2026-04-06 08:00"}, // over a weekend
		{"working_days: 20", "2026-04-29 08:00"}, // over Giỗ Tổ, 26 April, and its day in compensation, the 27th
		{"working_days: 21", "2026-05-04 08:00"}, // over 30 April, 1 May and a weekend
		{"days: 30", "2026-04-30 08:00"},
	} {
		w := under(t, 3,
			"  - {id: gop-y, kind: review, NAME, due: {working_days: 3}, escalate: [{id: bac, to: leader, "+
				c.rung+"}]}\n")
		if due := w.state.Covenant.Due.LastDay().String(); due != "2026-03-31" {
			t.Fatalf("due %s", due)
		}
		steps, err := w.state.Ladder()
		if err != nil || len(steps) != 1 || steps[0].At.Format("2006-01-02 15:04") != c.at {
			t.Errorf("%s falls on %v, %v; want %s", c.rung, steps, err, c.at)
			continue
		}
		w.now = steps[0].At.Add(-time.Minute)
		saysNo(t, w.do(w.climb("bac")), CodeWrongState, "chưa đến lúc thực hiện bậc “bac”", "“bac” is not due yet")
		w.now = steps[0].At
		w.must(t, w.climb("bac"))
		saysNo(t, w.do(w.climb("bac")), CodeConflict, "bậc “bac” đã được thực hiện", "“bac” was carried out already")
	}
}
