package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow/calendar"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store/pgtest"
)

// TestMain removes what tests share when they have run.
func TestMain(m *testing.M) {
	if who := os.Getenv(makerVariable); who != "" {
		makeSomething(who)
		return
	}
	status := m.Run()
	pgtest.Remove()
	if err := removeProgram(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// TestScripts runs the command line as a person would; see testdata/script. Each script finds an authority with its
// servers: $TSA, $PKI (directory with roots.pem and *.p12), $PASSWORD (a file).
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("short: links the program")
	}
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
			env.Values["pki"] = pki
			mail, err := sink.Start(t.Context(), sink.Options{Dir: filepath.Join(env.WorkDir, "mail")})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = mail.Close() })
			env.Values["mail"] = mail
			env.Setenv("SMTP", mail.Addr())
			return prepareScript(env, pki)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"tamper": tamper, "append": appendFile,
			"truncate": truncate, "png": picture, "pkcs12": issuePKCS12, "served": awaitServed, "capture": capture,
			"received": received, "form": formFile, "fill": fillIn, "fingerprint": fingerprint},
	})
}

func prepareScript(env *testscript.Env, pki *devpki.PKI) error {
	path, err := built()
	if err != nil {
		return err
	}
	env.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+env.Getenv("PATH"))
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
	_, small, err := smallCase()
	if err == nil {
		err = os.WriteFile(filepath.Join(env.WorkDir, "small.yaml"), small, 0o600)
	}
	if err != nil {
		return err
	}
	calendar, err := calendar.VietnamCalendar()
	if err != nil {
		return err
	}
	env.Setenv("TODAY", calendar.Today(time.Now()).String())
	env.Setenv("PASSWORD", password)
	env.Setenv("TSA", pki.TSA())
	env.Setenv("SLUG", fmt.Sprintf("%d/khoi-kinh-te-nganh", time.Now().Year()))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("COVENANT_LANG", "en")
	return nil
}

// received waits for a mail to somebody in which an expression matches, and keeps its first group as a variable:
// received ADDRESS NAME EXPRESSION.
func received(ts *testscript.TestScript, _ bool, args []string) {
	mail, _ := ts.Value("mail").(*sink.Server)
	want := regexp.MustCompile(args[2])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for n := 0; ; n++ {
		ts.Check(mail.Wait(ctx, n+1))
		taken := mail.Accepted()[n]
		text, err := os.ReadFile(filepath.Join(ts.Getenv("WORK"), "mail", taken.File))
		ts.Check(err)
		if found := want.FindSubmatch(text); found != nil && taken.To[0] == args[0] {
			ts.Setenv(args[1], string(found[1]))
			return
		}
	}
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

// issuePKCS12 makes a key and writes it to ID.p12, its certificate to ID.pem: pkcs12 ID NAME.
func issuePKCS12(ts *testscript.TestScript, _ bool, args []string) {
	pki, ok := ts.Value("pki").(*devpki.PKI)
	if !ok || len(args) != 2 {
		ts.Fatalf("want pkcs12 ID NAME")
	}
	subject := devpki.Subject{ID: args[0], CommonName: args[1]}
	id, err := pki.Issue(subject, devpki.Profile{})
	ts.Check(err)
	path, err := pki.PKCS12(subject)
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".p12"), data, 0o600))
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pem"), certificate, 0o600))
}

// awaitServed waits until a process serves a data directory.
func awaitServed(ts *testscript.TestScript, _ bool, args []string) {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if conn, err := dial(context.Background(), ts.MkAbs(args[0])); err == nil {
			ts.Check(conn.Close())
			return
		}
	}
	ts.Fatalf("nothing serves %s", args[0])
}

// capture keeps what the first group of an expression matches in the last output as a variable: capture NAME
// EXPRESSION.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	match := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) != 2 {
		ts.Fatalf("the output does not match %s", args[1])
	}
	ts.Setenv(args[0], match[1])
}

// truncate cuts the last hundred bytes off a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()-100))
}

// fingerprint keeps the SHA-256 of the certificate in a PEM file as $ROOT, as tools print it as $COLONS, and one that
// no certificate has as $OTHER.
func fingerprint(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	block, _ := pem.Decode(data)
	if block == nil {
		ts.Fatalf("%s holds no PEM", args[0])
	}
	sum := sha256.Sum256(block.Bytes)
	ts.Setenv("ROOT", hex.EncodeToString(sum[:]))
	ts.Setenv("COLONS", strings.ReplaceAll(strings.ToUpper(fmt.Sprintf("% x", sum)), " ", ":"))
	sum[0]++
	ts.Setenv("OTHER", hex.EncodeToString(sum[:]))
}
