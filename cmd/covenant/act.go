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
)

type actCmd struct {
	Slug    string            `arg:"" optional:"" help:"Address of the covenant, as in 2026/khoi-kinh-te-nganh."`
	Command string            `arg:"" optional:"" help:"What is done. Without it, all commands and their fields are listed."`
	Fields  []string          `arg:"" optional:"" help:"FIELD=VALUE; FIELD=@FILE takes what a file holds. They stand before the options." placeholder:"FIELD=VALUE"`
	As      workflow.PersonID `help:"Who does it: a person of the directory who may." placeholder:"PERSON"`
	Key     string            `help:"Makes the command idempotent: the same key is carried out once. Default: a new one." placeholder:"KEY"`
	File    string            `help:"Fields from a YAML file; those on the command line come on top." type:"existingfile" placeholder:"FIELDS.yaml"`
	PINFile string            `name:"pin-file" help:"File whose first line is the PIN of a kept key; - is the standard input." placeholder:"FILE"`
	place
}

// Run has a person do something to a covenant.
func (cmd *actCmd) Run(e *env) error {
	if cmd.Command == "" {
		listCommands(e)
		return nil
	}
	c, ok := commandNamed(cmd.Command)
	if !ok || !c.acts {
		var names []string
		for _, c := range actCommands() {
			names = append(names, c.name)
		}
		return sentence("không có lệnh “%[1]s”; các lệnh là: %[2]s", "there is no command %[1]q; the commands are: %[2]s", cmd.Command, strings.Join(names, ", "))
	}
	if cmd.As == "" {
		return sentence("cần cho biết ai thực hiện: --as NGƯỜI", "say who gives the command: --as PERSON")
	}
	params, err := cmd.params(e, c)
	if err != nil {
		return err
	}
	key := cmd.Key
	if key == "" {
		key = "cli/act/" + uuid.NewString()
	}
	return cmd.give(e, order{Command: c.name, Slug: cmd.Slug, As: cmd.As, Key: key}, params)
}

// params fills in the fields of a command.
func (cmd *actCmd) params(e *env, c command) (any, error) {
	target := reflect.New(c.params)
	if cmd.File != "" {
		if err := setFields(target.Interface(), cmd.File, e.lang); err != nil {
			return nil, err
		}
	}
	for _, assignment := range cmd.Fields {
		if err := setField(target.Interface(), assignment, e.lang); err != nil {
			return nil, err
		}
	}
	pin := target.Elem().FieldByName("PIN")
	switch {
	case pin.IsValid() && cmd.PINFile == "":
		return nil, sentence("cần mã PIN: --pin-file TỆP, hoặc --pin-file - để đọc từ đầu vào chuẩn", "a PIN is needed: --pin-file FILE, or --pin-file - for the standard input")
	case !pin.IsValid() && cmd.PINFile != "":
		return nil, sentence("lệnh %s không cần mã PIN", "%s needs no PIN", c.name)
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
	e.say("covenant act ĐỊA-CHỈ LỆNH [TRƯỜNG=GIÁ TRỊ…] --as NGƯỜI", "covenant act SLUG COMMAND [FIELD=VALUE...] --as PERSON")
	for _, c := range actCommands() {
		fmt.Fprintf(e.out, "\n%s – %s\n", c.name, c.Label(e.lang))
		var fields []string
		for _, f := range fieldsOf(c.params) {
			fields = append(fields, f.name+"="+f.words(e.lang))
		}
		if _, ok := c.params.FieldByName("PIN"); ok {
			fields = append(fields, "--pin-file "+e.pick("TỆP", "FILE"))
		}
		if len(fields) > 0 {
			fmt.Fprintf(e.out, "    %s\n", strings.Join(fields, "  "))
		}
	}
}
