package workflow

import "testing"

// The revision that somebody approved last is the one that a redline starts from; who approved none has none.
func TestLastApproved(t *testing.T) {
	w := newFixture(t, 3)
	w.must(t, as("a0-officer", w.draft()))
	w.must(t, as("a0-officer", revision(1)))
	w.must(t, as("a0-officer", w.review("a0", OpinionApprove)))
	comment := Comment{Text: "chưa rõ"}
	w.must(t, as("a1-officer", w.opinion("a1", OpinionReturn, comment)))
	w.must(t, as("a2-officer", w.opinion("a2", OpinionReturn, comment)))
	w.must(t, as("a0-officer", revision(2)))
	for person, want := range map[PersonID]int{"a0-officer": 1, "a1-officer": 0, "a2-officer": 0, "": 0} {
		r, ok := w.state.Covenant.LastApproved(person)
		if ok != (want > 0) || r.Number != want {
			t.Errorf("%q approved revision %d, %v; want %d", person, r.Number, ok, want)
		}
	}
	w.must(t, as("a1-officer", w.review("a1", OpinionApprove)))
	w.must(t, as("a0-officer", w.review("a0", OpinionApprove)))
	for person, want := range map[PersonID]int{"a0-officer": 2, "a1-officer": 2} {
		if r, ok := w.state.Covenant.LastApproved(person); !ok || r.Number != want {
			t.Errorf("%q approved revision %d, %v; want %d", person, r.Number, ok, want)
		}
	}
}
