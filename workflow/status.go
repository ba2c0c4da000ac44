package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"covenant/internal/words"
)

// Words is the phase in the reader's language.
func (p Phase) Words(lang words.Language) string {
	return map[Phase]words.Text{
		AwaitingRevision:   words.Of("chờ trình dự thảo", "awaiting a revision"),
		AwaitingReviews:    words.Of("chờ góp ý", "awaiting reviews"),
		AwaitingVotes:      words.Of("chờ biểu quyết", "awaiting votes"),
		AwaitingNumber:     words.Of("chờ cấp số", "awaiting a number"),
		AwaitingFreeze:     words.Of("đang chốt văn bản", "freezing the document"),
		AwaitingSignatures: words.Of("chờ ký số", "awaiting signatures"),
		AwaitingSeals:      words.Of("chờ đóng dấu", "awaiting seals"),
		AwaitingValidation: words.Of("đang bổ sung dữ liệu kiểm tra", "adding validation data"),
		AwaitingReports:    words.Of("đang thực hiện, báo cáo định kỳ", "in force, periodic reports"),
		AwaitingScores:     words.Of("chờ chấm điểm, xếp hạng", "awaiting scores and ranking"),
		PhaseInForce:       words.Of("đang có hiệu lực", "in force"),
		PhaseAdopted:       words.Of("đã thông qua", "adopted"),
		PhaseCancelled:     words.Of("đã hủy", "cancelled"),
		PhaseClosed:        words.Of("đã kết thúc", "closed"),
		PhaseRejected: words.Of("đã dừng, chờ khối trưởng quyết định",
			"stopped, awaiting the block leader's decision"),
		PhaseWithdrawn: words.Of("đã rút", "withdrawn"),
	}[p].In(lang)
}

// Tone classes a status for its colour; the words always stand beside it.
type Tone string

// The tones.
const (
	ToneWaiting Tone = "waiting"
	ToneDone    Tone = "done"
	ToneStopped Tone = "stopped"
	ToneNext    Tone = "next" // neither good nor bad: something went on, or is still to come
)

// PhasesOf are the phases of a tone.
func PhasesOf(tone Tone) []Phase {
	var out []Phase
	for _, p := range []Phase{
		AwaitingRevision, AwaitingReviews, AwaitingVotes, AwaitingNumber, AwaitingFreeze,
		AwaitingSignatures, AwaitingSeals,
		AwaitingValidation, AwaitingReports, PhaseInForce, AwaitingScores, PhaseAdopted, PhaseCancelled,
		PhaseClosed, PhaseRejected,
		PhaseWithdrawn,
	} {
		if p.Tone() == tone {
			out = append(out, p)
		}
	}
	return out
}

// Tone is the phase's tone.
func (p Phase) Tone() Tone {
	switch p {
	case AwaitingReports, PhaseInForce, PhaseAdopted, PhaseClosed:
		return ToneDone
	case PhaseRejected, PhaseCancelled, PhaseWithdrawn:
		return ToneStopped
	}
	return ToneWaiting
}

// Status is the one sentence that says where the covenant stands and who acts next, and by when.
func (s State) Status(now time.Time, lang words.Language) string {
	return s.Calendar.WithDue(s.Sentence(lang), s.Covenant.Due, s.today(now), lang)
}

// Sentence is the status without its deadline: it changes only when an event happens.
func (s State) Sentence(lang words.Language) string {
	return telling{s}.sentence(lang) + s.Covenant.amendedWords(lang)
}

// telling puts where a covenant stands into one sentence.
type telling struct{ State }

func (s telling) sentence(lang words.Language) string {
	c := s.Covenant
	who := func(vi, en string) string { return s.waitingFor(lang, vi, en) }
	switch c.Phase {
	case AwaitingRevision:
		if last, ok := c.Revision(); ok {
			return fmt.Sprintf(words.Of("Chờ %s chỉnh sửa dự thảo lần %d",
				"Waiting for %s to change revision %d").In(lang),
				s.Directory.AgencyName(c.For), last.Number)
		}
		return words.F("Chờ %s trình dự thảo",
			"Waiting for %s to submit a draft", s.Directory.AgencyName(c.For)).In(lang)
	case AwaitingReviews:
		if len(c.Waiting) == 0 {
			return openComments(lang, len(c.OpenThreads()))
		}
		return who("góp ý", "to review")
	case AwaitingVotes:
		return s.votingSentence(lang)
	case AwaitingScores:
		return s.scoringSentence(lang)
	case AwaitingNumber:
		return words.F("Chờ văn thư %s cấp số và ngày ban hành",
			"Waiting for the clerk of %s to issue number and date", s.Directory.AgencyName(c.Leader())).In(lang)
	case AwaitingSignatures:
		if c.Enough != nil {
			return fmt.Sprintf(words.Of("Đã đủ %d/%d chữ ký để có hiệu lực; %s",
				"%d of %d signatures, enough to come into force; %s").In(lang),
				s.SignTally().Have, c.Enough.Total, lowerFirst(who("ký tiếp", "to sign")))
		}
		return who("ký số", "to sign")
	case AwaitingSeals:
		return who("đóng dấu", "to apply the seal")
	case AwaitingReports:
		return fmt.Sprintf(words.Of("Đang có hiệu lực từ %s; các đơn vị báo cáo đến %s",
			"In force since %s; members report until %s").In(lang),
			c.InForce.Display(), c.Reporting.Until.Display())
	case PhaseRejected:
		return s.stoppedBecause(lang)
	case PhaseCancelled, PhaseWithdrawn, PhaseClosed:
		return s.settling().endedBecause(lang)
	}
	return upperFirst(c.Phase.Words(lang))
}

func upperFirst(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}

func lowerFirst(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToLower(text[:n]) + text[n:]
}

func openComments(lang words.Language, n int) string {
	if lang == "en" {
		return "All have reviewed; waiting for the drafter to resolve " + words.Plural(n, "comment", "comments")
	}
	return fmt.Sprintf("Đã đủ ý kiến, chờ đơn vị soạn thảo giải quyết %d góp ý", n)
}

// votingSentence is how the vote stands: at a conference, what the chair has to do next.
func (s telling) votingSentence(lang words.Language) string {
	c, sitting := s.Covenant, s.Covenant.Sitting()
	pending := len(s.PendingMotions())
	conference := s.stage().Vote != nil && s.stage().Vote.Conference != nil
	chair := s.Directory.AgencyName(s.Chair())
	switch {
	case conference && sitting == nil:
		return words.F("Chờ %s khai mạc hội nghị", "Waiting for %s to open the conference", chair).In(lang)
	case conference && sitting.Closed != nil:
		return words.F("Hội nghị tạm dừng, chờ %s họp lại",
			"The conference is adjourned; waiting for %s to open it again", chair).In(lang)
	case len(c.Waiting) > 0:
		return s.waitingFor(lang, "biểu quyết", "to vote")
	case conference && pending > 0 && !c.votingOpen():
		return words.F("Hội nghị đang họp, chờ chủ tọa đưa ra %d nội dung biểu quyết",
			"The conference is sitting; motions for the chair to put: %d", pending).In(lang)
	case conference && !c.votingOpen():
		return words.Of("Đã biểu quyết xong, chờ chủ tọa bế mạc hội nghị",
			"All motions are decided; waiting for the chair to close the conference").In(lang)
	}
	return words.Of("Các đơn vị đã biểu quyết, chờ chủ tọa công bố kết quả",
		"All have voted; waiting for the chair to declare the result").In(lang)
}

// votingOpen reports whether a motion is open.
func (c *Covenant) votingOpen() bool {
	return slices.ContainsFunc(c.Motions, func(m Motion) bool { return m.Opened && m.Result == nil })
}

func (s telling) scoringSentence(lang words.Language) string {
	c := s.Covenant
	unverified := len(s.scoring().unverified())
	switch {
	case len(c.Waiting) > 0:
		return s.waitingFor(lang, "tự chấm điểm", "to score themselves")
	case unverified > 0:
		return words.F("Chờ thẩm định điểm của %d đơn vị", "Scores to be verified: %d", unverified).In(lang)
	case len(c.Scoring.Undecided()) > 0:
		return words.F("Chờ giải quyết %d khiếu nại điểm",
			"Appeals to be decided: %d", len(c.Scoring.Undecided())).In(lang)
	}
	return s.pollingSentence(lang)
}

// pollingSentence is how it stands once the scores are verified: appeals, polls, the ranking.
func (s telling) pollingSentence(lang words.Language) string {
	sc := s.Covenant.Scoring
	if poll, ok := sc.openPoll(); ok {
		rule, _ := s.stage().Score.PollRule(poll.Poll)
		if missing := len(poll.Missing()); missing > 0 {
			return words.F("%s: còn %d đơn vị chưa bỏ phiếu", "%s: ballots still to come: %d", rule, missing).In(lang)
		}
		return words.F("%s: đã đủ phiếu, chờ chủ tọa kiểm phiếu",
			"%s: all ballots are in; waiting for the chair to count", rule).In(lang)
	}
	if open := s.scoring().mayAppeal(Date{}); len(open) > 0 && len(sc.Polls) == 0 {
		last, _ := sc.VerifiedScore(open[len(open)-1])
		return fmt.Sprintf(words.Of("Đã thẩm định điểm; các đơn vị chấp nhận hoặc khiếu nại đến hết %s",
			"All scores are verified; agencies accept or appeal until %s").In(lang),
			last.AppealUntil.LastDay().Display())
	}
	if pending := s.scoring().pendingPolls(); len(pending) > 0 {
		return words.F("Đã thẩm định điểm, chờ chủ tọa mở cuộc bỏ phiếu: %s",
			"All scores are verified; waiting for the chair to open the poll: %s",
			pending[0]).In(lang)
	}
	return words.Of("Đã thẩm định điểm, chờ công bố xếp hạng",
		"All scores are verified; waiting for the ranking to be declared").In(lang)
}

// stoppedBecause is why the covenant stands still, and who decides.
func (s telling) stoppedBecause(lang words.Language) string {
	return words.F("Đã dừng: %s; chờ %s quyết định", "Stopped: %s; waiting for %s to decide",
		s.StoppedBecause(), s.Directory.AgencyName(s.Covenant.Leader())).In(lang)
}

// ReturnedBecause is why the newest draft went back to its drafter, in both languages.
func (s State) ReturnedBecause() Names {
	revision, ok := s.Covenant.Revision()
	if !ok || revision.Return == nil {
		return Names{}
	}
	cause := Cause{Agency: revision.Return.By, Why: cmp.Or(revision.Return.Why, CauseReturned)}
	return cause.because(s.Directory)
}

// StoppedBecause is why a covenant that stopped stands still, in both languages.
func (s State) StoppedBecause() Names {
	return s.settling().stopCause().because(s.Directory)
}

func (s telling) waitingFor(lang words.Language, vi, en string) string {
	waiting := s.Covenant.Waiting
	if len(waiting) == 1 {
		return words.F("Chờ %s %s", "Waiting for %s %s", s.Directory.AgencyName(waiting[0]), words.Of(vi, en)).In(lang)
	}
	return words.F("Chờ %d đơn vị %s", "Waiting for %d agencies %s", len(waiting), words.Of(vi, en)).In(lang)
}
