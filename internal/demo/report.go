package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// entry is something that happens at a time of the simulated quarter.
type entry struct {
	at time.Time
	do func(context.Context) error
}

// report shows the next reminders, then lets a quarter pass: those who report in time, the reminders, the one who is
// late, the list for the leader. Only the demo's clock runs ahead, and only ahead.
func (p *Play) report(ctx context.Context) error {
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	p.heading("Lịch nhắc báo cáo", "Reminders of reports")
	end, zone := until(v), v.Calendar.Zone()
	for _, o := range v.Upcoming {
		if !o.At.After(end) {
			p.line("%s  %s (hạn %s)  → %s", "%s  %s (due %s)  → %s", o.At.In(zone).Format("02/01/2006 15:04"),
				p.pick(o.Label, o.LabelEN), o.Deadline.LastDay().Display(), p.audience(o))
		}
	}
	p.heading("Mô phỏng đến %s (chỉ đồng hồ của bản trình diễn chạy nhanh)",
		"Simulation up to %s (only the demo's clock runs ahead)", end.In(zone).Format("02/01/2006"))
	for _, e := range p.agenda(v, end) {
		p.Clock.Advance(e.at)
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	return p.summary(ctx, end)
}

func (p *Play) audience(o engine.Occurrence) string {
	if o.To == "leader" {
		return p.pick("khối trưởng: danh sách đơn vị chậm", "block leader: list of those late")
	}
	return p.pick("các đơn vị chưa gửi", "agencies that have not reported")
}

// agenda is what happens until end, in order: for each report, those in time hand it in two days before it is due, the
// reminders come on their days, and the late agency follows after the last of them.
func (p *Play) agenda(v *engine.View, end time.Time) []entry {
	var out []entry
	last := map[string]time.Time{}
	for _, o := range v.Upcoming {
		if o.At.After(end) {
			continue
		}
		id := string(o.Obligation) + "/" + string(o.Period)
		if _, known := last[id]; !known {
			out = append(out, p.inTime(v, o))
		}
		if o.At.After(last[id]) {
			last[id] = o.At
		}
		out = append(out, entry{at: o.At, do: p.remind(o)})
	}
	for _, o := range v.Upcoming {
		id := string(o.Obligation) + "/" + string(o.Period)
		if o.At.Equal(last[id]) {
			out = append(out, entry{at: o.At.Add(26 * time.Hour), do: p.handIn(o, p.c.script.Late)})
		}
	}
	slices.SortStableFunc(out, func(a, b entry) int { return a.at.Compare(b.at) })
	return out
}

func (p *Play) inTime(v *engine.View, o engine.Occurrence) entry {
	at := o.Deadline.LastDay().AddDays(-2).At(9, 30, v.Calendar.Zone())
	return entry{at: at, do: func(ctx context.Context) error {
		handed := 0
		for _, agency := range v.Covenant.Members() {
			if agency == p.c.script.Late {
				continue
			}
			if err := p.handIn(o, agency)(ctx); err != nil {
				return err
			}
			handed++
		}
		p.line("%s: %d đơn vị gửi “%s” đúng hạn", "%s: %d agencies hand in “%s” in time", at.Format("02/01/2006"),
			handed, p.pick(o.Label, o.LabelEN))
		return nil
	}}
}

func (p *Play) handIn(o engine.Occurrence, agency workflow.AgencyID) func(context.Context) error {
	return func(ctx context.Context) error {
		reporter := p.holder(agency, workflow.DutyReport)
		cmd := workflow.SubmitReport{Agency: agency, Obligation: o.Obligation, Period: o.Period,
			Summary: p.c.script.Report}
		_, err := p.Engine.Do(ctx, p.id, cmd, p.as(reporter.ID, "report/%s/%s/%s", o.Obligation, o.Period, agency))
		if err == nil && agency == p.c.script.Late {
			p.line("%s gửi “%s”, muộn", "%s hands in “%s”, late", p.agency(agency).Name, p.pick(o.Label, o.LabelEN))
		}
		return err
	}
}

// remind lets the jobs do what is due and waits until the mails are out.
func (p *Play) remind(o engine.Occurrence) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := p.Engine.Sweep(ctx); err != nil {
			return err
		}
		if err := p.Engine.AwaitReminders(ctx); err != nil {
			return err
		}
		if err := p.Engine.AwaitMails(ctx); err != nil {
			return err
		}
		v, err := p.view(ctx)
		if err != nil {
			return err
		}
		sent := 0
		for _, r := range v.Covenant.Reminders {
			if r.Obligation == o.Obligation && r.Period == o.Period && r.Rung == o.Rung {
				sent = len(r.To)
			}
		}
		p.line("%s: nhắc %d đơn vị về “%s” → %s", "%s: agencies reminded: %d, “%s” → %s",
			o.At.In(v.Calendar.Zone()).Format("02/01/2006"), sent,
			p.pick(o.Label, o.LabelEN), p.audience(o))
		return nil
	}
}

func (p *Play) summary(ctx context.Context, end time.Time) error {
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	states := map[string]int{}
	for _, m := range v.Mails {
		states[m.State]++
	}
	if states["sent"] != len(v.Mails) {
		return fmt.Errorf("mails: %v; all should have been sent", states)
	}
	p.line("%d thư đã gửi qua SMTP, bản nhận được ở %s/mail", "%d mails sent over SMTP, as received in %s/mail",
		len(v.Mails), p.Where)
	for _, o := range v.Upcoming {
		if o.At.After(end) {
			p.line("Lượt nhắc tiếp theo: %s, %s", "Next reminder: %s, %s",
				o.At.In(v.Calendar.Zone()).Format("02/01/2006 15:04"), p.pick(o.Label, o.LabelEN))
			break
		}
	}
	return nil
}
