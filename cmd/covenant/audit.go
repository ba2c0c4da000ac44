package main

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type auditCmd struct {
	Data     string   `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string   `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
	Trust    string   `help:"Roots (PEM) of the time-stamp authorities. Default: roots.pem in the data directory." type:"existingfile" placeholder:"ROOTS.pem"`
	Root     []string `help:"File of a daily root that was kept outside (goc-*.json of its mail): the log must still contain it. May be repeated." type:"existingfile" placeholder:"FILE"`
	JSON     bool     `name:"json" help:"Print the result as JSON."`
}

// auditResult is what audit found: chains and commitments by the store, time-stamps by us.
type auditResult struct {
	store.AuditReport
	StampBreaks []string `json:"stamp_breaks"`
	Unstamped   []string `json:"unstamped"` // days whose root waits for its time-stamp
	// Unchecked says that there are time-stamps but no roots to check them against.
	Unchecked bool `json:"unchecked"`
	// Contained are the days of the outside roots that the log still contains, OutsideBreaks what disagrees with
	// others.
	Contained     []string `json:"contained"`
	OutsideBreaks []string `json:"outside_breaks"`
	// BallotBreaks are closed secret ballots that are not those that the log names.
	BallotBreaks []string `json:"ballot_breaks"`
}

func (r auditResult) ok() bool {
	return r.OK() && len(r.StampBreaks) == 0 && len(r.OutsideBreaks) == 0 && len(r.BallotBreaks) == 0
}

// Run recomputes every chain of the event log and checks the daily roots' time-stamps. Exit status 1 if anything does
// not agree.
func (cmd *auditCmd) Run(e *env) error {
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine, _ workflow.Actor) error {
		report, err := eng.Store.Audit(e.ctx)
		if err != nil {
			return err
		}
		result := auditResult{AuditReport: report}
		if result.BallotBreaks, err = eng.AuditBallots(e.ctx); err != nil {
			return err
		}
		trusted := rootsFile(config{Data: cmd.Data, Trust: cmd.Trust})
		if _, err := os.Stat(trusted); errors.Is(err, fs.ErrNotExist) {
			result.Unchecked = len(report.Roots) > 0
		} else {
			roots, err := loadRoots(trusted)
			if err != nil {
				return err
			}
			result.checkStamps(roots)
		}
		for _, path := range cmd.Root {
			if err := result.outside(e, eng, path); err != nil {
				return err
			}
		}
		if err := cmd.print(e, result); err != nil {
			return err
		}
		if !result.ok() {
			return &exitError{status: 1}
		}
		return nil
	})
}

func (r *auditResult) checkStamps(roots *x509.CertPool) {
	for _, root := range r.Roots {
		if len(root.Token) == 0 {
			r.Unstamped = append(r.Unstamped, root.Day)
			continue
		}
		if _, err := signing.CheckTimestamp(root.Token, root.Digest(), crypto.SHA256, roots, time.Time{}); err != nil {
			r.StampBreaks = append(r.StampBreaks, fmt.Sprintf("root of %s: %v", root.Day, err))
		}
	}
}

// outside compares the log with a root that was kept outside.
func (r *auditResult) outside(e *env, eng *engine.Engine, path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	root, err := store.ParseRoot(image)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	problems, err := eng.Store.Contains(e.ctx, root)
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		r.Contained = append(r.Contained, root.Day)
	}
	for _, p := range problems {
		r.OutsideBreaks = append(r.OutsideBreaks, path+": "+p)
	}
	return nil
}

func (cmd *auditCmd) print(e *env, r auditResult) error {
	if cmd.JSON {
		return json.NewEncoder(e.out).Encode(r)
	}
	for _, b := range r.Breaks {
		e.say("SAI LỆCH: %s", "BROKEN: %s", b)
	}
	for _, b := range slices.Concat(r.RootBreaks, r.StampBreaks, r.OutsideBreaks, r.BallotBreaks) {
		e.say("SAI LỆCH: %s", "BROKEN: %s", b)
	}
	for _, day := range r.Contained {
		e.say("Nhật ký vẫn chứa gốc ngày %s đã lưu bên ngoài.",
			"The log still contains the root of %s that was kept outside.", day)
	}
	for _, day := range r.Unstamped {
		e.say("Gốc ngày %s chưa có dấu thời gian.", "The root of %s has no time-stamp yet.", day)
	}
	e.say("Đã kiểm tra %d sự kiện trong %d chuỗi, %d gốc theo ngày.", "Checked %d events in %d chains, %d daily roots.",
		r.Events, r.Streams, len(r.Roots))
	for _, c := range r.Console {
		fmt.Fprintln(e.out, "  "+c.Text().In(e.lang))
	}
	switch {
	case !r.ok():
	case r.Unchecked:
		e.say("Mọi chuỗi băm đều khớp; dấu thời gian chưa được kiểm tra vì không có gốc tin cậy, hãy thêm --trust "+
			"ROOTS.pem.",
			"Every chain agrees and the log is intact; its time-stamps were not checked for want of trusted roots, "+
				"add --trust ROOTS.pem.")
	default:
		e.say("Nhật ký nguyên vẹn: mọi chuỗi băm và dấu thời gian đều khớp.",
			"The log is intact: every chain and time-stamp agrees.")
	}
	return nil
}
