package workflow

import (
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

const signing = `
  - {id: so, kind: number, NAME, number: {book: b}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader], [deputy], [member], [witness]], SIGN}}
  - {id: ra, kind: issue, NAME}
`

func (w *fixture) toSigning(t testing.TB) {
	w.must(t, as("a0-officer", IssueNumber{Number: 7, Symbol: "GƯ", Date: calendar.On(2026, 3, 26)}))
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
	refuse := func(w *fixture, slot SlotID) Command {
		return as(PersonID(slot+"-head"), RefuseSignature{Slot: slot, Reason: "chưa thống nhất"})
	}
	start := func(rule string) *fixture {
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
	if c.Number != nil || c.Frozen != nil || len(c.Signed) != 0 || len(c.SetAside) != 1 || len(c.Voided) != 1 ||
		c.Voided[0].Number != 7 {
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
	if got := w.state.Sentence(words.Vietnamese); got != "Đã dừng: Cơ quan a1 từ chối ký; chờ Cơ quan a0 quyết định" {
		t.Errorf("status %q", got)
	}
	w.refused(t, as("a1-head", SettleRefusal{Choice: ThenContinue, Reason: "x"}), CodeForbidden)
	w.refused(t, as("a0-head", SettleRefusal{Choice: ThenContinue}), CodeInvalid)
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "đủ số cần thiết"}))
	w.must(t, w.signature("a2"))
	w.must(t, refuse(w, "a3"))
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "đủ số cần thiết"}))
	w.must(t, refuse(w, "w"))
	w.refused(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "không đủ"}), CodeWrongState)
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenReturn, Reason: "sửa chỉ tiêu"}))
	w.phase(t, AwaitingRevision)
}

func TestOldStopsAreNoDeadEnds(t *testing.T) {
	w := newFixture(t, 3)
	w.upTo(t, AwaitingReviews)
	w.must(t, w.review("a0", OpinionApprove))
	r, _ := w.state.Covenant.Revision()
	next := w.state.Covenant.Clone()
	next.Apply(ReviewGiven{Stage: next.Stage, Agency: "a2", Revision: 1, Manifest: r.Manifest, Opinion: OpinionReject})
	w.state.Covenant = next
	w.phase(t, PhaseRejected)
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "tiếp tục"}))
	w.must(t, w.review("a1", OpinionApprove))
	w.phase(t, AwaitingVotes)

	w = newFixture(t, 3)
	w.upTo(t, AwaitingSignatures)
	next = w.state.Covenant.Clone()
	next.Apply(SignatureRefused{Slot: "a0", Reason: "không"})
	w.state.Covenant = next
	w.refused(t, as("a0-head", SettleRefusal{Choice: ThenContinue, Reason: "x"}), CodeWrongState)
	w.must(t, as("a0-head", SettleRefusal{Choice: ThenReturn, Reason: "sửa"}))
	w.phase(t, AwaitingRevision)
}

func TestPaperSignature(t *testing.T) {
	w := under(t, 3, strings.Replace(signing, "SIGN", "paper: true", 1))
	w.toSigning(t)
	cmd := RecordPaperSignature{
		Slot: "a0", Signatory: "a0-head", Date: calendar.On(2026, 3, 26), Consented: w.state.Covenant.Frozen.PDF,
		Scan: DigestOf([]byte("scan")), Size: 4, Note: "lưu tại văn thư",
	}
	if err := w.do(as("a1-head", cmd)); ErrorCode(err) != CodeForbidden {
		t.Errorf("a stranger recorded a paper signature: %v", err)
	}
	for name, bad := range map[string]func(*RecordPaperSignature){
		"before its date": func(p *RecordPaperSignature) { p.Date = calendar.On(2026, 3, 25) },
		"without scan":    func(p *RecordPaperSignature) { p.Scan = Digest{} },
		"by who may not":  func(p *RecordPaperSignature) { p.Signatory = "a0-officer" },
		"of other bytes":  func(p *RecordPaperSignature) { p.Consented = Digest{1} },
		"out of turn":     func(p *RecordPaperSignature) { p.Slot, p.Signatory = "a1", "a1-head" },
	} {
		p := cmd
		bad(&p)
		if err := w.do(as("a0-officer", p)); err == nil {
			t.Errorf("a paper signature %s was recorded", name)
		}
	}
	w.must(t, as("a0-officer", cmd))
	w.must(t, w.signature("a1"))
	w.must(t, w.signature("a2"))
	w.must(t, w.signature("w"))
	w.phase(t, AwaitingValidation)
	w = under(t, 3, strings.Replace(signing, ", SIGN", "", 1))
	w.toSigning(t)
	cmd.Consented = w.state.Covenant.Frozen.PDF
	w.refused(t, as("a0-officer", cmd), CodeForbidden)
}

// Once so many have refused that enough signatures cannot be reached, nobody else is kept waiting: the leader decides.
func TestTooManyRefusalsStopAtOnce(t *testing.T) {
	w := under(t, 5, strings.Replace(signing, "SIGN", "need: 5, refusal: continue", 1))
	w.toSigning(t)
	w.must(t, w.signature("a0"))
	w.must(t, w.signature("a1"))
	for _, slot := range []SlotID{"a2", "a3"} { // a4 and the witness are still to sign
		w.must(t, as(PersonID(slot+"-head"), RefuseSignature{Slot: slot, Reason: "chưa thống nhất"}))
	}
	w.phase(t, PhaseRejected)
	if got := w.state.Sentence(words.English); got != "Stopped: too few signatures can be reached; waiting for Cơ "+
		"quan a0 to decide" {
		t.Errorf("status %q", got)
	}
}
