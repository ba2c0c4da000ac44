package workflow

import (
	"slices"

	"covenant/internal/words"
)

// Opinion is what an agency says of a revision.
type Opinion string

// The opinions.
const (
	OpinionApprove         Opinion = "approve"
	OpinionApproveComments Opinion = "approve_with_comments"
	OpinionReturn          Opinion = "return" // send back for revision
	OpinionReject          Opinion = "reject"
	// OpinionAbstain is only ever deemed: the agency let the deadline pass.
	OpinionAbstain Opinion = "abstain"
)

// Approves reports whether the opinion counts as an approval.
func (o Opinion) Approves() bool { return o == OpinionApprove || o == OpinionApproveComments }

// Tone is how the opinion looks to the drafter.
func (o Opinion) Tone() Tone {
	switch o {
	case OpinionApprove, OpinionApproveComments:
		return ToneDone
	case OpinionReturn:
		return ToneWaiting
	case OpinionReject:
		return ToneStopped
	}
	return ToneNext
}

// Word is the opinion in the reader's language.
func (o Opinion) Word(lang words.Language) string {
	return map[Opinion]words.Text{
		OpinionApprove:         words.Of("Nhất trí", "Approved"),
		OpinionApproveComments: words.Of("Nhất trí, có ý kiến thêm", "Approved with comments"),
		OpinionReturn:          words.Of("Trả lại để chỉnh sửa", "Returned for revision"),
		OpinionReject:          words.Of("Không nhất trí", "Rejected"),
		OpinionAbstain:         words.Of("Không có ý kiến", "No opinion"),
	}[o].In(lang)
}

// ReviewGiven is one agency's opinion on one revision.
type ReviewGiven struct {
	Stage     StageID   `json:"stage"`
	Agency    AgencyID  `json:"agency"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
	Revision  int       `json:"revision"`
	Manifest  Digest    `json:"manifest"`
	Opinion   Opinion   `json:"opinion"`
	Comments  []Comment `json:"comments,omitempty"`
	// Ruled: what a rejection entails stands in the events after it. Until 2026-11 it stopped the covenant by itself.
	Ruled bool `json:"ruled,omitempty"`
}

// Kind is the event's name in the log.
func (ReviewGiven) Kind() string { return "review_given" }

func (e ReviewGiven) authority() Authority { return e.Authority }

func (e ReviewGiven) apply(c *Covenant) {
	c.Reviews = append(c.Reviews, e)
	c.Waiting = without(c.Waiting, e.Agency)
	if e.Opinion == OpinionReject && !e.Ruled { // until 2026-11 a rejection always stopped the covenant
		c.Phase = PhaseRejected
	}
	for _, comment := range e.Comments { // each is a thread of its own
		c.Threads = append(slices.Clip(c.Threads), Thread{CommentPosted: CommentPosted{
			ID: c.nextComment(e.Agency, e.Revision), Revision: e.Revision, Manifest: e.Manifest, Clause: comment.Clause,
			Digest: comment.Digest, Agency: e.Agency, Person: e.Person, Authority: e.Authority, Text: comment.Text,
		}})
	}
}

func (e ReviewGiven) line(s State) Line {
	l := Line{Tone: e.Opinion.Tone(), Text: words.F("%s: %s (dự thảo lần %d)", "%s: %s (revision %d)",
		s.Directory.AgencyName(e.Agency), words.Each(e.Opinion.Word), e.Revision)}
	for _, c := range e.Comments {
		l.Detail = phrases(l.Detail, words.Same(c.Text))
	}
	return l
}

// ApprovalCarried lets an agency's approval of an earlier revision stand for a newer one, because nothing changed that
// concerns it. Unchanged are all clauses that are the same in both, Changed those that are not.
type ApprovalCarried struct {
	Stage        StageID  `json:"stage"`
	Agency       AgencyID `json:"agency"`
	FromRevision int      `json:"from_revision"`
	FromManifest Digest   `json:"from_manifest"`
	Revision     int      `json:"revision"`
	Manifest     Digest   `json:"manifest"`
	Unchanged    []string `json:"unchanged"`
	Changed      []string `json:"changed,omitempty"`
}

// Kind is the event's name in the log.
func (ApprovalCarried) Kind() string { return "approval_carried" }

func (e ApprovalCarried) apply(c *Covenant) {
	c.Carried = append(c.Carried, e)
}

func (e ApprovalCarried) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s: ý kiến nhất trí với lần %d vẫn có giá trị cho lần %d",
			"%s: its approval of revision %d stands for revision %d",
			s.Directory.AgencyName(e.Agency), e.FromRevision, e.Revision),
		Detail: words.F("Mã %s → %s; %d điều, khoản giữ nguyên, %d thay đổi",
			"Digests %s → %s; clauses unchanged: %d, changed: %d",
			e.FromManifest.Short(), e.Manifest.Short(), len(e.Unchanged), len(e.Changed)),
	}
}

// OpinionDeemed is an opinion that the process gives an agency that let the deadline pass.
type OpinionDeemed struct {
	Stage    StageID  `json:"stage"`
	Agency   AgencyID `json:"agency"`
	Revision int      `json:"revision"`
	Manifest Digest   `json:"manifest"`
	Opinion  Opinion  `json:"opinion"`
	Rung     Rung     `json:"rung"`
}

// Kind is the event's name in the log.
func (OpinionDeemed) Kind() string { return "opinion_deemed" }

func (e OpinionDeemed) apply(c *Covenant) {
	c.Deemed = append(c.Deemed, e)
	c.Waiting, c.Queue = without(c.Waiting, e.Agency), without(c.Queue, e.Agency)
}

func (e OpinionDeemed) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("%s không trả lời trước hạn: ghi nhận “%s” theo quy trình",
		"%s did not answer in time: the process records “%s”",
		s.Directory.AgencyName(e.Agency), words.Each(e.Opinion.Word))}
}
