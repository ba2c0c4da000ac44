package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// looseCertificate reads of a certificate that package x509 refuses (for a negative serial number, a wrong kind of
// string, an unknown curve) what it takes to verify a signature with it: issuer, serial number, subject, period and
// key. It has no signature of its own, so that no chain can be built on it; nil where that much cannot be read either.
func looseCertificate(der []byte) *x509.Certificate {
	in := cryptobyte.String(der)
	var cert, tbs, raw, issuer, validity, subject, spki cryptobyte.String
	if !in.ReadASN1(&cert, cbasn1.SEQUENCE) || !in.Empty() || !cert.ReadASN1Element(&raw, cbasn1.SEQUENCE) {
		return nil
	}
	c := &x509.Certificate{Raw: der, RawTBSCertificate: raw, SerialNumber: new(big.Int)}
	body := raw
	if !body.ReadASN1(&tbs, cbasn1.SEQUENCE) || !tbs.SkipOptionalASN1(cbasn1.Tag(0).ContextSpecific().Constructed()) ||
		!tbs.ReadASN1Integer(c.SerialNumber) || !tbs.SkipASN1(cbasn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) || !tbs.ReadASN1Element(&spki, cbasn1.SEQUENCE) {
		return nil
	}
	c.RawIssuer, c.RawSubject, c.RawSubjectPublicKeyInfo = issuer, subject, spki
	if key, err := x509.ParsePKIXPublicKey(spki); err == nil {
		c.PublicKey = key // else see PublicKey
	}
	if !validity.ReadASN1UTCTime(&c.NotBefore) || !validity.ReadASN1UTCTime(&c.NotAfter) {
		return nil
	}
	c.Subject.CommonName = commonName(subject)
	return c
}

// PublicKey is a certificate's key; nil for kinds that cannot be verified. Package x509 does not read RSA keys that are
// marked as for RSASSA-PSS only (RFC 4055, 1.2); this does.
func PublicKey(c *x509.Certificate) crypto.PublicKey {
	if c.PublicKey != nil {
		return c.PublicKey
	}
	if key, _, ok := pssKey(c); ok {
		return key
	}
	return nil
}

// pssKey reads a key that is marked as for RSASSA-PSS only, and what it asks for; nil parameters leave that open.
func pssKey(c *x509.Certificate) (key *rsa.PublicKey, parameters cryptobyte.String, ok bool) {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var spki, bits cryptobyte.String
	if !in.ReadASN1(&spki, cbasn1.SEQUENCE) {
		return nil, nil, false
	}
	id, read := readIdentifier(&spki)
	if !read || !id.oid.Equal(oidPSS) || !spki.ReadASN1(&bits, cbasn1.BIT_STRING) || len(bits) == 0 {
		return nil, nil, false
	}
	key, err := x509.ParsePKCS1PublicKey(bits[1:])
	return key, id.params, err == nil
}

// AlgorithmOf is [AlgorithmFor] the key of a certificate. One that is marked as for RSASSA-PSS gets that whatever is
// asked for, with the hash that its parameters name, if any; another hash is an error (RFC 4055, 1.2 and 3.3).
func AlgorithmOf(c *x509.Certificate, hash crypto.Hash, pss bool) (Algorithm, error) {
	key, parameters, only := pssKey(c)
	if !only {
		return AlgorithmFor(PublicKey(c), hash, pss)
	}
	if len(parameters) > 0 {
		wanted, err := readPSSParameters(parameters)
		switch {
		case err != nil:
			return Algorithm{}, fmt.Errorf("key: %w", err)
		case wanted.MaskHash != 0:
			return Algorithm{}, fmt.Errorf("RSA-PSS key with another hash for its mask: %w", ErrUnsupported)
		case hash != 0 && hash != wanted.Hash:
			return Algorithm{}, fmt.Errorf("the key is for RSA-PSS with %s, not with %s: %w", wanted.Hash, hash,
				ErrUnsupported)
		}
		hash = wanted.Hash
	}
	return AlgorithmFor(key, hash, true)
}

var oidCommonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// commonName finds the common name in a Name, whatever else is wrong with it.
func commonName(name []byte) string {
	for _, part := range nameParts(name) {
		if part.oid.Equal(oidCommonName) {
			return strings.ToValidUTF8(string(part.value), "�")
		}
	}
	return ""
}

type namePart struct {
	oid   asn1.ObjectIdentifier
	value []byte // of a string, in its own encoding
}

// nameParts lists the attributes of a Name in order.
func nameParts(name []byte) []namePart {
	in := cryptobyte.String(name)
	var seq, set, attr, value cryptobyte.String
	var out []namePart
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return nil
	}
	for seq.ReadASN1(&set, cbasn1.SET) {
		for set.ReadASN1(&attr, cbasn1.SEQUENCE) {
			var p namePart
			var tag cbasn1.Tag
			if !attr.ReadASN1ObjectIdentifier(&p.oid) || !attr.ReadAnyASN1(&value, &tag) {
				return nil
			}
			p.value = value
			out = append(out, p)
		}
	}
	return out
}

// sameName compares two names as RFC 5280, 7.1 does: whatever the kinds of strings, without regard to case and to the
// number of spaces.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y pkix.RDNSequence
	if _, err := asn1.Unmarshal(a, &x); err != nil || len(x) == 0 {
		return false
	}
	if _, err := asn1.Unmarshal(b, &y); err != nil || len(x) != len(y) {
		return false
	}
	for i := range x {
		if len(x[i]) != len(y[i]) {
			return false
		}
		for j := range x[i] {
			s, ok1 := x[i][j].Value.(string)
			t, ok2 := y[i][j].Value.(string)
			if !ok1 || !ok2 || !x[i][j].Type.Equal(y[i][j].Type) || !strings.EqualFold(fold(s), fold(t)) {
				return false
			}
		}
	}
	return true
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
