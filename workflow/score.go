package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/workflow/process"
)

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
		// Basis is the digest of the values whose criteria it goes by; none: the process's.
		Basis Digest `json:"basis,omitzero"`
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
		Basis     Digest           `json:"basis,omitzero"`
		// AppealUntil is how long the agency may appeal, where the process knows appeals.
		AppealUntil Deadline `json:"appeal_until,omitzero"`
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
		Method    Method    `json:"method,omitempty"`   // of the poll on the ranking; empty: ballots on paper, as counted, or none
	}
)

// RankRow is an agency's place.
type RankRow struct {
	Agency AgencyID `json:"agency"`
	Rank   int      `json:"rank"` // equal ones share it
	Total  Points   `json:"total"`
	Votes  int      `json:"votes"`
	Points int      `json:"points,omitempty"` // of ballots that put the agencies in order
	InTime int      `json:"in_time"`          // reports handed in in time
	Class  Names    `json:"class"`
	Flag   bool     `json:"flag,omitempty"` // proposed for a flag
}

// Kind is the event's name in the log.
func (SelfScored) Kind() string    { return "self_scored" }
func (ScoreVerified) Kind() string { return "score_verified" }
func (Ranked) Kind() string        { return "ranked" }

// Scoring is how far scores and ranking have come.
type Scoring struct {
	Self     []SelfScored
	Verified []ScoreVerified
	Accepted []ScoreAccepted
	Appeals  []Appeal
	Polls    []Poll // as each was opened last
	Ranking  *Ranked
	Minutes  *MinutesKept
}

func (sc *Scoring) clone() *Scoring {
	return &Scoring{
		Self: slices.Clone(sc.Self), Verified: slices.Clone(sc.Verified), Accepted: slices.Clone(sc.Accepted),
		Appeals: slices.Clone(sc.Appeals),
		Polls:   slices.Clone(sc.Polls), Ranking: sc.Ranking, Minutes: sc.Minutes,
	}
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

func (e SelfScored) authority() Authority { return e.Authority }

func (e SelfScored) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Self = append(slices.DeleteFunc(slices.Clone(c.Scoring.Self),
		func(s SelfScored) bool { return s.Agency == e.Agency }), e)
	c.Waiting = without(c.Waiting, e.Agency)
}

func (e SelfScored) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s tự chấm %s điểm", "%s scored itself %s",
			s.Directory.AgencyName(e.Agency), words.Each(e.Total.Display)),
		Detail: words.Same(e.Note),
	}
}

func (e ScoreVerified) authority() Authority { return e.Authority }

func (e ScoreVerified) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Verified = append(slices.Clip(c.Scoring.Verified), e)
}

func (e ScoreVerified) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s thẩm định %s: %s điểm", "%s verified %s: %s",
			s.Directory.AgencyName(e.Verifier), s.Directory.AgencyName(e.Agency), words.Each(e.Total.Display)),
		Detail: words.Same(e.Note),
	}
}

func (e Ranked) authority() Authority { return e.Authority }

func (e Ranked) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Ranking = &e
}

func (e Ranked) line(s State) Line {
	l := Line{Tone: ToneDone, Text: words.Of("Công bố kết quả xếp hạng", "The ranking was declared")}
	if len(e.Rows) > 0 {
		first := e.Rows[0]
		l.Detail = words.F("Hạng nhất: %s, %s điểm", "First: %s, %s",
			s.Directory.AgencyName(first.Agency), words.Each(first.Total.Display))
	}
	return l
}

// verifierOf is the agency that verifies another one's score: nobody verifies itself while there is somebody else in
// the role, or a deputy.
func (s scoring) verifierOf(a AgencyID) AgencyID {
	verifiers := s.agenciesOf([]Role{s.stage().Score.Verifier})
	others := without(append(slices.Clone(verifiers), s.agenciesOf([]Role{RoleDeputy, RoleLeader})...), a)
	return firstOf(others, verifiers, []AgencyID{s.Covenant.Leader()})
}

// unverified are the agencies whose score is to be verified: those that scored themselves, or did not in time.
func (s scoring) unverified() []AgencyID {
	var out []AgencyID
	for _, a := range s.takingPart(s.stage()) {
		if _, done := s.Covenant.Scoring.VerifiedScore(a); !done && !contains(s.Covenant.Waiting, a) {
			out = append(out, a)
		}
	}
	return out
}

// Verifiers are the agencies that have a score to verify.
func (s State) Verifiers() []AgencyID {
	var out []AgencyID
	for _, a := range s.scoring().unverified() {
		if v := s.scoring().verifierOf(a); !contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// scoreTurns: self-scores, verification and appeals first; then ballots of the open poll, or the chair, who opens a
// poll or declares the ranking. Who may still appeal does not stop the chair once the time for it is over.
func (s scoring) scoreTurns() []Turn {
	var out []Turn
	add := func(duty Duty, agencies ...AgencyID) {
		for _, a := range agencies {
			if t := (Turn{a, duty}); !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	sc := s.Covenant.Scoring
	add(DutyReport, s.Covenant.Waiting...)
	add(DutyReport, s.Verifiers()...)
	for _, a := range sc.Undecided() {
		add(DutyReport, s.CouncilOf(a))
	}
	if len(out) > 0 {
		return out
	}
	if poll, ok := sc.openPoll(); ok && len(poll.Missing()) > 0 {
		add(DutyVote, poll.Missing()...)
		return out
	}
	if len(sc.Polls) == 0 {
		add(DutyReport, s.mayAppeal(Date{})...)
	}
	return append(out, s.voting().chairTurns()...)
}

// SubmitScore is an agency's score of itself.
type SubmitScore struct {
	Agency AgencyID         `json:"agency,omitzero"`
	Scores []CriterionScore `json:"scores,omitzero"`
	Note   string           `json:"note,omitzero"`
}

func (cmd SubmitScore) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	if !contains(s.takingPart(s.stage()), cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không thuộc diện chấm điểm",
			"%s is not scored", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.authority(by, cmd.Agency, DutyReport, now)
	if err != nil {
		return nil, err
	}
	if _, done := s.Covenant.Scoring.VerifiedScore(cmd.Agency); done {
		return nil, refuse(CodeConflict, "điểm của %s đã được thẩm định",
			"the score of %s is verified already", s.Directory.AgencyName(cmd.Agency))
	}
	basis := s.ScoreBasis()
	total, err := basis.Check(cmd.Scores)
	if err != nil {
		return nil, err
	}
	return []Event{SelfScored{
		Agency: cmd.Agency, Person: by.Person(), Authority: authority, Scores: cmd.Scores, Total: total,
		Note: cmd.Note, Basis: basis.Source,
	}}, nil
}

// VerifyScore is the verifier's score of an agency.
type VerifyScore struct {
	Agency AgencyID         `json:"agency,omitzero"`
	Scores []CriterionScore `json:"scores,omitzero"`
	Note   string           `json:"note,omitzero"` // why it differs; needed where it does
}

func (cmd VerifyScore) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	verifier := s.scoring().verifierOf(cmd.Agency)
	authority, err := s.authority(by, verifier, DutyReport, now)
	if err != nil {
		return nil, err
	}
	if !contains(s.scoring().unverified(), cmd.Agency) {
		return nil, refuse(CodeWrongState, "%s chưa tự chấm điểm, hoặc đã được thẩm định",
			"%s has not scored itself yet, or is verified already", s.Directory.AgencyName(cmd.Agency))
	}
	basis := s.ScoreBasis()
	total, err := basis.Check(cmd.Scores)
	if err != nil {
		return nil, err
	}
	if err := cmd.explained(s, basis); err != nil {
		return nil, err
	}
	e := ScoreVerified{
		Agency: cmd.Agency, Verifier: verifier, Person: by.Person(), Authority: authority, Scores: cmd.Scores,
		Total: total, Note: cmd.Note, Basis: basis.Source,
	}
	if rule := s.stage().Score.Appeal; rule != nil {
		if e.AppealUntil, err = s.Calendar.Deadline(s.today(now), rule.Within.In(s.Covenant.Year)); err != nil {
			return nil, err
		}
	}
	return []Event{e}, nil
}

// explained refuses a score that differs from the agency's own and does not say why; the totals may be the same where
// the criteria are not.
func (cmd VerifyScore) explained(s State, basis ScoreBasis) error {
	self, ok := s.Covenant.Scoring.SelfScore(cmd.Agency)
	if !ok || !blank(cmd.Note) {
		return nil
	}
	for _, rule := range basis.Criteria {
		given, own := pointsOf(cmd.Scores, rule.ID), pointsOf(self.Scores, rule.ID)
		if given != own {
			return refuse(CodeInvalid, "điểm thẩm định khác điểm tự chấm ở “%s” (%s so với %s): cần nêu lý do",
				"the verified score differs from the agency's own at “%s” (%s, not %s): say why",
				rule, words.Each(given.Display), words.Each(own.Display))
		}
	}
	return nil
}

// CloseReporting ends the reporting duties before their term, once every report that fell due has come or its last day
// has passed, so that the scores can begin.
type CloseReporting struct{}

func (cmd CloseReporting) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingReports); err != nil {
		return nil, err
	}
	if _, err := s.authority(by, c.Leader(), DutyReport, now); err != nil {
		return nil, err
	}
	if c.Stage == "" || len(s.Process.After(c.Stage)) == 0 {
		return nil, refuse(CodeWrongState, "quy trình không có bước nào sau báo cáo",
			"the process has no stage after the reports")
	}
	for _, o := range s.stage().Report.Obligations {
		for _, due := range s.stage().Report.Deadlines(o.ID, c.Reporting.From, c.Reporting.Until) {
			if missing := c.Missing(o.ID, process.PeriodOf(o.Period, due.Date)); len(missing) > 0 &&
				!due.LastDay().Before(s.today(now)) {
				return nil, refuse(CodeWrongState, "còn %d đơn vị chưa gửi %s, hạn %s",
					"%d members have not handed in the %s, due %s",
					len(missing),
					words.Each(func(l words.Language) string {
						return o.Title(process.PeriodOf(o.Period, due.Date),
							l)
					}), due.LastDay().Display())
			}
		}
	}
	return s.advance(now)
}

// scoring is the state as it is looked at where members are scored, appeal, vote on one another and are ranked.
type scoring struct{ State }

func (s State) scoring() scoring { return scoring{s} }
