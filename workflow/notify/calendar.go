package notify

import (
	"errors"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

// Deadline is one all-day entry of a calendar.
type Deadline struct {
	UID         string    // stays the same when the deadline moves
	Day         time.Time // the last day on which to act; only year, month and day count, in its own zone
	Summary     string
	Description string
	URL         string
	Sequence    int       // raised each time that the deadline moves
	Stamp       time.Time // when this file was made
	AlarmDays   []int     // alarms this many days before, at 08:00; default none
}

// Calendar writes deadlines as an iCalendar file (RFC 5545) to be published, not answered.
func Calendar(deadlines ...Deadline) ([]byte, error) {
	cal := ics.NewCalendarFor("Covenant")
	cal.SetMethod(ics.MethodPublish)
	for _, d := range deadlines {
		if d.UID == "" || d.Day.IsZero() || d.Stamp.IsZero() {
			return nil, errors.New("calendar: a deadline needs UID, day and stamp")
		}
		event := cal.AddEvent(d.UID)
		day := time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 0, 0, 0, 0, time.UTC)
		event.SetDtStampTime(d.Stamp.UTC())
		event.SetAllDayStartAt(day)
		event.SetAllDayEndAt(day.AddDate(0, 0, 1))
		event.SetSequence(d.Sequence)
		event.SetSummary(oneLine(d.Summary))
		event.SetTimeTransparency(ics.TransparencyTransparent)
		if d.Description != "" {
			event.SetDescription(d.Description)
		}
		if d.URL != "" {
			event.SetURL(oneLine(d.URL))
		}
		for _, before := range d.AlarmDays {
			alarm := event.AddAlarm()
			alarm.SetAction(ics.ActionDisplay)
			alarm.SetTrigger(alarmTrigger(before))
			alarm.SetDescription(oneLine(d.Summary))
		}
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows)), nil
}

// alarmTrigger is the duration from the start of the day, 00:00, to 08:00 so many days before.
func alarmTrigger(daysBefore int) string {
	hours := 8 - 24*daysBefore
	if hours < 0 {
		return fmt.Sprintf("-PT%dH", -hours)
	}
	return fmt.Sprintf("PT%dH", hours)
}
