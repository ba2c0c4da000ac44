package revocation_test

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"regexp"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/signing/internal/deviate"
	"covenant/signing/internal/revocation"
)

// same tells whether evidence says the same.
func same(a, b *revocation.Evidence) bool {
	return a.Revoked == b.Revoked && a.RevokedAt.Equal(b.RevokedAt) && a.Reason == b.Reason &&
		a.ThisUpdate.Equal(b.ThisUpdate) && a.NextUpdate.Equal(b.NextUpdate) && a.ProducedAt.Equal(b.ProducedAt) &&
		bytes.Equal(a.Responder.RawTBSCertificate, b.Responder.RawTBSCertificate) && a.Delegated == b.Delegated &&
		a.NoCheck == b.NoCheck
}

// Every element of an answer and of a list left out, doubled, emptied, changed, moved: it is refused, or it says the
// same of the same certificate, and only what stands beside what is signed may differ.
func TestEveryDeviationOfRevocationData(t *testing.T) {
	p, _ := setup(t)
	bad := issue(t, p, "Thu hồi", devpki.Profile{})
	if err := p.Revoke(bad.Certificate, time.Now().Add(-time.Minute).Truncate(time.Second), 1); err != nil {
		t.Fatal(err)
	}
	client := &revocation.Client{HTTP: http.DefaultClient}
	answer, err := client.Check(t.Context(), bad.Certificate, bad.Chain[0], time.Time{})
	if err != nil || answer.Kind != revocation.OCSP {
		t.Fatalf("%+v, %v", answer, err)
	}
	der, err := p.RevocationList()
	if err != nil {
		t.Fatal(err)
	}
	list, err := revocation.ParseCRL(der, bad.Certificate, bad.Chain[0])
	if err != nil || !list.Revoked {
		t.Fatalf("%+v, %v", list, err)
	}
	for name, c := range map[string]struct {
		whole  *revocation.Evidence
		read   func([]byte, *x509.Certificate, *x509.Certificate) (*revocation.Evidence, error)
		beside *regexp.Regexp // certificates that may help, an algorithm's NULL
		least  int
	}{
		"answer": {answer, revocation.ParseOCSP, regexp.MustCompile(`^0\.1\.0\.1\.0\.(1\.1|3)`), 150},
		"list":   {list, revocation.ParseCRL, regexp.MustCompile(`^0\.1\.1`), 100},
	} {
		all := deviate.All(c.whole.DER)
		if len(all) < c.least {
			t.Errorf("%s: only %d deviations", name, len(all))
		}
		for _, d := range all {
			got, err := c.read(d.DER, bad.Certificate, bad.Chain[0])
			switch {
			case err != nil:
			case !same(got, c.whole):
				t.Errorf("%s: %s %s: says %+v", name, d.Path, d.How, got)
			case !c.beside.MatchString(d.Path):
				t.Errorf("%s: %s %s: is taken", name, d.Path, d.How)
			}
		}
	}
}
