package signing

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"

	"covenant/signing/internal/cms"
)

// Identity is a key that signs and the certificate that says whose it is.
type Identity struct {
	// Signer holds the private key: in memory, on a token, in an HSM. It is asked once for each signature.
	Signer crypto.Signer
	// Certificate is the signer's.
	Certificate *x509.Certificate
	// Chain are the issuers' certificates, nearest first; the root may be left out. They are embedded in the signature.
	Chain []*x509.Certificate
}

// ErrWrongPassword is returned by LoadPKCS12 for a password that does not open the file.
var ErrWrongPassword = errors.New("the password does not open the pkcs#12 file")

const oidPSS = "1.2.840.113549.1.1.10"

// LoadPKCS12 reads a key and its certificates from a PKCS#12 file (RFC 7292) with modern (PBES2, AES) or legacy (3DES,
// RC2) encryption. Errors wrap [ErrWrongPassword] where the password is at fault.
func LoadPKCS12(data []byte, password string) (Identity, error) {
	if !modestIterations(data, maxIterations, 0) {
		return Identity{}, fmt.Errorf("pkcs#12 file: it asks for more than %d iterations to derive a key; "+
			"write it anew with fewer", maxIterations)
	}
	key, cert, chain, err := pkcs12.DecodeChain(data, password)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		return Identity{}, ErrWrongPassword
	}
	if err != nil && strings.Contains(err.Error(), oidPSS) {
		return Identity{}, errors.New("pkcs#12 file: its key is marked as for RSASSA-PSS only, which cannot be read " +
			"from such a file; use it through a token, or in two phases")
	}
	if err != nil {
		return Identity{}, fmt.Errorf("pkcs#12 file: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return Identity{}, fmt.Errorf("pkcs#12 file: a key of type %T cannot sign", key)
	}
	id := Identity{Signer: signer, Certificate: cert, Chain: orderChain(cert, chain)}
	return id, id.check()
}

// maxIterations bounds the work that a file of somebody else's making may ask for before its password is even looked
// at; what is in use are 2,048 to 1,000,000.
const maxIterations = 5_000_000

// modestIterations looks for iteration counts where a file names them in the clear: an INTEGER that follows the salt,
// in MacData, PBE and PBKDF2 parameters (RFC 7292, 4 and B; RFC 8018, A.2). Those within encrypted contents are seen by
// nobody who has not derived a key already.
func modestIterations(der cryptobyte.String, limit int64, depth int) bool {
	afterSalt := false
	for !der.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !der.ReadAnyASN1(&value, &tag) || depth > 30 {
			return true // not a structure
		}
		if afterSalt && tag == cbasn1.INTEGER && new(big.Int).SetBytes(value).Cmp(big.NewInt(limit)) > 0 {
			return false
		}
		afterSalt = tag == cbasn1.OCTET_STRING
		if (tag&0x20 != 0 || afterSalt) && !modestIterations(value, limit, depth+1) {
			return false
		}
	}
	return true
}

// check tells whether certificate and key belong together.
func (id Identity) check() error {
	if id.Signer == nil || id.Certificate == nil {
		return errors.New("an identity needs a key and a certificate")
	}
	type equaler interface{ Equal(crypto.PublicKey) bool }
	pub, ok := id.Signer.Public().(equaler)
	if !ok {
		return fmt.Errorf("a key of type %T is not supported", id.Signer.Public())
	}
	if !pub.Equal(cms.PublicKey(id.Certificate)) {
		return fmt.Errorf("the certificate of %q belongs to another key", id.Certificate.Subject.CommonName)
	}
	return nil
}

// orderChain puts the issuers of cert in order, nearest first, and leaves out what does not lead upwards.
func orderChain(cert *x509.Certificate, pool []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for at := cert; len(out) < len(pool) && !bytes.Equal(at.RawIssuer, at.RawSubject); {
		issuer := issuerOf(at, pool)
		if issuer == nil {
			break
		}
		out = append(out, issuer)
		at = issuer
	}
	return out
}

// issuerOf finds the certificate in pool whose key signed cert.
func issuerOf(cert *x509.Certificate, pool []*x509.Certificate) *x509.Certificate {
	for _, c := range pool {
		if bytes.Equal(c.RawSubject, cert.RawIssuer) && cert.CheckSignatureFrom(c) == nil {
			return c
		}
	}
	return nil
}
