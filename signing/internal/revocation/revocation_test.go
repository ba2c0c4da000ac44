package revocation_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/signing/internal/revocation"
)

func setup(t *testing.T) (*devpki.PKI, *revocation.Client) {
	t.Helper()
	p, err := devpki.Open("", devpki.Options{SlowFor: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if _, err := p.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	return p, &revocation.Client{HTTP: http.DefaultClient, Timeout: 300 * time.Millisecond}
}

func issue(t *testing.T, p *devpki.PKI, name string, profile devpki.Profile) devpki.Identity {
	t.Helper()
	id, err := p.Issue(devpki.Subject{CommonName: name}, profile)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestGoodAndRevokedByOCSPAndList(t *testing.T) {
	p, _ := setup(t)
	good, bad := issue(t, p, "Tốt", devpki.Profile{}), issue(t, p, "Thu hồi", devpki.Profile{})
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := p.Revoke(bad.Certificate, at, 1); err != nil {
		t.Fatal(err)
	}
	for fault, kind := range map[devpki.Fault]revocation.Kind{devpki.None: revocation.OCSP,
		devpki.Unavailable: revocation.CRL} {
		p.SetFault(devpki.OCSP, fault)
		c := &revocation.Client{HTTP: http.DefaultClient}
		e, err := c.Check(t.Context(), good.Certificate, good.Chain[0], time.Time{})
		if err != nil || e.Revoked || e.Kind != kind {
			t.Errorf("good: %+v, %v", e, err)
		}
		e, err = c.Check(t.Context(), bad.Certificate, bad.Chain[0], time.Time{})
		if err != nil || !e.Revoked || !e.RevokedAt.Equal(at) || e.Reason != 1 || e.Kind != kind {
			t.Errorf("revoked: %+v, %v", e, err)
		}
		if !e.RevokedBy(at) || e.RevokedBy(at.Add(-time.Second)) {
			t.Error("revoked at the wrong time")
		}
	}
}

func TestEveryFaultIsNoticed(t *testing.T) {
	p, c := setup(t)
	id := issue(t, p, "An", devpki.Profile{})
	for fault, want := range map[devpki.Fault]error{
		devpki.Slow: context.DeadlineExceeded, devpki.Unavailable: revocation.ErrUnavailable,
		devpki.Drop:    revocation.ErrUnavailable,
		devpki.Garbage: revocation.ErrFormat, devpki.Huge: revocation.ErrFormat, devpki.Stale: revocation.ErrStale,
		devpki.WrongSigner: revocation.ErrSigner, devpki.Unknown: revocation.ErrUnavailable,
	} {
		p.SetFault(devpki.OCSP, fault)
		p.SetFault(devpki.CRL, fault)
		_, err := c.Check(t.Context(), id.Certificate, id.Chain[0], time.Time{})
		if !errors.Is(err, want) || !errors.Is(err, revocation.ErrUnavailable) || !strings.Contains(err.Error(),
			p.BaseURL()) {
			t.Errorf("%s: %v, want %v", fault, err, want)
		}
	}
}

func TestKeptUntilNewerIsAskedFor(t *testing.T) {
	p, c := setup(t)
	id := issue(t, p, "An", devpki.Profile{})
	check := func(notBefore time.Time, want int) {
		t.Helper()
		if _, err := c.Check(t.Context(), id.Certificate, id.Chain[0], notBefore); err != nil {
			t.Fatal(err)
		}
		if n := p.Requests(devpki.OCSP); n != want {
			t.Errorf("%d requests, want %d", n, want)
		}
	}
	check(time.Time{}, 1)
	check(time.Time{}, 1)
	check(time.Now().Add(time.Second), 2)
}

func TestGuardedClientRefusesLoopback(t *testing.T) {
	p, _ := setup(t)
	id := issue(t, p, "An", devpki.Profile{})
	var guarded revocation.Client
	_, err := guarded.Check(t.Context(), id.Certificate, id.Chain[0], time.Time{})
	if err == nil || !strings.Contains(err.Error(), "not a public one") {
		t.Errorf("got %v", err)
	}
	if p.Requests(devpki.OCSP)+p.Requests(devpki.CRL) != 0 {
		t.Error("a request went out")
	}
}

func TestEvidenceAboutAnotherCertificateIsRefused(t *testing.T) {
	p, c := setup(t)
	a, b := issue(t, p, "An", devpki.Profile{}), issue(t, p, "Bình", devpki.Profile{})
	e, err := c.Check(t.Context(), a.Certificate, a.Chain[0], time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := revocation.ParseOCSP(e.DER, b.Certificate, b.Chain[0]); !errors.Is(err, revocation.ErrOther) {
		t.Errorf("got %v", err)
	}
	for i := range e.DER {
		bad := append([]byte{}, e.DER...)
		bad[i] ^= 1
		if got, err := revocation.ParseOCSP(bad, a.Certificate, a.Chain[0]); err == nil && (got.Revoked != e.Revoked ||
			!got.ThisUpdate.Equal(e.ThisUpdate)) {
			t.Fatalf("byte %d flipped changes the statement", i)
		}
	}
}

func TestUsable(t *testing.T) {
	p, c := setup(t)
	id := issue(t, p, "An", devpki.Profile{})
	e, err := c.Check(t.Context(), id.Certificate, id.Chain[0], time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		at time.Duration
		ok bool
	}{{-time.Hour, true}, {0, true}, {23 * time.Hour, true}, {25 * time.Hour, false}} {
		if err := e.Usable(e.ThisUpdate.Add(k.at)); (err == nil) != k.ok {
			t.Errorf("at %v: %v", k.at, err)
		}
	}
	old := issue(t, p, "Hết hạn", devpki.Expired(time.Now()))
	e, err = c.Check(t.Context(), old.Certificate, old.Chain[0], time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Usable(old.Certificate.NotAfter.Add(-time.Hour)); !errors.Is(err, revocation.ErrStale) {
		t.Errorf("evidence from after the certificate's end: %v", err)
	}
}

func TestIssuerByAddress(t *testing.T) {
	p, c := setup(t)
	id := issue(t, p, "An", devpki.Profile{})
	got, err := c.Issuer(t.Context(), id.Certificate)
	if err != nil || !got.Equal(id.Chain[0]) {
		t.Errorf("issuer: %v", err)
	}
	p.SetFault(devpki.AIA, devpki.Garbage)
	if _, err := c.Issuer(t.Context(), id.Certificate); !errors.Is(err, revocation.ErrUnavailable) {
		t.Errorf("garbage: %v", err)
	}
}

func FuzzRevocationData(f *testing.F) {
	p, err := devpki.Open("", devpki.Options{})
	if err != nil {
		f.Fatal(err)
	}
	id, err := p.Issue(devpki.Subject{CommonName: "Fuzz"}, devpki.Profile{})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.Cleanup(cancel)
	if _, err := p.Serve(ctx); err != nil {
		f.Fatal(err)
	}
	c := &revocation.Client{HTTP: http.DefaultClient}
	e, err := c.Check(ctx, id.Certificate, id.Chain[0], time.Time{})
	if err != nil {
		f.Fatal(err)
	}
	list, err := p.RevocationList()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.DER)
	f.Add(list)
	f.Fuzz(func(_ *testing.T, der []byte) {
		var set revocation.Set
		set.AddOCSP(der)
		set.AddCRL(der)
		for _, e := range set.Find(id.Certificate, id.Chain[0], nil) {
			_ = e.Usable(time.Now())
		}
	})
}
