package devpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"covenant/signing/trust"
)

// Disclaimer stands in the name of every certificate. Readers of roots know tests by it.
const Disclaimer = trust.TestMark

// Identity is a key with its certificate and the issuers, nearest first, root last. It converts to signing.Identity.
type Identity struct {
	Signer      crypto.Signer
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
}

// KeyType is the kind of key to generate.
type KeyType string

// The kinds of keys; the zero KeyType is P256.
const (
	P256    KeyType = "P-256"
	P384    KeyType = "P-384"
	P521    KeyType = "P-521"
	RSA2048 KeyType = "RSA-2048"
	RSA3072 KeyType = "RSA-3072"
	RSA4096 KeyType = "RSA-4096"
	Ed25519 KeyType = "Ed25519"
)

func (k KeyType) generate() (crypto.Signer, error) {
	switch k {
	case "", P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("unknown key type %q", string(k))
}

// role names one of the infrastructure's certificates; it is also its file name.
type role string

const (
	roleRoot      role = "root"
	roleIssuing   role = "issuing"
	roleTSA       role = "tsa"
	roleOldTSA    role = "tsa-expired"
	roleOCSP      role = "ocsp"
	roleOtherRoot role = "other-root" // never among Roots: issues the wrong-chain certificates
	roleStranger  role = "ocsp-stranger"
)

const year = 365 * 24 * time.Hour

// declared is the infrastructure as data: each row's issuer stands above it.
var declared = []struct {
	role     role
	issuer   role
	name     string
	from, to time.Duration // validity relative to the time of creation
	usage    x509.KeyUsage
	isCA     bool
	eku      []asn1.ObjectIdentifier // critical
	noCheck  bool                    // id-pkix-ocsp-nocheck
}{
	{role: roleRoot, issuer: roleRoot, name: "Covenant Dev Root CA", from: -year, to: 20 * year, usage: caUsage,
		isCA: true},
	{role: roleIssuing, issuer: roleRoot, name: "Covenant Dev Issuing CA", from: -year, to: 10 * year, usage: caUsage,
		isCA: true},
	{role: roleTSA, issuer: roleIssuing, name: "Covenant Dev Time-Stamp Authority", from: -year, to: 8 * year,
		usage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		eku:   []asn1.ObjectIdentifier{oidTimeStamping}},
	{role: roleOldTSA, issuer: roleIssuing, name: "Covenant Dev Time-Stamp Authority (expired)", from: -year,
		to:    -24 * time.Hour,
		usage: x509.KeyUsageDigitalSignature, eku: []asn1.ObjectIdentifier{oidTimeStamping}},
	{role: roleOCSP, issuer: roleIssuing, name: "Covenant Dev OCSP Responder", from: -year, to: 8 * year,
		usage: x509.KeyUsageDigitalSignature, eku: []asn1.ObjectIdentifier{oidOCSPSigning}, noCheck: true},
	{role: roleOtherRoot, issuer: roleOtherRoot, name: "Covenant Dev Unknown CA", from: -year, to: 10 * year,
		usage: caUsage, isCA: true},
	{role: roleStranger, issuer: roleOtherRoot, name: "Covenant Dev Foreign Responder", from: -year, to: 8 * year,
		usage: x509.KeyUsageDigitalSignature, eku: []asn1.ObjectIdentifier{oidOCSPSigning}, noCheck: true},
}

const caUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign

var (
	oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	oidOCSPSigning  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
	oidExtKeyUsage  = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidNoCheck      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	// oidPolicy is the time-stamp authority's policy, from the arc for examples (RFC 7299 has none; 2.999 is ITU-T's).
	oidPolicy = asn1.ObjectIdentifier{2, 999, 1}
)

// create makes the whole infrastructure in memory.
func (p *PKI) create() error {
	now := p.now()
	p.roles = map[role]Identity{}
	for _, d := range declared {
		key, err := P256.generate()
		if err != nil {
			return err
		}
		tmpl := &x509.Certificate{
			Subject: pkix.Name{CommonName: d.name, Organization: []string{"Covenant"},
				OrganizationalUnit: []string{Disclaimer}, Country: []string{"VN"}},
			NotBefore: now.Add(d.from), NotAfter: now.Add(d.to),
			KeyUsage: d.usage, IsCA: d.isCA, BasicConstraintsValid: true,
		}
		if len(d.eku) > 0 {
			value, err := asn1.Marshal(d.eku)
			if err != nil {
				return err
			}
			tmpl.ExtraExtensions = append(tmpl.ExtraExtensions, pkix.Extension{Id: oidExtKeyUsage, Critical: true,
				Value: value})
		}
		if d.noCheck {
			tmpl.ExtraExtensions = append(tmpl.ExtraExtensions, pkix.Extension{Id: oidNoCheck, Value: []byte{5, 0}})
		}
		issuer, ok := p.roles[d.issuer]
		if !ok {
			issuer = Identity{Signer: key, Certificate: tmpl} // self-signed
		} else if !d.noCheck {
			p.addURLs(tmpl, d.issuer)
		}
		cert, err := sign(tmpl, key.Public(), issuer)
		if err != nil {
			return fmt.Errorf("certificate %q: %w", d.name, err)
		}
		id := Identity{Signer: key, Certificate: cert}
		if ok {
			id.Chain = append([]*x509.Certificate{issuer.Certificate}, issuer.Chain...)
		}
		p.roles[d.role] = id
	}
	return nil
}

// addURLs names the issuer's servers in a certificate: its own certificate, OCSP (the issuing authority only) and list.
func (p *PKI) addURLs(tmpl *x509.Certificate, issuer role) {
	tmpl.IssuingCertificateURL = []string{p.base + "/aia/" + string(issuer) + ".crt"}
	tmpl.CRLDistributionPoints = []string{p.base + "/crl/" + string(issuer) + ".crl"}
	if issuer == roleIssuing {
		tmpl.OCSPServer = []string{p.base + "/ocsp"}
	}
}

func sign(tmpl *x509.Certificate, pub crypto.PublicKey, issuer Identity) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	tmpl.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, tmpl, issuer.Certificate, pub, issuer.Signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
