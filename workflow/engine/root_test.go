package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Once a day what was recorded goes under a time-stamped checkpoint; when the authority is away that waits for its
// stamp.
func TestDailyRootIsStamped(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReviews)
		roots := func() (out []store.Checkpoint) {
			check(t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
				out, err = tx.Checkpoints(context.Background())
				return err
			}))
			return out
		}
		o.pki.SetFault(devpki.TSA, devpki.Unavailable)
		check(t, o.Sweep(context.Background()))
		_, err := o.Await(context.Background(), o.id, func(workflow.State) bool { return len(roots()) == 1 })
		check(t, err)
		if got := roots(); len(got[0].Token) != 0 {
			t.Fatal("stamped by an authority that is away")
		}
		o.pki.SetFault(devpki.TSA, devpki.None)
		_, err = o.Await(context.Background(), o.id, func(workflow.State) bool { return len(roots()[0].Token) > 0 })
		check(t, err)
		check(t, o.Sweep(context.Background()))
		if got := roots(); len(got) != 1 {
			t.Errorf("%d checkpoints on one day", len(got))
		}
		check(t, o.AwaitMails(context.Background()))
		sent := map[string]int{}
		for _, m := range o.delivered() {
			if m.Kind == "root" && strings.Contains(m.Body, fmt.Sprintf("%x", roots()[0].Digest())) {
				sent[m.To]++
			}
		}
		if len(sent) != len(o.block.Agencies) {
			t.Errorf("the checkpoint went to %v, want every agency", sent)
		}
		for to, n := range sent {
			if n != 1 {
				t.Errorf("the checkpoint went to %s %d times", to, n)
			}
		}
		report, err := o.Store.Audit(context.Background())
		if err != nil || !report.OK() {
			t.Errorf("audit: %v %+v", err, report)
		}
	})
}
