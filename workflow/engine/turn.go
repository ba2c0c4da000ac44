package engine

import (
	"context"
	"sync"

	"covenant/workflow"
)

// turns lets what this process does to a covenant go one after the other, before it takes a connection: in the
// database commands would run into each other, and all but one would have worked for nothing. It keeps nothing of a
// covenant to which nothing is being done. What other nodes do meanwhile, the version of the covenant tells.
type turns struct {
	mu    sync.Mutex
	lines map[workflow.CovenantID]*line
}

// line is who waits for one covenant.
type line struct {
	turn   chan struct{} // holds one value while it is nobody's turn
	people int           // waiting, or having their turn
}

// take waits for a covenant's turn; done gives it on.
func (t *turns) take(ctx context.Context, id workflow.CovenantID) (done func(), err error) {
	l := t.join(id)
	select {
	case <-l.turn:
		return func() {
			l.turn <- struct{}{}
			t.leave(id, l)
		}, nil
	case <-ctx.Done():
		t.leave(id, l)
		return nil, context.Cause(ctx)
	}
}

func (t *turns) join(id workflow.CovenantID) *line {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.lines[id]
	if !ok {
		l = &line{turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		if t.lines == nil {
			t.lines = map[workflow.CovenantID]*line{}
		}
		t.lines[id] = l
	}
	l.people++
	return l
}

func (t *turns) leave(id workflow.CovenantID, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.people--; l.people == 0 {
		delete(t.lines, id)
	}
}
