package signing

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"covenant/signing/internal/tsp"
)

// TSA asks time-stamp authorities over HTTP (RFC 3161 §3.4), in order, until one answers rightly. URLs is required. It
// may be used by many goroutines and must not be copied after first use.
type TSA struct {
	URLs     []string
	HTTP     *http.Client          // default http.DefaultClient
	Timeout  time.Duration         // of one request; default 15 s
	Retries  int                   // further rounds over all URLs; default 0
	Policy   asn1.ObjectIdentifier // asked for and required; default any
	Username string                // HTTP basic authentication, when set
	Password string

	mu    sync.Mutex
	sizes map[crypto.Hash]int
}

// TimestampError says that no time-stamp could be had. Nothing was written; trying again later may help.
type TimestampError struct{ Err error }

func (e *TimestampError) Error() string { return fmt.Sprintf("no time-stamp: %v", e.Err) }

func (e *TimestampError) Unwrap() error { return e.Err }

// Timestamp returns a token over digest; it has been checked against the request.
func (t *TSA) Timestamp(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	c := tsp.Client{URLs: t.URLs, HTTP: t.HTTP, Timeout: t.Timeout, Retries: t.Retries, Policy: t.Policy,
		Username: t.Username, Password: t.Password}
	token, err := c.Timestamp(ctx, digest, h)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sizes == nil {
		t.sizes = map[crypto.Hash]int{}
	}
	t.sizes[h] = max(t.sizes[h], len(token.Raw))
	return token.Raw, nil
}

// tokenSize is the size of the largest token seen for h, 0 if none was.
func (t *TSA) tokenSize(h crypto.Hash) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sizes[h]
}

// tokenMargin is how much larger than one seen before a token may turn out (serial number, accuracy, signature).
const tokenMargin = 256

// tokenRoom tells how many bytes a token needs, asking the authority for one over random bytes the first time. So an
// authority that cannot be reached, or whose tokens are too large, is known before a key is used.
func tokenRoom(ctx context.Context, t Timestamper, h crypto.Hash) (int, error) {
	if t == nil {
		return 0, errors.New("this level needs a time-stamp: set a time-stamp authority (TSA)")
	}
	if s, ok := t.(interface{ tokenSize(crypto.Hash) int }); ok {
		if n := s.tokenSize(h); n > 0 {
			return n + tokenMargin, nil
		}
	}
	probe := make([]byte, h.Size())
	if _, err := rand.Read(probe); err != nil {
		return 0, err
	}
	token, err := t.Timestamp(ctx, probe, h)
	if err != nil {
		return 0, &TimestampError{err}
	}
	return len(token) + tokenMargin, nil
}

// timestamp gets a token over digest and checks it.
func timestamp(ctx context.Context, t Timestamper, digest []byte, h crypto.Hash) (*tsp.Token, error) {
	if t == nil {
		return nil, errors.New("this level needs a time-stamp: set a time-stamp authority (TSA)")
	}
	raw, err := t.Timestamp(ctx, digest, h)
	if err != nil {
		return nil, &TimestampError{err}
	}
	token, err := tsp.ParseToken(raw)
	if err != nil {
		return nil, &TimestampError{err}
	}
	if err := token.Verify(digest); err != nil {
		return nil, &TimestampError{err}
	}
	return token, nil
}

// TimestampTime asks for a time-stamp over digest, made with h, checks it, and returns its time. It tells whether an
// authority works, and how far its clock is from here.
func TimestampTime(ctx context.Context, t Timestamper, digest []byte, h crypto.Hash) (time.Time, error) {
	token, err := timestamp(ctx, t, digest, h)
	if err != nil {
		return time.Time{}, err
	}
	return token.Time, nil
}
