package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"covenant/internal/words"
)

func TestBuild(t *testing.T) {
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: modified}}
	}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"no repository": {debug.BuildInfo{}, "devel, commit unknown, "},
		"go run": {debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs("true")},
			"devel, commit abc123, changed since, "},
		"tagged": {debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: vcs("false")},
			"v1.2.3, commit abc123, database "},
	} {
		b := build{version: "devel", schema: 7}
		b.read(&c.info)
		if got := b.describe().In(words.English); !strings.HasPrefix(got, c.want) ||
			!strings.Contains(got, "database schema 7") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A release says what the linker was told, in the reader's language, whatever the repository is at.
func TestReleaseSaysItsVersion(t *testing.T) {
	if testing.Short() {
		t.Skip("short: links the program once more")
	}
	path := filepath.Join(t.TempDir(), "covenant")
	link := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.release=v9.8.7 -X main.commit=0123abc", "-o",
		path, ".")
	if out, err := link.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct{ lang, want string }{
		{"en", "covenant v9.8.7, commit 0123abc, database schema 9, " + runtime.Version() + "\n"},
		{"vi", "covenant v9.8.7, commit 0123abc, bảng dữ liệu phiên bản 9, " + runtime.Version() + "\n"},
	} {
		out, err := exec.Command(path, "--lang", c.lang, "--version").CombinedOutput()
		if err != nil || string(out) != c.want {
			t.Errorf("%s: %v\n got %q\nwant %q", c.lang, err, out, c.want)
		}
	}
}
