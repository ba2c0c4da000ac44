package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"covenant/signing"
	"covenant/signing/trust"
	"covenant/templates"
)

type verifyCmd struct {
	Files        []string `arg:"" help:"PDF files, or evidence bundles (.zip)."`
	Trust        string   `help:"Roots to trust: a trust store, or certificates (PEM). Default: the system's." type:"existingfile" placeholder:"ROOTS.pem"`
	RecordKey    []string `name:"record-key" help:"Key of the record that a bundle comes from, or of a witness, as covenant doctor and the mails of checkpoints give it; or a file of such keys. May be repeated. Without it a bundle is indeterminate at best." placeholder:"KEY"`
	At           string   `help:"Judge as of this time, e.g. 2026-11-23T09:00:00+07:00. Default: now." placeholder:"TIME"`
	Base         string   `help:"The file as it was before anybody signed it: nothing but signatures may have been added since." type:"existingfile" placeholder:"FILE.pdf"`
	Offline      bool     `help:"Use only what the file holds; ask no server."`
	Revocation   string   `default:"strict" enum:"strict,soft" help:"strict: missing revocation data is indeterminate; soft: it is tolerated and said."`
	Policy       string   `default:"vn-2025" enum:"vn-2025,any" help:"vn-2025: say which signatures depart from TT 15/2025/TT-BKHCN, Annex I; their verdict stays. any: say nothing of it."`
	AllowPrivate bool     `help:"Let certificates name OCSP and CRL servers on private addresses."`
	JSON         bool     `name:"json" help:"Print the reports as JSON, one line a file."`
	Revision     int      `help:"Extract the file as of this revision instead: what its signer saw." placeholder:"N"`
	Out          string   `short:"o" help:"Where --revision writes." placeholder:"FILE.pdf"`
}

// Exit statuses of verify; the worst of all files counts. What passes by a test root passes: the status is 0, or 4, and
// the report says test, at the head of the text and by "test": true.
const (
	statusFailed        = 1
	statusIndeterminate = 2
	statusUnreadable    = 3
	statusChanged       = 4 // passed, but something was filled in or remarked after signing, as the signature permits
)

// Help tells the exit statuses.
func (*verifyCmd) Help() string {
	return "Exit status: 0 all pass; 4 all pass, but something was filled in or remarked after signing, as " +
		"permitted; 2 something cannot be decided; 1 something is not valid; 3 a file cannot be read. The worst of " +
		"all files counts. What passes by a test root passes, with status 0 or 4: that it is a test is said at the " +
		"head of the report, and by \"test\": true in JSON."
}

// Run verifies each file and says what it found.
func (cmd *verifyCmd) Run(e *env) error {
	if cmd.Revision != 0 || cmd.Out != "" {
		return cmd.extract(e)
	}
	opt, err := cmd.options()
	if err != nil {
		return &exitError{status: statusUnreadable, err: err}
	}
	worst := 0
	for _, path := range cmd.Files {
		check := cmd.verify
		if isBundle(path) {
			check = cmd.verifyEvidence
		}
		status := check(e, path, opt)
		if rank(status) > rank(worst) {
			worst = status
		}
	}
	if worst != 0 {
		return &exitError{status: worst}
	}
	return nil
}

// extract writes what the signer of a revision saw.
func (cmd *verifyCmd) extract(e *env) error {
	if cmd.Revision < 1 || cmd.Out == "" || len(cmd.Files) != 1 {
		return errors.New("give one file, --revision N and -o FILE together")
	}
	err := rewrite(cmd.Files[0], cmd.Out, func(in io.ReaderAt, size int64, out *os.File) error {
		return signing.ExtractRevision(in, size, cmd.Revision, out)
	})
	if err != nil {
		return &exitError{status: statusUnreadable, err: err}
	}
	e.say("Đã ghi bản lưu %d vào %s", "Wrote revision %d to %s", cmd.Revision, cmd.Out)
	return nil
}

// rank orders statuses by how bad they are: passed, indeterminate, failed, unreadable.
func rank(status int) int {
	return map[int]int{0: 0, statusChanged: 1, statusIndeterminate: 2, statusFailed: 3, statusUnreadable: 4}[status]
}

func (cmd *verifyCmd) verify(e *env, path string, opt signing.VerifyOptions) int {
	report, err := verifyFile(e, path, opt)
	if err != nil {
		return cmd.unreadable(e, path, err)
	}
	if cmd.JSON {
		if err := json.NewEncoder(e.out).Encode(struct {
			File   string          `json:"file"`
			Report *signing.Report `json:"report"`
		}{path, report}); err != nil {
			return statusUnreadable
		}
	} else {
		fmt.Fprintf(e.out, "%s\n", path)
		if err := report.WriteText(e.out, e.lang); err != nil {
			return statusUnreadable
		}
	}
	switch report.Overall() {
	case signing.TotalPassed:
		if len(report.ChangedAsPermitted()) > 0 {
			return statusChanged
		}
		return 0
	case signing.TotalFailed:
		return statusFailed
	}
	return statusIndeterminate
}

func (cmd *verifyCmd) unreadable(e *env, path string, err error) int {
	if cmd.JSON {
		_ = json.NewEncoder(e.out).Encode(map[string]string{"file": path, "error": err.Error()})
	} else {
		e.say("%s: không đọc được: %v", "%s: cannot be read: %v", path, err)
	}
	return statusUnreadable
}

func verifyFile(e *env, path string, opt signing.VerifyOptions) (report *signing.Report, err error) {
	err = reading(path, func(f io.ReaderAt, size int64) (err error) {
		report, err = signing.Verify(e.ctx, f, size, opt)
		return err
	})
	return report, err
}

func (cmd *verifyCmd) options() (signing.VerifyOptions, error) {
	opt := signing.VerifyOptions{Online: !cmd.Offline, HTTP: outbound(cmd.AllowPrivate), Seal: templates.IsSealField}
	if cmd.Revocation == "soft" {
		opt.Revocation = signing.RevocationSoft
	}
	var err error
	if opt.Policy, err = signing.ParsePolicy(cmd.Policy); err != nil {
		return opt, err
	}
	if cmd.At != "" {
		at, err := time.Parse(time.RFC3339, cmd.At)
		if err != nil {
			return opt, fmt.Errorf("time %q: want for example 2026-11-23T09:00:00+07:00", cmd.At)
		}
		opt.At = at
	}
	if cmd.Base != "" {
		base, err := os.ReadFile(cmd.Base)
		if err != nil {
			return opt, fmt.Errorf("--base: %w", err)
		}
		opt.Base = &signing.Base{Size: int64(len(base)), SHA256: sha256.Sum256(base)}
	}
	if cmd.Trust == "" {
		opt.SystemRoots = true
		return opt, nil
	}
	trusted, err := loadTrust(cmd.Trust)
	if err != nil {
		return opt, err
	}
	opt.Roots = trusted
	return opt, nil
}

// readCertificates reads the certificates of a file, in PEM form or one in DER.
func readCertificates(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	certs, err := trust.ParseCertificates(data)
	if err != nil {
		return nil, sentence("chứng thư %[1]s: %[2]s", "certificates %[1]s: %[2]s", path, speaker(err))
	}
	return certs, nil
}
