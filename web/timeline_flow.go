package web

import (
	"strings"

	"covenant/workflow"
)

// tellFlow tells what the rules of a process entail: comments, carried approvals, deadlines, refusals, conferences, scores.
func (t teller) tellFlow(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.CommentPosted:
		row.say("document", "next", t.text("event.comment", "agency", t.agency(e.Agency), "number", e.Revision))
		row.Detail = e.Text
	case workflow.CommentAnswered:
		row.say("document", "next", t.text("event.answer", "agency", t.agency(e.Agency), "asker", t.askerOf(e.Thread)))
		row.Detail = e.Text
	case workflow.CommentResolved:
		id, tone := "event.resolved", "done"
		if e.Open {
			id, tone = "event.reopened", "waiting"
		}
		row.say("check", tone, t.text(id, "agency", t.agency(e.Agency), "asker", t.askerOf(e.Thread)))
	case workflow.ReviewerAsked:
		row.say("next", "waiting", t.text("event.reviewer_asked", "agency", t.agency(e.Agency)))
	case workflow.ApprovalCarried:
		row.say("check", "done", t.text("event.carried", "agency", t.agency(e.Agency), "from", e.FromRevision, "to", e.Revision))
		row.Detail = t.text("event.carried_detail", "before", e.FromManifest.Short(), "after", e.Manifest.Short(), "same", len(e.Unchanged), "changed", len(e.Changed))
	case workflow.OpinionDeemed:
		row.say("clock", "waiting", t.text("event.deemed", "agency", t.agency(e.Agency), "opinion", e.Opinion.Word(t.code)))
	case workflow.AgenciesReleased:
		row.say("next", "waiting", t.text("event.released", "agencies", t.agencies(e.Agencies)))
		if e.Quorum {
			row.Text = t.text("event.quorum_waived")
		}
	case workflow.ConflictDeclared:
		row.say("stop", "next", t.text("event.conflict", "agency", t.agency(e.Agency)))
		row.Detail = e.Reason
	default:
		t.tellDeadline(row, e)
	}
}

// askerOf is the agency that began a thread.
func (t teller) askerOf(id workflow.CommentID) string {
	thread, _ := t.v.Covenant.Thread(id)
	return t.agency(thread.Agency)
}

func (t teller) tellDeadline(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.StageSkipped:
		row.say("next", "next", t.text("event.skipped", "stage", t.stageLabel(e.Stage)))
		if stage, ok := t.v.Process.Stage(e.Stage); ok && e.When != "" {
			row.Detail = t.text("event.skipped_when", "condition", stage.When.Words(t.code))
		}
	case workflow.StageEscalated:
		row.say("bell", "waiting", t.text("event.escalated", "stage", t.stageLabel(e.Stage)))
		row.Detail = t.escalation(e)
	case workflow.DeadlineExtended:
		row.say("clock", "waiting", t.text("event.extended", "stage", t.stageLabel(e.Stage), "date", e.Due.LastDay().Display()))
	case workflow.Stopped:
		row.say("stop", "stopped", t.text("event.stopped", "why", t.cause(e.Cause)))
		row.Detail = e.Reason
	case workflow.RefusalSettled:
		row.say("people", "next", t.text("event.settled", "choice", t.settlement(e.Choice)))
		row.Detail = e.Reason
	case workflow.ProcessEnded:
		row.say("check", "done", t.text("event.process_ended"))
	case workflow.SignatoriesPassed:
		row.say("next", "waiting", t.text("event.passed_over", "agencies", t.agencies(e.Agencies)))
	case workflow.SignaturesSufficient:
		row.say("check", "done", t.text("event.sufficient", "have", e.Have, "total", e.Total, "date", e.Until.LastDay().Display()))
	case workflow.PaperSignatureRecorded:
		row.say("pen", "done", t.text("event.paper", "person", t.person(e.Signatory), "unit", t.agency(e.Agency), "date", e.Date.Display()))
		row.Detail = t.text("event.paper_detail", "recorder", t.person(e.RecordedBy), "digest", e.Scan.Short(), "note", e.Note)
	default:
		t.tellConference(row, e)
	}
}

// escalation says whom a rung wrote to, who had not acted, and what follows.
func (t teller) escalation(e workflow.StageEscalated) string {
	var parts []string
	if len(e.To) > 0 {
		parts = append(parts, t.text("event.escalated_to", "agencies", t.someAgencies(e.To)))
	}
	if len(e.Missing) > 0 {
		parts = append(parts, t.text("event.escalated_missing", "agencies", t.someAgencies(e.Missing)))
	}
	if then := t.consequence(e.Then); then != "" {
		parts = append(parts, then)
	}
	return strings.Join(parts, " · ")
}

func (t teller) consequence(c workflow.Consequence) string {
	switch c {
	case workflow.ThenContinue:
		return t.text("then.continue")
	case workflow.ThenReturn:
		return t.text("then.return")
	case workflow.ThenTreatAs:
		return t.text("then.treat_as")
	case workflow.ThenExtend:
		return t.text("then.extend")
	case workflow.ThenReject:
		return t.text("then.reject")
	}
	return ""
}

func (t teller) settlement(c workflow.Consequence) string {
	switch c {
	case workflow.ThenReturn:
		return t.text("settle.return")
	case workflow.ThenCancel:
		return t.text("settle.cancel")
	}
	return t.text("settle.continue")
}

func (t teller) cause(c workflow.Cause) string {
	switch c.Why {
	case workflow.CauseRejected:
		return t.text("cause.rejected", "agency", t.agency(c.Agency))
	case workflow.CauseRefused:
		return t.text("cause.refused", "agency", t.agency(c.Agency))
	case workflow.CauseTooFew:
		return t.text("cause.too_few")
	case workflow.CauseQuorum:
		return t.text("cause.quorum")
	case workflow.CauseVote:
		return t.text("cause.vote")
	}
	return t.text("cause.deadline")
}

func (t teller) tellConference(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.ConferenceOpened:
		row.say("screen", "waiting", t.text("event.conference_opened", "name", e.Name))
		row.Detail = t.text("event.conference_chair", "place", e.Place, "chair", t.acting(e.Chair, e.Authority), "secretary", t.person(e.Secretary))
		if e.ChairReason != "" {
			row.Detail += " · " + t.text("conference.chair_instead", "agency", t.agency(e.Chairing), "reason", e.ChairReason)
		}
	case workflow.ChairHandedOver:
		row.say("people", "next", t.text("event.chair_handed_over", "from", t.agency(e.From), "to", t.agency(e.To)))
		row.Detail = e.Reason
	case workflow.AttendanceRecorded:
		row.say("people", "next", t.text("event.attendance", "agency", t.agency(e.Agency), "presence", e.Presence.Word(t.code)))
		if e.Person != "" {
			row.Detail = t.person(e.Person)
		}
	case workflow.ProxyRecorded:
		row.say("people", "next", t.text("event.proxy", "from", t.agency(e.From), "to", t.agency(e.To)))
		row.Detail = e.Document + " · " + e.Date.Display()
	case workflow.MotionProposed:
		row.say("vote", "next", t.text("event.proposed", "agency", t.agency(e.Agency), "motion", t.pick(e.Text, e.English)))
	case workflow.HandsCounted:
		row.say("vote", "next", t.text("event.hands", "motion", t.motion(e.Motion)))
		row.Detail = t.text("vote.tally", "for", e.For, "against", e.Against, "abstain", e.Abstain)
	case workflow.BallotTaken:
		row.say("vote", "next", t.text("event.ballot_taken", "agency", t.agency(e.Agency), "motion", t.motion(e.Motion)))
	case workflow.BallotDeemed:
		row.say("clock", "waiting", t.text("event.ballot_deemed", "agency", t.agency(e.Agency), "choice", e.Choice.Word(t.code), "motion", t.motion(e.Motion)))
	case workflow.RevisionWithdrawn:
		row.say("return", "stopped", t.text("event.amendment_failed", "number", e.Revision))
	case workflow.ConferenceClosed:
		id := "event.conference_closed"
		if e.Adjourned {
			id = "event.conference_adjourned"
		}
		row.say("screen", "done", t.text(id))
		row.Detail = e.Opinions
	case workflow.MinutesKept:
		row.say("document", "done", t.text("event.minutes", "digest", e.PDF.Short()))
	default:
		t.tellScore(row, e)
	}
}

func (t teller) tellScore(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.SelfScored:
		row.say("chart", "next", t.text("event.self_scored", "agency", t.agency(e.Agency), "points", e.Total.Display(t.code)))
		row.Detail = e.Note
	case workflow.ScoreVerified:
		row.say("chart", "done", t.text("event.verified", "agency", t.agency(e.Agency), "points", e.Total.Display(t.code), "verifier", t.agency(e.Verifier)))
		row.Detail = e.Note
	case workflow.Ranked:
		row.say("chart", "done", t.text("event.ranked"))
		if len(e.Rows) > 0 {
			row.Detail = t.text("event.ranked_first", "agency", t.agency(e.Rows[0].Agency), "points", e.Rows[0].Total.Display(t.code))
		}
	case workflow.ScoreAccepted:
		row.say("check", "done", t.text("event.score_accepted", "agency", t.agency(e.Agency)))
	case workflow.ScoreAppealed:
		row.say("return", "waiting", t.text("event.score_appealed", "agency", t.agency(e.Agency)))
		row.Detail = e.Reason
	case workflow.AppealDecided:
		row.say("check", "done", t.text("event.appeal_decided", "council", t.agency(e.Council), "agency", t.agency(e.Agency), "points", e.Total.Display(t.code)))
		row.Detail = e.Reason
	default:
		t.tellPoll(row, e)
	}
}

func (t teller) tellPoll(row *eventRow, e workflow.Event) {
	name := func(id workflow.PollID) string {
		if stage, ok := t.v.Process.OfKind(workflow.StageScore); ok {
			if rule, ok := stage.Score.PollRule(id); ok {
				return rule.Label(t.code)
			}
		}
		return string(id)
	}
	switch e := e.(type) {
	case workflow.PollOpened:
		row.say("vote", "waiting", t.text("event.poll_opened", "poll", name(e.Poll)))
	case workflow.PollBallotCast:
		row.say("vote", "next", t.text("event.poll_ballot", "agency", t.agency(e.Agency), "poll", name(e.Poll)))
		row.Detail = t.agencies(e.Choices)
	case workflow.PollBallotTaken:
		row.say("vote", "next", t.text("event.poll_taken", "agency", t.agency(e.Agency), "poll", name(e.Poll)))
	case workflow.PollClosed:
		row.say("vote", "done", t.text("event.poll_closed", "poll", name(e.Poll)))
		row.Detail = t.text("poll.rules", "method", e.Method.Word(t.code), "cast", e.Cast, "entitled", e.Entitled, "quorum", e.Quorum, "blank", e.Blank)
		if e.Lapsed {
			row.Tone, row.Detail = "stopped", row.Detail+" · "+t.text("vote.lapsed")
		}
		if e.Elected != "" {
			row.Detail += " · " + t.text("poll.elected", "agency", t.agency(e.Elected))
		}
	default:
		row.say("history", "next", e.Kind())
	}
}
