package path

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"net/url"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var usages = map[string]x509.ExtKeyUsage{
	"2.5.29.37.0": x509.ExtKeyUsageAny, "1.3.6.1.5.5.7.3.1": x509.ExtKeyUsageServerAuth,
	"1.3.6.1.5.5.7.3.2": x509.ExtKeyUsageClientAuth, "1.3.6.1.5.5.7.3.3": x509.ExtKeyUsageCodeSigning,
	"1.3.6.1.5.5.7.3.4": x509.ExtKeyUsageEmailProtection, "1.3.6.1.5.5.7.3.8": x509.ExtKeyUsageTimeStamping,
	"1.3.6.1.5.5.7.3.9": x509.ExtKeyUsageOCSPSigning,
}

// signatureAlgorithms are the names that crypto/x509 has for algorithms.
var signatureAlgorithms = map[cms.Algorithm]x509.SignatureAlgorithm{
	{Scheme: cms.RSAPKCS1, Hash: crypto.SHA256}: x509.SHA256WithRSA,
	{Scheme: cms.RSAPKCS1, Hash: crypto.SHA384}: x509.SHA384WithRSA,
	{Scheme: cms.RSAPKCS1, Hash: crypto.SHA512}: x509.SHA512WithRSA,
	{Scheme: cms.RSAPSS, Hash: crypto.SHA256}:   x509.SHA256WithRSAPSS,
	{Scheme: cms.RSAPSS, Hash: crypto.SHA384}:   x509.SHA384WithRSAPSS,
	{Scheme: cms.RSAPSS, Hash: crypto.SHA512}:   x509.SHA512WithRSAPSS,
	{Scheme: cms.ECDSA, Hash: crypto.SHA256}:    x509.ECDSAWithSHA256,
	{Scheme: cms.ECDSA, Hash: crypto.SHA384}:    x509.ECDSAWithSHA384,
	{Scheme: cms.ECDSA, Hash: crypto.SHA512}:    x509.ECDSAWithSHA512,
	{Scheme: cms.Ed25519, Hash: crypto.SHA512}:  x509.PureEd25519,
}

// fill gives a certificate that crypto/x509 did not read the fields by which others judge it. What is not readable
// stays
// empty; for an extended key usage that makes the certificate good for nothing (see [Certificate.problem]).
func (c *Certificate) fill() {
	x := c.X
	x.SignatureAlgorithm = signatureAlgorithms[c.algorithm]
	x.SubjectKeyId, x.AuthorityKeyId = c.ext.keyID, c.ext.authorityID
	x.KeyUsage, x.BasicConstraintsValid, x.IsCA = c.ext.usage, c.ext.basic, c.ext.ca
	x.MaxPathLen, x.MaxPathLenZero = c.ext.pathLen, c.ext.pathLen == 0
	for _, e := range x.Extensions {
		ok := true
		switch e.Id.String() {
		case "2.5.29.37":
			ok = fillUsage(x, e.Value)
		case "2.5.29.31":
			x.CRLDistributionPoints = PointAddresses(e.Value)
		case oidAuthorityInfo:
			fillAccess(x, e.Value)
		}
		if !ok && c.problem == nil {
			c.problem = fail(Malformed, c, "extension %s is malformed", e.Id)
		}
	}
}

func fillUsage(x *x509.Certificate, v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() || seq.Empty() {
		return false
	}
	for !seq.Empty() {
		var oid asn1.ObjectIdentifier
		if !seq.ReadASN1ObjectIdentifier(&oid) {
			return false
		}
		if u, ok := usages[oid.String()]; ok {
			x.ExtKeyUsage = append(x.ExtKeyUsage, u)
		} else {
			x.UnknownExtKeyUsage = append(x.UnknownExtKeyUsage, oid)
		}
	}
	return true
}

// PointAddresses are the addresses in CRLDistributionPoints or FreshestCRL (RFC 5280 §4.2.1.13, §4.2.1.15), as far as
// they can be read.
func PointAddresses(v cryptobyte.String) (out []string) {
	var points, one, point, names, uri cryptobyte.String
	var has bool
	if !v.ReadASN1(&points, cbasn1.SEQUENCE) {
		return nil
	}
	for points.ReadASN1(&one, cbasn1.SEQUENCE) {
		if !one.ReadOptionalASN1(&point, &has, explicit(0)) || !has || !point.ReadASN1(&names, explicit(0)) {
			continue
		}
		for !names.Empty() {
			if names.ReadASN1(&uri, implicit(6)) {
				out = append(out, string(uri))
			} else if !skipAny(&names) {
				return out
			}
		}
	}
	return out
}

func skipAny(s *cryptobyte.String) bool {
	var v cryptobyte.String
	var tag cbasn1.Tag
	return s.ReadAnyASN1(&v, &tag)
}

// fillAccess lists where the issuer's certificate and its OCSP responder are (RFC 5280 §4.2.2.1).
func fillAccess(x *x509.Certificate, v cryptobyte.String) {
	var seq, one, uri cryptobyte.String
	var method asn1.ObjectIdentifier
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return
	}
	for seq.ReadASN1(&one, cbasn1.SEQUENCE) {
		if !one.ReadASN1ObjectIdentifier(&method) || !one.ReadASN1(&uri, implicit(6)) {
			continue
		}
		if _, err := url.Parse(string(uri)); err != nil {
			continue
		}
		switch method.String() {
		case "1.3.6.1.5.5.7.48.1":
			x.OCSPServer = append(x.OCSPServer, string(uri))
		case "1.3.6.1.5.5.7.48.2":
			x.IssuingCertificateURL = append(x.IssuingCertificateURL, string(uri))
		}
	}
}
