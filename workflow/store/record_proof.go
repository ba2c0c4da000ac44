package store

import (
	"bytes"
	"context"
	"crypto/sha256"
)

// StatementProof proves that a statement is a leaf below a checkpoint.
type StatementProof struct {
	Statement Statement `json:"statement"`
	Path      [][]byte  `json:"path"`
}

// Verify reports whether the statement is below a checkpoint of this size and root.
func (p StatementProof) Verify(size uint64, root []byte) bool {
	return VerifyMerkle(LeafHash(p.Statement.Image()), p.Statement.Index, size, p.Path, root)
}

// StreamProof proves that an event is below a checkpoint, and that it is the last one of its stream there.
type StreamProof struct {
	Stream  Stream   `json:"stream"`
	Version int64    `json:"version"`
	Hash    []byte   `json:"hash"`
	Index   uint64   `json:"index"` // of the event's leaf
	Path    [][]byte `json:"path"`
	// Bucket is the part of the map of heads that the stream falls into, HeadsPath that it is part of the map.
	Bucket    []byte   `json:"bucket"`
	HeadsPath [][]byte `json:"heads_path"`
}

// Verify reports whether the proof holds under a checkpoint of this size and root whose map of heads has this root.
func (p StreamProof) Verify(size uint64, root, heads []byte) bool {
	leaf := LeafHash(EventLeaf(p.Index, Head{p.Stream, p.Version, p.Hash}))
	return VerifyMerkle(leaf, p.Index, size, p.Path, root) && p.isHead(leaf) &&
		VerifyMerkle(LeafHash(p.Bucket), bucketOf(p.Stream), buckets, p.HeadsPath, heads)
}

// isHead reports whether the bucket names the leaf as the head of the stream: once, in the place that its order asks
// for.
func (p StreamProof) isHead(leaf []byte) bool {
	name := sha256.Sum256([]byte(p.Stream))
	found := false
	for at := 0; at < len(p.Bucket); at += bucketEntry {
		if at+bucketEntry > len(p.Bucket) ||
			at > 0 && bytes.Compare(p.Bucket[at-bucketEntry:at-HashSize], p.Bucket[at:at+HashSize]) >= 0 {
			return false
		}
		if bytes.Equal(p.Bucket[at:at+HashSize], name[:]) {
			found = bytes.Equal(p.Bucket[at+HashSize:at+bucketEntry], leaf)
		}
	}
	return found
}

// ProveStatement proves a statement under the checkpoint that was just closed.
func (tx records) ProveStatement(ctx context.Context, under Checkpoint, s Statement) (StatementProof, error) {
	path, err := tx.log().inclusion(ctx, s.Index, under.Size)
	return StatementProof{s, path}, err
}

// ProveStream proves the head of a stream under the newest checkpoint. ErrNotFound if the stream began later.
func (tx records) ProveStream(ctx context.Context, under Checkpoint, stream Stream) (StreamProof, error) {
	row, err := tx.q.RecordHead(ctx, string(stream))
	if err != nil {
		return StreamProof{}, classify(err, "head of stream "+string(stream)+" in the record")
	}
	h := recordHeadOf(row)
	p := StreamProof{Stream: stream, Version: h.Version, Hash: h.Hash, Index: h.leaf}
	if p.Path, err = tx.log().inclusion(ctx, h.leaf, under.Size); err != nil {
		return p, err
	}
	if p.Bucket, err = tx.bucket(ctx, bucketOf(stream)); err != nil {
		return p, err
	}
	p.HeadsPath, err = tx.heads().inclusion(ctx, bucketOf(stream), buckets)
	return p, err
}
