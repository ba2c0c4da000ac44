package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
	"covenant/signing/internal/cms"
)

func TestExtractRevisionIsWhatWasSigned(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		file := b.stamp(t, b.file[kind])
		_, r := b.judge(t, file)
		for _, res := range r.Results {
			var out bytes.Buffer
			if err := ExtractRevision(bytes.NewReader(file), int64(len(file)), res.Coverage.Revision,
				&out); err != nil {
				t.Fatal(err)
			}
			again, _ := b.judge(t, out.Bytes())
			if again == nil || again.Indication != TotalPassed ||
				out.Len() != int(res.Coverage.ByteRange[2]+res.Coverage.ByteRange[3]) {
				t.Errorf("%s: %d bytes, %+v", res.Field, out.Len(), again)
			}
		}
		for _, n := range []int{0, -1, r.Revisions + 1} {
			var out bytes.Buffer
			if err := ExtractRevision(bytes.NewReader(file), int64(len(file)), n, &out); err == nil || out.Len() > 0 {
				t.Errorf("revision %d: %v", n, err)
			}
		}
	}
}

// clockPKI is a development PKI whose servers live at a time of their own.
func clockPKI(t testing.TB, start time.Time) (*devpki.PKI, *time.Time) {
	t.Helper()
	now := start
	p, err := devpki.Open("", devpki.Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if _, err := p.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	return p, &now
}

// TestPastTime: a file signed long ago is judged by what its time-stamps prove (EN 319 102-1 §5.6).
func TestPastTime(t *testing.T) {
	start := time.Now().Truncate(time.Second)
	p, now := clockPKI(t, start)
	clock := func() time.Time { return *now }
	tsa := &clockTSA{pki: p, now: now}
	validation := func() *ValidationSource { return &ValidationSource{HTTP: http.DefaultClient, Clock: clock} }
	id := issue(t, p, "Người ký", devpki.Profile{NotBefore: start.Add(-time.Hour),
		NotAfter: start.Add(30 * 24 * time.Hour)})
	signAt := func(level Level) []byte {
		return sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Level: level, TSA: tsa,
			Validation: validation(), Time: *now})
	}
	at := func(d time.Duration) func(*VerifyOptions) {
		return func(o *VerifyOptions) { o.At = start.Add(d) }
	}
	const day = 24 * time.Hour
	bb, bltFile, blta := signAt(BB), signAt(BLT), signAt(BLTA)

	t.Run("no time-stamp, expired", func(t *testing.T) {
		wantAll(t, verify(t, bb, p, at(60*day)), 1, Indeterminate, OutOfBoundsNoPOE)
	})
	t.Run("time-stamp and data, expired since", func(t *testing.T) {
		wantAll(t, verify(t, bltFile, p, at(0)), 1, TotalPassed, "")
		wantAll(t, verify(t, bltFile, p, at(60*day)), 1, TotalPassed, "")
	})
	t.Run("archive time-stamp, expired since", func(t *testing.T) {
		wantAll(t, verify(t, blta, p, at(60*day)), 2, TotalPassed, "")
	})
	t.Run("archive time-stamp's certificate expired", func(t *testing.T) {
		r := verify(t, blta, p, at(9*365*day)) // the authority's certificate lasts eight years
		for i := range r.Results {
			if r.Results[i].Indication != Indeterminate {
				t.Errorf("%s: %s/%s", r.Results[i].Field, r.Results[i].Indication, r.Results[i].SubIndication)
			}
		}
	})
	t.Run("before the certificate began", func(t *testing.T) {
		r := verify(t, bb, p, at(-2*time.Hour))
		want(t, &r.Results[0], Indeterminate, OutOfBoundsNoPOE)
	})
	t.Run("revoked after the archive time-stamp", func(t *testing.T) {
		if err := p.Revoke(id.Certificate, start.Add(10*day), 1); err != nil {
			t.Fatal(err)
		}
		*now = start.Add(11 * day)
		defer func() { *now = start }()
		online := func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient }
		r := verify(t, blta, p, online, at(11*day))
		want(t, &r.Results[0], TotalPassed, "")
	})
	t.Run("time-stamp from the future", func(t *testing.T) {
		r := verify(t, bltFile, p, at(-30*time.Minute))
		if res := &r.Results[0]; res.TimeSource == TimeSignatureTimestamp ||
			res.SubIndication == TimestampOrderFailure {
			t.Errorf("a time-stamp made later is taken as proof, or blamed: %+v", res)
		}
	})
}

// TestTimestampOrder: a signature's time-stamp cannot be later than an archive time-stamp that covers it.
func TestTimestampOrder(t *testing.T) {
	start := time.Now().Truncate(time.Second)
	p, now := clockPKI(t, start)
	tsa := &clockTSA{pki: p, now: now}
	id := issue(t, p, "Người ký", devpki.Profile{})
	file := sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Level: BT, TSA: tsa})
	*now = start.Add(-48 * time.Hour)
	var out bytes.Buffer
	if _, err := AddTimestamp(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
		TimestampOptions{TSA: tsa}); err != nil {
		t.Fatal(err)
	}
	r := verify(t, out.Bytes(), p, func(o *VerifyOptions) { o.Revocation, o.At = RevocationSoft, start.Add(time.Hour) })
	want(t, &r.Results[0], Indeterminate, TimestampOrderFailure)
}

// TestVerifyShapes: forms and lists of annotations written as objects or in place.
func TestVerifyShapes(t *testing.T) {
	b := newAttackBase(t, Options{})
	other := issue(t, b.pki, "Người thứ hai", devpki.Profile{})
	shapes := map[string]map[int]string{
		"nothing there yet": {1: "<</Type/Catalog/Pages 2 0 R>>",
			3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"},
		"form in the catalogue": {1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/SigFlags 1>>>>",
			3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[]>>"},
		"lists as objects": {1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>", 5: "<</Fields 6 0 R>>", 6: "[]",
			8: "[]",
			3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots 8 0 R>>"},
	}
	for name, objects := range shapes {
		objects[2] = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
		objects[4] = "<</Length 9>>\nstream\nBT (x) ET \nendstream"
		objects[7] = "<</Producer(test)>>"
		for _, kind := range fileKinds {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				file := writeFile(kind, objects)
				for i := range 3 {
					opt := bt(b.pki)
					opt.New = &NewField{Page: 1, Rect: Rect{72, 600 - float64(i)*100, 272, 650 - float64(i)*100}}
					opt.Appearance = &Appearance{Lines: []Line{{Text: "Đã ký"}}}
					file = sign(t, file, other, opt)
				}
				file = extendTo(t, extendTo(t, file, b.pki, BLTA), b.pki, BLTA)
				r := verify(t, file, b.pki)
				wantAll(t, r, 5, TotalPassed, "")
				bad := update(t, file, func(_ *pdf.File, u *pdf.Update) { u.Set(ref(4), content("999")) })
				for _, res := range verify(t, bad, b.pki).Results {
					want(t, &res, TotalFailed, FormatFailure)
				}
			})
		}
	}
}

// clockTSA gives time-stamps of the PKI's own time, without the client's check against the real clock.
type clockTSA struct {
	pki *devpki.PKI
	now *time.Time
}

func (c *clockTSA) Timestamp(_ context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	return c.pki.TimeStamp(digest, h, *c.now)
}

// TestBadTimestampsProveNothing: a token over other data, from nobody, or damaged leaves a signature without proof of
// time.
func TestBadTimestampsProveNothing(t *testing.T) {
	p, other := testPKI(t), testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	token := func(p *devpki.PKI, data []byte) []byte {
		sum := sha256.Sum256(data)
		der, err := p.TimeStamp(sum[:], crypto.SHA256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	for name, c := range map[string]struct {
		stamp  func([]byte) []byte
		level  Level
		reason ReasonCode
	}{
		"good":              {func(sig []byte) []byte { return token(p, sig) }, BT, ReasonRevocationSkipped},
		"over other data":   {func([]byte) []byte { return token(p, []byte("else")) }, BB, ReasonTimestampInvalid},
		"unknown authority": {func(sig []byte) []byte { return token(other, sig) }, BT, ReasonTimestampUntrusted},
		"damaged": {func(sig []byte) []byte {
			der := token(p, sig)
			der[len(der)-3] ^= 1
			return der
		}, BB, ReasonTimestampInvalid},
		"a signature instead of a token": {func([]byte) []byte {
			return handCMS(t, id, make([]byte, 32),
				handOptions{})
		}, BB, ReasonTimestampInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, handSigned(t, id, handOptions{stamp: c.stamp}), p, soft)
			res := &r.Results[0]
			want(t, res, TotalPassed, "") // the certificate is valid today, so no proof of time is needed
			if res.Level != c.level || res.Reasons[0].Code != c.reason ||
				(res.TimeSource == TimeSignatureTimestamp) != (name == "good") {
				t.Errorf("level %s, time from %s, reasons %+v", res.Level, res.TimeSource, res.Reasons)
			}
		})
	}
}

func TestVerifyWrongUsage(t *testing.T) {
	p := testPKI(t)
	r := verify(t, handSigned(t, issue(t, p, "Máy chủ", devpki.WrongUsage()), handOptions{}), p,
		func(o *VerifyOptions) { o.Revocation = RevocationSoft })
	wantAll(t, r, 1, Indeterminate, ChainConstraintsFailure)
}

func TestCheckTimestamp(t *testing.T) {
	p, other := testPKI(t), testPKI(t)
	sum := sha256.Sum256([]byte("gốc cây"))
	now := time.Now().Truncate(time.Second)
	token := func(at time.Time) []byte {
		der, err := p.TimeStamp(sum[:], crypto.SHA256, at)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	got, err := CheckTimestamp(token(now), sum[:], crypto.SHA256, p.Roots(), time.Time{})
	if err != nil || !got.Time.Equal(now) || got.Authority == "" {
		t.Errorf("good: %+v, %v", got, err)
	}
	wrong := sha256.Sum256([]byte("else"))
	for name, err := range map[string]error{
		"other data": second(CheckTimestamp(token(now), wrong[:], crypto.SHA256, p.Roots(),
			time.Time{})),
		"other hash": second(CheckTimestamp(token(now), sum[:], crypto.SHA512, p.Roots(),
			time.Time{})),
		"other roots": second(CheckTimestamp(token(now), sum[:], crypto.SHA256, other.Roots(),
			time.Time{})),
		"no roots": second(CheckTimestamp(token(now), sum[:], crypto.SHA256, nil, time.Time{})),
		"trailing byte": second(CheckTimestamp(append(token(now), 0), sum[:], crypto.SHA256, p.Roots(),
			time.Time{})),
		"before the certificate": second(CheckTimestamp(token(now.AddDate(-3, 0, 0)), sum[:], crypto.SHA256,
			p.Roots(), now)),
		"checked after its authority": second(CheckTimestamp(token(now), sum[:], crypto.SHA256, p.Roots(),
			now.AddDate(30, 0, 0))),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func second(_ CheckedTimestamp, err error) error { return err }

// TestWeakAlgorithms: an algorithm that can be forged today proves nothing by itself, and everything about the time
// when it could not (EN 319 102-1 §5.2.8.4.4.1).
func TestWeakAlgorithms(t *testing.T) {
	then, now := time.Date(2010, 5, 1, 0, 0, 0, 0, time.UTC), time.Now()
	young := issue(t, testPKI(t), "An", devpki.Profile{}).Certificate
	old := *young
	old.NotBefore = then.AddDate(-1, 0, 0)
	weak := &cms.SignedData{Signer: cms.SignerInfo{Algorithm: cms.Algorithm{Scheme: cms.ECDSA, Hash: crypto.SHA1}}}
	rsaSHA1 := &cms.SignedData{Signer: cms.SignerInfo{
		Algorithm: cms.Algorithm{Scheme: cms.RSAPKCS1, Hash: crypto.SHA1}}}
	good := &cms.SignedData{Signer: cms.SignerInfo{Algorithm: cms.Algorithm{Scheme: cms.ECDSA, Hash: crypto.SHA256}}}
	for _, c := range []struct {
		sd     *cms.SignedData
		cert   *x509.Certificate
		at     time.Time
		proven bool
		want   SubIndication
	}{
		{good, young, now, false, ""},
		{good, &old, then, true, ""},
		{weak, &old, now, false, CryptoConstraintsNoPOE},
		{weak, &old, now, true, CryptoConstraintsNoPOE}, // proven, but too late
		{weak, &old, then, true, ""},
		{weak, &old, then, false, CryptoConstraintsNoPOE}, // asked about a time in the past: no proof
		{rsaSHA1, &old, now, false, CryptoConstraintsNoPOE},
		{rsaSHA1, &old, then, true, ""},
		{weak, young, now, false, CryptoConstraintsFailure},
		{weak, young, now, true, CryptoConstraintsFailure},
	} {
		if got := weakness(c.sd, c.cert, crypto.SHA256, c.at, c.proven); got != c.want {
			t.Errorf("%s at %s, proven %v: %q, want %q", c.sd.Signer.Algorithm, c.at.Format(time.DateOnly), c.proven,
				got, c.want)
		}
	}
	if got := weakness(good, &old, crypto.SHA1, now, false); got != CryptoConstraintsNoPOE {
		t.Errorf("content by SHA-1: %q", got)
	}
}
