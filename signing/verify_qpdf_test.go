package signing

import (
	"os"
	"path/filepath"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// TestVerifyQPDFModes: files that qpdf wrote in each of its ways, signed twice, archived, and then attacked.
func TestVerifyQPDFModes(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	for name, args := range map[string][]string{
		"linearized":          {"--linearize"},
		"linearized, streams": {"--linearize", "--object-streams=generate"},
		"object streams":      {"--object-streams=generate"},
		"no object streams":   {"--object-streams=disable"},
		"qdf":                 {"--qdf"},
		"uncompressed":        {"--stream-data=uncompress", "--object-streams=preserve"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
			if err := os.WriteFile(in, attackFile(classic, ""), 0o600); err != nil {
				t.Fatal(err)
			}
			tool(t, "qpdf", append(args, in, out)...)
			file, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			for _, field := range []string{"A", "B"} {
				opt := bt(p)
				opt.Field = field
				file = sign(t, file, id, opt)
			}
			file = extendTo(t, file, p, BLTA)
			wantAll(t, verify(t, file, p), 3, TotalPassed, "")
			bad := update(t, file, func(f *pdf.File, u *pdf.Update) {
				pages, err := f.Pages()
				if err != nil {
					t.Fatal(err)
				}
				u.Set(pages[0], dict(t, u, pages[0].Num).With("Contents", u.Add(content("999"))))
			})
			wantAll(t, verify(t, bad, p), 3, TotalFailed, FormatFailure)
		})
	}
}
