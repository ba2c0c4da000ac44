package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

type showCmd struct {
	Slug string `arg:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	Wait bool   `help:"Wait up to a minute while the program itself is at work (freezing, validation data); the directory must be served."`
	Out  string `short:"o" help:"Write the document to this file: its newest version, or the newest revision before it is frozen." placeholder:"FILE.pdf"`
	// Sheet is written in place of the document.
	Sheet workflow.AgencyID `help:"With --out, write this agency's score sheet instead." placeholder:"AGENCY"`
	JSON  bool              `name:"json" help:"Print everything as JSON."`
	place
}

// Run prints where a covenant stands, whose turn it is, and what the next commands have to name.
func (cmd *showCmd) Run(e *env) error {
	began := time.Now()
	a, err := cmd.ask(e, "show", cmd.Slug, showParams{cmd.Wait})
	for err == nil && cmd.Wait && atWork(a.Standing.Phase) && time.Since(began) < time.Minute {
		a, err = cmd.ask(e, "show", cmd.Slug, showParams{cmd.Wait})
	}
	if err != nil {
		return err
	}
	if cmd.Out != "" {
		if err := cmd.write(e, a.Standing); err != nil {
			return err
		}
	}
	if cmd.JSON {
		return json.NewEncoder(e.out).Encode(a.Standing)
	}
	a.Standing.print(e)
	return nil
}

// write leaves the document, or an agency's score sheet, in a file.
func (cmd *showCmd) write(e *env, s *standing) error {
	if cmd.Sheet != "" {
		return cmd.read(e, func(eng *engine.Engine) error {
			sheet, err := eng.ScoreSheet(e.ctx, cmd.Slug, cmd.Sheet)
			if err != nil {
				return err
			}
			return writeWhole(cmd.Out, sheet, 0o644)
		})
	}
	digest := s.Head
	if digest.IsZero() && s.Revision != nil {
		digest = s.Revision.PDF
	}
	if digest.IsZero() {
		return sentence("giao ước chưa có văn bản nào", "there is no document of the covenant yet")
	}
	return cmd.read(e, func(eng *engine.Engine) error {
		_, err := writeStream(cmd.Out, func(w io.Writer) (int64, error) {
			content, _, err := eng.Document(e.ctx, digest)
			if err != nil {
				return 0, err
			}
			defer content.Close()
			return io.Copy(w, content)
		})
		return err
	})
}

// standing is where a covenant stands, with what the next commands have to name: digests, motions, cells, periods.
type standing struct {
	Covenant  workflow.CovenantID `json:"covenant"`
	Slug      string              `json:"slug"`
	Title     string              `json:"title"`
	Phase     workflow.Phase      `json:"phase"`
	Ended     bool                `json:"ended"`
	Status    string              `json:"status"` // in the asker's language
	Turns     []turn              `json:"turns,omitempty"`
	Waiting   []workflow.AgencyID `json:"waiting,omitempty"` // those whom the open stage asks
	Members   []workflow.AgencyID `json:"members,omitempty"`
	Revision  *standingRevision   `json:"revision,omitempty"` // the newest
	Comments  []standingComment   `json:"comments,omitempty"` // not settled
	Motions   []standingMotion    `json:"motions,omitempty"`
	Number    string              `json:"number,omitempty"` // as printed
	Frozen    workflow.Digest     `json:"frozen,omitzero"`  // what signatories consent to
	Head      workflow.Digest     `json:"head,omitzero"`    // the newest version of the document
	Cells     []cell              `json:"cells,omitempty"`
	Reminders []standingReminder  `json:"reminders,omitempty"`
	Criteria  []standingCriterion `json:"criteria,omitempty"` // while members are scored
	Polls     []standingPoll      `json:"polls,omitempty"`
}

// turn is somebody whose turn it is: an agency, the duty, and who has it today.
type turn struct {
	Agency workflow.AgencyID   `json:"agency"`
	Duty   workflow.Duty       `json:"duty"`
	People []workflow.PersonID `json:"people"`
}

type standingRevision struct {
	Number   int             `json:"number"`
	Manifest workflow.Digest `json:"manifest"` // what an approval names
	PDF      workflow.Digest `json:"pdf"`
}

type standingComment struct {
	ID     workflow.CommentID `json:"id"`
	Clause string             `json:"clause,omitempty"`
	Text   string             `json:"text"`
}

type standingMotion struct {
	ID     workflow.MotionID   `json:"id"`
	Text   string              `json:"text"`
	Secret bool                `json:"secret,omitempty"`
	Open   bool                `json:"open"`
	Closed bool                `json:"closed"`
	Who    []workflow.AgencyID `json:"who"` // entitled to vote
}

// cell is a signature cell of the document.
type cell struct {
	Slot   workflow.SlotID   `json:"slot"`
	Agency workflow.AgencyID `json:"agency"`
	Field  string            `json:"field"`            // of the PDF, for programs that sign elsewhere
	Signed workflow.PersonID `json:"signed,omitempty"` // by whom, digitally or on paper
}

type standingReminder struct {
	Obligation workflow.ObligationID `json:"obligation"`
	Period     workflow.Period       `json:"period"`
	Rung       workflow.Rung         `json:"rung"`
	At         time.Time             `json:"at"`
	LastDay    workflow.Date         `json:"last_day"`
	State      string                `json:"state"` // pending, sent or skipped
	Missing    []workflow.AgencyID   `json:"missing,omitempty"`
}

type standingCriterion struct {
	ID   workflow.CriterionID `json:"id"`
	Text string               `json:"text"`
	Max  workflow.Points      `json:"max"`
}

type standingPoll struct {
	ID     workflow.PollID `json:"id"`
	Text   string          `json:"text"`
	Open   bool            `json:"open"`
	Closed bool            `json:"closed"`
}

// stands gathers where a covenant stands.
func stands(v *engine.View, lang string) *standing {
	c, today := v.Covenant, v.Calendar.Today(v.Now)
	s := &standing{
		Covenant: c.ID, Slug: c.Slug, Title: c.Title, Phase: c.Phase, Ended: c.Phase.Ended(), Status: v.Status(v.Now, lang), Waiting: c.Waiting,
		Members: c.Members(), Number: c.PrintedNumber(), Head: c.Head,
	}
	for _, t := range v.Turns() {
		one := turn{Agency: t.Agency, Duty: t.Duty}
		for _, p := range v.Directory.HoldersIn(c.ID, t.Agency, t.Duty, today) {
			one.People = append(one.People, p.ID)
		}
		s.Turns = append(s.Turns, one)
	}
	if r, ok := c.Revision(); ok {
		s.Revision = &standingRevision{r.Number, r.Manifest, r.PDF}
	}
	for _, t := range c.OpenThreads() {
		s.Comments = append(s.Comments, standingComment{t.ID, t.Clause, t.Text})
	}
	for _, m := range c.Motions {
		s.Motions = append(s.Motions, standingMotion{m.ID, m.Text, m.Secret, m.Opened && m.Result == nil, m.Result != nil, m.Who})
	}
	if c.Frozen != nil {
		s.Frozen = c.Frozen.PDF
		s.addCells(c)
	}
	if c.Phase == workflow.AwaitingScores {
		s.addScoring(v, lang)
	}
	for _, o := range v.Upcoming {
		s.Reminders = append(s.Reminders, standingReminder{
			o.Obligation, o.Period, o.Rung, o.At.In(v.Calendar.Zone()), o.Deadline.LastDay(), o.State, c.Missing(o.Obligation, o.Period)})
	}
	return s
}

func (s *standing) addCells(c *workflow.Covenant) {
	for _, p := range c.Parties {
		if p.Slot == "" {
			continue
		}
		one := cell{Slot: p.Slot, Agency: p.Agency}
		one.Field, _ = c.SignatureField(p.Slot)
		if signed, ok := c.Signature(p.Slot); ok {
			one.Signed = signed.Person
		} else if paper, ok := c.PaperSignature(p.Slot); ok {
			one.Signed = paper.Signatory
		}
		s.Cells = append(s.Cells, one)
	}
}

func (s *standing) addScoring(v *engine.View, lang string) {
	for _, c := range v.ScoreBasis().Criteria {
		s.Criteria = append(s.Criteria, standingCriterion{c.ID, c.Label(lang), c.Max})
	}
	stage, _ := v.Process.Stage(v.Covenant.Stage)
	for _, rule := range stage.Score.Polls {
		one := standingPoll{ID: rule.ID, Text: rule.Label(lang)}
		if scoring := v.Covenant.Scoring; scoring != nil {
			poll, opened := scoring.Poll(rule.ID)
			one.Open, one.Closed = opened && poll.Result == nil, poll.Result != nil
		}
		s.Polls = append(s.Polls, one)
	}
}

// print says it in words, a line each.
func (s *standing) print(e *env) {
	fmt.Fprintln(e.out, s.Title)
	fmt.Fprintln(e.out, "→", s.Status)
	for _, t := range s.Turns {
		e.say("đến lượt  %s (%s): %s", "turn      %s (%s): %s", t.Agency, t.Duty, join(t.People))
	}
	if s.Revision != nil {
		e.say("dự thảo   lần %d, mã %s", "revision  %d, manifest %s", s.Revision.Number, s.Revision.Manifest)
	}
	for _, c := range s.Comments {
		e.say("góp ý     %s %s: %s", "comment   %s %s: %s", c.ID, c.Clause, c.Text)
	}
	for _, m := range s.Motions {
		e.say("biểu quyết %s (%s): %s", "motion    %s (%s): %s", m.ID, e.openOrClosed(m.Open, m.Closed), m.Text)
	}
	if s.Number != "" {
		e.say("số        %s", "number    %s", s.Number)
	}
	if !s.Frozen.IsZero() {
		e.say("văn bản   đã chốt %s, mới nhất %s", "document  frozen %s, newest %s", s.Frozen, s.Head)
	}
	for _, c := range s.Cells {
		e.say("ô ký      %s (%s): %s", "cell      %s (%s): %s", c.Slot, c.Field, cmp.Or(string(c.Signed), e.pick("chưa ký", "not signed")))
	}
	for _, c := range s.Criteria {
		e.say("tiêu chí  %s, tối đa %s điểm: %s", "criterion %s, at most %s points: %s", c.ID, c.Max.Display(e.lang), c.Text)
	}
	for _, p := range s.Polls {
		e.say("bỏ phiếu  %s (%s): %s", "poll      %s (%s): %s", p.ID, e.openOrClosed(p.Open, p.Closed), p.Text)
	}
	for _, r := range s.Reminders {
		e.say("nhắc      %s %s %s, %s, hạn %s: %s", "reminder  %s %s %s, %s, due %s: %s",
			r.Obligation, r.Period, r.Rung, r.At.Format("02/01/2006 15:04"), r.LastDay.Display(), e.reminderState(r.State))
	}
}

func (e *env) openOrClosed(open, closed bool) string {
	switch {
	case closed:
		return e.pick("đã kết thúc", "closed")
	case open:
		return e.pick("đang mở", "open")
	}
	return e.pick("chưa mở", "not opened")
}

func (e *env) reminderState(state string) string {
	words := map[string][2]string{"pending": {"chưa đến lúc", "to come"}, "sent": {"đã nhắc", "sent"}, "skipped": {"không cần", "not needed"}}
	w, ok := words[state]
	if !ok {
		return state
	}
	return e.pick(w[0], w[1])
}

func join[T ~string](items []T) string {
	var out []string
	for _, i := range items {
		out = append(out, string(i))
	}
	return strings.Join(out, ", ")
}
