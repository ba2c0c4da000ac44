//go:build torture

package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"covenant/workflow/store/pgtest"
)

// TestTortureKilledDrivers kills 200 times on SQLite, and 50 times on PostgreSQL with two nodes at once.
func TestTortureKilledDrivers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newOrdeal(t, "").suffer(200, 1, 20, 2*time.Second) })
	t.Run("postgres", func(t *testing.T) { newOrdeal(t, postgresURL(t)).suffer(50, 2, 20, 4*time.Second) })
}

// The demo is killed twenty times.
func TestTortureKilledDemo(t *testing.T) { killDemos(t, 20) }

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

// PostgreSQL crashes in the middle and comes back: the nodes go on by themselves, and nothing is lost or doubled.
func TestTortureDatabaseRestart(t *testing.T) {
	cluster, err := pgtest.New()
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Remove()
	if err := cluster.Create("restart", "template0 LOCALE 'C.UTF-8'"); err != nil {
		t.Fatal(err)
	}
	o := newOrdeal(t, cluster.URL("restart"))
	done := make(chan bool, 1)
	go func() { done <- o.run(2, 0, 0) }()
	for range 2 {
		time.Sleep(1500 * time.Millisecond)
		cluster.Stop(syscall.SIGQUIT)
		time.Sleep(700 * time.Millisecond)
		if err := cluster.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if !<-done {
		t.Fatal("the driver did not come to its end")
	}
	if !o.run(2, later, 0) {
		t.Fatal("the driver did not come to its end")
	}
	o.check(2)
}
