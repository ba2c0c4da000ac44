package main

import (
	"fmt"
	"os"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// actOn is a covenant and the person who does something to it. On SQLite the data directory must not be served meanwhile.
type actOn struct {
	Slug string            `arg:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	As   workflow.PersonID `required:"" help:"Who does it: a person of the directory who may." placeholder:"PERSON"`
	Key  string            `help:"Makes the command idempotent: the same key is carried out once." placeholder:"KEY"`
	place
}

func (a actOn) meta(what string) engine.Meta {
	key := a.Key
	if key == "" {
		key = "cli/" + what + "/" + a.Slug
	}
	return engine.Meta{Key: key, Actor: workflow.Actor{Person: a.As}, Origin: "cli"}
}

// do carries out a command and prints where the covenant stands then.
func (a actOn) do(e *env, what string, cmd workflow.Command) error {
	return a.act(e, what, func(eng *engine.Engine, id workflow.CovenantID) error {
		_, err := eng.Do(e.ctx, id, cmd, a.meta(what))
		return err
	})
}

func (a actOn) act(e *env, what string, do func(*engine.Engine, workflow.CovenantID) error) error {
	return a.write(e, func(eng *engine.Engine) error {
		id, err := eng.Find(e.ctx, a.Slug)
		if err != nil {
			return err
		}
		if err := do(eng, id); err != nil {
			return err
		}
		v, err := eng.View(e.ctx, a.Slug)
		if err == nil {
			fmt.Fprintln(e.out, v.Status(v.Now, e.lang))
		}
		return err
	})
}

type withdrawCmd struct {
	actOn
	Reason string `required:"" help:"Why." placeholder:"TEXT"`
}

// Run takes a draft back.
func (cmd *withdrawCmd) Run(e *env) error {
	return cmd.do(e, "withdraw", workflow.Withdraw{By: cmd.As, Reason: cmd.Reason})
}

type cancelCmd struct {
	actOn
	Reason   string `required:"" help:"Why." placeholder:"TEXT"`
	Document string `help:"The decision, number and date." placeholder:"TEXT"`
}

// Run stops a covenant that is not in force.
func (cmd *cancelCmd) Run(e *env) error {
	return cmd.do(e, "cancel", workflow.Cancel{By: cmd.As, Reason: cmd.Reason, Document: cmd.Document})
}

type closeCmd struct {
	actOn
	Reason string `required:"" help:"Why before its time." placeholder:"TEXT"`
}

// Run ends a covenant in force.
func (cmd *closeCmd) Run(e *env) error {
	return cmd.do(e, "close", workflow.Close{By: cmd.As, Reason: cmd.Reason})
}

type amendCmd struct {
	actOn
	NewSlug  string `required:"" help:"Address of the amending covenant." placeholder:"SLUG"`
	Title    string `required:"" help:"Title of the amending covenant." placeholder:"TEXT"`
	Year     int    `required:"" help:"Its year."`
	Values   string `required:"" help:"Its values (YAML)." type:"existingfile" placeholder:"FILE"`
	Template string `help:"Its template. Default: that of the covenant to be amended." placeholder:"NAME"`
}

// Run starts a covenant that amends another one.
func (cmd *amendCmd) Run(e *env) error {
	values, err := os.ReadFile(cmd.Values)
	if err != nil {
		return err
	}
	return cmd.act(e, "amend", func(eng *engine.Engine, id workflow.CovenantID) error {
		_, err := eng.Amend(e.ctx, engine.AmendRequest{
			Covenant: id, Slug: cmd.NewSlug, Title: cmd.Title, Year: cmd.Year, Template: cmd.Template, Values: values,
		}, cmd.meta("amend/"+cmd.NewSlug))
		if err == nil {
			e.say("Đã lập dự thảo sửa đổi %s.", "Drafted the amendment %s.", cmd.NewSlug)
		}
		return err
	})
}

type renewCmd struct {
	Slug  string            `arg:"" help:"Address of this year's covenant."`
	Year  int               `help:"Year of the new one. Default: the year after." placeholder:"YEAR"`
	Out   string            `short:"o" help:"Write the new values to this file, to be looked at and changed." placeholder:"FILE.yaml"`
	Draft string            `help:"Start the new covenant from this file of values." type:"existingfile" placeholder:"FILE.yaml"`
	As    workflow.PersonID `help:"Who drafts it; needed with --draft." placeholder:"PERSON"`
	place
}

// Run makes next year's values and says what changed and what must be looked at, or starts the covenant from them.
func (cmd *renewCmd) Run(e *env) error {
	if cmd.Draft != "" {
		return cmd.start(e)
	}
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine) error {
		r, _, err := cmd.plan(e, eng)
		if err != nil {
			return err
		}
		e.say("Giao ước năm %d: %s (%s)", "Covenant of %d: %s (%s)", r.Year, r.Title, r.Slug)
		e.say("Đã thay đổi:", "Changed:")
		for _, n := range r.Changed {
			fmt.Fprintf(e.out, "  ~ %s\n", n.Text(e.lang))
		}
		e.say("Cần xem lại:", "To be looked at:")
		for _, n := range r.Look {
			fmt.Fprintf(e.out, "  ! %s\n", n.Text(e.lang))
		}
		if cmd.Out == "" {
			return nil
		}
		return writeWhole(cmd.Out, r.Values, 0o644)
	})
}

func (cmd *renewCmd) plan(e *env, eng *engine.Engine) (*workflow.Renewal, workflow.CovenantID, error) {
	v, err := eng.View(e.ctx, cmd.Slug)
	if err != nil {
		return nil, "", err
	}
	year := cmd.Year
	if year == 0 {
		year = v.Covenant.Year + 1
	}
	r, err := eng.PlanRenewal(e.ctx, v.Covenant.ID, year)
	return r, v.Covenant.ID, err
}

func (cmd *renewCmd) start(e *env) error {
	values, err := os.ReadFile(cmd.Draft)
	if err != nil {
		return err
	}
	return cmd.write(e, func(eng *engine.Engine) error {
		r, id, err := cmd.plan(e, eng)
		if err != nil {
			return err
		}
		r.Values = values
		_, err = eng.Renew(e.ctx, id, r, engine.Meta{Key: "cli/renew/" + r.Slug, Actor: workflow.Actor{Person: cmd.As}, Origin: "cli"})
		if err == nil {
			e.say("Đã lập dự thảo %s.", "Drafted %s.", r.Slug)
		}
		return err
	})
}
