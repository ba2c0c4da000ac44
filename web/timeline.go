package web

import (
	"fmt"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// timelineDay holds the events of one day, newest first.
type timelineDay struct {
	Day    string
	Events []eventRow
}

// eventRow is one recorded event in words.
type eventRow struct {
	Version     int64
	Time        string
	MachineTime string
	Icon, Tone  string
	Text        string
	Detail      string
	Actor       string
	Short, Hash string
}

// recentEvents is how many events a page shows at once; the earlier ones open on demand.
const recentEvents = 12

// timeline tells the recorded events, newest first, by day: the recent ones, and the earlier ones apart.
func (t teller) timeline() (recent, earlier []timelineDay) {
	all := t.v.Timeline
	cut := max(0, len(all)-recentEvents)
	if cut < 4 { // not worth a click
		cut = 0
	}
	return t.days(all[cut:]), t.days(all[:cut])
}

// days tells events, newest first, by day.
func (t teller) days(entries []engine.Entry) []timelineDay {
	var days []timelineDay
	for i := len(entries) - 1; i >= 0; i-- {
		entry := entries[i]
		day := t.day(entry.At)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, timelineDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Events = append(last.Events, t.eventRow(entry))
	}
	return days
}

func (t teller) eventRow(entry engine.Entry) eventRow {
	row := eventRow{
		Version: entry.Version, Time: entry.At.In(t.zone).Format("15:04"), MachineTime: dateTime(entry.At), Tone: "next",
		Icon: "history", Short: entry.Hash.Short(), Hash: entry.Hash.String(),
	}
	if entry.By.Program {
		row.Actor = t.text("event.program")
	} else {
		row.Actor = t.acting(entry.By.Person, workflow.AuthorityOf(entry.Event))
	}
	t.tell(&row, entry.Event)
	return row
}

// say fills in an event's icon, tone and sentence.
func (row *eventRow) say(icon, tone, text string) { row.Icon, row.Tone, row.Text = icon, tone, text }

// tell puts an event into words. An event without words of its own shows its kind, so that nothing is ever left out.
func (t teller) tell(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.Drafted:
		row.say("document", "next", t.text("event.drafted", "agency", t.agency(e.DraftedFor)))
		if !e.Amends.IsZero() {
			row.Detail = t.text("event.amends", "slug", e.Amends.Slug)
		} else if !e.Renews.IsZero() {
			row.Detail = t.text("event.renews", "slug", e.Renews.Slug)
		}
	case workflow.RevisionSubmitted:
		row.say("document", "next", t.text("event.revision", "number", e.Number, "digest", e.Manifest.Short()))
		row.Detail = e.Note
		if e.Conference {
			row.Text = t.text("event.revision_amended", "number", e.Number, "digest", e.Manifest.Short())
		}
	case workflow.StageOpened:
		row.say("next", "waiting", t.text("event.stage_opened", "stage", t.stageLabel(e.Stage)))
		if !e.Due.Date.IsZero() {
			row.Detail = t.text("event.due", "date", e.Due.LastDay().Display())
		}
	case workflow.StageClosed:
		row.say("check", "done", t.text("event.stage_closed", "stage", t.stageLabel(e.Stage)))
	case workflow.ReviewGiven:
		t.tellReview(row, e)
	case workflow.RevisionReturned:
		row.say("return", "stopped", t.text("event.returned", "number", e.Revision, "agency", t.agency(e.By)))
		if e.Why != "" && e.Why != workflow.CauseReturned {
			row.Text = t.text("event.returned_because", "number", e.Revision, "why", t.cause(workflow.Cause{Agency: e.By, Why: e.Why}))
		}
		row.Detail = e.Reason
	case workflow.MotionOpened, workflow.BallotCast, workflow.MotionClosed:
		t.tellVote(row, e)
	case workflow.NumberIssued:
		row.say("book", "done", t.text("event.numbered", "number", fmt.Sprintf("%02d/%s", e.Number, e.Symbol), "date", e.Date.Display()))
	case workflow.Frozen:
		row.say("lock", "done", t.text("event.frozen", "digest", e.PDF.Short(), "size", t.displaySize(e.Size)))
	case workflow.GroupOpened:
		row.say("people", "waiting", t.text("event.group", "number", e.Group))
		row.Detail = t.agencies(e.Who)
	case workflow.SignatureMade, workflow.SealApplied, workflow.SignatureRefused, workflow.ValidationDataAdded:
		t.tellSignature(row, e)
	default:
		t.tellReporting(row, e)
	}
}

func (t teller) tellReview(row *eventRow, e workflow.ReviewGiven) {
	icons := map[workflow.Opinion]string{workflow.OpinionApprove: "check", workflow.OpinionApproveComments: "check", workflow.OpinionReturn: "return", workflow.OpinionReject: "stop"}
	row.say(icons[e.Opinion], opinionTones[e.Opinion],
		t.text("event.review", "agency", t.agency(e.Agency), "opinion", e.Opinion.Word(t.code), "number", e.Revision))
	for _, comment := range e.Comments {
		if row.Detail != "" {
			row.Detail += " · "
		}
		row.Detail += comment.Text
	}
}

func (t teller) tellVote(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.MotionOpened:
		row.say("vote", "waiting", t.text("event.motion_opened", "motion", t.motionText(workflow.Motion{ID: e.Motion, Text: e.Text, English: e.English})))
	case workflow.BallotCast:
		row.say("vote", choiceTones[e.Choice], t.text("event.ballot", "agency", t.agency(e.Agency), "choice", e.Choice.Word(t.code), "motion", t.motion(e.Motion)))
		if e.Proxy != "" {
			row.Detail = t.text("vote.by_proxy", "agency", t.agency(e.Proxy))
		}
	case workflow.MotionClosed:
		id, tone := "event.motion_passed", "done"
		if !e.Passed {
			id, tone = "event.motion_failed", "stopped"
		}
		row.say("vote", tone, t.text(id, "motion", t.motion(e.Motion)))
		row.Detail = t.text("vote.tally", "for", e.For, "against", e.Against, "abstain", e.Abstain)
		if e.Lapsed {
			row.Detail += " · " + t.text("vote.lapsed")
		}
		if e.Tie {
			row.Detail += " · " + t.text("vote.tie")
		}
	}
}

func (t teller) tellSignature(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.SignatureMade:
		unit := string(e.Slot)
		if p, ok := t.v.Covenant.SlotParty(e.Slot); ok {
			unit = t.agency(p.Agency)
		}
		row.say("pen", "done", t.text("event.signed", "person", t.person(e.Person), "unit", unit, "level", e.Level))
		row.Detail = t.text("event.head", "before", e.Before.Short(), "after", e.After.Short())
	case workflow.SealApplied:
		row.say("seal", "done", t.text("event.sealed", "person", t.person(e.Person), "unit", t.agency(e.Agency), "level", e.Level))
		row.Detail = t.text("event.head", "before", e.Before.Short(), "after", e.After.Short())
	case workflow.SignatureRefused:
		row.say("stop", "stopped", t.text("event.refused", "person", t.person(e.Person)))
		row.Detail = e.Reason
	case workflow.ValidationDataAdded:
		row.say("lock", "done", t.text("event.validation", "level", e.Level))
		row.Detail = t.text("event.head", "before", e.Before.Short(), "after", e.After.Short())
	}
}

func (t teller) tellReporting(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.InForce:
		row.say("check", "done", t.text("event.in_force", "date", e.Date.Display()))
	case workflow.ReportingOpened:
		row.say("chart", "next", t.text("event.reporting", "from", e.From.Display(), "until", e.Until.Display()))
	case workflow.ReportSubmitted:
		id, tone := "event.report", "done"
		if e.Late {
			id, tone = "event.report_late", "waiting"
		}
		row.say("chart", tone, t.text(id, "agency", t.agency(e.Agency), "report", t.report(e.Obligation, e.Period)))
		row.Detail = e.Summary
	case workflow.Reminded:
		row.say("bell", "waiting", t.text("event.reminded", "report", t.report(e.Obligation, e.Period), "n", len(e.To)))
		row.Detail = t.agencies(e.To)
		if len(e.To) == 0 {
			row.say("bell", "next", t.text("event.reminder_skipped", "report", t.report(e.Obligation, e.Period)))
		}
	case workflow.Closed:
		row.say("check", "done", t.text("event.closed"))
		row.Detail = e.Reason
	default:
		t.tellLife(row, e)
	}
}

// tellLife tells what ends a covenant or links it with others.
func (t teller) tellLife(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.Withdrawn:
		row.say("return", "stopped", t.text("event.withdrawn", "person", t.person(e.Person)))
		row.Detail = e.Reason
	case workflow.Cancelled:
		row.say("stop", "stopped", t.text("event.cancelled_rule"))
		if e.Person != "" {
			row.Text = t.text("event.cancelled", "person", t.person(e.Person))
		}
		row.Detail = e.Reason
		if e.Document != "" {
			row.Detail += " · " + e.Document
		}
	case workflow.NumberVoided:
		row.say("book", "stopped", t.text("event.number_voided", "number", fmt.Sprintf("%02d/%s", e.Number, e.Symbol)))
		row.Detail = e.Reason
	case workflow.AmendmentDrafted:
		row.say("document", "next", t.text("event.amendment_drafted", "title", e.Title))
	case workflow.Amended:
		row.say("document", "done", t.text("event.amended", "title", e.Title, "number", e.Number, "date", e.From.Display()))
	case workflow.AmendmentDropped:
		row.say("document", "stopped", t.text("event.amendment_dropped", "slug", e.By.Slug))
		row.Detail = e.Reason
	case workflow.RenewalDrafted:
		row.say("document", "next", t.text("event.renewal_drafted", "year", e.Year))
	default:
		t.tellFlow(row, e)
	}
}

func (t teller) stageLabel(id workflow.StageID) string {
	if stage, ok := t.v.Process.Stage(id); ok {
		return stage.Label(t.code)
	}
	return string(id)
}

func (t teller) motion(id workflow.MotionID) string {
	for _, m := range t.v.Covenant.Motions {
		if m.ID == id {
			return t.motionText(m)
		}
	}
	return string(id)
}

// report names a report with its period, as it stands within a sentence.
func (t teller) report(id workflow.ObligationID, period workflow.Period) string {
	if stage, ok := t.v.Process.OfKind(workflow.StageReport); ok {
		if o, ok := stage.Report.Obligation(id); ok {
			return lowerFirst(o.Title(period, t.code))
		}
	}
	return string(id) + " " + string(period)
}
