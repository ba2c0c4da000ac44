package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/cms"
	"covenant/signing/internal/revocation"
	"covenant/signing/internal/tsp"
)

// ValidationSource gets the certificates and revocation data that B-LT needs. It keeps what it has fetched while that
// is in date, may be used by many goroutines, and must not be copied after first use.
type ValidationSource struct {
	// HTTP fetches from the addresses that certificates name; default a client that connects to public addresses only.
	HTTP    *http.Client
	Timeout time.Duration // of one request; default 10 s
	// Certificates are issuers that signatures may lack, roots among them.
	Certificates []*x509.Certificate
	Clock        func() time.Time // default time.Now

	once   sync.Once
	client *revocation.Client
}

// ValidationError says that certificates or revocation data could not be had, or speak against the signature.
type ValidationError struct {
	Certificate string // the subject's common name
	Err         error
}

func (e *ValidationError) Error() string {
	return fmt.Sprintf("validation data for %q: %v", e.Certificate, e.Err)
}

func (e *ValidationError) Unwrap() error { return e.Err }

// ErrRevoked says that a certificate was revoked.
var ErrRevoked = errors.New("the certificate is revoked")

// RevokedError says which certificate was revoked, and when. It is an ErrRevoked.
type RevokedError struct {
	Certificate string // the subject's common name
	At          time.Time
}

func (e *RevokedError) Error() string {
	return fmt.Sprintf("%v since %s", ErrRevoked, e.At.Format(time.RFC3339))
}

// Is makes it an ErrRevoked.
func (e *RevokedError) Is(target error) bool { return target == ErrRevoked }

func (v *ValidationSource) revocation() *revocation.Client {
	v.once.Do(func() {
		v.client = &revocation.Client{HTTP: v.HTTP, Timeout: v.Timeout, Clock: v.Clock}
	})
	return v.client
}

// ready finds out before the key is asked whether the signer's validation data can be had, from B-LT on.
func (v *ValidationSource) ready(ctx context.Context, level Level, cert *x509.Certificate,
	chain []*x509.Certificate) error {
	if level < BLT {
		return nil
	}
	if v == nil {
		v = &ValidationSource{}
	}
	m := newMaterial(v, &dss{})
	m.discard = true
	m.know(chain...)
	return m.addChain(ctx, cert, time.Now())
}

// material gathers validation data into a store.
type material struct {
	source  *ValidationSource
	store   *dss
	pool    []*x509.Certificate
	had     map[string][]item // what each certificate already judged took
	used    []item            // what the signature in hand took
	discard bool              // only find out whether it can be had
	// notBefore is the newest time-stamp of all signatures in hand: data issued after it speak for them all.
	notBefore time.Time
	stamps    documentStamps
}

// documentStamp is a document time-stamp: what its byte range covers was there at its time.
type documentStamp struct {
	end   int64 // of its byte range
	token *tsp.Token
}

type documentStamps []documentStamp

// stampsOf reads the document time-stamps among signatures. What cannot be read proves nothing, and is reported where
// it is raised.
func stampsOf(signatures []pdf.Signature) documentStamps {
	var out documentStamps
	for _, s := range signatures {
		if s.Err != nil || !isTimestamp(s) || len(s.ByteRange) != 4 {
			continue
		}
		if token, err := tsp.ParsePaddedToken([]byte(s.Contents.Bytes)); err == nil {
			out = append(out, documentStamp{s.ByteRange[2] + s.ByteRange[3], token})
		}
	}
	return out
}

// over is the oldest one that covers a signature; nil without any.
func (d documentStamps) over(s pdf.Signature) *tsp.Token {
	var oldest *tsp.Token
	for _, stamp := range d {
		covers := len(s.ByteRange) == 4 && stamp.end > s.ByteRange[2]+s.ByteRange[3]
		if covers && (oldest == nil || stamp.token.Time.Before(oldest.Time)) {
			oldest = stamp.token
		}
	}
	return oldest
}

func isTimestamp(s pdf.Signature) bool {
	return s.Dict.Get("SubFilter") == pdf.SubFilterTimestamp
}

// bare reports whether a signature, readable as one, has no time-stamp of its own.
func bare(s pdf.Signature) bool {
	if isTimestamp(s) {
		return false
	}
	sd, err := cms.ParsePadded([]byte(s.Contents.Bytes))
	return err == nil && len(sd.Signer.TimeStamps()) == 0
}

func newMaterial(v *ValidationSource, store *dss) *material {
	if v == nil {
		v = &ValidationSource{}
	}
	m := &material{source: v, store: store, had: map[string][]item{}}
	m.know(v.Certificates...)
	for _, der := range store.values["Certs"] {
		if c, err := x509.ParseCertificate(der); err == nil {
			m.know(c)
		}
	}
	return m
}

// know adds certificates to those that chains are built from.
func (m *material) know(certs ...*x509.Certificate) {
	for _, c := range certs {
		if issuer := m.same(c); issuer == nil {
			m.pool = append(m.pool, c)
		}
	}
}

func (m *material) same(c *x509.Certificate) *x509.Certificate {
	for _, p := range m.pool {
		if p.Equal(c) {
			return p
		}
	}
	return nil
}

// put stores a DER object that the signature in hand needs.
func (m *material) put(list pdf.Name, der []byte) {
	if m.discard {
		return
	}
	m.store.add(list, der)
	m.used = append(m.used, item{list, sha256.Sum256(der)})
}

// times sets notBefore from the time-stamps of the signatures. What cannot be read is reported by addSignature.
func (m *material) times(signatures []pdf.Signature) {
	later := func(raw []byte, padded bool) {
		parse := tsp.ParseToken
		if padded {
			parse = tsp.ParsePaddedToken
		}
		if t, err := parse(raw); err == nil && t.Time.After(m.notBefore) {
			m.notBefore = t.Time
		}
	}
	for _, s := range signatures {
		raw := []byte(s.Contents.Bytes)
		if isTimestamp(s) {
			later(raw, true)
		} else if sd, err := cms.ParsePadded(raw); err == nil {
			for _, t := range sd.Signer.TimeStamps() {
				later(t, false)
			}
		}
	}
}

// addSignature gathers what a signature or document time-stamp needs.
func (m *material) addSignature(ctx context.Context, s pdf.Signature) error {
	if isTimestamp(s) {
		token, err := tsp.ParsePaddedToken([]byte(s.Contents.Bytes))
		if err != nil {
			return err
		}
		return m.addToken(ctx, token)
	}
	sd, err := cms.ParsePadded([]byte(s.Contents.Bytes))
	if err != nil {
		return err
	}
	at, err := m.timeOf(ctx, s, sd)
	if err != nil {
		return fmt.Errorf("time-stamp: %w", err)
	}
	cert, err := sd.Certificate()
	if err != nil {
		return err
	}
	m.know(sd.Certificates...)
	return m.addChain(ctx, cert, at)
}

// timeOf gathers what the time-stamps that prove a signature's time need, and tells the oldest time: by its own ones,
// else by the oldest of the document over it. Without either it is now.
func (m *material) timeOf(ctx context.Context, s pdf.Signature, sd *cms.SignedData) (time.Time, error) {
	var tokens []*tsp.Token
	for _, raw := range sd.Signer.TimeStamps() {
		token, err := tsp.ParseToken(raw)
		if err != nil {
			return time.Time{}, err
		}
		tokens = append(tokens, token)
	}
	if stamp := m.stamps.over(s); len(tokens) == 0 && stamp != nil {
		tokens = append(tokens, stamp)
	}
	if len(tokens) == 0 {
		return time.Now(), nil
	}
	at := tokens[0].Time
	for _, token := range tokens {
		if token.Time.Before(at) {
			at = token.Time
		}
		if err := m.addToken(ctx, token); err != nil {
			return time.Time{}, err
		}
	}
	return at, nil
}

func (m *material) addToken(ctx context.Context, t *tsp.Token) error {
	cert, err := t.SignedData.Certificate()
	if err != nil {
		return err
	}
	m.know(t.SignedData.Certificates...)
	return m.addChain(ctx, cert, t.Time)
}

// addChain gathers a certificate, its issuers up to a self-signed one, and revocation data for all but that one, issued
// after m.notBefore where the servers have such. Used at time at, none of them may have been revoked before.
func (m *material) addChain(ctx context.Context, cert *x509.Certificate, at time.Time) error {
	for range 12 {
		m.put("Certs", cert.Raw)
		if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			return nil
		}
		issuer, err := m.issuer(ctx, cert)
		if err != nil {
			return &ValidationError{cert.Subject.CommonName, err}
		}
		if err := m.addStatus(ctx, cert, issuer, at); err != nil {
			return &ValidationError{cert.Subject.CommonName, err}
		}
		cert = issuer
	}
	return &ValidationError{cert.Subject.CommonName, errors.New("the chain of issuers does not end")}
}

func (m *material) issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	if c := issuerOf(cert, m.pool); c != nil {
		return c, nil
	}
	c, err := m.source.revocation().Issuer(ctx, cert)
	if err != nil {
		return nil, fmt.Errorf("its issuer's certificate (%q) is not at hand and cannot be fetched: give it in "+
			"ValidationSource.Certificates: %w", cert.Issuer.CommonName, err)
	}
	m.know(c)
	return c, nil
}

// addStatus is addRevocation, once for each certificate.
func (m *material) addStatus(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) error {
	if had, ok := m.had[string(cert.Raw)]; ok {
		m.used = append(m.used, had...)
		return nil
	}
	before := len(m.used)
	if err := m.addRevocation(ctx, cert, issuer, at); err != nil {
		return err
	}
	m.had[string(cert.Raw)] = slices.Clone(m.used[before:])
	return nil
}

func (m *material) addRevocation(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) error {
	e, err := m.source.revocation().Check(ctx, cert, issuer, m.notBefore)
	if err != nil {
		return err
	}
	if e.RevokedBy(at) {
		return &RevokedError{cert.Subject.CommonName, e.RevokedAt}
	}
	list := pdf.Name("CRLs")
	if e.Kind == revocation.OCSP {
		list = "OCSPs"
	}
	for _, der := range e.DERs() {
		m.put(list, der)
	}
	if !e.Delegated || e.Responder == nil {
		return nil
	}
	m.put("Certs", e.Responder.Raw)
	if _, ok := m.had[string(e.Responder.Raw)]; e.NoCheck || ok {
		return nil
	}
	m.had[string(e.Responder.Raw)] = nil // it may be asked about itself
	return m.addRevocation(ctx, e.Responder, issuer, at)
}
