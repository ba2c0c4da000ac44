package web

import (
	"sync"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// cache keeps what was told of covenants last, so that lists over many of them do not read every one again. What it
// keeps is valid for one state of one covenant on one day. The zero value is empty; it holds one entry for each
// covenant and language.
type cache[T any] struct {
	mu   sync.Mutex
	kept map[cacheKey]cached[T]
}

type (
	cacheKey struct {
		covenant workflow.CovenantID
		lang     words.Language
	}
	cacheState struct {
		updated int64  // of the covenant, ns
		day     string // on which “còn 3 ngày” was said
	}
	cached[T any] struct {
		state cacheState
		told  T
	}
)

func (s *server) cacheKey(r *request, sum engine.Summary) cacheKey { return cacheKey{sum.ID, r.lang} }

func (s *server) cacheState(sum engine.Summary) cacheState {
	return cacheState{sum.UpdatedAt.UnixNano(), s.engine.Now().In(s.zone).Format("02/01/2006")}
}

func (k *cache[T]) get(key cacheKey, state cacheState) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	entry, ok := k.kept[key]
	return entry.told, ok && entry.state == state
}

func (k *cache[T]) put(key cacheKey, state cacheState, told T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[cacheKey]cached[T]{}
	}
	k.kept[key] = cached[T]{state, told}
}
