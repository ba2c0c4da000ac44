package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha1" // judged, never made: old signatures
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Scheme is the family of a signature algorithm.
type Scheme int

// The schemes this package makes and verifies.
const (
	RSAPKCS1 Scheme = iota + 1 // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
	RSAPSS                     // RSASSA-PSS with MGF1 of the same hash, salt as long as the hash (RFC 4056)
	ECDSA                      // RFC 5753
	Ed25519                    // RFC 8419, always with SHA-512 as digest algorithm
)

// Algorithm is one way to sign: a scheme and the hash of both the content and
// the signed attributes.
type Algorithm struct {
	Scheme   Scheme
	Hash     crypto.Hash
	MaskHash crypto.Hash // of RSA-PSS, where it is not Hash; only verified, never made
}

var schemeNames = map[Scheme]string{RSAPKCS1: "RSA", RSAPSS: "RSA-PSS", ECDSA: "ECDSA", Ed25519: "Ed25519"}

// String is for example "ECDSA with SHA-256".
func (a Algorithm) String() string {
	name := schemeNames[a.Scheme]
	if name == "" {
		name = "unknown scheme"
	}
	return name + " with " + a.Hash.String()
}

// legacyEnds is when algorithms of less than 112 bits were no longer to be used for signing (NIST SP 800-131A, table
// 2).
var legacyEnds = time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)

// SecureUntil is when the algorithm with this key, or this hash of the content, ceased to withstand forgery; zero if it
// still does.
func (a Algorithm) SecureUntil(pub crypto.PublicKey, content crypto.Hash) time.Time {
	k, isRSA := pub.(*rsa.PublicKey)
	if a.Weak() || WeakHash(content) || (isRSA && k.N.BitLen() < 2048) {
		return legacyEnds
	}
	return time.Time{}
}

// Weak reports that the algorithm no longer withstands forgery (SHA-1 and older).
func (a Algorithm) Weak() bool { return WeakHash(a.Hash) }

// WeakHash reports whether collisions of h can be computed.
func WeakHash(h crypto.Hash) bool { return h == crypto.SHA1 || h == crypto.MD5 }

// AlgorithmFor chooses the algorithm of a public key. Hash 0 means SHA-256 for
// RSA and P-256, SHA-384 for P-384, SHA-512 for P-521 and Ed25519. Pss asks for
// RSASSA-PSS and is an error with other keys. Other keys, curves, hashes and
// RSA moduli under 2048 bits are errors wrapping ErrUnsupported.
func AlgorithmFor(pub crypto.PublicKey, hash crypto.Hash, pss bool) (Algorithm, error) {
	var a Algorithm
	def := crypto.SHA256
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return a, fmt.Errorf("RSA key of %d bits: use 2048 or more: %w", k.N.BitLen(), ErrUnsupported)
		}
		a.Scheme = RSAPKCS1
		if pss {
			a.Scheme = RSAPSS
		}
	case *ecdsa.PublicKey:
		a.Scheme = ECDSA
		switch k.Curve {
		case elliptic.P256():
		case elliptic.P384():
			def = crypto.SHA384
		case elliptic.P521():
			def = crypto.SHA512
		default:
			return a, fmt.Errorf("ECDSA curve %s: use P-256, P-384 or P-521: %w", k.Params().Name, ErrUnsupported)
		}
	case ed25519.PublicKey:
		a.Scheme, def = Ed25519, crypto.SHA512
	default:
		return a, fmt.Errorf("key of type %T: %w", pub, ErrUnsupported)
	}
	if pss && a.Scheme != RSAPSS {
		return a, fmt.Errorf("RSA-PSS asked for a key of type %T: %w", pub, ErrUnsupported)
	}
	if hash == 0 {
		hash = def
	}
	if hash != crypto.SHA256 && hash != crypto.SHA384 && hash != crypto.SHA512 {
		return a, fmt.Errorf("hash %s: use SHA-256, SHA-384 or SHA-512: %w", hash, ErrUnsupported)
	}
	if a.Scheme == Ed25519 && hash != crypto.SHA512 {
		return a, fmt.Errorf("Ed25519 with %s: RFC 8419 asks for SHA-512: %w", hash, ErrUnsupported)
	}
	a.Hash = hash
	return a, nil
}

// SignerOpts is what crypto.Signer.Sign needs besides ToBeSigned.
func (a Algorithm) SignerOpts() crypto.SignerOpts {
	switch a.Scheme {
	case RSAPSS:
		return &rsa.PSSOptions{SaltLength: a.Hash.Size(), Hash: a.Hash}
	case Ed25519:
		return crypto.Hash(0)
	}
	return a.Hash
}

// ToBeSigned is what is handed to the key: the hash of the DER signed
// attributes, or for Ed25519 the attributes themselves.
func (a Algorithm) ToBeSigned(signedAttributes []byte) []byte {
	if a.Scheme == Ed25519 {
		return signedAttributes
	}
	h := a.Hash.New()
	h.Write(signedAttributes)
	return h.Sum(nil)
}

// Sign asks the key once for the signature over the DER signed attributes.
func (a Algorithm) Sign(rand io.Reader, key crypto.Signer, signedAttributes []byte) ([]byte, error) {
	return key.Sign(rand, a.ToBeSigned(signedAttributes), a.SignerOpts())
}

// MaxSignatureSize is the longest signature value in bytes a key of this kind makes.
func MaxSignatureSize(pub crypto.PublicKey) int {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return k.Size()
	case *ecdsa.PublicKey:
		return 2*((k.Params().BitSize+7)/8+3) + 4
	case ed25519.PublicKey:
		return ed25519.SignatureSize
	}
	return 0
}

// Verify checks the signature value over message (the DER signed attributes, or
// the content where there are none). It wraps ErrSignature, or ErrUnsupported
// when the key does not fit the scheme (algorithm confusion).
func (a Algorithm) Verify(pub crypto.PublicKey, message, signature []byte) error {
	if a.Scheme == Ed25519 {
		k, ok := pub.(ed25519.PublicKey)
		if !ok {
			return mismatch(a, pub)
		}
		if !ed25519.Verify(k, message, signature) {
			return ErrSignature
		}
		return nil
	}
	if !a.Hash.Available() {
		return fmt.Errorf("%s: %w", a, ErrUnsupported)
	}
	return a.VerifyDigest(pub, a.ToBeSigned(message), signature)
}

// VerifyDigest is Verify for a message known by its digest only. Ed25519 cannot
// be verified so and is refused.
func (a Algorithm) VerifyDigest(pub crypto.PublicKey, digest, signature []byte) error {
	var ok bool
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits {
			return fmt.Errorf("RSA key of %d bits: %w", k.N.BitLen(), ErrUnsupported)
		}
		if a.Scheme != RSAPKCS1 && a.Scheme != RSAPSS {
			return mismatch(a, pub)
		}
		ok = a.verifyRSA(k, digest, signature)
	case *ecdsa.PublicKey:
		if a.Scheme != ECDSA {
			return mismatch(a, pub)
		}
		ok = ecdsa.VerifyASN1(k, digest, signature)
	default:
		return mismatch(a, pub)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

func mismatch(a Algorithm, pub crypto.PublicKey) error {
	return fmt.Errorf("signature algorithm %s does not fit a key of type %T: %w", a, pub, ErrUnsupported)
}

var hashOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA1:   {1, 3, 14, 3, 2, 26},
	crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
	crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
	crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},

	crypto.SHA224:   {2, 16, 840, 1, 101, 3, 4, 2, 4},
	crypto.SHA3_256: {2, 16, 840, 1, 101, 3, 4, 2, 8},
	crypto.SHA3_384: {2, 16, 840, 1, 101, 3, 4, 2, 9},
	crypto.SHA3_512: {2, 16, 840, 1, 101, 3, 4, 2, 10},
}

// HashOID is the object identifier of a hash, nil if unknown.
func HashOID(h crypto.Hash) asn1.ObjectIdentifier { return hashOIDs[h] }

// HashByOID is the hash of an object identifier; ErrUnsupported if unknown.
func HashByOID(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	for h, o := range hashOIDs {
		if o.Equal(oid) {
			return h, nil
		}
	}
	for _, c := range combined { // some programs name the signature algorithm where the hash belongs
		if c.oid.Equal(oid) {
			return c.alg.Hash, nil
		}
	}
	return 0, fmt.Errorf("hash algorithm %s: %w", oid, ErrUnsupported)
}

var (
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// combined names the signature algorithms whose identifier includes the hash.
var combined = []struct {
	alg Algorithm
	oid asn1.ObjectIdentifier
}{
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA224}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA256}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA384}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA512}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA3_256}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 14}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA3_384}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 15}},
	{Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA3_512}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 16}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA1}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA224}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA256}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA384}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA512}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA3_256}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 10}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA3_384}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 11}},
	{Algorithm{Scheme: ECDSA, Hash: crypto.SHA3_512}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 12}},
}

// AddHashIdentifier writes the AlgorithmIdentifier of a hash, parameters absent (RFC 5754, 2).
func AddHashIdentifier(b *cryptobyte.Builder, h crypto.Hash) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(hashOIDs[h]) })
}

func (a Algorithm) addIdentifier(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		switch a.Scheme {
		case RSAPSS:
			b.AddASN1ObjectIdentifier(oidPSS)
			a.addPSSParameters(b)
			return
		case Ed25519:
			b.AddASN1ObjectIdentifier(oidEd25519)
			return
		}
		for _, c := range combined {
			if c.alg == a {
				b.AddASN1ObjectIdentifier(c.oid)
			}
		}
		if a.Scheme == RSAPKCS1 {
			b.AddASN1NULL()
		}
	})
}

// addPSSParameters writes RSASSA-PSS-params (RFC 4055, 3.1) with the trailer field at its default.
func (a Algorithm) addPSSParameters(b *cryptobyte.Builder) {
	hashID := func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hashOIDs[a.Hash])
			b.AddASN1NULL()
		})
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), hashID)
		b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				hashID(b)
			})
		})
		b.AddASN1(cbasn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1Int64(int64(a.Hash.Size()))
		})
	})
}

// identifier is a parsed AlgorithmIdentifier.
type identifier struct {
	oid    asn1.ObjectIdentifier
	params cryptobyte.String // whole DER element, empty if absent
}

func readIdentifier(s *cryptobyte.String) (identifier, bool) {
	var id identifier
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&id.oid) {
		return id, false
	}
	if !seq.Empty() {
		var tag cbasn1.Tag
		if !seq.ReadAnyASN1Element(&id.params, &tag) || !seq.Empty() {
			return id, false
		}
	}
	return id, true
}

// plain: parameters absent or NULL.
func (id identifier) plain() bool {
	return len(id.params) == 0 || bytes.Equal(id.params, []byte{5, 0})
}

// ReadHashIdentifier reads an AlgorithmIdentifier naming a hash.
func ReadHashIdentifier(s *cryptobyte.String) (crypto.Hash, error) {
	id, ok := readIdentifier(s)
	if !ok || !id.plain() {
		return 0, fmt.Errorf("digest algorithm identifier: %w", ErrFormat)
	}
	return HashByOID(id.oid)
}

// readAlgorithm reads a SignerInfo's signatureAlgorithm; digest is its
// digestAlgorithm, with which it must agree.
func readAlgorithm(s *cryptobyte.String, digest crypto.Hash) (Algorithm, error) {
	id, ok := readIdentifier(s)
	if !ok {
		return Algorithm{}, fmt.Errorf("signature algorithm identifier: %w", ErrFormat)
	}
	a, err := id.algorithm(digest)
	if err != nil {
		return a, err
	}
	if a.Hash != digest {
		return a, fmt.Errorf("signature algorithm %s, digest algorithm %s: %w", a, digest, ErrConstraint)
	}
	return a, nil
}

func (id identifier) algorithm(digest crypto.Hash) (Algorithm, error) {
	if id.oid.Equal(oidPSS) {
		return readPSSParameters(id.params)
	}
	if id.oid.Equal(oidEd25519) {
		if !id.plain() { // RFC 8419 wants no parameters; some programs write NULL
			return Algorithm{}, fmt.Errorf("Ed25519 with parameters: %w", ErrFormat)
		}
		return Algorithm{Scheme: Ed25519, Hash: crypto.SHA512}, nil
	}
	if !id.plain() {
		return Algorithm{}, fmt.Errorf("parameters of signature algorithm %s: %w", id.oid, ErrFormat)
	}
	if id.oid.Equal(oidRSA) {
		return Algorithm{Scheme: RSAPKCS1, Hash: digest}, nil
	}
	for _, c := range combined {
		if c.oid.Equal(id.oid) {
			return c.alg, nil
		}
	}
	return Algorithm{}, fmt.Errorf("signature algorithm %s: %w", id.oid, ErrUnsupported)
}

// readPSSParameters reads RSASSA-PSS-params (RFC 4055, 3.1).
func readPSSParameters(der cryptobyte.String) (Algorithm, error) {
	bad := func(what string) (Algorithm, error) {
		return Algorithm{}, fmt.Errorf("RSA-PSS parameters: %s: %w", what, ErrFormat)
	}
	var seq, inner cryptobyte.String
	if !der.ReadASN1(&seq, cbasn1.SEQUENCE) || !der.Empty() {
		return bad("not a sequence")
	}
	hash, mgf, has := crypto.SHA1, crypto.SHA1, false
	var err error
	if !seq.ReadOptionalASN1(&inner, &has, cbasn1.Tag(0).ContextSpecific().Constructed()) {
		return bad("hash")
	} else if has {
		if hash, err = ReadHashIdentifier(&inner); err != nil || !inner.Empty() {
			return bad("hash")
		}
	}
	if !seq.ReadOptionalASN1(&inner, &has, cbasn1.Tag(1).ContextSpecific().Constructed()) {
		return bad("mask generation")
	} else if has {
		id, ok := readIdentifier(&inner)
		params := id.params
		if !ok || !inner.Empty() || !id.oid.Equal(oidMGF1) {
			return bad("mask generation")
		}
		if mgf, err = ReadHashIdentifier(&params); err != nil || !params.Empty() {
			return bad("mask generation hash")
		}
	}
	var salt, trailer int
	if !seq.ReadOptionalASN1Integer(&salt, cbasn1.Tag(2).ContextSpecific().Constructed(), 20) ||
		!seq.ReadOptionalASN1Integer(&trailer, cbasn1.Tag(3).ContextSpecific().Constructed(), 1) ||
		!seq.Empty() || salt < 0 || trailer != 1 {
		return bad("salt or trailer")
	}
	if mgf == hash {
		mgf = 0
	}
	return Algorithm{Scheme: RSAPSS, Hash: hash, MaskHash: mgf}, nil
}

// ReadAlgorithm reads the AlgorithmIdentifier of a signature that names its hash itself, as certificates, lists and
// OCSP responses do. Rsa- and hash-less identifiers are errors.
func ReadAlgorithm(s *cryptobyte.String) (Algorithm, error) {
	id, ok := readIdentifier(s)
	if !ok {
		return Algorithm{}, fmt.Errorf("signature algorithm identifier: %w", ErrFormat)
	}
	a, err := id.algorithm(0)
	if err == nil && a.Hash == 0 {
		err = fmt.Errorf("signature algorithm without a hash: %w", ErrUnsupported)
	}
	return a, err
}
