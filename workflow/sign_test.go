package workflow

import (
	"fmt"
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

// sealing is a covenant whose leader and deputy seal it, with what is needed for that in the directory.
func sealing(t testing.TB) *fixture {
	w := under(t, 3, strings.Replace(signing, ", SIGN}}", "}}\n  - {id: dau, kind: seal, NAME, who: [leader, deputy]}",
		1))
	w.state.Directory.Apply(CertificateBound{Agency: "a1", Issuer: "CA", Serial: "seal-1",
		SHA256: certDigest("seal-1")})
	w.state.Directory.Apply(CertificateBound{Agency: "a1", Issuer: "CA", Serial: "new", Pending: true})
	w.upTo(t, AwaitingSeals)
	return w
}

// head is which digest the file has, by what was done to it last.
func (w *fixture) head() string {
	c := w.state.Covenant
	names := map[Digest]string{DigestOf([]byte("frozen")): "frozen", DigestOf([]byte("1")): "first",
		DigestOf([]byte("2")): "second"}
	return fmt.Sprintf("%s, waits for %s", names[c.Head], short(c.Waiting))
}

func TestSeals(t *testing.T) {
	first, second := DigestOf([]byte("1")), DigestOf([]byte("2"))
	w := sealing(t)
	before := w.state.Covenant.Head
	seal := func(change func(*RecordSeal)) Command {
		cmd := RecordSeal{Agency: "a0", Before: before, After: first, Level: "B-T", Issuer: "CA", Serial: "seal"}
		change(&cmd)
		cmd.SHA256 = certDigest(cmd.Serial)
		return as(PersonID(cmd.Agency+"-officer"), cmd)
	}
	one := seal(func(*RecordSeal) {})
	deputy := func(s *RecordSeal) { s.Agency, s.Serial = "a1", "seal-1" }
	other := seal(func(s *RecordSeal) { deputy(s); s.Before, s.After = first, second })
	behaviour{sealing, (*fixture).head, []situation{
		{name: "the leader's", does: one, events: "seal_applied", want: "first, waits for a1"},
		{name: "the deputy's first", does: seal(deputy), events: "seal_applied", want: "first, waits for a0"},
		{name: "the last one", given: []Command{one}, does: other, events: "seal_applied stage_closed stage_opened",
			phase: AwaitingValidation, want: "second, waits for "},
		{name: "twice", given: []Command{one}, does: seal(func(s *RecordSeal) { s.Before = first }), code: CodeConflict,
			vi: "a0 đã đóng dấu hoặc không phải đóng dấu", en: "a0 has applied its seal, or has none to apply"},
		{name: "of who does not seal", does: seal(func(s *RecordSeal) { s.Agency = "a2" }), code: CodeConflict,
			vi: "không phải đóng dấu", en: "has none to apply"},
		{name: "of nobody", does: seal(func(s *RecordSeal) { s.Agency = "x" }), code: CodeForbidden,
			vi: "không có thẩm quyền", en: "may not"},
		{name: "by the head", does: as("a0-head", RecordSeal{Agency: "a0"}), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Bà a0"},
		{name: "with a person's certificate", does: seal(func(s *RecordSeal) { s.Serial = "a0-head" }),
			code: CodeForbidden, vi: "(số a0-head) chưa được gắn với con dấu",
			en: "(serial a0-head) is not bound to the seal"},
		{name: "with another agency's", does: seal(func(s *RecordSeal) { s.Serial = "seal-1" }), code: CodeForbidden,
			vi: "chưa được gắn với con dấu của Cơ quan a0", en: "is not bound to the seal of Cơ quan a0"},
		{name: "of another issuer", does: seal(func(s *RecordSeal) { s.Issuer = "CB" }), code: CodeForbidden,
			vi: "chưa được gắn", en: "is not bound"},
		{name: "with one that waits to be confirmed", does: seal(func(s *RecordSeal) { deputy(s); s.Serial = "new" }),
			code: CodeForbidden, vi: "chưa được gắn", en: "is not bound"},
		{name: "on an old head", given: []Command{one}, does: seal(deputy), code: CodeConflict,
			vi: "văn bản vừa thay đổi", en: "the document has just changed"},
		{name: "at a lower level", does: seal(func(s *RecordSeal) { s.Level = "B-B" }), code: CodeInvalid,
			vi: "con dấu ở mức B-B, quy trình yêu cầu B-T", en: "at level B-B, the process asks for B-T"},
		{name: "at the console", does: RecordSeal{Agency: "a0"}, code: CodeForbidden,
			vi: "phải do chính người đó thực hiện", en: "are done in person"},
	}}.run(t)
}

func TestFreezing(t *testing.T) {
	freeze := func(change func(*Freeze)) Command {
		w := at(AwaitingFreeze)(t)
		cmd := w.freeze()
		change(&cmd)
		return cmd
	}
	behaviour{at(AwaitingFreeze), (*fixture).head, []situation{
		{name: "as it was approved", does: freeze(func(*Freeze) {}),
			events: "frozen stage_closed stage_opened group_opened", phase: AwaitingSignatures,
			want: "frozen, waits for a0"},
		{name: "without a cell", does: freeze(func(f *Freeze) { f.Fields = f.Fields[2:] }), code: CodeInvalid,
			vi: "văn bản thiếu ô ký của a0", en: "the document has no signature field for a0"},
		{name: "with a seal in place of a cell", does: freeze(func(f *Freeze) { f.Fields[0].Type = "seal" }),
			code: CodeInvalid, vi: "văn bản thiếu ô ký của a0", en: "no signature field for a0"},
		{name: "by a person", does: as("a0-head", freeze(func(*Freeze) {})), code: CodeForbidden,
			vi: "việc này do chương trình tự thực hiện", en: "the program does this by itself"},
		{name: "twice", given: []Command{freeze(func(*Freeze) {})}, does: freeze(func(*Freeze) {}),
			code: CodeWrongState, vi: "đang ở bước khác", en: "at another step"},
	}}.run(t)
}

func TestSignaturesOneByOne(t *testing.T) {
	frozen := DigestOf([]byte("frozen"))
	sign := func(slot SlotID, change func(*RecordSignature)) Command {
		cmd := RecordSignature{Slot: slot, Consented: frozen, Before: frozen, After: DigestOf([]byte("1")),
			Level:  "B-T",
			Issuer: "CA", Serial: string(slot) + "-head"}
		change(&cmd)
		cmd.SHA256 = certDigest(cmd.Serial)
		return as(PersonID(slot+"-head"), cmd)
	}
	plain := func(*RecordSignature) {}
	pending := CertificateBound{Person: "a0-head", Issuer: "CA", Serial: "new", Pending: true}
	start := func(t testing.TB) *fixture {
		w := at(AwaitingSignatures)(t)
		w.state.Directory.Apply(pending)
		return w
	}
	behaviour{start, (*fixture).head, []situation{
		{name: "the first", does: sign("a0", plain), events: "signature_made group_opened",
			want: "first, waits for a1"},
		{name: "out of turn", does: sign("a1", plain), code: CodeWrongState, vi: "chưa đến lượt a1 ký",
			en: "it is not yet the turn of a1 to sign"},
		{name: "twice", given: []Command{sign("a0", plain)}, does: sign("a0", plain), code: CodeConflict,
			vi: "a0 đã ký", en: "a0 has already signed"},
		{name: "in no cell", does: sign("x", plain), code: CodeNotFound, vi: "không có ô ký \"x\"",
			en: "there is no signature cell \"x\""},
		{name: "with another's certificate", does: sign("a0", func(s *RecordSignature) { s.Serial = "a1-head" }),
			code: CodeForbidden, vi: "(số a1-head) chưa được gắn với Ông a0",
			en: "(serial a1-head) is not bound to Ông a0"},
		{name: "with a seal's", does: sign("a0", func(s *RecordSignature) { s.Serial = "seal" }),
			code: CodeForbidden, vi: "(số seal) chưa được gắn", en: "(serial seal) is not bound"},
		{name: "with one that waits to be confirmed", does: sign("a0", func(s *RecordSignature) { s.Serial = "new" }),
			code: CodeForbidden, vi: "(số new) đang chờ quản trị xác nhận", en: "(serial new) waits to be confirmed"},
		{name: "of another document", does: sign("a0", func(s *RecordSignature) { s.Consented = Digest{1} }),
			code: CodeConflict, vi: "không phải văn bản đã chốt", en: "is not the frozen one"},
		{name: "on another head", does: sign("a0", func(s *RecordSignature) { s.Before = Digest{1} }),
			code: CodeConflict, vi: "vừa có người khác ký", en: "somebody else has just signed"},
		{name: "without a time-stamp", does: sign("a0", func(s *RecordSignature) { s.Level = "B-B" }),
			code: CodeInvalid, vi: "chữ ký ở mức B-B, quy trình yêu cầu B-T",
			en: "is at level B-B, the process asks for B-T"},
		{name: "by an officer", does: as("a0-officer", RecordSignature{Slot: "a0"}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "at the console", does: acted{AtConsole("root", ConsoleClerical), RecordSignature{Slot: "a0"}},
			code: CodeForbidden, vi: "phải do chính người đó thực hiện", en: "are done in person"},
	}}.run(t)
}

func TestPaperSignaturesInEachSituation(t *testing.T) {
	today := calendar.On(2026, 3, 26)
	paper := func(change func(*RecordPaperSignature)) Command {
		cmd := RecordPaperSignature{Slot: "a0", Signatory: "a0-head", Date: today,
			Consented: DigestOf([]byte("frozen")), Scan: Digest{1}, Note: "tủ 3"}
		change(&cmd)
		return as("a0-officer", cmd)
	}
	plain := func(*RecordPaperSignature) {}
	of := func(slot SlotID) func(*RecordPaperSignature) {
		return func(p *RecordPaperSignature) { p.Slot, p.Signatory = slot, PersonID(slot+"-head") }
	}
	refuse := as("a0-head", RefuseSignature{Slot: "a0", Reason: "x"})
	behaviour{signable, (*fixture).waiting, []situation{
		{name: "recorded", does: paper(plain), events: "paper_signature_recorded group_opened", want: "a1"},
		{name: "of a member, by the leader's clerk", given: []Command{paper(plain), paper(of("a1"))},
			does:   paper(of("a3")),
			events: "paper_signature_recorded stage_closed stage_opened", phase: AwaitingValidation},
		{name: "out of turn", does: paper(of("a1")), code: CodeWrongState, vi: "chưa đến lượt a1 ký",
			en: "not yet the turn of a1"},
		{name: "after it was refused", given: []Command{refuse}, does: paper(plain), code: CodeWrongState,
			vi: "đang ở bước khác", en: "at another step"},
		{name: "twice", given: []Command{paper(plain)}, does: paper(plain), code: CodeWrongState,
			vi: "chưa đến lượt a0 ký", en: "not yet the turn of a0"},
		{name: "before the document's date", does: paper(func(p *RecordPaperSignature) { p.Date = today.AddDays(-1) }),
			code: CodeInvalid, vi: "phải từ ngày ban hành đến hôm nay", en: "between the document's date and today"},
		{name: "tomorrow", does: paper(func(p *RecordPaperSignature) { p.Date = today.AddDays(1) }), code: CodeInvalid,
			vi: "đến hôm nay", en: "and today"},
		{name: "a week ago today", later: 7 * day, does: paper(plain),
			events: "paper_signature_recorded group_opened"},
		{name: "by who may not sign", does: paper(func(p *RecordPaperSignature) { p.Signatory = "a0-officer" }),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "of another print", does: paper(func(p *RecordPaperSignature) { p.Consented = Digest{2} }),
			code: CodeConflict, vi: "không phải bản in của văn bản đã chốt", en: "is no print of the frozen document"},
		{name: "without a scan", does: paper(func(p *RecordPaperSignature) { p.Scan = Digest{} }), code: CodeInvalid,
			vi: "cần bản quét", en: "a scan is needed"},
		{name: "in no cell", does: paper(of("x")), code: CodeNotFound, vi: "không có ô ký \"x\"",
			en: "there is no signature cell \"x\""},
		{name: "recorded by another member", does: as("a2-officer", RecordPaperSignature{Slot: "a0"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Bà a0"},
	}}.run(t)
	behaviour{at(AwaitingSignatures), nil, []situation{
		{name: "where the process takes none", does: paper(plain), code: CodeForbidden,
			vi: "quy trình không nhận chữ ký trên bản giấy", en: "the process accepts no signatures on paper"},
	}}.run(t)
}

func TestValidationData(t *testing.T) {
	behaviour{at(AwaitingValidation), func(w *fixture) string { return w.state.Covenant.InForce.String() }, []situation{
		{name: "on the head", does: func() Command {
			w := at(AwaitingValidation)(t)
			return RecordValidationData{Before: w.state.Covenant.Head, After: Digest{9}, Level: "B-LTA"}
		}(), events: "validation_data_added in_force stage_closed stage_opened reporting_opened",
			phase: AwaitingReports, want: "2026-03-26"},
		{name: "on another head", does: RecordValidationData{Before: Digest{1}, After: Digest{9}, Level: "B-LTA"},
			code: CodeConflict, vi: "văn bản đã thay đổi", en: "the document has changed"},
		{name: "by a person", does: as("a0-head", RecordValidationData{}), code: CodeForbidden,
			vi: "chương trình tự thực hiện", en: "the program does this by itself"},
	}}.run(t)
}
