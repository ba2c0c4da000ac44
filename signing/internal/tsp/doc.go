// Package tsp requests, parses, verifies and issues RFC 3161 time-stamp tokens.
//
//	c := tsp.Client{URLs: []string{"http://tsa.example/"}}
//	token, err := c.Timestamp(ctx, digest, crypto.SHA256)
//	// token.Raw goes into the signature-time-stamp attribute or a document time-stamp
//
// A token that Client returns has been checked against the request: status,
// nonce, imprint, policy, the authority's signature and its certificate's
// purpose. Whether the authority is trusted is for the caller to judge from
// the chain.
package tsp

import (
	"encoding/asn1"
	"errors"
)

// Errors of this package wrap one of these, or one of package cms.
var (
	// ErrFormat: not a time-stamp token or response.
	ErrFormat = errors.New("malformed time-stamp")
	// ErrImprint: the token is over other data.
	ErrImprint = errors.New("time-stamp is over other data")
	// ErrNonce: the response answers another request.
	ErrNonce = errors.New("time-stamp response has another nonce")
	// ErrPurpose: the certificate is not one for time-stamping (RFC 3161, 2.3).
	ErrPurpose = errors.New("certificate is not for time-stamping")
	// ErrRefused: the authority answered, but with a refusal.
	ErrRefused = errors.New("time-stamp authority refused")
	// ErrUnavailable: no authority could be reached or gave a usable answer; trying again later may help.
	ErrUnavailable = errors.New("time-stamp authority unavailable")
)

// oidExtKeyUsage is id-ce-extKeyUsage, which a time-stamp certificate has as a critical extension.
var oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
