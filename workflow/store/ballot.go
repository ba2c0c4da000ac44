package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"covenant/workflow/store/db"
)

// CastBallot puts a secret ballot into a motion's box: the choice alone, without voter, time, order or command key.
// The owner of the database could still compare copies of it made between two votes; on PostgreSQL also
// the order of rows on disk and transaction numbers.
func (tx *Tx) CastBallot(ctx context.Context, motion string, choice json.RawMessage) error {
	canonical, err := Canonical(choice)
	if err != nil {
		return fmt.Errorf("ballot on motion %s: %w", motion, err)
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("ballot on motion %s: %w", motion, err)
	}
	err = tx.q.InsertBallot(ctx, db.InsertBallotParams{Motion: motion, ID: hex.EncodeToString(id[:]), Choice: string(canonical)})
	return classify(err, "ballot on motion "+motion)
}

// Ballots reads the ballots of a motion, sorted by choice.
func (tx *Tx) Ballots(ctx context.Context, motion string) ([]json.RawMessage, error) {
	rows, err := tx.q.Ballots(ctx, motion)
	return convert(rows, func(c string) json.RawMessage { return json.RawMessage(c) }), classify(err, "ballots on motion "+motion)
}
