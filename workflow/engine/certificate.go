package engine

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"time"

	"covenant/signing"
	"covenant/signing/trust"
	"covenant/workflow"
)

// certificateOf names a certificate.
func certificateOf(cert *x509.Certificate) workflow.Certificate {
	return workflow.Certificate{Issuer: cert.Issuer.String(), Serial: cert.SerialNumber.String(),
		SHA256: workflow.DigestOf(cert.Raw)}
}

// identify tells the directory of a certificate that it does not know yet: a rule on subjects may name its holder, and
// of one that was bound by its names alone it becomes known which one it is. The chain was validated to its trust
// anchor: what stands in a certificate is its issuer's word, and the anchor says whose word that is.
func (e signers) identify(ctx context.Context, cert *x509.Certificate, chain []signing.ChainLink) error {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return err
	}
	of := certificateOf(cert)
	if d.Identified(of) {
		return nil
	}
	_, err = e.Do(ctx, "", workflow.BindByRule{
		Issuer: of.Issuer, Serial: of.Serial, SHA256: of.SHA256, Subject: subjectOf(cert.Subject),
		Root: workflow.DigestOf(chain[len(chain)-1].Certificate.Raw),
	}, Meta{Actor: workflow.Program()})
	return err
}

// RevocationPolicy says what becomes of a signature when nobody can be asked whether its certificate was revoked. A
// revoked one never signs.
type RevocationPolicy string

// The policies.
const (
	RevocationRequired RevocationPolicy = ""     // it is not made
	RevocationWarn     RevocationPolicy = "warn" // it is made, and the log and the page say so
)

// enrols refuses to keep a key whose certificate the installation's trust anchors do not bear out: what is signed with
// it would be found out after the last signature.
func (e signers) enrols(ctx context.Context, id signing.Identity, purpose trust.Purpose) error {
	var outside *signing.KeyError
	if err := e.Policy.Check(id.Certificate); errors.As(err, &outside) {
		return workflow.Refusal(workflow.CodeForbidden, "%s", "%s", outside.Text)
	}
	if !namesRevocation(id.Certificate) {
		return workflow.Refusal(workflow.CodeForbidden,
			"chứng thư số này không nêu nơi tra cứu thu hồi (OCSP, CRL), nên văn bản ký bằng nó không hoàn tất được; "+
				"hãy dùng "+
				"chứng thư số của một tổ chức cung cấp dịch vụ chứng thực",
			"this certificate names no way to its revocation data (OCSP, CRL), so that what is signed with it cannot "+
				"be "+
				"completed; use one of a certification authority")
	}
	return unusable(signing.CheckCertificate(ctx, id.Certificate, id.Chain, purpose,
		signing.VerifyOptions{Roots: e.Roots}))
}

func unusable(check *signing.CertificateCheck) error {
	if check.Completable() {
		return nil
	}
	text := check.Text()
	return workflow.Refusal(workflow.CodeForbidden, "chứng thư số này không ký được: %s",
		"this certificate cannot sign: %s", text)
}

// beforeSigning finds out, before a key is used or a signature accepted, whether its certificate may sign now, by
// asking those whom it names, and keeps their answers.
func (e signers) beforeSigning(
	ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, purpose trust.Purpose,
) (workflow.SignerCheck, *signing.CertificateCheck, error) {
	opt := signing.VerifyOptions{Roots: e.Roots, Online: true}
	if e.Validation != nil {
		opt.HTTP, opt.Intermediates = e.Validation.HTTP, e.Validation.Certificates
	}
	check := signing.CheckCertificate(ctx, cert, chain, purpose, opt)
	found := workflow.SignerCheck{At: check.Time.UTC().Truncate(time.Second), Status: workflow.CertificateGood}
	if err := unusable(check); err != nil {
		return found, check, err
	}
	if check.Indication != signing.TotalPassed {
		if e.Revocation != RevocationWarn {
			text := check.Text()
			return found, check, workflow.Refusal(workflow.CodeUnavailable,
				"chưa hỏi được tổ chức chứng thực nên chưa ký: %s Hãy thử lại sau; nếu mạng ở đây không tới được "+
					"máy chủ đó, "+
					"quản trị có thể đặt “revocation: warn”.",
				"the certificate's authority could not be asked, so nothing was signed: %s Try again later; where "+
					"its server "+
					"cannot be reached from here, the administrator may set “revocation: warn”.",
				text)
		}
		found.Status = workflow.CertificateUnknown
	}
	for _, r := range check.Responses {
		if _, err := e.Store.PutBlob(ctx, bytes.NewReader(r.DER), bytesType); err != nil {
			return found, check, err
		}
		found.Responses = append(found.Responses, workflow.DigestOf(r.DER))
	}
	return found, check, nil
}

// responses are the answers that a covenant's signers were checked by, as they were kept.
func (e papers) responses(ctx context.Context, c *workflow.Covenant) ([]signing.Response, error) {
	var out []signing.Response
	for _, digest := range c.Responses() {
		der, err := e.readBlob(ctx, digest)
		if err != nil {
			return nil, err
		}
		kind := "CRL"
		if _, err := x509.ParseRevocationList(der); err != nil {
			kind = "OCSP"
		}
		out = append(out, signing.Response{Kind: kind, DER: der})
	}
	return out, nil
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
