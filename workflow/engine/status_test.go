package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

func TestHTTPStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&workflow.Error{Code: workflow.CodeInvalid}, 422}, {&workflow.Error{Code: workflow.CodeNotFound}, 404},
		{&workflow.Error{Code: workflow.CodeForbidden}, 403}, {&workflow.Error{Code: workflow.CodeWrongState}, 409},
		{&workflow.Error{Code: workflow.CodeConflict}, 409}, {templates.Problems{{}}, 422}, {store.ErrBusy, 503},
		{store.ErrLost, 503},
		{store.ErrConflict, 409}, {store.ErrKeyReused, 409}, {store.ErrStorage, 507}, {engine.ErrNotEvidence, 422},
		{store.ErrCorrupt, 500}, {store.ErrNotFound, 500}, {errors.New("a bug"), 500},
	} {
		for _, err := range []error{c.err, fmt.Errorf("covenant 7: %w", c.err)} {
			if got := engine.HTTPStatus(err); got != c.want {
				t.Errorf("%v: status %d, want %d", err, got, c.want)
			}
		}
	}
}
