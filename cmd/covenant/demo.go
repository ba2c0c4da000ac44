package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

type demoCmd struct {
	Dir    string `help:"Data directory of the demo; gets covenant.pdf, roots.pem and mail/*.eml too. Default: ./demo" default:"demo" placeholder:"DIR"`
	Exit   bool   `help:"End after the script instead of serving the page."`
	Listen string `help:"Address of the page, loopback only." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Case   string `help:"Directory of another case: block.yaml, covenant.yaml, scenario.yaml. Default: the reference case." type:"existingdir" placeholder:"DIR"`
}

// Run plays a case through its whole life with the commands and jobs that serve uses. Started again on the same
// directory it goes on where it was: every step carries a key, and what was done is not done again.
func (cmd *demoCmd) Run(e *env) error {
	if err := loopback(cmd.Listen); err != nil {
		return err
	}
	files, err := cmd.files()
	if err != nil {
		return err
	}
	clock := &demoClock{}
	stage, err := openStage(e, cmd, clock)
	if err != nil {
		return err
	}
	return errors.Join(cmd.play(e, stage, files, clock), stage.close())
}

func (cmd *demoCmd) play(e *env, stage *demoStage, files fs.FS, clock *demoClock) error {
	day, err := stage.firstDay(e.ctx)
	if err != nil {
		return err
	}
	c, err := readCase(files, day)
	if err != nil {
		return err
	}
	if err := stage.engine.Start(e.ctx); err != nil {
		return err
	}
	if err := newPlay(e, stage, c, clock).run(e.ctx); err != nil || cmd.Exit {
		return err
	}
	return stage.serve(e)
}

// firstDay is the day on which the demo was first started on this directory; its covenant is dated then, also when it
// goes on later.
func (s *demoStage) firstDay(ctx context.Context) (day workflow.Date, err error) {
	const key = "demo/first-day"
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		kept, found, err := tx.Setting(ctx, key)
		if err != nil {
			return err
		}
		if found {
			return json.Unmarshal(kept, &day)
		}
		day = s.engine.Calendar.Today(time.Now())
		value, err := json.Marshal(day)
		if err != nil {
			return err
		}
		return tx.SaveSetting(ctx, key, value)
	})
	return day, err
}

func (cmd *demoCmd) files() (fs.FS, error) {
	if cmd.Case != "" {
		return os.DirFS(cmd.Case), nil
	}
	return fs.Sub(testdata.Cases, "hanam2021")
}

// demoClock is the real clock, or ahead of it; it never goes back. Keys and time-stamps do not use it.
type demoClock struct{ ahead atomic.Int64 }

func (c *demoClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// advance moves the clock to t if that is ahead.
func (c *demoClock) advance(t time.Time) {
	if d := time.Until(t); d > time.Duration(c.ahead.Load()) {
		c.ahead.Store(int64(d))
	}
}

// demoStage is the installation that a demo plays on: the world of serve, and around it what an office has elsewhere: a
// certification authority with its servers, and a mail server.
type demoStage struct {
	*world
	dir   string
	pki   *devpki.PKI
	mail  *sink.Server
	pages net.Listener
	stop  context.CancelFunc // of the authority's servers
}

func openStage(e *env, cmd *demoCmd, clock *demoClock) (_ *demoStage, err error) {
	dir, err := filepath.Abs(cmd.Dir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	s := &demoStage{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err = os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if s.pages, err = listen(cmd); err != nil {
		return nil, err
	}
	if s.pki, err = devpki.Open(filepath.Join(dir, "pki"), devpki.Options{}); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(e.ctx))
	s.stop = stop
	if _, err = s.pki.Serve(ctx); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	if err = writeWhole(filepath.Join(dir, "roots.pem"), s.pki.RootsPEM(), 0o644); err != nil {
		return nil, err
	}
	if s.mail, err = sink.Start(ctx, sink.Options{Dir: filepath.Join(dir, "mail")}); err != nil {
		return nil, fmt.Errorf("mail server of the demo: %w", err)
	}
	s.world, err = openWorld(e.ctx, s.settings(cmd), clock.now, slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return nil, err
	}
	return s, s.wind(e.ctx, clock)
}

func listen(cmd *demoCmd) (net.Listener, error) {
	if cmd.Exit {
		return nil, nil
	}
	l, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return nil, fmt.Errorf("address of the page: %w; choose another with --listen, e.g. --listen 127.0.0.1:0", err)
	}
	return l, nil
}

func (s *demoStage) settings(cmd *demoCmd) config {
	address := cmd.Listen
	if s.pages != nil {
		address = s.pages.Addr().String()
	}
	return config{
		Data: s.dir, Listen: address, PublicURL: "http://" + address, TSA: s.pki.TSA(), AllowPrivate: true,
		SMTP: s.mail.Addr(), SMTPTLS: "none", MailFrom: "Giao ước thi đua <giaouoc@covenant.example>",
	}
}

// wind sets the clock to where the demo was when it last recorded something.
func (s *demoStage) wind(ctx context.Context, clock *demoClock) error {
	return s.store.View(ctx, func(tx *store.Tx) error {
		last, found, err := tx.LastEventTime(ctx)
		if err == nil && found {
			clock.advance(last)
		}
		return err
	})
}

func (s *demoStage) serve(e *env) error {
	handler, err := s.handler(e.ctx.Done())
	if err != nil {
		return err
	}
	control, err := openControl(s.world)
	if err != nil {
		return err
	}
	e.say("\nXem giao ước tại http://%s/ – nhấn Ctrl+C để dừng", "\nSee the covenant at http://%s/ – press Ctrl+C to stop", s.pages.Addr())
	return serveBoth(e.ctx, s.pages, handler, control)
}

func (s *demoStage) close() error {
	var errs []error
	if s.world != nil {
		errs = append(errs, s.stopEngine(), s.world.close())
	}
	if s.mail != nil {
		errs = append(errs, s.mail.Close())
	}
	if s.stop != nil {
		s.stop()
	}
	if s.pages != nil {
		if err := s.pages.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
