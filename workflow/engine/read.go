package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// List gives all covenants, the most recently changed first.
func (e *Engine) List(ctx context.Context) ([]Summary, error) {
	var out []Summary
	today := e.Calendar.Today(e.Now())
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Covenants(ctx, store.CovenantFilter{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			var s rowSummary
			if err := json.Unmarshal(row.Summary, &s); err != nil {
				return fmt.Errorf("row of covenant %s: %w", row.ID, err)
			}
			out = append(out, Summary{
				ID: workflow.CovenantID(row.ID), Slug: row.Slug, Title: row.Title, Block: d.Blocks[workflow.BlockID(row.Block)].Name,
				Year: row.Year, Phase: workflow.Phase(row.Status), Status: e.Calendar.WithDue(s.Status, s.Due, today, "vi"), StatusEN: e.Calendar.WithDue(s.StatusEN, s.Due, today, "en"),
				Number: s.Number, Due: s.Due, UpdatedAt: row.UpdatedAt,
			})
		}
		return nil
	})
	return out, err
}

// Find is the id of the covenant at an address. The error is a [*workflow.Error] of code not_found if there is none.
func (e *Engine) Find(ctx context.Context, slug string) (workflow.CovenantID, error) {
	var id workflow.CovenantID
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.CovenantBySlug(ctx, slug)
		id = workflow.CovenantID(row.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = workflow.Refusal(workflow.CodeNotFound,
			"không có giao ước ở địa chỉ “%s”",
			"there is no covenant at %q", slug)
	}
	return id, err
}

// View reads one covenant with everything around it, as of one moment.
func (e *Engine) View(ctx context.Context, slug string) (*View, error) {
	id, err := e.Find(ctx, slug)
	if err != nil {
		return nil, err
	}
	v := &View{Now: e.Now()}
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		if v.State, err = e.state(ctx, tx, id); err != nil {
			return err
		}
		if v.Timeline, err = timeline(ctx, tx, id); err != nil {
			return err
		}
		if v.Upcoming, err = e.occurrences(ctx, tx, v.State); err != nil {
			return err
		}
		if v.Mails, err = mails(ctx, tx, id); err != nil {
			return err
		}
		v.Mark, err = markOf(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !v.Covenant.Head.IsZero() {
		v.Verdict, err = e.verdict(ctx, v.Covenant.Head)
	}
	return v, err
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
			due, _ = stage.Report.ReportDue(args.Obligation, args.Period, s.Covenant.Reporting.From, s.Covenant.Reporting.Until)
			deadlines[report] = due
		}
		o := Occurrence{Label: rule.Title(args.Period, "vi"), LabelEN: rule.Title(args.Period, "en"), State: string(row.State)}
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

// ByToken is the address of the covenant whose QR code holds the token.
func (e *Engine) ByToken(ctx context.Context, token string) (slug string, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		body, err := tx.Projection(ctx, tokenRows, token)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &slug)
	})
	if errors.Is(err, store.ErrNotFound) {
		err = workflow.Refusal(workflow.CodeNotFound,
			"mã trên văn bản không ứng với giao ước nào ở đây",
			"the code on the document matches no covenant here")
	}
	return slug, err
}
