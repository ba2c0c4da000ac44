package web

import (
	"strconv"

	"covenant/internal/words"
	"covenant/workflow"
)

// blankChoice is what a ballot that names nobody holds, so that it is not one that was forgotten.
const blankChoice = "-"

// placeRow is one place of a ballot that puts agencies in order.
type placeRow struct {
	Name, Label, Problem string
	Options              []option
}

// polling is the poll that a form is about.
func (m fieldMaker) polling() (rule workflow.PollRule, poll workflow.Poll, ok bool) {
	stage, scored := m.v.Process.OfKind(workflow.StageScore)
	if !scored || m.v.Covenant.Scoring == nil {
		return rule, poll, false
	}
	id := workflow.PollID(m.about("poll"))
	if rule, ok = stage.Score.PollRule(id); !ok {
		return rule, poll, false
	}
	poll, ok = m.v.Covenant.Scoring.Poll(id)
	return rule, poll, ok
}

// ballot makes the field in which an agency names whom it votes for: one, some, or some in order.
func (m fieldMaker) ballot(row *fieldRow) bool {
	rule, poll, ok := m.polling()
	if !ok {
		return false
	}
	var named []workflow.AgencyID
	for _, a := range poll.Candidates {
		if rule.Self || string(a) != m.about("agency") {
			named = append(named, a)
		}
	}
	most := min(rule.Most(len(poll.Candidates)), len(named))
	row.Options, row.Required = m.agencyOptions(named), false
	switch {
	case rule.Marks == workflow.MarksOrder:
		row.Kind = "order"
		row.Help = m.text(words.F("Chọn tối đa %s theo thứ tự, tốt nhất trước. Không chọn đơn vị nào là phiếu trắng.",
			"Choose at most %s in order, the best first. A ballot that names nobody is blank.",
			words.N(most, "đơn vị", "agency", "agencies")))
		m.places(row, most)
	case most == 1:
		row.Kind, row.Required = "choice", true
		row.Options = append(row.Options, option{Value: blankChoice, Text: m.text(words.Of(
			"Phiếu trắng, không chọn đơn vị nào", "A blank ballot, naming nobody"))})
	default:
		row.Kind = "several"
		row.Help = m.text(words.F("Chọn tối đa %s. Không chọn đơn vị nào là phiếu trắng.",
			"Choose at most %s. A ballot that names nobody is blank.",
			words.N(most, "đơn vị", "agency", "agencies")))
	}
	return true
}

func (m fieldMaker) places(row *fieldRow, most int) {
	for n := 1; n <= most; n++ {
		place := placeRow{Name: row.Name + "." + strconv.Itoa(n), Label: m.text(words.F("Hạng %d", "Place %d", n))}
		for _, o := range row.Options {
			o.Chosen = o.Value == m.r.PostFormValue(place.Name)
			place.Options = append(place.Options, o)
		}
		row.Places = append(row.Places, place)
	}
}

// orderValues reads a ballot in order; an agency twice, or a place left out, is said at its place.
func (m fieldMaker) orderValues(row *fieldRow) any {
	var out []string
	seen, gap := map[string]bool{}, false
	for i := range row.Places {
		place := &row.Places[i]
		chosen := m.r.PostFormValue(place.Name)
		switch {
		case chosen == "":
			gap = true
			continue
		case seen[chosen]:
			place.Problem = m.text(words.Of("Đơn vị này đã được chọn ở hạng trên.",
				"This agency stands at a place above already."))
		case gap:
			place.Problem = m.text(words.Of("Hạng ở trên còn trống.", "A place above is empty."))
		}
		if place.Problem != "" {
			row.Problem = m.text(words.Of("Thứ tự trên phiếu cần xem lại.", "Look at the order on the ballot again."))
		}
		seen[chosen] = true
		out = append(out, chosen)
	}
	if row.Problem != "" {
		return nil
	}
	return someOf(out)
}
