package path_test

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"covenant/signing/internal/path"
	"covenant/signing/internal/pkitext"
)

// extensionsOf are the elements of a certificate's list of extensions.
func extensionsOf(tb testing.TB, der []byte) []byte {
	tb.Helper()
	in := cryptobyte.String(der)
	var cert, tbs, exts, list cryptobyte.String
	var tag cbasn1.Tag
	if !in.ReadASN1(&cert, cbasn1.SEQUENCE) || !cert.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		tb.Fatal("no certificate")
	}
	for !tbs.Empty() {
		if !tbs.ReadAnyASN1(&exts, &tag) {
			tb.Fatal("no certificate")
		}
	}
	if !exts.ReadASN1(&list, cbasn1.SEQUENCE) {
		tb.Fatal("no extensions")
	}
	return list
}

// FuzzPath validates a path whose authorities and end have any extensions, signed as they are: an issuer's key can be
// stolen, so what stands in a signed certificate may be anything. Whatever it is, the work is bounded by the counter,
// the verdict is the same each time, and no certificate that crypto/x509 sees to be no authority's has issued another.
func FuzzPath(f *testing.F) {
	for _, text := range []string{
		"A < R ca=3 policies=1,2,any map=1>3,2>3 explicit=2 nomap=4 noany=3; B < A policies=3,any map=3>4; " +
			"EE < B policies=4",
		"A < R permit=dir:O=Test,dns:test.vn,email:test.vn,uri:.test.vn,ip:10.0.0.0-255.0.0.0 " +
			"exclude=dns:b.test.vn; B < A permit=dir:O=Test; " +
			"EE < B alt=dns:a.test.vn,email:an@test.vn,uri:http://a.test.vn,ip:10.1.2.3",
		"A < R ski=0401 points=dir:O=Test/CN=R|~issuer=O=Test/CN=I; B < A aki=0401 extra=1.2.3; " +
			"EE < B critical=1.2.3.4",
		"A < R; B < A ca usage=crl; EE < B cext=2.5.29.37:300a06082b06010505070304",
	} {
		p := pkitext.Build(f, text)
		f.Add(extensionsOf(f, p.DER("A")), extensionsOf(f, p.DER("B")), extensionsOf(f, p.DER("EE")))
	}
	limits := path.Limits{Steps: 5000, Signatures: 20}
	f.Fuzz(func(t *testing.T, a, b, ee []byte) {
		if len(a)+len(b)+len(ee) > 50_000 {
			return
		}
		p := pkitext.Build(t, fmt.Sprintf("A < R exts=%s; B < A exts=%s; EE < B exts=%s", hex.EncodeToString(a),
			hex.EncodeToString(b), hex.EncodeToString(ee)))
		var codes [2]path.Code
		for i := range codes {
			found, work, err := find(p, path.Inputs{}, limits)
			codes[i] = codeOf(err)
			if bound := limits.Steps + 2*(len(a)+len(b)+len(ee)) + 100; work.Steps > bound {
				t.Fatalf("%d steps, more than %d", work.Steps, bound)
			}
			if work.Signatures > limits.Signatures {
				t.Fatalf("%d signatures", work.Signatures)
			}
			var e *path.Error
			if err != nil && !errors.As(err, &e) || err == nil && len(found[0].Certificates) != 4 {
				t.Fatalf("%v, %v", found, err)
			}
		}
		if codes[0] != codes[1] {
			t.Fatalf("once %q, once %q", codes[0], codes[1])
		}
		for _, name := range []string{"A", "B"} {
			if c, err := x509.ParseCertificate(p.DER(name)); err == nil && !c.IsCA && codes[0] == "" {
				t.Fatalf("%s is no authority", name)
			}
		}
	})
}

// Names that are cheap to write and dear to compare, and policies that would multiply in a tree, stay within the
// limits.
func TestCostlyExtensions(t *testing.T) {
	limits := path.Limits{Steps: 10_000}
	names, trees := "", ""
	for i := range 300 {
		names += fmt.Sprintf(",dns:a%d.vn", i)
		trees += fmt.Sprintf(",dns:b%d.vn", i)
	}
	_, work, err := find(pkitext.Build(t, "A < R exclude="+trees[1:]+"; EE < A alt="+names[1:]), path.Inputs{}, limits)
	if codeOf(err) != path.TooMany || work.Steps > limits.Steps+10 {
		t.Errorf("%v, %+v: 90,000 comparisons", err, work)
	}
	// Every policy of a level is mapped to every one of the next: a tree of RFC 5280 would have 8^10 leaves.
	text, above := "", "R"
	for level := range 10 {
		policies, mappings := "", ""
		for i := range 8 {
			policies += fmt.Sprintf(",%d", 10*level+i)
			for j := range 8 {
				mappings += fmt.Sprintf(",%d>%d", 10*level+i, 10*(level+1)+j)
			}
		}
		name := fmt.Sprintf("P%d", level)
		text += name + " < " + above + " policies=" + policies[1:] + " map=" + mappings[1:] + ";"
		above = name
	}
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := pkitext.Build(t, text+"EE < "+above+" policies=103")
	builder := path.NewBuilder(anchors{p.Certificate("R")}, limits)
	for _, c := range p.All() {
		builder.Add(c)
	}
	found, work, err := builder.Find(p.Certificate("EE"), inputs("explicit 7"), []time.Time{began})
	if err != nil || len(found[0].Policies) != 1 || work.Steps > 3000 {
		t.Errorf("%v, %+v, %v", found, work, err)
	}
}
