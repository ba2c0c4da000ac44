package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"covenant/internal/words"
	"covenant/workflow/store"
)

// release and commit are set by `make release` (-ldflags -X); other builds know what Go found in the repository.
var release, commit string

// build says which program this is, and which tables it works on.
type build struct {
	version string // of the release; "devel" where it is none
	commit  string // empty where the build saw no repository
	changed bool   // files differed from the commit
	schema  int64  // version of the database's tables
}

func thisBuild() (build, error) {
	schema, err := store.Schema()
	b := build{version: "devel", schema: schema}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.read(info)
	}
	if release != "" {
		b.version = release
	}
	if commit != "" {
		b.commit, b.changed = commit, false
	}
	return b, err
}

func (b *build) read(info *debug.BuildInfo) {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			b.changed = s.Value == "true"
		}
	}
}

// describe says it in a line.
func (b build) describe() words.Text {
	at := words.Of("không rõ commit", "commit unknown")
	switch {
	case b.commit != "" && b.changed:
		at = words.F("commit %s, có sửa thêm", "commit %s, changed since", b.commit)
	case b.commit != "":
		at = words.F("commit %s", "commit %s", b.commit)
	}
	return words.F("%s, %s, bảng dữ liệu phiên bản %d, %s", "%s, %s, database schema %d, %s", b.version, at, b.schema,
		runtime.Version())
}

// versionFlag prints which program this is, and ends it.
type versionFlag bool

// BeforeReset is called by kong before it misses a command.
func (versionFlag) BeforeReset(parsed *kong.Context, app *kong.Kong) error {
	asked := os.Getenv("COVENANT_LANG")
	for _, p := range parsed.Path {
		if p.Flag == nil || p.Flag.Name != "lang" {
			continue
		}
		if typed, ok := parsed.FlagValue(p.Flag).(string); ok {
			asked = typed
		}
	}
	b, err := thisBuild()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(app.Stdout, "covenant", b.describe().In(language(asked)))
	app.Exit(0)
	return err
}
