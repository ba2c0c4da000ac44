// Package catalogue is the one table of what people and other programs can have an installation do: each command once,
// with its name, what it does in words, its fields, and how it is carried out. The command line, the control channel,
// the forms of the pages, the JSON API and others are adapters of this table: they turn what came to them into a
// [Call], say who gives it by an [workflow.Actor], and show the [Answer]. A command that is added to [table] appears in
// all of them.
//
// A call's fields are decoded strictly into the command's Go type; who gives it is never among them. What a caller may
// not fill in is marked in the type by the tag from: "address" comes from the call's address, "engine" from the engine.
// The tag secret marks what must not be shown or kept, such as a PIN.
package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// Scope is what a command is about.
type Scope int

// The scopes.
const (
	// OnCovenant: the call names a covenant by its address.
	OnCovenant Scope = iota
	// NewCovenant: the call names the address at which a covenant is drafted.
	NewCovenant
	// OnInstallation: the directory, keys, rights; the call names no covenant.
	OnInstallation
	// OnRegister: the register of documents.
	OnRegister
)

// Command is something that can be done.
type Command struct {
	Name  string // of words and hyphens: give-review
	Words words.Text
	Scope Scope
	// Reads: it changes nothing, and can be carried out on an installation that is opened to be read.
	Reads bool
	// Params is the Go type of its fields, a struct whose JSON form is what calls hold.
	Params reflect.Type
	run    func(ctx context.Context, r *run, params any) (Answer, error)
}

// Call is one command as it came in. Who gives it is not part of it.
type Call struct {
	Command string `json:"command"`
	// Address is the covenant's, as in 2026/khoi-kinh-te-nganh, where the command is about one.
	Address string `json:"address,omitempty"`
	// Key makes it idempotent; it never holds what must not be kept, such as a secret choice.
	Key    string          `json:"key,omitempty"`
	Fields json.RawMessage `json:"fields,omitempty"`
	// Mean are the keys of the questions about its content that whoever gives it answers with yes; see
	// [workflow.Meant].
	Mean []string `json:"mean,omitempty"`
	// Language is that of the lines of the answer.
	Language words.Language `json:"language,omitempty"`
	// Network is the address that it came from, for the log.
	Network string `json:"-"`
}

// String leaves the fields out, which may hold a PIN or a secret choice.
func (c Call) String() string { return fmt.Sprintf("%s %s", c.Command, c.Address) }

// LogValue is what a log may say of a call.
func (c Call) LogValue() slog.Value {
	return slog.GroupValue(slog.String("command", c.Command), slog.String("address", c.Address),
		slog.String("key", c.Key))
}

// Answer is what a command did.
type Answer struct {
	Lines    []string            `json:"lines,omitempty"` // what there is to say, in the caller's language
	Covenant workflow.CovenantID `json:"covenant,omitempty"`
	Version  int64               `json:"version,omitempty"`
	Kinds    []string            `json:"kinds,omitempty"`    // of the events that it caused
	Repeated bool                `json:"repeated,omitempty"` // it had been carried out before under its key
	Standing *Standing           `json:"standing,omitempty"` // of show
	File     []byte              `json:"file,omitempty"`     // of make-evidence, a ZIP file
}

func answered(out engine.Outcome) Answer {
	return Answer{Covenant: out.Covenant, Version: out.Version, Kinds: out.Kinds, Repeated: out.Repeated}
}

// run is one call being carried out.
type run struct {
	eng   *engine.Engine
	actor workflow.Actor
	call  Call
}

func (r *run) meta() engine.Meta {
	return engine.Meta{Key: r.call.Key, Actor: r.actor, Address: r.call.Network, Mean: r.call.Mean}
}

// say adds a line to an answer in the caller's language.
func (r *run) say(a *Answer, t words.Text) { a.Lines = append(a.Lines, t.In(r.call.Language)) }

// Commands are all commands, in the order of a covenant's life.
func Commands() []Command { return slices.Clone(table) }

// Named finds a command by its name; the error says which one may have been meant.
func Named(name string) (Command, error) {
	best, distance := "", max(1, len([]rune(name))/3)+1
	for _, c := range table {
		if c.Name == name {
			return c, nil
		}
		if d := levenshtein.ComputeDistance(name, c.Name); d < distance {
			best, distance = c.Name, d
		}
	}
	if best != "" {
		return Command{}, invalid("không có lệnh “%s”; có phải là %s?", "there is no command “%s”; did you mean %s?",
			name, best)
	}
	names := make([]string, 0, len(table))
	for _, c := range table {
		names = append(names, c.Name)
	}
	return Command{}, invalid("không có lệnh “%s”; các lệnh là: %s", "there is no command “%s”; the commands are: %s",
		name, strings.Join(names, ", "))
}

// Do carries out a call.
func Do(ctx context.Context, eng *engine.Engine, actor workflow.Actor, call Call) (Answer, error) {
	c, err := Named(call.Command)
	if err != nil {
		return Answer{}, err
	}
	params, err := c.Decode(call.Fields)
	if err != nil {
		return Answer{}, err
	}
	return c.run(ctx, &run{eng, actor, call}, params)
}

func invalid(vi, en string, args ...any) error {
	return workflow.Refusal(workflow.CodeInvalid, vi, en, args...)
}
