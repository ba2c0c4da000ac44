// Package digest names bytes by their SHA-256 digest: what is approved, signed and kept is meant to the bit.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256 digest. Its text form is 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// Of is the SHA-256 digest of data.
func Of(data []byte) Digest { return sha256.Sum256(data) }

// Parse reads the text form of a digest.
func Parse(text string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(d) {
		return d, fmt.Errorf("digest %q: want 64 hexadecimal digits", text)
	}
	copy(d[:], raw)
	return d, nil
}

// String is the 64-digit hexadecimal form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short is the first eight digits, which people compare before they sign.
func (d Digest) Short() string { return d.String()[:8] }

// IsZero reports whether the digest was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText gives the text form; an unset digest is the empty string.
func (d Digest) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Digest{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
