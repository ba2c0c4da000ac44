//go:build torture

package engine_test

import (
	"context"
	"testing"
	"time"
)

// Ten thousand covenants in flight with a million reminders to come: starting reads next to nothing of them, memory
// stays bounded when the page of every one is read, and a sweep costs what is due. The limits are wide; the log has
// the figures.
func TestTortureInstallation(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		began := time.Now()
		o.fill(1)
		t.Logf("filled in %s", time.Since(began).Round(time.Second))
		o.audited(t)
		check(t, o.Stop(context.Background()))
		check(t, o.Store.Close())
		seen := o.opened(t)
		t.Logf("%v", seen)
		if seen["covenants"] != 10001 || seen["ms-started"] > 5000 || seen["ms-list"] > 5000 ||
			seen["MB-started"] > 100 || seen["MB-pages"] > 300 {
			t.Errorf("opened: %v", seen)
		}
		for _, due := range []int{0, 10, 1000} {
			e := o.whereDue(t, due)
			for _, what := range []string{"first", "again"} {
				began := time.Now()
				check(t, e.Sweep(context.Background()))
				took := time.Since(began)
				t.Logf("a sweep with %d due, %s: %s", due, what, took)
				if limit := time.Second + time.Duration(due)*10*time.Millisecond; took > limit {
					t.Errorf("a sweep with %d due took %s, want at most %s", due, took, limit)
				}
			}
			check(t, e.Store.Close())
		}
	})
}
