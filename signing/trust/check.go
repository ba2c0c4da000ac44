package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"covenant/internal/words"
)

// Refusal says why a file is no trust store, or a certificate no root, and what to do about it, in both languages.
type Refusal struct{ words.Text }

// Error is the English sentence.
func (r *Refusal) Error() string { return r.English }

func refuse(vi, en string, args ...any) error { return &Refusal{words.F(vi, en, args...)} }

const (
	maxRoots  = 1000
	maxFile   = 8 << 20 // bytes
	maxSource = 500     // characters
)

// check refuses what may not stand in a store.
func (e *Entry) check() error {
	if err := CheckRoot(e.Certificate); err != nil {
		return err
	}
	who := nameOf(e.Certificate)
	if !slices.Contains(Kinds(), e.Kind) {
		return refuse("gốc “%[1]s”: không có loại “%[2]s”; hãy chọn %[3]s",
			"root “%[1]s”: there is no kind “%[2]s”; choose one of %[3]s", who, string(e.Kind), list(Kinds()))
	}
	if Marked(e.Certificate) && e.Kind != Test {
		return refuse("gốc “%[1]s” tự ghi là chứng thư thử nghiệm: hãy ghi loại test",
			"root “%[1]s” calls itself a test: give it the kind test", who)
	}
	if err := e.checkPurposes(who); err != nil {
		return err
	}
	if err := e.checkSource(who); err != nil {
		return err
	}
	return e.checkDays(who)
}

func (e *Entry) checkPurposes(who string) error {
	if len(e.Purposes) == 0 {
		return refuse("gốc “%[1]s” không dùng vào việc gì: hãy ghi ít nhất một trong %[2]s",
			"root “%[1]s” is good for nothing: give at least one of %[2]s", who, list(Purposes()))
	}
	for _, p := range e.Purposes {
		if !slices.Contains(Purposes(), p) {
			return refuse("gốc “%[1]s”: không có mục đích “%[2]s”; hãy chọn trong %[3]s",
				"root “%[1]s”: there is no purpose “%[2]s”; choose among %[3]s", who, string(p), list(Purposes()))
		}
	}
	return nil
}

func (e *Entry) checkSource(who string) error {
	if strings.TrimSpace(e.Source) == "" && (e.Kind.sourced() || e.Source != "") {
		return refuse("gốc “%[1]s” không có nguồn: hãy ghi văn bản hoặc địa chỉ đã lấy, và ai đã đối chiếu",
			"root “%[1]s” has no source: write which document or address it is from, and who compared it", who)
	}
	bad := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(e.Source) || strings.ContainsFunc(e.Source, bad) ||
		utf8.RuneCountInString(e.Source) > maxSource {
		return refuse("gốc “%[1]s”: hãy ghi nguồn trên một dòng, không có ký tự điều khiển, không quá %[2]d ký tự",
			"root “%[1]s”: write the source in one line, without control characters, of no more than %[2]d characters",
			who, maxSource)
	}
	return nil
}

func (e *Entry) checkDays(who string) error {
	for _, d := range []Day{e.Since, e.Until, e.Added} {
		if _, err := ParseDay(string(d)); err != nil {
			return err
		}
	}
	if e.Since != "" && e.Until != "" && e.Until < e.Since {
		return refuse("gốc “%[1]s”: ngày cuối %[3]s trước ngày đầu %[2]s; hãy sửa lại",
			"root “%[1]s”: its last day %[3]s is before its first, %[2]s; correct them",
			who, string(e.Since), string(e.Until))
	}
	return nil
}

// CheckRoot refuses a certificate that may not be a root: one of no authority (RFC 5280 §4.2.1.9, §4.2.1.3), or of a
// key that can be broken. It does not look at the certificate's signature: a root is believed because somebody compared
// its digest, not because it vouches for itself.
func CheckRoot(cert *x509.Certificate) error {
	who := nameOf(cert)
	if !cert.BasicConstraintsValid || !cert.IsCA || cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0 {
		return refuse("“%[1]s” không phải chứng thư của tổ chức chứng thực (CA) nên không làm gốc tin cậy được. "+
			"Hãy dùng chứng thư gốc của tổ chức đã cấp nó: “%[2]s”.",
			"“%[1]s” is not the certificate of an authority (CA), so it cannot be a trusted root. Use the root "+
				"certificate of who issued it: “%[2]s”.", who, Clean(cert.Issuer.String()))
	}
	if !strong(cert) {
		return refuse("khóa của gốc “%[1]s” quá yếu hoặc thuộc loại không kiểm tra được. Hãy xin tổ chức chứng thực "+
			"gốc có khóa RSA từ 2.048 bit, ECDSA từ 256 bit hoặc Ed25519.",
			"the key of the root “%[1]s” is too weak, or of a kind that cannot be checked. Ask the authority for a "+
				"root with RSA of 2,048 bits and more, ECDSA of 256 and more, or Ed25519.", who)
	}
	return nil
}

// strong follows circular 15/2025/TT-BKHCN, Annex I, in the sizes of keys, and what crypto/x509 can check in their
// kinds.
func strong(cert *x509.Certificate) bool {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return key.Params().BitSize >= 256
	case ed25519.PublicKey:
		return true
	}
	return false
}

// TestMark stands in the subject (organizationalUnitName) of everything that package devpki issues.
const TestMark = "Không có giá trị pháp lý / Not for legal use"

// Marked reports whether a certificate calls itself a test. That is the certificate's own word, which whoever issued it
// chose, and believed all the same: it only takes value away. Who forges it into a certificate of theirs lowers what is
// signed below it, and nothing else; a test root that leaves it out to pass for another needs somebody who compares its
// digest and takes it in, as any root does.
func Marked(cert *x509.Certificate) bool {
	return slices.Contains(cert.Subject.OrganizationalUnit, TestMark)
}

// nameOf is a certificate's holder for people, without what could disturb a line.
func nameOf(cert *x509.Certificate) string {
	name := cert.Subject.CommonName
	if name == "" {
		name = cert.Subject.String()
	}
	return Clean(name)
}

// Clean takes what could disturb a line out of a text that a certificate or a file brings.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

func list[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return strings.Join(names, ", ")
}
