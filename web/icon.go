package web

import (
	"cmp"
	"fmt"
	"html/template"

	"covenant/workflow"
)

// iconPaths is the whole icon set: strokes on a 24-unit square. An icon never stands without words.
var iconPaths = map[string]string{
	"inbox":    `<path d="M4 13h4l2 3h4l2-3h4M4 13V18a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5L17 5H7z"/>`,
	"document": `<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>`,
	"calendar": `<path d="M4 6h16v14H4zM4 10h16M8 3v4M16 3v4"/>`,
	"book":     `<path d="M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11M9 8h6"/>`,
	"check":    `<path d="M5 12.5l4.5 4.5L19 7.5"/>`,
	"clock":    `<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 2"/>`,
	"next":     `<path d="M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z" stroke-dasharray="3 3"/>`,
	"stop":     `<path d="M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16v.5"/>`,
	"question": `<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1 1-1.1` +
		` 1.8M12 16.5v.5"/>`,
	"pen":    `<path d="M4 20l1-5L16 4l4 4L9 19zM14 6l4 4"/>`,
	"return": `<path d="M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6"/>`,
	"vote":   `<path d="M4 13h16v7H4zM7 13V4h10v9M10 8l1.5 1.5L14.5 6.5"/>`,
	"mail":   `<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>`,
	"bell":   `<path d="M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4"/>`,
	"chart":  `<path d="M4 20V4M4 20h16M8 20v-6M12 20V9M16 20v-9"/>`,
	"chain": `<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0` +
		` 5.7 5.7L12 17"/>`,
	"download": `<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>`,
	"minus":    `<path d="M6 12h12"/>`,
	"plus":     `<path d="M6 12h12M12 6v12"/>`,
	"fit":      `<path d="M3 12h18M6 9l-3 3 3 3M18 9l3 3-3 3"/>`,
	"people": `<path d="M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0` +
		` 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6"/>`,
	"history": `<path d="M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4l3 2"/>`,
	"screen":  `<path d="M3 5h18v12H3zM8 21h8M12 17v4"/>`,
	"lock":    `<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>`,
	"shield": `<path d="M12 3l7.5 3v5.5c0 4.6-3.3 7.8-7.5 9.5-4.2-1.700-7.5-4.900-7.5-9.500V6zM8.500 12l2.500` +
		` 2.500 4.500-5"/>`,
	"seal": `<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10z"/>`,
}

// eventIcons are the icons of what happened, by the event's kind. What an agency says of a draft has one by its
// opinion.
var eventIcons = byKind(map[string][]string{
	"bell":  {"reminded", "stage_escalated"},
	"book":  {"number_issued", "number_voided"},
	"chart": {"ranked", "report_submitted", "reporting_opened", "score_verified", "self_scored"},
	"check": {
		"appeal_decided", "approval_carried", "closed", "comment_resolved", "in_force", "process_ended",
		"score_accepted", "signatures_sufficient", "stage_closed",
	},
	"clock": {"ballot_deemed", "deadline_extended", "deadline_recounted", "opinion_deemed", "obstacles_accepted"},
	"document": {
		"amended", "amendment_drafted", "amendment_dropped", "comment_answered", "comment_posted", "drafted",
		"minutes_kept", "renewal_drafted", "revision_submitted",
	},
	"lock":   {"frozen", "validation_data_added"},
	"next":   {"agencies_released", "reviewer_asked", "signatories_passed", "stage_opened", "stage_skipped"},
	"pen":    {"paper_signature_recorded", "signature_made"},
	"people": {"attendance_recorded", "chair_handed_over", "group_opened", "proxy_recorded", "refusal_settled"},
	"return": {"revision_returned", "revision_withdrawn", "score_appealed", "withdrawn"},
	"screen": {"conference_closed", "conference_opened"},
	"seal":   {"seal_applied"},
	"stop":   {"cancelled", "conflict_declared", "signature_refused", "stopped"},
	"vote": {
		"ballot_cast", "ballot_taken", "hands_counted", "motion_closed", "motion_opened", "motion_proposed",
		"poll_ballot_cast", "poll_ballot_taken", "poll_closed", "poll_opened",
	},
})

// byKind turns a table of kinds by icon into one of icons by kind.
func byKind(table map[string][]string) map[string]string {
	out := map[string]string{}
	for icon, kinds := range table {
		for _, kind := range kinds {
			out[kind] = icon
		}
	}
	return out
}

// eventIcon is the icon of an event; one of a kind without an icon of its own has that of all that happened.
func eventIcon(e workflow.Event) string {
	if given, ok := e.(workflow.ReviewGiven); ok {
		switch given.Opinion {
		case workflow.OpinionReturn:
			return "return"
		case workflow.OpinionReject:
			return "stop"
		}
		return "check"
	}
	return cmp.Or(eventIcons[e.Kind()], "history")
}

// icon draws one icon of the set, hidden from screen readers because words stand beside it.
func icon(name string) (template.HTML, error) {
	path, ok := iconPaths[name]
	if !ok {
		return "", fmt.Errorf("icon %q does not exist", name)
	}
	const head = `<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">`
	return template.HTML(head + path + `</svg>`), nil //nolint:gosec // path is one of the table above
}

// toneIcon is the icon of how something stands.
func toneIcon(tone any) (template.HTML, error) {
	switch fmt.Sprint(tone) {
	case "done":
		return icon("check")
	case "stopped":
		return icon("stop")
	case "next":
		return icon("next")
	}
	return icon("clock")
}

// verdictIcon is the icon of what a check found.
func verdictIcon(tone any) (template.HTML, error) {
	switch fmt.Sprint(tone) {
	case "done":
		return icon("check")
	case "stopped":
		return icon("stop")
	}
	return icon("question")
}
