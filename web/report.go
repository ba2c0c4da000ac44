package web

import (
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// dutyRow is one report for one period: when it is due, who has handed it in, and how the others are reminded.
type dutyRow struct {
	ID             string // unique among all covenants'
	Label          string // with the period: “Báo cáo quý I năm 2026”
	Due, Remaining string
	Tone           workflow.Tone
	Done, Total    int
	Late           int
	Missing        string
	Members        []memberReport
	Rungs          []rungRow
	Next           bool // the first that is not complete
	last           workflow.Date
}

// memberReport is where one member stands with one report.
type memberReport struct{ Agency, State, Tone, At, Person, Summary string }

// rungRow is one step of the reminder ladder.
type rungRow struct{ Label, At, State, Tone, Recipients string }

// duties are the reporting periods by deadline.
func (t presenter) duties() []dutyRow {
	type key struct {
		obligation workflow.ObligationID
		period     workflow.Period
	}
	steps := map[key][]engine.Occurrence{}
	var order []key
	for _, o := range t.v.Upcoming {
		k := key{o.Obligation, o.Period}
		if _, ok := steps[k]; !ok {
			order = append(order, k)
		}
		steps[k] = append(steps[k], o)
	}
	var rows []dutyRow
	for _, k := range order {
		rows = append(rows, t.duty(k.obligation, k.period, steps[k]))
	}
	slices.SortStableFunc(rows, func(a, b dutyRow) int {
		return a.last.At(0, 0, time.UTC).Compare(b.last.At(0, 0, time.UTC))
	})
	next := false
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Done == r.Total:
		case !next:
			r.Next, next = true, true
		case r.Tone == workflow.ToneWaiting: // its turn has not come
			r.Tone = "next"
		}
	}
	return rows
}

func (t presenter) duty(id workflow.ObligationID, period workflow.Period, steps []engine.Occurrence) dutyRow {
	c := t.v.Covenant
	today := t.v.Calendar.Today(t.v.Now)
	due := steps[0].Deadline
	row := dutyRow{
		ID:    identifier(c.Slug + "-" + string(id) + "-" + string(period)),
		Label: t.pick(steps[0].Label, steps[0].LabelEN), last: due.LastDay(),
		Due: due.LastDay().Display(), Total: len(c.Members()), Tone: workflow.ToneWaiting,
	}
	for _, a := range c.Members() {
		m := t.memberReport(id, period, a, due, today)
		if m.Tone == "done" || m.Tone == "late" {
			row.Done++
		}
		if m.Tone == "late" {
			row.Late++
		}
		row.Members = append(row.Members, m)
	}
	row.Missing = t.agencies(c.Missing(id, period))
	switch {
	case row.Done == row.Total:
		row.Tone = workflow.ToneDone
	case due.LastDay().Before(today):
		row.Tone = workflow.ToneStopped
	}
	if row.Done < row.Total {
		row.Remaining = t.v.Calendar.Remaining(due, today, t.lang)
	}
	for _, o := range steps {
		row.Rungs = append(row.Rungs, t.rung(o))
	}
	return row
}

func (t presenter) memberReport(id workflow.ObligationID, period workflow.Period, a workflow.AgencyID,
	due workflow.Deadline, today workflow.Date) memberReport {
	m := memberReport{Agency: t.agency(a)}
	report, ok := t.v.Covenant.Report(id, period, a)
	switch {
	case ok && report.Late:
		m.State, m.Tone = t.text(words.Of("Nộp muộn", "Late")), "late"
	case ok:
		m.State, m.Tone = t.text(words.Of("Đúng hạn", "In time")), "done"
	case due.LastDay().Before(today):
		m.State, m.Tone = t.text(words.Of("Quá hạn", "Overdue")), "stopped"
	default:
		m.State, m.Tone = t.text(words.Of("Chưa báo cáo", "Not yet")), "next"
	}
	if ok {
		m.Summary, m.Person = report.Summary, t.acting(report.Person, report.Authority)
		m.At = t.when(t.timeOf(func(e workflow.Event) bool {
			r, ok := e.(workflow.ReportSubmitted)
			return ok && r.Agency == a && r.Obligation == id && r.Period == period
		}))
	}
	return m
}

var rungTones = map[string]string{"sent": "done", "skipped": "next", "pending": "waiting"}

var rungWords = map[string]words.Text{
	"sent":    words.Of("Đã gửi", "Sent"),
	"skipped": words.Of("Không cần gửi", "Not needed"),
	"pending": words.Of("Sẽ gửi", "To be sent"),
}

func (t presenter) rung(o engine.Occurrence) rungRow {
	row := rungRow{At: t.when(o.At), Tone: rungTones[o.State], State: t.text(rungWords[o.State]),
		Recipients: t.text(t.v.Directory.SomeAgencies(o.Recipients))}
	days := o.Deadline.LastDay().DaysUntil(t.v.Calendar.Today(o.At))
	switch {
	case days < 0:
		row.Label = t.text(words.F("Trước hạn %s", "%s before", words.N(-days, "ngày", "day", "days")))
	case days > 0:
		row.Label = t.text(words.F("Quá hạn %s", "%s overdue", words.N(days, "ngày", "day", "days")))
	default:
		row.Label = t.text(words.Of("Đúng ngày đến hạn", "On the day itself"))
	}
	if o.To == "leader" {
		row.Label += " – " + t.text(words.Of("danh sách gửi khối trưởng", "list to the block leader"))
	}
	return row
}

// timeOf is when the newest event that fits was recorded.
func (t presenter) timeOf(fits func(workflow.Event) bool) time.Time {
	for i := len(t.v.Timeline) - 1; i >= 0; i-- {
		if fits(t.v.Timeline[i].Event) {
			return t.v.Timeline[i].At
		}
	}
	return time.Time{}
}
