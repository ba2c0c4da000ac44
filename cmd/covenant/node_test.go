package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"
)

// node is one real `covenant serve` of an ordeal, with a data directory of its own; on SQLite there is one.
type node struct {
	o    *ordeal
	data string

	mu    sync.Mutex
	cmd   *exec.Cmd
	pages string
	log   bytes.Buffer
	ended chan struct{} // closed when the process has ended
	meant bool          // that it ends
}

// addNode makes a node; it is not started yet.
func (o *ordeal) addNode() *node {
	n := &node{o: o, data: o.config.Data}
	if len(o.nodes) > 0 {
		n.data = filepath.Join(o.t.TempDir(), "data")
	}
	o.nodes = append(o.nodes, n)
	o.t.Cleanup(func() { // where the test failed before it was stopped
		n.mu.Lock()
		cmd := n.cmd
		n.meant = true
		n.mu.Unlock()
		if cmd != nil && cmd.Process.Kill() == nil {
			<-n.ended
		}
	})
	return n
}

func (o *ordeal) anyNode() *node { return o.nodes[rand.IntN(len(o.nodes))] }

// configFile writes the configuration of the nodes down.
func (o *ordeal) configFile() string {
	o.t.Helper()
	c := o.config
	data, err := yaml.Marshal(map[string]any{
		"database": c.Database, "listen": c.Listen, "public_url": c.PublicURL, "tsa": c.TSA, "trust": c.Trust,
		"secret_file": c.SecretFile,
		"blobs":       c.Blobs, "smtp": c.SMTP, "smtp_tls": c.SMTPTLS, "mail_from": c.MailFrom,
		"allow_private": c.AllowPrivate,
		"console":       c.Console, "smtp_timeout": "3s", // the mail server is on this machine
		"mail_doubt_pause": "1ms",
	})
	path := filepath.Join(o.t.TempDir(), "covenant.yaml")
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return path
}

// start starts the process and does not wait until it serves.
func (n *node) start(environment ...string) {
	n.o.t.Helper()
	binary := n.o.binary
	if binary == "" {
		binary = program(n.o.t)
	}
	args := append(append([]string{}, n.o.under...), binary, "--lang", "en", "serve", "--config",
		n.o.configuration, "--data", n.data)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = slices.Concat(os.Environ(), n.o.environment, environment)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log.Reset()
	cmd.Stderr = &n.log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		n.o.t.Error(err)
		return
	}
	n.cmd, n.pages, n.meant, n.ended = cmd, "", false, make(chan struct{})
	go n.follow(cmd, out, n.ended)
}

// follow reads what a process says until it ends. One that ends by itself has failed.
func (n *node) follow(cmd *exec.Cmd, out io.Reader, ended chan struct{}) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "http://"); ok {
			n.mu.Lock()
			n.pages, _, _ = strings.Cut(rest, "/")
			n.mu.Unlock()
		}
	}
	err := cmd.Wait()
	n.mu.Lock()
	n.pages = ""
	said := n.log.String()
	if strings.Contains(said, torturePIN) {
		n.o.t.Errorf("a node's log holds a PIN:\n%s", said)
	}
	if panicked := strings.Contains(said, "\ngoroutine "); !n.meant && (panicked || !n.o.mayEnd) {
		n.o.t.Errorf("a node ended by itself: %v\n%s", err, said)
	}
	n.mu.Unlock()
	close(ended)
}

// address is where the pages are; empty while it does not serve.
func (n *node) address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pages
}

// end ends the process by a signal and waits for it.
func (n *node) end(signal os.Signal) error {
	n.mu.Lock()
	n.meant = true
	cmd, ended := n.cmd, n.ended
	n.mu.Unlock()
	if err := cmd.Process.Signal(signal); err != nil {
		return err
	}
	select {
	case <-ended:
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("node %d did not end a minute after %s", cmd.Process.Pid, signal)
	}
}

// kill kills the process.
func (n *node) kill() {
	if err := n.end(os.Kill); err != nil {
		n.o.t.Error(err)
	}
	n.o.ledger.Lock()
	n.o.ledger.kills++
	n.o.ledger.Unlock()
}

// stop asks the process to stop, which must end well.
func (n *node) stop() {
	n.o.t.Helper()
	if n.cmd == nil {
		return
	}
	if err := n.end(syscall.SIGTERM); err != nil {
		n.o.t.Error(err)
		_ = n.end(os.Kill) // the error is told already
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		n.o.t.Errorf("a node that was told to stop ended with %d:\n%s", code, n.log.String())
	}
	n.cmd = nil
}

// awaitPages waits until the node serves.
func (n *node) awaitPages() string {
	n.o.t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if address := n.address(); address != "" {
			return address
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.o.t.Fatalf("a node does not serve:\n%s", n.log.String())
	return ""
}
