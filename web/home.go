package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// waitingShown is how many waiting covenants the first page shows.
const waitingShown = 20

// homePage is “Việc cần xử lý”: what waits, for whom, and which reports are owed next.
type homePage struct {
	basePage
	Waiting []covenantRow // the program or somebody must act; the first few
	More    int           // that wait besides
	Owed    []owedRow     // reporting periods not yet complete, by deadline
	Stopped []covenantRow
	Running int // covenants in force
	Total   int
}

func (s *server) home(_ http.ResponseWriter, r *request) (*answer, error) {
	list, err := s.list(r)
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	p := &homePage{basePage: s.base(r, "home"), Total: len(list)}
	p.Title = r.text(words.Of("Việc cần xử lý", "To do"))
	for _, sum := range list {
		switch sum.Phase.Tone() {
		case workflow.ToneWaiting:
			if len(p.Waiting) == waitingShown {
				p.More++
				continue
			}
			p.Waiting = append(p.Waiting, s.row(r, sum))
		case workflow.ToneStopped:
			p.Stopped = append(p.Stopped, s.row(r, sum))
		default:
			if sum.Phase != workflow.PhaseClosed {
				p.Running++
			}
		}
	}
	covenants, err := s.reporting(r, list)
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	for _, c := range covenants {
		p.Owed = append(p.Owed, c.owed()...)
	}
	slices.SortStableFunc(p.Owed, func(a,
		b owedRow) int {
		return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC))
	})
	p.Owed = p.Owed[:min(len(p.Owed), 6)]
	return &answer{page: "home", data: p}, nil
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
