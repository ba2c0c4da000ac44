package revocation

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"

	"covenant/signing/internal/path"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var oidCertificatePoints = asn1.ObjectIdentifier{2, 5, 29, 31}

// reasonSet has a bit for each reason of ReasonFlags (RFC 5280 §4.2.1.13), of which the first is not used.
type reasonSet uint16

const allReasons reasonSet = 0x1fe

// scope is issuingDistributionPoint (RFC 5280 §5.2.5): which certificates, and reasons, a list is about.
type scope struct {
	named        bool // it has a distribution point
	names        []string
	userOnly     bool
	authorities  bool // only
	attributes   bool // only
	indirect     bool
	reasons      reasonSet
	extensionDER string // two lists of one scope have the same
}

func everything() scope { return scope{reasons: allReasons} }

func readScope(der cryptobyte.String, issuer []byte) (s scope, ok bool) {
	s = everything()
	s.extensionDER = string(der)
	var seq, point cryptobyte.String
	if !der.ReadASN1(&seq, cbasn1.SEQUENCE) || !der.Empty() || !seq.ReadOptionalASN1(&point, &s.named, explicit(0)) {
		return s, false
	}
	if s.named {
		if s.names, ok = pointNames(point, issuer); !ok {
			return s, false
		}
	}
	for !seq.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !seq.ReadAnyASN1(&value, &tag) {
			return s, false
		}
		if tag == implicit(3) {
			if s.reasons, ok = readReasons(value); !ok {
				return s, false
			}
			continue
		}
		flag := map[cbasn1.Tag]*bool{implicit(1): &s.userOnly, implicit(2): &s.authorities, implicit(4): &s.indirect,
			implicit(5): &s.attributes}[tag]
		if flag == nil || len(value) != 1 {
			return s, false
		}
		*flag = value[0] != 0
	}
	return s, true
}

func implicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific() }

// readReasons reads the content of ReasonFlags.
func readReasons(bits []byte) (set reasonSet, ok bool) {
	if len(bits) == 0 || bits[0] > 7 {
		return 0, false
	}
	for i, b := range bits[1:] {
		for j := range 8 {
			if n := i*8 + j; b&(0x80>>j) != 0 && n <= 8 {
				set |= 1 << n
			}
		}
	}
	return set & allReasons, true
}

// point is one of a certificate's distribution points.
type point struct {
	names   []string
	reasons reasonSet
	issuers []string // cRLIssuer, as path.Name.Key; nil: the certificate's own
}

// subject is a certificate that lists are asked about.
type subject struct {
	cert, issuer *x509.Certificate
	issuerName   string // path.Name.Key
	points       []point
	tries        int // signers other than issuer
}

// newSubject reads the certificate's points; the last is the one that every certificate has: its issuer's name, for all
// reasons (§6.3.3, end). Both names were signed by the issuer; which list is shown for which certificate the file's
// author chose, so what cannot be read or compared is no match.
func newSubject(cert, issuer *x509.Certificate) *subject {
	s := &subject{cert: cert, issuer: issuer}
	name, ok := path.ParseName(cert.RawIssuer)
	if above, ok2 := path.ParseName(issuer.RawSubject); !ok || !ok2 || name.Key() != above.Key() {
		return s // about nobody: no list has an issuer without name
	}
	s.issuerName = name.Key()
	s.points = append(certificatePoints(cert), point{names: []string{directoryKey(s.issuerName)}, reasons: allReasons})
	return s
}

// covered is for which reasons a list speaks about the certificate (§6.3.3 (b), (d)).
func (s *subject) covered(l *List) (reasons reasonSet) {
	ca := s.cert.BasicConstraintsValid && s.cert.IsCA
	if l.scope.attributes || l.scope.userOnly && ca || l.scope.authorities && !ca {
		return 0
	}
	for _, p := range s.points {
		byName := l.issuer == s.issuerName
		if p.issuers != nil {
			byName = l.scope.indirect && slices.Contains(p.issuers, l.issuer)
		}
		if byName && (!l.scope.named || p.meets(l.scope.names)) {
			reasons |= p.reasons & l.scope.reasons
		}
	}
	return reasons
}

// meets: one of the list's names is one of the point's, or where the point has none, its issuer's (§6.3.3 (b)(2)(i)).
func (p point) meets(names []string) bool {
	own := p.names
	if own == nil {
		for _, issuer := range p.issuers {
			own = append(own, directoryKey(issuer))
		}
	}
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(own, n) })
}

// maxPoints bounds what is read of a certificate's points.
const maxPoints = 100

// certificatePoints reads cRLDistributionPoints (§4.2.1.13); where it is malformed, nothing of it counts.
func certificatePoints(cert *x509.Certificate) (out []point) {
	i := slices.IndexFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidCertificatePoints) })
	if i < 0 {
		return nil
	}
	in := cryptobyte.String(cert.Extensions[i].Value)
	var points, one cryptobyte.String
	if !in.ReadASN1(&points, cbasn1.SEQUENCE) || !in.Empty() {
		return nil
	}
	for !points.Empty() {
		if len(out) == maxPoints || !points.ReadASN1(&one, cbasn1.SEQUENCE) {
			return nil
		}
		p, ok := readPoint(one, cert.RawIssuer)
		if !ok {
			return nil
		}
		out = append(out, p)
	}
	return out
}

func readPoint(one cryptobyte.String, certIssuer []byte) (p point, ok bool) {
	var name, reasons, issuers cryptobyte.String
	var hasName, hasReasons, hasIssuers bool
	if !one.ReadOptionalASN1(&name, &hasName, explicit(0)) || !one.ReadOptionalASN1(&reasons, &hasReasons,
		implicit(1)) ||
		!one.ReadOptionalASN1(&issuers, &hasIssuers, explicit(2)) || !one.Empty() || !hasName && !hasIssuers {
		return p, false
	}
	p.reasons = allReasons
	if hasReasons {
		if p.reasons, ok = readReasons(reasons); !ok {
			return p, false
		}
	}
	relativeTo := certIssuer
	if hasIssuers {
		p.issuers = []string{} // of list issuers without a directory name none is known
		for !issuers.Empty() {
			var g cryptobyte.String
			var tag cbasn1.Tag
			if !issuers.ReadAnyASN1(&g, &tag) {
				return p, false
			}
			if n, ok := path.ParseName(g); tag == explicit(4) && ok {
				p.issuers = append(p.issuers, n.Key())
				relativeTo = g
			}
		}
	}
	if hasName {
		p.names, ok = pointNames(name, relativeTo)
		return p, ok
	}
	return p, true
}

// pointNames reads a DistributionPointName (§4.2.1.13) as comparable GeneralNames; a name relative to the list's issuer
// is the directory name that it stands for.
func pointNames(point cryptobyte.String, issuer []byte) (out []string, ok bool) {
	var names cryptobyte.String
	var tag cbasn1.Tag
	if !point.ReadAnyASN1(&names, &tag) || !point.Empty() || names.Empty() {
		return nil, false
	}
	switch tag {
	case explicit(0): // fullName
		for !names.Empty() {
			key, ok := generalNameKey(&names)
			if !ok || len(out) == maxPoints {
				return nil, false
			}
			out = append(out, key)
		}
		return out, true
	case explicit(1): // nameRelativeToCRLIssuer
		in := cryptobyte.String(issuer)
		var rdns cryptobyte.String
		if !in.ReadASN1(&rdns, cbasn1.SEQUENCE) {
			return nil, false
		}
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(rdns)
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(names) })
		})
		der, err := b.Bytes()
		n, ok := path.ParseName(der)
		return []string{directoryKey(n.Key())}, err == nil && ok
	}
	return nil, false
}

// generalNameKey is the same for two GeneralNames that match: directory names by RFC 5280 §7.1, others byte by byte.
func generalNameKey(s *cryptobyte.String) (string, bool) {
	var element, content cryptobyte.String
	var tag cbasn1.Tag
	if !s.ReadAnyASN1Element(&element, &tag) {
		return "", false
	}
	if tag != explicit(4) {
		return string(element), true
	}
	whole := element
	if !whole.ReadASN1(&content, tag) {
		return "", false
	}
	n, ok := path.ParseName(content)
	return directoryKey(n.Key()), ok
}

// directoryKey keeps directory names apart from the encodings of others.
func directoryKey(name string) string { return "directory name " + name }
