package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/workflow/store/pgtest"
)

// What every release left behind is opened by this one, on both databases: the log is whole and says the same, what was
// in flight is brought to its end under the old keys, and the mails that waited go out.
func TestOpenReleases(t *testing.T) {
	t.Parallel()
	releases, err := filepath.Glob(filepath.Join(releasesDir, "v*"))
	if err != nil || len(releases) == 0 {
		t.Fatalf("%d releases, %v", len(releases), err)
	}
	for _, dir := range releases {
		t.Run(filepath.Base(dir), func(t *testing.T) { openRelease(t, dir) })
	}
}

func openRelease(t *testing.T, dir string) {
	var was recording
	recorded := t.TempDir()
	source, err := os.ReadFile(filepath.Join(dir, "recorded.json"))
	if err == nil {
		err = json.Unmarshal(source, &was)
	}
	if err == nil {
		err = unpack(filepath.Join(dir, "recorded.tar.zst"), recorded)
	}
	if err != nil {
		t.Fatal(err)
	}
	pki := serveRecorded(t, filepath.Join(recorded, "pki"))
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		o := newReleaseOffice(t, program(t), filepath.Join(recorded, "sqlite"), "")
		o.stamped(pki)
		o.finish(was)
	})
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("short: needs PostgreSQL")
		}
		t.Parallel()
		url := postgresURL(t)
		cluster, err := pgtest.Shared()
		if err == nil {
			err = cluster.Load(url, filepath.Join(recorded, "postgres.sql"))
		}
		if err != nil {
			t.Fatal(err)
		}
		o := newReleaseOffice(t, program(t), filepath.Join(recorded, "postgres"), url)
		o.stamped(pki)
		o.finish(was)
	})
}

// serveRecorded opens the authority of a recording. Its certificates name one address, which another run of this test
// on the same machine may have just now.
func serveRecorded(t *testing.T, dir string) *devpki.PKI {
	t.Helper()
	pki, err := devpki.Open(dir, devpki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var server *http.Server
	for began := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		server, err = pki.Serve(t.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Since(began) > 3*time.Minute {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { server.Close() })
	return pki
}

// finish brings everything that was left to its end.
func (o *releaseOffice) finish(was recording) {
	o.t.Helper()
	all := was.Left
	o.serve()(syscall.SIGTERM) // the program that serves migrates the database; those that read do not
	if out := o.run(o.place("audit", "--trust", o.config["trust"])...); !strings.Contains(out, "intact") {
		o.t.Fatalf("the log as it was left:\n%s", out)
	}
	before := o.standings(all)
	mailed := o.mailing()
	stop := o.serve()
	for _, l := range all {
		o.finishOne(l)
	}
	year := was.Day[:4]
	o.run("register", "enter", "giao-uoc", year, "40", "--agency", "so-gddt", "--as", "ong-thi-muoi", "--symbol", "BB",
		"--date", was.Day,
		"--title", "Biên bản")
	o.act(year+"/sua-doi", "giap-van-chinh", "withdraw", "reason=Không cần nữa.")
	o.finishDemo(year + "/khoi-kinh-te-nganh")
	o.awaitMails(mailed, all)
	o.evidence(all)
	stop(syscall.SIGTERM)

	if out := o.run(o.place("audit", "--trust", o.config["trust"])...); !strings.Contains(out, "intact") {
		o.t.Errorf("the log after everything was finished:\n%s", out)
	}
	after := o.standings(all)
	o.run(o.place("rebuild")...)
	if rebuilt := o.standings(all); !slices.Equal(after, rebuilt) {
		o.t.Errorf("rebuilt rows say something else:\n%v\n%v", after, rebuilt)
	}
	if slices.Equal(before, after) || o.reports == 0 {
		o.t.Errorf("nothing was finished, or none of %d covenants asked for a report", len(all))
	}
}

// evidence takes the evidence of each covenant, of which a part was decided by an older release: its check finds
// nothing
// that does not hold, and decides anew what that release decided.
func (o *releaseOffice) evidence(all []left) {
	o.t.Helper()
	file, valid := filepath.Join(o.t.TempDir(), "evidence.zip"), 0
	for _, l := range all {
		_, key, _ := strings.Cut(o.run("evidence", l.Slug, "-o", file), "--record-key ")
		key, _, _ = strings.Cut(strings.TrimPrefix(key, `"`), `"`)
		out, err := o.command("verify", "--trust", o.config["trust"], "--record-key", key,
			file).Output()
		if err == nil { // those without a finished document are indeterminate
			valid++
		}
		if said := string(out); strings.Contains(said, "✗") || !strings.Contains(said, "were decided anew") ||
			!strings.Contains(said, "the checkpoint was time-stamped") {
			o.t.Errorf("evidence of %s:\n%s", l.Slug, said)
		}
	}
	if valid == 0 {
		o.t.Errorf("of the evidence of %d covenants none is valid", len(all))
	}
}

// standings are what is shown of each covenant, as text.
func (o *releaseOffice) standings(all []left) []string {
	o.t.Helper()
	var out []string
	for _, l := range all {
		out = append(out, o.run("show", l.Slug, "--json"))
	}
	return out
}
