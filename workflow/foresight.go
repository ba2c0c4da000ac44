package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// Obstacle is something that stands between a covenant and its end and that is known before it is met.
type Obstacle struct {
	// Code names it among the obstacles of its covenant: what kind, and about whom, as in nobody/sign/so-y-te.
	Code string
	Text words.Text // what is wrong, and what to do
	Mend Mender
	// Stops: the covenant cannot reach its end as it is. Else it is a doubt, or will cost time.
	Stops bool
}

// Mender is who can do something about an obstacle.
type Mender string

// Who mends.
const (
	MendAdministrator Mender = "administrator"
	MendDrafter       Mender = "drafter"
	MendHolder        Mender = "holder" // the person whose certificate it is
)

// Words is the mender in the reader's language.
func (m Mender) Words() words.Text {
	return map[Mender]words.Text{
		MendAdministrator: words.Of("quản trị", "the administrator"),
		MendDrafter:       words.Of("đơn vị soạn thảo", "the drafter"),
		MendHolder:        words.Of("người ký", "the signatory"),
	}[m]
}

// Events of obstacles.
type (
	// ObstaclesAccepted says that an administrator knows of obstacles and has the covenant go on all the same.
	ObstaclesAccepted struct {
		Obstacles []string `json:"obstacles"` // their codes
		Reason    string   `json:"reason"`
		Person    PersonID `json:"person,omitempty"` // who administers; none: the console by itself
	}
)

// Kind is the event's name in the log.
func (ObstaclesAccepted) Kind() string { return "obstacles_accepted" }

func (e ObstaclesAccepted) apply(c *Covenant) {
	c.Accepted = append(slices.Clip(c.Accepted), e.Obstacles...)
}

func (e ObstaclesAccepted) line(State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Quản trị cho tiếp tục dù còn %d vướng mắc đã biết",
		"The administrator lets it go on in spite of known obstacles: %d", len(e.Obstacles)),
		Detail: words.Same(e.Reason)}
}

// AcceptObstacles lets a covenant be numbered and frozen although it is known what stands in its way. The engine
// compares the codes with what there is.
type AcceptObstacles struct {
	Obstacles []string `json:"obstacles,omitzero"` // by their codes
	Reason    string   `json:"reason,omitzero"`
}

func (cmd AcceptObstacles) decide(s State, by Actor, _ time.Time) ([]Event, error) {
	if err := s.Directory.Administers(by); err != nil {
		return nil, err
	}
	switch c := s.Covenant; {
	case c.Phase == PhaseNew:
		return nil, s.expect(AwaitingRevision)
	case c.Phase.Ended() || c.Frozen != nil:
		return nil, refuse(CodeWrongState, "vướng mắc chỉ được chấp nhận trước khi chốt văn bản",
			"obstacles are accepted before the document is frozen")
	case blank(cmd.Reason):
		return nil, refuse(CodeInvalid, "cần nêu lý do cho tiếp tục", "say why it may go on")
	case len(cmd.Obstacles) == 0:
		return nil, refuse(CodeInvalid, "cần nêu mã các vướng mắc (obstacles); lệnh show liệt kê chúng",
			"name the obstacles by their codes; show lists them")
	}
	return []Event{ObstaclesAccepted{cmd.Obstacles, cmd.Reason, by.Person()}}, nil
}

// OfCovenant reports whether an obstacle is this covenant's, and not a doubt about the whole installation.
func (o Obstacle) OfCovenant() bool { return o.Stops || strings.Contains(o.Code, "/") }

// HasAccepted reports whether an administrator has accepted an obstacle.
func (c *Covenant) HasAccepted(o Obstacle) bool { return slices.Contains(c.Accepted, o.Code) }

// Unaccepted are the obstacles that stop the covenant and that no administrator has accepted.
func (c *Covenant) Unaccepted(all []Obstacle) (out []Obstacle) {
	for _, o := range all {
		if o.Stops && !c.HasAccepted(o) {
			out = append(out, o)
		}
	}
	return out
}

// Foresee answers whether the covenant can reach its end from here: all that stands in the way as far as the process,
// the directory and the calendar tell. What else an installation needs is added by the engine. It believes the
// directory of today: who leaves before a date that is fixed, or estimated from the terms of the
// process, counts as gone then.
func (s State) Foresee(now time.Time) []Obstacle {
	f := &foresight{State: s, today: s.today(now), day: s.today(now)}
	c := s.Covenant
	if c.Phase == PhaseNew || c.Phase.Ended() || s.Process == nil {
		return nil
	}
	if c.Phase == AwaitingRevision {
		f.people(words.Of("Soạn thảo", "Drafting"), DutyDraft, true, 1, c.For)
	}
	for _, stage := range f.ahead() {
		f.advance(stage)
		f.stage(stage)
	}
	return f.found
}

// foresight goes through the stages that are still to come. day is when the stage it looks at is due, as far as that
// is fixed or can be estimated.
type foresight struct {
	State
	today, day Date
	found      []Obstacle
}

// ahead are the open stage and those after it.
func (s State) ahead() []Stage {
	c := s.Covenant
	if c.Phase == AwaitingRevision {
		return s.Process.Stages
	}
	open, ok := s.Process.Stage(c.Stage)
	if !ok {
		return nil
	}
	after := s.Process.After(c.Stage)
	if c.Phase == AwaitingFreeze { // the number is given
		return after
	}
	return append([]Stage{open}, after...)
}

func (f *foresight) add(code string, mend Mender, stops bool, vi, en string, args ...any) {
	o := Obstacle{Code: code, Text: words.F(vi, en, args...), Mend: mend, Stops: stops}
	if !slices.ContainsFunc(f.found, func(have Obstacle) bool { return have.Code == code }) {
		f.found = append(f.found, o)
	}
}

// advance moves the day to the stage's deadline. A day that no calendar reaches is an obstacle.
func (f *foresight) advance(stage Stage) {
	if stage.ID == f.Covenant.Stage && !f.Covenant.Due.Date.IsZero() {
		f.day = laterOf(f.today, f.Covenant.Due.LastDay())
		return
	}
	if stage.Due.IsZero() {
		return
	}
	due, err := f.Calendar.Deadline(f.day, stage.Due.In(f.Covenant.Year))
	if err != nil {
		f.add("calendar/"+string(stage.ID), MendAdministrator, true, "Bước “%s”: %s", "Step “%s”: %s",
			stage.Name, ErrorText(err))
		return
	}
	f.day = laterOf(f.day, due.LastDay())
}

// ErrorText is an error in both languages, where it has them.
func ErrorText(err error) words.Text {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Text
	}
	return words.Same(err.Error())
}

func laterOf(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}

// stage asks for each duty of a stage whether somebody may do it.
func (f *foresight) stage(stage Stage) {
	c, name := f.Covenant, stage.Name
	open := stage.ID == c.Stage
	certain := stage.When.IsZero()
	asked := f.takingPart(stage)
	if open && len(c.Waiting)+len(c.Queue) > 0 {
		asked = slices.Concat(c.Waiting, c.Queue)
	}
	switch stage.Kind {
	case StageReview:
		f.people(name, DutyReview, certain && !goesOnWithout(stage), stage.Review.Approve.Of(len(asked)), asked...)
	case StageVote:
		f.people(name, DutyVote, certain && !goesOnWithout(stage), len(asked), asked...)
		f.people(name, DutyVote, certain, 1, f.Chair())
	case StageNumber:
		f.people(name, DutyNumber, certain, 1, f.numbering(stage))
	case StageSign:
		asked = f.unsigned(stage)
		f.people(name, DutySign, certain, max(0, f.SignTally().Need-f.SignTally().Have), asked...)
	case StageSeal:
		if !open {
			asked = f.takingPart(stage)
		}
		f.people(name, DutyNumber, certain && !goesOnWithout(stage), len(asked), asked...)
	case StageReport:
		f.reports(stage)
	case StageScore:
		f.people(name, DutyReport, false, len(asked), asked...)
	}
}

// goesOnWithout reports whether a ladder goes on without those who have not acted.
func goesOnWithout(s Stage) bool {
	return slices.ContainsFunc(s.Escalate, func(r EscalationRule) bool {
		return r.Then == ThenContinue || r.Then == ThenTreatAs
	})
}

// Unsigned are the agencies of which the covenant still awaits a signature.
func (s State) Unsigned() []AgencyID {
	stage, ok := s.Process.OfKind(StageSign)
	if !ok {
		return nil
	}
	return s.unsigned(stage)
}

// unsigned are the agencies of which a signature is still awaited, whether their group's turn has come or not.
func (s State) unsigned(stage Stage) (out []AgencyID) {
	for _, group := range s.signGroups(stage) {
		for _, a := range group {
			p, _ := s.Covenant.Party(a)
			_, digital := s.Covenant.Signature(p.Slot)
			_, paper := s.Covenant.PaperSignature(p.Slot)
			_, refused := s.Covenant.RefusedSlot(p.Slot)
			if !digital && !paper && !refused {
				out = append(out, a)
			}
		}
	}
	return out
}

// people looks for who may do a duty for each of the agencies, today and on the stage's day. It stops the covenant
// where fewer than needed of them have somebody.
func (f *foresight) people(step words.Text, duty Duty, stops bool, need int, agencies ...AgencyID) {
	have := len(agencies)
	gone := map[AgencyID]Date{}
	for _, a := range agencies {
		for _, day := range []Date{f.today, f.day} {
			if len(f.Directory.HoldersIn(f.Covenant.ID, a, duty, day)) == 0 {
				gone[a] = day
				have--
				break
			}
		}
	}
	for _, a := range agencies {
		day, missing := gone[a]
		code := fmt.Sprintf("nobody/%s/%s", duty, a)
		switch {
		case !missing:
		case day == f.today:
			f.add(code, MendAdministrator, stops && have < need,
				"Bước “%[1]s”: %[2]s chưa có ai được phân công %[3]s; đề nghị quản trị phân công trước khi đến bước "+
					"này",
				"Step “%[1]s”: nobody at %[2]s has been assigned to %[3]s; ask the administrator to assign somebody "+
					"before "+
					"this step", step, f.Directory.AgencyName(a), duty.Words())
		default:
			f.add(code, MendAdministrator, false,
				"Bước “%[1]s”: đến %[4]s, %[2]s không còn ai được phân công %[3]s; đề nghị quản trị phân công người "+
					"thay",
				"Step “%[1]s”: on %[4]s nobody at %[2]s will be assigned to %[3]s any more; ask the administrator "+
					"for a "+
					"successor", step, f.Directory.AgencyName(a), duty.Words(), day.Display())
		}
	}
}

// reports asks whether the members have somebody who reports, and whether each duty has a date while it lasts.
func (f *foresight) reports(stage Stage) {
	c := f.Covenant
	var members []AgencyID
	for _, p := range c.Parties {
		if p.Role != RoleWitness {
			members = append(members, p.Agency)
		}
	}
	f.people(stage.Name, DutyReport, false, len(members), members...)
	from, until := f.day, f.day.AddMonths(stage.Report.Months)
	if !c.InForce.IsZero() {
		from, until = c.InForce, c.InForce.AddMonths(stage.Report.Months)
	}
	if c.Reporting != nil {
		from, until = c.Reporting.From, c.Reporting.Until
	}
	if _, err := stage.Report.Occurrences(from, until, f.Calendar); err != nil {
		f.add("calendar/"+string(stage.ID), MendDrafter, true, "Bước “%s”: %s", "Step “%s”: %s",
			stage.Name, ErrorText(err))
		return
	}
	for _, o := range stage.Report.Obligations {
		if len(stage.Report.Deadlines(o.ID, from, until)) == 0 {
			f.add("no-period/"+string(o.ID), MendDrafter, false,
				"Bước “%[1]s”: nghĩa vụ “%[2]s” không có kỳ nào từ %[3]s đến %[4]s; hãy xem lại quy trình",
				"Step “%[1]s”: no period of “%[2]s” falls between %[3]s and %[4]s; look at the process again",
				stage.Name, o.Names, from.Display(), until.Display())
		}
	}
}

// Gaps are the duties that nobody of a block's agencies has today: what its covenants would stand still for. It is told
// when the directory is changed, before there is any covenant.
func (d *Directory) Gaps(block Block, day Date) (out []Obstacle) {
	add := func(a AgencyID, duty Duty) {
		if len(d.HoldersIn("", a, duty, day)) > 0 {
			return
		}
		out = append(out, Obstacle{Code: fmt.Sprintf("nobody/%s/%s", duty, a), Mend: MendAdministrator,
			Text: words.F("%[1]s chưa có ai được phân công %[2]s", "nobody at %[1]s has been assigned to %[2]s",
				d.AgencyName(a), duty.Words())})
	}
	for _, m := range block.Members {
		for _, duty := range AllDuties() {
			leads := duty == DutyDraft || duty == DutyNumber
			if m.Role == RoleWitness && duty != DutySign || leads && m.Role != RoleLeader {
				continue
			}
			add(m.Agency, duty)
		}
	}
	return out
}
