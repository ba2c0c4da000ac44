package signing

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"covenant/signing/devpki"
	"covenant/signing/internal/pdf"
)

// manyChecks makes rapid check a thousand sequences, ten thousand with COVENANT_TORTURE, its own hundred with -short.
func manyChecks(t *testing.T) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	old := f.Value.String()
	if testing.Short() || old != f.DefValue {
		return
	}
	n := "1000"
	if os.Getenv("COVENANT_TORTURE") != "" {
		n = "10000"
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(old) })
}

// TestAnySequenceKeepsAllSignaturesValid signs, time-stamps and extends files of every kind in any order, and reads
// all signatures anew after each step, all objects at the end.
func TestAnySequenceKeepsAllSignaturesValid(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	v := &ValidationSource{HTTP: http.DefaultClient}
	ids := []Identity{issue(t, p, "một", devpki.Profile{}), issue(t, p, "hai", devpki.Profile{Key: devpki.Ed25519}), issue(t, p, "ba", devpki.Profile{Key: devpki.RSA2048})}
	images := [][]byte{nil, testImage(t)}
	manyChecks(t)
	rapid.Check(t, func(r *rapid.T) {
		var names []string
		for i := range rapid.IntRange(0, 4).Draw(r, "fields") {
			names = append(names, fmt.Sprintf("f%d", i))
		}
		file := testFile(t, rapid.SampledFrom(fileKinds).Draw(r, "kind"), names...)
		stamped := 0 // signatures with a time-stamp
		plain := 0
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			before := file
			n := len(checkSignatures(t, file))
			switch step := rapid.IntRange(0, 4).Draw(r, "step"); step {
			case 0, 1, 2:
				opt := Options{Level: Level(rapid.IntRange(0, 1).Draw(r, "level")), TSA: tsa, Reason: rapid.String().Draw(r, "reason"),
					Appearance: &Appearance{Image: rapid.SampledFrom(images).Draw(r, "image"), Lines: vietnamese[:rapid.IntRange(0, 2).Draw(r, "lines")]}}
				if len(names) > 0 && rapid.Bool().Draw(r, "in place") {
					opt.Field, names = names[0], names[1:]
				} else if rapid.Bool().Draw(r, "visible") {
					opt.Field, opt.New = fmt.Sprintf("new%d", n), &NewField{Rect: Rect{10, 10, 200, 60}}
				}
				out, _, err := SignBytes(t.Context(), file, rapid.SampledFrom(ids).Draw(r, "signer"), opt)
				if err != nil {
					r.Fatal(err)
				}
				if file = out; opt.Level == BT {
					stamped++
				} else {
					plain++
				}
				n++
			case 3:
				file = apply(r, file, func(out *bytes.Buffer) error {
					_, err := AddTimestamp(t.Context(), bytes.NewReader(file), int64(len(file)), out, TimestampOptions{TSA: tsa})
					return err
				})
				n++
			case 4:
				if plain > 0 || n == 0 {
					var out bytes.Buffer
					if _, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out, ExtendOptions{TSA: tsa, Validation: v}); err == nil || out.Len() > 0 {
						r.Fatalf("a file that cannot be raised: %v, %d bytes", err, out.Len())
					}
					continue
				}
				file = apply(r, file, func(out *bytes.Buffer) error {
					_, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), out, ExtendOptions{TSA: tsa, Validation: v})
					return err
				})
				n++
			}
			if !bytes.HasPrefix(file, before) {
				r.Fatal("bytes changed")
			}
			if got := len(checkSignatures(t, file)); got != n {
				r.Fatalf("%d signatures, not %d", got, n)
			}
		}
		checkObjects(t, file)
	})
}

func apply(r *rapid.T, _ []byte, fn func(*bytes.Buffer) error) []byte {
	var out bytes.Buffer
	if err := fn(&out); err != nil {
		r.Fatal(err)
	}
	return out.Bytes()
}

// checkObjects reads every object of a file, at its end and as of each revision.
func checkObjects(t testing.TB, file []byte) {
	t.Helper()
	f, _ := openSigned(t, file)
	if f.Trailing() != 0 {
		t.Fatal("bytes after the last revision")
	}
	for num, e := range f.Objects() {
		if _, err := f.Get(pdf.Ref{Num: num, Gen: e.Gen}); err != nil {
			t.Fatal(err)
		}
	}
	for i, rev := range f.Revisions() {
		seen := map[int]bool{}
		for _, e := range rev.Entries {
			if seen[e.Num] {
				t.Fatalf("revision %d holds object %d twice", i, e.Num)
			}
			seen[e.Num] = true
			if e.Kind == pdf.InUse && (e.Offset < rev.Start || e.Offset >= rev.End) {
				t.Fatalf("revision %d: object %d lies outside it", i, e.Num)
			}
		}
	}
}

func TestFilesOfTheOlderModuleAreCosignedWithoutDamage(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	in := benchFile(t, 30_000)
	older := olderSign(t, in, id)
	_, before := openSigned(t, older)
	if len(before) != 1 {
		t.Fatalf("the older module made %d signatures", len(before))
	}
	for _, opt := range []Options{{}, {Field: "a", Appearance: &Appearance{Image: testImage(t), Lines: vietnamese}}} {
		out, _, err := SignBytes(t.Context(), older, id, opt)
		if err != nil {
			t.Fatal(err)
		}
		f, after := openSigned(t, out)
		if len(after) != 2 || !bytes.HasPrefix(out, older) {
			t.Fatalf("%d signatures after co-signing", len(after))
		}
		checkObjects(t, out)
		_ = f
		path := writeTemp(t, "cosigned.pdf", out)
		text := tool(t, "pdfsig", "-nocert", path)
		if got := bytes.Count([]byte(text), []byte("Signature Validation: Signature is Valid.")); got != 2 {
			t.Errorf("pdfsig: %d valid of 2\n%s", got, text)
		}
	}
}

// qpdfModes are qpdf's ways to write a file.
var qpdfModes = map[string][]string{
	"preserve":      {"--object-streams=preserve"},
	"disable":       {"--object-streams=disable"},
	"generate":      {"--object-streams=generate"},
	"linearized":    {"--linearize"},
	"linearized os": {"--linearize", "--object-streams=generate"},
	"qdf":           {"--qdf"},
	"uncompressed":  {"--stream-data=uncompress", "--object-streams=generate"},
	"newline":       {"--newline-before-endstream"},
	"old version":   {"--force-version=1.3", "--object-streams=disable"},
}

func TestFilesOfQPDF(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	for name, args := range qpdfModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range fileKinds {
				signInOut(t, p, id, tsa, viaQPDF(t, testFile(t, kind, "a", "b"), args))
			}
		})
	}
}

func viaQPDF(t *testing.T, in []byte, args []string) []byte {
	t.Helper()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(from, in, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "qpdf", append(args, from, to)...)
	out, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// signInOut signs an existing field and a new one, time-stamps and raises, and asks the outside tools.
func signInOut(t *testing.T, p *devpki.PKI, id Identity, tsa *TSA, file []byte) {
	t.Helper()
	f, _ := openSigned(t, file)
	form, err := f.Form()
	if err != nil {
		t.Fatal(err)
	}
	if form.Field("a") != nil {
		file = sign(t, file, id, Options{Level: BT, TSA: tsa, Field: "a", Appearance: &Appearance{Image: testImage(t), Lines: vietnamese}})
	}
	file = sign(t, file, id, Options{Level: BT, TSA: tsa, Field: "z", New: &NewField{Rect: Rect{20, 20, 220, 70}}, Appearance: &Appearance{Lines: vietnamese}})
	var out bytes.Buffer
	if _, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out, ExtendOptions{TSA: tsa, Validation: &ValidationSource{HTTP: http.DefaultClient}}); err != nil {
		t.Fatal(err)
	}
	checkObjects(t, out.Bytes())
	outsideTools(t, out.Bytes(), p)
}

func TestFilesOfQPDFEncryptedAreRefused(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for _, bits := range []int{128, 256} {
		in := viaQPDF(t, testFile(t, classic, "a"), []string{"--allow-weak-crypto", "--encrypt", "", "owner", strconv.Itoa(bits), "--"})
		if _, _, err := SignBytes(t.Context(), in, id, Options{Field: "a"}); !errors.Is(err, pdf.ErrEncrypted) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

func TestFileOfChromium(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		if testing.Short() {
			t.Skip("chromium is not installed")
		}
		t.Fatal("chromium is not installed: apt-get install chromium")
	}
	p := testPKI(t)
	dir := t.TempDir()
	page, out := filepath.Join(dir, "p.html"), filepath.Join(dir, "p.pdf")
	if err := os.WriteFile(page, []byte("<meta charset=utf-8><h1>Giao ước thi đua</h1><p>Khối Kinh tế ngành"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+dir, "--print-to-pdf="+out, "file://"+page)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	signInOut(t, p, issue(t, p, "Lê Thị Cúc", devpki.Profile{}), &TSA{URLs: []string{p.TSA()}}, data)
}
