package pdf

import (
	"encoding/binary"
	"regexp"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// TextString makes a text string (§7.9.2.2): a literal when every character is printable ASCII, else UTF-16BE with a
// byte order mark, written in hexadecimal so that no byte needs an escape.
func TextString(s string) String {
	ascii := true
	for _, r := range s {
		ascii = ascii && r >= ' ' && r < 0x7f
	}
	if ascii {
		return String{Bytes: s}
	}
	return UTF16String(s)
}

// UTF16String makes a text string in UTF-16BE, written in hexadecimal.
func UTF16String(s string) String {
	out := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return String{Bytes: string(out), Hex: true}
}

// DecodeText reads a text string: UTF-16 with a byte order mark, UTF-8 with one, else PDFDocEncoding (§D.3). What
// cannot be decoded becomes U+FFFD.
func DecodeText(s String) string {
	b := s.Bytes
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		return decodeUTF16(b[2:], binary.BigEndian)
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe:
		return decodeUTF16(b[2:], binary.LittleEndian)
	case len(b) >= 3 && b[:3] == "\xef\xbb\xbf":
		return string([]rune(b[3:]))
	}
	out := make([]byte, 0, len(b))
	for i := range len(b) {
		out = utf8.AppendRune(out, pdfDocRune(b[i]))
	}
	return string(out)
}

func decodeUTF16(b string, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16([]byte(b[2*i : 2*i+2]))
	}
	return string(utf16.Decode(units))
}

func pdfDocRune(c byte) rune {
	const low = "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc"
	const high = "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018" +
		"\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e\ufffd\u20ac"
	switch {
	case c >= 0x18 && c <= 0x1f:
		return []rune(low)[c-0x18]
	case c >= 0x80 && c <= 0xa0:
		return []rune(high)[c-0x80]
	}
	return rune(c)
}

// Date makes a date string with its zone's offset (§7.9.4).
func Date(t time.Time) String {
	s := t.Format("D:20060102150405")
	_, off := t.Zone()
	if off == 0 {
		return String{Bytes: s + "Z"}
	}
	z := t.Format("-0700")
	return String{Bytes: s + z[:3] + "'" + z[3:] + "'"}
}

// ParseDate reads a date string, from the year alone to the second with its zone; a date without a zone is read as UTC.
func ParseDate(s String) (time.Time, bool) {
	text := DecodeText(s)
	if len(text) >= 2 && text[:2] == "D:" {
		text = text[2:]
	}
	digits := 0
	for digits < len(text) && digits < 14 && isDigit(text[digits]) {
		digits++
	}
	const layout = "20060102150405"
	if digits < 4 || digits%2 != 0 {
		return time.Time{}, false
	}
	zone, ok := readZone(text[digits:])
	if !ok {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout[:digits], text[:digits], zone)
	return t, err == nil
}

var zoneForm = regexp.MustCompile(`^([Z+-])(?:([01][0-9]|2[0-3])(?:'?([0-5][0-9])?)'?)?$`)

// readZone reads Z, +HH'mm', +HH'mm, +HHmm or nothing; producers write Z00'00', too.
func readZone(s string) (*time.Location, bool) {
	if s == "" {
		return time.UTC, true
	}
	m := zoneForm.FindStringSubmatch(s)
	if m == nil || m[1] != "Z" && m[2] == "" {
		return nil, false
	}
	hours, _ := strconv.Atoi(m[2])
	minutes, _ := strconv.Atoi(m[3])
	offset := hours*3600 + minutes*60
	switch m[1] {
	case "Z":
		return time.UTC, offset == 0
	case "-":
		offset = -offset
	}
	return time.FixedZone("", offset), true
}
