package signing

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// The mechanisms of circular 15/2025/TT-BKHCN, Annex I, and no others: RSA signs by RSASSA-PSS without being told to.
func TestPolicyVN2025(t *testing.T) {
	pki := testPKI(t)
	for key, want := range map[devpki.KeyType]string{
		devpki.RSA2048: "RSA-PSS with SHA-256", devpki.P256: "ECDSA with SHA-256", devpki.P384: "ECDSA with SHA-384",
		devpki.Ed25519: "",
	} {
		id := issue(t, pki, "Khóa "+string(key), devpki.Profile{Key: key})
		counted := &countingSigner{Signer: id.Signer}
		id.Signer = counted
		file := testFile(t, classic)
		out, _, err := SignBytes(t.Context(), file, id, Options{Policy: PolicyVN2025})
		if want == "" {
			var said *KeyError
			if !errors.As(err, &said) || counted.n != 0 {
				t.Errorf("%s: %v, the key was asked %d times", key, err, counted.n)
				continue
			}
			saysWhatToDo(t, string(key), said.Text, "vn-2025", "vn-2025")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if got := policyReport(t, out, PolicyVN2025).Results[0].Algorithm; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// ML-DSA (RFC 9881) and whatever else package x509 reads no key of are outside the policy.
func TestPolicyRefusesUnknownKeys(t *testing.T) {
	cert := &x509.Certificate{RawSubjectPublicKeyInfo: []byte{0x30, 0x13, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
		0x01, 0x65, 0x03, 0x04, 0x03, 0x11, 0x03, 0x04, 0x00, 1, 2, 3}}
	var said *KeyError
	if err := PolicyVN2025.Check(cert); !errors.As(err, &said) {
		t.Fatalf("ML-DSA-44: %v", err)
	}
	if err := PolicyAny.Check(cert); err != nil {
		t.Errorf("the policy any: %v", err)
	}
}

func policyReport(t *testing.T, file []byte, p SignaturePolicy) *Report {
	t.Helper()
	report, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)),
		VerifyOptions{Policy: p, Roots: testPKI(t).Roots(), Revocation: RevocationSoft})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// What was signed elsewhere by other mechanisms keeps its verdict and may be completed; a finding says so, for people
// and programs.
func TestPolicyFinding(t *testing.T) {
	pki := testPKI(t)
	for key, pss := range map[devpki.KeyType]bool{devpki.RSA2048: false, devpki.RSA3072: true, devpki.Ed25519: false,
		devpki.P256: false} {
		id := issue(t, pki, "Ký nơi khác "+string(key), devpki.Profile{Key: key})
		file := sign(t, testFile(t, classic), id, Options{PSS: pss})
		departs := key == devpki.Ed25519 || key == devpki.RSA2048
		plain, judged := policyReport(t, file, PolicyAny), policyReport(t, file, PolicyVN2025)
		if plain.Overall() != judged.Overall() {
			t.Errorf("%s: the policy turned %s into %s", key, plain.Overall(), judged.Overall())
		}
		open, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)),
			VerifyOptions{Policy: PolicyVN2025, Roots: pki.Roots()})
		if err != nil || open.Overall() != Indeterminate || !open.Results[0].Completable() {
			t.Errorf("%s: %v, %+v cannot be completed", key, err, open.Results[0].Reasons)
		}
		var text bytes.Buffer
		if err := judged.WriteText(&text, Vietnamese); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), "TT 15/2025/TT-BKHCN") != departs {
			t.Errorf("%s: %s", key, text.String())
		}
		data, err := judged.MarshalJSON()
		if err != nil || bytes.Contains(data, []byte(`"outside-policy"`)) != departs {
			t.Errorf("%s: %v %s", key, err, data)
		}
	}
}

// oldToken is a key whose device knows PKCS#1 v1.5 only.
type oldToken struct{ crypto.Signer }

func (o oldToken) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, errors.New("CKR_MECHANISM_INVALID")
	}
	return o.Signer.Sign(rand, digest, opts)
}

// A key that cannot do what the policy asks for does not sign by something else, and the error says so plainly.
func TestPolicySaysWhereTheKeyCannot(t *testing.T) {
	id := issue(t, testPKI(t), "Thiết bị cũ", devpki.Profile{Key: devpki.RSA2048})
	id.Signer = oldToken{id.Signer}
	_, _, err := SignBytes(t.Context(), testFile(t, classic), id, Options{Policy: PolicyVN2025})
	var said *KeyError
	if !errors.As(err, &said) {
		t.Fatal(err)
	}
	saysWhatToDo(t, "old token", said.Text, "RSASSA-PSS", "RSASSA-PSS")
	if _, _, err := SignBytes(t.Context(), testFile(t, classic), id, Options{}); err != nil {
		t.Errorf("any: %v", err)
	}
}
