package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covenant/workflow/notify/sink"
)

// finishOne goes on with a covenant where it was left, until it is closed. What the program itself had still to do is
// awaited.
func (o *releaseOffice) finishOne(l left) {
	o.t.Helper()
	script := releaseScript()
	next := 1 + slices.IndexFunc(script, func(s releaseStep) bool { return s.name == l.After })
	if next == 0 {
		o.t.Fatalf("%s was left after a step %q that there is not", l.Slug, l.After)
	}
	for _, step := range script[next:] {
		step.do(o, l.Slug)
	}
	final := filepath.Join(o.work, "final.pdf")
	s := o.show(l.Slug, "--wait", "--out", final)
	if !s.Ended || s.Phase != "closed" || s.Number == "" {
		o.t.Errorf("%s, left after %s, ends as %s, number %q", l.Slug, l.After, s.Phase, s.Number)
	}
	o.run("verify", "--offline", "--trust", o.config["trust"], final)
}

// finishDemo hands in the demo's next report, or takes it that its term is over.
func (o *releaseOffice) finishDemo(slug string) {
	o.t.Helper()
	const leader, reporter = "so-nnptnt", "luong-thi-hai-yen"
	s := o.show(slug)
	for _, r := range s.Reminders {
		if s.Phase == reporting && slices.Contains(r.Missing, leader) {
			o.act(slug, reporter, "submit-report", "agency="+leader, "obligation="+r.Obligation, "period="+r.Period,
				"summary=Đã làm.")
			return
		}
	}
	if s.Phase == reporting {
		o.t.Errorf("%s: no report is missing", slug)
	}
}

// awaitMails waits until the mail server has mails about every covenant, those among them that the release had queued,
// and has none twice.
func (o *releaseOffice) awaitMails(dir string, all []left) {
	o.t.Helper()
	missing := map[string]bool{}
	for _, l := range all {
		missing[l.Slug] = true
	}
	read, seen := 0, map[string]bool{}
	for began := time.Now(); len(missing) > 0; time.Sleep(50 * time.Millisecond) {
		accepted, err := sink.ReadJournal(dir)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, a := range accepted[read:] {
			if seen[a.MessageID] {
				o.t.Errorf("%s came twice", a.MessageID)
			}
			seen[a.MessageID] = true
			text := o.mailText(filepath.Join(dir, a.File))
			for slug := range missing {
				if strings.Contains(text, "/"+slug) {
					delete(missing, slug)
				}
			}
		}
		read = len(accepted)
		if time.Since(began) > time.Minute {
			o.t.Fatalf("%d mails, none about %v", read, missing)
		}
	}
}

// mailText is a mail as it came, without the breaks that quoted-printable puts into lines.
func (o *releaseOffice) mailText(path string) string {
	o.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.NewReplacer("=\r\n", "", "=\n", "").Replace(string(text))
}
