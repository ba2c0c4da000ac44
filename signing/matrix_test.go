package signing

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// TestEveryLevelKeyAndFileKind signs at every level with every kind of key in every kind of file; our verifier and the
// outside tools judge each.
func TestEveryLevelKeyAndFileKind(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	v := &ValidationSource{HTTP: http.DefaultClient}
	keys := []devpki.KeyType{devpki.P256, devpki.P384, devpki.P521, devpki.Ed25519, devpki.RSA2048, devpki.RSA3072,
		devpki.RSA4096}
	for _, key := range keys {
		t.Run(string(key), func(t *testing.T) {
			t.Parallel()
			id := issue(t, p, "Người ký "+string(key), devpki.Profile{Key: key})
			for _, kind := range fileKinds {
				for _, level := range []Level{BB, BT, BLT, BLTA} {
					out := sign(t, testFile(t, kind, "a"), id, Options{Level: level, TSA: tsa, Validation: v,
						Field:      "a",
						Appearance: &Appearance{Image: testImage(t), Lines: vietnamese}})
					requirePassed(t, p, out, level, fmt.Sprint(kind, " ", level))
					if level == BB || level == BLTA { // the levels between add nothing that these tools see
						outsideTools(t, out, p)
					}
				}
			}
		})
	}
}

// requirePassed asks our verifier: passed offline from B-LT on, with the servers' help below, at the level asked for.
func requirePassed(t *testing.T, p *devpki.PKI, file []byte, level Level, what string) {
	t.Helper()
	opt := VerifyOptions{Roots: p.Roots()}
	if level < BLT {
		opt.Online, opt.HTTP = true, http.DefaultClient
	}
	r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), opt)
	if err != nil {
		t.Fatal(err)
	}
	for i, res := range r.Results {
		if res.Indication != TotalPassed {
			t.Errorf("%s: %s/%s: %+v", what, res.Indication, res.SubIndication, res.Reasons)
		}
		if i == 0 && (res.Level != level || !res.PAdES) {
			t.Errorf("%s: the verifier finds level %s", what, res.Level)
		}
	}
}

// TestRenewal raises a B-LTA file again and again; each time-stamp's own data come into the store before the next.
func TestRenewal(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	file := sign(t, testFile(t, stream, "a"), id, Options{Level: BT, Field: "a", TSA: tsa})
	if _, err := RenewBy(bytes.NewReader(file), int64(len(file)), Limits{}); !errors.Is(err, ErrNoArchive) {
		t.Errorf("without a document time-stamp: %v", err)
	}
	for i := range 3 {
		var out bytes.Buffer
		// A new source each time: what was fetched for one archive time-stamp is older than the next.
		done, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
			ExtendOptions{TSA: tsa, Validation: &ValidationSource{HTTP: http.DefaultClient}})
		if err != nil {
			t.Fatal(err)
		}
		file = out.Bytes()
		if got := len(checkSignatures(t, file)); got != i+2 || done.Timestamp == nil {
			t.Errorf("round %d: %d signatures", i, got)
		}
	}
	until, err := RenewBy(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil || until.Before(time.Now()) {
		t.Errorf("renew by %v, %v", until, err)
	}
	requirePassed(t, p, file, BLTA, "renewed")
	outsideTools(t, file, p)
}

// TestVRI writes which data are for which signature, twice over.
func TestVRI(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	file := testFile(t, hybrid, "a", "b")
	for _, name := range []string{"a", "b"} {
		file = sign(t, file, issue(t, p, name, devpki.Profile{}), Options{Level: BT, Field: name, TSA: tsa})
	}
	for range 2 {
		var out bytes.Buffer
		if _, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
			ExtendOptions{TSA: tsa, VRI: true, Validation: &ValidationSource{HTTP: http.DefaultClient}}); err != nil {
			t.Fatal(err)
		}
		file = out.Bytes()
	}
	f, signatures := openSigned(t, file)
	store, err := readDSS(f)
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Dict(store.dict.Get("VRI"))
	if err != nil || len(all) != 3 { // the last document time-stamp has none yet
		t.Fatalf("%d entries, %v", len(all), err)
	}
	for _, s := range signatures[:3] {
		entry, err := f.Dict(all.Get(pdf.Name(fmt.Sprintf("%X", sha1.Sum([]byte(s.Contents.Bytes))))))
		if err != nil {
			t.Fatal(err)
		}
		certs, err := f.Array(entry.Get("Cert"))
		if err != nil || len(certs) < 3 {
			t.Errorf("%q: %d certificates, %v", s.Field.Name, len(certs), err)
		}
		for _, c := range certs {
			if !slices.Contains(store.lists["Certs"], c) {
				t.Errorf("%q: certificate %v is not in the store", s.Field.Name, c)
			}
		}
	}
	requirePassed(t, p, file, BLTA, "with VRI")
	outsideTools(t, file, p)
}
