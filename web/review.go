package web

import (
	"slices"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// reviews presents the opinions and the comments on each revision.
type reviews struct{ presenter }

// reviewRound is one revision with the opinions given on it.
type reviewRound struct {
	Number          int
	Short, Digest   string
	Note, PDF, Page string
	Outcome         string
	Tone            string
	Remarks         []opinionRow // those that ask for something or say something
	Opinions        []opinionRow // plain approvals
	Pending         string       // agencies not heard yet
	Newest          bool
	Redline         string // address of what changed since the revision before
	Threads         []threadRow
}

// threadRow is a comment that was answered or settled, or stands open, with its answers.
type threadRow struct {
	Clause, Agency, Text string
	Answers              []commentRow // who, and what
	Tone, State          string
}

// threads are the comments on a revision that were answered, settled, or made apart from an opinion.
func (t reviews) threads(rev workflow.Revision) []threadRow {
	var rows []threadRow
	for _, th := range t.v.Covenant.Threads {
		if th.Revision != rev.Number || len(th.Answers) == 0 && !th.Resolved && t.inOpinion(th) {
			continue
		}
		row := threadRow{Clause: clauseName(rev, th.Clause), Agency: t.agency(th.Agency), Text: th.Text,
			Tone: "waiting",
			State: t.text(
				words.Of("Chưa giải quyết",
					"Open"))}
		if th.Resolved {
			row.Tone, row.State = "done", t.text(words.F("%s xác nhận đã giải quyết",
				"Settled by %s", t.agency(th.ResolvedBy.Agency)))
		}
		for _, a := range th.Answers {
			row.Answers = append(row.Answers, commentRow{t.agency(a.Agency), a.Text})
		}
		rows = append(rows, row)
	}
	return rows
}

// inOpinion reports whether a comment was part of an opinion, where it is shown already.
func (t reviews) inOpinion(th workflow.Thread) bool {
	for _, r := range t.v.Covenant.Reviews {
		for _, c := range r.Comments {
			if r.Revision == th.Revision && r.Agency == th.Agency && c.Text == th.Text {
				return true
			}
		}
	}
	return false
}

// opinionRow is one agency's opinion.
type opinionRow struct {
	Agency, Person string
	Word, Tone     string
	At             string
	Comments       []commentRow
}

// commentRow is a remark with the clause it is about.
type commentRow struct{ Clause, Text string }

// rounds are the revisions, newest first.
func (t reviews) rounds() []reviewRound {
	c := t.v.Covenant
	var rounds []reviewRound
	for i := len(c.Revisions) - 1; i >= 0; i-- {
		rounds = append(rounds, t.round(c.Revisions[i], i == len(c.Revisions)-1))
	}
	return rounds
}

func (t reviews) round(rev workflow.Revision, newest bool) reviewRound {
	c := t.v.Covenant
	round := reviewRound{
		Number: rev.Number, Short: rev.Manifest.Short(), Digest: rev.Manifest.String(), Note: rev.Note, Newest: newest,
		PDF:  address.Revision.For(c.Slug, itoa(rev.Number)),
		Page: address.Covenant.For(c.Slug) + "?lan=" + itoa(rev.Number),
	}
	approved := t.opinions(rev, &round)
	round.Threads = t.threads(rev)
	if rev.Number > 1 {
		round.Redline = redlinePath(c.Slug, rev.Number)
	}
	switch {
	case rev.Withdrawn:
		round.Tone, round.Outcome = "stopped", t.text(words.Of("Sửa đổi tại hội nghị, không được thông qua",
			"Amended at the conference and not adopted"))
	case rev.Conference:
		round.Tone, round.Outcome = "done", t.text(words.Of("Sửa đổi tại hội nghị", "Amended at the conference"))
	case rev.Returned != "":
		round.Tone, round.Outcome = "stopped", t.text(words.F("%s trả lại để chỉnh sửa",
			"Returned for revision by %s", t.agency(rev.Returned)))
	case newest && c.Phase == workflow.AwaitingReviews:
		pending := slices.Concat(c.Waiting, c.Queue)
		round.Tone, round.Outcome = "waiting", t.text(words.F("%d đơn vị nhất trí, còn chờ %s",
			"%d approved, %s still to answer", approved, words.N(len(pending), "đơn vị", "agency", "agencies")))
		round.Pending = t.agencies(pending)
		if tally := t.v.ReviewTally(); tally.Quorum > 0 {
			round.Outcome += " · " + t.text(words.F("ý kiến %d, tối thiểu %d",
				"opinions %d, at least %d needed", tally.Heard, tally.Quorum))
		}
	case newest && c.Phase == workflow.PhaseRejected && len(c.Refused) == 0:
		round.Tone, round.Outcome = "stopped", t.text(words.Of("Có đơn vị không nhất trí", "Rejected by an agency"))
	case approved > 0:
		round.Tone, round.Outcome = "done",
			t.text(words.N(approved, "đơn vị nhất trí", "agency approved", "agencies approved"))
	default:
		round.Tone, round.Outcome = "waiting", t.text(words.Of("Chưa có ý kiến", "No opinion yet"))
	}
	return round
}

// opinions fills in what the agencies said of a revision, or are deemed to have said, and counts who approves.
func (t reviews) opinions(rev workflow.Revision, round *reviewRound) (approved int) {
	c := t.v.Covenant
	for _, given := range c.Reviews {
		if given.Revision != rev.Number {
			continue
		}
		if given.Opinion.Approves() {
			approved++
		}
		if given.Opinion == workflow.OpinionApprove && len(given.Comments) == 0 {
			round.Opinions = append(round.Opinions, t.opinion(rev, given))
		} else {
			round.Remarks = append(round.Remarks, t.opinion(rev, given))
		}
	}
	for _, carried := range c.Carried {
		if carried.Revision == rev.Number {
			approved++
			round.Opinions = append(round.Opinions, opinionRow{
				Agency: t.agency(carried.Agency), Word: t.text(words.F("Ý kiến nhất trí với lần %d vẫn có giá trị",
					"Approval of revision %d stands", carried.FromRevision)), Tone: "done",
			})
		}
	}
	for _, deemed := range c.Deemed {
		if deemed.Revision != rev.Number {
			continue
		}
		if deemed.Opinion.Approves() {
			approved++
		}
		round.Remarks = append(round.Remarks, opinionRow{Agency: t.agency(deemed.Agency), Person: t.text(
			words.Of("Ghi nhận theo quy trình khi quá hạn",
				"Recorded by the process after the deadline")), Word: deemed.Opinion.Word(t.lang), Tone: "waiting"})
	}
	return approved
}

func (t reviews) opinion(rev workflow.Revision, given workflow.ReviewGiven) opinionRow {
	row := opinionRow{
		Agency: t.agency(given.Agency), Person: t.acting(given.Person, given.Authority),
		Word: given.Opinion.Word(t.lang), Tone: string(given.Opinion.Tone()),
		At: t.when(t.timeOf(func(e workflow.Event) bool {
			g, ok := e.(workflow.ReviewGiven)
			return ok && g.Agency == given.Agency && g.Revision == given.Revision
		})),
	}
	for _, comment := range given.Comments {
		row.Comments = append(row.Comments, commentRow{clauseName(rev, comment.Clause), comment.Text})
	}
	return row
}

// clauseName is a clause as the document heads it: “Điều 3. …”; its id if the revision has no such clause.
func clauseName(rev workflow.Revision, id string) string {
	for _, cl := range rev.Clauses {
		if cl.ID != id {
			continue
		}
		if cl.Heading == "" {
			return cl.Number
		}
		return cl.Number + ". " + cl.Heading
	}
	return id
}
