package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// Kind says whose a root is.
type Kind string

// The kinds.
const (
	National   Kind = "national"   // the national authority's (Law 20/2023/QH15)
	Public     Kind = "public"     // a public authority's, or a recognised foreign one's (Decree 23/2025/NĐ-CP)
	Government Kind = "government" // that of signatures for official duty (Decree 68/2024/NĐ-CP)
	Operator   Kind = "operator"   // trusted by whoever runs the program, for reasons of their own
	Test       Kind = "test"       // proves nothing about anybody
)

// Kinds are all kinds, in the order of a list.
func Kinds() []Kind { return []Kind{National, Public, Government, Operator, Test} }

// Words are the kind for people.
func (k Kind) Words() words.Text {
	return map[Kind]words.Text{
		National:   words.Of("tổ chức chứng thực quốc gia", "national authority"),
		Public:     words.Of("tổ chức chứng thực công cộng", "public authority"),
		Government: words.Of("chứng thực chuyên dùng công vụ", "authority for official duty"),
		Operator:   words.Of("do đơn vị vận hành tin cậy", "trusted by the operator"),
		Test:       words.Of("thử nghiệm, không có giá trị pháp lý", "test, without legal value"),
	}[k]
}

// sourced: a root that others vouch for is of no use without saying where it was had.
func (k Kind) sourced() bool { return k == National || k == Public || k == Government }

// Purpose is what a root is good for.
type Purpose string

// The purposes.
const (
	Signature Purpose = "signature" // people's signatures
	Seal      Purpose = "seal"      // agencies' seals
	Timestamp Purpose = "timestamp" // RFC 3161 tokens
)

// Purposes are all purposes, in the order in which a store writes them.
func Purposes() []Purpose { return []Purpose{Signature, Seal, Timestamp} }

// Words are the purpose for people.
func (p Purpose) Words() words.Text {
	return map[Purpose]words.Text{
		Signature: words.Of("chữ ký", "signatures"),
		Seal:      words.Of("con dấu", "seals"),
		Timestamp: words.Of("dấu thời gian", "time-stamps"),
	}[p]
}

// Digest is the SHA-256 of a certificate (DER).
type Digest [sha256.Size]byte

// DigestOf is a certificate's digest.
func DigestOf(cert *x509.Certificate) Digest { return sha256.Sum256(cert.Raw) }

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads a SHA-256 as tools and documents print it: hexadecimal in either case, with or without colons and
// blanks.
func ParseDigest(text string) (d Digest, err error) {
	plain := strings.NewReplacer(":", "", " ", "", "\u00a0", "").Replace(strings.TrimSpace(text))
	sum, err := hex.DecodeString(plain)
	if err != nil || len(sum) != len(d) {
		return d, refuse("“%[1]s” không phải mã SHA-256: hãy chép đủ 64 chữ số thập lục phân của vân tay chứng thư",
			"“%[1]s” is no SHA-256: copy all 64 hexadecimal digits of the certificate's fingerprint", text)
	}
	return Digest(sum), nil
}

// Entry is one root and what is known about it.
type Entry struct {
	Certificate *x509.Certificate
	Purposes    []Purpose // at least one
	Kind        Kind
	Source      string // document, address, who confirmed it; may be empty for Operator and Test only
	// Since and Until are the first and the last day on which it is relied on; zero: open. Days are Vietnam's.
	Since, Until Day
	Added        Day // when it was added; zero: it was read from a file of certificates
}

// Bare is a root of which nothing is known but its certificate, as in a file of certificates, or among the system's:
// the operator's own, good for everything at any time; a test, if it calls itself one.
func Bare(cert *x509.Certificate) Entry {
	e := Entry{Certificate: cert, Kind: Operator, Purposes: Purposes()}
	if Marked(cert) {
		e.Kind = Test
	}
	return e
}

// For reports whether the root is good for a purpose.
func (e *Entry) For(p Purpose) bool { return slices.Contains(e.Purposes, p) }

// Begun reports whether a moment is on the first day on which the root is relied on, or after it.
func (e *Entry) Begun(t time.Time) bool { return e.Since == "" || e.Since <= DayOf(t) }

// Over reports whether a moment is after the last day on which the root is relied on.
func (e *Entry) Over(t time.Time) bool { return e.Until != "" && e.Until < DayOf(t) }

// SHA256 is the digest of the entry's certificate.
func (e *Entry) SHA256() Digest { return DigestOf(e.Certificate) }

// Day is a date, as 2026-11-28; empty: none.
type Day string

// vietnam is the zone of days. It has had no other time since 1975, and needs no table of zones.
var vietnam = time.FixedZone("+07:00", 7*3600)

// Begin is the first moment of a day; zero for none.
func (d Day) Begin() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), vietnam)
	if err != nil {
		return time.Time{}
	}
	return t
}

// End is the last second of a day; zero for none.
func (d Day) End() time.Time {
	if t := d.Begin(); !t.IsZero() {
		return t.AddDate(0, 0, 1).Add(-time.Second)
	}
	return time.Time{}
}

// DayOf is the day of a moment in Vietnam.
func DayOf(t time.Time) Day { return Day(t.In(vietnam).Format(time.DateOnly)) }

// ParseDay reads a date; an empty text is none.
func ParseDay(text string) (Day, error) {
	if text == "" {
		return "", nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, vietnam); err != nil || t.Year() < 1900 {
		return "", refuse("“%[1]s” không phải ngày: hãy ghi năm-tháng-ngày, ví dụ 2026-11-28",
			"“%[1]s” is no date: write year-month-day, for example 2026-11-28", text)
	}
	return Day(text), nil
}

// Store is a trust store, in the order of the digests. The zero Store, and none, trust nobody. Entries are added by
// [Store.Add], which checks them.
type Store struct{ entries []Entry }

// Entries are the roots, in the order of their digests; they are not to be changed.
func (s *Store) Entries() []Entry {
	if s == nil {
		return nil
	}
	return s.entries
}

// Add takes a root in; one that may not stand in a store is refused.
func (s *Store) Add(e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	sum := e.SHA256()
	at, found := s.find(sum)
	if found {
		return refuse("chứng thư %[1]s có hai lần: hãy giữ lại một, hoặc xóa bản cũ trước: covenant trust remove %[1]s",
			"the certificate %[1]s is there twice: keep one of them, or remove the old one first: covenant trust "+
				"remove %[1]s", sum.String())
	}
	if len(s.entries) >= maxRoots {
		return refuse("kho tin cậy không chứa quá %[1]d chứng thư gốc: hãy xóa bớt những gốc không còn dùng",
			"a trust store holds no more than %[1]d roots: remove those that are no longer used", maxRoots)
	}
	e.Purposes = ordered(e.Purposes)
	s.entries = slices.Insert(s.entries, at, e)
	return nil
}

// Remove takes a root out, and returns it.
func (s *Store) Remove(sum Digest) (Entry, error) {
	at, found := s.find(sum)
	if !found {
		return Entry{}, refuse("trong kho không có chứng thư gốc %[1]s; hãy xem: covenant trust list",
			"there is no root %[1]s in the store; see: covenant trust list", sum.String())
	}
	e := s.entries[at]
	s.entries = slices.Delete(s.entries, at, at+1)
	return e, nil
}

func (s *Store) find(sum Digest) (int, bool) {
	return slices.BinarySearchFunc(s.entries, sum, func(e Entry, sum Digest) int {
		own := e.SHA256()
		return bytes.Compare(own[:], sum[:])
	})
}

func ordered(purposes []Purpose) (out []Purpose) {
	for _, p := range Purposes() {
		if slices.Contains(purposes, p) {
			out = append(out, p)
		}
	}
	return out
}

// Certificates are the certificates of all roots.
func (s *Store) Certificates() (out []*x509.Certificate) {
	for _, e := range s.Entries() {
		out = append(out, e.Certificate)
	}
	return out
}

// Pool are all roots for crypto/x509, whatever each is good for.
func (s *Store) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, e := range s.Entries() {
		pool.AddCert(e.Certificate)
	}
	return pool
}

// Find is the entry of a certificate.
func (s *Store) Find(cert *x509.Certificate) (Entry, bool) {
	if s == nil {
		return Entry{}, false
	}
	at, found := s.find(DigestOf(cert))
	if !found {
		return Entry{}, false
	}
	return s.entries[at], true
}
