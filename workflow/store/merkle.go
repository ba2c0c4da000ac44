package store

import (
	"github.com/transparency-dev/merkle/proof"
)

// LeafHash is the hash of one leaf (RFC 6962 §2.1).
func LeafHash(data []byte) []byte { return hasher.HashLeaf(data) }

// MerkleRoot is the root over leaf hashes; over none it is the SHA-256 of nothing.
func MerkleRoot(leaves [][]byte) []byte {
	switch len(leaves) {
	case 0:
		return hasher.EmptyRoot()
	case 1:
		return leaves[0]
	}
	k := 1
	for k < (len(leaves)+1)/2 {
		k *= 2 // the left subtree is the largest full one
	}
	return hasher.HashChildren(MerkleRoot(leaves[:k]), MerkleRoot(leaves[k:]))
}

// VerifyMerkle checks an audit path (RFC 9162 §2.1.3.2).
func VerifyMerkle(leaf []byte, index, size uint64, path [][]byte, root []byte) bool {
	return proof.VerifyInclusion(hasher, index, size, leaf, path, root) == nil
}
