package tsp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Token is a parsed time-stamp token (RFC 3161, 2.4.2).
type Token struct {
	Raw         []byte                // DER ContentInfo
	Time        time.Time             // genTime, UTC
	Accuracy    time.Duration         // 0 if not stated
	Policy      asn1.ObjectIdentifier // the authority's policy
	Serial      *big.Int
	Nonce       *big.Int // nil if absent
	Hash        crypto.Hash
	Imprint     []byte // hashedMessage, as long as Hash's output
	SignedData  *cms.SignedData
	Certificate *x509.Certificate // the authority's; set by Verify
}

// ParseToken reads a token; nothing may follow it. It checks no signature.
func ParseToken(der []byte) (*Token, error) {
	sd, err := cms.Parse(der)
	return newToken(sd, err)
}

// ParsePaddedToken reads the token in the Contents of a document time-stamp, which zero bytes may follow.
func ParsePaddedToken(contents []byte) (*Token, error) {
	sd, err := cms.ParsePadded(contents)
	return newToken(sd, err)
}

func newToken(sd *cms.SignedData, err error) (*Token, error) {
	if err != nil {
		return nil, fmt.Errorf("time-stamp token: %w", err)
	}
	if !sd.ContentType.Equal(cms.OIDTSTInfo) || sd.Content == nil {
		return nil, fmt.Errorf("time-stamp token without TSTInfo: %w", ErrFormat)
	}
	t := &Token{Raw: sd.Raw, SignedData: sd}
	if err := t.parseInfo(sd.Content); err != nil {
		return nil, err
	}
	return t, nil
}

func malformed(what string) error { return fmt.Errorf("%s: %w", what, ErrFormat) }

func (t *Token) parseInfo(der []byte) error {
	in := cryptobyte.String(der)
	var seq, imprint, hashed cryptobyte.String
	var version int
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) || version != 1 ||
		!seq.ReadASN1ObjectIdentifier(&t.Policy) || !seq.ReadASN1(&imprint, cbasn1.SEQUENCE) {
		return malformed("TSTInfo")
	}
	var err error
	if t.Hash, err = cms.ReadHashIdentifier(&imprint); err != nil {
		return fmt.Errorf("message imprint: %w", err)
	}
	if !imprint.ReadASN1(&hashed, cbasn1.OCTET_STRING) || !imprint.Empty() || len(hashed) != t.Hash.Size() {
		return malformed("message imprint")
	}
	t.Imprint = hashed
	t.Serial = new(big.Int)
	var stamp cryptobyte.String
	if !seq.ReadASN1Integer(t.Serial) || !seq.ReadASN1(&stamp, cbasn1.GeneralizedTime) {
		return malformed("TSTInfo serial number or time")
	}
	if t.Time, err = parseGenTime(string(stamp)); err != nil {
		return err
	}
	return t.parseOptional(&seq)
}

// parseGenTime reads GeneralizedTime with optional fractions, always Z (RFC 3161, 2.4.2).
func parseGenTime(s string) (time.Time, error) {
	for _, layout := range []string{"20060102150405Z", "20060102150405.999999999Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, malformed(fmt.Sprintf("time %q", s))
}

func (t *Token) parseOptional(seq *cryptobyte.String) error {
	if seq.PeekASN1Tag(cbasn1.SEQUENCE) {
		var acc cryptobyte.String
		if !seq.ReadASN1(&acc, cbasn1.SEQUENCE) || !t.parseAccuracy(acc) {
			return malformed("accuracy")
		}
	}
	if seq.PeekASN1Tag(cbasn1.BOOLEAN) {
		var ordering bool
		if !seq.ReadASN1Boolean(&ordering) {
			return malformed("ordering")
		}
	}
	if seq.PeekASN1Tag(cbasn1.INTEGER) {
		t.Nonce = new(big.Int)
		if !seq.ReadASN1Integer(t.Nonce) {
			return malformed("nonce")
		}
	}
	// tsa [0] and extensions [1] carry nothing that is relied on.
	for n := cbasn1.Tag(0); n < 2; n++ {
		if !seq.SkipOptionalASN1(n.ContextSpecific().Constructed()) {
			return malformed("TSTInfo")
		}
	}
	if !seq.Empty() {
		return malformed("TSTInfo: something after its end")
	}
	return nil
}

func (t *Token) parseAccuracy(acc cryptobyte.String) bool {
	var seconds int64
	if acc.PeekASN1Tag(cbasn1.INTEGER) && !acc.ReadASN1Integer(&seconds) {
		return false
	}
	total := time.Duration(min(max(seconds, 0), 86400)) * time.Second
	for i, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
		tag := cbasn1.Tag(i).ContextSpecific()
		if !acc.PeekASN1Tag(tag) {
			continue
		}
		var n int64
		if !acc.ReadASN1Int64WithTag(&n, tag) || n < 0 || n > 999 {
			return false
		}
		total += time.Duration(n) * unit
	}
	t.Accuracy = total
	return acc.Empty()
}

// Verify checks that the token is over digest (ErrImprint), that its own
// signature holds, and that the certificate is for time-stamping only
// (RFC 3161, 2.3: extended key usage timeStamping, alone; ErrPurpose). It sets
// Certificate. Trust in the certificate is not judged.
func (t *Token) Verify(digest []byte) error {
	if !bytes.Equal(digest, t.Imprint) {
		return ErrImprint
	}
	return t.VerifySignature()
}

// VerifySignature is Verify without the imprint.
func (t *Token) VerifySignature() error {
	cert, err := t.SignedData.Verify(nil)
	if cert != nil {
		t.Certificate = cert
	}
	if err != nil {
		return fmt.Errorf("time-stamp token: %w", err)
	}
	if !t.SignedData.Signer.HasSigningCertificate() {
		return fmt.Errorf("time-stamp token: no signing-certificate attribute: %w", cms.ErrConstraint)
	}
	return CheckPurpose(cert)
}

// CheckPurpose checks RFC 3161, 2.3: extended key usage is critical and holds timeStamping alone.
func CheckPurpose(cert *x509.Certificate) error {
	if len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping ||
		len(cert.UnknownExtKeyUsage) != 0 {
		return fmt.Errorf("%q: %w", cert.Subject.CommonName, ErrPurpose)
	}
	for _, e := range cert.Extensions {
		if e.Id.Equal(oidExtKeyUsage) && e.Critical {
			return nil
		}
	}
	return fmt.Errorf("%q: extended key usage is not critical: %w", cert.Subject.CommonName, ErrPurpose)
}
