package path

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// extensions is what RFC 5280 §6.1 asks of a certificate's extensions. Numbers that are not there are -1.
type extensions struct {
	basic, ca       bool
	pathLen         int
	hasUsage        bool
	usage           x509.KeyUsage
	keyID           []byte // of the certificate's own key
	authorityID     []byte // of its issuer's key
	hasPolicies     bool
	policies        []string // content of object identifiers, each once
	mappings        []mapping
	requireExplicit int
	inhibitMapping  int
	inhibitAny      int
	hasAlt          bool
	alt             []generalName
	permitted       []generalName
	excluded        []generalName
}

// mapping says that the issuer's policy stands for one of the subject's domain (RFC 5280 §4.2.1.5).
type mapping struct{ issuer, subject string }

// handlers read the extensions that this package processes, or that others judge who are given the path: the extended
// key usage by what is signed, distribution points by who asks for revocation. By their numbers below 2.5.29.
var handlers = map[int]func(c *Certificate, v cryptobyte.String) bool{
	14: (*Certificate).readKeyID,
	15: (*Certificate).readUsage,
	17: (*Certificate).readAlt,
	18: nil, // issuerAltName
	19: (*Certificate).readBasic,
	30: (*Certificate).readConstraints,
	31: nil, // cRLDistributionPoints
	32: (*Certificate).readPolicies,
	33: (*Certificate).readMappings,
	35: (*Certificate).readAuthorityKeyID,
	36: (*Certificate).readPolicyConstraints,
	37: nil, // extKeyUsage
	46: nil, // freshestCRL
	54: (*Certificate).readInhibitAny,
}

// oidAuthorityInfo is id-pe-authorityInfoAccess; it says where to ask, so criticality changes nothing.
const oidAuthorityInfo = "1.3.6.1.5.5.7.1.1"

// readExtensions reads what is known and remembers as a problem what is malformed, doubled, or critical and unknown
// (RFC 5280 §4.2, §6.1.4 (o), §6.1.5 (f)).
func (c *Certificate) readExtensions() {
	c.ext = extensions{pathLen: -1, requireExplicit: -1, inhibitMapping: -1, inhibitAny: -1}
	for i, e := range c.X.Extensions {
		if slices.ContainsFunc(c.X.Extensions[:i], func(o pkix.Extension) bool { return o.Id.Equal(e.Id) }) {
			c.problem = fail(Malformed, c, "extension %s is there twice", e.Id)
			return
		}
		known := e.Id.String() == oidAuthorityInfo
		if id := e.Id; len(id) == 4 && id[0] == 2 && id[1] == 5 && id[2] == 29 {
			var read func(*Certificate, cryptobyte.String) bool
			if read, known = handlers[id[3]]; read != nil && !read(c, e.Value) {
				c.problem = fail(Malformed, c, "extension %s is malformed", e.Id)
				return
			}
		}
		if e.Critical && !known && c.problem == nil {
			c.problem = fail(Constraint, c, "critical extension %s is not known", e.Id)
		}
	}
}

func (c *Certificate) readKeyID(v cryptobyte.String) bool {
	var id cryptobyte.String
	ok := v.ReadASN1(&id, cbasn1.OCTET_STRING) && v.Empty()
	c.ext.keyID = id
	return ok
}

func (c *Certificate) readAuthorityKeyID(v cryptobyte.String) bool {
	var seq, id cryptobyte.String
	var has bool
	ok := v.ReadASN1(&seq, cbasn1.SEQUENCE) && v.Empty() && seq.ReadOptionalASN1(&id, &has, implicit(0))
	c.ext.authorityID = id
	return ok
}

// readUsage reads KeyUsage (RFC 5280 §4.2.1.3), whose bits crypto/x509 numbers in the same order.
func (c *Certificate) readUsage(v cryptobyte.String) bool {
	var bits cryptobyte.String // the number of unused bits, then the bits
	if !v.ReadASN1(&bits, cbasn1.BIT_STRING) || !v.Empty() || len(bits) == 0 || bits[0] > 7 {
		return false
	}
	c.ext.hasUsage = true
	for i, b := range bits[1:] {
		for j := range 8 {
			if b&(0x80>>j) != 0 && i*8+j < 9 {
				c.ext.usage |= 1 << (i*8 + j)
			}
		}
	}
	return true
}

func (c *Certificate) readBasic(v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() {
		return false
	}
	if seq.PeekASN1Tag(cbasn1.BOOLEAN) && !seq.ReadASN1Boolean(&c.ext.ca) {
		return false
	}
	c.ext.basic = true
	return seq.Empty() || readCount(&seq, cbasn1.INTEGER, &c.ext.pathLen) && seq.Empty()
}

// readCount reads a non-negative INTEGER under a tag; what is larger than any path is long comes as maxCount.
func readCount(s *cryptobyte.String, tag cbasn1.Tag, n *int) bool {
	const maxCount = 1 << 20
	var digits cryptobyte.String
	if !s.ReadASN1(&digits, tag) || len(digits) == 0 || digits[0]&0x80 != 0 ||
		len(digits) > 1 && digits[0] == 0 && digits[1]&0x80 == 0 {
		return false
	}
	*n = 0
	for _, d := range digits {
		*n = min(*n<<8|int(d), maxCount)
	}
	return true
}

func (c *Certificate) readPolicies(v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() {
		return false
	}
	c.ext.hasPolicies = true // of none, where the list is empty against the RFC
	seen := map[string]bool{}
	for !seq.Empty() {
		var one, oid cryptobyte.String
		if !seq.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) || len(oid) == 0 {
			return false
		}
		if !seen[string(oid)] {
			seen[string(oid)] = true
			c.ext.policies = append(c.ext.policies, string(oid))
		}
	}
	return true
}

func (c *Certificate) readMappings(v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() || seq.Empty() {
		return false
	}
	for !seq.Empty() {
		var one, from, to cryptobyte.String
		if !seq.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1(&from, cbasn1.OBJECT_IDENTIFIER) ||
			!one.ReadASN1(&to, cbasn1.OBJECT_IDENTIFIER) || !one.Empty() {
			return false
		}
		c.ext.mappings = append(c.ext.mappings, mapping{string(from), string(to)})
	}
	return true
}

func (c *Certificate) readPolicyConstraints(v cryptobyte.String) bool {
	var seq cryptobyte.String
	if !v.ReadASN1(&seq, cbasn1.SEQUENCE) || !v.Empty() || seq.Empty() {
		return false
	}
	if seq.PeekASN1Tag(implicit(0)) && !readCount(&seq, implicit(0), &c.ext.requireExplicit) {
		return false
	}
	return seq.Empty() || readCount(&seq, implicit(1), &c.ext.inhibitMapping) && seq.Empty()
}

func (c *Certificate) readInhibitAny(v cryptobyte.String) bool {
	return readCount(&v, cbasn1.INTEGER, &c.ext.inhibitAny) && v.Empty()
}
