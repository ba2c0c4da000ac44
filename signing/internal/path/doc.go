// Package path finds and validates certification paths: RFC 5280 §6.1, with names compared as §7.1 has it and policies
// by the graph of RFC 9618, whose size does not explode. Package crypto/x509 compares names byte by byte, refuses
// directory names in name constraints, and neither reads nor chains some certificates that the RFC permits.
//
// A [Builder] is given certificates of unknown worth ([Builder.Add]): those of a file, of the caller, of servers. Being
// there makes none of them trusted; only [Anchors] say what is. [Builder.Find] looks for paths from a certificate to an
// anchor, the shortest first, and validates them one after the other. Everything in a certificate below an anchor was
// signed by its issuer and could be forged by who has that issuer's key and nobody else; before the signature is
// checked
// it is what anybody wrote, so until then it costs bounded work ([Limits]) and decides nothing. Key identifiers are
// written by anybody, too: they put likely issuers first and exclude none.
//
// Whether a certificate was in its period, or revoked, at a moment is not judged here: that depends on proofs of
// existence, of which the caller knows. The times given to Find choose between paths that are otherwise as good.
package path

import (
	"crypto/x509"
	"fmt"
)

// Code says what kept a path from being valid.
type Code string

// The codes.
const (
	Untrusted  Code = "untrusted"  // no path leads to an anchor
	BadKey     Code = "key"        // a key or algorithm that is not supported: nothing is said of the signature
	Weak       Code = "weak"       // signed with an algorithm that can be forged
	Signature  Code = "signature"  // not signed by the key of its issuer
	Malformed  Code = "malformed"  // a certificate, or an extension that must be understood, is not what the RFC says
	Constraint Code = "constraint" // basic constraints, key usage, an unknown critical extension
	Names      Code = "names"      // outside the names that an authority above may certify
	Policies   Code = "policies"   // not valid for a policy that is asked for
	Period     Code = "period"     // the anchor's own period does not touch the certificate's
	TooMany    Code = "too many"   // more work than the limits allow
)

// Error says why there is no valid path.
type Error struct {
	Code        Code
	Certificate *x509.Certificate // which one it is about; nil: none in particular
	Detail      string            // in English, for the technical part of a report
}

func (e *Error) Error() string {
	if e.Certificate == nil {
		return "certification path: " + e.Detail
	}
	return fmt.Sprintf("certification path: certificate %q: %s", e.Certificate.Subject.String(), e.Detail)
}

func fail(code Code, c *Certificate, format string, args ...any) *Error {
	e := &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
	if c != nil {
		e.Certificate = c.X
	}
	return e
}

// Unreached: no path to an anchor was found at all, for want of an issuer or because the one that is there cannot be
// relied on. Another certificate might change that.
func (e *Error) Unreached() bool { return e.Code == Untrusted || e.Code == BadKey || e.Code == Weak }
