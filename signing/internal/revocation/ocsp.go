package revocation

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidBasic   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidCutoff  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}
)

func malformed(what string) error { return fmt.Errorf("%s: %w", what, ErrFormat) }

func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// basicResponse is BasicOCSPResponse (RFC 6960, 4.2.1) with the one SingleResponse that is asked for.
type basicResponse struct {
	tbs       cryptobyte.String
	responder cryptobyte.String // ResponderID, whole element
	produced  time.Time
	algorithm cms.Algorithm
	signature []byte
	certs     [][]byte // DER
	responses cryptobyte.String
}

// ParseOCSP checks an OCSPResponse (or a bare BasicOCSPResponse) about cert, issued by issuer.
func ParseOCSP(der []byte, cert, issuer *x509.Certificate) (*Evidence, error) {
	basic, err := parseOCSPResponse(der)
	if err != nil {
		return nil, err
	}
	return basic.evidence(der, cert, issuer, &delegates{})
}

func (b *basicResponse) evidence(der []byte, cert, issuer *x509.Certificate, known *delegates) (*Evidence, error) {
	e := &Evidence{Kind: OCSP, DER: der, ProducedAt: b.produced, notAfter: cert.NotAfter}
	if err := b.find(e, cert, issuer); err != nil {
		return nil, err
	}
	key := badKey{b, string(issuer.Raw)}
	if known.bad[key] {
		return nil, ErrSigner
	}
	if err := b.verify(e, issuer, known); err != nil {
		if known.bad == nil {
			known.bad = map[badKey]bool{}
		}
		known.bad[key] = true
		return nil, err
	}
	return e, nil
}

func parseOCSPResponse(der []byte) (*basicResponse, error) {
	in := cryptobyte.String(der)
	var seq, wrapped, inner, octets cryptobyte.String
	var status int
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, malformed("OCSP response")
	}
	if !seq.PeekASN1Tag(cbasn1.ENUM) {
		return parseBasic(seq)
	}
	if !seq.ReadASN1Enum(&status) {
		return nil, malformed("OCSP response status")
	}
	if status != 0 {
		return nil, fmt.Errorf("OCSP responder answered with status %d: %w", status, ErrUnavailable)
	}
	if !seq.ReadASN1(&wrapped, explicit(0)) || !seq.Empty() || !wrapped.ReadASN1(&inner, cbasn1.SEQUENCE) ||
		!wrapped.Empty() ||
		!inner.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidBasic) ||
		!inner.ReadASN1(&octets, cbasn1.OCTET_STRING) || !inner.Empty() ||
		!octets.ReadASN1(&seq, cbasn1.SEQUENCE) || !octets.Empty() {
		return nil, malformed("OCSP response")
	}
	return parseBasic(seq)
}

func parseBasic(seq cryptobyte.String) (*basicResponse, error) {
	b := &basicResponse{}
	var err error
	if !seq.ReadASN1Element(&b.tbs, cbasn1.SEQUENCE) {
		return nil, malformed("OCSP response data")
	}
	if b.algorithm, err = cms.ReadAlgorithm(&seq); err != nil {
		return nil, fmt.Errorf("OCSP response: %w: %w", ErrFormat, err)
	}
	var bits asn1.BitString
	var certs, list cryptobyte.String
	var has bool
	if !seq.ReadASN1BitString(&bits) || bits.BitLength%8 != 0 ||
		!seq.ReadOptionalASN1(&certs, &has, explicit(0)) || !seq.Empty() {
		return nil, malformed("OCSP response signature")
	}
	b.signature = bits.Bytes
	if has {
		if !certs.ReadASN1(&list, cbasn1.SEQUENCE) {
			return nil, malformed("OCSP response certificates")
		}
		for !list.Empty() {
			var one cryptobyte.String
			if len(b.certs) == 20 || !list.ReadASN1Element(&one, cbasn1.SEQUENCE) {
				return nil, malformed("OCSP response certificates")
			}
			b.certs = append(b.certs, one)
		}
	}
	return b, b.parseData()
}

func (b *basicResponse) parseData() error {
	tbs := b.tbs
	var data cryptobyte.String
	var tag cbasn1.Tag
	if !tbs.ReadASN1(&data, cbasn1.SEQUENCE) || !data.SkipOptionalASN1(explicit(0)) ||
		!data.ReadAnyASN1Element(&b.responder, &tag) || !data.ReadASN1GeneralizedTime(&b.produced) ||
		!data.ReadASN1(&b.responses, cbasn1.SEQUENCE) {
		return malformed("OCSP response data")
	}
	return nil
}

// find reads the SingleResponse about cert into e.
func (b *basicResponse) find(e *Evidence, cert, issuer *x509.Certificate) error {
	list := b.responses
	for n := 0; !list.Empty(); n++ {
		var single cryptobyte.String
		if n == 1000 || !list.ReadASN1(&single, cbasn1.SEQUENCE) {
			return malformed("OCSP single response")
		}
		about, err := readCertID(&single, cert, issuer)
		if err != nil {
			return err
		}
		if about {
			return e.readStatus(single)
		}
	}
	return ErrOther
}

// readCertID reads CertID (RFC 6960, 4.1.1) and compares all of it.
func readCertID(s *cryptobyte.String, cert, issuer *x509.Certificate) (bool, error) {
	var id, name, key cryptobyte.String
	serial := new(big.Int)
	if !s.ReadASN1(&id, cbasn1.SEQUENCE) {
		return false, malformed("OCSP certificate identifier")
	}
	h, err := cms.ReadHashIdentifier(&id)
	if err != nil || !id.ReadASN1(&name, cbasn1.OCTET_STRING) || !id.ReadASN1(&key, cbasn1.OCTET_STRING) ||
		!id.ReadASN1Integer(serial) || !id.Empty() {
		return false, malformed("OCSP certificate identifier")
	}
	if serial.Cmp(cert.SerialNumber) != 0 {
		return false, nil
	}
	wantName, wantKey, err := issuerHashes(issuer, h)
	if err != nil {
		return false, err
	}
	return bytes.Equal(name, wantName) && bytes.Equal(key, wantKey), nil
}

// issuerHashes hashes the issuer's name and the bits of its public key.
func issuerHashes(issuer *x509.Certificate, h crypto.Hash) (name, key []byte, err error) {
	spki := cryptobyte.String(issuer.RawSubjectPublicKeyInfo)
	var seq cryptobyte.String
	var bits asn1.BitString
	if !spki.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.SkipASN1(cbasn1.SEQUENCE) || !seq.ReadASN1BitString(&bits) {
		return nil, nil, malformed("public key of the issuer")
	}
	sum := func(data []byte) []byte {
		d := h.New()
		d.Write(data)
		return d.Sum(nil)
	}
	return sum(issuer.RawSubject), sum(bits.Bytes), nil
}

func (e *Evidence) readStatus(s cryptobyte.String) error {
	var status cryptobyte.String
	var tag cbasn1.Tag
	if !s.ReadAnyASN1(&status, &tag) {
		return malformed("OCSP status")
	}
	switch tag {
	case cbasn1.Tag(0).ContextSpecific():
	case explicit(1):
		e.Revoked = true
		var reason cryptobyte.String
		var has bool
		if !status.ReadASN1GeneralizedTime(&e.RevokedAt) || !status.ReadOptionalASN1(&reason, &has, explicit(0)) ||
			(has && !reason.ReadASN1Enum(&e.Reason)) {
			return malformed("OCSP revoked status")
		}
	case cbasn1.Tag(2).ContextSpecific():
		return ErrUnknown
	default:
		return malformed("OCSP status")
	}
	var next, exts cryptobyte.String
	var has bool
	if !s.ReadASN1GeneralizedTime(&e.ThisUpdate) || !s.ReadOptionalASN1(&next, &has, explicit(0)) ||
		(has && !next.ReadASN1GeneralizedTime(&e.NextUpdate)) || !s.ReadOptionalASN1(&exts, &has, explicit(1)) ||
		!s.Empty() {
		return malformed("OCSP status times")
	}
	if has {
		return e.readExtensions(exts)
	}
	return nil
}

// readExtensions looks for archive cutoff (RFC 6960, 4.4.4); an unknown critical extension is refused.
func (e *Evidence) readExtensions(s cryptobyte.String) error {
	var list cryptobyte.String
	if !s.ReadASN1(&list, cbasn1.SEQUENCE) {
		return malformed("OCSP extensions")
	}
	for !list.Empty() {
		var ext, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		critical := false
		if !list.ReadASN1(&ext, cbasn1.SEQUENCE) || !ext.ReadASN1ObjectIdentifier(&oid) ||
			(ext.PeekASN1Tag(cbasn1.BOOLEAN) && !ext.ReadASN1Boolean(&critical)) ||
			!ext.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return malformed("OCSP extension")
		}
		if oid.Equal(oidCutoff) {
			if !value.ReadASN1GeneralizedTime(&e.cutoff) {
				return malformed("OCSP archive cutoff")
			}
		} else if critical {
			return malformed("OCSP critical extension " + oid.String())
		}
	}
	return nil
}

// verify checks the signature and that its maker may answer for the issuer (RFC 6960, 4.2.2.2).
func (b *basicResponse) verify(e *Evidence, issuer *x509.Certificate, known *delegates) error {
	if b.algorithm.Weak() {
		return fmt.Errorf("OCSP response signed with %s: %w", b.algorithm, ErrSigner)
	}
	if b.signedBy(issuer) {
		e.Responder = issuer
		return nil
	}
	for _, der := range b.certs {
		c := known.parse(der)
		if c == nil || !b.signedBy(c) {
			continue
		}
		e.Responder, e.Delegated = c, !c.Equal(issuer)
		if !e.Delegated {
			return nil
		}
		return e.checkDelegate(c, issuer, known)
	}
	return ErrSigner
}

func (b *basicResponse) signedBy(c *x509.Certificate) bool {
	return b.namedBy(c) && b.algorithm.Verify(c.PublicKey, b.tbs, b.signature) == nil
}

func (b *basicResponse) namedBy(c *x509.Certificate) bool {
	id := b.responder
	var name, key cryptobyte.String
	if id.PeekASN1Tag(explicit(1)) {
		return id.ReadASN1(&name, explicit(1)) && bytes.Equal(name, c.RawSubject)
	}
	if !id.ReadASN1(&name, explicit(2)) || !name.ReadASN1(&key, cbasn1.OCTET_STRING) {
		return false
	}
	_, sum, err := issuerHashes(c, crypto.SHA1)
	return err == nil && bytes.Equal(key, sum)
}

func (e *Evidence) checkDelegate(c, issuer *x509.Certificate, known *delegates) error {
	if !known.certified(c, issuer) {
		return fmt.Errorf("responder %q is not certified by %q: %w", c.Subject.CommonName, issuer.Subject.CommonName,
			ErrSigner)
	}
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
		return fmt.Errorf("certificate %q is not for OCSP: %w", c.Subject.CommonName, ErrSigner)
	}
	if e.ProducedAt.Before(c.NotBefore) || e.ProducedAt.After(c.NotAfter) {
		return fmt.Errorf("responder's certificate %q is not valid at %s: %w", c.Subject.CommonName,
			e.ProducedAt.Format(time.RFC3339), ErrSigner)
	}
	for _, ext := range c.Extensions {
		e.NoCheck = e.NoCheck || ext.Id.Equal(oidNoCheck)
	}
	return nil
}

// Request is the DER OCSPRequest about cert, with SHA-1 in the identifier as RFC 5019 asks of clients.
func Request(cert, issuer *x509.Certificate) ([]byte, error) {
	name, key, err := issuerHashes(issuer, crypto.SHA1)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	seq := func(b *cryptobyte.Builder, f func(*cryptobyte.Builder)) { b.AddASN1(cbasn1.SEQUENCE, f) }
	seq(&b, func(b *cryptobyte.Builder) { // OCSPRequest
		seq(b, func(b *cryptobyte.Builder) { // TBSRequest
			seq(b, func(b *cryptobyte.Builder) { // requestList
				seq(b, func(b *cryptobyte.Builder) { // Request
					seq(b, func(b *cryptobyte.Builder) { // CertID
						seq(b, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(cms.HashOID(crypto.SHA1))
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(name)
						b.AddASN1OctetString(key)
						b.AddASN1BigInt(cert.SerialNumber)
					})
				})
			})
		})
	})
	return b.Bytes()
}
