package signing

import (
	"crypto"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
	"covenant/signing/internal/cms"
)

// judgement says which outside tool can judge a signature: the table of SIGNING.md as the tools of Debian 12 behave.
//
//	                         pdfsig 22.12  mutool 1.21  openssl 3.0 cms -cades  openssl ts
//	RSA PKCS#1, ECDSA        yes           yes          yes                     –
//	RSA-PSS                  yes           no           yes                     –
//	Ed25519                  no            no           no                      –
//	document time-stamp      no            no           –                       yes
type judgement struct {
	pdfsig, mutool     int // 1 if it finds the signature valid
	openssl, opensslTS bool
}

func judges(t testing.TB, s pdf.Signature) judgement {
	t.Helper()
	if s.Dict.Get("SubFilter") == pdf.Name("ETSI.RFC3161") {
		return judgement{opensslTS: true}
	}
	sd, err := cms.ParsePadded([]byte(s.Contents.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := sd.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := cert.PublicKey.(ed25519.PublicKey); ok {
		return judgement{}
	}
	if sd.Signer.Algorithm.Scheme == cms.RSAPSS {
		return judgement{pdfsig: 1, openssl: true}
	}
	return judgement{pdfsig: 1, mutool: 1, openssl: true}
}

func extract(t testing.TB, file []byte, s pdf.Signature) (contents, data, dir string) {
	t.Helper()
	dir = t.TempDir()
	sd, err := cms.ParsePadded([]byte(s.Contents.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	contents, data = filepath.Join(dir, "sig.der"), filepath.Join(dir, "data")
	r := s.ByteRange
	covered := append(append([]byte{}, file[:r[1]]...), file[r[2]:r[2]+r[3]]...)
	for name, b := range map[string][]byte{contents: sd.Raw, data: covered} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return contents, data, dir
}

func rootsFile(t testing.TB, dir string, p *devpki.PKI) string {
	t.Helper()
	path := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(path, p.RootsPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opensslCMS(t testing.TB, file []byte, s pdf.Signature, p *devpki.PKI) {
	t.Helper()
	contents, data, dir := extract(t, file, s)
	out := tool(t, "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", contents, "-content",
		data,
		"-CAfile", rootsFile(t, dir, p), "-purpose", "any", "-out", filepath.Join(dir, "out"))
	if !strings.Contains(out, "CAdES Verification successful") {
		t.Errorf("openssl cms: %s", out)
	}
}

// opensslRefuses asserts that OpenSSL cannot judge a signature.
func opensslRefuses(t testing.TB, file []byte, s pdf.Signature, p *devpki.PKI) {
	t.Helper()
	contents, data, dir := extract(t, file, s)
	out, err := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", contents,
		"-content", data,
		"-CAfile", rootsFile(t, dir, p), "-purpose", "any", "-out", filepath.Join(dir, "out")).CombinedOutput()
	if err == nil {
		t.Errorf("openssl cms can judge what INTEROP.md says it cannot: %s", out)
	}
}

func opensslTS(t testing.TB, file []byte, s pdf.Signature, p *devpki.PKI) {
	t.Helper()
	contents, data, dir := extract(t, file, s)
	out := tool(t, "openssl", "ts", "-verify", "-token_in", "-in", contents, "-data", data, "-CAfile",
		rootsFile(t, dir, p))
	if !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl ts: %s", out)
	}
}

func TestEveryAlgorithm(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	for name, c := range map[string]struct {
		key  devpki.KeyType
		pss  bool
		hash crypto.Hash
	}{
		"P-256":             {key: devpki.P256},
		"P-256 SHA-512":     {key: devpki.P256, hash: crypto.SHA512},
		"P-384":             {key: devpki.P384},
		"P-521":             {key: devpki.P521},
		"Ed25519":           {key: devpki.Ed25519},
		"RSA-2048":          {key: devpki.RSA2048},
		"RSA-2048 SHA-384":  {key: devpki.RSA2048, hash: crypto.SHA384},
		"RSA-2048 PSS":      {key: devpki.RSA2048, pss: true},
		"RSA-3072":          {key: devpki.RSA3072},
		"RSA-3072 PSS, 512": {key: devpki.RSA3072, pss: true, hash: crypto.SHA512},
		"RSA-4096":          {key: devpki.RSA4096},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := issue(t, p, "Người ký "+name, devpki.Profile{Key: c.key})
			for _, kind := range fileKinds {
				out := sign(t, testFile(t, kind, "a"), id, Options{Level: BT, TSA: tsa, Field: "a", Hash: c.hash,
					PSS: c.pss})
				outsideTools(t, out, p)
			}
		})
	}
}
