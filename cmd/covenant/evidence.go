package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

type evidenceCmd struct {
	Covenant string            `arg:"" help:"Address of the covenant, e.g. 2026/khoi-kinh-te-nganh."`
	As       workflow.PersonID `help:"In whose name the console asks; default: its own." placeholder:"PERSON"`
	place
	Out string `short:"o" required:"" help:"Evidence bundle to write." placeholder:"FILE.zip"`
}

// Run writes the evidence bundle of a covenant. The record is told of it, so the process that serves makes it, if one
// does.
func (cmd *evidenceCmd) Run(e *env) error {
	a, err := cmd.result(e, call("make-evidence", cmd.Covenant, "").as(cmd.As), catalogue.Evidence{})
	if err != nil {
		return err
	}
	if err := writeWhole(cmd.Out, a.File, 0o600); err != nil {
		return err
	}
	e.say("Đã ghi %s.", "Wrote %s.", cmd.Out)
	for _, line := range a.Lines {
		fmt.Fprintln(e.out, line)
	}
	return nil
}

// verifyEvidence checks a bundle instead of a PDF file.
func (cmd *verifyCmd) verifyEvidence(e *env, path string, opt signing.VerifyOptions) int {
	report, err := cmd.checkEvidence(e, path, opt)
	if err != nil {
		return cmd.unreadable(e, path, err)
	}
	if cmd.JSON {
		if err := json.NewEncoder(e.out).Encode(struct {
			File   string                 `json:"file"`
			Report *engine.EvidenceReport `json:"report"`
		}{path, report}); err != nil {
			return statusUnreadable
		}
	} else {
		e.say("%s: hồ sơ bằng chứng của “%s”", "%s: evidence of “%s”", path, report.Manifest.Title)
		fmt.Fprintf(e.out, "  %s\n", report.Headline().In(e.lang))
		for _, f := range report.Findings {
			mark := [...]string{"✓", "?", "✗"}[f.Verdict]
			if f.Test && f.Verdict == engine.Passed {
				mark = "?"
			}
			fmt.Fprintf(e.out, "  %s %s\n", mark, f.Sentence(e.lang))
		}
	}
	return map[engine.Verdict]int{engine.Passed: 0, engine.Indeterminate: statusIndeterminate,
		engine.Failed: statusFailed}[report.Overall()]
}

func (cmd *verifyCmd) checkEvidence(e *env, path string, opt signing.VerifyOptions) (*engine.EvidenceReport, error) {
	if opt.Roots == nil {
		return nil, sentence("hãy nêu chứng thư gốc tin cậy bằng --trust ROOTS.pem",
			"give the roots to trust with --trust ROOTS.pem")
	}
	keys, err := keysGiven(cmd.RecordKey)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return engine.CheckEvidence(e.ctx, f, info.Size(), engine.EvidenceTrust{Roots: opt.Roots, Keys: keys})
}

// keysGiven are keys as they were given: each the text of one, or a file with one a line.
func keysGiven(given []string) (engine.RecordKeys, error) {
	var texts []string
	for _, text := range given {
		data, err := os.ReadFile(text)
		switch {
		case err == nil:
			texts = append(texts, strings.Split(strings.TrimSpace(string(data)), "\n")...)
		case strings.Contains(text, "+"):
			texts = append(texts, text)
		default:
			return engine.RecordKeys{}, err
		}
	}
	return engine.ParseRecordKeys(texts...)
}

func isBundle(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".zip") }
