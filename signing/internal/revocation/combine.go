package revocation

import (
	"cmp"
	"crypto/x509"
	"slices"
	"time"
)

// Authorities know certificates that may have signed lists in place of the issuer of a certificate: with another key of
// its own, or as the issuer of indirect lists (RFC 5280 §6.3.3 (f)).
type Authorities interface {
	// Named are the certificates with a subject, by path.Name.Key, the likeliest first.
	Named(subject string) []*x509.Certificate
	// Speaks reports whether a certificate has a valid path to the anchor of the one that is asked about, may speak for
	// its issuer, and was valid and not revoked when it signed. Nothing is known of its key but that it signed the
	// list.
	Speaks(signer *x509.Certificate, at time.Time) bool
}

// weigh puts together what lists say of one certificate: each complete one with its newest delta, those of some reasons
// with one another. What remains incomplete is left out: of it nothing is known.
func weigh(s *subject, found []*finding) (out []*Evidence) {
	var complete, deltas []*finding
	for _, f := range found {
		if f.list.base != nil {
			deltas = append(deltas, f)
		} else {
			complete = append(complete, f)
		}
	}
	used := map[*finding]bool{}
	var parts []*Evidence
	reasons := map[*Evidence]reasonSet{}
	for _, f := range complete {
		e, delta := f.evidence(s), newestDelta(f, deltas)
		if delta != nil {
			used[delta] = true
			if now := f.with(delta, s); !e.Revoked || now.Revoked {
				out = appendWhole(out, f, e)
				e = now
			} else {
				e = now // what it takes back is as if it had never been
			}
		}
		reasons[e] = f.reasons
		if parts = append(parts, e); f.reasons == allReasons || e.Revoked {
			out = append(out, e)
		}
	}
	if e := union(parts, reasons); e != nil {
		out = append(out, e)
	}
	return append(out, loose(s, deltas, used, complete)...)
}

// appendWhole adds evidence that is about every reason, or says that a certificate is revoked.
func appendWhole(out []*Evidence, f *finding, e *Evidence) []*Evidence {
	if f.reasons == allReasons || e.Revoked {
		return append(out, e)
	}
	return out
}

// newestDelta is the newest list that goes on from f (§6.3.3 (c), §5.2.4): of the same issuer, key and scope, based on
// it or on one before it, and newer.
func newestDelta(f *finding, deltas []*finding) (best *finding) {
	for _, d := range deltas {
		if d.list.issuer != f.list.issuer || d.list.scope.extensionDER != f.list.scope.extensionDER ||
			f.list.number == nil || d.list.number == nil || d.list.base.Cmp(f.list.number) > 0 ||
			d.list.number.Cmp(f.list.number) < 0 ||
			string(d.signer.RawSubjectPublicKeyInfo) != string(f.signer.RawSubjectPublicKeyInfo) {
			continue
		}
		if best == nil || d.list.number.Cmp(best.list.number) > 0 {
			best = d
		}
	}
	return best
}

// with is what a list and its delta say together.
func (f *finding) with(delta *finding, s *subject) *Evidence {
	e := delta.evidence(s)
	e.DER, e.More = f.list.raw, [][]byte{delta.list.raw}
	if e.cutoff.IsZero() {
		e.cutoff = f.list.cutoff
	}
	switch {
	case delta.entry == nil:
		e.revoke(f.entry)
	case delta.entry.ReasonCode == removeFromCRL:
		e.Revoked, e.RevokedAt, e.Reason = false, time.Time{}, 0
	}
	return e
}

// loose is what deltas say whose list is not there: that a certificate is revoked, they say as well as any. That one is
// not, they do not.
func loose(s *subject, deltas []*finding, used map[*finding]bool, complete []*finding) (out []*Evidence) {
	for _, d := range deltas {
		newer := func(f *finding) bool {
			return f.list.issuer == d.list.issuer && f.list.number != nil && d.list.number != nil &&
				f.list.number.Cmp(d.list.number) > 0
		}
		if !used[d] && d.entry != nil && d.entry.ReasonCode != removeFromCRL && !slices.ContainsFunc(complete, newer) {
			out = append(out, d.evidence(s))
		}
	}
	return out
}

// union is evidence made of lists of some reasons each, none of which has the certificate, the newest first, if they
// come to all reasons (§6.3.3 (e), (l)). It is as old as the oldest of them, and as good as the first that ends.
func union(parts []*Evidence, reasons map[*Evidence]reasonSet) (e *Evidence) {
	parts = slices.DeleteFunc(parts, func(p *Evidence) bool { return p.Revoked || reasons[p] == allReasons })
	slices.SortStableFunc(parts, func(a, b *Evidence) int {
		return cmp.Compare(b.ThisUpdate.Unix(),
			a.ThisUpdate.Unix())
	})
	var covered reasonSet
	for _, p := range parts {
		if reasons[p]&^covered == 0 {
			continue
		}
		covered |= reasons[p]
		if e == nil {
			one := *p
			e = &one
			e.NextUpdate = p.until()
			continue
		}
		e.More = append(slices.Clip(e.More), p.DERs()...)
		e.ThisUpdate = p.ThisUpdate // none is older yet
		if p.until().Before(e.NextUpdate) {
			e.NextUpdate = p.until()
		}
		if p.cutoff.IsZero() || p.cutoff.After(e.cutoff) {
			e.cutoff = p.cutoff
		}
		e.Delegated = e.Delegated || p.Delegated
	}
	if covered != allReasons {
		return nil
	}
	return e
}
