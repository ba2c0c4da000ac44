package engine

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"

	"covenant/signing"
	"covenant/workflow"
)

// certificateOf names a certificate.
func certificateOf(cert *x509.Certificate) workflow.Certificate {
	return workflow.Certificate{Issuer: cert.Issuer.String(), Serial: cert.SerialNumber.String(),
		SHA256: workflow.DigestOf(cert.Raw)}
}

// bindByRule binds a certificate that was never seen before, where a rule on subjects names its holder, and gives the
// covenant's state with the directory as it is then. The chain was validated to its trust anchor: what stands in a
// certificate is its issuer's word, and the anchor says whose word that is.
func (e signers) bindByRule(
	ctx context.Context, id workflow.CovenantID, cert *x509.Certificate, chain []signing.ChainLink,
) (workflow.State, error) {
	s, err := e.read(ctx, id)
	if err != nil {
		return s, err
	}
	of := certificateOf(cert)
	if s.Directory.Identified(of) {
		return s, nil
	}
	cmd := workflow.BindByRule{Issuer: of.Issuer, Serial: of.Serial, SHA256: of.SHA256,
		Subject: subjectOf(cert.Subject), Root: workflow.DigestOf(chain[len(chain)-1].Certificate.Raw)}
	meta := Meta{Actor: workflow.Program()}
	if _, err := e.Do(ctx, "", cmd, meta); err != nil {
		return workflow.State{}, err
	}
	return e.read(ctx, id)
}

// attributeNames are the short names of subject attributes (RFC 4514 §3, and those that Vietnamese authorities use).
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.5": "serialNumber", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title",
	"0.9.2342.19200300.100.1.1": "UID", "1.2.840.113549.1.9.1": "emailAddress", "2.5.4.97": "organizationIdentifier",
}

// subjectOf lists a subject's attributes by dotted OID and, where there is one, by short name.
func subjectOf(name pkix.Name) workflow.Subject {
	s := workflow.Subject{}
	for _, a := range name.Names {
		value, ok := a.Value.(string)
		if !ok {
			continue
		}
		oid := a.Type.String()
		s[oid] = append(s[oid], value)
		if short := attributeNames[oid]; short != "" {
			s[short] = append(s[short], value)
		}
	}
	return s
}
