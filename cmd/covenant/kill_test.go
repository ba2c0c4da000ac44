package main

import (
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"
)

// kills is how often the demo is killed before it may end; `make torture` kills more often.
const kills = 20

// Killed with SIGKILL at random moments and started again on the same directory, the demo goes on, and in the end
// nothing is lost and nothing doubled: events, signatures, numbers, reports, and mails beyond those recorded in doubt.
func TestKilledDemoGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills real processes for half a minute")
	}
	killDemo(t, kills)
	// The longest the demo may take when left alone, so that what hangs is found.
}

func killDemo(t *testing.T, times int) {
	t.Helper()
	dir := t.TempDir()
	killed := 0
	for killed < times {
		cmd := exec.Command("covenant", "demo", "--exit", "--dir", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		moment := time.Duration(rand.Int64N(int64(2500 * time.Millisecond)))
		select {
		case err := <-ended: // done before the kill: take away the last step and go on killing a repeated run
			if err != nil {
				t.Fatalf("after %d kills: %v", killed, err)
			}
			t.Logf("the demo ended after %d kills", killed)
			killed = times
		case <-time.After(moment):
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-ended
			killed++
		}
	}
	if out, err := exec.Command("covenant", "demo", "--exit", "--dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("the last run: %v\n%s", err, out)
	}
	checkSignatures(t, dir, 11)
	checkLedger(t, dir, 11)
}
