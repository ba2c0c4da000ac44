package main

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.yaml.in/yaml/v3"

	"covenant/signing/devpki"
	"covenant/workflow/store/pgtest"
)

var (
	recordRelease = flag.String("record-release", "",
		"record what this release leaves in a data directory, in testdata/releases/RELEASE")
	releaseProgram = flag.String("release-program", "", "the release's program; by default the one of this tree")
)

// releaseAddress is where the authority of a recording serves, because its certificates name it; below the ports that
// systems give out by themselves.
const releaseAddress = "http://127.0.0.1:23119"

// recording is what was recorded, beside the files: on which day, and where each covenant was left.
type recording struct {
	Day  string `json:"day"`
	Left []left `json:"left"`
}

// left says after which step of the script a covenant is left. Those in background are left by a command that was
// carried out while nothing served: what the program does then is still to be done.
type left struct {
	Slug       string `json:"slug"` // without the year in releaseLeft
	After      string `json:"after"`
	Background bool   `json:"background,omitempty"`
}

// releaseLeft are the covenants of a recording, besides the demo's.
var releaseLeft = []left{
	{"moi-lap", "draft", false},
	{"dang-gop-y", "review-leader", false},
	{"bi-tra-lai", "review-member", false},
	{"gop-y-lai", "submit-again", false},
	{"dang-hop", "open-motion", false},
	{"phieu-kin", "ballot-deputy", false},
	{"cho-so", "close-ballot", false},
	{"dang-chot", "number", true},
	{"ky-do", "sign-deputy", false},
	{"cho-dau", "sign-member", false},
	{"them-du-lieu", "seal", true},
	{"dang-bao-cao", "report-so-yte", false},
	{"dang-cham", "score-deputy", false},
	{"dang-bau", "poll-deputy", false},
	{"da-xong", "declare", false},
}

// TestRecordRelease records what a release leaves behind, for all later ones to open. `make record-release RELEASE=…`
// calls it.
func TestRecordRelease(t *testing.T) {
	if *recordRelease == "" {
		t.Skip("only with -record-release")
	}
	into := filepath.Join(releasesDir, *recordRelease)
	if err := os.Mkdir(into, 0o755); err != nil {
		t.Fatal(err) // a release is recorded once
	}
	bin := *releaseProgram
	if bin == "" {
		bin = program(t)
	}
	dir := t.TempDir()
	pki, err := devpki.Open(filepath.Join(dir, "demo", "pki"), devpki.Options{BaseURL: releaseAddress})
	if err != nil {
		t.Fatal(err)
	}
	demo := newReleaseOffice(t, bin, filepath.Join(dir, "demo"), "")
	demo.run("demo", "--exit", "--dir", demo.data)
	demo.run("backup", "--data", demo.data, "-o", filepath.Join(dir, "demo.zip"))
	server, err := pki.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	recorded := filepath.Join(dir, "recorded")
	recordOffice(t, demo, pki, filepath.Join(dir, "demo.zip"), filepath.Join(recorded, "sqlite"), "")
	url := postgresURL(t)
	recordOffice(t, demo, pki, filepath.Join(dir, "demo.zip"), filepath.Join(recorded, "postgres"), url)
	cluster, err := pgtest.Shared()
	if err == nil {
		err = cluster.Dump(url, filepath.Join(recorded, "postgres.sql"))
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(recorded, "pki"), os.DirFS(filepath.Join(demo.data, "pki")))
	}
	if err == nil {
		err = pack(recorded, filepath.Join(into, "recorded.tar.zst"))
	}
	if err == nil {
		err = writeRecording(filepath.Join(into, "recorded.json"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recordOffice brings the demo's data into a place of their own, and covenants beside them to where they are to be
// left.
func recordOffice(t *testing.T, demo *releaseOffice, pki *devpki.PKI, backup, data, database string) {
	t.Helper()
	o := newReleaseOffice(t, demo.program, data, database)
	o.stamped(pki)
	o.run(o.place("restore", backup, "--secret-file", filepath.Join(demo.data, "server.secret"))...)
	for _, name := range []string{"server.secret", "roots.pem"} {
		content, err := os.ReadFile(filepath.Join(demo.data, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(data, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stop := o.serve()
	o.run("directory", "apply", releaseFile(t, "block.yaml"), "--yes")
	recordKeys(o, pki)
	all := leftThisYear()
	for _, l := range all {
		for _, step := range o.until(l) {
			step.do(o, l.Slug)
		}
	}
	year := time.Now().Format("2006")
	o.run("register", "reserve", "giao-uoc", year, "40", "--agency", "so-gddt", "--as", "ong-thi-muoi", "--for",
		"the minutes")
	o.run("amend", year+"/dang-bao-cao", "--new-slug", year+"/sua-doi", "--title", "Sửa đổi", "--year", year,
		"--values",
		releaseFile(t, "covenant.yaml"), "--as", "giap-van-chinh")
	stop(os.Kill) // as machines end
	for _, l := range all {
		if l.Background {
			o.last(l).do(o, l.Slug)
		}
	}
}

// until are the steps that bring a covenant to where it is left, while the office is served.
func (o *releaseOffice) until(l left) []releaseStep {
	o.t.Helper()
	script := releaseScript()
	i := slices.IndexFunc(script, func(s releaseStep) bool { return s.name == l.After })
	if i < 0 {
		o.t.Fatalf("%s: no step %q", l.Slug, l.After)
	}
	if l.Background {
		return script[:i]
	}
	return script[:i+1]
}

// last is the step after which a covenant is left.
func (o *releaseOffice) last(l left) releaseStep {
	l.Background = false
	steps := o.until(l)
	return steps[len(steps)-1]
}

// recordKeys gives those who sign, and the leader's seal, keys that last as long as the authority.
func recordKeys(o *releaseOffice, pki *devpki.PKI) {
	o.t.Helper()
	source, err := os.ReadFile(releaseFile(o.t, "block.yaml"))
	if err != nil {
		o.t.Fatal(err)
	}
	var block struct {
		Agencies []struct {
			ID, Name string
			People   []struct {
				ID, Name string
				Duties   []string
			}
		}
	}
	if err := yaml.Unmarshal(source, &block); err != nil {
		o.t.Fatal(err)
	}
	password := o.file("password", devpki.DefaultPassword+"\n")
	keep := func(flag, id, name string) {
		subject := devpki.Subject{ID: "khoi-thu-" + id, CommonName: name}
		if _, err := pki.Issue(subject, devpki.Profile{NotAfter: time.Now().AddDate(9, 0, 0)}); err != nil {
			o.t.Fatal(err)
		}
		path, err := pki.PKCS12(subject)
		if err != nil {
			o.t.Fatal(err)
		}
		o.run("directory", "keep", flag, id, "--p12", path, "--password-file", password, "--pin-file", "pin")
	}
	keep("--agency", block.Agencies[0].ID, block.Agencies[0].Name)
	for _, a := range block.Agencies {
		for _, p := range a.People {
			if slices.Contains(p.Duties, "sign") {
				keep("--person", p.ID, p.Name)
			}
		}
	}
}

// leftThisYear is releaseLeft with the year in the addresses.
func leftThisYear() []left {
	all := slices.Clone(releaseLeft)
	for i := range all {
		all[i].Slug = time.Now().Format("2006/") + all[i].Slug
	}
	return all
}

func writeRecording(path string) error {
	data, err := json.MarshalIndent(recording{releaseToday(), leftThisYear()}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// pack writes the files of a directory into one compressed file. What versions of a document have in common, and the
// two databases' files, is kept once, because the window is larger than all of it.
func pack(dir, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(releaseWindow))
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return packFile(w, path, filepath.ToSlash(name))
	})
	return errors.Join(err, w.Close(), z.Close())
}

const releaseWindow = 128 << 20

func packFile(w *tar.Writer, path, name string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600,
		Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// unpack is the other way round.
func unpack(path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(releaseWindow))
	if err != nil {
		return err
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !filepath.IsLocal(header.Name) {
			return fmt.Errorf("%s holds %q", path, header.Name)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, header.Name, err)
		}
		into := filepath.Join(dir, header.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(into), 0o700), os.WriteFile(into, content, 0o600)); err != nil {
			return err
		}
	}
}
