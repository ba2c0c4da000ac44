package signing

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
)

// TestExtendWithoutSignatureTimestamp: a signature made without a time-stamp is raised by a document time-stamp, added
// first where there is none yet (EN 319 142-1 §6.3: trusted time by either).
func TestExtendWithoutSignatureTimestamp(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	source := &ValidationSource{HTTP: http.DefaultClient}
	plain := sign(t, testFile(t, stream, "a"), issue(t, p, "Lê Thị Cúc", devpki.Profile{}),
		Options{Level: BB, Field: "a"})
	raise := func(file []byte, opt ExtendOptions) ([]byte, *Extended, error) {
		var out bytes.Buffer
		done, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out, opt)
		return out.Bytes(), done, err
	}
	if out, _, err := raise(plain, ExtendOptions{Level: BLT, Validation: source}); err == nil || len(out) > 0 ||
		!strings.Contains(err.Error(), "name a time-stamp authority") {
		t.Errorf("without an authority: %v, %d bytes", err, len(out))
	}
	var stamped bytes.Buffer
	if _, err := AddTimestamp(t.Context(), bytes.NewReader(plain), int64(len(plain)), &stamped,
		TimestampOptions{TSA: tsa}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file   []byte
		opt    ExtendOptions
		proof  bool
		stamps int
	}{
		"to B-LTA":                      {plain, ExtendOptions{TSA: tsa, Validation: source}, true, 2},
		"to B-LT":                       {plain, ExtendOptions{Level: BLT, TSA: tsa, Validation: source}, true, 1},
		"time-stamped document to B-LT": {stamped.Bytes(), ExtendOptions{Level: BLT, Validation: source}, false, 1},
		"only its field to B-LT": {stamped.Bytes(), ExtendOptions{Level: BLT, Validation: source,
			Fields: []string{"a"}}, false, 1},
		"time-stamped document to B-LTA": {stamped.Bytes(), ExtendOptions{TSA: tsa, Validation: source}, false, 2},
		"only its field, others as it is": {plain, ExtendOptions{TSA: tsa, Validation: source, Fields: []string{"a"},
			Others: true}, true, 2},
	} {
		out, done, err := raise(c.file, c.opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (done.Proof != nil) != c.proof || len(done.Missing) > 0 {
			t.Errorf("%s: %+v", name, done)
		}
		if n := len(checkSignatures(t, out)); n != 1+c.stamps {
			t.Errorf("%s: %d signatures and time-stamps", name, n)
		}
		requirePassed(t, p, out, done.Level, name)
		outsideTools(t, out, p)
	}
}

// TestSignBesideOthers: whoever signs at B-LTA is not kept from it by what earlier signatures lack, and is told of it.
func TestSignBesideOthers(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	source := &ValidationSource{HTTP: http.DefaultClient}
	file := testFile(t, classic, "plain", "silent", "again", "revoked", "whole", "mine", "last")
	revoked := issue(t, p, "Bị Thu Hồi", devpki.Profile{})
	file = sign(t, file, issue(t, p, "Không Dấu Thời Gian", devpki.Profile{}), Options{Level: BB, Field: "plain"})
	silent := issue(t, p, "Không Máy Chủ", devpki.Profile{NoStatusServers: true})
	file = sign(t, file, silent, Options{Level: BT, Field: "silent", TSA: tsa})
	file = sign(t, file, silent, Options{Level: BT, Field: "again", TSA: tsa}) // what failed once must not count as had
	if err := p.Revoke(revoked.Certificate, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	file = sign(t, file, revoked, Options{Level: BT, Field: "revoked", TSA: tsa})
	file = sign(t, file, issue(t, p, "Đủ Cả", devpki.Profile{}), Options{Level: BT, Field: "whole", TSA: tsa})
	mine := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	signed, made, err := SignBytes(t.Context(), file, mine, Options{Level: BLTA, Field: "mine", TSA: tsa,
		Validation: source})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]error{}
	for _, m := range made.Missing {
		told[m.Field] = m.Err
	}
	if len(told) != 3 || told["silent"] == nil || told["again"] == nil || !errors.Is(told["revoked"], ErrRevoked) {
		t.Errorf("told to be missing: %v", told)
	}
	r, err := Verify(t.Context(), bytes.NewReader(signed), int64(len(signed)), VerifyOptions{Roots: p.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]Level{}
	for _, res := range r.Results {
		if !res.Intact() {
			t.Errorf("%s: %s", res.Field, res.SubIndication)
		}
		levels[res.Field] = res.Level
		if res.Indication == TotalPassed != (told[res.Field] == nil) {
			t.Errorf("%s: %s, though missing is %v", res.Field, res.Indication, told[res.Field])
		}
	}
	if levels["mine"] != BLTA || levels["whole"] != BLTA || levels["plain"] != BLTA || levels["silent"] != BT {
		t.Errorf("levels %v", levels)
	}
	// What is missing is missing again the next time.
	_, made, err = SignBytes(t.Context(), signed, mine, Options{Level: BLTA, Field: "last", TSA: tsa,
		Validation: source})
	if err != nil || len(made.Missing) != 3 {
		t.Errorf("signed again: %v, %v", made, err)
	}
	outsideTools(t, signed, p)
}

// TestIssuerWithoutAddress: the error of a certificate that names no issuer's address says so.
func TestIssuerWithoutAddress(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	bare := *id.Certificate
	bare.IssuingCertificateURL = nil
	err := (&ValidationSource{HTTP: http.DefaultClient}).ready(t.Context(), BLT, &bare, nil)
	if err == nil || strings.Contains(err.Error(), "%!") || !strings.Contains(err.Error(), "names no address") {
		t.Error(err)
	}
}
