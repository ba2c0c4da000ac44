package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"covenant/internal/scratch"
	"covenant/workflow"
)

// program is the path of the program itself, built once for all tests as `make build` does it: the processes that tests
// start and kill are the real ones, without the race detector, which watches over the tests of this process.
func program(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: links the program")
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := scratch.Dir("program") // not t.TempDir(), which other users cannot enter and which ends with one test
	if err != nil {
		return "", err
	}
	builtDir = dir
	path := filepath.Join(dir, "covenant")
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, os.Chmod(dir, 0o755) // another user runs it in one test
})

var builtDir string

// removeProgram removes what was built.
func removeProgram() error {
	if builtDir == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(builtDir))
}

// covenant is a run of the program with arguments.
func covenant(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(program(t), args...)
}

// testConsole is the console by itself, which reads everything.
var testConsole = workflow.AtConsole("test", workflow.ConsoleOff)
