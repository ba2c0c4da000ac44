package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Presence is how an agency takes part in a conference.
type Presence string

// The kinds of presence.
const (
	Present Presence = "present"
	Absent  Presence = "absent"
	ByProxy Presence = "proxy" // another agency votes for it
)

// Word is the presence in the reader's language.
func (p Presence) Word(lang words.Language) string {
	return map[Presence]words.Text{
		Present: words.Of("Có mặt", "Present"), Absent: words.Of("Vắng mặt", "Absent"),
		ByProxy: words.Of("Ủy quyền", "By proxy"),
	}[p].In(lang)
}

// AttendanceRecorded says how an agency takes part from now on.
type AttendanceRecorded struct {
	Agency   AgencyID `json:"agency"`
	Person   PersonID `json:"person,omitempty"` // who attends for it
	Presence Presence `json:"presence"`
	By       PersonID `json:"by"`
	// Recorder is the right of who recorded it; none of the secretary.
	Recorder Authority `json:"recorder,omitzero"`
}

// Kind is the event's name in the log.
func (AttendanceRecorded) Kind() string { return "attendance_recorded" }

func (e AttendanceRecorded) authority() Authority { return e.Recorder }

func (e AttendanceRecorded) apply(c *Covenant) {
	if sitting := c.Sitting(); sitting != nil {
		sitting.attend(e)
	}
}

func (e AttendanceRecorded) line(s State) Line {
	return Line{
		Tone: ToneNext, Text: words.F("%s: %s",
			"%s: %s", s.Directory.AgencyName(e.Agency), words.Each(e.Presence.Word)),
		Detail: words.Same(s.Directory.PersonName(e.Person)),
	}
}

// ProxyRecorded is a written authorisation of one agency to vote for another at the conference.
type ProxyRecorded struct {
	From      AgencyID  `json:"from"`
	To        AgencyID  `json:"to"`
	GivenBy   PersonID  `json:"given_by"` // who signed it for From
	Authority Authority `json:"authority"`
	Date      Date      `json:"date"`
	Document  string    `json:"document"` // number and title of the paper
	By        PersonID  `json:"by"`
	Recorder  Authority `json:"recorder,omitzero"` // none of the secretary
}

// Kind is the event's name in the log.
func (ProxyRecorded) Kind() string { return "proxy_recorded" }

func (e ProxyRecorded) authority() Authority { return e.Recorder }

func (e ProxyRecorded) apply(c *Covenant) {
	if sitting := c.Sitting(); sitting != nil {
		sitting.Proxies = append(slices.Clip(sitting.Proxies), e)
		sitting.attend(AttendanceRecorded{Agency: e.From, Presence: ByProxy, By: e.By})
	}
}

func (e ProxyRecorded) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s ủy quyền cho %s biểu quyết", "%s authorised %s to vote",
			s.Directory.AgencyName(e.From), s.Directory.AgencyName(e.To)),
		Detail: phrases(words.Same(e.Document), words.Same(e.Date.Display())),
	}
}

// attendance finds how an agency takes part.
func (c *Conference) attendance(a AgencyID) (AttendanceRecorded, bool) {
	for _, r := range c.Attendance {
		if r.Agency == a {
			return r, true
		}
	}
	return AttendanceRecorded{}, false
}

// ProxyOf is the agency that votes for another one.
func (c *Conference) ProxyOf(from AgencyID) (ProxyRecorded, bool) {
	for _, p := range c.Proxies {
		if p.From == from {
			return p, true
		}
	}
	return ProxyRecorded{}, false
}

// Presence says how an agency takes part now; a proxy counts only while its holder is present.
func (c *Conference) Presence(a AgencyID) Presence {
	if r, ok := c.attendance(a); ok && r.Presence == Present {
		return Present
	}
	if p, ok := c.ProxyOf(a); ok {
		if r, ok := c.attendance(p.To); ok && r.Presence == Present {
			return ByProxy
		}
	}
	return Absent
}

// attend replaces an agency's entry. Who comes in person needs no proxy any more.
func (c *Conference) attend(e AttendanceRecorded) {
	if e.Presence == Present {
		c.Proxies = slices.DeleteFunc(slices.Clone(c.Proxies), func(p ProxyRecorded) bool { return p.From == e.Agency })
	}
	c.Attendance = slices.Clone(c.Attendance)
	for i := range c.Attendance {
		if c.Attendance[i].Agency == e.Agency {
			c.Attendance[i] = e
			return
		}
	}
	c.Attendance = append(c.Attendance, e)
}

// represented reports whether an agency is at the conference, itself or by proxy.
func (s voting) represented(a AgencyID) bool {
	sitting := s.Covenant.Sitting()
	return sitting != nil && sitting.Closed == nil && sitting.Presence(a) != Absent
}

// Attendance counts, by weight, who may vote in a stage and how many of them are at the sitting.
func (s State) Attendance(stage Stage) Count {
	var c Count
	for _, a := range s.takingPart(stage) {
		w := s.weight(stage.Vote.Weights, a)
		c.Entitled += w
		if s.voting().represented(a) {
			c.Present += w
		}
	}
	return c
}

// voterFor is the agency whose person votes for another one by proxy; "" where it votes itself. At a conference who is
// not there has no vote.
func (s voting) voterFor(a AgencyID) (AgencyID, error) {
	if s.stage().Vote.Conference == nil {
		return "", nil
	}
	if !s.represented(a) {
		return "", refuse(CodeWrongState, "%s không có mặt tại hội nghị và không có ủy quyền",
			"%s is not at the conference and has given no proxy", s.Directory.AgencyName(a))
	}
	if s.Covenant.Sitting().Presence(a) == ByProxy {
		p, _ := s.Covenant.Sitting().ProxyOf(a)
		return p.To, nil
	}
	return "", nil
}

// RecordAttendance says that an agency is there, with whom, or is not. The chair, the secretary or the agency itself
// records it.
type RecordAttendance struct {
	Agency   AgencyID `json:"agency,omitzero"`
	Person   PersonID `json:"person,omitzero"`   // who attends; needed for Present
	Presence Presence `json:"presence,omitzero"` // Present or Absent; a proxy is recorded by RecordProxy
}

func (cmd RecordAttendance) decide(s State, by Actor, now time.Time) ([]Event, error) {
	sitting, _, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	recorder, err := s.voting().mayRecord(sitting, by, cmd.Agency, now)
	if err != nil {
		return nil, err
	}
	switch {
	case cmd.Presence != Present && cmd.Presence != Absent:
		return nil, refuse(CodeInvalid, "ghi có mặt hoặc vắng mặt; ủy quyền ghi bằng văn bản ủy quyền",
			"record present or absent; a proxy is recorded with its document")
	case cmd.Presence == Present && s.Directory.People[cmd.Person].ID == "":
		return nil, refuse(CodeInvalid, "cần ghi người dự có trong danh bạ", "say who attends, from the directory")
	}
	e := AttendanceRecorded{Agency: cmd.Agency, Presence: cmd.Presence, By: by.Person(), Recorder: recorder}
	if cmd.Presence == Present {
		e.Person = cmd.Person
	}
	if have, ok := sitting.attendance(cmd.Agency); ok && have.Presence == e.Presence && have.Person == e.Person {
		return nil, refuse(CodeConflict, "%s đã được ghi như vậy",
			"%s is recorded so already", s.Directory.AgencyName(cmd.Agency))
	}
	return []Event{e}, nil
}

// mayRecord: the chair and the secretary record for everybody, others for their own agency. It gives the right of who
// does, none of the secretary.
func (s voting) mayRecord(sitting *Conference, by Actor, agency AgencyID, now time.Time) (Authority, error) {
	if _, party := s.Covenant.Party(agency); !party {
		return Authority{}, refuse(CodeForbidden, "%s không tham gia giao ước này",
			"%s takes no part in this covenant", s.Directory.AgencyName(agency))
	}
	if by.Person() == sitting.Secretary && by.Person() != "" {
		return Authority{}, nil
	}
	if authority, err := s.authority(by, s.Chair(), DutyVote, now); err == nil {
		return authority, nil
	}
	return s.settling().anyAuthority(by, agency, now, DutyVote, DutySign)
}

// RecordProxy records a written, dated authorisation to vote. It goes one level deep: who holds one gives none.
type RecordProxy struct {
	From     AgencyID `json:"from,omitzero"`
	To       AgencyID `json:"to,omitzero"`
	GivenBy  PersonID `json:"given_by,omitzero"` // who signed it; must have had the vote of From on its date
	Date     Date     `json:"date,omitzero"`
	Document string   `json:"document,omitzero"` // number and title of the paper
}

func (cmd RecordProxy) decide(s State, by Actor, now time.Time) ([]Event, error) {
	sitting, rules, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	recorder, err := s.voting().mayRecord(sitting, by, cmd.From, now)
	if err != nil {
		return nil, err
	}
	if err := s.voting().proxyAllowed(sitting, rules, cmd); err != nil {
		return nil, err
	}
	if blank(cmd.Document) || cmd.Date.IsZero() || s.today(now).Before(cmd.Date) {
		return nil, refuse(CodeInvalid, "ủy quyền phải bằng văn bản, có số hiệu và ngày không sau hôm nay",
			"a proxy needs a document, named, and dated today or before")
	}
	authority, err := s.authorityOn(cmd.GivenBy, cmd.From, DutyVote, cmd.Date)
	if err != nil {
		return nil, err
	}
	return []Event{ProxyRecorded{
		From: cmd.From, To: cmd.To, GivenBy: cmd.GivenBy, Authority: authority, Date: cmd.Date,
		Document: cmd.Document, By: by.Person(),
		Recorder: recorder,
	}}, nil
}

func (s voting) proxyAllowed(sitting *Conference, rules *ConferenceRules, cmd RecordProxy) error {
	who := s.takingPart(s.stage())
	held := 0
	for _, p := range sitting.Proxies {
		if p.To == cmd.To {
			held++
		}
	}
	_, gives := sitting.ProxyOf(cmd.To)
	_, given := sitting.ProxyOf(cmd.From)
	holds := slices.ContainsFunc(sitting.Proxies, func(p ProxyRecorded) bool { return p.To == cmd.From })
	from, to := s.Directory.AgencyName(cmd.From), s.Directory.AgencyName(cmd.To)
	switch {
	case rules.Proxies == 0:
		return refuse(CodeForbidden, "quy chế hội nghị không cho ủy quyền biểu quyết",
			"the rules of the conference allow no proxies")
	case cmd.From == cmd.To || !contains(who, cmd.From) || !contains(who, cmd.To):
		return refuse(CodeInvalid, "%s không thể ủy quyền cho %s: cả hai phải là hai đơn vị khác nhau có quyền biểu "+
			"quyết", "%s cannot authorise %s: both must be different agencies with a vote", from, to)
	case given:
		return refuse(CodeConflict, "%s đã ủy quyền", "%s has given a proxy already", from)
	case holds || gives:
		return refuse(CodeForbidden, "không được ủy quyền lại: đơn vị nhận ủy quyền không ủy quyền tiếp",
			"a proxy cannot be passed on: who holds one gives none")
	case sitting.Presence(cmd.From) == Present:
		return refuse(CodeWrongState, "%s đang có mặt nên tự biểu quyết", "%s is present and votes itself", from)
	case held >= rules.Proxies:
		return refuse(CodeForbidden, "%s đã nhận đủ %s", "%s holds %s already, which is the most",
			to, words.N(held, "ủy quyền", "proxy", "proxies"))
	}
	return nil
}
