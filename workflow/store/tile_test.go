package store

import (
	"context"
	"encoding/binary"
	"testing"
)

// countedTiles counts what is read and written.
type countedTiles struct {
	memoryTiles
	reads, writes int
}

func (c *countedTiles) tile(ctx context.Context, id tileID) ([]byte, error) {
	c.reads++
	return c.memoryTiles.tile(ctx, id)
}

func (c *countedTiles) save(ctx context.Context, id tileID, hashes []byte) error {
	c.writes++
	return c.memoryTiles.save(ctx, id, hashes)
}

// What a checkpoint and a proof read and write follows what is new, and the height of the tree, not what exists: the
// same
// for a record of a hundred leaves as, but for a tile a level, for one of two hundred thousand.
func TestTilesCostWhatIsNew(t *testing.T) {
	ctx := context.Background()
	leaf := func(n uint64) []byte { return LeafHash(binary.BigEndian.AppendUint64(nil, n)) }
	counted := &countedTiles{memoryTiles: memoryTiles{}}
	size := uint64(0)
	for _, upTo := range []uint64{100, 300, 70_000, 200_000} {
		bulk := newTree(counted)
		for ; size < upTo; size++ {
			if err := bulk.add(ctx, size, leaf(size)); err != nil {
				t.Fatal(err)
			}
		}
		if err := bulk.flush(ctx); err != nil {
			t.Fatal(err)
		}
		*counted = countedTiles{memoryTiles: counted.memoryTiles}
		fresh := newTree(counted) // as the next transaction has it
		if err := fresh.add(ctx, size, leaf(size)); err != nil {
			t.Fatal(err)
		}
		size++
		root, err := fresh.root(ctx, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := fresh.flush(ctx); err != nil {
			t.Fatal(err)
		}
		if counted.reads > 6 || counted.writes > 3 {
			t.Errorf("one leaf on %d: %d tiles read, %d written", size, counted.reads, counted.writes)
		}
		*counted = countedTiles{memoryTiles: counted.memoryTiles}
		path, err := newTree(counted).inclusion(ctx, size/3, size)
		if err != nil || !VerifyMerkle(leaf(size/3), size/3, size, path, root) {
			t.Fatalf("proof in %d leaves: %v", size, err)
		}
		if counted.reads > 9 {
			t.Errorf("a proof in %d leaves reads %d tiles", size, counted.reads)
		}
	}
}
