package workflow

import "covenant/workflow/calendar"

// The terms of the calendar, under the names of the rules.
type (
	Calendar = calendar.Calendar
	Date     = calendar.Date
	Deadline = calendar.Deadline
	Term     = calendar.Term
)
