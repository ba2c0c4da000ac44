package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"covenant/web"
	"covenant/workflow"
)

type serveCmd struct {
	Config    string `help:"Configuration file (YAML)." type:"existingfile" env:"COVENANT_CONFIG"`
	Data      string `help:"Data directory. Default: ./data" placeholder:"DIR"`
	Listen    string `help:"Address of the pages, loopback only. Default: 127.0.0.1:8080" placeholder:"ADDR"`
	Database  string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
	Blobs     string `help:"Where files are kept: a directory or s3://KEY:SECRET@HOST/BUCKET." placeholder:"URL"`
	PublicURL string `help:"Address that QR codes and mails name." name:"public-url" placeholder:"URL"`
}

// Run serves until it is told to stop.
func (cmd *serveCmd) Run(e *env) error {
	c, err := loadConfig(cmd.Config, config{Data: cmd.Data, Listen: cmd.Listen, Database: cmd.Database,
		Blobs: cmd.Blobs, PublicURL: cmd.PublicURL})
	if err != nil {
		return err
	}
	if err := errors.Join(loopback(c.Listen), boundMemory(c.MemoryLimit)); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(e.err, nil))
	i, err := openInstallation(e.ctx, c, machineNow, logger)
	if err != nil {
		return err
	}
	return errors.Join(i.serve(e), i.close())
}

func (i *installation) serve(e *env) (err error) {
	handler, err := i.handler(e.ctx.Done(), nil)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", i.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := i.engine.Start(e.ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	control, err := openControl(i)
	if err != nil {
		return errors.Join(err, listener.Close(), i.stopEngine())
	}
	e.say("Đang phục vụ tại http://%s/ – nhấn Ctrl+C để dừng", "Serving at http://%s/ – press Ctrl+C to stop",
		listener.Addr())
	err = serveBoth(e.ctx, listener, handler, control)
	return errors.Join(err, i.stopEngine())
}

// serveBoth serves the pages and the control channel until ctx ends, or one of them fails.
func serveBoth(ctx context.Context, pages net.Listener, handler http.Handler, c *control) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	orders := make(chan error, 1)
	go func() {
		defer stop()
		orders <- serveHTTP(ctx, c.listener, c)
	}()
	err := serveHTTP(ctx, pages, handler)
	stop()
	return errors.Join(err, <-orders, c.close())
}

func (i *installation) stopEngine() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return i.engine.Stop(ctx)
}

// handler gives the pages; their streams end when stop is closed.
func (i *installation) handler(stop <-chan struct{}, links *web.Links) (http.Handler, error) {
	// The pages are served on loopback alone, and whoever opens them there without signing in reads as the console by
	// itself.
	console := workflow.AtConsole(thisUser(), i.config.console())
	return web.New(web.Config{
		Engine: i.engine, Logger: i.logger, Hosts: publicHosts(i.config.PublicURL), Stop: stop,
		Links: links, Secure: strings.HasPrefix(i.config.PublicURL, "https://"),
		Console: i.config.console(),
		Actor:   func(*http.Request) workflow.Actor { return console },
	})
}

// publicHosts are the names under which the pages may be asked for besides localhost and plain addresses.
func publicHosts(publicURL string) []string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// serveHTTP serves until ctx ends, then lets requests finish for a moment.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ConnContext: withPeer, ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute}
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
	return fmt.Errorf("listening address %q: pages without accounts are served on loopback only; use 127.0.0.1:8080 "+
		"and a tunnel or proxy that authenticates", address)
}
