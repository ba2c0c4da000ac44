//go:build torture

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The module gets another path in one step: a copy of the sources is renamed, and builds and vets under its new path,
// with nothing left of the old one.
func TestTortureRename(t *testing.T) {
	dir := t.TempDir()
	copySources(t, dir)
	const path = "example.org/emulation/giao-uoc"
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("git", "init", "--quiet")
	run("git", "add", "--all")
	run("make", "rename", "MODULE="+path)
	if got := run("go", "list", "-m"); got != path {
		t.Fatalf("the module is %s", got)
	}
	run("go", "build", "./...")
	run("make", "vet")
	for _, p := range strings.Split(run("go", "list", "-deps", "./cmd/covenant"), "\n") {
		if strings.HasPrefix(p, "covenant/") {
			t.Errorf("%s is still imported", p)
		}
	}
	run("go", "test", "-run", "TestImportTable", "./cmd/covenant")
}

// copySources copies all files that are or could be committed, as they are now.
func copySources(t *testing.T, dir string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		from, to := filepath.Join(list.Dir, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue // removed and not committed yet
		}
		content, readErr := os.ReadFile(from)
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}
