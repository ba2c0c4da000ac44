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

// waitingShown is how many waiting covenants the first page shows.
const waitingShown = 20

// homePage is “Việc cần xử lý”: what waits, for whom, and which reports are owed next.
type homePage struct {
	basePage
	Done    string        // what the reader has just done
	Mine    []turnRow     // what waits for the reader, if they are signed in; open votes first
	Signing bool          // a signature of theirs is among it
	Waiting []covenantRow // the program or somebody must act; the first few
	More    bool          // others wait besides
	Owed    []owedRow     // reporting periods not yet complete, by deadline
	Stopped []covenantRow
	Running bool   // there are covenants in force
	Any     bool   // there are covenants at all
	Begin   string // address at which who may begins one
}

func (s *server) home(_ http.ResponseWriter, r *request) (*answer, error) {
	p := &homePage{basePage: s.base(r, "home")}
	p.Title, p.Done = r.text(words.Of("Việc cần xử lý", "To do")), r.done()
	var waiting []engine.Summary
	for _, part := range []struct {
		tone  workflow.Tone
		limit int
		show  func(engine.Page)
	}{
		{workflow.ToneWaiting, waitingShown,
			func(page engine.Page) {
				p.Waiting, p.More, waiting = s.rows(r, page), page.Next != "", page.Rows
			}},
		{workflow.ToneStopped, waitingShown, func(page engine.Page) { p.Stopped = s.rows(r, page) }},
		{workflow.ToneDone, 1, func(page engine.Page) { p.Running = len(page.Rows) > 0 }},
	} {
		page, err := s.list(r, engine.ListFilter{Phases: workflow.PhasesOf(part.tone), Limit: part.limit})
		if err != nil {
			return nil, fmt.Errorf("home: %w", err)
		}
		part.show(page)
		p.Any = p.Any || len(page.Rows) > 0
	}
	page, err := s.list(r, engine.ListFilter{Phases: []workflow.Phase{workflow.AwaitingReports}, Limit: waitingShown})
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	if p.Mine, err = (actions{s}).mine(r, slices.Concat(waiting, page.Rows)); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	for _, row := range p.Mine {
		p.Signing = p.Signing || slices.ContainsFunc(row.Acts, func(a act) bool { return a.command.Name == "sign" })
	}
	covenants, err := s.reporting(r, page.Rows)
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	for _, c := range covenants {
		p.Owed = append(p.Owed, c.owed()...)
	}
	slices.SortStableFunc(p.Owed, func(a, b owedRow) int {
		return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC))
	})
	p.Owed = p.Owed[:min(len(p.Owed), 6)]
	if p.Begin, err = (drafts{s}).beginPath(r); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	return &answer{page: "home", data: p}, nil
}

// turnRow is a covenant that waits for the reader, and what for.
type turnRow struct {
	covenantRow
	Acts []act
}

// actsShown is how many things to do are shown of one covenant.
const actsShown = 4

// mine are the covenants among those shown in which it is the turn of who is signed in.
func (s actions) mine(r *request, rows []engine.Summary) (out []turnRow, err error) {
	if r.visitor.Session.ID == "" {
		return nil, nil
	}
	for _, sum := range rows {
		v, err := s.view(r, sum.Slug)
		if err != nil {
			return nil, err
		}
		turn := s.acts(r, v).Turn
		if len(turn) == 0 {
			continue
		}
		turn = turn[:min(len(turn), actsShown)]
		for i := range turn {
			turn[i].From = fromHome
		}
		out = append(out, turnRow{s.row(r, sum), turn})
	}
	slices.SortStableFunc(out, func(a, b turnRow) int { return ballotsFirst(a.Acts[0]) - ballotsFirst(b.Acts[0]) })
	return out, nil
}

// owedRow is one reporting period that is not complete.
type owedRow struct {
	Label, Covenant, Path string
	Due, Remaining        string
	Tone                  workflow.Tone
	Done, Total           int
	Missing               string
	last                  workflow.Date
}

// owed are the incomplete reporting periods of a covenant that are next or overdue.
func (c reportingCovenant) owed() []owedRow {
	var out []owedRow
	for _, d := range c.duties {
		if c.Phase != workflow.AwaitingReports || (!d.Next && d.Tone != workflow.ToneStopped) {
			continue
		}
		out = append(out, owedRow{
			Label: d.Label, Covenant: c.Title, Path: address.Covenant.For(c.Slug) + "#bao-cao", Due: d.Due,
			Remaining: d.Remaining,
			Tone:      d.Tone, Done: d.Done, Total: d.Total, Missing: d.Missing, last: d.last,
		})
	}
	return out
}
