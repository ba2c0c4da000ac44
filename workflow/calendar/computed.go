package calendar

import (
	"fmt"
	"sync"
	"time"
)

// The years that can be computed where nobody has announced their holidays: those for which the lunar calendar is known
// to the day.
const (
	firstComputed = 1900
	lastComputed  = 2199
)

// recurring is what is off each year by law.
type recurring struct {
	lunar  bool
	month  int
	day    int
	offset int // days from it to the first day off
	days   int
	name   string
	source string
}

// computedYears are the years without data, made when they are asked for.
type computedYears struct {
	rules []recurring
	mu    sync.Mutex
	years map[int]calendarYear
}

// year is a year's special days by the recurring rules, provisional; false outside what can be computed.
func (c *computedYears) year(n int) (calendarYear, bool) {
	if n < firstComputed || n > lastComputed {
		return calendarYear{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if year, ok := c.years[n]; ok {
		return year, true
	}
	year := calendarYear{provisional: true, days: map[Date]SpecialDay{}}
	var onWeekend []SpecialDay
	for _, r := range c.rules {
		first := Date{n, time.Month(r.month), r.day}
		if r.lunar {
			first = lunarDate(n, r.month, r.day)
		}
		for i := range r.days {
			d := SpecialDay{first.AddDays(r.offset + i), Holiday, r.name, r.source}
			if _, twice := year.days[d.Date]; twice || d.Date.Year != n {
				continue
			}
			year.days[d.Date] = d
			if weekend(d.Date) {
				onWeekend = append(onWeekend, d)
			}
		}
	}
	for _, d := range onWeekend { // Labour Code 45/2019/QH14, art. 111 cl. 3: the next working day
		day := d.Date.AddDays(1)
		for _, taken := year.days[day]; taken || weekend(day); _, taken = year.days[day] {
			day = day.AddDays(1)
		}
		if day.Year == n {
			year.days[day] = SpecialDay{day, Compensatory, d.Name, d.Source}
		}
	}
	c.years[n] = year
	return year, true
}

// calendarFileRule is a day off of each year that is not announced: by the civil or the lunar calendar, "mm-dd".
type calendarFileRule struct {
	Date   string `yaml:"date"`
	Lunar  string `yaml:"lunar"`
	Offset int    `yaml:"offset"` // days to the first day off, negative for before
	Days   int    `yaml:"days"`   // default 1
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
}

// maxRunOfDays bounds a holiday and its distance from its day.
const maxRunOfDays = 15

func (c *calendarCheck) rule(i int, r calendarFileRule) {
	bad := func(format string, args ...any) {
		c.add("unannounced, entry %d: %s", i+1, fmt.Sprintf(format, args...))
	}
	if (r.Date == "") == (r.Lunar == "") {
		bad("give date or lunar, as mm-dd")
		return
	}
	out := recurring{lunar: r.Lunar != "", offset: r.Offset, days: max(r.Days, 1), name: r.Name, source: r.Source}
	// a leap year, so that 29 February has a date; where a year has none its holiday is 1 March, as time.Date counts
	t, err := time.Parse(time.DateOnly, "2024-"+r.Date+r.Lunar)
	switch {
	case err != nil && !out.lunar:
		bad("date %q: want mm-dd", r.Date)
	case out.lunar && !parseLunar(r.Lunar, &out):
		bad("lunar %q: want mm-dd, months 01 to 10", r.Lunar)
	case r.Name == "" || r.Source == "":
		bad("a name and a source are needed")
	case r.Days < 0 || r.Days > maxRunOfDays || r.Offset < -maxRunOfDays || r.Offset > maxRunOfDays:
		bad("days 1 to %[1]d, offset -%[1]d to %[1]d", maxRunOfDays)
	}
	if !out.lunar {
		out.month, out.day = int(t.Month()), t.Day()
	}
	c.calendar.computed.rules = append(c.calendar.computed.rules, out)
}

func parseLunar(text string, out *recurring) bool {
	if len(text) != len("mm-dd") {
		return false
	}
	_, err := fmt.Sscanf(text, "%02d-%02d", &out.month, &out.day)
	return err == nil && out.month >= 1 && out.month <= 10 && out.day >= 1 && out.day <= 30
}
