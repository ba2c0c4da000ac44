package pdf

import (
	"fmt"
	"math"
	"strconv"
)

const hexDigits = "0123456789ABCDEF"

// appendObject writes an object; Reserved ones remember base + their place in out.
func appendObject(out []byte, o Object, base int64) ([]byte, error) {
	switch o := o.(type) {
	case nil, Null:
		return append(out, "null"...), nil
	case Boolean:
		return strconv.AppendBool(out, bool(o)), nil
	case Integer:
		return strconv.AppendInt(out, int64(o), 10), nil
	case Real:
		return appendReal(out, float64(o))
	case Name:
		return appendName(out, o), nil
	case String:
		return appendString(out, o), nil
	case Ref:
		out = strconv.AppendInt(out, int64(o.Num), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(o.Gen), 10)
		return append(out, " R"...), nil
	case Array:
		return appendArray(out, o, base)
	case Dict:
		return appendDict(out, o, base)
	case *Reserved:
		o.Offset = base + int64(len(out))
		return append(out, o.Text...), nil
	}
	return nil, fmt.Errorf("a %T cannot be written inside another object", o)
}

func appendReal(out []byte, v float64) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("%v cannot be written as a number", v)
	}
	start := len(out)
	out = strconv.AppendFloat(out, v, 'f', -1, 64)
	if string(out[start:]) == "-0" {
		out = append(out[:start], '0')
	}
	return out, nil
}

func appendName(out []byte, n Name) []byte {
	out = append(out, '/')
	for i := range len(n) {
		c := n[i]
		if c <= ' ' || c >= 0x7f || c == '#' || isDelimiter(c) {
			out = append(out, '#', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		out = append(out, c)
	}
	return out
}

func appendString(out []byte, s String) []byte {
	if s.Hex {
		out = append(out, '<')
		for i := range len(s.Bytes) {
			out = append(out, hexDigits[s.Bytes[i]>>4], hexDigits[s.Bytes[i]&15])
		}
		return append(out, '>')
	}
	out = append(out, '(')
	for i := range len(s.Bytes) {
		switch c := s.Bytes[i]; c {
		case '(', ')', '\\':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, '\\', 'r')
		case '\n':
			out = append(out, '\\', 'n')
		default:
			out = append(out, c)
		}
	}
	return append(out, ')')
}

func appendArray(out []byte, arr Array, base int64) ([]byte, error) {
	var err error
	out = append(out, '[')
	for i, v := range arr {
		if i > 0 {
			out = append(out, ' ')
		}
		if out, err = appendObject(out, v, base); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendDict(out []byte, d Dict, base int64) ([]byte, error) {
	var err error
	out = append(out, "<<"...)
	for _, e := range d {
		out = appendName(out, e.Key)
		switch e.Value.(type) {
		case Name, String, Array, Dict, *Reserved:
		default:
			out = append(out, ' ')
		}
		if out, err = appendObject(out, e.Value, base); err != nil {
			return nil, err
		}
	}
	return append(out, ">>"...), nil
}

// AppendNumber appends v with at most three decimals, as drawing asks for, and no exponent (§7.3.3).
func AppendNumber(b []byte, v float64) []byte {
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

// AppendText appends a text string in UTF-16BE, written in hexadecimal (§7.9.2.2), so that no escaping can go wrong.
func AppendText(out []byte, s string) []byte { return appendString(out, UTF16String(s)) }

// AppendLiteral appends a string of ASCII characters in parentheses (§7.3.4.2).
func AppendLiteral(out []byte, s string) []byte { return appendString(out, String{Bytes: s}) }

// AppendXRefEntry appends one entry of a cross-reference table (§7.5.4), 20 bytes long; for a free object offset is the
// next free number. A table holds offsets of ten digits.
func AppendXRefEntry(out []byte, offset int64, gen int, kind EntryKind) []byte {
	entry := [20]byte([]byte("0000000000 00000 n \n"))
	for i := 9; offset > 0 && i >= 0; i-- {
		entry[i] = byte('0' + offset%10)
		offset /= 10
	}
	for i := 15; gen > 0 && i > 10; i-- {
		entry[i] = byte('0' + gen%10)
		gen /= 10
	}
	if kind == Free {
		entry[17] = 'f'
	}
	return append(out, entry[:]...)
}
