package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/workflow/refusal"

	"pgregory.net/rapid"
)

// The rules of the Civil Code (91/2015/QH13, art. 147 and 148) once more, slowly and by other means: days are counted
// one by one on the proleptic day number, months by looking for the day that corresponds.

// slowCalendar says of each day number whether it is worked.
type slowCalendar struct{ special map[int]bool }

// number counts days from 1 January of the year 1 (Richards' algorithm for the Julian day number).
func number(d Date) int {
	y, m := d.Year, int(d.Month)
	a := (14 - m) / 12
	yy, mm := y+4800-a, m+12*a-3
	return d.Day + (153*mm+2)/5 + 365*yy + yy/4 - yy/100 + yy/400 - 32045
}

func (c slowCalendar) works(n int) bool {
	if works, ok := c.special[n]; ok {
		return works
	}
	return n%7 < 5 // day number 0 was a Monday
}

// term is the last day of a term from a day that is not counted.
func (c slowCalendar) term(from Date, t Term) int {
	n := number(from)
	switch {
	case t.WorkingDays > 0:
		for left := t.WorkingDays; left > 0; {
			n++
			if c.works(n) {
				left--
			}
		}
		return n
	case t.Months > 0:
		n = corresponding(from, t.Months)
	default:
		n += t.Days
	}
	for !c.works(n) {
		n++
	}
	return n
}

// corresponding goes forward month by month and takes the day of the same number in the last of them, or its last day.
func corresponding(from Date, months int) int {
	lengths := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	y, m := from.Year, int(from.Month)
	for range months {
		if m++; m > 12 {
			y, m = y+1, 1
		}
	}
	last := lengths[m-1]
	if m == 2 && (y%4 == 0 && y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return number(Date{y, time.Month(m), min(from.Day, last)})
}

// anyCalendar draws a synthetic calendar of the years 2030–2036 as a file, and the same as the slow one.
func anyCalendar(t *rapid.T) (*Calendar, slowCalendar) {
	slow := slowCalendar{map[int]bool{}}
	var out strings.Builder
	fmt.Fprintln(&out, "zone: Asia/Ho_Chi_Minh\nyears:")
	for year := 2030; year <= 2036; year++ {
		fmt.Fprintf(&out, "  - year: %d\n    days:", year)
		used := map[Date]bool{}
		add := func(d Date, kind DayKind) {
			used[d] = true
			slow.special[number(d)] = kind == SwappedWorkday
			fmt.Fprintf(&out, "\n      - {date: %s, kind: %s, name: x, source: x}", d, kind)
		}
		free := func(label string, weekends bool) Date {
			d := Date{year, 1, 1}.AddDays(rapid.IntRange(0, 364).Draw(t, label))
			for used[d] || (number(d)%7 >= 5) != weekends || d.Year != year {
				if d = d.AddDays(1); d.Year != year {
					d = Date{year, 1, 1}
				}
			}
			return d
		}
		for range rapid.IntRange(0, 12).Draw(t, "holidays") {
			onWeekend := rapid.Bool().Draw(t, "on a weekend")
			add(free("holiday", onWeekend), Holiday)
			if onWeekend {
				add(free("compensatory", false), Compensatory)
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "swaps") {
			add(free("off", false), SwappedOff)
			add(free("worked", true), SwappedWorkday)
		}
		if len(used) == 0 {
			out.WriteString(" []")
		}
		out.WriteString("\n")
	}
	cal, err := ParseCalendar([]byte(out.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return cal, slow
}

// Every deadline is the one that the slow rules give, over any calendar.
func TestDeadlinesAgainstTheSlowRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal, slow := anyCalendar(t)
		for range 20 {
			from := Date{2030, 1, 1}.AddDays(rapid.IntRange(0, 5*365).Draw(t, "from"))
			term := rapid.SampledFrom([]Term{
				{WorkingDays: rapid.IntRange(1, 60).Draw(t, "working days")},
				{Days: rapid.IntRange(1, 120).Draw(t, "days")}, {Months: rapid.IntRange(1, 13).Draw(t, "months")},
			}).Draw(t, "term")
			got, err := cal.Deadline(from, term)
			if want := slow.term(from, term); err != nil || number(got.Date) != want {
				t.Fatalf("%s from %s ends on %s (%v), the slow rules say day %d, not %d", term, from, got.Date,
					err, want, number(got.Date))
			}
			count := 0
			for n := number(from) + 1; n <= number(got.Date); n++ {
				if slow.works(n) {
					count++
				}
			}
			if n, err := cal.WorkingDaysUntil(from, got.Date); err != nil || n != count {
				t.Fatalf("%d working days after %s until %s (%v), want %d", n, from, got.Date, err, count)
			}
		}
	})
}

// A term that would need a year that cannot be computed is refused, never guessed.
func TestNoGuessBeyondTheData(t *testing.T) {
	cal, last := builtIn(t), lastComputed
	rapid.Check(t, func(t *rapid.T) {
		from := Date{last, 12, 31}.AddDays(-rapid.IntRange(0, 20).Draw(t, "before"))
		_, err := cal.Deadline(from, Term{WorkingDays: rapid.IntRange(21, 60).Draw(t, "n")})
		if refusal.CodeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), fmt.Sprint(last+1)) {
			t.Fatalf("from %s: %v; want an error that names the year %d", from, err, last+1)
		}
	})
}

// All that is wrong with calendar data is said at once.
func TestCalendarProblems(t *testing.T) {
	_, err := ParseCalendar([]byte(`
zone: Nowhere/Town
years:
  - year: 2030
    days:
      - {date: 2030-01-01, kind: holiday, name: x, source: x}
      - {date: 2030-01-01, kind: holiday, name: x, source: x}
      - {date: 2030-01-05, kind: holiday, name: x, source: x}
      - {date: 2030-02-30, kind: holiday, name: x, source: x}
      - {date: 2031-03-03, kind: holiday, name: x, source: x}
      - {date: 2030-03-04, kind: dance, name: x, source: x}
      - {date: 2030-03-05, kind: swapped_workday, name: x, source: x}
      - {date: 2030-03-09, kind: compensatory, name: x, source: x}
      - {date: 2030-03-10, kind: compensatory, name: x, source: ""}
  - {year: 2030, days: []}
`))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"Nowhere/Town", "2030-01-01 stands twice", "2030-02-30", "another year than 2030", `kind "dance"`,
		"2030-03-05 is a working day anyway", "2030-03-09 is a day off anyway", "2030-03-10 needs",
		"year 2030 stands twice",
		"1 holidays fall on a weekend, 2 days", "0 days are off by a swap, 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in\n%v", want, err)
		}
	}
}
