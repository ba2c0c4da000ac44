package signing

import (
	"crypto/x509"
	"slices"
	"time"

	"covenant/signing/trust"
)

// Indication is the three-valued verdict of EN 319 102-1 §5.1.3.
type Indication string

// The indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	Indeterminate Indication = "INDETERMINATE"
	TotalFailed   Indication = "TOTAL-FAILED"
)

// SubIndication says why a verdict is not TOTAL-PASSED (EN 319 102-1 tables 5 and 6).
type SubIndication string

// The sub-indications in use.
const (
	FormatFailure              SubIndication = "FORMAT_FAILURE"
	HashFailure                SubIndication = "HASH_FAILURE"
	SigCryptoFailure           SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked                    SubIndication = "REVOKED"
	Expired                    SubIndication = "EXPIRED"
	NotYetValid                SubIndication = "NOT_YET_VALID"
	SigConstraintsFailure      SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure    SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	ChainGeneralFailure        SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	CryptoConstraintsFailure   SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsNoPOE     SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	NoSigningCertificateFound  SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound    SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	RevokedNoPOE               SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE             SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNoPOE           SubIndication = "OUT_OF_BOUNDS_NO_POE"
	OutOfBoundsNotRevoked      SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	TimestampOrderFailure      SubIndication = "TIMESTAMP_ORDER_FAILURE"
	TryLater                   SubIndication = "TRY_LATER"
	SubIndicationNotApplicable SubIndication = ""
)

// SignatureKind tells people's and agencies' signatures from document time-stamps.
type SignatureKind string

// The kinds of results.
const (
	KindSignature         SignatureKind = "signature"
	KindDocumentTimestamp SignatureKind = "document-timestamp"
)

// TimeSource says where a time comes from. Only time-stamps prove anything.
type TimeSource string

// The sources of times.
const (
	TimeClaimed            TimeSource = "claimed"             // /M or signing-time: the signer's own word
	TimeSignatureTimestamp TimeSource = "signature-timestamp" // RFC 3161 token in the signature
	TimeDocumentTimestamp  TimeSource = "document-timestamp"  // RFC 3161 token in a later revision
	TimeValidation         TimeSource = "validation"          // no proof: the time of this validation
)

// RevocationSource says where revocation data come from.
type RevocationSource string

// The sources of revocation data.
const (
	RevocationFromFile RevocationSource = "file"   // the DSS or the signature itself
	RevocationOnline   RevocationSource = "online" // fetched now
)

// Report is what Verify found in one file.
type Report struct {
	Size         int64     // of the file, bytes
	Revisions    int       // savings of the file, the first included
	ValidatedAt  time.Time // the time of validation
	Online       bool      // whether servers were asked
	Revocation   RevocationMode
	Encrypted    bool
	Results      []Result    // in the order in which they were made; empty when the file has no signature
	TrailingData int64       // bytes after the last revision's end other than white space
	Base         *BaseResult // nil: no base was given
}

// Result is the verdict on one signature or document time-stamp.
type Result struct {
	Kind          SignatureKind
	Field         string // full name of the field
	Page          int    // of its widget, from 1; 0 when it has none
	Visible       bool   // whether the widget has an area
	Indication    Indication
	SubIndication SubIndication
	Reasons       []Reason // what led to the verdict, the decisive one first; warnings too

	PAdES     bool // SubFilter and attributes of the baseline
	Level     Level
	SubFilter string
	Algorithm string // for example "ECDSA with SHA-256"

	Signer      string            // common name in the certificate
	Certificate *x509.Certificate // nil if it could not be found
	ClaimedName string            // /Name: anybody's word
	Reason      string
	Location    string

	Time       time.Time  // the best time of signature: it existed then
	TimeSource TimeSource // where Time comes from
	Times      []TimeClaim

	Basis

	Coverage      Coverage
	Modifications []Modification // later changes, permitted or not
	Certifies     Permission     // DocMDP of this signature; 0: an approval
	Lock          *Lock          // FieldMDP of this signature

	intact bool
}

// Basis is what a verdict rests on.
type Basis struct {
	// Purpose is what it was judged as: a person's signature, a seal or a time-stamp.
	Purpose trust.Purpose
	Chain   []ChainLink // the signer's certificate first, the trust anchor last
	// Test: the verdict, whatever it is, rests on a test root: the trust anchor is one, or the time is proven by none
	// but a test authority.
	Test bool
}

// Intact reports whether the signed bytes and the signature value are unchanged, whoever signed.
func (r *Result) Intact() bool { return r.intact }

// Completable reports whether the verdict lacks nothing but what time-stamps and validation data, which may still be
// added, will bring: the certificate leads to a trust anchor, and all that is open is whether it was revoked.
func (r *Result) Completable() bool {
	if r.Indication == TotalPassed {
		return true
	}
	if !r.intact || r.Indication != Indeterminate || r.SubIndication != TryLater || len(r.Chain) == 0 ||
		!r.Chain[len(r.Chain)-1].TrustAnchor {
		return false
	}
	for _, reason := range r.Reasons {
		switch reason.Code {
		case ReasonNoRevocation, ReasonRevocationSkipped, ReasonTimestampUnconfirmed, ReasonBER, ReasonPolicy,
			ReasonEmptyAttributes, ReasonUnsorted, ReasonDigestOID, ReasonPKCS1:
		default:
			return false
		}
	}
	return true
}

// TimeClaim is one statement about when.
type TimeClaim struct {
	Source    TimeSource
	Time      time.Time
	Authority string // of a time-stamp
	Trusted   bool   // the time-stamp was itself validated
	Test      bool   // by a test root
}

// ChainLink is one certificate of the chain and what is known of its revocation.
type ChainLink struct {
	Certificate *x509.Certificate
	TrustAnchor bool
	Test        bool            // a trust anchor of the kind test
	Revocation  *RevocationInfo // nil: none needed, or none found
}

// RevocationInfo is the evidence that was relied on.
type RevocationInfo struct {
	Source     RevocationSource
	Kind       string // "OCSP" or "CRL"
	Revoked    bool
	RevokedAt  time.Time
	Reason     int
	ThisUpdate time.Time
	NextUpdate time.Time
}

// Coverage is the part of the file that a signature covers: everything up to the end of one revision but its own value.
type Coverage struct {
	ByteRange [4]int64
	WholeFile bool // nothing follows
	Revision  int  // the revision covered, from 1
	Revisions int  // of how many
}

// Reason is one finding.
type Reason struct {
	Code   ReasonCode
	Detail string // technical, English; "" when the code says it all
	Time   time.Time
	Name   string // a certificate's or a field's
}

// ReasonCode identifies a finding; see Reason.Text for its words.
type ReasonCode string

// ChangedAsPermitted lists what was changed after some signature, as that permits, in what its signer saw: values that
// were filled in, remarks that were added. Signing, time-stamps and validation data are not among it.
func (r *Report) ChangedAsPermitted() []Modification {
	var out []Modification
	for i := range r.Results {
		for _, m := range r.Results[i].Modifications {
			if m.Permitted && (m.Kind == ChangeFormValue || m.Kind == ChangeAnnotation) && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// Test reports whether anything in the file rests on a test root: the verdict then proves nothing about anybody.
func (r *Report) Test() bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return one.Test })
}

// Overall is the verdict on all results: TOTAL-FAILED if one failed or the file is not its base and signatures, else
// INDETERMINATE if one is, else TOTAL-PASSED. A file without signatures is INDETERMINATE.
func (r *Report) Overall() Indication {
	out := TotalPassed
	if r.Base != nil && !r.Base.Intact {
		return TotalFailed
	}
	if len(r.Results) == 0 {
		return Indeterminate
	}
	for i := range r.Results {
		switch r.Results[i].Indication {
		case TotalFailed:
			return TotalFailed
		case TotalPassed:
		default:
			out = Indeterminate
		}
	}
	return out
}
