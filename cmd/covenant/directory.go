package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// directoryCmd changes who is who. On SQLite the commands that write need the data directory for themselves.
type directoryCmd struct {
	Show     directoryShowCmd     `cmd:"" help:"Print agencies, people, positions, delegations and certificates."`
	Apply    directoryApplyCmd    `cmd:"" help:"Bring the directory in step with a block file; shows what changes before."`
	Leave    directoryLeaveCmd    `cmd:"" help:"End a position and hand it over to a successor."`
	Delegate directoryDelegateCmd `cmd:"" help:"Record a delegation by its document."`
	Revoke   directoryRevokeCmd   `cmd:"" help:"End a delegation before its time."`
	Bind     directoryBindCmd     `cmd:"" help:"Bind a certificate to a person or to an agency's seal."`
	Confirm  directoryConfirmCmd  `cmd:"" help:"Confirm a binding that waits for it."`
	Unbind   directoryUnbindCmd   `cmd:"" help:"Unbind a certificate; --new-serial names the one that replaces it."`
	Rule     directoryRuleCmd     `cmd:"" help:"Bind certificates by their subject."`
}

// place names the installation that a command works on.
type place struct {
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
}

// write opens the installation, runs do and closes it.
func (p place) write(e *env, do func(*engine.Engine) error) error {
	if _, err := os.Stat(p.Data); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	calendar, err := loadCalendar("")
	if err != nil {
		return err
	}
	options := store.Options{Dir: p.Data, DatabaseURL: p.Database}
	if options.Blobs, err = blobsAt(e.ctx, os.Getenv(envPrefix+"BLOBS")); err != nil {
		return err
	}
	s, err := store.Open(e.ctx, options)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", p.Data, err)
	}
	letters, err := newComposer(calendar.Zone())
	if err != nil {
		return errors.Join(err, s.Close())
	}
	eng, err := engine.New(engine.Config{Store: s, Calendar: calendar, Composer: letters})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(do(eng), s.Close())
}

// direct carries out one command on the directory and prints what it changed.
func (p place) direct(e *env, cmd workflow.Command) error {
	return p.write(e, func(eng *engine.Engine) error {
		before, err := eng.Directory(e.ctx)
		if err != nil {
			return err
		}
		events, err := workflow.Decide(workflow.State{Directory: before, Covenant: &workflow.Covenant{}, Calendar: eng.Calendar}, cmd, eng.Now())
		if err != nil {
			return err
		}
		if _, err := eng.DoDirectory(e.ctx, cmd, cliMeta()); err != nil {
			return err
		}
		for _, event := range events {
			fmt.Fprintln(e.out, before.Describe(event, e.lang))
		}
		if len(events) == 0 {
			e.say("Không có gì thay đổi.", "Nothing changes.")
		}
		return nil
	})
}

func cliMeta() engine.Meta { return engine.Meta{Actor: workflow.SystemActor, Origin: "cli"} }

type directoryShowCmd struct{ place }

// Run prints the directory as it is today.
func (cmd *directoryShowCmd) Run(e *env) error {
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine) error {
		d, err := eng.Directory(e.ctx)
		if err != nil {
			return err
		}
		for _, a := range slices.Sorted(maps.Keys(d.Agencies)) {
			fmt.Fprintf(e.out, "%s  %s <%s>\n", a, d.AgencyName(a), d.Agencies[a].Email)
			for _, id := range slices.Sorted(maps.Keys(d.Positions)) {
				if p := d.Positions[id]; p.Agency == a {
					fmt.Fprintf(e.out, "  %s  %s – %s%s\n", id, d.PersonName(p.Person), p.Title, cmd.until(e, p.Until))
				}
			}
		}
		for _, g := range d.Delegations {
			fmt.Fprintf(e.out, "%s  %s → %s %s %s – %s  %s\n", g.ID, d.PersonName(d.Positions[g.From].Person), d.PersonName(g.To), g.Form,
				g.Start.Display(), g.LastDay().Display(), g.Document)
		}
		for _, b := range d.Bindings {
			state := e.pick("đang gắn", "bound")
			switch {
			case !b.Ended.IsZero():
				state = e.pick("đã gỡ: ", "unbound: ") + b.Reason
			case b.Pending:
				state = e.pick("chờ xác nhận", "to be confirmed")
			}
			fmt.Fprintf(e.out, "%s  %s  %s%s  %s\n", b.Serial, b.Issuer, d.PersonName(b.Person), b.Agency, state)
		}
		return nil
	})
}

func (cmd *directoryShowCmd) until(e *env, day workflow.Date) string {
	if day.IsZero() {
		return ""
	}
	return e.pick(" (đến hết ", " (until ") + day.Display() + ")"
}

type directoryApplyCmd struct {
	File string `arg:"" help:"Block file (YAML)." type:"existingfile"`
	place
	Yes bool `help:"Record the changes. Without it they are only shown."`
}

// Run shows what the file changes, and records it where asked to. Every problem of the file is reported at once.
func (cmd *directoryApplyCmd) Run(e *env) error {
	source, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	file, err := workflow.ParseBlockFile(cmd.File, source)
	if err != nil {
		return err
	}
	do := func(eng *engine.Engine) error {
		lines, err := eng.PlanBlock(e.ctx, file, e.lang)
		if err != nil {
			return err
		}
		for _, line := range lines {
			fmt.Fprintln(e.out, line)
		}
		switch {
		case len(lines) == 0:
			e.say("Không có gì thay đổi.", "Nothing changes.")
			return nil
		case !cmd.Yes:
			e.say("Chưa ghi gì; thêm --yes để ghi %d thay đổi.", "Nothing was recorded; add --yes to record %d changes.", len(lines))
			return nil
		}
		if err := eng.ImportBlock(e.ctx, file, cliMeta()); err != nil {
			return err
		}
		e.say("Đã ghi %d thay đổi.", "Recorded %d changes.", len(lines))
		return nil
	}
	if cmd.Yes {
		return cmd.write(e, do)
	}
	return readOnly(e, cmd.Data, cmd.Database, do)
}

type directoryLeaveCmd struct {
	Position  workflow.PositionID `arg:"" help:"Code of the position, agency/person."`
	LastDay   string              `required:"" help:"Last day in the position, yyyy-mm-dd." placeholder:"DATE"`
	Successor workflow.PersonID   `help:"Who takes it over from the next day on; in the directory already." placeholder:"PERSON"`
	Document  string              `help:"The decision, number and date." placeholder:"TEXT"`
	place
}

// Run ends a position.
func (cmd *directoryLeaveCmd) Run(e *env) error {
	day, err := workflow.ParseDate(cmd.LastDay)
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.EndPosition{Position: cmd.Position, LastDay: day, Successor: cmd.Successor, Document: cmd.Document})
}

type directoryDelegateCmd struct {
	From     workflow.PositionID    `arg:"" help:"Position that is delegated from."`
	To       workflow.PersonID      `arg:"" help:"Person who may act."`
	Duties   []workflow.Duty        `required:"" help:"Duties, separated by commas: draft, review, vote, sign, number, report."`
	Form     workflow.AuthorityForm `help:"Form of signing: KT., TUQ. or TL." placeholder:"FORM"`
	Start    string                 `required:"" help:"First day, yyyy-mm-dd." placeholder:"DATE"`
	End      string                 `required:"" help:"Last day, inclusive." placeholder:"DATE"`
	Document string                 `required:"" help:"Number and date of the document." placeholder:"TEXT"`
	Scope    string                 `help:"What it is for." placeholder:"TEXT"`
	Covenant string                 `help:"Address of the only covenant that it is for." placeholder:"SLUG"`
	place
}

// Run records a delegation.
func (cmd *directoryDelegateCmd) Run(e *env) error {
	start, err := workflow.ParseDate(cmd.Start)
	if err != nil {
		return err
	}
	end, err := workflow.ParseDate(cmd.End)
	if err != nil {
		return err
	}
	grant := workflow.GrantDelegation{
		From: cmd.From, To: cmd.To, Form: cmd.Form, Duties: cmd.Duties, Start: start, End: end, Document: cmd.Document, Scope: cmd.Scope,
	}
	if cmd.Covenant != "" {
		err := readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine) (err error) {
			grant.Covenant, err = eng.Find(e.ctx, cmd.Covenant)
			return err
		})
		if err != nil {
			return err
		}
	}
	return cmd.direct(e, grant)
}

type directoryRevokeCmd struct {
	Delegation workflow.DelegationID `arg:"" help:"Code of the delegation."`
	LastDay    string                `required:"" help:"Last day on which it holds, yyyy-mm-dd." placeholder:"DATE"`
	Reason     string                `required:"" help:"Why." placeholder:"TEXT"`
	Document   string                `help:"Number and date of the document." placeholder:"TEXT"`
	place
}

// Run revokes a delegation.
func (cmd *directoryRevokeCmd) Run(e *env) error {
	day, err := workflow.ParseDate(cmd.LastDay)
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.RevokeDelegation{Delegation: cmd.Delegation, LastDay: day, Reason: cmd.Reason, Document: cmd.Document})
}
