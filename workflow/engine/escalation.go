package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// EscalateArgs carries out a rung of an open stage's ladder.
type EscalateArgs struct {
	Covenant  workflow.CovenantID `json:"covenant"`
	Stage     workflow.StageID    `json:"stage"`
	Opening   int                 `json:"opening"`
	Extension int                 `json:"extension"`
	Rung      workflow.Rung       `json:"rung"`
	Index     int                 `json:"index"` // of the rung in its stage, from 0
}

// Kind names the job in the queue.
func (EscalateArgs) Kind() string { return "escalate" }

// stageMark sets the ladders of stages apart from the duties of reports in the table of occurrences; no code holds it.
const stageMark = "/@"

// ofStage reports whether an occurrence is about a stage, not about a report.
func ofStage(o store.Occurrence) bool { return strings.Contains(o.Obligation, stageMark) }

// lateIndex is the index of the rung that ends the late signatures; it stands in no ladder.
const lateIndex = 1000

func (a EscalateArgs) occurrence() store.OccurrenceID {
	return store.OccurrenceID{
		Obligation: string(a.Covenant) + stageMark + string(a.Stage),
		Period:     fmt.Sprintf("%d.%d", a.Opening, a.Extension), Rung: a.Index,
	}
}

func escalateArgs(o store.Occurrence) (EscalateArgs, bool) {
	_, stage, ok := strings.Cut(o.Obligation, stageMark)
	a := EscalateArgs{Covenant: workflow.CovenantID(o.Covenant), Stage: workflow.StageID(stage),
		Rung: workflow.Rung(o.Kind), Index: o.Rung}
	if _, err := fmt.Sscanf(o.Period, "%d.%d", &a.Opening, &a.Extension); !ok || err != nil {
		return a, false
	}
	return a, true
}

// ladderIndex is a rung's place in its stage.
func ladderIndex(s workflow.State, stage workflow.StageID, rung workflow.Rung) int {
	rules, _ := s.Process.Stage(stage)
	for i, r := range rules.Escalate {
		if r.ID == rung {
			return i
		}
	}
	return lateIndex
}

// scheduleLadder writes down when the rungs of the open stage fall due, where events have opened it or moved its
// deadline.
func (e deadlines) scheduleLadder(ctx context.Context, tx *store.Tx, s workflow.State, events []workflow.Event) error {
	steps, err := e.ladder(s, events)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if _, err := tx.ScheduleOccurrence(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// ladder are the rungs of the open stage after events that opened it or moved its deadline; none after others.
func (e deadlines) ladder(s workflow.State, events []workflow.Event) (out []store.Occurrence, err error) {
	moved := false
	for _, event := range events {
		switch event.(type) {
		case workflow.StageOpened, workflow.DeadlineExtended, workflow.DeadlineRecounted,
			workflow.SignaturesSufficient:
			moved = true
		}
	}
	if !moved {
		return nil, nil
	}
	return e.steps(s)
}

// steps are the rungs of the open stage, as rows.
func (e deadlines) steps(s workflow.State) (out []store.Occurrence, err error) {
	c := s.Covenant
	if c.Phase.Ended() {
		return nil, nil
	}
	steps, err := s.Ladder()
	for _, step := range steps {
		args := EscalateArgs{Covenant: c.ID, Stage: c.Stage, Opening: c.Opening, Extension: c.Extension, Rung: step.ID,
			Index: ladderIndex(s, c.Stage, step.ID)}
		out = append(out, store.Occurrence{
			OccurrenceID: args.occurrence(), Covenant: string(c.ID), Kind: string(step.ID), Due: step.At,
		})
	}
	return out, err
}

// escalate carries out a rung once, under a key made of its occurrence. Rungs before it that are due are carried
// out with it, so that they keep their order after everything was down; a rung that the rules refuse is settled as
// not needed.
func (e deadlines) escalate(ctx context.Context, args EscalateArgs) error {
	if decides, err := e.decides(ctx, args); err != nil {
		return err
	} else if decides {
		if err := e.whenClockIsRight(ctx); err != nil {
			return err
		}
	}
	cmd := workflow.EscalateStage{Stage: args.Stage, Opening: args.Opening, Extension: args.Extension, Rung: args.Rung}
	meta := Meta{Key: "escalate/" + args.occurrence().String(), Actor: workflow.Program()}
	_, err := e.Do(ctx, args.Covenant, cmd, meta)
	var refusal *workflow.Error
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	reason := "done, or nobody was to be written to"
	if refusal != nil {
		reason = refusal.English
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(args.Covenant))
		return ignoreSettled(tx.SettleOccurrence(ctx, args.occurrence(), store.OccurrenceSkipped, reason))
	})
}

// decides reports whether a rung does more than write to people.
func (e deadlines) decides(ctx context.Context, args EscalateArgs) (bool, error) {
	if args.Index == lateIndex {
		return true, nil
	}
	decides := true
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		s, err := e.state(ctx, tx, args.Covenant)
		if err != nil || s.Process == nil {
			return err
		}
		stage, _ := s.Process.Stage(args.Stage)
		for _, rung := range stage.Escalate {
			if rung.ID == args.Rung {
				decides = rung.Then != ""
			}
		}
		return nil
	})
	return decides, err
}

// escalateStage gives the command the boxes of the open secret motions, which a rung may close.
func (e deadlines) escalateStage(
	ctx context.Context, id workflow.CovenantID, cmd workflow.EscalateStage, meta Meta,
) (Outcome, error) {
	cmd.Boxes = nil
	return e.do(ctx, id, cmd, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		full := cmd
		full.Boxes = map[workflow.MotionID][]workflow.Choice{}
		for _, m := range s.Covenant.Motions {
			if !m.Secret || !m.Opened || m.Result != nil {
				continue
			}
			ballots, err := box(ctx, tx, id, m)
			if err != nil {
				return nil, err
			}
			full.Boxes[m.ID] = ballots
		}
		return full, nil
	})
}

const stageKind = "stage"

// queueEscalation writes the mails of a rung and settles its occurrence, in the transaction that records it.
func (e deadlines) queueEscalation(
	ctx context.Context, tx *store.Tx, s workflow.State, r workflow.StageEscalated,
) error {
	args := EscalateArgs{Covenant: s.Covenant.ID, Stage: r.Stage, Opening: r.Opening, Extension: r.Extension,
		Rung: r.Rung, Index: ladderIndex(s, r.Stage, r.Rung)}
	id := args.occurrence()
	for _, to := range r.To {
		mail, err := e.composeEscalation(s, r, to, id)
		if err != nil {
			return err
		}
		if err := queueMail(ctx, tx, mail); err != nil {
			return err
		}
	}
	if len(r.To) > 0 { // queueing a mail settled it as sent
		return nil
	}
	return ignoreSettled(tx.SettleOccurrence(ctx, id, store.OccurrenceSkipped, "this step writes to nobody"))
}

func (e deadlines) composeEscalation(
	s workflow.State, r workflow.StageEscalated, to workflow.AgencyID, id store.OccurrenceID,
) (store.Mail, error) {
	stage, _ := s.Process.Stage(r.Stage)
	office := s.Directory.Office(to)
	today := s.Calendar.Today(e.Now())
	letter := notify.StageDue{
		To: s.Directory.AgencyName(to), Covenant: s.Covenant.Title, Due: dueOf(r.Due),
		Overdue: r.Due.LastDay().Before(today), Then: r.Then,
		URL: e.covenantURL(s.Covenant), Mine: slices.Contains(r.Missing, to),
	}
	for _, a := range r.Missing {
		letter.Missing = append(letter.Missing, s.Directory.AgencyName(a))
	}
	return e.compose(store.Mail{
		Key: store.MailKey(fmt.Sprintf("stage/%s/%s", id, to)), Kind: stageKind,
		Covenant: string(s.Covenant.ID), To: office.Address,
		NextAt: e.Now(), Occurrences: []store.OccurrenceID{id},
	}, office.Language, func(lang words.Language) notify.Letter {
		letter.Stage, letter.Remaining = stage.Name.In(lang), s.Calendar.Remaining(r.Due, today, lang)
		return letter
	})
}

// plannedEscalation lists whom a pending rung would write to, if nothing happened before.
func (e deadlines) plannedEscalation(
	ctx context.Context, tx *store.Tx, by workflow.Actor, row store.Occurrence,
) ([]Planned, error) {
	args, ok := escalateArgs(row)
	if !ok { // minutes are nobody's mail
		return nil, nil
	}
	s, err := e.state(ctx, tx, args.Covenant)
	c := s.Covenant
	if err != nil || c.Stage != args.Stage || c.Opening != args.Opening || c.Extension != args.Extension {
		return nil, err
	}
	stage, _ := s.Process.Stage(args.Stage)
	var out []Planned
	reading := s.MayRead(by, e.today())
	for _, rung := range stage.Escalate {
		if rung.ID != args.Rung {
			continue
		}
		to, _ := s.EscalationRecipients(rung)
		for _, a := range to {
			if !reading.Mail(s.Directory.Agencies[a].Email) {
				continue
			}
			out = append(out, Planned{
				At: row.Due, Covenant: c.Title, Report: stage.Label(words.Vietnamese), LastDay: c.Due.LastDay(),
				Rung: args.Rung, Stage: true,
				ToLeader: a == c.Leader(), Agency: s.Directory.AgencyName(a), Email: s.Directory.Agencies[a].Email,
			})
		}
	}
	return out, nil
}
