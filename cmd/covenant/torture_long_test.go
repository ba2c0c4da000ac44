//go:build torture

package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestTortureKilledDrivers kills 200 times on SQLite, and 50 times on PostgreSQL with two nodes at once.
func TestTortureKilledDrivers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newOrdeal(t, "").suffer(200, 1, 20, 2*time.Second) })
	t.Run("postgres", func(t *testing.T) { newOrdeal(t, postgresURL(t)).suffer(50, 2, 20, 4*time.Second) })
}

// A disk on which every sync takes a tenth of a second slows the program down and breaks nothing.
func TestTortureSlowDisk(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is needed to make the disk slow: install it, or run with -short")
	}
	o := newOrdeal(t, "")
	o.command = func() *exec.Cmd {
		return exec.Command("strace", "-f", "-qq", "--seccomp-bpf", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
			"-e", "inject=fsync,fdatasync:delay_exit=100000", "covenant-driver")
	}
	o.suffer(0, 1, 1, 0)
}
