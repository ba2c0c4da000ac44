package engine

import (
	"context"
	"sync"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// signal wakes everybody who waits for something to change.
type signal struct {
	mu   sync.Mutex
	next chan struct{}
}

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = make(chan struct{})
	}
	return s.next
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		close(s.next)
		s.next = nil
	}
}

// awaitTick is how often another node's changes are looked for while waiting.
const awaitTick = time.Second

// Await waits until a covenant is as asked: after this process changed something it looks at once, and every second
// for what other nodes did.
func (e *Engine) Await(
	ctx context.Context, id workflow.CovenantID, ready func(workflow.State) bool,
) (workflow.State, error) {
	var s workflow.State
	err := e.await(ctx, func(ctx context.Context, tx *store.Tx) (done bool, err error) {
		s, err = e.state(ctx, tx, id)
		return err == nil && ready(s), err
	})
	return s, err
}

// AwaitMails waits until no mail is queued or being sent that could be sent by now.
func (e *Engine) AwaitMails(ctx context.Context) error {
	return e.await(ctx, func(ctx context.Context, tx *store.Tx) (bool, error) {
		queued, err := tx.Mails(ctx, store.MailQueued, 1)
		if err != nil || len(queued) > 0 {
			return false, err
		}
		sending, err := tx.Mails(ctx, store.MailSending, 1)
		return len(sending) == 0, err
	})
}

// AwaitReminders waits until nothing that is due by now is pending.
func (e *Engine) AwaitReminders(ctx context.Context) error {
	return e.await(ctx, func(ctx context.Context, tx *store.Tx) (bool, error) {
		due, err := tx.DueOccurrences(ctx, e.Now(), 1)
		return len(due) == 0, err
	})
}

func (e *Engine) await(ctx context.Context, ready func(context.Context, *store.Tx) (bool, error)) error {
	tick := time.NewTicker(awaitTick)
	defer tick.Stop()
	for {
		changed := e.changed.wait() // before looking, so that no change is missed
		var done bool
		err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
			done, err = ready(ctx, tx)
			return err
		})
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
		}
	}
}
