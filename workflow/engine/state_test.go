package engine

import (
	"fmt"
	"testing"

	"covenant/workflow"
)

// The cache keeps the newest state of a covenant, and all together not more than its bound, however many there are.
func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	for i := range 1000 {
		for _, version := range []int64{100, 300, 200} {
			c.putCovenant(&workflow.Covenant{Particulars: workflow.Particulars{ID: workflow.CovenantID(fmt.Sprint(i))},
				Version: version})
		}
		if got := c.covenant(workflow.CovenantID(fmt.Sprint(i))).Version; got != 300 {
			t.Fatalf("covenant %d is kept at version %d, want 300", i, got)
		}
	}
	sum := int64(0)
	for _, state := range c.covenants {
		sum += state.Version
	}
	if sum != c.events || sum > maxCached || sum < maxCached*9/10 {
		t.Errorf("%d covenants of %d events are kept, counted as %d", len(c.covenants), sum, c.events)
	}
	c.putCovenant(&workflow.Covenant{Particulars: workflow.Particulars{ID: "large"}, Version: 2 * maxCached})
	if len(c.covenants) != 1 || c.covenant("large").Version != 2*maxCached {
		t.Errorf("beside one that is larger than all there are %d", len(c.covenants)-1)
	}
}
