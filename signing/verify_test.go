package signing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
)

// verify judges a file offline with the roots of the development PKI.
func verify(t testing.TB, file []byte, p *devpki.PKI, change ...func(*VerifyOptions)) *Report {
	t.Helper()
	opt := VerifyOptions{Roots: p.Roots()}
	for _, c := range change {
		c(&opt)
	}
	r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantAll asserts the verdict of every result.
func wantAll(t testing.TB, r *Report, n int, ind Indication, sub SubIndication) {
	t.Helper()
	if len(r.Results) != n {
		t.Errorf("%d results, want %d", len(r.Results), n)
	}
	for i := range r.Results {
		want(t, &r.Results[i], ind, sub)
	}
}

func want(t testing.TB, res *Result, ind Indication, sub SubIndication) {
	t.Helper()
	if res.Indication != ind || res.SubIndication != sub {
		t.Errorf("field %q: %s/%s, want %s/%s; reasons %+v; changes %+v", res.Field, res.Indication, res.SubIndication,
			ind, sub, res.Reasons, res.Modifications)
	}
}

func bt(p *devpki.PKI) Options { return Options{Level: BT, TSA: &TSA{URLs: []string{p.TSA()}}} }

func extendTo(t testing.TB, file []byte, p *devpki.PKI, level Level) []byte {
	t.Helper()
	var out bytes.Buffer
	_, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out, ExtendOptions{Level: level,
		TSA: &TSA{URLs: []string{p.TSA()}}, Validation: &ValidationSource{HTTP: http.DefaultClient}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestVerifyEveryLevelAndKind(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Nguyễn Văn An", devpki.Profile{})
	for _, kind := range fileKinds {
		t.Run(string(kind), func(t *testing.T) {
			empty := testFile(t, kind, "A", "B")
			for _, level := range []Level{BB, BT, BLT, BLTA} {
				opt := Options{Field: "A", Level: level}
				if level > BB {
					opt.TSA = &TSA{URLs: []string{p.TSA()}}
				}
				if level > BT {
					opt.Validation = &ValidationSource{HTTP: http.DefaultClient}
				}
				r := verify(t, sign(t, empty, id, opt), p)
				res := &r.Results[0]
				if level < BLT {
					want(t, res, Indeterminate, TryLater) // nothing is known about revocation
				} else {
					want(t, res, TotalPassed, "")
				}
				if res.Level != level || !res.PAdES || !res.Intact() || res.Signer != "Nguyễn Văn An" ||
					res.Field != "A" {
					t.Errorf("%s: level %s, %+v", level, res.Level, res)
				}
				if level == BLTA {
					want(t, &r.Results[1], TotalPassed, "")
				}
				// at B-T nothing is known of the authority's own revocation
				if (res.TimeSource == TimeSignatureTimestamp) != (level >= BLT) {
					t.Errorf("%s: time from %s", level, res.TimeSource)
				}
			}
		})
	}
}

func TestVerifySoftAndOnline(t *testing.T) {
	p := testPKI(t)
	file := sign(t, testFile(t, classic, "A"), issue(t, p, "An", devpki.Profile{}), Options{Field: "A"})
	soft := verify(t, file, p, func(o *VerifyOptions) { o.Revocation = RevocationSoft })
	wantAll(t, soft, 1, TotalPassed, "")
	if len(soft.Results[0].Reasons) == 0 || soft.Results[0].Reasons[0].Code != ReasonRevocationSkipped {
		t.Error("soft mode is not shown in the result")
	}
	online := verify(t, file, p, func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient })
	wantAll(t, online, 1, TotalPassed, "")
	if rev := online.Results[0].Chain[0].Revocation; rev == nil || rev.Source != RevocationOnline {
		t.Errorf("revocation %+v", rev)
	}
	before := p.Requests(devpki.OCSP)
	verify(t, file, p)
	if p.Requests(devpki.OCSP) != before {
		t.Error("an offline verification asked a server")
	}
}

func TestVerifyTwentySignatures(t *testing.T) {
	p := testPKI(t)
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("sig%02d", i)
	}
	file := testFile(t, classic, names...)
	for i, n := range names {
		opt := bt(p)
		opt.Field = n
		opt.Appearance = &Appearance{Lines: []Line{{Text: "Đã ký " + n}}}
		file = sign(t, file, issue(t, p, fmt.Sprintf("Người %02d", i), devpki.Profile{}), opt)
	}
	file = extendTo(t, file, p, BLTA)
	start := time.Now()
	r := verify(t, file, p)
	t.Logf("%d bytes, %d results in %v", len(file), len(r.Results), time.Since(start))
	wantAll(t, r, 21, TotalPassed, "")
	for i := range r.Results[:20] {
		if r.Results[i].Level != BLTA {
			t.Errorf("%s: level %s", r.Results[i].Field, r.Results[i].Level)
		}
		for _, m := range r.Results[i].Modifications {
			if !m.Permitted {
				t.Errorf("%s: %s", r.Results[i].Field, m.Text().In(English))
			}
		}
	}
}

func TestVerifyTamperedContent(t *testing.T) {
	p := testPKI(t)
	file := sign(t, testFile(t, classic, "A"), issue(t, p, "An", devpki.Profile{}), Options{Field: "A"})
	bad := bytes.Replace(file, []byte("(Covenant)"), []byte("(Covenanz)"), 1)
	wantAll(t, verify(t, bad, p), 1, TotalFailed, HashFailure)
}

func TestVerifyEveryByteMatters(t *testing.T) {
	p := testPKI(t)
	file := sign(t, testFile(t, classic, "A"), issue(t, p, "An", devpki.Profile{}), Options{Field: "A"})
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	wantAll(t, verify(t, file, p, soft), 1, TotalPassed, "")
	_, signatures := openSigned(t, file)
	from, to := int(signatures[0].Contents.Start), int(signatures[0].Contents.End) // CMS bytes have their own test
	step := max(len(file)/400, 1)
	for i := 0; i < len(file); i += step {
		bad := bytes.Clone(file)
		bad[i] ^= 1
		r, err := Verify(t.Context(), bytes.NewReader(bad), int64(len(bad)), VerifyOptions{Roots: p.Roots(),
			Revocation: RevocationSoft})
		if err != nil || len(r.Results) == 0 {
			continue
		}
		if r.Results[0].Indication == TotalPassed && (i < from || i >= to) {
			t.Errorf("byte %d (%q) changed, still passed", i, file[i])
		}
	}
}

func TestVerifyWrongRootExpiredRevokedUsage(t *testing.T) {
	p := testPKI(t)
	now := time.Now()
	sign1 := func(id Identity) []byte {
		return sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Time: now})
	}
	t.Run("wrong root", func(t *testing.T) {
		file := sign1(issue(t, p, "Lạ", devpki.WrongChain()))
		wantAll(t, verify(t, file, p), 1, Indeterminate, NoCertificateChainFound)
	})
	t.Run("expired", func(t *testing.T) {
		id := issue(t, p, "Sắp hết hạn", devpki.Profile{NotAfter: now.Add(30 * time.Minute)})
		file := sign1(id)
		later := func(o *VerifyOptions) { o.At = now.Add(time.Hour) }
		wantAll(t, verify(t, file, p, later), 1, Indeterminate, OutOfBoundsNoPOE)
	})
	t.Run("revoked", func(t *testing.T) {
		id := issue(t, p, "Thu hồi", devpki.Profile{})
		file := sign1(id)
		if err := p.Revoke(id.Certificate, now.Add(-time.Minute), 1); err != nil {
			t.Fatal(err)
		}
		online := func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient }
		wantAll(t, verify(t, file, p, online), 1, Indeterminate, RevokedNoPOE)
	})
	t.Run("revoked after the time-stamp", func(t *testing.T) {
		id := issue(t, p, "Thu hồi sau", devpki.Profile{})
		opt := bt(p)
		opt.Field = "A"
		file := sign(t, testFile(t, classic, "A"), id, opt)
		if err := p.Revoke(id.Certificate, now.Add(time.Hour), 1); err != nil {
			t.Fatal(err)
		}
		online := func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient }
		r := verify(t, file, p, online)
		wantAll(t, r, 1, TotalPassed, "")
		if !r.Results[0].Chain[0].Revocation.Revoked {
			t.Error("the later revocation is not reported")
		}
	})
	t.Run("signed after its revocation, with proof", func(t *testing.T) {
		first := issue(t, p, "Trước", devpki.Profile{})
		opt := bt(p)
		opt.Field = "A"
		file := extendTo(t, sign(t, testFile(t, classic, "A", "B"), first, opt), p, BLT)
		id := issue(t, p, "Thu hồi trước", devpki.Profile{})
		opt.Field = "B"
		file = sign(t, file, id, opt)
		if err := p.Revoke(id.Certificate, now.Add(-time.Hour), 1); err != nil {
			t.Fatal(err)
		}
		online := func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient }
		r := verify(t, file, p, online)
		want(t, &r.Results[0], TotalPassed, "")
		want(t, &r.Results[1], TotalFailed, Revoked)
	})
}

func TestVerifyWordsAndJSON(t *testing.T) {
	p := testPKI(t)
	opt := bt(p)
	opt.Field = "A"
	file := extendTo(t, sign(t, testFile(t, classic, "A"), issue(t, p, "Nguyễn Văn An", devpki.Profile{}), opt), p,
		BLTA)
	r := verify(t, file, p)
	for lang, words := range map[Language]string{Vietnamese: "Chữ ký của “Nguyễn Văn An” hợp lệ",
		English: "The signature of “Nguyễn Văn An” is valid"} {
		var b strings.Builder
		if err := r.WriteText(&b, lang); err != nil || !strings.Contains(b.String(), words) {
			t.Errorf("%v\n%s", err, b.String())
		}
		t.Log(b.String())
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back ReportJSON
	if err := json.Unmarshal(data, &back); err != nil || back.Indication != TotalPassed || len(back.Results) != 2 ||
		back.Results[0].Level != "B-LTA" {
		t.Errorf("%v\n%s", err, data)
	}
}

func TestVerifyNotAPDF(t *testing.T) {
	for _, data := range []string{"", "hello", "%PDF-1.7\n", "%PDF-1.7\nstartxref\n9\n%%EOF"} {
		if _, err := Verify(t.Context(), strings.NewReader(data), int64(len(data)), VerifyOptions{}); err == nil {
			t.Errorf("%q was accepted", data)
		}
	}
	plain := testFile(t, classic)
	r, err := Verify(t.Context(), bytes.NewReader(plain), int64(len(plain)), VerifyOptions{})
	if err != nil || len(r.Results) != 0 || r.Overall() != Indeterminate {
		t.Errorf("unsigned: %v, %+v", err, r)
	}
}

// TestReportIsDocumented: every field of the JSON form stands in REPORT.md.
func TestReportIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("REPORT.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || typ == reflect.TypeFor[time.Time]() {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if embedded := typ.Field(i).Anonymous && name == ""; !embedded && !bytes.Contains(doc, []byte("`"+name+"`")) {
				t.Errorf("%s.%s (%q) is not in REPORT.md", typ.Name(), typ.Field(i).Name, name)
			}
			check(typ.Field(i).Type)
		}
	}
	check(reflect.TypeFor[ReportJSON]())
	for kind := range changePhrases {
		if !bytes.Contains(doc, []byte("`"+string(kind)+"`")) {
			t.Errorf("kind %q is not in REPORT.md", kind)
		}
	}
}
