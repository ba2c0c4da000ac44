package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

func (w *fixture) opinion(a AgencyID, o Opinion, comments ...Comment) GiveReview {
	cmd := w.review(a, o)
	if len(comments) > 0 {
		cmd.Comments = comments
	}
	return cmd
}

func TestReviewRules(t *testing.T) {
	approve, back, no := OpinionApprove, OpinionReturn, OpinionReject
	for name, c := range map[string]struct {
		rules string
		say   []Opinion // of a0, a1, … in turn
		want  Phase
	}{
		"all":                  {"approve: all", []Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"all but one":          {"approve: all", []Opinion{approve, approve, approve}, AwaitingReviews},
		"a majority is enough": {"approve: majority", []Opinion{approve, approve, approve}, AwaitingNumber},
		"two of n":             {"approve: 2", []Opinion{approve, OpinionApproveComments}, AwaitingNumber},
		"more than there are":  {"approve: 9", []Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"weight of the leader": {"approve: majority, weights: {leader: 5}", []Opinion{approve}, AwaitingNumber},
		"weight of an agency": {"approve: 60%, weights: {a1: 6, leader: 2}",
			[]Opinion{approve, approve}, AwaitingNumber},
		"a return waits": {"approve: majority", []Opinion{back, approve, approve}, AwaitingReviews},
		"a return sends back": {"approve: majority",
			[]Opinion{back, approve, approve, approve}, AwaitingRevision},
		"a return at once": {"return: at_once", []Opinion{back}, AwaitingRevision},
		"a return only counts": {"approve: majority, return: count",
			[]Opinion{back, approve, approve, approve}, AwaitingNumber},
		"out of reach":           {"approve: majority, return: count", []Opinion{back, back}, AwaitingRevision},
		"a rejection stops":      {"approve: majority", []Opinion{approve, no}, PhaseRejected},
		"a rejection sends back": {"reject: return", []Opinion{no}, AwaitingRevision},
		"a rejection cancels":    {"reject: cancel", []Opinion{no}, PhaseCancelled},
		"a rejection only counts": {"approve: majority, reject: count",
			[]Opinion{no, approve, approve, approve}, AwaitingNumber},
		"all reject and it counts": {"reject: count", []Opinion{no}, AwaitingRevision},
		"as soon as out of reach":  {"approve: 3, return: count", []Opinion{back, approve, back}, AwaitingRevision},
		"one after the other": {"order: sequential",
			[]Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"the second, then the third": {"order: sequential, return: at_once",
			[]Opinion{approve, back}, AwaitingRevision},
	} {
		t.Run(name, func(t *testing.T) {
			w := under(t, 4, "  - {id: gop-y, kind: review, NAME, review: {"+c.rules+"}}"+strings.Replace(signing,
				", SIGN", "", 1))
			for i, o := range c.say {
				w.must(t, w.review(AgencyID(fmt.Sprintf("a%d", i)), o))
			}
			w.phase(t, c.want)
		})
	}
}

func TestSequentialReviewAsksInOrder(t *testing.T) {
	w := under(t, 4, "  - {id: gop-y, kind: review, NAME, review: {order: sequential}}")
	w.refused(t, w.review("a1", OpinionApprove), CodeWrongState)
	w.must(t, w.review("a0", OpinionApprove))
	if got := w.state.Covenant.Waiting; !slices.Equal(got, []AgencyID{"a1"}) {
		t.Errorf("waiting for %v, want a1", got)
	}
	w.refused(t, w.review("a0", OpinionReturn), CodeConflict)
}

func TestTwoReviewStages(t *testing.T) {
	w := under(t, 3, "  - {id: mot, kind: review, NAME}\n  - {id: hai, kind: review, NAME, who: [leader]}\n")
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, w.review(a, OpinionApprove))
	}
	if c := w.state.Covenant; c.Stage != "hai" || !slices.Equal(c.Waiting, []AgencyID{"a0"}) {
		t.Fatalf("stage %s waits for %v", c.Stage, c.Waiting)
	}
	w.must(t, w.review("a0", OpinionApprove))
	w.phase(t, PhaseAdopted)
	if got := w.state.Status(w.now, "vi"); got != "Đã thông qua" {
		t.Errorf("status %q", got)
	}
}

func TestConditionalStages(t *testing.T) {
	text := "  - {id: mot, kind: review, NAME, when: members > 10}\n" +
		"  - {id: hai, kind: review, NAME, when: members > 2}\n"
	w := under(t, 4, text)
	if c := w.state.Covenant; c.Stage != "hai" || !slices.Contains(w.kinds(), "stage_skipped") {
		t.Errorf("stage %s, events %v", c.Stage, w.kinds())
	}
	w = under(t, 3, "  - {id: mot, kind: review, NAME, when: members > 10}\n")
	if w.state.Covenant.Phase != PhaseAdopted {
		t.Errorf("with nothing to do the phase is %s", w.state.Covenant.Phase)
	}
}

func revised(n int, clauses ...string) SubmitRevision {
	cmd := revision(n)
	cmd.Parts = []ManifestPart{{"template t", DigestOf([]byte("t"))}, {"values v", DigestOf([]byte{byte(n)})}}
	for i, c := range clauses {
		cmd.Clauses = append(cmd.Clauses, ClauseDigest{ID: fmt.Sprintf("dieu-%d", i+1),
			Number: fmt.Sprintf("Điều %d", i+1), Digest: DigestOf([]byte(c))})
	}
	return cmd
}

func TestApprovalsCarryOver(t *testing.T) {
	comment := func(clause string) Comment { return Comment{Clause: clause, Text: "sửa"} }
	for rule, want := range map[string][]AgencyID{
		"all":      {"a0", "a1", "a2", "a3", "a4"},
		"changed":  {"a1", "a2", "a4"}, // a1 returned, a2 commented on what changed, a4 on the whole
		"returner": {"a1"},
	} {
		w := newFixture(t, 5)
		w.state.Process = stages(t, "  - {id: gop-y, kind: review, NAME, review: {again: "+rule+"}}\n")
		w.must(t, w.draft())
		w.must(t, revised(1, "a", "b", "c"))
		w.must(t, w.opinion("a1", OpinionReturn, comment("dieu-2")))
		w.must(t, w.opinion("a2", OpinionApproveComments, comment("dieu-2")))
		w.must(t, w.opinion("a3", OpinionApproveComments, comment("dieu-3")))
		w.must(t, w.opinion("a4", OpinionApproveComments, comment("")))
		w.must(t, w.review("a0", OpinionApprove))
		w.phase(t, AwaitingRevision)
		w.must(t, revised(2, "a", "B", "c"))
		c := w.state.Covenant
		if !slices.Equal(c.Waiting, want) {
			t.Errorf("again %s: asks %v, want %v", rule, c.Waiting, want)
		}
		for _, e := range c.Carried {
			if e.FromManifest != c.Revisions[0].Manifest || e.Manifest != c.Revisions[1].Manifest ||
				!slices.Equal(e.Unchanged, []string{"dieu-1", "dieu-3"}) ||
				!slices.Equal(e.Changed, []string{"dieu-2"}) {
				t.Errorf("carried %+v", e)
			}
		}
		for _, a := range want {
			w.must(t, w.review(a, OpinionApprove))
		}
		w.phase(t, PhaseAdopted)
	}
}

func TestApprovalsDoNotCarryOverAnotherTemplate(t *testing.T) {
	w := newFixture(t, 3)
	w.state.Process = stages(t, "  - {id: gop-y, kind: review, NAME, review: {again: returner, return: at_once}}\n")
	w.must(t, w.draft())
	w.must(t, revised(1, "a"))
	w.must(t, w.review("a0", OpinionApprove))
	w.must(t, w.review("a1", OpinionReturn))
	next := revised(2, "a")
	next.Parts[0].Digest = DigestOf([]byte("another template"))
	w.must(t, next)
	if got := len(w.state.Covenant.Waiting); got != 3 {
		t.Errorf("%d are asked about another template, want all 3", got)
	}
	w.must(t, w.review("a0", OpinionApprove))
	w.must(t, w.review("a1", OpinionReturn))
	w.must(t, func() SubmitRevision { r := revised(3, "b"); r.Parts[0] = next.Parts[0]; return r }())
	if got := w.state.Covenant.Waiting; !slices.Equal(got, []AgencyID{"a1", "a2"}) {
		t.Fatalf("%v are asked", got)
	}
	w.must(t, w.opinion("a0", OpinionReturn, Comment{Text: "nghĩ lại"})) // a carried approval may be taken back
	w.phase(t, AwaitingRevision)
}

func TestCommentsAndThreads(t *testing.T) {
	w := newFixture(t, 3)
	w.state.Process = stages(t, "  - {id: gop-y, kind: review, NAME, review: {resolve: required}}\n")
	w.must(t, w.draft())
	w.must(t, revised(1, "a", "b"))
	w.refused(t, w.opinion("a1", OpinionApproveComments, Comment{Clause: "dieu-9", Text: "?"}), CodeNotFound)
	w.refused(t, as("a1-officer", GiveReview{Agency: "a1", Revision: 1,
		Manifest: w.state.Covenant.Revisions[0].Manifest, Opinion: OpinionApproveComments}), CodeInvalid)
	w.must(t, w.opinion("a1", OpinionApproveComments, Comment{Clause: "dieu-2", Text: "nêu rõ thời hạn"}))
	w.must(t, as("a2-officer", PostComment{Agency: "a2", Revision: 1, Clause: "dieu-1", Text: "đồng ý"}))
	w.must(t, as("a0-officer", AnswerComment{Agency: "a0", Thread: "r1-a1-1", Text: "sẽ bổ sung"}))
	w.refused(t, as("a2-officer", PostComment{Agency: "a2", Revision: 2, Text: "x"}), CodeConflict)
	w.refused(t, as("a0-officer", AnswerComment{Agency: "a0", Thread: "r9", Text: "x"}), CodeNotFound)
	w.must(t, w.review("a0", OpinionApprove))
	w.must(t, w.review("a2", OpinionApprove))
	w.phase(t, AwaitingReviews)
	if got := w.state.Sentence(words.Vietnamese); got != "Đã đủ ý kiến, chờ đơn vị soạn thảo giải quyết 2 góp ý" {
		t.Errorf("status %q", got)
	}
	if turns := w.state.Turns(); len(turns) != 1 || turns[0] != (Turn{"a0", DutyDraft}) {
		t.Errorf("turns %v", turns)
	}
	w.refused(t, as("a2-officer", ResolveComment{Agency: "a2", Thread: "r1-a1-1"}), CodeForbidden)
	w.must(t, as("a1-officer", ResolveComment{Agency: "a1", Thread: "r1-a1-1"}))
	w.must(t, as("a1-officer", ResolveComment{Agency: "a1", Thread: "r1-a1-1", Open: true}))
	w.must(t, as("a0-officer", ResolveComment{Agency: "a0", Thread: "r1-a1-1"}))
	w.refused(t, as("a0-officer", ResolveComment{Agency: "a0", Thread: "r1-a1-1"}), CodeConflict)
	w.must(t, as("a0-officer", ResolveComment{Agency: "a0", Thread: "r1-a2-1"}))
	w.phase(t, PhaseAdopted)
	th := w.state.Covenant.Threads[0]
	if th.Digest != DigestOf([]byte("b")) || len(th.Answers) != 1 || !th.Resolved ||
		th.ResolvedBy.Person != "a0-officer" {
		t.Errorf("thread %+v", th)
	}
}

// Too few opinions by the deadline: what follows is the rule's, and what silence is taken for is no opinion.
func TestReviewQuorum(t *testing.T) {
	const text = "  - {id: gy, kind: review, NAME, due: {days: 2}, escalate: [{id: het, days: 1, THEN}], " +
		"review: {approve: 1, quorum: 3SHORT}}\n"
	open := func(then, short string) *fixture {
		w := under(t, 5, strings.NewReplacer("THEN", then, "SHORT", short).Replace(text))
		w.must(t, w.review("a1", OpinionApprove))
		w.must(t, w.review("a2", OpinionApprove))
		w.phase(t, AwaitingReviews) // one approval is enough, two opinions are not
		return w
	}
	w := open("then: continue", "")
	w.must(t, w.review("a3", OpinionApprove))
	w.phase(t, PhaseAdopted)
	w = open("then: continue", "")
	w.now = w.now.AddDate(0, 0, 5)
	w.must(t, w.climb("het"))
	w.phase(t, PhaseRejected)
	if got := w.state.Sentence(words.English); !strings.Contains(got, "too few agencies gave an opinion") {
		t.Errorf("status %q", got)
	}
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "đủ căn cứ"}))
	w.phase(t, PhaseAdopted)
	for short, want := range map[string]Phase{", short: return": AwaitingRevision, ", short: cancel": PhaseCancelled} {
		for _, then := range []string{"then: continue", "then: treat_as, as: approve"} {
			w = open(then, short)
			w.now = w.now.AddDate(0, 0, 5)
			w.must(t, w.climb("het"))
			w.phase(t, want)
		}
	}
}
