package workflow

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func vietnam(t testing.TB) *Calendar {
	t.Helper()
	cal, err := VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func day(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWorkingDays(t *testing.T) {
	cal := vietnam(t)
	for _, tt := range []struct {
		date string
		want bool
	}{
		{"2021-03-26", true}, {"2021-03-27", false}, {"2021-04-21", false}, {"2021-05-03", false},
		{"2025-04-26", true}, {"2025-05-02", false}, {"2026-02-17", false}, {"2026-08-22", true}, {"2026-08-31", false},
	} {
		if got, err := cal.WorkingDay(day(t, tt.date)); err != nil || got != tt.want {
			t.Errorf("WorkingDay(%s) = %v, %v; want %v", tt.date, got, err, tt.want)
		}
	}
	if _, err := cal.WorkingDay(day(t, "2024-03-01")); ErrorCode(err) != CodeInvalid {
		t.Errorf("a year without data: err = %v, want code %s", err, CodeInvalid)
	}
}

func TestDeadlinesOfTheCivilCode(t *testing.T) {
	cal := vietnam(t)
	for _, tt := range []struct {
		from string
		term Term
		want string
	}{
		{"2021-03-26", Term{WorkingDays: 5}, "2021-04-02"}, // the first day is not counted
		{"2021-04-16", Term{WorkingDays: 5}, "2021-04-26"}, // over Giỗ Tổ 21/4
		{"2021-04-20", Term{Days: 10}, "2021-05-04"},       // 30/4, weekend and 3/5 are days off
		{"2025-01-31", Term{Months: 1}, "2025-02-28"},      // no 31 February
		{"2026-01-31", Term{Months: 13}, "2027-03-01"},     // 28/2/2027 is a Sunday
	} {
		got, err := cal.Deadline(day(t, tt.from), tt.term)
		if err != nil || got.Date.String() != tt.want {
			t.Errorf("Deadline(%s, %s) = %s, %v; want %s", tt.from, tt.term, got.Date, err, tt.want)
		}
	}
}

func TestExclusiveDeadline(t *testing.T) {
	before := Deadline{Date: day(t, "2026-06-15"), Exclusive: true}
	if got := before.LastDay().String(); got != "2026-06-14" {
		t.Errorf("“trước ngày 15/6” ends on %s, want 2026-06-14", got)
	}
	if got := (Deadline{Date: day(t, "2026-06-25")}).LastDay().String(); got != "2026-06-25" {
		t.Errorf("“chậm nhất ngày 25” ends on %s, want 2026-06-25", got)
	}
}

// Adding n working days and then counting them gives n again, and both ends behave.
func TestWorkingDaysRoundTrip(t *testing.T) {
	cal := vietnam(t)
	rapid.Check(t, func(t *rapid.T) {
		start := Date{2025, 1, 1}.AddDays(rapid.IntRange(60, 900).Draw(t, "start"))
		n := rapid.IntRange(1, 40).Draw(t, "n")
		end, err := cal.AddWorkingDays(start, n)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := cal.WorkingDay(end); !ok {
			t.Fatalf("%s + %d working days = %s, which is a day off", start, n, end)
		}
		if got, err := cal.WorkingDaysUntil(start, end); err != nil || got != n {
			t.Fatalf("from %s to %s: %d working days, %v; want %d", start, end, got, err, n)
		}
	})
}

func TestScheduleGivesCivilDates(t *testing.T) {
	cal := vietnam(t)
	rules := ReportRules{Months: 12, Obligations: []ObligationRule{{
		ID: "quy", Period: PeriodQuarter, Schedule: "CRON_TZ=Asia/Ho_Chi_Minh 0 17 25 3,6,9,12 *",
		Reminders: []RungRule{
			{ID: "truoc", Days: -10, Hour: 8, To: "agency"}, {ID: "sau", WorkingDays: 1, Hour: 8, To: "agency"},
		},
	}}}
	got, err := rules.Occurrences(day(t, "2026-11-23"), day(t, "2027-11-23"), cal)
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
			t.Errorf("occurrence %d: %s at %s, want %s at %s", i, got[i].Period, got[i].At.Format(time.RFC3339), w.period, w.at)
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
	got := s.dates(Date{2026, 1, 1}, Date{2026, 12, 31})
	if len(got) != 2 || got[0] != (Date{2026, 3, 29}) || got[1] != (Date{2026, 10, 29}) {
		t.Errorf("dates = %v, want 2026-03-29 and 2026-10-29", got)
	}
}

func TestPeriodLabels(t *testing.T) {
	for period, want := range map[Period]string{"2026-Q4": "quý IV năm 2026", "2026-H1": "6 tháng đầu năm 2026", "2026": "năm 2026"} {
		if got := period.Label("vi"); got != want {
			t.Errorf("%s: %q, want %q", period, got, want)
		}
	}
}
