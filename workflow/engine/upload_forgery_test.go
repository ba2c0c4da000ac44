package engine_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// newest is the bytes of the document's newest version.
func newest(o *office) []byte {
	o.t.Helper()
	head, _, err := o.Document(context.Background(), console, o.state().Covenant.Head)
	check(o.t, err)
	file, err := io.ReadAll(head)
	check(o.t, err)
	return file
}

// root is the digest of the trust anchor.
func rootOf(o *office) workflow.Digest {
	block, _ := pem.Decode(o.pki.RootsPEM())
	return workflow.DigestOf(block.Bytes)
}

// inOneSaving signs a file in a field as a program of one's own may: the same update that brings the signature makes
// a change. The signature is made by OpenSSL.
func inOneSaving(
	t testing.TB, file []byte, field string, id signing.Identity, change func(*pdf.File, *pdf.Update),
) []byte {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{})
	check(t, err)
	u := pdf.NewUpdate(f)
	change(f, u)
	form, err := f.Form()
	check(t, err)
	byteRange := &pdf.Reserved{Text: "[0 0000000000 0000000000 0000000000]"}
	contents := &pdf.Reserved{Text: "<" + strings.Repeat("0", 16384) + ">"}
	for _, is := range form.Fields {
		if is.Name == field {
			u.Set(is.Ref, is.Dict.With("V", u.Add(pdf.Dict{
				{Key: "Type", Value: pdf.Name("Sig")}, {Key: "Filter", Value: pdf.Name("Adobe.PPKLite")},
				{Key: "SubFilter", Value: pdf.Name("ETSI.CAdES.detached")},
				{Key: "ByteRange", Value: byteRange}, {Key: "Contents", Value: contents},
			})))
		}
	}
	update, err := u.Bytes()
	check(t, err)
	out := append(bytes.Clone(file), update...)
	start, end := contents.Offset, contents.Offset+int64(len(contents.Text))
	copy(out[byteRange.Offset:], fmt.Sprintf("[0 %010d %010d %010d]", start, end, int64(len(out))-end))
	der := openSSL(t, append(bytes.Clone(out[:start]), out[end:]...), id)
	hex.Encode(out[start+1:], der)
	return out
}

// openSSL makes a detached signature in the manner of CAdES.
func openSSL(t testing.TB, content []byte, id signing.Identity) []byte {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	key, err := x509.MarshalPKCS8PrivateKey(id.Signer)
	check(t, err)
	check(t, os.WriteFile(path("key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	check(t, os.WriteFile(path("cert"), pemOf(id.Certificate), 0o600))
	var chain []byte
	for _, c := range id.Chain {
		chain = append(chain, pemOf(c)...)
	}
	check(t, os.WriteFile(path("chain"), chain, 0o600))
	check(t, os.WriteFile(path("content"), content, 0o600))
	out, err := exec.Command("openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-nosmimecap",
		"-in", path("content"), "-signer", path("cert"), "-inkey", path("key"), "-certfile", path("chain"),
		"-outform", "DER", "-out", path("cms")).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	der, err := os.ReadFile(path("cms"))
	check(t, err)
	return der
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// otherContent replaces what the first page shows.
func otherContent(t testing.TB) func(*pdf.File, *pdf.Update) {
	return func(f *pdf.File, u *pdf.Update) {
		pages, err := f.Pages()
		check(t, err)
		page, err := f.Dict(pages[0])
		check(t, err)
		text := &pdf.Stream{Data: []byte("BT /F1 24 Tf 72 700 Td (Pay 999) Tj ET")}
		u.Set(pages[0], page.With("Contents", u.Add(text)))
	}
}

// Who signs first, with a program of one's own, cannot change the text: neither in the saving that brings the signature
// nor beside it. That one changes nothing with it is accepted, and shows that the forgery fails for its change alone.
func TestFirstSignerCannotChangeTheText(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.begin(`  - {id: so, kind: number, NAME, number: {book: giao-uoc}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader, deputy], [member], [witness]], level: B-B}}
  - {id: ra, kind: issue, NAME}
`)
		o.keys()
		for o.state().Covenant.Phase != workflow.AwaitingSignatures {
			o.step(o.state())
		}
		before := o.state().Covenant
		leader := before.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		field := "sig." + string(leader)
		id := o.identity(director)
		upload := func(step string, file []byte) error {
			_, err := o.Upload(context.Background(), engine.UploadRequest{
				Covenant: o.id, Slot: workflow.SlotID(leader), File: file, Consented: before.Frozen.PDF,
			}, o.as(director, step))
			return err
		}
		forged := inOneSaving(t, newest(o), field, id, otherContent(t))
		err := upload("forged", forged)
		if workflow.ErrorCode(err) != workflow.CodeInvalid || !strings.Contains(err.Error(), "content") {
			t.Errorf("the text was changed with the first signature: %v", err)
		}
		if o.state().Covenant.Version != before.Version {
			t.Fatal("the covenant changed")
		}
		check(t, upload("honest", inOneSaving(t, newest(o), field, id, func(*pdf.File, *pdf.Update) {})))
	})
}

// recordAltered signs a version whose text was changed, and records that, as a program that looks at no text would.
func recordAltered(o *office, by workflow.PersonID, agency workflow.AgencyID) []byte {
	o.forged = true // the audit finds it: see TestNobodySignsAnAlteredHead
	c, id := o.state().Covenant, o.identity(by)
	f, err := pdf.Open(bytes.NewReader(newest(o)), c.HeadSize, pdf.Limits{})
	check(o.t, err)
	u := pdf.NewUpdate(f)
	otherContent(o.t)(f, u)
	update, err := u.Bytes()
	check(o.t, err)
	signed, made, err := signing.SignBytes(context.Background(), append(newest(o), update...), id, signing.Options{
		Level: signing.BT, Field: "sig." + string(agency), TSA: &signing.TSA{URLs: []string{o.pki.TSA()}},
	})
	check(o.t, err)
	_, err = o.Store.PutBlob(context.Background(), bytes.NewReader(signed), "application/pdf")
	check(o.t, err)
	o.do(by, "record", workflow.RecordSignature{
		Slot: workflow.SlotID(agency), Consented: c.Frozen.PDF, Before: c.Head, After: workflow.DigestOf(signed),
		Size: int64(len(signed)), Level: made.Level.String(), Issuer: id.Certificate.Issuer.String(),
		Serial: id.Certificate.SerialNumber.String(), SHA256: workflow.DigestOf(id.Certificate.Raw),
		SignedAt: made.Time,
	})
	return signed
}

// A head that is not the frozen document and signatures, however it came there, is signed by nobody, and its page says
// so.
func TestNobodySignsAnAlteredHead(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		c := o.state().Covenant
		leader := c.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		signed := recordAltered(o, director, leader)
		if o.state().Covenant.Head != workflow.DigestOf(signed) {
			t.Fatal("the altered version is not the head")
		}
		second := o.state().Covenant.Waiting[0]
		if _, err := o.sign(second, pin); workflow.ErrorCode(err) != workflow.CodeConflict ||
			!strings.Contains(err.Error(), "content") {
			t.Errorf("the next one signs: %v", err)
		}
		problems, err := o.AuditImplied(context.Background())
		check(t, err)
		if text := strings.Join(problems, "\n"); !strings.Contains(text,
			"more was changed in the file than was signed") {
			t.Errorf("the audit says %q", text)
		}
		v, err := o.View(context.Background(), console, "2026/khoi")
		check(t, err)
		if v.Verdict.Overall() != signing.TotalFailed {
			t.Errorf("the page says %s", v.Verdict.Overall())
		}
	})
}

// A certificate that bears the names and the serial number of the one that is bound, under a self-made authority of the
// issuer's name, is another one: whether it was bound by itself or by rule.
func TestForgedCertificate(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		before := o.state().Covenant
		leader := before.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		real := o.identity(director)
		fake := lookalike(t, real)
		if fake.Certificate.Issuer.String() != real.Certificate.Issuer.String() {
			t.Fatal("the forgery does not look like the real one")
		}
		file, _, err := signing.SignBytes(context.Background(), newest(o), fake, signing.Options{
			Level: signing.BT, Field: "sig." + string(leader), TSA: &signing.TSA{URLs: []string{o.pki.TSA()}},
		})
		check(t, err)
		_, err = o.Upload(context.Background(), engine.UploadRequest{
			Covenant: o.id, Slot: workflow.SlotID(leader), File: file, Consented: before.Frozen.PDF,
		}, o.as(director, "forged"))
		if workflow.ErrorCode(err) != workflow.CodeInvalid || o.state().Covenant.Version != before.Version {
			t.Errorf("a forged certificate: %v", err)
		}
		if _, err := o.KeepKey(context.Background(), engine.KeyRequest{Person: director, Identity: fake, PIN: "123456"},
			o.as("", "keep")); workflow.ErrorCode(err) == "" {
			t.Errorf("a forged certificate's key is kept: %v", err)
		}
	})
}

// lookalike is an identity under an authority of one's own with the issuer's name, and everything else that can be read
// on the certificate.
func lookalike(t testing.TB, of signing.Identity) signing.Identity {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(t, err)
		return k
	}
	made := func(tmpl, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, public, by)
		check(t, err)
		c, err := x509.ParseCertificate(der)
		check(t, err)
		return c
	}
	caKey, leafKey := key(), key()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: of.Certificate.RawIssuer, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root := made(ca, ca, &caKey.PublicKey, caKey)
	leaf := made(&x509.Certificate{
		SerialNumber: of.Certificate.SerialNumber, RawSubject: of.Certificate.RawSubject,
		KeyUsage:  of.Certificate.KeyUsage,
		NotBefore: of.Certificate.NotBefore, NotAfter: of.Certificate.NotAfter,
	}, root, &leafKey.PublicKey, caKey)
	return signing.Identity{Signer: leafKey, Certificate: leaf, Chain: []*x509.Certificate{root}}
}
