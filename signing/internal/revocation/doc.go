// Package revocation finds out whether a certificate was revoked: by OCSP (RFC 6960), then by revocation lists
// (RFC 5280, 5 and 6.3). Nothing is used before it is checked: who signed it, whether that one may speak for the
// certificate's issuer, whether it is about this very certificate, and of what time it is.
//
// [ParseOCSP] and [ParseCRL] judge bytes that somebody has, for example in a PDF's DSS dictionary; [Client] fetches.
// Both give [Evidence], which can be kept and judged again at any time with [Evidence.Usable].
package revocation

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Errors wrap one of these.
var (
	// ErrFormat: not an OCSP response or revocation list, or not one that this package can judge.
	ErrFormat = errors.New("malformed revocation data")
	// ErrOther: about other certificates or from another issuer.
	ErrOther = errors.New("revocation data is not about this certificate")
	// ErrSigner: signed by nobody who may speak for the issuer.
	ErrSigner = errors.New("revocation data is not signed by the issuer or its responder")
	// ErrStale: of another time.
	ErrStale = errors.New("revocation data is out of date")
	// ErrPartial: a delta, or a list of some reasons only, without the others that it takes to know.
	ErrPartial = fmt.Errorf("the revocation list is not complete: %w", ErrFormat)
	// ErrUnknown: the responder does not know the certificate.
	ErrUnknown = errors.New("the responder does not know this certificate")
	// ErrUnavailable: no server gave a usable answer; trying again later may help.
	ErrUnavailable = errors.New("revocation status unavailable")
)

// Kind is the form of evidence.
type Kind string

// The kinds.
const (
	OCSP Kind = "OCSP"
	CRL  Kind = "CRL"
)

// Evidence is one checked statement about one certificate.
type Evidence struct {
	Kind       Kind
	DER        []byte   // OCSPResponse or CertificateList
	More       [][]byte // further lists that it takes: the delta, those of other reasons
	URL        string   // where it was fetched; "" if it was given
	Revoked    bool
	RevokedAt  time.Time
	Reason     int // CRLReason, RFC 5280, 5.3.1
	ThisUpdate time.Time
	NextUpdate time.Time // zero if not stated
	ProducedAt time.Time // OCSP
	// Responder is who signed: the issuer itself, or of an OCSP response a delegate's certificate, signed by the
	// issuer, of a list one that [Authorities] answer for.
	Responder *x509.Certificate
	// Delegated: Responder is not the issuer. NoCheck: its certificate has id-pkix-ocsp-nocheck.
	Delegated, NoCheck bool

	cutoff   time.Time // the source still knows certificates that expired after this
	notAfter time.Time // of the certificate judged
}

// maxAgeWithoutNext bounds the age of evidence that does not say when newer will come.
const maxAgeWithoutNext = 24 * time.Hour

// Usable reports whether the evidence says something about the certificate at time at: it was issued at or after then,
// or at lies in its period of validity. Evidence from after the certificate's end is of use only where its source keeps
// expired certificates (archive cutoff). It wraps ErrStale.
func (e *Evidence) Usable(at time.Time) error {
	if e.ThisUpdate.After(e.notAfter) && (e.cutoff.IsZero() || e.notAfter.Before(e.cutoff)) {
		return fmt.Errorf("%s of %s is from after the certificate's end: %w", e.Kind, e.ThisUpdate.Format(time.RFC3339),
			ErrStale)
	}
	if !e.ThisUpdate.Before(at) {
		return nil
	}
	if until := e.until(); at.After(until) {
		return fmt.Errorf("%s valid until %s: %w", e.Kind, until.Format(time.RFC3339), ErrStale)
	}
	return nil
}

// until is when newer evidence is due.
func (e *Evidence) until() time.Time {
	if e.NextUpdate.IsZero() {
		return e.ThisUpdate.Add(maxAgeWithoutNext)
	}
	return e.NextUpdate
}

// RevokedBy reports whether the certificate was revoked at or before time at.
func (e *Evidence) RevokedBy(at time.Time) bool { return e.Revoked && !e.RevokedAt.After(at) }
