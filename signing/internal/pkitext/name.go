package pkitext

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"net/netip"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func isECDSA(key crypto.Signer) bool {
	_, ok := key.(*ecdsa.PrivateKey)
	return ok
}

var attributeTypes = map[string]asn1.ObjectIdentifier{
	"C": {2, 5, 4, 6}, "ST": {2, 5, 4, 8}, "L": {2, 5, 4, 7}, "O": {2, 5, 4, 10}, "OU": {2, 5, 4, 11},
	"CN": {2, 5, 4, 3}, "SN": {2, 5, 4, 5}, "Q": {2, 5, 4, 46}, "T": {2, 5, 4, 12},
	"E": {1, 2, 840, 113549, 1, 9, 1}, "DC": {0, 9, 2342, 19200300, 100, 1, 25},
}

// DN is the DER Name of a text such as C=VN/O=Test/CN=A.
func (p *PKI) dn(text string) []byte {
	return der(func(b *builder) {
		seq(b, func(b *builder) {
			for _, rdn := range strings.FieldsFunc(text, func(r rune) bool { return r == '/' }) {
				b.AddASN1(cbasn1.SET, func(b *builder) {
					for _, one := range strings.Split(rdn, "+") {
						p.addAttribute(b, one)
					}
				})
			}
		})
	})
}

func (p *PKI) addAttribute(b *builder, text string) {
	name, value, _ := strings.Cut(text, "=")
	oid, ok := attributeTypes[name]
	if !ok {
		p.tb.Fatalf("pkitext: attribute %q", text)
	}
	value = strings.ReplaceAll(value, "_", " ")
	kind := "p"
	switch {
	case len(value) > 1 && value[1] == '!':
		kind, value = value[:1], value[2:]
	case name == "E" || name == "DC":
		kind = "i"
	case strings.ContainsFunc(value, func(r rune) bool { return r > 0x7e || strings.ContainsRune("@*&", r) }):
		kind = "u"
	}
	tag := map[string]cbasn1.Tag{"p": cbasn1.PrintableString, "u": cbasn1.UTF8String, "b": 30,
		"t": cbasn1.T61String, "i": cbasn1.IA5String}[kind]
	seq(b, func(b *builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(tag, func(b *builder) {
			if kind != "b" {
				b.AddBytes([]byte(value))
				return
			}
			for _, unit := range utf16.Encode([]rune(value)) {
				b.AddUint16(unit)
			}
		})
	})
}

// addNames writes GeneralNames; in a constraint an IP address has a mask.
func (p *PKI) addNames(b *builder, text string, constraint bool) {
	if text == "" {
		return
	}
	for _, one := range strings.Split(text, ",") {
		kind, value, _ := strings.Cut(one, ":")
		value = strings.ReplaceAll(value, "_", " ")
		switch kind {
		case "dir":
			b.AddASN1(explicit(4), func(b *builder) { b.AddBytes(p.dn(value)) })
		case "email":
			b.AddASN1(tagged(1), func(b *builder) { b.AddBytes([]byte(value)) })
		case "dns":
			b.AddASN1(tagged(2), func(b *builder) { b.AddBytes([]byte(value)) })
		case "uri":
			b.AddASN1(tagged(6), func(b *builder) { b.AddBytes([]byte(value)) })
		case "ip":
			b.AddASN1(tagged(7), func(b *builder) { b.AddBytes(p.ip(value, constraint)) })
		case "reg":
			b.AddBytes(p.registered(value))
		case "other":
			b.AddASN1(explicit(0), func(b *builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 3, 4})
				b.AddASN1(explicit(0), func(b *builder) {
					b.AddASN1(cbasn1.UTF8String, func(b *builder) { b.AddBytes([]byte(value)) })
				})
			})
		default:
			p.tb.Fatalf("pkitext: name %q", one)
		}
	}
}

func (p *PKI) ip(text string, constraint bool) (out []byte) {
	parts := strings.Split(text, "-")
	if constraint != (len(parts) == 2) {
		p.tb.Fatalf("pkitext: address %q", text)
	}
	for _, part := range parts {
		a, err := netip.ParseAddr(part)
		if err != nil {
			p.tb.Fatalf("pkitext: %v", err)
		}
		out = append(out, a.AsSlice()...)
	}
	return out
}

func (p *PKI) registered(text string) []byte {
	id := der(func(b *builder) { b.AddASN1ObjectIdentifier(p.oid(text)) })
	in := cryptobyte.String(id)
	var content cryptobyte.String
	in.ReadASN1(&content, cbasn1.OBJECT_IDENTIFIER)
	return der(func(b *builder) { b.AddASN1(tagged(8), func(b *builder) { b.AddBytes(content) }) })
}

func (p *PKI) addTrees(b *builder, n uint8, text string) {
	if text == "" {
		return
	}
	b.AddASN1(explicit(n), func(b *builder) {
		for _, one := range strings.Split(text, ",") {
			seq(b, func(b *builder) { p.addNames(b, one, true) })
		}
	})
}

// addPoint writes a DistributionPointName.
func (p *PKI) addPoint(b *builder, text string) {
	if attribute, ok := strings.CutPrefix(text, "rel:"); ok {
		b.AddASN1(explicit(1), func(b *builder) { p.addAttribute(b, attribute) })
		return
	}
	b.AddASN1(explicit(0), func(b *builder) { p.addNames(b, text, false) })
}

func (p *PKI) addPoints(b *builder, text string) {
	seq(b, func(b *builder) {
		for _, point := range strings.Split(text, "|") {
			seq(b, func(b *builder) {
				parts := strings.Split(point, "~")
				if parts[0] != "" {
					b.AddASN1(explicit(0), func(b *builder) { p.addPoint(b, parts[0]) })
				}
				for _, part := range parts[1:] {
					switch key, value, _ := strings.Cut(part, "="); key {
					case "reasons":
						b.AddASN1(tagged(1), func(b *builder) { b.AddBytes(p.reasons(value)) })
					case "issuer":
						b.AddASN1(explicit(2), func(b *builder) { p.addNames(b, "dir:"+value, false) })
					default:
						p.tb.Fatalf("pkitext: point %q", point)
					}
				}
			})
		}
	})
}
