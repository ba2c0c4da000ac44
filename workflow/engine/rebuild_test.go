package engine_test

import (
	"context"
	"reflect"
	"testing"

	"covenant/workflow"
	"covenant/workflow/store"
)

// The derived rows say nothing that the log does not: made anew from it, they are the same.
func TestRebuildGivesTheSameRows(t *testing.T) {
	o := newOffice(t)
	o.upTo(workflow.AwaitingSignatures)
	rows := func() (out []any) {
		check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
			covenants, err := tx.Covenants(context.Background(), store.CovenantFilter{})
			check(t, err)
			for _, c := range covenants {
				parties, err := tx.Parties(context.Background(), c.ID)
				check(t, err)
				out = append(out, c, parties)
			}
			tokens, err := tx.Projections(context.Background(), "token", "")
			check(t, err)
			for _, token := range tokens {
				out = append(out, token.Key, string(token.JSON))
			}
			return nil
		}))
		return out
	}
	before := rows()
	n, err := o.Rebuild(context.Background())
	if err != nil || n != 1 {
		t.Fatalf("%d covenants, %v", n, err)
	}
	if after := rows(); !reflect.DeepEqual(after, before) || len(before) != 4 {
		t.Errorf("rebuilt\n%v\nwant\n%v", after, before)
	}
}
