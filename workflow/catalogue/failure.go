package catalogue

import (
	"errors"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Failure is an error as it goes out to a caller: its code and its sentences, or its text, with what it means
// to a program.
type Failure struct {
	Code       workflow.Code `json:"code,omitempty"`
	Vietnamese string        `json:"vi,omitempty"`
	English    string        `json:"en,omitempty"`
	Text       string        `json:"text,omitempty"`
	Meaning    string        `json:"meaning,omitempty"`
	Mean       string        `json:"mean,omitempty"` // key of the question that it is, see [refusal.Error]
}

// meanings are the errors that callers act on, by their names.
var meanings = map[string]error{
	"busy": store.ErrBusy, "lost": store.ErrLost, "conflict": store.ErrConflict, "key_reused": store.ErrKeyReused,
	"not_found": store.ErrNotFound, "storage": store.ErrStorage, "corrupt": store.ErrCorrupt,
}

// FailureOf writes an error down.
func FailureOf(err error) Failure {
	var e *workflow.Error
	if errors.As(err, &e) {
		return Failure{Code: e.Code, Vietnamese: e.Vietnamese, English: e.English, Mean: e.Mean}
	}
	f := Failure{Text: err.Error()}
	for name, meaning := range meanings {
		if errors.Is(err, meaning) {
			f.Meaning = name
		}
	}
	return f
}

// Err is the error as it was before it was written down.
func (f Failure) Err() error {
	if f.Code != "" {
		return &workflow.Error{Code: f.Code, Text: words.Of(f.Vietnamese, f.English), Mean: f.Mean}
	}
	return &told{f.Text, meanings[f.Meaning]}
}

// told is what another process said, with what it means.
type told struct {
	text    string
	meaning error
}

func (e *told) Error() string { return e.text }
func (e *told) Unwrap() error { return e.meaning }
