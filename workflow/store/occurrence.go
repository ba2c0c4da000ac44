package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// Obligation is a duty that recurs or falls due once, for example an agency's quarterly report.
type Obligation struct {
	ID       string
	Covenant string
	Agency   string
	Kind     string
	Schedule string // cron expression or whatever the rules compute dates from
	Ended    bool
	Data     json.RawMessage
}

// OccurrenceState is what became of an occurrence.
type OccurrenceState string

// The states of an occurrence.
const (
	OccurrencePending OccurrenceState = "pending" // the sweep takes it when due
	OccurrenceSent    OccurrenceState = "sent"    // a mail carries it
	OccurrenceSkipped OccurrenceState = "skipped" // not needed any more; the reason says why
)

// OccurrenceID names one time that an obligation falls due: the period (such as 2026-Q4) and the rung of its
// escalation ladder (0 first reminder, 1 second, …). It exists at most once.
type OccurrenceID struct {
	Obligation string
	Period     string
	Rung       int
}

func (id OccurrenceID) String() string {
	return fmt.Sprintf("%s/%s/%d", id.Obligation, id.Period, id.Rung)
}

// Occurrence is one reminder to be sent at Due.
type Occurrence struct {
	OccurrenceID
	Covenant  string
	Agency    string
	Kind      string
	Due       time.Time
	State     OccurrenceState
	SettledAt time.Time
	Reason    string
}

// SaveObligation writes an obligation, replacing what was there.
func (tx occurrences) SaveObligation(ctx context.Context, o Obligation) error {
	state := "active"
	if o.Ended {
		state = "ended"
	}
	err := tx.q.SaveObligation(ctx, db.SaveObligationParams{ID: o.ID, Covenant: o.Covenant, Agency: o.Agency,
		Kind: o.Kind, Schedule: o.Schedule, State: state, Data: jsonText(o.Data)})
	return classify(err, "save obligation "+o.ID)
}

func obligationOf(r db.Obligation) Obligation {
	return Obligation{ID: r.ID, Covenant: r.Covenant, Agency: r.Agency, Kind: r.Kind, Schedule: r.Schedule,
		Ended: r.State == "ended", Data: json.RawMessage(r.Data)}
}

// Obligation reads one obligation.
func (tx occurrences) Obligation(ctx context.Context, id string) (Obligation, error) {
	row, err := tx.q.Obligation(ctx, id)
	return obligationOf(row), classify(err, "obligation "+id)
}

// Obligations lists a covenant's obligations.
func (tx occurrences) Obligations(ctx context.Context, covenant string) ([]Obligation, error) {
	rows, err := tx.q.Obligations(ctx, covenant)
	return convert(rows, obligationOf), classify(err, "obligations of covenant "+covenant)
}

// ScheduleOccurrence adds a pending occurrence. It reports false, and changes nothing, if it is there already.
func (tx occurrences) ScheduleOccurrence(ctx context.Context, o Occurrence) (bool, error) {
	n, err := tx.q.InsertOccurrence(ctx, db.InsertOccurrenceParams{Obligation: o.Obligation, Period: o.Period,
		Rung: int64(o.Rung), Covenant: o.Covenant, Agency: o.Agency, Kind: o.Kind, DueAt: millis(o.Due)})
	return n > 0, classify(err, "schedule "+o.String())
}

// ScheduleOccurrences is ScheduleOccurrence for many, in few statements.
func (tx occurrences) ScheduleOccurrences(ctx context.Context, all []Occurrence) error {
	const columns = 7
	return inPages(all, 50, func(some []Occurrence) error {
		args := make([]any, 0, columns*len(some))
		for _, o := range some {
			args = append(args, o.Obligation, o.Period, int64(o.Rung), o.Covenant, o.Agency, o.Kind, millis(o.Due))
		}
		_, err := tx.tx.ExecContext(ctx, "INSERT INTO occurrences "+
			"(obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason) VALUES "+
			tx.tuples(len(some), columns, ", 'pending', 0, ''")+
			" ON CONFLICT (obligation, period, rung) DO NOTHING", args...)
		return classify(err, "schedule "+some[0].String())
	})
}

// RestoreDuties replaces all duties of a covenant and their steps, as they are given.
func (tx occurrences) RestoreDuties(ctx context.Context, covenant string, duties []Obligation, all []Occurrence) error {
	about := "restore the duties of covenant " + covenant
	if err := errors.Join(tx.q.DeleteObligationsOf(ctx, covenant), tx.q.DeleteOccurrencesOf(ctx,
		covenant)); err != nil {
		return classify(err, about)
	}
	for _, o := range duties {
		if err := tx.SaveObligation(ctx, o); err != nil {
			return err
		}
	}
	for _, o := range all {
		err := tx.q.RestoreOccurrence(ctx, db.RestoreOccurrenceParams{Obligation: o.Obligation, Period: o.Period,
			Rung: int64(o.Rung), Covenant: o.Covenant, Agency: o.Agency, Kind: o.Kind, DueAt: millis(o.Due),
			State: string(o.State), SettledAt: millis(o.SettledAt), Reason: o.Reason})
		if err != nil {
			return classify(err, about)
		}
	}
	return nil
}

// DropStrayDuties removes duties and steps of covenants that there are not.
func (tx occurrences) DropStrayDuties(ctx context.Context) error {
	return classify(errors.Join(tx.q.DeleteStrayObligations(ctx), tx.q.DeleteStrayOccurrences(ctx)),
		"drop stray duties")
}

// MoveOccurrence gives a pending occurrence another due time. ErrNotFound if it is not pending.
func (tx occurrences) MoveOccurrence(ctx context.Context, id OccurrenceID, due time.Time) error {
	n, err := tx.q.MoveOccurrence(ctx, db.MoveOccurrenceParams{Obligation: id.Obligation, Period: id.Period,
		Rung: int64(id.Rung), DueAt: millis(due)})
	return exactly(n, err, "move "+id.String())
}

// DueOccurrences lists pending occurrences due at before or earlier, the oldest first, by an index on what is
// pending: its cost follows what is due, not what exists.
func (tx occurrences) DueOccurrences(ctx context.Context, before time.Time, limit int) ([]Occurrence, error) {
	return tx.DueAfter(ctx, before, Occurrence{OccurrenceID: OccurrenceID{Rung: -1}}, limit)
}

// DueAfter is DueOccurrences from after one of them on.
func (tx occurrences) DueAfter(
	ctx context.Context, before time.Time, last Occurrence, limit int,
) ([]Occurrence, error) {
	rows, err := tx.q.DueOccurrences(ctx, db.DueOccurrencesParams{Before: millis(before), DueAt: millis(last.Due),
		Obligation: last.Obligation, Period: last.Period, Rung: int64(last.Rung), Page: page(limit)})
	return convert(rows, occurrenceOf), classify(err, "due occurrences")
}

// NextDue tells when the next pending occurrence is due; found is false if none is pending.
func (tx occurrences) NextDue(ctx context.Context) (due time.Time, found bool, err error) {
	ms, found, err := wrapOne(tx.q.NextDue(ctx))("next due occurrence")
	return instant(ms), found, err
}

// SettleOccurrence marks a pending occurrence as sent or skipped. ErrNotFound if it is not pending.
func (tx occurrences) SettleOccurrence(ctx context.Context, id OccurrenceID, state OccurrenceState,
	reason string) error {
	n, err := tx.q.SettleOccurrence(ctx, db.SettleOccurrenceParams{Obligation: id.Obligation, Period: id.Period,
		Rung: int64(id.Rung), State: string(state), SettledAt: millis(tx.Now()), Reason: reason})
	return exactly(n, err, "settle "+id.String())
}

// SkipPeriod marks all pending occurrences of a period as skipped, for example when the report has come in.
func (tx occurrences) SkipPeriod(ctx context.Context, obligation, period, reason string) (int, error) {
	n, err := tx.q.SkipOccurrencesOfPeriod(ctx, db.SkipOccurrencesOfPeriodParams{Obligation: obligation, Period: period,
		SettledAt: millis(tx.Now()), Reason: reason})
	return int(n), classify(err, "skip "+obligation+"/"+period)
}

// OccurrencesOf lists a covenant's occurrences by due time.
func (tx occurrences) OccurrencesOf(ctx context.Context, covenant string) ([]Occurrence, error) {
	rows, err := tx.q.OccurrencesOfCovenant(ctx, covenant)
	return convert(rows, occurrenceOf), classify(err, "occurrences of covenant "+covenant)
}

// OccurrencesBetween lists occurrences in any state due from first (included) to past (excluded).
func (tx occurrences) OccurrencesBetween(ctx context.Context, first, past time.Time, limit int) ([]Occurrence, error) {
	rows, err := tx.q.OccurrencesBetween(ctx, db.OccurrencesBetweenParams{First: millis(first), Past: millis(past),
		Page: page(limit)})
	return convert(rows, occurrenceOf), classify(err, "occurrences by time")
}

func occurrenceOf(r db.Occurrence) Occurrence {
	return Occurrence{OccurrenceID: OccurrenceID{r.Obligation, r.Period, int(r.Rung)}, Covenant: r.Covenant,
		Agency: r.Agency, Kind: r.Kind,
		Due: instant(r.DueAt), State: OccurrenceState(r.State), SettledAt: instant(r.SettledAt), Reason: r.Reason}
}
