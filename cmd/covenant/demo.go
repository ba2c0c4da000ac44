package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covenant/internal/demo"
	"covenant/signing/trust"
	"covenant/web"
	"covenant/workflow"
)

type demoCmd struct {
	Dir    string `help:"Data directory of the demo; gets covenant.pdf, roots.pem and mail/*.eml too. Default: ./demo" default:"demo" placeholder:"DIR"`
	Exit   bool   `help:"End after the script instead of serving the page."`
	Listen string `help:"Address of the page, loopback only." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Case   string `help:"Directory of another case: block.yaml, covenant.yaml, scenario.yaml. Default: the reference case." type:"existingdir" placeholder:"DIR"`
}

// Run plays a case through its whole life with the commands and jobs that serve uses. Started again on the same
// directory it goes on where it was.
func (cmd *demoCmd) Run(e *env) error {
	if err := loopback(cmd.Listen); err != nil {
		return err
	}
	files, err := cmd.files()
	if err != nil {
		return err
	}
	stage, err := openStage(e, cmd)
	if err != nil {
		return err
	}
	return errors.Join(cmd.play(e, stage, files), stage.close())
}

func (cmd *demoCmd) play(e *env, stage *demoStage, files fs.FS) error {
	play := demo.Play{
		Engine: stage.engine, Around: stage.around, Clock: stage.clock, Out: e.out, Lang: e.lang, Where: stage.dir,
		Console: workflow.AtConsole(thisUser(), workflow.ConsoleEverything), Keep: stage.keep,
	}
	if err := play.Run(e.ctx, files); err != nil || cmd.Exit {
		return err
	}
	return stage.serve(e)
}

func (cmd *demoCmd) files() (fs.FS, error) {
	if cmd.Case != "" {
		return os.DirFS(cmd.Case), nil
	}
	return demo.ReferenceCase()
}

// demoStage is the installation that a demo plays on, with what it has around it.
type demoStage struct {
	*installation
	dir    string
	clock  *demo.Clock
	around *demo.Surroundings
	pages  net.Listener
}

func openStage(e *env, cmd *demoCmd) (_ *demoStage, err error) {
	dir, err := filepath.Abs(cmd.Dir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	s := &demoStage{dir: dir, clock: &demo.Clock{}}
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
	if s.around, err = demo.OpenSurroundings(e.ctx, dir); err != nil {
		return nil, err
	}
	if err = s.keepRoots(); err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelError}))
	if s.installation, err = openInstallation(e.ctx, s.settings(cmd), s.clock.Now, logger); err != nil {
		return nil, err
	}
	return s, s.clock.Resume(e.ctx, s.store)
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
		Data: s.dir, Listen: address, PublicURL: "http://" + address, TSA: s.around.PKI.TSA(), AllowPrivate: true,
		SMTP: s.around.Mail.Addr(), SMTPTLS: "none", Console: "everything",
		MailFrom: "Giao ước thi đua <giaouoc@covenant.example>",
		// its server is in this process: what was cut off with it is known to be so
		MailDoubtPause: time.Millisecond,
	}
}

// keep leaves a file in the demo's directory, where a person finds it.
func (s *demoStage) keep(name string, content []byte) error {
	return writeWhole(filepath.Join(s.dir, name), content, 0o644)
}

// keepRoots leaves the test authority's root, in PEM form for other programs, and as a trust store with its kind, which
// is what the demo goes by; a store that is there already stays.
func (s *demoStage) keepRoots() error {
	if err := s.keep("roots.pem", s.around.PKI.RootsPEM()); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.dir, storeFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	root := s.around.PKI.Roots().Entries()[0]
	root.Source, root.Added = "covenant demo: pki/root.pem", trust.DayOf(time.Now())
	var roots trust.Store
	if err := roots.Add(root); err != nil {
		return err
	}
	data, err := roots.Encode()
	if err != nil {
		return err
	}
	return s.keep(storeFile, data)
}

func (s *demoStage) serve(e *env) error {
	var links web.Links
	handler, err := s.handler(e.ctx.Done(), &links)
	if err != nil {
		return err
	}
	control, err := openControl(s.installation)
	if err != nil {
		return err
	}
	e.say("\nXem giao ước tại http://%s/ – nhấn Ctrl+C để dừng",
		"\nSee the covenant at http://%s/ – press Ctrl+C to stop", s.pages.Addr())
	if err := s.sayLinks(e, &links); err != nil {
		return err
	}
	return serveBoth(e.ctx, s.pages, handler, control)
}

// sayLinks prints a link for each kind of work, by which somebody who does it signs in; each works once.
func (s *demoStage) sayLinks(e *env, links *web.Links) error {
	d, err := s.engine.Directory(e.ctx, workflow.AtConsole(thisUser(), s.config.console()))
	if err != nil {
		return err
	}
	e.say("Đăng nhập với tư cách (mỗi liên kết dùng một lần):", "Sign in as (each link works once):")
	for _, block := range slices.Sorted(maps.Keys(d.Blocks)) {
		agency := d.Blocks[block].Leader()
		duties := map[workflow.PersonID][]string{}
		var people []workflow.PersonID
		for _, duty := range workflow.AllDuties() {
			holders := d.HoldersIn("", agency, duty, s.engine.Calendar.Today(s.engine.Now()))
			if len(holders) == 0 {
				continue
			}
			who := holders[0].ID
			if duties[who] == nil {
				people = append(people, who)
			}
			duties[who] = append(duties[who], duty.Words().In(e.lang))
		}
		for _, who := range people {
			path, err := links.Add(who)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.out, "  %s, %s (%s)\n    http://%s%s\n", d.PersonName(who), d.AgencyName(agency),
				strings.Join(duties[who], ", "), s.pages.Addr(), path)
		}
	}
	return nil
}

func (s *demoStage) close() error {
	var errs []error
	if s.installation != nil {
		errs = append(errs, s.stopEngine(), s.installation.close())
	}
	if s.around != nil {
		errs = append(errs, s.around.Close())
	}
	if s.pages != nil {
		if err := s.pages.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
