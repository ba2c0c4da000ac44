package revocation

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidCRLNumber    = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidAuthorityKey = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidIssuingPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidExpiredOnCRL = asn1.ObjectIdentifier{2, 5, 29, 60}
	oidDelta        = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidReason       = asn1.ObjectIdentifier{2, 5, 29, 21}
)

// List is a parsed revocation list whose signature is not yet checked.
type List struct {
	raw     []byte
	parsed  *x509.RevocationList
	entries map[string]*x509.RevocationListEntry // by serial number; filled at the first question
	err     error                                // of an entry: the whole list is refused
	checked map[string]error                     // signature check by the issuer's certificate
}

// ParseList reads a DER CertificateList once, to be asked about many certificates, by one goroutine at a time.
func ParseList(der []byte) (*List, error) {
	if !exactly(der) {
		return nil, malformed("revocation list")
	}
	l, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("revocation list: %w: %w", ErrFormat, err)
	}
	return &List{raw: der, parsed: l}, nil
}

// exactly reports whether der is one CertificateList of three elements (RFC 5280, 5.1) and nothing else: crypto/x509
// reads over what follows the list, or the signature within it.
func exactly(der []byte) bool {
	in := cryptobyte.String(der)
	var list cryptobyte.String
	return in.ReadASN1(&list, cbasn1.SEQUENCE) && in.Empty() && list.SkipASN1(cbasn1.SEQUENCE) &&
		list.SkipASN1(cbasn1.SEQUENCE) && list.SkipASN1(cbasn1.BIT_STRING) && list.Empty()
}

// ParseCRL checks a revocation list of issuer and looks cert up in it.
func ParseCRL(der []byte, cert, issuer *x509.Certificate) (*Evidence, error) {
	l, err := ParseList(der)
	if err != nil {
		return nil, err
	}
	return l.Find(cert, issuer)
}

// Find checks the list's signature and scope (RFC 5280, 6.3.3) and looks cert up. Delta and indirect lists are refused.
func (l *List) Find(cert, issuer *x509.Certificate) (*Evidence, error) {
	if !bytes.Equal(l.parsed.RawIssuer, issuer.RawSubject) || !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
		return nil, ErrOther
	}
	if err := l.signedBy(issuer); err != nil {
		return nil, err
	}
	e := &Evidence{Kind: CRL, DER: l.raw, ThisUpdate: l.parsed.ThisUpdate, NextUpdate: l.parsed.NextUpdate,
		Responder: issuer, notAfter: cert.NotAfter}
	if err := l.checkExtensions(e, cert); err != nil {
		return nil, err
	}
	l.index()
	if l.err != nil {
		return nil, l.err
	}
	if entry := l.entries[string(cert.SerialNumber.Bytes())]; entry != nil {
		e.Revoked, e.RevokedAt, e.Reason = true, entry.RevocationTime, entry.ReasonCode
	}
	return e, nil
}

func (l *List) signedBy(issuer *x509.Certificate) error {
	err, ok := l.checked[string(issuer.Raw)]
	if !ok {
		if err = l.parsed.CheckSignatureFrom(issuer); err != nil {
			err = fmt.Errorf("revocation list: %w: %w", ErrSigner, err)
		}
		if l.checked == nil {
			l.checked = map[string]error{}
		}
		l.checked[string(issuer.Raw)] = err
	}
	return err
}

// index makes the entries findable, once.
func (l *List) index() {
	if l.entries != nil {
		return
	}
	l.entries = make(map[string]*x509.RevocationListEntry, len(l.parsed.RevokedCertificateEntries))
	for i := range l.parsed.RevokedCertificateEntries {
		entry := &l.parsed.RevokedCertificateEntries[i]
		for _, ext := range entry.Extensions {
			if ext.Critical && !ext.Id.Equal(oidReason) {
				l.err = malformed("revocation list with critical entry extension " + ext.Id.String())
			}
		}
		l.entries[string(entry.SerialNumber.Bytes())] = entry
	}
}

func (l *List) checkExtensions(e *Evidence, cert *x509.Certificate) error {
	for _, ext := range l.parsed.Extensions {
		switch {
		case ext.Id.Equal(oidCRLNumber), ext.Id.Equal(oidAuthorityKey):
		case ext.Id.Equal(oidIssuingPoint):
			if err := checkScope(ext.Value, cert); err != nil {
				return err
			}
		case ext.Id.Equal(oidExpiredOnCRL):
			v := cryptobyte.String(ext.Value)
			if !v.ReadASN1GeneralizedTime(&e.cutoff) {
				return malformed("expiredCertsOnCRL")
			}
		case ext.Critical, ext.Id.Equal(oidDelta): // a delta is not complete, critical as §5.2.4 wants it or not
			return malformed("revocation list with critical extension " + ext.Id.String())
		}
	}
	return nil
}

// checkScope compares issuingDistributionPoint (RFC 5280, 5.2.5) with the certificate.
func checkScope(der []byte, cert *x509.Certificate) error {
	in := cryptobyte.String(der)
	var seq, point cryptobyte.String
	var has bool
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadOptionalASN1(&point, &has, explicit(0)) {
		return malformed("issuing distribution point")
	}
	if has && !samePoint(point, cert) {
		return fmt.Errorf("list of another distribution point: %w", ErrOther)
	}
	for !seq.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !seq.ReadAnyASN1(&value, &tag) {
			return malformed("issuing distribution point")
		}
		on := len(value) == 1 && value[0] != 0
		switch tag {
		case cbasn1.Tag(1).ContextSpecific(): // onlyContainsUserCerts
			if on && cert.IsCA {
				return fmt.Errorf("list of people's certificates only: %w", ErrOther)
			}
		case cbasn1.Tag(2).ContextSpecific(): // onlyContainsCACerts
			if on && !cert.IsCA {
				return fmt.Errorf("list of authorities' certificates only: %w", ErrOther)
			}
		default: // some reasons only, indirect, attribute certificates
			if on || tag == cbasn1.Tag(3).ContextSpecific() {
				return malformed("partial or indirect revocation list")
			}
		}
	}
	return nil
}
