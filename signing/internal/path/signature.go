package path

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/bits"

	"covenant/signing/internal/cms"
)

// minRSABits and maxRSABits are the sizes of issuers' keys that are relied on: crypto/rsa refuses smaller ones, which
// are factored by anybody with patience, and larger ones cost more than they are worth.
const (
	minRSABits = 1024
	maxRSABits = 16384
)

// CheckKey says whether the public key of a certificate is one that signatures are verified with here. The error is an
// [*Error] of the code BadKey.
func (c *Certificate) CheckKey() error {
	if c.key == nil {
		return fail(BadKey, c, "its key is of a kind that is not supported")
	}
	k, ok := c.key.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil
	case k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits:
		return fail(BadKey, c, "its RSA key has %d bits; from %d to %d are supported", k.N.BitLen(), minRSABits,
			maxRSABits)
	case k.E < 3 || k.E%2 == 0 || k.N.Bit(0) == 0:
		return fail(BadKey, c, "its RSA key is not one of RFC 8017 §3.1 (exponent %d)", k.E)
	}
	return nil
}

// verifyCost is what verifying with the key costs, in verifications with RSA of 2048 bits and the exponent 65537;
// nothing, where it is refused before that.
func (c *Certificate) verifyCost() int {
	if c.CheckKey() != nil {
		return 0
	}
	k, ok := c.key.(*rsa.PublicKey)
	if !ok {
		return 1
	}
	size, exponent := max(k.N.BitLen()/2048, 1), max(bits.Len(uint(k.E))/17, 1)
	return size * size * exponent
}

// signedBy verifies the signature on c by the key of issuer (RFC 5280 §6.1.3 (a)(1)).
func (c *Certificate) signedBy(issuer *Certificate) *Error {
	if c.problem != nil && c.problem.Code == Malformed && c.algorithm == (cms.Algorithm{}) {
		return c.problem
	}
	if c.algErr != nil {
		return fail(BadKey, c, "%v", c.algErr)
	}
	if err := Verify(c, issuer, c.algorithm, c.X.RawTBSCertificate, c.X.Signature); err != nil {
		return err
	}
	if c.algorithm.Weak() { // who asks for a certificate chooses much of it, and so can prepare a collision
		return fail(Weak, c, "it is signed with %s, which can be forged", c.algorithm)
	}
	return nil
}

// Verify checks a signature over message, on a certificate or revocation list, by the key of issuer.
func Verify(about, issuer *Certificate, algorithm cms.Algorithm, message, signature []byte) *Error {
	if err := issuer.CheckKey(); err != nil {
		var e *Error
		errors.As(err, &e)
		return e
	}
	err := issuer.permits(algorithm)
	if err == nil {
		err = algorithm.Verify(issuer.key, message, signature)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cms.ErrUnsupported):
		return fail(BadKey, about, "its signature and the key of %q: %v", issuer.X.Subject.String(), err)
	}
	return fail(Signature, about, "it is not signed by the key of %q", issuer.X.Subject.String())
}

// SignedBy verifies the signature on c by the key of issuer, whose name is that of c's issuer. The error is an
// [*Error].
func (c *Certificate) SignedBy(issuer *Certificate) error {
	if c.Issuer.Key() != issuer.Subject.Key() {
		return fail(Signature, c, "its issuer has another name than %q", issuer.X.Subject.String())
	}
	if err := c.signedBy(issuer); err != nil {
		return err
	}
	return nil
}

// permits: a key that is marked as for RSASSA-PSS signs with nothing else (RFC 4055 §1.2).
func (c *Certificate) permits(a cms.Algorithm) error {
	if c.X.PublicKey != nil {
		return nil
	}
	if a.Scheme != cms.RSAPSS {
		return fmt.Errorf("a key for RSA-PSS only, and %s: %w", a, cms.ErrUnsupported)
	}
	_, err := cms.AlgorithmOf(c.X, a.Hash, true)
	return err
}
