package main

import (
	"encoding/json"

	"covenant/workflow/engine"
)

type auditCmd struct {
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
	JSON     bool   `name:"json" help:"Print the result as JSON."`
}

// Run recomputes every chain of the event log. Exit status 1 if anything does not agree.
func (cmd *auditCmd) Run(e *env) error {
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine) error {
		report, err := eng.Store.Audit(e.ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			if err := json.NewEncoder(e.out).Encode(report); err != nil {
				return err
			}
		} else {
			for _, b := range report.Breaks {
				e.say("SAI LỆCH: %s", "BROKEN: %s", b)
			}
			for _, b := range report.RootBreaks {
				e.say("SAI LỆCH: %s", "BROKEN: %s", b)
			}
			e.say("Đã kiểm tra %d sự kiện trong %d chuỗi, %d gốc theo ngày.", "Checked %d events in %d chains, %d daily roots.",
				report.Events, report.Streams, len(report.Roots))
		}
		if !report.OK() {
			return &exitError{status: 1}
		}
		if !cmd.JSON {
			e.say("Nhật ký nguyên vẹn: mọi chuỗi băm khớp.", "The log is intact: every chain agrees.")
		}
		return nil
	})
}
