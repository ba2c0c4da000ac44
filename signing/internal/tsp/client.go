package tsp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"covenant/signing/internal/cms"
)

// Client asks time-stamp authorities over HTTP (RFC 3161, 3.4). URLs is
// required; every other field's zero value works. A Client may be used by many goroutines.
type Client struct {
	URLs     []string              // tried in order until one answers rightly
	HTTP     *http.Client          // default http.DefaultClient; a guarded one for addresses that others chose
	Timeout  time.Duration         // of one request; default 15 s
	Retries  int                   // further rounds over all URLs after a failure that may pass; default 0
	Backoff  time.Duration         // before the second round, doubled each time; default 500 ms
	Policy   asn1.ObjectIdentifier // asked for and required; default any
	MaxSize  int                   // of a response in bytes; default 64 KiB
	Username string                // HTTP basic authentication, when set
	Password string
	Clock    func() time.Time // checks that the time is plausible (±MaxSkew); default time.Now
	MaxSkew  time.Duration    // default 5 min; negative: not checked
}

// AuthorityError says which authority failed and why. It wraps its cause.
type AuthorityError struct {
	URL   string
	Cause error
}

func (e *AuthorityError) Error() string {
	return fmt.Sprintf("time-stamp authority %s: %v", e.URL, e.Cause)
}
func (e *AuthorityError) Unwrap() error { return e.Cause }

// Timestamp gets a token over digest, made with h. When every authority fails
// in every round the error wraps ErrUnavailable and each AuthorityError.
// A cancelled context ends the tries at once.
func (c *Client) Timestamp(ctx context.Context, digest []byte, h crypto.Hash) (*Token, error) {
	if len(c.URLs) == 0 {
		return nil, fmt.Errorf("no time-stamp authority is configured: %w", ErrUnavailable)
	}
	if cms.HashOID(h) == nil || cms.WeakHash(h) || len(digest) != h.Size() {
		return nil, fmt.Errorf("time-stamp: digest of %d bytes for %s: %w", len(digest), h, cms.ErrUnsupported)
	}
	var failures []error
	wait := c.Backoff
	if wait <= 0 {
		wait = 500 * time.Millisecond
	}
	for round := 0; round <= c.Retries; round++ {
		if round > 0 {
			if err := sleep(ctx, wait); err != nil {
				return nil, err
			}
			wait *= 2
		}
		for _, url := range c.URLs {
			token, err := c.ask(ctx, url, digest, h)
			if err == nil {
				return token, nil
			}
			if ctx.Err() != nil {
				return nil, fmt.Errorf("time-stamp authority %s: %w", url, ctx.Err())
			}
			failures = append(failures, &AuthorityError{URL: url, Cause: err})
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(failures...))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *Client) ask(ctx context.Context, url string, digest []byte, h crypto.Hash) (*Token, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, err
	}
	req := Request{Hash: h, Imprint: digest, Policy: c.Policy, Nonce: nonce, CertReq: true}
	der, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	body, err := c.post(ctx, url, der)
	if err != nil {
		return nil, err
	}
	token, err := ParseResponse(body)
	if err != nil {
		return nil, err
	}
	if err := c.check(token, &req); err != nil {
		return nil, err
	}
	return token, nil
}

func (c *Client) post(ctx context.Context, url string, der []byte) ([]byte, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 15 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(der))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	req.Header.Set("Accept", "application/timestamp-reply")
	if c.Username != "" {
		req.SetBasicAuth(c.Username, c.Password)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %s: %w", resp.Status, ErrRefused)
	}
	if ct := resp.Header.Get("Content-Type"); ct != "" && !strings.HasPrefix(ct, "application/timestamp-reply") {
		return nil, fmt.Errorf("answer of type %q: %w", ct, ErrFormat)
	}
	limit := c.MaxSize
	if limit <= 0 {
		limit = 64 << 10
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err == nil && len(body) > limit {
		err = fmt.Errorf("answer longer than %d bytes: %w", limit, ErrFormat)
	}
	return body, err
}

// check compares the token with the request (RFC 3161, 2.4.2) and verifies it.
func (c *Client) check(t *Token, req *Request) error {
	if t.Nonce == nil || t.Nonce.Cmp(req.Nonce) != 0 {
		return ErrNonce
	}
	if t.Hash != req.Hash {
		return ErrImprint
	}
	if c.Policy != nil && !c.Policy.Equal(t.Policy) {
		return fmt.Errorf("policy %s instead of %s: %w", t.Policy, c.Policy, ErrRefused)
	}
	if err := t.Verify(req.Imprint); err != nil {
		return err
	}
	if t.Time.Before(t.Certificate.NotBefore) || t.Time.After(t.Certificate.NotAfter) {
		return fmt.Errorf("certificate of the authority %q is not valid at %s: %w",
			t.Certificate.Subject.CommonName, t.Time.Format(time.RFC3339), ErrPurpose)
	}
	if c.MaxSkew < 0 {
		return nil
	}
	skew, now := c.MaxSkew, time.Now
	if skew == 0 {
		skew = 5 * time.Minute
	}
	if c.Clock != nil {
		now = c.Clock
	}
	if d := t.Time.Sub(now()).Abs(); d > skew {
		return fmt.Errorf("its clock differs by %s: %w", d.Round(time.Second), ErrRefused)
	}
	return nil
}
