package workflow

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"covenant/workflow/calendar"

	"pgregory.net/rapid"

	"covenant/workflow/process"
)

// stages is a process of the given stages, in short form.
func stages(t testing.TB, text string) *Process {
	t.Helper()
	p, err := process.Parse("p.yaml", []byte("process: {id: p, vi: v, en: e}\nstages:\n"+strings.ReplaceAll(text,
		"NAME", "name: {vi: Bước, en: Stage}")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// under is a fixture of n members whose covenant follows a process and has its first revision.
func under(t testing.TB, n int, text string) *fixture {
	w := newFixture(t, n)
	w.state.Process = stages(t, text)
	w.must(t, w.draft())
	w.must(t, revision(1))
	return w
}

func (w *fixture) refused(t testing.TB, c Command, want Code) {
	t.Helper()
	if err := w.do(c); ErrorCode(err) != want {
		t.Errorf("%T: %v; want code %s", c, err, want)
	}
}

func (w *fixture) phase(t testing.TB, want Phase) {
	t.Helper()
	if got := w.state.Covenant.Phase; got != want {
		t.Fatalf("phase %s, want %s", got, want)
	}
}

func (w *fixture) kinds() []string {
	var out []string
	for _, e := range w.events {
		out = append(out, e.Kind())
	}
	return out
}

// Two reviews in one process are two: who approved in the first is asked in the second.
// revised is a revision of three clauses, with the digest of each.
// After a return only those are asked whom the change concerns; the others' approvals carry over, bound to both
// digests. A secret ballot leaves no choice in any event, and closes with all ballots sorted.
// A text amended on the spot stands only if its motion, bound to its digest, passes.
// A sitting that ends with business left is adjourned, and what failed can be put again at the next one.
// The ladder of a review: reminders in order, each once, then what the rule says, at its time and not before.
// An extension moves the deadline once; the ladder then begins anew without it.
// What stopped before rejections were ruled on can go on too: the old events mean what they meant.
// anyProcess draws a process of stages with rules of every kind.
func anyProcess(r *rapid.T, t testing.TB) *Process {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(r, label) }
	var b strings.Builder
	if rapid.Bool().Draw(r, "whole") { // else it begins with the number
		anyText(r, &b, pick)
	}
	b.WriteString(strings.Replace(signing, "SIGN", fmt.Sprintf("need: %s, refusal: %s, paper: true%s",
		pick("need", "all", "majority", "75%"), pick("refusal", "decide", "return", "continue", "cancel"),
		pick("late", "", ", late: {days: 2}")), 1))
	if ladder := pick("sign ladder", "", "continue", "return", "reject"); ladder != "" {
		whole := strings.Replace(b.String(), "id: ky, kind: sign, NAME,",
			"id: ky, kind: sign, NAME, due: {days: 3}, escalate: [{id: het, days: 1, then: "+ladder+"}],", 1)
		b.Reset()
		b.WriteString(whole)
	}
	fmt.Fprintf(&b, "  - {id: diem, kind: score, NAME, due: {days: 3}, escalate: [{id: het, days: 2, "+
		"then: continue}], score: {total: 10, criteria: [{id: a, vi: A, en: A, max: 10}], chair: %s%s%s}}\n",
		pick("score chair", "leader", "[leader, deputy]"),
		pick("appeal", "", ", appeal: {within: {days: 2}, by: deputy}"), anyPolls(pick))
	return stages(t, b.String())
}

// anyPolls draws the polls of a score stage.
func anyPolls(pick func(label string, of ...string) string) string {
	return pick("polls", "", fmt.Sprintf(", first: %s, tie: [ballots], polls: [{id: suy-ton, vi: v, en: e, "+
		"marks: %s, ballot: %s, self: %s, quorum: %s%s}%s]",
		pick("first", "total", "ballots"), pick("marks", "approve", "order"), pick("poll ballot", "open", "secret"),
		pick("self", "true", "false"),
		pick("poll quorum", "all", "majority", "1"), pick("choose", "", ", choose: 2"),
		pick("election", "", ", {id: bau, vi: v, en: e, decides: leader, quorum: majority, tie: chair}, "+
			"{id: bau-pho, vi: v, en: e, decides: deputy, ballot: open, pass: 2/3}")))
}

// anyText draws the stages in which the text is reviewed and voted on.
func anyText(r *rapid.T, b *strings.Builder, pick func(label string, of ...string) string) {
	fmt.Fprintf(b, "  - {id: gop-y, kind: review, NAME, due: {days: 3}, escalate: [{id: nhac, days: 1, to: missing}, "+
		"{id: het, days: 2, %s}], review: {order: %s, approve: %s, return: %s, reject: %s, again: %s, resolve: %s%s, "+
		"weights: {leader: %s}}}\n",
		pick("then", "then: continue", "then: return", "then: reject", "then: treat_as, as: approve",
			"then: treat_as, as: abstain", "then: extend, by: {days: 2}"),
		pick("order", "parallel", "sequential"), pick("approve", "all", "majority", "2", "2/3"),
		pick("return", "return", "at_once", "count"),
		pick("reject", "decide", "return", "count", "cancel"), pick("again", "all", "changed", "returner"),
		pick("resolve", "optional", "required"),
		pick("review quorum", "", ", quorum: all", ", quorum: majority, short: return", ", quorum: 2, short: cancel"),
		pick("weight", "1", "3"))
	if rapid.Bool().Draw(r, "hall") {
		fmt.Fprintf(b, "  - {id: hn, kind: vote, NAME, due: {days: 3}, escalate: [{id: het, days: 2, %s}], vote: "+
			"{ballot: %s, quorum: %s, fail: %s, chair: %s, motions: [{id: m, vi: v, en: e}], conference: {place: p, "+
			"proxies: 2, floor: true, amend: true}}}\n",
			pick("then", "then: return", "then: reject", "then: extend, by: {days: 2}"),
			pick("ballot", "open", "secret"), pick("quorum", "all", "majority"),
			pick("fail", "return", "continue", "again", "cancel"),
			pick("chair", "leader", "[leader, deputy]", "[a1, a0]"))
	} else {
		fmt.Fprintf(b, "  - {id: bq, kind: vote, NAME, due: {days: 3}, escalate: [{id: het, days: 2, %s}], vote: "+
			"{quorum: %s, pass: majority, tie: %s, fail: %s, chair: %s, motions: [{id: m, vi: v, en: e}, "+
			"{id: n, vi: v, en: e}]}}\n",
			pick("then", "then: continue", "then: return", "then: reject", "then: treat_as, as: approve"),
			pick("quorum", "all", "majority"),
			pick("tie", "fails", "passes", "chair"), pick("fail", "return", "continue", "again", "cancel"),
			pick("chair", "leader", "[leader, deputy]", "[a1, a0]"))
	}
}

// box keeps the ballots of secret motions, as the store does.
type box map[string][]Choice

// Any sequence of commands, under any rules: what is refused changes nothing, approvals count only for their digest,
// tallies never exceed those entitled, replaying gives the same state, and nothing ever stands still for want of
// somebody who can act.
func TestAnyProcessAnyCommands(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newFixture(t, rapid.IntRange(2, 5).Draw(r, "members"))
		w.state.Process = anyProcess(r, t)
		w.must(t, w.draft())
		ballots := box{}
		for range rapid.IntRange(5, 90).Draw(r, "steps") {
			cmd := w.draw(r, ballots)
			before := w.state.Covenant.Version
			open := w.openTo(giver(cmd))
			err := w.doBoxed(cmd, ballots)
			if err == nil && !open.has(cmd) {
				r.Fatalf("%+v was carried out, though it was not open to its giver in phase %s",
					cmd, w.state.Covenant.Phase)
			}
			var refusal *Error
			if err != nil && (!errors.As(err, &refusal) || w.state.Covenant.Version != before) {
				r.Fatalf("%T refused without a code or half done: %v", cmd, err)
			}
			w.invariants(r, ballots)
		}
	})
}

// doBoxed does a command as the engine does: secret choices go into the box, and closing takes them out.
func (w *fixture) doBoxed(cmd Command, ballots box) error {
	key := func(m Motion) string { return fmt.Sprint(m.ID, m.Round) }
	by, inner := giver(cmd), cmd
	if a, ok := cmd.(acted); ok {
		inner = a.Command
	}
	switch c := inner.(type) {
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
		return w.do(acted{by, c})
	case CastPollBallot:
		poll := Poll{}
		if s := w.state.Covenant.Scoring; s != nil {
			poll, _ = s.Poll(c.Poll)
		}
		rule, _ := w.pollRule(c.Poll)
		err := w.do(cmd)
		if id := fmt.Sprint("poll", c.Poll, poll.Round); err == nil && poll.Secret {
			ballots[id] = append(ballots[id], Choice(NewPollBallot(rule.Marks, c.Choices)))
		}
		return err
	case ClosePoll:
		c.Ballots = nil
		if s := w.state.Covenant.Scoring; s != nil {
			poll, _ := s.Poll(c.Poll)
			for _, b := range ballots[fmt.Sprint("poll", c.Poll, poll.Round)] {
				c.Ballots = append(c.Ballots, PollBallot(b))
			}
		}
		return w.do(acted{by, c})
	}
	return w.do(cmd)
}

func (w *fixture) pollRule(id PollID) (PollRule, bool) {
	stage, _ := w.state.Process.OfKind(StageScore)
	return stage.Score.PollRule(id)
}

// anyScoring is a command about scores, sensible or not.
func (w *fixture) anyScoring(r *rapid.T, a AgencyID, agencies []AgencyID) Command {
	head, officer := PersonID(a+"-head"), PersonID(a+"-officer")
	poll := PollID(rapid.SampledFrom([]string{"suy-ton", "bau", "bau-pho"}).Draw(r, "poll"))
	switch rapid.IntRange(0, 6).Draw(r, "scoring") {
	case 0:
		return as(officer, AppealScore{Agency: a, Reason: "x"})
	case 1:
		return as("a1-officer", DecideAppeal{Agency: a,
			Scores: []CriterionScore{{Criterion: "a", Points: 400}}, Reason: "x"})
	case 2:
		return as(w.chair(), OpenPoll{Poll: poll})
	case 3:
		return as(w.chair(), ClosePoll{Poll: poll, Lapse: rapid.Bool().Draw(r, "lapse")})
	case 4:
		return as(w.chair(), DeclareRanking{Secretary: "a0-officer", NewLeader: a})
	}
	return as(head, CastPollBallot{Agency: a, Poll: poll,
		Choices: rapid.SliceOfN(rapid.SampledFrom(agencies), 0, 3).Draw(r, "choices")})
}

func (w *fixture) draw(r *rapid.T, ballots box) Command {
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
	if c.Phase == AwaitingScores && rapid.IntRange(0, 3).Draw(r, "score") > 0 {
		return w.anyScoring(r, a, agencies)
	}
	switch rapid.IntRange(0, 18).Draw(r, "command") {
	case 0:
		return revised(n+1, rapid.SampledFrom([]string{"a", "b"}).Draw(r, "clause"), "c")
	case 1, 2:
		return w.review(a, rapid.SampledFrom([]Opinion{OpinionApprove, OpinionApproveComments, OpinionReturn,
			OpinionReject}).Draw(r, "opinion"))
	case 3:
		return as(officer, PostComment{Agency: a, Revision: n, Clause: "dieu-1", Text: "x"})
	case 4:
		return as(officer, ResolveComment{Agency: a, Thread: CommentID(fmt.Sprintf("r%d-%s-1", n, a)),
			Open: rapid.Bool().Draw(r, "open")})
	case 5:
		return as(head, DeclareConflict{Agency: a,
			Motion: rapid.SampledFrom([]MotionID{"", "m"}).Draw(r, "motion"), Reason: "x"})
	case 6:
		return as("a0-head", SettleRefusal{Choice: rapid.SampledFrom([]Consequence{ThenReturn, ThenContinue,
			ThenCancel}).Draw(r, "choice"), Reason: "x"})
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
		return as(head, RefuseSignature{Slot: SlotID(a), Reason: "x"})
	case 9:
		return as("a0-officer", RecordAttendance{Agency: a, Person: head,
			Presence: rapid.SampledFrom([]Presence{Present, Absent}).Draw(r, "presence")})
	case 10:
		return as("a0-officer", RecordProxy{From: a, To: rapid.SampledFrom(agencies).Draw(r, "to"), GivenBy: head,
			Date: calendar.On(2026, 3, 20), Document: "d"})
	case 11:
		return as(head, ProposeMotion{Agency: a, Text: "x"})
	case 12:
		return AmendText{revised(n+1, "b", "d")}
	case 13:
		m := w.anyMotion(r)
		return as(w.chair(), CloseMotion{Motion: m, Lapse: true, Casting: ChoiceAgainst})
	case 14:
		return as(w.chair(), CloseConference{})
	case 15:
		cmd := RecordPaperSignature{Slot: SlotID(a), Signatory: head, Date: calendar.On(2026, 3, 26),
			Scan: Digest{1}, Note: "x"}
		if c.Frozen != nil {
			cmd.Consented = c.Frozen.PDF
		}
		return as("a0-officer", cmd)
	case 16:
		return w.cast(a, w.anyMotion(r),
			rapid.SampledFrom([]Choice{ChoiceFor, ChoiceAgainst, ChoiceAbstain}).Draw(r, "choice"))
	}
	if rapid.Bool().Draw(r, "hand over") {
		return as(rapid.SampledFrom([]PersonID{head, "a0-head", "a1-head"}).Draw(r, "by"),
			HandOverChair{To: a, Reason: "x"})
	}
	return as(head, OpenConference{Secretary: "a0-officer", Agency: a, Reason: "x"})
}

// chair is a person of the agency in the chair.
func (w *fixture) chair() PersonID { return PersonID(w.state.Chair() + "-head") }

func (w *fixture) anyMotion(r *rapid.T) MotionID {
	ids := []MotionID{"m", "n"}
	for _, m := range w.state.Covenant.Motions {
		ids = append(ids, m.ID)
	}
	return rapid.SampledFrom(ids).Draw(r, "motion")
}

// sensible is a command of somebody whose turn it is.
func (w *fixture) sensible(r *rapid.T) Command {
	var can []Command
	for _, cmd := range w.possible() {
		if _, err := decided(w.state, cmd, w.now); err == nil {
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
func (w *fixture) possible() []Command {
	s, c := w.state, w.state.Covenant
	var out []Command
	switch c.Phase {
	case AwaitingFreeze:
		return []Command{w.freeze()}
	case AwaitingValidation:
		return []Command{RecordValidationData{Before: c.Head, After: DigestOf([]byte("complete")), Level: "B-LT"}}
	case PhaseRejected:
		for _, choice := range []Consequence{ThenReturn, ThenContinue, ThenCancel} {
			out = append(out, as("a0-head", SettleRefusal{Choice: choice, Reason: "x"}))
		}
	case AwaitingRevision:
		out = append(out, revised(len(c.Revisions)+1, fmt.Sprint(len(c.Revisions)), "c"))
	case AwaitingReviews:
		for _, t := range c.OpenThreads() {
			out = append(out, as("a0-officer", ResolveComment{Agency: "a0", Thread: t.ID}))
		}
	case AwaitingVotes:
		out = append(out, as(w.chair(), OpenConference{Secretary: "a0-officer"}), as(w.chair(), OpenMotions{}),
			as(w.chair(), CloseConference{}))
		for _, a := range []AgencyID{"a0", "a1"} {
			out = append(out, as(w.chair(), HandOverChair{To: a, Reason: "x"}),
				as(PersonID(a+"-head"), HandOverChair{To: a, Reason: "x"}))
		}
		for _, m := range c.Motions {
			closing := CloseMotion{Motion: m.ID, Casting: ChoiceFor, Lapse: true}
			for range m.Taken { // whatever is in the box, it can be counted
				closing.Ballots = append(closing.Ballots, ChoiceFor)
			}
			out = append(out, as(PersonID(s.voting().chairOf(m.ID)+"-head"), closing))
		}
		for _, a := range c.Members() {
			out = append(out, as("a0-officer", RecordAttendance{Agency: a, Person: PersonID(a + "-head"),
				Presence: Present}))
		}
	}
	for _, turn := range s.Turns() {
		out = append(out, w.does(turn)...)
	}
	return out
}

// does are commands of an agency that has the turn.
func (w *fixture) does(turn Turn) []Command {
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
			out = append(out, as(PersonID(by+"-head"), CastBallot{Agency: a, Motion: m.ID, Choice: ChoiceFor}))
		}
	case AwaitingNumber:
		out = append(out, as(officer, IssueNumber{Number: 7, Symbol: "GƯ", Date: calendar.On(2026, 3, 26)}))
	case AwaitingSignatures:
		out = append(out, w.signature(SlotID(a)))
	case AwaitingScores:
		scores := []CriterionScore{{Criterion: "a", Points: 500}}
		out = append(out, as(officer, SubmitScore{Agency: a, Scores: scores}),
			as(head, DeclareRanking{Secretary: officer}), as(head, OpenPoll{}),
			as(officer, AcceptScore{Agency: a}))
		for _, p := range c.Scoring.Polls {
			closing := ClosePoll{Poll: p.Poll, Lapse: true}
			for range p.Taken { // whatever is in the box, it can be counted
				closing.Ballots = append(closing.Ballots, blankBallot)
			}
			choice := p.Candidates[:1]
			if choice[0] == a {
				choice = nil
			}
			out = append(out, as(head, CastPollBallot{Agency: a, Poll: p.Poll, Choices: choice}), as(head, closing))
		}
		for _, e := range c.Scoring.Undecided() {
			out = append(out, as(officer, DecideAppeal{Agency: e, Scores: scores, Reason: "x"}))
		}
		for _, scored := range c.Members() {
			out = append(out, as(officer, VerifyScore{Agency: scored, Scores: scores}))
		}
	}
	return out
}
