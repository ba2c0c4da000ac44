package engine

import (
	"context"
	"sync"
)

// turns lets what this process does to a covenant, or to a key, go one after the other, before it takes a connection:
// in the database commands would run into each other, and all but one would have worked for nothing. It keeps nothing
// of what nothing is being done to. What other nodes do meanwhile, the version of the covenant tells.
type turns[K comparable] struct {
	mu    sync.Mutex
	lines map[K]*line
}

// line is who waits for one of them.
type line struct {
	turn   chan struct{} // holds one value while it is nobody's turn
	people int           // waiting, or having their turn
}

// take waits for its turn; done gives it on.
func (t *turns[K]) take(ctx context.Context, id K) (done func(), err error) {
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

func (t *turns[K]) join(id K) *line {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.lines[id]
	if !ok {
		l = &line{turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		if t.lines == nil {
			t.lines = map[K]*line{}
		}
		t.lines[id] = l
	}
	l.people++
	return l
}

func (t *turns[K]) leave(id K, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.people--; l.people == 0 {
		delete(t.lines, id)
	}
}
