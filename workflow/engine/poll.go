package engine

import (
	"context"
	"fmt"
	"slices"

	"covenant/workflow"
	"covenant/workflow/store"
)

// pollBox names the box of one opening of a secret poll. No motion of the process has its id.
func pollBox(id workflow.CovenantID, poll workflow.PollID, round int) string {
	return boxKey(id, workflow.MotionID(poll), round)
}

// secretPollBallot is what identifies a ballot of a secret poll under its command's key: not its choices.
type secretPollBallot struct {
	Agency workflow.AgencyID
	Poll   workflow.PollID
}

func pollOf(s workflow.State, id workflow.PollID) workflow.Poll {
	if s.Covenant.Scoring == nil {
		return workflow.Poll{}
	}
	poll, _ := s.Covenant.Scoring.Poll(id)
	return poll
}

// castPollBallot records a ballot of a poll. Of a secret one the choices go into the box and nowhere else, in the
// same transaction. The command's key is kept: its caller must not put the choices into it.
func (e voting) castPollBallot(
	ctx context.Context, id workflow.CovenantID, cmd workflow.CastPollBallot, meta Meta,
) (Outcome, error) {
	s, err := e.read(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	asked, expected := any(cmd), pollOf(s, cmd.Poll).Secret
	if expected {
		asked = secretPollBallot{cmd.Agency, cmd.Poll}
	}
	return e.do(ctx, id, asked, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		poll := pollOf(s, cmd.Poll)
		if poll.Secret != expected {
			return nil, workflow.Refusal(workflow.CodeConflict,
				"cuộc bỏ phiếu vừa thay đổi; hãy xem lại rồi bỏ phiếu",
				"the poll has just changed; look again, then vote")
		}
		if !expected {
			return cmd, nil
		}
		if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil { // before the box is touched
			return nil, err
		}
		stage, _ := s.Process.OfKind(workflow.StageScore)
		rule, _ := stage.Score.PollRule(cmd.Poll)
		return cmd, tx.CastBallot(ctx, pollBox(id, cmd.Poll, poll.Round),
			string(workflow.NewPollBallot(rule.Marks, cmd.Choices)))
	})
}

// closePoll counts a poll; the box of a secret one is opened in the transaction that does.
func (e voting) closePoll(
	ctx context.Context, id workflow.CovenantID, cmd workflow.ClosePoll, meta Meta,
) (Outcome, error) {
	cmd.Ballots = nil
	return e.do(ctx, id, cmd, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		full, poll := cmd, pollOf(s, cmd.Poll)
		if !poll.Secret || poll.Result != nil {
			return full, nil
		}
		ballots, err := tx.Box(ctx, pollBox(id, cmd.Poll, poll.Round))
		for _, b := range ballots {
			full.Ballots = append(full.Ballots, workflow.PollBallot(b))
		}
		return full, err
	})
}

// openBoxes are the boxes of a covenant that have ballots still to be counted, with how many there must be.
func openBoxes(c *workflow.Covenant) map[string]int {
	out := map[string]int{}
	if c.Phase.Ended() {
		return out
	}
	for _, m := range c.Motions {
		if m.Secret && m.Opened && m.Result == nil {
			out[boxKey(c.ID, m.ID, m.Round)] = len(m.Taken)
		}
	}
	if c.Scoring != nil {
		for _, p := range c.Scoring.Polls {
			if p.Secret && p.Result == nil {
				out[pollBox(c.ID, p.Poll, p.Round)] = len(p.Taken)
			}
		}
	}
	return out
}

// counted is the box that an event counts, and the ballots that it names; "" where it counts none.
func counted(id workflow.CovenantID, event workflow.Event) (box string, ballots []string) {
	switch e := event.(type) {
	case workflow.MotionClosed:
		if e.Method == workflow.MethodSecret {
			box = boxKey(id, e.Motion, e.Round)
		}
		for _, b := range e.Ballots {
			ballots = append(ballots, string(b))
		}
	case workflow.PollClosed:
		if e.Method == workflow.MethodSecret {
			box = pollBox(id, e.Poll, e.Round)
		}
		for _, b := range e.Ballots {
			ballots = append(ballots, string(b))
		}
	}
	return box, ballots
}

// auditCount holds the ballots that are kept of a secret vote against those that the log names.
func auditCount(ctx context.Context, tx *store.Tx, slug, box string, named []string) (problems []string, err error) {
	kept, err := tx.Ballots(ctx, box)
	if err != nil {
		return nil, err
	}
	slices.Sort(kept) // the database may sort by the words of a language
	if fmt.Sprint(kept) != fmt.Sprint(named) {
		problems = append(problems, fmt.Sprintf("%s, box %s: the log names %d ballots %v, %d are kept: %v", slug, box,
			len(named), named, len(kept), kept))
	}
	return problems, nil
}
