package web

import (
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
)

// tellFlow tells what the rules of a process entail: comments, carried approvals, deadlines, refusals, conferences,
// scores.
func (t teller) tellFlow(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.CommentPosted:
		row.say("document", "next", t.text(words.F("%s góp ý dự thảo lần %d",
			"%s commented on revision %d", t.agency(e.Agency), e.Revision)))
		row.Detail = e.Text
	case workflow.CommentAnswered:
		row.say("document", "next", t.text(words.F("%s trả lời góp ý của %s",
			"%s answered a comment of %s", t.agency(e.Agency), t.askerOf(e.Thread))))
		row.Detail = e.Text
	case workflow.CommentResolved:
		agency, asker := t.agency(e.Agency), t.askerOf(e.Thread)
		row.say("check", "done", t.text(words.F("%s xác nhận đã giải quyết góp ý của %s",
			"%s settled a comment of %s", agency, asker)))
		if e.Open {
			row.say("check", "waiting", t.text(words.F("%s mở lại góp ý của %s",
				"%s opened a comment of %s again", agency, asker)))
		}
	case workflow.ReviewerAsked:
		row.say("next", "waiting", t.text(words.F("Đến lượt %s góp ý", "%s is asked to review", t.agency(e.Agency))))
	case workflow.ApprovalCarried:
		row.say("check", "done", t.text(words.F("%s: ý kiến nhất trí với lần %d vẫn có giá trị cho lần %d",
			"%s: its approval of revision %d stands for revision %d", t.agency(e.Agency), e.FromRevision, e.Revision)))
		row.Detail = t.text(words.F("Mã %s → %s; %d điều, khoản giữ nguyên, %d thay đổi",
			"Digests %s → %s; clauses unchanged: %d, changed: %d",
			e.FromManifest.Short(), e.Manifest.Short(), len(e.Unchanged), len(e.Changed)))
	case workflow.OpinionDeemed:
		row.say("clock", "waiting", t.text(words.F("%s không trả lời trước hạn: ghi nhận “%s” theo quy trình",
			"%s did not answer in time: the process records “%s”", t.agency(e.Agency), e.Opinion.Word(t.lang))))
	case workflow.AgenciesReleased:
		row.say("next", "waiting", t.text(words.F("Tiếp tục không chờ: %s", "Going on without: %s", t.agencies(e.Agencies))))
		if e.Quorum {
			row.Text = t.text(words.Of("Khối trưởng quyết định tiếp tục dù chưa đủ số ý kiến",
				"The block leader lets it go on though too few gave an opinion"))
		}
	case workflow.ConflictDeclared:
		row.say("stop", "next", t.text(words.F("%s khai có xung đột lợi ích, không góp ý và không biểu quyết",
			"%s declared a conflict of interest and takes no part", t.agency(e.Agency))))
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
		row.say("next", "next", t.text(words.F("Bỏ qua bước “%s”", "Step “%s” was passed over", t.stageLabel(e.Stage))))
		if stage, ok := t.v.Process.Stage(e.Stage); ok && e.When != "" {
			row.Detail = t.text(words.F("Chỉ thực hiện khi %s", "Only where %s", stage.When.Words(t.lang)))
		}
	case workflow.StageEscalated:
		row.say("bell", "waiting", t.text(words.F("Đôn đốc bước “%s”", "Deadline of step “%s”", t.stageLabel(e.Stage))))
		row.Detail = t.escalation(e)
	case workflow.DeadlineExtended:
		row.say("clock", "waiting", t.text(words.F("Gia hạn bước “%s” đến %s",
			"Step “%s” extended to %s", t.stageLabel(e.Stage), e.Due.LastDay().Display())))
	case workflow.Stopped:
		row.say("stop", "stopped", t.text(words.F("Tạm dừng, chờ khối trưởng quyết định: %s",
			"Stopped until the block leader decides: %s", t.cause(e.Cause))))
		row.Detail = e.Reason
	case workflow.RefusalSettled:
		row.say("people", "next", t.text(words.F("Khối trưởng quyết định: %s",
			"The block leader decided: %s", t.settlement(e.Choice))))
		row.Detail = e.Reason
	case workflow.ProcessEnded:
		row.say("check", "done", t.text(words.Of("Hoàn thành các bước của quy trình", "The process is complete")))
	case workflow.SignatoriesPassed:
		row.say("next", "waiting", t.text(words.F("Không chờ chữ ký của %s; các đơn vị này còn được ký",
			"Not waiting for %s, which may still sign", t.agencies(e.Agencies))))
	case workflow.SignaturesSufficient:
		row.say("check", "done", t.text(words.F("Đã đủ %d/%d chữ ký để có hiệu lực; các bên còn lại ký đến %s",
			"%d of %d signatures, enough to come into force; the others may sign until %s",
			e.Have, e.Total, e.Until.LastDay().Display())))
	case workflow.PaperSignatureRecorded:
		row.say("pen", "done", t.text(words.F("%s (%s) đã ký trên bản giấy ngày %s",
			"%s (%s) signed on paper on %s", t.person(e.Signatory), t.agency(e.Agency), e.Date.Display())))
		row.Detail = t.text(words.F("%s ghi nhận; mã bản quét %s; %s",
			"Recorded by %s; digest of the scan %s; %s", t.person(e.RecordedBy), e.Scan.Short(), e.Note))
	default:
		t.tellConference(row, e)
	}
}

// escalation says whom a rung wrote to, who had not acted, and what follows.
func (t teller) escalation(e workflow.StageEscalated) string {
	var parts []string
	if len(e.To) > 0 {
		parts = append(parts, t.text(words.F("gửi %s", "mail to %s", t.someAgencies(e.To))))
	}
	if len(e.Missing) > 0 {
		parts = append(parts, t.text(words.F("chưa thực hiện: %s", "not acted: %s", t.someAgencies(e.Missing))))
	}
	if then := t.consequence(e.Then); then != "" {
		parts = append(parts, then)
	}
	return strings.Join(parts, " · ")
}

func (t teller) consequence(c workflow.Consequence) string {
	switch c {
	case workflow.ThenContinue:
		return t.text(words.Of("tiếp tục không chờ", "going on without them"))
	case workflow.ThenReturn:
		return t.text(words.Of("trả lại đơn vị soạn thảo", "back to the drafter"))
	case workflow.ThenTreatAs:
		return t.text(words.Of("ghi nhận thay cho ý kiến", "silence is recorded as the process says"))
	case workflow.ThenExtend:
		return t.text(words.Of("gia hạn", "the deadline is extended"))
	case workflow.ThenReject:
		return t.text(words.Of("chờ khối trưởng quyết định", "the block leader decides"))
	}
	return ""
}

func (t teller) settlement(c workflow.Consequence) string {
	switch c {
	case workflow.ThenReturn:
		return t.text(words.Of("trả lại để chỉnh sửa", "return for revision"))
	case workflow.ThenCancel:
		return t.text(words.Of("hủy giao ước", "cancel the covenant"))
	}
	return t.text(words.Of("tiếp tục", "go on"))
}

func (t teller) cause(c workflow.Cause) string {
	switch c.Why {
	case workflow.CauseRejected:
		return t.text(words.F("%s không nhất trí", "%s rejected the draft", t.agency(c.Agency)))
	case workflow.CauseRefused:
		return t.text(words.F("%s từ chối ký", "%s refused to sign", t.agency(c.Agency)))
	case workflow.CauseTooFew:
		return t.text(words.Of("không còn đủ chữ ký theo quy trình", "too few signatures can be reached"))
	case workflow.CauseQuorum:
		return t.text(words.Of("không đủ số ý kiến theo quy trình", "too few agencies gave an opinion"))
	case workflow.CauseVote:
		return t.text(words.Of("biểu quyết không thông qua", "a motion failed"))
	}
	return t.text(words.Of("đã quá hạn", "the deadline has passed"))
}

func (t teller) tellConference(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.ConferenceOpened:
		row.say("screen", "waiting", t.text(words.F("Khai mạc: %s", "Opened: %s", e.Name)))
		row.Detail = t.text(words.F("Tại %s; chủ tọa %s, thư ký %s",
			"At %s; chaired by %s, secretary %s", e.Place, t.acting(e.Chair, e.Authority), t.person(e.Secretary)))
		if e.ChairReason != "" {
			row.Detail += " · " + t.text(words.F("%s chủ tọa thay, lý do: %s",
				"%s chairs instead: %s", t.agency(e.Chairing), e.ChairReason))
		}
	case workflow.ChairHandedOver:
		row.say("people", "next", t.text(words.F("%s giao quyền chủ tọa cho %s",
			"%s hands the chair over to %s", t.agency(e.From), t.agency(e.To))))
		row.Detail = e.Reason
	case workflow.AttendanceRecorded:
		row.say("people", "next", t.text(words.F("%s: %s", "%s: %s", t.agency(e.Agency), e.Presence.Word(t.lang))))
		if e.Person != "" {
			row.Detail = t.person(e.Person)
		}
	case workflow.ProxyRecorded:
		row.say("people", "next", t.text(words.F("%s ủy quyền cho %s biểu quyết",
			"%s authorised %s to vote", t.agency(e.From), t.agency(e.To))))
		row.Detail = e.Document + " · " + e.Date.Display()
	case workflow.MotionProposed:
		row.say("vote", "next", t.text(words.F("%s đề nghị biểu quyết: %s",
			"%s proposed: %s", t.agency(e.Agency), t.pick(e.Text, e.English))))
	case workflow.HandsCounted:
		row.say("vote", "next", t.text(words.F("Biểu quyết giơ tay: %s", "Show of hands: %s", t.motion(e.Motion))))
		row.Detail = t.text(words.F("Tán thành %d, không tán thành %d, không có ý kiến %d",
			"For %d, against %d, abstained %d", e.For, e.Against, e.Abstain))
	case workflow.BallotTaken:
		row.say("vote", "next", t.text(words.F("%s đã bỏ phiếu kín – %s",
			"%s cast a secret ballot – %s", t.agency(e.Agency), t.motion(e.Motion))))
	case workflow.BallotDeemed:
		row.say("clock", "waiting", t.text(words.F("%s không biểu quyết trước hạn: ghi nhận “%s” – %s",
			"%s did not vote in time: “%s” is recorded – %s", t.agency(e.Agency), e.Choice.Word(t.lang), t.motion(e.Motion))))
	case workflow.RevisionWithdrawn:
		row.say("return", "stopped", t.text(words.F("Dự thảo lần %d không được hội nghị thông qua; giữ bản trước",
			"Revision %d was not adopted; the one before stays", e.Revision)))
	case workflow.ConferenceClosed:
		row.say("screen", "done", t.text(words.Of("Bế mạc hội nghị", "The conference was closed")))
		if e.Adjourned {
			row.Text = t.text(words.Of("Hội nghị tạm dừng", "The conference was adjourned"))
		}
		row.Detail = e.Opinions
	case workflow.MinutesKept:
		row.say("document", "done", t.text(words.F("Lập biên bản (mã %s)", "Minutes drawn up (digest %s)", e.PDF.Short())))
	default:
		t.tellScore(row, e)
	}
}

func (t teller) tellScore(row *eventRow, e workflow.Event) {
	switch e := e.(type) {
	case workflow.SelfScored:
		row.say("chart", "next", t.text(words.F("%s tự chấm %s điểm",
			"%s scored itself %s", t.agency(e.Agency), e.Total.Display(t.lang))))
		row.Detail = e.Note
	case workflow.ScoreVerified:
		row.say("chart", "done", t.text(words.F("%s thẩm định %s: %s điểm",
			"%s verified %s: %s", t.agency(e.Verifier), t.agency(e.Agency), e.Total.Display(t.lang))))
		row.Detail = e.Note
	case workflow.Ranked:
		row.say("chart", "done", t.text(words.Of("Công bố kết quả xếp hạng", "The ranking was declared")))
		if len(e.Rows) > 0 {
			row.Detail = t.text(words.F("Hạng nhất: %s, %s điểm",
				"First: %s, %s", t.agency(e.Rows[0].Agency), e.Rows[0].Total.Display(t.lang)))
		}
	case workflow.ScoreAccepted:
		row.say("check", "done", t.text(words.F("%s chấp nhận điểm thẩm định",
			"%s accepts its verified score", t.agency(e.Agency))))
	case workflow.ScoreAppealed:
		row.say("return", "waiting", t.text(words.F("%s khiếu nại điểm thẩm định",
			"%s appeals against its verified score", t.agency(e.Agency))))
		row.Detail = e.Reason
	case workflow.AppealDecided:
		row.say("check", "done", t.text(words.F("%s giải quyết khiếu nại của %s: %s điểm",
			"%s decides the appeal of %s: %s", t.agency(e.Council), t.agency(e.Agency), e.Total.Display(t.lang))))
		row.Detail = e.Reason
	default:
		t.tellPoll(row, e)
	}
}

func (t teller) tellPoll(row *eventRow, e workflow.Event) {
	name := func(id workflow.PollID) string {
		if stage, ok := t.v.Process.OfKind(workflow.StageScore); ok {
			if rule, ok := stage.Score.PollRule(id); ok {
				return rule.In(t.lang)
			}
		}
		return string(id)
	}
	switch e := e.(type) {
	case workflow.PollOpened:
		row.say("vote", "waiting", t.text(words.F("Mở cuộc bỏ phiếu: %s", "Poll opened: %s", name(e.Poll))))
	case workflow.PollBallotCast:
		row.say("vote", "next", t.text(words.F("%s bỏ phiếu – %s", "%s votes – %s", t.agency(e.Agency), name(e.Poll))))
		row.Detail = t.agencies(e.Choices)
	case workflow.PollBallotTaken:
		row.say("vote", "next", t.text(words.F("%s đã bỏ phiếu kín – %s",
			"%s has cast its secret ballot – %s", t.agency(e.Agency), name(e.Poll))))
	case workflow.PollClosed:
		row.say("vote", "done", t.text(words.F("Kiểm phiếu: %s", "Poll counted: %s", name(e.Poll))))
		row.Detail = t.text(words.F("Hình thức: %s; %d/%d phiếu, tối thiểu %d; phiếu trắng %d",
			"Method: %s; %d of %d ballots, at least %d; blank %d", e.Method.Word(t.lang), e.Cast, e.Entitled, e.Quorum, e.Blank))
		if e.Lapsed {
			row.Tone, row.Detail = "stopped", row.Detail+" · "+t.text(words.Of("không đủ số người tham gia", "no quorum"))
		}
		if e.Elected != "" {
			row.Detail += " · " + t.text(words.F("Trúng cử: %s", "Elected: %s", t.agency(e.Elected)))
		}
	default:
		row.say("history", "next", e.Kind())
	}
}
