package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

// A disk that is full: the error says so, nothing of the transaction is there, and it goes on once there is space.
// The disk of a helper process is "full" by its limit on the size of files.
func TestDiskFull(t *testing.T) {
	d := newSQLite(t)
	h := exec.Command(os.Args[0], "-test.run=^$")
	h.Env = append(os.Environ(), "COVENANT_STORE_HELPER=full", "COVENANT_STORE_DIR="+d.opts.Dir)
	if out, err := h.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mustAudit(t, d.open(t))
}

func helperFull() error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: os.Getenv("COVENANT_STORE_DIR")})
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 2 << 20, Max: limit.Max}); err != nil {
		return err
	}
	written, err := fill(ctx, s)
	if !errors.Is(err, store.ErrStorage) || written == 0 {
		return fmt.Errorf("after %d events the disk was full, the error: %w", written, err)
	}
	if _, _, err := s.Blobs().Put(ctx, io.LimitReader(zeros{}, 3<<20)); !errors.Is(err, store.ErrStorage) {
		return fmt.Errorf("keeping a file on the full disk: %w", err)
	}
	if err := s.Blobs().All(ctx, func(d store.Digest) error {
		return fmt.Errorf("half a file is kept as %s",
			d)
	}); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	report, err := s.Audit(ctx)
	if err != nil || !report.OK() || report.Events != written {
		return fmt.Errorf("%d written, audit %+v (%w)", written, report, err)
	}
	if err := appendRetrying(s, "c"); err != nil {
		return fmt.Errorf("after space was made: %w", err)
	}
	return s.Close()
}

// fill appends until it fails.
func fill(ctx context.Context, s *store.Store) (written int, err error) {
	body := fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("x", 100_000))
	for ; written < 1000; written++ {
		err := s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(ctx, "c", store.AnyVersion, envelope(), []store.Payload{{Kind: "k", JSON: body}})
			return err
		})
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A data directory that must not be written is an error that says so, for whoever is not root.
func TestReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	credential, err := pgtest.OtherUser()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "helper")
	copyFile(t, os.Args[0], binary)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o555); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != filepath.Dir(os.TempDir()) && d != "/"; d = filepath.Dir(d) {
		if d != os.TempDir() {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	h := exec.Command(binary, "-test.run=^$")
	h.Dir = dir
	h.Env = append(os.Environ(), "COVENANT_STORE_HELPER=open", "COVENANT_STORE_DIR="+data)
	h.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	out, err := h.CombinedOutput()
	if err == nil || !strings.Contains(string(out), store.ErrStorage.Error()) {
		t.Errorf("opened: %s (%v)", out, err)
	}
	if left, _ := os.ReadDir(data); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, []byte(readFile(t, from)), 0o755); err != nil {
		t.Fatal(err)
	}
}

// PostgreSQL crashes and comes back: meanwhile errors are to be retried, after it the same store goes on.
func TestDatabaseRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts no PostgreSQL")
	}
	c, err := pgtest.New()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Remove()
	d := database{kind: "postgres", opts: store.Options{Dir: t.TempDir(), DatabaseURL: c.DSN() + "dbname=postgres",
		Now: clock}}
	s := d.open(t)
	appendEvents(t, s, "c", 0, payload("k", `{}`))
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Append(t.Context(), "c", 1, envelope(), []store.Payload{payload("lost", `{}`)}); err != nil {
			return err
		}
		c.Stop(syscall.SIGQUIT)
		return nil
	})
	if err == nil {
		t.Fatal("committed on a server that is down")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err = s.Update(ctx, func(tx *store.Tx) error { return nil })
	wantError(t, err, store.ErrBusy)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var events []store.Recorded
	for range 20 { // the pool may hold connections that it finds dead only now
		if events, err = tryAppend(s); !errors.Is(err, store.ErrBusy) {
			break
		}
	}
	if err != nil || events[0].Version != 2 {
		t.Errorf("after the restart: %v %v", events, err)
	}
	mustAudit(t, s)
}

func tryAppend(s *store.Store) (events []store.Recorded, err error) {
	err = s.Update(context.Background(), func(tx *store.Tx) (err error) {
		events, err = tx.Append(context.Background(), "c", 1, envelope(), []store.Payload{payload("k", `{}`)})
		return err
	})
	return events, err
}
