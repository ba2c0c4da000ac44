package web

import (
	"covenant/workflow"
	"covenant/workflow/engine"
)

// timelinePart is what happened: the recent events, and the earlier ones apart.
type timelinePart struct {
	Days, Earlier            []timelineDay
	EarlierCount, EventCount int
	LastDigest               string // of the chain
}

func (t presenter) timelinePart() timelinePart {
	all := t.v.Timeline
	p := timelinePart{EventCount: len(all)}
	p.Days, p.Earlier = t.timeline()
	for _, d := range p.Earlier {
		p.EarlierCount += len(d.Events)
	}
	if len(all) > 0 {
		p.LastDigest = all[len(all)-1].Hash.String()
	}
	return p
}

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
	Icon        string
	Tone        workflow.Tone
	Text        string
	Detail      string
	Actor       string
	Short, Hash string
}

// recentEvents is how many events a page shows at once; the earlier ones open on demand.
const recentEvents = 12

// timeline tells the recorded events, newest first, by day: the recent ones, and the earlier ones apart.
func (t presenter) timeline() (recent, earlier []timelineDay) {
	all := t.v.Timeline
	cut := max(0, len(all)-recentEvents)
	if cut < 4 { // not worth a click
		cut = 0
	}
	return t.days(all[cut:]), t.days(all[:cut])
}

// days tells events, newest first, by day.
func (t presenter) days(entries []engine.Entry) []timelineDay {
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

func (t presenter) eventRow(entry engine.Entry) eventRow {
	told := t.v.Tell(entry.Event)
	return eventRow{
		Version: entry.Version, Time: entry.At.In(t.zone).Format("15:04"), MachineTime: dateTime(entry.At),
		Icon: eventIcon(entry.Event), Tone: told.Tone, Text: t.text(told.Text), Detail: t.text(told.Detail),
		Actor: t.text(t.v.Directory.DoneBy(entry.By, entry.Event)),
		Short: entry.Hash.Short(), Hash: entry.Hash.String(),
	}
}
