package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"covenant/workflow/store/pgtest"
)

// The disk is full in the middle of the demo: the program says so and what to do, and ends; with space it goes on, and
// nothing is damaged. The disk is a small file system of its own where we may mount one, else the process's limit on
// the size of files.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs the demo twice")
	}
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	limited := covenant(t, "--lang", "en", "demo", "--exit", "--dir", dir)
	grow := func() {}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=5m"); err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		grow = func() {
			if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=200m"); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		limited = exec.Command("sh", "-c", `ulimit -f 2048; exec "$1" --lang en demo --exit --dir "$0"`, dir, program(t))
	}
	out, err := limited.CombinedOutput()
	if limited.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "storage is full") ||
		!strings.Contains(string(out), "free space") {
		t.Fatalf("on the full disk: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "goroutine ") {
		t.Errorf("it panicked:\n%s", out)
	}
	grow()
	if out, err := covenant(t, "demo", "--exit", "--dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("with space again: %v\n%s", err, out)
	}
	checkAfterKills(t, dir)
}

// A data directory that must not be written is an error that says so.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	credential, err := pgtest.OtherUser()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "covenant-read-only-") // not t.TempDir(), which other users cannot enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	if err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(data, 0o555)); err != nil {
		t.Fatal(err)
	}
	cmd := covenant(t, "--lang", "en", "serve", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "storage is full, read-only or failing") ||
		!strings.Contains(string(out), data) {
		t.Errorf("on a read-only disk: %v\n%s", err, out)
	}
}

// Two nodes of the real program on one database, with shared files, serve the same and share the work; one is killed,
// the other goes on. A node with another server secret is refused.
func TestTwoNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts no PostgreSQL")
	}
	t.Parallel()
	o := newOrdeal(t, postgresURL(t))
	d := newDriver(o)
	for range 2 {
		o.addNode().start()
	}
	first, second := o.nodes[0].awaitPages(), o.nodes[1].awaitPages()
	refuseOtherSecret(t, o)
	if err := d.ride(0); err != nil {
		t.Fatal(err)
	}
	ruleByHand(t, o, "served", "--database", o.config.Database)
	path := "/giao-uoc/" + d.slug(0) + "/van-ban.pdf"
	if file := get(t, "http://"+first+path); file != get(t, "http://"+second+path) ||
		!strings.HasPrefix(file, "%PDF-") {
		t.Error("the nodes serve different files")
	}
	o.nodes[0].kill()
	backUpBeside(t, o, d)
	if page := get(t, "http://"+second+"/giao-uoc/"+d.slug(1)); !strings.Contains(page, title(1)) {
		t.Error("the node that is left does not know the newest covenant")
	}
	o.nodes = o.nodes[1:]
	o.config.Data = o.nodes[0].data
	o.settle()
	ruleByHand(t, o, "alone", "--config", o.configuration)
	o.check(d, 2)
}

// ruleByHand gives a command on the command line, which the node of the first data directory carries out, or where it
// is stopped the command line itself.
func ruleByHand(t *testing.T, o *ordeal, id string, args ...string) {
	t.Helper()
	cmd := append([]string{"--lang", "en", "directory", "rule", id, "--person", "ung-hoai-duc", "--issuer", "CN=CA",
		"--root", o.config.Trust, "--attribute", "UID", "--value", id,
		"--data", o.config.Data}, args...)
	if out, err := covenant(t, cmd...).CombinedOutput(); err != nil || !strings.Contains(string(out), "rule "+id) {
		t.Errorf("%v: %v\n%s", cmd, err, out)
	}
}

// refuseOtherSecret starts a node with another server secret, which must end and say why.
func refuseOtherSecret(t *testing.T, o *ordeal) {
	t.Helper()
	cmd := covenant(t, "--lang", "en", "serve", "--config", o.configuration, "--data", t.TempDir())
	cmd.Env = append(os.Environ(), "COVENANT_SECRET_FILE="+filepath.Join(t.TempDir(), "other.secret"))
	if out, err := cmd.CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "another one than that of the other nodes") {
		t.Errorf("a node with another server secret: %v\n%s", err, out)
	}
}

// backUpBeside backs the database up by the real program while people and the node that is left work on another
// covenant, and restores it into another database, where the log is intact.
func backUpBeside(t *testing.T, o *ordeal, d *driver) {
	t.Helper()
	ridden := make(chan error, 1)
	go func() { ridden <- d.ride(1) }()
	file := filepath.Join(t.TempDir(), "backup.zip")
	for range 2 { // the second time there is more
		backup := covenant(t, "--lang", "en", "backup", "--data", o.config.Data, "--database", o.config.Database,
			"--blobs", o.config.Blobs, "--secret-file", secretFile(o.config), "-o", file)
		if out, err := backup.CombinedOutput(); err != nil {
			t.Errorf("backup: %v\n%s", err, out)
		}
	}
	if err := <-ridden; err != nil {
		t.Fatal(err)
	}
	data, database := filepath.Join(t.TempDir(), "restored"), postgresURL(t)
	for _, args := range [][]string{
		{"restore", file, "--data", data, "--database", database, "--blobs", filepath.Join(data, "files"),
			"--secret-file", secretFile(o.config)},
		{"audit", "--data", data, "--database", database, "--trust", o.config.Trust,
			"--blobs", filepath.Join(data, "files")},
	} {
		if out, err := covenant(t, append([]string{"--lang", "en"}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}
