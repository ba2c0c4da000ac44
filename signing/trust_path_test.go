package signing

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/internal/words"
	"covenant/signing/internal/path"
	"covenant/signing/internal/pkitext"
	"covenant/signing/trust"
)

// pathRow is a public key infrastructure in the words of package pkitext, R trusted, and what is said of EE. Rows have
// the number of a test of NIST's PKITS only where they are that test.
type pathRow struct {
	name string
	pki  string
	want SubIndication
	said ReasonCode
}

// judged is the verdict on EE at the beginning of 2026, with all lists of the text in the file.
func judged(t *testing.T, text string, opt VerifyOptions) *Result {
	t.Helper()
	p := pkitext.Build(t, text)
	opt.Roots = rootsOf(t, nil, p.Certificate("R"))
	if opt.At.IsZero() {
		opt.At = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	tr := newTruster(&opt, opt.At)
	all := p.All()
	tr.addCertificates(slices.DeleteFunc(all, p.Certificate("R").Equal)) // files mostly leave it out
	tr.addRevocation(nil, p.Lists())
	v := tr.validate(t.Context(), p.Certificate("EE"), moment{at: opt.At, purpose: trust.Signature})
	return &Result{Indication: v.indication, SubIndication: v.sub, Reasons: v.reasons,
		Basis: Basis{Chain: v.links}}
}

func checkPaths(t *testing.T, opt VerifyOptions, rows []pathRow) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			res := judged(t, r.pki, opt)
			if res.SubIndication != r.want || (res.Indication == TotalPassed) != (r.want == "") {
				t.Errorf("%s/%s %v: want %q", res.Indication, res.SubIndication, res.Reasons, r.want)
			}
			if r.said != "" && !said(res, r.said) {
				t.Errorf("%v: %s is not among them", res.Reasons, r.said)
			}
		})
	}
}

// What crypto/x509 refuses and RFC 5280 permits, or the other way round, is decided by the latter. All but the rows
// that say “as before” were decided otherwise by x509.Certificate.Verify.
func TestPathsByRFC5280(t *testing.T) {
	checkPaths(t, VerifyOptions{Revocation: RevocationSoft}, []pathRow{
		{"as before: a plain path", "A < R; EE < A", "", ""},
		{"as before: no path", "A < R; EE < A by=X", NoCertificateChainFound, ReasonUntrusted},
		{"UTF8String against PrintableString", "A < R; EE < A issuer=O=u!Test/CN=u!A", "", ""},
		{"the anchor's name in capitals", "EE < R issuer=O=TEST/CN=r", "", ""},
		{"constrained directory name", "A < R permit=dir:C=VN; EE < A subject=C=VN/CN=E", "", ""},
		{"as before: constrained directory name, outside", "A < R permit=dir:C=VN; EE < A subject=C=US/CN=E",
			ChainGeneralFailure,
			ReasonChain},
		{"constrained address in the subject", "A < R permit=email:test.vn; EE < A subject=O=T/E=an@b.vn",
			ChainGeneralFailure,
			ReasonChain},
		{"negative serial number", "A < R; EE < A serial=-1", "", ""},
		{"negative serial number of an authority", "A < R serial=-1; EE < A", "", ""},
		{"issuer's alternative name, critical", "A < R; EE < A cext=2.5.29.18:30048202612e", "", ""},
		{"as before: unknown critical extension", "A < R; EE < A critical=1.2.3.9", ChainGeneralFailure, ReasonChain},
		{"as before: signed with SHA-1", "A < R; EE < A sha1", NoCertificateChainFound, ReasonUntrusted},
		{"explicit policy that the path is not valid for", "A < R policies=1 explicit=0; EE < A policies=2",
			ChainConstraintsFailure, ReasonCertificatePolicy},
	})
}

func TestPeriods(t *testing.T) {
	checkPaths(t, VerifyOptions{Revocation: RevocationSoft}, []pathRow{
		{"4.2.1 authority not yet valid", "A < R from=2030; EE < A", OutOfBoundsNoPOE, ReasonNotYetValid},
		{"4.2.2 end not yet valid", "A < R; EE < A from=2030", OutOfBoundsNoPOE, ReasonNotYetValid},
		{"4.2.3 UTCTime before 2000", "A < R from=1950; EE < A from=1960", "", ""},
		{"4.2.4 GeneralizedTime", "A < R; EE < A from=1940", "", ""},
		{"4.2.5 authority over", "A < R to=2025; EE < A", OutOfBoundsNoPOE, ReasonExpired},
		{"4.2.6 end over", "A < R; EE < A to=2025", OutOfBoundsNoPOE, ReasonExpired},
		{"4.2.7 UTCTime before 2000", "R < R from=1950; A < R from=1950; EE < A from=1950 to=1999", OutOfBoundsNoPOE,
			ReasonExpired},
		{"4.2.8 GeneralizedTime", "A < R; EE < A to=2055", "", ""},
		{"anchor over", "R < R to=2024; A < R to=2030; EE < A from=2025", ChainGeneralFailure, ReasonChain},
		{"renewed authority", "A < R to=2025; X < R subject=O=Test/CN=A key=A ca from=2025; EE < A", "", ""},
	})
}

// What is asked of policies comes from the options, and is asked of signers only.
func TestCertificatePolicies(t *testing.T) {
	const one = "A < R policies=1; EE < A policies=1"
	policy := func(n int) []asn1.ObjectIdentifier { return []asn1.ObjectIdentifier{{1, 2, 3, n}} }
	for _, c := range []struct {
		name string
		pki  string
		ask  CertificatePolicies
		good bool
	}{
		{"nothing asked", one, CertificatePolicies{}, true},
		{"asked for", one, CertificatePolicies{Accepted: policy(1), RequireExplicit: true}, true},
		{"another asked for", one, CertificatePolicies{Accepted: policy(2), RequireExplicit: true}, false},
		{"another, not explicitly", one, CertificatePolicies{Accepted: policy(2)}, true},
		{"mapped", "A < R policies=1 map=1>2; EE < A policies=2", CertificatePolicies{RequireExplicit: true}, true},
		{"mapped, inhibited", "A < R policies=1 map=1>2; EE < A policies=2",
			CertificatePolicies{RequireExplicit: true, InhibitMapping: true}, false},
		{"anyPolicy", "A < R policies=any; EE < A policies=1", CertificatePolicies{RequireExplicit: true}, true},
		{"anyPolicy, inhibited", "A < R policies=any; EE < A policies=1",
			CertificatePolicies{RequireExplicit: true, InhibitAny: true}, false},
	} {
		opt := VerifyOptions{Revocation: RevocationSoft, CertificatePolicies: c.ask}
		if res := judged(t, c.pki, opt); (res.Indication == TotalPassed) != c.good ||
			said(res, ReasonCertificatePolicy) == c.good {
			t.Errorf("%s: %s %v, want good %v", c.name, res.Indication, res.Reasons, c.good)
		}
	}
	p := pkitext.Build(t, one)
	opt := VerifyOptions{Roots: rootsOf(t, nil, p.Certificate("R")),
		CertificatePolicies: CertificatePolicies{Accepted: policy(2),
			RequireExplicit: true}}
	tr := newTruster(&opt, time.Now())
	tr.addCertificates(p.All())
	for token, good := range map[bool]bool{true: true, false: false} {
		if _, err := tr.path(t.Context(), p.Certificate("EE"), time.Now(), token); (err == nil) != good {
			t.Errorf("of a time-stamp authority, %v: %v", token, err)
		}
	}
}

// A key that this program does not support is called that: nothing is known against the signature.
func TestUnsupportedKeys(t *testing.T) {
	// The keys need not be anybody's: nothing is verified with them.
	for name, spki := range map[string]string{
		"Brainpool": "305a301406072a8648ce3d020106092b240303020801010703420004" +
			"8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262" +
			"547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
		"RSA of 512 bits": rsaKey(512, 65537), "RSA with an even exponent": rsaKey(2048, 65536),
		"RSA with the exponent 1":           rsaKey(2048, 1),
		"RSA with an exponent of 60 bits":   rsaKey(2048, 1<<60+1),
		"RSA of 32,768 bits":                rsaKey(32768, 3),
		"an algorithm that nobody knows of": "300d300506032a030403040000ffff",
	} {
		res := judged(t, "A < R spki="+spki+"; EE < A by=X", VerifyOptions{Revocation: RevocationSoft})
		if res.Indication != Indeterminate || res.SubIndication != NoCertificateChainFound ||
			!said(res, ReasonUnsupportedKey) || strings.Contains(res.Reasons[0].Detail, "not signed by") {
			t.Errorf("%s: %s/%s %v", name, res.Indication, res.SubIndication, res.Reasons)
		}
		for _, lang := range []words.Language{words.Vietnamese, words.English} {
			if text := res.Reasons[0].Text().In(lang); text == "" {
				t.Errorf("%s: nothing is said in %s", name, lang)
			}
		}
	}
}

// rsaKey is a SubjectPublicKeyInfo in hexadecimal.
func rsaKey(bits uint, exponent int64) string {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	der, err := asn1.Marshal(struct {
		N *big.Int
		E int64
	}{n.Add(n, big.NewInt(99)), exponent})
	if err != nil {
		panic(err)
	}
	der, err = asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1},
		Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: der, BitLength: 8 * len(der)}})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(der)
}

// A whole file, signed with certificates that crypto/x509 does not read, is judged as any.
func TestVerifyWithCertificatesOfAllKinds(t *testing.T) {
	for _, c := range []struct {
		name, pki string
		want      Indication
	}{
		{"authority with a negative serial number", "A < R serial=-9; EE < A", TotalPassed},
		{"signer with a negative serial number", "A < R; EE < A serial=-9", TotalPassed},
		{"signer not for signatures", "A < R; EE < A serial=-9 usage=encipher", Indeterminate},
		{"signer for servers", "A < R; EE < A serial=-9 ext=2.5.29.37:300a06082b06010505070301", Indeterminate},
		{"signer outside of names", "A < R serial=-9 permit=dir:C=VN; EE < A", Indeterminate},
		{"signer with a relative point", "A < R; EE < A points=rel:CN=L", TotalPassed},
		{"names in other kinds of strings", "A < R subject=O=u!Sở/CN=u!A; EE < A issuer=O=u!SỞ/CN=a", TotalPassed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pkitext.Build(t, c.pki)
			ee, a := path.Parse(p.DER("EE")).X, path.Parse(p.DER("A")).X
			id := Identity{Signer: p.Key("EE"), Certificate: ee, Chain: []*x509.Certificate{a}}
			file, _, err := SignBytes(t.Context(), testFile(t, classic, "a"), id,
				Options{Field: "a", AllowAnyCertificate: true})
			if err != nil {
				t.Fatal(err)
			}
			opt := VerifyOptions{Roots: rootsOf(t, nil, p.Certificate("R")), Revocation: RevocationSoft}
			report, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), opt)
			if err != nil || len(report.Results) != 1 {
				t.Fatalf("%v, %v", report, err)
			}
			res := report.Results[0]
			if res.Indication != c.want || c.want == TotalPassed && len(res.Chain) != 3 {
				t.Errorf("%s/%s %v, %d certificates", res.Indication, res.SubIndication, res.Reasons, len(res.Chain))
			}
		})
	}
}
