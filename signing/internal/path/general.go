package path

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// form is the tag number of a GeneralName (RFC 5280 §4.2.1.6).
type form uint8

const (
	formEmail     form = 1
	formDNS       form = 2
	formDirectory form = 4
	formURI       form = 6
	formIP        form = 7
)

func (f form) supported() bool {
	return f == formEmail || f == formDNS || f == formDirectory || f == formURI || f == formIP
}

var formNames = []string{"other name", "e-mail address", "DNS name", "X.400 address", "directory name",
	"EDI party name", "URI", "IP address", "registered identifier"}

func (f form) String() string { return formNames[f] }

// generalName is one name of an alternative name, or the base of one subtree of name constraints.
type generalName struct {
	form  form
	text  string // e-mail address, DNS name, URI
	name  Name   // directory name
	bytes []byte // IP address; in a constraint with its mask
	bad   bool   // a directory name that cannot be read
}

// readGeneralName reads one GeneralName; of forms that are not supported nothing but the form.
func readGeneralName(s *cryptobyte.String) (g generalName, ok bool) {
	var value cryptobyte.String
	var tag cbasn1.Tag
	if !s.ReadAnyASN1(&value, &tag) {
		return g, false
	}
	number := byte(tag) & 0x1f
	if byte(tag)&0xc0 != 0x80 || number > 8 {
		return g, false
	}
	g.form = form(number)
	switch g.form {
	case formEmail, formDNS, formURI:
		g.text = string(value)
		return g, tag == implicit(number) && ascii(value)
	case formIP:
		g.bytes = value
		return g, tag == implicit(number)
	case formDirectory:
		g.name, ok = ParseName(value)
		g.bad = !ok || tag != explicit(number) // of no account unless such names are constrained
	}
	return g, true
}

func (c *Certificate) readAlt(v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() {
		return false
	}
	c.ext.hasAlt = true
	for !seq.Empty() {
		g, ok := readGeneralName(&seq)
		if !ok || g.form == formIP && len(g.bytes) != 4 && len(g.bytes) != 16 {
			return false
		}
		c.ext.alt = append(c.ext.alt, g)
	}
	return true
}

// readConstraints reads NameConstraints (RFC 5280 §4.2.1.10).
func (c *Certificate) readConstraints(v cryptobyte.String) bool {
	var seq, list cryptobyte.String
	var has bool
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() || seq.Empty() {
		return false
	}
	for n, to := range []*[]generalName{&c.ext.permitted, &c.ext.excluded} {
		if !seq.ReadOptionalASN1(&list, &has, explicit(uint8(n))) {
			return false
		}
		for has && !list.Empty() {
			var tree cryptobyte.String
			if !list.ReadASN1(&tree, cbasn1.SEQUENCE) {
				return false
			}
			base, ok := readGeneralName(&tree)
			minimum := 0 // anything else, and a maximum, must not be used
			if tree.PeekASN1Tag(implicit(0)) {
				ok = ok && readCount(&tree, implicit(0), &minimum)
			}
			if !ok || minimum != 0 || !tree.Empty() || !base.constrains() {
				return false
			}
			*to = append(*to, base)
		}
	}
	return seq.Empty()
}

// constrains: the base of a subtree is one that can be compared with.
func (g generalName) constrains() bool {
	return !g.bad && (g.form != formIP || len(g.bytes) == 8 || len(g.bytes) == 32)
}

// within compares a name with the base of a subtree of the same form. A name that its form's rules cannot be applied to
// is an error: the certificate must be refused (RFC 5280 §4.2.1.10).
func (g generalName) within(base generalName) (in, ok bool) {
	switch g.form {
	case formDirectory:
		return g.name.within(base.name), !g.bad
	case formIP:
		return ipWithin(g.bytes, base.bytes), true
	case formDNS:
		return hostWithin(g.text, base.text, true), g.text != ""
	case formEmail:
		return emailWithin(g.text, base.text)
	case formURI:
		host, ok := uriHost(g.text)
		return ok && hostWithin(host, base.text, false), ok
	}
	return false, false
}

func ipWithin(ip, base []byte) bool {
	n := len(ip)
	if len(base) != 2*n {
		return false
	}
	masked, network := bytes.Clone(ip), bytes.Clone(base[:n])
	for i, m := range base[n:] {
		masked[i] &= m
		network[i] &= m
	}
	return bytes.Equal(masked, network)
}

// hostWithin compares host names without regard to case. With a leading dot the base means hosts below it; without, it
// means that host and, for DNS names, those below it, too. An empty base is all.
func hostWithin(host, base string, below bool) bool {
	host, base = strings.ToLower(strings.TrimSuffix(host, ".")), strings.ToLower(strings.TrimSuffix(base, "."))
	switch {
	case base == "":
		return true
	case base[0] == '.':
		return strings.HasSuffix(host, base) && len(host) > len(base)
	case host == base:
		return true
	}
	return below && strings.HasSuffix(host, "."+base)
}

// emailWithin: the base is one mailbox, a host, or with a leading dot the hosts below it. What stands before the @ is
// compared exactly (RFC 5280 §7.5).
func emailWithin(address, base string) (in, ok bool) {
	local, host, ok := cutAddress(address)
	if !ok {
		return false, false
	}
	if wantLocal, wantHost, mailbox := cutAddress(base); mailbox {
		return local == wantLocal && strings.EqualFold(host, wantHost), true
	}
	return hostWithin(host, base, false), true
}

func cutAddress(s string) (local, host string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.ContainsAny(s, " \t\r\n<>") {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// uriHost is the host of a URI that has a fully qualified domain name as one.
func uriHost(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return "", false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return "", false
	}
	return u.Hostname(), true
}
