package cms

import (
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ParsePKCS1 reads what adbe.x509.rsa_sha1 has in Contents (ISO 32000-2, 12.8.3.2): an OCTET STRING with a signature of
// PKCS #1 and nothing else, padded with zero bytes; certificates are DER, those of the dictionary's Cert, the signer's
// first. It comes as a SignedData without attributes, so it is verified as one. Which hash was used is said by nothing
// but the signature itself, under the signer's key; SHA-1, the form's own, where that cannot be read.
func ParsePKCS1(contents []byte, certificates [][]byte) (*SignedData, error) {
	in := cryptobyte.String(contents)
	var value cryptobyte.String
	if !in.ReadASN1(&value, cbasn1.OCTET_STRING) || len(value) == 0 {
		return nil, malformed("no PKCS #1 signature in an OCTET STRING")
	}
	sd := &SignedData{Raw: contents[:len(contents)-len(in)], ContentType: OIDData,
		Trailing: len(trimZeros(in))}
	for _, der := range certificates {
		if len(sd.Certificates)+len(sd.Loose) == MaxCertificates {
			return nil, malformed("certificates")
		}
		if cert, err := x509.ParseCertificate(der); err == nil {
			sd.Certificates = append(sd.Certificates, cert)
		} else if cert := looseCertificate(der); cert != nil {
			sd.Loose = append(sd.Loose, cert)
		} else if len(sd.Certificates)+len(sd.Loose) == 0 {
			return nil, malformed("the signer's certificate in Cert")
		}
	}
	sd.Signer = SignerInfo{Digest: crypto.SHA1, Signature: value}
	if len(certificates) == 0 {
		sd.Signer.Issuer, sd.Signer.Serial = []byte{}, new(big.Int)
	} else if signer := sd.first(certificates[0]); signer != nil {
		sd.Signer.Issuer, sd.Signer.Serial = signer.RawIssuer, signer.SerialNumber
		if h, ok := recoverHash(PublicKey(signer), value); ok {
			sd.Signer.Digest = h
		}
	}
	sd.Signer.Algorithm = Algorithm{Scheme: RSAPKCS1, Hash: sd.Signer.Digest}
	return sd, nil
}

func trimZeros(b []byte) []byte {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

// first is the certificate that der was read as.
func (sd *SignedData) first(der []byte) *x509.Certificate {
	for _, all := range [][]*x509.Certificate{sd.Certificates, sd.Loose} {
		if len(all) > 0 && len(all[0].Raw) == len(der) && subtle.ConstantTimeCompare(all[0].Raw, der) == 1 {
			return all[0]
		}
	}
	return nil
}

// recoverHash is the hash that a signature by RSASSA-PKCS1-v1_5 is over, whatever was hashed; false where it was not
// made with the key, or is not of exactly the form of RFC 8017, 9.2.
func recoverHash(pub crypto.PublicKey, signature []byte) (hash crypto.Hash, ok bool) {
	k, isRSA := pub.(*rsa.PublicKey)
	if !isRSA || k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits || k.E < 3 || len(signature) != k.Size() {
		return 0, false
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(k.N) >= 0 {
		return 0, false
	}
	message := s.Exp(s, big.NewInt(int64(k.E)), k.N).FillBytes(make([]byte, k.Size()))
	for h := range hashOIDs {
		if !h.Available() || len(message) < h.Size() {
			continue
		}
		digest := message[len(message)-h.Size():]
		want := Algorithm{Scheme: RSAPKCS1, Hash: h}.pkcs1Message(digest, k.Size())
		if want != nil && subtle.ConstantTimeCompare(message, want) == 1 {
			return h, true
		}
	}
	return 0, false
}
