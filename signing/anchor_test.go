package signing

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/signing/internal/tsp"
	"covenant/signing/trust"
)

// otherRoot is a root that is no test, which certified the development PKI's issuing authority by way of one of its
// own: the way to it is longer than to the PKI's root.
type otherRoot struct {
	root  *x509.Certificate
	cross []*x509.Certificate
}

func crossCertify(t testing.TB, issuing *x509.Certificate) otherRoot {
	t.Helper()
	return crossCertifyUntil(t, issuing, time.Now().AddDate(10, 0, 0))
}

// crossCertifyUntil ends the middle certificate then.
func crossCertifyUntil(t testing.TB, issuing *x509.Certificate, until time.Time) otherRoot {
	t.Helper()
	now := time.Now()
	authority := func(subject pkix.Name, serial int64) *x509.Certificate {
		return &x509.Certificate{Subject: subject, SerialNumber: big.NewInt(serial),
			NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	make1 := func(of, by *x509.Certificate, public any, signer *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, of, by, public, signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	rootKey, middleKey := key(), key()
	root := authority(pkix.Name{CommonName: "Gốc khác"}, 1)
	root = make1(root, root, rootKey.Public(), rootKey)
	middle := authority(pkix.Name{CommonName: "Bắc cầu"}, 2)
	middle.NotAfter = until
	middle = make1(middle, root, middleKey.Public(), rootKey)
	bridge := authority(pkix.Name{}, 3)
	bridge.RawSubject, bridge.SubjectKeyId = issuing.RawSubject, issuing.SubjectKeyId
	return otherRoot{root, []*x509.Certificate{make1(bridge, middle, issuing.PublicKey, middleKey), middle}}
}

// rootsOf is a store of one entry for each certificate, changed as change says.
func rootsOf(t testing.TB, change func(*trust.Entry), certs ...*x509.Certificate) *trust.Store {
	t.Helper()
	s := &trust.Store{}
	for _, c := range certs {
		e := trust.Bare(c)
		change(&e)
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func reasonCodes(res *Result) (codes []ReasonCode) {
	for _, r := range res.Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

// purposeSets are all purposes that a root can have.
func purposeSets() (sets [][]trust.Purpose) {
	all := trust.Purposes()
	for bits := 1; bits < 1<<len(all); bits++ {
		var set []trust.Purpose
		for i, p := range all {
			if bits&(1<<i) != 0 {
				set = append(set, p)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// A person's signature, a seal and a time-stamp each count by a root that is for them, whatever else it is for.
func TestRootsCountForTheirPurposes(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	file := sign(t, testFile(t, classic, "A", "B"), id, Options{Field: "A", Level: BT, TSA: bt(p).TSA})
	file = sign(t, file, issue(t, p, "Sở", devpki.Profile{}), Options{Field: "B", Level: BT, TSA: bt(p).TSA})
	file = extendTo(t, file, p, BLTA)
	missing := map[trust.Purpose]ReasonCode{trust.Signature: ReasonRootNotForSignatures,
		trust.Seal: ReasonRootNotForSeals, trust.Timestamp: ReasonRootNotForTimestamps}
	for _, set := range purposeSets() {
		roots := rootsOf(t, func(e *trust.Entry) { e.Purposes = set }, id.Chain[1])
		r := verify(t, file, p, func(o *VerifyOptions) {
			o.Roots, o.Seal = roots, func(field string) bool { return field == "B" }
		})
		for i, purpose := range trust.Purposes() {
			res := &r.Results[i]
			if res.Purpose != purpose {
				t.Fatalf("%s is judged as %s", res.Field, res.Purpose)
			}
			if slices.Contains(set, purpose) {
				want(t, res, TotalPassed, "")
			} else {
				want(t, res, Indeterminate, ChainConstraintsFailure)
				if codes := reasonCodes(res); !slices.Contains(codes, missing[purpose]) || res.Completable() {
					t.Errorf("root for %v, %s: %v", set, purpose, codes)
				}
			}
			stamped := slices.Contains(set, trust.Timestamp)
			if purpose != trust.Timestamp && (res.TimeSource != TimeValidation) != stamped {
				t.Errorf("root for %v, %s: its time is by %s", set, purpose, res.TimeSource)
			}
		}
		for _, purpose := range []trust.Purpose{trust.Signature, trust.Seal} {
			check := CheckCertificate(t.Context(), id.Certificate, id.Chain[:1], purpose, VerifyOptions{Roots: roots})
			if ok := slices.Contains(set, purpose); check.Completable() != ok || !ok && check.Text().IsZero() {
				t.Errorf("root for %v, before a %s: %s %+v", set, purpose, check.Indication, check.Reasons)
			}
		}
		sum := sha256.Sum256(file)
		token, err := p.TimeStamp(sum[:], crypto.SHA256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, err = CheckTimestamp(token, sum[:], crypto.SHA256, roots, time.Time{})
		if ok := slices.Contains(set, trust.Timestamp); (err == nil) != ok {
			t.Errorf("root for %v: a lone token: %v", set, err)
		}
	}
}

// A root counts on its days: a signature by the time that is proven for it, else by that of the check, a time-stamp by
// its own time too.
func TestRootsCountOnTheirDays(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Now().Truncate(time.Second)
	p, now := clockPKI(t, start)
	clock := func() time.Time { return *now }
	id := issue(t, p, "An", devpki.Profile{})
	other := crossCertify(t, id.Chain[0])
	signAt := func(level Level) []byte {
		return sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Level: level, Time: *now,
			TSA:        &clockTSA{pki: p, now: now},
			Validation: &ValidationSource{HTTP: http.DefaultClient, Clock: clock}})
	}
	bare, stamped := signAt(BB), signAt(BLTA)
	on := func(d time.Duration) trust.Day { return trust.DayOf(start.Add(d)) }
	days := func(since, until trust.Day) trust.Entry { return trust.Entry{Since: since, Until: until} }
	open := trust.Entry{}
	for name, c := range map[string]struct {
		file             []byte
		signers, stamper trust.Entry // days of the root of signatures and of that of time-stamps
		at               time.Duration
		code             ReasonCode // "": it passes
	}{
		"open":                             {stamped, open, open, 60 * day, ""},
		"on its only day":                  {stamped, days(on(0), on(0)), open, 60 * day, ""},
		"over, and proven before":          {stamped, days("", on(day)), open, 60 * day, ""},
		"over, and proven by nobody":       {bare, days("", on(day)), open, 60 * day, ReasonRootOver},
		"over, and nobody asked":           {bare, days("", on(day)), open, 0, ""},
		"over before it was signed":        {stamped, days("", on(-2*day)), open, 0, ReasonRootOver},
		"not begun when it was signed":     {stamped, days(on(2*day), ""), open, 60 * day, ReasonRootNotYet},
		"not begun when it is checked":     {bare, days(on(2*day), ""), open, 0, ReasonRootNotYet},
		"time-stamps over, signature open": {stamped, open, days("", on(day)), 60 * day, ""},
		"both over":                        {stamped, days("", on(day)), days("", on(day)), 60 * day, ReasonRootOver},
		"stamped before its root": {stamped, days("", on(1*day)), days(on(2*day), ""), 60 * day,
			ReasonRootOver},
		"time-stamps on the day it was made": {stamped, days("", on(day)), days(on(0), on(60*day)), 60 * day, ""},
	} {
		signers, stamper := trust.Bare(id.Chain[1]), trust.Bare(other.root)
		signers.Purposes, stamper.Purposes = []trust.Purpose{trust.Signature}, []trust.Purpose{trust.Timestamp}
		signers.Since, signers.Until = c.signers.Since, c.signers.Until
		stamper.Since, stamper.Until = c.stamper.Since, c.stamper.Until
		roots := &trust.Store{}
		for _, e := range []trust.Entry{signers, stamper} {
			if err := roots.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		res := verify(t, c.file, p, func(o *VerifyOptions) {
			o.Roots, o.Intermediates, o.At = roots, other.cross, start.Add(c.at)
			o.Revocation = RevocationSoft
		}).Results[0]
		if c.code == "" {
			if res.Indication != TotalPassed {
				t.Errorf("%s: %s/%s %+v", name, res.Indication, res.SubIndication, res.Reasons)
			}
		} else if res.Indication != Indeterminate || res.SubIndication != NoCertificateChainFound ||
			!slices.Contains(reasonCodes(&res), c.code) {
			t.Errorf("%s: %s/%s %+v", name, res.Indication, res.SubIndication, res.Reasons)
		}
		before := CheckCertificate(t.Context(), id.Certificate, id.Chain[:1], trust.Signature,
			VerifyOptions{Roots: roots, At: start.Add(c.at), Revocation: RevocationSoft})
		day := trust.DayOf(start.Add(c.at))
		relied := (signers.Since == "" || signers.Since <= day) && (signers.Until == "" || day <= signers.Until)
		if (before.Indication == TotalPassed) != relied {
			t.Errorf("%s, before signing: %s %+v", name, before.Indication, before.Reasons)
		}
	}
}

// Of a lone token the days must hold on the day that it names, and on that of the check.
func TestLoneTokensCountOnTheDaysOfTheirRoot(t *testing.T) {
	p := testPKI(t)
	root := issue(t, p, "An", devpki.Profile{}).Chain[1]
	sum, now := sha256.Sum256([]byte("sổ")), time.Now()
	token, err := p.TimeStamp(sum[:], crypto.SHA256, now)
	if err != nil {
		t.Fatal(err)
	}
	on := func(days int) trust.Day { return trust.DayOf(now.AddDate(0, 0, days)) }
	for name, c := range map[string]struct {
		since, until trust.Day
		at           time.Time
		ok           bool
	}{
		"open":               {"", "", time.Time{}, true},
		"its day":            {on(0), on(0), time.Time{}, true},
		"over":               {"", on(-1), time.Time{}, false},
		"not begun":          {on(1), "", time.Time{}, false},
		"over when checked":  {"", on(3), now.AddDate(0, 0, 5), false},
		"begun when checked": {on(3), "", now.AddDate(0, 0, 5), false},
	} {
		roots := rootsOf(t, func(e *trust.Entry) { e.Since, e.Until = c.since, c.until }, root)
		got, err := CheckTimestamp(token, sum[:], crypto.SHA256, roots, c.at)
		if (err == nil) != c.ok || c.ok && !got.Test {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A certificate that leads to several roots is borne out by any of them that is for the purpose and whose chain holds,
// also by the longer way; and where one of them is no test, the verdict is none.
func TestEveryChainCounts(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	other := crossCertify(t, id.Chain[0])
	file := sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Level: BT, TSA: bt(p).TSA})
	both := func(own, others []trust.Purpose) *trust.Store {
		s := &trust.Store{}
		for cert, purposes := range map[*x509.Certificate][]trust.Purpose{id.Chain[1]: own, other.root: others} {
			if len(purposes) == 0 {
				continue
			}
			e := trust.Bare(cert)
			e.Purposes = purposes
			if err := s.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	judge := func(roots *trust.Store, change func(*VerifyOptions)) *Result {
		return &verify(t, file, p, func(o *VerifyOptions) {
			o.Roots, o.Intermediates, o.Revocation = roots, other.cross, RevocationSoft
			change(o)
		}).Results[0]
	}
	all, stamps := trust.Purposes(), []trust.Purpose{trust.Timestamp}
	people, seals := []trust.Purpose{trust.Signature}, []trust.Purpose{trust.Seal}
	online := func(o *VerifyOptions) { o.Online, o.HTTP = true, http.DefaultClient }
	for name, c := range map[string]struct {
		roots  *trust.Store
		root   *x509.Certificate
		test   bool
		change func(*VerifyOptions)
	}{
		"only the short way":             {both(all, nil), id.Chain[1], true, func(*VerifyOptions) {}},
		"only the long way":              {both(nil, all), other.root, false, func(*VerifyOptions) {}},
		"both; one is no test":           {both(all, all), other.root, false, func(*VerifyOptions) {}},
		"the short one is for seals":     {both(seals, all), other.root, false, func(*VerifyOptions) {}},
		"the long one is for seals":      {both(all, seals), id.Chain[1], true, func(*VerifyOptions) {}},
		"stamped by the test only":       {both(stamps, people), other.root, true, func(*VerifyOptions) {}},
		"signed by the test only":        {both(people, stamps), id.Chain[1], true, func(*VerifyOptions) {}},
		"stamped by both, signed by one": {both(stamps, all), other.root, false, func(*VerifyOptions) {}},
	} {
		res := judge(c.roots, c.change)
		if res.Indication != TotalPassed || !res.Chain[len(res.Chain)-1].Certificate.Equal(c.root) ||
			res.Test != c.test || res.TimeSource != TimeSignatureTimestamp {
			t.Errorf("%s: %s/%s, test %v, time by %s, %d certificates, %+v", name, res.Indication, res.SubIndication,
				res.Test, res.TimeSource, len(res.Chain), res.Reasons)
		}
	}
	between := rootsOf(t, func(e *trust.Entry) { e.Purposes = seals }, other.cross[1]) // an anchor on the way to one
	for _, e := range both(nil, all).Entries() {
		if err := between.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if res := judge(between, func(*VerifyOptions) {}); res.Indication != TotalPassed || len(res.Chain) != 4 {
		t.Errorf("past a root for seals: %s/%s %+v", res.Indication, res.SubIndication, res.Reasons)
	}
	ended := crossCertifyUntil(t, id.Chain[0], time.Now().Add(-30*time.Minute))
	res := judge(rootsOf(t, func(*trust.Entry) {}, id.Chain[1], ended.root),
		func(o *VerifyOptions) { o.Intermediates = ended.cross })
	if res.Indication != TotalPassed || !res.Test {
		t.Errorf("the long way has ended, the short one holds: %s/%s %+v", res.Indication, res.SubIndication,
			res.Reasons)
	}
	if err := p.Revoke(id.Chain[0], time.Now().Add(-time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	if res := judge(both(all, nil), online); res.SubIndication != RevokedCANoPOE {
		t.Errorf("the short way is revoked: %s/%s", res.Indication, res.SubIndication)
	}
	if res := judge(both(all, all), online); res.Indication != TotalPassed || res.Test {
		t.Errorf("the short way is revoked, the long one holds: %s/%s %+v", res.Indication, res.SubIndication,
			res.Reasons)
	}
}

// What passes by a test root says so before all else, to people and to programs; what does not, does not.
func TestTestRootsAreSaid(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	other := crossCertify(t, id.Chain[0])
	file := extendTo(t, sign(t, testFile(t, classic, "A"), id, Options{Field: "A", Level: BT, TSA: bt(p).TSA}), p, BLTA)
	for _, test := range []bool{true, false} {
		r := verify(t, file, p, func(o *VerifyOptions) {
			if o.Revocation = RevocationSoft; !test {
				o.Intermediates, o.Roots = other.cross, rootsOf(t, func(*trust.Entry) {}, other.root)
			}
		})
		wantAll(t, r, 2, TotalPassed, "")
		for lang, said := range map[Language][]string{
			Vietnamese: {"CHỮ KÝ THỬ NGHIỆM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ: HỢP LỆ",
				"1. THỬ NGHIỆM: HỢP LỆ – Chữ ký thử nghiệm",
				"2. THỬ NGHIỆM: HỢP LỆ – Dấu thời gian thử nghiệm", "(gốc thử nghiệm)"},
			English: {"TEST SIGNATURES, WITHOUT LEGAL VALUE: VALID", "1. TEST: VALID – Test signature",
				"2. TEST: VALID – Test time-stamp", "(test root)"},
		} {
			var text strings.Builder
			if err := r.WriteText(&text, lang); err != nil {
				t.Fatal(err)
			}
			for _, words := range said {
				if strings.Contains(text.String(), words) != test {
					t.Errorf("test %v: %q in\n%s", test, words, text.String())
				}
			}
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Test    *bool `json:"test"`
			Results []struct {
				Test  *bool `json:"test"`
				Chain []struct {
					Test bool `json:"test"`
				} `json:"chain"`
			} `json:"results"`
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Test == nil || *got.Test != test {
			t.Errorf("test %v: %s", test, data)
		}
		for i, res := range got.Results {
			if res.Test == nil || *res.Test != test || res.Chain[len(res.Chain)-1].Test != test {
				t.Errorf("test %v, result %d: %+v", test, i, res)
			}
		}
	}
	bad := bytes.Replace(file, []byte("(Covenant)"), []byte("(Cowenant)"), 1)
	if r := verify(t, bad, p); r.Overall() != TotalFailed {
		t.Errorf("altered: %s", r.Overall())
	}
}

// Of several proofs the earliest counts, but no test where there is another.
func TestTestsProveWhereNothingElseDoes(t *testing.T) {
	now := time.Now()
	type given struct {
		ago    time.Duration
		source TimeSource
		test   bool
	}
	const doc, own = TimeDocumentTimestamp, TimeSignatureTimestamp
	for name, c := range map[string]struct {
		stamps []given
		want   int // index; -1: none
	}{
		"none":                         {nil, -1},
		"one":                          {[]given{{1, doc, false}}, 0},
		"a test alone":                 {[]given{{1, doc, true}}, 0},
		"the earlier":                  {[]given{{1, doc, false}, {2, own, false}}, 1},
		"the earlier, given first":     {[]given{{2, doc, false}, {1, own, false}}, 0},
		"the earlier test":             {[]given{{1, doc, true}, {2, own, true}}, 1},
		"an earlier test is passed by": {[]given{{1, doc, false}, {2, own, true}}, 0},
		"a later one replaces a test":  {[]given{{2, doc, true}, {1, own, false}}, 1},
		"one from the future does not": {[]given{{2, doc, true}, {-1, own, false}}, 0},
	} {
		best := proof{at: now, source: TimeValidation}
		for _, g := range c.stamps {
			token := &tsp.Token{Time: now.Add(-g.ago * time.Hour)}
			best.take(&stamp{token: token, trusted: true, test: g.test}, g.source, now)
			best.take(&stamp{token: &tsp.Token{Time: now.Add(-9 * time.Hour)}, test: g.test}, g.source, now)
		}
		want := proof{at: now, source: TimeValidation}
		if c.want >= 0 {
			g := c.stamps[c.want]
			want = proof{now.Add(-g.ago * time.Hour), g.source, g.test}
		}
		if best != want {
			t.Errorf("%s: %+v, want %+v", name, best, want)
		}
	}
}
