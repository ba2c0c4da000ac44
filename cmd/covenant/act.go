package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/term"

	"covenant/workflow"
	"covenant/workflow/catalogue"
)

type actCmd struct {
	Slug    string            `arg:"" optional:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	Command string            `arg:"" optional:"" help:"What is done. Without it, all commands and their fields are listed."`
	Fields  []string          `arg:"" optional:"" help:"FIELD=VALUE; FIELD=@FILE takes what a file holds. They stand before the options." placeholder:"FIELD=VALUE"`
	As      workflow.PersonID `help:"Who does it: a person of the directory who may." placeholder:"PERSON"`
	Key     string            `help:"Makes the command idempotent: the same key is carried out once. Default: a new one." placeholder:"KEY"`
	File    string            `help:"Fields from a YAML file; those on the command line come on top." type:"existingfile" placeholder:"FIELDS.yaml"`
	answers
	PINFile string `name:"pin-file" help:"File whose first line is the PIN of a kept key; - is the standard input." placeholder:"FILE"`
	place
}

// Run has a person do something to a covenant.
func (cmd *actCmd) Run(e *env) error {
	if cmd.Command == "" {
		listCommands(e)
		return nil
	}
	c, err := catalogue.Named(cmd.Command)
	if err != nil {
		return err
	}
	if personal := c.Scope == catalogue.OnCovenant || c.Scope == catalogue.NewCovenant; personal && !c.Reads &&
		cmd.As == "" && cmd.Token == "" {
		return errNobody
	}
	params, err := cmd.params(c)
	if err != nil {
		return err
	}
	key := cmd.Key
	if key == "" {
		key = "cli/act/" + uuid.NewString()
	}
	return cmd.give(e, call(c.Name, cmd.Slug, key).as(cmd.As).meaning(cmd.answers), params)
}

// errNobody: what only people do needs somebody who does it.
var errNobody = sentence("cần cho biết ai thực hiện: --token-file TỆP với mã truy cập của mình, hoặc --as NGƯỜI",
	"say who gives the command: --token-file FILE with an access token of your own, or --as PERSON")

// params fills in the fields of a command.
func (cmd *actCmd) params(c catalogue.Command) (any, error) {
	target := reflect.New(c.Params)
	if cmd.File != "" {
		if err := setFields(target.Interface(), cmd.File); err != nil {
			return nil, err
		}
	}
	for _, assignment := range cmd.Fields {
		if key, ok := strings.CutPrefix(assignment, "mean="); ok {
			cmd.Mean = append(cmd.Mean, strings.Split(key, ",")...)
			continue
		}
		if err := setField(target.Interface(), assignment); err != nil {
			return nil, err
		}
	}
	pin := target.Elem().FieldByName("PIN")
	switch {
	case pin.IsValid() && cmd.PINFile == "":
		return nil, sentence("cần mã PIN: --pin-file TỆP, hoặc --pin-file - để đọc từ đầu vào chuẩn",
			"a PIN is needed: --pin-file FILE, or --pin-file - for the standard input")
	case !pin.IsValid() && cmd.PINFile != "":
		return nil, sentence("lệnh %s không cần mã PIN", "%s needs no PIN", c.Name)
	case pin.IsValid():
		text, err := readPIN(cmd.PINFile, os.Stdin)
		if err != nil {
			return nil, err
		}
		pin.SetString(text)
	}
	return target.Interface(), nil
}

// readPIN reads the first line of a file, or of the standard input.
func readPIN(path string, input io.Reader) (string, error) {
	if path != "-" {
		return password(path)
	}
	if file, ok := input.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(os.Stderr, "PIN: ")
		typed, err := term.ReadPassword(int(file.Fd())) // which is not shown
		fmt.Fprintln(os.Stderr)
		return string(typed), err
	}
	line, err := bufio.NewReader(input).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("PIN: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// listCommands prints all commands that people give, with their fields.
func listCommands(e *env) {
	e.say("covenant act ĐỊA-CHỈ LỆNH [TRƯỜNG=GIÁ TRỊ…] --as NGƯỜI",
		"covenant act SLUG COMMAND [FIELD=VALUE...] --as PERSON")
	for _, c := range catalogue.Commands() {
		fmt.Fprintf(e.out, "\n%s – %s\n", c.Name, c.Words.In(e.lang))
		var fields []string
		for _, f := range c.Fields() {
			switch {
			case !f.Secret:
				fields = append(fields, f.Name+"="+f.Words().In(e.lang))
			case f.Name == "pin":
				fields = append(fields, "--pin-file "+e.pick("TỆP", "FILE"))
			}
		}
		if len(fields) > 0 {
			fmt.Fprintf(e.out, "    %s\n", strings.Join(fields, "  "))
		}
	}
}
