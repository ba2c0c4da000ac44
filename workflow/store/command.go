package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// CommandKey is the idempotency key that the caller of a command chose.
type CommandKey string

// Command is the record of a command that was carried out.
type Command struct {
	Digest []byte          // of the command; the caller decides over what
	Result json.RawMessage // what the caller was told
	At     time.Time
}

// Command looks up what was done under a key. If it was done for a command with another digest the error
// is ErrKeyReused.
func (tx *Tx) Command(ctx context.Context, key CommandKey, digest []byte) (Command, bool, error) {
	known, ok := tx.ahead.commands[key]
	row, found := known.row, known.found
	var err error
	if !ok {
		row, found, err = wrapOne(tx.q.Command(ctx, string(key)))("command " + string(key))
	}
	if err != nil || !found {
		return Command{}, false, err
	}
	if !bytes.Equal(row.Digest, digest) {
		return Command{}, true, fmt.Errorf("command %s: %w", key, ErrKeyReused)
	}
	return Command{Digest: row.Digest, Result: json.RawMessage(row.Result), At: instant(row.At)}, true, nil
}

// SaveCommand records what was done under a key. If another transaction was faster the error is ErrConflict:
// begin again, and Command finds its result.
func (tx *Tx) SaveCommand(ctx context.Context, key CommandKey, c Command) error {
	delete(tx.ahead.commands, key)
	n, err := tx.q.InsertCommand(ctx, db.InsertCommandParams{Key: string(key), Digest: c.Digest,
		Result: string(c.Result), At: millis(c.At)})
	if err == nil && n == 0 {
		return fmt.Errorf("command %s: %w", key, ErrConflict)
	}
	return classify(err, "save command "+string(key))
}
