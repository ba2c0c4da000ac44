package pdf

import (
	"math"
	"strconv"
	"unicode/utf16"
)

// number appends v with at most three decimals and no exponent.
func number(b []byte, v float64) []byte {
	n := int64(math.Round(v * 1000))
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/1000, 10)
	f := n % 1000
	if f == 0 {
		return b
	}
	b = append(b, '.', byte('0'+f/100))
	if f %= 100; f != 0 {
		b = append(b, byte('0'+f/10))
		if f %= 10; f != 0 {
			b = append(b, byte('0'+f))
		}
	}
	return b
}

// matrix appends the first four numbers of a text matrix.
func matrix(b []byte, degrees float64) []byte {
	if degrees == 0 {
		return append(b, "1 0 0 1 "...)
	}
	s, c := math.Sincos(degrees * math.Pi / 180)
	for _, v := range []float64{c, s, -s, c} {
		b = append(number(b, v), ' ')
	}
	return b
}

// text appends a text string: UTF-16BE in hexadecimal with a byte order mark
// (ISO 32000-2, 7.9.2.2), so that no escaping can go wrong.
func text(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, "<FEFF"...)
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return append(b, '>')
}

// literal appends an ASCII string in parentheses.
func literal(b []byte, s string) []byte {
	b = append(b, '(')
	for i := range len(s) {
		if c := s[i]; c == '(' || c == ')' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, ')')
}
