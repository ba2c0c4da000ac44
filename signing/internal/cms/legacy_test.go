package cms

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oddKey is an RSA key of any size with any exponent, as package crypto/rsa does not make them.
func oddKey(t testing.TB, bits int, e int64) (*rsa.PublicKey, *big.Int) {
	t.Helper()
	one := big.NewInt(1)
	for {
		p, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			t.Fatal(err)
		}
		n := new(big.Int).Mul(p, q)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(big.NewInt(e), phi); d != nil && n.BitLen() == bits && p.Cmp(q) != 0 {
			return &rsa.PublicKey{N: n, E: int(e)}, d
		}
	}
}

// pssMessage is EMSA-PSS-ENCODE (RFC 8017, 9.1.1), written apart from what verifies it.
func pssMessage(h, mask crypto.Hash, digest, salt []byte, bits int) []byte {
	m := h.New()
	m.Write(make([]byte, 8))
	m.Write(digest)
	m.Write(salt)
	sum := m.Sum(nil)
	size := (bits + 7) / 8
	db := make([]byte, size-len(sum)-1)
	db[len(db)-len(salt)-1] = 1
	copy(db[len(db)-len(salt):], salt)
	var stream []byte
	for i := byte(0); len(stream) < len(db); i++ {
		g := mask.New()
		g.Write(sum)
		g.Write([]byte{0, 0, 0, i})
		stream = g.Sum(stream)
	}
	for i := range db {
		db[i] ^= stream[i]
	}
	db[0] &= 0xff >> (8*size - bits)
	return append(append(db, sum...), 0xbc)
}

// TestOddRSA: keys and masks that package crypto/rsa does not take are verified all the same.
func TestOddRSA(t *testing.T) {
	digest := sha256.Sum256([]byte("nội dung"))
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20}
	for name, c := range map[string]struct {
		bits int
		e    int64
		alg  Algorithm
	}{
		"large exponent":       {1024, 2271055779, Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA256}},
		"large exponent, PSS":  {1030, 2271055779, Algorithm{Scheme: RSAPSS, Hash: crypto.SHA256}},
		"small key":            {768, 65537, Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA256}},
		"other mask":           {2048, 65537, Algorithm{Scheme: RSAPSS, Hash: crypto.SHA256, MaskHash: crypto.SHA1}},
		"other mask, odd size": {1025, 65537, Algorithm{Scheme: RSAPSS, Hash: crypto.SHA256, MaskHash: crypto.SHA512}},
	} {
		t.Run(name, func(t *testing.T) {
			bits := c.bits &^ 1
			pub, d := oddKey(t, bits, c.e)
			var em []byte
			if c.alg.Scheme == RSAPSS {
				em = pssMessage(c.alg.Hash, c.alg.mask(), digest[:], []byte("a salt of its own"), bits-1)
			} else {
				em = append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, bits/8-len(prefix)-35)...), 0)
				em = append(append(em, prefix...), digest[:]...)
			}
			sig := new(big.Int).Exp(new(big.Int).SetBytes(em), d, pub.N).FillBytes(make([]byte, pub.Size()))
			if err := c.alg.VerifyDigest(pub, digest[:], sig); err != nil {
				t.Error(err)
			}
			for _, bad := range []func() error{
				func() error { s := bytes.Clone(sig); s[9] ^= 1; return c.alg.VerifyDigest(pub, digest[:], s) },
				func() error { x := digest; x[0] ^= 1; return c.alg.VerifyDigest(pub, x[:], sig) },
				func() error { return c.alg.VerifyDigest(pub, digest[:], sig[1:]) },
				func() error { return c.alg.VerifyDigest(pub, digest[:], append([]byte{0}, sig...)) },
				func() error { return c.alg.VerifyDigest(pub, digest[:], nil) },
			} {
				if err := bad(); !errors.Is(err, ErrSignature) {
					t.Errorf("a wrong one: %v", err)
				}
			}
		})
	}
}

func TestSecureUntil(t *testing.T) {
	small, _ := oddKey(t, 1024, 65537)
	ec := ecKey(t, elliptic.P256()).Public()
	sha1 := Algorithm{Scheme: ECDSA, Hash: crypto.SHA1}
	good := Algorithm{Scheme: ECDSA, Hash: crypto.SHA256}
	for name, got := range map[string]time.Time{
		"SHA-1": sha1.SecureUntil(ec, 0), "content by SHA-1": good.SecureUntil(ec, crypto.SHA1),
		"RSA-1024": Algorithm{Scheme: RSAPKCS1, Hash: crypto.SHA256}.SecureUntil(small, 0),
	} {
		if got.Year() != 2014 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := good.SecureUntil(ec, crypto.SHA256); !got.IsZero() {
		t.Errorf("P-256 with SHA-256: %v", got)
	}
}

// TestAttributesInAnyOrder: what is signed is the DER form, whatever order the attributes were written in.
func TestAttributesInAnyOrder(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	cert := newCert(t, key)
	alg, err := AlgorithmFor(key.Public(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("nội dung")
	digest := sha256.Sum256(content)
	b := Builder{Algorithm: alg, Certificate: cert}
	attrs, err := b.SignedAttributes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	sig, err := alg.Sign(rand.Reader, key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := b.Assemble(attrs, sig)
	if err != nil {
		t.Fatal(err)
	}
	body := attrs[2:] // SET of less than 128 or more bytes
	if attrs[1] >= 0x80 {
		body = attrs[2+attrs[1]&0x7f:]
	}
	in := cryptobyte.String(body)
	var parts [][]byte
	for !in.Empty() {
		var e cryptobyte.String
		if !in.ReadASN1Element(&e, cbasn1.SEQUENCE) {
			t.Fatal("attributes")
		}
		parts = append([][]byte{e}, parts...)
	}
	turned := bytes.Replace(der, body, bytes.Join(parts, nil), 1)
	if bytes.Equal(turned, der) {
		t.Fatal("nothing was turned round")
	}
	sd, err := Parse(turned)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sd.Verify(digest[:]); err != nil {
		t.Error(err)
	}
	other := sha256.Sum256([]byte("khác"))
	if _, err := sd.Verify(other[:]); !errors.Is(err, ErrDigest) {
		t.Errorf("other content: %v", err)
	}
}

// TestLooseCertificate: a certificate with a negative serial number, which package x509 refuses, still verifies a
// signature.
func TestLooseCertificate(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	good, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(0x11223344),
		Subject:   pkix.Name{CommonName: "Nguyễn Văn A"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)},
		&x509.Certificate{Subject: pkix.Name{CommonName: "Nguyễn Văn A"}}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der := bytes.Replace(good, []byte{0x11, 0x22, 0x33, 0x44}, []byte{0x91, 0x22, 0x33, 0x44}, 1)
	if _, err := x509.ParseCertificate(der); err == nil {
		t.Skip("package x509 takes it now")
	}
	c := looseCertificate(der)
	if c == nil {
		t.Fatal("not read")
	}
	if c.Subject.CommonName != "Nguyễn Văn A" || c.SerialNumber.Sign() >= 0 || c.NotAfter.Before(time.Now()) {
		t.Errorf("%q, %v, %v", c.Subject.CommonName, c.SerialNumber, c.NotAfter)
	}
	alg := Algorithm{Scheme: ECDSA, Hash: crypto.SHA256}
	sig, err := alg.Sign(rand.Reader, key, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := alg.Verify(c.PublicKey, []byte("x"), sig); err != nil {
		t.Error(err)
	}
	if _, err := c.Verify(x509.VerifyOptions{}); err == nil {
		t.Error("a chain was built on it")
	}
	for n := range len(der) {
		looseCertificate(der[:n]) // must not panic
	}
}

// TestPSSOnlyKey: a key marked as for RSASSA-PSS only, as package x509 does not read.
func TestPSSOnlyKey(t *testing.T) {
	key := rsaKey(t, 2048)
	cert := newCert(t, key)
	marked := bytes.Replace(cert.Raw, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1},
		[]byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}, 1)
	c, err := x509.ParseCertificate(marked)
	if err != nil {
		t.Fatal(err)
	}
	if pub, ok := PublicKey(c).(*rsa.PublicKey); !ok || !pub.Equal(key.Public()) {
		t.Errorf("%T, from %T", PublicKey(c), c.PublicKey)
	}
	if PublicKey(&x509.Certificate{}) != nil {
		t.Error("a key out of nothing")
	}
	if _, err := AlgorithmOf(c, 0, false); !errors.Is(err, ErrFormat) { // NULL is no parameter of RSASSA-PSS
		t.Errorf("parameters of another algorithm: %v", err)
	}
	if a, err := AlgorithmOf(cert, crypto.SHA384, false); err != nil || a.Scheme != RSAPKCS1 ||
		a.Hash != crypto.SHA384 {
		t.Errorf("an ordinary key: %+v, %v", a, err)
	}
}

func TestSameName(t *testing.T) {
	name := func(tag int, s string) []byte {
		der, err := asn1.Marshal([]any{asn1.RawValue{FullBytes: must(asn1.Marshal([]any{oidCommonName,
			asn1.RawValue{Tag: tag, Bytes: []byte(s)}}))}})
		if err != nil {
			t.Fatal(err)
		}
		der[0] = 0x31
		return must(asn1.Marshal([]any{asn1.RawValue{FullBytes: der}}))
	}
	a := name(asn1.TagUTF8String, "Example  Authority")
	if !sameName(a, name(asn1.TagPrintableString, "example authority")) {
		t.Error("the same name in another kind of string")
	}
	for _, b := range [][]byte{name(asn1.TagUTF8String, "Other Authority"), nil, {0x30, 0}} {
		if sameName(a, b) || sameName(b, a) {
			t.Errorf("% x", b)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
