package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

type showCmd struct {
	Slug string `arg:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	Wait bool   `help:"Wait up to a minute while the program itself is at work (freezing, validation data); the directory must be served."`
	Out  string `short:"o" help:"Write the document to this file: its newest version, or the newest revision before it is frozen." placeholder:"FILE.pdf"`
	// Sheet is written in place of the document.
	Sheet workflow.AgencyID `help:"With --out, write this agency's score sheet instead." placeholder:"AGENCY"`
	Log   bool              `help:"Also tell what happened, the oldest first, as the covenant's page tells it."`
	JSON  bool              `name:"json" help:"Print everything as JSON."`
	As    workflow.PersonID `help:"Read as this person may, and list what they may do now, and why not what else." placeholder:"PERSON"`
	place
}

// Run prints where a covenant stands, whose turn it is, and what the next commands have to name.
func (cmd *showCmd) Run(e *env) error {
	began, asked := time.Now(), catalogue.Show{Wait: cmd.Wait, Log: cmd.Log}
	a, err := cmd.ask(e, call("show", cmd.Slug, "").as(cmd.As), asked)
	for err == nil && cmd.Wait && catalogue.AtWork(a.Standing.Phase) && time.Since(began) < time.Minute {
		a, err = cmd.ask(e, call("show", cmd.Slug, "").as(cmd.As), asked)
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
	printStanding(e, a.Standing)
	return nil
}

// write leaves the document, or an agency's score sheet, in a file.
func (cmd *showCmd) write(e *env, s *catalogue.Standing) error {
	if cmd.Sheet != "" {
		return cmd.readAs(e, cmd.As, func(eng *engine.Engine, by workflow.Actor) error {
			sheet, err := eng.ScoreSheet(e.ctx, by, cmd.Slug, cmd.Sheet)
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
	return cmd.readAs(e, cmd.As, func(eng *engine.Engine, by workflow.Actor) error {
		_, err := writeStream(cmd.Out, func(w io.Writer) (int64, error) {
			content, _, err := eng.Document(e.ctx, by, digest)
			if err != nil {
				return 0, err
			}
			defer content.Close()
			return io.Copy(w, content)
		})
		return err
	})
}

// printStanding says where a covenant stands in words, a line each.
func printStanding(e *env, s *catalogue.Standing) {
	fmt.Fprintln(e.out, s.Title)
	fmt.Fprintln(e.out, "→", s.Status)
	for _, t := range s.Troubles {
		fmt.Fprintln(e.out, "!", t.Text)
	}
	for _, o := range s.Obstacles {
		switch {
		case o.Accepted:
			e.say("vướng mắc %s [%s; đã được chấp nhận]", "obstacle  %s [%s; accepted]", o.Text, o.Code)
		default:
			e.say("vướng mắc %s [%s; %s]", "obstacle  %s [%s; %s]", o.Text, o.Code, o.Mend)
		}
	}
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
		e.say("ô ký      %s (%s): %s", "cell      %s (%s): %s", c.Slot, c.Field,
			cmp.Or(string(c.Signed), e.pick("chưa ký", "not signed")))
	}
	for _, c := range s.Criteria {
		e.say("tiêu chí  %s, tối đa %s điểm: %s", "criterion %s, at most %s points: %s", c.ID, c.Max.Display(e.lang),
			c.Text)
	}
	for _, p := range s.Polls {
		e.say("bỏ phiếu  %s (%s): %s", "poll      %s (%s): %s", p.ID, e.openOrClosed(p.Open, p.Closed), p.Text)
	}
	for _, r := range s.Reminders {
		e.say("nhắc      %s %s %s, %s, hạn %s: %s", "reminder  %s %s %s, %s, due %s: %s",
			r.Obligation, r.Period, r.Rung, r.At.Format("02/01/2006 15:04"), r.LastDay.Display(),
			e.reminderState(r.State))
	}
	for _, c := range s.Commands {
		if c.Why == "" {
			e.say("được làm   %s: %s", "may       %s: %s", c.Name, c.Does)
		}
	}
	for _, c := range s.Commands {
		if c.Why != "" {
			e.say("chưa được  %s: %s", "may not   %s: %s", c.Name, c.Why)
		}
	}
	for _, c := range s.Console {
		fmt.Fprintln(e.out, "         ", c.Text().In(e.lang))
	}
	e.printLog(s.Log)
}

// printLog tells what happened, each with who did it.
func (e *env) printLog(log []catalogue.StandingEvent) {
	for _, l := range log {
		at := l.At.Format("02/01/2006 15:04")
		e.say("nhật ký   #%d %s %s – %s", "log       #%d %s %s – %s", l.Version, at, l.Text, l.By)
		if l.Detail != "" {
			fmt.Fprintln(e.out, "         ", l.Detail)
		}
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
	words := map[string][2]string{"pending": {"chưa đến lúc", "to come"}, "sent": {"đã nhắc", "sent"},
		"skipped": {"không cần", "not needed"}}
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
