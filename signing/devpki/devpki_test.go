package devpki

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/internal/tsp"

	"software.sslmate.com/src/go-pkcs12"
)

func open(t *testing.T, dir string, opt Options) *PKI {
	t.Helper()
	p, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func serve(t *testing.T, p *PKI) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if _, err := p.Serve(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestReopenGivesTheSamePeopleOnTheSameAddress(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir, Options{})
	who := Subject{ID: "an", CommonName: "Nguyễn Văn An", Organization: "Sở Tài chính", Title: "Giám đốc",
		Email: "an@example.vn"}
	id, err := p.Issue(who, Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Revoke(id.Certificate, time.Now(), 1); err != nil {
		t.Fatal(err)
	}
	q := open(t, dir, Options{})
	again, err := q.Issue(who, Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if q.BaseURL() != p.BaseURL() || !again.Certificate.Equal(id.Certificate) || len(q.revoked) != 1 {
		t.Errorf("reopened: %s, %v, %d revoked", q.BaseURL(), again.Certificate.Subject, len(q.revoked))
	}
	path, err := q.PKCS12(who)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, cert, chain, err := pkcs12.DecodeChain(data, DefaultPassword)
	if err != nil || !cert.Equal(id.Certificate) || len(chain) != 2 {
		t.Errorf("PKCS#12: %v, chain of %d", err, len(chain))
	}
	if !strings.Contains(cert.Subject.String(), "Không có giá trị pháp lý") {
		t.Errorf("subject %s without the disclaimer", cert.Subject)
	}
}

func TestEveryKeyType(t *testing.T) {
	p := open(t, t.TempDir(), Options{})
	for _, k := range []KeyType{P256, P384, P521, RSA2048, RSA3072, Ed25519} {
		id, err := p.Issue(Subject{CommonName: "Khoá " + string(k)}, Profile{Key: k})
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if _, err := id.Certificate.Verify(x509.VerifyOptions{Roots: p.Roots().Pool(), Intermediates: pool(id.Chain),
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	if _, err := p.Issue(Subject{CommonName: strings.Repeat("ắ", 65)}, Profile{}); err == nil {
		t.Error("a name of 65 characters was accepted")
	}
}

func pool(certs []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

func TestTimeStampAuthorityAndItsFaults(t *testing.T) {
	p := open(t, "", Options{SlowFor: time.Minute})
	serve(t, p)
	digest := sha256.Sum256([]byte("x"))
	client := tsp.Client{URLs: []string{p.TSA()}, Timeout: 300 * time.Millisecond}
	token, err := client.Timestamp(t.Context(), digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	opensslTS(t, p, token.Raw, digest[:])

	for fault, want := range map[Fault]error{
		Slow: context.DeadlineExceeded, Unavailable: tsp.ErrRefused, Drop: tsp.ErrUnavailable, Refuse: tsp.ErrRefused,
		Garbage: tsp.ErrFormat, Huge: tsp.ErrFormat, WrongNonce: tsp.ErrNonce, WrongImprint: tsp.ErrImprint,
		Stale: tsp.ErrPurpose,
	} {
		p.SetFault(TSA, fault)
		_, err := client.Timestamp(t.Context(), digest[:], crypto.SHA256)
		var ae *tsp.AuthorityError
		if !errors.Is(err, want) || !errors.Is(err, tsp.ErrUnavailable) || !errors.As(err, &ae) || ae.URL != p.TSA() {
			t.Errorf("%s: %v, want %v", fault, err, want)
		}
	}
	p.SetFault(TSA, None)
	before := p.Requests(TSA)
	client.URLs = []string{"http://127.0.0.1:1/", p.TSA()}
	if _, err := client.Timestamp(t.Context(), digest[:], crypto.SHA256); err != nil || p.Requests(TSA) != before+1 {
		t.Errorf("second authority: %v", err)
	}
}

func opensslTS(t *testing.T, p *PKI, token, digest []byte) {
	t.Helper()
	dir := t.TempDir()
	in, roots := filepath.Join(dir, "token"), filepath.Join(dir, "roots.pem")
	if err := errors.Join(os.WriteFile(in, token, 0o600), os.WriteFile(roots, p.RootsPEM(), 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("openssl", "ts", "-verify", "-token_in", "-in", in, "-digest",
		strings.ToLower(hexOf(digest)), "-CAfile", roots).CombinedOutput()
	if err != nil {
		t.Errorf("openssl ts: %v\n%s", err, out)
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

func TestOpenSSLReadsOCSPAndLists(t *testing.T) {
	p := open(t, "", Options{})
	serve(t, p)
	good, err := p.Issue(Subject{CommonName: "Tốt"}, Profile{})
	if err != nil {
		t.Fatal(err)
	}
	bad, err := p.Issue(Subject{CommonName: "Thu hồi"}, Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Revoke(bad.Certificate, time.Now(), 1); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, certs ...*x509.Certificate) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pemChain(certs...), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	issuer, root := write("issuer.pem", good.Chain[0]), write("root.pem", good.Chain[1])
	for name, want := range map[string]string{write("good.pem", good.Certificate): ": good",
		write("bad.pem", bad.Certificate): ": revoked"} {
		out, err := exec.Command("openssl", "ocsp", "-issuer", issuer, "-cert", name, "-url", p.BaseURL()+"/ocsp",
			"-CAfile", root, "-no_nonce").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "verify OK") || !strings.Contains(string(out), want) {
			t.Errorf("openssl ocsp: %v, want %q\n%s", err, want, out)
		}
	}
	der, err := p.RevocationList()
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "list.pem")
	if err := os.WriteFile(list, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("openssl", "crl", "-in", list, "-CAfile", issuer, "-noout", "-text").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "verify OK") || !strings.Contains(string(out), "Key Compromise") {
		t.Errorf("openssl crl: %v\n%s", err, out)
	}
}

func TestTokenRefusals(t *testing.T) {
	p := open(t, "", Options{})
	digest := sha256.Sum256([]byte("x"))
	der, err := p.TimeStamp(digest[:], crypto.SHA256, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	token, err := tsp.ParseToken(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(make([]byte, 32)); !errors.Is(err, tsp.ErrImprint) {
		t.Errorf("other imprint: %v", err)
	}
	for i := range token.SignedData.Content {
		bad := append([]byte{}, der...)
		at := strings.Index(string(der), string(token.SignedData.Content)) + i
		bad[at] ^= 1
		if tok, err := tsp.ParseToken(bad); err == nil && tok.VerifySignature() == nil {
			t.Fatalf("byte %d of TSTInfo changed, still accepted", i)
		}
	}
	notTSA, err := p.Issue(Subject{CommonName: "Không phải TSA"}, Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tsp.CheckPurpose(notTSA.Certificate); !errors.Is(err, tsp.ErrPurpose) {
		t.Errorf("person's certificate for time-stamping: %v", err)
	}
	if _, err := cms.Parse(append(der, 0)); err == nil {
		t.Error("trailing byte accepted")
	}
}
