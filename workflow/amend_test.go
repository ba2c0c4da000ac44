package workflow

import (
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

// What the life of one covenant means for the log of another one that it amends or renews.
func TestWhatLinkedCovenantsAreTold(t *testing.T) {
	older := Link{"old", "2025/khoi"}
	amends := func(d DraftCovenant) DraftCovenant { d.Amends = older; return d }
	renews := func(d DraftCovenant) DraftCovenant { d.Renews = older; return d }
	plain := func(d DraftCovenant) DraftCovenant { return d }
	withdraw, cancel := as("a0-officer", Withdraw{Reason: "thôi"}), as("a0-head", Cancel{Reason: "thôi"})
	for name, c := range map[string]struct {
		draft func(DraftCovenant) DraftCovenant
		phase Phase     // up to which it comes
		then  []Command // after which it is looked at
		told  string
	}{
		"an amendment drafted":   {amends, AwaitingRevision, nil, "amendment_drafted"},
		"a renewal drafted":      {renews, AwaitingRevision, nil, "renewal_drafted"},
		"one by itself":          {plain, AwaitingReports, nil, ""},
		"an amendment under way": {amends, AwaitingValidation, nil, "amendment_drafted"},
		"an amendment in force":  {amends, AwaitingReports, nil, "amendment_drafted amended"},
		"a renewal in force":     {renews, AwaitingReports, nil, "renewal_drafted"},
		"an amendment withdrawn": {amends, AwaitingReviews, []Command{withdraw},
			"amendment_drafted amendment_dropped"},
		"an amendment cancelled": {amends, AwaitingSignatures, []Command{cancel},
			"amendment_drafted amendment_dropped"},
		"a renewal withdrawn":      {renews, AwaitingReviews, []Command{withdraw}, "renewal_drafted"},
		"one by itself, withdrawn": {plain, AwaitingReviews, []Command{withdraw}, ""},
		"an amendment in force, over": {amends, AwaitingReports, []Command{as("a0-head", Close{Reason: "x"})},
			"amendment_drafted amended"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, 3)
			var log []string
			amended := &Covenant{Particulars: Particulars{ID: "old", Slug: "2025/khoi"}}
			follow := func(act func()) {
				before, n := w.state.Covenant, len(w.events)
				act()
				other, told := Told(before, w.state.Covenant, w.events[n:])
				for _, e := range told {
					if other != older {
						t.Errorf("told to %+v", other)
					}
					amended.Apply(e)
					log = append(log, e.Kind())
				}
				w.tellsInBothLanguages(t, told)
			}
			follow(func() { w.must(t, c.draft(w.draft())) })
			for w.state.Covenant.Phase != c.phase {
				follow(func() { w.forward(t) })
			}
			for _, cmd := range c.then {
				follow(func() { w.must(t, cmd) })
			}
			if got := strings.Join(log, " "); got != c.told {
				t.Errorf("told %q, want %q", got, c.told)
			}
			want := map[bool]string{true: "; amended by 07/GƯ-KTN from 26/03/2026"}[strings.Contains(c.told, "amended")]
			if strings.HasSuffix(c.told, "amendment_dropped") {
				want = ""
			}
			if got := amended.amendedWords("en"); got != want {
				t.Errorf("the older one says %q, want %q", got, want)
			}
		})
	}
}

// A covenant is amended while it is in force, and renewed once, when it is or was.
func TestMayAmendAndRenewAtEachPhase(t *testing.T) {
	closed := func(t testing.TB) *fixture {
		w := inForce(t)
		w.must(t, as("a0-head", Close{Reason: "x"}))
		return w
	}
	renewed := func(t testing.TB) *fixture {
		w := inForce(t)
		w.state.Covenant.Apply(RenewalDrafted{By: Link{"next", "2027/khoi"}, Year: 2027})
		return w
	}
	for name, c := range map[string]struct {
		start                func(testing.TB) *fixture
		amend, renew         Code
		amendSays, renewSays string // in English
	}{
		"new": {at(PhaseNew), CodeNotFound, CodeNotFound, "no such covenant", "no such covenant"},
		"draft": {at(AwaitingRevision), CodeWrongState, CodeWrongState, "only a covenant in force",
			"never was in force"},
		"unsigned": {at(AwaitingSignatures), CodeWrongState, CodeWrongState, "only a covenant in force",
			"nothing to renew"},
		"in force": {inForce, "", "", "", ""},
		"closed":   {closed, CodeWrongState, "", "only a covenant in force", ""},
		"withdrawn": {func(t testing.TB) *fixture {
			w := drafted(t)
			w.must(t, as("a0-officer", Withdraw{Reason: "x"}))
			return w
		}, CodeWrongState, CodeWrongState, "only a covenant in force", "never was in force"},
		"renewed": {renewed, "", CodeConflict, "", "next year's has been drafted already: 2027/khoi"},
	} {
		w := c.start(t)
		for what, got := range map[string]struct {
			err  error
			code Code
			says string
		}{"amend": {w.state.MayAmend(), c.amend, c.amendSays}, "renew": {w.state.MayRenew(), c.renew, c.renewSays}} {
			if got.code == "" {
				if got.err != nil {
					t.Errorf("%s: %s: %v", name, what, got.err)
				}
				continue
			}
			saysNo(t, got.err, got.code, " ", got.says)
		}
	}
}

// Drafting: what the document, the block and the address must be.
func TestDraftsAreHeldAgainstTheBlock(t *testing.T) {
	with := func(change func(*DraftCovenant)) Command {
		cmd := newFixture(t, 3).draft()
		change(&cmd)
		return cmd
	}
	slug := func(text string) Command { return with(func(d *DraftCovenant) { d.Slug = text }) }
	address := []string{"không dùng được", "cannot be used"}
	bad := func(name, text string) situation {
		return situation{name: "address " + name, does: slug(text), code: CodeInvalid, vi: address[0], en: address[1]}
	}
	behaviour{func(t testing.TB) *fixture { return newFixture(t, 3) }, nil, []situation{
		{name: "as it should be", does: with(func(*DraftCovenant) {}), events: "drafted", phase: AwaitingRevision},
		{name: "by the head", does: as("a0-head", with(func(*DraftCovenant) {})), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "by a member", does: as("a2-officer", with(func(*DraftCovenant) {})), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "of a block that there is not", does: with(func(d *DraftCovenant) { d.Block = "x" }),
			code: CodeNotFound, vi: "chưa có khối thi đua \"x\"", en: "block \"x\" is not in the directory"},
		{name: "without a title", does: with(func(d *DraftCovenant) { d.Title = " " }), code: CodeInvalid,
			vi: "cần có mã, đường dẫn, tên và năm", en: "needs an id, an address, a title and a year"},
		{name: "without a year", does: with(func(d *DraftCovenant) { d.Year = 0 }), code: CodeInvalid,
			vi: "tên và năm", en: "a title and a year"},
		bad("of another year", "2025/khoi"), bad("without a year", "khoi"), bad("with capitals", "2026/Khoi"),
		bad("with accents", "2026/khối"), bad("with a space", "2026/khoi a"), bad("above", "2026/../khoi"),
		bad("of two parts", "2026/a/b"), bad("without a name", "2026/"), bad("with a hyphen first", "2026/-a"),
		bad("with a hyphen last", "2026/a-"),
		{name: "twice", given: []Command{with(func(*DraftCovenant) {})}, does: with(func(*DraftCovenant) {}),
			code: CodeConflict, vi: "giao ước này đã được khởi tạo", en: "has already been started"},
		{name: "a cell too few", does: with(func(d *DraftCovenant) { d.Slots = d.Slots[1:] }), code: CodeInvalid,
			vi: "văn bản thiếu ô ký của Cơ quan a0", en: "no signature cell for Cơ quan a0"},
		{name: "a cell twice", does: with(func(d *DraftCovenant) { d.Slots = append(d.Slots, d.Slots[0]) }),
			code: CodeInvalid, vi: "đơn vị \"a0\" có hai ô ký", en: "agency \"a0\" has two signature cells"},
		{name: "a cell of nobody", does: with(func(d *DraftCovenant) { d.Slots[1].ID = "x" }), code: CodeInvalid,
			vi: "ô ký \"x\" không ứng với đơn vị nào", en: "signature cell \"x\" matches no agency"},
		{name: "a cell in another role", does: with(func(d *DraftCovenant) { d.Slots[1].Role = RoleMember }),
			code: CodeInvalid, vi: "ghi vai trò \"member\", trong khối là \"deputy\"",
			en: "says role \"member\", the block says \"deputy\""},
	}}.run(t)
}

// Numbers: who gives one, and what it is.
func TestNumbersIssued(t *testing.T) {
	number := IssueNumber{Number: 7, Symbol: "GƯ", Date: calendar.On(2026, 3, 26)}
	with := func(change func(*IssueNumber)) Command {
		cmd := number
		change(&cmd)
		return as("a0-officer", cmd)
	}
	printed := func(w *fixture) string { return w.state.Covenant.PrintedNumber() }
	behaviour{at(AwaitingNumber), printed, []situation{
		{name: "below ten", does: as("a0-officer", number), events: "number_issued", phase: AwaitingFreeze,
			want: "07/GƯ"},
		{name: "above a hundred", does: with(func(n *IssueNumber) { n.Number = 123 }), events: "number_issued",
			phase: AwaitingFreeze, want: "123/GƯ"},
		{name: "nought", does: with(func(n *IssueNumber) { n.Number = 0 }), code: CodeInvalid,
			vi: "cần có số và ngày ban hành", en: "a number and a date of issue are needed"},
		{name: "below nought", does: with(func(n *IssueNumber) { n.Number = -1 }), code: CodeInvalid,
			vi: "cần có số", en: "a number and a date"},
		{name: "without a date", does: with(func(n *IssueNumber) { n.Date = Date{} }), code: CodeInvalid,
			vi: "ngày ban hành", en: "a date of issue"},
		{name: "by the head", does: as("a0-head", number), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Bà a0"},
		{name: "by another clerk", does: as("a1-officer", number), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Bà a0"},
		{name: "twice", given: []Command{as("a0-officer", number)}, does: as("a0-officer", number),
			code: CodeWrongState, vi: "giao ước đang ở bước khác", en: "at another step"},
	}}.run(t)
}
