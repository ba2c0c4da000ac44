package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

// rootOf makes a self-signed certificate; change may alter it before it is signed.
func rootOf(t testing.TB, name string, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	if change != nil {
		change(tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func keyOn(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func goodEntry(t testing.TB, name string) Entry {
	t.Helper()
	return Entry{Certificate: rootOf(t, name, keyOn(t, elliptic.P256()), nil), Kind: Public, Purposes: Purposes(),
		Source: "Giấy phép số 1, đối chiếu ngày 01/11/2026", Since: "2024-01-01", Until: "2030-12-31",
		Added: "2026-11-28"}
}

func encoded(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	s := &Store{}
	for _, e := range entries {
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// refused checks that an error is for people, says what to do, and in both languages.
func refused(t *testing.T, name string, err error, want string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) {
		t.Errorf("%s: %v is no refusal", name, err)
		return
	}
	if !strings.Contains(strings.ToLower(r.Vietnamese), "hãy") || !strings.Contains(r.English, want) {
		t.Errorf("%s: %q, %q; want %q", name, r.Vietnamese, r.English, want)
	}
}

func TestStoreIsWrittenInOneForm(t *testing.T) {
	a, b := goodEntry(t, "A"), goodEntry(t, "B")
	b.Kind, b.Source, b.Since, b.Until, b.Purposes = Operator, "", "", "", []Purpose{Timestamp, Signature}
	data := encoded(t, a, b)
	if !bytes.Equal(data, encoded(t, b, a)) {
		t.Error("the order in which roots were added shows")
	}
	s, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Encode()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("read and written again: %v\n%s", err, again)
	}
	if len(s.Certificates()) != 2 {
		t.Errorf("%d roots", len(s.Certificates()))
	}
	if _, err := s.Remove(a.SHA256()); err != nil || len(s.Entries()) != 1 {
		t.Errorf("%v, %d", err, len(s.Entries()))
	}
	_, err = s.Remove(a.SHA256())
	refused(t, "removed twice", err, "covenant trust list")
}

// What is not in the one form, is damaged, or holds a root that may not stand there is refused as a whole.
func TestStoreRefusesWhatWasMeddledWith(t *testing.T) {
	a, b := goodEntry(t, "A"), goodEntry(t, "B")
	one, two := string(encoded(t, a)), string(encoded(t, a, b))
	own, other := a.SHA256().String(), b.SHA256().String()
	replace := func(text, old, by string) string {
		out := strings.Replace(text, old, by, 1)
		if out == text {
			t.Fatalf("%q is not in the store", old)
		}
		return out
	}
	allPurposes := "[\n        \"signature\",\n        \"seal\",\n        \"timestamp\"\n      ]"
	first, _, _ := strings.Cut(one[strings.Index(one, "    {"):], "\n  ]")
	for name, c := range map[string]struct{ text, want string }{
		"cut":                  {one[:len(one)/2], "no trust store"},
		"an unknown key":       {replace(one, `"kind"`, `"sort": 1, "kind"`), "no trust store"},
		"a key twice":          {replace(one, `"kind": "public"`, `"kind": "test", "kind": "public"`), "changed by"},
		"a key in capitals":    {replace(one, `"kind"`, `"Kind"`), "changed by"},
		"more behind it":       {one + "{}", "changed by"},
		"a blank":              {replace(one, `"kind": `, `"kind":  `), "changed by"},
		"another form":         {replace(one, form, "covenant-trust/2"), "use a newer one"},
		"another digest":       {replace(one, own, other), "damaged or was altered"},
		"a digest in capitals": {replace(one, own, strings.ToUpper(own)), "damaged or was altered"},
		"no digest":            {replace(one, own, ""), "damaged or was altered"},
		"another kind":         {replace(one, `"public"`, `"holy"`), "there is no kind"},
		"another purpose":      {replace(one, `"seal"`, `"web"`), "there is no purpose"},
		"a purpose twice":      {replace(one, `"seal"`, `"signature"`), "changed by"},
		"no purpose":           {replace(one, allPurposes, "[]"), "good for nothing"},
		"no source":            {replace(one, a.Source, ""), "has no source"},
		"a source of blanks":   {replace(one, a.Source, "  "), "has no source"},
		"a source of lines":    {replace(one, a.Source, `a\nb`), "in one line"},
		"a hidden direction":   {replace(one, a.Source, `a\u202eb`), "in one line"},
		"a long source":        {replace(one, a.Source, strings.Repeat("ă", maxSource+1)), "in one line"},
		"no date":              {replace(one, `"2024-01-01"`, `"2024-02-30"`), "is no date"},
		"days the other way":   {replace(one, `"2024-01-01"`, `"2031-01-01"`), "before its first"},
		"the same root twice":  {replace(one, first, first+",\n"+first), "there twice"},
		"a broken certificate": {replace(one, "CERTIFICATE-----\\n", "CERTIFICATE-----\\nAAAA"), "cannot be read"},
		"no certificate":       {replace(one, "BEGIN CERTIFICATE", "BEGIN SOMETHING"), "no certificate"},
		"half a second certificate": {replace(two, `END CERTIFICATE-----\n`,
			`END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n`), "cannot be read"},
		"an array":  {"[" + one + "]", "cannot be read"},
		"nothing":   {"", "no certificate"},
		"too large": {strings.Repeat(" ", maxFile) + one, "larger than"},
	} {
		_, err := Parse([]byte(c.text))
		refused(t, name, err, c.want)
	}
	s, err := Parse([]byte(two))
	if err != nil {
		t.Fatal(err)
	}
	s.entries[0], s.entries[1] = s.entries[1], s.entries[0]
	turned, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(turned)
	refused(t, "another order", err, "changed by")
}

// A root must be an authority's, with a key that is not broken, and say so of itself if it is a test.
func TestStoreRefusesRoots(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	key := keyOn(t, elliptic.P256())
	leaf := func(c *x509.Certificate) { c.IsCA = false }
	bare := func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, false }
	lists := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }
	for name, c := range map[string]struct {
		cert *x509.Certificate
		want string
	}{
		"a person's":        {rootOf(t, "An", key, leaf), "not the certificate of"},
		"no constraints":    {rootOf(t, "An", key, bare), "not the certificate of"},
		"for lists only":    {rootOf(t, "An", key, lists), "not the certificate of"},
		"RSA of 1,024 bits": {rootOf(t, "An", weak, nil), "too weak"},
		"ECDSA of 224 bits": {rootOf(t, "An", keyOn(t, elliptic.P224()), nil), "too weak"},
	} {
		e := goodEntry(t, "")
		e.Certificate = c.cert
		refused(t, name, (&Store{}).Add(e), c.want)
		_, err := Parse(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: c.cert.Raw}))
		refused(t, name+", PEM", err, c.want)
	}
	e := goodEntry(t, "")
	e.Certificate = rootOf(t, "An", key, func(c *x509.Certificate) {
		c.Subject.OrganizationalUnit = []string{TestMark}
	})
	refused(t, "a test as public", (&Store{}).Add(e), "kind test")
	e.Kind, e.Source = Test, ""
	if err := (&Store{}).Add(e); err != nil {
		t.Errorf("a test as a test: %v", err)
	}
}

// A file of certificates is a store of the operator's own roots, but those that call themselves tests are tests.
func TestFileOfCertificatesIsAStore(t *testing.T) {
	test := rootOf(t, "Gốc thử", keyOn(t, elliptic.P256()), func(c *x509.Certificate) {
		c.Subject.OrganizationalUnit = []string{TestMark}
	})
	own := rootOf(t, "Gốc riêng", keyOn(t, elliptic.P384()), nil)
	block := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: own.Raw})
	marked := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: test.Raw})
	both := bytes.Join([][]byte{[]byte("# what people write above"), marked, block}, []byte("\n"))
	for name, c := range map[string]struct {
		data  []byte
		tests int
	}{"PEM": {both, 1}, "DER": {own.Raw, 0}} {
		s, err := Parse(c.data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tests := 0
		for _, e := range s.Entries() {
			if e.Kind == Test {
				tests++
			}
			if e.Kind != Test && e.Kind != Operator || e.Source != "" || len(e.Purposes) != 3 {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if tests != c.tests {
			t.Errorf("%s: %d tests", name, tests)
		}
	}
	_, err := Parse(append(bytes.Clone(block), block...))
	refused(t, "doubled", err, "there twice")
	_, err = Parse(append(bytes.Clone(block), block[:len(block)-30]...))
	refused(t, "a root that is cut", err, "certificate 2")
}

func TestDigestsAreReadAsToolsPrintThem(t *testing.T) {
	sum := DigestOf(rootOf(t, "A", keyOn(t, elliptic.P256()), nil))
	text := sum.String()
	var pairs []string
	for i := 0; i < len(text); i += 2 {
		pairs = append(pairs, strings.ToUpper(text[i:i+2]))
	}
	spaced := " " + strings.Join(pairs, " ")
	for _, form := range []string{text, strings.ToUpper(text), strings.Join(pairs, ":"), spaced} {
		if got, err := ParseDigest(form); err != nil || got != sum {
			t.Errorf("%s: %v", form, err)
		}
	}
	for _, bad := range []string{"", text[:62], text + "00", "g" + text[1:]} {
		_, err := ParseDigest(bad)
		refused(t, bad, err, "64")
	}
}

// FuzzParse reads any bytes as a trust store: an error for people, or a store that is written and read as it is.
func FuzzParse(f *testing.F) {
	store := encoded(f, goodEntry(f, "A"), goodEntry(f, "B"))
	f.Add(store)
	f.Add(store[:len(store)/2])
	f.Add([]byte(`{"form":"covenant-trust/1","roots":[]}`))
	f.Add([]byte("{\n  \"form\": \"covenant-trust/1\",\n  \"roots\": []\n}\n"))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: goodEntry(f, "C").Certificate.Raw}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			var r *Refusal
			if !errors.As(err, &r) || r.Vietnamese == "" || r.English == "" {
				t.Errorf("%v is no refusal in both languages", err)
			}
			return
		}
		out, err := s.Encode()
		if err != nil || IsStore(data) && !bytes.Equal(out, data) {
			t.Fatalf("%v; written as\n%s", err, out)
		}
		if again, err := Parse(out); err != nil || len(again.Entries()) != len(s.Entries()) {
			t.Errorf("%v", err)
		}
	})
}
