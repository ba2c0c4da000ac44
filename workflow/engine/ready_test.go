package engine_test

import (
	"context"
	"testing"
)

// Ready is asked every few seconds by whatever watches over the program.
func TestReady(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		check(t, o.Ready(context.Background()))
		over, cancel := context.WithCancel(context.Background())
		cancel()
		if err := o.Ready(over); err == nil {
			t.Error("ready, though nobody waits for the answer")
		}
	})
}
