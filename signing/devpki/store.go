package devpki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"covenant/internal/lock"
	"covenant/signing/trust"
)

// Options of Open. The zero value works.
type Options struct {
	// of the servers, for example "http://127.0.0.1:8091"; default what the directory remembers, else a free loopback
	// port
	BaseURL  string
	Password string           // of the PKCS#12 files; default DefaultPassword
	Clock    func() time.Time // default time.Now
	SlowFor  time.Duration    // how long the fault Slow waits; default 30 s
}

// DefaultPassword protects the PKCS#12 files of people, which protect nothing.
const DefaultPassword = "khong-co-gia-tri-phap-ly"

// PKI is an open infrastructure. Its methods may be called by many goroutines.
type PKI struct {
	dir  string
	base string
	opt  Options

	mu       sync.Mutex
	roles    map[role]Identity
	people   map[string]Identity
	revoked  map[string]Revocation // by serial number in hex
	faults   map[Service]Fault
	requests map[Service]int
}

// Revocation is why and when a certificate was revoked.
type Revocation struct {
	At     time.Time `json:"at"`
	Reason int       `json:"reason"` // CRLReason, RFC 5280, 5.3.1
}

// unfinished begins the names of directories that hold what is not written whole yet.
const unfinished = ".new-"

type settings struct {
	BaseURL string `json:"base_url"`
}

// Open creates the infrastructure in dir or loads what is there. With an empty dir nothing is stored. Certificates
// issued from now on name BaseURL; those issued before keep the address that they have.
func Open(dir string, opt Options) (*PKI, error) {
	p := &PKI{dir: dir, opt: opt, people: map[string]Identity{}, revoked: map[string]Revocation{},
		faults: map[Service]Fault{}, requests: map[Service]int{}}
	if err := p.open(); err != nil {
		return nil, fmt.Errorf("development PKI in %q: %w", dir, err)
	}
	return p, nil
}

func (p *PKI) open() error {
	if p.dir == "" {
		if err := p.chooseBase(""); err != nil {
			return err
		}
		return p.create()
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "people"), 0o700); err != nil {
		return err
	}
	if err := lock.Sweep(p.dir, unfinished); err != nil {
		return err
	}
	var s settings
	err := readJSON(filepath.Join(p.dir, "pki.json"), &s)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if err := p.chooseBase(s.BaseURL); err != nil {
		return err
	}
	if fresh {
		err = p.createStored()
	} else {
		err = p.load()
	}
	if err != nil || p.base == s.BaseURL {
		return err
	}
	return p.writeJSON("pki.json", settings{BaseURL: p.base}) // last: it marks a complete directory
}

// chooseBase: the caller's address, else the remembered one, else a port that is free now.
func (p *PKI) chooseBase(remembered string) error {
	p.base = p.opt.BaseURL
	if p.base == "" {
		p.base = remembered
	}
	if p.base == "" {
		l, err := listenAlone()
		if err != nil {
			return err
		}
		p.base = "http://" + l.Addr().String()
		return l.Close()
	}
	p.base = strings.TrimSuffix(p.base, "/")
	if u, err := url.Parse(p.base); err != nil || u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("base address %q: give one like http://127.0.0.1:8091", p.base)
	}
	return nil
}

// listenAlone listens at a port of an address of this machine that hardly anybody else uses: certificates name it for
// good, and a port of 127.0.0.1 that is free now is soon somebody else's. Where a system has no other address in
// 127.0.0.0/8 (RFC 1122 §3.2.1.3), it is a port there.
func listenAlone() (net.Listener, error) {
	var at [3]byte
	if _, err := rand.Read(at[:]); err != nil {
		return nil, err
	}
	host := net.IPv4(127, at[0], at[1], 1+at[2]%254).String()
	if l, err := net.Listen("tcp", net.JoinHostPort(host, "0")); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

func (p *PKI) createStored() error {
	if err := p.create(); err != nil {
		return err
	}
	for r, id := range p.roles {
		if err := p.saveIdentity(string(r), id); err != nil {
			return err
		}
	}
	return p.writeFile("roots.pem", pemChain(p.roles[roleRoot].Certificate), 0o644)
}

func (p *PKI) load() error {
	p.roles = map[role]Identity{}
	for _, d := range declared {
		id, err := p.loadIdentity(string(d.role))
		if err != nil {
			return err
		}
		p.roles[d.role] = id
	}
	if err := readJSON(filepath.Join(p.dir, "revoked.json"), &p.revoked); err != nil &&
		!errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names, err := filepath.Glob(filepath.Join(p.dir, "people", "*.cert.pem"))
	if err != nil {
		return err
	}
	for _, n := range names {
		name := strings.TrimSuffix(filepath.Base(n), ".cert.pem")
		id, err := p.loadIdentity(filepath.Join("people", name))
		if err != nil {
			return err
		}
		p.people[name] = id
	}
	return nil
}

// PKCS12 is the path of a person's PKCS#12 file, "" when nothing is stored.
func (p *PKI) PKCS12(s Subject) (string, error) {
	name, err := s.key()
	if err != nil || p.dir == "" {
		return "", err
	}
	return filepath.Join(p.dir, "people", name+".p12"), nil
}

func (p *PKI) password() string {
	if p.opt.Password != "" {
		return p.opt.Password
	}
	return DefaultPassword
}

// EncodePKCS12 is an identity as a PKCS#12 file with today's encryption.
func EncodePKCS12(id Identity, password string) ([]byte, error) {
	return pkcs12.Modern.Encode(id.Signer, id.Certificate, id.Chain, password)
}

// savePerson writes the certificate last: a person without one is issued anew.
func (p *PKI) savePerson(name string, id Identity) error {
	if p.dir == "" {
		return nil
	}
	name = filepath.Join("people", name)
	p12, err := EncodePKCS12(id, p.password())
	if err != nil {
		return err
	}
	if err := p.writeFile(name+".p12", p12, 0o600); err != nil {
		return err
	}
	return p.saveIdentity(name, id)
}

func (p *PKI) saveIdentity(name string, id Identity) error {
	der, err := x509.MarshalPKCS8PrivateKey(id.Signer)
	if err != nil {
		return err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := p.writeFile(name+".key.pem", key, 0o600); err != nil {
		return err
	}
	return p.writeFile(name+".cert.pem", pemChain(append([]*x509.Certificate{id.Certificate}, id.Chain...)...), 0o644)
}

func (p *PKI) loadIdentity(name string) (Identity, error) {
	var id Identity
	certs, err := os.ReadFile(filepath.Join(p.dir, name+".cert.pem"))
	if err != nil {
		return id, err
	}
	var all []*x509.Certificate
	for block, rest := pem.Decode(certs); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return id, fmt.Errorf("%s.cert.pem: %w", name, err)
		}
		all = append(all, c)
	}
	data, err := os.ReadFile(filepath.Join(p.dir, name+".key.pem"))
	if err != nil {
		return id, err
	}
	block, _ := pem.Decode(data)
	if block == nil || len(all) == 0 {
		return id, fmt.Errorf("%s: damaged: delete the directory to make a new one", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return id, fmt.Errorf("%s.key.pem: %w", name, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return id, fmt.Errorf("%s.key.pem: not a signing key", name)
	}
	return Identity{Signer: signer, Certificate: all[0], Chain: all[1:]}, nil
}

func pemChain(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

// writeFile replaces a file whole or not at all.
func (p *PKI) writeFile(name string, data []byte, mode fs.FileMode) error {
	path := filepath.Join(p.dir, name)
	dir, err := lock.Hold(p.dir, unfinished)
	if err != nil {
		return err
	}
	defer dir.Remove() //nolint:errcheck // what is left is removed when it is opened the next time
	f, err := os.OpenFile(dir.In("new"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (p *PKI) writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return p.writeFile(name, append(data, '\n'), 0o600)
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// BaseURL is the address of the servers.
func (p *PKI) BaseURL() string { return p.base }

// TSA is the address of the time-stamp authority.
func (p *PKI) TSA() string { return p.base + "/tsa" }

// Roots are the certificates to trust: one, of the kind test, good for everything.
func (p *PKI) Roots() *trust.Store {
	s := &trust.Store{}
	if err := s.Add(trust.Bare(p.roles[roleRoot].Certificate)); err != nil {
		panic(err) // an own root of P-256, alone in its store
	}
	return s
}

// RootsPEM are the certificates to trust, as PEM.
func (p *PKI) RootsPEM() []byte { return pemChain(p.roles[roleRoot].Certificate) }

// Revoke marks a certificate as revoked at a time, with a CRLReason of RFC 5280, 5.3.1 (1 is key compromise).
func (p *PKI) Revoke(cert *x509.Certificate, at time.Time, reason int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked[serialKey(cert)] = Revocation{At: at.UTC().Truncate(time.Second), Reason: reason}
	if p.dir == "" {
		return nil
	}
	return p.writeJSON("revoked.json", p.revoked)
}

func serialKey(cert *x509.Certificate) string { return hex.EncodeToString(cert.SerialNumber.Bytes()) }

func (p *PKI) now() time.Time {
	if p.opt.Clock != nil {
		return p.opt.Clock()
	}
	return time.Now()
}
