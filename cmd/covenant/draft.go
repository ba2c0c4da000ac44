package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"covenant/templates"
	"covenant/templates/library"
)

type draftCmd struct {
	Template  string `arg:"" help:"Template file, or name of a built-in template."`
	Data      string `required:"" help:"Values (YAML)." type:"existingfile" placeholder:"FILE.yaml"`
	Out       string `short:"o" required:"" help:"File to write, .pdf or .docx." placeholder:"OUT"`
	Number    int    `help:"Number of the document; left open without."`
	Symbol    string `help:"Symbol after the number. Default: the template's."`
	Date      string `help:"Date of the document, yyyy-mm-dd; left open without." placeholder:"DATE"`
	Watermark string `help:"Words across each page, e.g. 'DỰ THẢO lần 1'." placeholder:"TEXT"`
	Fields    bool   `help:"Place empty signature and seal fields."`
}

// Run drafts a document. Every problem of template and values is printed at once, and nothing is written then.
func (cmd *draftCmd) Run(e *env) error {
	word := strings.HasSuffix(cmd.Out, ".docx")
	if !word && !strings.HasSuffix(cmd.Out, ".pdf") {
		return fmt.Errorf("output %s: the name must end in .pdf or .docx", cmd.Out)
	}
	doc, err := cmd.document()
	var problems templates.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Fprintln(e.err, p.In(e.lang))
		}
		return &exitError{status: 1}
	}
	if err != nil {
		return err
	}
	if word {
		return cmd.word(e, doc)
	}
	var out bytes.Buffer
	made, err := doc.PDF(&out, templates.PDFOptions{Fields: cmd.Fields})
	if err != nil {
		return fmt.Errorf("%s was not written: %w", cmd.Out, err)
	}
	if err := writeWhole(cmd.Out, out.Bytes(), 0o644); err != nil {
		return err
	}
	e.say("Đã ghi %s: %d trang", "Wrote %s: %d pages", cmd.Out, made.Pages)
	return nil
}

// word writes the document as a Word file.
func (cmd *draftCmd) word(e *env, doc *templates.Document) error {
	var out bytes.Buffer
	if err := doc.DOCX(&out); err != nil {
		return fmt.Errorf("%s was not written: %w", cmd.Out, err)
	}
	if err := writeWhole(cmd.Out, out.Bytes(), 0o644); err != nil {
		return err
	}
	e.say("Đã ghi %s", "Wrote %s", cmd.Out)
	return nil
}

func (cmd *draftCmd) document() (*templates.Document, error) {
	opt := templates.DraftOptions{Number: cmd.Number, Symbol: cmd.Symbol, Watermark: cmd.Watermark}
	var err error
	if cmd.Date != "" {
		if opt.Date, err = templates.ParseDay(cmd.Date); err != nil {
			return nil, err
		}
	}
	if opt.Law, err = library.Law(); err != nil {
		return nil, err
	}
	files, err := openTemplate(cmd.Template)
	if err != nil {
		return nil, err
	}
	t, problems := templates.Parse(files.name, files.source)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(cmd.Data)
	if err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	values, problems := templates.ParseValues(cmd.Data, data)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, err
	}
	return t.Draft(values, opt)
}
