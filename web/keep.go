package web

import (
	"sync"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// keeper keeps what was told of covenants last, so that lists over many of them do not read every one again. What it
// keeps is valid for one state of one covenant on one day. The zero value is empty; it holds one entry for each
// covenant and language.
type keeper[T any] struct {
	mu   sync.Mutex
	kept map[keepKey]keptTelling[T]
}

type (
	keepKey struct {
		covenant workflow.CovenantID
		lang     words.Language
	}
	keepState struct {
		updated int64  // of the covenant, ns
		day     string // on which “còn 3 ngày” was said
	}
	keptTelling[T any] struct {
		state keepState
		told  T
	}
)

func (s *server) keepKey(r *request, sum engine.Summary) keepKey { return keepKey{sum.ID, r.lang} }

func (s *server) keepState(sum engine.Summary) keepState {
	return keepState{sum.UpdatedAt.UnixNano(), s.engine.Now().In(s.zone).Format("02/01/2006")}
}

func (k *keeper[T]) get(key keepKey, state keepState) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	entry, ok := k.kept[key]
	return entry.told, ok && entry.state == state
}

func (k *keeper[T]) put(key keepKey, state keepState, told T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[keepKey]keptTelling[T]{}
	}
	k.kept[key] = keptTelling[T]{state, told}
}
