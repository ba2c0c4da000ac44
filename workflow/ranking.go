package workflow

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// AgencyVotes is how many ballots of the vote on the ranking named an agency.
type AgencyVotes struct {
	Agency AgencyID `json:"agency"`
	Votes  int      `json:"votes"`
}

// DeclareRanking ranks the agencies and ends the stage. Where the process has polls, their results count. Votes,
// Issued, Collected and Valid are ballots on paper, as counted at a conference, where the process has no poll on the
// ranking; without any all are zero.
type DeclareRanking struct {
	Secretary PersonID      `json:"secretary,omitzero"`
	Votes     []AgencyVotes `json:"votes,omitzero"`
	Issued    int           `json:"issued,omitzero"`
	Collected int           `json:"collected,omitzero"`
	Valid     int           `json:"valid,omitzero"`
	// Elected for the next year; may be empty. Where a poll elected somebody it is that one; in a tie that the chair
	// decides, one of those tied.
	NewLeader AgencyID `json:"new_leader,omitzero"`
	NewDeputy AgencyID `json:"new_deputy,omitzero"`
}

func (cmd DeclareRanking) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	chair, authority, err := s.voting().chairs(by, "", now)
	if err != nil {
		return nil, err
	}
	if err := s.scoring().settled(now); err != nil {
		return nil, err
	}
	if pending := s.scoring().pendingPolls(); len(pending) > 0 {
		return nil, refuse(CodeWrongState, "chưa bỏ phiếu xong: “%s”", "a poll is still to be held: “%s”", pending[0])
	}
	method, err := cmd.fromPolls(s)
	if err != nil {
		return nil, err
	}
	if err := cmd.check(s); err != nil {
		return nil, err
	}
	e := Ranked{
		Rows: s.scoring().rank(cmd.Votes), Method: method, Issued: cmd.Issued, Collected: cmd.Collected,
		Valid: cmd.Valid, NewLeader: cmd.NewLeader, NewDeputy: cmd.NewDeputy,
		Person: by.Person(), Authority: authority, Secretary: cmd.Secretary, Date: s.today(now), Chairing: chair,
	}
	return s.then([]Event{e}, func(s State) ([]Event, error) { return s.advance(now) })
}

// fromPolls fills in what the polls of the process gave, and refuses what contradicts them. It gives
// how the ranking was voted on.
func (cmd *DeclareRanking) fromPolls(s State) (Method, error) {
	var err error
	if cmd.NewLeader, err = s.scoring().elected(DecidesLeader, cmd.NewLeader); err != nil {
		return "", err
	}
	if cmd.NewDeputy, err = s.scoring().elected(DecidesDeputy, cmd.NewDeputy); err != nil {
		return "", err
	}
	_, result, ok := s.scoring().pollOn(DecidesRanking)
	if !ok {
		return "", nil
	}
	if len(cmd.Votes) > 0 || cmd.Issued+cmd.Collected+cmd.Valid != 0 {
		return "", refuse(CodeInvalid, "phiếu xếp hạng được bỏ và kiểm trong hệ thống; không nhập số phiếu",
			"the ballots on the ranking are cast and counted here; give no numbers")
	}
	if result.Lapsed {
		return "", nil
	}
	cmd.Issued, cmd.Collected, cmd.Valid = result.Entitled, result.Cast, result.Cast-result.Blank
	for _, row := range result.Rows {
		cmd.Votes = append(cmd.Votes, AgencyVotes{row.Agency, row.Votes})
	}
	return result.Method, nil
}

// elected is who holds an office next year: by its poll, in a tie one of those tied where the chair decides it; without
// a poll whom the chair names.
func (s scoring) elected(office Decides, named AgencyID) (AgencyID, error) {
	rule, result, ok := s.pollOn(office)
	switch {
	case !ok:
		return named, nil
	case named == "" || named == result.Elected:
		return result.Elected, nil
	case rule.Tie == TieChair && contains(result.Tied, named):
		return named, nil
	}
	return "", refuse(CodeInvalid, "“%s”: %s không trúng cử theo kết quả bỏ phiếu",
		"“%s”: %s was not elected by the poll",
		rule, s.Directory.AgencyName(named))
}

func (cmd DeclareRanking) check(s State) error {
	members := s.Covenant.Members()
	for _, a := range []AgencyID{cmd.NewLeader, cmd.NewDeputy} {
		if a != "" && !contains(members, a) {
			return refuse(CodeInvalid, "%s không phải đơn vị thành viên",
				"%s is not a member", s.Directory.AgencyName(a))
		}
	}
	if cmd.NewLeader != "" && cmd.NewLeader == cmd.NewDeputy {
		return refuse(CodeInvalid, "Khối trưởng và Khối phó phải là hai đơn vị",
			"leader and deputy must be two agencies")
	}
	if _, known := s.Directory.People[cmd.Secretary]; !known {
		return refuse(CodeInvalid, "cần ghi người kiểm phiếu, thư ký có trong danh bạ",
			"name a secretary who is in the directory")
	}
	if cmd.Valid < 0 || cmd.Valid > cmd.Collected || cmd.Collected > cmd.Issued {
		return refuse(CodeInvalid, "số phiếu không khớp: phát %d, thu %d, hợp lệ %d",
			"the ballots do not agree: %d issued, %d collected, %d valid", cmd.Issued, cmd.Collected, cmd.Valid)
	}
	for i, v := range cmd.Votes {
		twice := slices.ContainsFunc(cmd.Votes[:i], func(w AgencyVotes) bool { return w.Agency == v.Agency })
		if !contains(members, v.Agency) || twice || v.Votes < 0 || v.Votes > cmd.Valid {
			return refuse(CodeInvalid, "số phiếu của %s không hợp lệ: %d",
				"the votes for %s cannot be: %d", s.Directory.AgencyName(v.Agency), v.Votes)
		}
	}
	return nil
}

// rank orders the agencies: by their final totals from the highest or, where the process says so, by the ballots first;
// the rules break ties, and what is still equal shares the rank, in the order of the parties.
func (s scoring) rank(votes []AgencyVotes) []RankRow {
	rules, c, classes := s.stage().Score, s.Covenant, s.ScoreBasis().Classes
	_, poll, _ := s.pollOn(DecidesRanking)
	var rows []RankRow
	for _, p := range c.Parties {
		_, total, ok := c.Scoring.FinalScore(p.Agency)
		if !ok {
			continue
		}
		row := RankRow{Agency: p.Agency, Total: total, InTime: c.inTime(p.Agency)}
		for _, n := range votes {
			if n.Agency == p.Agency {
				row.Votes = n.Votes
			}
		}
		if poll != nil && !poll.Lapsed {
			i := slices.IndexFunc(poll.Rows, func(r PollRow) bool { return r.Agency == p.Agency })
			if i >= 0 {
				row.Points = poll.Rows[i].Points
			}
		}
		for i := len(classes) - 1; i >= 0; i-- {
			if row.Total >= classes[i].From {
				row.Class = classes[i].Names
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b RankRow) int { return s.outranks(a, b) })
	for i := range rows {
		rows[i].Rank = i + 1
		if i > 0 && s.outranks(rows[i-1], rows[i]) == 0 {
			rows[i].Rank = rows[i-1].Rank
		}
		rows[i].Flag = i < rules.Flags
	}
	return rows
}

// outranks compares two rows: negative if a comes before b, 0 if nothing tells them apart.
func (s scoring) outranks(a, b RankRow) int {
	order := append([]string{ByTotal}, s.stage().Score.Tie...)
	if s.stage().Score.First == ByBallots {
		order = append([]string{ByBallots}, order...)
	}
	for _, by := range order {
		if d := s.difference(by, a, b); d != 0 {
			return d
		}
	}
	return 0
}

func (s scoring) difference(by string, a, b RankRow) int {
	if id, ok := strings.CutPrefix(by, "criterion:"); ok {
		of := func(row RankRow) int {
			scores, _, _ := s.Covenant.Scoring.FinalScore(row.Agency)
			return int(pointsOf(scores, CriterionID(id)))
		}
		return of(b) - of(a)
	}
	switch by {
	case ByTotal:
		return int(b.Total - a.Total)
	case ByBallots:
		return cmp.Or(b.Points-a.Points, b.Votes-a.Votes)
	}
	return b.InTime - a.InTime
}

// inTime counts an agency's reports that came in time.
func (c *Covenant) inTime(a AgencyID) int {
	n := 0
	for _, r := range c.Reports {
		if r.Agency == a && !r.Late {
			n++
		}
	}
	return n
}
