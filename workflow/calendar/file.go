package calendar

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"covenant/internal/content"
	"covenant/workflow/refusal"

	"go.yaml.in/yaml/v3"
)

type calendarFile struct {
	Zone string `yaml:"zone"`
	// Unannounced is what is off by law in each year that is not in Years.
	Unannounced []calendarFileRule `yaml:"unannounced"`
	Years       []calendarFileYear `yaml:"years"`
}

type calendarFileYear struct {
	Year        int               `yaml:"year"`
	Provisional bool              `yaml:"provisional"`
	Days        []calendarFileDay `yaml:"days"`
}

type calendarFileDay struct {
	Date   string  `yaml:"date"`
	Kind   DayKind `yaml:"kind"`
	Name   string  `yaml:"name"`
	Source string  `yaml:"source"`
}

// ParseCalendar reads calendar data: a zone, what is off in years that are not announced, and for each year that is its
// special days with kind, name and source. Every
// problem is reported at once, also what cannot be by the Labour Code (45/2019/QH14): a holiday on a weekend without a
// day in compensation (art. 111 cl. 3), a swapped day off without the Saturday or Sunday on which it is made up for.
func ParseCalendar(source []byte) (*Calendar, error) {
	var file calendarFile
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, refusal.New(refusal.Invalid, "lịch làm việc không đọc được: %v",
			"cannot read the calendar data: %v", content.YAMLWords(err))
	}
	c := &calendarCheck{calendar: &Calendar{years: map[int]calendarYear{},
		computed: &computedYears{years: map[int]calendarYear{}}}}
	if line, more := content.SecondDocument(source); more {
		c.add("line %d: a second document (---) would not be read: put all years into one", line)
	}
	zone, err := time.LoadLocation(file.Zone)
	if err != nil || file.Zone == "" || file.Zone == "Local" { // Local is another zone on another machine
		c.add("zone %q: want a name such as Asia/Ho_Chi_Minh", file.Zone)
	}
	c.calendar.zone = zone
	for i, r := range file.Unannounced {
		c.rule(i, r)
	}
	for _, y := range file.Years {
		c.year(y)
	}
	if len(c.problems) > 0 {
		text := "\n  " + strings.Join(c.problems, "\n  ")
		return nil, refusal.New(refusal.Invalid, "lịch làm việc có lỗi:%s", "the calendar data have errors:%s", text)
	}
	return c.calendar, nil
}

type calendarCheck struct {
	calendar *Calendar
	problems []string
}

func (c *calendarCheck) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *calendarCheck) year(y calendarFileYear) {
	if _, twice := c.calendar.years[y.Year]; twice {
		c.add("year %d stands twice", y.Year)
	}
	year := calendarYear{provisional: y.Provisional, days: map[Date]SpecialDay{}}
	count := map[DayKind]int{}
	onWeekend := 0
	for _, d := range y.Days {
		date, err := ParseDate(d.Date)
		if err != nil {
			c.add("year %d: %v", y.Year, err)
			continue
		}
		if _, twice := year.days[date]; twice {
			c.add("%s stands twice", date)
		}
		c.day(y.Year, date, d)
		year.days[date] = SpecialDay{date, d.Kind, d.Name, d.Source}
		count[d.Kind]++
		if d.Kind == Holiday && weekend(date) {
			onWeekend++
		}
	}
	if onWeekend != count[Compensatory] {
		c.add("year %d: %d holidays fall on a weekend, %d days are off in compensation", y.Year,
			onWeekend, count[Compensatory])
	}
	if count[SwappedOff] != count[SwappedWorkday] {
		c.add("year %d: %d days are off by a swap, %d are worked for it", y.Year,
			count[SwappedOff], count[SwappedWorkday])
	}
	c.calendar.years[y.Year] = year
}

func (c *calendarCheck) day(year int, date Date, d calendarFileDay) {
	switch {
	case date.Year != year:
		c.add("%s belongs to another year than %d", date, year)
	case d.Source == "" || d.Name == "":
		c.add("%s needs a name and a source", date)
	case !slices.Contains([]DayKind{Holiday, Compensatory, SwappedOff, SwappedWorkday}, d.Kind):
		c.add("%s: unknown kind %q (holiday, compensatory, swapped_off, swapped_workday)", date, d.Kind)
	case d.Kind == SwappedWorkday && !weekend(date):
		c.add("%s is a working day anyway: a swapped working day is a Saturday or Sunday", date)
	case (d.Kind == Compensatory || d.Kind == SwappedOff) && weekend(date):
		c.add("%s is a day off anyway: %s days are Mondays to Fridays", date, d.Kind)
	}
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }
