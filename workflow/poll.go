package workflow

import (
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// Events of polls.
type (
	// PollOpened puts a poll before those who are entitled now.
	PollOpened struct {
		Stage      StageID    `json:"stage"`
		Poll       PollID     `json:"poll"`
		Who        []AgencyID `json:"who"`
		Candidates []AgencyID `json:"candidates"`
		Secret     bool       `json:"secret,omitempty"`
		Person     PersonID   `json:"person"`
		Authority  Authority  `json:"authority"`
	}
	// PollBallotCast is one agency's open ballot; without choices it is blank.
	PollBallotCast struct {
		Poll      PollID     `json:"poll"`
		Round     int        `json:"round"`
		Agency    AgencyID   `json:"agency"`
		Person    PersonID   `json:"person"`
		Authority Authority  `json:"authority"`
		Choices   []AgencyID `json:"choices,omitempty"`
	}
	// PollBallotTaken says that an agency put its ballot into the box of a secret poll.
	PollBallotTaken struct {
		Poll      PollID    `json:"poll"`
		Round     int       `json:"round"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
	}
	// PollClosed is the count of a poll; of a secret one with all ballots, sorted.
	PollClosed struct {
		Poll      PollID       `json:"poll"`
		Round     int          `json:"round"`
		Method    Method       `json:"method"`
		Entitled  int          `json:"entitled"`
		Cast      int          `json:"cast"`
		Blank     int          `json:"blank"`
		Quorum    int          `json:"quorum"`
		Need      int          `json:"need,omitempty"` // votes that elect
		Lapsed    bool         `json:"lapsed,omitempty"`
		Rows      []PollRow    `json:"rows"`
		Elected   AgencyID     `json:"elected,omitempty"`
		Tied      []AgencyID   `json:"tied,omitempty"`
		Ballots   []PollBallot `json:"ballots,omitempty"`
		Chairing  AgencyID     `json:"chairing"`
		Person    PersonID     `json:"person"`
		Authority Authority    `json:"authority"`
	}
)

// PollRow is what a candidate got: how many ballots name it, and where ballots put in order so many
// points, the last place one.
type PollRow struct {
	Agency AgencyID `json:"agency"`
	Votes  int      `json:"votes"`
	Points int      `json:"points,omitempty"`
}

// Kind is the event's name in the log.
func (PollOpened) Kind() string      { return "poll_opened" }
func (PollBallotCast) Kind() string  { return "poll_ballot_cast" }
func (PollBallotTaken) Kind() string { return "poll_ballot_taken" }
func (PollClosed) Kind() string      { return "poll_closed" }

// PollBallot is a ballot of a poll as it lies in the box: the codes of the agencies, joined by commas, in order, or
// sorted where the order means nothing; "-" is a blank one.
type PollBallot string

const blankBallot PollBallot = "-"

// NewPollBallot writes a ballot down. Ballots with the same choices are the same text.
func NewPollBallot(marks Marks, choices []AgencyID) PollBallot {
	if len(choices) == 0 {
		return blankBallot
	}
	codes := make([]string, len(choices))
	for i, a := range choices {
		codes[i] = string(a)
	}
	if marks != MarksOrder {
		slices.Sort(codes)
	}
	return PollBallot(strings.Join(codes, ","))
}

// Choices are the agencies that the ballot names.
func (b PollBallot) Choices() []AgencyID {
	if b == blankBallot {
		return nil
	}
	var out []AgencyID
	for code := range strings.SplitSeq(string(b), ",") {
		out = append(out, AgencyID(code))
	}
	return out
}

// Poll is a poll as it was opened last.
type Poll struct {
	PollOpened
	Round  int
	Cast   []PollBallotCast
	Taken  []PollBallotTaken
	Result *PollClosed
}

// Voted reports whether an agency's ballot is in.
func (p Poll) Voted(a AgencyID) bool {
	return slices.ContainsFunc(p.Cast, func(b PollBallotCast) bool { return b.Agency == a }) ||
		slices.ContainsFunc(p.Taken, func(b PollBallotTaken) bool { return b.Agency == a })
}

// Missing are those entitled whose ballot is not in.
func (p Poll) Missing() []AgencyID {
	var out []AgencyID
	for _, a := range p.Who {
		if !p.Voted(a) {
			out = append(out, a)
		}
	}
	return out
}

// Poll finds a poll as it was opened last.
func (sc *Scoring) Poll(id PollID) (Poll, bool) {
	i := slices.IndexFunc(sc.Polls, func(p Poll) bool { return p.Poll == id })
	if i < 0 {
		return Poll{}, false
	}
	return sc.Polls[i], true
}

// openPoll is the poll that is open now.
func (sc *Scoring) openPoll() (Poll, bool) {
	i := slices.IndexFunc(sc.Polls, func(p Poll) bool { return p.Result == nil })
	if i < 0 {
		return Poll{}, false
	}
	return sc.Polls[i], true
}

// pollOn is the rule of the poll that decides something, with what became of it.
func (s scoring) pollOn(what Decides) (PollRule, *PollClosed, bool) {
	rules := s.stage().Score
	i := slices.IndexFunc(rules.Polls, func(p PollRule) bool { return p.Decides == what })
	if i < 0 {
		return PollRule{}, nil, false
	}
	poll, _ := s.Covenant.Scoring.Poll(rules.Polls[i].ID)
	return rules.Polls[i], poll.Result, true
}

// pendingPolls are the polls of the process that were not held yet, in its order.
func (s scoring) pendingPolls() []PollRule {
	var out []PollRule
	for _, rule := range s.stage().Score.Polls {
		if p, ok := s.Covenant.Scoring.Poll(rule.ID); !ok || p.Result == nil {
			out = append(out, rule)
		}
	}
	return out
}

// changePoll changes a poll in a list of its own.
func (sc *Scoring) changePoll(id PollID, change func(*Poll)) {
	sc.Polls = slices.Clone(sc.Polls)
	for i := range sc.Polls {
		if sc.Polls[i].Poll == id {
			change(&sc.Polls[i])
		}
	}
}

func (e PollOpened) authority() Authority { return e.Authority }

func (e PollOpened) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Rounds++
	polls := slices.DeleteFunc(slices.Clone(c.Scoring.Polls), func(p Poll) bool { return p.Poll == e.Poll })
	c.Scoring.Polls = append(polls, Poll{PollOpened: e, Round: c.Rounds})
}

func (e PollOpened) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Mở cuộc bỏ phiếu: %s", "Poll opened: %s", s.Process.PollName(e.Poll))}
}

func (e PollBallotCast) authority() Authority { return e.Authority }

func (e PollBallotCast) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.changePoll(e.Poll, func(p *Poll) { p.Cast = append(slices.Clip(p.Cast), e) })
}

func (e PollBallotCast) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s bỏ phiếu – %s",
			"%s votes – %s", s.Directory.AgencyName(e.Agency), s.Process.PollName(e.Poll)),
		Detail: words.Same(s.Directory.AgencyNames(e.Choices)),
	}
}

func (e PollBallotTaken) authority() Authority { return e.Authority }

func (e PollBallotTaken) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.changePoll(e.Poll, func(p *Poll) { p.Taken = append(slices.Clip(p.Taken), e) })
}

func (e PollBallotTaken) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("%s đã bỏ phiếu kín – %s", "%s has cast its secret ballot – %s",
		s.Directory.AgencyName(e.Agency), s.Process.PollName(e.Poll))}
}

func (e PollClosed) authority() Authority { return e.Authority }

func (e PollClosed) apply(c *Covenant) {
	if c.Scoring == nil {
		return
	}
	c.Scoring.changePoll(e.Poll, func(p *Poll) { p.Result = &e })
}

func (e PollClosed) line(s State) Line {
	l := Line{
		Tone: ToneDone, Text: words.F("Kiểm phiếu: %s", "Poll counted: %s", s.Process.PollName(e.Poll)),
		Detail: words.F("Hình thức: %s; %d/%d phiếu, tối thiểu %d; phiếu trắng %d",
			"Method: %s; %d of %d ballots, at least %d; blank %d",
			words.Each(e.Method.Word), e.Cast, e.Entitled, e.Quorum, e.Blank),
	}
	if e.Lapsed {
		l.Tone, l.Detail = ToneStopped, phrases(l.Detail, noQuorum)
	}
	if e.Elected != "" {
		l.Detail = phrases(l.Detail, words.F("Trúng cử: %s", "Elected: %s", s.Directory.AgencyName(e.Elected)))
	}
	return l
}

// OpenPoll puts a poll of the process before the members, once the scores are settled; without one named the first that
// was not held. One that lapsed, or elected nobody, may be put again.
type OpenPoll struct {
	Poll PollID `json:"poll,omitzero"`
}

func (cmd OpenPoll) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return nil, err
	}
	_, authority, err := s.voting().chairs(by, "", now)
	if err != nil {
		return nil, err
	}
	if err := s.scoring().settled(now); err != nil {
		return nil, err
	}
	if open, ok := s.Covenant.Scoring.openPoll(); ok {
		rule, _ := s.stage().Score.PollRule(open.Poll)
		return nil, refuse(CodeWrongState, "cuộc bỏ phiếu “%s” đang mở; kiểm phiếu xong rồi mới mở cuộc khác",
			"the poll “%s” is open; close it first", rule)
	}
	rule, err := cmd.rule(s)
	if err != nil {
		return nil, err
	}
	e := PollOpened{Stage: s.Covenant.Stage, Poll: rule.ID, Who: s.takingPart(s.stage()),
		Candidates: s.scoring().candidates(rule), Secret: rule.Secret, Person: by.Person(), Authority: authority}
	if len(e.Candidates) == 0 || len(e.Who) == 0 {
		return nil, refuse(CodeWrongState, "không có ai để bỏ phiếu hoặc được bầu",
			"there is nobody to vote, or nobody to vote for")
	}
	return []Event{e}, nil
}

// rule is the poll that is to be opened.
func (cmd OpenPoll) rule(s State) (PollRule, error) {
	pending := s.scoring().pendingPolls()
	if cmd.Poll == "" {
		if len(pending) == 0 {
			return PollRule{}, refuse(CodeWrongState, "không còn cuộc bỏ phiếu nào", "there is no poll left")
		}
		return pending[0], nil
	}
	rule, ok := s.stage().Score.PollRule(cmd.Poll)
	if !ok {
		return rule, refuse(CodeNotFound, "quy trình không có cuộc bỏ phiếu %q", "the process has no poll %q", cmd.Poll)
	}
	held, _ := s.Covenant.Scoring.Poll(rule.ID)
	if r := held.Result; r != nil && !r.Lapsed && (rule.Decides == DecidesRanking || r.Elected != "") {
		return rule, refuse(CodeConflict, "cuộc bỏ phiếu “%s” đã có kết quả", "the poll “%s” has its result", rule)
	}
	return rule, nil
}

// candidates are those with a score for a ranking; for leader and deputy the members, but for who was
// elected to the other office.
func (s scoring) candidates(rule PollRule) []AgencyID {
	var out []AgencyID
	for _, p := range s.Covenant.Parties {
		_, _, scored := s.Covenant.Scoring.FinalScore(p.Agency)
		if rule.Decides == DecidesRanking && scored || rule.Decides != DecidesRanking && p.Role != RoleWitness {
			out = append(out, p.Agency)
		}
	}
	other := map[Decides]Decides{DecidesLeader: DecidesDeputy, DecidesDeputy: DecidesLeader}[rule.Decides]
	if other != "" {
		if _, result, ok := s.pollOn(other); ok && result != nil && result.Elected != "" {
			out = without(out, result.Elected)
		}
	}
	return out
}

// CastPollBallot is one agency's ballot: the agencies that it names, the best first where the order counts; none is a
// blank ballot. In a secret poll the choices go into the box alone, by the engine.
type CastPollBallot struct {
	Agency  AgencyID   `json:"agency,omitzero"`
	Poll    PollID     `json:"poll,omitzero"`
	Choices []AgencyID `json:"choices,omitzero"`
}

func (cmd CastPollBallot) decide(s State, by Actor, now time.Time) ([]Event, error) {
	poll, rule, err := s.scoring().openedPoll(cmd.Poll)
	if err != nil {
		return nil, err
	}
	name := s.Directory.AgencyName(cmd.Agency)
	if !contains(poll.Who, cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không có quyền bỏ phiếu", "%s has no vote in this poll", name)
	}
	authority, err := s.authority(by, cmd.Agency, DutyVote, now)
	if err != nil {
		return nil, err
	}
	if poll.Voted(cmd.Agency) {
		return nil, refuse(CodeConflict, "%s đã bỏ phiếu", "%s has voted already", name)
	}
	if err := cmd.check(poll, rule); err != nil {
		return nil, err
	}
	if poll.Secret {
		if err := by.personally(); err != nil {
			return nil, err
		}
		return []Event{PollBallotTaken{Poll: cmd.Poll, Round: poll.Round, Agency: cmd.Agency, Person: by.Person(),
			Authority: authority}}, nil
	}
	return []Event{PollBallotCast{
		Poll: cmd.Poll, Round: poll.Round, Agency: cmd.Agency, Person: by.Person(), Authority: authority,
		Choices: NewPollBallot(rule.Marks, cmd.Choices).Choices(),
	}}, nil
}

// check never tells what the ballot says: it may be secret.
func (cmd CastPollBallot) check(poll Poll, rule PollRule) error {
	most := rule.Most(len(poll.Candidates))
	if len(cmd.Choices) > most {
		return refuse(CodeInvalid, "phiếu chỉ được ghi tối đa %s", "a ballot names at most %s",
			words.N(most, "đơn vị", "agency", "agencies"))
	}
	for i, a := range cmd.Choices {
		switch {
		case !contains(poll.Candidates, a) || slices.Contains(cmd.Choices[:i], a):
			return refuse(CodeInvalid, "phiếu ghi một đơn vị không có trong danh sách, hoặc ghi hai lần",
				"the ballot names an agency that is no candidate, or one twice")
		case a == cmd.Agency && !rule.Self:
			return refuse(CodeForbidden, "theo quy trình, đơn vị không bỏ phiếu cho chính mình",
				"under the process an agency does not vote for itself")
		}
	}
	return nil
}

func (s scoring) openedPoll(id PollID) (Poll, PollRule, error) {
	if err := s.expect(AwaitingScores); err != nil {
		return Poll{}, PollRule{}, err
	}
	rule, known := s.stage().Score.PollRule(id)
	poll, opened := s.Covenant.Scoring.Poll(id)
	switch {
	case !known:
		return poll, rule, refuse(CodeNotFound, "quy trình không có cuộc bỏ phiếu %q", "the process has no poll %q", id)
	case !opened:
		return poll, rule, refuse(CodeWrongState, "chủ tọa chưa mở cuộc bỏ phiếu này",
			"the chair has not opened this poll yet")
	case poll.Result != nil:
		return poll, rule, refuse(CodeWrongState, "cuộc bỏ phiếu này đã kết thúc", "this poll is closed")
	}
	return poll, rule, nil
}
