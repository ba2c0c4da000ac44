package main

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// directoryCmd changes who is who.
type directoryCmd struct {
	Show     directoryShowCmd     `cmd:"" help:"Print agencies, people, positions, delegations and certificates."`
	Apply    directoryApplyCmd    `cmd:"" help:"Bring the directory in step with a block file; shows what changes before."`
	Leave    directoryLeaveCmd    `cmd:"" help:"End a position and hand it over to a successor."`
	Delegate directoryDelegateCmd `cmd:"" help:"Record a delegation by its document."`
	Revoke   directoryRevokeCmd   `cmd:"" help:"End a delegation before its time."`
	Bind     directoryBindCmd     `cmd:"" help:"Bind a certificate to a person or to an agency's seal."`
	Confirm  directoryConfirmCmd  `cmd:"" help:"Confirm a binding that waits for it."`
	Unbind   directoryUnbindCmd   `cmd:"" help:"Unbind a certificate; --new names the one that replaces it."`
	Rule     directoryRuleCmd     `cmd:"" help:"Bind certificates by their subject."`
	Grant    directoryGrantCmd    `cmd:"" help:"Give a person the right to administer or to audit."`
	Withhold directoryWithholdCmd `cmd:"" help:"Take the right to administer or to audit back."`
	Keep     directoryKeepCmd     `cmd:"" help:"Have the server keep the signing key of a person, or of an agency's seal, under a PIN."`
}

// administrator is where a command on the directory is given, and by whom.
type administrator struct {
	As workflow.PersonID `help:"Who does it, where it is not the console by itself." placeholder:"PERSON"`
	place
}

// direct has one command on the directory carried out, and prints what it changed.
func (a administrator) direct(e *env, cmd workflow.Command) error { return a.directAbout(e, "", cmd) }

// directAbout is direct for a command that is about the covenant at an address.
func (a administrator) directAbout(e *env, address string, cmd workflow.Command) error {
	return a.give(e, call(catalogue.NameOf(cmd), address, "").as(a.As), cmd)
}

type directoryShowCmd struct{ place }

// Run prints the directory as it is today.
func (cmd *directoryShowCmd) Run(e *env) error {
	return cmd.read(e, func(eng *engine.Engine, by workflow.Actor) error {
		d, err := eng.Directory(e.ctx, by)
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
			fmt.Fprintf(e.out, "%s  %s → %s %s %s – %s  %s\n", g.ID, d.PersonName(d.Positions[g.From].Person),
				d.PersonName(g.To), g.Form,
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
	administrator
	Yes bool `help:"Record the changes. Without it they are only shown."`
}

// Run shows what the file changes, and records it where asked to. Every problem of the file is reported at once.
func (cmd *directoryApplyCmd) Run(e *env) error {
	source, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	if cmd.Yes {
		return cmd.give(e, call("apply-block", "", "").as(cmd.As), catalogue.BlockFile{Name: cmd.File, Source: source})
	}
	file, err := workflow.ParseBlockFile(cmd.File, source)
	if err != nil {
		return err
	}
	return cmd.read(e, func(eng *engine.Engine, by workflow.Actor) error {
		lines, err := eng.PlanDirectory(e.ctx, workflow.ApplyBlock{File: file}, engine.Meta{Actor: by}, e.lang)
		if err != nil {
			return err
		}
		for _, line := range lines {
			fmt.Fprintln(e.out, line)
		}
		notes, err := eng.BlockNotes(e.ctx, file)
		if err != nil {
			return err
		}
		for _, note := range notes {
			fmt.Fprintln(e.out, "!", note.In(e.lang))
		}
		if len(lines) == 0 {
			e.say("Không có gì thay đổi.", "Nothing changes.")
			return nil
		}
		e.say("Chưa ghi gì; thêm --yes để ghi %d thay đổi.", "Nothing was recorded; add --yes to record %d changes.",
			len(lines))
		return nil
	})
}

type directoryLeaveCmd struct {
	Position  workflow.PositionID `arg:"" help:"Code of the position, agency/person."`
	LastDay   string              `required:"" help:"Last day in the position, yyyy-mm-dd." placeholder:"DATE"`
	Successor workflow.PersonID   `help:"Who takes it over from the next day on; in the directory already." placeholder:"PERSON"`
	Document  string              `help:"The decision, number and date." placeholder:"TEXT"`
	administrator
}

// Run ends a position.
func (cmd *directoryLeaveCmd) Run(e *env) error {
	day, err := calendar.ParseDate(cmd.LastDay)
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.EndPosition{Position: cmd.Position, LastDay: day, Successor: cmd.Successor,
		Document: cmd.Document})
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
	administrator
}

// Run records a delegation.
func (cmd *directoryDelegateCmd) Run(e *env) error {
	start, err := calendar.ParseDate(cmd.Start)
	if err != nil {
		return err
	}
	end, err := calendar.ParseDate(cmd.End)
	if err != nil {
		return err
	}
	grant := workflow.GrantDelegation{
		From: cmd.From, To: cmd.To, Form: cmd.Form, Duties: cmd.Duties, Start: start, End: end, Document: cmd.Document,
		Scope: cmd.Scope,
	}
	return cmd.directAbout(e, cmd.Covenant, grant)
}

type directoryRevokeCmd struct {
	Delegation workflow.DelegationID `arg:"" help:"Code of the delegation."`
	LastDay    string                `required:"" help:"Last day on which it holds, yyyy-mm-dd." placeholder:"DATE"`
	Reason     string                `required:"" help:"Why." placeholder:"TEXT"`
	Document   string                `help:"Number and date of the document." placeholder:"TEXT"`
	administrator
}

// Run revokes a delegation.
func (cmd *directoryRevokeCmd) Run(e *env) error {
	day, err := calendar.ParseDate(cmd.LastDay)
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.RevokeDelegation{Delegation: cmd.Delegation, LastDay: day, Reason: cmd.Reason,
		Document: cmd.Document})
}

type directoryGrantCmd struct {
	Person   workflow.PersonID `arg:"" help:"Who gets it; in the directory already."`
	Right    workflow.Right    `arg:"" help:"administer or audit."`
	Document string            `help:"The decision, number and date." placeholder:"TEXT"`
	administrator
}

// Run gives a right.
func (cmd *directoryGrantCmd) Run(e *env) error {
	return cmd.direct(e, workflow.GrantRight{Person: cmd.Person, Right: cmd.Right, Document: cmd.Document})
}

type directoryWithholdCmd struct {
	Person workflow.PersonID `arg:"" help:"Who loses it."`
	Right  workflow.Right    `arg:"" help:"administer or audit."`
	Reason string            `required:"" help:"Why." placeholder:"TEXT"`
	administrator
}

// Run takes a right back.
func (cmd *directoryWithholdCmd) Run(e *env) error {
	return cmd.direct(e, workflow.RevokeRight{Person: cmd.Person, Right: cmd.Right, Reason: cmd.Reason})
}
