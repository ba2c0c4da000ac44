package signing

import (
	"crypto"
	"errors"
	"io"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"covenant/signing/devpki"
)

// countingSigner counts how often its key is asked.
type countingSigner struct {
	crypto.Signer
	n int
}

func (c *countingSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.n++
	return c.Signer.Sign(rand, digest, opts)
}

func TestLoadPKCS12(t *testing.T) {
	id := issue(t, testPKI(t), "Phạm Đức Dũng", devpki.Profile{})
	for name, enc := range map[string]*pkcs12.Encoder{"modern": pkcs12.Modern2023, "3DES": pkcs12.LegacyDES,
		"RC2": pkcs12.LegacyRC2} {
		t.Run(name, func(t *testing.T) {
			data, err := enc.Encode(id.Signer, id.Certificate, id.Chain, "mật khẩu")
			if err != nil {
				t.Fatal(err)
			}
			got, err := LoadPKCS12(data, "mật khẩu")
			if err != nil {
				t.Fatal(err)
			}
			if !got.Certificate.Equal(id.Certificate) || len(got.Chain) == 0 {
				t.Errorf("certificate %v, chain of %d", got.Certificate.Subject, len(got.Chain))
			}
			sign(t, testFile(t, classic), got, Options{})
			if _, err := LoadPKCS12(data, "sai"); !errors.Is(err, ErrWrongPassword) {
				t.Errorf("wrong password: %v", err)
			}
			if _, err := LoadPKCS12(data[:len(data)/2], "mật khẩu"); err == nil || errors.Is(err, ErrWrongPassword) {
				t.Errorf("cut file: %v", err)
			}
		})
	}
}
