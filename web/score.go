package web

import "covenant/workflow"

// scoreRow is an agency's scores and place.
type scoreRow struct {
	Rank           string
	Agency         string
	Self, Verified string
	Class          string
	Tone, State    string
	Flag           bool
}

// scores are the members' scores: by rank once the ranking is declared, before that in the order of the parties.
func (t teller) scores() []scoreRow {
	sc := t.v.Covenant.Scoring
	if sc == nil {
		return nil
	}
	var rows []scoreRow
	if sc.Ranking != nil {
		for _, r := range sc.Ranking.Rows {
			row := t.scoreRow(r.Agency)
			row.Rank, row.Class, row.Flag = itoa(r.Rank), r.Class.Label(t.code), r.Flag
			rows = append(rows, row)
		}
		return rows
	}
	for _, a := range t.v.Covenant.Members() {
		rows = append(rows, t.scoreRow(a))
	}
	return rows
}

func (t teller) scoreRow(a workflow.AgencyID) scoreRow {
	row := scoreRow{Agency: t.agency(a), Tone: "waiting", State: t.text("score.awaited")}
	if self, ok := t.v.Covenant.Scoring.SelfScore(a); ok {
		row.Self, row.State = self.Total.Display(t.code), t.text("score.self_given")
	}
	if verified, ok := t.v.Covenant.Scoring.VerifiedScore(a); ok {
		row.Verified, row.Tone, row.State = verified.Total.Display(t.code), "done", t.text("score.verified")
	}
	return row
}
