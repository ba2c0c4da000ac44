package workflow

import (
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

// signable waits for signatures; paper and refusals are possible.
func signable(t testing.TB) *fixture {
	w := under(t, 4, strings.Replace(signing, "SIGN", "need: majority, refusal: decide, paper: true", 1))
	w.upTo(t, AwaitingSignatures)
	return w
}

func reviewed(rules string) func(testing.TB) *fixture {
	return func(t testing.TB) *fixture {
		return under(t, 4, "  - {id: gop-y, kind: review, NAME, due: {days: 3}, review: {"+rules+"}}\n")
	}
}

func inForce(t testing.TB) *fixture {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReports)
	return w
}

// A reason, a text or a document that consists of spaces is none: wherever people have to say something, nothing said
// is refused, and something said is not.
func TestNothingSaidIsNoReason(t *testing.T) {
	today := calendar.On(2026, 3, 26)
	atHall := func(t testing.TB) *fixture {
		w := inHall(t, 4, "return")
		w.here(t, "a0", "a1")
		return w
	}
	heard := func(t testing.TB) *fixture {
		w := scoringUnder("appeal: {within: {days: 3}, by: leader}, ")(t)
		w.must(t, selfScore("a1", ab(6, 4)))
		return w
	}
	verifiedOnce := func(t testing.TB) *fixture {
		w := heard(t)
		w.must(t, verify("a1", ab(6, 4), ""))
		return w
	}
	appealed := func(t testing.TB) *fixture {
		w := verifiedOnce(t)
		w.must(t, as("a1-officer", AppealScore{Agency: "a1", Reason: "x"}))
		return w
	}
	delegated := func(t testing.TB) *fixture {
		w := newFixture(t, 3)
		w.state.Directory.Apply(DutiesDelegated{ID: "uq", From: "a0-head", To: "a0-officer", Duties: []Duty{DutyVote},
			Start: today, End: calendar.On(2026, 12, 31)})
		return w
	}
	ruled := func(t testing.TB) *fixture {
		w := newFixture(t, 3)
		w.state.Directory.Apply(BindingRuleSet{ID: "r", Person: "a0-head", Issuer: "CA", Attribute: "CN",
			Value: Personal{Text: "x"}})
		w.state.Directory.Apply(RightGranted{Person: "a0-head", Right: RightAudit})
		return w
	}
	commented := func(t testing.TB) *fixture {
		w := reviewed("approve: all")(t)
		w.must(t, as("a1-officer", PostComment{Agency: "a1", Revision: 1, Text: "x"}))
		return w
	}
	stopped := func(t testing.TB) *fixture {
		w := reviewed("reject: decide")(t)
		w.must(t, w.review("a1", OpinionReject))
		return w
	}
	paper := func(w *fixture, note string) Command {
		return as("a0-officer", RecordPaperSignature{Slot: "a0", Signatory: "a0-head", Date: today,
			Consented: w.state.Covenant.Frozen.PDF, Scan: Digest{1}, Note: note})
	}
	entry := RegisterEntry{Book: "b", Year: 2026, Number: 1}
	for name, c := range map[string]struct {
		start func(testing.TB) *fixture
		cmd   func(w *fixture, text string) Command
	}{
		"withdraw": {drafted, func(_ *fixture, s string) Command { return as("a0-officer", Withdraw{Reason: s}) }},
		"cancel":   {drafted, func(_ *fixture, s string) Command { return as("a0-head", Cancel{Reason: s}) }},
		"close":    {inForce, func(_ *fixture, s string) Command { return as("a0-head", Close{Reason: s}) }},
		"report": {inForce, func(_ *fixture, s string) Command {
			return as("a1-officer", SubmitReport{Agency: "a1", Obligation: "quy", Period: "2026-Q2", Summary: s})
		}},
		"refuse to sign": {signable, func(_ *fixture, s string) Command {
			return as("a0-head", RefuseSignature{Slot: "a0", Reason: s})
		}},
		"sign on paper": {signable, paper},
		"settle": {stopped, func(_ *fixture, s string) Command {
			return as("a0-head", SettleRefusal{Choice: ThenReturn, Reason: s})
		}},
		"conflict": {reviewed(""), func(_ *fixture, s string) Command {
			return as("a1-head", DeclareConflict{Agency: "a1", Reason: s})
		}},
		"return": {reviewed(""), func(w *fixture, s string) Command {
			return w.opinion("a1", OpinionReturn, Comment{Text: s})
		}},
		"comment": {reviewed(""), func(_ *fixture, s string) Command {
			return as("a1-officer", PostComment{Agency: "a1", Revision: 1, Text: s})
		}},
		"answer": {commented, func(_ *fixture, s string) Command {
			return as("a0-officer", AnswerComment{Agency: "a0", Thread: "r1-a1-1", Text: s})
		}},
		"proxy": {atHall, func(_ *fixture, s string) Command {
			return as("a0-officer", RecordProxy{From: "a2", To: "a1", GivenBy: "a2-head", Date: today, Document: s})
		}},
		"motion from the floor": {atHall, func(_ *fixture, s string) Command {
			return as("a1-head", ProposeMotion{Agency: "a1", Text: s})
		}},
		"verify otherwise": {heard, func(_ *fixture, s string) Command { return verify("a1", ab(5, 4), s) }},
		"appeal": {verifiedOnce, func(_ *fixture, s string) Command {
			return as("a1-officer", AppealScore{Agency: "a1", Reason: s})
		}},
		"decide the appeal": {appealed, func(_ *fixture, s string) Command {
			return as("a0-officer", DecideAppeal{Agency: "a1", Scores: ab(5, 4), Reason: s})
		}},
		"revoke a delegation": {delegated, func(_ *fixture, s string) Command {
			return as("a0-head", RevokeDelegation{Delegation: "uq", LastDay: today, Reason: s})
		}},
		"unbind": {drafted, func(_ *fixture, s string) Command {
			return UnbindCertificate{Issuer: "CA", Serial: "a0-head", Reason: s}
		}},
		"replace a certificate": {drafted, func(_ *fixture, s string) Command {
			return ReplaceCertificate{Issuer: "CA", Serial: "a0-head", NewIssuer: "CA", NewSerial: "9",
				NewSHA256: certDigest("9"), Reason: s}
		}},
		"end a rule": {ruled, func(_ *fixture, s string) Command { return EndBindingRule{ID: "r", Reason: s} }},
		"revoke a right": {ruled, func(_ *fixture, s string) Command {
			return RevokeRight{Person: "a0-head", Right: RightAudit, Reason: s}
		}},
		"reserve a number": {drafted, func(_ *fixture, s string) Command {
			return as("a0-officer", ReserveNumber{entry, "a0", s})
		}},
		"explain a number": {drafted, func(_ *fixture, s string) Command {
			return as("a0-officer", ExplainNumber{entry, "a0", s})
		}},
		"enter a number": {drafted, func(_ *fixture, s string) Command {
			return as("a0-officer", EnterNumber{RegisterEntry: entry, Agency: "a0", Date: today, Title: s})
		}},
		"assign a post": {drafted, func(_ *fixture, s string) Command {
			return AssignPosition{Position{Agency: "a0", Person: "a0-officer", Title: s, Duties: []Duty{DutyVote}}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, nothing := range []string{"", " ", "\u00a0\t\n"} {
				w := c.start(t)
				saysNo(t, w.do(c.cmd(w, nothing)), CodeInvalid, " ", " ")
			}
			w := c.start(t)
			w.must(t, c.cmd(w, "có lý do"))
		})
	}
}

// drafted is a covenant that was drafted.
func drafted(t testing.TB) *fixture {
	w := newFixture(t, 4)
	w.must(t, w.draft())
	return w
}

// What stopped is settled by the head of the leading agency, in each way, from each cause.
func TestSettledRefusals(t *testing.T) {
	settle := func(choice Consequence) Command {
		return as("a0-head", SettleRefusal{Choice: choice, Reason: "đã trao đổi"})
	}
	rejected := func(t testing.TB) *fixture {
		w := reviewed("reject: decide")(t)
		w.must(t, w.review("a0", OpinionApprove))
		w.must(t, w.review("a1", OpinionReject))
		return w
	}
	behaviour{rejected, (*fixture).waiting, []situation{
		{name: "returned", does: settle(ThenReturn), events: "refusal_settled revision_returned",
			phase: AwaitingRevision},
		{name: "cancelled", does: settle(ThenCancel), events: "refusal_settled cancelled", phase: PhaseCancelled},
		{name: "continued without who rejected", does: settle(ThenContinue),
			events: "refusal_settled agencies_released", phase: AwaitingReviews, want: "a2 a3"},
		{name: "in a way that there is not", does: settle(ThenExtend), code: CodeInvalid,
			vi: "quyết định \"extend\" không có", en: "there is no decision \"extend\""},
		{name: "by who rejected", does: as("a1-head", SettleRefusal{Choice: ThenReturn, Reason: "x"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "by an officer", does: as("a0-officer", SettleRefusal{Choice: ThenReturn, Reason: "x"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "twice", given: []Command{settle(ThenReturn)}, does: settle(ThenReturn), code: CodeWrongState,
			vi: "giao ước đang ở bước khác", en: "the covenant is at another step"},
	}}.run(t)
	refused := func(t testing.TB) *fixture {
		w := signable(t)
		w.must(t, as("a0-head", RefuseSignature{Slot: "a0", Reason: "chưa thống nhất"}))
		return w
	}
	behaviour{refused, (*fixture).waiting, []situation{
		{name: "a signature refused: returned, and the number is void", does: settle(ThenReturn),
			events: "refusal_settled revision_returned number_voided", phase: AwaitingRevision},
		{name: "a signature refused: cancelled, and the number is void", does: settle(ThenCancel),
			events: "refusal_settled cancelled number_voided", phase: PhaseCancelled},
		{name: "a signature refused: the others sign", does: settle(ThenContinue),
			events: "refusal_settled group_opened", phase: AwaitingSignatures, want: "a1"},
	}}.run(t)
}
