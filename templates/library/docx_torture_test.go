//go:build torture

package library

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"covenant/templates"
)

// LibreOffice opens every Word file and shows its text.
func TestTortureWordFilesInLibreOffice(t *testing.T) {
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, id := range List() {
		e, err := Open(id)
		if err != nil {
			t.Fatal(err)
		}
		tpl, _ := e.Template()
		vals, _ := e.SampleValues()
		doc, err := tpl.Draft(vals, templates.DraftOptions{Number: 5, Date: templates.Day{Year: 2026, Month: 2,
			Date: 27}, Law: law})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, id+".docx")
		out, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := doc.DOCX(out); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to",
			"pdf", "--outdir", dir, file)
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", id, err, msg)
		}
		text, err := exec.Command("pdftotext", "-raw", strings.TrimSuffix(file, "docx")+"pdf", "-").Output()
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		got := strings.Join(strings.Fields(string(text)), "")
		for _, c := range doc.Outline() {
			if c.Level > 5 {
				continue
			}
			want := strings.Join(strings.Fields(strings.ReplaceAll(c.Heading, "./.", "")), "")
			if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
				t.Errorf("%s: %q is not in the Word file", id, c.Heading)
			}
			if c.Level == 3 && !strings.Contains(got, strings.ReplaceAll(c.Number, " ", "")) {
				t.Errorf("%s: %s is not numbered", id, c.Number)
			}
		}
	}
}
