// Package cms builds and strictly verifies the CMS SignedData objects (RFC 5652)
// that PAdES signatures and RFC 3161 time-stamp tokens are made of.
//
// Building takes two steps, so that the key may be anywhere:
//
//	b := cms.Builder{Algorithm: alg, Certificate: cert, Chain: chain}
//	attrs, err := b.SignedAttributes(documentDigest)   // DER SET OF Attribute
//	sig := …sign alg.ToBeSigned(attrs) with alg.SignerOpts()…
//	der, err := b.Assemble(attrs, sig, cms.SignatureTimeStamp(token))
//
// Assemble verifies the signature before it returns anything.
//
// Parsing accepts exactly one SignedData, exactly one SignerInfo, definite
// lengths and no trailing bytes. Whatever a signature does not protect is
// either checked against what it does protect (digest algorithm, signing
// certificate, content type) or refused: there is no algorithm that the
// signature alone chooses.
//
// Errors wrap one of ErrFormat, ErrDigest, ErrSignature, ErrConstraint and
// ErrUnsupported, which correspond to the sub-indications of ETSI EN 319 102-1.
package cms

import (
	"encoding/asn1"
	"errors"
)

// The kinds of failure; every error of this package wraps one of them.
var (
	// ErrFormat: the bytes are not the CMS object that RFC 5652 asks for (FORMAT_FAILURE).
	ErrFormat = errors.New("malformed CMS")
	// ErrDigest: the message-digest attribute is not the content's digest (HASH_FAILURE).
	ErrDigest = errors.New("content digest does not match")
	// ErrSignature: the signature value does not verify (SIG_CRYPTO_FAILURE).
	ErrSignature = errors.New("signature value does not verify")
	// ErrConstraint: an attribute rule is broken (SIG_CONSTRAINTS_FAILURE).
	ErrConstraint = errors.New("signature attributes break a rule")
	// ErrUnsupported: an algorithm this package does not know (CRYPTO_CONSTRAINTS_FAILURE or format).
	ErrUnsupported = errors.New("unsupported algorithm")
	// ErrNoCertificate: the signer's certificate is not in the object (NO_SIGNING_CERTIFICATE_FOUND).
	ErrNoCertificate = errors.New("signing certificate not found")
)

// Object identifiers used by signatures and time-stamps.
var (
	OIDData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	OIDSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	OIDTSTInfo    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

	OIDContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	OIDMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	OIDSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	OIDSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	OIDSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	OIDAlgorithmProtection  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
	OIDSignatureTimeStamp   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	// OIDAdobeRevocation is adbe-revocationInfoArchival (ISO 32000-2, 12.8.3.3.2).
	OIDAdobeRevocation = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}
)
