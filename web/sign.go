package web

import (
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/signing/trust"
	"covenant/workflow"
)

// signPart is who has signed, and what the verifier says of it.
type signPart struct {
	Groups                  []signGroup
	SignedCount, PartyCount int
	Verdict                 *verdictSummary
}

func (t presenter) signPart() signPart {
	verdict := t.verdictSummary()
	return signPart{t.signGroups(verdict), len(t.v.Covenant.Signed), len(t.v.Covenant.Parties), verdict}
}

// signGroup is one group of signatories: inside a group anyone may go first.
type signGroup struct {
	Number  int
	Label   string
	State   string // done, now or next
	Parties []partyRow
}

// partyRow is one party with its signature cell.
type partyRow struct {
	Unit, Role     string
	Person, Title  string
	Tone           string // done, waiting, next or stopped
	Signed         bool
	State          string
	At             string
	Level, Reason  string
	Verdict        *verdictRow
	Seal           *sealRow // nil where the process asks for none
	CertificateNo  string
	DelegationNote string
}

// sealRow is the agency's seal in a party's cell.
type sealRow struct {
	Tone, State, At, Person string
	Verdict                 *verdictRow
}

// seal says how it stands with a party's seal; nil where the process asks for none.
func (t presenter) seal(p workflow.Party, verdict *verdictSummary) *sealRow {
	c := t.v.Covenant
	for _, s := range c.Sealed {
		if s.Agency != p.Agency {
			continue
		}
		row := &sealRow{Tone: "done", State: t.text(words.Of("Đã đóng dấu",
			"Applied")), At: t.when(s.SignedAt), Person: t.person(s.Person)}
		row.Person += " – " + t.capacity(s.Authority)
		if verdict != nil {
			row.Verdict = verdict.byField[s.Field]
		}
		if row.Verdict != nil && row.Verdict.Test {
			row.Tone, row.State = "waiting", t.text(testWords[trust.Seal])
		}
		return row
	}
	stage, ok := t.v.Process.OfKind(workflow.StageSeal)
	if !ok || !hasRole(stage.Who, p.Role) {
		return nil
	}
	row := &sealRow{Tone: "next", State: t.text(words.Of("Chưa đóng dấu",
		"Not yet applied")), Person: t.holders(p.Agency, workflow.DutyNumber)}
	if c.Phase == workflow.AwaitingSeals && hasAgency(c.Waiting, p.Agency) {
		row.Tone, row.State = "waiting", t.text(words.Of("Chờ đóng dấu", "Waiting to be applied"))
	}
	return row
}

// signGroups are the parties by signing group, each with its signature and the verdict on it.
func (t presenter) signGroups(verdict *verdictSummary) []signGroup {
	c := t.v.Covenant
	roles := [][]workflow.Role{}
	if stage, ok := t.v.Process.OfKind(workflow.StageSign); ok {
		roles = stage.Sign.Groups
	}
	var groups []signGroup
	listed := map[workflow.AgencyID]bool{}
	for _, group := range roles {
		g := signGroup{Number: len(groups) + 1}
		for _, p := range c.Parties {
			if hasRole(group, p.Role) {
				listed[p.Agency] = true
				g.Parties = append(g.Parties, t.partyRow(p, verdict))
			}
		}
		if len(g.Parties) > 0 {
			groups = append(groups, g)
		}
	}
	rest := signGroup{}
	for _, p := range c.Parties {
		if !listed[p.Agency] {
			rest.Parties = append(rest.Parties, t.partyRow(p, verdict))
		}
	}
	if len(rest.Parties) > 0 {
		groups = append(groups, rest)
	}
	for i := range groups {
		t.finishGroup(&groups[i])
	}
	return groups
}

func hasRole(roles []workflow.Role, role workflow.Role) bool {
	for _, r := range roles {
		if r == role {
			return true
		}
	}
	return false
}

// finishGroup sums up a group: who it is, and whether it has signed, is signing or comes later.
func (t presenter) finishGroup(g *signGroup) {
	signed, waiting := 0, 0
	for _, p := range g.Parties {
		switch {
		case p.Signed:
			signed++
		case p.Tone == "waiting":
			waiting++
		}
	}
	g.State = "next"
	switch {
	case signed == len(g.Parties):
		g.State = "done"
	case waiting > 0:
		g.State = "now"
	}
	if g.Number == 0 {
		g.Label = t.text(words.Of("Không ký trong quy trình này", "Not signing in this process"))
		return
	}
	g.Label = t.text(words.F("Nhóm ký %d – %d/%d đã ký",
		"Signing group %d – %d of %d signed", g.Number, signed, len(g.Parties)))
}

func (t presenter) partyRow(p workflow.Party, verdict *verdictSummary) partyRow {
	c := t.v.Covenant
	row := partyRow{
		Unit: t.agency(p.Agency), Role: p.Role.Word(t.lang), Title: sentence(strings.ToLower(p.Title)),
		Person: t.holders(p.Agency, workflow.DutySign), Tone: "next", State: t.text(words.Of("Chưa đến lượt",
			"Not yet their turn")), Seal: t.seal(p, verdict),
	}
	if t.v.Directory.Agencies[p.Agency].MadeUp {
		row.Role += " · " + t.text(words.Of("đơn vị minh họa", "made-up agency"))
	}
	for _, r := range c.Refused {
		if r.Slot == p.Slot {
			row.Tone, row.State, row.Reason = "stopped", t.text(words.Of("Từ chối ký", "Refused to sign")), r.Reason
			row.Person = t.person(r.Person)
		}
	}
	if sig, ok := c.Signature(p.Slot); ok {
		row.Tone, row.State, row.At = "done", t.text(words.Of("Đã ký", "Signed")), t.when(sig.SignedAt)
		row.Signed = true
		row.Person, row.Title = t.person(sig.Person), t.capacity(sig.Authority)
		row.Level, row.CertificateNo = sig.Level, sig.Serial
		if verdict != nil {
			row.Verdict = verdict.byField[sig.Field]
		}
		if row.Verdict != nil && row.Verdict.Test {
			row.Tone, row.State = "waiting", t.text(testWords[trust.Signature])
		}
		return row
	}
	if paper, ok := c.PaperSignature(p.Slot); ok {
		row.Tone, row.State, row.At = "done", t.text(words.Of("Đã ký trên bản giấy", "Signed on paper")),
			paper.Date.Display()
		row.Signed = true
		row.Person, row.Title, row.Reason = t.person(paper.Signatory), t.capacity(paper.Authority), paper.Note
		return row
	}
	if hasAgency(c.Waived, p.Agency) {
		row.Tone, row.State = "waiting", t.text(words.Of("Còn được ký, không chờ", "May still sign; not waited for"))
	}
	if c.Phase == workflow.AwaitingSignatures && hasAgency(c.Waiting, p.Agency) {
		row.Tone, row.State = "waiting", t.text(words.Of("Chờ ký số", "Waiting to sign"))
	}
	return row
}

func hasAgency(list []workflow.AgencyID, id workflow.AgencyID) bool {
	for _, a := range list {
		if a == id {
			return true
		}
	}
	return false
}

// verdictSummary is what the verifier says of the newest bytes.
type verdictSummary struct {
	Tone     string
	Sentence string
	Rows     []*verdictRow // in the order of the file, document time-stamps too
	Other    []*verdictRow // those that are no party's signature
	byField  map[string]*verdictRow
}

// verdictRow is the verdict on one signature or document time-stamp.
type verdictRow struct {
	ID          string // unique on the page
	Field       string
	Name        string
	Tone        string // done, waiting or stopped
	Word        string
	Explanation string
	Test        bool // it rests on a test root
	Facts       []fact
	Changes     []string
}

// fact is a line of details: a label and its value.
type fact struct{ Label, Value string }

// addFact appends a detail unless it has no value.
func (v *verdictRow) addFact(label, value string) {
	if value != "" {
		v.Facts = append(v.Facts, fact{label, value})
	}
}

// when with the zone's offset, as a proof needs it.
func (t presenter) exactly(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.zone).Format("02/01/2006 15:04:05 -07:00")
}
