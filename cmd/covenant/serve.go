package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
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
	c, err := loadConfig(cmd.Config, config{Data: cmd.Data, Listen: cmd.Listen, Database: cmd.Database, Blobs: cmd.Blobs, PublicURL: cmd.PublicURL})
	if err != nil {
		return err
	}
	if err := loopback(c.Listen); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(e.err, nil))
	w, err := openWorld(e.ctx, c, time.Now, logger)
	if err != nil {
		return err
	}
	return errors.Join(w.serve(e), w.close())
}

func (w *world) serve(e *env) (err error) {
	handler, err := w.handler(e.ctx.Done())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", w.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := w.engine.Start(e.ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	control, err := openControl(w)
	if err != nil {
		return errors.Join(err, listener.Close(), w.stopEngine())
	}
	e.say("Đang phục vụ tại http://%s/ – nhấn Ctrl+C để dừng", "Serving at http://%s/ – press Ctrl+C to stop", listener.Addr())
	err = serveBoth(e.ctx, listener, handler, control)
	return errors.Join(err, w.stopEngine())
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

func (w *world) stopEngine() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return w.engine.Stop(ctx)
}
