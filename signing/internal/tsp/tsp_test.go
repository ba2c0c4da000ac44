package tsp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/internal/tsp"
)

// authority is a time-stamp authority with a certificate of the given extended key usages.
func authority(t testing.TB, critical bool, usages ...asn1.ObjectIdentifier) *tsp.Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	value, err := asn1.Marshal(usages)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "TSA"},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37},
			Critical: critical, Value: value}}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tsp.Authority{Signer: key, Certificate: cert, Policy: asn1.ObjectIdentifier{2, 999, 1}}
}

var (
	timeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	codeSigning  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 3}
)

func TestTokenRoundTrip(t *testing.T) {
	a := authority(t, true, timeStamping)
	now := time.Now().UTC().Truncate(time.Second)
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		d := h.New()
		d.Write([]byte("x"))
		digest := d.Sum(nil)
		req := &tsp.Request{Hash: h, Imprint: digest, Nonce: big.NewInt(99), CertReq: true, Policy: a.Policy}
		der, err := req.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := tsp.ParseRequest(der)
		if err != nil || back.Nonce.Cmp(req.Nonce) != 0 || !back.CertReq || !back.Policy.Equal(a.Policy) {
			t.Fatalf("request: %+v, %v", back, err)
		}
		resp, err := a.Issue(back, now)
		if err != nil {
			t.Fatal(err)
		}
		token, err := tsp.ParseResponse(resp)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Verify(digest); err != nil || !token.Time.Equal(now) || token.Accuracy != time.Second ||
			!token.Certificate.Equal(a.Certificate) {
			t.Errorf("%s: %v, %+v", h, err, token)
		}
	}
}

func TestPurposeIsTimeStampingAlone(t *testing.T) {
	digest := sha256.Sum256([]byte("x"))
	for name, a := range map[string]*tsp.Authority{
		"not critical": authority(t, false, timeStamping), "another purpose": authority(t, true, codeSigning),
		"two purposes": authority(t, true, timeStamping, codeSigning),
	} {
		der, err := a.Token(&tsp.Request{Hash: crypto.SHA256, Imprint: digest[:]}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		token, err := tsp.ParseToken(der)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Verify(digest[:]); !errors.Is(err, tsp.ErrPurpose) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusalHasTheAuthoritysWords(t *testing.T) {
	_, err := tsp.ParseResponse(tsp.Refusal("thuật toán không được phép"))
	if !errors.Is(err, tsp.ErrRefused) || err == nil || !strings.Contains(err.Error(), "thuật toán không được phép") {
		t.Errorf("got %v", err)
	}
}

func TestClientRefusesBadQuestions(t *testing.T) {
	var none tsp.Client
	if _, err := none.Timestamp(t.Context(), make([]byte, 32), crypto.SHA256); !errors.Is(err, tsp.ErrUnavailable) {
		t.Errorf("no authority: %v", err)
	}
	c := tsp.Client{URLs: []string{"http://127.0.0.1:1/"}}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.MD5, crypto.SHA512} {
		if _, err := c.Timestamp(t.Context(), make([]byte, 20), h); !errors.Is(err, cms.ErrUnsupported) {
			t.Errorf("%s: %v", h, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	a := authority(f, true, timeStamping)
	digest := sha512.Sum512([]byte("x"))
	req := &tsp.Request{Hash: crypto.SHA512, Imprint: digest[:], Nonce: big.NewInt(99), CertReq: true}
	der, err := req.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	resp, err := a.Issue(req, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add(resp)
	f.Add(tsp.Refusal("no"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = tsp.ParseRequest(data)
		if token, err := tsp.ParseResponse(data); err == nil {
			_ = token.VerifySignature()
		}
		if token, err := tsp.ParsePaddedToken(data); err == nil {
			_ = token.VerifySignature()
		}
	})
}
