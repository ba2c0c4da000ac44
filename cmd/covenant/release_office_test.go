package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/workflow/notify/sink"
)

// releasesDir holds what each release left behind, and the case that it was recorded with.
var releasesDir = filepath.Join("..", "..", "testdata", "releases")

// releasePIN opens every key that is recorded but those of the demo's own case.
const releasePIN = "271126"

// releaseOffice is an installation that is worked with by the program's command line alone, so that the program may be
// any release's, and what it needs of the outside: an authority with its servers, and a mail server.
type releaseOffice struct {
	t        *testing.T
	program  string
	data     string // data directory
	database string // empty: SQLite
	work     string // files that are handed to commands
	config   map[string]string
	reports  int // handed in
}

// newReleaseOffice works with a program on a data directory, in a PostgreSQL database if one is named.
func newReleaseOffice(t *testing.T, program, data, database string) *releaseOffice {
	t.Helper()
	o := &releaseOffice{t: t, program: program, data: data, database: database, work: t.TempDir(),
		config: map[string]string{
			"data": data, "database": database, "listen": "127.0.0.1:0", "public_url": "http://covenant.example",
			"allow_private": "true",
			"mail_from":     "Khối <khoi@covenant.example>", "trust": filepath.Join(data, "roots.pem"),
			"console": "everything", // one console stands for all people here; v0.1 did not ask
		}}
	o.file("pin", releasePIN+"\n")
	o.config["calendar"] = o.file("calendar.yaml", releaseCalendar(time.Now().Year()+2))
	return o
}

// releaseCalendar is a calendar up to a year, without holidays: releases are opened in years that nobody has announced
// yet.
func releaseCalendar(last int) string {
	text := "zone: Asia/Ho_Chi_Minh\nyears:\n"
	for year := 2026; year <= last; year++ {
		text += fmt.Sprintf("  - {year: %d, days: []}\n", year)
	}
	return text
}

// stamped names the time-stamp authority.
func (o *releaseOffice) stamped(pki *devpki.PKI) { o.config["tsa"] = pki.TSA() }

// mailing names a mail server that keeps what it takes in a directory, which is returned. Without one, mails stay
// queued.
func (o *releaseOffice) mailing() string {
	o.t.Helper()
	dir := o.t.TempDir()
	server, err := sink.Start(o.t.Context(), sink.Options{Dir: dir})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { server.Close() })
	o.config["smtp"], o.config["smtp_tls"] = server.Addr(), "none"
	return dir
}

// file writes a file into the working directory.
func (o *releaseOffice) file(name, content string) string {
	o.t.Helper()
	path := filepath.Join(o.work, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// command is a run of the program; its configuration comes from the environment.
func (o *releaseOffice) command(args ...string) *exec.Cmd {
	cmd := exec.Command(o.program, args...)
	cmd.Dir = o.work
	cmd.Env = append(os.Environ(), "COVENANT_LANG=en", "COVENANT_CONSOLE=everything")
	for key, value := range o.config {
		if value != "" {
			cmd.Env = append(cmd.Env, "COVENANT_"+strings.ToUpper(key)+"="+value)
		}
	}
	return cmd
}

// run has the program do something and returns what it printed. A failure ends the test.
func (o *releaseOffice) run(args ...string) string {
	o.t.Helper()
	var said strings.Builder
	cmd := o.command(args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		o.t.Fatalf("covenant %s: %v\n%s%s", strings.Join(args, " "), err, out, said.String())
	}
	return string(out)
}

// place are the flags of commands that read no configuration.
func (o *releaseOffice) place(args ...string) []string {
	args = append(args, "--data", o.data)
	if o.database != "" {
		args = append(args, "--database", o.database)
	}
	return args
}

// act has a person do something to a covenant.
func (o *releaseOffice) act(slug, person, command string, fields ...string) {
	o.t.Helper()
	args := append([]string{"act", slug, command}, fields...)
	o.run(append(args, "--as", person)...)
}

// actWithPIN is act with a kept key.
func (o *releaseOffice) actWithPIN(slug, person, command string, fields ...string) {
	o.t.Helper()
	args := append([]string{"act", slug, command}, fields...)
	o.run(append(args, "--as", person, "--pin-file", "pin")...)
}

// releaseStanding is what `covenant show --json` says, as every release must go on saying it.
type releaseStanding struct {
	Phase    string   `json:"phase"`
	Ended    bool     `json:"ended"`
	Waiting  []string `json:"waiting"`
	Revision struct {
		Number   int    `json:"number"`
		Manifest string `json:"manifest"`
	} `json:"revision"`
	Number    string `json:"number"`
	Frozen    string `json:"frozen"`
	Reminders []struct {
		Obligation string    `json:"obligation"`
		Period     string    `json:"period"`
		At         time.Time `json:"at"`
		State      string    `json:"state"`
		Missing    []string  `json:"missing"`
	} `json:"reminders"`
}

// show asks where a covenant stands.
func (o *releaseOffice) show(slug string, flags ...string) releaseStanding {
	o.t.Helper()
	var s releaseStanding
	out := o.run(append([]string{"show", slug, "--json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		o.t.Fatalf("show %s: %v\n%s", slug, err, out)
	}
	return s
}

// serve starts a process that serves, waits until it does, and returns what ends it: in order, or by SIGKILL.
func (o *releaseOffice) serve() (stop func(os.Signal)) {
	o.t.Helper()
	var log strings.Builder
	cmd := o.command("serve")
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		o.t.Fatal(err)
	}
	ended := false
	stop = func(signal os.Signal) {
		o.t.Helper()
		if ended {
			return
		}
		ended = true
		if err := cmd.Process.Signal(signal); err != nil {
			o.t.Error(err)
		}
		if err := cmd.Wait(); err != nil && signal != os.Kill {
			o.t.Errorf("serve: %v\n%s", err, log.String())
		}
	}
	o.t.Cleanup(func() { stop(os.Kill) })
	// It says where it serves when it takes orders, and nothing before.
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, "http://") {
		stop(os.Kill)
		o.t.Fatalf("serve: %q, %v\n%s", line, err, log.String())
	}
	return stop
}
