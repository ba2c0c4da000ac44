package main

import (
	"covenant/workflow"
)

// actOn is a covenant and the person who does something to it.
type actOn struct {
	Slug string            `arg:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	As   workflow.PersonID `help:"Who does it: a person of the directory who may. Default: whose token is used." placeholder:"PERSON"`
	Key  string            `help:"Makes the command idempotent: the same key is carried out once." placeholder:"KEY"`
	answers
	place
}

// do has a command carried out; what it answers says where the covenant stands then.
func (a actOn) do(e *env, command, key string, fields any) error {
	if a.As == "" && a.Token == "" {
		return errNobody
	}
	if a.Key != "" {
		key = a.Key
	}
	return a.give(e, call(command, a.Slug, key).as(a.As).meaning(a.answers), fields)
}

type withdrawCmd struct {
	actOn
	Reason string `required:"" help:"Why." placeholder:"TEXT"`
}

// Run takes a draft back.
func (cmd *withdrawCmd) Run(e *env) error {
	return cmd.do(e, "withdraw", "cli/withdraw/"+cmd.Slug, workflow.Withdraw{Reason: cmd.Reason})
}

type cancelCmd struct {
	actOn
	Reason   string `required:"" help:"Why." placeholder:"TEXT"`
	Document string `help:"The decision, number and date." placeholder:"TEXT"`
}

// Run stops a covenant that is not in force.
func (cmd *cancelCmd) Run(e *env) error {
	return cmd.do(e, "cancel", "cli/cancel/"+cmd.Slug, workflow.Cancel{Reason: cmd.Reason, Document: cmd.Document})
}

type closeCmd struct {
	actOn
	Reason string `required:"" help:"Why before its time." placeholder:"TEXT"`
}

// Run ends a covenant in force.
func (cmd *closeCmd) Run(e *env) error {
	return cmd.do(e, "close", "cli/close/"+cmd.Slug, workflow.Close{Reason: cmd.Reason})
}
