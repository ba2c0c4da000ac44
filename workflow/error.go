package workflow

import (
	"errors"

	"covenant/internal/words"
)

// Code classes the reasons why a command is refused. Callers map it to an HTTP status or an exit status by one table.
type Code string

// The codes.
const (
	// CodeInvalid: the command itself is malformed or incomplete.
	CodeInvalid Code = "invalid"
	// CodeNotFound: the object it names does not exist.
	CodeNotFound Code = "not_found"
	// CodeForbidden: this person may not do that.
	CodeForbidden Code = "forbidden"
	// CodeWrongState: not now; the sentence says what is awaited instead.
	CodeWrongState Code = "wrong_state"
	// CodeConflict: somebody was faster, or the document changed; look again and repeat.
	CodeConflict Code = "conflict"
)

// Error is a refusal that people read: a code for programs and one sentence in each language that says what
// happened and what to do.
type Error struct {
	Code Code
	words.Text
}

// Error gives the English sentence.
func (e *Error) Error() string { return e.English }

// Sentence is the text in the given language ("vi" or "en").
func (e *Error) Sentence(lang string) string { return e.In(words.Language(lang)) }

// ErrorCode is the code of err if it is, or wraps, an [*Error]; otherwise "".
func ErrorCode(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Refusal builds an Error in the manner of [words.F].
func Refusal(code Code, vi, en string, args ...any) *Error {
	return &Error{Code: code, Text: words.F(vi, en, args...)}
}

// refuse is Refusal.
func refuse(code Code, vi, en string, args ...any) *Error { return Refusal(code, vi, en, args...) }
