package main

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"covenant/signing"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type auditCmd struct {
	Data     string   `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string   `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
	Trust    string   `help:"Roots of the time-stamp authorities: a trust store, or certificates (PEM). Default: trust.json in the data directory, else roots.pem there." type:"existingfile" placeholder:"ROOTS.pem"`
	Root     []string `help:"File of a checkpoint that was kept outside (goc-*.txt of its mail, or goc-*.json of v0.1): the record must still contain it. May be repeated." type:"existingfile" placeholder:"FILE"`
	Key      []string `name:"record-key" help:"Key of the record, from a mail of a checkpoint that was kept outside, or a file of such keys. Default: the one that follows from server.secret." placeholder:"KEY"`
	Blobs    string   `help:"Where files are kept, as serve has it. Default: blobs in the data directory." env:"COVENANT_BLOBS" placeholder:"URL"`
	JSON     bool     `name:"json" help:"Print the result as JSON."`
}

// auditResult is what audit found: the log by the store, what it implies by the engine, signatures and time-stamps by
// us.
type auditResult struct {
	store.AuditReport
	StampBreaks []string `json:"stamp_breaks"`
	Unstamped   []string `json:"unstamped"` // days whose root or checkpoint waits for its time-stamp
	// Unchecked says that there are time-stamps but no roots to check them against, Unsigned that there are checkpoints
	// but no key to check them with.
	Unchecked bool `json:"unchecked"`
	Unsigned  bool `json:"unsigned"`
	// Test says that some time-stamp leads to a test root: to others it proves nothing.
	Test bool `json:"test"`
	// Contained are the outside roots and checkpoints that the log still contains, OutsideBreaks what disagrees with
	// others.
	Contained     []string `json:"contained"`
	OutsideBreaks []string `json:"outside_breaks"`
	// ImpliedBreaks are files, ballots, numbers, duties and rows that the log implies and that are not there, or
	// differ.
	ImpliedBreaks []string `json:"implied_breaks"`
}

func (r auditResult) breaks() []string {
	return slices.Concat(r.RootBreaks, r.RecordBreaks, r.SchemaBreaks, r.StampBreaks, r.OutsideBreaks, r.ImpliedBreaks)
}

func (r auditResult) ok() bool { return len(r.Breaks) == 0 && len(r.breaks()) == 0 }

// Run recomputes every chain of the event log and the record, walks from the log to all that it implies, and checks
// signatures and time-stamps. Exit status 1 if anything does not agree.
func (cmd *auditCmd) Run(e *env) error {
	return readOnlyWith(e, cmd.Data, cmd.Database, cmd.Blobs, func(eng *engine.Engine) error {
		report, err := eng.Store.Audit(e.ctx)
		if err != nil {
			return err
		}
		result := auditResult{AuditReport: report}
		if report.OK() { // what is implied by a log that was meddled with says nothing
			if result.ImpliedBreaks, err = eng.AuditImplied(e.ctx); err != nil {
				return err
			}
		}
		keys, err := cmd.keys()
		if err != nil {
			return err
		}
		if err := result.check(trustFile(config{Data: cmd.Data, Trust: cmd.Trust}), keys); err != nil {
			return err
		}
		for _, path := range cmd.Root {
			if err := result.outside(e, eng, path, keys); err != nil {
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

// keys are those that checkpoints must be signed with: those given, else the one that follows from the server's secret,
// which whoever took over the server has, too. None: there is no secret here.
func (cmd *auditCmd) keys() (engine.RecordKeys, error) {
	if len(cmd.Key) > 0 {
		return keysGiven(cmd.Key)
	}
	secret, err := keptSecret(secretFile(config{Data: cmd.Data}))
	if err != nil || secret == nil {
		return engine.RecordKeys{}, err
	}
	key, err := engine.NewRecordKey(secret)
	if err != nil {
		return engine.RecordKeys{}, err
	}
	return engine.ParseRecordKeys(key.Public)
}

// check checks the signatures of checkpoints, and the time-stamps over them and over the daily roots of v0.1.
func (r *auditResult) check(trusted string, keys engine.RecordKeys) error {
	for _, c := range r.Checkpoints {
		if r.Unsigned = len(keys.Records) == 0; r.Unsigned {
			break
		}
		if _, err := keys.Open(c.Note); err != nil {
			r.StampBreaks = append(r.StampBreaks, fmt.Sprintf("checkpoint of size %d: %v", c.Size, err))
		}
	}
	if _, err := os.Stat(trusted); errors.Is(err, fs.ErrNotExist) {
		r.Unchecked = len(r.Roots)+len(r.Checkpoints) > 0
		return nil
	}
	anchors, err := loadTrust(trusted)
	if err != nil {
		return err
	}
	stamp := func(name, day string, token, digest []byte) {
		if len(token) == 0 {
			if day != "" {
				r.Unstamped = append(r.Unstamped, day)
			}
			return
		}
		checked, err := signing.CheckTimestamp(token, digest, crypto.SHA256, anchors, time.Time{})
		if err != nil {
			r.StampBreaks = append(r.StampBreaks, fmt.Sprintf("%s: %v", name, err))
		}
		r.Test = r.Test || checked.Test
	}
	for _, root := range r.Roots {
		stamp("root of "+root.Day, root.Day, root.Token, root.Digest())
	}
	for _, c := range r.Checkpoints {
		stamp(fmt.Sprintf("checkpoint of size %d", c.Size), c.Day, c.Token, c.Digest())
	}
	return nil
}

// outside compares the log with a checkpoint, or a root of v0.1, that was kept outside.
func (r *auditResult) outside(e *env, eng *engine.Engine, path string, keys engine.RecordKeys) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var problems []string
	name := filepath.Base(path)
	if bytes.HasPrefix(image, []byte("{")) {
		root, err := store.ParseRoot(image)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if problems, err = eng.Store.Contains(e.ctx, root); err != nil {
			return err
		}
	} else {
		if len(keys.Records) == 0 {
			return sentence("không có khóa để kiểm tra %s; hãy thêm --record-key theo thư chốt sổ",
				"there is no key to check %s with; add --record-key from the mail of the checkpoint", path)
		}
		c, err := keys.Open(image)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if problems, err = eng.Store.ContainsCheckpoint(e.ctx, c); err != nil {
			return err
		}
	}
	if len(problems) == 0 {
		r.Contained = append(r.Contained, name)
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
	for _, b := range r.breaks() {
		e.say("SAI LỆCH: %s", "BROKEN: %s", b)
	}
	for _, name := range r.Contained {
		e.say("Sổ sự kiện vẫn chứa %s đã lưu bên ngoài.", "The record still contains %s, which was kept outside.", name)
	}
	for _, day := range r.Unstamped {
		e.say("Mốc chốt sổ ngày %s chưa có dấu thời gian.", "The checkpoint of %s has no time-stamp yet.", day)
	}
	e.say("Đã kiểm tra %d sự kiện trong %d chuỗi, %d gốc theo ngày của bản 0.1, %d mốc chốt sổ; %d sự kiện mới hơn "+
		"mốc gần "+
		"nhất.", "Checked %d events in %d chains, %d daily roots of v0.1, %d checkpoints; events after the newest: %d.",
		r.Events, r.Streams, len(r.Roots), len(r.Checkpoints), r.Unproven)
	if r.Erased > 0 {
		e.say("%d dữ liệu cá nhân đã được xóa đúng thủ tục, có sự kiện ghi nhận.",
			"Personal data that were erased by right, as events say: %d.", r.Erased)
	}
	if r.OldForm > 0 {
		e.say("%d cam kết dữ liệu cá nhân theo dạng của bản 0.1, rõ ràng nhờ muối đúng 32 byte.",
			"Commitments to personal data in the form of v0.1, unambiguous because their salts have 32 bytes: %d.",
			r.OldForm)
	}
	for _, c := range r.Console {
		fmt.Fprintln(e.out, "  "+c.Text().In(e.lang))
	}
	return cmd.verdict(e, r)
}

func (cmd *auditCmd) verdict(e *env, r auditResult) error {
	if !r.ok() {
		return nil
	}
	if r.Unsigned {
		e.say("Chữ ký của các mốc chốt sổ chưa được kiểm tra vì không có khóa; hãy thêm --record-key theo thư chốt sổ.",
			"The signatures of the checkpoints were not checked for want of a key; add --record-key from a mail of a "+
				"checkpoint.")
	}
	if r.Unchecked {
		e.say("Mọi chuỗi băm đều khớp; dấu thời gian chưa được kiểm tra vì không có gốc tin cậy, hãy thêm --trust "+
			"ROOTS.pem.",
			"Every chain agrees and the log is intact; its time-stamps were not checked for want of trusted roots, "+
				"add --trust ROOTS.pem.")
		return nil
	}
	if r.Test {
		e.say("Dấu thời gian thử nghiệm: có dấu thời gian dẫn tới gốc thử nghiệm, không chứng minh được gì với người "+
			"khác.",
			"Test time-stamps: some lead to a test root and prove nothing to anybody else.")
	}
	e.say("Nhật ký nguyên vẹn: mọi chuỗi băm, mốc chốt sổ và dấu thời gian đều khớp, và mọi thứ nhật ký nói đến đều "+
		"còn.",
		"The log is intact: every chain, checkpoint and time-stamp agrees, and all that it implies is there.")
	return nil
}
