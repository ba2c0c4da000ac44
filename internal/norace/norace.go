// Package norace lets single tests run in a binary that was built without the race detector: under it drawing, signing
// and judging take ten times as long, and where one goroutine does the work there is nothing for it to find.
package norace

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"covenant/internal/scratch"
)

var built struct {
	sync.Mutex
	dir, binary string
	err         error
}

// Binary is the path of the tests of the package that is being tested, built without the race detector once a process.
// [Remove] takes it away.
func Binary() (string, error) {
	built.Lock()
	defer built.Unlock()
	if built.binary != "" || built.err != nil {
		return built.binary, built.err
	}
	if built.dir, built.err = scratch.Dir("norace"); built.err != nil {
		return "", built.err
	}
	binary := filepath.Join(built.dir, "package.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".") //nolint:gosec // a name of ours
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		built.err = fmt.Errorf("build the tests without the race detector: %w\n%s", err, out)
		return "", built.err
	}
	built.binary = binary
	return binary, nil
}

// Remove removes what [Binary] built: the last thing that a TestMain does.
func Remove() error {
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		return nil
	}
	return os.RemoveAll(built.dir)
}

// Elsewhere runs a test in [Binary] if the detector is on, and reports whether it did; the caller returns then.
func Elsewhere(t *testing.T) bool {
	t.Helper()
	return Detector && Run(t, "^"+t.Name()+"$")
}

// Run runs the tests that a pattern names in [Binary], with more variables in their environment.
func Run(t *testing.T, pattern string, environment ...string) bool {
	t.Helper()
	binary, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.run", pattern, "-test.timeout", flag.Lookup("test.timeout").Value.String()}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	if testing.Verbose() {
		args = append(args, "-test.v")
	}
	cmd := exec.CommandContext(t.Context(), binary, args...) //nolint:gosec // what Binary built
	cmd.Env = append(os.Environ(), environment...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		t.Errorf("without the race detector:\n%s", out)
	case err != nil:
		t.Error(err)
	case testing.Verbose():
		t.Logf("without the race detector:\n%s", out)
	}
	return true
}
