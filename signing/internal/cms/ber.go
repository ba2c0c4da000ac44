package cms

import "fmt"

// toDefinite rewrites a BER object that uses indefinite lengths or constructed strings (X.690, 8.1.3.6, 8.7.3) with
// definite lengths and primitive octet strings, and returns what follows it. Some programs write signatures so although
// ISO 32000-2, 12.8.3.3 asks for DER; what is signed in them, the attributes, is DER all the same (RFC 5652, 5.4).
func toDefinite(in []byte) (out, rest []byte, err error) {
	return transcode(in, 0)
}

// maxNesting bounds the depth of a BER object.
const maxNesting = 64

func berError(what string) error { return fmt.Errorf("%s: %w", what, ErrFormat) }

type berHeader struct {
	tag        byte
	length     int // -1: indefinite
	headerSize int
}

func readBERHeader(in []byte) (h berHeader, err error) {
	if len(in) < 2 || in[0]&0x1f == 0x1f {
		return h, berError("BER header")
	}
	h.tag = in[0]
	first := in[1]
	h.headerSize = 2
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		h.length = -1
		if h.tag&0x20 == 0 {
			return h, berError("primitive value of indefinite length")
		}
	default:
		n := int(first & 0x7f)
		if n > 4 || len(in) < 2+n {
			return h, berError("BER length")
		}
		for _, b := range in[2 : 2+n] {
			h.length = h.length<<8 | int(b)
		}
		h.headerSize += n
	}
	if h.length > len(in)-h.headerSize {
		return h, berError("BER length beyond the data")
	}
	return h, nil
}

func transcode(in []byte, depth int) (out, rest []byte, err error) {
	if depth > maxNesting {
		return nil, nil, berError("BER nested too deeply")
	}
	h, err := readBERHeader(in)
	if err != nil {
		return nil, nil, err
	}
	body := in[h.headerSize:]
	if h.tag&0x20 == 0 {
		return appendHeader(nil, h.tag, body[:h.length]), body[h.length:], nil
	}
	var content []byte
	if h.length >= 0 {
		body, rest = body[:h.length], body[h.length:]
	}
	for h.length < 0 || len(body) > 0 {
		if h.length < 0 && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			rest = body[2:]
			break
		}
		var one []byte
		if one, body, err = transcode(body, depth+1); err != nil {
			return nil, nil, err
		}
		content = append(content, one...)
	}
	if h.tag == 0x24 {
		return flattenOctets(content, rest)
	}
	return appendHeader(nil, h.tag, content), rest, nil
}

// flattenOctets joins the parts of a constructed OCTET STRING.
func flattenOctets(parts, rest []byte) ([]byte, []byte, error) {
	var joined []byte
	for len(parts) > 0 {
		h, err := readBERHeader(parts)
		if err != nil || h.tag != 4 {
			return nil, nil, berError("constructed octet string")
		}
		joined = append(joined, parts[h.headerSize:h.headerSize+h.length]...)
		parts = parts[h.headerSize+h.length:]
	}
	return appendHeader(nil, 4, joined), rest, nil
}

func appendHeader(out []byte, tag byte, content []byte) []byte {
	out = append(out, tag)
	switch n := len(content); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, content...)
}
