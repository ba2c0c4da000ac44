//go:build torture

package signing

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"covenant/signing/devpki"
)

func TestTortureSequences(t *testing.T) {
	checks(t, "10000")
	runSequences(t)
}

// exports are the filter options of LibreOffice's PDF export.
var exports = map[string]string{
	"plain":   `{}`,
	"PDF/A-1": `{"SelectPdfVersion":{"type":"long","value":"1"}}`,
	"PDF/A-2": `{"SelectPdfVersion":{"type":"long","value":"2"}}`,
	"PDF/UA": `{"PDFUACompliance":{"type":"boolean","value":"true"},` +
		`"SelectPdfVersion":{"type":"long","value":"17"}}`,
	"bookmarks": `{"ExportBookmarks":{"type":"boolean","value":"true"},` +
		`"UseTaggedPDF":{"type":"boolean","value":"true"}}`,
}

// What LibreOffice writes is signed, time-stamped and raised without damage.
func TestTortureFilesOfLibreOffice(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	dir := t.TempDir()
	source := filepath.Join(dir, "giao-uoc.html")
	if err := os.WriteFile(source, []byte("<meta charset=utf-8><h1>Giao ước thi đua</h1><p>Khối Kinh tế "+
		"ngành</p><table border=1><tr><td>Sở Tài chính<td>100</table>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, options := range exports {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+dir+"/profile",
				"--headless", "--convert-to",
				fmt.Sprintf("pdf:writer_web_pdf_Export:%s", options), "--outdir", out, source)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("soffice: %v\n%s", err, text)
			}
			file, err := os.ReadFile(filepath.Join(out, "giao-uoc.pdf"))
			if err != nil {
				t.Fatal(err)
			}
			signInOut(t, p, id, &TSA{URLs: []string{p.TSA()}}, file)
		})
	}
}
