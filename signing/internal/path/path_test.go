package path_test

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"covenant/signing/internal/path"
	"covenant/signing/internal/pkitext"
)

// anchors are certificates that are trusted.
type anchors []*x509.Certificate

func (a anchors) Trusted(c *path.Certificate) bool {
	return slices.ContainsFunc(a, func(x *x509.Certificate) bool { return string(x.Raw) == string(c.X.Raw) })
}

func (a anchors) Above(c *path.Certificate, _ []time.Time) (out []*x509.Certificate) {
	for _, x := range a {
		if path.SameName(x.RawSubject, c.X.RawIssuer) {
			out = append(out, x)
		}
	}
	return out
}

// row is one public key infrastructure in the words of package pkitext, with R as the anchor, and whether EE is valid
// in it. The headings are sections of NIST's PKITS; a row has the number of one of its tests only where it is that
// test.
type row struct {
	name string
	pki  string
	want path.Code // "" for valid
	in   string    // inputs: explicit, nomap, noany, and the policies that are accepted
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			p := pkitext.Build(t, r.pki)
			found, _, err := find(p, inputs(r.in), path.Limits{})
			if code := codeOf(err); code != r.want {
				t.Fatalf("%v: want %q", err, r.want)
			}
			if r.in == "" && err != nil && acceptedBefore(p) != stricter[t.Name()] {
				t.Errorf("crypto/x509 accepts it: %v", acceptedBefore(p))
			}
			if err == nil && !found[0].Certificates[0].Equal(p.Certificate("EE")) &&
				len(found[0].Certificates[0].Raw) == 0 {
				t.Errorf("the path begins with %q", found[0].Certificates[0].Subject)
			}
		})
	}
}

// stricter are the rows that crypto/x509 accepts and RFC 5280 does not. No other path that was accepted when
// crypto/x509 decided may be refused.
var stricter = map[string]bool{
	"TestOtherConstraints/below_the_host":                          true, // §4.2.1.10: a host is that host
	"TestOtherConstraints/URI,_below_the_host":                     true,
	"TestOtherConstraints/4.13.29_address_in_the_subject,_outside": true, // §4.2.1.10, of older certificates
	"TestOtherConstraints/address_in_the_subject,_excluded":        true,
	"TestOtherConstraints/address_in_the_subject,_in_UTF8String":   true,
	"TestOtherConstraints/minimum_and_maximum":                     true, // §4.2.1.10: not processed, so refused
	"TestKeyUsage/no_bit":                                          true, // §6.1.4 (n): keyCertSign is not set
}

// acceptedBefore is what crypto/x509 says of the path from EE to R.
func acceptedBefore(p *pkitext.PKI) bool {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(p.Certificate("R"))
	for _, c := range p.All() {
		if len(c.Signature) > 0 {
			between.AddCert(c)
		}
	}
	ee := p.Certificate("EE")
	if len(ee.Signature) == 0 {
		return false
	}
	_, err := ee.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// find looks for a path from EE to R.
func find(p *pkitext.PKI, in path.Inputs, limits path.Limits) ([]*path.Path, path.Work, error) {
	b := path.NewBuilder(anchors{p.Certificate("R")}, limits)
	for _, c := range p.All() {
		b.Add(c)
	}
	return b.Find(p.Certificate("EE"), in, []time.Time{now})
}

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func codeOf(err error) path.Code {
	var e *path.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func inputs(text string) (in path.Inputs) {
	for _, word := range strings.Fields(text) {
		switch word {
		case "explicit":
			in.RequireExplicit = true
		case "nomap":
			in.InhibitMapping = true
		case "noany":
			in.InhibitAny = true
		default:
			for _, name := range strings.Split(word, ",") {
				in.Policies = append(in.Policies, pkitext.Policy(name))
			}
		}
	}
	return in
}

func TestSignatures(t *testing.T) { // 4.1
	check(t, []row{
		{"4.1.1 valid signatures", "A < R; EE < A", "", ""},
		{"4.1.2 authority's signature", "A < R broken; EE < A", path.Untrusted, ""},
		{"4.1.3 end's signature", "A < R; EE < A broken", path.Untrusted, ""},
		{"signed by another key of that name", "A < R; B < R subject=O=Test/CN=A; EE < A by=C", path.Untrusted, ""},
		{"two authorities of one name", "B < R subject=O=Test/CN=A; A < R; EE < A", "", ""},
		{"nobody's", "A < A; EE < A", path.Untrusted, ""},
		{"RSA", "R < R kind=rsa2048; A < R kind=rsa2048; EE < A", "", ""},
		{"RSA of 1024 bits", "A < R kind=rsa1024; EE < A", "", ""},
		{"P-384", "R < R kind=p384; A < R; EE < A", "", ""},
		{"Ed25519", "R < R kind=ed25519; A < R kind=ed25519; EE < A", "", ""},
		{"Ed25519 altered", "A < R kind=ed25519; EE < A broken", path.Untrusted, ""},
		{"RSA altered", "A < R kind=rsa2048; EE < A broken", path.Untrusted, ""},
		{"key marked as for RSA-PSS", "A < R kind=pss2048; EE < A", "", ""},
		{"key marked as for RSA-PSS, altered", "A < R kind=pss2048; EE < A broken", path.Untrusted, ""},
		{"SHA-1", "A < R; EE < A sha1", path.Weak, ""},
		{"SHA-1 of an authority", "A < R sha1; EE < A", path.Weak, ""},
	})
}

func TestNameChaining(t *testing.T) { // 4.3
	const vi = "/CN=Sở_Nội_vụ_tỉnh_Hà_Nam"
	chain := func(subject, issuer string) string {
		return "A < R subject=" + subject + "; EE < A issuer=" + issuer
	}
	check(t, []row{
		{"4.3.1 another name", chain("O=Test/CN=A", "O=Test/CN=B"), path.Untrusted, ""},
		{"4.3.2 another order", chain("O=Test/OU=X/CN=A", "O=Test/CN=A/OU=X"), path.Untrusted, ""},
		{"4.3.3 white space within", chain("O=Test/CN=My_CA", "O=Test/CN=My___CA"), "", ""},
		{"4.3.4 white space at the ends", chain("O=Test/CN=My_CA", "O=Test/CN=__My_CA_"), "", ""},
		{"4.3.5 capitals", chain("O=Test/CN=My_CA", "O=TEST/CN=my_ca"), "", ""},
		{"4.3.7 mandatory attributes", chain("C=VN/DC=gov/O=T/Q=1/ST=X/SN=7/CN=A",
			"C=VN/DC=gov/O=T/Q=1/ST=X/SN=7/CN=A"),
			"", ""},
		{"4.3.9 UTF8String", chain("O=u!Test/CN=u!A", "O=u!Test/CN=u!A"), "", ""},
		{"4.3.10 PrintableString against UTF8String", chain("O=Test/CN=A", "O=u!Test/CN=u!A"), "", ""},
		{"4.3.11 UTF8String, capitals and white space", chain("O=u!Test/CN=u!My_CA", "O=u!TEST/CN=u!my__ca"), "", ""},
		{"Vietnamese, capitals", chain("O=UBND"+vi, "O=ubnd/CN=SỞ_NỘI_VỤ_TỈNH_HÀ_NAM"), "", ""},
		{"Vietnamese, combining marks", chain("O=UBND"+vi,
			"O=UBND/CN=So\u031b\u0309_No\u0323\u0302i_vu\u0323_ti\u0309nh_Ha\u0300_Nam"), "", ""},
		{"Vietnamese, without marks", chain("O=UBND"+vi, "O=UBND/CN=So_Noi_vu_tinh_Ha_Nam"), path.Untrusted, ""},
		{"Vietnamese, another mark", chain("O=UBND/CN=Hà", "O=UBND/CN=Há"), path.Untrusted, ""},
		{"BMPString against UTF8String", chain("O=UBND"+vi, "O=UBND/CN=b!Sở_Nội_vụ_tỉnh_Hà_Nam"), "", ""},
		{"TeletexString against PrintableString", chain("O=Test/CN=A", "O=t!Test/CN=t!A"), "", ""},
		{"e-mail address, capitals", chain("O=T/E=a@b.vn", "O=T/E=A@B.VN"), "", ""},
		{"domain components", chain("DC=vn/DC=gov", "DC=VN/DC=Gov"), "", ""},
		{"domain components, order", chain("DC=vn/DC=gov", "DC=gov/DC=vn"), path.Untrusted, ""},
		{"order within a set", chain("O=T/CN=A+SN=1", "O=T/SN=1+CN=A"), "", ""},
		{"a set against two", chain("O=T/CN=A+SN=1", "O=T/CN=A/SN=1"), path.Untrusted, ""},
		{"a set that lacks one", chain("O=T/CN=A+SN=1", "O=T/CN=A"), path.Untrusted, ""},
		{"another type of attribute", chain("O=T/CN=A", "O=T/OU=A"), path.Untrusted, ""},
		{"one name the beginning of another", chain("O=T/CN=A", "O=T"), path.Untrusted, ""},
		{"a value that ends earlier", chain("O=T/CN=AB", "O=T/CN=A"), path.Untrusted, ""},
		{"no-break space", chain("O=T/CN=My_CA", "O=T/CN=My\u00a0CA"), "", ""},
		{"soft hyphen", chain("O=T/CN=MyCA", "O=T/CN=My\u00adCA"), "", ""},
		{"full-width letters", chain("O=T/CN=My", "O=T/CN=Ｍｙ"), "", ""},
		{"Cyrillic letter of the same look", chain("O=T/CN=A", "O=T/CN=А"), path.Untrusted, ""},
		{"the anchor's name in another kind", "EE < R issuer=O=u!Test/CN=u!R", "", ""},
		{"the anchor's name in capitals", "EE < R issuer=O=TEST/CN=r", "", ""},
	})
}

func TestSelfIssued(t *testing.T) { // 4.5
	const roll = "A < R; N < R subject=O=Test/CN=A; "
	check(t, []row{
		{"4.5.1 old with new", "A < R; O < A subject=O=Test/CN=A; EE < O", "", ""},
		{"4.5.3 new with old", "A < R; N < A subject=O=Test/CN=A; EE < N", "", ""},
		{"both certified from above", roll + "EE < N", "", ""},
		{"old authority gone", "N < R subject=O=Test/CN=A; O < N subject=O=Test/CN=A; EE < O", "", ""},
		{"4.5.8 key for lists only", "A < R; K < A subject=O=Test/CN=A usage=crl; EE < K", path.Constraint, ""},
		{"the anchor's own roll-over", "N < R subject=O=Test/CN=R; A < N; EE < A", "", ""},
		{"a circle", "A < R by=X; B < A; A2 < B subject=O=Test/CN=A key=A; EE < A2", path.Untrusted, ""},
	})
}

func TestBasicConstraints(t *testing.T) { // 4.6
	const six = "A < R ca=6; B < A ca=0; "
	check(t, []row{
		{"4.6.1 none", "A < R usage=cert+crl; EE < A", path.Constraint, ""},
		{"4.6.2 no authority's", "A < R user usage=cert+crl; EE < A", path.Constraint, ""},
		{"version 1", "A < R v1; EE < A", path.Constraint, ""},
		{"version 1 at the end", "A < R; EE < A v1", "", ""},
		{"version 1 anchor", "R < R v1; EE < R", "", ""},
		{"4.6.4 not critical", "A < R usage=cert+crl ext=2.5.29.19:30030101ff; EE < A", "", ""},
		{"4.6.5 path too long", "A < R ca=0; B < A; EE < B", path.Constraint, ""},
		{"4.6.6 path too long, end an authority", "A < R ca=0; B < A; EE < B ca", path.Constraint, ""},
		{"4.6.7 as long as permitted", "A < R ca=0; EE < A", "", ""},
		{"4.6.8 an authority at the end does not count", "A < R ca=0; EE < A ca", "", ""},
		{"4.6.9 the lower limit counts", six + "C < B; EE < C", path.Constraint, ""},
		{"4.6.11 the lower limit counts, one more", "A < R ca=6; B < A ca=1; C < B; D < C; EE < D", path.Constraint,
			""},
		{"4.6.13 within all limits", "A < R ca=6; B < A ca=4; C < B ca=1; D < C; EE < D", "", ""},
		{"4.6.14 within all limits, end an authority", "A < R ca=6; B < A ca=4; C < B ca=1; D < C; EE < D ca", "", ""},
		{"a higher limit below raises none", "A < R ca=1; B < A ca=9; C < B; EE < C", path.Constraint, ""},
		{"4.6.15 self-issued does not count", "A < R ca=0; S < A subject=O=Test/CN=A; EE < S", "", ""},
		{"4.6.16 self-issued, then one too many", "A < R ca=0; S < A subject=O=Test/CN=A; B < S; EE < B",
			path.Constraint, ""},
		{"4.6.17 self-issued twice",
			"A < R ca=1; S < A subject=O=Test/CN=A; B < S; S2 < B subject=O=Test/CN=B; EE < S2",
			"", ""},
		{"limit in the anchor", "R < R ca=0; A < R; EE < A", path.Constraint, ""},
		{"limit in the anchor, kept", "R < R ca=1; A < R; EE < A", "", ""},
		{"malformed", "A < R usage=cert+crl cext=2.5.29.19:0500; EE < A", path.Malformed, ""},
		{"negative length", "A < R usage=cert+crl cext=2.5.29.19:30060101ff0201ff; EE < A", path.Malformed, ""},
		{"immense length", "A < R usage=cert+crl cext=2.5.29.19:30100101ff020b0100000000000000000000; EE < A", "", ""},
	})
}

func TestKeyUsage(t *testing.T) { // 4.7
	check(t, []row{
		{"4.7.1 not for certificates", "A < R ca usage=crl; EE < A", path.Constraint, ""},
		{"4.7.2 not for certificates, not critical", "A < R ca usage=no ext=2.5.29.15:03020102; EE < A",
			path.Constraint, ""},
		{"4.7.3 for certificates, not critical", "A < R ca usage=no ext=2.5.29.15:03020204; EE < A", "", ""},
		{"none", "A < R ca usage=no; EE < A", "", ""},
		{"no bit", "A < R ca usage=no ext=2.5.29.15:030100; EE < A", path.Constraint, ""},
		{"malformed", "A < R ca usage=no ext=2.5.29.15:0500; EE < A", path.Malformed, ""},
		{"not for certificates, at the end", "A < R; EE < A usage=sign", "", ""},
	})
}

func TestExtensions(t *testing.T) { // 4.16
	check(t, []row{
		{"4.16.1 unknown", "A < R; EE < A extra=1.2.3.9", "", ""},
		{"4.16.2 unknown and critical", "A < R; EE < A critical=1.2.3.9", path.Constraint, ""},
		{"unknown and critical, of an authority", "A < R critical=1.2.3.9; EE < A", path.Constraint, ""},
		{"below the numbers of X.509", "A < R; EE < A critical=2.5.29.99", path.Constraint, ""},
		{"longer than one that is known", "A < R; EE < A critical=2.5.29.19.1", path.Constraint, ""},
		{"directory attributes, critical", "A < R; EE < A critical=2.5.29.9", path.Constraint, ""},
		{"twice", "A < R; EE < A extra=1.2.3.9 ext=1.2.3.9:0500", path.Malformed, ""},
		{"extended key usage, critical", "A < R; EE < A cext=2.5.29.37:300a06082b06010505070304", "", ""},
		{"other alternative name, critical", "A < R; EE < A cext=2.5.29.17:30058803550403", "", ""},
		{"inhibitAnyPolicy malformed", "A < R ext=2.5.29.54:0500; EE < A", path.Malformed, ""},
		{"policies malformed", "A < R; EE < A ext=2.5.29.32:0500", path.Malformed, ""},
		{"no policy in the list", "A < R; EE < A ext=2.5.29.32:3000", "", ""},
		{"no policy in the list, explicit", "A < R explicit=0 policies=1; EE < A ext=2.5.29.32:3000", path.Policies,
			""},
		{"mappings malformed", "A < R ext=2.5.29.33:0500; EE < A", path.Malformed, ""},
		{"policy constraints malformed", "A < R ext=2.5.29.36:0500; EE < A", path.Malformed, ""},
	})
}

// crypto/x509 reads none of these; they are what RFC 5280 permits, or programs write.
func TestUnreadByStandardLibrary(t *testing.T) {
	check(t, []row{
		{"negative serial number", "A < R; EE < A serial=-1", "", ""},
		{"negative serial number of an authority", "A < R serial=-5; EE < A", "", ""},
		{"long serial number", "A < R; EE < A serial=" + strings.Repeat("7", 45), "", ""},
		{"point relative to the issuer", "A < R; EE < A points=rel:CN=X", "", ""},
		{"negative, altered", "A < R; EE < A serial=-1 broken", path.Untrusted, ""},
		{"negative, unknown and critical", "A < R; EE < A serial=-1 critical=1.2.3.9", path.Constraint, ""},
		{"negative, outside of names", "A < R permit=dns:b.vn; EE < A serial=-1 alt=dns:a.vn", path.Names, ""},
		{"negative, malformed extended key usage", "A < R; EE < A serial=-1 ext=2.5.29.37:0500", path.Malformed, ""},
	})
	for _, text := range []string{"A < R; EE < A serial=-1", "A < R; EE < A points=rel:CN=X"} {
		p := pkitext.Build(t, text)
		if _, err := x509.ParseCertificate(p.DER("EE")); err == nil {
			t.Errorf("crypto/x509 reads %q: the row shows nothing", text)
		}
	}
}

// The short way for ASCII prepares strings as the long one does.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"", " ", "My CA", "  my\tca ", "A\x00b\x7f", "Hà Nam", "ﬁ", "a\u0301\u00ad"} {
		f.Add(s)
	}
	name := func(s string) []byte {
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier([]int{2, 5, 4, 3})
					b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
				})
			})
		})
		return b.BytesOrPanic()
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 1000 {
			return
		}
		// A zero-width space, which stands for nothing, makes the string one that is not ASCII.
		if !path.SameName(name(s), name(s+"\u200b")) {
			t.Errorf("%q is not what it is with a zero-width space", s)
		}
	})
}
