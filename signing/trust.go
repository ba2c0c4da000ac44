package signing

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"covenant/signing/internal/path"
	"covenant/signing/internal/revocation"
	"covenant/signing/trust"
)

// GuardedHTTPClient is a client for addresses that others chose, such as those in certificates: it connects to public
// addresses only, save those that allow accepts (nil: none), and limits time and redirects.
func GuardedHTTPClient(allow func(netip.Addr) bool) *http.Client {
	return revocation.GuardedHTTP(allow)
}

// RevocationMode says what becomes of a signature when nothing is known about a certificate's revocation.
type RevocationMode string

// The modes.
const (
	RevocationRequired RevocationMode = ""     // INDETERMINATE / TRY_LATER
	RevocationSoft     RevocationMode = "soft" // accepted, and said so in the result
)

// truster judges certificates for one file. It remembers what it has found.
type truster struct {
	opt      *VerifyOptions
	now      time.Time
	client   *revocation.Client
	certs    []*x509.Certificate // all that the file holds
	known    map[[32]byte]bool
	builder  *path.Builder            // of the same certificates
	builders map[string]*path.Builder // with some of the anchors only; see builderFor
	data     revocation.Set
	evidence map[evidenceKey][]*revocation.Evidence
	speaking map[[32]byte]bool // signers of lists that are being judged
	spoken   map[speech]bool   // signers of lists that were judged
	judged   int               // how often
	paths    map[pathKey]pathResult
}

const (
	maxFileCertificates = 2000
	maxFileRevocations  = 2000
)

func newTruster(opt *VerifyOptions, now time.Time) *truster {
	t := &truster{opt: opt, now: now, known: map[[32]byte]bool{}, evidence: map[evidenceKey][]*revocation.Evidence{},
		paths: map[pathKey]pathResult{}, builders: map[string]*path.Builder{},
		builder:  path.NewBuilder(newPoolAnchors(opt.Roots.Pool(), opt.SystemRoots), path.Limits{}),
		speaking: map[[32]byte]bool{}, spoken: map[speech]bool{}}
	if opt.Online {
		t.client = &revocation.Client{HTTP: opt.HTTP}
	}
	t.addCertificates(opt.Intermediates)
	return t
}

// addCertificates makes certificates available for chains. Being in a file makes none of them trusted.
func (t *truster) addCertificates(certs []*x509.Certificate) {
	for _, c := range certs {
		key := sha256.Sum256(c.Raw)
		if !t.known[key] && len(t.certs) < maxFileCertificates {
			t.known[key] = true
			t.certs = append(t.certs, c)
			t.builder.Add(c)
			for _, by := range t.builders {
				by.Add(c)
			}
		}
	}
}

func (t *truster) addRevocation(ocsps, crls [][]byte) {
	for _, der := range ocsps {
		t.data.AddOCSP(der)
	}
	for _, der := range crls {
		t.data.AddCRL(der)
	}
}

func (m *moment) choose(evidence []*revocation.Evidence) *revocation.Evidence {
	var best *revocation.Evidence
	for _, e := range evidence {
		if m.revoked(e) {
			return e
		}
		if e.Usable(m.statusTime()) == nil && (best == nil || e.ThisUpdate.After(best.ThisUpdate)) {
			best = e
		}
	}
	return best
}

func revocationInfo(e *revocation.Evidence, online bool) *RevocationInfo {
	info := &RevocationInfo{Source: RevocationFromFile, Kind: string(e.Kind), Revoked: e.Revoked,
		RevokedAt: e.RevokedAt,
		Reason:    e.Reason, ThisUpdate: e.ThisUpdate, NextUpdate: e.NextUpdate}
	if online {
		info.Source = RevocationOnline
	}
	return info
}

// trustVerdict is the outcome of validating one certificate's chain at a time.
type trustVerdict struct {
	indication Indication
	sub        SubIndication
	reasons    []Reason
	links      []ChainLink
	complete   bool // every link that needs it has revocation data from the file
	test       bool // the trust anchor is a test
	evidence   []*revocation.Evidence
}

func (v *trustVerdict) fail(ind Indication, sub SubIndication, r Reason) {
	if v.indication == TotalPassed {
		v.indication, v.sub = ind, sub
	}
	v.reasons = append(v.reasons, r)
}

// moment is when an object is known to have existed.
type moment struct {
	at     time.Time // it existed then: proven, or the time of validation
	proven bool      // by a time-stamp
	// it did not exist before this; zero: unknown. Revocation or expiry before it is final (EN 319 102-1 table 5)
	notBefore time.Time
	token     bool      // the object is a time-stamp token
	issued    time.Time // the token's own time
	purpose   trust.Purpose
}

// statusTime is the time that revocation data must speak about. For a time-stamp's certificate, data issued after the
// token are accepted at any later time: nothing in a file can be newer, and when servers may be asked they are.
func (m *moment) statusTime() time.Time {
	if m.token && m.issued.Before(m.at) {
		return m.issued
	}
	return m.at
}

// revoked reports whether the evidence takes the object's validity away. A time-stamp made before its authority was
// revoked stays good if the reason is harmless (RFC 3161 §4.1: affiliation changed, superseded, cessation).
func (m *moment) revoked(e *revocation.Evidence) bool {
	if m.token && e.Revoked && e.Reason >= 3 && e.Reason <= 5 {
		return e.RevokedBy(m.issued)
	}
	return e.RevokedBy(m.at)
}

// validate judges cert for an object of moment m (EN 319 102-1 §5.2.6 and §5.6.2).
func (t *truster) validate(ctx context.Context, cert *x509.Certificate, m moment) trustVerdict {
	chains, err := t.relied(ctx, cert, &m)
	if err != nil {
		v := trustVerdict{indication: TotalPassed, links: []ChainLink{{Certificate: cert}}}
		sub, code := chainFailure(err)
		v.fail(Indeterminate, sub, Reason{Code: code, Detail: err.Error(), Name: name(cert)})
		m.checkValidity(&v, cert, false)
		return v
	}
	return t.best(ctx, chains, &m)
}

// validateChain judges a chain whose trust anchor is relied on.
func (t *truster) validateChain(ctx context.Context, chain []*x509.Certificate, m *moment) trustVerdict {
	v := trustVerdict{indication: TotalPassed, complete: true, test: t.anchor(chain).Kind == trust.Test}
	for i, c := range chain {
		link := ChainLink{Certificate: c, TrustAnchor: i == len(chain)-1}
		link.Test = link.TrustAnchor && v.test
		if link.TrustAnchor && i == 0 {
			m.checkValidity(&v, c, false) // trusted itself, and the signer's: its period still counts
		}
		if !link.TrustAnchor {
			link.Revocation = t.validateLink(ctx, &v, chain, i, m)
		}
		v.links = append(v.links, link)
	}
	return v
}

func (t *truster) validateLink(ctx context.Context, v *trustVerdict, chain []*x509.Certificate, depth int,
	m *moment) *RevocationInfo {
	c := chain[depth]
	if shortLived(c) {
		m.checkValidity(v, c, true)
		return nil
	}
	e, online := t.status(ctx, chain[depth:], m)
	m.checkValidity(v, c, e != nil && !e.Revoked)
	if e == nil {
		v.complete = false
		if t.opt.Revocation == RevocationSoft {
			v.reasons = append(v.reasons, Reason{Code: ReasonRevocationSkipped, Name: name(c)})
		} else if !m.at.Before(c.NotBefore) && !m.at.After(c.NotAfter) {
			v.fail(Indeterminate, TryLater, Reason{Code: ReasonNoRevocation, Name: name(c)})
		}
		return nil
	}
	if online {
		v.complete = false
	}
	v.evidence = append(v.evidence, e)
	if m.revoked(e) {
		r := Reason{Code: ReasonRevoked, Name: name(c), Time: e.RevokedAt}
		switch {
		case depth > 0:
			v.fail(Indeterminate, RevokedCANoPOE, r)
		case !m.notBefore.IsZero() && !m.notBefore.Before(e.RevokedAt):
			v.fail(TotalFailed, Revoked, r)
		default:
			v.fail(Indeterminate, RevokedNoPOE, r)
		}
	}
	return revocationInfo(e, online)
}

// oidShortTerm is id-etsi-ext-valassured-ST-certs (EN 319 412-1 §5.2).
var oidShortTerm = asn1.ObjectIdentifier{0, 4, 0, 194121, 2, 1}

// shortLived: the authority does not revoke this certificate because it ends soon enough.
func shortLived(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidShortTerm) })
}

// checkValidity compares a certificate's period with the moment.
func (m *moment) checkValidity(v *trustVerdict, c *x509.Certificate, notRevoked bool) {
	switch {
	case m.at.After(c.NotAfter):
		r := Reason{Code: ReasonExpired, Name: name(c), Time: c.NotAfter}
		switch {
		case m.notBefore.After(c.NotAfter):
			v.fail(TotalFailed, Expired, r)
		case notRevoked:
			v.fail(Indeterminate, OutOfBoundsNotRevoked, r)
		default:
			v.fail(Indeterminate, OutOfBoundsNoPOE, r)
		}
	case m.at.Before(c.NotBefore):
		r := Reason{Code: ReasonNotYetValid, Name: name(c), Time: c.NotBefore}
		if m.proven {
			v.fail(TotalFailed, NotYetValid, r)
		} else {
			v.fail(Indeterminate, OutOfBoundsNoPOE, r)
		}
	}
}

// name is what a certificate calls its holder.
func name(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}
