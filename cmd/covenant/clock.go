package main

import "covenant/workflow/catalogue"

type clockCmd struct {
	Confirm clockConfirmCmd `cmd:"" help:"Confirm that the server's clock is right as it is now; what was held back happens."`
}

type clockConfirmCmd struct{ place }

// Run confirms the clock of the process that serves.
func (cmd *clockConfirmCmd) Run(e *env) error {
	return cmd.give(e, call("confirm-clock", "", ""), catalogue.Nothing{})
}
