package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"

	"covenant/workflow/store/db"
)

// The record is an RFC 6962 tree. Its leaves are the events in the order of the log and, between them, statements: what
// was handed out as evidence, and, last before each checkpoint, the root of the map of heads, which says of every
// stream
// which event is its last. Leaves get their index when a checkpoint is closed. A checkpoint is a C2SP tlog-checkpoint:
// a
// note signed with the installation's key.

// EventLeaf is the leaf of an event: the canonical JSON of its index, stream, version and chain hash.
func EventLeaf(index uint64, h Head) []byte {
	image := fmt.Appendf(nil, `{"hash":"%x","index":%d,"kind":"event","stream":`, h.Hash, index)
	return fmt.Appendf(appendString(image, string(h.Stream)), `,"version":%d}`, h.Version)
}

// The kinds of statements.
const (
	StatementHeads  = "heads"
	StatementBundle = "bundle"
)

// Statement is a leaf that is no event. Its hashes are hexadecimal.
type Statement struct {
	At       int64  `json:"at"`                 // Unix milliseconds, by the installation's clock
	Covenant string `json:"covenant,omitempty"` // of a bundle
	Heads    string `json:"heads,omitempty"`    // root of the map of heads
	Index    uint64 `json:"index"`              // of the leaf
	Kind     string `json:"kind"`
	Manifest string `json:"manifest,omitempty"` // SHA-256 of a bundle's manifest, which names all else in it
	Position int64  `json:"position,omitempty"` // of the last event below a checkpoint
	// Root is the digest of the newest daily root of v0.1, whose chain so stays bound.
	Root string `json:"root,omitempty"`
}

// Image is the canonical JSON of the statement: the fields stand in their sorted order.
func (s Statement) Image() []byte {
	image, err := json.Marshal(s)
	if err == nil {
		image, err = Canonical(image)
	}
	if err != nil {
		panic(fmt.Sprintf("statement of the record: %v", err)) // numbers and texts always have a JSON form
	}
	return image
}

// Checkpoint is a signed note over the record as it was once.
type Checkpoint struct {
	Size      uint64 // leaves
	Position  int64  // of the last event below it
	Day       string // yyyy-mm-dd of one that is sent to members; empty when made on demand
	Note      []byte // with the installation's signature
	MadeAt    time.Time
	Token     []byte // RFC 3161 time-stamp token over SHA-256 of Note; empty until stamped
	StampedAt time.Time
}

// Digest is what is time-stamped: SHA-256 over the note with the first of its signatures, the installation's. Witnesses
// may add theirs later.
func (c Checkpoint) Digest() []byte {
	signed := c.Note
	if text := bytes.Index(signed, []byte("\n\n")); text >= 0 {
		if line := bytes.IndexByte(signed[text+2:], '\n'); line >= 0 {
			signed = signed[:text+2+line+1]
		}
	}
	sum := sha256.Sum256(signed)
	return sum[:]
}

func checkpointOf(r db.Checkpoint) Checkpoint {
	return Checkpoint{Size: uint64(r.Size), Position: r.Position, Day: r.Day,
		Note: []byte(r.Note), MadeAt: instant(r.MadeAt), Token: r.Token, StampedAt: instant(r.StampedAt)}
}

// recordHead is what the map of heads says of a stream.
type recordHead struct {
	Head
	leaf uint64
}

func recordHeadOf(r db.RecordHead) recordHead {
	return recordHead{Head{Stream(r.Stream), r.Version, r.Hash}, uint64(r.Leaf)}
}

// bucketOf is the leaf of the map of heads that a stream stands in: the first 16 bits of the SHA-256 of its name.
func bucketOf(stream Stream) uint64 {
	name := sha256.Sum256([]byte(stream))
	return uint64(binary.BigEndian.Uint16(name[:2]))
}

// bucketEntry is the size of a stream's entry in its bucket: SHA-256 of the name, then the hash of its head's leaf.
const bucketEntry = 2 * HashSize

// bucketImage is the content of a bucket: its entries, sorted. A stream stands in it once or not at all.
func bucketImage(heads []recordHead) []byte {
	entries := make([]string, 0, len(heads))
	for _, h := range heads {
		name := sha256.Sum256([]byte(h.Stream))
		entries = append(entries, string(name[:])+string(LeafHash(EventLeaf(h.leaf, h.Head))))
	}
	slices.Sort(entries)
	var image []byte
	for _, e := range entries {
		image = append(image, e...)
	}
	return image
}

// RecordKey signs checkpoints, and checks those that it signed before.
type RecordKey interface {
	note.Signer
	note.Verifier
}

func (tx records) log() *tree { return newTree(dbTiles{tx.q, logTree}) }

func (tx records) heads() *tree { return newTree(fullTiles{dbTiles{tx.q, headsTree}}) }

// CloseCheckpoint adds all events so far and the statements given to the record, and signs it. A day has one
// checkpoint: asking again gives the one that is there, and adds nothing. It returns the statements with their indices.
// What does not go on from the checkpoint before is not signed: ErrCorrupt.
func (tx records) CloseCheckpoint(
	ctx context.Context, signer RecordKey, day string, said ...Statement,
) (Checkpoint, []Statement, error) {
	const about = "close a checkpoint of the record"
	if err := tx.HoldRecord(ctx); err != nil {
		return Checkpoint{}, nil, err
	}
	if day != "" {
		if c, found, err := tx.CheckpointOf(ctx, day); err != nil || found {
			return c, nil, err
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return Checkpoint{}, nil, fmt.Errorf("%s: the day must be yyyy-mm-dd", about)
		}
	}
	c, said, err := tx.closeCheckpoint(ctx, signer, Checkpoint{Day: day, MadeAt: instant(millis(tx.Now()))}, said)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("%s: %w", about, err)
	}
	return c, said, nil
}

// CheckpointAbout is the newest checkpoint where it covers all events and was closed for this very statement; its
// statements are nothing where it was not.
func (tx records) CheckpointAbout(ctx context.Context, told Statement) (Checkpoint, []Statement, error) {
	c, found, err := tx.LastCheckpoint(ctx)
	if err != nil || !found {
		return c, nil, err
	}
	last, err := tx.q.LastPosition(ctx)
	if err != nil || last != c.Position || c.Size < 2 {
		return c, nil, classify(err, "last position")
	}
	rows, err := tx.q.Statements(ctx, db.StatementsParams{First: int64(c.Size) - 2,
		Past: int64(c.Size)})
	if err != nil || len(rows) != 2 {
		return c, nil, classify(err, "statements of the record")
	}
	said := make([]Statement, 2)
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Body), &said[i]); err != nil {
			return c, nil, &storeError{ErrCorrupt, err}
		}
	}
	told.At, told.Index = said[0].At, said[0].Index
	if said[0] != told {
		return c, nil, nil
	}
	return c, said, nil
}

func (tx records) closeCheckpoint(
	ctx context.Context, signer RecordKey, c Checkpoint, said []Statement,
) (_ Checkpoint, _ []Statement, err error) {
	last, found, err := tx.LastCheckpoint(ctx)
	if err == nil && found {
		err = tx.goesOn(ctx, signer, last)
	}
	if err != nil {
		return c, nil, err
	}
	if c.Position, err = tx.q.LastPosition(ctx); err != nil {
		return c, nil, classify(err, "last position")
	}
	leaves := tx.log()
	size, changed, err := tx.addEvents(ctx, leaves, last, c.Position)
	if err != nil {
		return c, nil, err
	}
	mapped := Statement{Kind: StatementHeads, Position: c.Position}
	if mapped.Heads, err = tx.moveHeads(ctx, changed); err != nil {
		return c, nil, err
	}
	if root, found, err := tx.LastRoot(ctx); err != nil {
		return c, nil, err
	} else if found {
		mapped.Root = hex.EncodeToString(root.Digest())
	}
	said = append(slices.Clone(said), mapped)
	for i := range said {
		said[i].Index, said[i].At = size, millis(c.MadeAt)
		image := said[i].Image()
		err := tx.q.InsertStatement(ctx, db.InsertStatementParams{Leaf: int64(size),
			Body: string(image)})
		if err == nil {
			err = leaves.add(ctx, size, LeafHash(image))
		}
		if err != nil {
			return c, nil, classify(err, "state what the record holds")
		}
		size++
	}
	c.Size = size
	return c, said, tx.signCheckpoint(ctx, signer, leaves, &c)
}

// signCheckpoint signs and keeps a checkpoint whose leaves are all there.
func (tx records) signCheckpoint(ctx context.Context, signer note.Signer, leaves *tree, c *Checkpoint) error {
	root, err := leaves.root(ctx, c.Size)
	if err != nil {
		return err
	}
	text := log.Checkpoint{Origin: signer.Name(), Size: c.Size, Hash: root}.Marshal()
	if c.Note, err = note.Sign(&note.Note{Text: string(text)}, signer); err != nil {
		return err
	}
	if err := leaves.flush(ctx); err != nil {
		return err
	}
	return classify(tx.q.InsertCheckpoint(ctx, db.InsertCheckpointParams{
		Size: int64(c.Size), Position: c.Position, Day: c.Day,
		Note: string(c.Note), MadeAt: millis(c.MadeAt), Token: []byte{},
	}), "keep the checkpoint")
}

// goesOn proves that what is kept of the record is what the newest checkpoint was signed over: its tiles, and the map
// of
// heads. Who owns the database can change both, and cannot sign.
func (tx records) goesOn(ctx context.Context, key note.Verifier, last Checkpoint) error {
	forged := func(what string) error {
		return fmt.Errorf("%s: run covenant audit, and sign nothing until it is cleared up: %w", what, ErrCorrupt)
	}
	signed, _, err := OpenCheckpoint(last.Note, key)
	if err != nil || signed.Size != last.Size {
		return forged(fmt.Sprintf("the newest checkpoint is not signed with this server's key (%v); put its "+
			"server.secret "+
			"back if it was exchanged", err))
	}
	root, err := tx.log().root(ctx, last.Size)
	if err != nil || !bytes.Equal(root, signed.Hash) {
		return forged("the tiles of the record are not those of its newest checkpoint")
	}
	rows, err := tx.q.Statements(ctx, db.StatementsParams{First: int64(last.Size) - 1,
		Past: int64(last.Size)})
	if err != nil {
		return classify(err, "statements of the record")
	}
	var said Statement
	if len(rows) != 1 || json.Unmarshal([]byte(rows[0].Body), &said) != nil {
		return forged("the newest checkpoint has no statement about the heads")
	}
	leaf, err := tx.log().node(ctx, compact.NewNodeID(0, last.Size-1))
	if err != nil || !bytes.Equal(leaf, LeafHash([]byte(rows[0].Body))) || said.Position != last.Position {
		return forged("the statement about the heads is not that of the newest checkpoint")
	}
	heads, err := tx.heads().root(ctx, buckets)
	if err != nil || hex.EncodeToString(heads) != said.Heads {
		return forged("the map of heads is not that of the newest checkpoint")
	}
	return nil
}

// addEvents adds the leaves of the events after a checkpoint, and tells which heads they moved. Each must follow the
// event before it in its stream, as the record knows that one.
func (tx records) addEvents(
	ctx context.Context, leaves *tree, after Checkpoint, last int64,
) (size uint64, changed map[Stream]recordHead, err error) {
	size, changed = after.Size, map[Stream]recordHead{}
	err = tx.eventHeads(ctx, after.Position, last, func(h Head, prev []byte) error {
		before, known := changed[h.Stream]
		if !known {
			if before, err = tx.recordedHead(ctx, h.Stream); err != nil {
				return err
			}
		}
		if h.Version != before.Version+1 || !bytes.Equal(prev, before.Hash) {
			return fmt.Errorf("stream %s version %d does not follow what the record knows of the stream (version "+
				"%d): events "+
				"were altered, run covenant audit: %w", h.Stream, h.Version, before.Version, ErrCorrupt)
		}
		if err := leaves.add(ctx, size, LeafHash(EventLeaf(size, h))); err != nil {
			return err
		}
		changed[h.Stream] = recordHead{h, size}
		size++
		return nil
	})
	return size, changed, err
}

// recordedHead is the head of a stream as of the newest checkpoint, by a row that the map of heads confirms; version 0
// for a stream that the record does not know.
func (tx records) recordedHead(ctx context.Context, stream Stream) (recordHead, error) {
	image, err := tx.bucket(ctx, bucketOf(stream))
	if err != nil {
		return recordHead{}, err
	}
	leaf, err := tx.heads().node(ctx, compact.NewNodeID(0, bucketOf(stream)))
	if err == nil && !bytes.Equal(leaf, LeafHash(image)) {
		err = fmt.Errorf("what is kept of the head of stream %s is not what the record says, run covenant audit: %w",
			stream,
			ErrCorrupt)
	}
	if err != nil {
		return recordHead{}, err
	}
	row, found, err := wrapOne(tx.q.RecordHead(ctx, string(stream)))("head of stream " + string(stream) +
		" in the record")
	if !found {
		return recordHead{Head: Head{Stream: stream, Hash: make([]byte, HashSize)}}, err
	}
	return recordHeadOf(row), err
}

// eventHeads hands out stream, version and hash of each event after a position and up to another, in order, with the
// hash
// of the event that it follows.
func (tx records) eventHeads(ctx context.Context, after, last int64, each func(h Head, prev []byte) error) error {
	for {
		rows, err := tx.q.EventHashes(ctx, db.EventHashesParams{After: after, Last: last, Page: auditPage})
		if err != nil {
			return classify(err, "read events")
		}
		for _, row := range rows {
			if err := each(Head{Stream(row.Stream), row.Version, row.Hash}, row.Prev); err != nil {
				return err
			}
			after = row.Position
		}
		if len(rows) < auditPage {
			return nil
		}
	}
}

// moveHeads brings the map of heads up to date, and gives its root.
func (tx records) moveHeads(ctx context.Context, changed map[Stream]recordHead) (root string, err error) {
	const about = "map of heads"
	touched := map[uint64]bool{}
	for _, stream := range slices.Sorted(maps.Keys(changed)) {
		h := changed[stream]
		bucket := bucketOf(stream)
		touched[bucket] = true
		err := tx.q.SaveRecordHead(ctx, db.SaveRecordHeadParams{Stream: string(stream),
			Bucket: int64(bucket), Version: h.Version, Hash: h.Hash, Leaf: int64(h.leaf)})
		if err != nil {
			return "", classify(err, about)
		}
	}
	heads := tx.heads()
	for bucket := range touched {
		image, err := tx.bucket(ctx, bucket)
		if err == nil {
			err = heads.set(ctx, bucket, LeafHash(image))
		}
		if err != nil {
			return "", err
		}
	}
	if err := heads.flush(ctx); err != nil {
		return "", err
	}
	hash, err := heads.root(ctx, buckets)
	return hex.EncodeToString(hash), err
}

func (tx records) bucket(ctx context.Context, bucket uint64) ([]byte, error) {
	rows, err := tx.q.RecordBucket(ctx, int64(bucket))
	return bucketImage(convert(rows, recordHeadOf)), classify(err, "map of heads")
}

// HoldRecord has closers of checkpoints take turns and keeps writers of events out until this transaction ends: what is
// read from here on is what the checkpoint will cover. SQLite has one writer anyway.
func (tx records) HoldRecord(ctx context.Context) error {
	if tx.s.dialect == postgresDialect {
		if _, err := tx.tx.ExecContext(ctx, "LOCK TABLE checkpoints IN EXCLUSIVE MODE"); err != nil {
			return classify(err, "hold the record")
		}
	}
	return classify(tx.stopAppends(ctx), "hold the record")
}

// StampCheckpoint adds the time-stamp token over a checkpoint's digest. ErrNotFound if there is no such checkpoint or
// it has one.
func (tx records) StampCheckpoint(ctx context.Context, size uint64, token []byte) error {
	n, err := tx.q.StampCheckpoint(ctx, db.StampCheckpointParams{Size: int64(size),
		Token: token, StampedAt: millis(tx.Now())})
	return exactly(n, err, fmt.Sprintf("time-stamp the checkpoint of size %d", size))
}

// Streams names all streams, sorted.
func (tx records) Streams(ctx context.Context) ([]Stream, error) {
	rows, err := tx.q.Streams(ctx, db.StreamsParams{Page: page(0)})
	return convert(rows, func(r db.StreamsRow) Stream { return Stream(r.Stream) }), classify(err, "list streams")
}

// LastCheckpoint is the newest checkpoint; found is false if there is none yet.
func (tx records) LastCheckpoint(ctx context.Context) (Checkpoint, bool, error) {
	row, found, err := wrapOne(tx.q.LastCheckpoint(ctx))("last checkpoint")
	return checkpointOf(row), found, err
}

// CheckpointOf is the checkpoint of a day (yyyy-mm-dd).
func (tx records) CheckpointOf(ctx context.Context, day string) (Checkpoint, bool, error) {
	row, found, err := wrapOne(tx.q.CheckpointOfDay(ctx, day))("checkpoint of " + day)
	return checkpointOf(row), found, err
}

// LastDailyCheckpoint is the newest checkpoint that is sent to members; found is false if there is none yet.
func (tx records) LastDailyCheckpoint(ctx context.Context) (Checkpoint, bool, error) {
	row, found, err := wrapOne(tx.q.LastDailyCheckpoint(ctx))("last daily checkpoint")
	return checkpointOf(row), found, err
}

// Checkpoints lists all checkpoints by size.
func (tx records) Checkpoints(ctx context.Context) ([]Checkpoint, error) {
	rows, err := tx.q.Checkpoints(ctx)
	return convert(rows, checkpointOf), classify(err, "list checkpoints")
}

// stopAppends waits for open writers of streams and keeps others out until this transaction ends, so that every event
// up to the last position is visible. SQLite has one writer anyway.
func (tx records) stopAppends(ctx context.Context) error {
	if tx.s.dialect == sqliteDialect {
		return nil
	}
	_, err := tx.tx.ExecContext(ctx, "LOCK TABLE streams IN SHARE MODE")
	return err
}
