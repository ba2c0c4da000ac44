package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute is one CMS attribute; each value is a complete DER element.
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte
}

// SignatureTimeStamp is the unsigned attribute that makes a B-B signature B-T
// (EN 319 122-1, 5.3); token is the DER ContentInfo of an RFC 3161 token over
// the signature value.
func SignatureTimeStamp(token []byte) Attribute {
	return Attribute{Type: OIDSignatureTimeStamp, Values: [][]byte{token}}
}

// Builder builds one SignedData with one SignerInfo.
type Builder struct {
	Algorithm   Algorithm
	Certificate *x509.Certificate   // the signer's
	Chain       []*x509.Certificate // issuers to embed, nearest first; may hold the signer's again

	ContentType asn1.ObjectIdentifier // nil: id-data
	Content     []byte                // eContent; nil: detached, as in PDF signatures

	// Extra are further signed attributes of the caller's policy (for example
	// signature-policy-identifier). Signing-time and revocation data do not belong here (EN 319 142-1, 6.3).
	Extra []Attribute
}

func (b *Builder) contentType() asn1.ObjectIdentifier {
	if b.ContentType == nil {
		return OIDData
	}
	return b.ContentType
}

// SignedAttributes returns the DER SET OF Attribute to be signed: content-type,
// message-digest and signing-certificate-v2 (RFC 5035), and Extra. Digest is the
// content's, made with the Algorithm's hash.
func (b *Builder) SignedAttributes(digest []byte) ([]byte, error) {
	if b.Certificate == nil {
		return nil, errors.New("signed attributes: no signer's certificate")
	}
	if len(digest) != b.Algorithm.Hash.Size() {
		return nil, fmt.Errorf("signed attributes: digest of %d bytes for %s", len(digest), b.Algorithm.Hash)
	}
	ess, err := signingCertificateV2(b.Certificate, b.Algorithm.Hash)
	if err != nil {
		return nil, fmt.Errorf("signing-certificate-v2 of %q: %w", b.Certificate.Subject.CommonName, err)
	}
	var ct, md cryptobyte.Builder
	ct.AddASN1ObjectIdentifier(b.contentType())
	md.AddASN1OctetString(digest)
	attrs := []Attribute{
		{OIDContentType, [][]byte{ct.BytesOrPanic()}},
		{OIDMessageDigest, [][]byte{md.BytesOrPanic()}},
		{OIDSigningCertificateV2, [][]byte{ess}},
	}
	return marshalAttributes(append(attrs, b.Extra...), cbasn1.SET)
}

// Assemble verifies the signature value over the signed attributes with the
// certificate's key and returns the DER ContentInfo. A signature that does not
// verify is an error wrapping ErrSignature.
func (b *Builder) Assemble(signedAttributes, signature []byte, unsigned ...Attribute) ([]byte, error) {
	if err := b.Algorithm.Verify(PublicKey(b.Certificate), signedAttributes, signature); err != nil {
		return nil, fmt.Errorf("signature by the key of %q: %w", b.Certificate.Subject.CommonName, err)
	}
	return b.encode(signedAttributes, signature, unsigned)
}

// Size is the length of the DER object that Assemble would return at most, for
// unsigned attribute values of the given total length. Use it to reserve room before the key is asked.
func (b *Builder) Size(signedAttributes []byte, unsignedLen int) (int, error) {
	var unsigned []Attribute
	if unsignedLen > 0 {
		value, err := wrapBytes(cbasn1.OCTET_STRING, make([]byte, unsignedLen))
		if err != nil {
			return 0, err
		}
		unsigned = []Attribute{SignatureTimeStamp(value)}
	}
	der, err := b.encode(signedAttributes, make([]byte, MaxSignatureSize(PublicKey(b.Certificate))), unsigned)
	return len(der), err
}

func wrapBytes(tag cbasn1.Tag, content []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.Bytes()
}

func (b *Builder) encode(signedAttributes, signature []byte, unsigned []Attribute) ([]byte, error) {
	info, err := b.signerInfo(signedAttributes, signature, unsigned)
	if err != nil {
		return nil, err
	}
	version := int64(1) // RFC 5652, 5.1
	if !b.contentType().Equal(OIDData) {
		version = 3
	}
	explicit0 := cbasn1.Tag(0).ContextSpecific().Constructed()
	var out cryptobyte.Builder
	out.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) {
		o.AddASN1ObjectIdentifier(OIDSignedData)
		o.AddASN1(explicit0, func(o *cryptobyte.Builder) {
			o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) {
				o.AddASN1Int64(version)
				o.AddASN1(cbasn1.SET, func(o *cryptobyte.Builder) { AddHashIdentifier(o, b.Algorithm.Hash) })
				o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) {
					o.AddASN1ObjectIdentifier(b.contentType())
					if b.Content != nil {
						o.AddASN1(explicit0, func(o *cryptobyte.Builder) { o.AddASN1OctetString(b.Content) })
					}
				})
				o.AddASN1(explicit0, func(o *cryptobyte.Builder) { o.AddBytes(b.certificates()) })
				o.AddASN1(cbasn1.SET, func(o *cryptobyte.Builder) { o.AddBytes(info) })
			})
		})
	})
	return out.Bytes()
}

// certificates are the signer's and the chain's, each once, in DER SET OF order.
func (b *Builder) certificates() []byte {
	set := [][]byte{b.Certificate.Raw}
	for _, c := range b.Chain {
		if !slices.ContainsFunc(set, func(x []byte) bool { return bytes.Equal(x, c.Raw) }) {
			set = append(set, c.Raw)
		}
	}
	slices.SortFunc(set, bytes.Compare)
	return bytes.Join(set, nil)
}

func (b *Builder) signerInfo(signedAttributes, signature []byte, unsigned []Attribute) ([]byte, error) {
	in := cryptobyte.String(signedAttributes)
	var attrs cryptobyte.String
	if !in.ReadASN1(&attrs, cbasn1.SET) || !in.Empty() {
		return nil, fmt.Errorf("signed attributes: not a DER SET: %w", ErrFormat)
	}
	var out cryptobyte.Builder
	out.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) {
		o.AddASN1Int64(1)
		o.AddASN1(cbasn1.SEQUENCE, func(o *cryptobyte.Builder) {
			o.AddBytes(b.Certificate.RawIssuer)
			o.AddASN1BigInt(b.Certificate.SerialNumber)
		})
		AddHashIdentifier(o, b.Algorithm.Hash)
		o.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(o *cryptobyte.Builder) { o.AddBytes(attrs) })
		b.Algorithm.addIdentifier(o)
		o.AddASN1OctetString(signature)
		if len(unsigned) > 0 {
			set, err := marshalAttributes(unsigned, cbasn1.Tag(1).ContextSpecific().Constructed())
			if err != nil {
				o.SetError(err)
				return
			}
			o.AddBytes(set)
		}
	})
	return out.Bytes()
}

// marshalAttributes writes SET OF Attribute in DER order under the given tag.
func marshalAttributes(attrs []Attribute, tag cbasn1.Tag) ([]byte, error) {
	elements := make([][]byte, 0, len(attrs))
	for _, a := range attrs {
		values := slices.Clone(a.Values)
		slices.SortFunc(values, bytes.Compare)
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(a.Type)
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(values, nil)) })
		})
		der, err := b.Bytes()
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", a.Type, err)
		}
		elements = append(elements, der)
	}
	slices.SortFunc(elements, bytes.Compare)
	return wrapBytes(tag, bytes.Join(elements, nil))
}

// signingCertificateV2 is SigningCertificateV2 with one ESSCertIDv2 (RFC 5035, 3):
// the certificate's hash and its issuer and serial number; SHA-256 is the default and so left out.
func signingCertificateV2(cert *x509.Certificate, h crypto.Hash) ([]byte, error) {
	sum := h.New()
	sum.Write(cert.Raw)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // certs
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ESSCertIDv2
				if h != crypto.SHA256 {
					AddHashIdentifier(b, h)
				}
				b.AddASN1OctetString(sum.Sum(nil))
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // GeneralNames
						b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
							b.AddBytes(cert.RawIssuer)
						})
					})
					b.AddASN1BigInt(cert.SerialNumber)
				})
			})
		})
	})
	return b.Bytes()
}
