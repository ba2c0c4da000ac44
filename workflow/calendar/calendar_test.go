package calendar

import (
	"strings"
	"testing"
	"time"

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
	for _, beyond := range []string{"1899-12-31", "2200-01-01"} {
		if _, err := cal.WorkingDay(on(t, beyond)); refusal.CodeOf(err) != refusal.Invalid {
			t.Errorf("a year that cannot be computed: err = %v, want code %s", err, refusal.Invalid)
		}
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

// How far a deadline is, said of every kind of day: a named day may be a day off, and is not today because of that.
func TestRemainingOverDaysOff(t *testing.T) {
	c, err := VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ today, due, vi, en string }{
		{"2026-03-26", "2026-03-26", "hết hạn hôm nay", "due today"},
		{"2026-03-26", "2026-03-27", "còn 1 ngày làm việc", "1 working day left"},
		{"2026-03-26", "2026-03-30", "còn 2 ngày làm việc", "2 working days left"},
		{"2026-03-27", "2026-03-28", "còn 1 ngày", "1 day left"},     // Friday to Saturday
		{"2026-03-27", "2026-03-29", "còn 2 ngày", "2 days left"},    // Friday to Sunday
		{"2026-03-28", "2026-03-28", "hết hạn hôm nay", "due today"}, // a Saturday
		{"2026-03-28", "2026-03-30", "còn 1 ngày làm việc", "1 working day left"},
		{"2026-02-13", "2026-02-20", "còn 7 ngày", "7 days left"}, // nothing but Tết
		{"2026-03-30", "2026-03-29", "quá hạn 1 ngày", "1 day overdue"},
		{"2026-03-31", "2026-03-28", "quá hạn 3 ngày", "3 days overdue"},
		{"2031-03-26", "2031-03-31", "còn 3 ngày làm việc", "3 working days left"}, // a computed year
		{"2331-03-26", "2331-03-31", "còn 5 ngày", "5 days left"},                  // one that cannot be
		{"2331-03-26", "2331-03-26", "hết hạn hôm nay", "due today"},
	} {
		today, due := date(t, row.today), Deadline{Date: date(t, row.due)}
		if vi, en := c.Remaining(due, today, "vi"), c.Remaining(due, today, "en"); vi != row.vi || en != row.en {
			t.Errorf("on %s, due %s: %q, %q; want %q, %q", row.today, row.due, vi, en, row.vi, row.en)
		}
		due = Deadline{Date: date(t, row.due).AddDays(1), Exclusive: true}
		if en := c.Remaining(due, today, "en"); en != row.en {
			t.Errorf("on %s, before %s: %q, want %q", row.today, due.Date, en, row.en)
		}
	}
}

func date(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The built-in years against the Labour Code (45/2019/QH14, art. 112): which days are off, each year, and that
// compensation and swaps come out even. The lunar days are those of the printed calendars.
func TestHolidaysOfEveryYear(t *testing.T) {
	c, err := VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	lunar := map[int][2]string{ // the first day of Tết, the tenth of the third month
		2021: {"2021-02-12", "2021-04-21"}, 2025: {"2025-01-29", "2025-04-07"},
		2026: {"2026-02-17", "2026-04-26"}, 2027: {"2027-02-06", "2027-04-16"},
	}
	if len(c.Years()) != len(lunar) {
		t.Errorf("years %v", c.Years())
	}
	for _, year := range c.Years() {
		off := []Date{On(year, 1, 1), On(year, 4, 30), On(year, 5, 1), On(year, 9, 2), date(t, lunar[year][0]),
			date(t, lunar[year][0]).AddDays(1), date(t, lunar[year][0]).AddDays(2), date(t, lunar[year][1])}
		for _, d := range off {
			if works, err := c.WorkingDay(d); works || err != nil {
				t.Errorf("%s is worked (%v)", d, err)
			}
		}
		worked, weekdays := 0, 0
		for d := On(year, 1, 1); d.Year == year; d = d.AddDays(1) {
			if works, _ := c.WorkingDay(d); works {
				worked++
			}
			if !weekend(d) {
				weekdays++
			}
		}
		if weekdays-worked != 11 { // 1/1, five of Tết, Giỗ Tổ, 30/4, 1/5, two of 2/9; those on weekends made up for
			t.Errorf("%d has %d working days of %d weekdays, want 11 fewer", year, worked, weekdays)
		}
		for _, outside := range []Date{On(year-130, 12, 31), On(year+200, 1, 1)} {
			if _, err := c.WorkingDay(outside); refusal.CodeOf(err) != refusal.Invalid {
				t.Errorf("%s: %v", outside, err)
			}
		}
	}
}

// Every end of a month of several years, forth and back, against the rule of the Civil Code, art. 147.
func TestMonthsOfEveryDay(t *testing.T) {
	for d := On(2023, 1, 1); d.Before(On(2029, 1, 1)); d = d.AddDays(1) {
		for _, n := range []int{1, 2, 3, 6, 12, 13, 24, 48, -1, -12} {
			got := d.AddMonths(n)
			months := (got.Year-d.Year)*12 + int(got.Month) - int(d.Month)
			last := got.AddDays(1).Month != got.Month
			if months != n || got.Day != d.Day && (got.Day > d.Day || !last) || got.At(0, 0,
				time.UTC).Day() != got.Day {
				t.Fatalf("%s and %d months is %s", d, n, got)
			}
		}
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%s is read as %s, %v", d, back, err)
		}
	}
}

func TestDatesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1", "26-01-01",
		"2026/01/01", "01-01-2026", "2026-01-01T00:00:00Z", " 2026-01-01", "2026-01-01\n", "+026-01-01", "2026-04-31",
		"20260101", "２０２６-01-01", "1900-02-29"} {
		if d, err := ParseDate(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}

// What is wrong with calendar data is told, all at once; data that are right are read.
func TestCalendarDataRowByRow(t *testing.T) {
	day := func(text, kind string) string {
		return "\n      - {date: " + text + ", kind: " + kind + ", name: x, source: y}"
	}
	year := func(days string) string {
		return "zone: Asia/Ho_Chi_Minh\nyears:\n  - year: 2030\n    days:" + days + "\n"
	}
	for name, c := range map[string]struct{ source, want string }{
		"a holiday":           {year(day("2030-01-01", "holiday")), ""},
		"nothing special":     {"zone: Asia/Ho_Chi_Minh\nyears: [{year: 2030}]\n", ""},
		"no years":            {"zone: UTC\n", ""},
		"a date that is none": {year(day("2030-02-30", "holiday")), "want yyyy-mm-dd"},
		"a day twice": {year(day("2030-01-01", "holiday") + day("2030-01-01", "holiday")),
			"2030-01-01 stands twice"},
		"a year twice":             {"zone: UTC\nyears: [{year: 2030}, {year: 2030}]\n", "year 2030 stands twice"},
		"a day of another year":    {year(day("2031-01-01", "holiday")), "belongs to another year"},
		"a kind that there is not": {year(day("2030-01-01", "feast")), "unknown kind \"feast\""},
		"on a Saturday, unmade":    {year(day("2030-01-05", "holiday")), "1 holidays fall on a weekend, 0 days"},
		"made up for nothing":      {year(day("2030-01-01", "compensatory")), "0 holidays fall on a weekend, 1 days"},
		"made up on a Sunday": {year(day("2030-01-05", "holiday") + day("2030-01-06", "compensatory")),
			"a day off anyway"},
		"a Monday worked": {year(day("2030-01-07", "swapped_workday") + day("2030-01-08", "swapped_off")),
			"a working day anyway"},
		"off, and never made up": {year(day("2030-01-07", "swapped_off")), "1 days are off by a swap, 0 are worked"},
		"off, and made up":       {year(day("2030-01-07", "swapped_off") + day("2030-01-05", "swapped_workday")), ""},
		"without a source": {year("\n      - {date: 2030-01-01, kind: holiday, name: x}"),
			"needs a name and a source"},
		"no zone":                  {"years: [{year: 2030}]\n", "want a name such as Asia/Ho_Chi_Minh"},
		"a zone that there is not": {"zone: Asia/Hanoi2\n", "want a name such as"},
		"the machine's own zone":   {"zone: Local\n", "want a name such as"},
		"a key that there is not":  {"zone: UTC\nyear: []\n", "cannot read the calendar data"},
		"nothing":                  {"", "cannot read the calendar data"},
		"no YAML":                  {"{", "cannot read the calendar data"},
		"two documents": {"zone: UTC\n---\nyears: [{year: 2030}]\n",
			"a second document (---) would not be read"},
	} {
		_, err := ParseCalendar([]byte(c.source))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if refusal.CodeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func FuzzParseCalendar(f *testing.F) {
	f.Add(vietnamCalendar)
	f.Add([]byte("zone: UTC\nyears: [{year: 2030, days: [{date: 2030-01-01, kind: holiday, name: x, source: y}]}]"))
	f.Add([]byte("zone: &a [*a]"))
	f.Fuzz(func(t *testing.T, source []byte) {
		c, err := ParseCalendar(source)
		if err != nil {
			if refusal.CodeOf(err) != refusal.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, year := range c.Years() {
			if _, err := c.WorkingDaysUntil(On(year, 1, 1), On(year, 12, 31)); err != nil {
				t.Fatalf("%d: %v", year, err)
			}
		}
	})
}
