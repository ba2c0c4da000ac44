package process

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

// PeriodKind is how long a reporting period is.
type PeriodKind string

// The kinds of periods.
const (
	PeriodQuarter PeriodKind = "quarter"
	PeriodHalf    PeriodKind = "half"
	PeriodYear    PeriodKind = "year"
)

// PeriodOf is the period in which day falls.
func PeriodOf(kind PeriodKind, day calendar.Date) Period {
	switch kind {
	case PeriodQuarter:
		return Period(fmt.Sprintf("%d-Q%d", day.Year, (int(day.Month)+2)/3))
	case PeriodHalf:
		return Period(fmt.Sprintf("%d-H%d", day.Year, (int(day.Month)+5)/6))
	}
	return Period(fmt.Sprintf("%d", day.Year))
}

// Label is the period in words: “quý IV năm 2026”, “6 tháng đầu năm 2026”, “năm 2026”.
func (p Period) Label(lang words.Language) string {
	year, part, _ := strings.Cut(string(p), "-")
	roman := map[string]string{"Q1": "I", "Q2": "II", "Q3": "III", "Q4": "IV"}
	switch {
	case strings.HasPrefix(part, "Q") && lang == "en":
		return part + " " + year
	case strings.HasPrefix(part, "Q"):
		return "quý " + roman[part] + " năm " + year
	case part == "H1":
		return words.Of("6 tháng đầu năm "+year, "first half of "+year).In(lang)
	case part == "H2":
		return words.Of("6 tháng cuối năm "+year, "second half of "+year).In(lang)
	}
	return words.Of("năm "+year, "year "+year).In(lang)
}

// schedule is a parsed cron expression used for its civil dates alone: robfig/cron skips a time inside a spring gap
// and gives one in the autumn overlap twice, so the time of day is resolved by us, in zone.
type schedule struct {
	cron cron.Schedule
	zone *time.Location // nil: the calendar's
	last bool           // of the days that cron gives, only those that end a month
	text string
}

// scheduleProbe is where the check of a schedule begins to look for its first date. robfig/cron looks five years ahead,
// which from here covers 29 February; a date that it does not find never comes.
var scheduleProbe = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func parseSchedule(text string) (schedule, error) {
	s := schedule{text: text}
	fields := strings.TrimSpace(text)
	for _, prefix := range []string{"CRON_TZ=", "TZ="} { // the two that robfig/cron knows
		rest, ok := strings.CutPrefix(fields, prefix)
		if !ok {
			continue
		}
		name, after, _ := strings.Cut(rest, " ")
		zone, err := time.LoadLocation(name)
		if err != nil {
			return s, fmt.Errorf("schedule %q: %w", text, err)
		}
		// What no name and Local mean is the machine's to say; a second zone would be robfig/cron's alone.
		if name == "" || name == "Local" || strings.Contains(after, "TZ=") {
			return s, fmt.Errorf("schedule %q: name the zone, such as Asia/Ho_Chi_Minh", text)
		}
		s.zone, fields = zone, after
		break
	}
	if five := strings.Fields(fields); len(five) == 5 && five[2] == lastDay {
		if five[4] != "*" && five[4] != "?" { // cron would take either, and neither is what was meant
			return s, fmt.Errorf("schedule %q: the month's last day (L) goes with * as the weekday", text)
		}
		five[2], s.last = "28-31", true
		fields = strings.Join(five, " ")
	}
	parsed, err := cron.ParseStandard(fields)
	if err != nil {
		return s, fmt.Errorf("schedule %q: %w", text, err)
	}
	if _, ok := parsed.(*cron.SpecSchedule); !ok {
		return s, fmt.Errorf("schedule %q: an interval has no calendar dates; give minute, hour, day, month, weekday",
			text)
	}
	s.cron = parsed
	if parsed.Next(scheduleProbe).IsZero() {
		return s, fmt.Errorf("schedule %q: this date never comes", text)
	}
	return s, nil
}

// lastDay is a month's last day, in the place of the day of the month; robfig/cron has no such thing.
const lastDay = "L"

// dates are the schedule's civil dates from the day after from up to and including to.
func (s schedule) dates(from, to calendar.Date) []calendar.Date {
	var out []calendar.Date
	t := from.At(23, 59, time.UTC)
	for {
		t = s.cron.Next(t)
		if t.IsZero() {
			return out
		}
		day := calendar.DateOf(t, time.UTC)
		if to.Before(day) {
			return out
		}
		if !s.last || day.AddDays(1).Month != day.Month {
			out = append(out, day)
		}
		t = day.At(23, 59, time.UTC) // a day counts once, however often the schedule names it
	}
}

// Occurrence is one step of a reminder ladder for one period: when it falls due and which deadline it is about.
type Occurrence struct {
	Obligation ObligationID
	Period     Period
	Rung       Rung
	To         string // "agency" or "leader"
	At         time.Time
	Deadline   calendar.Deadline
}

// Occurrences are all reminders of the stage's obligations whose report is due after from, up to and including to,
// ordered by obligation, period and ladder. The result depends on nothing but its arguments.
func (r *ReportRules) Occurrences(from, to calendar.Date, cal *calendar.Calendar) ([]Occurrence, error) {
	var out []Occurrence
	for _, o := range r.Obligations {
		s, err := parseSchedule(o.Schedule)
		if err != nil {
			return nil, err
		}
		zone := s.zone
		if zone == nil {
			zone = cal.Zone()
		}
		for _, due := range s.dates(from, to) {
			for _, rung := range o.Reminders {
				day, err := rung.day(due, cal)
				if err != nil {
					return nil, err
				}
				out = append(out, Occurrence{
					Obligation: o.ID, Period: PeriodOf(o.Period, due), Rung: rung.ID, To: rung.To,
					At: day.At(rung.Hour, 0, zone), Deadline: calendar.Deadline{Date: due, Exclusive: o.Exclusive},
				})
			}
		}
	}
	return out, nil
}

func (r RungRule) day(due calendar.Date, cal *calendar.Calendar) (calendar.Date, error) {
	if r.WorkingDays != 0 {
		return cal.AddWorkingDays(due, r.WorkingDays)
	}
	return due.AddDays(r.Days), nil
}

// deadlines are an obligation's deadlines within the duties' time, in order.
func (r *ReportRules) Deadlines(id ObligationID, from, until calendar.Date) []calendar.Deadline {
	o, ok := r.Obligation(id)
	if !ok {
		return nil
	}
	s, err := parseSchedule(o.Schedule)
	if err != nil {
		return nil
	}
	var out []calendar.Deadline
	for _, due := range s.dates(from, until) {
		out = append(out, calendar.Deadline{Date: due, Exclusive: o.Exclusive})
	}
	return out
}

// ReportDue finds the deadline of an obligation's period within the duties' time.
func (r *ReportRules) ReportDue(id ObligationID, period Period, from, until calendar.Date) (calendar.Deadline, bool) {
	o, _ := r.Obligation(id)
	for _, due := range r.Deadlines(id, from, until) {
		if PeriodOf(o.Period, due.Date) == period {
			return due, true
		}
	}
	return calendar.Deadline{}, false
}

// Obligation finds an obligation by id.
func (r *ReportRules) Obligation(id ObligationID) (ObligationRule, bool) {
	for _, o := range r.Obligations {
		if o.ID == id {
			return o, true
		}
	}
	return ObligationRule{}, false
}

// Title is the report of one period: “Báo cáo quý IV năm 2026”. The words that name and period share stand once.
func (o ObligationRule) Title(p Period, lang words.Language) string {
	if lang == "en" {
		return o.English + ", " + p.Label(lang)
	}
	name, period := strings.Fields(o.Vietnamese), strings.Fields(p.Label(lang))
	for n := min(len(name), len(period)); n > 0; n-- {
		if slices.Equal(name[len(name)-n:], period[:n]) {
			period = period[n:]
			break
		}
	}
	return strings.Join(append(name, period...), " ")
}
