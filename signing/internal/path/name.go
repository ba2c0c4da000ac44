package path

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Name is a distinguished name in the form in which equal names are equal (RFC 5280 §7.1): one string for each RDN,
// whatever its kinds of strings, their case and white space, and the order within a set.
type Name struct {
	rdns   []string
	emails []string // values of emailAddress attributes, as written
}

// Key is the same for two names exactly when they match.
func (n Name) Key() string {
	var b strings.Builder
	for _, rdn := range n.rdns {
		writeField(&b, rdn)
	}
	return b.String()
}

// Empty reports whether the name has no RDN.
func (n Name) Empty() bool { return len(n.rdns) == 0 }

// within reports whether base is the beginning of n (RFC 5280 §4.2.1.10, directoryName).
func (n Name) within(base Name) bool {
	return len(base.rdns) <= len(n.rdns) && slices.Equal(base.rdns, n.rdns[:len(base.rdns)])
}

// maxRDNs and maxAttributes bound a name; honest ones have about ten of one attribute each.
const (
	maxRDNs       = 200
	maxAttributes = 50
)

// ParseName reads a DER Name (RFC 5280 §4.1.2.4).
func ParseName(der []byte) (Name, bool) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	var n Name
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return n, false
	}
	for !seq.Empty() {
		var set cryptobyte.String
		if len(n.rdns) == maxRDNs || !seq.ReadASN1(&set, cbasn1.SET) || set.Empty() {
			return n, false
		}
		var attributes []string
		for !set.Empty() {
			var attr, oid, value cryptobyte.String
			var tag cbasn1.Tag
			if len(attributes) == maxAttributes || !set.ReadASN1(&attr, cbasn1.SEQUENCE) ||
				!attr.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) || !attr.ReadAnyASN1(&value, &tag) || !attr.Empty() {
				return n, false
			}
			text, ok := decodeString(tag, value)
			if ok && string(oid) == oidEmailAddress {
				n.emails = append(n.emails, text)
			}
			attributes = append(attributes, attribute(oid, tag, value, text, ok))
		}
		slices.Sort(attributes)
		n.rdns = append(n.rdns, strings.Join(attributes, ""))
	}
	return n, true
}

// SameName compares two DER names; one that cannot be read matches none.
func SameName(a, b []byte) bool {
	if string(a) == string(b) {
		return true
	}
	x, ok1 := ParseName(a)
	y, ok2 := ParseName(b)
	return ok1 && ok2 && x.Key() == y.Key()
}

// oidEmailAddress is the content of the identifier 1.2.840.113549.1.9.1 (PKCS #9).
const oidEmailAddress = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"

// attribute is one attribute in comparable form: strings prepared, anything else as it is.
func attribute(oid []byte, tag cbasn1.Tag, value []byte, text string, isText bool) string {
	var b strings.Builder
	writeField(&b, string(oid))
	if isText {
		b.WriteByte('s')
		writeField(&b, prepare(text))
	} else {
		b.WriteByte('r')
		b.WriteByte(byte(tag))
		writeField(&b, string(value))
	}
	return b.String()
}

// writeField writes s with its length before it, so that no two lists of fields give the same bytes.
func writeField(b *strings.Builder, s string) {
	b.Write(binary.AppendUvarint(nil, uint64(len(s))))
	b.WriteString(s)
}

// decodeString reads a string of the kinds that DirectoryString and IA5String attributes have. A TeletexString is read
// where it is ASCII: what its other bytes stand for depends on who wrote them.
func decodeString(tag cbasn1.Tag, value []byte) (string, bool) {
	const numeric, teletex, universal, bmp = cbasn1.Tag(18), cbasn1.T61String, cbasn1.Tag(28), cbasn1.Tag(30)
	switch tag {
	case cbasn1.UTF8String:
		return string(value), utf8.Valid(value)
	case cbasn1.PrintableString, cbasn1.IA5String, numeric, teletex:
		return string(value), ascii(value)
	case bmp:
		if len(value)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(value[2*i:])
		}
		return string(utf16.Decode(units)), true
	case universal:
		if len(value)%4 != 0 {
			return "", false
		}
		var b strings.Builder
		for i := 0; i < len(value); i += 4 {
			u := binary.BigEndian.Uint32(value[i:])
			if u > unicode.MaxRune || !utf8.ValidRune(rune(u)) {
				return "", false
			}
			b.WriteRune(rune(u))
		}
		return b.String(), true
	}
	return "", false
}

func ascii[T ~string | ~[]byte](value T) bool {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

var fold = cases.Fold()

// prepare is the preparation of a string for comparison (RFC 4518 §2): mapping, folding of case, NFKC, and no white
// space but single spaces inside. Vietnamese letters written as one character or with combining marks come out alike.
func prepare(s string) string {
	if ascii(s) {
		return prepareASCII(s)
	}
	s = strings.Map(mapped, s)
	s = norm.NFKC.String(fold.String(norm.NFKC.String(s)))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// prepareASCII is prepare for ASCII, which most strings are.
func prepareASCII(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c > ' ' && c < 0x7f:
			out = append(out, c)
		}
	}
	return strings.TrimSuffix(string(out), " ")
}

// mapped is RFC 4518 §2.2: white space becomes a space; control and format characters, which nobody sees, and variation
// selectors become nothing.
func mapped(r rune) rune {
	switch {
	case r >= '\t' && r <= '\r', r == 0x85, unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r),
		r == 0x034f, r == 0xfffc:
		return -1
	}
	return r
}
