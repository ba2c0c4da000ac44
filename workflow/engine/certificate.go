package engine

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"

	"covenant/workflow"
)

// bindByRule binds a certificate that was never seen before, where a rule on subjects names its holder, and gives the
// covenant's state with the directory as it is then.
func (e signers) bindByRule(
	ctx context.Context, id workflow.CovenantID, cert *x509.Certificate,
) (workflow.State, error) {
	cmd := workflow.BindByRule{Issuer: cert.Issuer.String(), Serial: cert.SerialNumber.String(),
		Subject: subjectOf(cert.Subject)}
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
