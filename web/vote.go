package web

import "covenant/workflow"

// motionRow is a motion with its ballots and tally.
type motionRow struct {
	Number                int
	Text                  string
	Tone, Outcome         string
	For, Against, Abstain int
	Cast, Entitled        int
	Closed                bool
	ForWidth, AgainstWidth, AbstainWidth,
	AgainstAt, AbstainAt int // of the tally's bar, in thousandths of those entitled
	Ballots []ballotRow
	Missing string
}

// ballotRow is one agency's open vote.
type ballotRow struct{ Agency, Person, Choice, Tone string }

var choiceTones = map[workflow.Choice]string{
	workflow.ChoiceFor: "done", workflow.ChoiceAgainst: "stopped", workflow.ChoiceAbstain: "next",
}

// motions are the motions in the order of the process.
func (t teller) motions() []motionRow {
	var rows []motionRow
	for i, m := range t.v.Covenant.Motions {
		row := motionRow{Number: i + 1, Text: t.motionText(m), Cast: len(m.Ballots), Entitled: len(m.Who)}
		voted := map[workflow.AgencyID]bool{}
		for _, b := range m.Ballots {
			voted[b.Agency] = true
			row.count(b.Choice)
			row.Ballots = append(row.Ballots, ballotRow{t.agency(b.Agency), t.person(b.Person), b.Choice.Word(t.code), choiceTones[b.Choice]})
		}
		var missing []workflow.AgencyID
		for _, a := range m.Who {
			if !voted[a] {
				missing = append(missing, a)
			}
		}
		row.Missing = t.agencies(missing)
		row.measure()
		t.outcome(&row, m)
		rows = append(rows, row)
	}
	return rows
}

func (row *motionRow) count(choice workflow.Choice) {
	switch choice {
	case workflow.ChoiceFor:
		row.For++
	case workflow.ChoiceAgainst:
		row.Against++
	default:
		row.Abstain++
	}
}

// measure lays out the tally's bar.
func (row *motionRow) measure() {
	total := max(row.Entitled, row.Cast, 1)
	row.ForWidth, row.AgainstWidth, row.AbstainWidth = row.For*1000/total, row.Against*1000/total, row.Abstain*1000/total
	row.AgainstAt = row.ForWidth
	row.AbstainAt = row.ForWidth + row.AgainstWidth
}

func (t teller) outcome(row *motionRow, m workflow.Motion) {
	switch {
	case m.Result == nil && row.Cast < row.Entitled:
		row.Tone, row.Outcome = "waiting", t.text("vote.open", "cast", row.Cast, "total", row.Entitled)
	case m.Result == nil:
		row.Tone, row.Outcome = "waiting", t.text("vote.all_in")
	case m.Result.Passed:
		row.Closed, row.Tone, row.Outcome = true, "done", t.text("vote.passed")
	default:
		row.Closed, row.Tone, row.Outcome = true, "stopped", t.text("vote.failed")
	}
}

// motionText is the motion in the reader's language, where the process has it.
func (t teller) motionText(m workflow.Motion) string {
	for _, stage := range t.v.Process.Stages {
		if stage.Vote == nil {
			continue
		}
		for _, rule := range stage.Vote.Motions {
			if rule.ID == m.ID && rule.Vietnamese == m.Text {
				return t.pick(rule.Vietnamese, rule.English)
			}
		}
	}
	return m.Text
}
