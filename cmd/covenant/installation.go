package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// installation is a running installation: the store, the engine on it, and what was opened for them.
type installation struct {
	config config
	store  *store.Store
	engine *engine.Engine
	logger *slog.Logger
	now    func() time.Time
}

// openInstallation opens the data directory and makes the engine; nothing runs in the background yet.
func openInstallation(ctx context.Context, c config, now func() time.Time, logger *slog.Logger) (*installation, error) {
	return openInstallationWith(ctx, c, now, logger, serverSecret)
}

// openInstallationWith is openInstallation with the server secret read by the given function.
func openInstallationWith(
	ctx context.Context, c config, now func() time.Time, logger *slog.Logger, secret func(path string) ([]byte, error),
) (*installation, error) {
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
	i := &installation{config: c, store: s, logger: logger, now: now}
	settings, err := i.engineConfig(calendar, secret)
	if err == nil {
		i.engine, err = engine.New(settings)
	}
	if err == nil && c.Database != "" && settings.Secret != nil {
		err = i.sameSecret(ctx, settings.Secret)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return i, nil
}

func (i *installation) engineConfig(
	calendar *workflow.Calendar, readSecret func(path string) ([]byte, error),
) (engine.Config, error) {
	c := i.config
	secret, err := readSecret(secretFile(c))
	if err != nil {
		return engine.Config{}, err
	}
	if err := c.checkOutside(); err != nil {
		return engine.Config{}, err
	}
	trusted, err := loadTrust(trustFile(c))
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
		Store: i.store, Calendar: calendar, Now: i.now, Clock: engine.Clock{Wall: machineNow},
		Roots: trusted, Secret: secret, Fonts: fonts,
		PublicURL:  c.PublicURL,
		Revocation: c.revocation(), Policy: c.policy(),
		Validation: &signing.ValidationSource{HTTP: outbound(c.AllowPrivate), Timeout: 10 * time.Second},
		Mail:       mail, DoubtPause: c.MailDoubtPause, Logger: i.logger,
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

// loadCalendar reads the working days of a file, or of the one that COVENANT_CALENDAR names; without either it is the
// built-in calendar of Vietnam.
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

func (i *installation) close() error { return i.store.Close() }
