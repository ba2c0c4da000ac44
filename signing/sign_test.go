package signing

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
	"covenant/signing/internal/cms"
	"covenant/signing/internal/tsp"
)

// testPKI serves a development PKI for one test.
func testPKI(t testing.TB) *devpki.PKI {
	t.Helper()
	p, err := devpki.Open("", devpki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	if _, err := p.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	return p
}

func issue(t testing.TB, p *devpki.PKI, name string, profile devpki.Profile) Identity {
	t.Helper()
	id, err := p.Issue(devpki.Subject{ID: fmt.Sprintf("%x", name), CommonName: name, Organization: "Sở Tài chính"},
		profile)
	if err != nil {
		t.Fatal(err)
	}
	return Identity(id)
}

// testImage is a blue stroke on a transparent ground.
func testImage(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 120, 40))
	for x := range 120 {
		for dy := range 4 {
			img.SetNRGBA(x, 18+dy+int(10*float64(x%30)/30), color.NRGBA{20, 40, 160, uint8(120 + x)})
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

var vietnamese = []Line{{Text: "Nguyễn Thị Hường", Bold: true, Size: 12},
	{Text: "Ký ngày 23/11/2026 – Ủy quyền: số 12/QĐ"}}

func sign(t testing.TB, in []byte, id Identity, opt Options) []byte {
	t.Helper()
	out, _, err := SignBytes(t.Context(), in, id, opt)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	if !bytes.HasPrefix(out, in) {
		t.Fatal("the input's bytes were changed")
	}
	checkSignatures(t, out)
	return out
}

// checkSignatures verifies the digest and signature value of every signature, by offsets read anew from the file.
func checkSignatures(t testing.TB, file []byte) []pdf.Signature {
	t.Helper()
	_, signatures := openSigned(t, file)
	for _, s := range signatures {
		r := s.ByteRange
		if len(r) != 4 || r[0] != 0 || r[1] != s.Contents.Start || r[2] != s.Contents.End {
			t.Fatalf("field %q: byte range %v, contents %d–%d", s.Field.Name, r, s.Contents.Start, s.Contents.End)
		}
		if s.Dict.Get("SubFilter") == pdf.Name("ETSI.RFC3161") {
			token, err := tsp.ParsePaddedToken([]byte(s.Contents.Bytes))
			if err != nil {
				t.Fatalf("field %q: %v", s.Field.Name, err)
			}
			if err := token.Verify(rangeDigest(file, r, token.Hash)); err != nil {
				t.Fatalf("field %q: %v", s.Field.Name, err)
			}
			continue
		}
		sd, err := cms.ParsePadded([]byte(s.Contents.Bytes))
		if err != nil {
			t.Fatalf("field %q: %v", s.Field.Name, err)
		}
		if _, err := sd.Verify(rangeDigest(file, r, sd.Signer.Digest)); err != nil {
			t.Fatalf("field %q: %v", s.Field.Name, err)
		}
	}
	return signatures
}

func rangeDigest(file []byte, r []int64, hash crypto.Hash) []byte {
	h := hash.New()
	h.Write(file[:r[1]])
	h.Write(file[r[2] : r[2]+r[3]])
	return h.Sum(nil)
}

func openSigned(t testing.TB, file []byte) (*pdf.File, []pdf.Signature) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	signatures, err := f.Signatures()
	if err != nil {
		t.Fatalf("signatures: %v", err)
	}
	return f, signatures
}

// tool runs an outside program over a file and returns what it printed.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	if testing.Short() {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func writeTemp(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if dir := os.Getenv("SIGNING_TEST_OUT"); dir != "" {
		path = filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// outsideTools asks qpdf, pdfsig, mutool and OpenSSL about every signature and document time-stamp of a file. What each
// of them can judge is said in [judges]; what it cannot is asserted as such.
func outsideTools(t testing.TB, file []byte, p *devpki.PKI) {
	t.Helper()
	path := writeTemp(t, "signed.pdf", file)
	if out := tool(t, "qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors found") {
		t.Errorf("qpdf --check: %s", out)
	}
	want := map[string]int{}
	for _, s := range checkSignatures(t, file) {
		j := judges(t, s)
		want["pdfsig"] += j.pdfsig
		want["mutool"] += j.mutool
		if j.openssl {
			opensslCMS(t, file, s, p)
		} else if j.opensslTS {
			opensslTS(t, file, s, p)
		} else {
			opensslRefuses(t, file, s, p)
		}
	}
	out := tool(t, "pdfsig", "-nocert", path)
	if got := strings.Count(out, "Signature Validation: Signature is Valid."); got != want["pdfsig"] {
		t.Errorf("pdfsig finds %d valid signatures, not %d:\n%s", got, want["pdfsig"], out)
	}
	text, _ := exec.Command("mutool", "sign", "-v", path).CombinedOutput() // it fails for want of a trusted root
	got := bytes.Count(text, []byte("The signature is valid")) + bytes.Count(text, []byte("The document is unchanged"))
	if got != want["mutool"] {
		t.Errorf("mutool finds %d valid signatures, not %d:\n%s", got, want["mutool"], text)
	}
}

func TestSignInPlaceAndInNewField(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Nguyễn Thị Hường", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	for _, kind := range fileKinds {
		for _, level := range []Level{BB, BT} {
			t.Run(fmt.Sprintf("%s %s", kind, level), func(t *testing.T) {
				in := testFile(t, kind, "so-tai-chinh")
				opt := Options{Level: level, TSA: tsa, Field: "so-tai-chinh", Reason: "Ký giao ước thi đua, ĩ ũ ợ",
					Appearance: &Appearance{Image: testImage(t), Lines: vietnamese}}
				out := sign(t, in, id, opt)
				opt.Field, opt.New = "second", &NewField{Rect: Rect{300, 100, 500, 160}}
				out = sign(t, out, id, opt)
				outsideTools(t, out, p)
			})
		}
	}
}

func TestTwentySignaturesStayValid(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("sig.%d", i))
	}
	for _, kind := range fileKinds {
		t.Run(string(kind), func(t *testing.T) {
			file := testFile(t, kind, names...)
			for _, name := range names {
				file = sign(t, file, issue(t, p, name, devpki.Profile{}), Options{Level: BT, TSA: tsa, Field: name,
					Appearance: &Appearance{Image: testImage(t), Above: vietnamese[1:], Lines: vietnamese[:1]}})
			}
			v := &ValidationSource{HTTP: http.DefaultClient}
			var out bytes.Buffer
			done, err := Extend(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
				ExtendOptions{TSA: tsa, Validation: v})
			if err != nil {
				t.Fatal(err)
			}
			if done.OCSPs+done.CRLs < 21 || done.Timestamp == nil {
				t.Errorf("extended with %+v", done)
			}
			checkSignatures(t, out.Bytes())
			outsideTools(t, out.Bytes(), p)
		})
	}
}

func TestPrepareFinishInAnotherProcess(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Trần Văn Bình", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	in := testFile(t, stream, "a", "b")
	s, err := Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), id.Certificate, id.Chain,
		Options{Level: BT, TSA: tsa, Field: "a"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var later Session
	if err := json.Unmarshal(data, &later); err != nil {
		t.Fatal(err)
	}
	tbs, opts, err := later.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := id.Signer.Sign(nil, tbs, opts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	other := testFile(t, stream, "a", "c")
	if _, err := Finish(t.Context(), &later, bytes.NewReader(other), int64(len(other)), &out, signature,
		FinishOptions{TSA: tsa}); !errors.Is(err, ErrOtherFile) || out.Len() > 0 {
		t.Errorf("another file: %v, %d bytes written", err, out.Len())
	}
	wrong := bytes.Clone(signature)
	wrong[len(wrong)-1] ^= 1
	if _, err := Finish(t.Context(), &later, bytes.NewReader(in), int64(len(in)), &out, wrong,
		FinishOptions{TSA: tsa}); err == nil || out.Len() > 0 {
		t.Errorf("wrong signature: %v, %d bytes written", err, out.Len())
	}
	if _, err := Finish(t.Context(), &later, bytes.NewReader(in), int64(len(in)), &out, signature,
		FinishOptions{TSA: tsa}); err != nil {
		t.Fatal(err)
	}
	checkSignatures(t, out.Bytes())
	outsideTools(t, out.Bytes(), p)
}

func TestEveryLevelInOneCall(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	v := &ValidationSource{HTTP: http.DefaultClient}
	for _, level := range []Level{BB, BT, BLT, BLTA} {
		t.Run(level.String(), func(t *testing.T) {
			out := sign(t, testFile(t, classic), id, Options{Level: level, TSA: tsa, Validation: v})
			n := 1
			if level == BLTA {
				n = 2
			}
			if got := len(checkSignatures(t, out)); got != n {
				t.Errorf("%d signatures", got)
			}
			outsideTools(t, out, p)
		})
	}
}

func TestTimestampAuthorityDownCostsNoKey(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	id.Signer = &countingSigner{Signer: id.Signer}
	in := testFile(t, classic, "a")
	var out bytes.Buffer
	_, err := Sign(t.Context(), bytes.NewReader(in), int64(len(in)), &out, id, Options{Level: BT, Field: "a",
		TSA: &TSA{URLs: []string{"http://127.0.0.1:1/"}, Timeout: time.Second}})
	var te *TimestampError
	if !errors.As(err, &te) || out.Len() > 0 || id.Signer.(*countingSigner).n != 0 {
		t.Errorf("%v; %d bytes written, key asked %d times", err, out.Len(), id.Signer.(*countingSigner).n)
	}
}

func TestSecondSignatureGoesOnFromKeptHashState(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, hybrid, "a", "b")
	first, done, err := SignBytes(t.Context(), in, id, Options{Field: "a", KeepState: true})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(done.State)
	if err != nil {
		t.Fatal(err)
	}
	var state HashState
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	if got := len(checkSignatures(t, sign(t, first, id, Options{Field: "b", Resume: &state}))); got != 2 {
		t.Errorf("%d signatures", got)
	}
	_, _, err = SignBytes(t.Context(), in, id, Options{Field: "b", Resume: &state})
	if !errors.Is(err, ErrOtherState) {
		t.Errorf("state of another file: %v", err)
	}
}
