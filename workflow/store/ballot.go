package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"covenant/workflow/store/db"
)

// Secret ballots lie in a box while their motion is open: the choice alone, without voter, time, order or command key.
// Each vote writes the whole box anew under random ids in random order, so that neither the age of a row (on PostgreSQL
// the number of its transaction), nor its place, nor its id tells which vote brought it. Closing moves the ballots into
// a table that only grows. What the owner of the database could still see stands in workflow/process/PROCESS.md.

// CastBallot puts a ballot into the box of an open motion.
func (tx ballots) CastBallot(ctx context.Context, motion, choice string) error {
	about := "ballot on motion " + motion
	choices, err := tx.Box(ctx, motion)
	if err != nil {
		return err
	}
	if err := tx.q.EmptyBox(ctx, motion); err != nil {
		return classify(err, about)
	}
	shuffled, err := shuffledBallots(append(choices, choice))
	if err != nil {
		return fmt.Errorf("%s: %w", about, err)
	}
	for _, b := range shuffled {
		if err := tx.q.BoxBallot(ctx, db.BoxBallotParams{Motion: motion, ID: b.id, Choice: b.choice}); err != nil {
			return classify(err, about)
		}
	}
	tx.OnCommit(func() { tx.emptyLog(ctx) }) // SQLite's log would show the box before and after
	return nil
}

type ballot struct{ id, choice string }

// shuffledBallots gives each choice a random id, and orders them by it.
func shuffledBallots(choices []string) ([]ballot, error) {
	out := make([]ballot, len(choices))
	for i, choice := range choices {
		var id [16]byte
		if _, err := rand.Read(id[:]); err != nil {
			return nil, err
		}
		out[i] = ballot{hex.EncodeToString(id[:]), choice}
	}
	slices.SortFunc(out, func(a, b ballot) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return out, nil
}

// Box reads the ballots of an open motion, sorted by choice.
func (tx ballots) Box(ctx context.Context, motion string) ([]string, error) {
	choices, err := tx.q.BoxedBallots(ctx, motion)
	return choices, classify(err, "ballots in the box of motion "+motion)
}

// CloseBox moves the ballots of a motion out of its box, for good.
func (tx ballots) CloseBox(ctx context.Context, motion string) error {
	about := "close the box of motion " + motion
	choices, err := tx.Box(ctx, motion)
	if err != nil {
		return err
	}
	shuffled, err := shuffledBallots(choices)
	if err != nil {
		return fmt.Errorf("%s: %w", about, err)
	}
	for _, b := range shuffled {
		if err := tx.q.InsertBallot(ctx, db.InsertBallotParams{Motion: motion, ID: b.id,
			Choice: b.choice}); err != nil {
			return classify(err, about)
		}
	}
	return tx.DropBox(ctx, motion)
}

// DropBox throws away the ballots of a motion that will not be counted.
func (tx ballots) DropBox(ctx context.Context, motion string) error {
	tx.OnCommit(func() { tx.emptyLog(ctx) })
	return classify(tx.q.EmptyBox(ctx, motion), "empty the box of motion "+motion)
}

// Ballots reads the ballots of a closed motion, sorted by choice.
func (tx ballots) Ballots(ctx context.Context, motion string) ([]string, error) {
	choices, err := tx.q.Ballots(ctx, motion)
	return choices, classify(err, "ballots on motion "+motion)
}

// Boxes are all votes of which ballots are kept, counted or not.
func (tx ballots) Boxes(ctx context.Context) ([]string, error) {
	boxes, err := tx.q.BallotBoxes(ctx)
	return boxes, classify(err, "list the votes that have ballots")
}
