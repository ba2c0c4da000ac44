package pkitext

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
)

// PKI is what a text describes.
type PKI struct {
	tb    testing.TB
	keys  map[string]crypto.Signer
	certs map[string]*certificate
	order []string
	lists map[string][]byte
	names []string // of lists, in order
}

type certificate struct {
	name, issuer string
	words        map[string]string
	issues       bool // another certificate
	der          []byte
}

// Build makes what text describes.
func Build(tb testing.TB, text string) *PKI {
	tb.Helper()
	p := &PKI{tb: tb, keys: map[string]crypto.Signer{}, certs: map[string]*certificate{}, lists: map[string][]byte{}}
	var lists [][]string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		switch {
		case len(words) == 0:
		case words[0] == "list" && len(words) > 1:
			lists = append(lists, words[1:])
		case len(words) > 2 && words[1] == "<":
			p.add(words[0], words[2], words[3:])
		default:
			tb.Fatalf("pkitext: %q is neither a certificate nor a list", line)
		}
	}
	if p.certs["R"] == nil {
		p.add("R", "R", nil)
	}
	for _, c := range p.certs {
		if issuer := p.certs[c.issuer]; issuer != nil {
			issuer.issues = true
		} else {
			tb.Fatalf("pkitext: who is %q, the issuer of %q?", c.issuer, c.name)
		}
	}
	for _, name := range p.order {
		c := p.certs[name]
		c.der = p.certify(c)
	}
	for _, words := range lists {
		p.addList(words)
	}
	return p
}

func (p *PKI) add(name, issuer string, words []string) {
	if p.certs[name] != nil {
		p.tb.Fatalf("pkitext: %q is there twice", name)
	}
	p.certs[name] = &certificate{name: name, issuer: issuer, words: p.words(words)}
	p.order = append(p.order, name)
}

// known are the words that a description may have.
var known = strings.Fields(`subject issuer key by kind ca user v1 usage policies map explicit nomap noany permit exclude
	alt points critical extra ext cext serial from to ski aki sha1 broken revoke number delta point only reasons
	indirect entry as spki exts freshest access`)

func (p *PKI) words(words []string) map[string]string {
	out := map[string]string{}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		if _, twice := out[key]; twice || !contains(known, key) {
			p.tb.Fatalf("pkitext: word %q is not known, or there twice", w)
		}
		out[key] = value
	}
	return out
}

func contains(all []string, s string) bool {
	for _, one := range all {
		if one == s {
			return true
		}
	}
	return false
}

// DER is a certificate by its name.
func (p *PKI) DER(name string) []byte {
	c := p.certs[name]
	if c == nil {
		p.tb.Fatalf("pkitext: there is no certificate %q", name)
	}
	return c.der
}

// Certificate is a certificate by its name; one that crypto/x509 does not read has nothing but Raw.
func (p *PKI) Certificate(name string) *x509.Certificate {
	if c, err := x509.ParseCertificate(p.DER(name)); err == nil {
		return c
	}
	return &x509.Certificate{Raw: p.DER(name)}
}

// All are all certificates in the order of the text, R last where it is not in it.
func (p *PKI) All() (out []*x509.Certificate) {
	for _, name := range p.order {
		out = append(out, p.Certificate(name))
	}
	return out
}

// List is a revocation list by its name.
func (p *PKI) List(name string) []byte {
	if p.lists[name] == nil {
		p.tb.Fatalf("pkitext: there is no list %q", name)
	}
	return p.lists[name]
}

// Lists are all lists in the order of the text.
func (p *PKI) Lists() (out [][]byte) {
	for _, name := range p.names {
		out = append(out, p.lists[name])
	}
	return out
}

// NamedLists are all lists by name.
func (p *PKI) NamedLists() map[string][]byte { return maps.Clone(p.lists) }

// Has reports whether there is a certificate of a name.
func (p *PKI) Has(name string) bool { return p.certs[name] != nil }

// Key is the private key of a certificate.
func (p *PKI) Key(name string) crypto.Signer { return p.keyOf(p.certs[name]) }

func (p *PKI) keyOf(c *certificate) crypto.Signer {
	name, kind := c.name, c.words["kind"]
	if other := c.words["key"]; other != "" {
		name = other
		if of := p.certs[other]; of != nil {
			kind = of.words["kind"]
		}
	}
	return p.key(name, kind)
}

func (p *PKI) key(name, kind string) crypto.Signer {
	if p.keys[name] == nil {
		p.keys[name] = keyFor(name, kind)
	}
	return p.keys[name]
}

// made are keys by kind and name, made once a run: what matters is which certificates share one.
var made = struct {
	sync.Mutex
	keys map[string]crypto.Signer
}{keys: map[string]crypto.Signer{}}

func keyFor(name, kind string) crypto.Signer {
	made.Lock()
	defer made.Unlock()
	id := kind + " " + name
	if made.keys[id] == nil {
		key, err := newKey(kind)
		if err != nil {
			panic(err)
		}
		made.keys[id] = key
	}
	return made.keys[id]
}

func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case "", "p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case "rsa2048", "pss2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "rsa1024":
		return rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // a test of who judges such keys
	}
	return nil, fmt.Errorf("pkitext: kind of key %q", kind)
}

// signer is the key that signs for a certificate, or the one that is named.
func (p *PKI) signer(issuer *certificate, by string) crypto.Signer {
	if by == "" {
		return p.keyOf(issuer)
	}
	if c := p.certs[by]; c != nil {
		return p.keyOf(c)
	}
	return p.key(by, "")
}
