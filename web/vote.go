package web

import (
	"covenant/internal/words"
	"covenant/workflow"
)

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
	Secret  bool   // nothing is counted before it is closed
	Rules   string // how it was decided
}

// ballotRow is one agency's open vote.
type ballotRow struct{ Agency, Person, Choice, Tone string }

// motions are the motions in the order in which they came, then those that the chair has still to put.
func (t presenter) motions() []motionRow {
	var rows []motionRow
	for _, m := range t.v.Covenant.Motions {
		if m.Opened {
			rows = append(rows, t.motionRow(m))
		}
	}
	if t.v.Covenant.Phase == workflow.AwaitingVotes {
		for _, m := range t.v.PendingMotions() {
			rows = append(rows, motionRow{
				Text: t.text(m.Words(t.v.Process)), Tone: "next",
				Outcome: t.text(words.Of("Chưa đưa ra biểu quyết", "Not put to the vote yet")),
			})
		}
	}
	for i := range rows {
		rows[i].Number = i + 1
	}
	return rows
}

func (t presenter) motionRow(m workflow.Motion) motionRow {
	row := motionRow{
		Text: t.text(m.Words(t.v.Process)), Cast: m.Cast(), Entitled: len(m.Who), Secret: m.Secret && m.Result == nil,
	}
	for _, b := range m.Ballots {
		row.count(b.Choice)
		cast := ballotRow{
			t.agency(b.Agency), t.acting(b.Person, b.Authority), b.Choice.Word(t.lang),
			string(workflow.ChoiceTone(b.Choice)),
		}
		if b.Proxy != "" {
			cast.Choice += " (" + t.text(words.F("%s biểu quyết thay", "cast by %s", t.agency(b.Proxy))) + ")"
		}
		row.Ballots = append(row.Ballots, cast)
	}
	for _, d := range m.Deemed {
		row.count(d.Choice)
		row.Ballots = append(row.Ballots, ballotRow{
			t.agency(d.Agency),
			t.text(words.Of("Ghi nhận theo quy trình khi quá hạn", "Recorded by the process after the deadline")),
			d.Choice.Word(t.lang), "waiting",
		})
	}
	for _, b := range m.Taken {
		row.Ballots = append(row.Ballots, ballotRow{t.agency(b.Agency), t.acting(b.Person, b.Authority), t.text(
			words.Of("Đã bỏ phiếu",
				"Ballot is in")), "done"})
	}
	if h := m.Hands; h != nil {
		row.For, row.Against, row.Abstain, row.Cast = h.For, h.Against, h.Abstain, h.For+h.Against+h.Abstain
	}
	row.Missing = t.agencies(t.missingVotes(m))
	if r := m.Result; r != nil {
		row.For, row.Against, row.Abstain = r.For, r.Against, r.Abstain
		row.Entitled = max(row.Entitled, r.Entitled)
		row.Rules = t.rules(m)
	}
	row.measure()
	t.outcome(&row, m)
	return row
}

// missingVotes are the agencies whose vote is not in, at a conference only those that are there.
func (t presenter) missingVotes(m workflow.Motion) []workflow.AgencyID {
	voted := map[workflow.AgencyID]bool{}
	for _, b := range m.Ballots {
		voted[b.Agency] = true
	}
	for _, b := range m.Taken {
		voted[b.Agency] = true
	}
	for _, d := range m.Deemed {
		voted[d.Agency] = true
	}
	sitting := t.v.Covenant.Sitting()
	stage, _ := t.v.Process.Stage(m.Stage)
	held := stage.Vote != nil && stage.Vote.Conference != nil
	var missing []workflow.AgencyID
	for _, a := range m.Who {
		away := held && (sitting == nil || sitting.Presence(a) == workflow.Absent)
		if !voted[a] && m.Hands == nil && !away {
			missing = append(missing, a)
		}
	}
	return missing
}

// rules says how a motion was decided and what it needed.
func (t presenter) rules(m workflow.Motion) string {
	r := m.Result
	if r.Method == "" { // recorded before methods were
		return ""
	}
	text := t.text(words.F("Hình thức: %s; tham gia %d/%d, tối thiểu %d; cần %d phiếu tán thành",
		"By %s; %d of %d taking part, quorum %d; %d in favour needed",
		r.Method.Word(t.lang), r.Present, r.Entitled, r.Quorum, r.Need))
	if r.Tie {
		text += " · " + t.text(words.Of("phiếu ngang nhau", "the votes were equal"))
	}
	if r.Lapsed {
		text += " · " + t.text(words.Of("không đủ số người tham gia", "no quorum"))
	}
	return text
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
	row.ForWidth, row.AgainstWidth = row.For*1000/total, row.Against*1000/total
	row.AbstainWidth = row.Abstain * 1000 / total
	row.AgainstAt = row.ForWidth
	row.AbstainAt = row.ForWidth + row.AgainstWidth
}

func (t presenter) outcome(row *motionRow, m workflow.Motion) {
	switch {
	case m.Result == nil && row.Cast < row.Entitled:
		row.Tone, row.Outcome = "waiting", t.text(words.F("Đang biểu quyết: %d/%d đơn vị đã có phiếu",
			"Voting: %d of %d agencies have voted", row.Cast, row.Entitled))
	case m.Result == nil:
		row.Tone, row.Outcome = "waiting", t.text(words.Of("Đã đủ phiếu, chờ chủ tọa công bố kết quả",
			"All votes are in; waiting for the chair to declare the result"))
	case m.Result.Passed:
		row.Closed, row.Tone, row.Outcome = true, "done", t.text(words.Of("Thông qua", "Carried"))
	default:
		row.Closed, row.Tone, row.Outcome = true, "stopped", t.text(words.Of("Không thông qua", "Not carried"))
	}
}
