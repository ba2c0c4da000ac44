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
