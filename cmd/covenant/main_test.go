package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow/store/pgtest"
)

// TestMain makes this test binary the program itself when it is started under the name covenant, so that scripts and
// the kill test run the real process.
func TestMain(m *testing.M) {
	testscript.Main(cleaning{m}, map[string]func(){"covenant": main, "covenant-driver": driverMain})
}

// cleaning removes what tests share when they have run.
type cleaning struct{ m *testing.M }

// Run runs the tests.
func (c cleaning) Run() int {
	defer pgtest.Remove()
	return c.m.Run()
}

// TestScripts runs the command line as a person would; see testdata/script. Each script finds an authority with its
// servers: $TSA, $PKI (directory with roots.pem and *.p12), $PASSWORD (a file).
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			pki, err := devpki.Open(filepath.Join(env.WorkDir, "pki"), devpki.Options{})
			if err != nil {
				return err
			}
			server, err := pki.Serve(t.Context())
			if err != nil {
				return err
			}
			env.Defer(func() { _ = server.Close() })
			return prepareScript(env, pki)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"tamper": tamper, "append": appendFile, "truncate": truncate, "png": picture},
	})
}

func prepareScript(env *testscript.Env, pki *devpki.PKI) error {
	for id, profile := range map[string]devpki.Profile{"an": {}, "het-han": devpki.Expired(time.Now())} {
		subject := devpki.Subject{ID: id, CommonName: "Nguyễn Văn An", Organization: "Sở Tài chính"}
		if _, err := pki.Issue(subject, profile); err != nil {
			return err
		}
		path, err := pki.PKCS12(subject)
		if err != nil {
			return err
		}
		env.Setenv("P12_"+strings.ReplaceAll(strings.ToUpper(id), "-", "_"), path)
	}
	password := filepath.Join(env.WorkDir, "password")
	if err := os.WriteFile(password, []byte(devpki.DefaultPassword+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "roots.pem"), pki.RootsPEM(), 0o600); err != nil {
		return err
	}
	values, err := testdata.Cases.ReadFile("hanam2021/covenant.yaml")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "values.yaml"), values, 0o600); err != nil {
		return err
	}
	env.Setenv("PASSWORD", password)
	env.Setenv("TSA", pki.TSA())
	env.Setenv("SLUG", fmt.Sprintf("%d/khoi-kinh-te-nganh", time.Now().Year()))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("COVENANT_LANG", "en")
	return nil
}

// tamper changes one byte of the first stream of a PDF file.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.Index(data, []byte("stream\n"))
	if at < 0 {
		ts.Fatalf("%s has no stream", path)
	}
	data[at+40] ^= 1
	ts.Check(os.WriteFile(path, data, 0o600))
}

// appendFile appends the second file to the first.
func appendFile(ts *testscript.TestScript, _ bool, args []string) {
	more, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), append(data, more...), 0o600))
}

// picture writes a small PNG file.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, img))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// truncate cuts the last hundred bytes off a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()-100))
}
