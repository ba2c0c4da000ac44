package pkitext

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

type builder = cryptobyte.Builder

func tagged(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific() }

func explicit(n uint8) cbasn1.Tag { return tagged(n).Constructed() }

func seq(b *builder, f func(b *builder)) { b.AddASN1(cbasn1.SEQUENCE, f) }

func der(f func(b *builder)) []byte {
	var b builder
	f(&b)
	return b.BytesOrPanic()
}

func (c *certificate) has(word string) bool {
	_, ok := c.words[word]
	return ok
}

func (c *certificate) subject() string {
	if s, ok := c.words["subject"]; ok {
		return s
	}
	return "O=Test/CN=" + c.name
}

func (c *certificate) issuerName(issuer *certificate) string {
	if s, ok := c.words["issuer"]; ok {
		return s
	}
	return issuer.subject()
}

// algorithm is the AlgorithmIdentifier of a key's signatures, and how they are made.
func algorithm(key crypto.Signer, pss, weak bool) (id []byte, hash crypto.Hash, opts crypto.SignerOpts) {
	null := func(oid asn1.ObjectIdentifier) []byte {
		return der(func(b *builder) { seq(b, func(b *builder) { b.AddASN1ObjectIdentifier(oid); b.AddASN1NULL() }) })
	}
	bare := func(oid asn1.ObjectIdentifier) []byte {
		return der(func(b *builder) { seq(b, func(b *builder) { b.AddASN1ObjectIdentifier(oid) }) })
	}
	_, isRSA := key.(*rsa.PrivateKey)
	ecdsa := asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	switch {
	case pss:
		return pssIdentifier, crypto.SHA256, &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}
	case isRSA && weak:
		return null(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}), crypto.SHA1, crypto.SHA1
	case isRSA:
		return null(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}), crypto.SHA256, crypto.SHA256
	case weak:
		return bare(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}), crypto.SHA1, crypto.SHA1
	}
	if _, err := key.Sign(rand.Reader, []byte("x"), crypto.Hash(0)); err == nil && !isECDSA(key) {
		return bare(asn1.ObjectIdentifier{1, 3, 101, 112}), 0, crypto.Hash(0) // Ed25519
	}
	return bare(ecdsa), crypto.SHA256, crypto.SHA256
}

// pssIdentifier is RSASSA-PSS with SHA-256 and a salt of 32 bytes (RFC 4055 §3.1).
var pssIdentifier,
	_ = hex.DecodeString("304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a" +
	"864886f70d010108300d06096086480165030402010500a203020120")

// sign makes SIGNED{tbs} with tbs made by body, which is given the algorithm identifier to repeat.
func (p *PKI) sign(key crypto.Signer, pss bool, words map[string]string, body func(b *builder,
	algorithm []byte)) []byte {
	_, weak := words["sha1"]
	_, broken := words["broken"]
	id, hash, opts := algorithm(key, pss, weak)
	tbs := der(func(b *builder) { body(b, id) })
	digest := tbs
	if hash != 0 {
		h := hash.New()
		h.Write(tbs)
		digest = h.Sum(nil)
	}
	signature, err := key.Sign(rand.Reader, digest, opts)
	if err != nil {
		p.tb.Fatalf("pkitext: %v", err)
	}
	if broken {
		signature[len(signature)-1] ^= 1
	}
	return der(func(b *builder) {
		seq(b, func(b *builder) {
			b.AddBytes(tbs)
			b.AddBytes(id)
			b.AddASN1BitString(signature)
		})
	})
}

func (p *PKI) certify(c *certificate) []byte {
	issuer := p.certs[c.issuer]
	pss := issuer.words["kind"] == "pss2048"
	return p.sign(p.signer(issuer, c.words["by"]), pss, c.words, func(b *builder, algorithm []byte) {
		seq(b, func(b *builder) {
			if !c.has("v1") {
				b.AddASN1(explicit(0), func(b *builder) { b.AddASN1Int64(2) })
			}
			b.AddASN1BigInt(p.serial(c))
			b.AddBytes(algorithm)
			b.AddBytes(p.dn(c.issuerName(issuer)))
			seq(b, func(b *builder) {
				p.addTime(b, c.words["from"], 2020)
				p.addTime(b, c.words["to"], 2040)
			})
			b.AddBytes(p.dn(c.subject()))
			b.AddBytes(p.spki(c))
			if !c.has("v1") {
				b.AddASN1(explicit(3), func(b *builder) { seq(b, func(b *builder) { p.addExtensions(b, c) }) })
			}
		})
	})
}

func (p *PKI) spki(c *certificate) []byte {
	if c.has("spki") {
		return p.hex(c.words["spki"])
	}
	spki, err := x509.MarshalPKIXPublicKey(p.keyOf(c).Public())
	if err != nil {
		p.tb.Fatalf("pkitext: %v", err)
	}
	if c.words["kind"] != "pss2048" {
		return spki
	}
	in, inner := cryptobyte.String(spki), cryptobyte.String(nil)
	if !in.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.SkipASN1(cbasn1.SEQUENCE) {
		p.tb.Fatal("pkitext: public key")
	}
	return der(func(b *builder) {
		seq(b, func(b *builder) {
			seq(b, func(b *builder) { b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}) })
			b.AddBytes(inner)
		})
	})
}

// serial numbers are the places in the text, from 1, where a certificate has none of its own.
func (p *PKI) serial(c *certificate) *big.Int {
	text, ok := c.words["serial"]
	for i, name := range p.order {
		if name == c.name && !ok {
			return big.NewInt(int64(i + 1))
		}
	}
	return p.number(text)
}

func (p *PKI) number(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		p.tb.Fatalf("pkitext: number %q", text)
	}
	return n
}

// count is a small number.
func (p *PKI) count(text string) int64 { return p.number(text).Int64() }

// addTime writes the beginning of a year (RFC 5280 §4.1.2.5).
func (p *PKI) addTime(b *builder, year string, def int) {
	if year != "" {
		def = int(p.count(year))
	}
	t := time.Date(def, 1, 1, 0, 0, 0, 0, time.UTC)
	if def >= 1950 && def < 2050 {
		b.AddASN1UTCTime(t)
	} else {
		b.AddASN1GeneralizedTime(t)
	}
}

func (p *PKI) addExtensions(b *builder, c *certificate) {
	if c.has("exts") {
		b.AddBytes(p.hex(c.words["exts"]))
		return
	}
	if isCA := c.has("ca"); isCA || c.has("user") || c.issues && !c.has("usage") {
		p.extension(b, "2.5.29.19", true, func(b *builder) {
			seq(b, func(b *builder) {
				if !c.has("user") {
					b.AddASN1Boolean(true)
				}
				if c.words["ca"] != "" {
					b.AddASN1Int64(p.count(c.words["ca"]))
				}
			})
		})
	}
	p.addUsage(b, c)
	p.addPolicies(b, c)
	if c.has("permit") || c.has("exclude") {
		p.extension(b, "2.5.29.30", true, func(b *builder) {
			seq(b, func(b *builder) {
				p.addTrees(b, 0, c.words["permit"])
				p.addTrees(b, 1, c.words["exclude"])
			})
		})
	}
	if c.has("alt") {
		p.extension(b, "2.5.29.17", false, func(b *builder) {
			seq(b, func(b *builder) { p.addNames(b, c.words["alt"], false) })
		})
	}
	if c.has("points") {
		p.extension(b, "2.5.29.31", false, func(b *builder) { p.addPoints(b, c.words["points"]) })
	}
	if c.has("access") {
		p.extension(b, "1.3.6.1.5.5.7.1.1", false, func(b *builder) {
			seq(b, func(b *builder) {
				seq(b, func(b *builder) {
					b.AddASN1ObjectIdentifier(p.oid("1.3.6.1.5.5.7.48.2"))
					p.addNames(b, "uri:"+c.words["access"], false)
				})
			})
		})
	}
	if c.has("ski") {
		p.extension(b, "2.5.29.14", false, func(b *builder) { b.AddASN1OctetString(p.hex(c.words["ski"])) })
	}
	p.addCommon(b, c.words)
}

// addCommon writes what certificates and lists may have.
func (p *PKI) addCommon(b *builder, words map[string]string) {
	if id, ok := words["aki"]; ok {
		p.extension(b, "2.5.29.35", false, func(b *builder) {
			seq(b, func(b *builder) { b.AddASN1(tagged(0), func(b *builder) { b.AddBytes(p.hex(id)) }) })
		})
	}
	if points, ok := words["freshest"]; ok {
		p.extension(b, "2.5.29.46", false, func(b *builder) { p.addPoints(b, points) })
	}
	for word, critical := range map[string]bool{"critical": true, "extra": false} {
		if oid, ok := words[word]; ok {
			p.extension(b, oid, critical, func(b *builder) { b.AddASN1NULL() })
		}
	}
	for word, critical := range map[string]bool{"ext": false, "cext": true} {
		if text, ok := words[word]; ok {
			oid, value, _ := strings.Cut(text, ":")
			p.extension(b, oid, critical, func(b *builder) { b.AddBytes(p.hex(value)) })
		}
	}
}

func (p *PKI) hex(text string) []byte {
	out, err := hex.DecodeString(text)
	if err != nil {
		p.tb.Fatalf("pkitext: %v", err)
	}
	return out
}

func (p *PKI) oid(text string) asn1.ObjectIdentifier {
	var id asn1.ObjectIdentifier
	for _, arc := range strings.Split(text, ".") {
		id = append(id, int(p.count(arc)))
	}
	return id
}

func (p *PKI) extension(b *builder, oid string, critical bool, value func(b *builder)) {
	seq(b, func(b *builder) {
		b.AddASN1ObjectIdentifier(p.oid(oid))
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(der(value))
	})
}

// usageBits are the places of the bits of KeyUsage (RFC 5280 §4.2.1.3).
var usageBits = map[string]int{"sign": 0, "commit": 1, "encipher": 2, "cert": 5, "crl": 6}

func (p *PKI) addUsage(b *builder, c *certificate) {
	usage, given := c.words["usage"]
	if !given && c.issues && !c.has("v1") {
		usage = "cert+crl"
	}
	if usage == "" || usage == "no" {
		return
	}
	var bits byte
	for _, name := range strings.Split(usage, "+") {
		bit, ok := usageBits[name]
		if !ok {
			p.tb.Fatalf("pkitext: usage %q", name)
		}
		bits |= 0x80 >> bit
	}
	unused := 0
	for bits>>unused&1 == 0 {
		unused++
	}
	p.extension(b, "2.5.29.15", true, func(b *builder) {
		b.AddASN1(cbasn1.BIT_STRING, func(b *builder) { b.AddBytes([]byte{byte(unused), bits}) })
	})
}

// Policy is the identifier that a text calls by a number, or “any”.
func Policy(name string) asn1.ObjectIdentifier {
	if name == "any" {
		return asn1.ObjectIdentifier{2, 5, 29, 32, 0}
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		panic("pkitext: policy " + name)
	}
	return asn1.ObjectIdentifier{1, 2, 3, n}
}

func (p *PKI) addPolicies(b *builder, c *certificate) {
	if c.has("policies") {
		p.extension(b, "2.5.29.32", false, func(b *builder) {
			seq(b, func(b *builder) {
				for _, name := range strings.Split(c.words["policies"], ",") {
					seq(b, func(b *builder) { b.AddASN1ObjectIdentifier(Policy(name)) })
				}
			})
		})
	}
	if c.has("map") {
		p.extension(b, "2.5.29.33", true, func(b *builder) {
			seq(b, func(b *builder) {
				for _, one := range strings.Split(c.words["map"], ",") {
					from, to, _ := strings.Cut(one, ">")
					seq(b, func(b *builder) {
						b.AddASN1ObjectIdentifier(Policy(from))
						b.AddASN1ObjectIdentifier(Policy(to))
					})
				}
			})
		})
	}
	if c.has("explicit") || c.has("nomap") {
		p.extension(b, "2.5.29.36", true, func(b *builder) {
			seq(b, func(b *builder) {
				for n, word := range []string{"explicit", "nomap"} {
					if c.has(word) {
						b.AddASN1Int64WithTag(p.count(c.words[word]), tagged(uint8(n)))
					}
				}
			})
		})
	}
	if c.has("noany") {
		p.extension(b, "2.5.29.54", true, func(b *builder) { b.AddASN1Int64(p.count(c.words["noany"])) })
	}
}
