package main

import (
	"context"
	"log/slog"
	"os"
	"os/user"
	"strconv"

	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// order is a call that the command line has an installation carry out: by the process that serves it, over the control channel,
// or, where none does, by itself.
type order struct {
	catalogue.Call
	// As is in whose name the console gives it; empty: the console gives it by itself. It is a claim: [workflow.Actor.For] says
	// whether the console may make it.
	As workflow.PersonID `json:"as,omitempty"`
	// Database names the database that was meant, see [databaseName]; empty: whichever is served.
	Database string `json:"database,omitempty"`
}

// String leaves the fields out, which may hold a PIN or a secret choice.
func (o order) String() string { return o.Call.String() + " as " + string(o.As) }

// LogValue is what a log may say of an order.
func (o order) LogValue() slog.Value {
	return slog.GroupValue(slog.String("command", o.Command), slog.String("address", o.Address), slog.String("as", string(o.As)),
		slog.String("key", o.Key))
}

// call is a command that the command line gives.
func call(command, address, key string) order {
	return order{Call: catalogue.Call{Command: command, Address: address, Key: key}}
}

// as is the order in a person's name.
func (o order) as(person workflow.PersonID) order {
	o.As = person
	return o
}

// carryOut does what an order says, for a user of the operating system.
func carryOut(ctx context.Context, eng *engine.Engine, o order, osUser string, policy workflow.ConsolePolicy) (catalogue.Answer, error) {
	actor, err := consoleFor(osUser, policy, o.As)
	if err != nil {
		return catalogue.Answer{}, err
	}
	return catalogue.Do(ctx, eng, actor, o.Call)
}

// consoleFor is the console in a person's name; without one, by itself.
func consoleFor(osUser string, policy workflow.ConsolePolicy, person workflow.PersonID) (workflow.Actor, error) {
	actor := workflow.AtConsole(osUser, policy)
	if person == "" {
		return actor, nil
	}
	return actor.For(person)
}

// thisUser is the user who runs this process.
func thisUser() string { return userName(strconv.Itoa(os.Getuid())) }

// userName is how the operating system calls a user, or else the number.
func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return uid
}
