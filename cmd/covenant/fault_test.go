package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"covenant/workflow/store/pgtest"
)

// The disk is full in the middle of the demo: the program says so and what to do, and ends; with space it goes on, and nothing is
// damaged. The disk is a small file system of its own where we may mount one, else the process's limit on the size of files.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs the demo twice")
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	limited := exec.Command("covenant", "--lang", "en", "demo", "--exit", "--dir", dir)
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
		limited = exec.Command("sh", "-c", `ulimit -f 2048; exec covenant --lang en demo --exit --dir "$0"`, dir)
	}
	out, err := limited.CombinedOutput()
	if limited.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "storage is full") || !strings.Contains(string(out), "free space") {
		t.Fatalf("on the full disk: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "goroutine ") {
		t.Errorf("it panicked:\n%s", out)
	}
	grow()
	if out, err := exec.Command("covenant", "demo", "--exit", "--dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("with space again: %v\n%s", err, out)
	}
	checkAfterKills(t, dir)
}

// A data directory that must not be written is an error that says so.
func TestReadOnlyDisk(t *testing.T) {
	credential, err := pgtest.OtherUser()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "covenant-read-only-") // not t.TempDir(), which other users cannot enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.ReadFile(os.Args[0])
	program, data := filepath.Join(dir, "covenant"), filepath.Join(dir, "data")
	if err = errors.Join(err, os.Chmod(dir, 0o755), os.WriteFile(program, self, 0o755), os.Mkdir(data, 0o555)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--lang", "en", "serve", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "storage is full, read-only or failing") || !strings.Contains(string(out), data) {
		t.Errorf("on a read-only disk: %v\n%s", err, out)
	}
}

// serve starts the real `covenant serve` on the ordeal's database with a data directory of its own, and gives its address.
func (o *ordeal) serve(ctx context.Context, secret string) (address string, cmd *exec.Cmd, complaint *bytes.Buffer) {
	o.t.Helper()
	c := o.config
	cmd = exec.CommandContext(ctx, "covenant", "--lang", "en", "serve", "--data", o.t.TempDir(), "--listen", "127.0.0.1:0",
		"--database", c.Database, "--blobs", c.Blobs, "--public-url", c.PublicURL)
	cmd.Env = append(os.Environ(), "COVENANT_TSA="+c.TSA, "COVENANT_TRUST="+c.Trust, "COVENANT_SECRET_FILE="+secret, "COVENANT_SMTP="+c.SMTP,
		"COVENANT_SMTP_TLS=none", "COVENANT_MAIL_FROM="+c.MailFrom, "COVENANT_ALLOW_PRIVATE=true")
	complaint = &bytes.Buffer{}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, _ := out.Read(line) // its end is told by the process
	if _, rest, ok := strings.Cut(string(line[:n]), "http://"); ok {
		address, _, _ = strings.Cut(rest, "/")
	}
	return address, cmd, complaint
}

// Two nodes of the real program on one database, with shared files, serve the same and share the work; one is killed, the other
// goes on. A node with another server secret is refused.
func TestTwoNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts no PostgreSQL")
	}
	o := newOrdeal(t, postgresURL(t))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var nodes []*exec.Cmd
	var addresses []string
	for range 2 {
		address, cmd, complaint := o.serve(ctx, o.config.SecretFile)
		if address == "" {
			t.Fatalf("a node did not start: %s", complaint)
		}
		nodes, addresses = append(nodes, cmd), append(addresses, address)
	}
	other := filepath.Join(t.TempDir(), "other.secret")
	if address, cmd, complaint := o.serve(ctx, other); address != "" || cmd.Wait() == nil || !strings.Contains(complaint.String(), "another one than that of the other nodes") {
		t.Errorf("a node with another server secret: %q %s", address, complaint)
	}
	people := o.acting()
	defer people.close()
	if err := people.ride(ctx, 0); err != nil {
		t.Fatal(err)
	}
	path := "/giao-uoc/" + tortureSlug(0)
	first, second := get(t, "http://"+addresses[0]+path+"/van-ban.pdf"), get(t, "http://"+addresses[1]+path+"/van-ban.pdf")
	if first != second || !strings.HasPrefix(first, "%PDF-") {
		t.Error("the nodes serve different files")
	}
	if err := nodes[0].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = nodes[0].Wait() // it was killed
	backUpBeside(t, o, people)
	if page := get(t, "http://"+addresses[1]+"/giao-uoc/"+tortureSlug(1)); !strings.Contains(page, "Giao ước số 1") {
		t.Error("the node that is left does not know the newest covenant")
	}
	used := map[int]int{}
	for n := range 2 {
		v, err := people.engine.View(ctx, tortureSlug(n))
		if err != nil {
			t.Fatal(err)
		}
		o.checkCovenant(n, v, 0)
		o.checkStamps(people.world, v, used)
	}
	if report, err := people.store.Audit(ctx); err != nil || !report.OK() {
		t.Errorf("audit: %v %+v", err, report.Breaks)
	}
}

// backUpBeside backs the database up by the real program while people and the node that is left work on another covenant, and
// restores it into another database, where the log is intact.
func backUpBeside(t *testing.T, o *ordeal, people *driver) {
	t.Helper()
	ridden := make(chan error, 1)
	go func() { ridden <- people.ride(t.Context(), 1) }()
	file := filepath.Join(t.TempDir(), "backup.zip")
	for range 2 { // the second time there is more
		backup := exec.Command("covenant", "--lang", "en", "backup", "--data", o.config.Data, "--database", o.config.Database, "--blobs", o.config.Blobs, "-o", file)
		if out, err := backup.CombinedOutput(); err != nil {
			t.Errorf("backup: %v\n%s", err, out)
		}
	}
	if err := <-ridden; err != nil {
		t.Fatal(err)
	}
	data, database := filepath.Join(t.TempDir(), "restored"), postgresURL(t)
	for _, args := range [][]string{
		{"restore", file, "--data", data, "--database", database, "--blobs", filepath.Join(data, "files")},
		{"audit", "--data", data, "--database", database, "--trust", o.config.Trust},
	} {
		if out, err := exec.Command("covenant", append([]string{"--lang", "en"}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// acting are people who act on the installation from this process, which works no jobs: the nodes do.
func (o *ordeal) acting() *driver {
	o.t.Helper()
	d := &driver{world: o.open()}
	var err error
	if d.block, d.values, err = smallCase(); err != nil {
		o.t.Fatal(err)
	}
	return d
}
