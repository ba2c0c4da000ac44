package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// Root is a daily root as v0.1 made them: a Merkle root over the heads of all streams, chained to the root before. What
// was time-stamped, and sent to members, is its Digest. None is made any more; those that were stay verifiable.
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
	return i.Index >= 0 && i.Root.Size >= 0 &&
		VerifyMerkle(i.Head.Leaf(), uint64(i.Index), uint64(i.Root.Size), i.Path, i.Root.Hash)
}

func rootOf(r db.Root) Root {
	return Root{Day: r.Day, Position: r.Position, Size: int(r.Size), Hash: r.Root, Previous: r.Previous, Token: r.Token,
		BuiltAt: instant(r.BuiltAt), StampedAt: instant(r.StampedAt)}
}

func leafHashes(heads []Head) [][]byte {
	leaves := make([][]byte, len(heads))
	for i, h := range heads {
		leaves[i] = h.Leaf()
	}
	return leaves
}

// LastRoot is the newest root; found is false if there is none yet.
func (tx records) LastRoot(ctx context.Context) (Root, bool, error) {
	row, found, err := wrapOne(tx.q.LastRoot(ctx))("last root")
	return rootOf(row), found, err
}

// Roots lists all roots by day.
func (tx records) Roots(ctx context.Context) ([]Root, error) {
	rows, err := tx.q.Roots(ctx)
	return convert(rows, rootOf), classify(err, "list roots")
}
