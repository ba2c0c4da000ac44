package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var oidCertificatePoints = asn1.ObjectIdentifier{2, 5, 29, 31}

// samePoint reports whether a list's DistributionPointName is one of the certificate's (RFC 5280 §6.3.3 (b)(2)(i)).
// Both were signed by the issuer; which list is shown for which certificate the file's author chose, so what cannot be
// read or compared is no match. A certificate without points has its issuer's name as the only one (§6.3.3, end).
func samePoint(point cryptobyte.String, cert *x509.Certificate) bool {
	ours, ok := pointNames(point, cert.RawIssuer)
	if !ok {
		return false
	}
	for _, name := range certificateNames(cert) {
		if slices.ContainsFunc(ours, func(n []byte) bool { return bytes.Equal(n, name) }) {
			return true
		}
	}
	return false
}

// certificateNames are the DER GeneralNames of the points whose list speaks for every reason and is signed by the
// issuer: points with reasons or a cRLIssuer are left out, for a list found there alone does not show "good".
func certificateNames(cert *x509.Certificate) (out [][]byte) {
	i := slices.IndexFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidCertificatePoints) })
	if i < 0 {
		return [][]byte{directoryName(cert.RawIssuer)}
	}
	in := cryptobyte.String(cert.Extensions[i].Value)
	var points cryptobyte.String
	if !in.ReadASN1(&points, cbasn1.SEQUENCE) || !in.Empty() {
		return nil
	}
	for !points.Empty() {
		var one, point cryptobyte.String
		var has bool
		if !points.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadOptionalASN1(&point, &has, explicit(0)) {
			return nil
		}
		if names, ok := pointNames(point, cert.RawIssuer); has && ok && one.Empty() {
			out = append(out, names...)
		}
	}
	return out
}

// pointNames reads a DistributionPointName (RFC 5280 §4.2.1.13) as DER GeneralNames; a name relative to the issuer is
// written out as the directoryName that it stands for.
func pointNames(point cryptobyte.String, issuer []byte) (out [][]byte, ok bool) {
	var names cryptobyte.String
	var tag cbasn1.Tag
	if !point.ReadAnyASN1(&names, &tag) || !point.Empty() || names.Empty() {
		return nil, false
	}
	switch tag {
	case explicit(0): // fullName
		for !names.Empty() {
			var name cryptobyte.String
			if !names.ReadAnyASN1Element(&name, &tag) {
				return nil, false
			}
			out = append(out, name)
		}
		return out, true
	case explicit(1): // nameRelativeToCRLIssuer
		in := cryptobyte.String(issuer)
		var rdns cryptobyte.String
		if !in.ReadASN1(&rdns, cbasn1.SEQUENCE) {
			return nil, false
		}
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(rdns)
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(names) })
		})
		der, err := b.Bytes()
		return [][]byte{directoryName(der)}, err == nil
	}
	return nil, false
}

// directoryName is the GeneralName of a DER Name.
func directoryName(name []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(explicit(4), func(b *cryptobyte.Builder) { b.AddBytes(name) })
	return b.BytesOrPanic()
}
