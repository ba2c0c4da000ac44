package cms

import (
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// AdobeRevocation is the content of adbe-revocationInfoArchival (ISO 32000-2, 12.8.3.3.2), which signatures older than
// PAdES carry among their signed attributes: DER CertificateLists and OCSPResponses. Both are nil when it is absent or
// malformed.
func (si *SignerInfo) AdobeRevocation() (crls, ocsps [][]byte) {
	value, err := si.SignedAttribute(OIDAdobeRevocation)
	if err != nil || value == nil {
		return nil, nil
	}
	in := cryptobyte.String(value)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return nil, nil
	}
	for n, dst := range []*[][]byte{&crls, &ocsps} {
		var wrapped, list cryptobyte.String
		var has bool
		if !seq.ReadOptionalASN1(&wrapped, &has, cbasn1.Tag(n).ContextSpecific().Constructed()) {
			return crls, ocsps
		}
		if !has || !wrapped.ReadASN1(&list, cbasn1.SEQUENCE) {
			continue
		}
		for !list.Empty() && len(*dst) < MaxCertificates {
			var one cryptobyte.String
			if !list.ReadASN1Element(&one, cbasn1.SEQUENCE) {
				break
			}
			*dst = append(*dst, one)
		}
	}
	return crls, ocsps
}
