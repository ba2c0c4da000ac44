package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"covenant/signing/internal/path"
	"covenant/signing/internal/revocation"
)

// evidenceKey is a certificate and those above it on its path.
type evidenceKey struct{ cert, above [sha256.Size]byte }

func digestOf(certs []*x509.Certificate) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, c := range certs {
		one := sha256.Sum256(c.Raw)
		h.Write(one[:])
	}
	h.Sum(sum[:0])
	return sum
}

// fileEvidence is everything that the file's data say about the first certificate of a path, already checked.
func (t *truster) fileEvidence(ctx context.Context, chain []*x509.Certificate) []*revocation.Evidence {
	cert, issuer := chain[0], chain[1]
	key := evidenceKey{sha256.Sum256(cert.Raw), digestOf(chain[1:])}
	if e, ok := t.evidence[key]; ok {
		return e
	}
	who := &listSigners{t, ctx, chain[1:]}
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
	t     *truster
	ctx   context.Context     //nolint:containedctx // it lives no longer than the call that it is made for
	above []*x509.Certificate // the certificate that is asked about, on its path; the anchor last
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

// speech is a signer, for certificates below others, at a time.
type speech struct {
	signer, above [sha256.Size]byte
	at            time.Time
}

// Speaks implements [revocation.Authorities]: the signer has a valid path to the same anchor (RFC 5280 §6.3.3 (f)), was
// in its period when it signed, and each certificate of the path is known not to be revoked. It was certified by one of
// those who stand above the certificate that is asked about: the RFC is content with the same anchor, but then each of
// the authorities below a national one could give itself the name of another and take its revocations back. A signer on
// whose own list its status depends is believed as far as that: there is no other way for an authority whose key for
// lists is certified by itself.
func (s *listSigners) Speaks(signer *x509.Certificate, at time.Time) bool {
	key := speech{sha256.Sum256(signer.Raw), digestOf(s.above), at}
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
	chains, err := s.t.path(s.ctx, signer, at, true)
	return err == nil && slices.ContainsFunc(chains, func(chain []*x509.Certificate) bool { return s.bears(chain, at) })
}

// bears: a path of a signer is one that speaks for it.
func (s *listSigners) bears(chain []*x509.Certificate, at time.Time) bool {
	certifier := chain[min(1, len(chain)-1)]
	if !chain[len(chain)-1].Equal(s.above[len(s.above)-1]) ||
		!slices.ContainsFunc(s.above, func(c *x509.Certificate) bool {
			return path.SameName(c.RawSubject, certifier.RawSubject) &&
				bytes.Equal(c.RawSubjectPublicKeyInfo, certifier.RawSubjectPublicKeyInfo)
		}) {
		return false
	}
	for i := range chain[:len(chain)-1] {
		if !s.unrevoked(chain[i:], at) {
			return false
		}
	}
	return true
}

// unrevoked: something says that the first certificate of a path was good at a time, and nothing says that it was ever
// revoked.
func (s *listSigners) unrevoked(chain []*x509.Certificate, at time.Time) bool {
	if shortLived(chain[0]) {
		return true
	}
	known := s.t.fileEvidence(s.ctx, chain)
	usable := func(e *revocation.Evidence) bool { return e.Usable(at) == nil }
	if s.t.client != nil && !slices.ContainsFunc(known, usable) {
		if e, err := s.t.client.CheckWith(s.ctx, chain[0], chain[1], time.Time{}, &listSigners{s.t, s.ctx,
			chain[1:]}); err == nil {
			known = append(slices.Clip(known), e)
		}
	}
	if slices.ContainsFunc(known, func(e *revocation.Evidence) bool { return e.Revoked }) {
		return false
	}
	return s.t.opt.Revocation == RevocationSoft || slices.ContainsFunc(known, usable)
}

// status is what is known about the first certificate of a path at a moment, and whether it was fetched: evidence of
// revocation if there is any, else the newest that is usable, else nil. Servers are asked when the file's data say
// nothing about the moment, and about a time-stamp's certificate when they are not of today.
func (t *truster) status(ctx context.Context, chain []*x509.Certificate, m *moment) (*revocation.Evidence, bool) {
	best := m.choose(t.fileEvidence(ctx, chain))
	if t.client == nil || (best != nil && (m.revoked(best) || best.Usable(m.at) == nil)) {
		return best, false
	}
	e, err := t.client.CheckWith(ctx, chain[0], chain[1], time.Time{}, &listSigners{t, ctx, chain[1:]})
	if err != nil {
		return best, false
	}
	if e = m.choose([]*revocation.Evidence{e}); e != nil {
		return e, true
	}
	return best, false
}
