package workflow

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/workflow/calendar"

	"pgregory.net/rapid"
)

// department is an agency with a head, a deputy, the head of a unit, that unit's deputy and an officer.
func department(t testing.TB) State {
	t.Helper()
	d := NewDirectory()
	d.Apply(AgencyRegistered{Agency: "so", Name: "Sở Tài chính"})
	for id, p := range map[PersonID]Position{
		"head":    {Title: "Giám đốc", Rank: RankHead, Duties: []Duty{DutySign, DutyVote, DutyReview}},
		"deputy":  {Title: "Phó Giám đốc", Rank: RankDeputy, Duties: []Duty{DutyVote}},
		"chief":   {Title: "Chánh Văn phòng", Rank: RankUnitHead, Duties: []Duty{DutyReport}},
		"vice":    {Title: "Phó Chánh Văn phòng", Rank: RankUnitDeputy, Duties: []Duty{DutyReport}},
		"officer": {Title: "Chuyên viên", Rank: RankOfficer, Duties: []Duty{DutyReview}},
		"next":    {Title: "Phó Giám đốc", Rank: RankDeputy, Duties: []Duty{DutyVote}},
	} {
		d.Apply(PersonRegistered{Person: id, Name: Personal{Text: "Ông " + string(id)}})
		p.ID, p.Agency, p.Person = PositionID(id), "so", id
		d.Apply(p.assigned())
	}
	return State{Directory: d, Covenant: &Covenant{}, Calendar: vietnam(t)}
}

var june = time.Date(2026, 6, 10, 9, 0, 0, 0, time.FixedZone("", 7*3600))

func direct(t testing.TB, s State, cmd Command) {
	t.Helper()
	events, err := decided(s, cmd, june)
	if err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
	for _, e := range events {
		s.Directory.Apply(e)
	}
}

func granted(form AuthorityForm, to PersonID) GrantDelegation {
	return GrantDelegation{
		From: "head", To: to, Form: form, Duties: []Duty{DutySign}, Start: calendar.On(2026, 6, 1),
		End:      calendar.On(2026, 6, 30),
		Document: "Giấy ủy quyền số 12/UQ-STC ngày 01/6/2026", Scope: "ký Giao ước thi đua năm 2026",
	}
}

// Decree 30/2020/NĐ-CP, art. 13: who may sign in which form, and what is printed over the signature.
func TestFormsOfSigning(t *testing.T) {
	for name, c := range map[string]struct {
		form  AuthorityForm
		to    PersonID
		lines []string
	}{
		"deputy":      {FormDeputy, "deputy", []string{"KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"}},
		"authorised":  {FormAuthorised, "chief", []string{"TUQ. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"}},
		"by order":    {FormByOrder, "chief", []string{"TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"}},
		"unit deputy": {FormByOrder, "vice", []string{"TL. GIÁM ĐỐC", "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := department(t)
			cmd := granted(c.form, c.to)
			if c.to == "vice" {
				cmd.Superior = "Chánh Văn phòng"
			}
			direct(t, s, cmd)
			a, err := s.Directory.Authority(c.to, "so", DutySign, calendar.On(2026, 6, 30))
			if err != nil || !reflect.DeepEqual(a.Lines(), c.lines) || a.For != "head" || a.Document == "" {
				t.Errorf("%+v, prints %q, want %q (%v)", a, a.Lines(), c.lines, err)
			}
			for _, day := range []Date{calendar.On(2026, 5, 31), calendar.On(2026, 7, 1)} {
				if _, err := s.Directory.Authority(c.to, "so", DutySign, day); ErrorCode(err) != CodeForbidden {
					t.Errorf("signs on %s: %v", day, err)
				}
			}
		})
	}
}

// An acting head, a head on behalf of a collective and a deputy in an area of their own sign by their positions.
func TestPositionsThatSign(t *testing.T) {
	s := department(t)
	s.Directory.Apply(AgencyRegistered{Agency: "ub", Name: "UBND xã", Collective: "Ủy ban nhân dân xã"})
	for _, c := range []struct {
		p     Position
		lines []string
	}{
		{Position{Agency: "so", Person: "next", Title: "Giám đốc", Rank: RankHead, Form: FormActing},
			[]string{"Q. GIÁM ĐỐC"}},
		{Position{Agency: "ub", Person: "head", Title: "Chủ tịch", Rank: RankHead, Form: FormCollective},
			[]string{"TM. ỦY BAN NHÂN DÂN XÃ", "CHỦ TỊCH"}},
		{Position{Agency: "ub", Person: "deputy", Title: "Phó Chủ tịch", Rank: RankDeputy},
			[]string{"TM. ỦY BAN NHÂN DÂN XÃ", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"}},
		{Position{Agency: "so", Person: "chief", Title: "Chánh Văn phòng", Rank: RankUnitHead,
			Document: "Quy chế làm việc"}, []string{"TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"}},
	} {
		c.p.Duties = []Duty{DutySign}
		direct(t, s, AssignPosition{c.p})
		a, err := s.Directory.Authority(c.p.Person, c.p.Agency, DutySign, calendar.On(2026, 6, 10))
		if err != nil || !reflect.DeepEqual(a.Lines(), c.lines) {
			t.Errorf("%s prints %q, want %q (%v)", c.p.Title, a.Lines(), c.lines, err)
		}
	}
}

// What art. 13 and plain sense forbid is refused, each with what to do.
func TestDelegationRefusals(t *testing.T) {
	change := func(f func(*GrantDelegation)) GrantDelegation {
		cmd := granted(FormDeputy, "deputy")
		f(&cmd)
		return cmd
	}
	for name, c := range map[string]struct {
		cmd  Command
		code Code
	}{
		"an officer signs":     {granted(FormDeputy, "officer"), CodeInvalid},
		"KT. by a unit's head": {granted(FormDeputy, "chief"), CodeInvalid},
		"TUQ. to a deputy":     {granted(FormAuthorised, "deputy"), CodeInvalid},
		"Q. as a delegation":   {granted(FormActing, "deputy"), CodeInvalid},
		"no form":              {granted(FormHead, "deputy"), CodeInvalid},
		"no document":          {change(func(g *GrantDelegation) { g.Document = "" }), CodeInvalid},
		"TUQ. without content": {change(func(g *GrantDelegation) {
			g.Form, g.To, g.Scope = FormAuthorised, "chief", ""
		}), CodeInvalid},
		"no last day":           {change(func(g *GrantDelegation) { g.End = Date{} }), CodeInvalid},
		"ends before it starts": {change(func(g *GrantDelegation) { g.End = calendar.On(2026, 5, 1) }), CodeInvalid},
		"more than the grantor": {change(func(g *GrantDelegation) { g.Duties = []Duty{DutyNumber} }), CodeForbidden},
		"to oneself":            {change(func(g *GrantDelegation) { g.To = "head" }), CodeInvalid},
		"by a stranger":         {as("officer", granted(FormByOrder, "chief")), CodeForbidden},
		"a deputy lets others": {change(func(g *GrantDelegation) {
			g.From, g.To, g.Duties, g.Form = "deputy", "next", []Duty{DutySign}, FormDeputy
		}), CodeForbidden},
		"a form without signing": {change(func(g *GrantDelegation) { g.Duties = []Duty{DutyVote} }), CodeInvalid},
		"an unknown person":      {change(func(g *GrantDelegation) { g.To = "x" }), CodeNotFound},
		"an unknown position":    {change(func(g *GrantDelegation) { g.From = "x" }), CodeNotFound},
		"a post that signs TUQ.": {AssignPosition{Position{Agency: "so", Person: "chief", Title: "x",
			Rank: RankUnitHead, Form: FormAuthorised, Duties: []Duty{DutySign}}}, CodeInvalid},
		"an officer's post signs": {AssignPosition{Position{Agency: "so", Person: "officer", Title: "x",
			Rank: RankOfficer, Duties: []Duty{DutySign}}}, CodeInvalid},
		"TM. without a collective": {AssignPosition{Position{Agency: "so", Person: "next", Title: "x", Rank: RankHead,
			Form: FormCollective, Duties: []Duty{DutySign}}}, CodeInvalid},
		"TL. without a regulation": {AssignPosition{Position{Agency: "so", Person: "chief", Title: "x",
			Rank: RankUnitHead, Duties: []Duty{DutySign}}}, CodeInvalid},
		"revoked for days gone by": {RevokeDelegation{Delegation: "head/uq-1", LastDay: calendar.On(2026, 6, 1),
			Reason: "x"}, CodeInvalid},
		"revoked by the delegate": {as("chief",
			RevokeDelegation{Delegation: "head/uq-1", LastDay: calendar.On(2026, 6, 12), Reason: "x"}), CodeForbidden},
		"granted twice":     {granted(FormByOrder, "chief"), CodeConflict},
		"delegated further": {as("chief", granted(FormByOrder, "chief")), CodeForbidden},
	} {
		s := department(t)
		direct(t, s, granted(FormByOrder, "chief"))
		if _, err := decided(s, c.cmd, june); ErrorCode(err) != c.code {
			t.Errorf("%s: %v; want code %s", name, err, c.code)
		}
	}
}

// A revoked delegation holds to the end of its last day.
func TestRevokedDelegation(t *testing.T) {
	s := department(t)
	direct(t, s, granted(FormDeputy, "deputy"))
	direct(t, s, as("head", RevokeDelegation{Delegation: "head/uq-1", LastDay: calendar.On(2026, 6, 12),
		Reason: "đi công tác về sớm"}))
	if _, err := s.Directory.Authority("deputy", "so", DutySign, calendar.On(2026, 6, 12)); err != nil {
		t.Error(err)
	}
	if _, err := s.Directory.Authority("deputy", "so", DutySign,
		calendar.On(2026, 6, 13)); ErrorCode(err) != CodeForbidden {
		t.Errorf("the day after: %v", err)
	}
}

// A delegation for one covenant says nothing of others.
func TestDelegationForOneCovenant(t *testing.T) {
	s := department(t)
	cmd := granted(FormAuthorised, "chief")
	cmd.Covenant = "c1"
	direct(t, s, cmd)
	if _, err := s.Directory.AuthorityIn("c1", "chief", "so", DutySign, calendar.On(2026, 6, 10)); err != nil {
		t.Error(err)
	}
	for _, other := range []CovenantID{"", "c2"} {
		if _, err := s.Directory.AuthorityIn(other, "chief", "so", DutySign,
			calendar.On(2026, 6, 10)); ErrorCode(err) != CodeForbidden {
			t.Errorf("covenant %q: %v", other, err)
		}
	}
}

// A leaver's post, and what it delegated, ends with its last day; the successor has it from the next one. In between
// nothing that waits for the agency is lost.
func TestLeavingHandsOver(t *testing.T) {
	w := newFixture(t, 4)
	w.upTo(t, AwaitingReviews)
	s := w.state
	s.Directory.Apply(PersonRegistered{Person: "new", Name: Personal{Text: "Bà Mới"}})
	s.Directory.Apply(PositionAssigned{Position: "a2-deputy", Agency: "a2", Person: "a3-head", Title: "Phó Giám đốc",
		Rank: RankDeputy, Duties: []Duty{DutyVote}})
	direct(t, s, GrantDelegation{From: "a2-head", To: "a3-head", Form: FormDeputy, Duties: []Duty{DutySign},
		Start: calendar.On(2026, 3, 1), End: calendar.On(2026, 12, 31), Document: "QĐ 1"})
	last := s.today(w.now)
	for _, post := range []PositionID{"a2-head", "a2-officer"} {
		direct(t, s, EndPosition{Position: post, LastDay: last, Successor: "new", Document: "Quyết định số 9/QĐ"})
	}
	w.must(t, w.review("a0", OpinionApprove)) // the day goes on
	w.now = w.now.AddDate(0, 0, 1)
	if err := w.do(w.review("a2", OpinionApprove)); ErrorCode(err) != CodeForbidden ||
		!strings.Contains(err.Error(), "Bà Mới") {
		t.Errorf("the leaver reviews: %v; want to be told who may", err)
	}
	if _, err := s.Directory.Authority("a3-head", "a2", DutySign, s.today(w.now)); ErrorCode(err) != CodeForbidden {
		t.Errorf("the leaver's delegate signs: %v", err)
	}
	w.must(t, as("new", w.review("a2", OpinionApprove)))
	if got := s.Directory.HoldersIn("", "a2", DutyReport, s.today(w.now)); len(got) != 1 || got[0].ID != "new" {
		t.Errorf("reports are up to %v", got)
	}
	if err := w.do(w.review("a2", OpinionApprove)); err == nil {
		t.Error("reviewed twice")
	}
}

func TestCertificateHistory(t *testing.T) {
	s := department(t)
	direct(t, s, BindCertificate{Person: "head", Issuer: "CA", Serial: "1", SHA256: certDigest("1"), Pending: true})
	if s.Directory.CertificateOf("head", cert("CA", "1")) {
		t.Error("a binding that nobody confirmed counts")
	}
	for _, p := range []PersonID{"head", "officer"} {
		s.Directory.Apply(RightGranted{Person: p, Right: RightAdminister})
	}
	if _, err := decided(s, as("head", ConfirmCertificate{Issuer: "CA", Serial: "1"}),
		june); ErrorCode(err) != CodeForbidden {
		t.Errorf("confirmed one's own: %v", err)
	}
	direct(t, s, as("officer", ConfirmCertificate{Issuer: "CA", Serial: "1"}))
	if !s.Directory.CertificateOf("head", cert("CA", "1")) || s.Directory.CertificateOf("deputy", cert("CA", "1")) {
		t.Error("a confirmed binding does not count for its holder alone")
	}
	later := june.Add(time.Hour)
	events, err := decided(s, ReplaceCertificate{Issuer: "CA", Serial: "1", NewIssuer: "CA", NewSerial: "2",
		NewSHA256: certDigest("2"),
		Reason:    "gia hạn"}, later)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		s.Directory.Apply(e)
	}
	if s.Directory.CertificateOf("head", cert("CA", "1")) || !s.Directory.CertificateOf("head", cert("CA", "2")) {
		t.Error("the old certificate still counts, or the new one does not")
	}
	if b, ok := s.Directory.BoundAt(cert("CA", "1"), june.Add(time.Minute)); !ok || b.Person != "head" {
		t.Error("what was signed while the certificate was bound is not right any more")
	}
	if _, ok := s.Directory.BoundAt(cert("CA", "1"), later.Add(time.Minute)); ok {
		t.Error("bound after it was unbound")
	}
	if _, err := decided(s, BindCertificate{Person: "deputy", Issuer: "CA", Serial: "1", SHA256: certDigest("1")},
		later); ErrorCode(err) != CodeConflict {
		t.Errorf("somebody else's old certificate: %v", err)
	}
}

func TestBindingByRule(t *testing.T) {
	s := department(t)
	rule := BindingRule{ID: "gd", Person: "head", Issuer: "CA", Root: certDigest("root"), Attribute: "UID",
		Value: "CCCD:001"}
	direct(t, s, SetBindingRule{rule})
	direct(t, s, byRule("CA", "7", "CCCD:001"))
	direct(t, s, byRule("CA", "8", "CCCD:002"))
	direct(t, s, byRule("other", "9", "CCCD:001"))
	if !s.Directory.CertificateOf("head", cert("CA", "7")) || s.Directory.CertificateOf("head", cert("CA", "8")) ||
		s.Directory.CertificateOf("head", cert("other", "9")) {
		t.Errorf("bound by rule: %+v", s.Directory.Bindings)
	}
	direct(t, s, UnbindCertificate{Issuer: "CA", Serial: "7", Reason: "mất thiết bị"})
	direct(t, s, byRule("CA", "7", "CCCD:001"))
	if s.Directory.CertificateOf("head", cert("CA", "7")) {
		t.Error("a rule bound again what was unbound by hand")
	}
	other := rule
	other.ID, other.Person = "khac", "deputy"
	if _, err := decided(s, SetBindingRule{other}, june); ErrorCode(err) != CodeConflict {
		t.Errorf("two rules for one value: %v", err)
	}
	direct(t, s, EndBindingRule{ID: "gd", Reason: "nghỉ hưu"})
	direct(t, s, byRule("CA", "10", "CCCD:001"))
	if s.Directory.CertificateOf("head", cert("CA", "10")) {
		t.Error("an ended rule binds")
	}
}

// On no day does anybody have authority that neither a position nor a delegation in force gives, whatever was granted,
// revoked and ended in whatever order; and the log gives the same directory again.
func TestAuthorityFollowsTheRecord(t *testing.T) {
	people := []PersonID{"head", "deputy", "chief", "vice", "officer", "next"}
	rapid.Check(t, func(r *rapid.T) {
		s := department(t)
		day := func(label string) Date { return calendar.On(2026, 6, 1).AddDays(rapid.IntRange(0, 40).Draw(r, label)) }
		for range rapid.IntRange(1, 25).Draw(r, "commands") {
			who, other := rapid.SampledFrom(people).Draw(r, "who"), rapid.SampledFrom(people).Draw(r, "other")
			var cmd Command
			switch rapid.IntRange(0, 2).Draw(r, "command") {
			case 0:
				g := granted(rapid.SampledFrom([]AuthorityForm{FormDeputy, FormByOrder, FormAuthorised,
					FormHead}).Draw(r, "form"), other)
				g.From, g.Start, g.End, g.Superior = PositionID(who), day("start"), day("end"), "Chánh Văn phòng"
				if rapid.Bool().Draw(r, "votes") {
					g.Duties, g.Form = []Duty{DutyVote}, FormHead
				}
				cmd = g
			case 1:
				cmd = RevokeDelegation{Delegation: DelegationID(who + "/uq-1"), LastDay: day("last"), Reason: "x"}
			case 2:
				cmd = EndPosition{Position: PositionID(who), LastDay: day("left"), Successor: other}
			}
			if events, err := decided(s, cmd, june); err == nil {
				for _, e := range events {
					s.Directory.Apply(e)
				}
			}
		}
		on := day("on")
		for _, p := range people {
			for _, duty := range []Duty{DutySign, DutyVote, DutyReview} {
				_, err := s.Directory.Authority(p, "so", duty, on)
				if want := mayByRecord(s.Directory, p, duty, on); (err == nil) != want {
					r.Fatalf("%s, %s on %s: %v; the record says %v", p, duty, on, err, want)
				}
			}
		}
	})
}

// mayByRecord goes by the definition: a post held that day, or a delegation that day from a post held that day.
func mayByRecord(d *Directory, person PersonID, duty Duty, day Date) bool {
	within := func(from, until Date) bool {
		return (from.IsZero() || from.String() <= day.String()) && (until.IsZero() || day.String() <= until.String())
	}
	has := func(duties []Duty) bool {
		return strings.Contains(" "+dutyWords(duties).In(words.English)+",", " "+duty.Words().In("en")+",")
	}
	for _, p := range d.Positions {
		if p.Person == person && has(p.Duties) && within(p.From, p.Until) {
			return true
		}
	}
	for _, g := range d.Delegations {
		p := d.Positions[g.From]
		until := g.End
		if !g.Revoked.IsZero() && g.Revoked.String() < until.String() {
			until = g.Revoked
		}
		if g.To == person && has(g.Duties) && has(p.Duties) && within(g.Start, until) && within(p.From, p.Until) {
			return true
		}
	}
	return false
}

// byRule is a certificate of a subject, under the root that rules of tests name.
func byRule(issuer, serial, uid string) BindByRule {
	return BindByRule{Issuer: issuer, Serial: serial, SHA256: certDigest(serial), Root: certDigest("root"),
		Subject: Subject{"UID": {uid}}}
}

// A certificate is what its bytes are: one that bears the names of a bound one is another one, whoever made it.
func TestCertificatesOfTheSameNames(t *testing.T) {
	forged := Certificate{"CA", "1", certDigest("forged")}
	for name, bind := range map[string]func(s State){
		"bound": func(s State) {
			direct(t, s, BindCertificate{Person: "head", Issuer: "CA", Serial: "1", SHA256: certDigest("1")})
		},
		"bound by rule": func(s State) {
			direct(t, s, SetBindingRule{BindingRule{ID: "gd", Person: "head", Issuer: "CA", Root: certDigest("root"),
				Attribute: "UID", Value: "CCCD:001"}})
			direct(t, s, byRule("CA", "1", "CCCD:001"))
		},
		"of v0.1, identified when it was used": func(s State) {
			s.Directory.Apply(CertificateBound{Person: "head", Issuer: "CA", Serial: "1"})
			direct(t, s, byRule("CA", "1", "CCCD:001"))
		},
		"of v0.1, bound again": func(s State) {
			s.Directory.Apply(CertificateBound{Person: "head", Issuer: "CA", Serial: "1"})
			direct(t, s, BindCertificate{Person: "head", Issuer: "CA", Serial: "1", SHA256: certDigest("1")})
		},
	} {
		s := department(t)
		bind(s)
		if !s.Directory.CertificateOf("head", cert("CA", "1")) {
			t.Errorf("%s: the certificate does not sign", name)
		}
		if s.Directory.CertificateOf("head", forged) {
			t.Errorf("%s: a forged certificate of the same issuer and serial signs", name)
		}
		if _, bound := s.Directory.BoundAt(forged, june.Add(time.Hour)); bound {
			t.Errorf("%s: a forged certificate is taken for the bound one later", name)
		}
		if err := s.certificateOf("head", forged); ErrorCode(err) != CodeForbidden ||
			!strings.Contains(err.Error(), "forged") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := decided(s, BindCertificate{Person: "head", Issuer: "CA", Serial: "1", SHA256: forged.SHA256},
			june); ErrorCode(err) != CodeConflict {
			t.Errorf("%s: bound beside the right one: %v", name, err)
		}
		direct(t, s, BindByRule{Issuer: "CA", Serial: "1", SHA256: forged.SHA256, Root: certDigest("root"),
			Subject: Subject{"UID": {"CCCD:001"}}})
		if s.Directory.CertificateOf("head", forged) {
			t.Errorf("%s: a forged certificate was bound by a rule", name)
		}
	}
}

// A rule believes the names in a certificate only under the root that it names; one of v0.1 names none, so somebody
// looks at what it binds.
func TestRulesNameTheirRoot(t *testing.T) {
	s := department(t)
	rule := BindingRule{ID: "gd", Person: "head", Issuer: "CA", Attribute: "UID", Value: "CCCD:001"}
	if _, err := decided(s, SetBindingRule{rule}, june); ErrorCode(err) != CodeInvalid {
		t.Errorf("a rule without a root: %v", err)
	}
	rule.Root = certDigest("root")
	direct(t, s, SetBindingRule{rule})
	other := byRule("CA", "1", "CCCD:001")
	other.Root = certDigest("another root")
	direct(t, s, other)
	if len(s.Directory.Bindings) != 0 {
		t.Errorf("bound under another root: %+v", s.Directory.Bindings)
	}
	old := department(t)
	old.Directory.Apply(BindingRuleSet{ID: "gd", Person: "head", Issuer: "CA", Attribute: "UID",
		Value: Personal{Text: "CCCD:001"}})
	direct(t, old, other)
	if old.Directory.CertificateOf("head", cert("CA", "1")) || len(old.Directory.Bindings) != 1 {
		t.Errorf("a rule without a root: %+v", old.Directory.Bindings)
	}
}
