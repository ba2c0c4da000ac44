package signing

import (
	"context"
	"crypto/x509"
	"slices"

	"covenant/signing/trust"
)

// A trust anchor is believed for what the trust store says of it and no more: purposes, days, and whether it is a test.
// Who may write the store decides that ([trust.Store]); nothing in a file that is judged has a say, but for the name of
// a field, by which the caller tells seals from signatures (VerifyOptions.Seal). A certificate may lead to several
// anchors, by certificates that one authority issued to another; every way counts.

// maxChains is how many chains of a certificate are judged. Two authorities that certified each other give two or
// three; a file can hold as many as its maker likes, each with servers to ask.
const maxChains = 8

// anchor is what is known of the last certificate of a chain. One of the system's is not in the store.
func (t *truster) anchor(chain []*x509.Certificate) trust.Entry {
	root := chain[len(chain)-1]
	if e, ok := t.opt.Roots.Find(root); ok {
		return e
	}
	return trust.Bare(root)
}

// best judges the chains and gives the verdict of the one that bears the certificate out: one that passes, by no test
// anchor if there is such a one; else one that may still pass when a server answers; else the likeliest.
func (t *truster) best(ctx context.Context, chains [][]*x509.Certificate, m *moment) trustVerdict {
	var relied [][]*x509.Certificate
	for _, chain := range chains {
		if t.unfit(chain, m) == nil {
			relied = append(relied, chain)
		}
	}
	if len(relied) == 0 {
		return t.unreliable(chains, m)
	}
	slices.SortStableFunc(relied, func(a, b []*x509.Certificate) int { return t.testRank(a) - t.testRank(b) })
	var best *trustVerdict
	for _, chain := range relied[:min(len(relied), maxChains)] {
		v := t.validateChain(ctx, chain, m)
		switch {
		case v.indication == TotalPassed:
			return v
		case best == nil || v.sub == TryLater && best.sub != TryLater:
			best = &v
		}
	}
	return *best
}

func (t *truster) testRank(chain []*x509.Certificate) int {
	if t.anchor(chain).Kind == trust.Test {
		return 1
	}
	return 0
}

// notFor says that an anchor is not believed for something.
var notFor = map[trust.Purpose]ReasonCode{
	trust.Signature: ReasonRootNotForSignatures, trust.Seal: ReasonRootNotForSeals,
	trust.Timestamp: ReasonRootNotForTimestamps,
}

// unfit is why a chain's anchor is not relied on for the object, nil if it is: it must be for the object's purpose, and
// its days must hold at the moment at which the object is known to have existed. A time-stamp is the word of its
// authority for an earlier moment; the days must have begun then.
func (t *truster) unfit(chain []*x509.Certificate, m *moment) *Reason {
	e := t.anchor(chain)
	from := m.at
	if m.token && m.issued.Before(from) {
		from = m.issued
	}
	who := name(e.Certificate)
	switch {
	case !e.For(m.purpose):
		return &Reason{Code: notFor[m.purpose], Name: who}
	case !e.Begun(from):
		return &Reason{Code: ReasonRootNotYet, Name: who, Time: e.Since.Begin()}
	case e.Over(m.at):
		return &Reason{Code: ReasonRootOver, Name: who, Time: e.Until.End()}
	}
	return nil
}

// unreliable is the verdict where no anchor is relied on: by the one that is for the purpose, if there is one. The
// chain is told, but it ends in no trust anchor.
func (t *truster) unreliable(chains [][]*x509.Certificate, m *moment) trustVerdict {
	chain := chains[0]
	if at := slices.IndexFunc(chains, func(c []*x509.Certificate) bool {
		e := t.anchor(c)
		return e.For(m.purpose)
	}); at >= 0 {
		chain = chains[at]
	}
	v := trustVerdict{indication: TotalPassed}
	for _, c := range chain {
		v.links = append(v.links, ChainLink{Certificate: c})
	}
	reason := t.unfit(chain, m)
	sub := NoCertificateChainFound
	if reason.Code == notFor[m.purpose] {
		sub = ChainConstraintsFailure
	}
	v.fail(Indeterminate, sub, *reason)
	m.checkValidity(&v, chain[0], false)
	return v
}

// purposeOf is what a signature is judged as. Whether it is a seal is said by the caller, who knows the fields.
func (opt *VerifyOptions) purposeOf(s *signedObject) trust.Purpose {
	switch {
	case s.res.Kind == KindDocumentTimestamp:
		return trust.Timestamp
	case opt.Seal != nil && opt.Seal(s.res.Field):
		return trust.Seal
	}
	return trust.Signature
}
