package web

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
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
	covenants, err := s.reporting(r, list)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	var rows []calendarRow
	for _, c := range covenants {
		for _, d := range c.duties {
			rows = append(rows, calendarRow{d, c.Title, slugPath(c.Slug) + "#bao-cao"})
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

// reportingCovenant is a covenant with its reporting periods.
type reportingCovenant struct {
	engine.Summary
	duties []dutyRow
}

// reporting gives the reporting periods of all covenants that have such duties.
func (s *server) reporting(r *request, list []engine.Summary) ([]reportingCovenant, error) {
	var out []reportingCovenant
	for _, sum := range list {
		if sum.Phase != workflow.AwaitingReports && sum.Phase != workflow.PhaseClosed {
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
	key := dutyKey{sum.ID, r.lang.code}
	state := dutyState{sum.UpdatedAt.UnixNano(), displayTime(s.now(), s.zone)[:len("02/01/2006")]}
	if rows, ok := s.owing.get(key, state); ok {
		return rows, nil
	}
	v, err := s.src.View(r.Context(), sum.Slug)
	if err != nil {
		return nil, err
	}
	rows := s.teller(r, v).duties()
	s.owing.put(key, state, rows)
	return rows, nil
}

// dutyCache keeps reporting periods as they were told last, so that lists over many covenants do not read every one
// again. What it keeps is valid for one state of one covenant on one day; its zero value is empty.
type dutyCache struct {
	mu   sync.Mutex
	kept map[dutyKey]keptDuties
}

type (
	dutyKey struct {
		covenant workflow.CovenantID
		lang     string
	}
	dutyState struct {
		updated int64  // of the covenant, ns
		day     string // on which “còn 3 ngày” was said
	}
	keptDuties struct {
		state dutyState
		rows  []dutyRow
	}
)

func (c *dutyCache) get(key dutyKey, state dutyState) ([]dutyRow, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	return k.rows, ok && k.state == state
}

// put keeps rows; none at all are not kept, since they may be about to be planned.
func (c *dutyCache) put(key dutyKey, state dutyState, rows []dutyRow) {
	if len(rows) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[dutyKey]keptDuties{}
	}
	c.kept[key] = keptDuties{state, rows}
}
