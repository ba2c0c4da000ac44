package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// Ready reports whether the database can be read: it asks for the directory's head.
func (e *Engine) Ready(ctx context.Context) error {
	return e.Store.View(ctx, func(tx *store.Tx) error {
		_, err := e.directory(ctx, tx)
		return err
	})
}

// Find is the id of the covenant at an address, for an actor who may know of it. The error is a [*workflow.Error]
// of code not_found if there is none, and the same one if it may not be known.
func (e *Engine) Find(ctx context.Context, by workflow.Actor, slug string) (id workflow.CovenantID, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		s, _, err := e.open(ctx, tx, by, slug, workflow.ReadStanding)
		if err == nil {
			id = s.Covenant.ID
		}
		return err
	})
	return id, err
}

// open reads the covenant at an address for an actor who may read it as far as scope. The state is whole: what is
// shown of it goes by the reading.
func (e *Engine) open(
	ctx context.Context, tx *store.Tx, by workflow.Actor, slug string, scope workflow.Scope,
) (s workflow.State, r workflow.Reading, err error) {
	row, err := tx.CovenantBySlug(ctx, slug)
	if errors.Is(err, store.ErrNotFound) {
		return s, r, workflow.NoCovenant(slug)
	}
	if err != nil {
		return s, r, err
	}
	if s, err = e.state(ctx, tx, workflow.CovenantID(row.ID)); err != nil {
		return s, r, err
	}
	r = s.MayRead(by, e.today())
	return s, r, r.Expect(scope, slug)
}

// readAt is open in a transaction of its own.
func (e *Engine) readAt(
	ctx context.Context, by workflow.Actor, slug string, scope workflow.Scope,
) (s workflow.State, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		s, _, err = e.open(ctx, tx, by, slug, scope)
		return err
	})
	return s, err
}

func (e *Engine) today() workflow.Date { return e.Calendar.Today(e.Now()) }

// MayRead is what an actor may read of the covenant at an address; the refusal is that of Find.
func (e *Engine) MayRead(ctx context.Context, by workflow.Actor, slug string) (r workflow.Reading, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		_, r, err = e.open(ctx, tx, by, slug, workflow.ReadStanding)
		return err
	})
	return r, err
}

// View reads one covenant with everything around it that the actor may read, as of one moment.
func (e *Engine) View(ctx context.Context, by workflow.Actor, slug string) (*View, error) {
	v := &View{Now: e.Now()}
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		if v.whole, v.Reading, err = e.open(ctx, tx, by, slug, workflow.ReadStanding); err != nil {
			return err
		}
		if v.Obstacles, err = e.obstacles(ctx, tx, v.whole); err != nil {
			return err
		}
		if v.Troubles, err = troublesOf(ctx, tx, troubleKey(v.whole.Covenant.ID, "")); err != nil {
			return err
		}
		return e.around(ctx, tx, v)
	})
	if err != nil {
		return nil, err
	}
	return v, e.judge(ctx, v)
}

// Published reads what anybody may read of the covenant whose document carries the token of a QR code.
func (e *Engine) Published(ctx context.Context, token string) (*View, error) {
	v := &View{Now: e.Now(), Reading: workflow.Published}
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		slug, err := slugOf(ctx, tx, token)
		if err != nil {
			return err
		}
		row, err := tx.CovenantBySlug(ctx, slug)
		if err != nil {
			return err
		}
		if v.whole, err = e.state(ctx, tx, workflow.CovenantID(row.ID)); err != nil {
			return err
		}
		if frozen := v.whole.Covenant.Frozen; frozen == nil || frozen.Token != token {
			return workflow.Refusal(workflow.CodeNotFound,
				"văn bản mang mã này không còn được dùng: nội dung đã trở lại bước soạn thảo và sẽ được cấp số lại",
				"the document with this code is no longer used: its text went back to the drafter and will be "+
					"numbered anew")
		}
		return e.around(ctx, tx, v)
	})
	if err != nil {
		return nil, err
	}
	return v, e.judge(ctx, v)
}

// around reads what lies around a covenant, as far as the view's reading goes.
func (e *Engine) around(ctx context.Context, tx *store.Tx, v *View) (err error) {
	v.State = v.whole
	v.Covenant = v.Reading.Covenant(v.whole.Covenant)
	id := v.Covenant.ID
	if v.Timeline, err = timeline(ctx, tx, id); err != nil {
		return err
	}
	v.Timeline = slices.DeleteFunc(v.Timeline, func(entry Entry) bool { return !v.Reading.Event(entry.Event) })
	if v.Reading.Scope >= workflow.ReadDossier {
		if v.Upcoming, err = e.occurrences(ctx, tx, v.State); err != nil {
			return err
		}
	}
	if v.Mails, err = mails(ctx, tx, id); err != nil {
		return err
	}
	v.Mails = slices.DeleteFunc(v.Mails, func(m Mail) bool { return !v.Reading.Mail(m.To) })
	v.Mark, err = markOf(ctx, tx, id)
	return err
}

// judge adds the verdict on the document that is shown.
func (e *Engine) judge(ctx context.Context, v *View) (err error) {
	if !v.Covenant.Head.IsZero() {
		v.Verdict, err = e.verdict(ctx, v.whole.Covenant)
	}
	return err
}

func timeline(ctx context.Context, tx *store.Tx, id workflow.CovenantID) ([]Entry, error) {
	recorded, err := tx.Events(ctx, covenantStream(id), 1)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, r := range recorded {
		event, err := workflow.DecodeEvent(r.Kind, r.JSON)
		if err != nil {
			return nil, err
		}
		by := workflow.DoerOf(r.Actor, r.OnBehalf, workflow.Origin(r.Origin))
		entry := Entry{Version: r.Version, At: r.At, By: by, Event: event}
		copy(entry.Hash[:], r.Sealed.Hash)
		out = append(out, entry)
	}
	return out, nil
}

func (e *Engine) occurrences(ctx context.Context, tx *store.Tx, s workflow.State) ([]Occurrence, error) {
	rows, err := tx.OccurrencesOf(ctx, string(s.Covenant.ID))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	stage, _ := s.Process.OfKind(workflow.StageReport)
	var out []Occurrence
	deadlines := map[[2]string]workflow.Deadline{} // by obligation and period: a ladder's rungs share theirs
	for _, row := range rows {
		if row.Kind == closing || ofStage(row) {
			continue
		}
		args, err := remindArgs(row)
		if err != nil {
			return nil, err
		}
		rule, _ := stage.Report.Obligation(args.Obligation)
		report := [2]string{string(args.Obligation), string(args.Period)}
		due, known := deadlines[report]
		if !known {
			due, _ = stage.Report.ReportDue(args.Obligation, args.Period, s.Covenant.Reporting.From,
				s.Covenant.Reporting.Until)
			deadlines[report] = due
		}
		o := Occurrence{Label: rule.Title(args.Period, "vi"), LabelEN: rule.Title(args.Period, "en"),
			State: string(row.State)}
		o.Occurrence = workflow.Occurrence{
			Obligation: args.Obligation, Period: args.Period, Rung: args.Rung, To: rule.Reminders[args.Index].To,
			At: row.Due, Deadline: due,
		}
		o.Recipients = recipients(s, o)
		out = append(out, o)
	}
	return out, nil
}

func recipients(s workflow.State, o Occurrence) []workflow.AgencyID {
	for _, r := range s.Covenant.Reminders {
		if r.Obligation == o.Obligation && r.Period == o.Period && r.Rung == o.Rung {
			return r.To
		}
	}
	to, _, err := s.ReminderRecipients(o.Obligation, o.Period, o.Rung)
	if err != nil { // a rung that the process no longer has cannot be: a covenant keeps its process
		return nil
	}
	return to
}

func mails(ctx context.Context, tx *store.Tx, id workflow.CovenantID) ([]Mail, error) {
	rows, err := tx.MailsOf(ctx, string(id))
	if err != nil {
		return nil, err
	}
	var out []Mail
	for _, m := range rows {
		out = append(out, Mail{
			Key: string(m.Key), MessageID: m.MessageID, Kind: m.Kind, To: m.To, Subject: m.Subject, Body: m.Body,
			State: string(m.State), LastError: m.LastError, CreatedAt: m.CreatedAt, SettledAt: m.SettledAt,
		})
	}
	return out, nil
}

// tokenRows is the kind of the rows that lead from a QR code's token to the covenant's address.
const tokenRows = "token"

func saveToken(ctx context.Context, tx *store.Tx, token, slug string, at time.Time) error {
	body, err := json.Marshal(slug)
	if err != nil {
		return fmt.Errorf("token of %s: %w", slug, err)
	}
	return tx.SaveProjectionAt(ctx, tokenRows, token, body, at)
}

// slugOf is the address of the covenant whose QR code holds the token.
func slugOf(ctx context.Context, tx *store.Tx, token string) (slug string, err error) {
	body, err := tx.Projection(ctx, tokenRows, token)
	if errors.Is(err, store.ErrNotFound) {
		return "", workflow.Refusal(workflow.CodeNotFound,
			"mã trên văn bản không ứng với giao ước nào ở đây",
			"the code on the document matches no covenant here")
	}
	if err != nil {
		return "", err
	}
	return slug, json.Unmarshal(body, &slug)
}
