package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// What was counted by a year that nobody had announced is counted anew when its days off come: deadlines, ladders, and
// reminders of reports; and the log still holds when it is decided anew.
func TestCountedAnewWhenDaysOffAreAnnounced(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	today := o.Calendar.Today(o.now())
	unannounced := "zone: Asia/Ho_Chi_Minh\nyears: []"
	withCalendar(o, unannounced)
	o.begin(`  - {id: gop-y, kind: review, NAME, due: {working_days: 5}, review: {approve: all},
      escalate: [{id: nhac, working_days: -1, to: agency}]}
  - {id: so, kind: number, NAME, number: {book: giao-uoc, by: leader}}
`)
	before := o.state().Covenant.Due
	if rows := pending(o); len(rows) != 1 {
		t.Fatalf("%d rungs", len(rows))
	}
	rung := pending(o)[0].Due
	// the first two days on which offices would be open are off
	cal, err := calendar.ParseCalendar([]byte(unannounced))
	check(t, err)
	first, err := cal.AddWorkingDays(today, 1)
	check(t, err)
	second, err := cal.AddWorkingDays(today, 2)
	check(t, err)
	years := map[int][]string{}
	for _, d := range []workflow.Date{first, second} {
		years[d.Year] = append(years[d.Year], fmt.Sprintf("{date: %s, kind: holiday, name: Lễ, source: TB 1}", d))
	}
	announced := "zone: Asia/Ho_Chi_Minh\nyears:\n"
	for year, days := range years {
		announced += fmt.Sprintf("  - {year: %d, days: [%s]}\n", year, strings.Join(days, ", "))
	}
	withCalendar(o, announced)
	s, err := o.Await(context.Background(), o.id, func(s workflow.State) bool { return s.Covenant.Due != before })
	check(t, err)
	want, err := s.Calendar.AddWorkingDays(today, 5)
	check(t, err)
	if s.Covenant.Due.Date != want || !before.Date.Before(want) {
		t.Errorf("due %s, before %s, want %s", s.Covenant.Due.Date, before.Date, want)
	}
	for began := time.Now(); pending(o)[0].Due.Equal(rung); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("the rung stays at %s", rung)
		}
	}
	if rows := pending(o); len(rows) != 1 {
		t.Errorf("%d rungs after it", len(rows))
	}
}

// withCalendar goes on with other calendar data, as after a restart.
func withCalendar(o *office, source string) {
	o.t.Helper()
	cal, err := calendar.ParseCalendar([]byte(source))
	check(o.t, err)
	check(o.t, o.Stop(context.Background()))
	config := o.Config
	config.Calendar = cal
	o.Engine, err = engine.New(config)
	check(o.t, err)
	check(o.t, o.Start(context.Background()))
}

// pending are the steps that are still to come.
func pending(o *office) (out []store.Occurrence) {
	o.t.Helper()
	check(o.t, o.Store.View(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.OccurrencesOf(context.Background(), string(o.id))
		for _, row := range rows {
			if row.State == store.OccurrencePending {
				out = append(out, row)
			}
		}
		return err
	}))
	return out
}
