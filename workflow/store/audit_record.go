package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"

	"covenant/workflow/store/db"
)

// OpenCheckpoint reads a checkpoint whose signature by the key given holds. Signatures of witnesses are checked where
// present: one that does not hold is an error; open has those that do, with the names of witnesses nobody vouches for.
func OpenCheckpoint(
	signed []byte, key note.Verifier, witnesses ...note.Verifier,
) (c log.Checkpoint, open *note.Note, err error) {
	parsed, rest, open, err := log.ParseCheckpoint(signed, key.Name(), key, witnesses...)
	if err != nil {
		return c, open, err
	}
	if len(rest) > 0 || !bytes.Equal(parsed.Marshal(), []byte(open.Text)) || !exactSignatures(signed, open.Text) {
		return c, open, errors.New("checkpoint: it is not written as checkpoints of this record are")
	}
	return *parsed, open, nil
}

// exactSignatures reports whether the signatures of a note are written in the one way that there is: base64 may end in
// bits that stand for nothing, and a signature may stand there twice.
func exactSignatures(signed []byte, text string) bool {
	seen := map[string]bool{}
	for line := range strings.SplitAfterSeq(strings.TrimPrefix(string(signed), text+"\n"), "\n") {
		if line == "" {
			continue
		}
		_, signature, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		_, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(signature, "\n"))
		if err != nil || seen[line] {
			return false
		}
		seen[line] = true
	}
	return len(seen) > 0
}

// recordReplay makes the record anew from the events and the statements.
type recordReplay struct {
	tx          records
	log, heads  *tree
	size        uint64
	known       map[Stream]recordHead
	inBucket    map[uint64]map[Stream]bool
	checkpoints []Checkpoint
}

func replayRecord(tx *Tx) *recordReplay {
	return &recordReplay{tx: tx.records, log: newTree(memoryTiles{}), heads: newTree(fullTiles{memoryTiles{}}),
		known: map[Stream]recordHead{}, inBucket: map[uint64]map[Stream]bool{}}
}

// run goes through all checkpoints. It stops at the first that the log does not give.
func (r *recordReplay) run(ctx context.Context, broken func(format string, args ...any)) (err error) {
	if r.checkpoints, err = r.tx.Checkpoints(ctx); err != nil {
		return err
	}
	position := int64(0)
	for _, c := range r.checkpoints {
		problem, err := r.checkpoint(ctx, position, c)
		if err != nil {
			return err
		}
		if problem != "" {
			broken("checkpoint of size %d: %s", c.Size, problem)
			return nil
		}
		position = c.Position
	}
	return r.leftovers(ctx, broken)
}

// checkpoint adds the leaves up to a checkpoint and compares it with them.
func (r *recordReplay) checkpoint(ctx context.Context, after int64, c Checkpoint) (problem string, err error) {
	touched := map[uint64]bool{}
	err = r.tx.eventHeads(ctx, after, c.Position, func(h Head, _ []byte) error {
		bucket := bucketOf(h.Stream)
		if r.inBucket[bucket] == nil {
			r.inBucket[bucket] = map[Stream]bool{}
		}
		r.inBucket[bucket][h.Stream], touched[bucket] = true, true
		r.known[h.Stream] = recordHead{h, r.size}
		r.size++
		return r.log.add(ctx, r.size-1, LeafHash(EventLeaf(r.size-1, h)))
	})
	if err != nil {
		return "", err
	}
	for bucket := range touched {
		var heads []recordHead
		for stream := range r.inBucket[bucket] {
			heads = append(heads, r.known[stream])
		}
		if err := r.heads.set(ctx, bucket, LeafHash(bucketImage(heads))); err != nil {
			return "", err
		}
	}
	if problem, err := r.statements(ctx, c); err != nil || problem != "" {
		return problem, err
	}
	root, err := r.log.root(ctx, r.size)
	if err != nil {
		return "", err
	}
	if !c.isOver(root) {
		return "the events and statements below it do not give its root: they were altered, added or removed", nil
	}
	return "", nil
}

// isOver reports whether the note says so, whoever signed it.
func (c Checkpoint) isOver(root []byte) bool {
	var signed log.Checkpoint
	_, err := signed.Unmarshal(c.Note)
	return err == nil && signed.Size == c.Size && bytes.Equal(signed.Hash, root)
}

// statementOf reads a statement; of what is none it gives one with another image.
func statementOf(body string) (s Statement) {
	if json.Unmarshal([]byte(body), &s) != nil {
		return Statement{}
	}
	return s
}

// statements adds the statements that stand below a checkpoint after its events.
func (r *recordReplay) statements(ctx context.Context, c Checkpoint) (problem string, err error) {
	rows, err := r.tx.q.Statements(ctx, db.StatementsParams{First: int64(r.size),
		Past: int64(c.Size)})
	if err != nil {
		return "", classify(err, "statements of the record")
	}
	var last Statement
	for _, row := range rows {
		if last = statementOf(row.Body); string(last.Image()) != row.Body || last.Index != r.size ||
			row.Leaf != int64(r.size) {
			return fmt.Sprintf("the statement at leaf %d is not the one that belongs there", row.Leaf), nil
		}
		if err := r.log.add(ctx, r.size, LeafHash([]byte(row.Body))); err != nil {
			return "", err
		}
		r.size++
	}
	heads, err := r.heads.root(ctx, buckets)
	switch {
	case err != nil:
		return "", err
	case r.size != c.Size:
		return fmt.Sprintf("it covers %d leaves, there are %d: events or statements are missing or were added", c.Size,
			r.size), nil
	case last.Kind != StatementHeads || last.Heads != hex.EncodeToString(heads) || last.Position != c.Position:
		return "what it says of the heads of all streams is not so", nil
	}
	return "", nil
}

// leftovers compares what is kept beside the log with what was made anew, after the newest checkpoint.
func (r *recordReplay) leftovers(ctx context.Context, broken func(format string, args ...any)) error {
	rows, err := r.tx.q.Statements(ctx, db.StatementsParams{First: int64(r.size),
		Past: 1<<63 - 1})
	if err != nil {
		return classify(err, "statements of the record")
	}
	for _, row := range rows {
		broken("the statement at leaf %d is below no checkpoint", row.Leaf)
	}
	heads, err := r.tx.q.RecordHeads(ctx)
	if err != nil {
		return classify(err, "map of heads")
	}
	for _, row := range heads {
		h, want := recordHeadOf(row), r.known[Stream(row.Stream)]
		if h.Version != want.Version || !bytes.Equal(h.Hash, want.Hash) || h.leaf != want.leaf {
			broken("the map of heads has another head of stream %s than the newest checkpoint", row.Stream)
		}
	}
	if len(heads) != len(r.known) {
		broken("the map of heads holds %d streams, not %d", len(heads), len(r.known))
	}
	return r.compareTiles(ctx, broken)
}

func (r *recordReplay) compareTiles(ctx context.Context, broken func(format string, args ...any)) error {
	want := map[string]map[tileID][]byte{logTree: maps.Clone(r.log.read), headsTree: {}}
	for id := range r.heads.changed {
		want[headsTree][id] = r.heads.read[id]
	}
	kept, err := r.tx.q.Tiles(ctx)
	if err != nil {
		return classify(err, "tiles of the record")
	}
	for _, row := range kept {
		id := tileID{int(row.Level), uint64(row.Number)}
		if !bytes.Equal(want[row.Tree][id], row.Hashes) {
			broken("tile %s/%d/%d is not that of the log", row.Tree, row.Level, row.Number)
		}
		delete(want[row.Tree], id)
	}
	for name, tiles := range want {
		for id, hashes := range tiles {
			if len(hashes) > 0 {
				broken("tile %s/%d/%d is missing", name, id.level, id.number)
			}
		}
	}
	return nil
}

// record makes the record anew and compares it with every checkpoint.
func (a *auditor) record(ctx context.Context) error {
	r := replayRecord(a.tx)
	err := r.run(ctx, func(format string, args ...any) {
		a.report.RecordBreaks = append(a.report.RecordBreaks, fmt.Sprintf(format, args...))
	})
	if err != nil {
		return err
	}
	a.report.Checkpoints = r.checkpoints
	below := int64(0)
	if n := len(r.checkpoints); n > 0 {
		below = r.checkpoints[n-1].Position
	}
	return a.tx.eventHeads(ctx, below, 1<<63-1, func(Head, []byte) error {
		a.report.Unproven++
		return nil
	})
}

// ContainsCheckpoint compares the record with a checkpoint that was kept outside: its first leaves must give that
// very root. The result says what does not agree; nothing when the record still contains it. The signature is the
// caller's to check.
func (s *Store) ContainsCheckpoint(ctx context.Context, outside log.Checkpoint) (problems []string, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		r := replayRecord(tx)
		if err := r.run(ctx, func(format string, args ...any) {
			problems = append(problems, fmt.Sprintf(format, args...))
		}); err != nil || len(problems) > 0 {
			return err
		}
		if outside.Size > r.size {
			problems = append(problems, fmt.Sprintf("the record ends at leaf %d, the checkpoint covers %d: events are "+
				"missing", r.size, outside.Size))
			return nil
		}
		root, err := r.log.root(ctx, outside.Size)
		if err == nil && !bytes.Equal(root, outside.Hash) {
			problems = append(problems, fmt.Sprintf("the first %d leaves do not give the checkpoint: events were "+
				"altered, added or removed", outside.Size))
		}
		return err
	})
	return problems, err
}
