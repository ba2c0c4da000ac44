package catalogue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// Refusals keep their code and both their sentences on the way, other errors what they mean, and each has one status.
func TestFailuresGoOutAndComeBack(t *testing.T) {
	for _, c := range []struct {
		err    error
		is     error
		status int
	}{
		{workflow.Refusal(workflow.CodeInvalid, "sai", "wrong"), nil, 422},
		{workflow.Refusal(workflow.CodeNotFound, "không có", "not there"), nil, 404},
		{workflow.Refusal(workflow.CodeForbidden, "không được", "not allowed"), nil, 403},
		{fmt.Errorf("about: %w", workflow.Refusal(workflow.CodeWrongState, "chưa", "not yet")), nil, 409},
		{workflow.Refusal(workflow.CodeConflict, "đã đổi", "changed"), nil, 409},
		{fmt.Errorf("about: %w", store.ErrBusy), store.ErrBusy, 503}, {store.ErrLost, store.ErrLost, 503},
		{store.ErrConflict, store.ErrConflict, 409}, {store.ErrKeyReused, store.ErrKeyReused, 409},
		{store.ErrNotFound, store.ErrNotFound, 500}, {store.ErrStorage, store.ErrStorage, 507},
		{store.ErrCorrupt, store.ErrCorrupt, 500},
		{templates.Problems{{}}, nil, 422}, {errors.New("unforeseen"), nil, 500},
	} {
		data, err := json.Marshal(catalogue.FailureOf(c.err))
		if err != nil {
			t.Fatal(err)
		}
		var back catalogue.Failure
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		told := back.Err()
		if workflow.ErrorCode(told) != workflow.ErrorCode(c.err) || c.is != nil && !errors.Is(told, c.is) {
			t.Errorf("%v came as %v", c.err, told)
		}
		if workflow.ErrorCode(c.err) != "" {
			for _, l := range words.Languages() {
				if words.Explain(told, l) != words.Explain(c.err, l) {
					t.Errorf("%v came as %q", c.err, words.Explain(told, l))
				}
			}
		}
		if got := engine.HTTPStatus(c.err); got != c.status {
			t.Errorf("%v has status %d, want %d", c.err, got, c.status)
		}
	}
}
