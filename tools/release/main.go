// Command release builds what a release hands out: an archive for each system with the program, its licence and those
// of all that is linked into it; a bill of materials beside it; checksums over all. Everything is made twice, the
// second time from a copy of the sources at another place, and must be the same bytes: whoever has the sources can
// check what they were given.
//
//	release -version v0.2.0 -out dist
//
// It is run in the root of the repository by `make release`.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// target is a system that a release is built for.
type target struct{ os, arch string }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

// allowed are the licences that may be linked in: permissive ones, and MPL-2.0 for modules that are used as they are.
const allowed = "Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0"

// release is one release being made.
type release struct {
	version string
	commit  string
	time    time.Time // of the commit; the time of all files
	module  string
	bin     string // directory of the tools
}

func main() {
	version := flag.String("version", "", "version, as in v0.2.0")
	out := flag.String("out", "dist", "directory that is made for it")
	fresh := flag.Bool("fresh", false, "compile everything anew the second time, with an empty cache: slow")
	flag.Parse()
	if err := run(*version, *out, *fresh); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(version, out string, fresh bool) error {
	r, err := newRelease(version)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return fmt.Errorf("%w; remove it, or choose another with -out", err)
	}
	if err := r.make(".", out, nil); err != nil {
		return err
	}
	return r.compare(out, fresh)
}

func newRelease(version string) (*release, error) {
	if !strings.HasPrefix(version, "v") {
		return nil, errors.New("say which version: -version v0.2.0")
	}
	changed, err := output("", nil, "git", "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changed != "" {
		return nil, fmt.Errorf("files differ from the commit; a release is made of a commit:\n%s", changed)
	}
	facts, err := output("", nil, "git", "show", "-s", "--format=%H %ct", "HEAD")
	if err != nil {
		return nil, err
	}
	commit, stamp, _ := strings.Cut(strings.TrimSpace(facts), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("time of the commit: %w", err)
	}
	module, err := output("", nil, "go", "list", "-m")
	if err != nil {
		return nil, err
	}
	bin, err := filepath.Abs("bin")
	return &release{version, commit, time.Unix(seconds, 0).UTC(), strings.TrimSpace(module), bin}, err
}

// make builds everything from the sources in dir into out.
func (r *release) make(dir, out string, environment []string) error {
	var files []string
	for _, t := range targets {
		made, err := r.makeFor(t, dir, out, environment)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", t.os, t.arch, err)
		}
		fmt.Println(strings.Join(made, "\n"))
		files = append(files, made...)
	}
	slices.Sort(files)
	var sums bytes.Buffer
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), sums.Bytes(), 0o644)
}

// makeFor builds the archive and the bill of materials of one system and returns their names.
func (r *release) makeFor(t target, dir, out string, environment []string) (names []string, err error) {
	environment = append(slices.Clone(environment), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0",
		"GOFLAGS=-trimpath")
	work, err := os.MkdirTemp("", "covenant-release-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	program := filepath.Join(work, "covenant")
	if t.os == "windows" {
		program += ".exe"
	}
	flags := fmt.Sprintf("-s -w -buildid= -X main.release=%s -X main.commit=%s", r.version, r.commit)
	if _, err := output(dir, environment, "go", "build", "-buildvcs=false", "-ldflags", flags, "-o", program,
		"./cmd/covenant"); err != nil {
		return nil, err
	}
	notices, err := r.notices(dir, environment)
	if err != nil {
		return nil, err
	}
	base := fmt.Sprintf("covenant_%s_%s_%s", r.version, t.os, t.arch)
	bill := base + ".cdx.json"
	if err := r.bill(program, filepath.Join(out, bill)); err != nil {
		return nil, err
	}
	files, err := r.contents(dir, program, notices)
	if err != nil {
		return nil, err
	}
	archive := base + ".tar.gz"
	pack := packTar
	if t.os == "windows" {
		archive, pack = base+".zip", packZip
	}
	packed, err := pack(base, files, r.time)
	if err != nil {
		return nil, err
	}
	return []string{archive, bill}, os.WriteFile(filepath.Join(out, archive), packed, 0o644)
}

// bill writes the bill of materials of a program.
func (r *release) bill(program, path string) error {
	_, err := output("", nil, filepath.Join(r.bin, "cyclonedx-gomod"), "bin", "-json", "-noserial", "-notimestamp",
		"-std", "-licenses",
		"-version", r.version, "-output", path, program)
	return err
}

// contents are the files of an archive, by name.
func (r *release) contents(dir, program string, notices []byte) ([]file, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	files := []file{{filepath.Base(program), binary, 0o755}, {"THIRD_PARTY.txt", notices, 0o644}}
	for _, name := range []string{"LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "SECURITY.md"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, content, 0o644})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// compare makes everything again from a copy of the commit at another place: it must be the same bytes.
func (r *release) compare(out string, fresh bool) (err error) {
	work, err := os.MkdirTemp("", "covenant-release-again-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	sources, again := filepath.Join(work, "sources"), filepath.Join(work, "again")
	if _, err := output("", nil, "git", "clone", "--quiet", "--shared", ".", sources); err != nil {
		return err
	}
	if _, err := output(sources, nil, "git", "checkout", "--quiet", r.commit); err != nil {
		return err
	}
	var environment []string
	if fresh {
		environment = []string{"GOCACHE=" + filepath.Join(work, "cache")}
	}
	if err := errors.Join(os.Mkdir(again, 0o755), r.make(sources, again, environment)); err != nil {
		return err
	}
	first, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if err != nil {
		return err
	}
	second, err := os.ReadFile(filepath.Join(again, "SHA256SUMS"))
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("made twice, it is not the same bytes:\n%s\n%s", first, second)
	}
	fmt.Println("made twice, the same bytes")
	return nil
}

// output runs a program in a directory and returns what it printed.
func output(dir string, environment []string, name string, args ...string) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	cmd.Env = append(os.Environ(), environment...)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, said.String())
	}
	return out.String(), nil
}
