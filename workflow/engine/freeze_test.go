package engine

import (
	"strings"
	"testing"
	"time"

	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/calendar"
)

// What was approved is made again in the way in which it was made, whichever edition of the program made it: the digest
// tells. Values that nobody would take today freeze, too, once they are approved.
func TestApprovedIsMadeAgainAsItWas(t *testing.T) {
	cal, err := calendar.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	e := papers{&Engine{Config: Config{Calendar: cal, Now: time.Now}}}
	entry, err := library.Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	s := workflow.State{Covenant: &workflow.Covenant{}}
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for name, subject := range map[string]string{
		"plain": "Kỷ cương", "an escape": `"Ky\u0309 cu\u031bo\u031bng"`, "a mark of its own": "Yơ\u0306ng", "blank": `""`,
		"TCVN3": "Së Tµi chÝnh",
	} {
		values := replaced(t, string(entry.Sample), subject)
		for _, made := range []templates.Again{templates.AsBefore, templates.AsFirstWas} {
			pdf, doc, err := e.renderRevision(s, entry.Source, values, 1, at, templates.DraftOptions{Again: made})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, manifest, err := manifestOf(doc, workflow.Digest{})
			if err != nil {
				t.Fatal(err)
			}
			approved := workflow.Revision{Number: 1, Manifest: manifest, PDF: workflow.DigestOf(pdf.bytes), RenderedAt: at}
			again, how, err := e.renderApproved(s, entry.Source, values, approved)
			if err != nil || workflow.DigestOf(again.bytes) != approved.PDF {
				t.Errorf("%s, made in way %d: %v", name, made, err)
			}
			differs := name == "an escape" || name == "a mark of its own"
			if differs && how != made {
				t.Errorf("%s was made in way %d, and is taken for way %d", name, made, how)
			}
			approved.PDF = workflow.DigestOf([]byte("another"))
			if _, _, err := e.renderApproved(s, entry.Source, values, approved); err == nil {
				t.Errorf("%s: another file was approved, and this one frozen", name)
			}
		}
		_, _, err := e.renderRevision(s, entry.Source, values, 1, at, e.judged(Meta{}))
		if refused := name == "blank" || name == "TCVN3"; refused != (err != nil) {
			t.Errorf("%s, given today: %v", name, err)
		}
	}
}

// replaced are values with another subject.
func replaced(t *testing.T, values, subject string) []byte {
	t.Helper()
	lines := strings.Split(values, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "chủ_đề:") {
			lines[i] = "chủ_đề: " + subject
			return []byte(strings.Join(lines, "\n"))
		}
	}
	t.Fatal("the values have no subject")
	return nil
}
