// Command covenant drafts covenants from templates, routes them through reviews and votes, has them signed digitally,
// verifies signatures, and reminds of the reports that were promised.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones are needed on machines that have none installed

	"covenant/internal/words"

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// cli is the command line, grouped by who uses a command; see kong for the tags.
type cli struct {
	partiesCommands  `embed:"" group:"parties"`
	officeCommands   `embed:"" group:"office"`
	documentCommands `embed:"" group:"documents"`
	operatorCommands `embed:"" group:"operators"`

	Lang string `help:"Language of output: vi or en. Default: from COVENANT_LANG or LANG." env:"COVENANT_LANG" placeholder:"vi|en"`

	Version versionFlag `help:"Print version, commit and database schema."`
}

// commandGroups are the headings of the help; no command stands outside them.
var commandGroups = []kong.Group{
	{Key: "parties", Title: "For the people of a covenant's parties:"},
	{Key: "office", Title: "For the office that keeps directory, register and processes:"},
	{Key: "documents", Title: "For whoever has a file, without an installation:"},
	{Key: "operators", Title: "For operators:"},
}

type partiesCommands struct {
	Show     showCmd     `cmd:"" help:"Where a covenant stands, whose turn it is, and what the next commands have to name."`
	Act      actCmd      `cmd:"" help:"Do something to a covenant as a person: draft, review, vote, sign, report, …; without arguments, list the commands."`
	Withdraw withdrawCmd `cmd:"" help:"Take a draft back before it is frozen."`
	Cancel   cancelCmd   `cmd:"" help:"Stop a covenant that is not in force; its number is voided."`
	Close    closeCmd    `cmd:"" help:"End a covenant in force before its time."`
	Amend    amendCmd    `cmd:"" help:"Start a covenant that amends one in force."`
	Renew    renewCmd    `cmd:"" help:"Make next year's covenant from this year's: what changes, what must be looked at."`
	Evidence evidenceCmd `cmd:"" help:"Write the evidence bundle of a covenant."`
	Token    tokenCmd    `cmd:"" help:"Access tokens, by which people use this command line as themselves."`
}

type officeCommands struct {
	Directory directoryCmd `cmd:"" help:"Who is who: show and change agencies, people, positions, delegations, certificates."`
	Register  registerCmd  `cmd:"" help:"The register of documents: numbers issued, kept, given on paper, void."`
	Process   processCmd   `cmd:"" help:"Check or draw process definitions."`
	Check     checkCmd     `cmd:"" help:"Check templates; prints all problems, exit status 1 if any."`
	Remind    remindCmd    `cmd:"" help:"Print the reminders that would be sent between two dates."`
	Publish   publishCmd   `cmd:"" help:"Publish the signed document to a GitHub repository."`
}

type documentCommands struct {
	Draft     draftCmd     `cmd:"" help:"Draft a document from a template and values."`
	Redline   redlineCmd   `cmd:"" help:"Show what changed between two revisions of a document."`
	Sign      signCmd      `cmd:"" help:"Sign a PDF file with the key of a PKCS#12 file."`
	Prepare   prepareCmd   `cmd:"" help:"Prepare a signature whose key is elsewhere."`
	Finish    finishCmd    `cmd:"" help:"Finish a prepared signature with the value that the key made."`
	Timestamp timestampCmd `cmd:"" help:"Add a document time-stamp to a PDF file."`
	Extend    extendCmd    `cmd:"" help:"Raise a signed PDF file to B-LT or B-LTA, or renew it."`
	Verify    verifyCmd    `cmd:"" help:"Verify the signatures of PDF files."`
}

type operatorCommands struct {
	Demo    demoCmd    `cmd:"" help:"Run the reference case through its whole life, then serve it."`
	Serve   serveCmd   `cmd:"" help:"Serve the pages and run the background work."`
	Init    initCmd    `cmd:"" help:"Make a data directory, and say what to keep elsewhere."`
	Clock   clockCmd   `cmd:"" help:"The server's clock, where it was set or stood still: confirm that it is right."`
	Trust   trustCmd   `cmd:"" help:"The roots that signatures and time-stamps are judged by: list, add, remove."`
	Secret  secretCmd  `cmd:"" help:"The server's secret, which no backup holds: that a copy is kept elsewhere."`
	Doctor  doctorCmd  `cmd:"" help:"Check fonts, clock, database, mail, time-stamps and keys."`
	Mail    mailCmd    `cmd:"" help:"Mails that are not sent: why, and sending them again."`
	Audit   auditCmd   `cmd:"" help:"Check the event log's chains and time-stamps."`
	Backup  backupCmd  `cmd:"" help:"Copy database and files consistently, also while serving."`
	Restore restoreCmd `cmd:"" help:"Bring a backup back into an empty place."`
	Rebuild rebuildCmd `cmd:"" help:"Make the derived rows anew from the event log."`
}

// env is what a command works with.
type env struct {
	ctx      context.Context
	out, err io.Writer
	lang     words.Language
}

// exitError ends the program with a status of its own; a nil err says that everything was said already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// run is main without the process: it returns the exit status. 1 is a failure, 2 a wrong command line unless the
// command says otherwise.
func run(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parser, err := kong.New(&c, kong.Name("covenant"),
		kong.Description("Covenants of emulation blocks: drafted, reviewed, voted on, signed, reported."),
		kong.ExplicitGroups(commandGroups), kong.Writers(out, errOut), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(status int) { panic(helpShown(status)) }))
	if err != nil {
		fmt.Fprintln(errOut, "covenant:", err)
		return 1
	}
	return parseAndRun(ctx, parser, &c, args, env{ctx: ctx, out: out, err: errOut})
}

// helpShown carries the status of --help out of kong, which wants to end the process.
type helpShown int

func parseAndRun(ctx context.Context, parser *kong.Kong, c *cli, args []string, e env) (status int) {
	defer func() {
		if p := recover(); p != nil {
			shown, ok := p.(helpShown)
			if !ok {
				panic(p)
			}
			status = int(shown)
		}
	}()
	e.lang = language(c.Lang)
	if err := checkArguments(args); err != nil {
		fmt.Fprintln(e.err, "covenant:", explain(err, e.lang))
		return 2
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(e.err, "covenant:", err)
		return 2
	}
	e.lang = language(c.Lang)
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&e)
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(e.err, "covenant:", explain(exit.err, e.lang))
		}
		return exit.status
	case errors.Is(err, context.Canceled):
		return 130
	}
	fmt.Fprintln(e.err, "covenant:", explain(err, e.lang))
	return 1
}
