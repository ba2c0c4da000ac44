package workflow

import (
	"fmt"
	"strings"
	"testing"
)

// threads are the comments: whose, how many answers, and whether they are settled.
func (w *fixture) threads() string {
	var out []string
	for _, t := range w.state.Covenant.Threads {
		out = append(out, fmt.Sprintf("%s+%d%s", t.ID, len(t.Answers), map[bool]string{true: "✓"}[t.Resolved]))
	}
	return strings.Join(out, " ")
}

func TestCommentsInEachSituation(t *testing.T) {
	start := func(t testing.TB) *fixture {
		w := newFixture(t, 3)
		w.state.Process = stages(t, "  - {id: gop-y, kind: review, NAME, review: {resolve: required}}\n")
		w.must(t, w.draft())
		w.must(t, revised(1, "a", "b"))
		return w
	}
	post := func(change func(*PostComment)) Command {
		cmd := PostComment{Agency: "a1", Revision: 1, Clause: "dieu-2", Text: "nêu rõ"}
		change(&cmd)
		return as(PersonID(cmd.Agency+"-officer"), cmd)
	}
	plain := post(func(*PostComment) {})
	posted := []Command{plain}
	answer := func(by PersonID, a AgencyID) Command {
		return as(by, AnswerComment{Agency: a, Thread: "r1-a1-1", Text: "sẽ bổ sung"})
	}
	settle := func(a AgencyID, open bool) Command {
		return as(PersonID(a+"-officer"), ResolveComment{Agency: a, Thread: "r1-a1-1", Open: open})
	}
	heard := func(t testing.TB) []Command {
		w := start(t)
		return plus(posted, w.review("a0", OpinionApprove), w.review("a1", OpinionApprove), w.review("a2",
			OpinionApprove))
	}(t)
	behaviour{start, (*fixture).threads, []situation{
		{name: "on a clause", does: plain, events: "comment_posted", want: "r1-a1-1+0"},
		{name: "on the whole", does: post(func(p *PostComment) { p.Clause = "" }), events: "comment_posted",
			want: "r1-a1-1+0"},
		{name: "a second one", given: posted, does: plain, events: "comment_posted", want: "r1-a1-1+0 r1-a1-2+0"},
		{name: "of another agency", given: posted, does: post(func(p *PostComment) { p.Agency = "a2" }),
			events: "comment_posted", want: "r1-a1-1+0 r1-a2-1+0"},
		{name: "on no clause that there is", does: post(func(p *PostComment) { p.Clause = "dieu-9" }),
			code: CodeNotFound, vi: "không có điều, khoản “dieu-9”", en: "revision 1 has no clause “dieu-9”"},
		{name: "on another revision", does: post(func(p *PostComment) { p.Revision = 2 }), code: CodeConflict,
			vi: "bản dự thảo đã thay đổi: hiện là lần 1", en: "it is now revision 1"},
		{name: "as long as may be", does: post(func(p *PostComment) { p.Text = strings.Repeat("x", maxComment) }),
			events: "comment_posted"},
		{name: "longer", does: post(func(p *PostComment) { p.Text = strings.Repeat("x", maxComment+1) }),
			code: CodeInvalid, vi: "dài quá 20000 byte", en: "longer than 20000 bytes"},
		{name: "of the witness", does: post(func(p *PostComment) { p.Agency = "w" }), events: "comment_posted",
			want: "r1-w-1+0"},
		{name: "of a stranger", does: post(func(p *PostComment) { p.Agency = "x" }), code: CodeForbidden,
			vi: "x không tham gia giao ước này", en: "x takes no part in this covenant"},
		{name: "by who may not review", does: as("a1-head", PostComment{Agency: "a1", Revision: 1, Text: "x"}),
			code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Bà a1"},
		{name: "answered by the drafter", given: posted, does: answer("a0-officer", "a0"),
			events: "comment_answered", want: "r1-a1-1+1"},
		{name: "answered twice", given: plus(posted, answer("a0-officer", "a0")), does: answer("a1-officer", "a1"),
			events: "comment_answered", want: "r1-a1-1+2"},
		{name: "answered for another", given: posted, does: answer("a2-officer", "a0"), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "answered what there is not", does: answer("a0-officer", "a0"), code: CodeNotFound,
			vi: "không có ý kiến góp ý “r1-a1-1”", en: "there is no comment “r1-a1-1”"},
		{name: "settled by who asked", given: posted, does: settle("a1", false), events: "comment_resolved",
			want: "r1-a1-1+0✓"},
		{name: "settled by the drafter", given: posted, does: settle("a0", false), events: "comment_resolved",
			want: "r1-a1-1+0✓"},
		{name: "settled by another", given: posted, does: settle("a2", false), code: CodeForbidden,
			vi: "chỉ Cơ quan a1 hoặc đơn vị soạn thảo Cơ quan a0",
			en: "only Cơ quan a1 or the drafting agency, Cơ quan a0"},
		{name: "settled twice", given: plus(posted, settle("a0", false)), does: settle("a1", false),
			code: CodeConflict, vi: "đã ở trạng thái đó", en: "in that state already"},
		{name: "opened again", given: plus(posted, settle("a0", false)), does: settle("a1", true),
			events: "comment_resolved", want: "r1-a1-1+0"},
		{name: "opened though it is open", given: posted, does: settle("a1", true), code: CodeConflict,
			vi: "đã ở trạng thái đó", en: "in that state already"},
		{name: "the last one settled ends the review", given: heard, does: settle("a0", false),
			events: "comment_resolved stage_closed process_ended", phase: PhaseAdopted},
		{name: "after the review", given: plus(heard, settle("a0", false)), does: plain, code: CodeWrongState,
			vi: "giao ước đang ở bước khác", en: "the covenant is at another step"},
	}}.run(t)
}

// Opinions in each situation: what they need with them, and whose turn it is.
func TestOpinionsInEachSituation(t *testing.T) {
	start := reviewed("order: sequential, reject: decide, return: at_once")
	w := start(t)
	manifest := w.state.Covenant.Revisions[0].Manifest
	say := func(a AgencyID, o Opinion, text ...string) Command {
		cmd := GiveReview{Agency: a, Revision: 1, Manifest: manifest, Opinion: o}
		for _, t := range text {
			cmd.Comments = append(cmd.Comments, Comment{Text: t})
		}
		return as(PersonID(a+"-officer"), cmd)
	}
	yes := say("a0", OpinionApprove)
	behaviour{start, (*fixture).waiting, []situation{
		{name: "approved", does: yes, events: "review_given reviewer_asked", want: "a1"},
		{name: "approved with comments", does: say("a0", OpinionApproveComments, "x"),
			events: "review_given reviewer_asked", want: "a1"},
		{name: "approved with none", does: say("a0", OpinionApproveComments), code: CodeInvalid,
			vi: "có ý kiến thêm thì cần nêu ý kiến", en: "approving with comments needs a comment"},
		{name: "returned", does: say("a0", OpinionReturn, "x"), events: "review_given revision_returned",
			phase: AwaitingRevision},
		{name: "returned without saying why", does: say("a0", OpinionReturn), code: CodeInvalid,
			vi: "cần nêu lý do", en: "needs a comment that says why"},
		{name: "rejected", does: say("a0", OpinionReject, "x"), events: "review_given stopped", phase: PhaseRejected},
		{name: "rejected without saying why", does: say("a0", OpinionReject), code: CodeInvalid,
			vi: "cần nêu lý do", en: "needs a comment that says why"},
		{name: "an opinion that there is not", does: say("a0", "perhaps"), code: CodeInvalid,
			vi: "ý kiến \"perhaps\" không có", en: "opinion \"perhaps\" is unknown"},
		{name: "an abstention, which only a deadline gives", does: say("a0", OpinionAbstain), code: CodeInvalid,
			vi: "không có trong quy trình", en: "is unknown"},
		{name: "out of turn", does: say("a2", OpinionApprove), code: CodeWrongState,
			vi: "chưa đến lượt Cơ quan a2", en: "not yet the turn of Cơ quan a2"},
		{name: "twice", given: []Command{yes}, does: yes, code: CodeConflict, vi: "Cơ quan a0 đã cho ý kiến",
			en: "Cơ quan a0 has already given its opinion"},
		{name: "of another text", does: as("a0-officer", GiveReview{Agency: "a0", Revision: 1, Manifest: Digest{1},
			Opinion: OpinionApprove}), code: CodeConflict, vi: "bản dự thảo đã thay đổi", en: "the draft has changed"},
		{name: "of the revision to come", does: as("a0-officer", GiveReview{Agency: "a0", Revision: 2,
			Manifest: manifest, Opinion: OpinionApprove}), code: CodeConflict, vi: "đã thay đổi", en: "has changed"},
		{name: "of who is not asked", does: say("w", OpinionApprove), code: CodeForbidden, vi: "Cơ quan w",
			en: "Cơ quan w"},
		{name: "of who is in conflict", given: []Command{as("a1-head", DeclareConflict{Agency: "a1", Reason: "x"})},
			does: say("a1", OpinionApprove), code: CodeForbidden, vi: "đã khai có xung đột lợi ích",
			en: "has declared a conflict of interest"},
		{name: "the last one", given: []Command{yes, say("a1", OpinionApprove), say("a2", OpinionApprove)},
			does: say("a3", OpinionApprove), events: "review_given stage_closed process_ended", phase: PhaseAdopted},
		{name: "a conflict of the one whose turn it is",
			does:   as("a0-head", DeclareConflict{Agency: "a0", Reason: "x"}),
			events: "conflict_declared reviewer_asked", want: "a1"},
	}}.run(t)
}
