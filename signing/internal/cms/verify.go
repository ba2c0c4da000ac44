package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is the certificate that the signer identifier selects, bound by
// signing-certificate(-v2) where that attribute is present. Several
// certificates may claim the identifier; the one that the attribute names
// wins, so an attacker gains nothing by adding another. It wraps ErrNoCertificate or ErrConstraint.
func (sd *SignedData) Certificate() (*x509.Certificate, error) {
	ids, err := sd.Signer.essCertIDs()
	if err != nil {
		return nil, err
	}
	var claimed bool
	for _, c := range slices.Concat(sd.Certificates, sd.Loose) {
		if !sd.Signer.selects(c) {
			continue
		}
		claimed = true
		if len(ids) == 0 || ids[0].matches(c) {
			return c, nil
		}
	}
	for _, c := range sd.Elsewhere { // only one that the signature is bound to
		if !claimed && len(ids) > 0 && sd.Signer.selects(c) && ids[0].matches(c) {
			return c, nil
		}
	}
	if claimed {
		return nil, fmt.Errorf("signing-certificate attribute names another certificate: %w", ErrConstraint)
	}
	return nil, ErrNoCertificate
}

func (si *SignerInfo) selects(c *x509.Certificate) bool {
	if si.Issuer == nil {
		return bytes.Equal(si.SubjectKeyID, c.SubjectKeyId)
	}
	return si.Serial.Cmp(c.SerialNumber) == 0 && sameName(si.Issuer, c.RawIssuer)
}

// Verify checks everything that needs no trust: attribute rules, the digest of
// the content (nil: that of the encapsulated Content), and the signature value
// with the selected certificate's key, which it returns.
func (sd *SignedData) Verify(digest []byte) (*x509.Certificate, error) {
	si := &sd.Signer
	if !si.Digest.Available() {
		return nil, fmt.Errorf("hash %s: %w", si.Digest, ErrUnsupported)
	}
	if digest == nil {
		if sd.Content == nil {
			return nil, malformed("no content")
		}
		h := si.Digest.New()
		h.Write(sd.Content)
		digest = h.Sum(nil)
	}
	cert, err := sd.Certificate()
	if err != nil {
		return nil, err
	}
	if si.Signed == nil {
		return cert, sd.verifyBare(cert, digest)
	}
	if err := sd.checkAttributes(digest); err != nil {
		return cert, err
	}
	err = si.Algorithm.Verify(PublicKey(cert), si.RawSigned, si.Signature)
	if errors.Is(err, ErrSignature) {
		// What is signed is the DER form, in which the attributes are sorted; some programs sort them for signing only.
		if sorted := sortSet(si.RawSigned); !bytes.Equal(sorted, si.RawSigned) {
			err = si.Algorithm.Verify(PublicKey(cert), sorted, si.Signature)
		}
	}
	return cert, err
}

// sortSet puts the elements of a SET OF into the order of DER (X.690, 11.6).
func sortSet(der []byte) []byte {
	in := cryptobyte.String(der)
	var set, element cryptobyte.String
	var elements [][]byte
	if !in.ReadASN1(&set, cbasn1.SET) {
		return der
	}
	var tag cbasn1.Tag
	for set.ReadAnyASN1Element(&element, &tag) {
		elements = append(elements, element)
	}
	slices.SortFunc(elements, bytes.Compare)
	sorted, err := wrapBytes(cbasn1.SET, bytes.Join(elements, nil))
	if err != nil {
		return der
	}
	return sorted
}

// verifyBare verifies a signature without signed attributes, which RFC 5652, 5.3 allows for id-data only.
func (sd *SignedData) verifyBare(cert *x509.Certificate, digest []byte) error {
	if !sd.ContentType.Equal(OIDData) {
		return fmt.Errorf("no signed attributes for content type %s: %w", sd.ContentType, ErrConstraint)
	}
	err := sd.Signer.Algorithm.VerifyDigest(PublicKey(cert), digest, sd.Signer.Signature)
	if errors.Is(err, ErrSignature) && sd.Signer.Algorithm.Scheme == RSAPKCS1 {
		if h, ok := recoverHash(PublicKey(cert), sd.Signer.Signature); ok && h == sd.Signer.Digest {
			return ErrDigest // made with this key, of something else
		}
	}
	return err
}

func (sd *SignedData) checkAttributes(digest []byte) error {
	si := &sd.Signer
	seen := map[string]bool{}
	for _, a := range si.Signed {
		if name := a.Type.String(); seen[name] {
			return fmt.Errorf("signed attribute %s twice: %w", name, ErrConstraint)
		}
		seen[a.Type.String()] = true
	}
	value, err := si.SignedAttribute(OIDContentType)
	if err != nil {
		return err
	}
	var ct asn1.ObjectIdentifier
	s := cryptobyte.String(value)
	if !s.ReadASN1ObjectIdentifier(&ct) || !s.Empty() || !ct.Equal(sd.ContentType) {
		return fmt.Errorf("content-type attribute: %w", ErrConstraint)
	}
	if value, err = si.SignedAttribute(OIDMessageDigest); err != nil {
		return err
	}
	var md cryptobyte.String
	s = value
	if !s.ReadASN1(&md, cbasn1.OCTET_STRING) || !s.Empty() {
		return fmt.Errorf("message-digest attribute: %w", ErrConstraint)
	}
	if err := si.checkProtection(); err != nil {
		return err
	}
	if !bytes.Equal(md, digest) {
		return ErrDigest
	}
	return nil
}

// checkProtection compares cms-algorithm-protection (RFC 6211), if it is there, with the algorithms in use.
func (si *SignerInfo) checkProtection() error {
	value, err := si.SignedAttribute(OIDAlgorithmProtection)
	if err != nil || value == nil {
		return err
	}
	bad := fmt.Errorf("algorithm protection names other algorithms: %w", ErrConstraint)
	in := cryptobyte.String(value)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return bad
	}
	h, err := ReadHashIdentifier(&seq)
	if err != nil || h != si.Digest {
		return bad
	}
	// signatureAlgorithm is [1] IMPLICIT: give it back its own tag.
	var inner cryptobyte.String
	if !seq.ReadASN1(&inner, cbasn1.Tag(1).ContextSpecific().Constructed()) || !seq.Empty() {
		return bad
	}
	der, err := wrapBytes(cbasn1.SEQUENCE, inner)
	if err != nil {
		return bad
	}
	id := cryptobyte.String(der)
	if a, err := readAlgorithm(&id, h); err != nil || a != si.Algorithm {
		return bad
	}
	return nil
}

// HasSigningCertificate reports whether the signing certificate is protected by
// signing-certificate-v2 or signing-certificate, which CAdES asks for (EN 319 122-1, 5.2.2).
func (si *SignerInfo) HasSigningCertificate() bool {
	ids, err := si.essCertIDs()
	return err == nil && len(ids) > 0
}

// SigningTime is the signing-time attribute's claim, if there is one.
func (si *SignerInfo) SigningTime() (time.Time, bool) {
	value, err := si.SignedAttribute(OIDSigningTime)
	if err != nil || value == nil {
		return time.Time{}, false
	}
	var t time.Time
	s := cryptobyte.String(value)
	if s.PeekASN1Tag(cbasn1.UTCTime) {
		return t, s.ReadASN1UTCTime(&t)
	}
	ok := s.ReadASN1GeneralizedTime(&t)
	return t, ok
}

type essCertID struct {
	hash   crypto.Hash
	sum    []byte
	issuer []byte // DER Name or nil
	serial *big.Int
}

func (id essCertID) matches(c *x509.Certificate) bool {
	if !id.hash.Available() {
		return false
	}
	h := id.hash.New()
	h.Write(c.Raw)
	if !bytes.Equal(h.Sum(nil), id.sum) {
		return false
	}
	return id.issuer == nil || (sameName(id.issuer, c.RawIssuer) && id.serial.Cmp(c.SerialNumber) == 0)
}

// essCertIDs reads signing-certificate-v2, else signing-certificate (RFC 5035).
// The first entry names the signer's certificate.
func (si *SignerInfo) essCertIDs() ([]essCertID, error) {
	value, err := si.SignedAttribute(OIDSigningCertificateV2)
	if err != nil {
		return nil, err
	}
	def, v2 := crypto.SHA256, true
	if value == nil {
		if value, err = si.SignedAttribute(OIDSigningCertificate); err != nil || value == nil {
			return nil, err
		}
		def, v2 = crypto.SHA1, false
	}
	ids, ok := readESSCertIDs(value, def, v2)
	if !ok || len(ids) == 0 {
		return nil, fmt.Errorf("signing-certificate attribute: %w", ErrConstraint)
	}
	return ids, nil
}

func readESSCertIDs(value cryptobyte.String, def crypto.Hash, v2 bool) ([]essCertID, bool) {
	var seq, certs cryptobyte.String
	if !value.ReadASN1(&seq, cbasn1.SEQUENCE) || !value.Empty() || !seq.ReadASN1(&certs, cbasn1.SEQUENCE) {
		return nil, false
	}
	var out []essCertID
	for !certs.Empty() {
		var one, sum cryptobyte.String
		id := essCertID{hash: def}
		if len(out) == MaxCertificates || !certs.ReadASN1(&one, cbasn1.SEQUENCE) {
			return nil, false
		}
		if v2 && one.PeekASN1Tag(cbasn1.SEQUENCE) {
			h, err := ReadHashIdentifier(&one)
			if err != nil {
				return nil, false
			}
			id.hash = h
		}
		if !one.ReadASN1(&sum, cbasn1.OCTET_STRING) {
			return nil, false
		}
		id.sum = sum
		if !one.Empty() && !id.readIssuerSerial(&one) {
			return nil, false
		}
		out = append(out, id)
	}
	return out, true
}

func (id *essCertID) readIssuerSerial(s *cryptobyte.String) bool {
	var is, names, general, name cryptobyte.String
	id.serial = new(big.Int)
	if !s.ReadASN1(&is, cbasn1.SEQUENCE) || !s.Empty() || !is.ReadASN1(&names, cbasn1.SEQUENCE) ||
		!is.ReadASN1Integer(id.serial) {
		return false
	}
	if !names.ReadASN1(&general, cbasn1.Tag(4).ContextSpecific().Constructed()) {
		return true // another kind of name: the hash alone decides
	}
	if !general.ReadASN1Element(&name, cbasn1.SEQUENCE) {
		return false
	}
	id.issuer = name
	return true
}
