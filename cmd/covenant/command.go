package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// command is something that an order may say: its name, what it does in words, the Go type that holds its fields, and how it is
// carried out.
type command struct {
	name string
	workflow.Names
	params reflect.Type
	// acts: a person gives it on a covenant, by `covenant act`.
	acts bool
	run  func(ctx context.Context, eng *engine.Engine, o order, params any) (answer, error)
}

// commands are all that an order may say.
func commands() []command {
	return slices.Concat(engineCommands(), peoplesCommands(), directoryCommands(), registerCommands(), []command{
		ownCommand("amend", "", "", amend), ownCommand("renew", "", "", renew), ownCommand("show", "", "", show),
	})
}

// actCommands are those that `covenant act` offers.
func actCommands() []command {
	return slices.DeleteFunc(commands(), func(c command) bool { return !c.acts })
}

func commandNamed(name string) (command, bool) {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// ownCommand is a command with parameters of type P.
func ownCommand[P any](name, vi, en string, run func(context.Context, *engine.Engine, order, P) (answer, error)) command {
	return command{
		name: name, Names: workflow.Names{Vietnamese: vi, English: en}, params: reflect.TypeFor[P](),
		run: func(ctx context.Context, eng *engine.Engine, o order, params any) (answer, error) {
			return run(ctx, eng, o, params.(P)) //nolint:forcetypeassert // decode made it
		},
	}
}

// onCovenant is a command that a person gives on a covenant; what it answers ends with where that stands then.
func onCovenant[P any](name, vi, en string, run func(context.Context, *engine.Engine, workflow.CovenantID, P, engine.Meta) (engine.Outcome, error)) command {
	c := ownCommand(name, vi, en, func(ctx context.Context, eng *engine.Engine, o order, params P) (answer, error) {
		return onSlug(ctx, eng, o, func(id workflow.CovenantID) (engine.Outcome, error) { return run(ctx, eng, id, params, o.meta()) })
	})
	c.acts = true
	return c
}

// onSlug finds the covenant of an order, does something to it, and says where it stands then.
func onSlug(ctx context.Context, eng *engine.Engine, o order, do func(workflow.CovenantID) (engine.Outcome, error)) (answer, error) {
	if o.As == "" {
		return answer{}, sentence("cần cho biết ai thực hiện: --as NGƯỜI", "say who gives the command: --as PERSON")
	}
	id, err := eng.Find(ctx, o.Slug)
	if err != nil {
		return answer{}, err
	}
	out, err := do(id)
	if err != nil {
		return answer{}, err
	}
	return standsAt(ctx, eng, id, answered(out), o.Lang)
}

// standsAt adds the covenant's status sentence to an answer.
func standsAt(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, a answer, lang string) (answer, error) {
	s, err := eng.Await(ctx, id, func(workflow.State) bool { return true })
	if err != nil {
		return a, err
	}
	a.Lines = append(a.Lines, s.Status(eng.Now(), lang))
	return a, nil
}

// decode reads the fields of an order strictly into the command's type, and puts in who gives it.
func (c command) decode(o order) (any, error) {
	target := reflect.New(c.params)
	if len(o.Fields) > 0 {
		d := json.NewDecoder(bytes.NewReader(o.Fields))
		d.DisallowUnknownFields()
		if err := d.Decode(target.Interface()); err != nil {
			return nil, fmt.Errorf("fields of %s: %w", c.name, err)
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, fmt.Errorf("fields of %s: more than one value", c.name)
		}
	}
	if by := target.Elem().FieldByName("By"); by.IsValid() && by.Type() == reflect.TypeFor[workflow.PersonID]() {
		by.SetString(string(o.As))
	}
	return target.Elem().Interface(), nil
}

// peoplesCommands are the commands of the rules that people give as they stand. Their names are those of their types:
// GiveReview is give-review.
func peoplesCommands() []command {
	var out []command
	for _, c := range workflow.PeoplesCommands() {
		t := reflect.TypeOf(c.Command)
		out = append(out, command{
			name: strings.ReplaceAll(fieldName(t.Name()), "_", "-"), Names: c.Names, params: t, acts: true,
			run: func(ctx context.Context, eng *engine.Engine, o order, params any) (answer, error) {
				return onSlug(ctx, eng, o, func(id workflow.CovenantID) (engine.Outcome, error) {
					return eng.Do(ctx, id, params.(workflow.Command), o.meta()) //nolint:forcetypeassert // decode made it
				})
			},
		})
	}
	return out
}
