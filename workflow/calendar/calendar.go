// Package calendar knows days, deadlines and the working days of a country. Terms are counted as the Civil Code (art.
// 147–148) says: the first day is not counted, and a term that ends on a day off runs to the end of the next working
// day. Working days are data with sources, a year at a time. A year whose holidays are not announced is computed from
// what is off each year by law, and called provisional.
package calendar

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"sort"
	"strconv"
	"time"

	"covenant/internal/words"
	"covenant/workflow/refusal"
)

// Date is a civil date without a time or a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the civil date of t in zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// On is a date by its numbers.
func On(year int, month time.Month, day int) Date { return Date{Year: year, Month: month, Day: day} }

// ParseDate reads yyyy-mm-dd.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want yyyy-mm-dd", text)
	}
	return DateOf(t, time.UTC), nil
}

// String is yyyy-mm-dd (ISO 8601).
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Display is dd/mm/yyyy, as documents and screens print it.
func (d Date) Display() string { return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year) }

// IsZero reports whether the date was never set.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d comes before other.
func (d Date) Before(other Date) bool { return d.At(0, 0, time.UTC).Before(other.At(0, 0, time.UTC)) }

// AddDays moves by n calendar days.
func (d Date) AddDays(n int) Date { return DateOf(d.At(0, 0, time.UTC).AddDate(0, 0, n), time.UTC) }

// AddMonths moves by n months to the corresponding day, or to the month's last day where there is none
// (Civil Code 91/2015/QH13, art. 147–148).
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// DaysUntil is the number of calendar days from d to other, negative if other is earlier.
func (d Date) DaysUntil(other Date) int {
	return int(other.At(0, 0, time.UTC).Sub(d.At(0, 0, time.UTC)) / (24 * time.Hour))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.At(0, 0, time.UTC).Weekday() }

// At is the moment of the given time of day in zone. Where a spring gap skips it, Go's rule applies: the moment
// that the offset before the gap would give.
func (d Date) At(hour, minute int, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, zone)
}

// MarshalText gives yyyy-mm-dd, or nothing for an unset date.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// DayKind says why a day differs from the plain Monday-to-Friday week.
type DayKind string

// The kinds of special days.
const (
	Holiday        DayKind = "holiday"
	Compensatory   DayKind = "compensatory"
	SwappedOff     DayKind = "swapped_off"
	SwappedWorkday DayKind = "swapped_workday"
)

// SpecialDay is one entry of a year's calendar.
type SpecialDay struct {
	Date   Date
	Kind   DayKind
	Name   string
	Source string
}

type calendarYear struct {
	provisional bool
	days        map[Date]SpecialDay
}

// Calendar knows the working days of the years it holds; others it computes, provisionally: see [Calendar.Provisional].
// It is safe for concurrent use.
type Calendar struct {
	zone     *time.Location
	years    map[int]calendarYear
	computed *computedYears
}

//go:embed vietnam.yaml
var vietnamCalendar []byte

// VietnamCalendar is the built-in calendar of Vietnam: 2021 and 2025–2027, zone Asia/Ho_Chi_Minh.
func VietnamCalendar() (*Calendar, error) { return ParseCalendar(vietnamCalendar) }

// Zone is the calendar's time zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Today is the civil date of now in the calendar's zone.
func (c *Calendar) Today(now time.Time) Date { return DateOf(now, c.zone) }

// Years lists the years that have data, in order.
func (c *Calendar) Years() []int {
	var years []int
	for y := range c.years {
		years = append(years, y)
	}
	sort.Ints(years)
	return years
}

// Provisional reports whether the year's days off may still change: nobody has announced them, so they were entered, or
// computed from what is off each year by law, before.
func (c *Calendar) Provisional(year int) bool {
	y, ok := c.year(year)
	return !ok || y.provisional
}

// UnannouncedFrom is the calendar as it was before anything from a year on was announced.
func (c *Calendar) UnannouncedFrom(year int) *Calendar {
	before := &Calendar{zone: c.zone, years: map[int]calendarYear{}, computed: c.computed}
	for n, y := range c.years {
		if n < year {
			before.years[n] = y
		}
	}
	return before
}

// Fingerprint tells a year's days off from others: SHA-256, hexadecimal. It is empty for a
// year that cannot be computed.
func (c *Calendar) Fingerprint(year int) string {
	y, ok := c.year(year)
	if !ok {
		return ""
	}
	h := sha256.New()
	for d := On(year, 1, 1); d.Year == year; d = d.AddDays(1) {
		if special, ok := y.days[d]; ok {
			fmt.Fprintf(h, "%s %t\n", d, special.Kind == SwappedWorkday)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *Calendar) year(n int) (calendarYear, bool) {
	if y, ok := c.years[n]; ok {
		return y, true
	}
	return c.computed.year(n)
}

// WorkingDay reports whether offices are open on d. It fails for a year that cannot even be computed.
func (c *Calendar) WorkingDay(d Date) (bool, error) {
	year, ok := c.year(d.Year)
	if !ok {
		return false, refusal.New(refusal.Invalid,
			"không tính được lịch làm việc năm %d; hãy kiểm tra lại ngày, tháng, năm đã nêu",
			"the working days of %d cannot be computed; check the date that was given", d.Year)
	}
	if special, ok := year.days[d]; ok {
		return special.Kind == SwappedWorkday, nil
	}
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday, nil
}

// AddWorkingDays is the n-th working day after d (before it, if n is negative); d itself is not counted
// (Civil Code art. 147 cl. 2). n = 0 gives d.
func (c *Calendar) AddWorkingDays(d Date, n int) (Date, error) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		d = d.AddDays(step)
		ok, err := c.WorkingDay(d)
		if err != nil {
			return Date{}, err
		}
		if ok {
			n--
		}
	}
	return d, nil
}

// NextWorkingDay is d, or the first working day after it (Civil Code art. 148 cl. 5).
func (c *Calendar) NextWorkingDay(d Date) (Date, error) {
	for {
		ok, err := c.WorkingDay(d)
		if err != nil || ok {
			return d, err
		}
		d = d.AddDays(1)
	}
}

// WorkingDaysUntil counts the working days after from up to and including to; negative when to is earlier.
func (c *Calendar) WorkingDaysUntil(from, to Date) (int, error) {
	sign := 1
	if to.Before(from) {
		from, to, sign = to, from, -1
	}
	n := 0
	for d := from.AddDays(1); !to.Before(d); d = d.AddDays(1) {
		ok, err := c.WorkingDay(d)
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return sign * n, nil
}

// Deadline is a date and whether that date still counts: “chậm nhất ngày 25” includes it, “trước ngày 15/6” does not.
type Deadline struct {
	Date      Date `json:"date"`
	Exclusive bool `json:"exclusive,omitempty"`
}

// LastDay is the last day on which acting is still in time.
func (d Deadline) LastDay() Date {
	if d.Exclusive {
		return d.Date.AddDays(-1)
	}
	return d.Date
}

// End is the first moment that is too late, in zone.
func (d Deadline) End(zone *time.Location) time.Time {
	return d.LastDay().AddDays(1).At(0, 0, zone)
}

// Term is a length of time as law writes it: so many working days, days or months from a day that is not counted; or a
// day itself. Exactly one of WorkingDays, Days, Months and Date is set.
type Term struct {
	WorkingDays int
	Days        int
	Months      int
	Date        Date
	Yearly      bool // of Date only month and day count; the year is the covenant's
	Exclusive   bool // the last day itself is already too late
}

// IsZero reports whether no length was given.
func (t Term) IsZero() bool { return t == Term{} }

// String is the term in words for messages, e.g. "5 working days".
func (t Term) String() string {
	return t.Words(words.English)
}

// Words is the term in the reader's language, as it stands after “due:”.
func (t Term) Words(lang words.Language) string {
	var text string
	switch {
	case t.WorkingDays > 0:
		text = termWords(lang, t.WorkingDays, "ngày làm việc", "working day")
	case t.Months > 0:
		text = termWords(lang, t.Months, "tháng", "month")
	case t.Days > 0:
		text = termWords(lang, t.Days, "ngày", "day")
	case t.Yearly:
		text = fmt.Sprintf("%02d/%02d", t.Date.Day, t.Date.Month)
	default:
		text = t.Date.Display()
	}
	if t.Exclusive {
		return words.Of("trước ", "before ").In(lang) + text
	}
	return text
}

func termWords(lang words.Language, n int, vi, en string) string {
	if lang == "en" {
		return words.Plural(n, en, en+"s")
	}
	return fmt.Sprintf("%d %s", n, vi)
}

// in is the term of a covenant of the given year. The 29th of February is the 28th where there is none.
func (t Term) In(year int) Term {
	if t.Yearly {
		last := Date{year, t.Date.Month, 1}.AddMonths(1).AddDays(-1).Day
		t.Date = Date{year, t.Date.Month, min(t.Date.Day, last)}
	}
	return t
}

// Deadline is the last day of the term that starts with from. The first day is not counted, and a term that ends on
// a day off runs to the end of the next working day (Civil Code art. 147–148).
func (c *Calendar) Deadline(from Date, term Term) (Deadline, error) {
	var end Date
	var err error
	switch {
	case term.WorkingDays > 0:
		end, err = c.AddWorkingDays(from, term.WorkingDays)
	case term.Months > 0:
		end, err = c.NextWorkingDay(from.AddMonths(term.Months))
	case term.Days > 0:
		end, err = c.NextWorkingDay(from.AddDays(term.Days))
	default:
		end = term.Date // a day that is named is that day, whether a day off or not
	}
	return Deadline{Date: end, Exclusive: term.Exclusive}, err
}

// WithDue adds to a status sentence the deadline and how far it is from today; nothing if there is none.
func (c *Calendar) WithDue(sentence string, due Deadline, today Date, lang words.Language) string {
	if due.Date.IsZero() {
		return sentence
	}
	sentence += words.F(" – hạn %s (%s)",
		" – due %s (%s)", due.LastDay().Display(), c.Remaining(due, today, lang)).In(lang)
	if year := due.LastDay().Year; c.Provisional(year) && !due.LastDay().Before(today) {
		sentence += words.F(", tạm tính vì lịch nghỉ năm %s chưa công bố",
			", provisional until the days off of %s are announced", strconv.Itoa(year)).In(lang)
	}
	return sentence
}

// Remaining says how far a deadline is from today, in words: “còn 2 ngày làm việc”, “quá hạn 3 ngày”.
func (c *Calendar) Remaining(d Deadline, today Date, lang words.Language) string {
	last := d.LastDay()
	if last.Before(today) {
		n := last.DaysUntil(today)
		if lang == "en" {
			return words.Plural(n, "day", "days") + " overdue"
		}
		return fmt.Sprintf("quá hạn %d ngày", n)
	}
	n, err := c.WorkingDaysUntil(today, last)
	if err != nil || n == 0 && last != today { // a year without data; or only days off until then
		n = today.DaysUntil(last)
		if lang == "en" {
			return words.Plural(n, "day", "days") + " left"
		}
		return fmt.Sprintf("còn %d ngày", n)
	}
	switch {
	case n == 0 && lang == "en":
		return "due today"
	case n == 0:
		return "hết hạn hôm nay"
	case lang == "en":
		return words.Plural(n, "working day", "working days") + " left"
	}
	return fmt.Sprintf("còn %d ngày làm việc", n)
}
