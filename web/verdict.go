package web

import (
	"fmt"
	"strings"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
)

var indicationTones = map[signing.Indication]string{
	signing.TotalPassed: "done", signing.Indeterminate: "waiting", signing.TotalFailed: "stopped",
}

var indicationWords = map[signing.Indication]string{
	signing.TotalPassed: "verdict.passed", signing.Indeterminate: "verdict.indeterminate", signing.TotalFailed: "verdict.failed",
}

// verdictSummary sums up the verifier's report on the newest bytes; nil before there is a document to judge.
func (t teller) verdictSummary() *verdictSummary {
	if t.v.Verdict == nil {
		return nil
	}
	c := t.v.Covenant
	ours, seals := map[string]bool{}, map[string]bool{}
	for _, sig := range c.Signed {
		ours[sig.Field] = true
	}
	for _, seal := range c.Sealed {
		ours[seal.Field], seals[seal.Field] = true, true
	}
	sum := t.judged(t.v.Verdict, seals, t.awaitsCompletion)
	for _, row := range sum.Rows {
		if ours[row.Field] {
			sum.byField[row.Field] = row
		} else {
			sum.Other = append(sum.Other, row)
		}
	}
	return sum
}

// judged tells a report on any file. seals are the fields known to hold agencies' seals; incomplete says which results
// lack only what the program will add.
func (t teller) judged(report *signing.Report, seals map[string]bool, incomplete func(*signing.Result) bool) *verdictSummary {
	sum := &verdictSummary{byField: map[string]*verdictRow{}, Tone: indicationTones[report.Overall()]}
	count, awaiting := map[signing.Indication]int{}, 0
	var people, sealed, stamps int
	for i := range report.Results {
		res := &report.Results[i]
		row := t.verdictRow(res)
		if incomplete(res) {
			row.Word = t.text("verdict.intact")
			awaiting++
		}
		switch {
		case res.Kind == signing.KindDocumentTimestamp:
			stamps++
		case seals[res.Field]:
			sealed++
		default:
			people++
		}
		sum.Rows = append(sum.Rows, row)
		count[res.Indication]++
	}
	what := t.countWords(people, sealed, stamps)
	all, failed, passed := len(report.Results), count[signing.TotalFailed], count[signing.TotalPassed]
	switch {
	case all == 0:
		sum.Tone, sum.Sentence = "next", t.text("verdict.none")
	case failed > 0:
		sum.Sentence = t.text("verdict.some_failed", "n", failed, "what", what)
	case awaiting > 0 && passed+awaiting == all:
		sum.Sentence = t.text("verdict.all_intact", "what", what)
	case passed < all:
		sum.Sentence = t.text("verdict.some_open", "n", all-passed, "what", what)
	default:
		sum.Sentence = t.text("verdict.all_passed", "what", what)
	}
	return sum
}

// countWords is “11 chữ ký, 1 con dấu, 1 dấu thời gian”, without what there is none of.
func (t teller) countWords(people, seals, stamps int) string {
	var parts []string
	for _, p := range []struct {
		id string
		n  int
	}{{"verdict.signatures", people}, {"verdict.seals", seals}, {"verdict.timestamps", stamps}} {
		if p.n > 0 {
			parts = append(parts, t.text(p.id, "n", p.n))
		}
	}
	return strings.Join(parts, ", ")
}

// awaitsCompletion reports whether a signature lacks nothing but what the program adds to the file once all have signed.
func (t teller) awaitsCompletion(res *signing.Result) bool {
	c := t.v.Covenant
	return c.Level == "" && c.Phase != workflow.PhaseRejected && res.Intact() &&
		res.Indication == signing.Indeterminate && res.SubIndication == signing.TryLater
}

func (t teller) verdictRow(res *signing.Result) *verdictRow {
	row := &verdictRow{
		ID: identifier(res.Field), Field: res.Field, Name: firstNonEmpty(res.Signer, res.Field), Tone: indicationTones[res.Indication],
		Word: t.text(indicationWords[res.Indication]), Explanation: res.Explain().In(words.Language(t.code)),
	}
	if res.Kind == signing.KindDocumentTimestamp {
		row.Name = t.text("verdict.timestamp")
	}
	conclusion := string(res.Indication)
	if res.SubIndication != "" {
		conclusion += " / " + string(res.SubIndication)
	}
	row.addFact(t.text("verdict.conclusion"), conclusion)
	if res.PAdES && res.Kind == signing.KindSignature {
		row.addFact(t.text("verdict.level"), "PAdES "+res.Level.String())
	}
	row.addFact(t.text("verdict.signed_at"), t.exactly(res.Time))
	row.addFact(t.text("verdict.time_source"), t.timeSource(res))
	t.certificateFacts(row, res)
	row.addFact(t.text("verdict.revocation"), t.revocation(res))
	row.addFact(t.text("verdict.coverage"), t.coverage(res))
	row.addFact(t.text("verdict.algorithm"), res.Algorithm)
	row.addFact(t.text("verdict.field"), res.Field)
	for _, m := range res.Modifications {
		if !m.Permitted {
			row.Changes = append(row.Changes, m.Text().In(words.Language(t.code)))
		}
	}
	if len(row.Changes) == 0 && res.Intact() {
		row.addFact(t.text("verdict.changes"), t.text("verdict.no_changes"))
	}
	return row
}

func (t teller) certificateFacts(row *verdictRow, res *signing.Result) {
	row.addFact(t.text("verdict.signer"), res.Signer)
	cert := res.Certificate
	if cert == nil {
		return
	}
	row.addFact(t.text("verdict.issuer"), cert.Issuer.CommonName)
	row.addFact(t.text("verdict.serial"), cert.SerialNumber.Text(16))
	row.addFact(t.text("verdict.valid"), t.when(cert.NotBefore)+" – "+t.when(cert.NotAfter))
	var names []string
	for _, link := range res.Chain {
		if link.Certificate != nil {
			names = append(names, link.Certificate.Subject.CommonName)
		}
	}
	row.addFact(t.text("verdict.chain"), strings.Join(names, " ← "))
}

// timeSource says who vouches for the time of signing.
func (t teller) timeSource(res *signing.Result) string {
	if res.Time.IsZero() {
		return ""
	}
	words := t.text("time." + string(res.TimeSource))
	for _, claim := range res.Times {
		if claim.Source == res.TimeSource && claim.Authority != "" {
			return words + " (" + claim.Authority + ")"
		}
	}
	return words
}

// revocation says whether the signer's certificate was revoked, and how that is known.
func (t teller) revocation(res *signing.Result) string {
	if len(res.Chain) == 0 {
		return ""
	}
	info := res.Chain[0].Revocation
	if info == nil {
		return t.text("revocation.unknown")
	}
	source := fmt.Sprintf("%s, %s", info.Kind, t.text("revocation."+string(info.Source)))
	if info.Revoked {
		return t.text("revocation.revoked", "at", t.when(info.RevokedAt), "source", source)
	}
	return t.text("revocation.good", "at", t.when(info.ThisUpdate), "source", source)
}

// coverage says which part of the file was signed.
func (t teller) coverage(res *signing.Result) string {
	c := res.Coverage
	switch {
	case c.WholeFile:
		return t.text("coverage.whole")
	case c.Revision > 0:
		return t.text("coverage.revision", "revision", c.Revision, "revisions", c.Revisions)
	}
	return ""
}
