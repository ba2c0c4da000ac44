package main

import (
	"fmt"
	"os"

	"covenant/workflow/process"
)

type processCmd struct {
	Check processCheckCmd `cmd:"" help:"Check process definitions; all errors at once."`
	Draw  processDrawCmd  `cmd:"" help:"Draw a process definition as an SVG picture."`
}

type processCheckCmd struct {
	Files []string `arg:"" help:"Process definitions (YAML)." type:"existingfile"`
}

// Run checks each file and prints every problem.
func (cmd *processCheckCmd) Run(e *env) error {
	failed := false
	cal, err := loadCalendar("")
	if err != nil {
		return err
	}
	for _, path := range cmd.Files {
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := process.ParseNew(path, source, cal.Zone()); err != nil {
			failed = true
			fmt.Fprintln(e.out, explain(err, e.lang))
		}
	}
	if failed {
		return &exitError{status: 1}
	}
	e.say("Không có lỗi.", "No problems.")
	return nil
}

type processDrawCmd struct {
	File string `arg:"" help:"Process definition (YAML)." type:"existingfile"`
	Out  string `short:"o" required:"" help:"Picture to write." placeholder:"FILE.svg"`
}

// Run draws the stages from top to bottom.
func (cmd *processDrawCmd) Run(e *env) error {
	source, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	p, err := process.Parse(cmd.File, source)
	if err != nil {
		return err
	}
	if err := writeWhole(cmd.Out, p.SVG(e.lang), 0o644); err != nil {
		return err
	}
	e.say("Đã vẽ %s", "Drew %s", cmd.Out)
	return nil
}
