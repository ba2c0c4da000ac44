package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stages is a process of the given stages, in short form.
func stages(t testing.TB, text string) *Process {
	t.Helper()
	p, err := ParseProcess("p.yaml", []byte("process: {id: p, vi: v, en: e}\nstages:\n"+strings.ReplaceAll(text, "NAME", "name: {vi: Bước, en: Stage}")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// under is a world of n members whose covenant follows a process and has its first revision.
func under(t testing.TB, n int, text string) *world {
	w := newWorld(t, n)
	w.state.Process = stages(t, text)
	w.must(t, w.draft())
	w.must(t, revision(1))
	return w
}

const signing = `
  - {id: so, kind: number, NAME, number: {book: b}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader], [deputy], [member], [witness]], SIGN}}
  - {id: ra, kind: issue, NAME}
`

func (w *world) opinion(a AgencyID, o Opinion, comments ...Comment) GiveReview {
	cmd := w.review(a, o)
	if len(comments) > 0 {
		cmd.Comments = comments
	}
	return cmd
}

func (w *world) cast(a AgencyID, m MotionID, c Choice) CastBallot {
	return CastBallot{By: PersonID(a + "-head"), Agency: a, Motion: m, Choice: c}
}

func (w *world) refused(t testing.TB, c Command, want Code) {
	t.Helper()
	if err := w.do(c); ErrorCode(err) != want {
		t.Errorf("%T: %v; want code %s", c, err, want)
	}
}

func (w *world) phase(t testing.TB, want Phase) {
	t.Helper()
	if got := w.state.Covenant.Phase; got != want {
		t.Fatalf("phase %s, want %s", got, want)
	}
}

func (w *world) kinds() []string {
	var out []string
	for _, e := range w.events {
		out = append(out, e.Kind())
	}
	return out
}

func TestReviewRules(t *testing.T) {
	approve, back, no := OpinionApprove, OpinionReturn, OpinionReject
	for name, c := range map[string]struct {
		rules string
		say   []Opinion // of a0, a1, … in turn
		want  Phase
	}{
		"all":                        {"approve: all", []Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"all but one":                {"approve: all", []Opinion{approve, approve, approve}, AwaitingReviews},
		"a majority is enough":       {"approve: majority", []Opinion{approve, approve, approve}, AwaitingNumber},
		"two of n":                   {"approve: 2", []Opinion{approve, OpinionApproveComments}, AwaitingNumber},
		"more than there are":        {"approve: 9", []Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"weight of the leader":       {"approve: majority, weights: {leader: 5}", []Opinion{approve}, AwaitingNumber},
		"weight of an agency":        {"approve: 60%, weights: {a1: 6, leader: 2}", []Opinion{approve, approve}, AwaitingNumber},
		"a return waits":             {"approve: majority", []Opinion{back, approve, approve}, AwaitingReviews},
		"a return sends back":        {"approve: majority", []Opinion{back, approve, approve, approve}, AwaitingRevision},
		"a return at once":           {"return: at_once", []Opinion{back}, AwaitingRevision},
		"a return only counts":       {"approve: majority, return: count", []Opinion{back, approve, approve, approve}, AwaitingNumber},
		"out of reach":               {"approve: majority, return: count", []Opinion{back, back}, AwaitingRevision},
		"a rejection stops":          {"approve: majority", []Opinion{approve, no}, PhaseRejected},
		"a rejection sends back":     {"reject: return", []Opinion{no}, AwaitingRevision},
		"a rejection cancels":        {"reject: cancel", []Opinion{no}, PhaseCancelled},
		"a rejection only counts":    {"approve: majority, reject: count", []Opinion{no, approve, approve, approve}, AwaitingNumber},
		"all reject and it counts":   {"reject: count", []Opinion{no}, AwaitingRevision},
		"as soon as out of reach":    {"approve: 3, return: count", []Opinion{back, approve, back}, AwaitingRevision},
		"one after the other":        {"order: sequential", []Opinion{approve, approve, approve, approve}, AwaitingNumber},
		"the second, then the third": {"order: sequential, return: at_once", []Opinion{approve, back}, AwaitingRevision},
	} {
		t.Run(name, func(t *testing.T) {
			w := under(t, 4, "  - {id: gop-y, kind: review, NAME, review: {"+c.rules+"}}"+strings.Replace(signing, ", SIGN", "", 1))
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

// Two reviews in one process are two: who approved in the first is asked in the second.
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
	text := "  - {id: mot, kind: review, NAME, when: members > 10}\n  - {id: hai, kind: review, NAME, when: members > 2}\n"
	w := under(t, 4, text)
	if c := w.state.Covenant; c.Stage != "hai" || !slices.Contains(w.kinds(), "stage_skipped") {
		t.Errorf("stage %s, events %v", c.Stage, w.kinds())
	}
	if w := under(t, 3, "  - {id: mot, kind: review, NAME, when: members > 10}\n"); w.state.Covenant.Phase != PhaseAdopted {
		t.Errorf("with nothing to do the phase is %s", w.state.Covenant.Phase)
	}
}

// revised is a revision of three clauses, with the digest of each.
func revised(n int, clauses ...string) SubmitRevision {
	cmd := revision(n)
	cmd.Parts = []ManifestPart{{"template t", DigestOf([]byte("t"))}, {"values v", DigestOf([]byte{byte(n)})}}
	for i, c := range clauses {
		cmd.Clauses = append(cmd.Clauses, ClauseDigest{ID: fmt.Sprintf("dieu-%d", i+1), Number: fmt.Sprintf("Điều %d", i+1), Digest: DigestOf([]byte(c))})
	}
	return cmd
}

// After a return only those are asked whom the change concerns; the others' approvals carry over, bound to both digests.
func TestApprovalsCarryOver(t *testing.T) {
	comment := func(clause string) Comment { return Comment{Clause: clause, Text: "sửa"} }
	for rule, want := range map[string][]AgencyID{
		"all":      {"a0", "a1", "a2", "a3", "a4"},
		"changed":  {"a1", "a2", "a4"}, // a1 returned, a2 commented on what changed, a4 on the whole
		"returner": {"a1"},
	} {
		w := newWorld(t, 5)
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
			if e.FromManifest != c.Revisions[0].Manifest || e.Manifest != c.Revisions[1].Manifest || !slices.Equal(e.Unchanged, []string{"dieu-1", "dieu-3"}) ||
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
	w := newWorld(t, 3)
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
	w := newWorld(t, 3)
	w.state.Process = stages(t, "  - {id: gop-y, kind: review, NAME, review: {resolve: required}}\n")
	w.must(t, w.draft())
	w.must(t, revised(1, "a", "b"))
	w.refused(t, w.opinion("a1", OpinionApproveComments, Comment{Clause: "dieu-9", Text: "?"}), CodeNotFound)
	w.refused(t, GiveReview{By: "a1-officer", Agency: "a1", Revision: 1, Manifest: w.state.Covenant.Revisions[0].Manifest, Opinion: OpinionApproveComments}, CodeInvalid)
	w.must(t, w.opinion("a1", OpinionApproveComments, Comment{Clause: "dieu-2", Text: "nêu rõ thời hạn"}))
	w.must(t, PostComment{By: "a2-officer", Agency: "a2", Revision: 1, Clause: "dieu-1", Text: "đồng ý"})
	w.must(t, AnswerComment{By: "a0-officer", Agency: "a0", Thread: "r1-a1-1", Text: "sẽ bổ sung"})
	w.refused(t, PostComment{By: "a2-officer", Agency: "a2", Revision: 2, Text: "x"}, CodeConflict)
	w.refused(t, AnswerComment{By: "a0-officer", Agency: "a0", Thread: "r9", Text: "x"}, CodeNotFound)
	w.must(t, w.review("a0", OpinionApprove))
	w.must(t, w.review("a2", OpinionApprove))
	w.phase(t, AwaitingReviews)
	if got := w.state.Sentence("vi"); got != "Đã đủ ý kiến, chờ đơn vị soạn thảo giải quyết 2 góp ý" {
		t.Errorf("status %q", got)
	}
	if turns := w.state.Turns(); len(turns) != 1 || turns[0] != (Turn{"a0", DutyDraft}) {
		t.Errorf("turns %v", turns)
	}
	w.refused(t, ResolveComment{By: "a2-officer", Agency: "a2", Thread: "r1-a1-1"}, CodeForbidden)
	w.must(t, ResolveComment{By: "a1-officer", Agency: "a1", Thread: "r1-a1-1"})
	w.must(t, ResolveComment{By: "a1-officer", Agency: "a1", Thread: "r1-a1-1", Open: true})
	w.must(t, ResolveComment{By: "a0-officer", Agency: "a0", Thread: "r1-a1-1"})
	w.refused(t, ResolveComment{By: "a0-officer", Agency: "a0", Thread: "r1-a1-1"}, CodeConflict)
	w.must(t, ResolveComment{By: "a0-officer", Agency: "a0", Thread: "r1-a2-1"})
	w.phase(t, PhaseAdopted)
	th := w.state.Covenant.Threads[0]
	if th.Digest != DigestOf([]byte("b")) || len(th.Answers) != 1 || !th.Resolved || th.ResolvedBy.Person != "a0-officer" {
		t.Errorf("thread %+v", th)
	}
}

func TestConflictOfInterest(t *testing.T) {
	w := under(t, 3, "  - {id: gop-y, kind: review, NAME, review: {approve: all}}\n  - {id: bq, kind: vote, NAME, vote: {quorum: all, motions: [{id: m, vi: v, en: e}, {id: n, vi: v, en: e}]}}\n")
	declare := func(a AgencyID, m MotionID) DeclareConflict {
		return DeclareConflict{By: PersonID(a + "-head"), Agency: a, Motion: m, Reason: "liên quan"}
	}
	w.must(t, w.review("a0", OpinionApprove))
	w.refused(t, declare("a0", ""), CodeConflict) // it has spoken
	w.must(t, declare("a2", ""))
	w.refused(t, w.review("a2", OpinionApprove), CodeForbidden)
	w.refused(t, declare("a2", ""), CodeConflict)
	w.must(t, w.review("a1", OpinionApprove))
	w.phase(t, AwaitingVotes)
	if m := w.state.Covenant.Motions[0]; !slices.Equal(m.Who, []AgencyID{"a0", "a1"}) {
		t.Fatalf("entitled %v", m.Who)
	}
	w.must(t, declare("a1", "n"))
	w.refused(t, declare("a0", "n"), CodeWrongState) // nobody would be left
	w.refused(t, w.cast("a1", "n", ChoiceFor), CodeForbidden)
	for _, cmd := range []Command{w.cast("a0", "m", ChoiceFor), w.cast("a1", "m", ChoiceFor), w.cast("a0", "n", ChoiceFor), CloseMotion{By: "a0-head", Motion: "m"}, CloseMotion{By: "a0-head", Motion: "n"}} {
		w.must(t, cmd)
	}
	if r := w.state.Covenant.Motions[1].Result; r.Entitled != 1 || r.For != 1 {
		t.Errorf("result %+v", r)
	}
	w.phase(t, PhaseAdopted)
}

func TestVoteDecisions(t *testing.T) {
	count := func(f, a, o, present, entitled int) Count { return Count{f, a, o, present, entitled} }
	rules := func(text string) *VoteRules {
		return stages(t, "  - {id: v, kind: vote, NAME, vote: {"+text+", motions: [{id: m, vi: v, en: e}]}}\n").Stages[0].Vote
	}
	for _, c := range []struct {
		rules       string
		count       Count
		casting     Choice
		passed, tie bool
	}{
		{"pass: majority", count(3, 2, 0, 5, 9), "", true, false},
		{"pass: majority", count(3, 3, 0, 6, 9), "", false, true},
		{"pass: majority", count(3, 2, 2, 7, 9), "", false, false}, // 3 of 7
		{"pass: majority, abstain: ignored", count(3, 2, 2, 7, 9), "", true, false},
		{"pass: majority, abstain: ignored", count(0, 0, 7, 7, 9), "", false, false},
		{"pass: majority, tie: passes", count(3, 3, 0, 6, 9), "", true, true},
		{"pass: majority, tie: passes", count(3, 3, 2, 8, 9), "", false, false}, // one more vote would not do
		{"pass: majority, tie: chair", count(2, 2, 0, 4, 9), ChoiceFor, true, true},
		{"pass: majority, tie: chair", count(2, 2, 0, 4, 9), ChoiceAgainst, false, true},
		{"pass: majority, tie: chair", count(3, 2, 0, 5, 9), ChoiceAgainst, true, false},
		{"pass: 2/3", count(4, 2, 0, 6, 9), "", true, false},
		{"pass: 2/3", count(3, 3, 0, 6, 9), "", false, false},
		{"pass: majority, of: all", count(4, 0, 0, 4, 9), "", false, false},
		{"pass: majority, of: all", count(5, 0, 0, 5, 9), "", true, false},
		{"pass: 75%, of: present, conference: {}", count(5, 0, 0, 7, 9), "", false, false},
		{"pass: 75%, of: present, conference: {}", count(6, 0, 0, 7, 9), "", true, false},
		{"pass: all", count(0, 0, 0, 0, 9), "", false, false},
		{"pass: 2", count(2, 5, 0, 7, 9), "", true, false},
	} {
		if got := rules(c.rules).Decide(c.count, c.casting); got.Passed != c.passed || got.Tie != c.tie {
			t.Errorf("%s on %+v: %+v; want passed %v, tie %v", c.rules, c.count, got, c.passed, c.tie)
		}
	}
}

func TestWeightedVoteAndCastingVote(t *testing.T) {
	w := under(t, 4, "  - {id: bq, kind: vote, NAME, vote: {quorum: 2/3, tie: chair, weights: {leader: 2, a3: 3}, motions: [{id: m, vi: v, en: e}]}}\n")
	w.must(t, w.cast("a0", "m", ChoiceFor))
	w.must(t, w.cast("a1", "m", ChoiceFor))
	w.refused(t, CloseMotion{By: "a0-head", Motion: "m"}, CodeWrongState) // 3 of 7
	w.must(t, w.cast("a3", "m", ChoiceAgainst))
	w.refused(t, CloseMotion{By: "a0-head", Motion: "m"}, CodeWrongState) // 3 to 3
	w.must(t, CloseMotion{By: "a0-head", Motion: "m", Casting: ChoiceFor})
	if r := w.state.Covenant.Motions[0].Result; r.For != 3 || r.Against != 3 || !r.Tie || !r.Passed || r.Entitled != 7 || r.Casting != ChoiceFor {
		t.Errorf("result %+v", r)
	}
	w.phase(t, PhaseAdopted)
}

func TestFailedMotions(t *testing.T) {
	for fail, want := range map[string]Phase{"return": AwaitingRevision, "continue": PhaseAdopted, "again": AwaitingVotes, "cancel": PhaseCancelled} {
		w := under(t, 3, "  - {id: bq, kind: vote, NAME, vote: {fail: "+fail+", motions: [{id: m, vi: v, en: e}]}}\n")
		for _, a := range []AgencyID{"a0", "a1", "a2"} {
			w.must(t, w.cast(a, "m", ChoiceAgainst))
		}
		w.must(t, CloseMotion{By: "a0-head", Motion: "m"})
		w.phase(t, want)
		if m := w.state.Covenant.Motions[0]; fail == "again" && (m.Result != nil || m.Round != 2 || len(w.state.Covenant.Waiting) != 3) {
			t.Errorf("put again: %+v", m)
		}
	}
}

// A secret ballot leaves no choice in any event, and closes with all ballots sorted.
func TestSecretBallot(t *testing.T) {
	w := under(t, 3, "  - {id: bq, kind: vote, NAME, vote: {ballot: secret, motions: [{id: m, vi: v, en: e}]}}\n")
	w.must(t, w.cast("a0", "m", ChoiceFor))
	w.must(t, w.cast("a1", "m", ChoiceAgainst))
	w.refused(t, w.cast("a1", "m", ChoiceFor), CodeConflict)
	w.must(t, w.cast("a2", "m", ChoiceFor))
	w.refused(t, CloseMotion{By: "a0-head", Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceFor}}, CodeConflict) // one is missing from the box
	w.refused(t, CloseMotion{By: "a0-head", Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceFor, "x"}}, CodeConflict)
	w.must(t, CloseMotion{By: "a0-head", Motion: "m", Ballots: []Choice{ChoiceFor, ChoiceAgainst, ChoiceFor}})
	r := w.state.Covenant.Motions[0].Result
	if r.For != 2 || r.Against != 1 || r.Method != MethodSecret || !slices.Equal(r.Ballots, []Choice{ChoiceAgainst, ChoiceFor, ChoiceFor}) {
		t.Errorf("result %+v", r)
	}
	for _, e := range w.events {
		if _, open := e.(BallotCast); open {
			t.Error("an event tells a choice")
		}
	}
	err := w.do(w.cast("a0", "m", "secret choice"))
	if err == nil || strings.Contains(err.Error(), "secret choice") {
		t.Errorf("the refusal tells the choice: %v", err)
	}
}

const hall = `  - {id: hn, kind: vote, NAME, due: {days: 3}, escalate: [{id: tra, days: 1, then: return}], vote: {quorum: 2/3, fail: FAIL, motions: [{id: m, vi: Chương trình, en: Programme}, {id: n, vi: Quy chế, en: Regulation}],
     conference: {place: Hội trường, proxies: 1, floor: true, amend: true, hands: true}}}
`

func inHall(t testing.TB, n int, fail string) *world {
	w := under(t, n, strings.Replace(hall, "FAIL", fail, 1))
	w.must(t, OpenConference{By: "a0-head", Secretary: "a0-officer"})
	return w
}

func (w *world) here(t testing.TB, agencies ...AgencyID) {
	t.Helper()
	for _, a := range agencies {
		w.must(t, RecordAttendance{By: "a0-officer", Agency: a, Person: PersonID(a + "-head"), Presence: Present})
	}
}

func TestConference(t *testing.T) {
	w := under(t, 6, strings.Replace(hall, "FAIL", "return", 1))
	if got := w.state.Sentence("en"); got != "Waiting for Cơ quan a0 to open the conference" {
		t.Errorf("status %q", got)
	}
	w.refused(t, OpenMotions{By: "a0-head"}, CodeWrongState)
	w.refused(t, OpenConference{By: "a1-head", Secretary: "a0-officer"}, CodeForbidden)
	w.must(t, OpenConference{By: "a0-head", Secretary: "a0-officer"})
	w.refused(t, OpenConference{By: "a0-head", Secretary: "a0-officer"}, CodeConflict)
	w.here(t, "a0", "a1", "a2")
	w.refused(t, OpenMotions{By: "a0-head"}, CodeWrongState) // 3 of 6, quorum 4
	proxy := RecordProxy{By: "a0-officer", From: "a3", To: "a1", GivenBy: "a3-head", Date: Date{2026, 3, 25}, Document: "GUQ số 5"}
	for name, bad := range map[string]func(*RecordProxy){
		"no document": func(p *RecordProxy) { p.Document = "" }, "dated tomorrow": func(p *RecordProxy) { p.Date = Date{2026, 3, 27} },
		"by who may not": func(p *RecordProxy) { p.GivenBy = "a3-officer" }, "to itself": func(p *RecordProxy) { p.To = "a3" },
		"to the witness": func(p *RecordProxy) { p.To = "w" }, "of somebody present": func(p *RecordProxy) { p.From, p.GivenBy = "a2", "a2-head" },
	} {
		p := proxy
		bad(&p)
		if err := w.do(p); err == nil {
			t.Errorf("a proxy %s was recorded", name)
		}
	}
	w.must(t, proxy)
	w.refused(t, proxy, CodeConflict)
	second := proxy
	second.From, second.GivenBy = "a4", "a4-head"
	w.refused(t, second, CodeForbidden) // a1 holds one already
	second.To = "a3"
	w.refused(t, second, CodeForbidden) // a3 gives one itself
	w.must(t, OpenMotions{By: "a0-head", Motions: []MotionID{"m"}})
	w.refused(t, w.cast("a3", "m", ChoiceFor), CodeForbidden) // its vote is with a1
	w.must(t, CastBallot{By: "a1-head", Agency: "a3", Motion: "m", Choice: ChoiceFor})
	w.refused(t, w.cast("a4", "m", ChoiceFor), CodeWrongState) // not there
	w.refused(t, CountHands{By: "a0-head", Motion: "m", For: 3}, CodeConflict)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, w.cast(a, "m", ChoiceFor))
	}
	w.must(t, CloseMotion{By: "a0-head", Motion: "m"})
	if m := w.state.Covenant.Motions[0]; m.Result.Present != 4 || m.Result.For != 4 || m.Ballots[0].Proxy != "a1" {
		t.Errorf("motion %+v", m.Result)
	}
	w.must(t, ProposeMotion{By: "a2-head", Agency: "a2", Text: "Tổ chức hội thao của khối"})
	w.must(t, OpenMotions{By: "a0-head"}) // the rest, together
	w.refused(t, CloseConference{By: "a0-head"}, CodeWrongState)
	w.refused(t, CountHands{By: "a0-head", Motion: "n", For: 3, Against: 2}, CodeInvalid) // five hands of four present
	w.must(t, CountHands{By: "a0-head", Motion: "n", For: 2, Against: 1})
	w.must(t, CountHands{By: "a0-head", Motion: "n", For: 3, Against: 1})
	w.refused(t, w.cast("a0", "n", ChoiceFor), CodeWrongState)
	w.must(t, CloseMotion{By: "a0-head", Motion: "n"})
	w.must(t, CountHands{By: "a0-head", Motion: "de-nghi-1", Against: 4})
	w.must(t, CloseMotion{By: "a0-head", Motion: "de-nghi-1"}) // a proposal that fails stops nothing
	w.must(t, CloseConference{By: "a0-head"})
	w.phase(t, PhaseAdopted)
	w.must(t, RecordMinutes{Stage: "hn", Opened: w.now, Values: DigestOf([]byte("v")), PDF: DigestOf([]byte("p"))})
	w.refused(t, RecordMinutes{Stage: "hn", Opened: w.now}, CodeWrongState)
}

// A text amended on the spot stands only if its motion, bound to its digest, passes.
func TestAmendedOnTheSpot(t *testing.T) {
	for passes, want := range map[bool]int{true: 2, false: 1} {
		w := inHall(t, 3, "return")
		w.here(t, "a0", "a1", "a2")
		before, _ := w.state.Covenant.Revision()
		w.must(t, OpenMotions{By: "a0-head", Motions: []MotionID{"m"}})
		w.refused(t, AmendText{revision(2)}, CodeWrongState) // a motion is open
		w.must(t, CountHands{By: "a0-head", Motion: "m", For: 3})
		w.must(t, CloseMotion{By: "a0-head", Motion: "m"})
		w.must(t, AmendText{revision(2)})
		w.refused(t, OpenMotions{By: "a0-head", Motions: []MotionID{"n"}}, CodeWrongState)
		w.refused(t, CloseConference{By: "a0-head"}, CodeWrongState)
		w.must(t, OpenMotions{By: "a0-head"})
		amended := w.state.Covenant.motion("sua-doi-1")
		if amended.Manifest != w.state.Covenant.Revisions[1].Manifest || w.state.Covenant.Motions[0].Manifest != before.Manifest {
			t.Errorf("motions are not bound to the texts voted on")
		}
		hands := CountHands{By: "a0-head", Motion: "sua-doi-1", For: 3}
		if !passes {
			hands.For, hands.Against = 1, 2
		}
		w.must(t, hands)
		w.must(t, CloseMotion{By: "a0-head", Motion: "sua-doi-1"})
		if r, _ := w.state.Covenant.Revision(); r.Number != want {
			t.Errorf("passes %v: the text is revision %d, want %d", passes, r.Number, want)
		}
		w.must(t, OpenMotions{By: "a0-head"})
		w.must(t, CountHands{By: "a0-head", Motion: "n", For: 3})
		w.must(t, CloseMotion{By: "a0-head", Motion: "n"})
		w.must(t, CloseConference{By: "a0-head"})
		w.phase(t, PhaseAdopted)
	}
}

// A sitting that ends with business left is adjourned, and what failed can be put again at the next one.
func TestAdjournedConference(t *testing.T) {
	w := inHall(t, 3, "again")
	w.here(t, "a0", "a1")
	w.must(t, OpenMotions{By: "a0-head", Motions: []MotionID{"m"}})
	w.must(t, RecordAttendance{By: "a1-head", Agency: "a1", Presence: Absent})
	w.refused(t, CloseMotion{By: "a0-head", Motion: "m"}, CodeWrongState) // no quorum any more
	w.must(t, CloseMotion{By: "a0-head", Motion: "m", Lapse: true})
	if r := w.state.Covenant.Motions[0].Result; !r.Lapsed || r.Passed {
		t.Errorf("result %+v", r)
	}
	w.must(t, CloseConference{By: "a0-head"})
	w.phase(t, AwaitingVotes)
	if got := w.state.Sentence("vi"); got != "Hội nghị tạm dừng, chờ Cơ quan a0 họp lại" {
		t.Errorf("status %q", got)
	}
	w.now = w.now.Add(time.Hour)
	w.must(t, OpenConference{By: "a0-head", Secretary: "a0-officer"})
	w.here(t, "a0", "a1", "a2")
	w.must(t, OpenMotions{By: "a0-head"})
	if got := len(w.state.Covenant.MotionsOf("hn")); got != 2 {
		t.Errorf("%d motions, want 2", got)
	}
	for _, m := range []MotionID{"m", "n"} {
		w.must(t, CountHands{By: "a0-head", Motion: m, For: 3})
		w.must(t, CloseMotion{By: "a0-head", Motion: m})
	}
	w.must(t, CloseConference{By: "a0-head"})
	w.phase(t, PhaseAdopted)
	if len(w.state.Covenant.Conferences) != 2 {
		t.Errorf("%d sittings", len(w.state.Covenant.Conferences))
	}
}

func (w *world) climb(rung Rung) EscalateStage {
	c := w.state.Covenant
	return EscalateStage{Stage: c.Stage, Opening: c.Opening, Extension: c.Extension, Rung: rung}
}

// The ladder of a review: reminders in order, each once, then what the rule says, at its time and not before.
func TestLadders(t *testing.T) {
	ladder := ", due: {days: 5}, escalate: [{id: nhac, days: -1, to: missing}, {id: bao, days: 1, hour: 9, to: [leader, drafter]}, {id: cuoi, days: 3, to: leader, THEN}]"
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

// An extension moves the deadline once; the ladder then begins anew without it.
func TestDeadlineIsExtendedOnce(t *testing.T) {
	w := under(t, 3, "  - {id: gop-y, kind: review, NAME, due: {days: 5}, escalate: [{id: bao, days: 1, to: leader}, {id: gia-han, days: 1, then: extend, by: {days: 4}}]}\n")
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
	vote := "  - {id: bq, kind: vote, NAME, due: {days: 5}, escalate: [{id: het, days: 1, then: THEN}], vote: {quorum: 2/3, ballot: BALLOT, fail: continue, motions: [{id: m, vi: v, en: e}, {id: n, vi: v, en: e}]}}\n"
	late := func(then, ballot string) *world {
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
	w.must(t, CloseMotion{By: "a0-head", Motion: "m"})
	if r := w.state.Covenant.Motions[0].Result; r.For != 2 || r.Abstain != 1 {
		t.Errorf("deemed abstentions: %+v", r)
	}
}

func (w *world) toSigning(t testing.TB) {
	w.must(t, IssueNumber{By: "a0-officer", Number: 7, Symbol: "GƯ", Date: Date{2026, 3, 26}})
	w.must(t, w.freeze())
}

func TestEnoughSignatures(t *testing.T) {
	rules := strings.Replace(signing, "SIGN", "need: 3, late: {days: 10}", 1)
	w := under(t, 4, rules)
	w.toSigning(t)
	for _, slot := range []SlotID{"a0", "a1", "a2"} {
		w.must(t, w.signature(slot))
	}
	c := w.state.Covenant
	if c.Phase != AwaitingSignatures || c.Enough == nil || !slices.Equal(c.Waiting, []AgencyID{"a3", "w"}) {
		t.Fatalf("phase %s, waiting %v, %+v", c.Phase, c.Waiting, c.Enough)
	}
	w.must(t, w.signature("w"))
	steps, _ := w.state.Ladder()
	w.refused(t, w.climb(RungLate), CodeWrongState)
	w.now = steps[0].At
	w.must(t, w.climb(RungLate))
	w.phase(t, AwaitingValidation)
	w.must(t, RecordValidationData{Before: w.state.Covenant.Head, After: DigestOf([]byte("x")), Level: "B-LT"})
	w.phase(t, PhaseInForce)

	w = under(t, 4, strings.Replace(signing, "SIGN", "need: 3", 1))
	w.toSigning(t)
	for _, slot := range []SlotID{"a0", "a1", "a3"} {
		w.must(t, w.signature(slot))
	}
	w.phase(t, AwaitingValidation) // nobody may come late
}

func TestRefusals(t *testing.T) {
	refuse := func(w *world, slot SlotID) RefuseSignature {
		return RefuseSignature{By: PersonID(slot + "-head"), Slot: slot, Reason: "chưa thống nhất"}
	}
	start := func(rule string) *world {
		w := under(t, 4, strings.Replace(signing, "SIGN", "need: 3, refusal: "+rule, 1))
		w.toSigning(t)
		w.must(t, w.signature("a0"))
		return w
	}
	w := start("continue")
	w.must(t, refuse(w, "a1"))
	w.refused(t, w.signature("a1"), CodeConflict)
	w.must(t, w.signature("a3"))
	w.must(t, w.signature("a2"))
	w.phase(t, AwaitingValidation)

	w = start("return")
	w.must(t, refuse(w, "a1"))
	w.phase(t, AwaitingRevision)
	c := w.state.Covenant
	if c.Number != nil || c.Frozen != nil || len(c.Signed) != 0 || len(c.SetAside) != 1 || len(c.Voided) != 1 || c.Voided[0].Number != 7 {
		t.Errorf("the numbered document was not set aside: %+v, %+v", c.SetAside, c.Voided)
	}
	w.must(t, revision(2))
	w.toSigning(t)
	w.phase(t, AwaitingSignatures)

	w = start("cancel")
	w.must(t, refuse(w, "a1"))
	w.phase(t, PhaseCancelled)

	w = start("decide")
	w.must(t, refuse(w, "a1"))
	w.phase(t, PhaseRejected)
	if got := w.state.Sentence("vi"); got != "Đã dừng: Cơ quan a1 từ chối ký; chờ Cơ quan a0 quyết định" {
		t.Errorf("status %q", got)
	}
	w.refused(t, SettleRefusal{By: "a1-head", Choice: ThenContinue, Reason: "x"}, CodeForbidden)
	w.refused(t, SettleRefusal{By: "a0-head", Choice: ThenContinue}, CodeInvalid)
	w.must(t, SettleRefusal{By: "a0-head", Choice: ThenContinue, Reason: "đủ số cần thiết"})
	w.must(t, w.signature("a2"))
	w.must(t, refuse(w, "a3"))
	w.must(t, SettleRefusal{By: "a0-head", Choice: ThenContinue, Reason: "đủ số cần thiết"})
	w.must(t, refuse(w, "w"))
	w.refused(t, SettleRefusal{By: "a0-head", Choice: ThenContinue, Reason: "không đủ"}, CodeWrongState)
	w.must(t, SettleRefusal{By: "a0-head", Choice: ThenReturn, Reason: "sửa chỉ tiêu"})
	w.phase(t, AwaitingRevision)
}

// What stopped before rejections were ruled on can go on too: the old events mean what they meant.
func TestOldStopsAreNoDeadEnds(t *testing.T) {
	w := newWorld(t, 3)
	w.upTo(t, AwaitingReviews)
	w.must(t, w.review("a0", OpinionApprove))
	r, _ := w.state.Covenant.Revision()
	next := w.state.Covenant.Clone()
	next.Apply(ReviewGiven{Stage: next.Stage, Agency: "a2", Revision: 1, Manifest: r.Manifest, Opinion: OpinionReject})
	w.state.Covenant = next
	w.phase(t, PhaseRejected)
	w.must(t, SettleRefusal{By: "a0-head", Choice: ThenContinue, Reason: "tiếp tục"})
	w.must(t, w.review("a1", OpinionApprove))
	w.phase(t, AwaitingVotes)

	w = newWorld(t, 3)
	w.upTo(t, AwaitingSignatures)
	next = w.state.Covenant.Clone()
	next.Apply(SignatureRefused{Slot: "a0", Reason: "không"})
	w.state.Covenant = next
	w.refused(t, SettleRefusal{By: "a0-head", Choice: ThenContinue, Reason: "x"}, CodeWrongState)
	w.must(t, SettleRefusal{By: "a0-head", Choice: ThenReturn, Reason: "sửa"})
	w.phase(t, AwaitingRevision)
}

func TestPaperSignature(t *testing.T) {
	w := under(t, 3, strings.Replace(signing, "SIGN", "paper: true", 1))
	w.toSigning(t)
	cmd := RecordPaperSignature{
		By: "a0-officer", Slot: "a0", Signatory: "a0-head", Date: Date{2026, 3, 26}, Consented: w.state.Covenant.Frozen.PDF,
		Scan: DigestOf([]byte("scan")), Size: 4, Note: "lưu tại văn thư",
	}
	for name, bad := range map[string]func(*RecordPaperSignature){
		"before its date": func(p *RecordPaperSignature) { p.Date = Date{2026, 3, 25} }, "without scan": func(p *RecordPaperSignature) { p.Scan = Digest{} },
		"by who may not": func(p *RecordPaperSignature) { p.Signatory = "a0-officer" }, "of other bytes": func(p *RecordPaperSignature) { p.Consented = Digest{1} },
		"recorded by a stranger": func(p *RecordPaperSignature) { p.By = "a1-head" }, "out of turn": func(p *RecordPaperSignature) { p.Slot, p.Signatory = "a1", "a1-head" },
	} {
		p := cmd
		bad(&p)
		if err := w.do(p); err == nil {
			t.Errorf("a paper signature %s was recorded", name)
		}
	}
	w.must(t, cmd)
	w.must(t, w.signature("a1"))
	w.must(t, w.signature("a2"))
	w.must(t, w.signature("w"))
	w.phase(t, AwaitingValidation)
	w = under(t, 3, strings.Replace(signing, ", SIGN", "", 1))
	w.toSigning(t)
	cmd.Consented = w.state.Covenant.Frozen.PDF
	w.refused(t, cmd, CodeForbidden)
}

func TestScoresAndRanking(t *testing.T) {
	w := under(t, 4, `  - id: diem
    kind: score
    NAME
    score:
      criteria: [{id: a, vi: A, en: A, max: 700}, {id: b, vi: B, en: B, max: 300}]
      tie: [criterion:a, ballots]
      classes: [{vi: Xuất sắc, en: Excellent, from: 900}, {vi: Tốt, en: Good, from: 800}]
      flags: 1
`)
	scores := func(a, b string) []CriterionScore {
		pa, _ := ParsePoints(a)
		pb, _ := ParsePoints(b)
		return []CriterionScore{{"a", pa}, {"b", pb}}
	}
	w.phase(t, AwaitingScores)
	w.refused(t, SubmitScore{By: "a1-officer", Agency: "a1", Scores: scores("700.5", "1")}, CodeInvalid)
	w.refused(t, SubmitScore{By: "a1-officer", Agency: "a1", Scores: scores("1", "1")[:1]}, CodeInvalid)
	w.refused(t, VerifyScore{By: "a0-officer", Agency: "a1", Scores: scores("1", "1")}, CodeWrongState)
	given := map[AgencyID][2]string{"a0": {"650", "250.5"}, "a1": {"600", "299"}, "a2": {"610", "289"}, "a3": {"600", "299"}}
	for _, a := range []AgencyID{"a0", "a1", "a2", "a3"} {
		w.must(t, SubmitScore{By: PersonID(a + "-officer"), Agency: a, Scores: scores("700", "300")})
	}
	w.refused(t, VerifyScore{By: "a0-officer", Agency: "a0", Scores: scores("1", "1"), Note: "x"}, CodeForbidden) // not its own
	w.refused(t, VerifyScore{By: "a0-officer", Agency: "a1", Scores: scores("1", "1")}, CodeInvalid)              // differs without a reason
	for a, s := range given {
		by := PersonID("a0-officer")
		if a == "a0" {
			by = "a1-officer"
		}
		w.must(t, VerifyScore{By: by, Agency: a, Scores: scores(s[0], s[1]), Note: "đối chiếu hồ sơ"})
	}
	w.refused(t, DeclareRanking{By: "a0-head", Secretary: "a0-officer", Votes: []AgencyVotes{{"a1", 9}}}, CodeInvalid)
	w.must(t, DeclareRanking{By: "a0-head", Secretary: "a0-officer", Votes: []AgencyVotes{{"a3", 4}, {"a1", 2}}, Issued: 4, Collected: 4, Valid: 4, NewLeader: "a1", NewDeputy: "a2"})
	w.phase(t, PhaseAdopted)
	var got []string
	for _, r := range w.state.Covenant.Scoring.Ranking.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %s %v", r.Rank, r.Agency, r.Total, r.Class.English, r.Flag))
	}
	want := []string{"1 a0 900.5 Excellent true", "2 a2 899 Good false", "3 a3 899 Good false", "4 a1 899 Good false"}
	if !slices.Equal(got, want) {
		t.Errorf("ranking %q, want %q", got, want)
	}
	w.must(t, RecordMinutes{Stage: "diem", Values: DigestOf([]byte("v")), PDF: DigestOf([]byte("p"))})
}

func TestReportingEndsInScores(t *testing.T) {
	w := under(t, 3, strings.Replace(signing, ", SIGN", "", 1)+`
  - {id: bao-cao, kind: report, NAME, report: {months: 6, obligations: [{id: nam, vi: Báo cáo, en: Report, period: half, schedule: "0 17 15 6 *"}]}}
  - {id: diem, kind: score, NAME, score: {total: 10, criteria: [{id: a, vi: A, en: A, max: 10}]}}
`)
	w.upTo(t, AwaitingReports)
	w.refused(t, CloseReporting{By: "a0-officer"}, CodeWrongState)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, SubmitReport{By: PersonID(a + "-officer"), Agency: a, Obligation: "nam", Period: "2026-H1", Summary: "đủ"})
	}
	w.must(t, CloseReporting{By: "a0-officer"})
	w.phase(t, AwaitingScores)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, SubmitScore{By: PersonID(a + "-officer"), Agency: a, Scores: []CriterionScore{{"a", 900}}})
	}
	w.must(t, VerifyScore{By: "a1-officer", Agency: "a0", Scores: []CriterionScore{{"a", 900}}})
	w.must(t, VerifyScore{By: "a0-officer", Agency: "a1", Scores: []CriterionScore{{"a", 900}}})
	w.must(t, VerifyScore{By: "a0-officer", Agency: "a2", Scores: []CriterionScore{{"a", 900}}})
	w.must(t, DeclareRanking{By: "a0-head", Secretary: "a0-officer"})
	w.phase(t, PhaseClosed)
}

// anyProcess draws a process of stages with rules of every kind.
func anyProcess(r *rapid.T, t testing.TB) *Process {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(r, label) }
	var b strings.Builder
	if rapid.Bool().Draw(r, "whole") { // else it begins with the number
		anyText(r, &b, pick)
	}
	b.WriteString(strings.Replace(signing, "SIGN", fmt.Sprintf("need: %s, refusal: %s, paper: true%s",
		pick("need", "all", "majority", "75%"), pick("refusal", "decide", "return", "continue", "cancel"), pick("late", "", ", late: {days: 2}")), 1))
	if ladder := pick("sign ladder", "", "continue", "return", "reject"); ladder != "" {
		whole := strings.Replace(b.String(), "id: ky, kind: sign, NAME,", "id: ky, kind: sign, NAME, due: {days: 3}, escalate: [{id: het, days: 1, then: "+ladder+"}],", 1)
		b.Reset()
		b.WriteString(whole)
	}
	b.WriteString("  - {id: diem, kind: score, NAME, due: {days: 3}, escalate: [{id: het, days: 2, then: continue}], score: {total: 10, criteria: [{id: a, vi: A, en: A, max: 10}]}}\n")
	return stages(t, b.String())
}

// anyText draws the stages in which the text is reviewed and voted on.
func anyText(r *rapid.T, b *strings.Builder, pick func(label string, of ...string) string) {
	fmt.Fprintf(b, "  - {id: gop-y, kind: review, NAME, due: {days: 3}, escalate: [{id: nhac, days: 1, to: missing}, {id: het, days: 2, %s}], review: {order: %s, approve: %s, return: %s, reject: %s, again: %s, resolve: %s, weights: {leader: %s}}}\n",
		pick("then", "then: continue", "then: return", "then: reject", "then: treat_as, as: approve", "then: treat_as, as: abstain", "then: extend, by: {days: 2}"),
		pick("order", "parallel", "sequential"), pick("approve", "all", "majority", "2", "2/3"), pick("return", "return", "at_once", "count"),
		pick("reject", "decide", "return", "count", "cancel"), pick("again", "all", "changed", "returner"), pick("resolve", "optional", "required"), pick("weight", "1", "3"))
	if rapid.Bool().Draw(r, "hall") {
		fmt.Fprintf(b, "  - {id: hn, kind: vote, NAME, due: {days: 3}, escalate: [{id: het, days: 2, %s}], vote: {ballot: %s, quorum: %s, fail: %s, motions: [{id: m, vi: v, en: e}], conference: {place: p, proxies: 2, floor: true, amend: true}}}\n",
			pick("then", "then: return", "then: reject", "then: extend, by: {days: 2}"), pick("ballot", "open", "secret"), pick("quorum", "all", "majority"),
			pick("fail", "return", "continue", "again", "cancel"))
	} else {
		fmt.Fprintf(b, "  - {id: bq, kind: vote, NAME, due: {days: 3}, escalate: [{id: het, days: 2, %s}], vote: {quorum: %s, pass: majority, tie: %s, fail: %s, motions: [{id: m, vi: v, en: e}, {id: n, vi: v, en: e}]}}\n",
			pick("then", "then: continue", "then: return", "then: reject", "then: treat_as, as: approve"), pick("quorum", "all", "majority"),
			pick("tie", "fails", "passes", "chair"), pick("fail", "return", "continue", "again", "cancel"))
	}
}

// box keeps the ballots of secret motions, as the store does.
type box map[string][]Choice

// Any sequence of commands, under any rules: what is refused changes nothing, approvals count only for their digest,
// tallies never exceed those entitled, replaying gives the same state, and nothing ever stands still for want of somebody
// who can act.
func TestAnyProcessAnyCommands(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, rapid.IntRange(2, 5).Draw(r, "members"))
		w.state.Process = anyProcess(r, t)
		w.must(t, w.draft())
		ballots := box{}
		for range rapid.IntRange(5, 90).Draw(r, "steps") {
			cmd := w.draw(r, ballots)
			before := w.state.Covenant.Version
			err := w.doBoxed(cmd, ballots)
			var refusal *Error
			if err != nil && (!errors.As(err, &refusal) || w.state.Covenant.Version != before) {
				r.Fatalf("%T refused without a code or half done: %v", cmd, err)
			}
			w.invariants(r, ballots)
		}
	})
}

// doBoxed does a command as the engine does: secret choices go into the box, and closing takes them out.
func (w *world) doBoxed(cmd Command, ballots box) error {
	key := func(m Motion) string { return fmt.Sprint(m.ID, m.Round) }
	switch c := cmd.(type) {
	case CastBallot:
		m := w.state.Covenant.motion(c.Motion)
		err := w.do(cmd)
		if err == nil && m.Secret {
			ballots[key(*m)] = append(ballots[key(*m)], c.Choice)
		}
		return err
	case CloseMotion:
		if m := w.state.Covenant.motion(c.Motion); m != nil {
			c.Ballots = ballots[key(*m)]
		}
		return w.do(c)
	}
	return w.do(cmd)
}

func (w *world) draw(r *rapid.T, ballots box) Command {
	s, c := w.state, w.state.Covenant
	agencies := []AgencyID{"w"}
	agencies = append(agencies, c.Members()...)
	a := rapid.SampledFrom(agencies).Draw(r, "agency")
	head, officer := PersonID(a+"-head"), PersonID(a+"-officer")
	n := len(c.Revisions)
	if rapid.IntRange(0, 2).Draw(r, "sensible") > 0 {
		if cmd := w.sensible(r); cmd != nil {
			return cmd
		}
	}
	switch rapid.IntRange(0, 17).Draw(r, "command") {
	case 0:
		return revised(n+1, rapid.SampledFrom([]string{"a", "b"}).Draw(r, "clause"), "c")
	case 1, 2:
		return w.review(a, rapid.SampledFrom([]Opinion{OpinionApprove, OpinionApproveComments, OpinionReturn, OpinionReject}).Draw(r, "opinion"))
	case 3:
		return PostComment{By: officer, Agency: a, Revision: n, Clause: "dieu-1", Text: "x"}
	case 4:
		return ResolveComment{By: officer, Agency: a, Thread: CommentID(fmt.Sprintf("r%d-%s-1", n, a)), Open: rapid.Bool().Draw(r, "open")}
	case 5:
		return DeclareConflict{By: head, Agency: a, Motion: rapid.SampledFrom([]MotionID{"", "m"}).Draw(r, "motion"), Reason: "x"}
	case 6:
		return SettleRefusal{By: "a0-head", Choice: rapid.SampledFrom([]Consequence{ThenReturn, ThenContinue, ThenCancel}).Draw(r, "choice"), Reason: "x"}
	case 7:
		if steps, err := s.Ladder(); err == nil && len(steps) > 0 {
			step := steps[rapid.IntRange(0, len(steps)-1).Draw(r, "rung")]
			if w.now.Before(step.At) {
				w.now = step.At
			}
			return w.climb(step.ID)
		}
		return w.climb("het")
	case 8:
		return RefuseSignature{By: head, Slot: SlotID(a), Reason: "x"}
	case 9:
		return RecordAttendance{By: "a0-officer", Agency: a, Person: head, Presence: rapid.SampledFrom([]Presence{Present, Absent}).Draw(r, "presence")}
	case 10:
		return RecordProxy{By: "a0-officer", From: a, To: rapid.SampledFrom(agencies).Draw(r, "to"), GivenBy: head, Date: Date{2026, 3, 20}, Document: "d"}
	case 11:
		return ProposeMotion{By: head, Agency: a, Text: "x"}
	case 12:
		return AmendText{revised(n+1, "b", "d")}
	case 13:
		m := w.anyMotion(r)
		return CloseMotion{By: "a0-head", Motion: m, Lapse: true, Casting: ChoiceAgainst}
	case 14:
		return CloseConference{By: "a0-head"}
	case 15:
		cmd := RecordPaperSignature{By: "a0-officer", Slot: SlotID(a), Signatory: head, Date: Date{2026, 3, 26}, Scan: Digest{1}, Note: "x"}
		if c.Frozen != nil {
			cmd.Consented = c.Frozen.PDF
		}
		return cmd
	case 16:
		return w.cast(a, w.anyMotion(r), rapid.SampledFrom([]Choice{ChoiceFor, ChoiceAgainst, ChoiceAbstain}).Draw(r, "choice"))
	}
	return OpenConference{By: "a0-head", Secretary: "a0-officer"}
}

func (w *world) anyMotion(r *rapid.T) MotionID {
	ids := []MotionID{"m", "n"}
	for _, m := range w.state.Covenant.Motions {
		ids = append(ids, m.ID)
	}
	return rapid.SampledFrom(ids).Draw(r, "motion")
}

// sensible is a command of somebody whose turn it is.
func (w *world) sensible(r *rapid.T) Command {
	var can []Command
	for _, cmd := range w.possible() {
		if _, err := Decide(w.state, cmd, w.now); err == nil {
			can = append(can, cmd)
		}
	}
	if len(can) == 0 {
		return nil
	}
	return rapid.SampledFrom(can).Draw(r, "possible")
}

// possible are commands that those whose turn it is, or the program, could give now; at least one of them must be
// accepted in every state that is not an end.
func (w *world) possible() []Command {
	s, c := w.state, w.state.Covenant
	var out []Command
	switch c.Phase {
	case AwaitingFreeze:
		return []Command{w.freeze()}
	case AwaitingValidation:
		return []Command{RecordValidationData{Before: c.Head, After: DigestOf([]byte("complete")), Level: "B-LT"}}
	case PhaseRejected:
		for _, choice := range []Consequence{ThenReturn, ThenContinue, ThenCancel} {
			out = append(out, SettleRefusal{By: "a0-head", Choice: choice, Reason: "x"})
		}
	case AwaitingRevision:
		out = append(out, revised(len(c.Revisions)+1, fmt.Sprint(len(c.Revisions)), "c"))
	case AwaitingReviews:
		for _, t := range c.OpenThreads() {
			out = append(out, ResolveComment{By: "a0-officer", Agency: "a0", Thread: t.ID})
		}
	case AwaitingVotes:
		out = append(out, OpenConference{By: "a0-head", Secretary: "a0-officer"}, OpenMotions{By: "a0-head"}, CloseConference{By: "a0-head"})
		for _, m := range c.Motions {
			closing := CloseMotion{By: "a0-head", Motion: m.ID, Casting: ChoiceFor, Lapse: true}
			for range m.Taken { // whatever is in the box, it can be counted
				closing.Ballots = append(closing.Ballots, ChoiceFor)
			}
			out = append(out, closing)
		}
		for _, a := range c.Members() {
			out = append(out, RecordAttendance{By: "a0-officer", Agency: a, Person: PersonID(a + "-head"), Presence: Present})
		}
	}
	for _, turn := range s.Turns() {
		out = append(out, w.does(turn)...)
	}
	return out
}

// does are commands of an agency that has the turn.
func (w *world) does(turn Turn) []Command {
	c, a := w.state.Covenant, turn.Agency
	head, officer := PersonID(a+"-head"), PersonID(a+"-officer")
	var out []Command
	switch c.Phase {
	case AwaitingReviews:
		out = append(out, w.review(a, OpinionApprove))
	case AwaitingVotes:
		for _, m := range c.Motions {
			by := a
			if sitting := c.Sitting(); sitting != nil {
				if p, ok := sitting.ProxyOf(a); ok {
					by = p.To
				}
			}
			out = append(out, CastBallot{By: PersonID(by + "-head"), Agency: a, Motion: m.ID, Choice: ChoiceFor})
		}
	case AwaitingNumber:
		out = append(out, IssueNumber{By: officer, Number: 7, Symbol: "GƯ", Date: Date{2026, 3, 26}})
	case AwaitingSignatures:
		out = append(out, w.signature(SlotID(a)))
	case AwaitingScores:
		scores := []CriterionScore{{"a", 500}}
		out = append(out, SubmitScore{By: officer, Agency: a, Scores: scores}, DeclareRanking{By: head, Secretary: officer})
		for _, scored := range c.Members() {
			out = append(out, VerifyScore{By: officer, Agency: scored, Scores: scores})
		}
	}
	return out
}

func (w *world) invariants(r *rapid.T, ballots box) {
	s, c := w.state, w.state.Covenant
	switch c.Phase {
	case PhaseAdopted, PhaseInForce, PhaseCancelled, PhaseClosed, PhaseWithdrawn:
	default:
		alive := slices.ContainsFunc(w.possible(), func(cmd Command) bool { _, err := Decide(s, cmd, w.now); return err == nil })
		if !alive {
			r.Fatalf("nobody can act in phase %s of stage %s: waiting %v, turns %v\n%v", c.Phase, c.Stage, c.Waiting, s.Turns(), w.kinds())
		}
		if c.Phase != AwaitingFreeze && c.Phase != AwaitingValidation && len(s.Turns()) == 0 {
			r.Fatalf("phase %s names nobody whose turn it is", c.Phase)
		}
	}
	for _, lang := range []string{"vi", "en"} {
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
		if e.Manifest != c.Revisions[e.Revision-1].Manifest || e.FromManifest != c.Revisions[e.FromRevision-1].Manifest {
			r.Fatalf("a carried approval names other texts")
		}
	}
	w.checkTallies(r, ballots)
	w.checkReplay(r)
}

func (w *world) checkTallies(r *rapid.T, ballots box) {
	for _, m := range w.state.Covenant.Motions {
		if m.Cast() > len(w.state.Covenant.Parties) {
			r.Fatalf("motion %s has %d votes", m.ID, m.Cast())
		}
		if m.Secret && m.Result == nil && len(ballots[fmt.Sprint(m.ID, m.Round)]) != len(m.Taken) {
			r.Fatalf("box and log disagree on motion %s", m.ID)
		}
		if x := m.Result; x != nil && (x.For+x.Against+x.Abstain > x.Entitled || x.Present > x.Entitled || x.Passed && (x.Present < x.Quorum || x.Lapsed)) {
			r.Fatalf("motion %s: impossible result %+v", m.ID, x)
		}
	}
}

// checkReplay holds the state against what its events, through their JSON form, make of it.
func (w *world) checkReplay(r *rapid.T) {
	if len(w.events)%7 != 0 {
		return
	}
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
