package revocation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"

	"covenant/signing/internal/path"
)

// Client fetches revocation data from the addresses that certificates name. Every field's zero value works. It keeps
// what it has fetched until that is out of date, and may be used by many goroutines.
type Client struct {
	HTTP    *http.Client     // default GuardedHTTP(nil): public addresses only
	Timeout time.Duration    // of one request; default 10 s
	MaxOCSP int64            // bytes of an OCSP response; default 64 KiB
	MaxCRL  int64            // bytes of a revocation list; default 20 MiB
	Clock   func() time.Time // default time.Now

	once    sync.Once
	guarded *http.Client

	mu    sync.Mutex
	cache map[[32]byte]*Evidence
	lists map[string]*List // by address
}

const maxCached = 2000

// GuardedHTTP is a client for addresses that others chose: it connects to public addresses only, save those that allow
// accepts (nil: none), follows at most three redirects, http and https only, and keeps to a time limit.
func GuardedHTTP(allow func(netip.Addr) bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := ap.Addr().Unmap()
		if public(ip) || (allow != nil && allow(ip)) {
			return nil
		}
		return fmt.Errorf("address %s is not a public one: allow it in the configuration if it is meant", ip)
	}}
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConns: 10, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 3 {
				return errors.New("more than three redirects")
			}
			return checkURL(req.URL.String())
		},
	}
}

func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("address %q is neither http nor https", address)
	}
	return nil
}

// Check returns evidence about cert that is in date now: OCSP first, then lists. Kept evidence is used again unless it
// was issued before notBefore (zero: any) or is out of date; what a server gives as its newest is accepted even if it
// is older than notBefore. A revoked certificate is evidence, not an error. The error wraps ErrUnavailable and every
// server's failure.
func (c *Client) Check(ctx context.Context, cert, issuer *x509.Certificate, notBefore time.Time) (*Evidence, error) {
	return c.CheckWith(ctx, cert, issuer, notBefore, nil)
}

// CheckWith is Check with lists that others than issuer may have signed, for whom who answers.
func (c *Client) CheckWith(ctx context.Context, cert, issuer *x509.Certificate, notBefore time.Time, who Authorities) (
	*Evidence, error) {
	key := sha256.Sum256(append(append([]byte{}, cert.Raw...), issuer.Raw...))
	c.mu.Lock()
	e := c.cache[key]
	c.mu.Unlock()
	if e != nil && !e.ThisUpdate.Before(notBefore) && c.current(e) == nil {
		return e, nil
	}
	q := &question{subject: newSubject(cert, issuer), who: who, notBefore: notBefore}
	var failures []error
	for _, source := range []struct {
		urls []string
		ask  func(context.Context, string, *question) (*Evidence, error)
	}{{cert.OCSPServer, c.askOCSP}, {cert.CRLDistributionPoints, c.askCRL}} {
		for _, address := range source.urls {
			e, err := source.ask(ctx, address, q)
			if err == nil {
				c.keep(key, e)
				return e, nil
			}
			if ctx.Err() != nil {
				return nil, fmt.Errorf("%s: %w", address, ctx.Err())
			}
			failures = append(failures, fmt.Errorf("%s: %w", address, err))
		}
	}
	if len(failures) == 0 {
		return nil, fmt.Errorf("certificate %q names no OCSP responder and no revocation list: %w",
			cert.Subject.CommonName, ErrUnavailable)
	}
	return nil, fmt.Errorf("certificate %q: %w: %w", cert.Subject.CommonName, ErrUnavailable, errors.Join(failures...))
}

// question is what servers are asked, and the lists that were fetched so far.
type question struct {
	*subject
	who       Authorities
	notBefore time.Time
	found     []*finding
}

func (c *Client) now() time.Time {
	if c.Clock != nil {
		return c.Clock()
	}
	return time.Now()
}

// current: in date now, with five minutes for clocks that differ.
func (c *Client) current(e *Evidence) error {
	const skew = 5 * time.Minute
	now := c.now()
	if e.ThisUpdate.After(now.Add(skew)) {
		return fmt.Errorf("%s from the future, %s: %w", e.Kind, e.ThisUpdate.Format(time.RFC3339), ErrStale)
	}
	until := e.until()
	if now.After(until.Add(skew)) {
		return fmt.Errorf("%s valid until %s: %w", e.Kind, until.Format(time.RFC3339), ErrStale)
	}
	return nil
}

func (c *Client) keep(key [32]byte, e *Evidence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cache == nil || len(c.cache) >= maxCached {
		c.cache = map[[32]byte]*Evidence{}
	}
	c.cache[key] = e
}

func (c *Client) askOCSP(ctx context.Context, address string, q *question) (*Evidence, error) {
	req, err := Request(q.cert, q.issuer)
	if err != nil {
		return nil, err
	}
	der, err := c.fetch(ctx, address, req, orDefault(c.MaxOCSP, 64<<10))
	if err != nil {
		return nil, err
	}
	e, err := ParseOCSP(der, q.cert, q.issuer)
	if err != nil {
		return nil, err
	}
	e.URL = address
	return e, c.current(e)
}

// askCRL adds the list at an address to those that are there, and tells what they say together.
func (c *Client) askCRL(ctx context.Context, address string, q *question) (*Evidence, error) {
	f, err := c.heard(ctx, address, q)
	if err != nil {
		return nil, err
	}
	q.found = append(q.found, f)
	e, err := c.answer(q)
	if err == nil && !e.Revoked || errors.Is(err, ErrPartial) {
		if c.addFreshest(ctx, f.list, q) {
			e, err = c.answer(q)
		}
	}
	if err != nil {
		return nil, err
	}
	e.URL = address
	return e, nil
}

// answer is what the lists say together that is in date: that the certificate is revoked, else the newest.
func (c *Client) answer(q *question) (best *Evidence, err error) {
	err = ErrPartial
	for _, e := range weigh(q.subject, q.found) {
		if stale := c.current(e); stale != nil {
			if best == nil {
				err = stale
			}
			continue
		}
		if best == nil || e.Revoked || !best.Revoked && e.ThisUpdate.After(best.ThisUpdate) {
			best, err = e, nil
		}
	}
	return best, err
}

// addFreshest adds the deltas that the certificate or the list names (RFC 5280 §5.2.6). Where none can be had, the list
// stands by itself, as it would for who uses no deltas (§6.3.3 (a)).
func (c *Client) addFreshest(ctx context.Context, l *List, q *question) (added bool) {
	for _, address := range freshest(slices.Concat(l.parsed.Extensions, q.cert.Extensions)) {
		if f, err := c.heard(ctx, address, q); err == nil {
			q.found, added = append(q.found, f), true
		}
	}
	return added
}

// maxFreshest bounds how many addresses of deltas are asked.
const maxFreshest = 5

// freshest are the addresses of deltas in the extension freshestCRL.
func freshest(extensions []pkix.Extension) (out []string) {
	for _, ext := range extensions {
		if !ext.Id.Equal(oidFreshest) {
			continue
		}
		for _, address := range path.PointAddresses(ext.Value) {
			if len(out) < maxFreshest && !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// list is the list at an address: the one that was kept from there, if it is new enough, or what is fetched.
func (c *Client) list(ctx context.Context, address string, q *question) (*List, error) {
	c.mu.Lock()
	kept := c.lists[address]
	c.mu.Unlock()
	if kept != nil && !kept.parsed.ThisUpdate.Before(q.notBefore) && c.current(kept.age()) == nil {
		return kept, nil
	}
	der, err := c.fetch(ctx, address, nil, orDefault(c.MaxCRL, 20<<20))
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(der); block != nil && block.Type == "X509 CRL" {
		der = block.Bytes
	}
	return ParseList(der)
}

// heard is what the list at an address says by itself; a list that holds is kept.
func (c *Client) heard(ctx context.Context, address string, q *question) (*finding, error) {
	l, err := c.list(ctx, address, q)
	if err != nil {
		return nil, err
	}
	f, err := l.about(q.subject, q.who)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lists == nil || len(c.lists) >= 20 {
		c.lists = map[string]*List{}
	}
	c.lists[address] = l
	return f, nil
}

func orDefault(v, def int64) int64 {
	if v <= 0 {
		return def
	}
	return v
}

// Issuer fetches the certificate that issued cert from the addresses that cert names (RFC 5280, 4.2.2.1).
func (c *Client) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	if len(cert.IssuingCertificateURL) == 0 {
		return nil, fmt.Errorf("certificate %q names no address of its issuer's certificate: %w",
			cert.Subject.CommonName, ErrUnavailable)
	}
	var failures []error
	for _, address := range cert.IssuingCertificateURL {
		der, err := c.fetch(ctx, address, nil, 64<<10)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", address, err))
			continue
		}
		if block, _ := pem.Decode(der); block != nil {
			der = block.Bytes
		}
		below, issuer := path.Of(cert), path.Parse(der)
		if below == nil || issuer == nil || below.SignedBy(issuer) != nil {
			err = ErrOther
		}
		if err == nil {
			return issuer.X, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", address, err))
	}
	return nil, fmt.Errorf("issuer of %q: %w: %w", cert.Subject.CommonName, ErrUnavailable, errors.Join(failures...))
}

// fetch posts body, or gets without one.
func (c *Client) fetch(ctx context.Context, address string, body []byte, limit int64) ([]byte, error) {
	if err := checkURL(address); err != nil {
		return nil, err
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/ocsp-request")
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %s: %w", resp.Status, ErrUnavailable)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("answer longer than %d bytes: %w", limit, ErrFormat)
	}
	return data, err
}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	c.once.Do(func() { c.guarded = GuardedHTTP(nil) })
	return c.guarded
}
