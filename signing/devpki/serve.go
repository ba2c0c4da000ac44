package devpki

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"covenant/signing/internal/tsp"

	"golang.org/x/crypto/ocsp"
)

// Service is one of the servers.
type Service string

// The servers, with their paths.
const (
	TSA  Service = "tsa"  // POST /tsa
	OCSP Service = "ocsp" // POST /ocsp, GET /ocsp/{request}
	CRL  Service = "crl"  // GET /crl/{root,issuing}.crl
	AIA  Service = "aia"  // GET /aia/{root,issuing}.crt
)

// Fault is a way to fail.
type Fault string

// The faults. Where one has no meaning for a service, the service answers with Garbage.
const (
	None         Fault = ""
	Slow         Fault = "slow"          // no answer for Options.SlowFor
	Unavailable  Fault = "unavailable"   // HTTP 503
	Drop         Fault = "drop"          // the connection is closed
	Refuse       Fault = "refuse"        // the protocol's own refusal (TSA rejection, OCSP tryLater)
	Garbage      Fault = "garbage"       // bytes that are no answer
	Huge         Fault = "huge"          // an answer that does not end
	WrongNonce   Fault = "wrong-nonce"   // TSA
	WrongImprint Fault = "wrong-imprint" // TSA
	Stale        Fault = "stale"         // an answer that is out of date; TSA: an expired certificate
	WrongSigner  Fault = "wrong-signer"  // OCSP and CRL: signed by nobody who may
	Unknown      Fault = "unknown"       // OCSP: status unknown; CRL: HTTP 404
)

// SetFault makes a service fail from the next request on; None mends it.
func (p *PKI) SetFault(s Service, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[s] = f
}

// Requests is how many requests a service has had.
func (p *PKI) Requests(s Service) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[s]
}

// Serve listens on the address of BaseURL until ctx ends. It returns when the servers are ready; Close of the
// returned server ends them too.
func (p *PKI) Serve(ctx context.Context) (*http.Server, error) {
	u, err := url.Parse(p.base)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("development PKI: its certificates name %s, which cannot be listened on: %w", p.base,
			err)
	}
	srv := &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	return srv, nil
}

// Handler serves issuer certificates, OCSP, revocation lists and time-stamps under the paths of BaseURL.
func (p *PKI) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tsa", p.faulty(TSA, p.serveTSA))
	mux.HandleFunc("POST /ocsp", p.faulty(OCSP, p.serveOCSP))
	mux.HandleFunc("GET /ocsp/{request...}", p.faulty(OCSP, p.serveOCSP))
	mux.HandleFunc("GET /crl/{name}", p.faulty(CRL, p.serveCRL))
	mux.HandleFunc("GET /aia/{name}", p.faulty(AIA, p.serveAIA))
	return mux
}

// faulty counts the request and does the faults that are the same for every service.
func (p *PKI) faulty(s Service, next func(http.ResponseWriter, *http.Request, Fault)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests[s]++
		fault := p.faults[s]
		p.mu.Unlock()
		switch fault {
		case Slow:
			p.wait(r.Context())
		case Unavailable:
			http.Error(w, "unavailable", http.StatusServiceUnavailable)
			return
		case Drop:
			panic(http.ErrAbortHandler)
		case Huge:
			junk := make([]byte, 64<<10)
			for range 1 << 10 {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
			return
		case Garbage:
			_, _ = io.WriteString(w, "<html>This is not the answer you are looking for</html>")
			return
		}
		next(w, r, fault)
	}
}

func (p *PKI) wait(ctx context.Context) {
	d := p.opt.SlowFor
	if d <= 0 {
		d = 30 * time.Second
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func answer(w http.ResponseWriter, contentType string, der []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(der)
}

func (p *PKI) serveTSA(w http.ResponseWriter, r *http.Request, fault Fault) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		answer(w, "", nil, err)
		return
	}
	req, err := tsp.ParseRequest(body)
	if err != nil {
		answer(w, "application/timestamp-reply", tsp.Refusal(err.Error()), nil)
		return
	}
	by := roleTSA
	switch fault {
	case Refuse:
		answer(w, "application/timestamp-reply", tsp.Refusal("refused for a test"), nil)
		return
	case WrongNonce:
		req.Nonce = big.NewInt(42)
	case WrongImprint:
		req.Imprint = make([]byte, len(req.Imprint))
	case Stale:
		by = roleOldTSA
	}
	der, err := p.authority(by).Issue(req, p.now())
	answer(w, "application/timestamp-reply", der, err)
}

func (p *PKI) authority(by role) *tsp.Authority {
	id := p.roles[by]
	return &tsp.Authority{Signer: id.Signer, Certificate: id.Certificate, Chain: id.Chain, Policy: oidPolicy}
}

// TimeStamp makes a token at any time, past or future: for tests of what was signed long ago.
func (p *PKI) TimeStamp(digest []byte, h crypto.Hash, at time.Time) ([]byte, error) {
	return p.authority(roleTSA).Token(&tsp.Request{Hash: h, Imprint: digest}, at)
}

func (p *PKI) serveOCSP(w http.ResponseWriter, r *http.Request, fault Fault) {
	body, err := ocspRequest(w, r)
	if err == nil && fault == Refuse {
		answer(w, "application/ocsp-response", ocsp.TryLaterErrorResponse, nil)
		return
	}
	var req *ocsp.Request
	if err == nil {
		req, err = ocsp.ParseRequest(body)
	}
	if err != nil {
		answer(w, "application/ocsp-response", ocsp.MalformedRequestErrorResponse, nil)
		return
	}
	der, err := p.ocspResponse(req, fault)
	answer(w, "application/ocsp-response", der, err)
}

func ocspRequest(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method == http.MethodPost {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<10))
	}
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(r.URL.Path, "/ocsp/"))
}

func (p *PKI) serveCRL(w http.ResponseWriter, r *http.Request, fault Fault) {
	by := role(strings.TrimSuffix(r.PathValue("name"), ".crl"))
	if fault == Unknown || (by != roleRoot && by != roleIssuing && by != roleOtherRoot) {
		http.NotFound(w, r)
		return
	}
	der, err := p.crl(by, fault)
	answer(w, "application/pkix-crl", der, err)
}

// RevocationList is the DER list of the issuing authority as of now.
func (p *PKI) RevocationList() ([]byte, error) { return p.crl(roleIssuing, None) }

func (p *PKI) crl(by role, fault Fault) ([]byte, error) {
	issuer, signer := p.roles[by], p.roles[by]
	now := p.now().UTC().Truncate(time.Second)
	switch fault {
	case Stale:
		now = now.Add(-60 * 24 * time.Hour)
	case WrongSigner: // the right name, the wrong key
		signer = p.roles[roleStranger]
	}
	list := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now,
		NextUpdate: now.Add(7 * 24 * time.Hour)}
	p.mu.Lock()
	for _, id := range p.issuedBy(issuer.Certificate) {
		if rev, ok := p.revoked[serialKey(id)]; ok {
			list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
				x509.RevocationListEntry{SerialNumber: id.SerialNumber, RevocationTime: rev.At, ReasonCode: rev.Reason})
		}
	}
	p.mu.Unlock()
	if fault == WrongSigner {
		forged := *issuer.Certificate
		forged.PublicKey = signer.Signer.Public()
		return x509.CreateRevocationList(rand.Reader, list, &forged, signer.Signer)
	}
	return x509.CreateRevocationList(rand.Reader, list, issuer.Certificate, issuer.Signer)
}

// issuedBy lists every certificate of an issuer; p.mu is held.
func (p *PKI) issuedBy(issuer *x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	add := func(id Identity) {
		if len(id.Chain) > 0 && id.Chain[0].Equal(issuer) {
			out = append(out, id.Certificate)
		}
	}
	for _, d := range declared {
		add(p.roles[d.role])
	}
	for _, id := range p.people {
		add(id)
	}
	return out
}

func (p *PKI) serveAIA(w http.ResponseWriter, r *http.Request, fault Fault) {
	id, ok := p.roles[role(strings.TrimSuffix(r.PathValue("name"), ".crt"))]
	if !ok || !id.Certificate.IsCA {
		http.NotFound(w, r)
		return
	}
	if fault != None && fault != Slow {
		answer(w, "", nil, errors.New("out of order for a test"))
		return
	}
	answer(w, "application/pkix-cert", id.Certificate.Raw, nil)
}
