package workflow

import (
	"fmt"
	"strings"
	"time"
)

// Words is the phase in the reader's language.
func (p Phase) Words(lang string) string {
	return pick(lang, map[Phase][2]string{
		AwaitingRevision:   {"chờ trình dự thảo", "awaiting a revision"},
		AwaitingReviews:    {"chờ góp ý", "awaiting reviews"},
		AwaitingVotes:      {"chờ biểu quyết", "awaiting votes"},
		AwaitingNumber:     {"chờ cấp số", "awaiting a number"},
		AwaitingFreeze:     {"đang chốt văn bản", "freezing the document"},
		AwaitingSignatures: {"chờ ký số", "awaiting signatures"},
		AwaitingSeals:      {"chờ đóng dấu", "awaiting seals"},
		AwaitingValidation: {"đang bổ sung dữ liệu kiểm tra", "adding validation data"},
		AwaitingReports:    {"đang thực hiện, báo cáo định kỳ", "in force, periodic reports"},
		PhaseInForce:       {"đang có hiệu lực", "in force"},
		PhaseClosed:        {"đã kết thúc", "closed"},
		PhaseRejected:      {"đã dừng", "stopped"},
		PhaseCancelled:     {"đã hủy", "cancelled"},
		PhaseWithdrawn:     {"đã rút", "withdrawn"},
	}[p])
}

// Tone classes a status for its colour; the words always stand beside it.
type Tone string

// The tones.
const (
	ToneWaiting Tone = "waiting"
	ToneDone    Tone = "done"
	ToneStopped Tone = "stopped"
)

// Tone is the phase's tone.
func (p Phase) Tone() Tone {
	switch p {
	case AwaitingReports, PhaseInForce, PhaseClosed:
		return ToneDone
	case PhaseRejected, PhaseCancelled, PhaseWithdrawn:
		return ToneStopped
	}
	return ToneWaiting
}

// Status is the one sentence that says where the covenant stands and who acts next, and by when.
func (s State) Status(now time.Time, lang string) string {
	return s.Calendar.WithDue(s.Sentence(lang), s.Covenant.Due, s.today(now), lang)
}

// WithDue adds to a status sentence the deadline and how far it is from today; nothing if there is none.
func (c *Calendar) WithDue(sentence string, due Deadline, today Date, lang string) string {
	if due.Date.IsZero() {
		return sentence
	}
	return sentence + fmt.Sprintf(pick(lang, [2]string{" – hạn %s (%s)", " – due %s (%s)"}), due.LastDay().Display(), c.Remaining(due, today, lang))
}

// Sentence is the status without its deadline: it changes only when an event happens.
func (s State) Sentence(lang string) string {
	return s.sentence(lang) + s.Covenant.amendedWords(lang)
}

func (s State) sentence(lang string) string {
	c := s.Covenant
	who := func(vi, en string) string { return s.waitingFor(lang, vi, en) }
	switch c.Phase {
	case AwaitingRevision:
		if last, ok := c.Revision(); ok {
			return fmt.Sprintf(pick(lang, [2]string{"Chờ %s chỉnh sửa dự thảo lần %d", "Waiting for %s to change revision %d"}),
				s.Directory.AgencyName(c.For), last.Number)
		}
		return fmt.Sprintf(pick(lang, [2]string{"Chờ %s trình dự thảo", "Waiting for %s to submit a draft"}), s.Directory.AgencyName(c.For))
	case AwaitingReviews:
		return who("góp ý", "to review")
	case AwaitingVotes:
		if len(c.Waiting) == 0 {
			return pick(lang, [2]string{"Các đơn vị đã biểu quyết, chờ chủ tọa công bố kết quả", "All have voted; waiting for the chair to declare the result"})
		}
		return who("biểu quyết", "to vote")
	case AwaitingNumber:
		return fmt.Sprintf(pick(lang, [2]string{"Chờ văn thư %s cấp số và ngày ban hành", "Waiting for the clerk of %s to issue number and date"}), s.Directory.AgencyName(c.Leader()))
	case AwaitingSignatures:
		return who("ký số", "to sign")
	case AwaitingSeals:
		return who("đóng dấu", "to apply the seal")
	case AwaitingReports:
		return fmt.Sprintf(pick(lang, [2]string{"Đang có hiệu lực từ %s; các đơn vị báo cáo đến %s", "In force since %s; members report until %s"}),
			c.InForce.Display(), c.Reporting.Until.Display())
	case PhaseRejected:
		return s.stoppedBecause(lang)
	case PhaseCancelled, PhaseWithdrawn, PhaseClosed:
		return s.endedBecause(lang)
	}
	words := []rune(c.Phase.Words(lang))
	if len(words) == 0 {
		return ""
	}
	return strings.ToUpper(string(words[:1])) + string(words[1:])
}

func (s State) stoppedBecause(lang string) string {
	c := s.Covenant
	if n := len(c.Refused); n > 0 {
		p, _ := c.SlotParty(c.Refused[n-1].Slot)
		return fmt.Sprintf(pick(lang, [2]string{"Đã dừng: %s từ chối ký", "Stopped: %s refused to sign"}), s.Directory.AgencyName(p.Agency))
	}
	for _, r := range c.Reviews {
		if r.Opinion == OpinionReject {
			return fmt.Sprintf(pick(lang, [2]string{"Đã dừng: %s không nhất trí", "Stopped: %s rejected the draft"}), s.Directory.AgencyName(r.Agency))
		}
	}
	return pick(lang, [2]string{"Đã dừng", "Stopped"})
}

func (s State) waitingFor(lang, vi, en string) string {
	waiting := s.Covenant.Waiting
	if len(waiting) == 1 {
		return fmt.Sprintf(pick(lang, [2]string{"Chờ %s %s", "Waiting for %s %s"}), s.Directory.AgencyName(waiting[0]), pick(lang, [2]string{vi, en}))
	}
	return fmt.Sprintf(pick(lang, [2]string{"Chờ %d đơn vị %s", "Waiting for %d agencies %s"}), len(waiting), pick(lang, [2]string{vi, en}))
}
