package engine_test

import (
	"context"
	"strings"

	"covenant/workflow"
	"covenant/workflow/store"
)

// rejudged decides the logs of all covenants of a test anew, whatever the test was about: the rules must give what they
// gave when it happened, and what the log implies must be there. It runs at the end of every test that has an office.
func rejudged(o *office) {
	o.t.Helper()
	ctx := context.Background()
	check(o.t, o.Store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Covenants(ctx, store.CovenantFilter{})
		for _, row := range rows {
			again, err := o.Rejudge(ctx, tx, workflow.CovenantID(row.ID))
			if err != nil {
				return err
			}
			for _, m := range again.Problems {
				o.t.Errorf("%s decided anew: %s", row.Slug, m)
			}
			if again.Commands == 0 && !strings.HasPrefix(row.Slug, "copy/") {
				o.t.Errorf("%s: nothing was decided anew", row.Slug)
			}
		}
		return err
	}))
	problems, err := o.AuditImplied(ctx)
	check(o.t, err)
	for _, p := range problems {
		o.t.Errorf("audit of what the log implies: %s", p)
	}
}
