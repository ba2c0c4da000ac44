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

// order is a call that the command line has an installation carry out: by the process that serves it, over the control
// channel, or, where none does, by itself.
type order struct {
	catalogue.Call
	// As is in whose name the console gives it; empty: the console gives it by itself. It is a claim:
	// [workflow.Actor.For] says whether the console may make it.
	As workflow.PersonID `json:"as,omitempty"`
	// Token is the access token of who gives it; empty: the console does. It is never logged.
	Token string `json:"token,omitempty"`
	// Database names the database that was meant, see [databaseName]; empty: whichever is served.
	Database string `json:"database,omitempty"`
}

// String leaves out the token and the fields, which may hold a PIN or a secret choice.
func (o order) String() string { return o.Call.String() + " as " + string(o.As) }

// LogValue is what a log may say of an order.
func (o order) LogValue() slog.Value {
	return slog.GroupValue(slog.Bool("token", o.Token != ""), slog.String("command", o.Command),
		slog.String("address", o.Address), slog.String("as", string(o.As)),
		slog.String("key", o.Key))
}

// call is a command that the command line gives.
func call(command, address, key string) order {
	return order{Call: catalogue.Call{Command: command, Address: address, Key: key}}
}

// meaning is the order with questions answered beforehand.
func (o order) meaning(a answers) order {
	o.Mean = append(o.Mean, a.Mean...)
	return o
}

// as is the order in a person's name.
func (o order) as(person workflow.PersonID) order {
	o.As = person
	return o
}

// carryOut does what an order says, for a user of the operating system.
func carryOut(
	ctx context.Context, eng *engine.Engine, o order, osUser string, policy workflow.ConsolePolicy,
) (catalogue.Answer, error) {
	actor, err := giver(ctx, eng, o.Token, o.As, workflow.AtConsole(osUser, policy))
	if err != nil {
		return catalogue.Answer{}, err
	}
	return catalogue.Do(ctx, eng, actor, o.Call)
}

// giver is who gives a command, or reads: the holder of the token, else the console; and in whose name, where one is
// named.
func giver(
	ctx context.Context, eng *engine.Engine, token string, as workflow.PersonID, actor workflow.Actor,
) (workflow.Actor, error) {
	if token != "" {
		var err error
		if actor, err = eng.ActorOf(ctx, token); err != nil {
			return actor, err
		}
	}
	if as == "" || as == actor.Person() {
		return actor, nil
	}
	return actor.For(as)
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
