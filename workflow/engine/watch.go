package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// Mark says how far a covenant has come, in numbers and nothing else: two marks differ whenever something that is
// shown of it may have changed.
type Mark struct {
	Version   int64       // of its log: the events
	Directory int64       // version of the directory, whose names are shown
	Aside     store.Aside // its mails and reminders
}

// String is the mark as one word.
func (m Mark) String() string {
	a := m.Aside
	return fmt.Sprintf("%d.%d.%d.%d.%d.%d.%d.%d.%d", m.Version, m.Directory, a.Mails, a.Attempts, a.Queued, a.Sent,
		a.Stuck, a.Occurrences, a.Settled)
}

// Watch waits for changes of one covenant. It belongs to one goroutine, which closes it.
type Watch struct {
	topic *topic
	by    workflow.Actor
	woken chan struct{} // holds at most one: what happens while its owner is busy is one change
}

// Changed gets a value when something may have changed since the last one was taken.
func (w *Watch) Changed() <-chan struct{} { return w.woken }

// Mark is how far the covenant has come now. It is read once for each change, however many watch. Who may no longer
// know of the covenant is refused, as by [Engine.Find].
func (w *Watch) Mark(ctx context.Context) (Mark, error) {
	now, err := w.topic.current(ctx)
	if err != nil {
		return Mark{}, err
	}
	e := w.topic.engine
	return now.mark, now.state.MayRead(w.by, e.today()).Expect(workflow.ReadStanding, now.state.Covenant.Slug)
}

// Close ends the watch.
func (w *Watch) Close() { w.topic.engine.watches.leave(w) }

// topic is a covenant that somebody watches.
type topic struct {
	engine *Engine
	id     workflow.CovenantID

	mu      sync.Mutex
	woken   map[*Watch]bool
	changes int64 // that it was told of

	reading sync.Mutex // held while the mark is read, so that it is read once
	known   int64      // changes that the standing knows of; 0: never read
	now     standing
}

// standing is how far a covenant has come, with its state, which says who may be told.
type standing struct {
	mark  Mark
	state workflow.State
}

// tell wakes everybody who watches.
func (t *topic) tell() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changes++
	for w := range t.woken {
		select {
		case w.woken <- struct{}{}:
		default: // it has been woken already
		}
	}
}

func (t *topic) told() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changes
}

func (t *topic) current(ctx context.Context) (standing, error) {
	t.reading.Lock()
	defer t.reading.Unlock()
	changes := t.told() // before reading, so that none is missed
	if t.known == changes {
		return t.now, nil
	}
	now, err := t.engine.readStanding(ctx, t.id)
	if err == nil {
		t.now, t.known = now, changes
	}
	return now, err
}

// look asks what other nodes did, and tells of it.
func (t *topic) look(ctx context.Context) error {
	before, err := t.current(ctx)
	if err != nil {
		return err
	}
	now, err := t.engine.readMark(ctx, t.id)
	if err == nil && now != before.mark {
		t.tell()
	}
	return err
}

// watches are the covenants that somebody watches.
type watches struct {
	mu     sync.Mutex
	topics map[workflow.CovenantID]*topic
	stop   context.CancelFunc // of the looking for what other nodes do
}

// Watch begins to watch a covenant for an actor who may know of it. Its owner looks at the mark first, and then
// each time it is woken.
func (e watching) Watch(ctx context.Context, by workflow.Actor, slug string) (*Watch, error) {
	id, err := e.Find(ctx, by, slug)
	if err != nil {
		return nil, err
	}
	return e.watchFor(ctx, by, id), nil
}

func (e watching) watchFor(ctx context.Context, by workflow.Actor, id workflow.CovenantID) *Watch {
	ws := &e.watches
	ws.mu.Lock()
	defer ws.mu.Unlock()
	t, ok := ws.topics[id]
	if !ok {
		if ws.topics == nil {
			ws.topics = map[workflow.CovenantID]*topic{}
		}
		t = &topic{engine: e.Engine, id: id, woken: map[*Watch]bool{}, changes: 1}
		ws.topics[id] = t
		if len(ws.topics) == 1 && e.Store.Database() == store.DatabasePostgres {
			ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it ends with the last watch
			ws.stop = stop
			go e.lookElsewhere(ctx)
		}
	}
	w := &Watch{topic: t, by: by, woken: make(chan struct{}, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.woken[w] = true
	return w
}

func (ws *watches) leave(w *Watch) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	t := w.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.woken, w)
	if len(t.woken) > 0 || ws.topics[t.id] != t {
		return
	}
	delete(ws.topics, t.id)
	if len(ws.topics) == 0 && ws.stop != nil {
		ws.stop()
		ws.stop = nil
	}
}

// all are the topics, or the one about a covenant.
func (ws *watches) about(id workflow.CovenantID) []*topic {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if id == "" {
		return slices.Collect(maps.Values(ws.topics))
	}
	if t, ok := ws.topics[id]; ok {
		return []*topic{t}
	}
	return nil
}

// tell says that something of a covenant was changed by this process; without one, that something of all may have.
func (e *Engine) tell(id workflow.CovenantID) {
	e.changed.fire()
	for _, t := range e.watches.about(id) {
		t.tell()
	}
}

// telling is tell for after a transaction.
func (e *Engine) telling(id workflow.CovenantID) func() { return func() { e.tell(id) } }

// lookElsewhere looks every second for what other nodes did to the covenants that are watched here, once for each
// covenant.
func (e watching) lookElsewhere(ctx context.Context) {
	tick := time.NewTicker(awaitTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, t := range e.watches.about("") {
			if err := t.look(ctx); err != nil && ctx.Err() == nil {
				e.Logger.WarnContext(ctx, "looking for changes by other nodes", "covenant", t.id, "error", err)
			}
		}
	}
}

func (e watching) readMark(ctx context.Context, id workflow.CovenantID) (m Mark, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		m, err = markOf(ctx, tx, id)
		return err
	})
	return m, err
}

func (e watching) readStanding(ctx context.Context, id workflow.CovenantID) (now standing, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		if now.mark, err = markOf(ctx, tx, id); err != nil {
			return err
		}
		now.state, err = e.state(ctx, tx, id)
		return err
	})
	return now, err
}

// markOf is how far a covenant has come, as tx sees it.
func markOf(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (m Mark, err error) {
	if m.Version, err = headVersion(ctx, tx, covenantStream(id)); err != nil {
		return m, err
	}
	if m.Directory, err = headVersion(ctx, tx, directoryStream); err != nil {
		return m, err
	}
	m.Aside, err = tx.Aside(ctx, string(id))
	return m, err
}
