package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"covenant/workflow/store/db"
)

// Root is a day's Merkle root over the heads of all streams, chained to the root before. What is time-stamped, and sent
// to members, is its Digest.
type Root struct {
	Day       string // yyyy-mm-dd in the office's zone; at most one root a day
	Position  int64  // the last event of the log that it covers
	Size      int    // number of streams, the leaves
	Hash      []byte
	Previous  []byte // digest of the root before; 32 zero bytes for the first
	Token     []byte // RFC 3161 time-stamp token over Digest; empty until stamped
	BuiltAt   time.Time
	StampedAt time.Time
}

// Image is the canonical JSON of day, position, previous, root and size: what is sent to members as a file.
func (r Root) Image() []byte {
	return fmt.Appendf(nil, `{"day":%s,"position":%d,"previous":"%x","root":"%x","size":%d}`,
		appendString(nil, r.Day), r.Position, r.Previous, r.Hash, r.Size)
}

// Digest is SHA-256 over the image.
func (r Root) Digest() []byte {
	sum := sha256.Sum256(r.Image())
	return sum[:]
}

// ParseRoot reads a root's image. Anything but an image as Image writes it is an error: another image has another
// digest.
func ParseRoot(image []byte) (Root, error) {
	var v struct {
		Day      string `json:"day"`
		Position int64  `json:"position"`
		Previous string `json:"previous"`
		Root     string `json:"root"`
		Size     int    `json:"size"`
	}
	if err := json.Unmarshal(image, &v); err != nil {
		return Root{}, fmt.Errorf("not the file of a daily root: %w", err)
	}
	r := Root{Day: v.Day, Position: v.Position, Size: v.Size}
	var err, previousErr error
	r.Hash, err = hex.DecodeString(v.Root)
	r.Previous, previousErr = hex.DecodeString(v.Previous)
	if err := errors.Join(err, previousErr); err != nil {
		return Root{}, fmt.Errorf("not the file of a daily root: %w", err)
	}
	if !bytes.Equal(r.Image(), image) {
		return Root{}, errors.New("not the file of a daily root as it was sent: its bytes were changed")
	}
	return r, nil
}

// Leaf is the leaf hash of a head: over its canonical JSON with hash, stream and version.
func (h Head) Leaf() []byte {
	image := append([]byte(`{"hash":"`+hex.EncodeToString(h.Hash)+`","stream":`),
		appendString(nil, string(h.Stream))...)
	return LeafHash(fmt.Appendf(image, `,"version":%d}`, h.Version))
}

// Inclusion proves that a root covers a head. It verifies without the database.
type Inclusion struct {
	Head  Head
	Index int
	Path  [][]byte
	Root  Root
}

// Verify reports whether the proof holds. The root's own time-stamp is the caller's to check.
func (i Inclusion) Verify() bool {
	return VerifyMerkle(i.Head.Leaf(), i.Index, i.Root.Size, i.Path, i.Root.Hash)
}

func rootOf(r db.Root) Root {
	return Root{Day: r.Day, Position: r.Position, Size: int(r.Size), Hash: r.Root, Previous: r.Previous, Token: r.Token,
		BuiltAt: instant(r.BuiltAt), StampedAt: instant(r.StampedAt)}
}

// BuildRoot computes the root over all heads as of now and keeps it as the day's. If the day has one already it is
// returned unchanged.
func (tx roots) BuildRoot(ctx context.Context, day string) (Root, error) {
	about := "root of " + day
	if row, found, err := wrapOne(tx.q.Root(ctx, day))(about); err != nil || found {
		return rootOf(row), err
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return Root{}, fmt.Errorf("%s: the day must be yyyy-mm-dd", about)
	}
	if err := tx.stopAppends(ctx); err != nil {
		return Root{}, classify(err, about)
	}
	last, found, err := wrapOne(tx.q.LastRoot(ctx))(about)
	if err != nil {
		return Root{}, err
	}
	root := Root{Day: day, Previous: make([]byte, HashSize), BuiltAt: instant(millis(tx.Now()))}
	if found {
		root.Previous = last.Digest
		if last.Day > day {
			return Root{}, fmt.Errorf("%s: there is one of %s already: %w", about, last.Day, ErrConflict)
		}
	}
	if root.Position, err = tx.q.LastPosition(ctx); err != nil {
		return Root{}, classify(err, about)
	}
	// nobody appends meanwhile: these are the heads at that position
	rows, err := tx.q.Streams(ctx, db.StreamsParams{Page: page(0)})
	if err != nil {
		return Root{}, classify(err, about)
	}
	leaves := convert(rows, func(r db.StreamsRow) Head { return Head{Stream(r.Stream), r.Version, r.Hash} })
	root.Size, root.Hash = len(leaves), MerkleRoot(leafHashes(leaves))
	err = tx.q.InsertRoot(ctx, db.InsertRootParams{Day: day, Position: root.Position, Size: int64(root.Size),
		Root:     root.Hash,
		Previous: root.Previous, Digest: root.Digest(), BuiltAt: millis(root.BuiltAt), Token: []byte{}})
	return root, classify(err, about)
}

// stopAppends waits for open writers of streams and keeps others out until this transaction ends, so that every event
// up to the last position is visible. SQLite has one writer anyway.
func (tx roots) stopAppends(ctx context.Context) error {
	if tx.s.dialect == sqliteDialect {
		return nil
	}
	_, err := tx.tx.ExecContext(ctx, "LOCK TABLE streams IN SHARE MODE")
	return err
}

// heads are the heads of all streams as of a position, by stream.
func (tx roots) heads(ctx context.Context, position int64) ([]Head, error) {
	rows, err := tx.q.HeadsAt(ctx, position)
	heads := convert(rows, func(r db.HeadsAtRow) Head { return Head{Stream(r.Stream), r.Version, r.Hash} })
	return heads, classify(err, "heads of all streams")
}

func leafHashes(heads []Head) [][]byte {
	leaves := make([][]byte, len(heads))
	for i, h := range heads {
		leaves[i] = h.Leaf()
	}
	return leaves
}

// StampRoot adds the time-stamp token over a root's digest. ErrNotFound if there is no such root or it has one.
func (tx roots) StampRoot(ctx context.Context, day string, token []byte) error {
	n, err := tx.q.StampRoot(ctx, db.StampRootParams{Day: day, Token: token, StampedAt: millis(tx.Now())})
	return exactly(n, err, "time-stamp root of "+day)
}

// LastRoot is the newest root; found is false if there is none yet.
func (tx roots) LastRoot(ctx context.Context) (Root, bool, error) {
	row, found, err := wrapOne(tx.q.LastRoot(ctx))("last root")
	return rootOf(row), found, err
}

// Roots lists all roots by day.
func (tx roots) Roots(ctx context.Context) ([]Root, error) {
	rows, err := tx.q.Roots(ctx)
	return convert(rows, rootOf), classify(err, "list roots")
}

// Inclusion proves which head of a stream the root of a day covers. ErrNotFound if there is no such root, or the
// stream began later.
func (tx roots) Inclusion(ctx context.Context, stream Stream, day string) (Inclusion, error) {
	about := fmt.Sprintf("inclusion of stream %s in root of %s", stream, day)
	row, err := tx.q.Root(ctx, day)
	if err != nil {
		return Inclusion{}, classify(err, about)
	}
	heads, err := tx.heads(ctx, row.Position)
	if err != nil {
		return Inclusion{}, err
	}
	i := sort.Search(len(heads), func(i int) bool { return heads[i].Stream >= stream })
	if i == len(heads) || heads[i].Stream != stream {
		return Inclusion{}, fmt.Errorf("%s: %w", about, ErrNotFound)
	}
	proof := Inclusion{Head: heads[i], Index: i, Path: MerkleProof(leafHashes(heads), i), Root: rootOf(row)}
	if !bytes.Equal(row.Digest, proof.Root.Digest()) || !proof.Verify() {
		return Inclusion{}, fmt.Errorf("%s: the log differs from the root, run covenant audit: %w", about, ErrCorrupt)
	}
	return proof, nil
}
