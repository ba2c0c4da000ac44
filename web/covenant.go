package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// covenantPage is one covenant: where it stands and who acts next, the document, and everything around it.
type covenantPage struct {
	basePage
	livePage
	cover
	progress
	Board     string // address of what is for the hall's projector, if there is something
	ScorePage string // address
	Evidence  string // address of the evidence bundle
	Tasks     tasks
	Done      string // what the reader has just done
	Document  documentPanel
	Sections  []string // of the panel, in the order shown
	signPart
	Rounds   []reviewRound
	Motions  []motionRow
	Sittings []sittingRow
	Scores   []scoreRow
	Duties   []dutyRow
	mailPart
	timelinePart
}

// cover is what stands above everything that is shown of a covenant.
type cover struct {
	Path, Heading string
	Block         string
	Number, Date  string
	Status        string
	Tone          workflow.Tone
	Hindrances    []hindrance
}

// hindrance is what stands in a covenant's way or what the program does not get done, with who can mend it.
type hindrance struct{ Text, Mend string }

// progress is how far a covenant has come on its way, and who acts next.
type progress struct {
	Next     []actor
	NextMore int
	Steps    []step
	StepNow  int // from 1; 0 when all is done
	StepName string
}

// actor is somebody who has to act, with the people who may.
type actor struct{ Agency, People string }

// step is a stage of the process on the way of the covenant.
type step struct {
	Name  string
	State string // done, now, next or stopped
	Word  string // the state's
}

var stepWords = map[string]words.Text{
	"done":    words.Of("đã xong", "done"),
	"now":     words.Of("đang thực hiện", "under way"),
	"next":    words.Of("tiếp theo", "to come"),
	"stopped": words.Of("đã dừng", "stopped"),
}

func (s *server) covenant(_ http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	p, err := s.covenantPage(r, v)
	if err != nil {
		return nil, err
	}
	return &answer{page: "covenant", data: p}, nil
}

func (s *server) covenantPage(r *request, v *engine.View) (*covenantPage, error) {
	t, c := s.presenter(r, v), v.Covenant
	document, err := t.documentPanel(r.URL.Query().Get("lan"))
	if err != nil {
		return nil, err
	}
	p := &covenantPage{
		basePage: s.base(r, "covenants"), livePage: s.live(r, v), cover: t.cover(), progress: t.progress(),
		ScorePage: address.Scores.For(c.Slug), Document: document,
		Sections: sections(c.Phase), signPart: t.signPart(), Rounds: reviews{t}.rounds(), Motions: t.motions(),
		Sittings: t.sittings(), Scores: t.scores(), Duties: t.duties(), mailPart: t.mailPart(),
		timelinePart: t.timelinePart(),
	}
	p.Title, p.Wide = c.Title, true
	p.Tasks = actions{s}.acts(r, v)
	if word, ok := actWords[r.URL.Query().Get("xong")]; ok {
		p.Done = r.text(word.label)
	}
	if v.Reading.Scope >= workflow.ReadDossier {
		p.Evidence = address.Evidence.For(c.Slug)
	}
	if len(c.Motions) > 0 || len(c.Conferences) > 0 || c.Phase == workflow.AwaitingVotes {
		p.Board = address.Board.For(c.Slug)
	}
	if len(p.Scores) > 0 {
		p.Sections = append([]string{"score"}, p.Sections...)
	}
	return p, nil
}

// Order is that of the panel's parts, as one word.
func (p *covenantPage) Order() string { return strings.Join(p.Sections, ".") }

func (t presenter) cover() cover {
	c := t.v.Covenant
	out := cover{
		Path: address.Covenant.For(c.Slug), Heading: strings.ReplaceAll(c.Title, " – ", "\u00a0– "),
		Block: t.v.Directory.Blocks[c.Block].Name, Number: c.PrintedNumber(),
		Status: t.v.Status(t.v.Now, t.lang), Tone: c.Phase.Tone(),
	}
	if c.Number != nil {
		out.Date = c.Number.Date.Display()
	}
	out.Hindrances = t.hindrances()
	return out
}

// hindrances stand first on the page: troubles of the program itself, obstacles, mails that do not go out.
func (t presenter) hindrances() (out []hindrance) {
	admin := t.text(workflow.MendAdministrator.Words())
	for _, trouble := range t.v.Troubles {
		out = append(out, hindrance{t.text(trouble.Telling(t.v.Calendar.Zone())), ""})
	}
	for _, o := range t.v.Obstacles {
		if o.OfCovenant() && !t.v.Covenant.HasAccepted(o) {
			out = append(out, hindrance{t.text(o.Text), t.text(o.Mend.Words())})
		}
	}
	unsent := 0
	for _, m := range t.v.Mails {
		if m.State == string(store.MailFailed) || m.State == string(store.MailInDoubt) {
			unsent++
		}
	}
	if unsent > 0 {
		out = append(out, hindrance{t.text(words.F("%d thư chưa đến được người nhận",
			"%d mails have not reached their "+
				"recipients", unsent)), admin})
	}
	return out
}

func (t presenter) progress() (p progress) {
	p.Next, p.NextMore = t.nextActors()
	p.Steps = t.steps()
	for i, st := range p.Steps {
		if st.State == "now" || st.State == "stopped" {
			p.StepNow, p.StepName = i+1, st.Name
		}
	}
	return p
}

// sections is the order of the panel's parts: what the present phase is about comes first. Once the covenant is in
// force the signatures still do, since they are what a visitor wants to see, and then the reports.
func sections(phase workflow.Phase) []string {
	switch phase {
	case workflow.AwaitingRevision, workflow.AwaitingReviews:
		return []string{"review", "sign", "vote", "report", "mail", "timeline"}
	case workflow.AwaitingVotes:
		return []string{"vote", "review", "sign", "report", "mail", "timeline"}
	case workflow.AwaitingReports:
		return []string{"sign", "report", "mail", "review", "vote", "timeline"}
	}
	return []string{"sign", "review", "vote", "report", "mail", "timeline"}
}

const actorsShown = 4

// nextActors says who has to act now, with the people who may, and how many agencies more than are shown.
func (t presenter) nextActors() (shown []actor, more int) {
	turns := t.v.Turns()
	for i, turn := range turns {
		if i == actorsShown {
			return shown, len(turns) - actorsShown
		}
		shown = append(shown, actor{t.agency(turn.Agency), t.holders(turn.Agency, turn.Duty)})
	}
	return shown, 0
}

func (t presenter) holders(agency workflow.AgencyID, duty workflow.Duty) string {
	var names []string
	for _, h := range t.v.Directory.HoldersIn(t.v.Covenant.ID, agency, duty, t.v.Calendar.Today(t.v.Now)) {
		names = append(names, t.acting(h.ID, h.Authority))
	}
	return strings.Join(names, ", ")
}

// steps are the stages of the process from the draft on, each done, now or next.
func (t presenter) steps() []step {
	c := t.v.Covenant
	steps, now := []step{{Name: t.text(words.Of("Dự thảo", "Draft"))}}, 0
	for i, stage := range t.v.Process.Stages {
		steps = append(steps, step{Name: stage.Label(t.lang)})
		if stage.ID == c.Stage && c.Phase != workflow.AwaitingRevision {
			now = i + 1
		}
	}
	if c.Phase == workflow.PhaseClosed || c.Phase == workflow.PhaseInForce || c.Phase == workflow.PhaseAdopted {
		now = len(steps)
	}
	for i := range steps {
		switch {
		case i < now:
			steps[i].State = "done"
		case i > now:
			steps[i].State = "next"
		case c.Phase == workflow.PhaseRejected:
			steps[i].State = "stopped"
		default:
			steps[i].State = "now"
		}
		steps[i].Word = t.text(stepWords[steps[i].State])
	}
	return steps
}

// documentPanel is the document as the page shows it.
type documentPanel struct {
	URL       string // of the PDF; empty while there is none
	Name      string
	Digest    string
	Short     string
	Size      string
	FileName  string
	Chosen    int  // revision shown, 0 = the newest bytes
	Frozen    bool // there are newer bytes than the last revision
	Revisions []revisionLink
}

// revisionLink leads to a revision that was put before the agencies.
type revisionLink struct {
	Number    int
	Label     string
	Path, PDF string
	Current   bool
}

// documentPanel picks what the viewer shows: the frozen file with its signatures, or a revision.
func (t presenter) documentPanel(chosen string) (documentPanel, error) {
	c := t.v.Covenant
	path := address.Covenant.For(c.Slug)
	var d documentPanel
	shown := 0
	if chosen != "" {
		n, err := strconv.Atoi(chosen)
		if _, ok := c.RevisionNumbered(n); err != nil || !ok {
			return d, errNotFound
		}
		shown, d.Chosen = n, n
	} else if n := len(c.Revisions); c.Head.IsZero() && n > 0 {
		shown = c.Revisions[n-1].Number
	}
	switch {
	case shown > 0:
		rev, _ := c.RevisionNumbered(shown)
		d.URL, d.Name = address.Revision.For(c.Slug, itoa(shown)), t.text(words.F("Dự thảo lần %d",
			"Draft revision %d", shown))
		d.Digest, d.Short = rev.PDF.String(), rev.PDF.Short()
	case !c.Head.IsZero():
		d.URL, d.Name = address.Document.For(c.Slug), t.headName()
		d.Digest, d.Short, d.Size = c.Head.String(), c.Head.Short(), t.text(words.Size(c.HeadSize))
	}
	d.FileName, d.Frozen = fileName(c, shown), !c.Head.IsZero()
	for _, rev := range c.Revisions {
		d.Revisions = append(d.Revisions, revisionLink{
			Number: rev.Number, Label: t.text(words.F("Dự thảo lần %d",
				"Draft revision %d", rev.Number)), Path: fmt.Sprintf("%s?lan=%d", path, rev.Number),
			PDF:     address.Revision.For(c.Slug, itoa(rev.Number)),
			Current: rev.Number == shown && (d.Chosen > 0 || c.Head.IsZero()),
		})
	}
	return d, nil
}

// headName says what the newest bytes are.
func (t presenter) headName() string {
	c := t.v.Covenant
	if len(c.Signed) == 0 {
		return t.text(words.Of("Bản đã chốt, chưa có chữ ký", "Final text, not yet signed"))
	}
	name := t.text(words.F("Bản đã chốt với %d/%d chữ ký",
		"Final text with %d of %d signatures", len(c.Signed), len(c.Parties)))
	if n := len(c.Sealed); n > 0 {
		name += ", " + t.text(words.N(n, "con dấu", "seal", "seals"))
	}
	return name
}

// displayDate is a civil date, or nothing.
func displayDate(d workflow.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Display()
}

// day is the civil date of a moment in the covenant's zone.
func (t presenter) day(at time.Time) string { return at.In(t.zone).Format("02/01/2006") }
