package engine

import (
	"errors"
	"net/http"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/store"
)

// statusOfCode is the HTTP status (RFC 9110) of a refusal.
var statusOfCode = map[workflow.Code]int{
	workflow.CodeInvalid:     http.StatusUnprocessableEntity,
	workflow.CodeNotFound:    http.StatusNotFound,
	workflow.CodeForbidden:   http.StatusForbidden,
	workflow.CodeWrongState:  http.StatusConflict,
	workflow.CodeConflict:    http.StatusConflict,
	workflow.CodeUnavailable: http.StatusServiceUnavailable,
}

// statusOfError is that of other errors which say what their reader can do.
var statusOfError = []struct {
	err    error
	status int
}{
	{ErrNotEvidence, http.StatusUnprocessableEntity},
	{store.ErrKeyReused, http.StatusConflict},
	{store.ErrConflict, http.StatusConflict},
	{store.ErrBusy, http.StatusServiceUnavailable},
	{store.ErrLost, http.StatusServiceUnavailable},
	{store.ErrStorage, http.StatusInsufficientStorage},
}

// HTTPStatus is the one table of how an error is answered over HTTP, by pages, interfaces and the control channel
// alike: 500 for what only an operator can mend, a kept file that is missing among it.
func HTTPStatus(err error) int {
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		if status, ok := statusOfCode[refusal.Code]; ok {
			return status
		}
	}
	var problems templates.Problems
	if errors.As(err, &problems) {
		return http.StatusUnprocessableEntity
	}
	for _, known := range statusOfError {
		if errors.Is(err, known.err) {
			return known.status
		}
	}
	return http.StatusInternalServerError
}
