package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"covenant/internal/words"
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
	Languages string `help:"Languages to print in: vi, en or vi+en. Default: all of the template's." placeholder:"LANGUAGES"`
	Fields    bool   `help:"Place empty signature and seal fields."`
	Fonts     string `help:"Folder with four TrueType files to set it in. Default: Liberation Serif." type:"existingdir" placeholder:"DIR"`
	Attach    bool   `help:"Attach template and values to the PDF (PDF/A-3a)."`
	answers
}

// Run drafts a document. Every problem of template and values is printed at once, and nothing is written then.
func (cmd *draftCmd) Run(e *env) error {
	word := strings.HasSuffix(cmd.Out, ".docx")
	if !word && !strings.HasSuffix(cmd.Out, ".pdf") {
		return fmt.Errorf("output %s: the name must end in .pdf or .docx", cmd.Out)
	}
	if word && (cmd.Fields || cmd.Attach) {
		return errors.New("a Word file has no signature fields and carries no source: --fields and --attach are for " +
			".pdf")
	}
	opt := templates.DraftOptions{Number: cmd.Number, Symbol: cmd.Symbol, Watermark: cmd.Watermark, Today: today(),
		Mean: cmd.Mean}
	if cmd.Languages != "" {
		for _, l := range strings.Split(cmd.Languages, "+") {
			opt.Languages = append(opt.Languages, words.Language(l))
		}
	}
	var err error
	if cmd.Date != "" {
		if opt.Date, err = templates.ParseDay(cmd.Date); err != nil {
			return err
		}
	}
	if opt.Fonts, err = loadFonts(cmd.Fonts); err != nil {
		return err
	}
	files, err := openTemplate(cmd.Template)
	if err != nil {
		return err
	}
	if files.values, err = os.ReadFile(cmd.Data); err != nil {
		return fmt.Errorf("values: %w", err)
	}
	files.valuesName = cmd.Data
	doc, err := draftOf(e, files, opt)
	if err != nil {
		return err
	}
	if word {
		return cmd.word(e, doc)
	}
	made, err := writePDF(doc, cmd.Out, templates.PDFOptions{Fields: cmd.Fields, Attachments: cmd.attachments(files)})
	if err != nil {
		return err
	}
	e.say("Đã ghi %s: %d trang", "Wrote %s: %d pages", cmd.Out, made.Pages)
	return nil
}

// today is the day by this machine's clock and zone.
func today() templates.Day {
	year, month, date := time.Now().Date()
	return templates.Day{Year: year, Month: int(month), Date: date}
}

// attachments are template and values, which make the file a PDF/A-3a.
func (cmd *draftCmd) attachments(files templateFiles) []templates.Attachment {
	if !cmd.Attach {
		return nil
	}
	return []templates.Attachment{
		{Name: "template.txt", MIME: "text/plain", Description: "Mẫu văn bản (template)", Data: files.source},
		{Name: "values.yaml", MIME: "application/yaml", Description: "Số liệu (values)", Data: files.values},
	}
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

// draftOf drafts by a template and its values with the built-in law data. Problems are printed, and the error then
// says only that there were some.
func draftOf(e *env, files templateFiles, opt templates.DraftOptions) (*templates.Document, error) {
	law, err := library.Law()
	if err != nil {
		return nil, err
	}
	opt.Law = law
	t, problems := templates.Parse(files.name, files.source)
	values, more := templates.ParseValues(files.valuesName, files.values)
	problems = append(problems, more...)
	if opt.Images, err = files.images(t); err != nil {
		return nil, err
	}
	if templates.Problems(problems).Err() != nil {
		return nil, printed(e, append(problems, t.Check(values, opt)...))
	}
	doc, err := t.Draft(values, opt)
	var found templates.Problems
	if errors.As(err, &found) {
		return nil, printed(e, found)
	}
	return doc, err
}

// loadFonts reads the fonts of a folder; without one they are the built-in ones.
func loadFonts(dir string) (templates.Fonts, error) {
	if dir == "" {
		return templates.Fonts{}, nil
	}
	fonts, err := templates.LoadFonts(os.DirFS(dir))
	if err != nil {
		return templates.Fonts{}, fmt.Errorf("%s: %w", dir, err)
	}
	return fonts, nil
}

func printed(e *env, problems templates.Problems) error {
	for _, p := range problems.Sorted() {
		fmt.Fprintln(e.err, p.In(e.lang))
	}
	return &exitError{status: 1}
}

// writePDF writes a document as a whole or not at all.
func writePDF(doc *templates.Document, name string, opt templates.PDFOptions) (*templates.Rendered, error) {
	var out bytes.Buffer
	made, err := doc.PDF(&out, opt)
	if err != nil {
		return nil, fmt.Errorf("%s was not written: %w", name, err)
	}
	return made, writeWhole(name, out.Bytes(), 0o644)
}
