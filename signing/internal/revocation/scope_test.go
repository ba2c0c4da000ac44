package revocation_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"covenant/signing/internal/revocation"
)

var (
	oidPoints = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidIssued = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidDelta  = asn1.ObjectIdentifier{2, 5, 29, 27}
)

// tlv is one DER element; none here reaches 128 bytes.
func tlv(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return append([]byte{tag, byte(len(body))}, body...)
}

// attribute is one AttributeTypeAndValue of a common name.
func attribute(cn string) []byte {
	return tlv(0x30, []byte{6, 3, 0x55, 4, 3}, tlv(0x0c, []byte(cn)))
}

// A list says "good" only of certificates of its own distribution point (RFC 5280 §6.3.3 (b), PKITS 4.14).
// crypto/x509 reads no certificate whose point is a relative name, so none is tried.
func TestScopeOfLists(t *testing.T) {
	directory := func(cns ...string) []byte {
		var rdns [][]byte
		for _, cn := range cns {
			rdns = append(rdns, tlv(0x31, attribute(cn)))
		}
		return tlv(0xa4, tlv(0x30, rdns...))
	}
	uri := func(s string) []byte { return tlv(0x86, []byte(s)) }
	full := func(names ...[]byte) []byte { return tlv(0xa0, tlv(0xa0, names...)) }
	relative := func(cn string) []byte { return tlv(0xa0, tlv(0xa1, attribute(cn))) }
	points := func(parts ...[]byte) []byte { return tlv(0x30, tlv(0x30, parts...)) }
	scope := func(parts ...[]byte) []byte { return tlv(0x30, parts...) }
	one, two := full(uri("http://a/1")), full(uri("http://a/2"))
	for _, c := range []struct {
		name      string
		cert, crl []byte // CRLDistributionPoints, IssuingDistributionPoint
		delta     bool
		good      bool
	}{
		{"neither names a point", nil, nil, false, true},
		{"4.14.1 same directory name", points(full(directory("CA", "1"))), scope(full(directory("CA", "1"))), false,
			true},
		{"4.14.2 another directory name", points(full(directory("CA", "1"))), scope(full(directory("CA", "2"))), false,
			false},
		{"relative to full", points(full(directory("CA", "1"))), scope(relative("1")), false, true},
		{"another relative", points(full(directory("CA", "1"))), scope(relative("2")), false, false},
		{"list names a point, certificate none", nil, scope(two), false, false},
		{"certificate without point, the issuer's name", nil, scope(full(directory("CA"))), false, true},
		{"same URL", points(one), scope(one), false, true},
		{"another URL", points(one), scope(two), false, false},
		{"URL against directory name", points(one), scope(full(directory("CA", "1"))), false, false},
		{"point for some reasons", points(one, []byte{0x81, 2, 6, 0x40}), scope(one), false, false},
		{"point of another list issuer", points(one, tlv(0xa2, directory("B"))), scope(one), false, false},
		{"empty point of the list", points(one), scope(tlv(0xa0)), false, false},
		{"people only", nil, scope([]byte{0x81, 1, 0xff}), false, true},
		{"4.14.12 authorities only", nil, scope([]byte{0x82, 1, 0xff}), false, false},
		{"4.14.14 attributes only", nil, scope([]byte{0x85, 1, 0xff}), false, false},
		{"4.14.15 some reasons", nil, scope([]byte{0x83, 2, 6, 0x40}), false, false},
		{"4.14.22 indirect, of the own issuer", nil, scope([]byte{0x84, 1, 0xff}), false, true},
		{"4.15.1 delta, not critical", nil, nil, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert, issuer, der := listed(t, c.cert, c.crl, c.delta)
			e, err := revocation.ParseCRL(der, cert, issuer)
			if (err == nil) != c.good || (c.good && e.Revoked) {
				t.Errorf("%+v, %v: want good %v", e, err, c.good)
			}
		})
	}
}

// listed makes a certificate with points and an empty list with scope, of one authority "CA".
func listed(t *testing.T, points, scope []byte, delta bool) (cert, issuer *x509.Certificate, list []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certify := func(tmpl, parent *x509.Certificate) *x509.Certificate {
		tmpl.NotBefore, tmpl.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	subject := pkix.RDNSequence{{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: asn1.RawValue{Tag: 12,
		Bytes: []byte("CA")}}}}
	raw, err := asn1.Marshal(subject)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), RawSubject: raw, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCRLSign | x509.KeyUsageCertSign, SubjectKeyId: []byte{1}}
	issuer = certify(ca, ca)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "An"}}
	if points != nil {
		leaf.ExtraExtensions = []pkix.Extension{{Id: oidPoints, Value: points}}
	}
	cert = certify(leaf, issuer)
	tmpl := &x509.RevocationList{Number: big.NewInt(2), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}
	if scope != nil {
		tmpl.ExtraExtensions = []pkix.Extension{{Id: oidIssued, Critical: true, Value: scope}}
	}
	if delta {
		tmpl.ExtraExtensions = append(tmpl.ExtraExtensions, pkix.Extension{Id: oidDelta, Value: []byte{2, 1, 1}})
	}
	if list, err = x509.CreateRevocationList(rand.Reader, tmpl, issuer, key); err != nil {
		t.Fatal(err)
	}
	return cert, issuer, list
}
