package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// calendarPage is the reporting calendar over all covenants, by month.
type calendarPage struct {
	basePage
	Months      []calendarMonth
	First, Next string // addresses of other pages
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
	after := engine.Cursor(r.URL.Query().Get(pageParameter))
	list, err := s.list(r, engine.ListFilter{
		Phases: []workflow.Phase{workflow.AwaitingReports, workflow.PhaseClosed}, After: after,
	})
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	covenants, err := s.reporting(r, list.Rows)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	var rows []calendarRow
	for _, c := range covenants {
		for _, d := range c.duties {
			rows = append(rows, calendarRow{d, c.Title, address.Covenant.For(c.Slug) + "#bao-cao"})
		}
	}
	slices.SortStableFunc(rows, func(a, b calendarRow) int {
		return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC))
	})
	p := &calendarPage{basePage: s.base(r, "calendar")}
	p.Title = r.text(words.Of("Lịch báo cáo", "Reporting calendar"))
	p.First, p.Next = p.pages(after, list.Next)
	for _, row := range rows {
		label := r.month(row.last)
		if n := len(p.Months); n == 0 || p.Months[n-1].Label != label {
			p.Months = append(p.Months, calendarMonth{Label: label})
		}
		month := &p.Months[len(p.Months)-1]
		month.Rows = append(month.Rows, row)
	}
	return &answer{page: "calendar", data: p}, nil
}

// month is “Tháng 12/2026” or “December 2026”.
func (l language) month(d workflow.Date) string {
	if l.lang == "en" {
		return fmt.Sprintf("%s %d", d.Month, d.Year)
	}
	return fmt.Sprintf("Tháng %d/%d", d.Month, d.Year)
}

// reportingCovenant is a covenant with its reporting periods.
type reportingCovenant struct {
	engine.Summary
	duties []dutyRow
}

// reporting gives the reporting periods of those covenants that have such duties and whose reports are read.
func (s *server) reporting(r *request, list []engine.Summary) ([]reportingCovenant, error) {
	var out []reportingCovenant
	for _, sum := range list {
		reading, err := s.reading(r, sum.Slug)
		if err != nil {
			return nil, err
		}
		if reading.Scope < workflow.ReadDossier {
			continue
		}
		duties, err := s.dutiesOf(r, sum)
		if err != nil {
			return nil, fmt.Errorf("covenant %s: %w", sum.Slug, err)
		}
		out = append(out, reportingCovenant{sum, duties})
	}
	return out, nil
}

func (s *server) dutiesOf(r *request, sum engine.Summary) ([]dutyRow, error) {
	key, state := s.cacheKey(r, sum), s.cacheState(sum)
	if rows, ok := s.owing.get(key, state); ok {
		return rows, nil
	}
	v, err := s.view(r, sum.Slug)
	if err != nil {
		return nil, err
	}
	rows := s.presenter(r, v).duties()
	if len(rows) > 0 { // none may mean that they are about to be planned
		s.owing.put(key, state, rows)
	}
	return rows, nil
}
