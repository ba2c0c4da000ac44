package store

import (
	"bytes"
	"crypto/sha256"
	"math/bits"
)

// The Merkle tree of RFC 6962 §2.1: leaves hashed with prefix 0, nodes with prefix 1, the left subtree being the
// largest full one.

// LeafHash is the hash of one leaf.
func LeafHash(data []byte) []byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)
}

func nodeHash(left, right []byte) []byte {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left)
	h.Write(right)
	return h.Sum(nil)
}

// MerkleRoot is the root over leaf hashes; over none it is the SHA-256 of nothing.
func MerkleRoot(leaves [][]byte) []byte {
	switch len(leaves) {
	case 0:
		empty := sha256.Sum256(nil)
		return empty[:]
	case 1:
		return leaves[0]
	}
	k := split(len(leaves))
	return nodeHash(MerkleRoot(leaves[:k]), MerkleRoot(leaves[k:]))
}

// split is the largest power of two below n, for n > 1.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) } // n > 1

// MerkleProof is the audit path of the leaf at index, from the leaf up.
func MerkleProof(leaves [][]byte, index int) [][]byte {
	if len(leaves) <= 1 {
		return nil
	}
	k := split(len(leaves))
	if index < k {
		return append(MerkleProof(leaves[:k], index), MerkleRoot(leaves[k:]))
	}
	return append(MerkleProof(leaves[k:], index-k), MerkleRoot(leaves[:k]))
}

// VerifyMerkle checks an audit path (RFC 9162 §2.1.3.2).
func VerifyMerkle(leaf []byte, index, size int, path [][]byte, root []byte) bool {
	if index < 0 || index >= size {
		return false
	}
	node, last, hash := index, size-1, leaf
	for _, sibling := range path {
		if last == 0 {
			return false
		}
		if node&1 == 1 || node == last {
			hash = nodeHash(sibling, hash)
			for node&1 == 0 && node != 0 {
				node >>= 1
				last >>= 1
			}
		} else {
			hash = nodeHash(hash, sibling)
		}
		node >>= 1
		last >>= 1
	}
	return last == 0 && bytes.Equal(hash, root)
}
