package library

import (
	"bytes"
	"os"
	"testing"
	"time"

	"covenant/templates"
)

// Every template of the library checks without a problem on its sample, and
// drafts to a PDF.
func TestLibrary(t *testing.T) {
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range List() {
		t.Run(id, func(t *testing.T) {
			e, err := Open(id)
			if err != nil {
				t.Fatal(err)
			}
			tpl, problems := e.Template()
			for _, p := range problems {
				t.Error(p)
			}
			vals, problems := e.SampleValues()
			for _, p := range problems {
				t.Error(p)
			}
			opt := templates.DraftOptions{Number: 7, Date: templates.Day{Year: 2026, Month: 2, Date: 27}, Law: law}
			for _, p := range tpl.Check(vals, opt) {
				t.Error(p)
			}
			doc, err := tpl.Draft(vals, opt)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := doc.PDF(&b, templates.PDFOptions{Created: time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC),
				Fields: true}); err != nil {
				t.Fatal(err)
			}
			if dir := os.Getenv("OUT"); dir != "" {
				os.WriteFile(dir+"/"+id+".pdf", b.Bytes(), 0o644)
			}
		})
	}
}
