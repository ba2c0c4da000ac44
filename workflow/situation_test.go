package workflow

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// situation is one row of a table of behaviour: what was done before, what is done, what is said in both languages
// where it is refused, which events are recorded and that no others are, and how things stand after it.
type situation struct {
	name   string
	given  []Command     // done before, each accepted
	later  time.Duration // that passes before it is done
	does   Command
	code   Code   // of the refusal; empty: it is done
	vi, en string // parts of what the refusal says
	events string // the kinds that are recorded, in their order
	phase  Phase  // after it; empty: the one before it
	want   string // how things stand after it, as the table's look tells it; empty: not looked at
}

// behaviour is a table of situations that all begin in the same way.
type behaviour struct {
	start func(testing.TB) *fixture
	look  func(*fixture) string
	rows  []situation
}

const day = 24 * time.Hour

func (b behaviour) run(t *testing.T) {
	t.Helper()
	for _, row := range b.rows {
		t.Run(row.name, func(t *testing.T) {
			w := b.start(t)
			for _, c := range row.given {
				w.must(t, c)
			}
			w.now = w.now.Add(row.later)
			before, phase, directory := len(w.events), w.state.Covenant.Phase, w.state.Directory.Version
			err := w.do(row.does)
			if row.code != "" {
				saysNo(t, err, row.code, row.vi, row.en)
				if len(w.events) != before || w.state.Directory.Version != directory {
					t.Errorf("refused, yet recorded %s", w.kinds()[before:])
				}
			} else if err != nil {
				t.Fatalf("%v", err)
			}
			if got := strings.Join(w.kinds()[before:], " "); got != row.events {
				t.Errorf("recorded %q, want %q", got, row.events)
			}
			if row.phase != "" {
				phase = row.phase
			}
			w.phase(t, phase)
			if row.want != "" {
				if got := b.look(w); got != row.want {
					t.Errorf("stands at %q, want %q", got, row.want)
				}
			}
			w.tellsInBothLanguages(t, w.events[before:])
		})
	}
}

// saysNo holds a refusal against its code and against parts of both of its sentences.
func saysNo(t testing.TB, err error, code Code, vi, en string) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%v; want a refusal, %s", err, code)
	}
	if refusal.Code != code {
		t.Errorf("refused as %s (%v), want %s", refusal.Code, err, code)
	}
	if vi == "" || en == "" || !strings.Contains(refusal.Vietnamese, vi) || !strings.Contains(refusal.English, en) {
		t.Errorf("says\n%s\n%s\nwant in it\n%s\n%s", refusal.Vietnamese, refusal.English, vi, en)
	}
	if strings.Contains(refusal.Vietnamese+refusal.English, "%!") || refusal.Vietnamese == refusal.English {
		t.Errorf("says %q, %q", refusal.Vietnamese, refusal.English)
	}
}

// tellsInBothLanguages: each event has a line for people, and none of them is broken.
func (w *fixture) tellsInBothLanguages(t testing.TB, events []Event) {
	t.Helper()
	for _, e := range events {
		teller, ok := e.(interface{ line(State) Line })
		if !ok {
			continue
		}
		line := teller.line(w.state)
		for _, text := range []string{line.Text.Vietnamese, line.Text.English,
			line.Detail.Vietnamese + line.Detail.English} {
			if strings.Contains(text, "%!") || text == "" && text != line.Detail.Vietnamese {
				t.Errorf("%s is told as %+v", e.Kind(), line)
			}
		}
	}
}

// waiting are the agencies that are waited for, in short.
func (w *fixture) waiting() string { return short(w.state.Covenant.Waiting) }

func short(agencies []AgencyID) string {
	var out []string
	for _, a := range agencies {
		out = append(out, string(a))
	}
	return strings.Join(out, " ")
}

func plus(given []Command, more ...Command) []Command { return slices.Concat(given, more) }
