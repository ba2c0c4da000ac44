package engine

import (
	"context"
	"fmt"

	"covenant/workflow"
	"covenant/workflow/store"
)

// boxKey names the box of one opening of a secret motion.
func boxKey(id workflow.CovenantID, motion workflow.MotionID, round int) string {
	return fmt.Sprintf("%s/%s/%d", id, motion, round)
}

// secretBallot is what identifies a secret vote under its command's key: not the choice, which the digest of a command
// would give away to who tries the three there are.
type secretBallot struct {
	Agency workflow.AgencyID
	Motion workflow.MotionID
}

// castBallot records a vote. Of a secret one the choice goes into the box and nowhere else, in the same transaction. The
// command's key is kept: its caller must not put the choice into it.
func (e *Engine) castBallot(ctx context.Context, id workflow.CovenantID, cmd workflow.CastBallot, meta Meta) (Outcome, error) {
	s, err := e.read(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	asked, expected := any(cmd), secretMotion(s, cmd.Motion)
	if expected {
		asked = secretBallot{cmd.Agency, cmd.Motion}
	}
	return e.do(ctx, id, asked, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command, error) {
		if secretMotion(s, cmd.Motion) != expected {
			return nil, &workflow.Error{Code: workflow.CodeConflict,
				Vietnamese: "nội dung biểu quyết vừa thay đổi; hãy xem lại rồi biểu quyết", English: "the motion has just changed; look again, then vote"}
		}
		if !expected {
			return cmd, nil
		}
		if _, err := workflow.Decide(s, cmd, e.Now()); err != nil { // before the box is touched
			return nil, err
		}
		motion, _ := motionOf(s, cmd.Motion)
		return cmd, tx.CastBallot(ctx, boxKey(id, cmd.Motion, motion.Round), string(cmd.Choice))
	})
}

func motionOf(s workflow.State, id workflow.MotionID) (workflow.Motion, bool) {
	for _, m := range s.Covenant.Motions {
		if m.ID == id {
			return m, true
		}
	}
	return workflow.Motion{}, false
}

func secretMotion(s workflow.State, id workflow.MotionID) bool {
	m, ok := motionOf(s, id)
	return ok && m.Secret
}

// closeMotion declares a result; the box of a secret motion is opened in the transaction that does.
func (e *Engine) closeMotion(ctx context.Context, id workflow.CovenantID, cmd workflow.CloseMotion, meta Meta) (Outcome, error) {
	cmd.Ballots = nil
	return e.do(ctx, id, cmd, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command, error) {
		full := cmd
		var err error
		if m, ok := motionOf(s, cmd.Motion); ok && m.Secret && m.Result == nil {
			full.Ballots, err = box(ctx, tx, id, m)
		}
		return full, err
	})
}

// box reads the ballots of a motion that is being closed.
func box(ctx context.Context, tx *store.Tx, id workflow.CovenantID, m workflow.Motion) ([]workflow.Choice, error) {
	ballots, err := tx.Box(ctx, boxKey(id, m.ID, m.Round))
	var out []workflow.Choice
	for _, b := range ballots {
		out = append(out, workflow.Choice(b))
	}
	return out, err
}

// dropBoxes throws away the ballots of secret motions that will never be counted, because their stage ended without it.
func dropBoxes(ctx context.Context, tx *store.Tx, before, after *workflow.Covenant, events []workflow.Event) error {
	closed := map[string]bool{}
	for _, e := range events {
		if e, ok := e.(workflow.MotionClosed); ok {
			closed[boxKey(after.ID, e.Motion, e.Round)] = true
		}
	}
	open := func(c *workflow.Covenant) map[string]bool {
		out := map[string]bool{}
		for _, m := range c.Motions {
			if m.Secret && m.Opened && m.Result == nil && !c.Phase.Ended() {
				out[boxKey(after.ID, m.ID, m.Round)] = true
			}
		}
		return out
	}
	still := open(after)
	for key := range open(before) {
		if closed[key] || still[key] {
			continue
		}
		if err := tx.DropBox(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// AuditBallots holds the ballots that are kept against the log: of every secret motion that was closed they are those that
// its result names, and in the box of an open one there are as many as took part. It returns one line for each that differs.
func (e *Engine) AuditBallots(ctx context.Context) (problems []string, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Covenants(ctx, store.CovenantFilter{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			entries, err := timeline(ctx, tx, workflow.CovenantID(row.ID))
			if err != nil {
				return err
			}
			more, err := e.auditBoxes(ctx, tx, workflow.CovenantID(row.ID))
			if err != nil {
				return err
			}
			problems = append(problems, more...)
			for _, entry := range entries {
				closed, ok := entry.Event.(workflow.MotionClosed)
				if !ok || closed.Method != workflow.MethodSecret {
					continue
				}
				kept, err := tx.Ballots(ctx, boxKey(workflow.CovenantID(row.ID), closed.Motion, closed.Round))
				if err != nil {
					return err
				}
				if fmt.Sprint(kept) != fmt.Sprint(closed.Ballots) {
					problems = append(problems, fmt.Sprintf("%s, motion %s: the log names %d ballots %v, %d are kept: %v", row.Slug, closed.Motion,
						len(closed.Ballots), closed.Ballots, len(kept), kept))
				}
			}
		}
		return nil
	})
	return problems, err
}

// auditBoxes holds the boxes of a covenant's open secret motions against those who took part.
func (e *Engine) auditBoxes(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (problems []string, err error) {
	c, err := e.covenant(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	for _, m := range c.Motions {
		if !m.Secret || !m.Opened || m.Result != nil || c.Phase.Ended() {
			continue
		}
		ballots, err := box(ctx, tx, id, m)
		if err != nil {
			return nil, err
		}
		if len(ballots) != len(m.Taken) {
			problems = append(problems, fmt.Sprintf("%s, motion %s: %d agencies took part, %d ballots lie in the box", c.Slug, m.ID, len(m.Taken), len(ballots)))
		}
	}
	return problems, nil
}
