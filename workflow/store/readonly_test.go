//go:build linux

package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"covenant/workflow/store"
)

// On a medium that cannot be written the log is read and audited all the same, with what lies in the write-ahead log,
// and nothing is left of the copy that this takes.
func TestReadOnlyMedium(t *testing.T) {
	for name, cut := range map[string]bool{"closed": false, "killed while it served": true} {
		t.Run(name, func(t *testing.T) {
			medium := t.TempDir()
			if err := syscall.Mount("tmpfs", medium, "tmpfs", 0, "size=64m"); err != nil {
				t.Skipf("may not mount: %v", err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(medium, syscall.MNT_DETACH) })
			to := filepath.Join(medium, "data")
			snapshot(t, to, cut)
			if err := syscall.Mount("", medium, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			t.Setenv("TMPDIR", t.TempDir())
			read, err := store.Open(t.Context(), store.Options{Dir: to, ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			if report := mustAudit(t, read); report.Events != 2 {
				t.Errorf("read %d events, want 2", report.Events)
			}
			if err := read.Close(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
				t.Errorf("left: %v (%v)", left, err)
			}
		})
	}
}

// snapshot copies a data directory with two events, as it lies while a process serves it, or after.
func snapshot(t *testing.T, to string, serving bool) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	appendEvents(t, s, "c", 0, payload("k", `{}`), payload("k", `{}`))
	if serving {
		defer s.Close()
	} else if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if !serving {
		return
	}
	log, err := os.Stat(filepath.Join(to, "covenant.db-wal"))
	if err != nil || log.Size() == 0 {
		t.Fatalf("no write-ahead log: %v", err)
	}
	if err := os.Remove(filepath.Join(to, "covenant.db-shm")); err != nil {
		t.Fatal(err)
	}
}
