package devpki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// ocspStatus is one answer: the response that RFC 6960, 4.2.1 calls a SingleResponse, and who signs it.
type ocspStatus struct {
	req        *ocsp.Request
	status     int // ocsp.Good, Revoked, Unknown
	revocation Revocation
	produced   time.Time
	next       time.Time
	by         Identity
}

// ocspResponse answers for certificates of the issuing authority and of the other root; anything else is unknown.
func (p *PKI) ocspResponse(req *ocsp.Request, fault Fault) ([]byte, error) {
	now := p.now().UTC().Truncate(time.Second)
	s := ocspStatus{req: req, status: ocsp.Unknown, produced: now, by: p.roles[roleOCSP]}
	p.mu.Lock()
	for _, issuer := range []role{roleIssuing, roleOtherRoot} {
		if !names(req, p.roles[issuer].Certificate) {
			continue
		}
		if issuer == roleOtherRoot {
			s.by = p.roles[roleStranger]
		}
		for _, cert := range p.issuedBy(p.roles[issuer].Certificate) {
			if cert.SerialNumber.Cmp(req.SerialNumber) == 0 {
				s.status = ocsp.Good
				if rev, ok := p.revoked[serialKey(cert)]; ok {
					s.status, s.revocation = ocsp.Revoked, rev
				}
			}
		}
	}
	p.mu.Unlock()
	switch fault {
	case Unknown:
		s.status = ocsp.Unknown
	case Stale:
		s.produced = now.Add(-60 * 24 * time.Hour)
	case WrongSigner:
		s.by = p.roles[roleStranger]
	}
	s.next = s.produced.Add(24 * time.Hour)
	return s.encode()
}

// names reports whether the request's issuer hashes are those of the certificate (RFC 6960, 4.1.1).
func names(req *ocsp.Request, issuer *x509.Certificate) bool {
	if !req.HashAlgorithm.Available() {
		return false
	}
	h := req.HashAlgorithm.New()
	h.Write(issuer.RawSubject)
	if !bytes.Equal(h.Sum(nil), req.IssuerNameHash) {
		return false
	}
	var spki cryptobyte.String
	var key asn1.BitString
	in := cryptobyte.String(issuer.RawSubjectPublicKeyInfo)
	if !in.ReadASN1(&spki, cbasn1.SEQUENCE) || !spki.SkipASN1(cbasn1.SEQUENCE) || !spki.ReadASN1BitString(&key) {
		return false
	}
	h.Reset()
	h.Write(key.Bytes)
	return bytes.Equal(h.Sum(nil), req.IssuerKeyHash)
}

// encode is our own rather than the library's, which rounds producedAt down to the minute: data produced before the
// signature they are about would prove nothing about it.
func (s *ocspStatus) encode() ([]byte, error) {
	explicit := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	var tbs cryptobyte.Builder
	tbs.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ResponseData
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(s.by.Certificate.RawSubject) }) // byName
		b.AddASN1GeneralizedTime(s.produced)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SingleResponse
				s.addCertID(b)
				s.addStatus(b)
				b.AddASN1GeneralizedTime(s.produced)
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(s.next) })
			})
		})
	})
	data, err := tbs.Bytes()
	if err != nil {
		return nil, err
	}
	key, ok := s.by.Signer.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("OCSP responder with a key of type %T", s.by.Signer)
	}
	h := crypto.SHA256.New()
	h.Write(data)
	sig, err := key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return wrapBasic(data, sig, s.by.Certificate)
}

func wrapBasic(data, sig []byte, responder *x509.Certificate) ([]byte, error) {
	explicit0 := cbasn1.Tag(0).ContextSpecific().Constructed()
	var basic, out cryptobyte.Builder
	basic.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // BasicOCSPResponse
		b.AddBytes(data)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2})
		})
		b.AddASN1BitString(sig)
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(responder.Raw) })
		})
	})
	inner, err := basic.Bytes()
	if err != nil {
		return nil, err
	}
	out.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // OCSPResponse
		b.AddASN1Enum(0)
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
				b.AddASN1OctetString(inner)
			})
		})
	})
	return out.Bytes()
}

func (s *ocspStatus) addCertID(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(cms.HashOID(s.req.HashAlgorithm))
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(s.req.IssuerNameHash)
		b.AddASN1OctetString(s.req.IssuerKeyHash)
		b.AddASN1BigInt(s.req.SerialNumber)
	})
}

func (s *ocspStatus) addStatus(b *cryptobyte.Builder) {
	switch s.status {
	case ocsp.Good:
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
	case ocsp.Revoked:
		b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(s.revocation.At)
			if s.revocation.Reason != 0 {
				b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
					b.AddASN1Enum(int64(s.revocation.Reason))
				})
			}
		})
	default:
		b.AddASN1(cbasn1.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
	}
}
