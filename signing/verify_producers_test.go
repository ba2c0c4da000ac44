package signing

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"covenant/signing/devpki"

	oldpdf "github.com/digitorus/pdf"
	oldsign "github.com/digitorus/pdfsign/sign"
)

// producers are other programs that sign: each takes a file with the empty field A and returns it signed.
var producers = map[string]func(t *testing.T, in []byte, p *devpki.PKI, id Identity) []byte{
	"mupdf": func(t *testing.T, in []byte, _ *devpki.PKI, id Identity) []byte {
		dir := t.TempDir()
		p12, err := devpki.EncodePKCS12(devpki.Identity(id), "pass")
		if err != nil {
			t.Fatal(err)
		}
		key, file, out := filepath.Join(dir, "id.p12"), filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
		if err := os.WriteFile(key, p12, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, in, 0o600); err != nil {
			t.Fatal(err)
		}
		tool(t, "mutool", "sign", "-s", key, "-P", "pass", "-o", out, file, "10")
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	},
	"digitorus/pdfsign": func(t *testing.T, in []byte, _ *devpki.PKI, id Identity) []byte {
		r, err := oldpdf.NewReader(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = oldsign.Sign(bytes.NewReader(in), &out, r, int64(len(in)), oldsign.SignData{
			Signature: oldsign.SignDataSignature{CertType: oldsign.ApprovalSignature,
				Info: oldsign.SignDataSignatureInfo{Name: "Old", Date: time.Now()}},
			Signer: id.Signer, DigestAlgorithm: crypto.SHA256, Certificate: id.Certificate,
			CertificateChains: [][]*x509.Certificate{append([]*x509.Certificate{id.Certificate}, id.Chain...)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	},
}

// TestVerifyOtherProducers: what others sign is judged rightly, also after we have added to it.
func TestVerifyOtherProducers(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Ngoài", devpki.Profile{Key: devpki.RSA2048})
	ours := issue(t, p, "Ta", devpki.Profile{})
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	verdicts := map[string]struct {
		ind Indication
		sub SubIndication
		// MuPDF signs with SHA-1
	}{"mupdf": {Indeterminate, CryptoConstraintsFailure}, "digitorus/pdfsign": {TotalPassed, ""}}
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			file := produce(t, attackFile(classic, ""), p, id)
			r := verify(t, file, p, soft)
			expected := verdicts[name]
			wantAll(t, r, 1, expected.ind, expected.sub)
			if !r.Results[0].Intact() || r.Results[0].Signer != "Ngoài" || r.Results[0].PAdES {
				t.Errorf("%+v", r.Results[0])
			}
			opt := bt(p)
			opt.Field = "B"
			both := verify(t, sign(t, file, ours, opt), p, soft)
			want(t, &both.Results[0], expected.ind, expected.sub)
			want(t, &both.Results[1], TotalPassed, "")
			bad := bytes.Replace(file, []byte("Pay 100"), []byte("Pay 900"), 1)
			wantAll(t, verify(t, bad, p, soft), 1, TotalFailed, HashFailure)
		})
	}
}

// TestVerifyOlderKinds: signatures that are not PAdES are judged, and said not to be.
func TestVerifyOlderKinds(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Cũ", devpki.Profile{})
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	for _, c := range []struct {
		opt   handOptions
		ind   Indication
		sub   SubIndication
		pades bool
	}{
		{handOptions{}, TotalPassed, "", true},
		{handOptions{subFilter: "adbe.pkcs7.detached"}, TotalPassed, "", false},
		{handOptions{subFilter: "adbe.pkcs7.sha1"}, Indeterminate, CryptoConstraintsFailure, false},
		{handOptions{subFilter: "adbe.pkcs7.sha1", content: make([]byte, 20)}, TotalFailed, HashFailure, false},
		{handOptions{subFilter: subFilterPKCS1}, Indeterminate, CryptoConstraintsFailure, false}, // no RSA key
		{handOptions{subFilter: "nobody.knows"}, Indeterminate, SigConstraintsFailure, false},
	} {
		r := verify(t, handSigned(t, id, c.opt), p, soft)
		wantAll(t, r, 1, c.ind, c.sub)
		if r.Results[0].PAdES != c.pades || len(r.Results[0].Explain().In(Vietnamese)) < 20 {
			t.Errorf("%s: %+v", c.opt.subFilter, r.Results[0])
		}
	}
}

// TestVerifyPKCS1: adbe.x509.rsa_sha1, by each hash that it is made with. What is whole is called whole, and weak only
// for the hash.
func TestVerifyPKCS1(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Cũ", devpki.Profile{Key: devpki.RSA2048})
	other := issue(t, p, "Khác", devpki.Profile{Key: devpki.RSA2048})
	soft := func(o *VerifyOptions) { o.Revocation, o.Intermediates = RevocationSoft, id.Chain }
	for h, want := range map[crypto.Hash]struct {
		ind Indication
		sub SubIndication
	}{
		crypto.SHA1:   {Indeterminate, CryptoConstraintsFailure},
		crypto.SHA256: {TotalPassed, ""},
		crypto.SHA384: {TotalPassed, ""},
		crypto.SHA512: {TotalPassed, ""},
	} {
		opt := handOptions{subFilter: subFilterPKCS1, pkcs1: h}
		file := handSigned(t, id, opt)
		r := verify(t, file, p, soft)
		wantAll(t, r, 1, want.ind, want.sub)
		res := &r.Results[0]
		if !res.Intact() || res.PAdES || res.Signer != "Cũ" || !said(res, ReasonPKCS1) || said(res, ReasonCMS) ||
			said(res, ReasonWeak) != (want.sub != "") {
			t.Errorf("%s: %+v", h, res)
		}
		bad := bytes.Replace(file, []byte("BT (x) ET"), []byte("BT (y) ET"), 1)
		wantAll(t, verify(t, bad, p, soft), 1, TotalFailed, HashFailure)
		one := opt
		one.extra = fmt.Sprintf("/Cert<%x>", id.Certificate.Raw) // no array
		wantAll(t, verify(t, handSigned(t, id, one), p, soft), 1, want.ind, want.sub)
		opt.extra = fmt.Sprintf("/Cert[<%x>]", other.Certificate.Raw)
		wantAll(t, verify(t, handSigned(t, id, opt), p, soft), 1, TotalFailed, SigCryptoFailure)
		opt.extra = "/Cert[]"
		wantAll(t, verify(t, handSigned(t, id, opt), p, soft), 1, Indeterminate, NoSigningCertificateFound)
		opt.extra = "/Cert<00>"
		wantAll(t, verify(t, handSigned(t, id, opt), p, soft), 1, TotalFailed, FormatFailure)
		opt.extra, opt.trailing = "", "01"
		r = verify(t, handSigned(t, id, opt), p, soft)
		if r.Results[0].Indication != Indeterminate || !said(&r.Results[0], ReasonTrailing) {
			t.Errorf("%s, a byte behind it: %+v", h, r.Results[0])
		}
	}
}
