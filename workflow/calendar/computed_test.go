package calendar

import (
	"strings"
	"sync"
	"testing"
)

// Every year that nobody has announced has its eleven days off by the Labour Code (45/2019/QH14, art. 112), made up for
// where they fall on a weekend or on one another, and is called provisional; the announced ones are not.
func TestComputedYears(t *testing.T) {
	c := builtIn(t)
	for year := firstComputed; year < lastComputed; year++ {
		if _, announced := c.years[year]; announced {
			continue
		}
		if !c.Provisional(year) {
			t.Errorf("%d is taken for announced", year)
		}
		made, ok := c.year(year)
		if !ok {
			t.Fatalf("%d cannot be computed", year)
		}
		for day, d := range made.days {
			if works, err := c.WorkingDay(day); works || err != nil || d.Name == "" || d.Source == "" {
				t.Errorf("%s: works %t, %v, %+v", day, works, err, d)
			}
		}
		off := 0
		for day := On(year, 1, 1); day.Year == year; day = day.AddDays(1) {
			if works, _ := c.WorkingDay(day); !works && !weekend(day) {
				off++
			}
		}
		if off != 11 && (off != 10 || !collides(made)) {
			t.Errorf("%d has %d weekdays off: %v", year, off, made.days)
		}
	}
	if c.Provisional(2026) || !c.Provisional(2027) || !c.Provisional(2500) {
		t.Error("which years are provisional")
	}
}

// collides: a holiday falls upon another one, which the law does not make up for.
func collides(y calendarYear) bool {
	holidays := 0
	for _, d := range y.days {
		if d.Kind == Holiday {
			holidays++
		}
	}
	return holidays < 11
}

// A year is computed once for all who ask at the same time.
func TestComputedTogether(t *testing.T) {
	c := builtIn(t)
	var asking sync.WaitGroup
	for i := range 8 {
		asking.Go(func() {
			for year := 2030; year < 2060; year++ {
				if _, err := c.AddWorkingDays(On(year, 1, 1+i), 200); err != nil {
					t.Error(err)
				}
			}
		})
	}
	asking.Wait()
}

// Calendar data without such rules have weekends off alone in other years; wrong rules are said all at once.
func TestUnannouncedRules(t *testing.T) {
	c, err := ParseCalendar([]byte("zone: Asia/Tokyo\nyears: []"))
	if err != nil {
		t.Fatal(err)
	}
	if works, err := c.WorkingDay(On(2030, 1, 1)); !works || err != nil { // a Tuesday
		t.Error(works, err)
	}
	if works, err := c.WorkingDay(On(2030, 1, 5)); works || err != nil {
		t.Error(works, err)
	}
	_, err = ParseCalendar([]byte(`
zone: Asia/Tokyo
unannounced:
  - {name: a, source: b}
  - {date: 01-01, lunar: 01-01, name: a, source: b}
  - {date: 02-30, name: a, source: b}
  - {date: 1-1, name: a, source: b}
  - {lunar: 11-01, name: a, source: b}
  - {lunar: 01-31, name: a, source: b}
  - {lunar: "", name: a, source: b}
  - {date: 01-01, name: a}
  - {date: 01-01, days: 16, name: a, source: b}
  - {date: 01-01, offset: -16, name: a, source: b}
`))
	for _, want := range []string{"entry 1:", "entry 2:", "entry 3:", "entry 4:", "entry 5:", "entry 6:", "entry 7:",
		"entry 8:", "entry 9:", "entry 10:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
