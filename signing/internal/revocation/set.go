package revocation

import (
	"bytes"
	"crypto/x509"
)

// Set is a collection of revocation data of unknown worth, such as a DSS dictionary holds, parsed once and asked about
// many certificates. It is not for concurrent use.
type Set struct {
	responses []response
	lists     []*List
	seen      map[string]bool
	known     delegates
}

type response struct {
	der   []byte
	basic *basicResponse
}

// maxSet bounds a Set.
const maxSet = 5000

// AddOCSP takes a DER OCSPResponse or BasicOCSPResponse; one that cannot be parsed is left out.
func (s *Set) AddOCSP(der []byte) {
	if !s.fresh(der) {
		return
	}
	if b, err := parseOCSPResponse(der); err == nil {
		s.responses = append(s.responses, response{der, b})
	}
}

// AddCRL takes a DER CertificateList; one that cannot be parsed is left out.
func (s *Set) AddCRL(der []byte) {
	if !s.fresh(der) {
		return
	}
	if l, err := ParseList(der); err == nil {
		s.lists = append(s.lists, l)
	}
}

func (s *Set) fresh(der []byte) bool {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if s.seen[string(der)] || len(s.seen) >= maxSet {
		return false
	}
	s.seen[string(der)] = true
	return true
}

// Find is everything in the set that is about cert and holds. Who may be nil: then issuer signs its lists itself.
func (s *Set) Find(cert, issuer *x509.Certificate, who Authorities) []*Evidence {
	var out []*Evidence
	for _, r := range s.responses {
		if e, err := r.basic.evidence(r.der, cert, issuer, &s.known); err == nil {
			out = append(out, e)
		}
	}
	if len(s.lists) == 0 {
		return out
	}
	var found []*finding
	about := newSubject(cert, issuer)
	for _, l := range s.lists {
		if f, err := l.about(about, who); err == nil {
			found = append(found, f)
		}
	}
	return append(out, weigh(about, found)...)
}

// delegates remembers responders' certificates, which many responses share.
type delegates struct {
	parsed map[string]*x509.Certificate // by DER; nil: cannot be parsed
	good   map[string]bool              // DER of the certificate and of its issuer
	bad    map[badKey]bool              // responses whose signature did not hold
}

type badKey struct {
	response *basicResponse
	issuer   string // DER
}

func (d *delegates) parse(der []byte) *x509.Certificate {
	if c, ok := d.parsed[string(der)]; ok {
		return c
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		c = nil
	}
	if d.parsed == nil {
		d.parsed = map[string]*x509.Certificate{}
	}
	d.parsed[string(der)] = c
	return c
}

// certified: c was issued by issuer itself.
func (d *delegates) certified(c, issuer *x509.Certificate) bool {
	key := string(c.Raw) + string(issuer.Raw)
	good, ok := d.good[key]
	if !ok {
		good = bytes.Equal(c.RawIssuer, issuer.RawSubject) && c.CheckSignatureFrom(issuer) == nil
		if d.good == nil {
			d.good = map[string]bool{}
		}
		d.good[key] = good
	}
	return good
}
