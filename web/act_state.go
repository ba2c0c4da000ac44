package web

import (
	"slices"
	"strings"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// actState stands where a form would be: why there is none, and what to do.
type actState struct {
	Tone              workflow.Tone
	Heading, Sentence string
	What              string
	Who               string // who acts now
}

// situation is where a covenant stands as it is looked at where a form would be.
type situation struct{ presenter }

// stateOf says in words why a command is not open: what the covenant has come to says more than the rule that refuses.
func stateOf(p presenter, command string, why *workflow.Error) *actState {
	t, c := situation{p}, p.v.Covenant
	out := &actState{Tone: workflow.ToneWaiting, Sentence: fullSentence(why.In(t.lang))}
	say := func(tone workflow.Tone, heading, what words.Text) *actState {
		out.Tone, out.Heading, out.What = tone, t.text(heading), t.text(what)
		return out
	}
	if ended := endedState[c.Phase]; !ended.heading.IsZero() && workflow.ErrorCode(why) != workflow.CodeNotFound {
		return say(ended.tone, ended.heading, ended.what)
	}
	switch now := t.actorsNow(); {
	case t.expired(command):
		return say(workflow.ToneStopped, words.Of("Đã hết thời hạn", "The time for this is over"),
			words.Of("Việc này không nhận được nữa. Nếu cần, hãy trao đổi với Khối trưởng.",
				"This can no longer be taken. If it is needed, turn to the block leader."))
	case why.Code == workflow.CodeConflict:
		return say(workflow.ToneDone, words.Of("Việc này đã được thực hiện", "This has been done"),
			words.Of("Không phải làm gì thêm. Kết quả ở trang giao ước.",
				"Nothing is left to do. The covenant’s page shows what came of it."))
	case c.Phase == workflow.AwaitingRevision && len(c.Revisions) > 0 && command != "submit-revision":
		out.Who = now
		return say(workflow.ToneWaiting, words.Of("Dự thảo đã được trả lại để chỉnh sửa",
			"The draft went back for revision"), words.Of("Thư báo sẽ được gửi khi có lần dự thảo tiếp theo.",
			"A mail goes out when the next revision is there."))
	case why.Code == workflow.CodeForbidden:
		out.Who = now
		return say(workflow.ToneWaiting, words.Of("Người đang đăng nhập không có quyền làm việc này",
			"You may not do this"), words.Of("Người có quyền mở trang này khi đã đăng nhập; quyền theo chức vụ hoặc "+
			"ủy "+
			"quyền.", "Whoever may do it opens this page signed in; the right comes with a position or a delegation."))
	case t.passed(command):
		return say(workflow.ToneDone, words.Of("Bước này đã qua", "This stage is over"),
			words.Of("Giao ước đã sang bước sau. Hãy xem trang giao ước.",
				"The covenant has gone on. See its page."))
	default:
		out.Who = now
		return say(workflow.ToneWaiting, words.Of("Chưa đến lượt", "It is not your turn yet"),
			words.Of("Thư báo sẽ được gửi khi đến lượt.", "A mail goes out when the turn comes."))
	}
}

type endedWords struct {
	tone          workflow.Tone
	heading, what words.Text
}

// endedState are the phases in which nothing is waited for from members.
var endedState = map[workflow.Phase]endedWords{
	workflow.PhaseCancelled: {workflow.ToneStopped, words.Of("Giao ước đã hủy", "The covenant was cancelled"),
		words.Of("Không phải làm gì thêm. Lý do ở trang giao ước.",
			"Nothing is left to do. The reason stands on the covenant’s page.")},
	workflow.PhaseWithdrawn: {workflow.ToneStopped, words.Of("Dự thảo đã được rút", "The draft was withdrawn"),
		words.Of("Không phải làm gì thêm. Nếu soạn lại, dự thảo mới có trang riêng.",
			"Nothing is left to do. A new draft would have a page of its own.")},
	workflow.PhaseRejected: {workflow.ToneStopped, words.Of("Giao ước đang dừng vì bị từ chối",
		"The covenant stopped because it was refused"),
		words.Of("Chờ Khối trưởng quyết định trả lại, tiếp tục hoặc hủy; thư báo sẽ được gửi.",
			"The block leader decides whether it goes back, goes on or is cancelled; a mail will say.")},
	workflow.PhaseClosed: {workflow.ToneDone, words.Of("Giao ước đã kết thúc", "The covenant has ended"),
		words.Of("Không phải làm gì thêm. Có thể lập giao ước năm sau từ giao ước này.",
			"Nothing is left to do. Next year’s covenant can be started from this one.")},
}

// actorsNow are those whose turn it is, with their people.
func (t situation) actorsNow() string {
	shown, more := t.nextActors()
	var names []string
	for _, a := range shown {
		name := a.Agency
		if a.People != "" {
			name += " (" + a.People + ")"
		}
		names = append(names, name)
	}
	if more > 0 {
		names = append(names, t.text(words.N(more, "đơn vị khác", "more agency", "more agencies")))
	}
	return strings.Join(names, "; ")
}

// commandPhase is the phase in which a command is given, where there is one.
var commandPhase = map[string]workflow.Phase{
	"submit-revision": workflow.AwaitingRevision, "give-review": workflow.AwaitingReviews,
	"cast-ballot": workflow.AwaitingVotes, "open-conference": workflow.AwaitingVotes,
	"open-motions": workflow.AwaitingVotes, "close-motion": workflow.AwaitingVotes,
	"issue-number": workflow.AwaitingNumber, "sign": workflow.AwaitingSignatures,
	"upload-signed": workflow.AwaitingSignatures, "refuse-signature": workflow.AwaitingSignatures,
	"record-paper-signature": workflow.AwaitingSignatures, "seal": workflow.AwaitingSeals,
	"submit-report": workflow.AwaitingReports, "submit-score": workflow.AwaitingScores,
	"verify-score": workflow.AwaitingScores, "appeal-score": workflow.AwaitingScores,
	"decide-appeal": workflow.AwaitingScores, "cast-poll-ballot": workflow.AwaitingScores,
	"declare-ranking": workflow.AwaitingScores,
}

// phaseOrder is the way of a covenant.
var phaseOrder = []workflow.Phase{
	workflow.AwaitingRevision, workflow.AwaitingReviews, workflow.AwaitingVotes, workflow.AwaitingNumber,
	workflow.AwaitingFreeze, workflow.AwaitingSignatures, workflow.AwaitingSeals, workflow.AwaitingValidation,
	workflow.AwaitingReports, workflow.PhaseInForce, workflow.AwaitingScores, workflow.PhaseAdopted,
}

// passed reports whether the phase of a command is over.
func (t situation) passed(command string) bool {
	its, ok := commandPhase[command]
	return ok && slices.Index(phaseOrder, its) < slices.Index(phaseOrder, t.v.Covenant.Phase)
}

// expired reports whether nothing but a last day stands in the way: that of appeals.
func (t situation) expired(command string) bool {
	sc := t.v.Covenant.Scoring
	if sc == nil || command != "appeal-score" && command != "accept-score" {
		return false
	}
	today := t.v.Calendar.Today(t.v.Now)
	return len(sc.Verified) > 0 && !slices.ContainsFunc(sc.Verified, func(e workflow.ScoreVerified) bool {
		return e.AppealUntil.Date.IsZero() || !e.AppealUntil.LastDay().Before(today)
	})
}

// Where a form was opened, by the word that stands for it in the form. The word comes back with the form, so anybody
// may write it: it chooses among these and nothing else.
const (
	fromHome  = "nha"
	fromPanel = "dieu-hanh"
)

func cameFrom(r *request) string {
	if from := r.FormValue("ra"); from == fromHome || from == fromPanel {
		return from
	}
	return ""
}

// backTo is the address of where a form was opened.
func backTo(from, slug string) string {
	switch from {
	case fromHome:
		return address.Home.Of()
	case fromPanel:
		return address.Chair.For(slug)
	}
	return address.Covenant.For(slug)
}

// withFrom adds to the address of a form where it was opened.
func withFrom(path, from string) string {
	if strings.Contains(path, "?") {
		return path + "&ra=" + from
	}
	return path + "?ra=" + from
}

// done is what a form that was carried out says where it leads; nothing is believed of it but which command it names.
func (r *request) done() string { return r.text(actWords[r.URL.Query().Get("xong")].label) }
