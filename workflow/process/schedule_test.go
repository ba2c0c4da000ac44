package process

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/workflow/calendar"

	"pgregory.net/rapid"
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

// slowDates finds the days of a schedule of plain lists one by one: where both the day of the month and the weekday are
// given, either counts (crontab(5)).
func slowDates(days, months, weekdays []int, from, to calendar.Date) []calendar.Date {
	var out []calendar.Date
	in := func(list []int, n int) bool { return list == nil || slices.Contains(list, n) }
	for d := from.AddDays(1); !to.Before(d); d = d.AddDays(1) {
		day, weekday := in(days, d.Day), in(weekdays, int(d.Weekday()))
		either := days != nil && weekdays != nil && (day || weekday)
		if in(months, int(d.Month)) && (day && weekday || either) {
			out = append(out, d)
		}
	}
	return out
}

func cronList(list []int) string {
	if list == nil {
		return "*"
	}
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, ",")
}

// The days of any schedule are those that counting day by day finds, whatever its time of day and its zone.
func TestSchedulesAgainstCountingDays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		list := func(label string, low, high int) []int {
			if rapid.Bool().Draw(r, label+" all") {
				return nil
			}
			return rapid.SliceOfNDistinct(rapid.IntRange(low, high), 1, 4, rapid.ID[int]).Draw(r, label)
		}
		days, months, weekdays := list("day", 1, 28), list("month", 1, 12), list("weekday", 0, 6)
		text := fmt.Sprintf("%s%s %s %s %s %s",
			rapid.SampledFrom([]string{"", "CRON_TZ=Asia/Tokyo ", "TZ=America/New_York ", "TZ=Asia/Tokyo "}).Draw(r,
				"zone"),
			rapid.SampledFrom([]string{"0", "59", "*", "*/7"}).Draw(r, "minute"),
			rapid.SampledFrom([]string{"0", "8", "23", "*"}).Draw(r, "hour"),
			cronList(days), cronList(months), cronList(weekdays))
		s, err := parseSchedule(text)
		if err != nil {
			r.Fatalf("%s: %v", text, err)
		}
		from := calendar.On(2023, 1, 1).AddDays(rapid.IntRange(0, 1500).Draw(r, "from"))
		to := from.AddDays(rapid.IntRange(0, 800).Draw(r, "days"))
		if got, want := s.dates(from, to), slowDates(days, months, weekdays, from, to); !slices.Equal(got, want) {
			r.Fatalf("%s from %s to %s: %v, want %v", text, from, to, got, want)
		}
	})
}

func TestSchedulesThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "0 8 31 6", "0 8 30 2 *", "60 8 1 1 *", "0 24 1 1 *", "0 8 0 1 *", "0 8 32 1 *",
		"0 8 1 13 *", "0 8 1 0 *", "0 8 1 1 8", "@every 24h", "@reboot", "CRON_TZ= 0 8 1 1 *", "TZ= 0 8 1 1 *",
		"CRON_TZ=Local 0 8 1 1 *", "TZ=Local 0 8 1 1 *", "CRON_TZ=Asia/Ho_Chi_Minh", "CRON_TZ=../etc/passwd 0 8 1 1 *",
		"TZ=Asia/Tokyo TZ=Asia/Tokyo 0 8 1 1 *", "0 8 1 1 * *", "a b c d e"} {
		if s, err := parseSchedule(text); err == nil {
			t.Errorf("schedule %q was accepted: %v", text, s.dates(calendar.On(2026, 1, 1), calendar.On(2026, 12, 31)))
		}
	}
	for text, want := range map[string]int{"@yearly": 1, "@monthly": 12, "@weekly": 52, "@daily": 365, "* * * * *": 365,
		"0 8 29 2 *": 0, "0 8 31 * *": 7} {
		s, err := parseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.dates(calendar.On(2025, 12, 31), calendar.On(2026, 12, 31)); len(got) != want {
			t.Errorf("%s has %d days in 2026, want %d", text, len(got), want)
		}
	}
}

// Every day of four years falls into one period of each kind, in order, and its label names the year.
func TestPeriodsOfEveryDay(t *testing.T) {
	counts := map[PeriodKind]map[Period]int{PeriodQuarter: {}, PeriodHalf: {}, PeriodYear: {}}
	for d := calendar.On(2024, 1, 1); d.Before(calendar.On(2028, 1, 1)); d = d.AddDays(1) {
		for kind, days := range counts {
			p := PeriodOf(kind, d)
			days[p]++
			for _, l := range words.Languages() {
				if !strings.Contains(p.Label(l), fmt.Sprint(d.Year)) || strings.Contains(p.Label(l), "  ") {
					t.Fatalf("%s is called %q", p, p.Label(l))
				}
			}
		}
	}
	if len(counts[PeriodQuarter]) != 16 || len(counts[PeriodHalf]) != 8 || len(counts[PeriodYear]) != 4 {
		t.Errorf("%d quarters, %d halves, %d years", len(counts[PeriodQuarter]), len(counts[PeriodHalf]),
			len(counts[PeriodYear]))
	}
	if counts[PeriodQuarter]["2024-Q1"] != 91 || counts[PeriodQuarter]["2025-Q1"] != 90 ||
		counts[PeriodHalf]["2026-H2"] != 184 || counts[PeriodYear]["2024"] != 366 {
		t.Errorf("days: %v", counts)
	}
}

// Titles of reports name each period once.
func TestTitlesOfReports(t *testing.T) {
	for _, c := range []struct{ name, english, period, vi, en string }{
		{"Báo cáo quý", "Quarterly report", "2026-Q2", "Báo cáo quý II năm 2026", "Quarterly report, Q2 2026"},
		{"Báo cáo 6 tháng", "Half-year report", "2026-H1", "Báo cáo 6 tháng đầu năm 2026",
			"Half-year report, first half of 2026"},
		{"Báo cáo năm", "Yearly report", "2026", "Báo cáo năm 2026", "Yearly report, year 2026"},
		{"Báo cáo", "Report", "2026-H2", "Báo cáo 6 tháng cuối năm 2026", "Report, second half of 2026"},
		{"Báo cáo tổng kết", "Summary", "2026-Q4", "Báo cáo tổng kết quý IV năm 2026", "Summary, Q4 2026"},
	} {
		o := ObligationRule{Names: words.Of(c.name, c.english)}
		if vi, en := o.Title(Period(c.period), "vi"), o.Title(Period(c.period), "en"); vi != c.vi || en != c.en {
			t.Errorf("%s, %s: %q, %q; want %q, %q", c.name, c.period, vi, en, c.vi, c.en)
		}
	}
}
