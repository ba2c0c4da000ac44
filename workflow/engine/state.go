package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// cache keeps states that were read, each as good as its version: a state whose version is the head of its stream is
// the state. Everything in it is never changed after it was put there.
type cache struct {
	mu        *sync.Mutex
	covenants map[workflow.CovenantID]*workflow.Covenant
	events    int64 // of which the covenants are made, all together
	directory *workflow.Directory
	processes map[workflow.Digest]*workflow.Process
}

// maxCached bounds what is kept of covenants by the events that they are made of, for each of which a state takes
// somewhat more than a kilobyte: some thirteen hundred covenants of a usual block.
const maxCached = 40_000

func newCache() cache {
	return cache{
		mu: new(sync.Mutex), covenants: map[workflow.CovenantID]*workflow.Covenant{},
		directory: workflow.NewDirectory(), processes: map[workflow.Digest]*workflow.Process{},
	}
}

func (c *cache) putCovenant(state *workflow.Covenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok := c.covenants[state.ID]
	if ok && have.Version >= state.Version {
		return
	}
	if ok {
		c.events -= have.Version
	}
	c.covenants[state.ID] = state
	c.events += state.Version
	for id, other := range c.covenants { // whichever comes first: a map's order is random
		if c.events <= maxCached {
			return
		}
		if id != state.ID {
			delete(c.covenants, id)
			c.events -= other.Version
		}
	}
}

func (c *cache) covenant(id workflow.CovenantID) *workflow.Covenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state, ok := c.covenants[id]; ok {
		return state
	}
	return &workflow.Covenant{}
}

func (c *cache) putDirectory(d *workflow.Directory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.Version > c.directory.Version {
		c.directory = d
	}
}

func (c *cache) readDirectory() *workflow.Directory {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.directory
}

// state reads what a decision on a covenant may look at, as tx sees it.
func (e *Engine) state(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (workflow.State, error) {
	s := workflow.State{Calendar: e.Calendar}
	var err error
	if s.Directory, err = e.directory(ctx, tx); err != nil {
		return s, err
	}
	if s.Covenant, err = e.covenant(ctx, tx, id); err != nil {
		return s, err
	}
	if !s.Covenant.Process.IsZero() {
		s.Process, err = e.process(ctx, s.Covenant.Process)
	}
	return s, err
}

// covenant is the covenant as tx sees it: the cached state, brought forward by the events it lacks.
func (e *Engine) covenant(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (*workflow.Covenant, error) {
	head, err := headVersion(ctx, tx, covenantStream(id))
	if err != nil {
		return nil, err
	}
	state := e.cache.covenant(id)
	if state.Version == head {
		return state, nil
	}
	if state.Version > head {
		state = &workflow.Covenant{} // tx sees an older state than the cache
	}
	state = state.Clone()
	if err := fold(ctx, tx, covenantStream(id), state.Version, state.Apply); err != nil {
		return nil, err
	}
	if state.ID != "" {
		e.cache.putCovenant(state)
	}
	return state, nil
}

func (e *Engine) directory(ctx context.Context, tx *store.Tx) (*workflow.Directory, error) {
	head, err := headVersion(ctx, tx, directoryStream)
	if err != nil {
		return nil, err
	}
	if d := e.cache.readDirectory(); d.Version == head {
		return d, nil
	}
	d := workflow.NewDirectory()
	if err := fold(ctx, tx, directoryStream, 0, d.Apply); err != nil {
		return nil, err
	}
	e.cache.putDirectory(d)
	return d, nil
}

func headVersion(ctx context.Context, tx *store.Tx, stream store.Stream) (int64, error) {
	head, err := tx.Head(ctx, stream)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return head.Version, err
}

// fold applies the events of a stream after a version.
func fold(ctx context.Context, tx *store.Tx, stream store.Stream, after int64, apply func(workflow.Event)) error {
	recorded, err := tx.Events(ctx, stream, after+1)
	if err != nil {
		return err
	}
	for _, r := range recorded {
		event, err := workflow.DecodeEvent(r.Kind, r.JSON)
		if err != nil {
			return fmt.Errorf("%s version %d: %w", stream, r.Version, err)
		}
		apply(event)
	}
	return nil
}

// process is a stored process definition by its digest.
func (e *Engine) process(ctx context.Context, digest workflow.Digest) (*workflow.Process, error) {
	e.cache.mu.Lock()
	p, ok := e.cache.processes[digest]
	e.cache.mu.Unlock()
	if ok {
		return p, nil
	}
	source, err := e.readBlob(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("process definition %s: %w", digest.Short(), err)
	}
	if p, err = process.Parse(digest.Short(), source); err != nil {
		return nil, err
	}
	e.cache.mu.Lock()
	defer e.cache.mu.Unlock()
	e.cache.processes[digest] = p
	return p, nil
}

// processFor is the process that a new covenant starts with: the one that it names, else the one beside its template.
func (e *Engine) processFor(ctx context.Context, cmd workflow.Command) (*workflow.Process, error) {
	draft, ok := cmd.(workflow.DraftCovenant)
	if !ok {
		return nil, nil
	}
	if !draft.Process.IsZero() {
		return e.process(ctx, draft.Process)
	}
	entry, err := library.Open(draft.Template)
	if err != nil {
		return nil, err
	}
	return e.process(ctx, workflow.DigestOf(entry.Process))
}
