package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// homePage is “Việc cần xử lý”: what waits, for whom, and which reports are owed next.
type homePage struct {
	basePage
	Waiting []covenantRow // the program or somebody must act
	Owed    []owedRow     // reporting periods not yet complete, by deadline
	Stopped []covenantRow
	Running int // covenants in force
	Total   int
}

func (s *server) home(_ http.ResponseWriter, r *request) (*answer, error) {
	list, err := s.src.List(r.Context())
	if err != nil {
		return nil, fmt.Errorf("home: list covenants: %w", err)
	}
	p := &homePage{basePage: s.base(r, "home"), Total: len(list)}
	p.Title = r.lang.text("nav.home")
	for _, sum := range list {
		switch sum.Phase.Tone() {
		case workflow.ToneWaiting:
			p.Waiting = append(p.Waiting, s.row(r, sum))
		case workflow.ToneStopped:
			p.Stopped = append(p.Stopped, s.row(r, sum))
		default:
			if sum.Phase != workflow.PhaseClosed {
				p.Running++
			}
		}
	}
	views, err := s.reporting(r.Context(), list)
	if err != nil {
		return nil, err
	}
	for _, v := range views {
		p.Owed = append(p.Owed, s.owed(r, v)...)
	}
	slices.SortStableFunc(p.Owed, func(a, b owedRow) int { return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC)) })
	p.Owed = p.Owed[:min(len(p.Owed), 6)]
	return &answer{page: "home", data: p}, nil
}

// reporting gives the views of all covenants that have reporting duties.
func (s *server) reporting(ctx context.Context, list []engine.Summary) ([]*engine.View, error) {
	var views []*engine.View
	for _, sum := range list {
		if sum.Phase != workflow.AwaitingReports && sum.Phase != workflow.PhaseClosed {
			continue
		}
		v, err := s.src.View(ctx, sum.Slug)
		if err != nil {
			return nil, fmt.Errorf("covenant %s: %w", sum.Slug, err)
		}
		views = append(views, v)
	}
	return views, nil
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

// owed are the incomplete reporting periods of a covenant, each deadline once.
func (s *server) owed(r *request, v *engine.View) []owedRow {
	t := s.teller(r, v)
	var out []owedRow
	for _, d := range t.duties() {
		if v.Covenant.Phase != workflow.AwaitingReports || (!d.Next && d.Tone != workflow.ToneStopped) {
			continue
		}
		out = append(out, owedRow{
			Label: d.Label, Covenant: v.Covenant.Title, Path: slugPath(v.Covenant.Slug) + "#bao-cao", Due: d.Due, Remaining: d.Remaining,
			Tone: d.Tone, Done: d.Done, Total: d.Total, Missing: d.Missing, last: d.last,
		})
	}
	return out
}
