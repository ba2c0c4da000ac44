package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

func TestWrongPINsLockTheKey(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		leader := o.state().Covenant.Waiting[0]
		for range 5 {
			if _, err := o.sign(leader, "000000"); workflow.ErrorCode(err) != workflow.CodeForbidden {
				t.Fatalf("wrong PIN: %v", err)
			}
		}
		if _, err := o.sign(leader, pin); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("the right PIN after five wrong ones: %v; want a locked key", err)
		}
		if got := len(o.state().Covenant.Signed); got != 0 {
			t.Errorf("%d signatures", got)
		}
	})
}

// Sixty wrong PINs in one moment, on two nodes where there are two, are five tries, and the right one among those that
// come after them opens nothing.
func TestManyPINsAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		leader := o.state().Covenant.Waiting[0]
		nodes := []*engine.Engine{o.Engine, o.Engine}
		if o.url != "" {
			nodes[1] = o.anotherNode(t)
		}
		var tried, refused atomic.Int64
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				_, err := o.signAt(nodes[i%2], leader, fmt.Sprintf("%06d", i))
				switch text := fmt.Sprint(err); {
				case strings.Contains(text, "attempts left"):
					tried.Add(1)
				case strings.Contains(text, "is locked"):
					refused.Add(1)
				default:
					t.Errorf("wrong PIN: %v", err)
				}
			})
		}
		all.Wait()
		if tried.Load() != 4 || refused.Load() != 56 { // the fifth is told that it locked the key
			t.Errorf("%d were tried, %d refused", tried.Load(), refused.Load())
		}
		if _, err := o.sign(leader, pin); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("the right PIN after them: %v", err)
		}
	})
}

// The right PIN many times in one moment, as when many documents are signed, locks nothing.
func TestRightPINsAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		leader := o.state().Covenant.Waiting[0]
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				_, err := o.Sign(t.Context(), engine.SignRequest{
					Covenant: o.id, Slot: workflow.SlotID(leader), PIN: pin, Consented: o.state().Covenant.Frozen.PDF,
				}, o.as(o.who(leader, workflow.DutySign), fmt.Sprint("sign/", i)))
				if err != nil && strings.Contains(err.Error(), "PIN") {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := len(o.state().Covenant.Signed); got != 1 {
			t.Errorf("%d signatures", got)
		}
	})
}
