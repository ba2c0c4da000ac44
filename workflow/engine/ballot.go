package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// castBallot records a vote. Of a secret one the choice goes into the box and nowhere else, in the same
// transaction. The command's key is kept: its caller must not put the choice into it.
func (e voting) castBallot(
	ctx context.Context, id workflow.CovenantID, cmd workflow.CastBallot, meta Meta,
) (Outcome, error) {
	s, err := e.read(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	asked, expected := any(cmd), secretMotion(s, cmd.Motion)
	if expected {
		asked = secretBallot{cmd.Agency, cmd.Motion}
	}
	return e.do(ctx, id, asked, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		if secretMotion(s, cmd.Motion) != expected {
			return nil, workflow.Refusal(workflow.CodeConflict,
				"nội dung biểu quyết vừa thay đổi; hãy xem lại rồi biểu quyết",
				"the motion has just changed; look again, then vote")
		}
		if !expected {
			return cmd, nil
		}
		if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil { // before the box is touched
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
func (e voting) closeMotion(
	ctx context.Context, id workflow.CovenantID, cmd workflow.CloseMotion, meta Meta,
) (Outcome, error) {
	cmd.Ballots = nil
	return e.do(ctx, id, cmd, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
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

// dropBoxes throws away the ballots of secret votes that will never be counted, because their stage ended without it.
func dropBoxes(ctx context.Context, tx *store.Tx, before, after *workflow.Covenant, events []workflow.Event) error {
	closed := map[string]bool{}
	for _, e := range events {
		box, _ := counted(after.ID, e)
		closed[box] = true
	}
	still := openBoxes(after)
	for key := range openBoxes(before) {
		if _, open := still[key]; open || closed[key] {
			continue
		}
		if err := tx.DropBox(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// AuditBallots holds the ballots that are kept against the log: of every secret vote that was counted they are
// those that its result names, in the box of an open one there are as many as took part, and of no other vote are there
// any. It returns one line for each that differs.
func (e voting) AuditBallots(ctx context.Context) (problems []string, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		problems, err = e.auditBallots(ctx, tx)
		return err
	})
	return problems, err
}

func (e voting) auditBallots(ctx context.Context, tx *store.Tx) (problems []string, err error) {
	rows, err := tx.Covenants(ctx, store.CovenantFilter{})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, row := range rows {
		id := workflow.CovenantID(row.ID)
		more, err := e.auditBoxes(ctx, tx, id, known)
		if err != nil {
			return nil, err
		}
		problems = append(problems, more...)
		entries, err := timeline(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			box, named := counted(id, entry.Event)
			if box == "" {
				continue
			}
			known[box] = true
			if more, err = auditCount(ctx, tx, row.Slug, box, named); err != nil {
				return nil, err
			}
			problems = append(problems, more...)
		}
	}
	kept, err := tx.Boxes(ctx)
	for _, box := range kept {
		if !known[box] {
			problems = append(problems, fmt.Sprintf("box %s: there are ballots, but the log knows no such vote", box))
		}
	}
	return problems, err
}

// auditBoxes holds the boxes of a covenant's open secret votes against those who took part, and notes them as known.
func (e voting) auditBoxes(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID, known map[string]bool,
) (problems []string, err error) {
	c, err := e.covenant(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	boxes := openBoxes(c)
	for _, key := range slices.Sorted(maps.Keys(boxes)) {
		known[key] = true
		ballots, err := tx.Box(ctx, key)
		if err != nil {
			return nil, err
		}
		if len(ballots) != boxes[key] {
			problems = append(problems, fmt.Sprintf("%s, box %s: %d agencies took part, %d ballots lie in the box",
				c.Slug, key, boxes[key], len(ballots)))
		}
	}
	return problems, nil
}
