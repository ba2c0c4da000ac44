package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCertificates bounds how many certificates one object may carry.
const MaxCertificates = 200

// SignedData is a parsed CMS SignedData with its one SignerInfo.
type SignedData struct {
	Raw          []byte                // the DER ContentInfo, without padding
	ContentType  asn1.ObjectIdentifier // eContentType
	Content      []byte                // eContent, nil when detached
	Certificates []*x509.Certificate   // those that parse, as they come
	// set by the caller: looked at where the object does not hold its signer's certificate
	Elsewhere []*x509.Certificate
	// of the rest, what a signature can be verified with; no chain can be built on them
	Loose  []*x509.Certificate
	CRLs   [][]byte // DER CertificateList
	OCSPs  [][]byte // DER OCSPResponse or BasicOCSPResponse (RFC 5940)
	Signer SignerInfo
	BER    bool // it was not in DER, as ISO 32000-2, 12.8.3.3 asks; Raw is the DER form
	// bytes behind the object, without zero padding around them; nothing is signed of them and nothing reads them
	Trailing int
}

// SignerInfo is RFC 5652, 5.3.
type SignerInfo struct {
	Issuer       []byte   // DER Name; nil when SubjectKeyID is used
	Serial       *big.Int // with Issuer
	SubjectKeyID []byte
	Digest       crypto.Hash
	Algorithm    Algorithm
	Signed       []Attribute // nil: no signed attributes at all
	RawSigned    []byte      // DER SET OF Attribute as it was signed
	Unsigned     []Attribute
	Signature    []byte

	// What is not written as it should be, and decides nothing. None of it is signed: whoever had the file may have
	// changed it, and the signature value still has to fit.
	Unsorted             bool // the signed attributes are not in the order of DER (RFC 5652, 5.3)
	EmptyUnsigned        bool // unsignedAttrs without an attribute (RFC 5652, 5.3: SET SIZE 1..MAX)
	DigestNamesSignature bool // digestAlgorithm names a signature algorithm
}

// Parse reads a DER ContentInfo holding SignedData. Anything after it is an
// error wrapping ErrFormat. The result shares memory with der.
func Parse(der []byte) (*SignedData, error) {
	sd, rest, err := parse(der)
	if err == nil && len(rest) != 0 {
		err = fmt.Errorf("%d bytes after the object: %w", len(rest), ErrFormat)
	}
	if err != nil {
		return nil, err
	}
	return sd, nil
}

// ParsePadded is Parse for the Contents string of a PDF signature, where zero
// bytes fill the space reserved (ISO 32000-2, 12.8.1); other bytes after the object are counted in Trailing, for the
// caller to judge.
//
// An object in BER with indefinite lengths is taken too; see [SignedData.BER].
func ParsePadded(contents []byte) (*SignedData, error) {
	sd, rest, err := parseEither(contents)
	if err != nil {
		return nil, err
	}
	sd.Trailing = len(bytes.Trim(rest, "\x00"))
	return sd, nil
}

// parseEither parses DER, or BER that begins with an indefinite length.
func parseEither(contents []byte) (*SignedData, []byte, error) {
	if len(contents) < 2 || contents[1] != 0x80 {
		return parse(contents)
	}
	der, rest, err := toDefinite(contents)
	if err != nil {
		return nil, nil, err
	}
	sd, trailing, err := parse(der)
	if err == nil && len(trailing) != 0 {
		err = malformed("something after the object")
	}
	if err != nil {
		return nil, nil, err
	}
	sd.BER = true
	return sd, rest, nil
}

func malformed(what string) error { return fmt.Errorf("%s: %w", what, ErrFormat) }

func parse(der []byte) (*SignedData, []byte, error) {
	in := cryptobyte.String(der)
	var whole, info, wrapped, body cryptobyte.String
	if !in.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
		return nil, nil, malformed("ContentInfo")
	}
	sd := &SignedData{Raw: whole}
	inner := whole
	var contentType asn1.ObjectIdentifier
	if !inner.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&contentType) {
		return nil, nil, malformed("ContentInfo")
	}
	if !contentType.Equal(OIDSignedData) {
		return nil, nil, malformed("content type " + contentType.String() + " is not signed data")
	}
	if !info.ReadASN1(&wrapped, cbasn1.Tag(0).ContextSpecific().Constructed()) || !info.Empty() ||
		!wrapped.ReadASN1(&body, cbasn1.SEQUENCE) || !wrapped.Empty() {
		return nil, nil, malformed("SignedData")
	}
	if err := sd.parseBody(body); err != nil {
		return nil, nil, err
	}
	return sd, in, nil
}

func (sd *SignedData) parseBody(body cryptobyte.String) error {
	var version int
	var algorithms cryptobyte.String
	if !body.ReadASN1Integer(&version) || version < 1 || version > 5 {
		return malformed("SignedData version")
	}
	if !body.ReadASN1(&algorithms, cbasn1.SET) {
		return malformed("digest algorithms")
	}
	if err := sd.parseContent(&body); err != nil {
		return err
	}
	var certs, crls cryptobyte.String
	var has bool
	if !body.ReadOptionalASN1(&certs, &has, cbasn1.Tag(0).ContextSpecific().Constructed()) {
		return malformed("certificates")
	}
	if err := sd.parseCertificates(certs); err != nil {
		return err
	}
	if !body.ReadOptionalASN1(&crls, &has, cbasn1.Tag(1).ContextSpecific().Constructed()) {
		return malformed("revocation lists")
	}
	if err := sd.parseRevocation(crls); err != nil {
		return err
	}
	var signers, signer cryptobyte.String
	if !body.ReadASN1(&signers, cbasn1.SET) || !body.Empty() {
		return malformed("signer infos")
	}
	if signers.Empty() {
		return malformed("no SignerInfo")
	}
	if !signers.ReadASN1(&signer, cbasn1.SEQUENCE) {
		return malformed("SignerInfo")
	}
	if !signers.Empty() {
		return malformed("more than one SignerInfo")
	}
	return sd.Signer.parse(signer)
}

func (sd *SignedData) parseContent(body *cryptobyte.String) error {
	var content, wrapped cryptobyte.String
	var has bool
	if !body.ReadASN1(&content, cbasn1.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&sd.ContentType) ||
		!content.ReadOptionalASN1(&wrapped, &has, cbasn1.Tag(0).ContextSpecific().Constructed()) || !content.Empty() {
		return malformed("encapsulated content")
	}
	if !has {
		return nil
	}
	var octets cryptobyte.String
	if !wrapped.ReadASN1(&octets, cbasn1.OCTET_STRING) || !wrapped.Empty() {
		return malformed("encapsulated content")
	}
	sd.Content = append([]byte{}, octets...)
	return nil
}

func (sd *SignedData) parseCertificates(set cryptobyte.String) error {
	for n := 0; !set.Empty(); n++ {
		var element cryptobyte.String
		var tag cbasn1.Tag
		if n == MaxCertificates || !set.ReadAnyASN1Element(&element, &tag) {
			return malformed("certificates")
		}
		if tag != cbasn1.SEQUENCE {
			continue // attribute certificates and the like take no part
		}
		if cert, err := x509.ParseCertificate(element); err == nil {
			sd.Certificates = append(sd.Certificates, cert)
		} else if cert := looseCertificate(element); cert != nil {
			sd.Loose = append(sd.Loose, cert)
		}
	}
	return nil
}

var oidRevocationOCSP = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}

func (sd *SignedData) parseRevocation(set cryptobyte.String) error {
	for n := 0; !set.Empty(); n++ {
		var element, other cryptobyte.String
		var tag cbasn1.Tag
		if n == MaxCertificates || !set.ReadAnyASN1Element(&element, &tag) {
			return malformed("revocation lists")
		}
		if tag == cbasn1.SEQUENCE {
			sd.CRLs = append(sd.CRLs, element)
			continue
		}
		var format asn1.ObjectIdentifier
		if tag == cbasn1.Tag(1).ContextSpecific().Constructed() && element.ReadASN1(&other, tag) &&
			other.ReadASN1ObjectIdentifier(&format) && format.Equal(oidRevocationOCSP) {
			sd.OCSPs = append(sd.OCSPs, other)
		}
	}
	return nil
}

func (si *SignerInfo) parse(s cryptobyte.String) error {
	var version int
	if !s.ReadASN1Integer(&version) || (version != 1 && version != 3) {
		return malformed("SignerInfo version")
	}
	if err := si.parseIdentifier(&s); err != nil {
		return err
	}
	var err error
	named := s
	if si.Digest, err = ReadHashIdentifier(&s); err != nil {
		return err
	}
	if id, ok := readIdentifier(&named); ok {
		si.DigestNamesSignature = !id.oid.Equal(HashOID(si.Digest))
	}
	var attrs cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&attrs, &has, cbasn1.Tag(0).ContextSpecific().Constructed()) {
		return malformed("signed attributes")
	}
	if has {
		if si.Signed, err = parseAttributes(attrs); err != nil {
			return err
		}
		if si.RawSigned, err = wrapBytes(cbasn1.SET, attrs); err != nil {
			return malformed("signed attributes")
		}
		si.Unsorted = !bytes.Equal(sortSet(si.RawSigned), si.RawSigned)
	}
	if si.Algorithm, err = readAlgorithm(&s, si.Digest); err != nil {
		return err
	}
	var signature cryptobyte.String
	if !s.ReadASN1(&signature, cbasn1.OCTET_STRING) {
		return malformed("signature value")
	}
	si.Signature = signature
	if !s.ReadOptionalASN1(&attrs, &has, cbasn1.Tag(1).ContextSpecific().Constructed()) || !s.Empty() {
		return malformed("unsigned attributes")
	}
	si.EmptyUnsigned = has && attrs.Empty()
	if has && !si.EmptyUnsigned {
		si.Unsigned, err = parseAttributes(attrs)
	}
	return err
}

func (si *SignerInfo) parseIdentifier(s *cryptobyte.String) error {
	var seq, name, keyID cryptobyte.String
	tag := cbasn1.Tag(0).ContextSpecific()
	if s.PeekASN1Tag(tag) {
		if !s.ReadASN1(&keyID, tag) || len(keyID) == 0 {
			return malformed("signer identifier")
		}
		si.SubjectKeyID = keyID
		return nil
	}
	si.Serial = new(big.Int)
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Element(&name, cbasn1.SEQUENCE) ||
		!seq.ReadASN1Integer(si.Serial) || !seq.Empty() {
		return malformed("signer identifier")
	}
	si.Issuer = name
	return nil
}

func parseAttributes(set cryptobyte.String) ([]Attribute, error) {
	if set.Empty() {
		return nil, malformed("empty set of attributes")
	}
	var out []Attribute
	for !set.Empty() {
		var seq, values cryptobyte.String
		var a Attribute
		if len(out) == 64 || !set.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.Type) ||
			!seq.ReadASN1(&values, cbasn1.SET) || !seq.Empty() {
			return nil, malformed("attribute")
		}
		for !values.Empty() {
			var value cryptobyte.String
			var tag cbasn1.Tag
			if !values.ReadAnyASN1Element(&value, &tag) {
				return nil, malformed("value of attribute " + a.Type.String())
			}
			a.Values = append(a.Values, value)
		}
		out = append(out, a)
	}
	return out, nil
}

// SignedAttribute returns the one value of a signed attribute, nil if it is absent.
// More than one attribute of the type, or not exactly one value, wraps ErrConstraint.
func (si *SignerInfo) SignedAttribute(oid asn1.ObjectIdentifier) ([]byte, error) {
	var found []byte
	for _, a := range si.Signed {
		if !a.Type.Equal(oid) {
			continue
		}
		if found != nil || len(a.Values) != 1 {
			return nil, fmt.Errorf("signed attribute %s is not there exactly once with one value: %w", oid,
				ErrConstraint)
		}
		found = a.Values[0]
	}
	return found, nil
}

// TimeStamps are the DER tokens of all signature-time-stamp attributes, in order.
func (si *SignerInfo) TimeStamps() [][]byte {
	var out [][]byte
	for _, a := range si.Unsigned {
		if a.Type.Equal(OIDSignatureTimeStamp) {
			out = append(out, a.Values...)
		}
	}
	return out
}
