package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// order is one thing that the command line has an installation do: by the process that serves it, over the control channel,
// or, where none does, by itself. What it does is one of the [commands]; Fields is that command's Go type as JSON.
type order struct {
	Command string            `json:"command"`
	Slug    string            `json:"slug,omitempty"` // address of the covenant that it is about
	As      workflow.PersonID `json:"as,omitempty"`   // who gives it; empty: the administrator
	Key     string            `json:"key,omitempty"`  // makes it idempotent; never holds what must not be kept, such as a secret vote
	Fields  json.RawMessage   `json:"fields,omitempty"`
	Lang    string            `json:"lang"` // of the lines of the answer: vi or en
	// Database names the database that was meant, see [databaseName]; empty: whichever is served.
	Database string `json:"database,omitempty"`
}

// String leaves the fields out, which may hold a PIN or a secret vote.
func (o order) String() string { return fmt.Sprintf("%s %s as %s", o.Command, o.Slug, o.As) }

// LogValue is what a log may say of an order.
func (o order) LogValue() slog.Value {
	return slog.GroupValue(slog.String("command", o.Command), slog.String("slug", o.Slug), slog.String("as", string(o.As)), slog.String("key", o.Key))
}

// answer is what an order did.
type answer struct {
	Lines    []string            `json:"lines,omitempty"` // what there is to say, in the asker's language
	Covenant workflow.CovenantID `json:"covenant,omitempty"`
	Version  int64               `json:"version,omitempty"`
	Kinds    []string            `json:"kinds,omitempty"`    // of the events that it caused
	Repeated bool                `json:"repeated,omitempty"` // it had been carried out before under its key
	Standing *standing           `json:"standing,omitempty"` // of show
}

func answered(out engine.Outcome) answer {
	return answer{Covenant: out.Covenant, Version: out.Version, Kinds: out.Kinds, Repeated: out.Repeated}
}

// meta is who gives the order, for the log: it came by the command line, over the channel or not.
func (o order) meta() engine.Meta {
	m := engine.Meta{Key: o.Key, Actor: workflow.Actor{Person: o.As}, Origin: "cli"}
	if o.As == "" {
		m.Actor = workflow.SystemActor
	}
	return m
}

// words are in the language of the answer.
func (o order) words(vi, en string, args ...any) string {
	return fmt.Sprintf((&env{lang: o.Lang}).pick(vi, en), args...)
}

// carryOut does what an order says.
func carryOut(ctx context.Context, eng *engine.Engine, o order) (answer, error) {
	c, ok := commandNamed(o.Command)
	if !ok {
		return answer{}, sentence("ở đây không có lệnh “%s”; tiến trình đang phục vụ có thể thuộc phiên bản khác", "there is no command %q here; the process that serves may be of another release", o.Command)
	}
	params, err := c.decode(o)
	if err != nil {
		return answer{}, err
	}
	return c.run(ctx, eng, o, params)
}

// refusal is an error on its way over the control channel: its sentences and its code, or its text and what it means.
type refusal struct {
	Code       workflow.Code `json:"code,omitempty"`
	Vietnamese string        `json:"vi,omitempty"`
	English    string        `json:"en,omitempty"`
	Text       string        `json:"text,omitempty"`
	Meaning    string        `json:"meaning,omitempty"`
}

// meanings are the errors that callers act on, by their names on the channel.
var meanings = map[string]struct {
	err    error
	status int // HTTP
}{
	"busy":       {store.ErrBusy, http.StatusServiceUnavailable},
	"lost":       {store.ErrLost, http.StatusServiceUnavailable},
	"conflict":   {store.ErrConflict, http.StatusConflict},
	"key_reused": {store.ErrKeyReused, http.StatusConflict},
	"not_found":  {store.ErrNotFound, http.StatusNotFound},
	"storage":    {store.ErrStorage, http.StatusInsufficientStorage},
	"corrupt":    {store.ErrCorrupt, http.StatusInternalServerError},
}

// refuse writes an error down; status is its HTTP status (RFC 9110).
func refuse(err error) (r refusal, status int) {
	var e *workflow.Error
	if errors.As(err, &e) {
		status := map[workflow.Code]int{
			workflow.CodeInvalid: http.StatusUnprocessableEntity, workflow.CodeNotFound: http.StatusNotFound, workflow.CodeForbidden: http.StatusForbidden,
			workflow.CodeWrongState: http.StatusConflict, workflow.CodeConflict: http.StatusConflict,
		}[e.Code]
		return refusal{Code: e.Code, Vietnamese: e.Vietnamese, English: e.English}, status
	}
	r, status = refusal{Text: err.Error()}, http.StatusInternalServerError
	var problems templates.Problems
	if errors.As(err, &problems) {
		status = http.StatusUnprocessableEntity
	}
	for name, meaning := range meanings {
		if errors.Is(err, meaning.err) {
			r.Meaning, status = name, meaning.status
		}
	}
	return r, status
}

// err is the error as it was before it was written down.
func (r refusal) err() error {
	if r.Code != "" {
		return &workflow.Error{Code: r.Code, Vietnamese: r.Vietnamese, English: r.English}
	}
	return &toldError{r.Text, meanings[r.Meaning].err}
}

// toldError is what the serving process said, with what it means.
type toldError struct {
	text    string
	meaning error
}

func (e *toldError) Error() string { return e.text }
func (e *toldError) Unwrap() error { return e.meaning }
