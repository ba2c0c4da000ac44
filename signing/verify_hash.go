package signing

import (
	"crypto"
	"encoding"
	"fmt"
	"hash"
	"io"
	"slices"

	"covenant/internal/pdf"
)

// hashRanges computes the digests of all signatures in one pass over the file for each hash algorithm. All signatures
// cover the file from its first byte, so that one running hash serves them: at each gap its state is copied, and the
// copy goes on alone from the gap to the end of its revision.
func hashRanges(r io.ReaderAt, work *pdf.Work, signed []*signedObject) error {
	groups := map[crypto.Hash][]*signedObject{}
	for _, s := range signed {
		if !s.failed && s.hash.Available() {
			groups[s.hash] = append(groups[s.hash], s)
		}
	}
	buf := make([]byte, 256<<10)
	for h, group := range groups {
		if err := hashGroup(r, work, h.New(), group, buf); err != nil {
			return err
		}
	}
	return nil
}

func hashGroup(r io.ReaderAt, work *pdf.Work, running hash.Hash, group []*signedObject, buf []byte) error {
	group = slices.Clone(group)
	slices.SortFunc(group, func(a, b *signedObject) int {
		return int(min(max(a.sig.ByteRange[1]-b.sig.ByteRange[1], -1), 1))
	})
	var pos int64
	for _, s := range group {
		br := s.sig.ByteRange
		if err := feed(r, work, running, pos, br[1], buf); err != nil {
			return err
		}
		pos = br[1]
		own, err := clone(running, s.hash)
		if err != nil {
			return err
		}
		if err := feed(r, work, own, br[2], br[2]+br[3], buf); err != nil {
			return err
		}
		s.digest = own.Sum(nil)
	}
	return nil
}

// clone copies a hash's state.
func clone(h hash.Hash, kind crypto.Hash) (hash.Hash, error) {
	m, ok := h.(encoding.BinaryMarshaler)
	if !ok {
		return nil, fmt.Errorf("the state of %s cannot be copied", kind)
	}
	state, err := m.MarshalBinary()
	if err != nil {
		return nil, err
	}
	out := kind.New()
	return out, out.(encoding.BinaryUnmarshaler).UnmarshalBinary(state) //nolint:forcetypeassert // hashes of Go are
}

// feed hashes the bytes [from, to) of r.
func feed(r io.ReaderAt, work *pdf.Work, h hash.Hash, from, to int64, buf []byte) error {
	for from < to {
		n := min(int64(len(buf)), to-from)
		if err := work.Hash(n); err != nil {
			return err
		}
		got, err := r.ReadAt(buf[:n], from)
		h.Write(buf[:got])
		from += int64(got)
		if int64(got) < n {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}
