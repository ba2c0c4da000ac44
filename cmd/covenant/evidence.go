package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
)

type evidenceCmd struct {
	Covenant string `arg:"" help:"Address of the covenant, e.g. 2026/khoi-kinh-te-nganh."`
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
	Out      string `short:"o" required:"" help:"Evidence bundle to write." placeholder:"FILE.zip"`
}

// Run writes the evidence bundle of a covenant, also while the directory is served.
func (cmd *evidenceCmd) Run(e *env) error {
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine, by workflow.Actor) error {
		made, err := writeStream(cmd.Out, func(w io.Writer) (engine.EvidenceManifest, error) {
			return eng.Evidence(e.ctx, by, cmd.Covenant, w)
		})
		if err != nil {
			return err
		}
		e.say("Đã ghi %s: %d tệp, %d sự kiện. Kiểm tra bằng: covenant verify --trust ROOTS.pem %[1]s",
			"Wrote %s: %d entries, %d events. Check it with: covenant verify --trust ROOTS.pem %[1]s", cmd.Out,
			len(made.Entries), made.Version)
		return nil
	})
}

// verifyEvidence checks a bundle instead of a PDF file.
func (cmd *verifyCmd) verifyEvidence(e *env, path string, opt signing.VerifyOptions) int {
	report, err := checkEvidence(e, path, opt)
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
		for _, f := range report.Findings {
			fmt.Fprintf(e.out, "  %s %s\n", [...]string{"✓", "?", "✗"}[f.Verdict], f.Sentence(e.lang))
		}
	}
	return map[engine.Verdict]int{engine.Passed: 0, engine.Indeterminate: statusIndeterminate,
		engine.Failed: statusFailed}[report.Overall()]
}

func checkEvidence(e *env, path string, opt signing.VerifyOptions) (*engine.EvidenceReport, error) {
	if opt.Roots == nil {
		return nil, errors.New("give the roots to trust with --trust ROOTS.pem")
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
	return engine.CheckEvidence(e.ctx, f, info.Size(), opt.Roots)
}

func isBundle(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".zip") }
