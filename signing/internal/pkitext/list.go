package pkitext

import (
	"math/big"
	"strings"
)

// reasonCodes are those of CRLReason; reasonBits the places in ReasonFlags (RFC 5280 §5.3.1, §4.2.1.13).
var (
	reasonCodes = map[string]uint8{"unspecified": 0, "keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3,
		"superseded": 4, "cessationOfOperation": 5, "certificateHold": 6, "removeFromCRL": 8, "privilegeWithdrawn": 9,
		"aACompromise": 10}
	reasonBits = map[string]int{"keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3, "superseded": 4,
		"cessationOfOperation": 5, "certificateHold": 6, "privilegeWithdrawn": 7, "aACompromise": 8}
)

// reasons is the content of ReasonFlags.
func (p *PKI) reasons(text string) []byte {
	bits := []byte{0, 0}
	for _, name := range strings.Split(text, "+") {
		bit, ok := reasonBits[name]
		if !ok {
			p.tb.Fatalf("pkitext: reason %q", name)
		}
		bits[bit/8] |= 0x80 >> (bit % 8)
	}
	return append([]byte{7}, bits...)
}

func (p *PKI) addList(words []string) {
	issuer := p.certs[words[0]]
	if issuer == nil {
		p.tb.Fatalf("pkitext: who is %q, the issuer of a list?", words[0])
	}
	l := &certificate{words: p.words(words[1:])}
	name := words[0]
	if l.has("as") {
		name = l.words["as"]
	}
	pss := issuer.words["kind"] == "pss2048"
	p.names = append(p.names, name)
	p.lists[name] = p.sign(p.signer(issuer, l.words["by"]), pss, l.words, func(b *builder, algorithm []byte) {
		seq(b, func(b *builder) {
			b.AddASN1Int64(1)
			b.AddBytes(algorithm)
			b.AddBytes(p.dn(l.issuerName(issuer)))
			p.addTime(b, l.words["from"], 2024)
			p.addTime(b, l.words["to"], 2040)
			p.addEntries(b, l)
			b.AddASN1(explicit(0), func(b *builder) { seq(b, func(b *builder) { p.addListExtensions(b, l) }) })
		})
	})
}

func (p *PKI) addEntries(b *builder, l *certificate) {
	if l.words["revoke"] == "" {
		return
	}
	seq(b, func(b *builder) {
		for _, one := range strings.Split(l.words["revoke"], ",") {
			who, issuer, _ := strings.Cut(one, "@")
			who, reason, _ := strings.Cut(who, ":")
			seq(b, func(b *builder) {
				b.AddASN1BigInt(p.serialOf(who))
				p.addTime(b, "", 2022)
				if reason == "" && issuer == "" && !l.has("entry") {
					return
				}
				seq(b, func(b *builder) { p.addEntryExtensions(b, l, reason, issuer) })
			})
		}
	})
}

func (p *PKI) addEntryExtensions(b *builder, l *certificate, reason, issuer string) {
	if reason != "" {
		code, ok := reasonCodes[reason]
		if !ok {
			p.tb.Fatalf("pkitext: reason %q", reason)
		}
		p.extension(b, "2.5.29.21", false, func(b *builder) { b.AddASN1Enum(int64(code)) })
	}
	if issuer != "" {
		p.extension(b, "2.5.29.29", true, func(b *builder) {
			seq(b, func(b *builder) { p.addNames(b, "dir:"+issuer, false) })
		})
	}
	if l.has("entry") {
		p.extension(b, l.words["entry"], true, func(b *builder) { b.AddASN1NULL() })
	}
}

func (p *PKI) serialOf(who string) *big.Int {
	if number, ok := strings.CutPrefix(who, "#"); ok {
		return p.number(number)
	}
	if p.certs[who] == nil {
		p.tb.Fatalf("pkitext: who is %q, who is revoked?", who)
	}
	return p.serial(p.certs[who])
}

func (p *PKI) addListExtensions(b *builder, l *certificate) {
	for word, oid := range map[string]string{"number": "2.5.29.20", "delta": "2.5.29.27"} {
		if l.has(word) {
			p.extension(b, oid, word == "delta", func(b *builder) { b.AddASN1BigInt(p.number(l.words[word])) })
		}
	}
	if l.has("point") || l.has("only") || l.has("reasons") || l.has("indirect") {
		p.extension(b, "2.5.29.28", true, func(b *builder) { seq(b, func(b *builder) { p.addScope(b, l) }) })
	}
	p.addCommon(b, l.words)
}

// addScope writes IssuingDistributionPoint (RFC 5280 §5.2.5).
func (p *PKI) addScope(b *builder, l *certificate) {
	yes := func(n uint8) { b.AddASN1(tagged(n), func(b *builder) { b.AddUint8(0xff) }) }
	if l.has("point") {
		b.AddASN1(explicit(0), func(b *builder) { p.addPoint(b, l.words["point"]) })
	}
	switch l.words["only"] {
	case "user":
		yes(1)
	case "ca":
		yes(2)
	}
	if l.has("reasons") {
		b.AddASN1(tagged(3), func(b *builder) { b.AddBytes(p.reasons(l.words["reasons"])) })
	}
	if l.has("indirect") {
		yes(4)
	}
	if l.words["only"] == "attr" {
		yes(5)
	}
}
