package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"covenant/workflow"
)

// calendarPage is the reporting calendar over all covenants, by month.
type calendarPage struct {
	basePage
	Months []calendarMonth
}

// calendarMonth holds the reports due in one month.
type calendarMonth struct {
	Label string
	Rows  []calendarRow
}

// calendarRow is one report due.
type calendarRow struct {
	dutyRow
	Covenant, Path string
}

func (s *server) calendar(_ http.ResponseWriter, r *request) (*answer, error) {
	list, err := s.src.List(r.Context())
	if err != nil {
		return nil, fmt.Errorf("calendar: list covenants: %w", err)
	}
	views, err := s.reporting(r.Context(), list)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	var rows []calendarRow
	for _, v := range views {
		for _, d := range s.teller(r, v).duties() {
			rows = append(rows, calendarRow{d, v.Covenant.Title, slugPath(v.Covenant.Slug) + "#bao-cao"})
		}
	}
	slices.SortStableFunc(rows, func(a, b calendarRow) int { return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC)) })
	p := &calendarPage{basePage: s.base(r, "calendar")}
	p.Title = r.lang.text("nav.calendar")
	for _, row := range rows {
		label := r.lang.month(row.last)
		if n := len(p.Months); n == 0 || p.Months[n-1].Label != label {
			p.Months = append(p.Months, calendarMonth{Label: label})
		}
		month := &p.Months[len(p.Months)-1]
		month.Rows = append(month.Rows, row)
	}
	return &answer{page: "calendar", data: p}, nil
}

// month is “Tháng 12/2026” or “December 2026”.
func (l *language) month(d workflow.Date) string {
	if l.code == "en" {
		return fmt.Sprintf("%s %d", d.Month, d.Year)
	}
	return fmt.Sprintf("Tháng %d/%d", d.Month, d.Year)
}
