package path

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is a certificate as RFC 5280 §6.1 needs it, read from its DER and not from what crypto/x509 made of it.
type Certificate struct {
	// X is what crypto/x509 reads, or where it refuses to, as much of that as could be read here.
	X       *x509.Certificate
	Issuer  Name
	Subject Name

	sum       [sha256.Size]byte
	key       crypto.PublicKey // nil: of a kind that is not supported
	algorithm cms.Algorithm
	algErr    error // why algorithm is not known
	ext       extensions
	problem   *Error // makes every path through this certificate invalid
}

// SelfIssued: issuer and subject are the same, as in certificates of a roll-over to another key (RFC 5280 §6.1).
func (c *Certificate) SelfIssued() bool { return slices.Equal(c.Issuer.rdns, c.Subject.rdns) }

// Parse reads a DER certificate; nil where not even names, period and key are there.
func Parse(der []byte) *Certificate {
	x, err := x509.ParseCertificate(der)
	if err != nil {
		x = &x509.Certificate{Raw: der}
	}
	return Of(x)
}

// Of is the certificate behind x, of which nothing but Raw is relied on where x has no signature: so come certificates
// that crypto/x509 does not read, for a negative serial number, an unknown curve, a distribution point relative to its
// issuer. Nil where not even names, period and key can be read.
func Of(x *x509.Certificate) *Certificate {
	c := &Certificate{X: x, sum: sha256.Sum256(x.Raw)}
	if len(x.Signature) == 0 && !c.readLoose() {
		return nil
	}
	var ok1, ok2 bool
	c.Issuer, ok1 = ParseName(c.X.RawIssuer)
	c.Subject, ok2 = ParseName(c.X.RawSubject)
	if !ok1 || !ok2 {
		return nil
	}
	c.key = cms.PublicKey(c.X)
	c.readAlgorithm()
	c.readExtensions()
	if c.X != x {
		c.fill()
	}
	return c
}

// readAlgorithm reads the signature's algorithm, which stands twice (RFC 5280 §4.1.1.2).
func (c *Certificate) readAlgorithm() {
	outer, inner, ok := algorithms(c.X.Raw)
	if !ok || !bytes.Equal(outer, inner) {
		c.problem = fail(Malformed, c, "its two signature algorithm identifiers differ")
		return
	}
	c.algorithm, c.algErr = cms.ReadAlgorithm(&outer)
}

// algorithms are the two AlgorithmIdentifiers of a certificate or revocation list, whole elements.
func algorithms(der []byte) (outer, inner cryptobyte.String, ok bool) {
	in := cryptobyte.String(der)
	var cert, tbs cryptobyte.String
	ok = in.ReadASN1(&cert, cbasn1.SEQUENCE) && cert.ReadASN1(&tbs, cbasn1.SEQUENCE) &&
		cert.ReadASN1Element(&outer, cbasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(explicit(0)) && tbs.SkipASN1(cbasn1.INTEGER) &&
		tbs.ReadASN1Element(&inner, cbasn1.SEQUENCE)
	return outer, inner, ok
}

func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
func implicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific() }

// readLoose reads what crypto/x509 did not (RFC 5280 §4.1) into a new X.
func (c *Certificate) readLoose() bool {
	der := c.X.Raw
	in := cryptobyte.String(der)
	var cert, raw, tbs, issuer, validity, subject, spki, exts cryptobyte.String
	var bits asn1.BitString
	var has bool
	x := &x509.Certificate{Raw: der, Version: 1, SerialNumber: new(big.Int)}
	version := int64(0)
	if !in.ReadASN1(&cert, cbasn1.SEQUENCE) || !in.Empty() || !cert.ReadASN1Element(&raw, cbasn1.SEQUENCE) ||
		!cert.SkipASN1(cbasn1.SEQUENCE) || !cert.ReadASN1BitString(&bits) || !cert.Empty() {
		return false
	}
	body := raw
	if !body.ReadASN1(&tbs, cbasn1.SEQUENCE) || !readVersion(&tbs, &version) ||
		!tbs.ReadASN1Integer(x.SerialNumber) || !tbs.SkipASN1(cbasn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) || !tbs.ReadASN1Element(&spki, cbasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(implicit(1)) || !tbs.SkipOptionalASN1(implicit(2)) ||
		!tbs.ReadOptionalASN1(&exts, &has, explicit(3)) || !tbs.Empty() ||
		!readTime(&validity, &x.NotBefore) || !readTime(&validity, &x.NotAfter) || !validity.Empty() {
		return false
	}
	x.Version, x.Signature, x.RawTBSCertificate = int(version)+1, bits.RightAlign(), raw
	x.RawIssuer, x.RawSubject, x.RawSubjectPublicKeyInfo = issuer, subject, spki
	x.Issuer, x.Subject = pkixName(issuer), pkixName(subject)
	if key, err := x509.ParsePKIXPublicKey(spki); err == nil {
		x.PublicKey = key
	}
	if has && !readExtensionList(exts, x) {
		return false
	}
	c.X = x
	return len(x.Signature) > 0
}

func readVersion(tbs *cryptobyte.String, version *int64) bool {
	var v cryptobyte.String
	var has bool
	return tbs.ReadOptionalASN1(&v, &has, explicit(0)) &&
		(!has || v.ReadASN1Integer(version) && *version >= 0 && *version <= 2)
}

func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(cbasn1.UTCTime) {
		return s.ReadASN1UTCTime(t)
	}
	return s.ReadASN1GeneralizedTime(t)
}

// pkixName is a name for people; what cannot be read is left out.
func pkixName(der []byte) (n pkix.Name) {
	var rdns pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &rdns); err == nil {
		n.FillFromRDNSequence(&rdns)
	}
	return n
}

const maxExtensions = 200

func readExtensionList(s cryptobyte.String, x *x509.Certificate) bool {
	var list cryptobyte.String
	if !s.ReadASN1(&list, cbasn1.SEQUENCE) || !s.Empty() {
		return false
	}
	for !list.Empty() {
		var one, value cryptobyte.String
		var e pkix.Extension
		if len(x.Extensions) == maxExtensions || !list.ReadASN1(&one, cbasn1.SEQUENCE) ||
			!one.ReadASN1ObjectIdentifier(&e.Id) ||
			one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&e.Critical) ||
			!one.ReadASN1(&value, cbasn1.OCTET_STRING) || !one.Empty() {
			return false
		}
		e.Value = value
		x.Extensions = append(x.Extensions, e)
	}
	return true
}

// MaySignLists: its key may sign revocation lists (RFC 5280 §4.2.1.3, §6.3.3 (f)).
func (c *Certificate) MaySignLists() bool {
	return !c.ext.hasUsage || c.ext.usage&x509.KeyUsageCRLSign != 0
}
