package signing

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
)

// HashState is the state of a hash at the end of a file, from which a later signature of the same file goes on, so that
// the bytes before need not be hashed again. [Signed.State] holds one where [Options.KeepState] asks for it. It is data
// and may be stored beside the file. It is trusted: a state of another file of the same size and ending makes a
// signature that does not verify.
type HashState struct {
	Size   int64  `json:"size"`
	Hash   string `json:"hash"`
	State  []byte `json:"state"`
	Ending []byte `json:"ending"` // SHA-256 of the file's last bytes, against mix-ups
}

// endingSize is how many last bytes of a file HashState.Ending is over.
const endingSize = 4096

// ErrOtherState says that a hash state does not belong to the file.
var ErrOtherState = errors.New("the hash state does not belong to this file: sign without it")

// resume takes up a stored state for the input.
func (d *document) resume(st *HashState) error {
	if st == nil {
		return nil
	}
	h, err := hashNamed(st.Hash)
	if err != nil {
		return err
	}
	ending, err := d.ending(d.size)
	if err != nil {
		return err
	}
	if st.Size != d.size || !bytes.Equal(ending, st.Ending) {
		return ErrOtherState
	}
	s := h.New()
	u, ok := s.(encoding.BinaryUnmarshaler)
	if !ok {
		return fmt.Errorf("hash %s cannot go on from a state", st.Hash)
	}
	if err := u.UnmarshalBinary(st.State); err != nil {
		return fmt.Errorf("%w: %w", ErrOtherState, err)
	}
	d.hashes[h] = s
	return nil
}

func (d *document) ending(size int64) ([]byte, error) {
	n := min(size, endingSize)
	buf := make([]byte, n)
	if _, err := d.ReadAt(buf, size-n); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	sum := sha256.Sum256(buf)
	return sum[:], nil
}

// state is the hash state at the end of the document as it is now.
func (d *document) state(h crypto.Hash) (*HashState, error) {
	s, err := d.hashState(h)
	if err != nil {
		return nil, err
	}
	s.Write(d.tail)
	data, err := marshalHash(s)
	if err != nil {
		return nil, err
	}
	ending, err := d.ending(d.Len())
	return &HashState{Size: d.Len(), Hash: h.String(), State: data, Ending: ending}, err
}

func marshalHash(s hash.Hash) ([]byte, error) {
	m, ok := s.(encoding.BinaryMarshaler)
	if !ok {
		return nil, fmt.Errorf("the state of hash %T cannot be kept", s)
	}
	return m.MarshalBinary()
}

func hashNamed(name string) (crypto.Hash, error) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if h.String() == name {
			return h, nil
		}
	}
	return 0, fmt.Errorf("unknown hash %q", name)
}
