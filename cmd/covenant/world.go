package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"covenant/signing"
	"covenant/web"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// world is a running installation: the store, the engine on it, and what was opened for them.
type world struct {
	config config
	store  *store.Store
	engine *engine.Engine
	logger *slog.Logger
	now    func() time.Time
}

// openWorld opens the data directory and makes the engine; nothing runs in the background yet.
func openWorld(ctx context.Context, c config, now func() time.Time, logger *slog.Logger) (*world, error) {
	return openWorldWith(ctx, c, now, logger, serverSecret)
}

// openWorldWith is openWorld with the server secret read by the given function.
func openWorldWith(ctx context.Context, c config, now func() time.Time, logger *slog.Logger, secret func(path string) ([]byte, error)) (*world, error) {
	calendar, err := loadCalendar(c.Calendar)
	if err != nil {
		return nil, err
	}
	options := store.Options{Dir: c.Data, DatabaseURL: c.Database, Now: now, Logger: logger, MailDomain: mailDomain(c)}
	if options.Blobs, err = blobsAt(ctx, c.Blobs); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", c.Data, err)
	}
	w := &world{config: c, store: s, logger: logger, now: now}
	settings, err := w.engineConfig(calendar, secret)
	if err == nil {
		w.engine, err = engine.New(settings)
	}
	if err == nil && c.Database != "" && settings.Secret != nil {
		err = w.sameSecret(ctx, settings.Secret)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return w, nil
}

func (w *world) engineConfig(calendar *workflow.Calendar, readSecret func(path string) ([]byte, error)) (engine.Config, error) {
	c := w.config
	secret, err := readSecret(secretFile(c))
	if err != nil {
		return engine.Config{}, err
	}
	roots, err := loadRoots(rootsFile(c))
	if err != nil {
		return engine.Config{}, err
	}
	mail, err := c.mailServer()
	if err != nil {
		return engine.Config{}, err
	}
	fonts, err := loadFonts(c.Fonts)
	if err != nil {
		return engine.Config{}, err
	}
	settings := engine.Config{
		Store: w.store, Calendar: calendar, Now: w.now, Roots: roots, Secret: secret, Fonts: fonts, PublicURL: c.PublicURL,
		Validation: &signing.ValidationSource{HTTP: outbound(c.AllowPrivate), Timeout: 10 * time.Second},
		Mail:       mail, Logger: w.logger,
	}
	if urls := strings.Fields(c.TSA); len(urls) > 0 {
		settings.TSA = &signing.TSA{URLs: urls, Timeout: 15 * time.Second, Retries: 2}
	}
	return settings, nil
}

// outbound is the client for addresses that come from certificates: public ones only, unless configured otherwise.
func outbound(allowPrivate bool) *http.Client {
	return signing.GuardedHTTPClient(func(ip netip.Addr) bool { return allowPrivate })
}

func mailDomain(c config) string {
	if _, domain, ok := strings.Cut(c.MailFrom, "@"); ok {
		return strings.TrimSuffix(domain, ">")
	}
	return ""
}

func rootsFile(c config) string {
	if c.Trust != "" {
		return c.Trust
	}
	return filepath.Join(c.Data, "roots.pem")
}

// loadRoots reads trust anchors; without the file nothing is trusted.
func loadRoots(path string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return pool, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trust anchors: %w", err)
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("trust anchors %s: the file holds no certificate in PEM form", path)
	}
	return pool, nil
}

const secretSize = 32

// blobsAt opens the place where files are kept; nothing, for an empty address, is the data directory's own.
func blobsAt(ctx context.Context, address string) (store.Blobs, error) {
	if address == "" {
		return nil, nil
	}
	blobs, err := store.OpenBlobs(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("where files are kept: %w", err) // the address may hold a password
	}
	return blobs, nil
}

// loadCalendar reads the working days of a file, or of the one that COVENANT_CALENDAR names; without either it is the built-in
// calendar of Vietnam.
func loadCalendar(path string) (*workflow.Calendar, error) {
	if path == "" {
		path = os.Getenv(envPrefix + "CALENDAR")
	}
	if path == "" {
		return calendar.VietnamCalendar()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	return calendar.ParseCalendar(data)
}

// sameSecret refuses a node whose server secret is not that of the nodes before it: the kept keys would not open here, and
// every right PIN would count as a wrong one.
func (w *world) sameSecret(ctx context.Context, secret []byte) error {
	const key = "server-secret/fingerprint"
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(key))
	mine := fmt.Appendf(nil, "%q", hex.EncodeToString(mac.Sum(nil)))
	return w.store.Update(ctx, func(tx *store.Tx) error {
		kept, found, err := tx.Setting(ctx, key)
		if err != nil {
			return err
		}
		if !found {
			return tx.SaveSetting(ctx, key, mine)
		}
		if !bytes.Equal(kept, mine) {
			return fmt.Errorf("server secret %s is another one than that of the other nodes on this database: copy theirs here, or name it with secret_file", secretFile(w.config))
		}
		return nil
	})
}

func secretFile(c config) string {
	if c.SecretFile != "" {
		return c.SecretFile
	}
	return filepath.Join(c.Data, "server.secret")
}

// serverSecret is the server's half of the protection of kept keys: a file of its own, made at the first start. Keys cannot
// be opened without it, so back it up apart from the database; all nodes on one database have the same.
func serverSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret = make([]byte, secretSize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("server secret: %w", err)
		}
		return secret, writeWhole(path, secret, 0o600)
	case err != nil:
		return nil, fmt.Errorf("server secret: %w", err)
	case len(secret) < secretSize:
		return nil, fmt.Errorf("server secret %s is damaged (%d bytes instead of %d); restore it from a backup, kept keys cannot be opened without it", path, len(secret), secretSize)
	}
	return secret, nil
}

// keptSecret is serverSecret where none is made: nothing if the file is not there.
func keptSecret(path string) ([]byte, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return serverSecret(path)
}

// handler gives the pages; their streams end when stop is closed.
func (w *world) handler(stop <-chan struct{}) (http.Handler, error) {
	return web.New(web.Config{Engine: w.engine, Logger: w.logger, Hosts: publicHosts(w.config.PublicURL), Stop: stop})
}

// publicHosts are the names under which the pages may be asked for besides localhost and plain addresses.
func publicHosts(publicURL string) []string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

func (w *world) close() error { return w.store.Close() }

// serveHTTP serves until ctx ends, then lets requests finish for a moment.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ConnContext: withPeer, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(graceful); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// loopback refuses addresses that others could reach: until there are accounts, the pages are for this machine only.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listening address %q: want host:port, e.g. 127.0.0.1:8080", address)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("listening address %q: pages without accounts are served on loopback only; use 127.0.0.1:8080 and a tunnel or proxy that authenticates", address)
}
