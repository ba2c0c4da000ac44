package workflow

import (
	"slices"
	"strings"
	"time"
)

// CriterionID identifies a criterion of a process.
type CriterionID string

// CriterionScore is the points for one criterion.
type CriterionScore struct {
	Criterion CriterionID `json:"criterion"`
	Points    Points      `json:"points"`
}

// Events of scoring.
type (
	// SelfScored is what an agency gives itself; it may be given again until it is verified.
	SelfScored struct {
		Agency    AgencyID         `json:"agency"`
		Person    PersonID         `json:"person"`
		Authority Authority        `json:"authority"`
		Scores    []CriterionScore `json:"scores"`
		Total     Points           `json:"total"`
		Note      string           `json:"note,omitempty"`
	}
	// ScoreVerified is what the verifier gives an agency; it counts.
	ScoreVerified struct {
		Agency    AgencyID         `json:"agency"`
		Verifier  AgencyID         `json:"verifier"`
		Person    PersonID         `json:"person"`
		Authority Authority        `json:"authority"`
		Scores    []CriterionScore `json:"scores"`
		Total     Points           `json:"total"`
		Note      string           `json:"note,omitempty"`
	}
	// Ranked is the ranking as the chair declared it.
	Ranked struct {
		Rows      []RankRow `json:"rows"`
		Issued    int       `json:"issued"` // ballots of the secret vote on the ranking
		Collected int       `json:"collected"`
		Valid     int       `json:"valid"`
		NewLeader AgencyID  `json:"new_leader,omitempty"`
		NewDeputy AgencyID  `json:"new_deputy,omitempty"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Secretary PersonID  `json:"secretary"`
		Date      Date      `json:"date"`
		Chairing  AgencyID  `json:"chairing,omitempty"` // the agency in the chair, since 2026-11; before: the leader
	}
)

// RankRow is an agency's place.
type RankRow struct {
	Agency AgencyID `json:"agency"`
	Rank   int      `json:"rank"` // equal ones share it
	Total  Points   `json:"total"`
	Votes  int      `json:"votes"`
	InTime int      `json:"in_time"` // reports handed in in time
	Class  Names    `json:"class"`
	Flag   bool     `json:"flag,omitempty"` // proposed for a flag
}

// Kind is the event's name in the log.
func (SelfScored) Kind() string    { return "self_scored" }
func (ScoreVerified) Kind() string { return "score_verified" }
func (Ranked) Kind() string        { return "ranked" }

var scoreEvents = map[string]eventDecoder{
	"self_scored": decodeAs[SelfScored], "score_verified": decodeAs[ScoreVerified], "ranked": decodeAs[Ranked],
}

// Scoring is how far scores and ranking have come.
type Scoring struct {
	Self     []SelfScored
	Verified []ScoreVerified
	Ranking  *Ranked
	Minutes  *MinutesKept
}

func (sc *Scoring) clone() *Scoring {
	return &Scoring{slices.Clone(sc.Self), slices.Clone(sc.Verified), sc.Ranking, sc.Minutes}
}

// SelfScore finds what an agency gave itself.
func (sc *Scoring) SelfScore(a AgencyID) (SelfScored, bool) {
	i := slices.IndexFunc(sc.Self, func(e SelfScored) bool { return e.Agency == a })
	if i < 0 {
		return SelfScored{}, false
	}
	return sc.Self[i], true
}

// VerifiedScore finds what the verifier gave an agency.
func (sc *Scoring) VerifiedScore(a AgencyID) (ScoreVerified, bool) {
	i := slices.IndexFunc(sc.Verified, func(e ScoreVerified) bool { return e.Agency == a })
	if i < 0 {
		return ScoreVerified{}, false
	}
	return sc.Verified[i], true
}

func (c *Covenant) applyScore(e Event) {
	if c.Scoring == nil {
		return
	}
	switch e := e.(type) {
	case SelfScored:
		c.Scoring.Self = append(slices.DeleteFunc(slices.Clone(c.Scoring.Self), func(s SelfScored) bool { return s.Agency == e.Agency }), e)
		c.Waiting = without(c.Waiting, e.Agency)
	case ScoreVerified:
		c.Scoring.Verified = append(slices.Clip(c.Scoring.Verified), e)
	case Ranked:
		c.Scoring.Ranking = &e
	case MinutesKept:
		if e.Opened.IsZero() {
			c.Scoring.Minutes = &e
		}
	}
}

// verifierOf is the agency that verifies another one's score: nobody verifies itself while there is somebody else in the
// role, or a deputy.
func (s State) verifierOf(a AgencyID) AgencyID {
	verifiers := s.agenciesOf([]Role{s.stage().Score.Verifier})
	others := without(append(slices.Clone(verifiers), s.agenciesOf([]Role{RoleDeputy, RoleLeader})...), a)
	return firstOf(others, verifiers, []AgencyID{s.Covenant.Leader()})
}

// unverified are the agencies whose score is to be verified: those that scored themselves, or did not in time.
func (s State) unverified() []AgencyID {
	var out []AgencyID
	for _, a := range s.takingPart(s.stage()) {
		if _, done := s.Covenant.Scoring.VerifiedScore(a); !done && !contains(s.Covenant.Waiting, a) {
			out = append(out, a)
		}
	}
	return out
}

func (s State) scoreTurns() []Turn {
	var out []Turn
	for _, a := range s.Covenant.Waiting {
		out = append(out, Turn{a, DutyReport})
	}
	for _, a := range s.unverified() {
		if t := (Turn{s.verifierOf(a), DutyReport}); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		out = s.chairTurns()
	}
	return out
}

// checkScores: every criterion once, within its maximum. It gives the total.
func (r *ScoreRules) checkScores(scores []CriterionScore) (Points, error) {
	total, seen := Points(0), map[CriterionID]bool{}
	for _, sc := range scores {
		i := slices.IndexFunc(r.Criteria, func(c CriterionRule) bool { return c.ID == sc.Criterion })
		switch {
		case i < 0 || seen[sc.Criterion]:
			return 0, refuse(CodeInvalid, "tiêu chí %q không có hoặc được chấm hai lần", "the criterion %q does not exist or is scored twice", sc.Criterion)
		case sc.Points < 0 || sc.Points > r.Criteria[i].Max:
			return 0, refuse(CodeInvalid, "“%[1]s”: %[3]s điểm, tối đa là %[4]s", "“%[2]s”: %[3]s points, at most %[4]s are possible",
				r.Criteria[i].Vietnamese, r.Criteria[i].English, sc.Points, r.Criteria[i].Max)
		}
		seen[sc.Criterion] = true
		total += sc.Points
	}
	if len(scores) != len(r.Criteria) {
		return 0, refuse(CodeInvalid, "cần chấm đủ %d tiêu chí, mới có %d", "all %d criteria must be scored, these are %d", len(r.Criteria), len(scores))
	}
	return total, nil
}

// SubmitScore is an agency's score of itself.
type SubmitScore struct {
	By     PersonID
	Agency AgencyID
	Scores []CriterionScore
	Note   string
}

func (cmd SubmitScore) decide(s State, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	if !contains(s.takingPart(s.stage()), cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không thuộc diện chấm điểm", "%s is not scored", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.authority(cmd.By, cmd.Agency, DutyReport, now)
	if err != nil {
		return nil, err
	}
	if _, done := s.Covenant.Scoring.VerifiedScore(cmd.Agency); done {
		return nil, refuse(CodeConflict, "điểm của %s đã được thẩm định", "the score of %s is verified already", s.Directory.AgencyName(cmd.Agency))
	}
	total, err := s.stage().Score.checkScores(cmd.Scores)
	if err != nil {
		return nil, err
	}
	return []Event{SelfScored{Agency: cmd.Agency, Person: cmd.By, Authority: authority, Scores: cmd.Scores, Total: total, Note: cmd.Note}}, nil
}

// VerifyScore is the verifier's score of an agency.
type VerifyScore struct {
	By     PersonID
	Agency AgencyID
	Scores []CriterionScore
	Note   string // why it differs; needed where it does
}

func (cmd VerifyScore) decide(s State, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	verifier := s.verifierOf(cmd.Agency)
	authority, err := s.authority(cmd.By, verifier, DutyReport, now)
	if err != nil {
		return nil, err
	}
	if !contains(s.unverified(), cmd.Agency) {
		return nil, refuse(CodeWrongState, "%s chưa tự chấm điểm, hoặc đã được thẩm định", "%s has not scored itself yet, or is verified already", s.Directory.AgencyName(cmd.Agency))
	}
	total, err := s.stage().Score.checkScores(cmd.Scores)
	if err != nil {
		return nil, err
	}
	if self, ok := s.Covenant.Scoring.SelfScore(cmd.Agency); ok && self.Total != total && cmd.Note == "" {
		return nil, refuse(CodeInvalid, "điểm thẩm định khác điểm tự chấm (%s so với %s): cần nêu lý do", "the verified score differs from the agency's own (%s, not %s): say why", total, self.Total)
	}
	return []Event{ScoreVerified{
		Agency: cmd.Agency, Verifier: verifier, Person: cmd.By, Authority: authority, Scores: cmd.Scores, Total: total, Note: cmd.Note,
	}}, nil
}

// AgencyVotes is how many ballots of the vote on the ranking named an agency.
type AgencyVotes struct {
	Agency AgencyID
	Votes  int
}

// DeclareRanking ranks the agencies by verified totals and ends the stage. The ballots are those of the conference's secret
// vote on the ranking, as counted; without one all are zero.
type DeclareRanking struct {
	By                       PersonID
	Secretary                PersonID
	Votes                    []AgencyVotes
	Issued, Collected, Valid int
	NewLeader, NewDeputy     AgencyID // elected for the next year; may be empty
}

func (cmd DeclareRanking) decide(s State, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	chair, authority, err := s.chairs(cmd.By, "", now)
	if err != nil {
		return nil, err
	}
	if open := s.scoreTurns(); open[0].Duty == DutyReport {
		return nil, refuse(CodeWrongState, "chưa thẩm định xong điểm của các đơn vị", "not every score is verified yet")
	}
	if len(s.Covenant.Scoring.Verified) == 0 {
		return nil, refuse(CodeWrongState, "chưa có điểm nào được thẩm định", "no score is verified")
	}
	if err := cmd.check(s); err != nil {
		return nil, err
	}
	e := Ranked{
		Rows: s.rank(cmd.Votes), Issued: cmd.Issued, Collected: cmd.Collected, Valid: cmd.Valid, NewLeader: cmd.NewLeader, NewDeputy: cmd.NewDeputy,
		Person: cmd.By, Authority: authority, Secretary: cmd.Secretary, Date: s.today(now), Chairing: chair,
	}
	return s.then([]Event{e}, func(s State) ([]Event, error) { return s.advance(now) })
}

func (cmd DeclareRanking) check(s State) error {
	members := s.Covenant.Members()
	for _, a := range []AgencyID{cmd.NewLeader, cmd.NewDeputy} {
		if a != "" && !contains(members, a) {
			return refuse(CodeInvalid, "%s không phải đơn vị thành viên", "%s is not a member", s.Directory.AgencyName(a))
		}
	}
	if cmd.NewLeader != "" && cmd.NewLeader == cmd.NewDeputy {
		return refuse(CodeInvalid, "Khối trưởng và Khối phó phải là hai đơn vị", "leader and deputy must be two agencies")
	}
	if _, known := s.Directory.People[cmd.Secretary]; !known {
		return refuse(CodeInvalid, "cần ghi người kiểm phiếu, thư ký có trong danh bạ", "name a secretary who is in the directory")
	}
	if cmd.Valid < 0 || cmd.Valid > cmd.Collected || cmd.Collected > cmd.Issued {
		return refuse(CodeInvalid, "số phiếu không khớp: phát %d, thu %d, hợp lệ %d", "the ballots do not agree: %d issued, %d collected, %d valid", cmd.Issued, cmd.Collected, cmd.Valid)
	}
	for i, v := range cmd.Votes {
		twice := slices.ContainsFunc(cmd.Votes[:i], func(w AgencyVotes) bool { return w.Agency == v.Agency })
		if !contains(members, v.Agency) || twice || v.Votes < 0 || v.Votes > cmd.Valid {
			return refuse(CodeInvalid, "số phiếu của %s không hợp lệ: %d", "the votes for %s cannot be: %d", s.Directory.AgencyName(v.Agency), v.Votes)
		}
	}
	return nil
}

// rank orders the verified totals from the highest; the rules break ties, and what is still equal shares the rank, in the
// order of the parties.
func (s State) rank(votes []AgencyVotes) []RankRow {
	rules, c := s.stage().Score, s.Covenant
	var rows []RankRow
	for _, p := range c.Parties {
		v, ok := c.Scoring.VerifiedScore(p.Agency)
		if !ok {
			continue
		}
		row := RankRow{Agency: p.Agency, Total: v.Total, InTime: c.inTime(p.Agency)}
		for _, n := range votes {
			if n.Agency == p.Agency {
				row.Votes = n.Votes
			}
		}
		for i := len(rules.Classes) - 1; i >= 0; i-- {
			if row.Total >= rules.Classes[i].From {
				row.Class = rules.Classes[i].Names
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
func (s State) outranks(a, b RankRow) int {
	if a.Total != b.Total {
		return int(b.Total - a.Total)
	}
	for _, tie := range s.stage().Score.Tie {
		var d int
		if id, ok := strings.CutPrefix(tie, "criterion:"); ok {
			d = int(s.criterionPoints(b.Agency, CriterionID(id)) - s.criterionPoints(a.Agency, CriterionID(id)))
		} else if tie == "ballots" {
			d = b.Votes - a.Votes
		} else {
			d = b.InTime - a.InTime
		}
		if d != 0 {
			return d
		}
	}
	return 0
}

func (s State) criterionPoints(a AgencyID, id CriterionID) Points {
	v, _ := s.Covenant.Scoring.VerifiedScore(a)
	for _, sc := range v.Scores {
		if sc.Criterion == id {
			return sc.Points
		}
	}
	return 0
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

// CloseReporting ends the reporting duties before their term, once every report that fell due has come or its last day has
// passed, so that the scores can begin.
type CloseReporting struct{ By PersonID }

func (cmd CloseReporting) decide(s State, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingReports); err != nil {
		return nil, err
	}
	if _, err := s.authority(cmd.By, c.Leader(), DutyReport, now); err != nil {
		return nil, err
	}
	if c.Stage == "" || len(s.Process.after(c.Stage)) == 0 {
		return nil, refuse(CodeWrongState, "quy trình không có bước nào sau báo cáo", "the process has no stage after the reports")
	}
	for _, o := range s.stage().Report.Obligations {
		for _, due := range s.stage().Report.deadlines(o.ID, c.Reporting.From) {
			if missing := c.Missing(o.ID, PeriodOf(o.Period, due.Date)); len(missing) > 0 && !due.LastDay().Before(s.today(now)) {
				return nil, refuse(CodeWrongState, "còn %[3]d đơn vị chưa gửi %[1]s, hạn %[4]s", "%[3]d members have not handed in the %[2]s, due %[4]s",
					o.Title(PeriodOf(o.Period, due.Date), "vi"), o.Title(PeriodOf(o.Period, due.Date), "en"), len(missing), due.LastDay().Display())
			}
		}
	}
	return s.advance(now)
}
