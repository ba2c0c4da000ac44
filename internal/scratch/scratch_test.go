package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"covenant/internal/scratch"
)

// TestMain is the other process too.
func TestMain(m *testing.M) {
	if os.Getenv("SCRATCH_HOLDER") == "" {
		os.Exit(m.Run())
	}
	dir, err := scratch.Dir("test")
	fmt.Println(dir, err)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // it is killed here
}

// A directory stays while its process lives, and is removed by the next one when it was killed.
func TestDir(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "SCRATCH_HOLDER=1")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := holder.StdoutPipe()
	if err == nil {
		err = holder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	theirs, ok := strings.CutSuffix(line, " <nil>\n")
	if err != nil || !ok {
		t.Fatal(line, err)
	}
	ours, err := scratch.Dir("test")
	if err != nil || ours == theirs {
		t.Fatal(ours, err)
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("while its process lives: %v", err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed
	if _, err := scratch.Dir("test"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(theirs); !os.IsNotExist(err) {
		t.Errorf("after its process was killed: %v", err)
	}
	if _, err := os.Stat(ours); err != nil {
		t.Errorf("one of this process: %v", err)
	}
}
