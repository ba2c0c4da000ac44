package store

import (
	"context"
	"fmt"

	"covenant/workflow/store/db"
)

// ahead is what a transaction has read of heads and commands. Nothing in it needs to be read again: in a View it cannot
// change, and in an Update moving a head or recording a command fails with ErrConflict where somebody was faster.
type ahead struct {
	heads    map[Stream]Head
	commands map[CommandKey]aheadCommand
}

type aheadCommand struct {
	row   db.CommandRow
	found bool
}

func (a *ahead) keepHead(h Head) {
	if a.heads == nil {
		a.heads = map[Stream]Head{}
	}
	a.heads[h.Stream] = h
}

// ReadAhead reads with one statement what most commands begin with: what was done under a key, and the heads of one or
// two streams. Command and Head answer from it. On PostgreSQL that saves two of nine journeys to the server.
func (tx *Tx) ReadAhead(ctx context.Context, key CommandKey, first, second Stream) error {
	rows, err := tx.q.Ahead(ctx, db.AheadParams{Key: string(key), First: string(first), Second: string(second)})
	if err != nil {
		return classify(err, fmt.Sprintf("command %s on stream %s", key, first))
	}
	for _, s := range []Stream{first, second} {
		tx.ahead.keepHead(Head{Stream: s, Hash: make([]byte, HashSize)})
	}
	done := aheadCommand{}
	for _, r := range rows {
		if r.Stream == "" {
			done = aheadCommand{db.CommandRow{Digest: r.Hash, Result: r.Result, At: r.Number}, true}
			continue
		}
		tx.ahead.keepHead(Head{Stream: Stream(r.Stream), Version: r.Number, Hash: r.Hash})
	}
	tx.ahead.commands = map[CommandKey]aheadCommand{key: done}
	return nil
}
