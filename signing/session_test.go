package signing

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// TestChangedSessionsAreRefused changes each part of a stored session; none leads to a signature.
func TestChangedSessionsAreRefused(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	other := issue(t, testPKI(t), "Người khác", devpki.Profile{})
	in := testFile(t, classic, "a")
	s, err := Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), id.Certificate, id.Chain, Options{Field: "a"})
	if err != nil {
		t.Fatal(err)
	}
	tbs, opts, err := s.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	value, err := id.Signer.Sign(rand.Reader, tbs, opts)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*sessionState){
		"nothing":     func(*sessionState) {},
		"update":      func(s *sessionState) { s.Update = bytes.Replace(s.Update, []byte("/Sig"), []byte("/Gis"), 1) },
		"digest":      func(s *sessionState) { s.Digest[0] ^= 1 },
		"base":        func(s *sessionState) { s.Base[0] ^= 1 },
		"attributes":  func(s *sessionState) { s.SignedAttributes[40] ^= 1 },
		"certificate": func(s *sessionState) { s.Certificate = other.Certificate.Raw },
		"slot":        func(s *sessionState) { s.Slot.Start-- },
		"slot end":    func(s *sessionState) { s.Slot.End += 1 << 40 },
		"negative":    func(s *sessionState) { s.Slot.Start = -5 },
		"size":        func(s *sessionState) { s.Size++ },
		"hash":        func(s *sessionState) { s.Hash = "MD5" },
		"version":     func(s *sessionState) { s.Version = 2 },
		"level":       func(s *sessionState) { s.Level = BT }, // and no TSA given
	} {
		var state sessionState
		if err := json.Unmarshal(stored, &state); err != nil {
			t.Fatal(err)
		}
		change(&state)
		data, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		var later Session
		var out bytes.Buffer
		if err = json.Unmarshal(data, &later); err == nil {
			_, err = Finish(t.Context(), &later, bytes.NewReader(in), int64(len(in)), &out, value, FinishOptions{})
		}
		if ok := name == "nothing"; (err == nil) != ok || !ok && out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
	}
	if s.Field() != "a" || s.Level() != BB {
		t.Errorf("session for %q at %s", s.Field(), s.Level())
	}
}

// FuzzSession gives Finish any stored session.
func FuzzSession(f *testing.F) {
	id := issue(f, testPKI(f), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(f, classic, "a")
	s, err := Prepare(f.Context(), bytes.NewReader(in), int64(len(in)), id.Certificate, nil, Options{Field: "a"})
	if err != nil {
		f.Fatal(err)
	}
	stored, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte(`{"version":1,"size":10,"slot":{"start":10,"end":13,"total":14},"update":"AAAAAA=="}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Session
		if json.Unmarshal(data, &s) != nil {
			return
		}
		var out bytes.Buffer
		if _, err := Finish(t.Context(), &s, bytes.NewReader(in), int64(len(in)), &out, []byte("not a signature"),
			FinishOptions{}); err == nil {
			t.Fatal("a wrong signature value was taken")
		}
	})
}

func TestLevelsAsText(t *testing.T) {
	for _, l := range []Level{BB, BT, BLT, BLTA} {
		text, err := l.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Level
		if err := back.UnmarshalText([]byte(strings.ToLower(string(text)))); err != nil || back != l {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
	}
	if _, err := ParseLevel("B-X"); err == nil {
		t.Error("B-X was read")
	}
	if _, err := Level(7).MarshalText(); err == nil {
		t.Error("level 7 was written")
	}
}

// TestIssuersAreFetched: issuers that a signature lacks come from its time-stamp, from the addresses in the
// certificates, or from the source; without any of them the error says what to give.
func TestIssuersAreFetched(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	bare := id
	bare.Chain = nil
	tsa := &TSA{URLs: []string{p.TSA()}}
	file := sign(t, testFile(t, classic, "a", "b"), bare, Options{Level: BT, TSA: tsa, Field: "a"})
	raise := func(v *ValidationSource, fields ...string) error {
		var out bytes.Buffer
		_, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
			ExtendOptions{Level: BLT, Validation: v, Fields: fields})
		if err == nil {
			requirePassed(t, p, out.Bytes(), BLT, "raised")
		}
		return err
	}
	if err := raise(&ValidationSource{HTTP: http.DefaultClient}, "a"); err != nil {
		t.Error(err)
	}
	if err := raise(&ValidationSource{HTTP: http.DefaultClient}, "b"); err == nil || !strings.Contains(err.Error(),
		`"b" holds no signature`) {
		t.Errorf("an unsigned field: %v", err)
	}
	for _, e := range []error{raise(nil), raise(&ValidationSource{})} { // loopback is refused by default
		var ve *ValidationError
		if !errors.As(e, &ve) {
			t.Errorf("without access: %v", e)
		}
	}
	ready := func(v *ValidationSource) error { return v.ready(t.Context(), BLT, id.Certificate, nil) }
	if err := ready(&ValidationSource{HTTP: http.DefaultClient}); err != nil || p.Requests(devpki.AIA) == 0 {
		t.Errorf("issuers by their addresses: %v, %d requests", err, p.Requests(devpki.AIA))
	}
	p.SetFault(devpki.AIA, devpki.Unavailable)
	if err := ready(&ValidationSource{HTTP: http.DefaultClient}); err == nil || !strings.Contains(err.Error(),
		"ValidationSource.Certificates") {
		t.Errorf("issuers not to be had: %v", err)
	}
	block, _ := pem.Decode(p.RootsPEM())
	if block == nil {
		t.Fatal("no root")
	}
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := ready(&ValidationSource{HTTP: http.DefaultClient, Certificates: append(id.Chain, root)}); err != nil {
		t.Error(err)
	}
}
