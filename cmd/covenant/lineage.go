package main

import (
	"fmt"
	"os"

	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

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
	err = cmd.do(e, "amend", "cli/amend/"+cmd.NewSlug+"/"+cmd.Slug, engine.AmendRequest{
		Slug: cmd.NewSlug, Title: cmd.Title, Year: cmd.Year, Template: cmd.Template, Values: values,
	})
	if err == nil {
		e.say("Đã lập dự thảo sửa đổi %s.", "Drafted the amendment %s.", cmd.NewSlug)
	}
	return err
}

type renewCmd struct {
	Slug  string            `arg:"" help:"Address of this year's covenant."`
	Year  int               `help:"Year of the new one. Default: the year after." placeholder:"YEAR"`
	Out   string            `short:"o" help:"Write the new values to this file, to be looked at and changed." placeholder:"FILE.yaml"`
	Draft string            `help:"Start the new covenant from this file of values." type:"existingfile" placeholder:"FILE.yaml"`
	As    workflow.PersonID `help:"Who drafts it; needed with --draft." placeholder:"PERSON"`
	answers
	place
}

// Run makes next year's values and says what changed and what must be looked at, or starts the covenant from them.
func (cmd *renewCmd) Run(e *env) error {
	if cmd.Draft != "" {
		return cmd.start(e)
	}
	return cmd.read(e, func(eng *engine.Engine, by workflow.Actor) error {
		r, err := eng.PlanRenewal(e.ctx, by, cmd.Slug, cmd.Year)
		if err != nil {
			return err
		}
		e.say("Giao ước năm %d: %s (%s)", "Covenant of %d: %s (%s)", r.Year, r.Title, r.Slug)
		e.say("Đã thay đổi:", "Changed:")
		for _, n := range r.Changed {
			fmt.Fprintf(e.out, "  ~ %s\n", n.In(e.lang))
		}
		e.say("Cần xem lại:", "To be looked at:")
		for _, n := range r.Look {
			fmt.Fprintf(e.out, "  ! %s\n", n.In(e.lang))
		}
		if cmd.Out == "" {
			return nil
		}
		return writeWhole(cmd.Out, r.Values, 0o644)
	})
}

func (cmd *renewCmd) start(e *env) error {
	if cmd.As == "" && cmd.Token == "" {
		return errNobody
	}
	values, err := os.ReadFile(cmd.Draft)
	if err != nil {
		return err
	}
	return cmd.give(e, call("renew", cmd.Slug, "").as(cmd.As).meaning(cmd.answers),
		catalogue.Renewal{Year: cmd.Year, Values: values})
}
