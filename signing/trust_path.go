package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"covenant/signing/internal/path"
)

// CertificatePolicies are the certificate policies that the path of a signer's certificate must be valid for (RFC 5280
// §6.1.1 (c), (e) to (g)). They come from whoever asks for the verdict, never from a file. They are not asked of
// time-stamp authorities and signers of revocation lists, which are certified under policies of their own. The zero
// value accepts what the certificates themselves permit.
type CertificatePolicies struct {
	// Accepted is the initial policy set; default: any policy. By itself it refuses only paths whose certificates ask
	// for an explicit policy; with RequireExplicit all others.
	Accepted        []asn1.ObjectIdentifier
	RequireExplicit bool // the path must be valid for one of the accepted policies
	InhibitMapping  bool // no authority may say that a policy stands for another
	InhibitAny      bool // the policy anyPolicy in a certificate stands for no other
}

type pathKey struct {
	by    *path.Builder
	sum   [sha256.Size]byte
	at    time.Time
	token bool
}

// pathResult are all paths from a certificate to trust anchors, each with the certificate first; or why there is none.
type pathResult struct {
	chains [][]*x509.Certificate
	err    error
}

// path builds the paths from cert to trust anchors (RFC 5280 §6.1), those first that are in their period at the moment,
// then the shorter ones. Validity in time is judged later, link by link; the error is that there is none as such.
func (t *truster) path(ctx context.Context, cert *x509.Certificate, at time.Time, token bool) ([][]*x509.Certificate,
	error) {
	return t.pathBy(ctx, t.builder, cert, at, token)
}

// relied builds the paths for an object to anchors that are relied on for it: one that is for something else, or whose
// days have not begun or are over, is a certificate like any other, past which a path may lead. Where there is none the
// paths are those to any anchor, so that it can be said why it is not relied on.
func (t *truster) relied(ctx context.Context, cert *x509.Certificate, m *moment) ([][]*x509.Certificate, error) {
	if by := t.builderFor(m); by != t.builder {
		if chains, err := t.pathBy(ctx, by, cert, m.at, m.token); err == nil {
			return chains, nil
		}
	}
	return t.path(ctx, cert, m.at, m.token)
}

// builderFor is a builder with the anchors that are relied on for an object; the one with all
// of them, if those are all.
func (t *truster) builderFor(m *moment) *path.Builder {
	var which []byte
	pool, all := x509.NewCertPool(), true
	for i, e := range t.opt.Roots.Entries() {
		if t.unfit([]*x509.Certificate{e.Certificate}, m) != nil {
			all = false
			continue
		}
		which = append(which, fmt.Sprintf("%d,", i)...)
		pool.AddCert(e.Certificate)
	}
	if all {
		return t.builder
	}
	if by, ok := t.builders[string(which)]; ok {
		return by
	}
	by := path.NewBuilder(newPoolAnchors(pool, t.opt.SystemRoots), path.Limits{})
	for _, c := range t.certs {
		by.Add(c)
	}
	t.builders[string(which)] = by
	return by
}

func (t *truster) pathBy(ctx context.Context, by *path.Builder, cert *x509.Certificate, at time.Time, token bool) (
	[][]*x509.Certificate, error) {
	key := pathKey{by, sha256.Sum256(cert.Raw), at, token}
	if p, ok := t.paths[key]; ok {
		return p.chains, p.err
	}
	in := path.Inputs{}
	if asked := t.opt.CertificatePolicies; !token {
		in = path.Inputs{Policies: asked.Accepted, RequireExplicit: asked.RequireExplicit,
			InhibitMapping: asked.InhibitMapping, InhibitAny: asked.InhibitAny}
	}
	chains, err := t.buildPaths(by, cert, in, at)
	for n := 0; n < 5 && fetchHelps(err) && t.fetchIssuer(ctx, by, cert); n++ {
		chains, err = t.buildPaths(by, cert, in, at)
	}
	t.paths[key] = pathResult{chains, err}
	return chains, err
}

func (t *truster) buildPaths(by *path.Builder, cert *x509.Certificate, in path.Inputs, at time.Time) (
	all [][]*x509.Certificate, err error) {
	// The middle of the validity of all would be right; the leaf's last moment is it wherever issuers outlive it.
	found, _, err := by.Find(cert, in, []time.Time{at, clampTime(t.now, cert), cert.NotAfter, cert.NotBefore})
	for _, p := range found {
		all = append(all, p.Certificates)
	}
	return all, err
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

// fetchHelps: a certificate that is not at hand may lead to an anchor.
func fetchHelps(err error) bool {
	var e *path.Error
	return errors.As(err, &e) && e.Unreached()
}

// fetchIssuer gets a certificate that is missing above cert.
func (t *truster) fetchIssuer(ctx context.Context, by *path.Builder, cert *x509.Certificate) bool {
	if t.client == nil {
		return false
	}
	before := len(t.certs)
	for _, top := range by.Top(cert) {
		if issuer, err := t.client.Issuer(ctx, top); err == nil {
			t.addCertificates([]*x509.Certificate{issuer})
		}
	}
	return len(t.certs) > before
}

// chainFailure is what a path's error means for the verdict (EN 319 102-1 §5.2.6.4).
func chainFailure(err error) (SubIndication, ReasonCode) {
	var e *path.Error
	if !errors.As(err, &e) {
		return ChainGeneralFailure, ReasonChain
	}
	switch {
	case e.Code == path.BadKey:
		return NoCertificateChainFound, ReasonUnsupportedKey
	case e.Unreached():
		return NoCertificateChainFound, ReasonUntrusted
	case e.Code == path.Policies:
		return ChainConstraintsFailure, ReasonCertificatePolicy
	}
	return ChainGeneralFailure, ReasonChain
}

// poolAnchors finds anchors in pools of crypto/x509, which can be asked who signed a certificate, and not what they
// hold.
type poolAnchors struct {
	pools []*x509.CertPool
	names map[string][][]byte // subjects of anchors as they write them, by path.Name.Key; nil: not read yet
}

func newPoolAnchors(roots *x509.CertPool, withSystem bool) *poolAnchors {
	a := &poolAnchors{pools: []*x509.CertPool{roots}}
	if withSystem {
		if system, err := x509.SystemCertPool(); err == nil {
			a.pools = append(a.pools, system)
		}
	}
	return a
}

// Trusted implements [path.Anchors].
func (a *poolAnchors) Trusted(c *path.Certificate) bool {
	// Without a signature nothing can be found but the certificate itself, whatever the period.
	probe := probeOf(c.X, nil)
	probe.Signature = nil
	return slices.ContainsFunc(a.pools, func(p *x509.CertPool) bool { return len(ask(probe, p, c.X.NotBefore, 1)) > 0 })
}

// Above implements [path.Anchors].
func (a *poolAnchors) Above(c *path.Certificate, times []time.Time) []*x509.Certificate {
	times = append(slices.Clone(times), c.X.NotBefore, c.X.NotAfter)
	if found := a.named(c, c.X.RawIssuer, times); len(found) > 0 {
		return found
	}
	for _, name := range a.spellings(c) {
		if found := a.named(c, name, times); len(found) > 0 {
			return found
		}
	}
	return nil
}

// named are the anchors of a name that signed c and are in their period at the first of the times at which any is.
func (a *poolAnchors) named(c *path.Certificate, name []byte, times []time.Time) []*x509.Certificate {
	probe := probeOf(c.X, name)
	if a.Trusted(c) { // crypto/x509 looks no further than one that is in the pool, which it knows by these bytes
		probe.Raw = append(slices.Clone(probe.Raw), 0)
	}
	for i, at := range times {
		if slices.ContainsFunc(times[:i], at.Equal) {
			continue
		}
		for _, pool := range a.pools {
			if found := ask(probe, pool, at, 2); len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// spellings are other ways in which anchors write the name of c's issuer (RFC 5280 §7.1). Where the system keeps its
// anchors to itself, none is known.
func (a *poolAnchors) spellings(c *path.Certificate) [][]byte {
	if a.names == nil {
		a.names = map[string][][]byte{}
		for _, pool := range a.pools {
			//nolint:staticcheck // anchors that the system keeps to itself are asked for by the name as written
			for _, raw := range pool.Subjects() {
				if n, ok := path.ParseName(raw); ok {
					a.names[n.Key()] = append(a.names[n.Key()], raw)
				}
			}
		}
	}
	var out [][]byte
	for _, raw := range a.names[c.Issuer.Key()] {
		same := func(o []byte) bool { return bytes.Equal(o, raw) }
		if !same(c.X.RawIssuer) && !slices.ContainsFunc(out, same) {
			out = append(out, raw)
		}
	}
	return out
}

// probeOf is of a certificate what it takes to find who signed it: its own period and extensions are judged by path.
func probeOf(c *x509.Certificate, issuer []byte) *x509.Certificate {
	return &x509.Certificate{Raw: c.Raw, RawTBSCertificate: c.RawTBSCertificate, RawIssuer: issuer,
		RawSubject: c.RawSubject, PublicKey: c.PublicKey, Signature: c.Signature,
		SignatureAlgorithm: c.SignatureAlgorithm,
		NotAfter:           time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
}

// ask is who signed probe, of the anchors in a pool that are in their period at a time; or probe itself, if it is one
// and length is 1. Longer chains are those of systems that know of certificates in between, which do not count here.
func ask(probe *x509.Certificate, pool *x509.CertPool, at time.Time, length int) (found []*x509.Certificate) {
	chains, err := probe.Verify(x509.VerifyOptions{Roots: pool, Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil
	}
	for _, chain := range chains {
		if len(chain) == length {
			found = append(found, chain[length-1])
		}
	}
	return found
}

// signingUsage checks that a certificate may sign documents: key usage digitalSignature or nonRepudiation
// (RFC 5280 §4.2.1.3), and no extended key usage that confines it to something else.
func signingUsage(c *x509.Certificate) bool {
	if read := path.Of(c); read != nil {
		c = read.X // one that crypto/x509 does not read has its usage there only
	}
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
