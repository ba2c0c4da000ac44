package workflow

import (
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// Events of appeals.
type (
	// ScoreAccepted says that an agency agrees with its verified score: it appeals no more.
	ScoreAccepted struct {
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
	}
	// ScoreAppealed says that an agency disagrees with its verified score, and about which criteria; none: about all.
	ScoreAppealed struct {
		Agency    AgencyID      `json:"agency"`
		Person    PersonID      `json:"person"`
		Authority Authority     `json:"authority"`
		Criteria  []CriterionID `json:"criteria,omitempty"`
		Reason    string        `json:"reason"`
	}
	// AppealDecided is the final score of an agency that appealed.
	AppealDecided struct {
		Agency    AgencyID         `json:"agency"`
		Council   AgencyID         `json:"council"` // for which it was decided
		Person    PersonID         `json:"person"`
		Authority Authority        `json:"authority"`
		Scores    []CriterionScore `json:"scores"`
		Total     Points           `json:"total"`
		Reason    string           `json:"reason"`
	}
)

// Kind is the event's name in the log.
func (ScoreAccepted) Kind() string { return "score_accepted" }
func (ScoreAppealed) Kind() string { return "score_appealed" }
func (AppealDecided) Kind() string { return "appeal_decided" }

func (e ScoreAccepted) authority() Authority { return e.Authority }

func (e ScoreAccepted) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Accepted = append(slices.Clip(c.Scoring.Accepted), e)
}

func (e ScoreAccepted) line(s State) Line {
	return Line{Tone: ToneDone, Text: words.F("%s chấp nhận điểm thẩm định", "%s accepts its verified score",
		s.Directory.AgencyName(e.Agency))}
}

func (e ScoreAppealed) authority() Authority { return e.Authority }

func (e ScoreAppealed) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Appeals = append(slices.Clip(c.Scoring.Appeals), Appeal{ScoreAppealed: e})
}

func (e ScoreAppealed) line(s State) Line {
	return Line{
		Tone: ToneWaiting,
		Text: words.F("%s khiếu nại điểm thẩm định", "%s appeals against its verified score",
			s.Directory.AgencyName(e.Agency)),
		Detail: words.Same(e.Reason),
	}
}

func (e AppealDecided) authority() Authority { return e.Authority }

func (e AppealDecided) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.Appeals = slices.Clone(c.Scoring.Appeals)
	for i := range c.Scoring.Appeals {
		if c.Scoring.Appeals[i].Agency == e.Agency {
			c.Scoring.Appeals[i].Decided = &e
		}
	}
}

func (e AppealDecided) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s giải quyết khiếu nại của %s: %s điểm", "%s decides the appeal of %s: %s",
			s.Directory.AgencyName(e.Council), s.Directory.AgencyName(e.Agency), words.Each(e.Total.Display)),
		Detail: words.Same(e.Reason),
	}
}

// Appeal is an agency's appeal and what became of it.
type Appeal struct {
	ScoreAppealed
	Decided *AppealDecided
}

// Appeal finds an agency's appeal.
func (sc *Scoring) Appeal(a AgencyID) (Appeal, bool) {
	i := slices.IndexFunc(sc.Appeals, func(e Appeal) bool { return e.Agency == a })
	if i < 0 {
		return Appeal{}, false
	}
	return sc.Appeals[i], true
}

func (sc *Scoring) accepted(a AgencyID) bool {
	return slices.ContainsFunc(sc.Accepted, func(e ScoreAccepted) bool { return e.Agency == a })
}

// FinalScore is what counts for an agency: what the verifier gave it, or what was decided on its appeal.
func (sc *Scoring) FinalScore(a AgencyID) (scores []CriterionScore, total Points, ok bool) {
	verified, ok := sc.VerifiedScore(a)
	if appeal, appealed := sc.Appeal(a); appealed && appeal.Decided != nil {
		return appeal.Decided.Scores, appeal.Decided.Total, true
	}
	return verified.Scores, verified.Total, ok
}

// Undecided are the agencies whose appeal waits for a decision.
func (sc *Scoring) Undecided() []AgencyID {
	var out []AgencyID
	for _, a := range sc.Appeals {
		if a.Decided == nil {
			out = append(out, a.Agency)
		}
	}
	return out
}

// mayAppeal are the agencies with a verified score that have neither accepted nor appealed, where the process knows
// appeals; on a day: of them those that may still.
func (s scoring) mayAppeal(on Date) []AgencyID {
	var out []AgencyID
	sc := s.Covenant.Scoring
	for _, v := range sc.Verified {
		_, appealed := sc.Appeal(v.Agency)
		if !v.AppealUntil.Date.IsZero() && !appealed && !sc.accepted(v.Agency) &&
			(on.IsZero() || !v.AppealUntil.LastDay().Before(on)) {
			out = append(out, v.Agency)
		}
	}
	return out
}

// settled refuses to go on to polls and ranking while scores may still change.
func (s scoring) settled(now time.Time) error {
	switch {
	case len(s.Covenant.Waiting) > 0 || len(s.unverified()) > 0:
		return refuse(CodeWrongState, "chưa thẩm định xong điểm của các đơn vị", "not every score is verified yet")
	case len(s.Covenant.Scoring.Verified) == 0:
		return refuse(CodeWrongState, "chưa có điểm nào được thẩm định", "no score is verified")
	case len(s.Covenant.Scoring.Undecided()) > 0:
		return refuse(CodeWrongState, "còn khiếu nại điểm chưa giải quyết: %s",
			"appeals are still to be decided: %s", s.names(s.Covenant.Scoring.Undecided()))
	}
	if open := s.mayAppeal(s.today(now)); len(open) > 0 {
		last, _ := s.Covenant.Scoring.VerifiedScore(open[len(open)-1])
		return refuse(CodeWrongState, "còn trong thời hạn khiếu nại điểm (đến hết %[2]s) của: %[1]s",
			"these may still appeal (until %[2]s) or accept their scores: %[1]s",
			s.names(open), last.AppealUntil.LastDay().Display())
	}
	return nil
}

func (s scoring) names(agencies []AgencyID) string {
	names := make([]string, len(agencies))
	for i, a := range agencies {
		names[i] = s.Directory.AgencyName(a)
	}
	return strings.Join(names, ", ")
}

// CouncilOf is the agency that decides an appeal: nobody decides its own while there is somebody else in the
// role, or a deputy or leader.
func (s State) CouncilOf(a AgencyID) AgencyID {
	council := s.agenciesOf([]Role{s.stage().Score.Appeal.By})
	others := without(append(slices.Clone(council), s.agenciesOf([]Role{RoleLeader, RoleDeputy})...), a)
	return firstOf(others, council, []AgencyID{s.Covenant.Leader()})
}

// appealing checks that an agency may still say something about its verified score, and gives the
// right by which it is said.
func (s scoring) appealing(by Actor, agency AgencyID, now time.Time) (Authority, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return Authority{}, err
	}
	authority, err := s.authority(by, agency, DutyReport, now)
	if err != nil {
		return authority, err
	}
	name := s.Directory.AgencyName(agency)
	_, verified := s.Covenant.Scoring.VerifiedScore(agency)
	switch {
	case s.stage().Score.Appeal == nil:
		return authority, refuse(CodeForbidden, "quy trình không có khiếu nại điểm", "the process knows no appeals")
	case !verified:
		return authority, refuse(CodeWrongState, "điểm của %s chưa được thẩm định",
			"the score of %s is not verified yet", name)
	case !contains(s.mayAppeal(Date{}), agency):
		return authority, refuse(CodeConflict, "%s đã chấp nhận điểm hoặc đã khiếu nại",
			"%s has accepted its score or appealed already", name)
	case !contains(s.mayAppeal(s.today(now)), agency):
		return authority, refuse(CodeWrongState, "đã hết thời hạn khiếu nại điểm của %s",
			"the time for appeals of %s is over", name)
	}
	return authority, nil
}

// AcceptScore says that an agency agrees with its verified score.
type AcceptScore struct {
	Agency AgencyID `json:"agency,omitzero"`
}

func (cmd AcceptScore) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, err := s.scoring().appealing(by, cmd.Agency, now)
	if err != nil {
		return nil, err
	}
	return []Event{ScoreAccepted{Agency: cmd.Agency, Person: by.Person(), Authority: authority}}, nil
}

// AppealScore says that an agency disagrees with its verified score, once.
type AppealScore struct {
	Agency   AgencyID      `json:"agency,omitzero"`
	Criteria []CriterionID `json:"criteria,omitzero"` // that it is about; none: all
	Reason   string        `json:"reason,omitzero"`
}

func (cmd AppealScore) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, err := s.scoring().appealing(by, cmd.Agency, now)
	if err != nil {
		return nil, err
	}
	for i, id := range cmd.Criteria {
		if _, ok := s.ScoreBasis().Criterion(id); !ok || slices.Contains(cmd.Criteria[:i], id) {
			return nil, refuse(CodeInvalid, "không có tiêu chí %q, hoặc nêu hai lần",
				"there is no criterion %q, or it is named twice", id)
		}
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do khiếu nại", "say why it is appealed")
	}
	return []Event{ScoreAppealed{Agency: cmd.Agency, Person: by.Person(), Authority: authority, Criteria: cmd.Criteria,
		Reason: cmd.Reason}}, nil
}

// DecideAppeal gives an agency that appealed its final score. Criteria that the appeal is not about keep their points.
type DecideAppeal struct {
	Agency AgencyID         `json:"agency,omitzero"`
	Scores []CriterionScore `json:"scores,omitzero"`
	Reason string           `json:"reason,omitzero"`
}

func (cmd DecideAppeal) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	appeal, ok := s.Covenant.Scoring.Appeal(cmd.Agency)
	if !ok || appeal.Decided != nil {
		return nil, refuse(CodeWrongState, "%s không có khiếu nại nào chờ giải quyết",
			"%s has no appeal that is to be decided", s.Directory.AgencyName(cmd.Agency))
	}
	council := s.CouncilOf(cmd.Agency)
	authority, err := s.authority(by, council, DutyReport, now)
	if err != nil {
		return nil, err
	}
	total, err := s.ScoreBasis().Check(cmd.Scores)
	if err != nil {
		return nil, err
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do của quyết định", "say why it is decided so")
	}
	verified, _ := s.Covenant.Scoring.VerifiedScore(cmd.Agency)
	for _, sc := range cmd.Scores {
		rule, _ := s.ScoreBasis().Criterion(sc.Criterion)
		if len(appeal.Criteria) > 0 && !slices.Contains(appeal.Criteria, sc.Criterion) &&
			sc.Points != pointsOf(verified.Scores, sc.Criterion) {
			return nil, refuse(CodeInvalid, "khiếu nại không nói đến tiêu chí “%s” nên giữ nguyên điểm thẩm định",
				"the appeal is not about “%s”, which keeps its verified points", rule)
		}
	}
	return []Event{AppealDecided{
		Agency: cmd.Agency, Council: council, Person: by.Person(), Authority: authority, Scores: cmd.Scores,
		Total: total, Reason: cmd.Reason,
	}}, nil
}

func pointsOf(scores []CriterionScore, id CriterionID) Points {
	i := slices.IndexFunc(scores, func(sc CriterionScore) bool { return sc.Criterion == id })
	if i < 0 {
		return 0
	}
	return scores[i].Points
}
