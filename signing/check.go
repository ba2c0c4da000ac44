package signing

import (
	"context"
	"crypto/x509"
	"time"

	"covenant/internal/words"
	"covenant/signing/trust"
)

// CertificateCheck is what is known of a signer's certificate in the moment before its key is used (EN 319 102-1
// §5.1.4.2; for Vietnam circular 15/2025/TT-BKHCN). Who signs with a certificate that is revoked, or leads to nobody
// who is trusted, makes a file that no later step can mend.
type CertificateCheck struct {
	*Result // the verdict on the certificate; it has neither field nor signature
	// Responses are the OCSP responses and revocation lists that the verdict rests on. They belong into the document
	// ([ExtendOptions.Responses]): they say what was known when the key was used.
	Responses []Response
}

// Response is an OCSP response (RFC 6960) or a certificate revocation list (RFC 5280 §5).
type Response struct {
	Kind string // "OCSP" or "CRL"
	DER  []byte
}

// CheckCertificate judges a signer's certificate before anything is signed with it: whether it leads to a trust anchor
// that is for the purpose (a person's signature, or a seal) and relied on now, by the intermediate certificates given,
// may sign documents, is in its period and, as far as opt lets that be found out, was not revoked. With opt.Online
// servers are asked anew each time. [Result.Completable] says whether it may sign; where it is [TotalPassed] it is
// known not to be revoked.
func CheckCertificate(
	ctx context.Context, cert *x509.Certificate, intermediates []*x509.Certificate, purpose trust.Purpose,
	opt VerifyOptions,
) *CertificateCheck {
	now := opt.At
	if now.IsZero() {
		now = time.Now()
	}
	t := newTruster(&opt, now)
	t.addCertificates(intermediates)
	verdict := t.validate(ctx, cert, moment{at: now, purpose: purpose})
	if !signingUsage(cert) {
		verdict.fail(Indeterminate, ChainConstraintsFailure, Reason{Code: ReasonUsage, Name: name(cert)})
	}
	check := &CertificateCheck{Result: &Result{
		Kind: KindSignature, Indication: verdict.indication, SubIndication: verdict.sub, Reasons: verdict.reasons,
		Signer: name(cert), Certificate: cert, Time: now, TimeSource: TimeValidation,
		Basis: Basis{Purpose: purpose, Chain: verdict.links, Test: verdict.test}, intact: true,
	}}
	for _, e := range verdict.evidence {
		check.Responses = append(check.Responses, Response{Kind: string(e.Kind), DER: e.DER})
	}
	return check
}

// Text says why the certificate may not sign, or what is not known of it; it is zero where all is well.
func (c *CertificateCheck) Text() words.Text {
	var why []words.Text
	for _, reason := range c.Reasons {
		why = append(why, reason.Text())
	}
	return words.Join(" ", why...)
}
