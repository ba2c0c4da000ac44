package signing

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// TestFilesThatAreNotWhatWasSigned: what everyday accidents leave is called by the likely cause, in both languages,
// with what to do; the signer is named.
func TestFilesThatAreNotWhatWasSigned(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Trần Thị Bình", devpki.Profile{})
	other := testFile(t, classic, "x")
	for _, kind := range fileKinds {
		signed := sign(t, testFile(t, kind, "A"), id, Options{Field: "A"})
		for name, c := range map[string]struct {
			file   []byte
			code   ReasonCode
			vi, en string
		}{
			"after qpdf": {rewritten(t, signed, "qpdf", "IN", "OUT"), ReasonSavedAnew, "lưu lại", "saved anew"},
			"after qpdf, packed": {rewritten(t, signed, "qpdf", "--object-streams=generate", "IN", "OUT"),
				ReasonSavedAnew, "lưu lại", "saved anew"},
			"after pdfunite": {rewritten(t, signed, "pdfunite", "IN", fileOf(t, other), fileOf(t, signed), "OUT"),
				ReasonMerged, "ghép", "merged"},
			"in text mode": {bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n")), ReasonTransferred, "truyền",
				"on its way"},
			"cut off":         {signed[:len(signed)-40], ReasonCutOff, "chưa được tải", "cut off"},
			"cut off by much": {signed[:len(signed)-300], ReasonCutOff, "chưa được tải", "cut off"},
		} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				r, err := Verify(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), VerifyOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if len(r.Results) == 0 {
					t.Fatal("no result")
				}
				res := &r.Results[0]
				want(t, res, TotalFailed, FormatFailure)
				text := res.Explain()
				named := res.Signer == "Trần Thị Bình" || name == "cut off by much" // the certificate is gone as well
				if res.Reasons[0].Code != c.code || res.Intact() || !named {
					t.Errorf("%q, %+v", res.Signer, res.Reasons)
				}
				if !strings.Contains(text.Vietnamese, c.vi) || !strings.Contains(text.English, c.en) ||
					!strings.Contains(text.Vietnamese, "xin bản gốc") || !strings.Contains(text.English, "original") {
					t.Error(text)
				}
			})
		}
	}
}

func fileOf(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rewritten runs a program on a file; its arguments IN and OUT stand for paths.
func rewritten(t testing.TB, file []byte, program string, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	for i, a := range args {
		switch a {
		case "IN":
			args[i] = fileOf(t, file)
		case "OUT":
			args[i] = out
		}
	}
	tool(t, program, args...)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
