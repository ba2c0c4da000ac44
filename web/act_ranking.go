package web

import (
	"encoding/json"
	"slices"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/process"
)

// countRow is how many ballots on paper named an agency.
type countRow struct{ Name, Text, Value, Problem string }

// pollOn is the poll of the process that decides something, with its result; ok: the process has one.
func (m fieldMaker) pollOn(what workflow.Decides) (rule workflow.PollRule, result *workflow.PollClosed, ok bool) {
	stage, scored := m.v.Process.OfKind(workflow.StageScore)
	if !scored || m.v.Covenant.Scoring == nil {
		return rule, nil, false
	}
	i := slices.IndexFunc(stage.Score.Polls, func(p workflow.PollRule) bool { return p.Decides == what })
	if i < 0 {
		return rule, nil, false
	}
	rule = stage.Score.Polls[i]
	poll, _ := m.v.Covenant.Scoring.Poll(rule.ID)
	return rule, poll.Result, true
}

// counts makes the table of ballots on paper; where the process has a poll on the ranking nothing is asked.
func (m fieldMaker) counts(row *fieldRow) bool {
	if _, _, ok := m.pollOn(workflow.DecidesRanking); ok {
		return false
	}
	row.Kind, row.Required = "counts", false
	for _, a := range m.v.Covenant.Members() {
		one := countRow{Name: row.Name + "." + string(a), Text: m.agency(a)}
		one.Value = strings.TrimSpace(m.r.PostFormValue(one.Name))
		row.Counts = append(row.Counts, one)
	}
	return true
}

func (m fieldMaker) countValues(row *fieldRow) any {
	var out []workflow.AgencyVotes
	for i := range row.Counts {
		one := &row.Counts[i]
		if one.Value == "" {
			continue
		}
		n, ok := m.wholeNumber(one.Value, &one.Problem).(int)
		if !ok {
			row.Problem = m.text(words.Of("Số phiếu cần xem lại.", "Look at the numbers again."))
			continue
		}
		_, id, _ := strings.Cut(one.Name, ".")
		out = append(out, workflow.AgencyVotes{Agency: workflow.AgencyID(id), Votes: n})
	}
	if row.Problem != "" || len(out) == 0 {
		return nil
	}
	return out
}

// office makes the field of who leads or is the deputy next year: whom a poll elected is not asked for again; of those
// tied in it the chair may choose; without a poll the chair names somebody or nobody.
func (m fieldMaker) office(row *fieldRow) bool {
	what := map[string]workflow.Decides{"new_leader": workflow.DecidesLeader,
		"new_deputy": workflow.DecidesDeputy}[row.Name]
	rule, result, polled := m.pollOn(what)
	row.Kind = "select"
	if !polled {
		row.Options = m.agencyOptions(m.v.Covenant.Members())
		return true
	}
	if result == nil || result.Elected != "" || rule.Tie != workflow.TieChair || len(result.Tied) == 0 {
		return false
	}
	row.Options = m.agencyOptions(result.Tied)
	row.Help = m.text(words.Of("Phiếu ngang nhau; theo quy trình, chủ tọa chọn một trong các đơn vị này.",
		"The votes were equal; under the process the chair chooses one of these."))
	return true
}

// onPaper are the numbers of ballots on paper, which are asked for where the process has no poll on the ranking.
var onPaper = []string{"issued", "collected", "valid"}

// proposedRanking is the ranking as it would be declared.
type proposedRanking struct {
	Rows    []scoreRow
	Ballots string // head of their column; empty: there are none
	Rule    string
	Elected []string
}

// proposed is the ranking that the rules make of the scores, of the polls and of what was typed: the command is
// decided as it would be given, and nothing is recorded. Nil: it cannot be declared so.
func (m fieldMaker) proposed(fields json.RawMessage) *proposedRanking {
	if m.act.command.Name != "declare-ranking" {
		return nil
	}
	given, err := m.act.command.Decode(fields)
	cmd, ok := given.(workflow.DeclareRanking)
	if err != nil || !ok {
		return nil
	}
	if cmd.Secretary == "" { // not chosen yet, and without meaning for the order
		cmd.Secretary = m.r.actor.Person()
	}
	events, err := workflow.Decide(m.v.State, m.r.actor, cmd, m.v.Now)
	if err != nil {
		return nil
	}
	for _, e := range events {
		if ranked, ok := e.(workflow.Ranked); ok {
			return m.ranking(&ranked)
		}
	}
	return nil
}

func (m fieldMaker) ranking(ranked *workflow.Ranked) *proposedRanking {
	out := &proposedRanking{Ballots: m.ballotsHead(ranked), Rule: m.rankingRule()}
	for _, r := range ranked.Rows {
		row := scoreRow{Rank: itoa(r.Rank), Agency: m.agency(r.Agency), Verified: r.Total.Display(m.lang),
			Class: r.Class.In(m.lang), Flag: r.Flag}
		if ranked.Issued > 0 {
			row.Ballots = itoa(max(r.Points, r.Votes))
		}
		out.Rows = append(out.Rows, row)
	}
	if ranked.NewLeader != "" {
		out.Elected = append(out.Elected, m.text(words.F("Khối trưởng năm sau: %s", "Next year’s leader: %s",
			m.agency(ranked.NewLeader))))
	}
	if ranked.NewDeputy != "" {
		out.Elected = append(out.Elected, m.text(words.F("Khối phó năm sau: %s", "Next year’s deputy: %s",
			m.agency(ranked.NewDeputy))))
	}
	return out
}

// rankingRule says by what the process ranks, and what breaks ties.
func (m fieldMaker) rankingRule() string {
	stage, ok := m.v.Process.OfKind(workflow.StageScore)
	if !ok {
		return ""
	}
	order := append([]string{workflow.ByTotal}, stage.Score.Tie...)
	if stage.Score.First == workflow.ByBallots {
		order = append([]string{workflow.ByBallots}, order...)
	}
	var named []string
	for _, by := range order {
		if name := m.rankedBy(by); !slices.Contains(named, name) {
			named = append(named, name)
		}
	}
	return m.text(words.F("Xếp theo %s; vẫn bằng nhau thì đồng hạng.", "Ranked by %s; who is still equal shares the "+
		"rank.",
		strings.Join(named, m.text(words.Of(", rồi ", ", then ")))))
}

func (m fieldMaker) rankedBy(by string) string {
	if id, ok := strings.CutPrefix(by, "criterion:"); ok {
		rule, _ := m.v.ScoreBasis().Criterion(workflow.CriterionID(id))
		return m.text(words.F("điểm “%s”", "the points for “%s”", words.Each(rule.In)))
	}
	return m.text(map[string]words.Text{
		workflow.ByTotal: words.Of("tổng điểm", "the total"), workflow.ByBallots: words.Of("phiếu", "the ballots"),
		process.ByInTime: words.Of("số báo cáo đúng hạn", "the reports in time"),
	}[by])
}
