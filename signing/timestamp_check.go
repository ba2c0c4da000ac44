package signing

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/internal/tsp"
	"covenant/signing/trust"
)

// CheckedTimestamp is what a valid time-stamp token says.
type CheckedTimestamp struct {
	Time      time.Time
	Authority string // common name in its certificate
	Test      bool   // it leads to a test root: it proves nothing to anybody else
}

// CheckTimestamp checks an RFC 3161 token (DER) over digest, which was made with h: imprint, signature, signing
// certificate and its purpose (RFC 3161 §2.3), and its chain to one of the roots that is for time-stamps and relied on,
// at the time that the token names, or at another time if at is set. Whether a certificate was revoked is not asked:
// that needs data which a lone token does not hold.
func CheckTimestamp(token, digest []byte, h crypto.Hash, roots *trust.Store, at time.Time) (CheckedTimestamp, error) {
	t, err := tsp.ParseToken(token)
	if err != nil {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token: %w", err)
	}
	if t.Hash != h {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token: it is over a digest of %s, not of %s", t.Hash, h)
	}
	if err := t.Verify(digest); err != nil {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token: %w", err)
	}
	if alg := t.SignedData.Signer.Algorithm; alg.Weak() || cms.WeakHash(t.Hash) {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token: %s over a digest of %s can be forged", alg, t.Hash)
	}
	if c := t.Certificate; t.Time.Before(c.NotBefore) || t.Time.After(c.NotAfter) {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token: the certificate of %q was not valid at %s",
			c.Subject.CommonName, t.Time.Format(time.RFC3339))
	}
	if roots == nil {
		return CheckedTimestamp{}, errors.New("time-stamp token: no roots to trust were given")
	}
	if at.IsZero() {
		at = t.Time
	}
	test, err := stampAnchor(t, roots, at)
	if err != nil {
		return CheckedTimestamp{}, fmt.Errorf("time-stamp token of %q: %w", t.Certificate.Subject.CommonName, err)
	}
	return CheckedTimestamp{t.Time, t.Certificate.Subject.CommonName, test}, nil
}

// stampAnchor looks for a chain from a token to a root that is for time-stamps and relied on, and says whether there is
// none but to a test.
func stampAnchor(t *tsp.Token, roots *trust.Store, at time.Time) (test bool, err error) {
	intermediates := x509.NewCertPool()
	for _, c := range t.SignedData.Certificates {
		intermediates.AddCert(c)
	}
	chains, err := t.Certificate.Verify(x509.VerifyOptions{
		Roots: roots.Pool(), Intermediates: intermediates, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return false, err
	}
	truster := newTruster(&VerifyOptions{Roots: roots}, at)
	m := moment{at: at, token: true, issued: t.Time, purpose: trust.Timestamp}
	var why *Reason
	relied, test := false, true
	for _, chain := range chains {
		if reason := truster.unfit(chain, &m); reason != nil {
			why = reason
			continue
		}
		relied, test = true, test && truster.anchor(chain).Kind == trust.Test
	}
	if !relied {
		return false, errors.New(why.Text().English)
	}
	return test, nil
}
