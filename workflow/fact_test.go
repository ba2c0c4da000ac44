package workflow

import (
	"maps"
	"slices"
	"testing"

	"covenant/workflow/process"
)

// Every fact that a condition may speak of is counted, and no other.
func TestFactsAreThoseOfConditions(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(factsOf)), process.FactNames(); !slices.Equal(got, want) {
		t.Errorf("counted are %v, conditions speak of %v", got, want)
	}
	c := &Covenant{Particulars: Particulars{Year: 2026,
		Parties: []Party{{Role: RoleLeader}, {Role: RoleMember}, {Role: RoleWitness}}}}
	for name, want := range map[string]int{"year": 2026, "members": 2, "parties": 3, "witnesses": 1,
		"revision": 0, "comments": 0} {
		if got := c.fact(name); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
}
