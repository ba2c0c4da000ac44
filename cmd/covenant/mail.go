package main

import (
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type mailCmd struct {
	List  mailListCmd  `cmd:"" help:"List the mails that are not sent, and why."`
	Again mailAgainCmd `cmd:"" help:"Send mails again that failed, are in doubt, or wait."`
}

// mailChoice narrows which unsent mails are meant.
type mailChoice struct {
	Kind  string `help:"Only those of a kind, as list shows it: reminder, request, notice, …" placeholder:"KIND"`
	State string `help:"Only those in a state: queued, in_doubt or failed." placeholder:"STATE"`
}

type mailListCmd struct {
	mailChoice
	place
}

// Run lists the unsent mails.
func (cmd *mailListCmd) Run(e *env) error {
	return cmd.give(e, call("list-mails", "", ""),
		engine.MailChoice{Kind: cmd.Kind, State: store.MailState(cmd.State)})
}

type mailAgainCmd struct {
	Mail string `arg:"" optional:"" help:"One mail, by its key as list shows it."`
	All  bool   `help:"All of them; needed where neither a mail, nor a kind, nor a state is named."`
	mailChoice
	place
}

// Run has mails sent again.
func (cmd *mailAgainCmd) Run(e *env) error {
	choice := engine.MailChoice{Mail: store.MailKey(cmd.Mail), Kind: cmd.Kind, State: store.MailState(cmd.State)}
	if choice == (engine.MailChoice{}) && !cmd.All {
		return sentence("hãy nêu mã thư, --kind LOẠI, --state TRẠNG-THÁI, hoặc --all để gửi lại tất cả",
			"name a mail, --kind KIND, --state STATE, or --all to send all of them again")
	}
	return cmd.give(e, call("resend-mails", "", ""), choice)
}
