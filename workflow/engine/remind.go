package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// obligationKey names a covenant's reporting duty in the table of occurrences.
func obligationKey(id workflow.CovenantID, obligation workflow.ObligationID) string {
	return string(id) + "/" + string(obligation)
}

// scheduleReports writes the whole ladder of reminders of a covenant that has come into force.
func (e deadlines) scheduleReports(
	ctx context.Context, tx *store.Tx, s workflow.State, opened workflow.ReportingOpened,
) error {
	obligations, ladder, err := e.reportDuties(s, opened)
	if err != nil {
		return err
	}
	for _, o := range obligations {
		if err := tx.SaveObligation(ctx, o); err != nil {
			return err
		}
	}
	return tx.ScheduleOccurrences(ctx, ladder)
}

// reportDuties are the duties of a covenant that has come into force, with every step of their ladders, and when they
// are
// over.
func (e deadlines) reportDuties(
	s workflow.State, opened workflow.ReportingOpened,
) (obligations []store.Obligation, ladder []store.Occurrence, err error) {
	stage, _ := s.Process.OfKind(workflow.StageReport)
	all, err := stage.Report.Occurrences(opened.From, opened.Until, s.Calendar)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range stage.Report.Obligations {
		obligations = append(obligations, store.Obligation{
			ID: obligationKey(s.Covenant.ID, o.ID), Covenant: string(s.Covenant.ID),
			Kind: string(o.Period), Schedule: o.Schedule,
		})
	}
	for _, o := range all {
		ladder = append(ladder, store.Occurrence{
			OccurrenceID: store.OccurrenceID{
				Obligation: obligationKey(s.Covenant.ID, o.Obligation), Period: string(o.Period),
				Rung: rungIndex(stage, o.Obligation, o.Rung),
			},
			Covenant: string(s.Covenant.ID), Kind: string(o.Rung), Due: o.At,
		})
	}
	day, err := stage.Report.ClosingDay(opened.From, opened.Until, s.Calendar)
	if err != nil {
		return nil, nil, err
	}
	return obligations, append(ladder, store.Occurrence{
		OccurrenceID: closingID(s.Covenant.ID), Covenant: string(s.Covenant.ID), Kind: closing,
		Due: day.At(1, 0, s.Calendar.Zone()),
	}), nil
}

func rungIndex(stage workflow.Stage, id workflow.ObligationID, rung workflow.Rung) int {
	rule, _ := stage.Report.Obligation(id)
	for i, r := range rule.Reminders {
		if r.ID == rung {
			return i
		}
	}
	return -1
}

func remindArgs(o store.Occurrence) (RemindArgs, error) {
	_, obligation, ok := strings.Cut(o.Obligation, "/")
	if !ok {
		return RemindArgs{}, fmt.Errorf("occurrence %s: malformed obligation", o.OccurrenceID)
	}
	return RemindArgs{
		Covenant: workflow.CovenantID(o.Covenant), Obligation: workflow.ObligationID(obligation),
		Period: workflow.Period(o.Period), Rung: workflow.Rung(o.Kind), Index: o.Rung,
	}, nil
}

func (a RemindArgs) occurrence() store.OccurrenceID {
	return store.OccurrenceID{Obligation: obligationKey(a.Covenant, a.Obligation),
		Period: string(a.Period), Rung: a.Index}
}

// remind carries out one step of a ladder. The command and the occurrence's state change in one transaction, under a
// key made of the occurrence, so that the step happens once however often the job runs.
func (e deadlines) remind(ctx context.Context, args RemindArgs) error {
	cmd := workflow.RecordReminder{Obligation: args.Obligation, Period: args.Period, Rung: args.Rung}
	meta := Meta{Key: "remind/" + args.occurrence().String(), Actor: workflow.Program()}
	_, err := e.Do(ctx, args.Covenant, cmd, meta)
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		return e.skip(ctx, args, refusal)
	}
	return err
}

// skip settles an occurrence that the rules refuse, for example because the covenant was closed meanwhile.
func (e deadlines) skip(ctx context.Context, args RemindArgs, why *workflow.Error) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(args.Covenant))
		return ignoreSettled(tx.SettleOccurrence(ctx, args.occurrence(), store.OccurrenceSkipped, why.English))
	})
}

// ignoreSettled forgives settling what is settled.
func ignoreSettled(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// queueReminders writes the mails of one step and settles its occurrence, in the transaction that records it.
func (e deadlines) queueReminders(ctx context.Context, tx *store.Tx, s workflow.State, r workflow.Reminded) error {
	stage, _ := s.Process.OfKind(workflow.StageReport)
	id := store.OccurrenceID{
		Obligation: obligationKey(s.Covenant.ID, r.Obligation), Period: string(r.Period),
		Rung: rungIndex(stage, r.Obligation, r.Rung),
	}
	if len(r.To) == 0 {
		return ignoreSettled(tx.SettleOccurrence(ctx, id, store.OccurrenceSkipped, "every report is in"))
	}
	for _, to := range r.To {
		for i, box := range s.Directory.Mailboxes(s.Covenant.ID, to, workflow.DutyReport, s.Calendar.Today(e.Now())) {
			mail, err := e.composeReminder(s, r, to, i, box)
			if err != nil {
				return err
			}
			mail.Occurrences = []store.OccurrenceID{id}
			if err := queueMail(ctx, tx, mail); err != nil {
				return err
			}
		}
	}
	return nil
}

// composeReminder writes the mail to the nth mailbox of an agency: 0 is its office's, the others are people's.
func (e deadlines) composeReminder(
	s workflow.State, r workflow.Reminded, to workflow.AgencyID, n int, box workflow.Mailbox,
) (store.Mail, error) {
	stage, _ := s.Process.OfKind(workflow.StageReport)
	rule, _ := stage.Report.Obligation(r.Obligation)
	due, _ := stage.Report.ReportDue(r.Obligation, r.Period, s.Covenant.Reporting.From, s.Covenant.Reporting.Until)
	letter := notify.Reminder{
		Rung: rungOf(rule, r.Rung, due, s.Calendar.Today(e.Now())), Agency: s.Directory.AgencyName(to),
		Covenant: s.Covenant.Title,
		URL:      e.covenantURL(s.Covenant), Due: dueOf(due),
	}
	for _, a := range r.Missing {
		letter.Missing = append(letter.Missing, s.Directory.AgencyName(a))
	}
	key := fmt.Sprintf("remind/%s/%s/%s/%s/%s", s.Covenant.ID, r.Obligation, r.Period, r.Rung, to)
	if n > 0 {
		key += "/" + box.Address
	}
	mail, err := e.compose(store.Mail{
		Key: store.MailKey(key), Kind: reminderKind, Covenant: string(s.Covenant.ID), To: box.Address, NextAt: e.Now(),
	}, box.Language, func(lang words.Language) notify.Letter {
		letter.Report = rule.Title(r.Period, lang)
		return letter
	})
	if err != nil || letter.Rung != notify.RungBefore {
		return mail, err
	}
	return e.withCalendar(mail, due.LastDay(), rule.Title(r.Period, box.Language)+" – "+letter.Covenant, letter.URL)
}

// rungOf says which letter a step of a ladder is.
func rungOf(rule process.ObligationRule, step workflow.Rung, due workflow.Deadline, today workflow.Date) notify.Rung {
	for _, rung := range rule.Reminders {
		if rung.ID == step && rung.To == "leader" {
			return notify.RungLeaderList
		}
	}
	if due.LastDay().Before(today) {
		return notify.RungOverdue
	}
	return notify.RungBefore
}

// withCalendar adds a deadline as a calendar file to the reminder that comes before it.
func (e deadlines) withCalendar(m store.Mail, day workflow.Date, summary, url string) (store.Mail, error) {
	content, err := notify.Calendar(notify.Deadline{
		UID: string(m.Key), Summary: summary, URL: url, Stamp: m.NextAt, Day: day.At(0, 0, e.Calendar.Zone()),
	})
	if err != nil {
		return m, fmt.Errorf("compose mail %s: %w", m.Key, err)
	}
	m.Attachments = []store.Attachment{{Name: "han-bao-cao.ics", MediaType: "text/calendar", Content: content}}
	return m, nil
}

func (e deadlines) covenantURL(c *workflow.Covenant) string {
	return address.On(e.PublicURL, address.Covenant.For(c.Slug))
}

// Planned is a mail that would be sent: what `covenant remind` prints.
type Planned struct {
	At       time.Time
	Covenant string
	Report   string
	Period   workflow.Period
	LastDay  workflow.Date
	Rung     workflow.Rung
	ToLeader bool
	Stage    bool // a step of an open stage's ladder, not of a report's
	Agency   string
	Email    string
}

// Planned lists the reminders between two dates, inclusive, as they would go out if nothing more were handed in: of the
// letters that the actor may read.
func (e deadlines) Planned(ctx context.Context, by workflow.Actor, from, to workflow.Date) ([]Planned, error) {
	var out []Planned
	zone := e.Calendar.Zone()
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.OccurrencesBetween(ctx, from.At(0, 0, zone), to.AddDays(1).At(0, 0, zone), 0)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.State != store.OccurrencePending || row.Kind == closing {
				continue
			}
			if ofStage(row) {
				more, err := e.plannedEscalation(ctx, tx, by, row)
				if err != nil {
					return err
				}
				out = append(out, more...)
				continue
			}
			more, err := e.planned(ctx, tx, by, row)
			if err != nil {
				return err
			}
			out = append(out, more...)
		}
		return nil
	})
	return out, err
}

func (e deadlines) planned(
	ctx context.Context, tx *store.Tx, by workflow.Actor, row store.Occurrence,
) ([]Planned, error) {
	args, err := remindArgs(row)
	if err != nil {
		return nil, err
	}
	s, err := e.state(ctx, tx, args.Covenant)
	if err != nil {
		return nil, err
	}
	to, _, err := s.ReminderRecipients(args.Obligation, args.Period, args.Rung)
	if err != nil {
		return nil, err
	}
	stage, _ := s.Process.OfKind(workflow.StageReport)
	rule, _ := stage.Report.Obligation(args.Obligation)
	due, _ := stage.Report.ReportDue(args.Obligation, args.Period, s.Covenant.Reporting.From,
		s.Covenant.Reporting.Until)
	var out []Planned
	reading := s.MayRead(by, e.today())
	for _, a := range to {
		for _, box := range s.Directory.Mailboxes(s.Covenant.ID, a, workflow.DutyReport, s.Calendar.Today(row.Due)) {
			if !reading.Mail(box.Address) {
				continue
			}
			out = append(out, Planned{
				At: row.Due, Covenant: s.Covenant.Title, Report: rule.Title(args.Period, "vi"),
				Period: args.Period, LastDay: due.LastDay(),
				Rung: args.Rung, ToLeader: rule.Reminders[args.Index].To == "leader",
				Agency: s.Directory.AgencyName(a), Email: box.Address,
			})
		}
	}
	return out, nil
}
