package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"covenant/workflow/calendar"

	"pgregory.net/rapid"

	"covenant/workflow/process"
)

// fixture drives one covenant by commands, as the engine does, and keeps the events.
type fixture struct {
	state  State
	now    time.Time
	events []Event
}

func testProcess(t testing.TB) *Process {
	t.Helper()
	source, err := os.ReadFile("../templates/library/giao-uoc-thi-dua/process.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Parse("process.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newFixture has a block of a leader, a deputy, members and a witness; the person "x-head" signs and votes for agency
// x, "x-officer" does the rest.
func newFixture(t testing.TB, members int) *fixture {
	t.Helper()
	dir := NewDirectory()
	block := BlockFormed{Block: "khoi", Name: "Khối", Province: "tỉnh"}
	add := func(id AgencyID, role Role) {
		dir.Apply(AgencyRegistered{Agency: id, Name: "Cơ quan " + string(id), Email: string(id) + "@x.example"})
		head, officer := PersonID(id+"-head"), PersonID(id+"-officer")
		dir.Apply(PersonRegistered{Person: head, Name: Personal{Text: "Ông " + string(id)}})
		dir.Apply(PersonRegistered{Person: officer, Name: Personal{Text: "Bà " + string(id)}})
		dir.Apply(PositionAssigned{Position: PositionID(head), Agency: id, Person: head, Title: "Giám đốc",
			Duties: []Duty{DutySign, DutyVote}})
		dir.Apply(PositionAssigned{Position: PositionID(officer), Agency: id, Person: officer, Title: "Chuyên viên",
			Duties: []Duty{DutyDraft, DutyReview, DutyNumber, DutyReport}})
		dir.Apply(CertificateBound{Person: head, Issuer: "CA", Serial: string(head), SHA256: certDigest(string(head))})
		block.Members = append(block.Members, FormedMember{id, role})
	}
	add("a0", RoleLeader)
	add("a1", RoleDeputy)
	for i := 2; i < members; i++ {
		add(AgencyID(fmt.Sprintf("a%d", i)), RoleMember)
	}
	add("w", RoleWitness)
	dir.Apply(block)
	dir.Apply(CertificateBound{Agency: "a0", Issuer: "CA", Serial: "seal", SHA256: certDigest("seal")})
	return &fixture{
		state: State{Covenant: &Covenant{}, Process: testProcess(t), Directory: dir, Calendar: vietnam(t)},
		now:   time.Date(2026, 3, 26, 9, 0, 0, 0, vietnam(t).Zone()),
	}
}

func (w *fixture) do(c Command) error {
	before, _ := json.Marshal(w.state.Covenant)
	events, err := decided(w.state, c, w.now)
	if after, _ := json.Marshal(w.state.Covenant); string(after) != string(before) {
		panic("Decide changed the state it was given")
	}
	if err != nil {
		return err
	}
	next := w.state.Covenant.Clone()
	for _, e := range events {
		if _, directory := e.(ofDirectory); directory {
			w.state.Directory.Apply(e)
		} else {
			next.Apply(e)
		}
	}
	w.state.Covenant = next
	w.events = append(w.events, events...)
	return nil
}

func (w *fixture) must(t testing.TB, c Command) {
	t.Helper()
	if err := w.do(c); err != nil {
		t.Fatalf("%T: %v", c, err)
	}
}

func (w *fixture) draft() DraftCovenant {
	cmd := DraftCovenant{ID: "id", Slug: "2026/khoi", Title: "Giao ước", Year: 2026, Block: "khoi", Template: "t"}
	for _, m := range w.state.Directory.Blocks["khoi"].Members {
		cmd.Slots = append(cmd.Slots, Slot{ID: SlotID(m.Agency), Role: m.Role, Unit: string(m.Agency)})
	}
	return cmd
}

func revision(n int) SubmitRevision {
	text := fmt.Sprint("revision ", n)
	return SubmitRevision{Manifest: DigestOf([]byte(text)), PDF: DigestOf([]byte(text + "pdf"))}
}

func (w *fixture) review(a AgencyID, o Opinion) GiveReview {
	r, _ := w.state.Covenant.Revision()
	cmd := GiveReview{Agency: a, Revision: r.Number, Manifest: r.Manifest, Opinion: o}
	if o != OpinionApprove {
		cmd.Comments = []Comment{{Text: "lý do"}}
	}
	return cmd
}

func (w *fixture) signature(slot SlotID) RecordSignature {
	c := w.state.Covenant
	cmd := RecordSignature{
		Slot: slot, Before: c.Head, After: DigestOf([]byte(c.Head.String() + string(slot))),
		Level: "B-T", Issuer: "CA", Serial: string(slot) + "-head",
		SHA256: certDigest(string(slot) + "-head"),
	}
	if c.Frozen != nil {
		cmd.Consented = c.Frozen.PDF
	}
	return cmd
}

func (w *fixture) freeze() Freeze {
	cmd := Freeze{PDF: DigestOf([]byte("frozen")), Size: 6, Token: "t"}
	for _, p := range w.state.Covenant.Parties {
		cmd.Fields = append(cmd.Fields,
			FrozenField{Name: "sig." + string(p.Slot), Slot: p.Slot, Type: "signature", Page: 1},
			FrozenField{Name: "seal." + string(p.Slot), Slot: p.Slot, Type: "seal", Page: 1})
	}
	return cmd
}

// upTo brings the covenant to a phase by the straight way.
func (w *fixture) upTo(t testing.TB, phase Phase) {
	t.Helper()
	for w.state.Covenant.Phase != phase {
		w.forward(t)
	}
}

// forward does what the covenant waits for.
func (w *fixture) forward(t testing.TB) {
	t.Helper()
	switch c := w.state.Covenant; c.Phase {
	case PhaseNew:
		w.must(t, w.draft())
	case AwaitingRevision:
		w.must(t, revision(len(c.Revisions)+1))
	case AwaitingReviews:
		w.must(t, w.review(c.Waiting[0], OpinionApprove))
	case AwaitingVotes:
		w.voteOn(t, ChoiceFor)
	case AwaitingNumber:
		w.must(t, as("a0-officer", IssueNumber{Number: 7, Symbol: "GƯ-KTN", Date: calendar.On(2026, 3, 26)}))
	case AwaitingFreeze:
		w.must(t, w.freeze())
	case AwaitingSignatures:
		w.must(t, w.signature(SlotID(c.Waiting[0])))
	case AwaitingSeals:
		a := c.Waiting[0]
		w.must(t, as(PersonID(a+"-officer"),
			RecordSeal{Agency: a, Before: c.Head, After: DigestOf([]byte("sealed")), Level: "B-T",
				Issuer: "CA", Serial: "seal", SHA256: certDigest("seal")}))
	case AwaitingValidation:
		w.must(t, RecordValidationData{Before: c.Head, After: DigestOf([]byte("complete")), Level: "B-LT"})
	default:
		t.Fatalf("stuck in %s", c.Phase)
	}
}

func (w *fixture) voteOn(t testing.TB, choice Choice) {
	t.Helper()
	for _, m := range w.state.Covenant.Motions {
		if m.Result != nil {
			continue
		}
		for _, a := range m.Who {
			w.must(t, as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: m.ID, Choice: choice}))
		}
		w.must(t, as("a0-head", CloseMotion{Motion: m.ID}))
		if w.state.Covenant.Phase != AwaitingVotes {
			return
		}
	}
}

func TestWholeLife(t *testing.T) {
	w := newFixture(t, 10)
	w.upTo(t, AwaitingReports)
	c := w.state.Covenant
	if len(c.Signed) != 11 || c.Signed[0].Slot != "a0" || c.Signed[1].Slot != "a1" || c.Signed[10].Slot != "w" {
		t.Errorf("signatures in the order %v; want leader, deputy, members, witness", c.Signed)
	}
	if c.Level != "B-LT" || c.InForce != calendar.On(2026, 3, 26) || c.PrintedNumber() != "07/GƯ-KTN" {
		t.Errorf("level %q, in force %s, number %q", c.Level, c.InForce, c.PrintedNumber())
	}
	if got := w.state.Status(w.now, "vi"); got != "Đang có hiệu lực từ 26/03/2026; các đơn vị báo cáo đến 26/03/2027" {
		t.Errorf("status: %q", got)
	}
}

// The log alone makes the state: every event survives its JSON form, and replaying gives the same covenant.
func TestReplayFromJSON(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReports)
	w.must(t, as("a1-officer", SubmitReport{Agency: "a1", Obligation: "quy", Period: "2026-Q2", Summary: "đủ"}))
	w.must(t, RecordReminder{Obligation: "quy", Period: "2026-Q2", Rung: "nhac-lai"})
	replayed := &Covenant{}
	for _, e := range w.events {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeEvent(e.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		replayed.Apply(back)
	}
	want, _ := json.Marshal(w.state.Covenant)
	got, _ := json.Marshal(replayed)
	if string(got) != string(want) {
		t.Errorf("replayed\n%s\nwant\n%s", got, want)
	}
}

func TestReturnedDraftIsReviewedAgain(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReviews)
	w.must(t, w.review("a2", OpinionReturn))
	if w.state.Covenant.Phase != AwaitingReviews {
		t.Fatal("one return cut the others off")
	}
	for _, a := range []AgencyID{"a0", "a1", "a3"} {
		w.must(t, w.review(a, OpinionApprove))
	}
	if c := w.state.Covenant; c.Phase != AwaitingRevision || c.Revisions[0].Returned != "a2" {
		t.Fatalf("phase %s, returned by %q", c.Phase, c.Revisions[0].Returned)
	}
	if err := w.do(revision(1)); ErrorCode(err) != CodeInvalid {
		t.Errorf("the same text again: %v; want code invalid", err)
	}
	w.must(t, revision(2))
	if got := len(w.state.Covenant.Waiting); got != 4 {
		t.Errorf("%d agencies are asked about revision 2, want 4", got)
	}
}

func TestApprovalBindsToBytes(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReviews)
	cmd := w.review("a1", OpinionApprove)
	cmd.Manifest = DigestOf([]byte("something else"))
	if err := w.do(cmd); ErrorCode(err) != CodeConflict {
		t.Errorf("approval of other bytes: %v; want code conflict", err)
	}
}

func TestVoteRules(t *testing.T) {
	w := newFixture(t, 6)
	w.upTo(t, AwaitingVotes)
	ballot := func(a AgencyID, c Choice) Command {
		return as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: "chuong-trinh", Choice: c})
	}
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, ballot(a, ChoiceFor))
	}
	if err := w.do(as("a0-head", CloseMotion{Motion: "chuong-trinh"})); ErrorCode(err) != CodeWrongState {
		t.Errorf("closed with 3 of 6, quorum 2/3: %v", err)
	}
	w.must(t, ballot("a3", ChoiceAgainst))
	if err := w.do(ballot("a3", ChoiceFor)); ErrorCode(err) != CodeConflict {
		t.Errorf("a second vote: %v", err)
	}
	if err := w.do(as("a1-head", CloseMotion{Motion: "chuong-trinh"})); ErrorCode(err) != CodeForbidden {
		t.Errorf("closed by somebody else than the chair: %v", err)
	}
	w.must(t, as("a0-head", CloseMotion{Motion: "chuong-trinh"}))
	if r := w.state.Covenant.Motions[0].Result; !r.Passed || r.For != 3 || r.Against != 1 {
		t.Errorf("result %+v, want passed 3:1", r)
	}
	if err := w.do(ballot("a4", ChoiceFor)); ErrorCode(err) != CodeWrongState {
		t.Errorf("a vote after closing: %v", err)
	}
}

func TestFailedMotionReturnsTheDraft(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingVotes)
	for _, m := range w.state.Covenant.Motions {
		for _, a := range m.Who {
			w.must(t, as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: m.ID, Choice: ChoiceAbstain}))
		}
		w.must(t, as("a0-head", CloseMotion{Motion: m.ID}))
	}
	if got := w.state.Covenant.Phase; got != AwaitingRevision {
		t.Fatalf("phase %s after failed motions", got)
	}
	w.upTo(t, AwaitingNumber) // a new revision, reviewed and voted again
}

func TestSigningOrderAndAuthority(t *testing.T) {
	w := newFixture(t, 5)
	w.upTo(t, AwaitingSignatures)
	if err := w.do(w.signature("a3")); ErrorCode(err) != CodeWrongState {
		t.Errorf("a member before the leader: %v", err)
	}
	if err := w.do(as("a2-head", w.signature("a0"))); ErrorCode(err) != CodeForbidden {
		t.Errorf("somebody else's field: %v", err)
	}
	unbound := w.signature("a0")
	unbound.Serial = "other"
	if err := w.do(unbound); ErrorCode(err) != CodeForbidden {
		t.Errorf("an unbound certificate: %v", err)
	}
	w.must(t, w.signature("a0"))
	w.must(t, w.signature("a1"))
	first, second := w.signature("a4"), w.signature("a2")
	w.must(t, first)
	if err := w.do(second); ErrorCode(err) != CodeConflict {
		t.Errorf("signed on an old head: %v; want conflict", err)
	}
	w.must(t, w.signature("a2"))
}

func TestDelegateSignsInForm(t *testing.T) {
	w := newFixture(t, 3)
	w.upTo(t, AwaitingSignatures)
	w.state.Directory.Apply(DutiesDelegated{
		From: "a0-head", To: "a0-officer", Title: "Phó Giám đốc", Form: FormDeputy, Duties: []Duty{DutySign},
		Start: calendar.On(2026, 3, 1), End: calendar.On(2026, 3, 26),
	})
	a, _, err := w.state.MaySign(SignedIn("a0-officer"), "a0", w.now)
	if err != nil || a.Form != FormDeputy || a.For != "a0-head" || a.Title != "Phó Giám đốc" {
		t.Errorf("authority %+v, %v", a, err)
	}
	if _, _, err := w.state.MaySign(SignedIn("a0-officer"), "a0",
		w.now.AddDate(0, 0, 1)); ErrorCode(err) != CodeForbidden {
		t.Errorf("a day after the delegation ended: %v", err)
	}
}

func TestReportsAndReminders(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReports)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, as(PersonID(a+"-officer"),
			SubmitReport{Agency: a, Obligation: "quy", Period: "2026-Q2", Summary: "đủ"}))
	}
	w.must(t, RecordReminder{Obligation: "quy", Period: "2026-Q2", Rung: "nhac-lai"})
	w.must(t, RecordReminder{Obligation: "quy", Period: "2026-Q2", Rung: "danh-sach-cham"})
	got := w.state.Covenant.Reminders
	if !reflect.DeepEqual(got[0].To, []AgencyID{"a3"}) || !reflect.DeepEqual(got[1].To, []AgencyID{"a0"}) {
		t.Errorf("reminded %v, then the leader %v; want a3, a0", got[0].To, got[1].To)
	}
	if err := w.do(RecordReminder{Obligation: "quy", Period: "2026-Q2",
		Rung: "nhac-lai"}); ErrorCode(err) != CodeConflict {
		t.Errorf("the same step twice: %v", err)
	}
	w.now = time.Date(2026, 6, 26, 8, 0, 0, 0, w.state.Calendar.Zone())
	w.must(t, as("a3-officer", SubmitReport{Agency: "a3", Obligation: "quy", Period: "2026-Q2", Summary: "muộn"}))
	if r, _ := w.state.Covenant.Report("quy", "2026-Q2", "a3"); !r.Late {
		t.Error("a report on the day after the 25th is not late")
	}
	if err := w.do(as("a3-officer", SubmitReport{Agency: "a3", Obligation: "quy", Period: "2031-Q1",
		Summary: "x"})); ErrorCode(err) != CodeNotFound {
		t.Errorf("a period that the covenant does not have: %v", err)
	}
}

// Whatever people try in whatever order, no command is half accepted: either it is refused with a code and changes
// nothing, or its events keep what must always hold.
func TestAnyOrderOfCommands(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newFixture(t, rapid.IntRange(3, 6).Draw(r, "members"))
		agencies := w.state.Directory.Blocks["khoi"].Agencies()
		for range rapid.IntRange(10, 120).Draw(r, "steps") {
			before := w.state.Covenant.Version
			err := w.do(w.anyCommand(r, agencies))
			var refusal *Error
			if err != nil && (!errors.As(err, &refusal) || w.state.Covenant.Version != before) {
				r.Fatalf("refused without a code or half done: %v", err)
			}
			w.checkInvariants(r)
		}
	})
}

func (w *fixture) anyCommand(r *rapid.T, agencies []AgencyID) Command {
	a := rapid.SampledFrom(agencies).Draw(r, "agency")
	c := w.state.Covenant
	switch rapid.IntRange(0, 10).Draw(r, "command") {
	case 0:
		return w.draft()
	case 1:
		return revision(rapid.IntRange(1, 5).Draw(r, "revision"))
	case 2, 3:
		return w.review(a, rapid.SampledFrom([]Opinion{OpinionApprove, OpinionApprove, OpinionApprove,
			OpinionReturn}).Draw(r, "opinion"))
	case 4, 5:
		m := rapid.SampledFrom([]MotionID{"chuong-trinh", "quy-che", "tieu-chi"}).Draw(r, "motion")
		return as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: m,
			Choice: rapid.SampledFrom([]Choice{ChoiceFor, ChoiceFor, ChoiceAgainst}).Draw(r, "choice")})
	case 6:
		return as("a0-head", CloseMotion{Motion: rapid.SampledFrom([]MotionID{"chuong-trinh", "quy-che",
			"tieu-chi"}).Draw(r, "motion")})
	case 7:
		return as("a0-officer", IssueNumber{Number: 1, Date: calendar.On(2026, 3, 26)})
	case 8:
		return w.freeze()
	case 9:
		return w.signature(SlotID(rapid.SampledFrom(append(agencies, "w")).Draw(r, "slot")))
	}
	return RecordValidationData{Before: c.Head, After: DigestOf([]byte("complete")), Level: "B-LT"}
}

func (w *fixture) checkInvariants(r *rapid.T) {
	c := w.state.Covenant
	if c.Number != nil {
		last, _ := c.Revision()
		for _, a := range c.Members() {
			i := slices.IndexFunc(c.Reviews, func(g ReviewGiven) bool {
				return g.Agency == a && g.Revision == last.Number
			})
			if i < 0 || c.Reviews[i].Opinion != OpinionApprove || c.Reviews[i].Manifest != last.Manifest {
				r.Fatalf("numbered without the approval of %s", a)
			}
		}
		for _, m := range c.Motions {
			if m.Result == nil || !m.Result.Passed {
				r.Fatalf("numbered although motion %s did not pass", m.ID)
			}
		}
	}
	seen := map[SlotID]bool{}
	head := Digest{}
	if c.Frozen != nil {
		head = c.Frozen.PDF
	}
	for _, s := range c.Signed {
		if seen[s.Slot] || s.Before != head {
			r.Fatalf("slot %s signed twice or not on the head", s.Slot)
		}
		seen[s.Slot], head = true, s.After
	}
	if !c.InForce.IsZero() && len(c.Signed) != len(c.Parties) {
		r.Fatalf("in force with %d of %d signatures", len(c.Signed), len(c.Parties))
	}
}

// certDigest stands for the digest of a certificate that a test names.
func certDigest(of string) Digest {
	if of == "" {
		return Digest{}
	}
	return DigestOf([]byte("certificate " + of))
}

func cert(issuer, serial string) Certificate { return Certificate{issuer, serial, certDigest(serial)} }
