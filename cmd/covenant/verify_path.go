package main

import (
	"encoding/asn1"
	"strconv"
	"strings"

	"covenant/signing"
)

// pathFlags are the inputs of RFC 5280 §6.1.1 that concern certificate policies.
type pathFlags struct {
	CertificatePolicy    []string `help:"Accept signers' certificates issued under this policy (an object identifier). May be repeated. Default: any. Refuses others together with --explicit-policy." placeholder:"OID"`
	ExplicitPolicy       bool     `help:"Refuse certificates whose path is valid for no accepted policy."`
	InhibitPolicyMapping bool     `help:"Let no authority declare that one policy stands for another."`
	InhibitAnyPolicy     bool     `help:"Let the policy anyPolicy in a certificate stand for no other."`
}

func (f *pathFlags) policies() (p signing.CertificatePolicies, err error) {
	p = signing.CertificatePolicies{RequireExplicit: f.ExplicitPolicy, InhibitMapping: f.InhibitPolicyMapping,
		InhibitAny: f.InhibitAnyPolicy}
	for _, text := range f.CertificatePolicy {
		id, ok := parseOID(text)
		if !ok {
			return p, sentence("--certificate-policy: “%[1]s” không phải mã định danh chính sách: hãy ghi các số cách "+
				"nhau bằng dấu chấm, ví dụ 1.3.6.1.4.1.99999.1",
				"--certificate-policy: “%[1]s” is no object identifier: write numbers with dots between, for example "+
					"1.3.6.1.4.1.99999.1", text)
		}
		p.Accepted = append(p.Accepted, id)
	}
	return p, nil
}

// parseOID reads an object identifier in dotted form (X.660).
func parseOID(text string) (id asn1.ObjectIdentifier, ok bool) {
	for _, arc := range strings.Split(text, ".") {
		n, err := strconv.ParseUint(arc, 10, 31)
		if err != nil || strconv.FormatUint(n, 10) != arc {
			return nil, false
		}
		id = append(id, int(n))
	}
	return id, len(id) >= 2 && id[0] <= 2 && (id[0] == 2 || id[1] < 40)
}
