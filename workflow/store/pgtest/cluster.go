// Package pgtest runs a PostgreSQL server for tests: in a temporary directory, reached by a Unix socket, as a user
// other than root.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of Create

	"covenant/internal/scratch"
)

// Cluster is one running server.
type Cluster struct {
	bin, dir   string
	credential *syscall.Credential
	proc       *exec.Cmd
}

var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error
}

// Shared starts one server for all tests of a process; [Remove] ends it.
func Shared() (*Cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = New()
	}
	if shared.err != nil {
		return nil, fmt.Errorf("start PostgreSQL (install postgresql, or run with -short): %w", shared.err)
	}
	return shared.cluster, nil
}

// Remove ends the shared server, if it was started, and deletes its files. Call it at the end of TestMain.
func Remove() {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster != nil {
		shared.cluster.Remove()
		shared.cluster = nil
	}
}

// New makes a server and starts it. The caller calls Remove.
func New() (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	credential, err := OtherUser()
	if err != nil {
		return nil, err
	}
	dir, err := scratch.Dir("pg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, dir: dir, credential: credential}
	if credential != nil {
		if err := os.Chown(dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return nil, err
		}
	}
	init := c.command("initdb", "-D", c.data(), "-U", "covenant", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return c, c.Start()
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// DSN is a connection string up to the name of the database.
func (c *Cluster) DSN() string { return "host=" + c.dir + " user=covenant sslmode=disable " }

// URL is the address of a database as `covenant --database` takes it.
func (c *Cluster) URL(database string) string {
	return "postgres://covenant@/" + database + "?sslmode=disable&host=" + url.QueryEscape(c.dir)
}

// Create makes a database; template is what follows TEMPLATE, e.g. "template0 LOCALE 'C.UTF-8'".
func (c *Cluster) Create(name, template string) error {
	db, err := sql.Open("pgx", c.DSN()+"dbname=postgres")
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE DATABASE " + name + " TEMPLATE " + template)
	return errors.Join(err, db.Close())
}

// Dump writes the database at a URL into a file, as SQL.
func (c *Cluster) Dump(database, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return c.client(nil, f, "pg_dump", "--no-owner", database)
}

// Load carries out the SQL of a file in the database at a URL.
func (c *Cluster) Load(database, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.client(f, nil, "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction",
		"--output=/dev/null", database)
}

// client runs one of the server's own programs.
func (c *Cluster) client(in io.Reader, out io.Writer, name string, args ...string) error {
	var said bytes.Buffer
	cmd := c.command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, said.String())
	}
	return nil
}

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.credential}
	endWithUs(cmd.SysProcAttr)
	return cmd
}

// Start starts the server, for the first time or after Stop.
func (c *Cluster) Start() error {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own handle
	c.proc = c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	c.proc.Stdout, c.proc.Stderr = log, log
	if err := c.proc.Start(); err != nil {
		return err
	}
	if err := c.wait(); err != nil {
		out, readErr := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", errors.Join(err, readErr), out)
	}
	return nil
}

// Stop ends the server: SIGINT in order, SIGQUIT at once as in a crash.
func (c *Cluster) Stop(signal syscall.Signal) {
	_ = c.proc.Process.Signal(signal) // it has ended then
	_ = c.proc.Wait()                 // its status says only that it was told to
}

// Remove stops the server and deletes its files.
func (c *Cluster) Remove() {
	c.Stop(syscall.SIGINT)
	_ = os.RemoveAll(c.dir) // a leftover in the temporary directory harms nobody
}

func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path) // its neighbours stand beside the program, not beside a link to it
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no initdb in PATH or /usr/lib/postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// OtherUser is who runs what root must not: nil, ourselves, unless we are root.
func OtherUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (c *Cluster) wait() error {
	db, err := sql.Open("pgx", c.DSN()+"dbname=postgres")
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // only pinged
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = db.Ping(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("it did not answer within 30 s: %w", err)
}
