package signing

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"covenant/signing/devpki"
)

var errToken = errors.New("the token was pulled out")

// failingSigner is a key that is gone when it is asked.
type failingSigner struct{ id Identity }

func (f failingSigner) Public() crypto.PublicKey { return f.id.Certificate.PublicKey }

func (f failingSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errToken
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

func pad10(n int64) string { return fmt.Sprintf("%010d", n) }

// TestFaultsOfTheTimestampAuthority: each fault is an error that names the authority, no byte is written, no key asked.
func TestFaultsOfTheTimestampAuthority(t *testing.T) {
	for _, fault := range []devpki.Fault{devpki.Slow, devpki.Unavailable, devpki.Drop, devpki.Refuse, devpki.Garbage,
		devpki.Huge, devpki.WrongNonce, devpki.WrongImprint, devpki.Stale} {
		t.Run(string(fault), func(t *testing.T) {
			p := testPKI(t)
			p.SetFault(devpki.TSA, fault)
			id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
			key := &countingSigner{Signer: id.Signer}
			id.Signer = key
			in := testFile(t, classic, "a")
			var out bytes.Buffer
			_, err := Sign(t.Context(), bytes.NewReader(in), int64(len(in)), &out, id, Options{Level: BT, Field: "a",
				TSA: &TSA{URLs: []string{p.TSA()}, Timeout: 300 * time.Millisecond}})
			var te *TimestampError
			if !errors.As(err, &te) || !bytes.Contains([]byte(err.Error()), []byte(p.TSA())) {
				t.Errorf("the error does not name the authority: %v", err)
			}
			if out.Len() > 0 || key.n > 0 {
				t.Errorf("%d bytes written, key asked %d times", out.Len(), key.n)
			}
		})
	}
}

// TestTimestampLostAfterTheKeyIsTakenUp: the authority goes away between the probe and the signature; the work is
// finished later with the same signature value.
func TestTimestampLostAfterTheKeyIsTakenUp(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}, Timeout: 300 * time.Millisecond}
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	key := &countingSigner{Signer: id.Signer}
	id.Signer = hookSigner{key, func() { p.SetFault(devpki.TSA, devpki.Refuse) }}
	in := testFile(t, hybrid, "a")
	var out bytes.Buffer
	_, err := Sign(t.Context(), bytes.NewReader(in), int64(len(in)), &out, id, Options{Level: BT, Field: "a", TSA: tsa})
	var unfinished *UnfinishedError
	if !errors.As(err, &unfinished) || out.Len() > 0 {
		t.Fatalf("%v; %d bytes written", err, out.Len())
	}
	p.SetFault(devpki.TSA, devpki.None)
	if _, err := Finish(t.Context(), unfinished.Session, bytes.NewReader(in), int64(len(in)), &out,
		unfinished.Signature, FinishOptions{TSA: tsa}); err != nil {
		t.Fatal(err)
	}
	if key.n != 1 {
		t.Errorf("the key was asked %d times", key.n)
	}
	checkSignatures(t, out.Bytes())
}

// hookSigner calls fn once the key has signed.
type hookSigner struct {
	*countingSigner
	fn func()
}

func (h hookSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	defer h.fn()
	return h.countingSigner.Sign(rand, digest, opts)
}

// TestFaultsOfRevocationServers: without usable revocation data there is no B-LT, no byte written, and no key asked.
func TestFaultsOfRevocationServers(t *testing.T) {
	for _, fault := range []devpki.Fault{devpki.Slow, devpki.Unavailable, devpki.Drop, devpki.Garbage, devpki.Huge,
		devpki.Stale, devpki.WrongSigner, devpki.Unknown} {
		t.Run(string(fault), func(t *testing.T) {
			p := testPKI(t)
			p.SetFault(devpki.OCSP, fault)
			p.SetFault(devpki.CRL, fault)
			id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
			key := &countingSigner{Signer: id.Signer}
			id.Signer = key
			opt := Options{Level: BLT, Field: "a", TSA: &TSA{URLs: []string{p.TSA()}},
				Validation: &ValidationSource{HTTP: http.DefaultClient, Timeout: 300 * time.Millisecond}}
			in := testFile(t, classic, "a")
			var out bytes.Buffer
			_, err := Sign(t.Context(), bytes.NewReader(in), int64(len(in)), &out, id, opt)
			var ve *ValidationError
			if !errors.As(err, &ve) || out.Len() > 0 || key.n > 0 {
				t.Errorf("%v; %d bytes written, key asked %d times", err, out.Len(), key.n)
			}
			// With lists alone in order, lists are used.
			p.SetFault(devpki.CRL, devpki.None)
			file := sign(t, in, id, opt)
			f, _ := openSigned(t, file)
			store, err := readDSS(f)
			if err != nil || len(store.values["CRLs"]) == 0 || len(store.values["OCSPs"]) != 0 {
				t.Errorf("%d OCSP responses, %d lists, %v", len(store.values["OCSPs"]), len(store.values["CRLs"]), err)
			}
		})
	}
}

func TestRevokedSignerIsNotRaised(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	if err := p.Revoke(id.Certificate, time.Now().Add(-time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	_, _, err := SignBytes(t.Context(), testFile(t, classic, "a"), id, Options{Level: BLT, Field: "a",
		TSA: &TSA{URLs: []string{p.TSA()}}, Validation: &ValidationSource{HTTP: http.DefaultClient}})
	if !errors.Is(err, ErrRevoked) {
		t.Error(err)
	}
}

func TestSecondAuthorityIsAsked(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{"http://127.0.0.1:1/", p.TSA()}, Timeout: time.Second}
	sign(t, testFile(t, classic, "a"), id, Options{Level: BT, Field: "a", TSA: tsa})
}

func TestCancelledContext(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := SignBytes(ctx, testFile(t, classic, "a"), id, Options{Level: BT, Field: "a",
		TSA: &TSA{URLs: []string{p.TSA()}}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
