package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func newCert(t testing.TB, key crypto.Signer) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234567), Subject: pkix.Name{CommonName: "Không có giá trị pháp lý"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func ecKey(t testing.TB, c elliptic.Curve) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func edKey(t testing.TB) crypto.Signer {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign makes a detached object over content.
func sign(t testing.TB, key crypto.Signer, cert *x509.Certificate, alg Algorithm, content []byte,
	unsigned ...Attribute) []byte {
	t.Helper()
	b := Builder{Algorithm: alg, Certificate: cert}
	h := alg.Hash.New()
	h.Write(content)
	attrs, err := b.SignedAttributes(h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := alg.Sign(rand.Reader, key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := b.Assemble(attrs, sig, unsigned...)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestEveryAlgorithm(t *testing.T) {
	cases := []struct {
		name    string
		key     crypto.Signer
		hash    crypto.Hash
		pss     bool
		openssl bool // OpenSSL 3.0's CMS knows no Ed25519
	}{
		{"P-256", ecKey(t, elliptic.P256()), 0, false, true},
		{"P-384", ecKey(t, elliptic.P384()), 0, false, true},
		{"P-521", ecKey(t, elliptic.P521()), 0, false, true},
		{"P-256 SHA-512", ecKey(t, elliptic.P256()), crypto.SHA512, false, true},
		{"RSA", rsaKey(t, 2048), 0, false, true},
		{"RSA SHA-384", rsaKey(t, 3072), crypto.SHA384, false, true},
		{"RSA-PSS", rsaKey(t, 2048), 0, true, true},
		{"RSA-PSS SHA-512", rsaKey(t, 2048), crypto.SHA512, true, true},
		{"Ed25519", edKey(t), 0, false, false},
	}
	content := []byte("Giao ước thi đua")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			alg, err := AlgorithmFor(c.key.Public(), c.hash, c.pss)
			if err != nil {
				t.Fatal(err)
			}
			cert := newCert(t, c.key)
			der := sign(t, c.key, cert, alg, content)
			sd, err := Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			h := alg.Hash.New()
			h.Write(content)
			got, err := sd.Verify(h.Sum(nil))
			if err != nil || !got.Equal(cert) {
				t.Fatalf("verify: %v", err)
			}
			if sd.Signer.Algorithm != alg || len(sd.Signer.Signed) != 3 {
				t.Errorf("algorithm %v, %d attributes", sd.Signer.Algorithm, len(sd.Signer.Signed))
			}
			wrong := alg.Hash.New().Sum(nil)
			if _, err := sd.Verify(wrong); !errors.Is(err, ErrDigest) {
				t.Errorf("other content: %v, want ErrDigest", err)
			}
			opensslVerify(t, der, content, cert, c.openssl)
		})
	}
}

// opensslVerify lets openssl judge; where it cannot, its refusal is asserted.
func opensslVerify(t *testing.T, der, content []byte, cert *x509.Certificate, able bool) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	root := write("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	cmd := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in",
		write("sig.der", der),
		"-content", write("content", content), "-CAfile", root, "-purpose", "any", "-out", filepath.Join(dir, "out"))
	out, err := cmd.CombinedOutput()
	if (err == nil) != able {
		t.Errorf("openssl: %v (expected to be able: %v)\n%s", err, able, out)
	}
}

func TestSizeIsAnUpperBound(t *testing.T) {
	for _, key := range []crypto.Signer{ecKey(t, elliptic.P256()), rsaKey(t, 2048), edKey(t)} {
		alg, _ := AlgorithmFor(key.Public(), 0, false)
		cert := newCert(t, key)
		b := Builder{Algorithm: alg, Certificate: cert}
		attrs, _ := b.SignedAttributes(make([]byte, alg.Hash.Size()))
		want, err := b.Size(attrs, 5000)
		if err != nil {
			t.Fatal(err)
		}
		token, _ := wrapBytes(cbasn1.SEQUENCE, make([]byte, 4990))
		for range 20 {
			got := len(sign(t, key, cert, alg, []byte("x"), SignatureTimeStamp(token)))
			if got > want || got < want-20 {
				t.Errorf("%s: size %d, bound %d", alg, got, want)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	cert := newCert(t, key)
	alg, _ := AlgorithmFor(key.Public(), 0, false)
	content := []byte("content")
	sum := sha256.Sum256(content)
	der := sign(t, key, cert, alg, content)

	t.Run("trailing bytes", func(t *testing.T) {
		if _, err := Parse(append(der[:len(der):len(der)], 0)); !errors.Is(err, ErrFormat) {
			t.Errorf("got %v", err)
		}
		if _, err := ParsePadded(append(der[:len(der):len(der)], 0, 0)); err != nil {
			t.Errorf("zero padding: %v", err)
		}
		if sd, err := ParsePadded(append(der[:len(der):len(der)], 0, 1, 2, 0)); err != nil || sd.Trailing != 2 {
			t.Errorf("other padding: %+v, %v", sd, err)
		}
	})
	t.Run("every truncation", func(t *testing.T) {
		for n := range der {
			if _, err := Parse(der[:n]); err == nil {
				t.Fatalf("%d of %d bytes accepted", n, len(der))
			}
		}
	})
	t.Run("every flipped byte", func(t *testing.T) {
		for i := range der {
			bad := append([]byte{}, der...)
			bad[i] ^= 1
			sd, err := Parse(bad)
			if err != nil {
				continue
			}
			if c, err := sd.Verify(sum[:]); err == nil && !harmless(sd, c, cert) {
				t.Errorf("byte %d flipped: accepted", i)
			}
		}
	})
	t.Run("another certificate with the same issuer and serial", func(t *testing.T) {
		other := newCert(t, ecKey(t, elliptic.P256()))
		sd, err := Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		sd.Certificates = []*x509.Certificate{other}
		if _, err := sd.Verify(sum[:]); !errors.Is(err, ErrConstraint) {
			t.Errorf("got %v", err)
		}
		sd.Certificates = []*x509.Certificate{other, cert}
		if got, err := sd.Verify(sum[:]); err != nil || !got.Equal(cert) {
			t.Errorf("with the right one too: %v", err)
		}
	})
	t.Run("two signer infos", func(t *testing.T) {
		b := Builder{Algorithm: alg, Certificate: cert}
		attrs, _ := b.SignedAttributes(sum[:])
		sig, _ := alg.Sign(rand.Reader, key, attrs)
		info, _ := b.signerInfo(attrs, sig, nil)
		sd := &SignedData{}
		var body cryptobyte.Builder
		body.AddASN1Int64(1)
		body.AddASN1(cbasn1.SET, func(o *cryptobyte.Builder) { AddHashIdentifier(o, alg.Hash) })
		body.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) { o.AddASN1ObjectIdentifier(OIDData) })
		body.AddASN1(cbasn1.SET, func(o *cryptobyte.Builder) { o.AddBytes(info); o.AddBytes(info) })
		if err := sd.parseBody(body.BytesOrPanic()); !errors.Is(err, ErrFormat) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("algorithm of another key type", func(t *testing.T) {
		for _, a := range []Algorithm{{Scheme: RSAPKCS1, Hash: crypto.SHA256}, {Scheme: RSAPSS, Hash: crypto.SHA256},
			{Scheme: Ed25519, Hash: crypto.SHA512}} {
			if err := a.Verify(cert.PublicKey, content, []byte{1}); !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v", a, err)
			}
		}
	})
	t.Run("wrong signature is never assembled", func(t *testing.T) {
		b := Builder{Algorithm: alg, Certificate: cert}
		attrs, _ := b.SignedAttributes(sum[:])
		sig, _ := alg.Sign(rand.Reader, ecKey(t, elliptic.P256()), attrs)
		if _, err := b.Assemble(attrs, sig); !errors.Is(err, ErrSignature) {
			t.Errorf("got %v", err)
		}
	})
}

// TestAlgorithmsMustAgree: what the signature does not protect may not choose how it is verified.
func TestAlgorithmsMustAgree(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	cert := newCert(t, key)
	alg, _ := AlgorithmFor(key.Public(), 0, false)
	content := []byte("content")
	sum := sha256.Sum256(content)
	der := sign(t, key, cert, alg, content)
	ecdsaSHA256 := []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
	at := bytes.LastIndex(der, ecdsaSHA256)
	for name, c := range map[string]struct {
		last byte
		want error
	}{"SHA-512": {4, ErrConstraint}, "SHA-384": {3, ErrConstraint}, "SHA-224": {1, ErrConstraint},
		"unknown": {9, ErrUnsupported}} {
		bad := bytes.Clone(der)
		bad[at+7] = c.last
		if _, err := Parse(bad); !errors.Is(err, c.want) {
			t.Errorf("signature algorithm with %s over a digest of SHA-256: %v", name, err)
		}
	}
	for name, extra := range map[string]Attribute{
		"message-digest twice":      {OIDMessageDigest, [][]byte{append([]byte{4, 32}, make([]byte, 32)...)}},
		"content-type twice":        {OIDContentType, [][]byte{{6, 1, 42}}},
		"signing-certificate twice": {OIDSigningCertificateV2, [][]byte{{0x30, 2, 0x30, 0}}},
		"a foreign algorithm protection": {OIDAlgorithmProtection,
			[][]byte{{0x30, 0x1b, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
				0x02, 0x03, 0xa1, 0x0c, 0x06, 0x0a, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04, 0x05, 0x00}}},
	} {
		b := Builder{Algorithm: alg, Certificate: cert, Extra: []Attribute{extra}}
		attrs, err := b.SignedAttributes(sum[:])
		if err != nil {
			t.Fatal(err)
		}
		sig, _ := alg.Sign(rand.Reader, key, attrs)
		der, err := b.Assemble(attrs, sig)
		if err != nil {
			t.Fatal(err)
		}
		sd, err := Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sd.Verify(sum[:]); !errors.Is(err, ErrConstraint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// harmless: the flip hit what carries no meaning: the SignedData's version or its digestAlgorithms set.
func harmless(sd *SignedData, got, want *x509.Certificate) bool {
	return got.Equal(want) && len(sd.Signer.Signed) == 3
}

// TestStreamedBER: OpenSSL's streaming output has indefinite lengths; it is judged as its DER form is.
func TestStreamedBER(t *testing.T) {
	key := rsaKey(t, 2048)
	cert := newCert(t, key)
	dir := t.TempDir()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("Giao ước thi đua")
	for name, data := range map[string][]byte{"content": content,
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "cms", "-sign", "-cades", "-binary", "-stream", "-outform", "DER", "-md", "sha256",
		"-in", "content", "-signer", "cert.pem", "-inkey", "key.pem", "-out", "sig")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ber, err := os.ReadFile(filepath.Join(dir, "sig"))
	if err != nil {
		t.Fatal(err)
	}
	if ber[1] != 0x80 {
		t.Fatalf("openssl wrote % x: not BER", ber[:4])
	}
	sum := sha256.Sum256(content)
	sd, err := ParsePadded(append(ber, 0, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sd.Verify(sum[:]); err != nil || !got.Equal(cert) || !sd.BER {
		t.Errorf("verify: %v", err)
	}
	if sd, err := ParsePadded(append(ber, 1)); err != nil || sd.Trailing != 1 {
		t.Errorf("trailing byte: %+v, %v", sd, err)
	}
	for n := range ber {
		if _, err := ParsePadded(ber[:n]); err == nil {
			t.Fatalf("%d of %d bytes accepted", n, len(ber))
		}
	}
}

func FuzzParse(f *testing.F) {
	key := ecKey(f, elliptic.P256())
	alg, _ := AlgorithmFor(key.Public(), 0, false)
	f.Add(sign(f, key, newCert(f, key), alg, []byte("x")))
	f.Fuzz(func(t *testing.T, der []byte) {
		sd, err := ParsePadded(der)
		if err != nil {
			return
		}
		_, _ = sd.Verify(make([]byte, 32))
		_, _ = sd.Signer.SigningTime()
	})
}
