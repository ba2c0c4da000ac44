package cms

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"regexp"
	"testing"

	"covenant/signing/internal/deviate"
)

// undecided are the places of a SignedData that nothing is signed of and that decide nothing: the version numbers,
// the set of digest algorithms (a hint for whoever reads on), a certificate twice, the order of the signed attributes
// (what is signed is their DER form, which is sorted), more within the issuer's name that the certificate is looked
// up by, and the parameters of PSS but for the hash: NULL or nothing with it, and the length of the salt. Elsewhere
// no deviation verifies.
var undecided = regexp.MustCompile(`^(0\.1\.0\.0|0\.1\.0\.1(\..*)?|0\.1\.0\.3(\.0)? doubled|0\.1\.0\.4\.0\.0|` +
	`0\.1\.0\.4\.0\.3\.\d behind the next one|0\.1\.0\.4\.0\.1\.0\.0\.0\.1 doubled|` +
	`0\.1\.0\.4\.0\.4\.1(\.0\.0\.1|\.1\.0\.1\.1|\.2)? left out|0\.1\.0\.4\.0\.4\.1\.2\.0 with a.*)( |$)`)

// Every element of a signature left out, doubled, emptied, changed, moved: it is refused, does not verify, or says the
// same of the same signer.
func TestEveryDeviationOfASignature(t *testing.T) {
	content := []byte("Giao ước thi đua")
	sum := sha256.Sum256(content)
	for name, c := range map[string]struct {
		key crypto.Signer
		pss bool
	}{"ECDSA": {ecKey(t, elliptic.P256()), false}, "PSS": {rsaKey(t, 2048), true}, "RSA": {rsaKey(t, 2048), false}} {
		t.Run(name, func(t *testing.T) {
			alg, err := AlgorithmFor(c.key.Public(), crypto.SHA256, c.pss)
			if err != nil {
				t.Fatal(err)
			}
			cert := newCert(t, c.key)
			der := sign(t, c.key, cert, alg, content)
			signed := sortSet(mustParse(t, der).Signer.RawSigned)
			all := deviate.All(der)
			if len(all) < 300 {
				t.Fatalf("only %d deviations", len(all))
			}
			for _, d := range all {
				sd, err := Parse(d.DER)
				if err != nil {
					continue
				}
				got, err := sd.Verify(sum[:])
				if err != nil {
					continue
				}
				if !got.Equal(cert) || !bytes.Equal(sortSet(sd.Signer.RawSigned), signed) {
					t.Errorf("%s %s: verifies, and says another thing", d.Path, d.How)
				} else if !undecided.MatchString(d.Path + " " + d.How) {
					t.Errorf("%s %s: verifies", d.Path, d.How)
				}
			}
		})
	}
}

func mustParse(t *testing.T, der []byte) *SignedData {
	t.Helper()
	sd, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return sd
}
