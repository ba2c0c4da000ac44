package workflow

import (
	"testing"

	"covenant/workflow/calendar"
)

func vietnam(t testing.TB) *Calendar {
	t.Helper()
	cal, err := calendar.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func day(t testing.TB, text string) Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
