package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

// staffed is a directory with an administrator, in which a3's head has a second post, as a unit's deputy of a2.
func staffed(t testing.TB) *fixture {
	w := drafted(t)
	w.state.Directory.Apply(PersonRegistered{Person: "new", Name: Personal{Text: "Bà Mới"}})
	w.state.Directory.Apply(PersonRegistered{Person: "admin", Name: Personal{Text: "Ông Quản trị"}})
	w.state.Directory.Apply(RightGranted{Person: "admin", Right: RightAdminister})
	w.state.Directory.Apply(PositionAssigned{Position: "a2-vice", Agency: "a2", Person: "a3-head", Rank: RankUnitDeputy,
		Title: "Phó Văn phòng", Superior: "Chánh Văn phòng", Document: "Quy chế", Duties: []Duty{DutySign}})
	return w
}

// posts are the posts of agency a2 with who holds them and until when.
func (w *fixture) posts() string {
	var out []string
	for _, p := range w.state.Directory.positionsOf("a2") {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s:%s %s", p.ID, p.Person, span(p.From, p.Until).English)))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestEndedPosts(t *testing.T) {
	june1 := calendar.On(2026, 6, 1)
	end := func(change func(*EndPosition)) Command {
		cmd := EndPosition{Position: "a2-head", LastDay: june1, Successor: "new", Document: "QĐ 12"}
		change(&cmd)
		return as("admin", cmd)
	}
	plain := end(func(*EndPosition) {})
	vacant := end(func(e *EndPosition) { e.Successor = "" })
	const rest = "; a2-officer:a2-officer; a2-vice:a3-head"
	behaviour{staffed, (*fixture).posts, []situation{
		{name: "handed over", does: plain, events: "position_ended position_assigned",
			want: "a2-head:a2-head , until 01/06/2026" + rest + "; a2/new:new , from 02/06/2026"},
		{name: "left vacant", does: vacant, events: "position_ended",
			want: "a2-head:a2-head , until 01/06/2026" + rest},
		{name: "filled later", given: []Command{vacant}, does: plain, events: "position_ended position_assigned",
			want: "a2-head:a2-head , until 01/06/2026" + rest + "; a2/new:new , from 02/06/2026"},
		{name: "handed over twice", given: []Command{plain}, does: plain, code: CodeConflict,
			vi: "chức vụ này đã kết thúc ngày 01/06/2026", en: "this position ended on 01/06/2026 already"},
		{name: "left vacant twice", given: []Command{vacant}, does: vacant, code: CodeConflict,
			vi: "đã kết thúc", en: "ended on 01/06/2026 already"},
		{name: "left vacant after it was handed over", given: []Command{plain}, does: vacant, code: CodeConflict,
			vi: "đã kết thúc", en: "ended on 01/06/2026 already"},
		{name: "later than it ended", given: []Command{vacant},
			does: end(func(e *EndPosition) { e.LastDay = calendar.On(2026, 6, 2) }), code: CodeConflict,
			vi: "đã kết thúc", en: "ended on 01/06/2026 already"},
		{name: "earlier than it would have ended", given: []Command{vacant},
			does:   end(func(e *EndPosition) { e.LastDay, e.Successor = calendar.On(2026, 5, 1), "" }),
			events: "position_ended", want: "a2-head:a2-head , until 01/05/2026" + rest},
		{name: "to the leaver", does: end(func(e *EndPosition) { e.Successor = "a2-head" }), code: CodeInvalid,
			vi: "người kế nhiệm phải là người khác", en: "the successor must be somebody else"},
		{name: "to nobody known", does: end(func(e *EndPosition) { e.Successor = "x" }), code: CodeNotFound,
			vi: "chưa có người \"x\"", en: "person \"x\" is not in the directory"},
		{name: "a post that there is not", does: end(func(e *EndPosition) { e.Position = "x" }), code: CodeNotFound,
			vi: "không có chức vụ \"x\"", en: "position \"x\" is not in the directory"},
		{name: "without a last day", does: end(func(e *EndPosition) { e.LastDay = Date{} }), code: CodeInvalid,
			vi: "cần ngày cuối giữ chức vụ", en: "a last day is needed"},
		{name: "by its holder", does: as("a2-head", EndPosition{Position: "a2-head", LastDay: june1}),
			code: CodeForbidden, vi: "quản trị", en: "administer"},
		{name: "a unit's deputy, by the same regulation", does: end(func(e *EndPosition) { e.Position = "a2-vice" }),
			events: "position_ended position_assigned", want: "a2-head:a2-head; a2-officer:a2-officer; " +
				"a2-vice:a3-head , until 01/06/2026; a2/new:new , from 02/06/2026"},
	}}.run(t)
}

func TestAssignedPosts(t *testing.T) {
	assign := func(change func(*Position)) Command {
		p := Position{Agency: "a2", Person: "new", Title: "Phó Giám đốc", Rank: RankDeputy, Duties: []Duty{DutyVote}}
		change(&p)
		return as("admin", AssignPosition{p})
	}
	plain := assign(func(*Position) {})
	const rest = "a2-head:a2-head; a2-officer:a2-officer; a2-vice:a3-head"
	behaviour{staffed, (*fixture).posts, []situation{
		{name: "given", does: plain, events: "position_assigned", want: rest + "; a2/new:new"},
		{name: "a second one", given: []Command{plain}, does: plain, events: "position_assigned",
			want: rest + "; a2/new/2:new; a2/new:new"},
		{name: "its own, changed", given: []Command{plain}, does: assign(func(p *Position) {
			p.ID, p.Until = "a2/new", calendar.On(2026, 12, 31)
		}), events: "position_assigned", want: rest + "; a2/new:new , until 31/12/2026"},
		{name: "somebody else's", does: assign(func(p *Position) { p.ID = "a2-head" }), code: CodeConflict,
			vi: "chức vụ \"a2-head\" thuộc người khác", en: "position \"a2-head\" is somebody else's"},
		{name: "in no agency", does: assign(func(p *Position) { p.Agency = "x" }), code: CodeNotFound,
			vi: "chưa có đơn vị \"x\"", en: "agency \"x\" is not in the directory"},
		{name: "to nobody", does: assign(func(p *Position) { p.Person = "" }), code: CodeNotFound,
			vi: "chưa có người", en: "is not in the directory"},
		{name: "without duties", does: assign(func(p *Position) { p.Duties = nil }), code: CodeInvalid,
			vi: "cần có tên và nhiệm vụ", en: "needs a title and duties"},
		{name: "with a duty that there is not", does: assign(func(p *Position) { p.Duties = []Duty{"rule"} }),
			code: CodeInvalid, vi: "nhiệm vụ \"rule\" không có", en: "duty \"rule\" is unknown"},
		{name: "with a duty twice", does: assign(func(p *Position) { p.Duties = []Duty{DutyVote, DutyVote} }),
			code: CodeInvalid, vi: "được ghi hai lần", en: "stands twice"},
		{name: "backwards", does: assign(func(p *Position) {
			p.From, p.Until = calendar.On(2026, 6, 2), calendar.On(2026, 6, 1)
		}), code: CodeInvalid, vi: "ngày cuối (01/06/2026) trước ngày đầu (02/06/2026)",
			en: "the last day (01/06/2026) is before the first (02/06/2026)"},
		{name: "of one day", does: assign(func(p *Position) {
			p.From, p.Until = calendar.On(2026, 6, 1), calendar.On(2026, 6, 1)
		}), events: "position_assigned"},
		{name: "of a rank that there is not", does: assign(func(p *Position) { p.Rank = "king" }), code: CodeInvalid,
			vi: "cấp \"king\" không có", en: "rank \"king\" is unknown"},
		{name: "a deputy who signs as acting head", does: assign(func(p *Position) {
			p.Duties, p.Form = []Duty{DutySign}, FormActing
		}), code: CodeInvalid, vi: "không ký theo thể thức", en: "does not sign in the form"},
		{name: "a unit's deputy without a superior", does: assign(func(p *Position) {
			p.Duties, p.Rank, p.Document = []Duty{DutySign}, RankUnitDeputy, "Quy chế"
		}), code: CodeInvalid, vi: "cần ghi chức vụ người đứng đầu đơn vị (superior)",
			en: "needs the title of the unit's head (superior)"},
		{name: "by order, with a blank regulation", does: assign(func(p *Position) {
			p.Duties, p.Rank, p.Document = []Duty{DutySign}, RankUnitHead, " "
		}), code: CodeInvalid, vi: "hãy ghi quy chế đó (document)", en: "name it (document)"},
		{name: "by an officer", does: as("a2-officer", AssignPosition{}), code: CodeForbidden, vi: "quản trị",
			en: "administer"},
	}}.run(t)
}

func TestCertificatesOfPeopleAndSeals(t *testing.T) {
	bind := func(p PersonID, a AgencyID, serial string) BindCertificate {
		return BindCertificate{Person: p, Agency: a, Issuer: "CA", Serial: serial, SHA256: certDigest(serial)}
	}
	replace := func(old, fresh string) Command {
		return as("admin", ReplaceCertificate{Issuer: "CA", Serial: old, NewIssuer: "CA", NewSerial: fresh,
			NewSHA256: certDigest(fresh), Reason: "x"})
	}
	confirm := ConfirmCertificate{Issuer: "CA", Serial: "9"}
	look := func(w *fixture) string {
		var out []string
		for _, b := range w.state.Directory.Bindings {
			state := map[bool]string{true: "?"}[b.Pending]
			if !b.Ended.IsZero() {
				state = "†"
			}
			if b.Serial == "9" || b.Serial == "a2-head" {
				out = append(out, fmt.Sprintf("%s=%s%s%s", b.Serial, b.Person, b.Agency, state))
			}
		}
		return strings.Join(out, " ")
	}
	behaviour{staffed, look, []situation{
		{name: "by the administrator", does: as("admin", bind("new", "", "9")), events: "certificate_bound",
			want: "a2-head=a2-head 9=new"},
		{name: "by the administrator, of a seal", does: as("admin", bind("", "a2", "9")),
			events: "certificate_bound", want: "a2-head=a2-head 9=a2"},
		{name: "one's own waits", does: as("new", bind("new", "", "9")), events: "certificate_bound",
			want: "a2-head=a2-head 9=new?"},
		{name: "the administrator's own waits", does: as("admin", bind("admin", "", "9")),
			events: "certificate_bound", want: "a2-head=a2-head 9=admin?"},
		{name: "a seal's, by the clerk, waits", does: as("a2-officer", bind("", "a2", "9")),
			events: "certificate_bound", want: "a2-head=a2-head 9=a2?"},
		{name: "somebody else's", does: as("a2-officer", bind("new", "", "9")), code: CodeForbidden,
			vi: "quản trị", en: "administer"},
		{name: "a seal's, by the head", does: as("a2-head", bind("", "a2", "9")), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a2"},
		{name: "of both", does: as("admin", bind("new", "a2", "9")), code: CodeNotFound,
			vi: "“newa2” trong danh bạ", en: "“newa2” is not in the directory"},
		{name: "without a number", does: as("admin", bind("new", "", "")), code: CodeInvalid,
			vi: "cần có tổ chức cấp, số và mã SHA-256", en: "issuer, serial number and SHA-256 digest are needed"},
		{name: "again", does: as("admin", bind("a2-head", "", "a2-head")), want: "a2-head=a2-head"},
		{name: "of another holder", does: as("admin", bind("new", "", "a2-head")), code: CodeConflict,
			vi: "đã gắn với chủ thể khác", en: "already bound to another holder"},
		{name: "of another holder, who lost it", given: []Command{as("admin",
			UnbindCertificate{Issuer: "CA", Serial: "a2-head", Reason: "mất"})},
			does: as("admin", bind("new", "", "a2-head")), code: CodeConflict,
			vi: "đã gắn với chủ thể khác", en: "already bound to another holder"},
		{name: "once more, after it was lost and found", given: []Command{as("admin",
			UnbindCertificate{Issuer: "CA", Serial: "a2-head", Reason: "mất"})},
			does: as("admin", bind("a2-head", "", "a2-head")), events: "certificate_bound",
			want: "a2-head=a2-head† a2-head=a2-head"},
		{name: "confirmed", given: []Command{as("new", bind("new", "", "9"))}, does: as("admin", confirm),
			events: "certificate_confirmed", want: "a2-head=a2-head 9=new"},
		{name: "confirmed by its holder", given: []Command{as("admin", bind("admin", "", "9"))},
			does: as("admin", confirm), code: CodeForbidden, vi: "không ai tự xác nhận",
			en: "nobody confirms their own"},
		{name: "confirmed by who bound it", given: []Command{acted{SignedIn("admin"),
			BindCertificate{Person: "new", Issuer: "CA", Serial: "9", SHA256: certDigest("9"), Pending: true}}},
			does: as("admin", confirm),
			code: CodeForbidden, vi: "người gắn chứng thư số không tự xác nhận",
			en: "who bound a certificate does not"},
		{name: "confirmed that there is not", does: as("admin", confirm), code: CodeNotFound,
			vi: "chứng thư số 9 chưa gắn với ai", en: "certificate 9 is bound to nobody"},
		{name: "replaced", does: replace("a2-head", "9"), events: "certificate_unbound certificate_bound",
			want: "a2-head=a2-head† 9=a2-head"},
		{name: "replaced by itself", does: replace("a2-head", "a2-head"), code: CodeInvalid,
			vi: "chứng thư số mới phải khác chứng thư số cũ", en: "the new certificate must differ from the old one"},
		{name: "replaced by another's", does: replace("a2-head", "a1-head"), code: CodeConflict,
			vi: "đã gắn với chủ thể khác", en: "already bound to another holder", want: "a2-head=a2-head"},
		{name: "replaced by no number", does: replace("a2-head", ""), code: CodeInvalid,
			vi: "cần có tổ chức cấp, số và mã SHA-256", en: "issuer, serial number and SHA-256 digest are needed"},
		{name: "replaced that there is not", does: replace("x", "9"), code: CodeNotFound,
			vi: "chưa gắn với ai", en: "is bound to nobody"},
	}}.run(t)
}

func TestRevokedDelegations(t *testing.T) {
	start := func(t testing.TB) *fixture {
		w := staffed(t)
		w.must(t, as("a2-head", GrantDelegation{From: "a2-head", To: "a2-officer", Duties: []Duty{DutyVote},
			Start: calendar.On(2026, 3, 1), End: calendar.On(2026, 6, 30)}))
		return w
	}
	revoke := func(by PersonID, last Date) Command {
		return as(by, RevokeDelegation{Delegation: "a2-head/uq-1", LastDay: last, Reason: "x"})
	}
	grant := func(from, to Date) Command {
		return as("a2-head", GrantDelegation{From: "a2-head", To: "a2-officer", Duties: []Duty{DutyVote, DutySign}[:1],
			Start: from, End: to})
	}
	look := func(w *fixture) string {
		var out []string
		for _, g := range w.state.Directory.Delegations {
			out = append(out, fmt.Sprintf("%s until %s", g.ID, g.LastDay()))
		}
		return strings.Join(out, "; ")
	}
	yesterday, today, end := calendar.On(2026, 3, 25), calendar.On(2026, 3, 26), calendar.On(2026, 6, 30)
	behaviour{start, look, []situation{
		{name: "at once", does: revoke("a2-head", yesterday), events: "delegation_revoked",
			want: "a2-head/uq-1 until 2026-03-25"},
		{name: "by the administrator", does: revoke("admin", today), events: "delegation_revoked",
			want: "a2-head/uq-1 until 2026-03-26"},
		{name: "for the day before yesterday", does: revoke("a2-head", yesterday.AddDays(-1)), code: CodeInvalid,
			vi: "ngày cuối sớm nhất là 25/03/2026", en: "the earliest last day is 25/03/2026"},
		{name: "for its own last day", does: revoke("a2-head", end), code: CodeConflict,
			vi: "ủy quyền này hết hạn ngày 30/06/2026", en: "this delegation ends on 30/06/2026 anyway"},
		{name: "twice", given: []Command{revoke("a2-head", today)}, does: revoke("a2-head", today), code: CodeConflict,
			vi: "hết hạn ngày 26/03/2026", en: "ends on 26/03/2026 anyway"},
		{name: "earlier than it was revoked for", given: []Command{revoke("a2-head", today)},
			does: revoke("a2-head", yesterday), events: "delegation_revoked", want: "a2-head/uq-1 until 2026-03-25"},
		{name: "by the delegate", does: revoke("a2-officer", today), code: CodeForbidden,
			vi: "chỉ người ủy quyền (Ông a2)", en: "only the grantor (Ông a2)"},
		{name: "that there is not", does: as("a2-head", RevokeDelegation{Delegation: "x", LastDay: today, Reason: "x"}),
			code: CodeNotFound, vi: "không có ủy quyền \"x\"", en: "there is no delegation \"x\""},
		{name: "granted again while it holds", does: grant(end, end.AddDays(9)), code: CodeConflict,
			vi: "đã có ủy quyền a2-head/uq-1 đến ngày 30/06/2026", en: "a2-head/uq-1 holds until 30/06/2026 already"},
		{name: "granted again from the day after", does: grant(end.AddDays(1), end.AddDays(9)),
			events: "duties_delegated", want: "a2-head/uq-1 until 2026-06-30; a2-head/uq-2 until 2026-07-09"},
		{name: "granted again after it was revoked", given: []Command{revoke("a2-head", today)},
			does: grant(today.AddDays(1), end), events: "duties_delegated",
			want: "a2-head/uq-1 until 2026-03-26; a2-head/uq-2 until 2026-06-30"},
		{name: "granted by the delegate", does: as("a2-officer", GrantDelegation{From: "a2-head", To: "new",
			Duties: []Duty{DutyVote}, Start: today, End: end}), code: CodeForbidden,
			vi: "không được ủy quyền lại", en: "may not delegate further"},
		{name: "granted with a duty twice", does: as("a2-head", GrantDelegation{From: "a2-head", To: "new",
			Duties: []Duty{DutyVote, DutyVote}, Start: today, End: end}), code: CodeInvalid,
			vi: "được ghi hai lần", en: "stands twice"},
	}}.run(t)
}
