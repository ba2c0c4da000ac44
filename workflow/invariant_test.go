package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"covenant/internal/words"

	"pgregory.net/rapid"
)

func (w *fixture) invariants(r *rapid.T, ballots box) {
	s, c := w.state, w.state.Covenant
	switch c.Phase {
	case PhaseAdopted, PhaseInForce, PhaseCancelled, PhaseClosed, PhaseWithdrawn:
	default:
		alive := slices.ContainsFunc(w.possible(),
			func(cmd Command) bool { _, err := decided(s, cmd, w.now); return err == nil })
		if !alive {
			r.Fatalf("nobody can act in phase %s of stage %s: waiting %v, turns %v\n%v", c.Phase, c.Stage,
				c.Waiting, s.Turns(), w.kinds())
		}
		if c.Phase != AwaitingFreeze && c.Phase != AwaitingValidation && len(s.Turns()) == 0 {
			r.Fatalf("phase %s names nobody whose turn it is", c.Phase)
		}
	}
	for _, lang := range words.Languages() {
		if s.Status(w.now, lang) == "" || strings.Contains(s.Status(w.now, lang), "%!") {
			r.Fatalf("status in %s: %q", lang, s.Status(w.now, lang))
		}
	}
	for _, g := range c.Reviews {
		if g.Manifest != c.Revisions[g.Revision-1].Manifest {
			r.Fatalf("an opinion counts for another text")
		}
	}
	for _, e := range c.Carried {
		if e.Manifest != c.Revisions[e.Revision-1].Manifest ||
			e.FromManifest != c.Revisions[e.FromRevision-1].Manifest {
			r.Fatalf("a carried approval names other texts")
		}
	}
	w.checkTallies(r, ballots)
	w.checkPolls(r, ballots)
	w.checkReplay(r)
}

func (w *fixture) checkTallies(r *rapid.T, ballots box) {
	for _, m := range w.state.Covenant.Motions {
		if m.Cast() > len(w.state.Covenant.Parties) {
			r.Fatalf("motion %s has %d votes", m.ID, m.Cast())
		}
		if m.Secret && m.Result == nil && len(ballots[fmt.Sprint(m.ID, m.Round)]) != len(m.Taken) {
			r.Fatalf("box and log disagree on motion %s", m.ID)
		}
		if x := m.Result; x != nil && (x.For+x.Against+x.Abstain > x.Entitled || x.Present > x.Entitled ||
			x.Passed && (x.Present < x.Quorum || x.Lapsed)) {
			r.Fatalf("motion %s: impossible result %+v", m.ID, x)
		}
	}
}

func (w *fixture) checkPolls(r *rapid.T, ballots box) {
	sc := w.state.Covenant.Scoring
	if sc == nil {
		return
	}
	for _, p := range sc.Polls {
		if p.Secret && p.Result == nil && len(ballots[fmt.Sprint("poll", p.Poll, p.Round)]) != len(p.Taken) {
			r.Fatalf("box and log disagree on poll %s", p.Poll)
		}
		if x := p.Result; x != nil {
			sum := 0
			for _, row := range x.Rows {
				if row.Votes > x.Cast-x.Blank {
					r.Fatalf("poll %s: impossible row %+v of %+v", p.Poll, row, x)
				}
				sum += row.Votes
			}
			if x.Cast > x.Entitled || x.Blank > x.Cast || !x.Lapsed && x.Cast < x.Quorum ||
				x.Elected != "" && x.Lapsed || x.Cast > x.Blank && sum == 0 {
				r.Fatalf("poll %s: impossible result %+v", p.Poll, x)
			}
		}
	}
	if r2 := sc.Ranking; r2 != nil && len(sc.Undecided()) > 0 {
		r.Fatalf("ranked with appeals open")
	}
}

// checkReplay holds the state against what its events, through their JSON form, make of it.
func (w *fixture) checkReplay(r *rapid.T) {
	if len(w.events)%7 == 0 {
		w.checkReplayNow(r)
	}
}

func (w *fixture) checkReplayNow(r interface{ Fatalf(string, ...any) }) {
	replayed := &Covenant{}
	for _, e := range w.events {
		replayed.Apply(throughJSON(r, e))
	}
	if got, want := asJSON(replayed), asJSON(w.state.Covenant); got != want {
		r.Fatalf("replayed\n%s\nwant\n%s", got, want)
	}
}

func throughJSON(t interface{ Fatalf(string, ...any) }, e Event) Event {
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("%v", err)
	}
	back, err := DecodeEvent(e.Kind(), data)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return back
}

func asJSON(c *Covenant) string {
	data, _ := json.Marshal(c)
	return string(data)
}
