// Package refusal is how the rules say no: a code for programs and a sentence in each language for people, which says
// what happened and what to do. Nothing is recorded where a command is refused.
package refusal

import (
	"errors"

	"covenant/internal/words"
)

// Code classes the reasons why something is refused. Callers map it to an HTTP status or an exit status by one table.
type Code string

// The codes.
const (
	// Invalid: what was given is malformed or incomplete.
	Invalid Code = "invalid"
	// NotFound: the object it names does not exist.
	NotFound Code = "not_found"
	// Forbidden: this person may not do that.
	Forbidden Code = "forbidden"
	// WrongState: not now; the sentence says what is awaited instead.
	WrongState Code = "wrong_state"
	// Conflict: somebody was faster, or the document changed; look again and repeat.
	Conflict Code = "conflict"
	// Unavailable: something outside that is needed cannot be reached; try again later.
	Unavailable Code = "unavailable"
)

// Error is a refusal.
type Error struct {
	Code Code
	words.Text
	// Mean is the key of the question that it is, where it is one: who names it with the command says yes.
	Mean string
}

// Error gives the English sentence.
func (e *Error) Error() string { return e.English }

// New builds an Error in the manner of [words.F].
func New(code Code, vi, en string, args ...any) *Error {
	return &Error{Code: code, Text: words.F(vi, en, args...)}
}

// CodeOf is the code of err if it is, or wraps, an [*Error]; otherwise "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
