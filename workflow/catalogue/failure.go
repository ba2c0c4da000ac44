package catalogue

import (
	"errors"
	"net/http"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Failure is an error as it goes out to a caller: its code and its sentences, or its text, with what it means to a program.
type Failure struct {
	Code       workflow.Code `json:"code,omitempty"`
	Vietnamese string        `json:"vi,omitempty"`
	English    string        `json:"en,omitempty"`
	Text       string        `json:"text,omitempty"`
	Meaning    string        `json:"meaning,omitempty"`
}

// statuses are the HTTP statuses of refusals (RFC 9110). It is the only such table: pages, the control channel and the API use it.
var statuses = map[workflow.Code]int{
	workflow.CodeInvalid:    http.StatusUnprocessableEntity,
	workflow.CodeNotFound:   http.StatusNotFound,
	workflow.CodeForbidden:  http.StatusForbidden,
	workflow.CodeWrongState: http.StatusConflict,
	workflow.CodeConflict:   http.StatusConflict,
}

// meanings are the errors that callers act on, by their names.
var meanings = map[string]struct {
	err    error
	status int
}{
	"busy":       {store.ErrBusy, http.StatusServiceUnavailable},
	"lost":       {store.ErrLost, http.StatusServiceUnavailable},
	"conflict":   {store.ErrConflict, http.StatusConflict},
	"key_reused": {store.ErrKeyReused, http.StatusConflict},
	"not_found":  {store.ErrNotFound, http.StatusNotFound},
	"storage":    {store.ErrStorage, http.StatusInsufficientStorage},
	"corrupt":    {store.ErrCorrupt, http.StatusInternalServerError},
}

// Status is the HTTP status of an error; 500 where the fault is the program's or the machine's.
func Status(err error) int {
	if status, ok := statuses[workflow.ErrorCode(err)]; ok {
		return status
	}
	if problems := (templates.Problems)(nil); errors.As(err, &problems) {
		return http.StatusUnprocessableEntity
	}
	for _, m := range meanings {
		if errors.Is(err, m.err) {
			return m.status
		}
	}
	return http.StatusInternalServerError
}

// FailureOf writes an error down.
func FailureOf(err error) Failure {
	var e *workflow.Error
	if errors.As(err, &e) {
		return Failure{Code: e.Code, Vietnamese: e.Text.Vietnamese, English: e.Text.English}
	}
	f := Failure{Text: err.Error()}
	for name, m := range meanings {
		if errors.Is(err, m.err) {
			f.Meaning = name
		}
	}
	return f
}

// Err is the error as it was before it was written down.
func (f Failure) Err() error {
	if f.Code != "" {
		return &workflow.Error{Code: f.Code, Text: words.Of(f.Vietnamese, f.English)}
	}
	return &told{f.Text, meanings[f.Meaning].err}
}

// told is what another process said, with what it means.
type told struct {
	text    string
	meaning error
}

func (e *told) Error() string { return e.text }
func (e *told) Unwrap() error { return e.meaning }
