package workflow

import (
	"fmt"
	"slices"
	"time"

	"covenant/internal/words"
)

// Events of a conference.
type (
	// ConferenceOpened begins a sitting.
	ConferenceOpened struct {
		Stage     StageID   `json:"stage"`
		Name      string    `json:"name"`
		Place     string    `json:"place"`
		Chair     PersonID  `json:"chair"`
		Authority Authority `json:"authority"`
		Secretary PersonID  `json:"secretary"`
		At        time.Time `json:"at"`
		// Since 2026-11: the agency in the chair, and why it is not the one that comes first by the process.
		Chairing    AgencyID `json:"chairing,omitempty"`
		ChairReason string   `json:"chair_reason,omitempty"`
	}
	// MotionProposed adds a motion at the conference: from the floor, or to adopt a text amended on the spot.
	MotionProposed struct {
		Stage     StageID   `json:"stage"`
		Motion    MotionID  `json:"motion"`
		Text      string    `json:"text"`
		English   string    `json:"english,omitempty"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority,omitzero"`
		Revision  int       `json:"revision,omitempty"`
	}
	// ConferenceClosed ends a sitting; Adjourned: there is business left for another one.
	ConferenceClosed struct {
		Stage     StageID   `json:"stage"`
		Chair     PersonID  `json:"chair"`
		Authority Authority `json:"authority,omitzero"`
		Adjourned bool      `json:"adjourned,omitempty"`
		At        time.Time `json:"at"`
		Opinions  string    `json:"opinions,omitempty"` // what was discussed, for the minutes
	}
	// MinutesKept says that the minutes of a sitting were drawn up from the events before it.
	MinutesKept struct {
		Stage    StageID   `json:"stage"`
		Opened   time.Time `json:"opened"` // names the sitting; zero for a ranking
		Template string    `json:"template"`
		Values   Digest    `json:"values"`
		PDF      Digest    `json:"pdf"`
	}
)

// Kind is the event's name in the log.
func (ConferenceOpened) Kind() string { return "conference_opened" }
func (MotionProposed) Kind() string   { return "motion_proposed" }
func (ConferenceClosed) Kind() string { return "conference_closed" }
func (MinutesKept) Kind() string      { return "minutes_kept" }

// Conference is a sitting.
type Conference struct {
	ConferenceOpened
	Attendance []AttendanceRecorded // one an agency, in the order of first mention
	Proxies    []ProxyRecorded      // in force
	Handovers  []ChairHandedOver    // of the chair; Chairing is who has it now
	Closed     *ConferenceClosed
	Minutes    *MinutesKept
}

// Sitting is the last sitting of the conference of the open stage; nil before the first.
func (c *Covenant) Sitting() *Conference {
	if n := len(c.Conferences); n > 0 && c.Conferences[n-1].Stage == c.Stage && n > c.EarlierSittings {
		return &c.Conferences[n-1]
	}
	return nil
}

func (e ConferenceOpened) authority() Authority { return e.Authority }

func (e ConferenceOpened) apply(c *Covenant) {
	c.Conferences = append(c.Conferences, Conference{ConferenceOpened: e})
	c.RoundsBefore = c.Rounds
}

func (e ConferenceOpened) line(s State) Line {
	l := Line{
		Tone: ToneWaiting, Text: words.F("Khai mạc: %s", "Opened: %s", e.Name),
		Detail: words.F("Tại %s; chủ tọa %s, thư ký %s", "At %s; chaired by %s, secretary %s",
			e.Place, s.Directory.Acting(e.Chair, e.Authority), s.Directory.PersonName(e.Secretary)),
	}
	if e.ChairReason != "" {
		l.Detail = phrases(l.Detail, words.F("%s chủ tọa thay, lý do: %s", "%s chairs instead: %s",
			s.Directory.AgencyName(e.Chairing), e.ChairReason))
	}
	return l
}

func (e MotionProposed) authority() Authority { return e.Authority }

func (e MotionProposed) apply(c *Covenant) {
	c.Motions = append(c.Motions, Motion{ID: e.Motion, Text: e.Text, English: e.English, Stage: e.Stage,
		Revision: e.Revision, ProposedBy: e.Agency})
}

func (e MotionProposed) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("%s đề nghị biểu quyết: %s", "%s proposed: %s",
		s.Directory.AgencyName(e.Agency), words.Of(e.Text, e.English))}
}

func (e MinutesKept) apply(c *Covenant) {
	if e.Opened.IsZero() && c.Scoring != nil { // of the ranking
		c.Scoring.Minutes = &e
	}
	for i := range c.Conferences {
		if c.Conferences[i].Stage == e.Stage && c.Conferences[i].At.Equal(e.Opened) {
			c.Conferences[i].Minutes = &e
		}
	}
}

func (e MinutesKept) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Lập biên bản (mã %s)", "Minutes drawn up (digest %s)", e.PDF.Short())}
}

func (e ConferenceClosed) authority() Authority { return e.Authority }

func (e ConferenceClosed) apply(c *Covenant) {
	if sitting := c.Sitting(); sitting != nil {
		sitting.Closed = &e
	}
}

func (e ConferenceClosed) line(State) Line {
	text := words.Of("Bế mạc hội nghị", "The conference was closed")
	if e.Adjourned {
		text = words.Of("Hội nghị tạm dừng", "The conference was adjourned")
	}
	return Line{Tone: ToneDone, Text: text, Detail: words.Same(e.Opinions)}
}

// sitting is the open sitting, its rules, or a refusal.
func (s voting) sitting() (*Conference, *ConferenceRules, error) {
	if err := s.expect(AwaitingVotes); err != nil {
		return nil, nil, err
	}
	rules := s.stage().Vote.Conference
	if rules == nil {
		return nil, nil, refuse(CodeWrongState, "bước này biểu quyết điện tử, không họp hội nghị",
			"this stage votes electronically, without a conference")
	}
	sitting := s.Covenant.Sitting()
	if sitting == nil || sitting.Closed != nil {
		return nil, rules, refuse(CodeWrongState, "hội nghị chưa khai mạc", "the conference is not open")
	}
	return sitting, rules, nil
}

// OpenConference opens a sitting.
type OpenConference struct {
	Secretary PersonID `json:"secretary,omitzero"`
	Name      string   `json:"name,omitzero"`   // default: the process's
	Place     string   `json:"place,omitzero"`  // default: the process's
	Agency    AgencyID `json:"agency,omitzero"` // that chairs; default: the one that the process names first
	Reason    string   `json:"reason,omitzero"` // why it is another one
}

func (cmd OpenConference) decide(s State, by Actor, now time.Time) ([]Event, error) {
	_, rules, err := s.voting().sitting()
	if err == nil {
		return nil, refuse(CodeConflict, "hội nghị đã khai mạc", "the conference is open already")
	}
	if rules == nil {
		return nil, err
	}
	chair, err := cmd.opensFor(s)
	if err != nil {
		return nil, err
	}
	authority, err := s.authority(by, chair, DutyVote, now)
	if err != nil {
		return nil, err
	}
	if _, known := s.Directory.People[cmd.Secretary]; !known {
		return nil, refuse(CodeInvalid, "cần chỉ định thư ký hội nghị có trong danh bạ",
			"name a secretary who is in the directory")
	}
	e := ConferenceOpened{
		Stage: s.Covenant.Stage, Name: cmd.Name, Place: cmd.Place, Chair: by.Person(), Authority: authority,
		Secretary: cmd.Secretary, At: now,
		Chairing: chair,
	}
	if chair != s.Chair() {
		e.ChairReason = cmd.Reason
	}
	if e.Name == "" {
		e.Name = rules.Name.Vietnamese
	}
	if e.Place == "" {
		e.Place = rules.Place
	}
	if e.Place == "" {
		return nil, refuse(CodeInvalid, "cần nêu địa điểm hội nghị", "say where the conference is held")
	}
	return []Event{e}, nil
}

// ProposeMotion proposes a motion from the floor, where the rules permit it.
type ProposeMotion struct {
	Agency AgencyID `json:"agency,omitzero"`
	Text   string   `json:"text,omitzero"`
}

func (cmd ProposeMotion) decide(s State, by Actor, now time.Time) ([]Event, error) {
	_, rules, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	authority, err := s.authority(by, cmd.Agency, DutyVote, now)
	if err != nil {
		return nil, err
	}
	switch {
	case !rules.Floor:
		return nil, refuse(CodeForbidden, "quy chế hội nghị không cho đề nghị thêm nội dung biểu quyết",
			"the rules of the conference allow no motions from the floor")
	case !contains(s.takingPart(s.stage()), cmd.Agency) || !s.voting().represented(cmd.Agency):
		return nil, refuse(CodeForbidden, "%s không biểu quyết tại hội nghị này",
			"%s does not vote at this conference", s.Directory.AgencyName(cmd.Agency))
	case blank(cmd.Text) || len(cmd.Text) > maxComment:
		return nil, refuse(CodeInvalid, "cần nêu nội dung đề nghị biểu quyết, không quá dài",
			"say what is proposed, not at too great length")
	}
	return []Event{MotionProposed{Stage: s.Covenant.Stage, Motion: s.voting().nextMotion(FloorPrefix), Text: cmd.Text,
		Agency: cmd.Agency, Person: by.Person(), Authority: authority}}, nil
}

// nextMotion is the next free id of a kind of motion.
func (s voting) nextMotion(prefix string) MotionID {
	for n := 1; ; n++ {
		id := MotionID(fmt.Sprintf("%s%d", prefix, n))
		if s.Covenant.motion(id) == nil {
			return id
		}
	}
}

// OpenMotions puts motions to the vote, one or several together; without any named all that are left.
type OpenMotions struct {
	Motions []MotionID `json:"motions,omitzero"`
}

func (cmd OpenMotions) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if _, _, err := s.voting().sitting(); err != nil {
		return nil, err
	}
	if _, _, err := s.voting().chairs(by, "", now); err != nil {
		return nil, err
	}
	pending := s.PendingMotions()
	ids := cmd.Motions
	if amendment := s.voting().pendingAmendment(); len(ids) == 0 && amendment != "" {
		ids = []MotionID{amendment}
	}
	if len(ids) == 0 {
		for _, m := range pending {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return nil, refuse(CodeWrongState, "không còn nội dung nào để đưa ra biểu quyết",
			"there is no motion left to put")
	}
	var events []Event
	for i, id := range ids {
		at := slices.IndexFunc(pending, func(m Motion) bool { return m.ID == id })
		if at < 0 || slices.Contains(ids[:i], id) {
			return nil, refuse(CodeNotFound, "nội dung %q không có, hoặc đã đưa ra biểu quyết",
				"there is no motion %q, or it was put already", id)
		}
		m := pending[at]
		if _, _, err := s.voting().chairs(by, id, now); err != nil {
			return nil, err
		}
		if amendment := s.voting().pendingAmendment(); amendment != "" && id != amendment {
			return nil, refuse(CodeWrongState, "cần biểu quyết văn bản sửa đổi tại hội nghị trước",
				"the amended text must be voted on first")
		}
		e := s.voting().motionOpened(s.stage(), m)
		if err := s.voting().openable(e); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// openable refuses a motion without voters or without a quorum.
func (s voting) openable(e MotionOpened) error {
	if len(e.Who) == 0 {
		return refuse(CodeWrongState, "không có ai biểu quyết nội dung này", "nobody has a vote on this motion")
	}
	count, verdict, err := s.result(Motion{ID: e.Motion, Who: e.Who}, nil, "")
	if err == nil && count.Present < verdict.Quorum {
		return s.noQuorum(count.Count, verdict)
	}
	return err
}

// PendingMotions are the motions of the open conference that the chair has still to put: those of the process, then
// those proposed at the conference. One that failed is put again where the rules say so.
func (s State) PendingMotions() []Motion {
	stage := s.stage()
	if stage.Vote == nil || stage.Vote.Conference == nil {
		return nil
	}
	var out []Motion
	for _, rule := range stage.Vote.Motions {
		m := s.Covenant.motion(rule.ID)
		again := m != nil && m.Result != nil && !m.Result.Passed && stage.Vote.Fail == ThenAgain &&
			m.Round <= s.Covenant.RoundsBefore
		if m == nil || again {
			out = append(out, Motion{ID: rule.ID, Text: rule.Vietnamese, English: rule.English, Stage: stage.ID})
		}
	}
	for _, m := range s.Covenant.MotionsOf(stage.ID) {
		if !m.Opened {
			out = append(out, m)
		}
	}
	return out
}

// pendingAmendment is the motion about a text amended on the spot that is not decided yet.
func (s voting) pendingAmendment() MotionID {
	for _, m := range s.Covenant.MotionsOf(s.Covenant.Stage) {
		if m.Revision > 0 && m.Result == nil {
			return m.ID
		}
	}
	return ""
}

// AmendText puts a text amended on the spot before the conference: a new revision, and the motion that adopts it.
type AmendText struct {
	SubmitRevision
}

func (cmd AmendText) decide(s State, by Actor, now time.Time) ([]Event, error) {
	_, rules, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	c := s.Covenant
	authority, err := s.settling().anyAuthority(by, c.For, now, DutyDraft, DutyVote)
	if err != nil {
		return nil, err
	}
	open := slices.ContainsFunc(c.MotionsOf(c.Stage), func(m Motion) bool { return m.Opened && m.Result == nil })
	switch {
	case !rules.Amend:
		return nil, refuse(CodeForbidden, "quy chế hội nghị không cho sửa văn bản tại chỗ",
			"the rules of the conference do not allow the text to be amended on the spot")
	case open || s.voting().pendingAmendment() != "":
		return nil, refuse(CodeWrongState, "đang có nội dung chưa biểu quyết xong; kết thúc rồi mới sửa văn bản",
			"a motion is still open; close it before the text is amended")
	}
	if err := cmd.differs(c); err != nil {
		return nil, err
	}
	if err := s.scoring().checkBasis(cmd.Basis); err != nil {
		return nil, err
	}
	submitted := cmd.event(c)
	submitted.Conference, submitted.Authority = true, authority
	id := s.voting().nextMotion(AmendPrefix)
	return []Event{submitted, MotionProposed{
		Stage: c.Stage, Motion: id, Agency: c.For, Person: by.Person(), Authority: authority,
		Revision: submitted.Number,
		Text:     fmt.Sprintf("Thông qua dự thảo lần %d, sửa đổi tại hội nghị", submitted.Number),
		English:  fmt.Sprintf("Adopt revision %d, amended at the conference", submitted.Number),
	}}, nil
}

// CountHands records a show of hands as the chair announces it.
type CountHands struct {
	Motion  MotionID `json:"motion,omitzero"`
	For     int      `json:"for,omitzero"`
	Against int      `json:"against,omitzero"`
	Abstain int      `json:"abstain,omitzero"`
}

func (cmd CountHands) decide(s State, by Actor, now time.Time) ([]Event, error) {
	sitting, rules, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	_, authority, err := s.voting().chairs(by, cmd.Motion, now)
	if err != nil {
		return nil, err
	}
	m, err := s.voting().openMotion(cmd.Motion)
	if err != nil {
		return nil, err
	}
	present := 0
	for _, a := range m.Who {
		if s.voting().represented(a) {
			present++
		}
	}
	switch {
	case !rules.Hands || m.Secret:
		return nil, refuse(CodeForbidden, "nội dung này không biểu quyết bằng giơ tay",
			"this motion is not decided by a show of hands")
	case m.Cast() > 0:
		return nil, refuse(CodeConflict, "nội dung này đang được biểu quyết điện tử",
			"this motion is being voted on electronically")
	case cmd.For < 0 || cmd.Against < 0 || cmd.Abstain < 0 || cmd.For > present || cmd.Against > present ||
		cmd.Abstain > present ||
		cmd.For+cmd.Against+cmd.Abstain > present:
		return nil, refuse(CodeInvalid, "số phiếu không hợp lệ: có mặt %d đơn vị, đếm được %d",
			"the count cannot be: %d agencies are present, %d were counted",
			present, cmd.For+cmd.Against+cmd.Abstain)
	}
	return []Event{HandsCounted{
		Motion: cmd.Motion, For: cmd.For, Against: cmd.Against, Abstain: cmd.Abstain, Present: present,
		Chair: by.Person(), Authority: authority,
		Secretary: sitting.Secretary,
	}}, nil
}

// CloseConference ends the sitting. With motions of the process left it is adjourned, and can be opened again.
type CloseConference struct {
	Opinions string `json:"opinions,omitzero"` // what was discussed, for the minutes
}

func (cmd CloseConference) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if _, _, err := s.voting().sitting(); err != nil {
		return nil, err
	}
	_, authority, err := s.voting().chairs(by, "", now)
	if err != nil {
		return nil, err
	}
	c := s.Covenant
	if slices.ContainsFunc(c.MotionsOf(c.Stage), func(m Motion) bool { return m.Opened && m.Result == nil }) ||
		s.voting().pendingAmendment() != "" {
		return nil, refuse(CodeWrongState, "còn nội dung chưa công bố kết quả; kết thúc biểu quyết rồi mới bế mạc",
			"a motion is still open; close it before the conference")
	}
	rules, left, failed := s.stage().Vote, false, false
	for _, rule := range rules.Motions {
		m := c.motion(rule.ID)
		left = left || m == nil || m.Result == nil
		failed = failed || m != nil && m.Result != nil && !m.Result.Passed
	}
	closed := ConferenceClosed{Stage: c.Stage, Chair: by.Person(), Authority: authority, At: now,
		Opinions: cmd.Opinions, Adjourned: left || failed && rules.Fail == ThenAgain}
	if closed.Adjourned {
		return []Event{closed}, nil
	}
	return s.then([]Event{closed}, func(s State) ([]Event, error) { return s.voting().afterVote(now) })
}

// RecordMinutes records the minutes that the program drew up of a sitting that is closed, or of a ranking.
type RecordMinutes struct {
	Stage    StageID
	Opened   time.Time
	Template string
	Values   Digest
	PDF      Digest
}

func (cmd RecordMinutes) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := by.program(); err != nil {
		return nil, err
	}
	if cmd.Opened.IsZero() {
		if s.Covenant.Scoring == nil || s.Covenant.Scoring.Ranking == nil || s.Covenant.Scoring.Minutes != nil {
			return nil, refuse(CodeWrongState, "chưa có kết quả xếp hạng để lập biên bản, hoặc đã có biên bản",
				"there is no ranking to be minuted, or it has its minutes")
		}
		return []Event{MinutesKept(cmd)}, nil
	}
	for _, sitting := range s.Covenant.Conferences {
		if sitting.Stage == cmd.Stage && sitting.At.Equal(cmd.Opened) && sitting.Closed != nil &&
			sitting.Minutes == nil {
			return []Event{MinutesKept(cmd)}, nil
		}
	}
	return nil, refuse(CodeWrongState, "hội nghị chưa bế mạc hoặc đã có biên bản",
		"the conference is not closed, or has its minutes already")
}
