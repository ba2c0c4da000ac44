package signing

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/internal/revocation"
	"covenant/signing/internal/tsp"
	"covenant/signing/trust"
)

// clockTolerance is how far a time-stamp may lie after the time of validation.
const clockTolerance = 5 * time.Minute

// judge decides on every object. Time-stamps are proofs of existence for what they cover, so document time-stamps are
// judged from the newest to the oldest, each at the time that the ones after it prove (EN 319 102-1 §5.6.2.4), then the
// signatures, each at the earliest time proven for it.
func (v *verification) judge(ctx context.Context) {
	for i := len(v.signed) - 1; i >= 0; i-- {
		s := v.signed[i]
		s.poe = v.provenBy(i)
		if s.token != nil && s.res.intact {
			s.stamps = []*stamp{{token: s.token, source: TimeDocumentTimestamp, owner: s, valid: true}}
		}
		for _, st := range s.stamps {
			v.judgeStamp(ctx, st)
		}
	}
	var after time.Time // nothing from here on was made before this
	for i, s := range v.signed {
		if s.token != nil {
			v.concludeTimestamp(s)
		} else {
			v.concludeSignature(ctx, s, i, after)
		}
		v.level(i)
		for _, st := range s.stamps {
			if st.trusted && st.token.Time.After(after) && s.res.Indication != TotalFailed {
				after = st.token.Time
			}
		}
	}
}

// provenBy is the earliest time at which a trusted later document time-stamp proves the i-th object, else the time of
// validation.
func (v *verification) provenBy(i int) proof {
	best := proof{at: v.now, source: TimeValidation}
	for _, s := range v.signed[i+1:] {
		if s.token == nil || !s.res.intact || s.end <= v.signed[i].end {
			continue
		}
		for _, st := range s.stamps {
			best.take(st, TimeDocumentTimestamp, v.now)
		}
	}
	return best
}

func (v *verification) judgeStamp(ctx context.Context, st *stamp) {
	t := st.token
	if t.Time.After(v.now.Add(clockTolerance)) {
		st.verdict = trustVerdict{indication: Indeterminate, sub: TimestampOrderFailure}
		st.reasons = []Reason{{Code: ReasonFuture, Time: t.Time}}
		return
	}
	if err := tsp.CheckPurpose(t.Certificate); err != nil {
		st.verdict = trustVerdict{indication: Indeterminate, sub: ChainConstraintsFailure}
		st.reasons = []Reason{{Code: ReasonUsage, Name: name(t.Certificate)}}
		return
	}
	at := st.owner.poe.at
	if at.Before(t.Time) {
		if t.Time.Sub(at) > t.Accuracy+clockTolerance {
			st.verdict = trustVerdict{indication: Indeterminate, sub: TimestampOrderFailure}
			st.reasons = []Reason{{Code: ReasonOrder, Time: t.Time}}
			return
		}
		at = t.Time
	}
	st.verdict = v.trust.validate(ctx, t.Certificate, moment{at: at, proven: at.Before(v.now), token: true,
		issued: t.Time, purpose: trust.Timestamp})
	st.trusted = st.verdict.indication == TotalPassed
	st.test = st.verdict.test || st.owner.poe.test
	if sub := weakness(t.SignedData, t.Certificate, t.Hash, at, at.Before(v.now)); sub != "" {
		st.trusted = false
		if st.verdict.indication == TotalPassed {
			st.verdict.indication, st.verdict.sub = Indeterminate, sub
		}
		st.reasons = []Reason{{Code: ReasonWeak, Detail: t.SignedData.Signer.Algorithm.String()}}
	}
}

// weakness says what becomes of an object made with an algorithm that no longer withstands forgery (EN 319 102-1 tables
// 5 and 6): nothing where a proof of existence is older than that; otherwise it depends on whether the certificate
// shows that the object was made later, or nothing shows when.
func weakness(sd *cms.SignedData, cert *x509.Certificate, content crypto.Hash, at time.Time,
	proven bool) SubIndication {
	if cert == nil {
		return ""
	}
	until := sd.Signer.Algorithm.SecureUntil(cms.PublicKey(cert), content)
	switch {
	case until.IsZero() || (proven && at.Before(until)):
		return ""
	case cert.NotBefore.After(until):
		return CryptoConstraintsFailure
	}
	return CryptoConstraintsNoPOE
}

func (v *verification) concludeTimestamp(s *signedObject) {
	for _, st := range s.stamps {
		s.addStamp(st)
		s.res.Chain, s.res.Test = st.verdict.links, st.test
		if !st.trusted {
			reason := Reason{Code: ReasonTimestampUntrusted}
			if all := append(slices.Clone(st.reasons), st.verdict.reasons...); len(all) > 0 {
				reason = all[0]
			}
			s.fail(st.verdict.indication, st.verdict.sub, reason)
		}
		s.res.Time, s.res.TimeSource = st.token.Time, TimeDocumentTimestamp
	}
}

// addStamp lists a token among the times.
func (s *signedObject) addStamp(st *stamp) {
	s.res.Times = append(s.res.Times, TimeClaim{Source: st.source, Time: st.token.Time,
		Authority: name(st.token.Certificate), Trusted: st.trusted,
		Test: st.test})
}

// concludeSignature judges the i-th object, a signature.
func (v *verification) concludeSignature(ctx context.Context, s *signedObject, i int, after time.Time) {
	best := v.bestTime(s, i)
	at, source := best.at, best.source
	s.res.Time, s.res.TimeSource = at, source
	if s.cert == nil || !s.res.intact {
		return // the verdict is reached; a chain would say nothing about these bytes
	}
	if sub := weakness(s.sd, s.cert, s.hash, at, source != TimeValidation); sub != "" {
		s.fail(Indeterminate, sub, Reason{Code: ReasonWeak, Detail: s.res.Algorithm})
	}
	m := moment{at: at, proven: source != TimeValidation, purpose: s.res.Purpose}
	if after.Before(at) || after.Equal(at) {
		m.notBefore = after
	}
	verdict := v.trust.validate(ctx, s.cert, m)
	s.res.Chain, s.evidence = verdict.links, verdict.evidence
	s.res.Test = verdict.test || best.test
	if !s.failed && verdict.indication != TotalPassed {
		s.failed = true
		s.res.Indication, s.res.SubIndication = verdict.indication, verdict.sub
	}
	s.res.Reasons = append(s.res.Reasons, verdict.reasons...)
}

// bestTime is the earliest trusted time-stamp over the signature, its own or a later document time-stamp.
func (v *verification) bestTime(s *signedObject, i int) proof {
	best := s.poe
	for _, st := range s.stamps {
		s.addStamp(st)
		if len(st.reasons) > 0 && st.reasons[0].Code == ReasonOrder {
			s.fail(Indeterminate, TimestampOrderFailure, st.reasons[0])
			continue
		}
		if !st.trusted {
			code := ReasonTimestampUntrusted
			if st.verdict.sub == TryLater {
				code = ReasonTimestampUnconfirmed
			}
			all := append(slices.Clone(st.reasons), st.verdict.reasons...)
			s.note(Reason{Code: code, Name: name(st.token.Certificate), Time: st.token.Time, Detail: firstDetail(all)})
			continue
		}
		best.take(st, TimeSignatureTimestamp, v.now)
	}
	for _, later := range v.signed[i+1:] {
		for _, st := range later.stamps {
			if later.token != nil && later.end > s.end {
				s.addStamp(st)
			}
		}
	}
	return best
}

func firstDetail(reasons []Reason) string {
	for _, r := range reasons {
		if r.Detail != "" {
			return string(r.Code) + ": " + r.Detail
		}
	}
	if len(reasons) > 0 {
		return string(reasons[0].Code)
	}
	return ""
}

// level finds the PAdES level reached (EN 319 142-1 §6): by what is there and holds, whoever is trusted. An object
// cannot be at a higher level than its time-stamps and data justify.
func (v *verification) level(i int) {
	s := v.signed[i]
	if s.token != nil {
		s.res.PAdES = s.res.intact
		s.res.Level = BT
		return
	}
	if !s.res.PAdES || !s.res.intact {
		return
	}
	stamps := slices.Clone(s.stamps)
	for _, later := range v.signed[i+1:] {
		if later.token != nil && later.res.intact && later.end > s.end {
			stamps = append(stamps, later.stamps...)
		}
	}
	if len(stamps) == 0 {
		return
	}
	s.res.Level = BT
	chains := append([][]ChainLink{s.res.Chain}, stamps[0].verdict.links)
	if !linksInFile(chains) {
		return
	}
	s.res.Level = BLT
	if v.archived(i) {
		s.res.Level = BLTA
	}
}

// linksInFile: every certificate below a trust anchor has revocation data from the file.
func linksInFile(chains [][]ChainLink) bool {
	for _, chain := range chains {
		if len(chain) == 0 || !chain[len(chain)-1].TrustAnchor {
			return false
		}
		for _, l := range chain {
			if !l.TrustAnchor && !shortLived(l.Certificate) &&
				(l.Revocation == nil || l.Revocation.Source != RevocationFromFile) {
				return false
			}
		}
	}
	return true
}

// archived: a later document time-stamp covers the signature and a DSS that already held what the verdict rests on.
func (v *verification) archived(i int) bool {
	s := v.signed[i]
	for _, later := range v.signed[i+1:] {
		if later.token != nil && later.res.intact && later.end > s.end && v.stored(later.revision, s.evidence) {
			return true
		}
	}
	return false
}

// stored reports whether the DSS of a revision holds all of the evidence.
func (v *verification) stored(revision int, evidence []*revocation.Evidence) bool {
	held, ok := v.stores[revision]
	if !ok {
		held = map[[32]byte]bool{}
		if store, err := securityStoreOf(v.file.AsOf(revision)); err == nil {
			for _, der := range slices.Concat(store.ocsps, store.crls) {
				held[sha256.Sum256(der)] = true
			}
		}
		if v.stores == nil {
			v.stores = map[int]map[[32]byte]bool{}
		}
		v.stores[revision] = held
	}
	for _, e := range evidence {
		if !held[sha256.Sum256(e.DER)] {
			return false
		}
	}
	return len(evidence) > 0
}
