package web

import (
	"slices"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
)

// pointSheet is the table in which an agency is given its points: what each criterion is worth, and what was given
// before.
type pointSheet struct {
	Groups   []pointGroup
	Max      string
	Self     bool // there is a column of the agency's own points
	Verified bool // and one of the verified ones
	OwnTotal string
	Checked  string // the verified total
	Sum      string // of what was typed
}

type pointGroup struct {
	Name string
	Rows []pointRow
}

// pointRow is one criterion. Name is that of its input.
type pointRow struct {
	Name, Text, Max string
	Self, Verified  string
	Value           string
	Problem         string
	Kept            bool // the appeal is not about it, so it keeps its verified points
	rule            workflow.CriterionID
	most            workflow.Points
}

// points makes the table of a field of points: of an agency about itself, of its verifier, or of who decides its
// appeal. Each begins with what was given before.
func (m fieldMaker) points(row *fieldRow) bool {
	sc := m.v.Covenant.Scoring
	if sc == nil {
		return false
	}
	agency := workflow.AgencyID(m.about("agency"))
	self, scored := sc.SelfScore(agency)
	verified, checked := sc.VerifiedScore(agency)
	appeal, appealed := sc.Appeal(agency)
	deciding := m.act.command.Name == "decide-appeal"
	sheet := &pointSheet{Self: scored && m.act.command.Name != "submit-score", Verified: deciding && checked}
	if sheet.Self {
		sheet.OwnTotal = self.Total.Display(m.lang)
	}
	if sheet.Verified {
		sheet.Checked = verified.Total.Display(m.lang)
	}
	most, sum := workflow.Points(0), workflow.Points(0)
	for _, c := range m.v.ScoreBasis().Criteria {
		most += c.Max
		line := pointRow{
			Name: row.Name + "." + string(c.ID), Text: c.In(m.lang), Max: c.Max.Display(m.lang),
			Self: m.presenter.points(self.Scores, c.ID), Verified: m.presenter.points(verified.Scores, c.ID),
			Kept: deciding && appealed && len(appeal.Criteria) > 0 && !slices.Contains(appeal.Criteria, c.ID),
			rule: c.ID, most: c.Max,
		}
		line.Value = m.pointsBefore(deciding, line, scored)
		if posted(m.r) && !line.Kept {
			line.Value = strings.TrimSpace(m.r.PostFormValue(line.Name))
		}
		if p, ok := m.readPoints(line.Value); ok {
			sum += p
		}
		name := c.Group.In(m.lang)
		if n := len(sheet.Groups); n == 0 || sheet.Groups[n-1].Name != name {
			sheet.Groups = append(sheet.Groups, pointGroup{Name: name})
		}
		last := &sheet.Groups[len(sheet.Groups)-1]
		last.Rows = append(last.Rows, line)
	}
	sheet.Max, sheet.Sum = most.Display(m.lang), sum.Display(m.lang)
	row.Kind, row.Sheet = "points", sheet
	return true
}

// pointsBefore are the points that a row begins with: an appeal is decided beginning with the verified ones,
// everything else with the agency's own.
func (m fieldMaker) pointsBefore(deciding bool, line pointRow, scored bool) string {
	switch {
	case deciding:
		return line.Verified
	case scored:
		return line.Self
	}
	return ""
}

// readPoints reads points as people write them: with a comma or a point before the decimals.
func (m fieldMaker) readPoints(text string) (workflow.Points, bool) {
	var p workflow.Points
	err := p.UnmarshalText([]byte(strings.Replace(strings.TrimSpace(text), ",", ".", 1)))
	return p, err == nil
}

// pointValues reads the table; what cannot be taken is said at its row.
func (m fieldMaker) pointValues(row *fieldRow) any {
	var out []workflow.CriterionScore
	wrong := 0
	for g := range row.Sheet.Groups {
		for i := range row.Sheet.Groups[g].Rows {
			line := &row.Sheet.Groups[g].Rows[i]
			p, ok := m.readPoints(line.Value)
			switch {
			case line.Value == "":
				line.Problem = m.text(words.Of("Chưa chấm tiêu chí này.", "This criterion is not scored."))
			case !ok:
				line.Problem = m.text(words.Of("Hãy ghi một số, nhiều nhất hai chữ số thập phân.",
					"Give a number with at most two decimals."))
			case p > line.most:
				line.Problem = m.text(words.F("Nhiều nhất là %s điểm.", "At most %s points are possible.",
					words.Each(line.most.Display)))
			}
			if line.Problem != "" {
				wrong++
			}
			out = append(out, workflow.CriterionScore{Criterion: line.rule, Points: p})
		}
	}
	if wrong > 0 {
		row.Problem = m.text(words.F("Bảng điểm còn %s cần xem lại.", "The table has %s to look at again.",
			words.N(wrong, "tiêu chí", "criterion", "criteria")))
		return nil
	}
	return out
}

// contested makes the field in which an agency says which criteria its appeal is about.
func (m fieldMaker) contested(row *fieldRow) bool {
	sc := m.v.Covenant.Scoring
	if sc == nil {
		return false
	}
	agency := workflow.AgencyID(m.about("agency"))
	self, _ := sc.SelfScore(agency)
	verified, _ := sc.VerifiedScore(agency)
	row.Kind = "several"
	for _, c := range m.v.ScoreBasis().Criteria {
		row.Options = append(row.Options, option{Value: string(c.ID), Text: c.In(m.lang),
			Note: m.text(words.F("tự chấm %s, thẩm định %s, tối đa %s", "own score %s, verified %s, at most %s",
				m.presenter.points(self.Scores, c.ID), m.presenter.points(verified.Scores, c.ID),
				words.Each(c.Max.Display)))})
	}
	return true
}
