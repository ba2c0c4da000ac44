package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/riverqueue/river"

	"covenant/workflow"
	"covenant/workflow/store"
)

// Deadlines and reminders in a year that nobody has announced are provisional. When the calendar data change they are
// counted anew: by a job, once, for every covenant that is under way.

// RecountArgs counts anew what depends on the days off.
type RecountArgs struct {
	Calendar string `json:"calendar"` // the years, as fingerprints, that it is about
}

// Kind names the job in the queue.
func (RecountArgs) Kind() string { return "recount" }

// InsertOpts says which queue the job belongs to.
func (RecountArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: ruleQueue} }

const (
	calendarKey = "calendar-years" // by which the rows were counted
	yearsAhead  = 12               // as far as a process can reach: 120 months, and a ladder
)

// calendarYears are the fingerprints of the years that deadlines can fall into, by year.
func (e outlook) calendarYears() map[string]string {
	years := map[string]string{}
	for year := e.today().Year - 1; year <= e.today().Year+yearsAhead; year++ {
		years[strconv.Itoa(year)] = e.Calendar.Fingerprint(year)
	}
	return years
}

// dueRecount asks for a recount where a year's days off are others than those by which was counted.
func (e outlook) dueRecount(ctx context.Context, tx *store.Tx) ([]river.JobArgs, error) {
	value, found, err := tx.Setting(ctx, calendarKey)
	if err != nil {
		return nil, err
	}
	was := map[string]string{}
	if found {
		if err := json.Unmarshal(value, &was); err != nil {
			return nil, fmt.Errorf("setting %s: %w", calendarKey, err)
		}
	}
	now := e.calendarYears()
	if found && maps.Equal(was, now) {
		return nil, nil
	}
	data, err := json.Marshal(now)
	if err != nil {
		return nil, fmt.Errorf("setting %s: %w", calendarKey, err)
	}
	return []river.JobArgs{RecountArgs{Calendar: string(data)}}, nil
}

// recount goes through the covenants that are under way.
func (e outlook) recount(ctx context.Context, args RecountArgs) error {
	if err := e.eachUnderWay(ctx, e.recountOne); err != nil {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveSetting(ctx, calendarKey, json.RawMessage(args.Calendar))
	})
}

// recountOne counts one covenant anew. It writes only where something is another day now.
func (e outlook) recountOne(ctx context.Context, id workflow.CovenantID) error {
	var later []workflow.Event
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		s, err := e.state(ctx, tx, id)
		if err == nil {
			later, err = workflow.Decide(s, workflow.Program(), workflow.RecountDeadline{}, e.Now())
		}
		return err
	})
	if err == nil && len(later) > 0 {
		_, err = e.Do(ctx, id, workflow.RecountDeadline{}, Meta{Actor: workflow.Program()})
	}
	var moved []store.Occurrence
	if err == nil {
		err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
			moved, err = e.moved(ctx, tx, id)
			return err
		})
	}
	if err != nil || len(moved) == 0 {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		moved, err := e.moved(ctx, tx, id) // by what is there now
		if err != nil {
			return err
		}
		tx.OnCommit(e.telling(id))
		for _, o := range moved {
			if err := tx.MoveOccurrence(ctx, o.OccurrenceID, o.Due); err != nil {
				return err
			}
		}
		return nil
	})
}

// moved are the steps of ladders that are still to come, and fall due at another time by the calendar as it
// is now: that time.
func (e outlook) moved(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (out []store.Occurrence, err error) {
	s, err := e.state(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	rows, err := tx.OccurrencesOf(ctx, string(id))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	due, err := e.counted(s)
	for _, row := range rows {
		at, known := due[row.OccurrenceID]
		if row.State == store.OccurrencePending && known && !at.Due.Equal(row.Due) {
			out = append(out, at)
		}
	}
	return out, err
}

// counted are the steps of a covenant's ladders as the calendar has them now.
func (e outlook) counted(s workflow.State) (map[store.OccurrenceID]store.Occurrence, error) {
	out := map[store.OccurrenceID]store.Occurrence{}
	keep := func(all []store.Occurrence, err error) error {
		for _, o := range all {
			out[o.OccurrenceID] = o
		}
		return err
	}
	c := s.Covenant
	if err := keep(e.steps(s)); err != nil {
		return nil, err
	}
	if c.Phase != workflow.AwaitingReports || c.Reporting == nil {
		return out, nil
	}
	_, ladder, err := e.reportDuties(s, *c.Reporting)
	return out, keep(ladder, err)
}
