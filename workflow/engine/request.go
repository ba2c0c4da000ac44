package engine

import (
	"context"
	"fmt"
	"strings"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Task is what somebody is asked to do by a mail.
type Task string

// The tasks.
const (
	TaskReview Task = "review"
	TaskVote   Task = "vote"
	TaskChair  Task = "chair" // open the conference
	TaskNumber Task = "number"
	TaskSign   Task = "sign"
	TaskSeal   Task = "seal"
	TaskScore  Task = "score" // score oneself
	TaskPoll   Task = "poll"
	TaskRevise Task = "revise" // a draft was returned
	TaskVerify Task = "verify" // others' scores
	TaskAppeal Task = "appeal" // decide it
	TaskDecide Task = "decide" // what becomes of a covenant that stopped
)

// Request asks somebody whose turn it is to act.
type Request struct {
	Task     Task
	Agency   string // whom it is addressed to
	Language words.Language
	Covenant string
	Stage    workflow.Names // or of the poll
	Deadline workflow.Deadline
	Revision int            // the newest one
	Note     string         // what changed since the revision before, as the drafter says
	Because  workflow.Names // TaskRevise, TaskDecide: of what it was returned, or stopped
	Whose    string         // TaskAppeal: the agency that appeals
	Comments []string       // TaskRevise: what is asked for
	URL      string
}

const requestKind = "request"

// request is a mail that is owed: about a task, to an agency, once for each opening of a stage.
type request struct {
	task   Task
	agency workflow.AgencyID
	duty   workflow.Duty
	turn   string // names the turn within its covenant
	about  workflow.AgencyID
}

// taskOf are the tasks of those whom an open stage waits for. At a conference those who vote are in the hall; who has the chair is asked
// to open it.
var taskOf = map[workflow.Phase]Task{
	workflow.AwaitingReviews: TaskReview, workflow.AwaitingVotes: TaskVote, workflow.AwaitingNumber: TaskNumber,
	workflow.AwaitingSignatures: TaskSign, workflow.AwaitingSeals: TaskSeal, workflow.AwaitingScores: TaskScore,
}

// requests are the mails that are owed to those whose turn it is in a state.
func requests(s workflow.State) []request {
	c := s.Covenant
	turn := fmt.Sprintf("%s.%d", c.Stage, c.Opening)
	stage, _ := s.Process.Stage(c.Stage)
	switch {
	case c.Phase == workflow.AwaitingRevision && len(c.Revisions) > 0:
		return []request{{TaskRevise, c.For, workflow.DutyDraft, fmt.Sprintf("revision.%d.%s", len(c.Revisions), turn), ""}}
	case c.Phase == workflow.PhaseRejected && c.Stop != nil:
		return []request{{TaskDecide, c.Leader(), workflow.DutyVote, fmt.Sprintf("%s.%s", turn, c.Stop.Why), c.Stop.Agency}}
	case c.Phase == workflow.AwaitingVotes && stage.Vote != nil && stage.Vote.Conference != nil:
		if c.Sitting() != nil {
			return nil
		}
		return []request{{TaskChair, s.Chair(), workflow.DutyVote, turn, ""}}
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

// scoreRequests: the scores are verified once all have come, appeals are decided one by one, and ballots put into the open poll.
func scoreRequests(s workflow.State, turn string) []request {
	var out []request
	if len(s.Covenant.Waiting) == 0 {
		for _, a := range s.Verifiers() {
			out = append(out, request{TaskVerify, a, workflow.DutyReport, turn, ""})
		}
	}
	for _, a := range s.Covenant.Scoring.Undecided() {
		out = append(out, request{TaskAppeal, s.CouncilOf(a), workflow.DutyReport, turn, a})
	}
	for _, p := range s.Covenant.Scoring.Polls {
		for _, a := range p.Missing() {
			if p.Result == nil {
				out = append(out, request{TaskPoll, a, workflow.DutyVote, fmt.Sprintf("%s.%s.%d", turn, p.Poll, p.Round), ""})
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
func (e *Engine) queueRequests(ctx context.Context, tx *store.Tx, before *workflow.Covenant, s workflow.State) error {
	if e.Composer == nil { // a command line without mail leaves the telling to those who use it
		return nil
	}
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

func (e *Engine) queueRequest(ctx context.Context, tx *store.Tx, s workflow.State, r request, box workflow.Mailbox) error {
	if box.Address == "" {
		return nil
	}
	key := strings.Join([]string{requestKind, string(s.Covenant.ID), r.turn, string(r.task), string(r.agency), box.Address}, "/")
	if r.about != "" {
		key += "/" + string(r.about)
	}
	mail, err := e.Composer.Request(requestOf(s, r, box, e.covenantURL(s.Covenant)), store.Mail{
		Key: store.MailKey(key), Kind: requestKind, Covenant: string(s.Covenant.ID), To: box.Address, NextAt: e.Now(),
	})
	if err != nil {
		return err
	}
	return queueMail(ctx, tx, mail)
}

func requestOf(s workflow.State, r request, box workflow.Mailbox, url string) Request {
	c := s.Covenant
	stage, _ := s.Process.Stage(c.Stage)
	out := Request{
		Task: r.task, Agency: s.Directory.AgencyName(r.agency), Language: box.Language, Covenant: c.Title, Stage: stage.Name, Deadline: c.Due, URL: url,
	}
	if revision, ok := c.Revision(); ok {
		out.Revision = revision.Number
		if revision.Number > 1 {
			out.Note = revision.Note
		}
	}
	switch r.task {
	case TaskRevise:
		out.Because = s.ReturnedBecause()
		for _, t := range c.OpenThreads() {
			if t.Revision == out.Revision {
				out.Comments = append(out.Comments, s.Directory.AgencyName(t.Agency)+": "+t.Text)
			}
		}
	case TaskDecide:
		out.Because, out.Deadline = s.StoppedBecause(), workflow.Deadline{} // the stage's is not the leader's
	case TaskAppeal:
		out.Deadline = workflow.Deadline{}
		out.Whose = s.Directory.AgencyName(r.about)
	case TaskPoll:
		for _, p := range c.Scoring.Polls {
			if p.Result == nil && stage.Score != nil {
				rule, _ := stage.Score.PollRule(p.Poll)
				out.Stage = rule.Names
			}
		}
	}
	return out
}
