package main

import (
	"fmt"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
)

// registerCmd keeps the register of documents (sổ đăng ký văn bản).
type registerCmd struct {
	Show    registerShowCmd    `cmd:"" help:"Print the register: numbers issued, kept, void, and gaps."`
	Reserve registerReserveCmd `cmd:"" help:"Keep a number back."`
	Enter   registerEnterCmd   `cmd:"" help:"Record a number that was given on paper."`
	Explain registerExplainCmd `cmd:"" help:"Say why a number is not used: a gap, or a number kept back in vain."`
}

type registerShowCmd struct{ place }

// Run prints every book.
func (cmd *registerShowCmd) Run(e *env) error {
	return cmd.read(e, func(eng *engine.Engine, by workflow.Actor) error {
		books, err := eng.Register(e.ctx, by)
		if err != nil {
			return err
		}
		d, err := eng.Directory(e.ctx, by)
		if err != nil {
			return err
		}
		for _, b := range books {
			e.say("Sổ “%s”, năm %d", "Book “%s” of %d", b.Book, b.Year)
			for _, l := range b.Lines {
				fmt.Fprintf(e.out, "  %s\n", registerWords(e, d, l))
			}
		}
		if len(books) == 0 {
			e.say("Chưa cấp số nào.", "No number was given out yet.")
		}
		return nil
	})
}

func registerWords(e *env, d *workflow.Directory, l engine.RegisterLine) string {
	number := fmt.Sprintf("%02d", l.Number)
	if l.Symbol != "" {
		number += "/" + l.Symbol
	}
	switch l.State {
	case engine.RegisterGap:
		return number + "  " + e.pick("trống, chưa giải thích", "gap, not explained")
	case engine.RegisterVoid:
		return number + "  " + e.pick("hủy: ", "void: ") + l.Reason
	case engine.RegisterReserved:
		return number + "  " + e.pick("giữ cho: ", "kept for: ") + l.Title
	case engine.RegisterPaper:
		return fmt.Sprintf("%s  %s  %s (%s) %s", number, l.Date.Display(), l.Title, e.pick("bản giấy", "on paper"),
			d.PersonName(l.Person))
	}
	return fmt.Sprintf("%s  %s  %s  %s", number, l.Date.Display(), l.Title, d.PersonName(l.Person))
}

// registerPlace is a number, and the clerk who keeps the book.
type registerPlace struct {
	Book   string            `arg:"" help:"Code of the book."`
	Year   int               `arg:"" help:"Year of the book."`
	Number int               `arg:"" help:"The number."`
	Agency workflow.AgencyID `required:"" help:"Whose book it is." placeholder:"AGENCY"`
	As     workflow.PersonID `help:"The clerk. Default: whose token is used." placeholder:"PERSON"`
	answers
	place
}

func (p registerPlace) entry() workflow.RegisterEntry {
	return workflow.RegisterEntry{Book: p.Book, Year: p.Year, Number: p.Number}
}

// order is a command of the clerk on the number; the same one again is carried out once.
func (p registerPlace) order(command, what string) order {
	return call(command, "", fmt.Sprintf("cli/register/%s/%s/%d/%d", what, p.Book, p.Year, p.Number)).as(p.As).
		meaning(p.answers)
}

type registerReserveCmd struct {
	registerPlace
	For string `required:"" help:"What it is kept for." placeholder:"TEXT"`
}

// Run keeps a number back.
func (cmd *registerReserveCmd) Run(e *env) error {
	return cmd.give(e, cmd.order("reserve-number", "reserve"),
		workflow.ReserveNumber{RegisterEntry: cmd.entry(), Agency: cmd.Agency, For: cmd.For})
}

type registerEnterCmd struct {
	registerPlace
	Symbol string `help:"Symbol after the number." placeholder:"TEXT"`
	Date   string `required:"" help:"Date of the document, yyyy-mm-dd." placeholder:"DATE"`
	Title  string `required:"" help:"Title of the document." placeholder:"TEXT"`
}

// Run records a number given on paper.
func (cmd *registerEnterCmd) Run(e *env) error {
	date, err := calendar.ParseDate(cmd.Date)
	if err != nil {
		return err
	}
	return cmd.give(e, cmd.order("enter-number", "enter"), workflow.EnterNumber{
		RegisterEntry: cmd.entry(), Agency: cmd.Agency, Symbol: cmd.Symbol, Date: date, Title: cmd.Title,
	})
}

type registerExplainCmd struct {
	registerPlace
	Reason string `required:"" help:"Why it is not used." placeholder:"TEXT"`
}

// Run explains a number that is not used.
func (cmd *registerExplainCmd) Run(e *env) error {
	return cmd.give(e, cmd.order("explain-number", "explain"),
		workflow.ExplainNumber{RegisterEntry: cmd.entry(), Agency: cmd.Agency, Reason: cmd.Reason})
}
