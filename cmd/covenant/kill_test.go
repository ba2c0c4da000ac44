package main

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// kills is how often the demo is killed before it may end; `make torture` kills more often.
const kills = 3

// Killed with SIGKILL at random moments and started again on the same directory, the demo goes on, and in the end
// nothing is lost and nothing doubled: events, signatures, numbers, reports, and mails beyond those recorded in doubt.
func TestKilledDemoGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills real processes for half a minute")
	}
	t.Parallel()
	killDemos(t, kills)
}

// killDemos kills so many times in all. A demo that comes to its end before the next kill is checked, and another one
// begins on a new directory.
func killDemos(t *testing.T, times int) {
	t.Helper()
	began := time.Now()
	if !demoEnds(t, t.TempDir(), time.Hour) {
		t.Fatal("the demo did not end")
	}
	whole := time.Since(began) // how long it takes undisturbed, on this machine now
	dir, killed, here := t.TempDir(), 0, 0
	for killed < times {
		if demoEnds(t, dir, time.Duration(rand.Int64N(int64(whole/2)))) {
			t.Logf("a demo ended after %d kills", here)
			checkAfterKills(t, dir)
			dir, here = t.TempDir(), 0
			continue
		}
		killed++
		here++
	}
	if out, err := covenant(t, "demo", "--exit", "--dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("the last run: %v\n%s", err, out)
	}
	checkAfterKills(t, dir)
}

// demoEnds runs the demo on dir and kills it after a while; it reports whether it ended by itself before.
func demoEnds(t *testing.T, dir string, after time.Duration) bool {
	t.Helper()
	var out bytes.Buffer
	cmd := covenant(t, "demo", "--exit", "--dir", dir)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() > 0 {
		t.Fatalf("the demo failed instead of going on: %v\n%s", err, out.String())
	}
	return err == nil
}

func checkAfterKills(t *testing.T, dir string) {
	t.Helper()
	checkSignatures(t, dir, 11)
	checkLedger(t, dir, 11)
}
