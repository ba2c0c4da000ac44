package signing

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"covenant/signing/internal/revocation"
)

type evidenceKey struct{ cert, issuer, anchor [sha256.Size]byte }

// fileEvidence is everything that the file's data say about cert, whose path leads to anchor, already checked.
func (t *truster) fileEvidence(ctx context.Context, cert, issuer, anchor *x509.Certificate) []*revocation.Evidence {
	key := evidenceKey{sha256.Sum256(cert.Raw), sha256.Sum256(issuer.Raw), sha256.Sum256(anchor.Raw)}
	if e, ok := t.evidence[key]; ok {
		return e
	}
	who := &listSigners{t, ctx, anchor}
	out := slices.DeleteFunc(t.data.Find(cert, issuer, who), func(e *revocation.Evidence) bool {
		return t.responderRevoked(e, issuer, who)
	})
	if len(t.speaking) == 0 { // else it may rest on a signer that is still in doubt
		t.evidence[key] = out
	}
	return out
}

// responderRevoked: an OCSP responder without id-pkix-ocsp-nocheck whose own certificate the file shows to be revoked
// when it answered (RFC 6960 §4.2.2.2.1). That nothing is known about it is accepted.
func (t *truster) responderRevoked(e *revocation.Evidence, issuer *x509.Certificate, who *listSigners) bool {
	if e.Kind != revocation.OCSP || !e.Delegated || e.NoCheck {
		return false
	}
	for _, own := range t.data.Find(e.Responder, issuer, who) {
		if own.RevokedBy(e.ProducedAt) {
			return true
		}
	}
	return false
}

// listSigners answer for who signed revocation lists in place of an issuer. They are found among all certificates that
// are at hand, so anybody may have put them there.
type listSigners struct {
	t      *truster
	ctx    context.Context //nolint:containedctx // it lives no longer than the call that it is made for
	anchor *x509.Certificate
}

// Named implements [revocation.Authorities].
func (s *listSigners) Named(subject string) (out []*x509.Certificate) {
	for _, c := range s.t.builder.Named(subject) {
		out = append(out, c.X)
	}
	return out
}

// maxSpeaking is how many signers may depend on one another: a list's signer is revoked or not by a list of another.
// maxSpoken is how many are judged for one file.
const (
	maxSpeaking = 4
	maxSpoken   = 200
)

// speech is a signer, for an anchor at a time.
type speech struct {
	signer, anchor [sha256.Size]byte
	at             time.Time
}

// Speaks implements [revocation.Authorities]: the signer has a valid path to the same anchor (RFC 5280 §6.3.3 (f)), was
// in its period when it signed, and each certificate of the path is known not to be revoked. A signer on whose own list
// its status depends is believed as far as that: there is no other way for an authority whose key for lists is
// certified by itself.
func (s *listSigners) Speaks(signer *x509.Certificate, at time.Time) bool {
	key := speech{sha256.Sum256(signer.Raw), sha256.Sum256(s.anchor.Raw), at}
	if s.t.speaking[key.signer] {
		return true
	}
	known, ok := s.t.spoken[key]
	if ok {
		return known
	}
	if s.t.judged++; s.t.judged > maxSpoken || len(s.t.speaking) >= maxSpeaking {
		return false
	}
	s.t.speaking[key.signer] = true
	known = s.speaks(signer, at)
	delete(s.t.speaking, key.signer)
	if len(s.t.speaking) == 0 { // else it may rest on a signer that is still in doubt
		s.t.spoken[key] = known
	}
	return known
}

func (s *listSigners) speaks(signer *x509.Certificate, at time.Time) bool {
	if at.Before(signer.NotBefore) || at.After(signer.NotAfter) {
		return false
	}
	chain, err := s.t.path(s.ctx, signer, at, true)
	if err != nil || !chain[len(chain)-1].Equal(s.anchor) {
		return false
	}
	for i, c := range chain[:len(chain)-1] {
		if !s.unrevoked(c, chain[i+1], at) {
			return false
		}
	}
	return true
}

// unrevoked: something says that c was good at a time, and nothing says that it was ever revoked.
func (s *listSigners) unrevoked(c, issuer *x509.Certificate, at time.Time) bool {
	if shortLived(c) {
		return true
	}
	known := s.t.fileEvidence(s.ctx, c, issuer, s.anchor)
	usable := func(e *revocation.Evidence) bool { return e.Usable(at) == nil }
	if s.t.client != nil && !slices.ContainsFunc(known, usable) {
		if e, err := s.t.client.CheckWith(s.ctx, c, issuer, time.Time{}, s); err == nil {
			known = append(slices.Clip(known), e)
		}
	}
	if slices.ContainsFunc(known, func(e *revocation.Evidence) bool { return e.Revoked }) {
		return false
	}
	return s.t.opt.Revocation == RevocationSoft || slices.ContainsFunc(known, usable)
}

// status is what is known about cert at a moment, and whether it was fetched: evidence of revocation if there is any,
// else the newest that is usable, else nil. Servers are asked when the file's data say nothing about the moment, and
// about a time-stamp's certificate when they are not of today.
func (t *truster) status(ctx context.Context, cert, issuer, anchor *x509.Certificate, m *moment) (
	*revocation.Evidence, bool) {
	best := m.choose(t.fileEvidence(ctx, cert, issuer, anchor))
	if t.client == nil || (best != nil && (m.revoked(best) || best.Usable(m.at) == nil)) {
		return best, false
	}
	e, err := t.client.CheckWith(ctx, cert, issuer, time.Time{}, &listSigners{t, ctx, anchor})
	if err != nil {
		return best, false
	}
	if e = m.choose([]*revocation.Evidence{e}); e != nil {
		return e, true
	}
	return best, false
}
