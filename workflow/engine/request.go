package engine

import (
	"context"
	"fmt"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// taskRevise asks the drafter to change what was returned; its letter is notify.Returned.
const taskRevise notify.Task = "revise"

const requestKind = "request"

// request is a mail that is owed: about a task, to an agency, once for each opening of a stage.
type request struct {
	task   notify.Task
	agency workflow.AgencyID
	duty   workflow.Duty
	turn   string // names the turn within its covenant
	about  workflow.AgencyID
}

// taskOf are the tasks of those whom an open stage waits for. At a conference those who vote are in the hall; who
// has the chair is asked to open it.
var taskOf = map[workflow.Phase]notify.Task{
	workflow.AwaitingReviews: notify.TaskReview, workflow.AwaitingVotes: notify.TaskVote,
	workflow.AwaitingNumber:     notify.TaskNumber,
	workflow.AwaitingSignatures: notify.TaskSign, workflow.AwaitingSeals: notify.TaskSeal,
	workflow.AwaitingScores: notify.TaskScore,
}

// requests are the mails that are owed to those whose turn it is in a state.
func requests(s workflow.State) []request {
	c := s.Covenant
	turn := fmt.Sprintf("%s.%d", c.Stage, c.Opening)
	stage, _ := s.Process.Stage(c.Stage)
	switch {
	case c.Phase == workflow.AwaitingRevision && len(c.Revisions) > 0:
		return []request{{taskRevise, c.For, workflow.DutyDraft,
			fmt.Sprintf("revision.%d.%s", len(c.Revisions), turn), ""}}
	case c.Phase == workflow.PhaseRejected && c.Stop != nil:
		return []request{{notify.TaskDecide, c.Leader(), workflow.DutyVote,
			fmt.Sprintf("%s.%s", turn, c.Stop.Why), c.Stop.Agency}}
	case c.Phase == workflow.AwaitingVotes && stage.Vote != nil && stage.Vote.Conference != nil:
		if c.Sitting() != nil {
			return nil
		}
		return []request{{notify.TaskChair, s.Chair(), workflow.DutyVote, turn, ""}}
	}
	task, ok := taskOf[c.Phase]
	if !ok {
		return nil
	}
	var out []request
	for _, t := range s.Turns() {
		if contains(c.Waiting, t.Agency) {
			out = append(out, request{task, t.Agency, t.Duty, turn, ""})
		}
	}
	if c.Phase == workflow.AwaitingScores {
		out = append(out, scoreRequests(s, turn)...)
	}
	return out
}

// scoreRequests: the scores are verified once all have come, appeals are decided one by one, and ballots put into
// the open poll.
func scoreRequests(s workflow.State, turn string) []request {
	var out []request
	if len(s.Covenant.Waiting) == 0 {
		for _, a := range s.Verifiers() {
			out = append(out, request{notify.TaskVerify, a, workflow.DutyReport, turn, ""})
		}
	}
	for _, a := range s.Covenant.Scoring.Undecided() {
		out = append(out, request{notify.TaskAppeal, s.CouncilOf(a), workflow.DutyReport, turn, a})
	}
	for _, p := range s.Covenant.Scoring.Polls {
		for _, a := range p.Missing() {
			if p.Result == nil {
				out = append(out, request{notify.TaskPoll, a, workflow.DutyVote,
					fmt.Sprintf("%s.%s.%d", turn, p.Poll, p.Round), ""})
			}
		}
	}
	return out
}

func contains(list []workflow.AgencyID, a workflow.AgencyID) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

// queueRequests writes to those whose turn has come by what was just recorded, once a person and stage.
func (e deadlines) queueRequests(ctx context.Context, tx *store.Tx, before *workflow.Covenant, s workflow.State) error {
	asked := map[request]bool{}
	if before.ID != "" {
		earlier := s
		earlier.Covenant = before
		for _, r := range requests(earlier) {
			asked[r] = true
		}
	}
	for _, r := range requests(s) {
		if asked[r] {
			continue
		}
		for _, box := range s.Directory.Mailboxes(s.Covenant.ID, r.agency, r.duty, s.Calendar.Today(e.Now())) {
			if err := e.queueRequest(ctx, tx, s, r, box); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e deadlines) queueRequest(
	ctx context.Context, tx *store.Tx, s workflow.State, r request, box workflow.Mailbox,
) error {
	if box.Address == "" {
		return nil
	}
	key := strings.Join([]string{requestKind, string(s.Covenant.ID), r.turn, string(r.task), string(r.agency),
		box.Address}, "/")
	if r.about != "" {
		key += "/" + string(r.about)
	}
	mail, err := e.compose(store.Mail{
		Key: store.MailKey(key), Kind: requestKind, Covenant: string(s.Covenant.ID), To: box.Address, NextAt: e.Now(),
	}, box.Language, func(lang words.Language) notify.Letter {
		if r.task == taskRevise {
			return returnedLetter(s, r, e.covenantURL(s.Covenant), lang)
		}
		return requestLetter(s, r, e.covenantURL(s.Covenant), lang)
	})
	if err != nil {
		return err
	}
	return queueMail(ctx, tx, mail)
}

// returnedLetter tells the drafter of what and with which comments a draft came back.
func returnedLetter(s workflow.State, r request, url string, lang words.Language) notify.Returned {
	out := notify.Returned{
		To: s.Directory.AgencyName(r.agency), Covenant: s.Covenant.Title,
		Because: s.ReturnedBecause().In(lang), URL: url,
	}
	if revision, ok := s.Covenant.Revision(); ok {
		out.Revision = revision.Number
	}
	for _, t := range s.Covenant.OpenThreads() {
		if t.Revision == out.Revision {
			out.Comments = append(out.Comments, s.Directory.AgencyName(t.Agency)+": "+t.Text)
		}
	}
	return out
}

// requestLetter asks somebody whose turn it is to act.
func requestLetter(s workflow.State, r request, url string, lang words.Language) notify.Request {
	c := s.Covenant
	stage, _ := s.Process.Stage(c.Stage)
	out := notify.Request{
		Task: r.task, To: s.Directory.AgencyName(r.agency), Covenant: c.Title, Stage: stage.Name.In(lang),
		Due: dueOf(c.Due), URL: url,
	}
	switch r.task {
	case notify.TaskReview:
		if revision, ok := c.Revision(); ok && revision.Number > 1 && revision.Note != "" {
			out.Note = words.F("Dự thảo lần %d: %s", "Revision %d: %s", revision.Number, revision.Note).In(lang)
		}
	case notify.TaskDecide:
		out.Because, out.Due = s.StoppedBecause().In(lang), notify.Due{} // the stage's is not the leader's
	case notify.TaskAppeal:
		out.Whose, out.Due = s.Directory.AgencyName(r.about), notify.Due{}
	case notify.TaskPoll:
		for _, p := range c.Scoring.Polls {
			if p.Result == nil && stage.Score != nil {
				rule, _ := stage.Score.PollRule(p.Poll)
				out.Stage = rule.In(lang)
			}
		}
	}
	return out
}
