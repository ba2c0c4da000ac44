package workflow

import (
	"covenant/internal/content"
	"covenant/workflow/refusal"
)

// Error is a refusal that people read; see package refusal.
type Error = refusal.Error

// Code classes the reasons why a command is refused.
type Code = refusal.Code

// The codes.
const (
	CodeInvalid     = refusal.Invalid
	CodeNotFound    = refusal.NotFound
	CodeForbidden   = refusal.Forbidden
	CodeWrongState  = refusal.WrongState
	CodeConflict    = refusal.Conflict
	CodeUnavailable = refusal.Unavailable
)

// ErrorCode is the code of err if it is, or wraps, an [*Error]; otherwise "".
func ErrorCode(err error) Code { return refusal.CodeOf(err) }

// Refusal builds an Error in the manner of words.F.
func Refusal(code Code, vi, en string, args ...any) *Error { return refusal.New(code, vi, en, args...) }

// blank reports whether nothing was said: a reason of spaces is none.
func blank(text string) bool { return content.Blank(text) }

// refuse is Refusal.
func refuse(code Code, vi, en string, args ...any) *Error { return refusal.New(code, vi, en, args...) }
