package main

import (
	"os"

	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

type tokenCmd struct {
	Issue  tokenIssueCmd  `cmd:"" help:"Send a person the one-time code of which they make an access token."`
	Redeem tokenRedeemCmd `cmd:"" help:"Make an access token of a one-time code; it is shown this once."`
	List   tokenListCmd   `cmd:"" help:"List a person's access tokens."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke an access token."`
}

type tokenIssueCmd struct {
	Person workflow.PersonID `arg:"" optional:"" help:"Whose mailbox it goes to. Default: whose token is used."`
	place
}

// Run has the code sent. Whoever has it sent does not see it.
func (cmd *tokenIssueCmd) Run(e *env) error {
	return cmd.give(e, call("send-access-code", "", ""), catalogue.Holder{Person: cmd.Person})
}

type tokenRedeemCmd struct {
	Person   workflow.PersonID `arg:"" help:"Who was sent the code."`
	Name     string            `required:"" help:"What the token is called, e.g. after the machine that uses it." placeholder:"TEXT"`
	Days     int               `help:"How long it holds, at most 366." default:"90"`
	CodeFile string            `default:"-" help:"File whose first line is the code; - is the standard input." placeholder:"FILE"`
	place
}

// Run makes the token. It is the last line of what is printed.
func (cmd *tokenRedeemCmd) Run(e *env) error {
	code, err := readPIN(cmd.CodeFile, os.Stdin)
	if err != nil {
		return err
	}
	return cmd.give(e, call("make-access-token", "", ""), engine.AccessRequest{
		Person: cmd.Person, Code: code, Name: cmd.Name, Days: cmd.Days,
	})
}

type tokenListCmd struct {
	Person workflow.PersonID `arg:"" optional:"" help:"Whose. Default: whose token is used."`
	place
}

// Run lists tokens, also those that hold no more.
func (cmd *tokenListCmd) Run(e *env) error {
	return cmd.give(e, call("list-access-tokens", "", ""), catalogue.Holder{Person: cmd.Person})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The token's id, as list shows it."`
	place
}

// Run revokes a token.
func (cmd *tokenRevokeCmd) Run(e *env) error {
	return cmd.give(e, call("revoke-access-token", "", ""), catalogue.Token{ID: cmd.ID})
}
