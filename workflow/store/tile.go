package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"covenant/workflow/store/db"
)

// hasher hashes leaves and nodes as RFC 6962 §2.1 says.
var hasher = rfc6962.DefaultHasher

// The trees of the record.
const (
	logTree   = "log"
	headsTree = "heads"
)

// A tile holds up to 256 hashes that stand beside each other at every eighth level of a tree, as C2SP tlog-tiles has
// them: tile n of level l has the roots of the subtrees of 256^l leaves from number 256·n on.
const (
	tileWidth  = 256
	tileHeight = 8
)

type tileID struct {
	level  int
	number uint64
}

// tileStore is where a tree's tiles lie; a tile that is not there is empty.
type tileStore interface {
	tile(ctx context.Context, id tileID) ([]byte, error)
	save(ctx context.Context, id tileID, hashes []byte) error
}

// tree is a Merkle tree over tiles. What was read is kept, and what was changed is written by flush.
type tree struct {
	tiles   tileStore
	read    map[tileID][]byte
	changed map[tileID]bool
}

func newTree(tiles tileStore) *tree {
	return &tree{tiles: tiles, read: map[tileID][]byte{}, changed: map[tileID]bool{}}
}

func (t *tree) tile(ctx context.Context, id tileID) ([]byte, error) {
	if hashes, ok := t.read[id]; ok {
		return hashes, nil
	}
	hashes, err := t.tiles.tile(ctx, id)
	if err != nil {
		return nil, err
	}
	t.read[id] = bytes.Clone(hashes)
	return t.read[id], nil
}

func (t *tree) put(id tileID, hashes []byte) { t.read[id], t.changed[id] = hashes, true }

func (t *tree) flush(ctx context.Context) error {
	for id := range t.changed {
		if err := t.tiles.save(ctx, id, t.read[id]); err != nil {
			return err
		}
	}
	clear(t.changed)
	return nil
}

// add appends the leaf of an index, which must be the tree's size. A tile that becomes full goes into the level above.
func (t *tree) add(ctx context.Context, index uint64, leaf []byte) error {
	for level, hash := 0, leaf; ; level++ {
		id := tileID{level, index / tileWidth}
		tile, err := t.tile(ctx, id)
		if err != nil {
			return err
		}
		if have := uint64(len(tile)) / HashSize; have != index%tileWidth {
			return fmt.Errorf("tile %d/%d of the record has %d hashes, not %d: run covenant audit: %w", level,
				id.number, have, index%tileWidth, ErrCorrupt)
		}
		tile = append(tile, hash...)
		t.put(id, tile)
		if len(tile) < tileWidth*HashSize {
			return nil
		}
		hash, index = perfectRoot(tile), id.number
	}
}

// perfectRoot is the root over a power of two of hashes that lie one after the other.
func perfectRoot(hashes []byte) []byte {
	row := bytes.Clone(hashes)
	for len(row) > HashSize {
		for i := 0; i < len(row)/2; i += HashSize {
			copy(row[i:], hasher.HashChildren(row[2*i:2*i+HashSize], row[2*i+HashSize:2*i+2*HashSize]))
		}
		row = row[:len(row)/2]
	}
	return row
}

// node is the root of a full subtree of 2^level leaves.
func (t *tree) node(ctx context.Context, id compact.NodeID) ([]byte, error) {
	level := int(id.Level)
	row := max(0, (level-1)/tileHeight)
	width := uint64(1) << (level - row*tileHeight)
	first := id.Index * width
	tile, err := t.tile(ctx, tileID{row, first / tileWidth})
	if err != nil {
		return nil, err
	}
	from, past := first%tileWidth*HashSize, (first%tileWidth+width)*HashSize
	if past > uint64(len(tile)) {
		return nil, fmt.Errorf("tile %d/%d of the record is too short: run covenant audit: %w", row, first/tileWidth,
			ErrCorrupt)
	}
	return perfectRoot(tile[from:past]), nil
}

func (t *tree) nodes(ctx context.Context, ids []compact.NodeID) ([][]byte, error) {
	hashes := make([][]byte, 0, len(ids))
	for _, id := range ids {
		hash, err := t.node(ctx, id)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// root is the root over the first size leaves.
func (t *tree) root(ctx context.Context, size uint64) ([]byte, error) {
	if size == 0 {
		return hasher.EmptyRoot(), nil
	}
	hashes, err := t.nodes(ctx, compact.RangeNodes(0, size, nil))
	if err != nil {
		return nil, err
	}
	root := hashes[len(hashes)-1]
	for i := len(hashes) - 2; i >= 0; i-- {
		root = hasher.HashChildren(hashes[i], root)
	}
	return root, nil
}

// inclusion is the audit path of a leaf in the tree of a size, from the leaf up (RFC 6962 §2.1.1).
func (t *tree) inclusion(ctx context.Context, index, size uint64) ([][]byte, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, err
	}
	hashes, err := t.nodes(ctx, nodes.IDs)
	if err != nil {
		return nil, err
	}
	return nodes.Rehash(hashes, hasher.HashChildren)
}

// dbTiles are the tiles of a tree in the database.
type dbTiles struct {
	q    *db.Queries
	tree string
}

func (d dbTiles) tile(ctx context.Context, id tileID) ([]byte, error) {
	about := fmt.Sprintf("tile %s/%d/%d of the record", d.tree, id.level, id.number)
	hashes, _, err := wrapOne(d.q.Tile(ctx, db.TileParams{Tree: d.tree, Level: int64(id.level),
		Number: int64(id.number)}))(about)
	return hashes, err
}

func (d dbTiles) save(ctx context.Context, id tileID, hashes []byte) error {
	err := d.q.SaveTile(ctx, db.SaveTileParams{Tree: d.tree, Level: int64(id.level),
		Number: int64(id.number), Hashes: hashes})
	return classify(err, fmt.Sprintf("save tile %s/%d/%d of the record", d.tree, id.level, id.number))
}

// memoryTiles are tiles made anew, to be compared with those that are kept.
type memoryTiles map[tileID][]byte

func (m memoryTiles) tile(_ context.Context, id tileID) ([]byte, error) { return m[id], nil }
func (m memoryTiles) save(_ context.Context, id tileID, hashes []byte) error {
	m[id] = hashes
	return nil
}

// buckets is how many leaves the map of heads has, always.
const buckets = 1 << 16

// emptyTile is a tile of the map of heads in whose subtree there is nothing.
func emptyTile(level int) []byte {
	hash := hasher.HashLeaf(nil)
	for range level {
		hash = perfectRoot(bytes.Repeat(hash, tileWidth))
	}
	return bytes.Repeat(hash, tileWidth)
}

// fullTiles has every tile of the map of heads: one that is not kept is that of an empty subtree.
type fullTiles struct{ tileStore }

func (f fullTiles) tile(ctx context.Context, id tileID) ([]byte, error) {
	hashes, err := f.tileStore.tile(ctx, id)
	if err == nil && len(hashes) == 0 {
		hashes = emptyTile(id.level)
	}
	return hashes, err
}

// set replaces a leaf of the map of heads.
func (t *tree) set(ctx context.Context, index uint64, leaf []byte) error {
	hash := leaf
	for level := range 2 {
		id := tileID{level, index / tileWidth}
		tile, err := t.tile(ctx, id)
		if err != nil {
			return err
		}
		if len(tile) != tileWidth*HashSize {
			return fmt.Errorf("tile %d/%d of the record's heads is too short: run covenant audit: %w", level,
				id.number, ErrCorrupt)
		}
		copy(tile[index%tileWidth*HashSize:], hash)
		t.put(id, tile)
		hash, index = perfectRoot(tile), id.number
	}
	return nil
}
