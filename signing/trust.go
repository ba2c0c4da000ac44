package signing

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

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
	data     revocation.Set
	evidence map[[32]byte][]*revocation.Evidence
	paths    map[[32]byte]pathResult
}

// pathResult are all chains from a certificate to trust anchors, each with the certificate first; or why there is none.
type pathResult struct {
	chains [][]*x509.Certificate
	err    error
}

const (
	maxFileCertificates = 2000
	maxFileRevocations  = 2000
)

func newTruster(opt *VerifyOptions, now time.Time) *truster {
	t := &truster{opt: opt, now: now, known: map[[32]byte]bool{}, evidence: map[[32]byte][]*revocation.Evidence{},
		paths: map[[32]byte]pathResult{}}
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

// path builds the chains from cert to trust anchors. What these are good for, and validity in time, is judged later, by
// chain and link by link; the error is that there is no chain as such.
func (t *truster) path(ctx context.Context, cert *x509.Certificate) ([][]*x509.Certificate, error) {
	key := sha256.Sum256(cert.Raw)
	if p, ok := t.paths[key]; ok {
		return p.chains, p.err
	}
	chains, err := t.buildPaths(cert)
	var unknown x509.UnknownAuthorityError
	for n := 0; err != nil && errors.As(err, &unknown) && t.client != nil && n < 5; n++ {
		if !t.fetchIssuer(ctx, cert) {
			break
		}
		chains, err = t.buildPaths(cert)
	}
	t.paths[key] = pathResult{chains, err}
	return chains, err
}

// buildPaths finds all chains, those first that are valid at a likely time, then the shorter ones.
func (t *truster) buildPaths(cert *x509.Certificate) (all [][]*x509.Certificate, err error) {
	pool := x509.NewCertPool()
	for _, c := range t.certs {
		pool.AddCert(c)
	}
	known := map[[32]byte]bool{}
	for _, roots := range t.roots() {
		// The middle of the validity of all would be right; the leaf's last moment is it wherever issuers outlive it.
		for _, at := range []time.Time{clampTime(t.now, cert), cert.NotAfter, cert.NotBefore} {
			var chains [][]*x509.Certificate
			chains, err = cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool, CurrentTime: at,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			slices.SortStableFunc(chains, func(a, b []*x509.Certificate) int { return len(a) - len(b) })
			for _, chain := range chains {
				if key := chainKey(chain); !known[key] {
					known[key] = true
					all = append(all, chain)
				}
			}
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, err
}

func chainKey(chain []*x509.Certificate) [32]byte {
	var sums []byte
	for _, c := range chain {
		sum := sha256.Sum256(c.Raw)
		sums = append(sums, sum[:]...)
	}
	return sha256.Sum256(sums)
}

func (t *truster) roots() []*x509.CertPool {
	out := []*x509.CertPool{t.opt.Roots.Pool()}
	if t.opt.SystemRoots {
		if system, err := x509.SystemCertPool(); err == nil {
			out = append(out, system)
		}
	}
	return out
}

func clampTime(at time.Time, c *x509.Certificate) time.Time {
	if at.After(c.NotAfter) {
		return c.NotAfter
	}
	if at.Before(c.NotBefore) {
		return c.NotBefore
	}
	return at
}

// fetchIssuer gets the certificate that is missing above cert.
func (t *truster) fetchIssuer(ctx context.Context, cert *x509.Certificate) bool {
	at := cert
	for range 8 {
		next := issuerOf(at, t.certs)
		if next == nil || next.Equal(at) {
			break
		}
		at = next
	}
	issuer, err := t.client.Issuer(ctx, at)
	if err != nil {
		return false
	}
	before := len(t.certs)
	t.addCertificates([]*x509.Certificate{issuer})
	return len(t.certs) > before
}

// fileEvidence is everything that the file's data say about cert, already checked.
func (t *truster) fileEvidence(cert, issuer *x509.Certificate) []*revocation.Evidence {
	key := sha256.Sum256(append(append([]byte{}, cert.Raw...), issuer.Raw...))
	if e, ok := t.evidence[key]; ok {
		return e
	}
	out := slices.DeleteFunc(t.data.Find(cert, issuer), func(e *revocation.Evidence) bool {
		return t.responderRevoked(e, issuer)
	})
	t.evidence[key] = out
	return out
}

// responderRevoked: an OCSP responder without id-pkix-ocsp-nocheck whose own certificate the file shows to be revoked
// when it answered (RFC 6960 §4.2.2.2.1). That nothing is known about it is accepted.
func (t *truster) responderRevoked(e *revocation.Evidence, issuer *x509.Certificate) bool {
	if !e.Delegated || e.NoCheck {
		return false
	}
	for _, own := range t.data.Find(e.Responder, issuer) {
		if own.RevokedBy(e.ProducedAt) {
			return true
		}
	}
	return false
}

// status is what is known about cert at a moment, and whether it was fetched: evidence of revocation if there is any,
// else the newest that is usable, else nil. Servers are asked when the file's data say nothing about the moment, and
// about a time-stamp's certificate when they are not of today.
func (t *truster) status(ctx context.Context, cert, issuer *x509.Certificate, m *moment) (*revocation.Evidence, bool) {
	best := m.choose(t.fileEvidence(cert, issuer))
	if t.client == nil || (best != nil && (m.revoked(best) || best.Usable(m.at) == nil)) {
		return best, false
	}
	e, err := t.client.Check(ctx, cert, issuer, time.Time{})
	if err != nil {
		return best, false
	}
	if e = m.choose([]*revocation.Evidence{e}); e != nil {
		return e, true
	}
	return best, false
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
	chains, err := t.path(ctx, cert)
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
			link.Revocation = t.validateLink(ctx, &v, c, chain[i+1], i, m)
		}
		v.links = append(v.links, link)
	}
	return v
}

func chainFailure(err error) (SubIndication, ReasonCode) {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return NoCertificateChainFound, ReasonUntrusted
	}
	return ChainGeneralFailure, ReasonChain
}

func (t *truster) validateLink(ctx context.Context, v *trustVerdict, c, issuer *x509.Certificate, depth int,
	m *moment) *RevocationInfo {
	if shortLived(c) {
		m.checkValidity(v, c, true)
		return nil
	}
	e, online := t.status(ctx, c, issuer, m)
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

// signingUsage checks that a certificate may sign documents: key usage digitalSignature or nonRepudiation
// (RFC 5280 §4.2.1.3), and no extended key usage that confines it to something else.
func signingUsage(c *x509.Certificate) bool {
	if c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return false
	}
	if len(c.ExtKeyUsage) == 0 || len(c.UnknownExtKeyUsage) > 0 {
		return true
	}
	other := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageTimeStamping,
		x509.ExtKeyUsageOCSPSigning}
	return slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool { return !slices.Contains(other, u) })
}
