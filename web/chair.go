package web

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// The chair's panel gathers the forms of a conference: who is there, the motions, and what comes next. Each button is a
// form of its own to the address at which that command's form is, so that it does what that one does, by the same rules
// and under a key of its own; what the rules refuse is shown there. It works without JavaScript, and with it shows what
// happens as it happens.

// chairPage is the panel of who chairs or keeps the minutes.
type chairPage struct {
	basePage
	livePage
	cover
	Done    string
	Sitting *sittingRow
	Quorum  string
	Agenda  []agendaItem
	Present []attendee
	Motions []chairMotion
	Others  []act
	Board   string // address of the hall's board
}

// agendaItem is one step of the conference. State is done, now or next.
type agendaItem struct {
	Text, State, Word string
	Anchor            string   // where it is done, if that is not one button; empty: not by who asks
	Buttons           []button // of the step that is now
}

// button is a form of one button.
type button struct {
	Label, About, Path string
	Fixed, Key, From   string
	Primary            bool
}

// attendee is a party with what can be recorded of its attendance.
type attendee struct {
	attendingRow
	ID     string
	Record *button // with a person and present or absent
	People []option
	Proxy  string // address of the form of a proxy
}

// chairMotion is a motion with what the chair can do about it.
type chairMotion struct {
	motionRow
	ID      string
	Buttons []button
	Hands   *button // with three numbers
}

// chairs reports whether the panel is for who asks.
func chairs(r *request, v *engine.View) bool { return workflow.ConductsVote(v.State, r.actor, v.Now) }

// chair answers [address.Chair].
func (s actions) chair(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	if !chairs(r, v) {
		return s.notChairing(r, v)
	}
	return &answer{page: "chair", data: s.chairPage(r, v)}, nil
}

// notChairing says why there is no panel: the vote has not begun or is over, or somebody else conducts it.
func (s actions) notChairing(r *request, v *engine.View) (*answer, error) {
	why := workflow.Refusal(workflow.CodeForbidden, "bảng này dành cho chủ tọa và thư ký hội nghị",
		"this panel is for who chairs the conference and keeps its minutes")
	if v.Covenant.Phase != workflow.AwaitingVotes {
		why = workflow.Refusal(workflow.CodeWrongState, "giao ước không ở bước biểu quyết",
			"the covenant is not being voted on")
	}
	a := act{Label: r.text(words.Of("Điều hành hội nghị", "Conduct the conference"))}
	a.command.Name = "open-motions" // that of the chair by which the phase is told
	return s.noForm(r, v, a, why)
}

// chairParts answers the panel with those of its parts that it does not show as they are now.
func (s actions) chairParts(w http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	if !chairs(r, v) {
		return nil, workflow.Refusal(workflow.CodeForbidden, "bảng này dành cho chủ tọa và thư ký hội nghị",
			"this panel is for who chairs the conference and keeps its minutes")
	}
	return streams(s).sendParts(w, r, "chair", s.chairPage(r, v), []namedPart{
		{"live", "song"}, {"chair-head", "dieu-hanh"}, {"chair-agenda", "chuong-trinh"},
		{"chair-motions", "cac-noi-dung"}, {"chair-present", "diem-danh"}, {"chair-others", "viec-khac"}})
}

func (s actions) chairPage(r *request, v *engine.View) *chairPage {
	t := s.presenter(r, v)
	p := &chairPage{basePage: s.base(r, "covenants"), livePage: s.live(r, v), cover: t.cover(), Done: r.done(),
		Board: address.Board.For(v.Covenant.Slug)}
	p.Parts, p.Digest = address.ChairParts.For(v.Covenant.Slug), ""
	p.Title, p.Wide = r.text(words.Of("Điều hành hội nghị", "Conduct the conference"))+" – "+v.Covenant.Title, true
	all := s.acts(r, v)
	c := chairing{t, slices.Concat(all.Turn, all.Besides)}
	sitting := v.Covenant.Sitting()
	if sitting != nil {
		rows := t.sittings()
		p.Sitting = &rows[len(rows)-1]
	}
	if sitting != nil && sitting.Closed == nil {
		p.Present, p.Quorum = c.attendees(), t.quorum()
	}
	p.Motions = c.motions()
	p.Agenda = c.agenda(p.Motions)
	p.Others = c.others()
	return p
}

// chairing makes the panel of what the rules leave open to its reader.
type chairing struct {
	presenter
	open []act
}

// find is an open command about something.
func (c chairing) find(command, field, about string) (act, bool) {
	i := slices.IndexFunc(c.open, func(a act) bool {
		return a.command.Name == command &&
			(field == "" || (fieldMaker{presenter: c.presenter, act: a}).about(field) == about)
	})
	if i < 0 {
		return act{}, false
	}
	return c.open[i], true
}

// button is a command as a form of one button; more is added to what it is about.
func (c chairing) button(a act, label words.Text, more map[string]json.RawMessage) button {
	fixed := map[string]json.RawMessage{}
	for name, value := range a.fixed {
		fixed[name] = value
	}
	for name, value := range more {
		fixed[name] = value
	}
	data, _ := json.Marshal(fixed) // of values that were JSON
	return button{Label: c.text(label), About: a.About, Path: address.Act.For(c.v.Covenant.Slug, a.command.Name),
		Fixed: string(data), Key: uuid.NewString(), From: fromPanel}
}

// attendees are the parties, each with what can be recorded of it.
func (c chairing) attendees() []attendee {
	var out []attendee
	for i, row := range c.attending() {
		agency := c.v.Covenant.Parties[i].Agency
		one := attendee{attendingRow: row, ID: string(agency)}
		if a, ok := c.find("record-attendance", "agency", string(agency)); ok {
			b := c.button(a, words.Text{}, nil)
			one.Record, one.People = &b, c.peopleOf(agency)
		}
		if a, ok := c.find("record-proxy", "from", string(agency)); ok {
			one.Proxy = withFrom(a.Path, fromPanel)
		}
		out = append(out, one)
	}
	return out
}

// peopleOf are those who hold a position in an agency today; who is recorded, else who votes for it, is chosen.
func (c chairing) peopleOf(agency workflow.AgencyID) (out []option) {
	today, chosen := c.v.Calendar.Today(c.v.Now), workflow.PersonID("")
	for _, h := range c.v.Directory.HoldersIn(c.v.Covenant.ID, agency, workflow.DutyVote, today) {
		if chosen == "" {
			chosen = h.ID
		}
	}
	for _, a := range c.v.Covenant.Sitting().Attendance {
		if a.Agency == agency && a.Person != "" {
			chosen = a.Person
		}
	}
	seen := map[workflow.PersonID]bool{}
	for _, p := range c.v.Directory.Positions {
		if p.Agency == agency && p.Holds(today) && !seen[p.Person] {
			seen[p.Person] = true
			out = append(out, option{Value: string(p.Person), Text: c.person(p.Person) + ", " + p.Title,
				Chosen: p.Person == chosen})
		}
	}
	slices.SortFunc(out, func(a, b option) int {
		if a.Text < b.Text {
			return -1
		}
		return 1
	})
	return out
}

// motions are the motions of the panel, in the order of the conference.
func (c chairing) motions() []chairMotion {
	var out []chairMotion
	rows := c.presenter.motions()
	for _, m := range c.v.Covenant.Motions {
		if m.Opened {
			out = append(out, c.opened(m, rows[len(out)]))
		}
	}
	for n, m := range c.v.PendingMotions() {
		one := chairMotion{motionRow: rows[len(out)], ID: string(m.ID)}
		if a, ok := c.find("open-motions", "", ""); ok {
			ids, _ := json.Marshal([]workflow.MotionID{m.ID}) // a list of texts
			b := c.button(a, words.Of("Đưa ra biểu quyết", "Put to the vote"),
				map[string]json.RawMessage{"motions": ids})
			b.About, b.Primary = one.Text, n == 0 && !slices.ContainsFunc(out,
				func(m chairMotion) bool { return !m.Closed })
			one.Buttons = append(one.Buttons, b)
		}
		out = append(out, one)
	}
	return out
}

func (c chairing) opened(m workflow.Motion, row motionRow) chairMotion {
	one := chairMotion{motionRow: row, ID: string(m.ID)}
	if a, ok := c.find("close-motion", "motion", string(m.ID)); ok {
		label := words.Of("Kết thúc và công bố", "Close and declare")
		if a.fixed["lapse"] != nil {
			label = words.Of("Kết thúc: không đủ điều kiện, không tính", "Close: it lapses without a quorum")
		}
		b := c.button(a, label, nil)
		b.Primary = a.fixed["lapse"] == nil && len(c.missingVotes(m)) == 0
		one.Buttons = append(one.Buttons, b)
	}
	if a, ok := c.find("count-hands", "motion", string(m.ID)); ok {
		b := c.button(a, words.Of("Ghi kết quả giơ tay", "Record the show of hands"), nil)
		one.Hands = &b
	}
	return one
}

// agenda are the steps of the conference in their order; the first that is not done is now.
func (c chairing) agenda(motions []chairMotion) []agendaItem {
	var out []agendaItem
	sitting := c.v.Covenant.Sitting()
	stage, _ := c.v.Process.Stage(c.v.Covenant.Stage)
	held := stage.Vote != nil && stage.Vote.Conference != nil
	open := sitting != nil && sitting.Closed == nil
	done := map[bool]string{true: "done", false: "next"}
	if held {
		item := agendaItem{Text: c.text(words.Of("Khai mạc", "Opening")), State: done[open]}
		if a, ok := c.find("open-conference", "", ""); ok {
			item.Anchor = withFrom(a.Path, fromPanel)
		}
		count := workflow.Count{}
		if open {
			count = c.v.Attendance(stage)
		}
		quorum := open && count.Present >= stage.Vote.Quorum.Of(count.Entitled)
		out = append(out, item, agendaItem{Text: c.text(words.Of("Điểm danh, đủ điều kiện tiến hành",
			"Roll call, until there is a quorum")), State: done[quorum], Anchor: "#diem-danh"})
	}
	for _, m := range motions {
		out = append(out, agendaItem{Text: m.Text, State: done[m.Closed], Buttons: m.Buttons})
	}
	if held {
		item := agendaItem{Text: c.text(words.Of("Bế mạc", "Closing")), State: "next"}
		if a, ok := c.find("close-conference", "", ""); ok {
			item.Anchor = withFrom(a.Path, fromPanel)
		}
		out = append(out, item)
	}
	now := slices.IndexFunc(out, func(i agendaItem) bool { return i.State != "done" })
	for i := range out {
		if i == now {
			out[i].State = "now"
		} else {
			out[i].Buttons = nil
		}
		out[i].Word = c.text(stepWords[out[i].State])
	}
	return out
}

// others are what else can be done at the conference, by their forms.
func (c chairing) others() []act {
	var out []act
	for _, a := range c.open {
		if slices.Contains([]string{"hand-over-chair", "propose-motion", "amend-text", "close-conference",
			"declare-conflict"}, a.command.Name) {
			a.Path = withFrom(a.Path, fromPanel)
			out = append(out, a)
		}
	}
	return out
}
