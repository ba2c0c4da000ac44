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

	"covenant/internal/norace"
	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// checks makes rapid check so many sequences, unless the command line says otherwise.
func checks(t *testing.T, n string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	old := f.Value.String()
	if testing.Short() || old != f.DefValue {
		return
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(old) })
}

// sequence is a file on its way through any steps.
type sequence struct {
	t      *testing.T
	r      *rapid.T
	tsa    *TSA
	v      *ValidationSource
	ids    []Identity
	images [][]byte

	file  []byte
	names []string // unsigned fields
	n     int      // signatures and document time-stamps
	plain int      // signatures without a time-stamp
}

// TestAnySequenceKeepsAllSignaturesValid signs, time-stamps and extends files of every kind in any order, and reads
// all signatures anew after each step, all objects at the end.
func TestAnySequenceKeepsAllSignaturesValid(t *testing.T) {
	if norace.Elsewhere(t) {
		return
	}
	checks(t, "1000") // ten thousand in torture_test.go
	runSequences(t)
}

func runSequences(t *testing.T) {
	t.Helper()
	p := testPKI(t)
	seq := sequence{t: t, tsa: &TSA{URLs: []string{p.TSA()}}, v: &ValidationSource{HTTP: http.DefaultClient},
		images: [][]byte{nil, testImage(t)},
		ids: []Identity{issue(t, p, "một", devpki.Profile{}), issue(t, p, "hai", devpki.Profile{Key: devpki.Ed25519}),
			issue(t, p, "ba", devpki.Profile{Key: devpki.RSA2048})}}
	rapid.Check(t, func(r *rapid.T) {
		s := seq
		s.r = r
		for i := range rapid.IntRange(0, 4).Draw(r, "fields") {
			s.names = append(s.names, fmt.Sprintf("f%d", i))
		}
		s.file = testFile(t, rapid.SampledFrom(fileKinds).Draw(r, "kind"), s.names...)
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			before := s.file
			s.step()
			if !bytes.HasPrefix(s.file, before) {
				r.Fatal("bytes changed")
			}
			if got := len(checkSignatures(t, s.file)); got != s.n {
				r.Fatalf("%d signatures, not %d", got, s.n)
			}
		}
		checkObjects(t, s.file)
	})
}

func (s *sequence) step() {
	var out bytes.Buffer
	ctx, in, size := s.t.Context(), bytes.NewReader(s.file), int64(len(s.file))
	var err error
	switch step := rapid.IntRange(0, 4).Draw(s.r, "step"); {
	case step < 3:
		s.sign()
		return
	case step == 3:
		_, err = AddTimestamp(ctx, in, size, &out, TimestampOptions{TSA: s.tsa})
	default:
		_, err = Extend(ctx, in, size, &out, ExtendOptions{TSA: s.tsa, Validation: s.v})
		if s.n == 0 {
			if err == nil || out.Len() > 0 {
				s.r.Fatalf("a file that cannot be raised: %v, %d bytes", err, out.Len())
			}
			return
		}
		if s.plain > 0 {
			s.n++ // the document time-stamp that proves the time of those without one
		}
	}
	if err != nil {
		s.r.Fatal(err)
	}
	s.file = out.Bytes()
	s.n++
	s.plain = 0
}

func (s *sequence) sign() {
	r := s.r
	opt := Options{Level: Level(rapid.IntRange(0, 1).Draw(r, "level")), TSA: s.tsa,
		Reason: rapid.String().Draw(r, "reason"),
		Appearance: &Appearance{Image: rapid.SampledFrom(s.images).Draw(r, "image"),
			Lines: vietnamese[:rapid.IntRange(0, 2).Draw(r, "lines")]}}
	if len(s.names) > 0 && rapid.Bool().Draw(r, "in place") {
		opt.Field, s.names = s.names[0], s.names[1:]
	} else if rapid.Bool().Draw(r, "visible") {
		y := 10 + 60*float64(s.n) // beside the others: over one it would be refused
		opt.Field, opt.New = fmt.Sprintf("new%d", s.n), &NewField{Rect: Rect{10, y, 200, y + 50}}
	}
	out, _, err := SignBytes(s.t.Context(), s.file, rapid.SampledFrom(s.ids).Draw(r, "signer"), opt)
	if err != nil {
		r.Fatal(err)
	}
	s.file = out
	s.n++
	if opt.Level == BB {
		s.plain++
	}
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
		file = sign(t, file, id, Options{Level: BT, TSA: tsa, Field: "a", Appearance: &Appearance{Image: testImage(t),
			Lines: vietnamese}})
	}
	file = sign(t, file, id, Options{Level: BT, TSA: tsa, Field: "z", New: &NewField{Rect: Rect{20, 20, 220, 70}},
		Appearance: &Appearance{Lines: vietnamese}})
	var out bytes.Buffer
	if _, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
		ExtendOptions{TSA: tsa, Validation: &ValidationSource{HTTP: http.DefaultClient}}); err != nil {
		t.Fatal(err)
	}
	checkObjects(t, out.Bytes())
	outsideTools(t, out.Bytes(), p)
}

func TestFilesOfQPDFEncryptedAreRefused(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for _, bits := range []int{128, 256} {
		in := viaQPDF(t, testFile(t, classic, "a"), []string{"--allow-weak-crypto", "--encrypt", "", "owner",
			strconv.Itoa(bits), "--"})
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
	if err := os.WriteFile(page, []byte("<meta charset=utf-8><h1>Giao ước thi đua</h1><p>Khối Kinh tế ngành"),
		0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+dir,
		"--print-to-pdf="+out, "file://"+page)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	signInOut(t, p, issue(t, p, "Lê Thị Cúc", devpki.Profile{}), &TSA{URLs: []string{p.TSA()}}, data)
}
