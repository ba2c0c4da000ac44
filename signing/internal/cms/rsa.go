package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// minRSABits is the smallest key whose signatures are looked at. Whether they prove anything is another question: see
// [Algorithm.SecureUntil].
const minRSABits = 512

// maxRSABits bounds what one verification may cost.
const maxRSABits = 16384

// verifyRSA verifies a signature of RFC 8017, 8. Package crypto/rsa does so for all keys but very small ones and those
// with an exponent of more than 31 bits, and for masks made with the same hash; the rest is done here.
func (a Algorithm) verifyRSA(k *rsa.PublicKey, digest, signature []byte) bool {
	ordinary := k.N.BitLen() >= 1024 && int64(k.E) < 1<<31 && a.mask() == a.Hash
	switch {
	case ordinary && a.Scheme == RSAPSS:
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto, Hash: a.Hash}
		return rsa.VerifyPSS(k, a.Hash, digest, signature, opts) == nil
	case ordinary:
		return rsa.VerifyPKCS1v15(k, a.Hash, digest, signature) == nil
	}
	s := new(big.Int).SetBytes(signature)
	if k.E < 3 || len(signature) != k.Size() || s.Cmp(k.N) >= 0 {
		return false
	}
	m := s.Exp(s, big.NewInt(int64(k.E)), k.N)
	if a.Scheme == RSAPSS {
		return a.checkPSS(m, k.N.BitLen()-1, digest)
	}
	want := a.pkcs1Message(digest, k.Size())
	return want != nil && subtle.ConstantTimeCompare(m.FillBytes(make([]byte, k.Size())), want) == 1
}

// mask is the hash that the mask is made with.
func (a Algorithm) mask() crypto.Hash {
	if a.MaskHash == 0 {
		return a.Hash
	}
	return a.MaskHash
}

// pkcs1Message is EMSA-PKCS1-v1_5 (RFC 8017, 9.2) of a digest, nil where it has no place.
func (a Algorithm) pkcs1Message(digest []byte, size int) []byte {
	info, err := digestInfo(a.Hash, digest)
	if err != nil || size < len(info)+11 {
		return nil
	}
	return bytes.Join([][]byte{{0, 1}, bytes.Repeat([]byte{0xff}, size-len(info)-3), {0}, info}, nil)
}

// digestInfo is the DigestInfo of RFC 8017, 9.2.
func digestInfo(h crypto.Hash, digest []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hashOIDs[h])
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(digest)
	})
	return b.Bytes()
}

// checkPSS is EMSA-PSS-VERIFY (RFC 8017, 9.1.2) for a salt of any length.
func (a Algorithm) checkPSS(m *big.Int, bits int, digest []byte) bool {
	size, h := (bits+7)/8, a.Hash.Size()
	if m.BitLen() > bits || size < h+2 {
		return false
	}
	em := m.FillBytes(make([]byte, size))
	if em[size-1] != 0xbc {
		return false
	}
	db, sum := em[:size-h-1], em[size-h-1:size-1]
	if spare := 8*size - bits; db[0]>>(8-spare) != 0 {
		return false
	}
	subtle.XORBytes(db, db, mgf1(a.mask(), sum, len(db)))
	db[0] &= 0xff >> (8*size - bits)
	start := bytes.IndexByte(db, 1)
	if start < 0 || len(bytes.Trim(db[:start], "\x00")) != 0 {
		return false
	}
	hash := a.Hash.New()
	hash.Write(make([]byte, 8))
	hash.Write(digest)
	hash.Write(db[start+1:])
	return subtle.ConstantTimeCompare(hash.Sum(nil), sum) == 1
}

// mgf1 is the mask generation function of RFC 8017, B.2.1.
func mgf1(h crypto.Hash, seed []byte, length int) []byte {
	var out []byte
	for i := uint32(0); len(out) < length; i++ {
		hash := h.New()
		hash.Write(seed)
		hash.Write(binary.BigEndian.AppendUint32(nil, i))
		out = hash.Sum(out)
	}
	return out[:length]
}
