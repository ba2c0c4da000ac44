package revocation

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/internal/path"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidCRLNumber    = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidReason       = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidInvalidity   = asn1.ObjectIdentifier{2, 5, 29, 24}
	oidDelta        = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidEntryIssuer  = asn1.ObjectIdentifier{2, 5, 29, 29}
	oidAuthorityKey = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidFreshest     = asn1.ObjectIdentifier{2, 5, 29, 46}
	oidExpiredOnCRL = asn1.ObjectIdentifier{2, 5, 29, 60}
)

// removeFromCRL is the reason of an entry that takes an earlier one back (RFC 5280 §5.3.1); only deltas have it.
const removeFromCRL = 8

// List is a parsed revocation list whose signature is not yet checked. It may be used by many goroutines.
type List struct {
	raw       []byte
	parsed    *x509.RevocationList
	issuer    string // path.Name.Key
	algorithm cms.Algorithm
	scope     scope
	number    *big.Int // nil: none
	base      *big.Int // of a delta, the number of the list that it goes on from; nil: complete
	cutoff    time.Time

	mu      sync.Mutex                             // guards what follows
	problem error                                  // what must be understood and is not: the list says nothing
	entries map[entryKey]*x509.RevocationListEntry // filled at the first question
	checked map[string]error                       // signature check by the DER of a certificate
}

// ParseList reads a DER CertificateList once, to be asked about many certificates.
func ParseList(der []byte) (*List, error) {
	if !exactly(der) {
		return nil, malformed("revocation list")
	}
	parsed, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("revocation list: %w: %w", ErrFormat, err)
	}
	name, ok := path.ParseName(parsed.RawIssuer)
	if !ok {
		return nil, malformed("issuer of a revocation list")
	}
	l := &List{raw: der, parsed: parsed, issuer: name.Key(), scope: everything()}
	if l.problem = l.readAlgorithm(); l.problem == nil {
		l.problem = l.readExtensions()
	}
	return l, nil
}

// exactly reports whether der is one CertificateList of three elements (RFC 5280, 5.1) and nothing else: crypto/x509
// reads over what follows the list, or the signature within it.
func exactly(der []byte) bool {
	in := cryptobyte.String(der)
	var list cryptobyte.String
	return in.ReadASN1(&list, cbasn1.SEQUENCE) && in.Empty() && list.SkipASN1(cbasn1.SEQUENCE) &&
		list.SkipASN1(cbasn1.SEQUENCE) && list.SkipASN1(cbasn1.BIT_STRING) && list.Empty()
}

func (l *List) readAlgorithm() (err error) {
	in := cryptobyte.String(l.raw)
	var list cryptobyte.String
	if !in.ReadASN1(&list, cbasn1.SEQUENCE) || !list.SkipASN1(cbasn1.SEQUENCE) {
		return malformed("revocation list")
	}
	if l.algorithm, err = cms.ReadAlgorithm(&list); err != nil {
		return fmt.Errorf("revocation list: %w: %w", ErrFormat, err)
	}
	return nil
}

// readExtensions reads what the list says of itself (RFC 5280 §5.2). One that is critical and unknown makes it useless,
// and so does what a delta is recognized by where it cannot be read.
func (l *List) readExtensions() error {
	seen := map[string]bool{}
	for _, ext := range l.parsed.Extensions {
		if seen[ext.Id.String()] {
			return malformed("revocation list with extension " + ext.Id.String() + " twice")
		}
		seen[ext.Id.String()] = true
		v, ok := cryptobyte.String(ext.Value), true
		switch {
		case ext.Id.Equal(oidAuthorityKey), ext.Id.Equal(oidFreshest): // freshest: only where to ask for more
		case ext.Id.Equal(oidCRLNumber):
			l.number = new(big.Int)
			ok = v.ReadASN1Integer(l.number) && v.Empty()
		case ext.Id.Equal(oidDelta): // not complete, whether critical as §5.2.4 wants it or not
			l.base = new(big.Int)
			ok = v.ReadASN1Integer(l.base) && v.Empty()
		case ext.Id.Equal(oidIssuingPoint):
			l.scope, ok = readScope(v, l.parsed.RawIssuer)
		case ext.Id.Equal(oidExpiredOnCRL):
			ok = v.ReadASN1GeneralizedTime(&l.cutoff) && v.Empty()
		case ext.Critical:
			return malformed("revocation list with critical extension " + ext.Id.String())
		}
		if !ok {
			return malformed("revocation list with extension " + ext.Id.String())
		}
	}
	return nil
}

// ParseCRL checks a revocation list of issuer and looks cert up in it.
func ParseCRL(der []byte, cert, issuer *x509.Certificate) (*Evidence, error) {
	l, err := ParseList(der)
	if err != nil {
		return nil, err
	}
	return l.Find(cert, issuer)
}

// Find is what the list alone, signed by issuer, says of cert: that it is revoked, or not for any reason. A delta, or a
// list of some reasons only, says nothing by itself (RFC 5280 §6.3.3).
func (l *List) Find(cert, issuer *x509.Certificate) (*Evidence, error) {
	s := newSubject(cert, issuer)
	f, err := l.about(s, nil)
	switch {
	case err != nil:
		return nil, err
	case l.base != nil:
		return nil, ErrPartial
	case f.entry == nil && f.reasons != allReasons:
		return nil, ErrPartial
	}
	return f.evidence(s), nil
}

// finding is what one list, whose signature and scope hold, says of a certificate.
type finding struct {
	list    *List
	reasons reasonSet // that it speaks about
	signer  *x509.Certificate
	entry   *x509.RevocationListEntry // nil: not on it
}

// about asks a list of a certificate: whether it is of the right issuer and about such certificates (§6.3.3 (b)),
// signed by who may (f, g), and what it says (i).
func (l *List) about(s *subject, who Authorities) (*finding, error) {
	if l.issuer != s.issuerName && !l.scope.indirect {
		return nil, ErrOther
	}
	entries, err := l.index()
	if err != nil {
		return nil, err
	}
	reasons := s.covered(l)
	if reasons == 0 {
		return nil, fmt.Errorf("list of another distribution point, or kind of certificates: %w", ErrOther)
	}
	signer, err := l.signer(s, who)
	if err != nil {
		return nil, err
	}
	return &finding{list: l, reasons: reasons, signer: signer,
		entry: entries[l.entryKey(s.issuerName, s.cert.SerialNumber)]}, nil
}

// signer finds who signed the list: the certificate's issuer itself, or another certificate with the name of the list's
// issuer, for which who must answer.
func (l *List) signer(s *subject, who Authorities) (*x509.Certificate, error) {
	err := ErrSigner
	if l.issuer == s.issuerName {
		if err = l.signedBy(s.issuer); err == nil {
			return s.issuer, nil
		}
	}
	if who == nil {
		return nil, err
	}
	candidates := who.Named(l.issuer)
	for _, c := range candidates[:min(len(candidates), maxSigners)] {
		if s.tries++; s.tries > maxTries {
			return nil, err
		}
		if l.signedBy(c) == nil && who.Speaks(c, l.parsed.ThisUpdate) {
			return c, nil
		}
	}
	return nil, err
}

// maxSigners and maxTries bound how many certificates with the name of a list's issuer are tried, for one list and for
// all that are asked about a certificate.
const (
	maxSigners = 20
	maxTries   = 200
)

// signedBy checks the signature, and that the key may sign lists (§6.3.3 (f), (g)). SHA-1 is accepted, as crypto/x509
// does for lists: nobody but the authority chooses what stands in one, so that nobody can prepare a collision.
func (l *List) signedBy(x *x509.Certificate) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err, ok := l.checked[string(x.Raw)]
	if ok {
		return err
	}
	if c := path.Of(x); c == nil || !c.MaySignLists() {
		err = fmt.Errorf("revocation list by a key that is not for lists: %w", ErrSigner)
	} else if e := path.Verify(c, c, l.algorithm, l.parsed.RawTBSRevocationList, l.parsed.Signature); e != nil {
		err = fmt.Errorf("revocation list: %w: %w", ErrSigner, e)
	}
	if l.checked == nil {
		l.checked = map[string]error{}
	}
	l.checked[string(x.Raw)] = err
	return err
}

// entryKey is the serial number of a certificate, with its issuer where that is not the list's.
type entryKey struct {
	serial   string // magnitude
	negative bool
	issuer   string // path.Name.Key
}

func (l *List) entryKey(issuer string, serial *big.Int) entryKey {
	key := entryKey{serial: string(serial.Bytes()), negative: serial.Sign() < 0}
	if issuer != l.issuer {
		key.issuer = issuer
	}
	return key
}

// index makes the entries findable, once. One that must be understood and is not makes the list useless (§5.3).
func (l *List) index() (map[entryKey]*x509.RevocationListEntry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries != nil || l.problem != nil {
		return l.entries, l.problem
	}
	entries := make(map[entryKey]*x509.RevocationListEntry, len(l.parsed.RevokedCertificateEntries))
	issuer := l.issuer // of the entries from here on (§5.3.3)
	for i := range l.parsed.RevokedCertificateEntries {
		entry := &l.parsed.RevokedCertificateEntries[i]
		for _, ext := range entry.Extensions {
			switch {
			case ext.Id.Equal(oidReason), ext.Id.Equal(oidInvalidity):
			case ext.Id.Equal(oidEntryIssuer):
				var ok bool
				if issuer, ok = entryIssuer(ext.Value); !ok || !l.scope.indirect {
					l.problem = malformed("revocation list with an entry of another issuer")
				}
			case ext.Critical:
				l.problem = malformed("revocation list with critical entry extension " + ext.Id.String())
			}
		}
		if entry.ReasonCode == removeFromCRL && l.base == nil {
			l.problem = malformed("complete revocation list that takes an entry back")
		}
		entries[l.entryKey(issuer, entry.SerialNumber)] = entry
	}
	l.entries = entries
	return entries, l.problem
}

// entryIssuer reads certificateIssuer: the directory name among its names.
func entryIssuer(v cryptobyte.String) (string, bool) {
	var names, one, name cryptobyte.String
	var tag cbasn1.Tag
	if !v.ReadASN1(&names, cbasn1.SEQUENCE) || !v.Empty() {
		return "", false
	}
	for names.ReadAnyASN1(&one, &tag) {
		if tag == explicit(4) && name == nil {
			name = one
		}
	}
	n, ok := path.ParseName(name)
	return n.Key(), ok && names.Empty()
}

// evidence is what a complete list shows.
func (f *finding) evidence(s *subject) *Evidence {
	l := f.list
	e := &Evidence{Kind: CRL, DER: l.raw, ThisUpdate: l.parsed.ThisUpdate, NextUpdate: l.parsed.NextUpdate,
		Responder: f.signer, Delegated: !f.signer.Equal(s.issuer), cutoff: l.cutoff, notAfter: s.cert.NotAfter}
	e.revoke(f.entry)
	return e
}

func (e *Evidence) revoke(entry *x509.RevocationListEntry) {
	if entry != nil {
		e.Revoked, e.RevokedAt, e.Reason = true, entry.RevocationTime, entry.ReasonCode
	}
}

// age is evidence of nobody, of the list's time.
func (l *List) age() *Evidence {
	return &Evidence{Kind: CRL, ThisUpdate: l.parsed.ThisUpdate, NextUpdate: l.parsed.NextUpdate}
}

// DERs are the responses or lists that the evidence rests on.
func (e *Evidence) DERs() [][]byte { return slices.Concat([][]byte{e.DER}, e.More) }
