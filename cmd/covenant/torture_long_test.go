//go:build torture

package main

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"covenant/workflow/store/pgtest"
)

// TestTortureKilledNodes kills 200 times on SQLite, and 60 times on PostgreSQL with two nodes at once.
func TestTortureKilledNodes(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newOrdeal(t, "").suffer(200, 1, 20, 2*time.Second) })
	t.Run("postgres", func(t *testing.T) { newOrdeal(t, postgresURL(t)).suffer(60, 2, 20, 4*time.Second) })
}

// The demo is killed twenty times.
func TestTortureKilledDemo(t *testing.T) { killDemos(t, 20) }

// A disk on which every sync takes a tenth of a second slows the program down and breaks nothing.
func TestTortureSlowDisk(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is needed to make the disk slow: install it, or run with -short")
	}
	o := newOrdeal(t, "")
	o.under = []string{"strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:delay_exit=100000"}
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
	o.outages = true
	d := newDriver(o)
	for range 2 {
		o.addNode().start()
	}
	var crashes sync.WaitGroup
	crashes.Go(func() {
		for range 3 {
			time.Sleep(1500 * time.Millisecond)
			cluster.Stop(syscall.SIGQUIT)
			time.Sleep(700 * time.Millisecond)
			if err := cluster.Start(); err != nil {
				t.Error(err)
			}
		}
	})
	for n := range 3 {
		d.rideTogether(n)
	}
	crashes.Wait()
	o.outages = false
	o.settle()
	o.check(d, 3)
}
