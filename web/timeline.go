package web

import (
	"fmt"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// timelinePart is what happened: the recent events, and the earlier ones apart.
type timelinePart struct {
	Days, Earlier            []timelineDay
	EarlierCount, EventCount int
	LastDigest               string // of the chain
}

func (t teller) timelinePart() timelinePart {
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
	row.Actor = t.doer(entry)
	t.tell(&row, entry.Event)
	return row
}

// doer is who did what an entry tells of, and who sat at the console if it was entered there.
func (t teller) doer(entry engine.Entry) string {
	by := entry.By
	console := words.F("nhập tại máy chủ bởi %s", "entered at the console by %s", by.Console)
	if by.Console == workflow.UnknownUser {
		console = words.Of("nhập tại máy chủ", "entered at the console")
	}
	switch {
	case by.Program:
		return t.text(words.Of("Chương trình", "The program"))
	case by.Console == "":
		return t.acting(by.Person, workflow.AuthorityOf(entry.Event))
	case by.Person == "":
		return sentence(t.text(console))
	}
	return t.acting(by.Person, workflow.AuthorityOf(entry.Event)) + " (" + t.text(console) + ")"
}

// say fills in an event's icon, tone and sentence.
func (row *eventRow) say(icon, tone, text string) { row.Icon, row.Tone, row.Text = icon, tone, text }

// tell puts an event into words. An event without words of its own shows its kind, so that nothing is ever left out.
func (t teller) tell(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.Drafted:
		row.say("document", "next", t.text(words.F("%s khởi tạo giao ước",
			"%s started the covenant", t.agency(e.DraftedFor))))
		if !e.Amends.IsZero() {
			row.Detail = t.text(words.F("Sửa đổi, bổ sung %s", "Amends %s", e.Amends.Slug))
		} else if !e.Renews.IsZero() {
			row.Detail = t.text(words.F("Kế tiếp %s", "Follows %s", e.Renews.Slug))
		}
	case workflow.RevisionSubmitted:
		row.say("document", "next", t.text(words.F("Trình dự thảo lần %d (mã %s)",
			"Draft revision %d submitted (digest %s)", e.Number, e.Manifest.Short())))
		row.Detail = e.Note
		if e.Conference {
			row.Text = t.text(words.F("Sửa đổi tại hội nghị thành dự thảo lần %d (mã %s)",
				"Amended at the conference as revision %d (digest %s)", e.Number, e.Manifest.Short()))
		}
	case workflow.StageOpened:
		row.say("next", "waiting", t.text(words.F("Bắt đầu bước “%s”", "Step “%s” began", t.stageLabel(e.Stage))))
		if !e.Due.Date.IsZero() {
			row.Detail = t.text(words.F("Hạn %s", "Due %s", e.Due.LastDay().Display()))
		}
	case workflow.StageClosed:
		row.say("check", "done", t.text(words.F("Kết thúc bước “%s”", "Step “%s” ended", t.stageLabel(e.Stage))))
	case workflow.ReviewGiven:
		t.tellReview(row, e)
	case workflow.RevisionReturned:
		row.say("return", "stopped", t.text(words.F("Dự thảo lần %d được trả lại theo ý kiến của %s",
			"Revision %d went back for changes asked for by %s", e.Revision, t.agency(e.By))))
		if e.Why != "" && e.Why != workflow.CauseReturned {
			row.Text = t.text(words.F("Dự thảo lần %d được trả lại: %s",
				"Revision %d went back: %s", e.Revision, t.cause(workflow.Cause{Agency: e.By, Why: e.Why})))
		}
		row.Detail = e.Reason
	case workflow.MotionOpened, workflow.BallotCast, workflow.MotionClosed:
		t.tellVote(row, e)
	case workflow.NumberIssued:
		row.say("book", "done", t.text(words.F("Cấp số %s, ngày %s",
			"Number %s issued, dated %s", fmt.Sprintf("%02d/%s", e.Number, e.Symbol), e.Date.Display())))
	case workflow.Frozen:
		row.say("lock", "done", t.text(words.F("Chốt văn bản (mã %s, %s); từ đây tệp chỉ được nối thêm chữ ký",
			"Document frozen (digest %s, %s); from here on signatures are only appended", e.PDF.Short(), t.displaySize(e.Size))))
	case workflow.GroupOpened:
		row.say("people", "waiting", t.text(words.F("Mời nhóm ký %d", "Signing group %d was asked to sign", e.Group)))
		row.Detail = t.agencies(e.Who)
	case workflow.SignatureMade, workflow.SealApplied, workflow.SignatureRefused, workflow.ValidationDataAdded:
		t.tellSignature(row, e)
	default:
		t.tellReporting(row, e)
	}
}

func (t teller) tellReview(row *eventRow, e workflow.ReviewGiven) {
	icons := map[workflow.Opinion]string{workflow.OpinionApprove: "check", workflow.OpinionApproveComments: "check",
		workflow.OpinionReturn: "return", workflow.OpinionReject: "stop"}
	row.say(icons[e.Opinion], opinionTones[e.Opinion],
		t.text(words.F("%s: %s (dự thảo lần %d)",
			"%s: %s (revision %d)", t.agency(e.Agency), e.Opinion.Word(t.lang), e.Revision)))
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
		row.say("vote", "waiting", t.text(words.F("Đưa ra biểu quyết: %s",
			"Put to the vote: %s", t.motionText(workflow.Motion{ID: e.Motion, Text: e.Text, English: e.English}))))
	case workflow.BallotCast:
		row.say("vote", choiceTones[e.Choice], t.text(words.F("%s biểu quyết “%s” – %s",
			"%s voted “%s” – %s", t.agency(e.Agency), e.Choice.Word(t.lang), t.motion(e.Motion))))
		if e.Proxy != "" {
			row.Detail = t.text(words.F("%s biểu quyết thay", "cast by %s", t.agency(e.Proxy)))
		}
	case workflow.MotionClosed:
		row.say("vote", "done", t.text(words.F("Thông qua: %s", "Carried: %s", t.motion(e.Motion))))
		if !e.Passed {
			row.say("vote", "stopped", t.text(words.F("Không thông qua: %s", "Not carried: %s", t.motion(e.Motion))))
		}
		row.Detail = t.text(words.F("Tán thành %d, không tán thành %d, không có ý kiến %d",
			"For %d, against %d, abstained %d", e.For, e.Against, e.Abstain))
		if e.Lapsed {
			row.Detail += " · " + t.text(words.Of("không đủ số người tham gia", "no quorum"))
		}
		if e.Tie {
			row.Detail += " · " + t.text(words.Of("phiếu ngang nhau", "the votes were equal"))
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
		row.say("pen", "done", t.text(words.F("%s ký số cho %s (mức %s)",
			"%s signed for %s (level %s)", t.person(e.Person), unit, e.Level)))
		row.Detail = t.text(words.F("Tệp chuyển từ %s sang %s", "File went from %s to %s", e.Before.Short(), e.After.Short()))
	case workflow.SealApplied:
		row.say("seal", "done", t.text(words.F("%s đóng dấu của %s (mức %s)",
			"%s applied the seal of %s (level %s)", t.person(e.Person), t.agency(e.Agency), e.Level)))
		row.Detail = t.text(words.F("Tệp chuyển từ %s sang %s", "File went from %s to %s", e.Before.Short(), e.After.Short()))
	case workflow.SignatureRefused:
		row.say("stop", "stopped", t.text(words.F("%s từ chối ký", "%s refused to sign", t.person(e.Person))))
		row.Detail = e.Reason
	case workflow.ValidationDataAdded:
		row.say("lock", "done", t.text(words.F("Bổ sung dữ liệu kiểm tra lâu dài, tệp đạt mức %s",
			"Long-term validation data added; the file is at level %s", e.Level)))
		row.Detail = t.text(words.F("Tệp chuyển từ %s sang %s", "File went from %s to %s", e.Before.Short(), e.After.Short()))
	}
}

func (t teller) tellReporting(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.InForce:
		row.say("check", "done", t.text(words.F("Giao ước có hiệu lực từ %s", "In force since %s", e.Date.Display())))
	case workflow.ReportingOpened:
		row.say("chart", "next", t.text(words.F("Nghĩa vụ báo cáo từ %s đến %s",
			"Reporting duties from %s until %s", e.From.Display(), e.Until.Display())))
	case workflow.ReportSubmitted:
		agency, report := t.agency(e.Agency), t.report(e.Obligation, e.Period)
		row.say("chart", "done", t.text(words.F("%s gửi %s", "%s handed in: %s", agency, report)))
		if e.Late {
			row.say("chart", "waiting", t.text(words.F("%s gửi %s – nộp muộn", "%s handed in late: %s", agency, report)))
		}
		row.Detail = e.Summary
	case workflow.Reminded:
		row.say("bell", "waiting", t.text(words.F("Nhắc %s: %s",
			"Reminder for %s: %s", t.report(e.Obligation, e.Period), words.N(len(e.To), "nơi nhận", "recipient", "recipients"))))
		row.Detail = t.agencies(e.To)
		if len(e.To) == 0 {
			row.say("bell", "next", t.text(words.F("Không cần nhắc %s: đã đủ báo cáo",
				"No reminder needed for %s: all reports are in", t.report(e.Obligation, e.Period))))
		}
	case workflow.Closed:
		row.say("check", "done", t.text(words.Of("Kết thúc giao ước", "Covenant closed")))
		row.Detail = e.Reason
	default:
		t.tellLife(row, e)
	}
}

// tellLife tells what ends a covenant or links it with others.
func (t teller) tellLife(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.Withdrawn:
		row.say("return", "stopped", t.text(words.F("%s rút dự thảo", "%s withdrew the draft", t.person(e.Person))))
		row.Detail = e.Reason
	case workflow.Cancelled:
		row.say("stop", "stopped", t.text(words.Of("Giao ước bị hủy theo quy trình",
			"The covenant was cancelled, as its process says")))
		if e.Person != "" {
			row.Text = t.text(words.F("%s hủy giao ước", "%s cancelled the covenant", t.person(e.Person)))
		}
		row.Detail = e.Reason
		if e.Document != "" {
			row.Detail += " · " + e.Document
		}
	case workflow.NumberVoided:
		row.say("book", "stopped", t.text(words.F("Số %s bị hủy, không dùng lại",
			"Number %s is void and will not be used again", fmt.Sprintf("%02d/%s", e.Number, e.Symbol))))
		row.Detail = e.Reason
	case workflow.AmendmentDrafted:
		row.say("document", "next", t.text(words.F("Bắt đầu soạn giao ước sửa đổi: %s",
			"An amending covenant is being drafted: %s", e.Title)))
	case workflow.Amended:
		row.say("document", "done", t.text(words.F("Được sửa đổi, bổ sung bởi %s (%s) từ %s",
			"Amended by %s (%s) from %s", e.Title, e.Number, e.From.Display())))
	case workflow.AmendmentDropped:
		row.say("document", "stopped", t.text(words.F("Giao ước sửa đổi %s không được ban hành",
			"Nothing came of the amending covenant %s", e.By.Slug)))
		row.Detail = e.Reason
	case workflow.RenewalDrafted:
		row.say("document", "next", t.text(words.F("Bắt đầu soạn giao ước năm %d",
			"The covenant of %d is being drafted", e.Year)))
	default:
		t.tellFlow(row, e)
	}
}

func (t teller) stageLabel(id workflow.StageID) string {
	if stage, ok := t.v.Process.Stage(id); ok {
		return stage.Label(t.lang)
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
			return lowerFirst(o.Title(period, t.lang))
		}
	}
	return string(id) + " " + string(period)
}
