package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"covenant/workflow"
)

// Of those who want a covenant's turn one at a time has it; who gives up waiting leaves the line; and nothing is
// kept of a covenant that nobody waits for.
func TestTurns(t *testing.T) {
	var lines turns[workflow.CovenantID]
	var having, most int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			done, err := lines.take(context.Background(), "c")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			having++
			most = max(most, having)
			mu.Unlock()
			time.Sleep(100 * time.Microsecond)
			mu.Lock()
			having--
			mu.Unlock()
			done()
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d had their turn at once", most)
	}
	done, err := lines.take(context.Background(), "c")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancelCause(context.Background())
	leave(errors.New("went home"))
	if _, err := lines.take(gone, "c"); err == nil || err.Error() != "went home" {
		t.Errorf("who gave up: %v", err)
	}
	other, err := lines.take(context.Background(), "d")
	if err != nil {
		t.Fatal(err)
	}
	other()
	done()
	if len(lines.lines) != 0 {
		t.Errorf("%d lines are kept", len(lines.lines))
	}
}
