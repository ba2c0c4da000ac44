package process

import (
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

func TestScheduleGivesCivilDates(t *testing.T) {
	cal, err := calendar.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	rules := ReportRules{Months: 12, Obligations: []ObligationRule{{
		ID: "quy", Period: PeriodQuarter, Schedule: "CRON_TZ=Asia/Ho_Chi_Minh 0 17 25 3,6,9,12 *",
		Reminders: []RungRule{
			{ID: "truoc", Days: -10, Hour: 8, To: "agency"}, {ID: "sau", WorkingDays: 1, Hour: 8, To: "agency"},
		},
	}}}
	got, err := rules.Occurrences(calendar.On(2026, 11, 23), calendar.On(2027, 11, 23), cal)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		period Period
		at     string
	}{
		{"2026-Q4", "2026-12-15T08:00:00+07:00"}, {"2026-Q4", "2026-12-28T08:00:00+07:00"},
		{"2027-Q1", "2027-03-15T08:00:00+07:00"}, {"2027-Q1", "2027-03-26T08:00:00+07:00"},
		{"2027-Q2", "2027-06-15T08:00:00+07:00"}, {"2027-Q2", "2027-06-28T08:00:00+07:00"},
		{"2027-Q3", "2027-09-15T08:00:00+07:00"}, {"2027-Q3", "2027-09-27T08:00:00+07:00"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d occurrences, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Period != w.period || got[i].At.Format(time.RFC3339) != w.at {
			t.Errorf("occurrence %d: %s at %s, want %s at %s", i, got[i].Period,
				got[i].At.Format(time.RFC3339), w.period, w.at)
		}
	}
}

func TestScheduleThatNeverComesIsRefused(t *testing.T) {
	for _, text := range []string{"0 8 31 6 *", "@every 1h", "0 8 * *", "CRON_TZ=Nowhere/Town 0 8 1 1 *"} {
		if _, err := parseSchedule(text); err == nil {
			t.Errorf("schedule %q was accepted", text)
		}
	}
}

// A zone with daylight saving: the schedule's time lies in the spring gap, yet the date is kept and given once.
func TestScheduleOverDaylightSaving(t *testing.T) {
	s, err := parseSchedule("30 2 29 3,10 *")
	if err != nil {
		t.Fatal(err)
	}
	got := s.dates(calendar.On(2026, 1, 1), calendar.On(2026, 12, 31))
	if len(got) != 2 || got[0] != calendar.On(2026, 3, 29) || got[1] != calendar.On(2026, 10, 29) {
		t.Errorf("dates = %v, want 2026-03-29 and 2026-10-29", got)
	}
}

func TestPeriodLabels(t *testing.T) {
	for period, want := range map[Period]string{"2026-Q4": "quý IV năm 2026",
		"2026-H1": "6 tháng đầu năm 2026", "2026": "năm 2026"} {
		if got := period.Label(words.Vietnamese); got != want {
			t.Errorf("%s: %q, want %q", period, got, want)
		}
	}
}
