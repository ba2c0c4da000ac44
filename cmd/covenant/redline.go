package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"strings"

	"covenant/templates"
)

type redlineCmd struct {
	Template string `arg:"" help:"Template file, or name of a built-in template."`
	From     string `required:"" help:"Values of the older revision (YAML)." type:"existingfile" placeholder:"OLD.yaml"`
	To       string `required:"" help:"Values of the newer revision (YAML)." type:"existingfile" placeholder:"NEW.yaml"`
	Out      string `short:"o" required:"" help:"File to write, .pdf or .html." placeholder:"OUT"`
}

// Run compares two revisions clause by clause and writes what was added, changed and removed.
func (cmd *redlineCmd) Run(e *env) error {
	page := strings.HasSuffix(cmd.Out, ".html")
	if !page && !strings.HasSuffix(cmd.Out, ".pdf") {
		return fmt.Errorf("output %s: the name must end in .pdf or .html", cmd.Out)
	}
	before, err := cmd.draft(e, cmd.From)
	if err != nil {
		return err
	}
	after, err := cmd.draft(e, cmd.To)
	if err != nil {
		return err
	}
	changes := templates.Redline(before, after)
	if page {
		err = cmd.html(after.Title(), changes)
	} else {
		_, err = writePDF(templates.RedlineDocument(before, after), cmd.Out, templates.PDFOptions{})
	}
	if err != nil {
		return err
	}
	e.say("Đã ghi %s: %d phần khác nhau", "Wrote %s: %d parts differ", cmd.Out, len(changes))
	return nil
}

func (cmd *redlineCmd) draft(e *env, values string) (*templates.Document, error) {
	files, err := openTemplate(cmd.Template)
	if err != nil {
		return nil, err
	}
	if files.values, err = os.ReadFile(values); err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	files.valuesName = values
	return draftOf(e, files, templates.DraftOptions{})
}

// html writes a page that needs nothing else: added words underlined, removed ones struck out, in words and marks, not
// by colour alone.
func (cmd *redlineCmd) html(title string, changes []templates.ClauseChange) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "+
		"content=\"width=device-width, initial-scale=1\">\n"+
		"<title>%[1]s</title>\n<style>body{font:1rem/1.5 serif;max-width:42rem;margin:2rem auto;padding:0 "+
		"1rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}p{margin:0}"+
		"ins{background:#e3f4e3;text-decoration:underline}del{background:#fbe4e2}</style>\n"+
		"</head>\n<body>\n<h1>%[1]s</h1>\n",
		html.EscapeString(title))
	if err := templates.RedlineHTML(&b, changes); err != nil {
		return err
	}
	b.WriteString("</body>\n</html>\n")
	return writeWhole(cmd.Out, b.Bytes(), 0o644)
}
