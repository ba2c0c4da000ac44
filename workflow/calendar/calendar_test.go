package calendar

import (
	"testing"

	"covenant/workflow/refusal"

	"pgregory.net/rapid"
)

func builtIn(t testing.TB) *Calendar {
	t.Helper()
	cal, err := VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func on(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWorkingDays(t *testing.T) {
	cal := builtIn(t)
	for _, tt := range []struct {
		date string
		want bool
	}{
		{"2021-03-26", true}, {"2021-03-27", false}, {"2021-04-21", false}, {"2021-05-03", false},
		{"2025-04-26", true}, {"2025-05-02", false}, {"2026-02-17", false}, {"2026-08-22", true}, {"2026-08-31", false},
	} {
		if got, err := cal.WorkingDay(on(t, tt.date)); err != nil || got != tt.want {
			t.Errorf("WorkingDay(%s) = %v, %v; want %v", tt.date, got, err, tt.want)
		}
	}
	if _, err := cal.WorkingDay(on(t, "2024-03-01")); refusal.CodeOf(err) != refusal.Invalid {
		t.Errorf("a year without data: err = %v, want code %s", err, refusal.Invalid)
	}
}

func TestDeadlinesOfTheCivilCode(t *testing.T) {
	cal := builtIn(t)
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
		got, err := cal.Deadline(on(t, tt.from), tt.term)
		if err != nil || got.Date.String() != tt.want {
			t.Errorf("Deadline(%s, %s) = %s, %v; want %s", tt.from, tt.term, got.Date, err, tt.want)
		}
	}
}

func TestExclusiveDeadline(t *testing.T) {
	before := Deadline{Date: on(t, "2026-06-15"), Exclusive: true}
	if got := before.LastDay().String(); got != "2026-06-14" {
		t.Errorf("“trước ngày 15/6” ends on %s, want 2026-06-14", got)
	}
	if got := (Deadline{Date: on(t, "2026-06-25")}).LastDay().String(); got != "2026-06-25" {
		t.Errorf("“chậm nhất ngày 25” ends on %s, want 2026-06-25", got)
	}
}

// Adding n working days and then counting them gives n again, and both ends behave.
func TestWorkingDaysRoundTrip(t *testing.T) {
	cal := builtIn(t)
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
